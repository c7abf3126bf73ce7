"""Fitted ensembles for tables in the terms of other libraries: ONNX, and NumPy alone."""

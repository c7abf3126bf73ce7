"""Fitted estimators for people and other libraries: descriptions, HTML, exports."""

"""Networks as Python modules that need NumPy alone: their parts, and what writes them."""

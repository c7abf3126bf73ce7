"""Training by optimizers that update weight by weight: epochs, orders of rows, learning rates."""

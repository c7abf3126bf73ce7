"""What kernels do with parameters: penalties, steps of the optimizer, norms."""

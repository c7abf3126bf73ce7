"""What happens to a block of rows in layers of any kind: features, activations, outputs."""

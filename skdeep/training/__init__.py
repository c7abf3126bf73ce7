"""Training: epochs and their random order, validation, stopping, and what is reported of them."""

"""The arrays of a task, and where things are in them."""

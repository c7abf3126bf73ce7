"""What layers do with a block of rows, as routines."""

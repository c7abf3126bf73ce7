"""What lies where in the memory of a device, and who may take how much of it."""

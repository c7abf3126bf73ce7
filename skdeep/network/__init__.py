"""What a network is: its layers, its parameters in one flat vector, and their first values."""

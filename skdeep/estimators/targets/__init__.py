"""From targets to the outputs that a network is trained on, and back."""

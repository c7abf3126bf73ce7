"""Fitted attributes: networks as views into one vector, their state in pickles, roll-back."""

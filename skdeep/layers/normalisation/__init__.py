"""Units that are scaled, normalised or dropped, each by itself or channel by channel."""

"""What networks share, and the estimators whose networks are lists of layers."""

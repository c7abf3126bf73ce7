"""Tables on processors: numbers to scores, bins and fractions, and the dense encoding of these."""

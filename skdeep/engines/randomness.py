"""The streams of random numbers of a layer, the same for every engine."""

#: Streams of a layer.
STREAMS = 4
UNITS, WEIGHTS, FEATURES, NOISE = range(STREAMS)
#: Random bits are whole numbers below this.
RANGE = 2.0**32

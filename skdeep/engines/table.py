"""The columns of the layer table that every engine takes: one row per layer of weights.

Kernels take the table as an array of integers, so that a new depth, width or activation compiles
nothing anew.
"""

#: KIND: what kind of layer; ACTIVATION: code of its activation; WEIGHTS, BIASES: places of its
#: parameters in the flat vector.
KIND, FAN_IN, FAN_OUT, ACTIVATION, WEIGHTS, BIASES = range(6)
COLUMNS = 6

#: Kinds of layers.
DENSE = 0

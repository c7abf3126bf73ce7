"""The columns of the layer table that every engine takes: one row per layer of weights.

Kernels take the table as an array of integers, so that a new depth, width or activation compiles
nothing anew.
"""

#: KIND: what kind of layer; ACTIVATION: code of its activation; WEIGHTS, BIASES: places of its
#: parameters in the flat vector; SCALES, SHIFTS, MEANS, VARIANCES: those of its normalisation,
#: the last two of which are not trained, but follow the batches; -1 without. FIRST_SOURCE,
#: LAST_SOURCE: what the layer reads, side by side: source 0 are the features, source ``k`` the
#: outputs of layer ``k - 1``.
(
    KIND,
    FAN_IN,
    FAN_OUT,
    ACTIVATION,
    WEIGHTS,
    BIASES,
    SCALES,
    SHIFTS,
    MEANS,
    VARIANCES,
    FIRST_SOURCE,
    LAST_SOURCE,
) = range(12)
COLUMNS = 12
#: What every normalised layer has.
NORMALISATION = SCALES, SHIFTS, MEANS, VARIANCES

#: Kinds of layers: hidden ones, auxiliary outputs that help in training, and, last of all, the
#: outputs.
HIDDEN, AUXILIARY, OUTPUTS = range(3)

"""The columns of the table of operations that every engine takes: one row per operation.

Kernels take the table as an array of integers, so that a new depth, width or activation compiles
nothing anew.
"""

from skdeep.engines.cpu import layers
from skdeep.engines.kind_modules import modules_of_kinds

#: KIND: number of the kind of layer in `KINDS`; ROLE: what it is for. FAN_IN, FAN_OUT: rows and
#: columns of its weights, 0 without any; N_INPUTS, N_OUTPUTS: what it reads and gives for a sample.
#: ACTIVATION: code of its activation; WEIGHTS, BIASES: places of its parameters in the flat vector;
#: SCALES, SHIFTS, MEANS, VARIANCES: those of its normalisation, the last two of which are not
#: trained, but follow the batches; -1 without. FIRST_SOURCE, LAST_SOURCE: first and last of what
#: the operation reads: source 0 are the features, source ``k`` the outputs of operation ``k - 1``.
#: Dense operations read all from the first to the last, side by side; of others that read several,
#: the settings say which.
#: SETTINGS: place of its first setting, such as the size of a kernel, in the layout's settings.
#: N_BIASES: how many biases it has, which are not as many as its weights have columns where the
#: weights are those of another operation, transposed.
(
    KIND,
    ROLE,
    FAN_IN,
    FAN_OUT,
    N_INPUTS,
    N_OUTPUTS,
    ACTIVATION,
    WEIGHTS,
    BIASES,
    SCALES,
    SHIFTS,
    MEANS,
    VARIANCES,
    FIRST_SOURCE,
    LAST_SOURCE,
    SETTINGS,
    N_BIASES,
) = range(17)
COLUMNS = 17
#: What every normalised layer has.
NORMALISATION = SCALES, SHIFTS, MEANS, VARIANCES

#: Columns of the table of parameter blocks: where a block begins in the flat vector, its rows and
#: columns, whether it is trained, and the numbers of its factors on the strength of the penalty and
#: on the learning rate among those of the network.
BLOCK_PLACE, BLOCK_ROWS, BLOCK_WIDTH, TRAINED, DECAY, RATE_FACTOR = range(6)
BLOCK_COLUMNS = 6
#: The number of the factor 0 on the strength of the penalty: it does not count the block.
NO_DECAY = 0

#: Kinds of layers in the order of their codes: those of which the engine for processors has a file
#: with kernels. Each has a file of the same name in `skdeep.layers`. Nothing is imported of either.
KINDS = tuple(sorted(modules_of_kinds(layers)))

#: Roles: hidden operations, auxiliary outputs that help in training, and, last of all, the outputs.
HIDDEN, AUXILIARY, OUTPUTS = range(3)

"""Windows that poolings read: of the pixels of images, each with its channels."""

from skdeep.engines.cpu.compiling.jit import device

#: Settings: rows, columns and channels of the inputs; then, for rows and for columns, the size of a
#: window, the distance between neighbouring ones, and how many there are.
HEIGHT, WIDTH, CHANNELS, HIGH, WIDE, DOWN, ACROSS, ROWS_OUT, COLUMNS_OUT = range(9)


@device
def setting(task, layer, which):
    """Return a setting of a layer."""
    return task.settings[layer.settings + which]


@device
def row_step(task, layer):
    """Return the numbers of a row of pixels."""
    return setting(task, layer, WIDTH) * setting(task, layer, CHANNELS)


@device
def step_down(task, layer):
    """Return the numbers from a row of windows to the next."""
    return setting(task, layer, DOWN) * row_step(task, layer)


@device
def step_across(task, layer):
    """Return the numbers from a window to the next of its row."""
    return setting(task, layer, ACROSS) * setting(task, layer, CHANNELS)


def scratch(operation):
    """Return the numbers of scratch memory for a block: more than a row of pixels has."""
    return operation.n_inputs

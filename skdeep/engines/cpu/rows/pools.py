"""What poolings of all kinds do with a block of rows: row of windows after row of windows."""

from skdeep.engines.cpu.compiling.jit import device, inlined
from skdeep.engines.cpu.compiling.views import row_of, section

#: Settings: rows, columns and channels of the inputs; then, for rows and for columns, the size of a
#: window, the distance between neighbouring ones, and how many there are.
HEIGHT, WIDTH, CHANNELS, HIGH, WIDE, DOWN, ACROSS, ROWS_OUT, COLUMNS_OUT = range(9)


@device
def setting(task, layer, which):
    """Return a setting of a layer."""
    return task.settings[layer.settings + which]


@device
def windows_of_row(task, layer, room):
    """Return what a row of windows is, as `skdeep.engines.cpu.rows.pool_rows` takes it.

    Parameters
    ----------
    task : Task
    layer : record
    room : int
        Numbers to the end of the sample.
    """
    channels = setting(task, layer, CHANNELS)
    return (
        setting(task, layer, COLUMNS_OUT),
        setting(task, layer, ACROSS) * channels,
        channels,
        setting(task, layer, HIGH),
        setting(task, layer, WIDE),
        setting(task, layer, WIDTH) * channels,
        room,
    )


@device
def sets_gradients(task, layer, index):
    """Return whether a layer is the first to carry gradients to its source, and each one once.

    Parameters
    ----------
    task : Task
    layer : record
    index : int
        Of the layer.
    """
    apart = setting(task, layer, DOWN) >= setting(task, layer, HIGH)
    apart = apart and setting(task, layer, ACROSS) >= setting(task, layer, WIDE)
    return apart and row_of(task.operations, layer.first_source - 1).last_reader == index


@inlined
def read_of_row(task, layer, matrix, r, y):
    """Return what a row of windows reads, to the end of the sample.

    Parameters
    ----------
    task : Task
    layer : record
    matrix : Matrix
        With a row for every sample.
    r, y : int
        The sample, and the row of windows.
    """
    row = setting(task, layer, WIDTH) * setting(task, layer, CHANNELS)
    done = y * setting(task, layer, DOWN) * row
    return section(matrix.data, matrix.offset + r * matrix.row + done, layer.n_inputs - done)


@inlined
def given_by_row(task, layer, matrix, r, y):
    """Return what a row of windows gives, to the end of the sample."""
    done = y * setting(task, layer, COLUMNS_OUT) * setting(task, layer, CHANNELS)
    return section(matrix.data, matrix.offset + r * matrix.row + done, layer.n_outputs - done)

"""What the kernel of restricted Boltzmann machines works on."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.boltzmann.binary_products import tile_columns

#: Places of `Task.sizes`.
(
    N_ROWS,
    N_FEATURES,
    N_HIDDEN,
    BATCH_SIZE,  # rows of a batch
    N_CHAINS,
    FEATURE_ROW,  # elements from one row to the next of `Task.visible`
    HIDDEN_ROW,  # ... of `Task.weights`, `Task.velocity` and `Task.hidden`
    CHAIN_ROW,  # ... of `Task.chains`
    N_STEPS,  # Gibbs steps for each update
    PERSISTENT,  # 1 if the chains of one batch are continued by the next, 0 if they begin at data
    GAUSSIAN,  # 1 for Gaussian visible units, 0 for Bernoulli ones
    PRODUCT,  # address of the compiled product
    COMPILED_DRAWS,  # 1 if random numbers are drawn here, 0 if `Task.uniforms` holds them already
    TILE,  # columns of a tile
    TOGETHER,  # groups whose tables are used together
    BINARY,  # 1 if products of samples are computed by tables of sums
    FEATURE_CODES,  # codes from one row to the next of `Task.visible_codes`
    HIDDEN_CODES,  # ... of `Task.hidden_codes`
    CHAIN_CODES,  # ... of `Task.chain_codes`
    SIZES,
) = range(20)

#: Places of `Task.numbers`.
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, UP, NUMBERS = range(5)


class Task(NamedTuple):
    """What the kernel works on; all arrays have one axis.

    Matrices are kept row by row, with some elements between two rows: see `row_length`.

    Attributes
    ----------
    values : array of the type of the weights
        Features of all rows, or the entries of sparse rows. Read only.
    indices, indptr : array of int32, array of int64
        Of sparse rows (CSR); empty for dense ones. Read only.
    weights : array, a matrix of shape (n_features, n_hidden)
    hidden_bias, visible_bias : array of shape (n_hidden,), (n_features,)
    down : array of shape (n_features,)
        Factors of the input that visible units get from hidden units: 1, but in the pretraining of
        deep Boltzmann machines. The factor of hidden units is among `numbers`.
    chains : array, a matrix of shape (n_hidden, n_chains)
        Hidden units of the Markov chains, a column for each chain.
    visible : array, a matrix of shape (batch_size + n_chains, n_features)
        The last rows of the first `batch_size` are those of a batch; the chains' follow.
    hidden : array, a matrix of shape (batch_size + n_chains, n_hidden)
        Probabilities of the hidden units for the rows of `visible`.
    inputs : array, a matrix of shape (n_features, n_chains), or with tables its transpose
        What the visible units of the chains get from the hidden units.
    hidden_samples : array of shape (n_hidden,)
        Room for the samples of a chain.
    hidden_sums, visible_sums : array of shape (n_hidden,), (n_features,)
        Gradients of the biases.
    velocity, hidden_velocity, visible_velocity : array
        Last changes of the parameters, empty without momentum.
    visible_codes, hidden_codes, chain_codes : array of uint8
        Bits of four units each: of the visible units of a chain, of the hidden units of a chain, of
        a visible unit in four chains. Empty without tables.
    tables : array of shape (members * table_size,)
        Room for tables of sums.
    uniforms : array of float64
        Random numbers of a batch, in the order in which they are used.
    words : array of uint32 of shape (WORDS,)
        Random bits.
    generator : array of uint32 of shape (STATE_WORDS + 1,)
        State of a Mersenne Twister as NumPy keeps it: words, and the place of the next.
    numbers : array of float64
        See the constants of this module.
    sizes : array of int64
        See the constants of this module.
    """

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    weights: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray
    down: np.ndarray
    chains: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray
    inputs: np.ndarray
    hidden_samples: np.ndarray
    hidden_sums: np.ndarray
    visible_sums: np.ndarray
    velocity: np.ndarray
    hidden_velocity: np.ndarray
    visible_velocity: np.ndarray
    visible_codes: np.ndarray
    hidden_codes: np.ndarray
    chain_codes: np.ndarray
    tables: np.ndarray
    uniforms: np.ndarray
    words: np.ndarray
    generator: np.ndarray
    numbers: np.ndarray
    sizes: np.ndarray


class Batch(NamedTuple):
    """A mini-batch: its first row, how many rows it has, and how many chains run."""

    begin: int
    count: int
    chains: int


class Pieces(NamedTuple):
    """The team, and the number that `take` returns for the first piece of a phase."""

    shared: np.ndarray
    member: int
    members: int
    begin: int


def row_length(columns, dtype):
    """Return how many elements apart the rows of a matrix are.

    They have room for whole tiles, and are an odd number of cache lines apart. Where that number is
    a multiple of a large power of two, elements below each other share few sets of the cache, and
    products take twice as long.

    Parameters
    ----------
    columns : int
    dtype : numpy dtype

    Returns
    -------
    length : int
    """
    per_line, tile = 64 // np.dtype(dtype).itemsize, tile_columns(dtype)
    return (-(-columns // tile) * tile // per_line | 1) * per_line


def n_draws(sizes, count):
    """Return how many random numbers a batch takes.

    Parameters
    ----------
    sizes : array of int64 of shape (SIZES,)
    count : int
        Rows of the batch.

    Returns
    -------
    n : int
    """
    visible = sizes[N_FEATURES] * (2 if sizes[GAUSSIAN] == 1 else 1)
    hidden = sizes[N_HIDDEN]
    chains = sizes[N_CHAINS] if sizes[PERSISTENT] == 1 else count
    first = 0 if sizes[PERSISTENT] == 1 else count * hidden
    return first + sizes[N_STEPS] * chains * (visible + hidden)

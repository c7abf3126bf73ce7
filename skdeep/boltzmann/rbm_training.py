"""Training of a restricted Boltzmann machine: memory, random numbers, and calls of the kernel."""

import ctypes
import functools
import time
from typing import NamedTuple

import numba
import numpy as np
from scipy.sparse import issparse

from skdeep.boltzmann.epoch_loop import Machine
from skdeep.engines.cpu.boltzmann import binary_products
from skdeep.engines.cpu.boltzmann import rbm_task as at
from skdeep.engines.cpu.boltzmann.mersenne_twister import STATE_WORDS, WORDS
from skdeep.engines.cpu.boltzmann.rbm_kernel import train
from skdeep.engines.cpu.memory.task import read_only
from skdeep.engines.cpu.products.product import product_address
from skdeep.engines.cpu.threads.team import available_threads, prepare, run

#: A call of the kernel takes about so many seconds, so that Ctrl-C works.
SECONDS_PER_CALL = 0.1
#: Multiplications and additions of a batch from which on threads share it.
WORK_FOR_THREADS = 200_000
#: Bytes of a cache line.
CACHE_LINE = 64
#: Chains from which on products of samples are computed by tables of sums.
CHAINS_FOR_TABLES = 32


#: Asking for the vectors of the processor takes as long as a small batch.
_row_length = functools.cache(at.row_length)


@functools.cache
def _room(dtype):
    """Return the columns of a tile, the groups used together, and the size of their tables."""
    functions = "tile_columns", "groups_together", "table_size"
    return [getattr(binary_products, name)(dtype) for name in functions]


class Settings(NamedTuple):
    """How a machine is trained.

    Attributes
    ----------
    learning_rate, momentum, weight_decay : float
    batch_size, n_gibbs_steps : int
        Rows of a batch, and Gibbs steps for each.
    persistent, gaussian : bool
    up : float, default=1.0
        Factor of the input that hidden units get from visible units.
    down : array of shape (n_features,) or None, default=None
        Factors of the input that visible units get from hidden units; None stands for 1.
    """

    learning_rate: float
    momentum: float
    weight_decay: float
    batch_size: int
    n_gibbs_steps: int
    persistent: bool
    gaussian: bool
    up: float = 1.0
    down: np.ndarray | None = None


class Parameters(NamedTuple):
    """The parameters of a machine, its chains, and what momentum keeps; changed by training.

    Attributes
    ----------
    weights : array of shape (n_features, n_hidden)
    hidden_bias, visible_bias : array of shape (n_hidden,), (n_features,)
    chains : array of shape (n_chains, n_hidden)
        Hidden units of the Markov chains that go on from batch to batch; not used without.
    velocity : tuple of three arrays
        Last changes of weights and biases; empty arrays without momentum.
    """

    weights: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray
    chains: np.ndarray
    velocity: tuple


class _Draws:
    """The random numbers of a `RandomState`, drawn by the kernel where it can.

    Parameters
    ----------
    random_state : numpy.random.RandomState
    """

    def __init__(self, random_state):
        self.random_state, self.generator = random_state, np.zeros(1, np.uint32)
        self.lock = None
        # The methods of a subclass may do anything.
        if type(random_state) is np.random.RandomState and not numba.config.DISABLE_JIT:
            bits = random_state._bit_generator
            if type(bits) is np.random.MT19937:
                words = ctypes.c_uint32 * (STATE_WORDS + 1)
                self.generator = np.frombuffer(words.from_address(bits.ctypes.state_address), "u4")
                self.lock = bits.lock

    @property
    def compiled(self):
        """Whether the kernel draws."""
        return self.lock is not None


class Trainer:
    """Trains a machine, some epochs or a single batch at a time.

    Parameters
    ----------
    X : {array, CSR matrix} of shape (n_samples, n_features)
        Of the type of the weights; C-ordered if it is dense.
    parameters : Parameters
        Changed by training.
    settings : Settings
    random_state : numpy.random.RandomState
    n_threads : int or None, default=None
        Maximum number of threads.
    """

    def __init__(self, X, parameters, settings, random_state, n_threads=None):
        self.parameters, self.settings = parameters, settings
        self._draws = _Draws(random_state)
        self._n_batches = -(-X.shape[0] // settings.batch_size)
        work = 5 * settings.batch_size * parameters.weights.size
        self._members = 1
        if work >= WORK_FOR_THREADS:
            self._members = available_threads() if n_threads is None else n_threads
        self._task = _make_task(X, parameters, settings, self._draws, self._members)
        self._per_call = max(1, int(2e9 * SECONDS_PER_CALL / work))

    def epoch(self):
        """Train on all rows once, in their order."""
        first = 0
        if not self._draws.compiled:
            self._per_call = 1
        while first < self._n_batches:
            last = min(self._n_batches, first + self._per_call)
            self._advance(first, last)
            first = last

    def _advance(self, first, last):
        arguments = self._task, first, last
        prepare(train, arguments)
        if self._draws.compiled:
            begin = time.perf_counter()
            with self._draws.lock:
                run(train, arguments, self._members)
            seconds = time.perf_counter() - begin
            if last - first == self._per_call:
                factor = np.clip(SECONDS_PER_CALL / max(seconds, 1e-9), 0.5, 2.0)
                self._per_call = max(1, int(self._per_call * factor))
            return
        sizes, uniforms = self._task.sizes, self._task.uniforms
        begin = first * sizes[at.BATCH_SIZE]
        count = min(sizes[at.BATCH_SIZE], sizes[at.N_ROWS] - begin)
        n = at.n_draws(sizes, count)
        uniforms[:n] = self._draws.random_state.uniform(size=n)
        run(train, arguments, self._members)

    def write_back(self):
        """Write the weights, the velocity and the chains as they are now to the parameters."""
        parameters, task, sizes = self.parameters, self._task, self._task.sizes
        n_hidden, n_chains = sizes[at.N_HIDDEN], sizes[at.N_CHAINS]
        parameters.weights[:] = task.weights.reshape(-1, sizes[at.HIDDEN_ROW])[:, :n_hidden]
        if parameters.velocity[0].size > 0:
            rows = task.velocity.reshape(-1, sizes[at.HIDDEN_ROW])
            parameters.velocity[0][:] = rows[:, :n_hidden]
        if self.settings.persistent:
            chains = task.chains.reshape(-1, sizes[at.CHAIN_ROW])[:, :n_chains]
            parameters.chains[:] = chains.T


def _make_task(X, parameters, settings, draws, members):
    """Return what the kernel works on."""
    (n_rows, n_features), n_hidden = X.shape, parameters.weights.shape[1]
    size, dtype = settings.batch_size, parameters.weights.dtype
    n_chains = len(parameters.chains) if settings.persistent else size
    rows = [_row_length(columns, dtype) for columns in (n_features, n_hidden, n_chains)]
    chains = parameters.chains if settings.persistent else np.zeros((size, n_hidden), dtype)
    binary = n_chains >= CHAINS_FOR_TABLES and bool(((chains == 0) | (chains == 1)).all())
    codes = [-(-n // binary_products.GROUP) for n in (n_features, n_hidden, n_chains)]
    *room, table_size = _room(dtype)
    sizes = np.zeros(at.SIZES, np.int64)
    sizes[:] = (
        *(n_rows, n_features, n_hidden, size, n_chains, *rows, settings.n_gibbs_steps),
        *(settings.persistent, settings.gaussian, product_address(dtype, False), draws.compiled),
        *(*room, binary, *codes),
    )
    down = np.ones(n_features, dtype) if settings.down is None else settings.down.astype(dtype)
    numbers = [settings.learning_rate, settings.momentum, settings.weight_decay, settings.up]
    velocity, *of_biases = parameters.velocity
    return at.Task(
        *_features(X),
        _in_rows(parameters.weights),
        *(parameters.hidden_bias, parameters.visible_bias, down, _in_rows(chains.T)),
        _zeros((size + n_chains) * rows[0], dtype),
        _zeros((size + n_chains) * rows[1], dtype),
        _zeros(n_chains * rows[0] if binary else n_features * rows[2], dtype),
        *(np.empty(n, dtype) for n in (n_hidden, n_hidden, n_features)),
        _in_rows(velocity) if velocity.size > 0 else velocity.reshape(-1),
        *of_biases,
        *_codes(chains, codes, binary, settings.gaussian),
        _zeros(members * table_size if binary else 0, dtype),
        np.empty(at.n_draws(sizes, size)),
        np.empty(WORDS, np.uint32),
        draws.generator,
        np.array(numbers, np.float64),
        sizes,
    )


def _codes(chains, lengths, binary, gaussian):
    """Return room for codes of samples, and the codes of the hidden units as they are."""
    if not binary:
        return [np.empty(0, np.uint8)] * 3
    group, (n_chains, n_hidden) = binary_products.GROUP, chains.shape
    of_features, of_hidden, of_chains = lengths
    bits = np.zeros((n_chains, of_hidden * group), np.uint8)
    bits[:, :n_hidden] = chains
    hidden = bits.reshape(n_chains, of_hidden, group) @ (1 << np.arange(group, dtype=np.uint8))
    if gaussian:
        return np.empty(0, np.uint8), hidden.reshape(-1), np.empty(0, np.uint8)
    n_features = of_features * group
    visible = np.zeros(n_chains * of_features, np.uint8)
    return visible, hidden.reshape(-1), np.zeros(n_features * of_chains, np.uint8)


def _zeros(size, dtype):
    """Return zeros that begin with a cache line: vectors that lie in two of them take longer."""
    itemsize = np.dtype(dtype).itemsize
    array = np.zeros(size + CACHE_LINE // itemsize, dtype)
    begin = -array.ctypes.data % CACHE_LINE // itemsize
    return array[begin : begin + size]


def _in_rows(matrix):
    """Return a matrix as the kernel keeps it."""
    n_rows, n_columns = matrix.shape
    length = _row_length(n_columns, matrix.dtype)
    rows = _zeros(n_rows * length, matrix.dtype)
    rows.reshape(n_rows, length)[:, :n_columns] = matrix
    return rows


def _features(X):
    """Return the values of features, and for sparse rows the indices of their entries."""
    if issparse(X):
        return read_only(X.data), read_only(X.indices, np.int32), read_only(X.indptr, np.int64)
    return read_only(X), read_only((), np.int32), read_only((), np.int64)


class RestrictedMachine(Machine):
    """A restricted Boltzmann machine that `EpochLoop` trains.

    Parameters
    ----------
    X, parameters, settings, random_state, n_threads
        As of `Trainer`.

    Attributes
    ----------
    trainer : Trainer
    """

    def __init__(self, X, parameters, settings, random_state, n_threads):
        X = X if issparse(X) else np.ascontiguousarray(X)
        self._inputs = X, parameters, settings, random_state, n_threads
        self.random_state = random_state
        names = "weights", "hidden_bias", "visible_bias", "chains"
        self.arrays = {name: getattr(parameters, name) for name in names}
        self.arrays |= {f"velocity_{i}": part for i, part in enumerate(parameters.velocity)}
        self.take_over()

    def take_over(self):
        """Go on from what `arrays` holds."""
        self.trainer = Trainer(*self._inputs)

    def epoch(self):
        """Train on all rows once, in their order."""
        self.trainer.epoch()

    def bring_up_to_date(self):
        """Let `arrays` be what training has reached."""
        self.trainer.write_back()

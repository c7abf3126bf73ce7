"""Orders of rows drawn without the GIL, ahead of time, from NumPy's own random numbers.

`numpy.random.RandomState.shuffle` holds the GIL: half a millisecond for 20,000 rows, in which a
hundred other fits in threads stand still. Here compiled code does the same with the same generator,
so that the orders and the state that it ends in are the same.
"""

import ctypes

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.jit import device, kernel
from skdeep.training.stochastic.orders import Orders


@intrinsic
def _next(typingctx, function, state):
    """Return the next 32 random bits of a generator, by the address of its function and state."""

    def codegen(context, builder, signature, arguments):
        function, state = arguments
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.IntType(32), [pointer])
        draw = builder.inttoptr(function, kind.as_pointer())
        return builder.call(draw, [builder.inttoptr(state, pointer)])

    return types.uint32(types.intp, types.intp), codegen


@device
def _pick(function, state, picked):
    """Draw for every place but the first one from 0 up to itself, the last place first.

    As NumPy does: as many bits as the place has are drawn again while they are too many. There is
    no branch for that, which a processor would guess wrong every third time.
    """
    i = len(picked) - 1
    while i > 0:
        mask = np.uint32(i)
        for shift in (1, 2, 4, 8, 16):
            mask |= mask >> np.uint32(shift)
        end = np.int64(mask >> np.uint32(1))  # the mask is that of all places behind it
        while i > end:
            j = np.int64(np.uint32(_next(function, state)) & mask)
            picked[i] = j
            i -= np.int64(j <= i)


@kernel
def _draw(function, state, current, work, rows, orders):
    """Draw orders one after another, as `Orders` does.

    Parameters
    ----------
    function, state : int
        Addresses of the generator's.
    current : array of int64 of shape (n_rows,)
        The order drawn last; becomes that of the last one here.
    work : array of int64 of shape (2, n_rows)
    rows : array of int64 of shape (n_rows,)
        What the places in an order stand for.
    orders : array of int32 of shape (n_epochs, n_rows)
    """
    n_rows, permutation, picked = len(current), work[0], work[1]
    for epoch in range(len(orders)):
        _pick(function, state, picked)
        for i in range(n_rows):
            permutation[i] = i
        for i in range(n_rows - 1, 0, -1):
            j = picked[i]
            permutation[i], permutation[j] = permutation[j], permutation[i]
        for i in range(n_rows):
            picked[i] = current[permutation[i]]
        for i in range(n_rows):
            current[i] = picked[i]
            orders[epoch, i] = rows[picked[i]]


def can_draw(random_state):
    """Return whether compiled code can draw from a generator as NumPy does."""
    # The methods of a subclass may do anything.
    return type(random_state) is np.random.RandomState and not numba.config.DISABLE_JIT


class AheadOrders(Orders):
    """Orders of the rows as numbers of 32 bits, some of them drawn before they are asked for.

    Parameters
    ----------
    rows : array of int64 of shape (n_rows,)
    random_state : numpy.random.RandomState
    shuffled : bool
    disposable : bool, default=False
    """

    most_elements = 4_000_000

    def __init__(self, rows, random_state, shuffled, disposable=False):
        super().__init__(rows, random_state, shuffled, disposable)
        self._rows = np.ascontiguousarray(rows, dtype=np.int64)
        self._ahead = None

    def _draw_all(self, n_epochs):
        """Return the orders of the next epochs, one after another."""
        if not can_draw(self.random_state):
            return super()._draw_all(n_epochs).astype(np.int32)
        generator, n_rows = self.random_state._bit_generator, len(self._rows)
        function = ctypes.cast(generator.ctypes.next_uint32, ctypes.c_void_p).value
        current, work = self.current.copy(), np.empty((2, n_rows), np.int64)
        orders = np.empty((n_epochs, n_rows), np.int32)
        with generator.lock:
            _draw(function, generator.ctypes.state_address, current, work, self._rows, orders)
        self.current = current
        return orders.reshape(-1)

    def _pass_over(self, n_epochs):
        """Draw the orders of epochs that nobody wants."""
        if n_epochs > 0:
            self._draw_all(n_epochs)

    def prepare(self, n_epochs):
        """Draw the orders of epochs that may come after those taken."""
        # NumPy's global generator is everybody's: what others drew could not be put back.
        own = self.random_state is not np.random.mtrand._rand
        if own and self.shuffled and n_epochs > 0 and self._ahead is None:
            before = self._state()
            self._ahead = before, None  # an exception finds what was before
            self._ahead = before, self._draw_all(n_epochs)

    def prepared(self):
        """Return of how many epochs the orders have been drawn ahead."""
        ready = self._ahead is not None and self._ahead[1] is not None
        return len(self._ahead[1]) // len(self._rows) if ready else 0

    def take(self, n_epochs):
        """Return the orders of the next epochs: those prepared, if there are any."""
        if not self.prepared():
            self.forget()
            return super().take(n_epochs)
        self._before, orders = self._ahead
        self._ahead = None
        return orders

    def forget(self):
        """Put the random state where it was before any order was drawn ahead."""
        if self._ahead is not None:
            self._restore(self._ahead[0])
            self._ahead = None

    def keep(self, n_begun):
        """Put the random state where it is after the first `n_begun` of the epochs last taken."""
        self._ahead = None
        super().keep(n_begun)

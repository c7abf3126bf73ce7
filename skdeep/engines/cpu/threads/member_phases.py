"""What every member of a team is at, for those who want to know where time goes.

Kernels store a code in the member's place behind the plan when they pass from one phase to the
next: one store to a cache line of the member's own, never inside loops over elements. Nobody reads
the codes unless the calling thread has a watcher.
"""

import ctypes
import threading
from contextlib import contextmanager

from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from skdeep.engines.cpu.memory.fields import PHASE_STEP, PHASES

#: The codes.
(
    # Of kernels.
    OUTSIDE,
    # Rows and targets, also the arrangement of sparse batches by columns.
    GATHERING,
    # Inputs times weights, deltas times weights, inputs times deltas.
    FORWARD_PRODUCT,
    BACKWARD_PRODUCT,
    GRADIENT_PRODUCT,
    # Activations and their derivatives, the loss and its derivative.
    ACTIVATING,
    # The solver's step, the penalty, transposed copies, the end of a batch and of an epoch;
    # also the gradients of biases, where tiles form them: too short for marks of their own.
    UPDATING,
    # For other members.
    WAITING,
) = range(8)


@intrinsic
def _mark(typingctx, plan, member, phase):
    def codegen(context, builder, signature, arguments):
        plan, member, phase = arguments
        data = builder.bitcast(plan, ir.IntType(64).as_pointer())
        first = builder.gep(data, [context.get_constant(types.intp, PHASES)])
        step = context.get_constant(types.intp, PHASE_STEP)
        place = builder.gep(first, [builder.mul(member, step)])
        # Atomic, so that the compiler keeps every store, and no more than that.
        builder.store_atomic(phase, place, "monotonic", 8)
        return context.get_dummy_value()

    return types.void(plan, types.intp, types.int64), codegen


def _mark_python(plan, member, phase):
    place = 8 * (PHASES + PHASE_STEP * int(member))
    ctypes.c_int64.from_address(plan.__array_interface__["data"][0] + place).value = phase


#: ``mark(plan, member, phase)``: say what a member is at from now on.
mark = _mark_python if config.DISABLE_JIT else _mark


def codes(plan):
    """Return a view of what the members are at.

    Parameters
    ----------
    plan : array of int64

    Returns
    -------
    codes : array of int64 of shape (most_members,)
    """
    return plan[PHASES::PHASE_STEP]


_thread = threading.local()


def watcher():
    """Return who watches the kernels that this thread calls, or None."""
    return getattr(_thread, "watcher", None)


@contextmanager
def watched_by(watcher):
    """Let someone watch the kernels that this thread calls.

    Parameters
    ----------
    watcher : object
        Its method ``enter(plan, members)`` is called before a kernel, and ``leave()`` after it.
    """
    before = getattr(_thread, "watcher", None)
    _thread.watcher = watcher
    try:
        yield
    finally:
        _thread.watcher = before

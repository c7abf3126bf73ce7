"""Work memory, which one fit leaves to the next.

The first touch of a page has the operating system clear it, and a virtual machine may have to ask
its host for it: for wide networks that was a fifth of a short fit. So large pieces are kept when
they are no longer used, up to `MOST_BYTES` together, for the next fit or call of ``partial_fit``.
Meanwhile the operating system may take their pages back whenever it is short of memory.
"""

import mmap
import weakref
from collections import deque

import numpy as np

from skdeep.engines.cpu.memory.addresses import address_of
from skdeep.engines.cpu.threads import team

#: Smaller pieces come from NumPy: those the allocator keeps by itself.
LARGE_BYTES = 4 * 1024 * 1024
#: Most bytes that are kept.
MOST_BYTES = 128 * 1024 * 1024
#: Not so on Windows.
CAN_BE_KEPT = hasattr(mmap, "MADV_FREE") and hasattr(mmap, "MAP_PRIVATE")

#: Pieces that are not in use. Arrays may die in any thread and at any moment, even within these
#: functions, so there is no lock: each operation on it is a single step of the interpreter.
_kept = deque()


def zeros(size, dtype, workers=1):
    """Return zeroed memory that begins on a cache line.

    Parameters
    ----------
    size : int
    dtype : numpy dtype
    workers : int, default=1
        Most threads for clearing what was used before.

    Returns
    -------
    array : array of shape (size,)
    """
    itemsize = np.dtype(dtype).itemsize
    if CAN_BE_KEPT and size * itemsize >= LARGE_BYTES:
        array = _large(size, dtype, workers)
        if array is not None:
            return array
    raw = np.zeros(size + 64 // itemsize, dtype=dtype)
    shift = -address_of(raw) % 64 // itemsize
    return raw[shift : shift + size]


def _large(size, dtype, workers):
    """Return zeroed pages, or None where the system gives none."""
    n_bytes = size * np.dtype(dtype).itemsize
    piece = _take(n_bytes)
    used = piece is not None
    if not used:
        try:
            piece = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            if hasattr(mmap, "MADV_HUGEPAGE"):
                piece.madvise(mmap.MADV_HUGEPAGE)
        except OSError as error:
            if not _is_of_the_system(error):
                raise
            return None
    array = np.frombuffer(piece, dtype, size)
    # Views keep the array alive, so that this is called when the last of them is gone.
    weakref.finalize(array, _keep, piece).atexit = False
    if used:
        team.run_each(_clear, np.array_split(array, workers), workers)
    return array


def _is_of_the_system(error):
    """Return whether this module's call of the system has failed.

    Otherwise a signal handler has raised the error: a function, whose frame the traceback has, too.
    """
    return error.__traceback__.tb_next is None


def _clear(array):
    array.fill(0)


def _take(n_bytes):
    """Return a piece that is large enough, and not much too large, or None."""
    for _ in range(len(_kept)):
        try:
            piece = _kept.popleft()
        except IndexError:
            break
        if n_bytes <= len(piece) <= 2 * n_bytes:
            return piece
        _kept.append(piece)
    return None


def _keep(piece):
    """Keep a piece for later; let go of the oldest where there are too many."""
    try:
        piece.madvise(mmap.MADV_FREE)
    except OSError as error:
        if not _is_of_the_system(error):
            raise
        return
    _kept.append(piece)
    while sum(map(len, tuple(_kept))) > MOST_BYTES:
        try:
            _kept.popleft()
        except IndexError:
            break

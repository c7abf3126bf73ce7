"""Memory of the device: large slabs, of which fits take regions.

Allocating and freeing device memory makes all work on the device wait, so slabs are kept, and
regions of them handed out. A launch takes its arrays to begin at the lowest address of all slabs
that its models have regions of, so that any models can be trained by one launch.
"""

import collections
import functools
import threading
from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import (
    SIMULATED,
    address_of,
    array_at,
    copy_in,
    copy_out,
    numba_cuda,
)
from skdeep.engines.cuda.memory.structures import LAYER_SIZE, MODEL_SIZE

#: Everything begins at a multiple of so many bytes: a row of a layer table.
ALIGNMENT = LAYER_SIZE * 8
#: Spans whose arrays are kept: to make them takes as long as a launch.
MOST_SPANS = 64
#: The least size of a slab.
SLAB_BYTES = 1 << 16 if SIMULATED else 1 << 28


def aligned(n_bytes):
    """Return a number of bytes, rounded up."""
    return -(-int(n_bytes) // ALIGNMENT) * ALIGNMENT


class Slab:
    """A piece of device memory that regions are taken of.

    Parameters
    ----------
    device : Device
    n_bytes : int
    """

    def __init__(self, device, n_bytes):
        self.device, self.size = device, aligned(n_bytes)
        with device.active():
            # A device aligns what it allocates by itself.
            self.bytes = numba_cuda.device_array(self.size + ALIGNMENT * SIMULATED, np.uint8)
            address = address_of(self.bytes)
            self.address = address + -address % ALIGNMENT
        self._free = [(0, self.size)]

    def free(self):
        """Free the memory, of which nothing may be taken."""
        with self.device.active():
            self.bytes = None
            if not SIMULATED:  # at once: it is counted on
                numba_cuda.current_context().deallocations.clear()

    def take(self, n_bytes):
        """Return the place of a free piece, or None if there is none of this size."""
        for index, (start, size) in enumerate(self._free):
            if size >= n_bytes:
                self._free[index : index + 1] = (
                    [(start + n_bytes, size - n_bytes)] if size > n_bytes else []
                )
                return start
        return None

    def give(self, start, n_bytes):
        """Take a piece back, and join it with its free neighbours."""
        pieces = sorted([*self._free, (start, n_bytes)])
        joined = [pieces[0]]
        for begin, size in pieces[1:]:
            last, length = joined[-1]
            if last + length == begin:
                joined[-1] = last, length + size
            else:
                joined.append((begin, size))
        self._free = joined

    @property
    def is_empty(self):
        """Whether nothing of it is taken."""
        return self._free == [(0, self.size)]


class Span(NamedTuple):
    """A range of addresses that slabs, and whatever is between them, lie in.

    Attributes
    ----------
    begin, end : int
        Addresses.
    """

    begin: int
    end: int

    def arrays(self, dtype):
        """Return the span as the arrays that kernels take: while the device is active.

        Nothing but the regions of models may be read or written.

        Parameters
        ----------
        dtype : numpy dtype
            The network's precision.

        Returns
        -------
        arrays : tuple
            Of that precision, of float64, int64 and int32, and int64 in rows of a layer table.
        """
        return _arrays_of(self, np.dtype(dtype).name)


@functools.lru_cache(MOST_SPANS)
def _arrays_of(span, dtype):
    """Return a span as arrays, which have no part in its memory but the address."""
    size = span.end - span.begin
    whole = array_at(span.begin, size)
    integers = whole.view(np.int64)
    return (
        whole.view(np.dtype(dtype)),
        whole.view(np.float64),
        integers,
        whole.view(np.int32),
        integers.reshape(size // ALIGNMENT, LAYER_SIZE),
    )


def span_of(models):
    """Return the span of all regions of some models.

    Parameters
    ----------
    models : list of Model

    Returns
    -------
    span : Span
    """
    slabs = {slab for model in models for slab in model.slabs}
    return Span(
        min(slab.address for slab in slabs), max(slab.address + slab.size for slab in slabs)
    )


class Region:
    """A part of a slab.

    Parameters
    ----------
    slab : Slab
    start, size : int
        In bytes.
    """

    def __init__(self, slab, start, size):
        self.slab, self.start, self.size = slab, start, size

    @property
    def address(self):
        """The address of its first byte."""
        return self.slab.address + self.start

    def put(self, offset, array, stream=0):
        """Copy an array to the device; with a stream, maybe later: until then it must stay."""
        array = np.ascontiguousarray(array)
        if array.size:
            with self.slab.device.active():
                copy_in(self.address + offset, array, stream)

    def get(self, offset, count, dtype):
        """Return a copy of `count` elements."""
        out = np.empty(count, np.dtype(dtype))
        self.get_into(offset, out)
        return out

    def get_into(self, offset, out, stream=0):
        """Copy elements to a contiguous array; with a stream, maybe later."""
        if out.size:
            with self.slab.device.active():
                copy_out(self.address + offset, out, stream)


class Table:
    """A table of models on the device, for one launch after another.

    Parameters
    ----------
    pool : Pool
    n_models : int
        Most rows.
    """

    def __init__(self, pool, n_models):
        self.pool, self.n_models = pool, n_models
        self.region = pool.take(8 * MODEL_SIZE * n_models)
        with pool.device.active():
            whole = array_at(self.region.address, 8 * MODEL_SIZE * n_models)
            self._rows = whole.view(np.int64).reshape(n_models, MODEL_SIZE)

    def write(self, rows, stream=0):
        """Copy rows of int64 to the device, see `put`; return the table as kernels take it."""
        self.region.put(0, rows, stream)
        return self._rows

    def free(self):
        """Give the memory back."""
        self.pool.give(self.region)


class Pool:
    """The slabs of a device, for all threads of the process.

    Parameters
    ----------
    device : Device
    """

    def __init__(self, device):
        self.device, self._slabs, self._lock = device, [], threading.Lock()
        self._returned = collections.deque()

    def take(self, size):
        """Return a region.

        Parameters
        ----------
        size : int
            In bytes.

        Returns
        -------
        region : Region

        Raises
        ------
        MemoryError
            If the device has no room for it.
        """
        size = max(aligned(size), ALIGNMENT)
        with self._lock:
            self._take_back()
            for slab in self._slabs:
                start = slab.take(size)
                if start is not None:
                    return Region(slab, start, size)
            slab = self._allocate(size)
            self._slabs.append(slab)
            return Region(slab, slab.take(size), size)

    def give(self, region):
        """Take a region back. Any thread may call it at any time, also while it takes one."""
        self._returned.append(region)

    def _allocate(self, size):
        """Return a new slab; where there is no room for a usual one, one of this size."""
        try:
            return _allocate(self.device, max(size, SLAB_BYTES))
        except MemoryError:
            self._free_empty()
        try:
            return _allocate(self.device, max(size, SLAB_BYTES))
        except MemoryError:
            return _allocate(self.device, size)

    def empty_bytes(self, ask=int):
        """Return the size of all slabs that nothing is taken of.

        Parameters
        ----------
        ask : callable, default=int
            ``ask()`` returns what is added, while no slab is allocated or freed: what the driver
            says is free would else have slabs in it that are counted as empty, too.
        """
        with self._lock:
            self._take_back()
            return ask() + sum(slab.size for slab in self._slabs if slab.is_empty)

    def release(self):
        """Free all slabs that nothing is taken of."""
        with self._lock:
            self._take_back()
            self._free_empty()

    def _free_empty(self):
        empty = [slab for slab in self._slabs if slab.is_empty]
        self._slabs = [slab for slab in self._slabs if not slab.is_empty]
        for slab in empty:
            slab.free()

    def _take_back(self):
        """Let slabs have the regions that were given back."""
        while self._returned:
            region = self._returned.popleft()
            region.slab.give(region.start, region.size)
            if region.slab.is_empty and region.slab.size > SLAB_BYTES:
                self._slabs.remove(region.slab)  # was made for one large fit
                region.slab.free()


def _allocate(device, n_bytes):
    try:
        return Slab(device, n_bytes)
    except MemoryError as error:
        raise _no_room(n_bytes) from error
    except Exception as error:
        if "OUT_OF_MEMORY" not in str(error):
            raise
        raise _no_room(n_bytes) from error


def _no_room(n_bytes):
    return MemoryError(
        f"The CUDA device has no room for {n_bytes / 1e9:.2f} GB. Use fewer rows at once "
        "(partial_fit, a smaller batch_size), a smaller network, float32, or device='cpu'."
    )

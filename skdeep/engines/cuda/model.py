"""A model on the device: its regions, and what is in them."""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda import structures as at
from skdeep.engines.cuda.memory import aligned


class _Parts:
    """Arrays that lie one after another in a region."""

    def __init__(self):
        self.size, self.places = 0, {}

    def add(self, name, count, dtype):
        """Add an array."""
        self.places[name] = self.size, int(count), np.dtype(dtype)
        self.size += aligned(count * np.dtype(dtype).itemsize)


#: Columns of the table of models -> names of the parts.
_COLUMNS = {
    at.MEMORY: "memory",
    at.STORE: "store",
    at.NUMBERS: "numbers",
    at.PLAN: "plan",
    at.LAYERS: "layers",
    at.VALUES: "values",
    at.INDICES: "indices",
    at.STARTS: "starts",
    at.TARGETS: "targets",
    at.ORDER: "order",
    at.OUT: "out",
}


class Model:
    """Arrays of one model on the device.

    Parameters
    ----------
    pool : Pool
    plan : Plan
    X : array or CSR matrix
        Features; their dtype is the network's precision.
    extra : dict of str to tuple
        Further arrays, by name: how many elements, and of which dtype.
    """

    def __init__(self, pool, plan, X, extra):
        self.pool, self.dtype, self.is_dense = pool, X.dtype, not issparse(X)
        parts = _Parts()
        parts.add("layers", plan.layers.size, np.int64)
        parts.add("memory", plan.memory, self.dtype)
        parts.add("store", plan.store, self.dtype)
        if issparse(X):
            parts.add("values", len(X.data), self.dtype)
            parts.add("indices", len(X.indices), np.int32)
            parts.add("starts", len(X.indptr), np.int64)
        else:
            parts.add("values", X.size, self.dtype)
        for name, (count, dtype) in extra.items():
            parts.add(name, count, dtype)
        self.fixed, self.course, self._parts = pool.take(parts.size), None, parts.places
        self._course_parts = {}
        self.put("layers", plan.layers)

    def set_features(self, X):
        """Copy features to the device."""
        if issparse(X):
            self.put("values", X.data)
            self.put("indices", X.indices.astype(np.int32, copy=False))
            self.put("starts", X.indptr.astype(np.int64, copy=False))
        else:
            self.put("values", X)

    def put(self, name, array, first=0):
        """Copy an array to the part of a name, from its element `first` on."""
        place, _count, dtype = self._parts[name]
        array = np.asarray(array, dtype=dtype)
        self.fixed.put(place + first * dtype.itemsize, array)

    def address(self, name):
        """Return the address of a part in device memory."""
        begin = self.slab.bytes.device_ctypes_pointer.value
        return begin + self.fixed.start + self._parts[name][0]

    def get(self, name, first, count):
        """Return a copy of some elements of the part of a name."""
        place, _count, dtype = self._parts[name]
        return self.fixed.get(place + first * dtype.itemsize, count, dtype)

    def set_course(self, plan, numbers, order):
        """Copy what a call is told to the device: plan and numbers first, which come back."""
        parts = _Parts()
        parts.add("plan", plan.size, np.int64)
        parts.add("numbers", numbers.size, np.float64)
        parts.add("order", order.size, np.int64)
        if self.course is None or self.course.size < parts.size:
            self._give_course()
            self.course = self.pool.take(2 * parts.size, near=self.fixed)
        self._course_parts = parts.places
        staged = np.zeros(parts.size, np.uint8)
        for name, array in (("plan", plan), ("numbers", numbers), ("order", order)):
            place = parts.places[name][0]
            staged[place : place + array.nbytes] = array.view(np.uint8)
        self.course.put(0, staged)

    def get_course(self, plan, numbers):
        """Bring plan and numbers up to date with the device."""
        end, count, _dtype = self._course_parts["numbers"]
        staged = self.course.get(0, end + 8 * count, np.uint8)
        plan[:] = staged[: plan.nbytes].view(np.int64)
        numbers[:] = staged[end:].view(np.float64)

    def row(self):
        """Return the model's row of the table of models."""
        row = np.zeros(at.MODEL_SIZE, np.int64)
        for column, name in _COLUMNS.items():
            region, parts = self.fixed, self._parts
            if name in self._course_parts:
                region, parts = self.course, self._course_parts
            if name in parts:
                place, count, dtype = parts[name]
                unit = dtype.itemsize * (at.LAYER_SIZE if name == "layers" else 1)
                first = (region.start + place) // unit
                row[column] = first
                row[column + 1] = first + (count // at.LAYER_SIZE if name == "layers" else count)
        return row

    @property
    def memory_bytes(self):
        """Bytes of what can be in shared memory."""
        _place, count, dtype = self._parts["memory"]
        return count * dtype.itemsize

    @property
    def slab(self):
        """The slab that all regions are of."""
        return self.fixed.slab

    def _give_course(self):
        if self.course is not None:
            self.pool.give(self.course)
            self.course = None

    def free(self):
        """Give the regions back."""
        self._give_course()
        if self.fixed is not None:
            self.pool.give(self.fixed)
            self.fixed = None

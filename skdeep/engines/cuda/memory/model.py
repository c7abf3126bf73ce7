"""A model on the device: its regions, and what is in them."""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.slabs import aligned

#: Indices of sparse features, and numbers of rows, are kept in 32 bits.
MOST_FEATURES = MOST_ROWS = np.iinfo(np.int32).max


class _Parts:
    """Arrays that lie one after another in a region."""

    def __init__(self):
        self.size, self.places = 0, {}

    def add(self, name, count, dtype):
        """Add an array."""
        self.places[name] = self.size, int(count), np.dtype(dtype)
        self.size += aligned(count * np.dtype(dtype).itemsize)


def fixed_bytes(plan, dtype, n_rows):
    """Return the memory that a model takes beside its features and targets.

    Parameters
    ----------
    plan : Plan
    dtype : numpy dtype
    n_rows : int
        Rows of an epoch, whose order is on the device.
    """
    numbers = plan.layers.size + len(plan.integers) + at.NUMBERS_SIZE
    return 8 * numbers + 4 * n_rows + (plan.memory + plan.store) * np.dtype(dtype).itemsize


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

    Attributes
    ----------
    validator : Validator or None
        What predicts validation rows by the model.
    """

    def __init__(self, pool, plan, X, extra):
        self.pool, self.dtype, self.is_dense = pool, X.dtype, not issparse(X)
        parts = _Parts()
        parts.add("layers", plan.layers.size, np.int64)
        parts.add("memory", plan.memory, self.dtype)
        parts.add("store", plan.store, self.dtype)
        for name, (count, dtype) in extra.items():
            parts.add(name, count, dtype)
        self._regions = {"fixed": pool.take(parts.size)}
        self._parts, self.validator = {"fixed": parts}, None
        self.put("layers", plan.layers)

    def set_features(self, X, targets=None):
        """Copy features, and targets where there are any, to the device."""
        if issparse(X):
            if X.shape[1] > MOST_FEATURES:
                raise ValueError(
                    f"X has {X.shape[1]} features, but sparse rows have at most {MOST_FEATURES} on "
                    "a GPU: use device='cpu'."
                )
            indices, starts = X.indices.astype(np.int32, copy=False), X.indptr.astype(np.int64)
            arrays = {"values": X.data, "indices": indices, "starts": starts}
        else:
            arrays = {"values": X.reshape(-1)}
        if targets is not None:
            arrays["targets"] = targets
        self._place("features", arrays)
        for name, array in arrays.items():
            self.put(name, array)

    def _place(self, group, arrays):
        """Find room for a group of arrays."""
        parts = self._parts[group] = _Parts()
        for name, array in arrays.items():
            parts.add(name, array.size, array.dtype)
        before = self._regions.get(group)
        if before is not None and before.size >= parts.size:
            return
        if before is not None:
            self.pool.give(self._regions.pop(group))
        self._regions[group] = self.pool.take(parts.size)

    def _find(self, name):
        """Return the region of an array, its place there, how many elements, and their type."""
        for group, parts in self._parts.items():
            if name in parts.places:
                return self._regions[group], *parts.places[name]
        return None

    def put(self, name, array, first=0, stream=0):
        """Copy an array to that of a name, from its element `first` on."""
        region, place, _count, dtype = self._find(name)
        region.put(place + int(first) * dtype.itemsize, np.asarray(array, dtype=dtype), stream)

    def address(self, name):
        """Return the address of an array in device memory."""
        region, place, _count, _dtype = self._find(name)
        return region.address + place

    def get(self, name, first, count):
        """Return a copy of some elements of the array of a name."""
        region, place, _count, dtype = self._find(name)
        return region.get(place + int(first) * dtype.itemsize, int(count), dtype)

    def get_into(self, name, out, stream, first=0):
        """Copy elements of the array of a name to an array, from its element `first` on."""
        region, place, _count, dtype = self._find(name)
        region.get_into(place + int(first) * dtype.itemsize, out, stream)

    def set_course(self, plan, numbers):
        """Copy what a call is told to the device, and what comes back from there."""
        arrays = {"plan": plan, "numbers": numbers}
        self._place("course", arrays)
        parts = self._parts["course"]
        staged = np.zeros(parts.size, np.uint8)
        for name, array in arrays.items():
            place = parts.places[name][0]
            staged[place : place + array.nbytes] = array.view(np.uint8)
        self._regions["course"].put(0, staged)

    def set_order(self, order):
        """Copy the order of the rows to the device, as an array of int32."""
        self._place("order", {"order": order})
        self.put("order", order)

    def get_course(self, plan, numbers):
        """Bring plan and numbers up to date with the device."""
        begin = self._parts["course"].places["numbers"][0]
        staged = self._regions["course"].get(0, begin + numbers.nbytes, np.uint8)
        plan[:] = staged[: plan.nbytes].view(np.int64)
        numbers[:] = staged[begin:].view(np.float64)

    def row(self, begin):
        """Return the model's row of the table of models, where arrays begin at an address."""
        row = np.zeros(at.MODEL_SIZE, np.int64)
        for column, name in _COLUMNS.items():
            found = self._find(name)
            if found is not None:
                region, place, count, dtype = found
                size = at.LAYER_SIZE if name == "layers" else 1
                row[column] = (region.address + place - begin) // (dtype.itemsize * size)
                row[column + 1] = row[column] + count // size
        return row

    @property
    def memory_bytes(self):
        """Bytes of what can be in shared memory."""
        _region, _place, count, dtype = self._find("memory")
        return count * dtype.itemsize

    @property
    def slabs(self):
        """The slabs that its regions are of."""
        return {region.slab for region in self._regions.values()}

    def free(self):
        """Give the regions back."""
        if self.validator is not None:
            self.validator.model.free()
        while self._regions:
            self.pool.give(self._regions.popitem()[1])

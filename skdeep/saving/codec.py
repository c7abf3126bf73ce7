"""Plain values as a tree of JSON and named arrays, and back.

Only the types named here go in, and only they come out: reading calls no function that a file could
name. Numbers, strings, True, False, None and lists are themselves; anything else is a dict of one
entry that says what it is.
"""

import math

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import LabelBinarizer

from skdeep.estimators.inputs.sparse_structure import check_sparse_structure

#: Types of numeric arrays.
DTYPES = {
    np.dtype(code) for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")
}
#: Names of types that parameters and attributes may be, and their classes.
NAMES = {*(dtype.name for dtype in DTYPES), "object"}
NUMPY_TYPES = {np.dtype(name).type for name in NAMES}
#: Arrays of strings may have this many characters, beside 16 times those of their strings.
MOST_CHARACTERS = 2**26
SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Encoder:
    """Encodes values.

    Parameters
    ----------
    encode_estimator : callable
        ``encode_estimator(value, path, encode)`` returns the tree of an estimator, or None for
        anything else.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The arrays met so far, by their paths.
    """

    def __init__(self, encode_estimator):
        self._encode_estimator = encode_estimator
        self.arrays = {}

    def encode(self, value, path):
        """Return the tree of a value.

        Parameters
        ----------
        value : object
        path : str
            Names it in messages, and the arrays in it.

        Returns
        -------
        tree : object

        Raises
        ------
        ValueError
            If it, or something in it, is of no type that files may hold.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, list | range):
            return self._items(list(value), path)
        if isinstance(value, tuple):
            return {"tuple": self._items(value, path)}
        if isinstance(value, dict):
            keys = self._items(value, f"{path}.keys")
            values = [self.encode(v, f"{path}.{k}") for k, v in value.items()]
            return {"dict": [list(pair) for pair in zip(keys, values, strict=True)]}
        if isinstance(value, np.ndarray):
            return self._array(value, path)
        tree = self._library_object(value, path)
        if tree is None:
            tree = self._encode_estimator(value, path, self.encode)
        if tree is None:
            raise ValueError(
                f"{path} is {value!r}: such a file holds numbers, strings and arrays, but no "
                "functions or other objects. Set it to something else, or use skops: "
                "skops.io.dump(estimator, 'estimator.skops')."
            )
        return tree

    def _items(self, values, path):
        return [self.encode(value, f"{path}.{index}") for index, value in enumerate(values)]

    def _array(self, array, path):
        if array.dtype.kind in "OSU":
            items = array.ravel().tolist()
            kind = {"S": bytes, "U": str}.get(array.dtype.kind, str)
            if all(isinstance(item, kind) for item in items):
                items = [item.decode("latin-1") if kind is bytes else item for item in items]
                dtype = array.dtype.newbyteorder("=")
                name = "object" if dtype.kind == "O" else f"{dtype.kind}{_length(dtype)}"
                return {"strings": items, "dtype": name, "shape": list(array.shape)}
        dtype = array.dtype.newbyteorder("=")
        if dtype not in DTYPES:
            raise ValueError(f"{path} is an array of type {array.dtype}, which no such file holds.")
        self.arrays[path] = np.array(array, dtype=dtype, order="C", ndmin=1)
        return {"array": path, "shape": list(array.shape)}

    def _library_object(self, value, path):
        """Return the tree of an object of NumPy, SciPy or scikit-learn, or None."""
        if type(value) is np.random.RandomState:
            state = value.get_state(legacy=False)
            if state["bit_generator"] == "MT19937":
                return {"random_state": self.encode(_flat_state(state), path)}
        if sp.issparse(value) and value.format == "csr":
            parts = {"data": value.data, "indices": value.indices, "indptr": value.indptr}
            tree = self.encode({**parts, "shape": list(map(int, value.shape))}, path)
            return {"csr": tree, "matrix": isinstance(value, sp.spmatrix)}
        if isinstance(value, slice):
            return {"slice": self._items((value.start, value.stop, value.step), path)}
        if isinstance(value, np.dtype) or (isinstance(value, type) and value in NUMPY_TYPES):
            kind = "type" if isinstance(value, type) else "dtype"
            if np.dtype(value).name in NAMES:
                return {kind: np.dtype(value).name}
        if type(value) is LabelBinarizer:
            return {"label_binarizer": self.encode(_without_version(vars(value)), path)}
        return None


def _without_version(state):
    return {name: value for name, value in state.items() if name != "_sklearn_version"}


def _flat_state(state):
    names = "has_gauss", "gauss"
    return {**state["state"], **{name: state[name] for name in names}}


def _length(dtype):
    return dtype.itemsize // (4 if dtype.kind == "U" else 1)


class Decoder:
    """Decodes trees.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays of the file, by their paths. Those that are met are taken out.
    decode_estimators : dict of str to callable
        ``function(tree, decode)`` returns an estimator, by the first key of its tree.
    """

    def __init__(self, arrays, decode_estimators):
        self.arrays = arrays
        self._decode_estimators = decode_estimators

    def decode(self, tree):
        """Return the value of a tree.

        Parameters
        ----------
        tree : object

        Returns
        -------
        value : object

        Raises
        ------
        ValueError
            If it is no tree of `Encoder`.
        """
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, list):
            return [self.decode(item) for item in tree]
        kind = next(iter(tree), None)
        decode = {
            "float": lambda tree: SPECIAL[tree["float"]],
            "tuple": lambda tree: tuple(self.decode(tree["tuple"])),
            "dict": lambda tree: {self.decode(k): self.decode(v) for k, v in tree["dict"]},
            "array": self._array,
            "strings": _strings,
            "random_state": self._random_state,
            "csr": self._csr,
            "label_binarizer": self._label_binarizer,
            "type": lambda tree: _dtype(tree["type"]).type,
            "dtype": lambda tree: _dtype(tree["dtype"]),
            "slice": lambda tree: slice(*map(_place, tree["slice"])),
        }.get(kind)
        if kind in self._decode_estimators:
            return self._decode_estimators[kind](tree, self.decode)
        if decode is None:
            raise ValueError(f"it holds {kind!r}, which is no kind of value.")
        return decode(tree)

    def _array(self, tree):
        name, shape = tree["array"], tree["shape"]
        if name not in self.arrays:
            raise ValueError(f"the array {name!r} is missing.")
        array = self.arrays.pop(name)
        if list(array.shape) != shape and not (shape == [] and array.shape == (1,)):
            raise ValueError(f"{name} has shape {list(array.shape)}, but {shape} was declared.")
        return array.reshape(shape)

    def _random_state(self, tree):
        state = self.decode(tree["random_state"])
        generator = np.random.RandomState()
        words = {name: state.pop(name) for name in ("key", "pos")}
        if not isinstance(words["pos"], int) or not 0 <= words["pos"] <= 624:
            raise ValueError("a generator of random numbers is at no place of its words.")
        generator.set_state({"bit_generator": "MT19937", "state": words, **state})
        return generator

    def _csr(self, tree):
        parts = self.decode(tree["csr"])
        arrays = parts["data"], parts["indices"], parts["indptr"]
        cls = sp.csr_matrix if tree.get("matrix") else sp.csr_array
        matrix = cls(arrays, shape=tuple(parts["shape"]))
        check_sparse_structure(matrix, "a matrix of the file")
        return matrix

    def _label_binarizer(self, tree):
        state = self.decode(tree["label_binarizer"])
        binarizer = LabelBinarizer()
        known = {*vars(binarizer), "y_type_", "classes_", "sparse_input_"}
        if set(state) != known:
            raise ValueError(f"the coding of labels has {sorted(map(str, state))}.")
        vars(binarizer).update(state)
        return binarizer


def _dtype(name):
    """Return a type of arrays."""
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(f"{name!r} is no type of arrays.")
    return np.dtype(name)


def _place(value):
    """Return an end of a slice, or its step."""
    if value is not None and type(value) not in (int, str):
        raise ValueError(f"{value!r} is no place of a slice.")
    return value


def _strings(tree):
    """Return an array of strings."""
    items, name = tree["strings"], tree["dtype"]
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("an array of strings holds something else.")
    longest = max([1, *map(len, items)])
    if name == "object":
        array = np.array([None, *items], dtype=object)[1:]
    elif isinstance(name, str) and name[:1] in ("S", "U") and name[1:].isdigit():
        # The type of a file may have room for more, but not for as much as it likes.
        length = max(longest, min(int(name[1:]), 4 * longest + 64))
        if length * len(items) > MOST_CHARACTERS + 16 * sum(map(len, items)):
            raise ValueError("an array of strings takes far more memory than the strings do.")
        items = [item.encode("latin-1") for item in items] if name[0] == "S" else items
        array = np.array(items, dtype=f"{name[0]}{length}")
    else:
        raise ValueError(f"an array of strings is declared to be of type {name!r}.")
    return array.reshape(tree["shape"])

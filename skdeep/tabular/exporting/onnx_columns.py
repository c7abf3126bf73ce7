"""The columns of a table as inputs of an ONNX model: numbers, and codes of categories."""

from typing import NamedTuple

import numpy as np

from skdeep.exporting.onnx_model import INPUT, Writer
from skdeep.tabular.column_kinds import DROPPED_KIND
from skdeep.tabular.reading.table_columns import BOOLEAN, EMPTY, NUMBER, TEXT

#: Version of the operators of `ai.onnx.ml`.
ML_OPSET = 2
#: Names of outputs.
OUTPUTS = "label", "probabilities", "variable"
#: The domain of the operators that read strings.
ML_DOMAIN = "ai.onnx.ml"


class TableWriter(Writer):
    """Collects the nodes and constants of a graph of several networks.

    Parameters
    ----------
    dtype : numpy dtype
        Of the networks' numbers.

    Attributes
    ----------
    prefix : str
        Put in front of the names of constants, which different networks may call the same.
    reads_strings : bool
        Whether operators of `ai.onnx.ml` are used.
    """

    def __init__(self, dtype):
        super().__init__(dtype)
        self.prefix, self.reads_strings, self._n_constants = "", False, 0

    def node(self, operator, *inputs, output=None, **attributes):
        """Add a node; return the name of its output, which no column has."""
        output = output or f"/{operator}_{len(self.nodes)}"
        return super().node(operator, *inputs, output=output, **attributes)

    def constant(self, array, name):
        """Add a constant; return its name."""
        return super().constant(array, f"/{self.prefix}{name}")

    def keep(self, array, name):
        """Add a constant, whose name is made a new one; return that."""
        self._n_constants += 1
        return self.constant(array, f"{name}_{self._n_constants}")

    def double(self, value):
        """Add a number of float64; return its name."""
        return self.keep(np.array(value, dtype=np.float64), "double")

    def gather(self, name, columns):
        """Add a choice of columns; return its name."""
        return self.node("Gather", name, self.keep(columns.astype(np.int64), "columns"), axis=1)

    def concat(self, parts):
        """Put parts side by side; return the name of the result."""
        return parts[0] if len(parts) == 1 else self.node("Concat", *parts, axis=1)


class Input(NamedTuple):
    """An input of a model.

    Attributes
    ----------
    name : str
    dtype : numpy dtype or None
        None for strings.
    width : int
    """

    name: str
    dtype: np.dtype | None
    width: int


def _check_names(names):
    """Check that columns can be inputs by their names."""
    reserved = {name for name in names if name in OUTPUTS or name.startswith("/")}
    if reserved or len(set(names)) < len(names) or "" in names:
        raise ValueError(
            "Every column is an input of the model: names must be all different, not empty, not "
            f"begin with '/' and be none of {list(OUTPUTS)}. Got {list(names)}."
        )


class TableInputs:
    """The inputs of a table, of which columns are taken.

    A table of numbers alone is one matrix of all columns. Otherwise every column that is used is an
    input of one column.

    Parameters
    ----------
    write : TableWriter
    encodings : list of MemberEncoding
    names : sequence of str
        Of the columns.
    dtype : numpy dtype
        Of numbers.
    missing : str
        The string that stands for a missing one.

    Attributes
    ----------
    inputs : list of Input

    Raises
    ------
    ValueError
        If levels have no form in ONNX, or `missing` is a level.
    """

    def __init__(self, write, encodings, names, dtype, missing):
        self.write, self.missing = write, missing
        plan = encodings[0].encoder._plan
        self.families, self._numbers, self._codes = plan.families, {}, {}
        self.is_matrix = {*plan.families} <= {NUMBER, EMPTY} and not plan.category_columns
        if self.is_matrix:
            self.inputs = [Input(INPUT, np.dtype(dtype), len(names))]
        else:
            _check_names(names)
            used = [place for place, kind in enumerate(plan.kinds) if kind != DROPPED_KIND]
            types = {TEXT: None, BOOLEAN: np.dtype(bool)}
            self.inputs = [
                Input(names[place], types.get(plan.families[place], np.dtype(dtype)), 1)
                for place in used
            ]
            self._names = {place: names[place] for place in used}

    def numbers(self, places):
        """Return the name of a matrix of some columns as float64.

        Parameters
        ----------
        places : sequence of int
        """
        if self.is_matrix:
            whole = self._numbers.setdefault(None, self._as_double(INPUT))
            return self.write.gather(whole, np.array(places))
        return self.write.concat([self._number(place) for place in places])

    def _number(self, place):
        if place not in self._numbers:
            self._numbers[place] = self._as_double(self._names[place])
        return self._numbers[place]

    def _as_double(self, name):
        return self.write.cast(name, np.float64)

    def codes(self, place, category):
        """Return the name of a column of the codes of a category, as int64.

        Parameters
        ----------
        place : int
        category : Category
        """
        key = place, category.values
        if key not in self._codes:
            of_family = self._codes_of_strings if self.families[place] == TEXT else self._by_value
            self._codes[key] = of_family(place, category.values)
        return self._codes[key]

    def _codes_of_strings(self, place, values):
        if self.missing in values:
            raise ValueError(
                f"missing={self.missing!r} is a value of the column {self._names[place]!r}: choose "
                "another string for missing ones."
            )
        self.write.reads_strings = True
        keys = [self.missing if value is None else value for value in values]
        return self.write.node(
            "LabelEncoder",
            self._names[place],
            domain=ML_DOMAIN,
            keys_strings=keys,
            values_int64s=list(range(1, 1 + len(keys))),
            default_int64=0,
        )

    def _by_value(self, place, values):
        """Return codes of numbers and booleans, of which a missing one is NaN."""
        write, column = self.write, self._number(place)
        given = [(value, code) for code, value in enumerate(values, 1) if value is not None]
        levels = np.array([float(value) for value, _ in given])
        if len(np.unique(levels)) < len(levels):
            raise ValueError(
                f"The column {self._names[place]!r} has levels that differ by less than numbers of "
                "float64 can, which have no form in ONNX."
            )
        found = write.cast(write.node("Equal", column, write.keep(levels, "levels")), np.float64)
        weights = np.array([[float(code)] for _, code in given])
        code = write.node("MatMul", found, write.keep(weights, "codes"))
        if None in values:
            is_missing = write.cast(write.node("IsNaN", column), np.float64)
            own = write.double(1 + values.index(None))
            code = write.node("Add", code, write.node("Mul", is_missing, own))
        return write.cast(code, np.int64)

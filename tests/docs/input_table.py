"""The table of the page on input, made of what estimators do with every kind.

``python -m tests.docs.input_table`` prints it.
"""

from fnmatch import fnmatchcase

from tests.estimators.inputs.input_comparison import fitted, make, see
from tests.estimators.inputs.kinds_of_data import CODES, X
from tests.estimators.inputs.kinds_of_features import FEATURES
from tests.estimators.inputs.kinds_of_targets import LABELS, SAMPLE_WEIGHTS, TARGETS_OF_REGRESSION

#: The first column of the table -> patterns of the names of kinds. The first row that fits counts.
ROWS = {
    "`bool`, integers of all widths, `float16`": (
        "array of bool",
        "array of int*",
        "array of uint*",
        "array of float16",
        "big-endian integers",
    ),
    "`float32`, in either byte order": ("array of float32", "big-endian float32"),
    "`float64`, in either byte order": ("array of float64", "big-endian float64"),
    "arrays in any layout of memory": ("Fortran order", "* strides"),
    "`longdouble`": ("*longdouble",),
    "`complex`": ("*array of complex*", "csr_matrix of complex"),
    "`datetime64`, `timedelta64`": (
        "datetime64",
        "timedelta64",
        "p* of datetimes",
        "p* of timedeltas",
        "polars * of Date*",
        "polars * of Duration",
    ),
    "numbers as text": (
        "strings that are numbers",
        "list of * strings that are numbers",
        "list of strings that are numbers",
    ),
    "numbers as bytes": ("bytes that are numbers",),
    "bytes": ("bytes that are words", "objects: bytes", "list of bytes"),
    "strings of NumPy 2": ("strings of NumPy 2*",),
    "void, structured arrays, records": ("void", "structured array", "recarray"),
    "Python objects: numbers, `Decimal`, `Fraction`, numbers as text": (
        "objects: float",
        "objects: int",
        "objects: huge int",
        "objects: bool",
        "objects: Decimal",
        "objects: Fraction",
        "objects: * that are numbers",
        "list of Decimal",
    ),
    "missing values: None, NaN, `pandas.NA`, nulls": (
        "*NaN*",
        "*None among*",
        "*with None",
        "*NA",
        "*NA among*",
        "*with nulls",
    ),
    "infinity": ("*infinity", "objects: int too large*"),
    "other objects: `complex`, dates, lists, dicts": (
        "objects: complex",
        "objects: dates",
        "objects: lists",
        "objects: tuples",
        "objects: dicts",
        "objects: * among strings",
        "objects: None",
        "list of sets",
        "list of dicts",
    ),
    "words": (
        "strings",
        "objects: strings",
        "list of strings",
        "column of strings",
        "big-endian strings",
        "pandas series of strings",
        "strings that are words",
        "objects: strings that are words",
        "pandas * of string[[]python]",
        "one class of strings",
        "list of mixed types",
        "polars series of String",
    ),
    "lists and tuples of numbers": (
        "list of lists",
        "list of arrays",
        "list of float32 arrays",
        "list of int",
        "list of float",
        "list of bool",
        "list of NumPy integers",
        "list of range",
        "tuple of tuples",
        "UserList",
        "memoryview",
    ),
    "ragged lists, lists of sparse rows": (
        "ragged list",
        "list of lists of labels",
        "list of csr*",
    ),
    "`range`, `array.array`": ("range", "array.array"),
    "generators, iterators, sets, dicts": ("generator", "iterator", "set", "dict"),
    "a number": ("number", "int", "float", "bool", "NumPy scalar", "Decimal"),
    "an array of no dimension": ("0 dimensions",),
    "a string, bytes": ("string", "bytes"),
    "`None`": ("None",),
    "no rows, no columns, too short": (
        "*no rows",
        "*no columns",
        "*without rows",
        "*short",
        "empty*",
    ),
    "one dimension": ("1 dimension", "pandas series of arrays"),
    "a column, a frame of one column": ("column*", "list of tuples", "* of one column"),
    "labels in several columns: of several classes, text, Python objects": (
        "several outputs of several classes",
        "multilabel of strings",
        "multilabel of objects",
    ),
    "several columns": ("several columns*", "multilabel*", "list of pairs", "two columns"),
    "one class": ("one class",),
    "labels with fractions": ("floats that are no integers",),
    "a row, three dimensions": ("row", "3 dimensions"),
    "`numpy.matrix`": ("matrix",),
    "masked arrays; the mask is not looked at": ("masked*",),
    "arrays of other libraries, with `shape`, `dtype` and `__array__`": ("array of another*",),
    "objects with `__array__` only": ("object with __array__",),
    "objects with `__dataframe__` only, lazy frames": ("object with __dataframe__", "*lazy frame"),
    "sparse, one dimension": ("* of 1 dimension",),
    "sparse, a column": ("sparse column",),
    "sparse, all formats, 32-bit and 64-bit indices": (
        *(f"{name}_*" for name in ("csr", "csc", "coo", "bsr", "dia", "dok", "lil")),
    ),
    "pandas frames: integers, floats, bool, sparse": (
        "pandas frame",
        "pandas frame of float*",
        "pandas frame of big-endian*",
        "pandas frame of integers*",
        "pandas frame of bool",
        "pandas frame,*",
    ),
    "pandas frames: `Int64`, `Float64`, `boolean`, numbers as categories and text": (
        "pandas frame of Int64*",
        "pandas frame of Float*",
        "pandas frame of boolean",
        "pandas frame of objects",
        "pandas frame of * that are numbers",
    ),
    "pandas frames: words, periods, intervals, dates beside numbers": (
        "pandas frame of * words",
        "pandas frame of periods",
        "pandas frame of intervals",
        "pandas frame of datetimes and floats",
    ),
    "pandas frames: numbers or tuples as names of columns": (
        "pandas frame with MultiIndex*",
        "pandas frame with numbers*",
        "pandas frame with a column*",
    ),
    "pandas frames: names twice, names of two types": ("pandas frame with names*",),
    "pandas series, index, array": (
        "pandas series",
        "pandas series of big*",
        "pandas series of *nt64",
        "pandas series of Float64",
        "pandas series of bool*",
        "pandas series of strings*",
        "pandas series of objects",
        "pandas series of categories*",
        "pandas series, sparse",
        "pandas index",
        "pandas array*",
    ),
    "pandas series of periods": ("pandas series of periods",),
    "polars frames: numbers, Boolean, `Decimal`, numbers as text": (
        "polars frame",
        "polars frame of float32",
        "polars frame of integers",
        "polars frame of Boolean",
        "polars frame of Decimal",
        "polars frame of Categorical",
        "polars frame of String",
    ),
    "polars frames: arrays in columns": ("polars frame of Array",),
    "polars series": ("polars series", "polars series of Bool*", "polars series of Categ*"),
    "polars series of `Decimal`": ("polars series of Decimal",),
}


def _trained_in(maker):
    return make("MLPClassifier", True).fit(maker(), CODES).coefs_[0].dtype.name


def _predicted(maker):
    fitted("MLPClassifier", True).predict(maker())
    return "yes"


def _labels(maker):
    make("MLPClassifier", True).fit(X, maker())
    return "yes"


def _targets(maker):
    make("MLPRegressor", True).fit(X, maker())
    return "yes"


def _weights(maker):
    make("MLPClassifier", True).fit(X, CODES, sample_weight=maker())
    return "yes"


#: The other columns: the kinds, and what becomes of one.
COLUMNS = {
    "X in `fit`": (FEATURES, _trained_in),
    "X in `predict`": (FEATURES, _predicted),
    "labels": (LABELS, _labels),
    "targets": (TARGETS_OF_REGRESSION, _targets),
    "sample_weight": (SAMPLE_WEIGHTS, _weights),
}


def row_of(kind):
    """Return the row that a kind belongs to."""
    return next(row for row, names in ROWS.items() if any(fnmatchcase(kind, n) for n in names))


def _outcome(call, maker):
    seen = see(call, maker)
    return seen.result if seen.error is None else f"`{type(seen.error).__name__}`"


def table():
    """Return the table as Markdown."""
    cells = {row: {column: [] for column in COLUMNS} for row in ROWS}
    for column, (kinds, call) in COLUMNS.items():
        for kind, maker in kinds.items():
            outcome, known = _outcome(call, maker), cells[row_of(kind)][column]
            if outcome not in known:
                known.append(outcome)
    lines = [["kind", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    for row, columns in cells.items():
        lines.append([row, *(" or ".join(sorted(found)) or "-" for found in columns.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(table())

"""What kinds of input are treated otherwise than by scikit-learn, and how."""

from typing import NamedTuple

import pytest

from tests.estimators.inputs.input_comparison import assert_same_seen

NETWORKS = ("MLPClassifier", "MLPRegressor")
FITS = {"fit", "continue"}


class Deviation(NamedTuple):
    """A deliberate deviation.

    Attributes
    ----------
    text : str
        What the page on input says of it.
    role : {'X', 'labels', 'targets', 'sample_weight'}
        What the kinds are of.
    kinds : set of str
    calls : set of str
        'fit', 'continue' (by `partial_fit`) or 'predict'.
    error : type or None
        What is raised here; None where the kind is accepted.
    names : tuple of str
        Of the estimators.
    """

    text: str
    role: str
    kinds: set
    calls: set
    error: type | None
    names: tuple = NETWORKS

    def holds(self, role, kind, name, call):
        """Return whether it is about a call."""
        right = role == self.role and name in self.names
        return right and kind in self.kinds and call in self.calls

    def check(self, got, expected):
        """Check that skdeep does as is said, and scikit-learn still does not."""
        assert type(got.error) is (self.error or type(None)), repr(got.error)
        with pytest.raises(AssertionError):
            assert_same_seen(got, expected)


BYTE_ORDER = (
    "float32 in the other byte order is trained as native float32 is, in float32. scikit-learn "
    "makes float64 of it, or fails."
)
WIDE_INDICES = (
    "`Perceptron` takes sparse X with 64-bit indices. scikit-learn's raises a `ValueError`."
)
LONG_DOUBLE = (
    "Long doubles are computed in float64, as in `fit`, so predictions are float64. scikit-learn's "
    "`MLPRegressor` predicts long doubles from them."
)
DATES = (
    "`predict` raises a `TypeError` that says that X must hold numbers for dates and durations. "
    "scikit-learn raises a `TypeError` of NumPy's."
)
OBJECTS = (
    "`predict` converts Python objects as `fit` does, of lists and polars frames (`Decimal`, "
    "`Categorical`, `String`) as well, and raises the same errors. scikit-learn converts those of "
    "arrays and pandas frames only, and raises a `TypeError` in its arithmetic on others."
)
TARGETS = (
    "`MLPRegressor` raises a `TypeError` that says that y must hold numbers for text, bytes, "
    "dates, durations and void. scikit-learn raises a `TypeError` of NumPy's."
)
MISSING_TARGETS = (
    "`MLPRegressor` says that y contains NaN where Python objects are None. scikit-learn says that "
    "weights are not finite, and nothing at all with early stopping."
)
SPARSE_TARGETS = (
    "`MLPRegressor` raises a `ValueError` for sparse y. scikit-learn fails in its arithmetic on "
    "several columns, and takes a `coo_array` of one dimension."
)
SPARSE_LABELS = (
    "`MLPClassifier` raises a `TypeError` for a `coo_array` of one dimension as y. scikit-learn "
    "raises an `UnboundLocalError`."
)
DECIMAL_WEIGHT = (
    "A single `Decimal` as sample_weight counts as a number. scikit-learn raises a `TypeError`."
)

DEVIATIONS = [
    Deviation(
        BYTE_ORDER,
        "X",
        {"big-endian float32", "pandas frame of big-endian float32"},
        FITS,
        None,
        (*NETWORKS, "Perceptron"),
    ),
    Deviation(
        WIDE_INDICES,
        "X",
        {"csr_matrix with int64 indices", "csc_matrix with int64 indices"},
        FITS,
        None,
        ("Perceptron",),
    ),
    Deviation(
        LONG_DOUBLE,
        "X",
        {"array of longdouble", "csr_matrix of longdouble"},
        {"predict"},
        None,
        ("MLPRegressor",),
    ),
    Deviation(
        DATES,
        "X",
        {
            "datetime64",
            "timedelta64",
            "pandas frame of datetimes",
            "pandas frame of timedeltas",
            "polars frame of Date",
            "polars frame of Datetime",
            "polars frame of Duration",
        },
        {"predict"},
        TypeError,
    ),
    Deviation(
        OBJECTS,
        "X",
        {"polars frame of Decimal", "polars frame of Categorical", "polars frame of String"},
        {"predict"},
        None,
    ),
    Deviation(
        OBJECTS,
        "X",
        {"list of lists with None", "pandas frame of categories that are words"},
        {"predict"},
        ValueError,
    ),
    Deviation(
        OBJECTS,
        "X",
        {"pandas frame of periods", "pandas frame of intervals"},
        {"predict"},
        TypeError,
    ),
    Deviation(
        TARGETS,
        "targets",
        {
            "datetime64",
            "timedelta64",
            "strings that are numbers",
            "strings that are words",
            "bytes that are numbers",
            "void",
            "list of strings that are numbers",
            "pandas series of datetimes",
            "polars series of String",
            "polars series of Date",
        },
        FITS,
        TypeError,
    ),
    Deviation(
        MISSING_TARGETS,
        "targets",
        {"list with None", "objects: None among floats"},
        FITS,
        ValueError,
    ),
    Deviation(
        SPARSE_TARGETS, "targets", {"csr_matrix", "coo_array of 1 dimension"}, FITS, ValueError
    ),
    Deviation(SPARSE_LABELS, "labels", {"coo_array of 1 dimension"}, FITS, TypeError),
    Deviation(DECIMAL_WEIGHT, "sample_weight", {"Decimal"}, {"fit"}, None),
]

"""Sparse matrices whose index arrays point outside: ValueError, whatever is done with them."""

import copy
import functools

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import MLPClassifier, MLPRegressor, Perceptron, check_gradient
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from tests.helpers import quiet, same, unchanged

S = sp.random_array((60, 20), density=0.2, format="csr", rng=np.random.default_rng(0))
Y = np.arange(60) % 3
FORMATS = "csr", "csc", "bsr", "coo", "dia", "lil", "dok"


def changed(format, part, place, value, dtype=np.int32, matrix=False):
    """Return a matrix of which one element of an index array is another."""
    X = (sp.csr_matrix if matrix else sp.csr_array)(S, copy=True).asformat(format)
    if format == "coo":
        arrays = {name: getattr(X, name).astype(dtype) for name in ("row", "col")}
    else:
        arrays = {name: getattr(X, name).astype(dtype) for name in ("indices", "indptr")}
    arrays[part][place] = value
    for name, array in arrays.items():
        setattr(X, name, array)
    return X


#: The five invalid matrices -> what is said of them.
INVALID = {
    "index one too large": (("indices", 5, 20), "indices must be between 0 and 19"),
    "index far too large": (("indices", 5, 10**9), "but are from 0 to 1000000000"),
    "negative index": (("indices", 7, -3), "but are from -3 to 19"),
    "falling indptr": (("indptr", 3, 10**6), "indptr must not decrease.*at its element 4"),
    "indptr beyond the end": (("indptr", -1, 10**6), "indptr ends with 1000000, but there are 240"),
}


@functools.cache
def fitted():
    with quiet():
        return MLPClassifier((5,), max_iter=2, random_state=0).fit(S, Y)


@functools.cache
def perceptron():
    return Perceptron().fit(S, Y)


CALLS = {
    "fit": lambda X: (MLPClassifier((5,), max_iter=2), lambda e: e.fit(X, Y)),
    "lbfgs": lambda X: (MLPClassifier((5,), solver="lbfgs"), lambda e: e.fit(X, Y)),
    "wide": lambda X: (MLPClassifier((600, 300), max_iter=2), lambda e: e.fit(X, Y)),
    "regressor": lambda X: (MLPRegressor(hidden_layer_sizes=5), lambda e: e.fit(X, Y)),
    "partial_fit": lambda X: (copy.deepcopy(fitted()), lambda e: e.partial_fit(X, Y)),
    "predict": lambda X: (fitted(), lambda e: e.predict(X)),
    "X_val": lambda X: (MLPClassifier((5,)), lambda e: e.fit(S, Y, X_val=X, y_val=Y)),
    "loss_gradient": lambda X: (fitted(), lambda e: e.loss_gradient(X, Y)),
    "hidden_activations": lambda X: (fitted(), lambda e: e.hidden_activations(X)),
    "check_gradient": lambda X: (fitted(), lambda e: check_gradient(e, X, Y)),
    "Perceptron.fit": lambda X: (Perceptron(), lambda e: e.fit(X, Y)),
    "Perceptron.partial_fit": lambda X: (
        copy.deepcopy(perceptron()),
        lambda e: e.partial_fit(X, Y),
    ),
    "Perceptron.predict": lambda X: (perceptron(), lambda e: e.predict(X)),
    "Perceptron.decision_function": lambda X: (perceptron(), lambda e: e.decision_function(X)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("invalid", INVALID)
@pytest.mark.parametrize("format", ["csr", "csc"])
def test_every_call_refuses_every_invalid_matrix(call, invalid, format):
    """Kernels followed them out of the arrays: the process died, or the result was wrong."""
    (part, place, value), message = INVALID[invalid]
    if format == "csc":
        value, message = (60 if value == 20 else value), message.replace("19", "59")
    X = changed(format, part, place, value)
    estimator, do = CALLS[call](X)
    with unchanged(estimator), pytest.raises(ValueError, match=message) as error:
        do(estimator)
    assert f"X is no valid {format.upper()} matrix" in str(error.value)


@pytest.mark.parametrize("matrix", [False, True])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(
    "format, part, place, value, message",
    [
        ("csr", "indices", 0, 20, "indices must be between 0 and 19"),
        ("csr", "indices", 0, -1, "indices must be between 0 and 19, but are from -1"),
        ("csr", "indptr", 0, 1, "indptr must begin with 0, but begins with 1"),
        ("csr", "indptr", 4, -5, "indptr must not decrease, but does from"),
        ("csr", "indptr", -1, 241, "indptr ends with 241, but there are 240 indices"),
        ("csc", "indices", 3, 60, "indices must be between 0 and 59"),
        ("csc", "indptr", 20, 999, "indptr ends with 999"),
        ("bsr", "indices", 3, 20, "indices must be between 0 and 19"),
        ("bsr", "indptr", 1, 300, "indptr must not decrease"),
        ("coo", "row", 3, 60, "row must be between 0 and 59"),
        ("coo", "col", 3, -2, "col must be between 0 and 19, but are from -2 to 19"),
    ],
)
def test_values_out_of_range(format, part, place, value, message, dtype, matrix):
    X = changed(format, part, place, value, dtype, matrix)
    with pytest.raises(ValueError, match=f"X is no valid {format.upper()} matrix: {message}"):
        check_sparse_structure(X)


def _with(format, **attributes):
    X = S.copy().asformat(format)
    for name, value in attributes.items():
        setattr(X, name, value)
    return X


def _key(X, key):
    (getattr(X, "_dict", None) or X)[key] = 1.0
    return X


FORMS = {
    "short indptr": (lambda: _with("csr", indptr=S.indptr[:-1]), "has 60 elements, but 61 are"),
    "long indptr": (lambda: _with("csr", indptr=np.append(S.indptr, 240)), "has 62 elements"),
    "no indptr": (lambda: _with("csr", indptr=S.indptr[:0]), "has 0 elements, but 61"),
    "other shape": (lambda: _with("csr", _shape=(50, 20)), "has 61 elements, but 51"),
    "float indices": (lambda: _with("csr", indices=S.indices * 1.0), "an array of float64"),
    "list": (lambda: _with("csr", indices=S.indices.tolist()), "but is list"),
    "two dimensions": (lambda: _with("csr", indices=S.indices[:, None]), "with 2 dimensions"),
    "flat indptr": (lambda: _with("csr", indptr=np.array(3)), "with 0 dimensions"),
    "short data": (lambda: _with("csr", data=S.data[:-1]), "data has 239 elements, but indices"),
    "data of a table": (lambda: _with("csr", data=S.data[:, None]), "array with 1 dimensions"),
    "overflowing indptr": (
        lambda: sp.csr_array(
            (np.ones(4), np.zeros(4, int), np.array([0, 2**31 - 1, -(2**31), -5, 4], np.int32)),
            shape=(4, 2),
        ),
        "indptr must not decrease",
    ),
    "blocks": (lambda: _with("bsr", data=np.ones((240, 7, 1))), "do not make up the shape"),
    "flat blocks": (lambda: _with("bsr", data=np.ones(240)), "array with 3 dimensions"),
    "few blocks": (lambda: _with("bsr", data=np.ones((9, 1, 1))), "data has 9 elements"),
    "coo data": (lambda: _with("coo", data=S.data[:9]), "data has 9 elements, but row has 240"),
    "coo coordinates": (lambda: _with("coo", coords=(S.indices,)), "1 arrays of coordinates"),
    "offsets": (lambda: _with("dia", offsets=np.arange(3)), "but offsets has 3"),
    "wide offsets": (
        lambda: _with("dia", data=np.ones((2, 20)), offsets=np.array([0, 2**32])),
        "offsets must fit into 32 bits",
    ),
    "float offsets": (lambda: _with("dia", offsets=np.arange(3.0)), "array of float64"),
    "lil column": (lambda: _lil("rows", [3, 20]), "rows must be between 0 and 19"),
    "lil length": (lambda: _lil("rows", [3]), "of rows and of data have other lengths"),
    "lil object": (lambda: _lil("rows", "ab"), "rows must be an array of 60 lists"),
    "lil text": (lambda: _lil("rows", ["a", "b"]), "rows must be integers"),
    "lil rows": (lambda: _with("lil", data=np.array([[], []])), "data must be an array of 60"),
    "dok row": (lambda: _key(S.todok(), (60, 0)), r"keys\[0\] must be between 0 and 59"),
    "dok column": (lambda: _key(S.todok(), (0, -1)), r"keys\[1\] must be between 0 and 19"),
    "dok key": (lambda: _key(S.todok(), 7), "keys must be tuples of 2 integers"),
}


def _lil(name, row):
    X = S.tolil()
    X.data[4] = [1.0, 2.0]
    X.rows[4] = [0, 1]
    getattr(X, name)[4] = row
    return X


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    """Arrays of other lengths, types and dimensions, in every format."""
    make, message = FORMS[form]
    X = make()
    with pytest.raises(ValueError, match=message):
        check_sparse_structure(X)
    estimator = MLPClassifier((5,), max_iter=2)
    with unchanged(estimator), pytest.raises(ValueError):
        estimator.fit(X, Y[: X.shape[0]])


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("matrix", [False, True])
def test_valid_matrices_pass_unchanged(format, matrix):
    X = (sp.csr_matrix if matrix else sp.csr_array)(S, copy=True).asformat(format)
    before = copy.deepcopy(X)
    check_sparse_structure(X)
    check_sparse_structure(X[:0] if format in ("csr", "csc", "lil") else X)
    assert vars(X).keys() == vars(before).keys() and same(X, before)
    for name in ("indices", "indptr", "data", "offsets"):
        if isinstance(getattr(before, name, None), np.ndarray):
            assert np.array_equal(getattr(X, name), getattr(before, name))


def test_order_duplicates_and_room_at_the_end_are_allowed():
    X = sp.csr_array(([1.0, 2, 3, 9], [3, 0, 3, 99], [0, 2, 2, 3]), shape=(3, 4))
    check_sparse_structure(X)  # 99 lies behind the last row
    big = sp.csr_array(S)
    big.indices = big.indices.astype(">i4")
    check_sparse_structure(big)
    check_sparse_structure(sp.csr_array((0, 4)))
    check_sparse_structure(sp.csr_array((4, 0)))
    check_sparse_structure("no_validation")
    check_sparse_structure(None)


def test_columns_of_a_matrix_without_any():
    X = sp.csr_array((2, 3))
    X.indices, X.data, X.indptr = np.array([0]), np.array([1.0]), np.array([0, 1, 1])
    X._shape = (2, 0)
    with pytest.raises(ValueError, match="indices must be empty, but are from 0 to 0"):
        check_sparse_structure(X)


def test_labels():
    """A sparse label indicator matrix, in `fit` and in `partial_fit`, which looks at it first."""
    dense = np.eye(3, dtype=int)[Y]
    invalid = sp.csr_array(dense)
    invalid.indices = invalid.indices.copy()
    invalid.indices[4] = 10**8
    for method in ("fit", "partial_fit"):
        estimator = MLPClassifier((5,), max_iter=2)
        arguments = {"classes": [0, 1, 2]} if method == "partial_fit" else {}
        with unchanged(estimator), pytest.raises(ValueError, match="y is no valid CSR matrix"):
            getattr(estimator, method)(S, invalid, **arguments)


def test_first_weights_of_a_perceptron():
    coef = sp.csr_array(np.ones((3, 20)))
    coef.indices[-1] = 10**8
    estimator = Perceptron()
    with unchanged(estimator), pytest.raises(ValueError, match="coef_init is no valid CSR matrix"):
        estimator.fit(S, Y, coef_init=coef)


def test_augment():
    """What `augment` returns is checked in every epoch."""

    def augment(X, y, rng):
        augment.calls += 1
        if augment.calls == 3:
            X.indices[0] = 10**8
        return X, y

    augment.calls = 0
    estimator = MLPClassifier((5,), max_iter=9, augment=augment)
    message = "The X that augment returned is no valid CSR matrix: indices"
    with unchanged(estimator), pytest.raises(ValueError, match=message):
        estimator.fit(S, Y)
    assert augment.calls == 3

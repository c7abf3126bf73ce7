"""Every kind of array, good and bad: the right result, or scikit-learn's error and no change."""

import copy
import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.neural_network as reference
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skdeep
from skdeep import MLPClassifier, MLPRegressor
from tests import datasets
from tests.helpers import (
    CONTAINERS,
    assert_close,
    outcome,
    quiet,
    skip_with_old_scikit_learn,
    unchanged,
)


def _strided(X):
    wide = np.zeros((2 * X.shape[0], 3 * X.shape[1]))
    wide[::2, ::3] = X
    return wide[::2, ::3]


def _transposed(X):
    return np.ascontiguousarray(X.T).T


def _backwards(X):
    return np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]


def _read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


def _unaligned(X):
    raw = np.zeros(X.nbytes + 1, dtype=np.uint8)
    view = raw[1:].view(X.dtype).reshape(X.shape)
    view[...] = X
    return view


class ArrayLike:
    """Something that only offers ``__array__``."""

    def __init__(self, X):
        self.X = X

    def __array__(self, dtype=None, copy=None):
        return np.array(self.X, dtype=dtype)


# name -> another form of the same numbers
FORMS = {
    "fortran": np.asfortranarray,
    "strided": _strided,
    "transposed": _transposed,
    "backwards": _backwards,
    "big-endian": lambda X: X.astype(">f8"),
    "big-endian float32": lambda X: X.astype(">f4"),
    "read-only": _read_only,
    "unaligned": _unaligned,
    "object": lambda X: X.astype(object),
    "list": lambda X: X.tolist(),
    "long double": lambda X: X.astype(np.longdouble),
    "array-like": ArrayLike,
    "csr with 64-bit indices": lambda X: _wide_indices(sp.csr_matrix(X)),
    "csr unsorted": lambda X: _unsorted(X),
    "coo": sp.coo_matrix,
    "csr with explicit zeros": lambda X: _explicit_zeros(X),
    "csr with duplicates": lambda X: _duplicates(X),
    "csr read-only": lambda X: _read_only_sparse(X),
}


def _wide_indices(X):
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def _unsorted(X):
    X = sp.csr_matrix(X)
    for start, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        X.indices[start:end] = X.indices[start:end][::-1].copy()
        X.data[start:end] = X.data[start:end][::-1].copy()
    X.has_sorted_indices = False
    return X


def _explicit_zeros(X):
    rows, columns = np.indices(X.shape)
    return sp.csr_matrix((X.ravel(), (rows.ravel(), columns.ravel())), shape=X.shape)


def _duplicates(X):
    half = sp.csr_matrix(X / 2)
    data = np.repeat(half.data, 2)
    return sp.csr_matrix((data, np.repeat(half.indices, 2), 2 * half.indptr), shape=X.shape)


def _read_only_sparse(X):
    X = sp.csr_matrix(X)
    for part in (X.data, X.indices, X.indptr):
        part.setflags(write=False)
    return X


@pytest.fixture(scope="module")
def fitted():
    """A classifier fitted on plain input, and its data (exact in float32)."""
    X, y = datasets.load("sparse")
    X = X.astype(np.float32).astype(np.float64)
    with quiet():
        model = MLPClassifier((9,), batch_size=20, max_iter=5, random_state=0).fit(X, y)
    return model, X, y


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_x_gives_the_same(form, fitted):
    plain, X, y = fitted
    other = FORMS[form](X)
    rtol = 1e-3 if "float32" in form else 1e-9
    with quiet():
        model = clone(plain).fit(other, y)
    assert_close(model.loss_curve_, plain.loss_curve_, rtol, "loss_curve_")
    for w, v in zip(model.coefs_, plain.coefs_, strict=True):
        assert_close(w, v, rtol, "coefs_")
    assert_close(plain.predict_proba(other), plain.predict_proba(X), rtol, "predict_proba")
    assert_array_equal(plain.predict(other), plain.predict(X))
    assert plain.score(other, y) == plain.score(X, y)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, bool, np.float16])
def test_other_number_types(dtype):
    """Anything that is not float32 is trained in float64."""
    X, y = datasets.load("binary")
    X = (X * 3).astype(dtype)
    parameters = dict(hidden_layer_sizes=(5,), max_iter=3, random_state=0)
    with quiet():
        ours = MLPClassifier(**parameters).fit(X, y)
        theirs = reference.MLPClassifier(**parameters).fit(X, y)
    assert ours.coefs_[0].dtype == theirs.coefs_[0].dtype == np.float64
    assert_close(ours.predict_proba(X), theirs.predict_proba(X), 1e-6)


def test_memory_map(tmp_path, fitted):
    plain, X, y = fitted
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    with quiet():
        model = clone(plain).fit(mapped, y)
    assert_array_equal(model.coefs_[0], plain.coefs_[0])
    assert_array_equal(model.predict_proba(mapped), plain.predict_proba(X))
    assert not any(isinstance(value, np.memmap) for value in vars(model).values())


@pytest.mark.parametrize("form", ["csr", "csc", "dense", "fortran", "strided"])
def test_input_is_left_alone(form):
    X, y = datasets.load("sparse")
    X = {**CONTAINERS, **FORMS}[form](X.copy())
    before = copy.deepcopy(X)
    weight = np.ones(len(y))
    for model in (MLPClassifier((3,), max_iter=2), MLPClassifier((3,), solver="lbfgs", max_iter=2)):
        with quiet():
            model.fit(X, y, sample_weight=weight)
        model.predict_proba(X)
        model.loss_gradient(X, y)
    difference = X - before
    assert (difference.nnz if sp.issparse(X) else np.count_nonzero(difference)) == 0
    assert_array_equal(weight, 1)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_data_frames(library, estimator):
    frames = pytest.importorskip(library)
    X, y = datasets.load("binary")
    names = [f"column {i}" for i in range(X.shape[1])]
    frame = frames.DataFrame(dict(zip(names, X.T, strict=True)))
    parameters = dict(hidden_layer_sizes=(4,), max_iter=3, random_state=0, early_stopping=True)
    with quiet():
        model = estimator(**parameters).fit(frame, frames.Series(y))
        plain = estimator(**parameters).fit(X, y)
    assert_array_equal(model.feature_names_in_, names)
    assert not hasattr(plain, "feature_names_in_")
    assert_close(model.coefs_[0], plain.coefs_[0], 1e-9)
    assert_close(model.predict(frame), plain.predict(X), 1e-9)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="feature names should match"), unchanged(model):
        model.predict(frame[names[::-1]])


Y_FORMS = {
    "list": lambda y: y.tolist(),
    "strided": lambda y: np.repeat(y, 3)[::3],
    "big-endian": lambda y: y.astype(y.dtype.newbyteorder(">")),
    "read-only": _read_only,
    "float": lambda y: y.astype(float),
}


@pytest.mark.parametrize("form", Y_FORMS)
@pytest.mark.parametrize("data", ["multiclass", "regression", "multioutput"])
def test_every_form_of_y_gives_the_same(data, form):
    X, y = datasets.load(data)
    other = _strided(y) if form == "strided" and y.ndim == 2 else Y_FORMS[form](y)
    name = "MLPRegressor" if datasets.is_regression(data) else "MLPClassifier"
    models = []
    for module, target in ((reference, other), (skdeep, other), (skdeep, y)):
        estimator = getattr(module, name)(hidden_layer_sizes=(5,), max_iter=3, random_state=0)
        with quiet():
            models.append(estimator.fit(X, target))
    theirs, ours, plain = models
    assert_close(ours.loss_curve_, theirs.loss_curve_, 1e-6)
    assert_array_equal(ours.loss_curve_, plain.loss_curve_)
    if name == "MLPClassifier":
        assert ours.predict(X).dtype == theirs.predict(X).dtype


def test_column_of_labels_warns_as_in_scikit_learn():
    X, y = datasets.load("regression")
    model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=1)
    with quiet(), pytest.warns(UserWarning, match="A column-vector y was passed"):
        model.fit(X, y[:, None])
    assert model.predict(X).shape == y.shape


# What may go wrong, as fit(X, y) or parameters; the error has to be scikit-learn's.
GOOD_X = np.arange(24.0).reshape(12, 2) / 24
GOOD_Y = np.arange(12) % 2


def _with(value):
    X = GOOD_X.copy()
    X[3, 1] = value
    return X


BAD_DATA = {
    "nan": (_with(np.nan), GOOD_Y),
    "inf": (_with(np.inf), GOOD_Y),
    "nan, sparse": (sp.csr_matrix(_with(np.nan)), GOOD_Y),
    "nan, csc": (sp.csc_matrix(_with(np.nan)), GOOD_Y),
    "nan, float32": (_with(np.nan).astype(np.float32), GOOD_Y),
    "too large for float32": (_with(1e300).astype(object), GOOD_Y),
    "nan in y": (GOOD_X, np.where(GOOD_Y, 1.0, np.nan)),
    "inf in y": (GOOD_X, np.where(GOOD_Y, 1.0, np.inf)),
    "no rows": (GOOD_X[:0], GOOD_Y[:0]),
    "no columns": (GOOD_X[:, :0], GOOD_Y),
    "one dimension": (GOOD_X[:, 0], GOOD_Y),
    "three dimensions": (GOOD_X[:, :, None], GOOD_Y),
    "three dimensions of y": (GOOD_X, GOOD_Y[:, None, None]),
    "different lengths": (GOOD_X, GOOD_Y[:-1]),
    "strings": (np.full((12, 2), "a"), GOOD_Y),
    "complex": (GOOD_X + 1j, GOOD_Y),
    "none": (None, GOOD_Y),
    "no y": (GOOD_X, None),
    "scalar": (3.0, GOOD_Y),
    "words in y of a regression": (GOOD_X, np.array(["a", "b"] * 6)),
    "continuous y": (GOOD_X, GOOD_X[:, 0]),
    "mixed y": (GOOD_X, np.array(["a", 1] * 6, dtype=object)),
    "several outputs of several classes": (GOOD_X, np.arange(24).reshape(12, 2) % 3),
    "ragged": ([[1.0, 2.0], [3.0]], [0, 1]),
}


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("bad", BAD_DATA)
def test_bad_data(bad, name):
    X, y = BAD_DATA[bad]
    for method in ("fit", "partial_fit"):
        keywords = {}
        if method == "partial_fit" and name == "MLPClassifier":
            keywords["classes"] = [0, 1]
        theirs = getattr(reference, name)(max_iter=2, hidden_layer_sizes=3)
        ours = getattr(skdeep, name)(max_iter=2, hidden_layer_sizes=3)
        expected = outcome(lambda: getattr(theirs, method)(X, y, **keywords))  # noqa: B023
        with unchanged(ours) if expected else quiet():
            got = outcome(lambda: getattr(ours, method)(X, y, **keywords))  # noqa: B023
        if expected is not None and expected[0] not in ("ValueError", "TypeError"):
            assert got[0] in ("ValueError", "TypeError")  # scikit-learn fails deep inside NumPy
        else:
            assert got == expected


@pytest.mark.parametrize("bad", sorted(set(BAD_DATA) - {"words in y of a regression"}))
def test_bad_data_leaves_a_fitted_model_alone(bad):
    X, y = BAD_DATA[bad]
    with quiet():
        model = MLPClassifier(3, max_iter=2, random_state=0).fit(GOOD_X, GOOD_Y)
    theirs = reference.MLPClassifier(3, max_iter=2)
    if outcome(lambda: theirs.fit(X, y)) is not None:
        with unchanged(model):
            assert outcome(lambda: model.fit(X, y)) is not None


BAD_PARAMETERS = [
    ("hidden_layer_sizes", -1),
    ("hidden_layer_sizes", 0),
    ("hidden_layer_sizes", (3, 0)),
    ("hidden_layer_sizes", (3, -2)),
    ("hidden_layer_sizes", 2.5),
    ("hidden_layer_sizes", "ten"),
    ("hidden_layer_sizes", None),
    ("activation", "ghost"),
    ("activation", "softmax"),
    ("activation", None),
    ("solver", "hadoken"),
    ("alpha", -1),
    ("alpha", "a"),
    ("alpha", np.nan),
    ("batch_size", 0),
    ("batch_size", -1),
    ("batch_size", 2.5),
    ("batch_size", "all"),
    ("learning_rate", "converge"),
    ("learning_rate_init", 0),
    ("learning_rate_init", -0.1),
    ("power_t", -1.0),
    ("max_iter", 0),
    ("max_iter", -3),
    ("max_iter", 2.0),
    ("max_fun", 0),
    ("shuffle", "true"),
    ("shuffle", 2),
    ("random_state", "seed"),
    ("random_state", -1),
    ("tol", -0.1),
    ("verbose", "loud"),
    ("verbose", -1),
    ("warm_start", "yes"),
    ("momentum", 2),
    ("momentum", -0.5),
    ("nesterovs_momentum", "no"),
    ("early_stopping", "maybe"),
    ("validation_fraction", 1.0),
    ("validation_fraction", -0.1),
    ("beta_1", 1.0),
    ("beta_1", -0.5),
    ("beta_2", 1.0),
    ("beta_2", -0.5),
    ("epsilon", 0),
    ("epsilon", -0.5),
    ("n_iter_no_change", 0),
    ("n_iter_no_change", -1),
    ("n_iter_no_change", 1.5),
    ("loss", "ghost"),
    ("loss", 1),
]
# parameters that accept more than in scikit-learn, so that their messages offer more
EXTENDED = {"activation", "loss", "solver", "learning_rate", "momentum"}


def _complaint(outcome, parameter):
    """Type and message of an error, without what an extended parameter may be."""
    if parameter in EXTENDED and outcome is not None:
        return outcome[0], re.sub(r" must be .* Got ", " must be ... Got ", outcome[1])
    return outcome


@pytest.mark.parametrize(
    "name, parameter, value",
    [("MLPRegressor", *bad) for bad in BAD_PARAMETERS]
    + [("MLPClassifier", *bad) for bad in BAD_PARAMETERS if bad[0] != "loss"],
)
def test_parameters_out_of_range(name, parameter, value):
    bad = {parameter: value}
    expected = outcome(lambda: getattr(reference, name)(**bad).fit(GOOD_X, GOOD_Y))
    assert expected is not None
    expected = _complaint(expected, parameter)
    ours = getattr(skdeep, name)(**bad)
    with unchanged(ours):
        assert _complaint(outcome(lambda: ours.fit(GOOD_X, GOOD_Y)), parameter) == expected
    if parameter != "random_state":
        with quiet():
            model = getattr(skdeep, name)(hidden_layer_sizes=3, max_iter=1).fit(GOOD_X, GOOD_Y)
            model.set_params(**bad)
        with unchanged(model):
            assert _complaint(outcome(lambda: model.fit(GOOD_X, GOOD_Y)), parameter) == expected


@pytest.mark.parametrize("value", [0, -2, 1.5, "two", [2]])
def test_number_of_threads_out_of_range(value):
    model = MLPClassifier(n_threads=value)
    with unchanged(model), pytest.raises((ValueError, TypeError), match="n_threads"):
        model.fit(GOOD_X, GOOD_Y)


def test_poisson_wants_counts():
    """Negative counts have no likelihood; scikit-learn trains on them with a loss that is NaN."""
    X, y = datasets.load("regression")
    model = skdeep.MLPRegressor("poisson", (3,), max_iter=3, random_state=0)
    with pytest.raises(ValueError, match="loss='poisson' needs y in"):
        model.fit(X, -abs(y))
    assert not hasattr(model, "coefs_")


WEIGHTS = {
    "zeros": np.zeros(12),
    "negative": np.where(GOOD_Y, -1.0, 2.0),
    "some zeros": (np.arange(12) % 3).astype(float),
    "nan": np.where(GOOD_Y, np.nan, 1.0),
    "short": np.ones(11),
    "two columns": np.ones((12, 2)),
    "number": 2.0,
    "integers": np.arange(1, 13),
    "list": list(range(1, 13)),
    "strings": ["a"] * 12,
    "huge": np.full(12, 1e300),
    "tiny": np.full(12, 1e-300),
}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_sample_weights(kind, solver):
    if kind == "zeros":
        skip_with_old_scikit_learn("divides by the sum of weights that are all zero")
    results = []
    for module in (reference, skdeep):
        model = module.MLPClassifier((3,), solver=solver, max_iter=3, random_state=0)
        results.append((outcome(lambda: model.fit(GOOD_X, GOOD_Y, WEIGHTS[kind])), model))  # noqa: B023
    (expected, theirs), (got, ours) = results
    if expected is None:
        assert got is None
        rtol = 1e-3 if solver == "lbfgs" else 1e-6
        assert_close(ours.predict_proba(GOOD_X), theirs.predict_proba(GOOD_X), rtol)
    else:
        assert got is not None
        assert got[0] in (expected[0], "ValueError")
        assert not hasattr(ours, "coefs_")


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e150, 1e300])
def test_huge_and_tiny_values(scale, solver):
    """A finite model, or scikit-learn's error: never NaN without a word."""
    X, y = datasets.load("regression")
    X = X * scale
    parameters = dict(hidden_layer_sizes=(4,), solver=solver, max_iter=4, random_state=0)
    theirs = reference.MLPRegressor(**parameters)
    expected = outcome(lambda: theirs.fit(X, y))
    ours = MLPRegressor(**parameters)
    with unchanged(ours) if expected else quiet():
        got = outcome(lambda: ours.fit(X, y))
    assert got == expected
    if got is None:
        assert all(np.isfinite(w).all() for w in ours.coefs_ + ours.intercepts_)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_leaves_a_fitted_model_alone(dtype, method, solver):
    X, y = (a.astype(dtype) for a in datasets.load("regression"))
    with quiet():
        model = MLPRegressor(
            hidden_layer_sizes=(4,), solver=solver, max_iter=2, random_state=0, warm_start=True
        ).fit(X, y)
    predictions = model.predict(X)
    huge = X * dtype(1e30 if dtype == np.float32 else 1e200)
    model.set_params(batch_size=10)
    with unchanged(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            getattr(model, method)(huge, y)
    assert_array_equal(model.predict(X), predictions)


WRONG_WIDTH = {
    "narrow": GOOD_X[:, :1],
    "wide": np.hstack([GOOD_X, GOOD_X]),
    "narrow csr": sp.csr_matrix(GOOD_X[:, :1]),
    "one dimension": GOOD_X[0],
    "nan": _with(np.nan),
    "inf": _with(-np.inf),
    "no rows": GOOD_X[:0],
    "strings": np.full((2, 2), "a"),
    "none": None,
}
# where the message names the numbers that were expected, or how they were read
OTHER_WORDS = {"strings", "none"}


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "score"])
@pytest.mark.parametrize("bad", WRONG_WIDTH)
def test_bad_data_at_predict(bad, method):
    X = WRONG_WIDTH[bad]
    arguments = (X, GOOD_Y[: 0 if X is None else len(np.atleast_2d(np.asarray(X, object)))])
    if sp.issparse(X):
        arguments = (X, GOOD_Y)
    outcomes = []
    for module in (reference, skdeep):
        model = module.MLPClassifier((3,), max_iter=1, random_state=0)
        with quiet():
            model.fit(GOOD_X, GOOD_Y)
        call = getattr(model, method)
        with unchanged(model):
            outcomes.append(outcome(lambda: call(*arguments[: 1 + (method == "score")])))  # noqa: B023
    assert outcomes[0] is not None
    same = slice(1 if bad in OTHER_WORDS else 2)  # the type, and mostly the message
    assert outcomes[1][same] == outcomes[0][same]


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score", "loss_gradient"])
def test_before_a_fit(method):
    model = MLPClassifier()
    arguments = (GOOD_X,) if method.startswith("predict") else (GOOD_X, GOOD_Y)
    with unchanged(model), pytest.raises(NotFittedError):
        getattr(model, method)(*arguments)


def test_wrong_calls_of_loss_gradient():
    with quiet():
        model = MLPClassifier((3,), max_iter=1).fit(GOOD_X, GOOD_Y)
    bad = [(GOOD_X[:, :1], GOOD_Y), (GOOD_X, GOOD_Y[:-1]), (_with(np.nan), GOOD_Y)]
    bad += [(GOOD_X, GOOD_Y + 5), (GOOD_X, GOOD_Y, np.ones(3))]
    for arguments in bad:
        with unchanged(model), pytest.raises(ValueError):
            model.loss_gradient(*arguments)


def test_changed_width_between_calls():
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=3, max_iter=1).fit(GOOD_X, GOOD_Y)
    wide = np.hstack([GOOD_X, GOOD_X])
    with unchanged(model), pytest.raises(ValueError, match="expecting 2 features"):
        model.partial_fit(wide, GOOD_Y)
    model.set_params(warm_start=True)
    with unchanged(model), pytest.raises(ValueError, match="expecting 2 features"):
        model.fit(wide, GOOD_Y)
    with quiet():
        model.set_params(warm_start=False).fit(wide, GOOD_Y)
    assert model.n_features_in_ == 4


def test_changed_targets_between_calls():
    with quiet():
        model = MLPClassifier(3, max_iter=1).fit(GOOD_X, GOOD_Y)
    with unchanged(model), pytest.raises(ValueError, match="`y` has classes not in"):
        model.partial_fit(GOOD_X, GOOD_Y + 1)
    with unchanged(model), pytest.raises(ValueError, match="is not the same as on last call"):
        model.partial_fit(GOOD_X, GOOD_Y, classes=[0, 1, 2])
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=3, max_iter=1).fit(GOOD_X, GOOD_Y)
    with unchanged(model), pytest.raises(ValueError):
        model.partial_fit(GOOD_X, np.stack([GOOD_Y, GOOD_Y, GOOD_Y], axis=1))


def test_partial_fit_of_lbfgs_is_missing():
    for name in ("MLPClassifier", "MLPRegressor"):
        expected = outcome(lambda: getattr(reference, name)(solver="lbfgs").partial_fit)  # noqa: B023
        got = outcome(lambda: getattr(skdeep, name)(solver="lbfgs").partial_fit)  # noqa: B023
        assert got == expected or (got is not None and got[0] == "AttributeError")


def _compare(classifier, X, y, **parameters):
    """Fit both, and compare the outcome, the loss and the predictions."""
    name = "MLPClassifier" if classifier else "MLPRegressor"
    models, outcomes = [], []
    for module in (reference, skdeep):
        model = getattr(module, name)(random_state=0, **parameters)
        outcomes.append(outcome(lambda: model.fit(X, y)))  # noqa: B023
        models.append(model)
    assert outcomes[1] == outcomes[0]
    if outcomes[0] is not None:
        assert not [name for name in vars(models[1]) if name.endswith("_")]
        return
    theirs, ours = models
    rtol = 1e-3 if X.dtype == np.float32 or parameters.get("solver") == "lbfgs" else 1e-6
    assert_close(ours.loss_, theirs.loss_, rtol, "loss_")
    got, expected = ours.predict(X), theirs.predict(X)
    assert got.shape == expected.shape
    if classifier:
        assert_close(ours.predict_proba(X), theirs.predict_proba(X), rtol, "predict_proba")
    else:
        assert_close(got, expected, rtol, "predict")


ONE_OF = np.random.RandomState(3).standard_normal((40, 3))
SMALL = {
    "one row": (True, ONE_OF[:1], np.array([1])),
    "one row, regression": (False, ONE_OF[:1], np.array([1.5])),
    "one feature": (True, ONE_OF[:, :1], np.arange(40) % 2),
    "one class": (True, ONE_OF, np.full(40, 7)),
    "one class of strings": (True, ONE_OF, np.full(40, "only")),
    "more classes than rows in a batch": (True, ONE_OF, np.arange(40) % 20),
    "a class per row": (True, ONE_OF[:9], np.arange(9)),
    "two rows": (True, ONE_OF[:2], np.array([0, 1])),
    "constant X": (True, np.ones((10, 2)), np.arange(10) % 2),
    "zero X": (False, np.zeros((10, 2)), np.arange(10.0)),
    "empty csr": (False, sp.csr_matrix((10, 4)), np.arange(10.0)),
    "constant y": (False, ONE_OF, np.full(40, 3.0)),
    "multilabel without labels": (True, ONE_OF, np.zeros((40, 3), dtype=int)),
    "multilabel, one column": (True, ONE_OF, (np.arange(40) % 2)[:, None]),
    "multilabel, all labels": (True, ONE_OF, np.ones((40, 3), dtype=int)),
    "boolean labels": (True, ONE_OF, np.arange(40) % 2 == 0),
    "negative labels": (True, ONE_OF, np.arange(40) % 3 - 1),
    "float labels": (True, ONE_OF, (np.arange(40) % 3) / 1.0),
}


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("small", SMALL)
def test_small_and_odd_shapes(small, solver):
    classifier, X, y = SMALL[small]
    _compare(classifier, X, y, hidden_layer_sizes=(4,), solver=solver, max_iter=4)


@pytest.mark.parametrize("small", sorted(SMALL))
def test_small_and_odd_shapes_with_early_stopping(small):
    if small == "one class of strings":
        skip_with_old_scikit_learn("early stopping fails on string labels")
    classifier, X, y = SMALL[small]
    _compare(classifier, X, y, hidden_layer_sizes=4, early_stopping=True, max_iter=4)


@pytest.mark.parametrize("container", ["csr", "csc"])
def test_sparse_label_indicators(container):
    X, y = datasets.load("multilabel")
    _compare(True, X, CONTAINERS[container](y), hidden_layer_sizes=(4,), max_iter=3)


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.999])
def test_odd_validation_fractions(fraction):
    X, y = datasets.load("regression")
    _compare(False, X, y, early_stopping=True, validation_fraction=fraction, max_iter=3)


@given(
    n_samples=st.integers(1, 50),
    n_features=st.integers(1, 40),
    hidden=st.lists(st.integers(1, 40), max_size=3),
    n_outputs=st.integers(1, 5),
    activation=st.sampled_from(["relu", "tanh", "logistic", "identity"]),
    solver=st.sampled_from(["adam", "sgd", "lbfgs"]),
    batch_size=st.one_of(st.just("auto"), st.integers(1, 60)),
    container=st.sampled_from(["dense", "csr", "csc"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    shuffle=st.booleans(),
    classifier=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_shape(
    n_samples, n_features, n_outputs, hidden, container, dtype, classifier, seed, **parameters
):
    """Whatever the shape: scikit-learn's numbers."""
    rng = np.random.RandomState(seed)
    X = CONTAINERS[container](rng.standard_normal((n_samples, n_features)).astype(dtype))
    if classifier:
        y = rng.randint(0, n_outputs, n_samples)
    else:
        y = rng.standard_normal((n_samples, n_outputs)).astype(dtype)
        y = y[:, 0] if n_outputs == 1 else y
    _compare(classifier, X, y, hidden_layer_sizes=hidden, max_iter=2, **parameters)


@given(
    shape=st.lists(st.integers(0, 4), min_size=0, max_size=3),
    value=st.sampled_from([0.0, 1.0, -1.0, np.nan, np.inf, 1e308, -1e308, 5e-324]),
    labels=st.lists(st.sampled_from([0, 1, 2.5, "a", None, np.nan]), max_size=5),
    classifier=st.booleans(),
    warm_start=st.booleans(),
)
def test_any_nonsense(shape, value, labels, classifier, warm_start):
    """Whatever comes in: a model or scikit-learn's error, and then no change."""
    name = "MLPClassifier" if classifier else "MLPRegressor"
    X = np.full(shape, value)
    parameters = dict(hidden_layer_sizes=2, max_iter=2, random_state=0, warm_start=warm_start)
    theirs, ours = (getattr(m, name)(**parameters) for m in (reference, skdeep))
    expected = outcome(lambda: theirs.fit(X, labels))
    with unchanged(ours) if expected else quiet():
        got = outcome(lambda: ours.fit(X, labels))
    assert got == expected
    if got is None:
        assert all(np.isfinite(w).all() for w in ours.coefs_ + ours.intercepts_)

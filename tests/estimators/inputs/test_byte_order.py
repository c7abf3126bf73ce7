"""Arrays in the other byte order, or laid out in another way: the same numbers, to the bit."""

import copy

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from skdeep import HiddenLayerTransformer, MLPClassifier, MLPRegressor, Perceptron, check_gradient
from skdeep.estimators.inputs.byte_order import in_native_order
from tests.helpers import quiet, same

RNG = np.random.RandomState(0)
X = RNG.standard_normal((40, 5)) * (RNG.uniform(size=(40, 5)) < 0.6)
Y = X @ [1.0, -2.0, 0.5, 0.0, 1.0]
CODES = np.arange(40) % 3
WEIGHTS = RNG.uniform(0.5, 2.0, 40)
ESTIMATORS = {
    "MLPClassifier": MLPClassifier,
    "MLPRegressor": MLPRegressor,
    "Perceptron": Perceptron,
}


def swapped(array):
    """Return an array in the other byte order."""
    return array.astype(array.dtype.newbyteorder("S"))


def swapped_parts(matrix, *names):
    """Return a sparse matrix of which some arrays are in the other byte order."""
    matrix = copy.copy(matrix)
    for name in names:
        part = getattr(matrix, name)
        several = isinstance(part, tuple)
        setattr(matrix, name, tuple(map(swapped, part)) if several else swapped(part))
    return matrix


def mapped(array, folder):
    np.save(folder / "array.npy", array)
    return np.load(folder / "array.npy", mmap_mode="r")


#: name -> function of an array and a folder that returns the same numbers in another form
FORMS = {
    "array": lambda array, folder: swapped(array),
    "Fortran order": lambda array, folder: np.asfortranarray(swapped(array)),
    "negative strides": lambda array, folder: swapped(array[::-1])[::-1],
    "memory map": lambda array, folder: mapped(swapped(array), folder),
    "frame": lambda array, folder: pd.DataFrame(swapped(array)),
    "frame, one column": lambda array, folder: pd.DataFrame(array).astype(
        {0: swapped(array).dtype}
    ),
}
for _format, *_parts in (
    ("csr", "data"),
    ("csr", "indices", "indptr"),
    ("csc", "data", "indices", "indptr"),
    ("csc", "indptr"),
    ("bsr", "data", "indices"),
    ("coo", "data"),
):
    FORMS[f"{_format}, {' and '.join(_parts)}"] = lambda array, folder, f=_format, p=_parts: (
        swapped_parts(getattr(sp, f"{f}_array")(array), *p)
    )


def plain(form, array):
    """Return the same numbers, in the same container, in native order."""
    container = form.partition(",")[0]
    return getattr(sp, f"{container}_array")(array) if hasattr(sp, f"{container}_array") else array


def make(name, **parameters):
    if name != "Perceptron":
        parameters = {"hidden_layer_sizes": (4,), "batch_size": 16, **parameters}
    return ESTIMATORS[name](max_iter=3, random_state=0, **parameters)


def target(name):
    return Y if name == "MLPRegressor" else CODES


def learned(model):
    names = "coefs_", "intercepts_", "loss_curve_", "coef_", "intercept_", "validation_scores_"
    return {name: getattr(model, name, None) for name in names}


@pytest.mark.parametrize(
    "form, dtype", [*((form, np.float32) for form in FORMS), ("array", np.float64)]
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_features(name, form, dtype, tmp_path):
    array = X.astype(dtype)
    other, native = FORMS[form](array, tmp_path), plain(form, array)
    y = target(name)
    with quiet():
        expected, got = (make(name).fit(features, y) for features in (native, other))
    assert same(learned(got), learned(expected))
    assert_array_equal(got.predict(other), expected.predict(native))
    for method in ("predict_proba", "decision_function"):
        if hasattr(expected, method):
            assert_array_equal(getattr(got, method)(other), getattr(expected, method)(native))
    assert got.score(other, y) == expected.score(native, y)
    with quiet():
        assert same(learned(got.partial_fit(other, y)), learned(expected.partial_fit(native, y)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_weights_and_targets(name, dtype):
    weights, y = (10 * WEIGHTS).astype(dtype), target(name)
    y = (10 * y).astype(dtype) if name == "MLPRegressor" else y.astype(dtype)
    models = []
    for change in (lambda part: part, swapped, lambda part: pd.Series(swapped(part))):
        with quiet():
            model = make(name, early_stopping=True).fit(X, change(y), sample_weight=change(weights))
        models.append(model)
        score = model.score(X, change(y), sample_weight=change(weights))
        assert score == models[0].score(X, y, sample_weight=weights)
    assert same(learned(models[1]), learned(models[0]))
    assert same(learned(models[2]), learned(models[0]))


@pytest.mark.parametrize("name", ["MLPClassifier", "Perceptron"])
@pytest.mark.parametrize("labels", [CODES.astype("i8"), np.array(["a", "b", "c"])[CODES]])
def test_labels(name, labels):
    with quiet():
        got, expected = (make(name).fit(X, y) for y in (swapped(labels), labels))
        assert same(learned(got), learned(expected))
        classes = swapped(np.unique(labels))
        first = make(name).partial_fit(X, swapped(labels), classes=classes)
        assert same(learned(first), learned(make(name).partial_fit(X, labels, classes=classes)))
    assert_array_equal(got.predict(X), expected.predict(X))


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_validation_sets(name):
    features, y, weights = X.astype("f4"), target(name), WEIGHTS.astype("f4")
    models = []
    for change in (lambda part: part, swapped):
        given = dict(X_val=change(features), y_val=change(y), sample_weight_val=change(weights))
        with quiet():
            models.append(make(name, early_stopping=True).fit(features, y, **given))
    assert same(learned(models[1]), learned(models[0]))


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_gradients_and_hidden_layers(name):
    features, y, weights = X.astype("f4"), target(name), WEIGHTS.astype("f4")
    with quiet():
        model = make(name).fit(features, y)
        layer = HiddenLayerTransformer(make(name)).fit(swapped(features), y)
    plain_arguments, other = (features, y, weights), tuple(map(swapped, (features, y, weights)))
    assert same(model.loss_gradient(*other), model.loss_gradient(*plain_arguments))
    assert check_gradient(model, *other) == check_gradient(model, *plain_arguments)
    hidden = model.hidden_activations(features)
    assert same(model.hidden_activations(swapped(features)), hidden)
    assert same(layer.transform(swapped(features)), hidden[0])
    predictor = model.make_predictor()
    with pytest.raises(ValueError, match="X must be a C-ordered array of float32"):
        predictor.predict(swapped(features))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_given_weights(dtype):
    coefs = [RNG.standard_normal((5, 4)).astype(dtype), RNG.standard_normal((4, 1)).astype(dtype)]
    intercepts = [np.ones(4, dtype=dtype), np.ones(1, dtype=dtype)]
    expected = MLPRegressor.from_weights(coefs, intercepts)
    got = MLPRegressor.from_weights([*map(swapped, coefs)], [*map(swapped, intercepts)])
    assert got.coefs_[0].dtype == dtype
    assert same(learned(got), learned(expected))
    features = X.astype(dtype)
    assert_array_equal(got.predict(features), expected.predict(features))
    expected.coefs_ = [*map(swapped, coefs)]
    expected.intercepts_ = [*map(swapped, intercepts)]
    assert_array_equal(expected.predict(features), got.predict(features))
    with quiet():
        fits = [make("MLPRegressor", init_from=m).fit(features, Y) for m in (got, expected)]
        assert same(learned(fits[0]), learned(fits[1]))
        assert same(
            learned(got.partial_fit(features, Y)), learned(expected.partial_fit(features, Y))
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_first_weights_of_the_perceptron(dtype):
    coef, intercept = RNG.standard_normal((3, 5)).astype(dtype), np.ones(3, dtype=dtype)
    with quiet():
        got, expected = (
            Perceptron(max_iter=2).fit(X, CODES, coef_init=a, intercept_init=b)
            for a, b in ((swapped(coef), swapped(intercept)), (coef, intercept))
        )
        also = Perceptron(max_iter=2, init=swapped(coef)).fit(X, CODES, intercept_init=intercept)
    assert same(learned(got), learned(expected)) and same(learned(also), learned(expected))
    got.coef_, got.intercept_ = swapped(got.coef_), swapped(got.intercept_)
    assert_array_equal(got.decision_function(X), expected.decision_function(X))
    assert same(learned(got.partial_fit(X, CODES)), learned(expected.partial_fit(X, CODES)))


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_augmented_rows(name):
    def same_rows(rows, y, rng):
        return rows, y

    def swapped_rows(rows, y, rng):
        return swapped(rows), swapped(y)

    y = target(name)
    with quiet():
        got, expected = (
            make(name, augment=augment).fit(X.astype("f4"), y)
            for augment in (swapped_rows, same_rows)
        )
    assert same(learned(got), learned(expected))


LAYOUTS = {
    "Fortran order": np.asfortranarray,
    "negative strides": lambda array: array[::-1].copy()[::-1],
    "every other element": lambda array: np.repeat(array, 2, axis=0)[::2],
    "zero strides": lambda array: np.broadcast_to(array[:1], array.shape),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_layouts(name, layout, dtype):
    """X, y and the weights in a layout of memory, read-only."""
    parts = X.astype(dtype), target(name), WEIGHTS.astype(dtype)
    y = target(name) if layout == "zero strides" and name != "MLPRegressor" else None
    others = [LAYOUTS[layout](part) for part in parts]
    others[1] = others[1] if y is None else y
    for part in others:
        part.setflags(write=False)
    models = []
    for features, targets, weights in (others, [np.array(part, order="C") for part in others]):
        with quiet():
            model = make(name).fit(features, targets, sample_weight=weights)
        models.append((learned(model), model.predict(features)))
    assert same(*models)


def test_errors_of_bad_numbers():
    bad = X.astype("f4")
    bad[3, 1] = np.nan
    for name in ESTIMATORS:
        for features in (swapped(bad), pd.DataFrame(swapped(bad))):
            with pytest.raises(ValueError, match="Input X contains NaN"):
                make(name).fit(features, target(name))
        with quiet():
            model = make(name).fit(X, target(name))
        with pytest.raises(ValueError, match="Input X contains NaN"):
            model.predict(swapped(bad))


@pytest.mark.parametrize(
    "native",
    [
        X,
        X.astype("f4"),
        X.astype(object),
        X.tolist(),
        sp.csr_matrix(X),
        sp.coo_array(X),
        sp.coo_array(X[:, 0]),
        sp.dok_array(X),
        sp.lil_array(X),
        pd.DataFrame(X),
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        pd.Series(["x", "y"]),
        pd.Series(X[:, 0]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        None,
        3.0,
        "no_validation",
    ],
)
def test_native_input_is_returned_as_it_is(native):
    assert in_native_order(native) is native


def test_frames_keep_their_names():
    frame = pd.DataFrame(
        swapped(X.astype("f4"))[:, :3], columns=["a", "a", "b"], index=range(1, 41)
    )
    got = in_native_order(frame)
    assert list(got.columns) == ["a", "a", "b"] and list(got.index) == list(range(1, 41))
    assert all(dtype == np.float32 and dtype.isnative for dtype in got.dtypes)
    assert not any(dtype.isnative for dtype in frame.dtypes)
    series = in_native_order(pd.Series(swapped(Y), name="target"))
    assert series.dtype == np.float64 and series.name == "target"

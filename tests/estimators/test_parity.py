"""The same numbers as scikit-learn, over a table of configurations."""

import inspect
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
import sklearn.neural_network as reference
from numpy.testing import assert_array_equal

import skdeep
from tests import datasets
from tests.helpers import CONTAINERS, assert_close, quiet, skip_with_old_scikit_learn


@dataclass
class Case:
    """One configuration: data, parameters, and the calls to make."""

    name: str
    data: str
    parameters: dict = field(default_factory=dict)
    calls: str = "fit"  # words out of: fit, partial_fit, and name=value for set_params
    container: str = "dense"
    dtype: type = np.float64
    weighted: bool = False
    rtol: float = 1e-6


def sgd(**parameters):
    """Parameters of an SGD run that moves a good way in a few epochs."""
    return {"solver": "sgd", "learning_rate_init": 0.05, "max_iter": 12, **parameters}


def adam(**parameters):
    """Parameters of an Adam run that moves a good way in a few epochs."""
    return {"solver": "adam", "learning_rate_init": 0.01, "max_iter": 12, **parameters}


def lbfgs(**parameters):
    """Parameters of a short L-BFGS run."""
    return {"solver": "lbfgs", "max_iter": 15, **parameters}


def loose(name, data, parameters, **more):
    """Build a case compared at the looser tolerance of L-BFGS and float32."""
    return Case(name, data, parameters, rtol=1e-3, **more)


F32 = np.float32
CASES = [
    # solvers x activations
    Case("adam relu", "multiclass", adam(batch_size=20)),
    Case("adam tanh", "multiclass", adam(batch_size=20, activation="tanh")),
    Case("adam logistic", "multiclass", adam(batch_size=20, activation="logistic")),
    Case("adam identity", "multiclass", adam(batch_size=20, activation="identity")),
    Case("sgd relu", "binary", sgd(batch_size=16)),
    Case("sgd tanh", "binary", sgd(batch_size=16, activation="tanh")),
    Case("sgd logistic", "binary", sgd(batch_size=16, activation="logistic")),
    Case("sgd identity", "binary", sgd(batch_size=16, activation="identity")),
    loose("lbfgs relu", "regression", lbfgs()),
    loose("lbfgs tanh", "multiclass", lbfgs(activation="tanh")),
    loose("lbfgs logistic", "binary", lbfgs(activation="logistic")),
    loose("lbfgs identity", "multioutput", lbfgs(activation="identity")),
    # SGD: momentum and schedules
    Case("no momentum", "regression", sgd(momentum=0.0)),
    Case("momentum 1", "regression", sgd(momentum=1.0, learning_rate_init=0.001)),
    Case("plain momentum", "regression", sgd(nesterovs_momentum=False, batch_size=10)),
    Case("small momentum", "multiclass", sgd(momentum=0.3, batch_size=32)),
    Case("invscaling", "multiclass", sgd(learning_rate="invscaling", batch_size=25)),
    Case("invscaling power", "regression", sgd(learning_rate="invscaling", power_t=0.1)),
    Case("invscaling power 0", "regression", sgd(learning_rate="invscaling", power_t=0.0)),
    Case(
        "adaptive",
        "regression",
        sgd(learning_rate="adaptive", tol=0.02, n_iter_no_change=2, max_iter=60),
    ),
    Case(
        "adaptive to the end",
        "binary",
        sgd(learning_rate="adaptive", tol=0.5, n_iter_no_change=1, max_iter=60),
    ),
    Case(
        "adaptive early stopping",
        "binary",
        sgd(learning_rate="adaptive", early_stopping=True, n_iter_no_change=2, max_iter=40),
    ),
    # Adam's own parameters
    Case("adam betas", "regression", adam(beta_1=0.5, beta_2=0.9, epsilon=1e-3)),
    Case("adam no memory", "regression", adam(beta_1=0.0, beta_2=0.0, epsilon=1e-2)),
    # targets
    Case("string labels", "strings", adam()),
    Case("multilabel adam", "multilabel", adam(batch_size=30)),
    Case("multilabel sgd", "multilabel", sgd()),
    loose("multilabel lbfgs", "multilabel", lbfgs(alpha=0.1)),
    Case("multi-output adam", "multioutput", adam(batch_size=30)),
    Case("multi-output sgd", "multioutput", sgd(activation="tanh")),
    Case("poisson adam", "counts", adam(loss="poisson", batch_size=30)),
    Case("poisson sgd", "counts", sgd(loss="poisson", learning_rate_init=0.005)),
    loose("poisson lbfgs", "counts", lbfgs(loss="poisson", alpha=0.1)),
    Case("squared counts", "counts", adam()),
    # batches
    Case("batch of 1", "binary", adam(batch_size=1, max_iter=3)),
    Case("batch of 1, sgd", "regression", sgd(batch_size=1, learning_rate_init=0.005, max_iter=3)),
    Case("batch of 7", "multiclass", adam(batch_size=7)),
    Case("batch of n", "multiclass", sgd(batch_size=97)),
    Case("batch of n - 1", "multiclass", sgd(batch_size=96)),
    Case("batch above n", "multiclass", adam(batch_size=500)),
    Case("batch auto", "digits", adam(max_iter=4)),
    Case("in order", "multiclass", adam(shuffle=False, batch_size=20)),
    Case("in order, sgd", "regression", sgd(shuffle=False, batch_size=13)),
    # depths and widths
    Case("no hidden layer", "multiclass", adam(hidden_layer_sizes=())),
    Case("no hidden layer, regression", "multioutput", sgd(hidden_layer_sizes=())),
    loose("no hidden layer, lbfgs", "binary", lbfgs(hidden_layer_sizes=())),
    Case("width 1", "binary", adam(hidden_layer_sizes=1)),
    Case("two layers", "multiclass", adam(hidden_layer_sizes=(17, 5))),
    Case("three layers", "regression", sgd(hidden_layer_sizes=(3, 31, 1), activation="tanh")),
    Case("four layers", "multiclass", adam(hidden_layer_sizes=[13, 7, 33, 2], batch_size=40)),
    Case("widths across a tile", "binary", adam(hidden_layer_sizes=(70, 65), max_iter=5)),
    Case("width 1024", "binary", adam(hidden_layer_sizes=(1024,), max_iter=3)),
    Case("two wide layers", "regression", sgd(hidden_layer_sizes=(257, 300), max_iter=3)),
    Case("panels, few rows", "multiclass", adam(hidden_layer_sizes=(260, 270), batch_size=5)),
    loose("panels, lbfgs", "multiclass", lbfgs(hidden_layer_sizes=(250, 270), max_iter=5)),
    Case("panels, csr", "sparse", adam(hidden_layer_sizes=(270, 260), max_iter=3), container="csr"),
    loose(
        "panels, float32",
        "multiclass",
        sgd(hidden_layer_sizes=(400, 357), max_iter=3, activation="tanh"),
        dtype=F32,
    ),
    Case("padded rows", "digits", adam(hidden_layer_sizes=(128, 40), max_iter=3)),
    Case("padded rows, small batch", "digits", sgd(hidden_layer_sizes=(128, 256), batch_size=30)),
    Case("tall", "tall", adam(batch_size=1500, max_iter=4)),
    Case("tall csr", "tall", adam(batch_size=2300, max_iter=4), container="csr"),
    loose("tall lbfgs", "tall", lbfgs(hidden_layer_sizes=(20, 20), max_iter=8)),
    Case("300 columns", "wide", adam(hidden_layer_sizes=(19,), batch_size=25)),
    Case("300 columns, sgd", "wide", sgd(hidden_layer_sizes=(9,), batch_size=1, max_iter=2)),
    # penalty and stopping
    Case("alpha 0", "multiclass", adam(alpha=0.0)),
    Case("alpha 1", "multiclass", adam(alpha=1.0)),
    Case("alpha 1, sgd", "regression", sgd(alpha=1.0, batch_size=20)),
    Case("stops on tol", "multiclass", adam(tol=0.05, n_iter_no_change=3, max_iter=80)),
    Case("never stops", "binary", adam(tol=1e3, n_iter_no_change=np.inf, max_iter=30)),
    Case("stops at once", "binary", sgd(tol=1e3, n_iter_no_change=1, max_iter=30)),
    Case("tol 0", "binary", sgd(tol=0.0, max_iter=20)),
    loose("lbfgs max_fun", "regression", lbfgs(max_fun=7)),
    loose("lbfgs tol", "regression", lbfgs(tol=0.05, max_iter=200)),
    # early stopping
    Case("early stopping, binary", "binary", adam(early_stopping=True, n_iter_no_change=3)),
    Case("early stopping, multiclass", "strings", adam(early_stopping=True, batch_size=20)),
    Case("early stopping, multilabel", "multilabel", adam(early_stopping=True)),
    Case("early stopping, regression", "regression", sgd(early_stopping=True, max_iter=30)),
    Case("early stopping, poisson", "counts", adam(early_stopping=True, loss="poisson")),
    Case(
        "early stopping, fraction",
        "multioutput",
        adam(early_stopping=True, validation_fraction=0.37, shuffle=False),
    ),
    Case("early stopping, weighted", "binary", adam(early_stopping=True), weighted=True),
    Case("early stopping, csr", "sparse", adam(early_stopping=True), container="csr"),
    Case("early stopping, warm", "binary", adam(early_stopping=True, warm_start=True), "fit fit"),
    # sample weights
    Case("weighted adam", "multiclass", adam(batch_size=20), weighted=True),
    Case("weighted sgd", "multilabel", sgd(batch_size=20), weighted=True),
    Case("weighted regression", "multioutput", adam(batch_size=20), weighted=True),
    Case("weighted poisson", "counts", adam(loss="poisson"), weighted=True),
    loose("weighted lbfgs", "regression", lbfgs(), weighted=True),
    # sparse input
    Case("csr adam", "sparse", adam(batch_size=20), container="csr"),
    Case("csc adam", "sparse", adam(batch_size=20), container="csc"),
    Case("csr array sgd", "sparse", sgd(batch_size=20), container="csr_array"),
    Case("csc array, in order", "sparse", sgd(shuffle=False), container="csc_array"),
    Case("csr batch of 1", "sparse", adam(batch_size=1, max_iter=2), container="csr"),
    Case("csr weighted", "sparse", adam(hidden_layer_sizes=(9, 4)), "fit", "csr", weighted=True),
    Case("csr no hidden layer", "sparse", sgd(hidden_layer_sizes=()), container="csr"),
    loose("csr lbfgs", "sparse", lbfgs(), container="csr"),
    loose("csc lbfgs", "sparse", lbfgs(), container="csc"),
    # float32
    loose("float32 adam", "multiclass", adam(batch_size=20), dtype=F32),
    loose("float32 sgd", "regression", sgd(batch_size=20), dtype=F32),
    loose("float32 tanh", "multilabel", adam(activation="tanh"), dtype=F32),
    loose("float32 logistic", "binary", sgd(activation="logistic"), dtype=F32),
    loose("float32 poisson", "counts", adam(loss="poisson"), dtype=F32),
    loose("float32 csr", "sparse", adam(batch_size=20), dtype=F32, container="csr"),
    loose("float32 early stopping", "binary", adam(early_stopping=True), dtype=F32),
    loose("float32 wide", "wide", adam(hidden_layer_sizes=(33, 17), max_iter=4), dtype=F32),
    # several calls
    Case("warm start", "multiclass", adam(warm_start=True, batch_size=20), "fit fit"),
    Case("warm start sgd", "regression", sgd(warm_start=True), "fit fit fit"),
    loose("warm start lbfgs", "regression", lbfgs(warm_start=True, max_iter=5), calls="fit fit"),
    Case("warm start longer", "binary", sgd(warm_start=True), "fit max_iter=20 fit"),
    Case("fit again", "multiclass", adam(batch_size=20), "fit fit"),
    Case("partial fits", "multiclass", adam(batch_size=20), " ".join(["partial_fit"] * 5)),
    Case("partial fits sgd", "regression", sgd(), " ".join(["partial_fit"] * 6)),
    Case(
        "partial fits invscaling",
        "binary",
        sgd(learning_rate="invscaling"),
        " ".join(["partial_fit"] * 4),
    ),
    Case("partial fits multilabel", "multilabel", adam(), "partial_fit partial_fit"),
    Case("partial fits poisson", "counts", adam(loss="poisson"), "partial_fit partial_fit"),
    Case("partial fits csr", "sparse", adam(), "partial_fit partial_fit", "csr"),
    Case("partial fits weighted", "binary", adam(), "partial_fit partial_fit", weighted=True),
    Case("fit, then partial fits", "binary", adam(), "fit partial_fit partial_fit"),
    Case("fit, then partial fits, sgd", "regression", sgd(), "fit partial_fit partial_fit"),
    Case("partial fit, then fit", "multiclass", sgd(), "partial_fit partial_fit fit"),
    Case(
        "rate changed between partial fits",
        "binary",
        sgd(),
        "partial_fit learning_rate_init=0.5 partial_fit",
    ),
    Case("alpha changed", "binary", adam(), "partial_fit alpha=3.0 partial_fit"),
    Case("warm start, partial fits", "binary", adam(warm_start=True), "fit partial_fit fit"),
]

PUBLIC = [
    "loss_",
    "best_loss_",
    "best_validation_score_",
    "n_iter_",
    "t_",
    "n_layers_",
    "n_outputs_",
    "n_features_in_",
    "out_activation_",
]


def estimator_class(module, data):
    """Return the class of ``module`` that fits the target of the data set."""
    return module.MLPRegressor if datasets.is_regression(data) else module.MLPClassifier


def load(case):
    """Return X, y and the keyword arguments of fit for a case."""
    X, y = datasets.load(case.data)
    if datasets.is_regression(case.data):
        y = y.astype(case.dtype)
    keywords = {}
    if case.weighted:
        keywords["sample_weight"] = np.random.RandomState(18).uniform(0.1, 3.0, len(X))
    return CONTAINERS[case.container](X.astype(case.dtype)), y, keywords


def play(case, module):
    """Make the calls of a case; return the estimator and the warnings."""
    X, y, keywords = load(case)
    parameters = {"hidden_layer_sizes": (11,), "random_state": 5, **case.parameters}
    estimator = estimator_class(module, case.data)(**parameters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in case.calls.split():
            if "=" in call:
                name, value = call.split("=")
                estimator.set_params(**{name: float(value) if "." in value else int(value)})
            elif call == "partial_fit" and not datasets.is_regression(case.data):
                classes = np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])
                estimator.partial_fit(X, y, classes=classes, **keywords)
            else:
                getattr(estimator, call)(X, y, **keywords)
    told = [(w.category, str(w.message)) for w in caught if issubclass(w.category, UserWarning)]
    return estimator, told


def assert_same_model(ours, theirs, rtol):
    """Compare everything public that a fit leaves behind."""
    for name in PUBLIC:
        assert hasattr(ours, name) == hasattr(theirs, name), name
        if not hasattr(theirs, name):
            continue
        got, expected = getattr(ours, name), getattr(theirs, name)
        if isinstance(expected, (float, np.floating)):
            assert_close(got, expected, rtol, name)
        else:
            assert got == expected, name
    for name in ("loss_curve_", "validation_scores_"):
        assert hasattr(ours, name) == hasattr(theirs, name), name
        got, expected = getattr(ours, name, None), getattr(theirs, name, None)
        assert type(got) is type(expected), name
        if expected is not None:
            assert_close(got, expected, rtol, name)
    for name in ("coefs_", "intercepts_"):
        got, expected = getattr(ours, name), getattr(theirs, name)
        assert [w.shape for w in got] == [w.shape for w in expected]
        for i, (w, v) in enumerate(zip(got, expected, strict=True)):
            assert_close(w, v, rtol, f"{name}[{i}]")
    if hasattr(theirs, "classes_"):
        assert_array_equal(ours.classes_, theirs.classes_)
        assert ours.classes_.dtype == theirs.classes_.dtype


def assert_same_predictions(ours, theirs, X, y, rtol, **keywords):
    """Compare predictions, probabilities and the score."""
    got, expected = ours.predict(X), theirs.predict(X)
    assert got.shape == expected.shape and type(got) is type(expected)
    if not hasattr(theirs, "predict_proba"):
        assert_close(got, expected, rtol, "predict")
    else:
        assert got.dtype == expected.dtype
        assert_array_equal(got, expected)
        assert_close(ours.predict_proba(X), theirs.predict_proba(X), rtol, "predict_proba")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the log of 0 where both have 0
            logs = ours.predict_log_proba(X), theirs.predict_log_proba(X)
        assert_close(*logs, rtol, "predict_log_proba")
    assert_close(ours.score(X, y, **keywords), theirs.score(X, y, **keywords), rtol, "score")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_as_scikit_learn(case):
    if case.name == "early stopping, multiclass":
        skip_with_old_scikit_learn("early stopping fails on string labels")
    theirs, expected_warnings = play(case, reference)
    ours, told = play(case, skdeep)
    assert told == expected_warnings
    assert_same_model(ours, theirs, case.rtol)
    assert_same_predictions(ours, theirs, *load(case)[:2], case.rtol, **load(case)[2])
    if theirs.coefs_[0].dtype == case.dtype:  # scikit-learn's L-BFGS turns float32 into float64
        assert {w.dtype for w in ours.coefs_ + ours.intercepts_} == {np.dtype(case.dtype)}


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_same_constructor(name):
    """scikit-learn's parameters in their order, then skdeep's own, by keyword only."""
    theirs = inspect.signature(getattr(reference, name)).parameters
    ours = inspect.signature(getattr(skdeep, name)).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    for parameter in theirs:
        assert ours[parameter].default == theirs[parameter].default, parameter
        assert ours[parameter].kind == theirs[parameter].kind, parameter
    for parameter in list(ours)[len(theirs) :]:
        assert ours[parameter].kind is inspect.Parameter.KEYWORD_ONLY, parameter
        assert ours[parameter].default is not inspect.Parameter.empty, parameter
        assert parameter in getattr(skdeep, name)._parameter_constraints, parameter


RANDOM_STATE_CASES = [
    ("adam", "multiclass", adam(batch_size=20)),
    ("in order", "multiclass", adam(shuffle=False)),
    ("stops early", "multiclass", adam(tol=0.05, n_iter_no_change=2, max_iter=90)),
    ("stops on validation", "binary", sgd(early_stopping=True, n_iter_no_change=2, max_iter=90)),
    ("lbfgs", "binary", lbfgs()),
]


@pytest.mark.parametrize(
    "data, parameters", [c[1:] for c in RANDOM_STATE_CASES], ids=[c[0] for c in RANDOM_STATE_CASES]
)
def test_random_state_ends_where_scikit_learn_leaves_it(data, parameters):
    X, y = datasets.load(data)
    ends = []
    for module in (reference, skdeep):
        rng = np.random.RandomState(123)
        model = estimator_class(module, data)(random_state=rng, **parameters)
        with quiet():
            model.fit(X, y)
            if parameters["solver"] != "lbfgs" and not parameters.get("early_stopping"):
                model.partial_fit(X, y)  # goes on drawing from the same generator
        ends.append((rng.get_state(), model))
    (expected, theirs), (got, ours) = ends
    assert got[0] == expected[0] and got[2:] == expected[2:]
    assert_array_equal(got[1], expected[1])
    assert_same_model(ours, theirs, 1e-3 if parameters["solver"] == "lbfgs" else 1e-6)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_global_seed(early_stopping):
    X, y = datasets.load("binary")
    ends = []
    for module in (reference, skdeep):
        np.random.seed(77)
        parameters = adam(early_stopping=early_stopping, n_iter_no_change=2, max_iter=50, tol=0.01)
        with quiet():
            model = module.MLPClassifier((5,), **parameters).fit(X, y)
        ends.append((np.random.get_state(), model))
    (expected, theirs), (got, ours) = ends
    assert got[2:] == expected[2:]
    assert_array_equal(got[1], expected[1])
    assert_same_model(ours, theirs, 1e-6)


def test_partial_fit_on_changing_chunks():
    """Chunks of different lengths, the first without every class, as in out-of-core learning."""
    X, y = datasets.load("strings")
    chunks = [slice(0, 2), slice(2, 40), slice(40, 41), slice(41, 97)]
    models = []
    for module in (reference, skdeep):
        model = module.MLPClassifier((8,), random_state=3, **adam(batch_size=10))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # batch_size is clipped
            for chunk in chunks:
                model.partial_fit(X[chunk], y[chunk], classes=np.unique(y))
        models.append(model)
    assert_same_model(models[1], models[0], 1e-6)
    assert models[1].t_ == 97


def lines(text):
    """Lines of output, with the numbers (which may differ in their last digit) taken out."""
    split = [line.split() for line in text.splitlines()]
    words = [[w for w in line if not _is_number(w)] for line in split]
    return words, [float(w) for line in split for w in line if _is_number(w)]


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "data, parameters",
    [
        ("binary", adam(max_iter=3)),
        ("binary", adam(max_iter=90, tol=0.05, n_iter_no_change=2)),
        ("regression", sgd(max_iter=30, early_stopping=True, n_iter_no_change=2)),
        ("regression", sgd(max_iter=60, learning_rate="adaptive", tol=0.1, n_iter_no_change=1)),
        ("multiclass", lbfgs(max_iter=3)),
    ],
    ids=["adam", "stops", "early stopping", "adaptive", "lbfgs"],
)
def test_verbose_prints_the_same_lines(data, parameters, capsys):
    X, y = datasets.load(data)
    printed = []
    for module in (reference, skdeep):
        model = estimator_class(module, data)(random_state=1, verbose=True, **parameters)
        with quiet():
            model.fit(X, y)
        printed.append(lines(capsys.readouterr().out))
    (expected, expected_numbers), (got, numbers) = printed
    assert got == expected
    np.testing.assert_allclose(numbers, expected_numbers, rtol=1e-6, atol=2e-8)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_private_attributes_that_user_code_reads(solver):
    """``_optimizer.learning_rate`` and ``_no_improvement_count`` are read in the wild."""
    X, y = datasets.load("binary")
    values = []
    for module in (reference, skdeep):
        parameters = sgd(learning_rate="invscaling", solver=solver, tol=0.01)
        with quiet():
            model = module.MLPClassifier((5,), random_state=0, **parameters).fit(X, y)
        values.append((model._optimizer.learning_rate, model._no_improvement_count))
    assert values[1][1] == values[0][1]
    assert values[1][0] == pytest.approx(values[0][0], rel=1e-12)


def test_long_run_stays_close():
    """Rounding differences do not grow out of hand over a whole fit."""
    X, y = datasets.load("digits")
    with quiet():
        theirs = reference.MLPClassifier((30,), random_state=0, max_iter=60).fit(X, y)
        ours = skdeep.MLPClassifier((30,), random_state=0, max_iter=60).fit(X, y)
    assert_close(ours.loss_curve_, theirs.loss_curve_, 1e-6, "loss_curve_")
    assert_array_equal(ours.predict(X), theirs.predict(X))

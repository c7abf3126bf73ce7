"""Bad parameters of regularisation: an error that names them, before any work."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor, penalties, solvers
from skdeep.training.full_batch import REGISTRY as FULL_BATCH
from tests import datasets
from tests.helpers import CONTAINERS, name_of, quiet, unchanged

X, Y = datasets.load("regression")  # 89 rows
LABELS = (Y > 0).astype(int)


def _raises(words, method="fit", features=X, **parameters):
    """Check new and fitted estimators of both kinds, and a generator of the user's."""
    for cls, y in ((MLPClassifier, LABELS), (MLPRegressor, Y)):
        for fitted in (False, True):
            model = cls(hidden_layer_sizes=(3, 2), max_iter=1, random_state=0)
            if fitted:
                model.set_params(batch_norm=method == "partial_fit")
                with quiet():
                    model.fit(X, y)
            model.set_params(random_state=np.random.RandomState(0), **parameters)
            extra = {"classes": [0, 1]} if method == "partial_fit" and cls is MLPClassifier else {}
            with unchanged(model):
                with pytest.raises(ValueError) as raised:
                    getattr(model, method)(features, y[: features.shape[0]], **extra)
                message = str(raised.value)
                assert all(word in message for word in words), message


NO_RATES = [1, 1.0, -0.1, 1.5, np.nan, np.inf, "half", None, True, False, {0.1}, 1j]
SEQUENCES = [[], [0.1], (0.1, 0.1, 0.1), np.array(0.1), np.full(3, 0.1)]


@pytest.mark.parametrize("value", [*NO_RATES, *SEQUENCES], ids=repr)
@pytest.mark.parametrize("name", ["dropout", "dropconnect", "input_dropout"])
def test_rates(name, value):
    _raises([f"The {name!r} parameter"], **{name: value})


NUMBERS = {
    "penalty": ["l3", "L1", "power", None, 0.99, 0, -1, np.nan, np.inf, True, ["l1"], penalties.L1],
    "input_noise": [-0.1, np.nan, np.inf, "0.1", None, True, [0.1]],
    "max_norm": [0, -1.0, np.nan, np.inf, "1", True, [1.0]],
    "clip_norm": [0, -1.0, np.nan, np.inf, "1", True, [1.0]],
    "frozen_layers": [-1, 3, 100, 1.0, np.nan, "1", None, True],
    "batch_norm": [None, "yes", 0.5, [True]],
    "record_gradient_norms": [None, "yes", 2.0],
    "augment": [1, "flip", (lambda X, y, rng: (X, y),)],
}
CASES = [(name, value) for name, values in NUMBERS.items() for value in values]


@pytest.mark.parametrize("name, value", CASES, ids=[f"{n}-{name_of(v)}" for n, v in CASES])
def test_numbers(name, value):
    _raises([name], **{name: value})


L1_RATIOS = [-0.1, 1.1, np.nan, "0.5", None, True]
EXPONENTS = [0.99, np.nan, np.inf, "2", None, True]


@pytest.mark.parametrize(
    "penalty", [*map(penalties.ElasticNet, L1_RATIOS), *map(penalties.Power, EXPONENTS)], ids=repr
)
def test_parameters_of_penalties(penalty):
    name = next(iter(penalty.get_params()))
    _raises([f"'{name}' parameter of {type(penalty).__name__}"], penalty=penalty)


PER_UPDATE = {
    "dropout": 0.1,
    "dropconnect": 0.1,
    "input_dropout": 0.1,
    "input_noise": 0.1,
    "augment": lambda X, y, rng: (X, y),
    "max_norm": 1.0,
    "clip_norm": 1.0,
    "record_gradient_norms": True,
}


@pytest.mark.parametrize("as_object", [False, True])
@pytest.mark.parametrize("solver", sorted(FULL_BATCH))
@pytest.mark.parametrize("name", PER_UPDATE)
def test_solvers_that_minimise_one_function(name, solver, as_object):
    words = [name, f"solver='{solver}'"]
    solver = solvers.CLASSES[solver]() if as_object else solver
    _raises(words, solver=solver, **{name: PER_UPDATE[name]})


def test_off_is_no_objection():
    off = {"dropout": 0, "dropconnect": 0.0, "input_dropout": 0.0, "input_noise": 0.0}
    off |= {"max_norm": None}
    with quiet():
        MLPRegressor(hidden_layer_sizes=(3, 2), solver="lbfgs", max_iter=2, **off).fit(X, Y)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet", 2, 1.5, penalties.L1()])
def test_decoupled_decay(penalty):
    _raises(["penalty", "adamw"], solver="adamw", penalty=penalty)
    with quiet():
        MLPRegressor(solver="adamw", penalty=penalty, alpha=0, max_iter=1).fit(X, Y)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_batches_of_one(method):
    words = ["batch_norm", "batch_size"]
    for rows, batch_size in ((89, 1), (89, 88), (89, 44), (89, 2), (1, "auto"), (1, 5)):
        if method == "fit" and rows == 1:
            continue
        with quiet():
            _raises(words, method, X[:rows], batch_norm=True, batch_size=batch_size)


def test_one_row():
    model = MLPRegressor(hidden_layer_sizes=3, batch_norm=True)
    for solver in ("adam", "lbfgs", "cg", "rprop"):
        model.set_params(solver=solver)
        with unchanged(model), pytest.raises(ValueError, match="batch_norm=True needs at least"):
            model.fit(X[:1], Y[:1])


def test_batches_of_what_validation_leaves():
    """A tenth of 89 rows are 9: 80 are trained on, and 81 of 90."""
    settings = {"batch_norm": True, "max_iter": 1}
    with quiet():
        MLPRegressor(batch_size=40, early_stopping=True, **settings).fit(X, Y)
        # The user's set leaves all rows.
        with pytest.raises(ValueError, match="last batch of batch_size=44 has one of the 89"):
            MLPRegressor(batch_size=44, early_stopping=True, **settings).fit(X, Y, X_val=X, y_val=Y)
        MLPRegressor(batch_size=79, early_stopping=True, **settings).fit(X, Y, X_val=X, y_val=Y)
    _raises(["batch_norm", "79 has one of the 80"], batch_size=79, early_stopping=True, **settings)
    # Solvers that take all rows at once have one batch.
    with quiet():
        for solver in ("rprop", "lbfgs", "bold_driver", "cg"):
            MLPRegressor(batch_size=44, solver=solver, **settings).fit(X, Y)


def test_frozen_statistics():
    _raises(["frozen_layers", "batch_norm"], frozen_layers=1, batch_norm=True)
    _raises(["frozen_layers=1", "0 hidden layers"], frozen_layers=1, hidden_layer_sizes=())


def test_noise_on_sparse_features():
    for name in ("csr", "csc"):
        _raises(
            ["input_noise", "sparse", "input_dropout"],
            features=CONTAINERS[name](X),
            input_noise=0.1,
        )


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_another_normalisation_than_that_of_the_network(method):
    for before in (True, False):
        model = MLPRegressor(hidden_layer_sizes=3, max_iter=1, warm_start=True, batch_norm=before)
        with quiet():
            model.fit(X, Y)
        model.set_params(batch_norm=not before)
        outputs = model.predict(X)
        with unchanged(model), pytest.raises(ValueError, match="batch_norm"):
            getattr(model, method)(X, Y)
        np.testing.assert_array_equal(model.predict(X), outputs)
        with quiet():  # another network is none to go on with
            assert bool(model.set_params(warm_start=False).fit(X, Y).batch_norm_) != before


def test_given_weights_have_no_statistics():
    with pytest.raises(ValueError, match="batch_norm"):
        MLPRegressor.from_weights([np.eye(2), np.ones((2, 1))], [[0, 0], [0]], batch_norm=True)


def test_shapes_of_the_statistics():
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=(3, 2), batch_norm=True, max_iter=1).fit(X, Y)
    right = model.batch_norm_
    wrong = [[], right[:1], right[::-1], [right[0]._replace(mean=np.zeros(4)), right[1]]]
    for norms in wrong:
        model.batch_norm_ = norms
        with pytest.raises(ValueError, match="batch_norm_ has shapes"):
            model.predict(X)
    model.batch_norm_ = [norm._replace(scale=0 * norm.scale, shift=norm.shift) for norm in right]
    assert np.ptp(model.predict(X)) == 0

"""Parameters of what is given as a string: messages name the object that has them."""

import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skdeep import (
    MLPClassifier,
    MLPRegressor,
    NetworkRegressor,
    Perceptron,
    TabularRegressor,
    initialisers,
    losses,
    penalties,
    schedules,
    solvers,
)
from skdeep.layers import Dense
from skdeep.schedules import WarmUp
from skdeep.solvers import SGD, RMSProp

KINDS = {
    "solver": solvers,
    "learning_rate": schedules,
    "weight_init": initialisers,
    "penalty": penalties,
    "loss": losses,
}
STRINGS = [
    (kind, string, parameter)
    for kind, module in KINDS.items()
    for string, cls in module.CLASSES.items()
    for parameter in list(cls().get_params(deep=False))[:1]
]


@pytest.mark.parametrize("kind, string, parameter", STRINGS)
def test_every_string_names_its_object(kind, string, parameter):
    estimator = MLPRegressor(**{kind: string})
    with pytest.raises(ValueError) as caught:
        estimator.set_params(alpha=1.0, **{f"{kind}__{parameter}": 0.5})
    cls = KINDS[kind].CLASSES[string]
    assert f"{kind}={string!r} is a string. To set parameters of it, pass the object: " in str(
        caught.value
    )
    assert f"{kind}={cls.__name__}({parameter}=0.5), from {KINDS[kind].__name__}." in str(
        caught.value
    )
    assert estimator.alpha == 0.0001  # nothing has been set
    found = clone(estimator).set_params(**{kind: cls(), f"{kind}__{parameter}": 0.5})
    assert getattr(getattr(found, kind), parameter) == 0.5


@pytest.mark.parametrize(
    "estimator, key, message",
    [
        (MLPRegressor(loss="huber"), "loss__delta", r"loss=Huber\(delta=2\), from skdeep.losses"),
        (MLPRegressor(loss="huber"), "loss__rho", r"Huber\(\), which has the parameters \['delta'"),
        (MLPRegressor(), "loss__delta", r"stands for SquaredError\(\), which has no parameters"),
        (MLPClassifier(activation="relu"), "activation__x", "activation='relu' has no parameters"),
        (MLPClassifier(alpha=0.1), "alpha__x", "alpha=0.1 has no parameters"),
        (MLPClassifier(), "ghost__x", "Invalid parameter 'ghost'"),
        (MLPClassifier(), "ghost", "Invalid parameter 'ghost'"),
        (Perceptron(penalty="l2"), "penalty__x", "penalty='l2'"),
        (TabularRegressor(), "n_members__x", "n_members"),
        (
            MLPRegressor(solver=SGD(momentum="cosine")),
            "solver__momentum__end",
            r"momentum=Cosine\(end=2\), from skdeep.schedules",
        ),
        (
            MLPRegressor(learning_rate=WarmUp("cosine")),
            "learning_rate__schedule__end",
            r"schedule=Cosine\(end=2\)",
        ),
        (NetworkRegressor([Dense(3)]), "solver__rho", "solver='adam'"),
    ],
)
def test_messages(estimator, key, message):
    with pytest.raises(ValueError, match=message):
        estimator.set_params(**{key: 2})


def test_within_a_pipeline():
    pipeline = make_pipeline(MLPRegressor(solver="rmsprop"))
    with pytest.raises(ValueError, match=r"pass the object: solver=RMSProp\(rho=0.9\)"):
        pipeline.set_params(mlpregressor__solver__rho=0.9)


def test_objects_and_layers_are_set_as_before():
    network = NetworkRegressor([Dense(3)], solver=RMSProp())
    network.set_params(layers__0__units=5, solver__rho=0.8)
    assert (network.layers[0].units, network.solver.rho) == (5, 0.8)
    both = MLPRegressor(solver="sgd").set_params(solver=RMSProp(), solver__rho=0.7)
    assert both.solver.rho == 0.7
    assert MLPRegressor(init_from=MLPRegressor()).get_params()["init_from"] is not None

"""Solvers, losses and other formulas as objects: parameters, copies, documents and messages."""

import copy
import inspect
import pickle
import re
import typing
from numbers import Integral

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils._param_validation import InvalidParameterError

from skdeep import initialisers, losses, objects, penalties, schedules, solvers
from skdeep.formulas.parameter import Parameter
from tests.helpers import name_of

pytestmark = pytest.mark.nojit

MODULES = {
    "solver": solvers,
    "schedule": schedules,
    "initialiser": initialisers,
    "loss": losses,
    "penalty": penalties,
}
CLASSES = [cls for module in MODULES.values() for cls in module.CLASSES.values()]
MADE = [cls for cls in CLASSES if cls is not schedules.WarmUp]

every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
every_made = pytest.mark.parametrize("cls", MADE, ids=lambda cls: cls.__name__)
every_module = pytest.mark.parametrize("kind", sorted(MODULES))


class Holder(BaseEstimator):
    """An estimator with a solver, as a grid search would see it."""

    def __init__(self, solver="adam", learning_rate="constant"):
        self.solver = solver
        self.learning_rate = learning_rate


def defaults_of(cls):
    signature = inspect.signature(cls)
    return {name: parameter.default for name, parameter in signature.parameters.items()}


def other_value(parameter):
    """Return an allowed value that is not the default."""
    if parameter.kind is bool:
        return not parameter.default
    start = 0 if parameter.default is None else parameter.default
    if parameter.kind is Integral:
        return start + 1
    low = max(parameter.low, start - 1)
    high = min(parameter.high, start + 1)
    return low + 0.375 * (high - low)


def wrong_values(parameter):
    """Return values that are not allowed."""
    wrong = ["text", [2.0] if parameter.several else [0.5]]
    if parameter.kind is bool:
        return [*wrong, 1, None]
    wrong += [np.nan]
    if not parameter.optional:
        wrong += [None]
    if parameter.kind is Integral:
        wrong += [1.5]
    open_low = parameter.closed in ("right", "neither")
    open_high = parameter.closed in ("left", "neither")
    wrong += [parameter.low if open_low else parameter.low - 1]
    wrong += [parameter.high if open_high else parameter.high + 1]
    return wrong


# Names


def test_public_names():
    assert set(solvers.__all__) >= {
        "SGD", "Adam", "AdamW", "AdaGrad", "RMSProp", "RProp", "BoldDriver", "CG", "LBFGS",
        "names", "resolve",
    }  # fmt: skip
    assert set(schedules.__all__) >= {
        "Constant", "InvScaling", "Adaptive", "Linear", "Cosine", "OneCycle", "CosLog4", "WarmUp",
        "Custom", "check_curve", "names", "resolve",
    }  # fmt: skip
    assert set(initialisers.__all__) >= {
        "Zeros", "Constant", "Uniform", "Normal", "GlorotUniform", "GlorotNormal", "HeUniform",
        "HeNormal", "LecunNormal", "Orthogonal", "Sparse", "names", "resolve",
    }  # fmt: skip
    assert set(losses.__all__) >= {
        "SquaredError", "AbsoluteError", "Huber", "Quantile", "Poisson", "LogLoss", "Hinge",
        "names", "resolve",
    }  # fmt: skip
    assert set(penalties.__all__) >= {"L1", "L2", "ElasticNet", "Power", "names", "resolve"}
    for module in MODULES.values():
        assert all(hasattr(module, name) for name in module.__all__)
        assert len(set(module.__all__)) == len(module.__all__)


@every_module
def test_every_string_has_a_class(kind):
    module = MODULES[kind]
    assert module.names() == sorted(module.names())
    for name, cls in module.CLASSES.items():
        assert cls().name == name
        assert getattr(module, cls.__name__) is cls
        assert cls.__module__ == module.__name__
        assert cls.__qualname__ == cls.__name__
        assert "name" not in cls().get_params()


def test_expected_defaults():
    assert defaults_of(solvers.SGD) == {
        "learning_rate_init": 0.001,
        "momentum": 0.9,
        "nesterovs_momentum": True,
    }
    assert defaults_of(solvers.RMSProp)["rho"] == 0.9
    assert next(iter(defaults_of(solvers.RProp).items())) == ("learning_rate_init", 0.1)
    assert next(iter(defaults_of(solvers.BoldDriver).items())) == ("learning_rate_init", 0.001)
    assert "learning_rate_init" not in defaults_of(solvers.CG) | defaults_of(solvers.LBFGS)
    assert defaults_of(schedules.InvScaling) == {"power_t": 0.5}
    assert defaults_of(schedules.Adaptive) == {"factor": 5, "smallest": 1e-6}
    assert defaults_of(schedules.Linear) == {"tau": 1.0, "start": None, "end": None}
    assert defaults_of(schedules.Cosine) == {"start": None, "end": 0.0}
    assert defaults_of(schedules.WarmUp) == {"schedule": "constant", "share": 0.1, "factor": 0.0}
    assert defaults_of(initialisers.Sparse) == {"n_nonzero": 15, "std": 1.0}
    assert defaults_of(losses.Huber) == {"delta": 1.0}
    assert defaults_of(losses.Quantile) == {"quantile": 0.5}
    assert defaults_of(losses.LogLoss) == {"label_smoothing": 0.0}
    assert defaults_of(losses.Hinge) == defaults_of(penalties.L2) == {}
    assert defaults_of(penalties.ElasticNet) == {"l1_ratio": 0.15}


# Parameters, as scikit-learn has them


@every_class
def test_a_fresh_object(cls):
    item = cls()
    assert item.get_params() == defaults_of(cls)
    assert repr(item) == f"{cls.__name__}()"
    assert item.check() is item
    assert item._repr_html_()


@every_made
def test_parameters(cls):
    values = {name: other_value(p) for name, p in cls._parameters.items()}
    item = cls(**values)
    assert item.get_params() == values
    assert all(getattr(item, name) is value for name, value in values.items())
    assert cls().set_params(**values).get_params() == values
    for name, value in values.items():
        assert re.search(rf"\b{name}={re.escape(repr(value))}", repr(cls(**{name: value})))
    assert cls(*values.values()).get_params() == values
    with pytest.raises(TypeError):
        cls(no_such_parameter=1)
    with pytest.raises(ValueError, match="no_such_parameter"):
        cls().set_params(no_such_parameter=1)


@every_made
@pytest.mark.parametrize(
    "duplicate", [clone, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies(cls, duplicate):
    values = {name: other_value(p) for name, p in cls._parameters.items()}
    item = cls(**values)
    copied = duplicate(item)
    assert type(copied) is cls and copied is not item
    assert copied.get_params() == values
    assert copied.name == item.name


def test_values_are_in_the_order_of_the_formula():
    assert schedules.Adaptive(smallest=0.25, factor=3).values() == (3, 0.25)
    assert solvers.SGD(0.5, nesterovs_momentum=False, momentum=0.25).values() == (0.25, False)
    assert initialisers.Uniform(low=1, high=2).values() == (1, 2)
    assert schedules.Constant().values() == schedules.WarmUp().values() == ()
    for cls in MADE:
        assert cls().values() == tuple(p.default for p in cls._entry.parameters.values())


def test_copies_of_nested_objects():
    item = solvers.SGD(momentum=schedules.WarmUp(schedules.Linear(end=0.5)))
    for copied in (clone(item), copy.deepcopy(item), pickle.loads(pickle.dumps(item))):
        assert copied.momentum is not item.momentum
        assert repr(copied) == repr(item)
        assert copied.get_params()["momentum__schedule__end"] == 0.5


def test_grid_search_reaches_every_parameter():
    holder = Holder(solvers.SGD(momentum=schedules.Linear()), schedules.WarmUp(schedules.Cosine()))
    grid = {
        "solver__momentum__end": [0.5, 0.75],
        "solver__learning_rate_init": [0.01],
        "learning_rate__schedule__end": [0.25],
        "learning_rate__share": [0.3],
    }
    ends = set()
    for candidate in ParameterGrid(grid):
        new = clone(holder).set_params(**candidate)
        ends.add(new.solver.momentum.end)
        assert new.solver.learning_rate_init == 0.01
        assert new.learning_rate(1.0) == 0.25
    assert ends == {0.5, 0.75}
    assert holder.solver.momentum.end is None


# Validation


@every_made
def test_no_validation_before_check(cls):
    values = dict.fromkeys(cls._parameters, "nonsense")
    item = clone(cls(**values))
    assert item.get_params() == values


@every_made
def test_wrong_values(cls):
    for name, parameter in cls._parameters.items():
        for value in wrong_values(parameter):
            item = cls(**{name: value})
            with pytest.raises(
                InvalidParameterError, match=rf"'{name}' parameter of {cls.__name__}"
            ):
                item.check()
            for module in MODULES.values():
                if cls in module.CLASSES.values():
                    with pytest.raises(ValueError, match=name):
                        module.resolve(item)


@every_made
def test_bounds(cls):
    """A bound is allowed exactly where it belongs to the range."""
    for name, parameter in cls._parameters.items():
        ends = {parameter.low: ("left", "both"), parameter.high: ("right", "both")}
        for end, closed in ends.items():
            if parameter.kind is bool or np.isinf(end) or parameter.closed not in closed:
                continue
            accepted = objects.constraints(parameter)[0]
            assert accepted.is_satisfied_by(end), name


@pytest.mark.parametrize(
    "parameter, accepted, refused",
    [
        (Parameter(1.0, "x"), [0, -5.5, np.float32(2)], [np.inf, None, "1"]),
        (Parameter(1.0, "x", 0), [1e-300, 3], [0, -1, np.inf]),
        (Parameter(1.0, "x", 0, 1, "left"), [0, 0.99], [1, -0.1]),
        (Parameter(1, "x", 1, closed="left", kind=Integral), [1, np.int64(4)], [0, 2.0, None]),
        (Parameter(None, "x", 0, closed="left", optional=True), [None, 0.0], [-1]),
        (Parameter(True, "x", kind=bool), [False, np.True_], [1, 0.0, None]),
    ],
)
def test_ranges(parameter, accepted, refused):
    class Item(objects.FormulaObject):
        _parameter_constraints = {"x": objects.constraints(parameter)}

        def __init__(self, x):
            self.x = x

    for value in accepted:
        Item(value).check()
    for value in refused:
        with pytest.raises(InvalidParameterError, match="'x' parameter of Item"):
            Item(value).check()


WRONG_MOMENTA = {
    "adaptive": schedules.Adaptive(),
    "invscaling": schedules.InvScaling(),
    "too large": schedules.Linear(start=0.5, end=1.5),
    "a function beyond 1": lambda t: 2.0,
    "negative": lambda t: -t,
    "a wrong parameter": schedules.Linear(tau=2),
    "a number": 1.5,
    "a class": schedules.Linear,
    "a string": "adaptive",
    "a solver": solvers.SGD(),
}


@pytest.mark.parametrize("case", WRONG_MOMENTA)
def test_wrong_momenta(case):
    with pytest.raises(ValueError, match=r"momentum|tau|class"):
        solvers.SGD(momentum=WRONG_MOMENTA[case]).check()


@pytest.mark.parametrize(
    "momentum",
    [0, 0.5, 1, *schedules.curve_names(), schedules.Linear(start=0.5, end=0.99), lambda t: 1 - t],
    ids=name_of,
)
def test_momenta(momentum):
    assert solvers.SGD(momentum=momentum).check().momentum is momentum


# Look-up


@every_module
def test_strings(kind):
    module = MODULES[kind]
    for name, cls in module.CLASSES.items():
        item = module.resolve(name) if name in module.names() else cls()
        assert type(item) is cls
        assert item.get_params() == defaults_of(cls)
        assert module.resolve(item) is item


@pytest.mark.parametrize("module", [solvers, schedules], ids=lambda m: m.__name__)
def test_strings_take_the_parameters_of_the_estimator(module):
    values = {"learning_rate_init": 0.5, "momentum": 0.25, "nesterovs_momentum": False,
              "beta_1": 0.125, "epsilon": 0.0625, "power_t": 0.75, "alpha": 1.0}  # fmt: skip
    for name, cls in module.CLASSES.items():
        expected = {k: values.get(k, default) for k, default in defaults_of(cls).items()}
        assert module.resolve(name, values).get_params() == expected
    assert schedules.resolve("invscaling", values).power_t == 0.75
    assert solvers.resolve("adam", values).epsilon == 0.0625
    item = solvers.Adam()
    assert solvers.resolve(item, values).get_params() == defaults_of(solvers.Adam)


@every_module
@pytest.mark.parametrize(
    "value", ["nonsense", "", 3, None, object(), ["adam"], np.array(["x"])], ids=name_of
)
def test_what_is_neither_string_nor_object(kind, value):
    value = "power" if (kind, value) == ("penalty", 3) else value  # which a number stands for
    with pytest.raises(ValueError) as raised:
        MODULES[kind].resolve(value)
    for name in MODULES[kind].names():
        assert repr(name) in str(raised.value)


@every_module
def test_objects_of_another_kind(kind):
    for other, module in MODULES.items():
        if other != kind:
            with pytest.raises(ValueError, match=f"{kind} is one of"):
                MODULES[kind].resolve(next(iter(module.CLASSES.values()))())


@every_class
def test_classes_in_place_of_objects(cls):
    for module in MODULES.values():
        if cls in module.CLASSES.values():
            with pytest.raises(ValueError, match=rf"write {cls.__name__}\(\)"):
                module.resolve(cls)


def test_wrong_parameters_of_the_estimator():
    with pytest.raises(ValueError, match="'beta_1' parameter of Adam"):
        solvers.resolve("adam", {"beta_1": 1.0})


def test_auto_is_no_object():
    assert initialisers.resolve("auto") == "auto"
    assert "auto" in initialisers.names()


def test_numbers_are_powers():
    item = penalties.resolve(3)
    assert type(item) is penalties.Power and item.exponent == 3
    with pytest.raises(ValueError, match="'exponent' parameter of Power"):
        penalties.resolve(0.5)


@every_module
def test_base_classes_stand_for_nothing(kind):
    base = getattr(MODULES[kind], kind.capitalize())
    with pytest.raises(ValueError, match=f"{kind} is one of"):
        MODULES[kind].resolve(base())


@pytest.mark.parametrize(
    "item", [losses.Huber(True), losses.LogLoss(np.False_), penalties.ElasticNet(True)], ids=repr
)
def test_flags_are_no_numbers(item):
    with pytest.raises(ValueError, match="must be a number"):
        item.check()


def test_losses_of_tasks():
    assert losses.Huber in losses.classes_for("regression")
    assert losses.Huber not in losses.classes_for("classification")
    assert losses.LogLoss in losses.classes_for("classification")


# Documentation


@pytest.mark.parametrize("cls", [*CLASSES, schedules.Custom], ids=lambda cls: cls.__name__)
def test_docstrings(cls):
    text = inspect.getdoc(cls)
    first = text.splitlines()[0]
    assert first[0].isupper() and first.endswith("."), first
    assert max(map(len, text.splitlines())) <= 100
    assert f"from {cls.__module__} import {cls.__name__}" in text
    for name, default in defaults_of(cls).items():
        written = repr(default).replace("'", '"')
        shown = "" if cls is schedules.Custom else f", default={re.escape(written)}"
        assert re.search(rf"^{name} : .*{shown}\n    [A-Z]", text, re.MULTILINE), name
    assert ("Parameters\n-----" in text) == bool(defaults_of(cls))


def test_docstrings_give_ranges():
    text = inspect.getdoc(solvers.SGD)
    assert "learning_rate_init : float > 0, default=0.001" in text
    assert "momentum : float in [0, 1] or schedule, default=0.9" in text
    assert "nesterovs_momentum : bool, default=True" in text
    text = inspect.getdoc(schedules.Linear)
    assert "tau : float in (0, 1], default=1.0" in text
    assert "end : float >= 0 or None, default=None" in text
    assert "n_nonzero : int >= 1, default=15" in inspect.getdoc(initialisers.Sparse)
    assert "value : float, default=0.1" in inspect.getdoc(initialisers.Constant)


def test_annotations():
    hints = typing.get_type_hints(schedules.Linear.__init__)
    assert hints["tau"] is float and hints["end"] == float | None
    assert typing.get_type_hints(initialisers.Sparse.__init__)["n_nonzero"] is int

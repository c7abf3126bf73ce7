"""Draw values of parameters: from what the estimators accept, and so from the registries.

A parameter whose constraints scikit-learn's `StrOptions`, `Interval`, ``"boolean"`` or ``None`` can
express needs no line here; `OVERRIDES` has those that need more, or smaller numbers.
"""

import functools
import inspect
import math
from numbers import Integral

import sklearn.linear_model
import sklearn.neural_network
from sklearn.utils._param_validation import Interval, Options, StrOptions

import skdeep
from skdeep import initialisers, losses, penalties, schedules, solvers

OURS = {
    name: getattr(skdeep, name)
    for name in (
        *("MLPClassifier", "MLPRegressor", "Perceptron"),
        *("NetworkClassifier", "NetworkRegressor"),
    )
}
THEIRS = {
    "MLPClassifier": sklearn.neural_network.MLPClassifier,
    "MLPRegressor": sklearn.neural_network.MLPRegressor,
    "Perceptron": sklearn.linear_model.Perceptron,
}
#: Parameters that no case sets, or that are set apart.
LEFT_OUT = {
    *("device", "n_threads", "n_jobs", "random_state", "max_iter"),
    *("hidden_layer_sizes", "layers", "input_shape"),
}
#: Parameters that change what others can be, drawn rarely.
RARE = {"init_from", "n_restarts", "verbose", "augment"}
SCORINGS = {
    "MLPClassifier": ["accuracy", "f1_macro", "neg_log_loss", "error_rate", "loss"],
    "MLPRegressor": ["r2", "neg_mean_absolute_error", "loss"],
}
SCORINGS |= {name.replace("MLP", "Network"): scores for name, scores in SCORINGS.items()}
#: Values that hardly any parameter takes.
WRONG = (
    "text",
    -1,
    0,
    1.5,
    math.nan,
    math.inf,
    None,
    [0.5],
    True,
    {"tuple": []},
    2**31,
    2**63,
    10**20,
)
LABELS = {"binary": [0, 1], "multiclass": [0, 1, 2], "strings": ["no", "perhaps", "yes"]}


@functools.cache
def defaults(estimator):
    """Return the parameters of an estimator and their defaults."""
    signature = inspect.signature(OURS[estimator].__init__)
    return {n: p.default for n, p in signature.parameters.items() if n != "self"}


@functools.cache
def names(estimator, theirs):
    """Return the parameters that cases set: all, or those of scikit-learn's estimator."""
    known = defaults(estimator)
    if theirs:
        known = known.keys() & inspect.signature(THEIRS[estimator].__init__).parameters.keys()
    return sorted(set(known) - LEFT_OUT)


def draw(rng, case, name, theirs):
    """Return a value of a parameter.

    Parameters
    ----------
    rng : random.Random
    case : dict
        What has been drawn of the case so far, its targets and hidden layers at least.
    name : str
    theirs : bool
        Whether it is to be a value that scikit-learn's estimator takes.
    """
    estimator = case["estimator"]
    constraints = (THEIRS if theirs else OURS)[estimator]._parameter_constraints[name]
    if name in OVERRIDES:
        value = OVERRIDES[name](rng, case, theirs)
        if value is not NotImplemented:
            return value
    drawers = [d for d in (_drawer(c, defaults(estimator)[name]) for c in constraints) if d]
    return rng.choice(drawers)(rng) if drawers else defaults(estimator)[name]


def _drawer(constraint, default):
    """Return a function that draws what a constraint accepts, or None."""
    if isinstance(constraint, StrOptions | Options):
        options = sorted(constraint.options, key=str)
        return lambda rng: rng.choice(options)
    if isinstance(constraint, Interval):
        return lambda rng: _number(rng, constraint, default)
    if constraint == "boolean":
        return lambda rng: rng.random() < 0.5
    if constraint is None:
        return lambda rng: None
    if constraint is solvers.Solver:
        return lambda rng: _object(rng, "solvers", solvers.CLASSES)
    if constraint is schedules.Schedule:
        return lambda rng: _object(rng, "schedules", schedules.CLASSES)
    if constraint is initialisers.Initialiser:
        return lambda rng: _object(rng, "initialisers", initialisers.CLASSES)
    if constraint is penalties.Penalty:
        return lambda rng: _object(rng, "penalties", penalties.CLASSES)
    if constraint in losses.CLASSES.values():
        return lambda rng: _object(rng, "losses", {constraint._name: constraint})
    return None


def _number(rng, interval, default):
    """Draw a number of an interval: an end of it, or one of the size of the default."""
    low, high = interval.left, interval.right
    if interval.type is Integral:
        value = (low or 0) + int(rng.expovariate(0.5)) + (interval.closed == "neither")
        return value if high is None else min(value, high)
    ends = [e for e, c in ((low, "left"), (high, "right")) if interval.closed in (c, "both")]
    ends = [float(end) for end in ends if end is not None and math.isfinite(end)]
    if ends and rng.random() < 0.2:
        return rng.choice(ends)
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
        return _short(rng.uniform(low + 1e-3 * (high - low), high - 1e-3 * (high - low)))
    size = abs(default) if isinstance(default, float | int) and default else 1.0
    value = _short(size * 10 ** rng.uniform(-1.5, 1.0))
    return value if low is None or value > low else low + value


def _short(value):
    """Return a number of three digits."""
    return float(f"{value:.3g}")


def _object(rng, module, classes):
    """Draw an object of one of the classes, with some of its parameters."""
    cls = classes[rng.choice(sorted(classes))]
    chosen = {}
    for name, parameter in cls._parameters.items():
        if rng.random() < 0.3:
            chosen[name] = _parameter(rng, parameter)
    return {"object": f"{module}.{cls.__name__}", "with": chosen}


def _parameter(rng, parameter):
    if parameter.kind is bool:
        return rng.random() < 0.5
    if parameter.optional and rng.random() < 0.3:
        return None
    if parameter.schedule and rng.random() < 0.2:
        return rng.choice(schedules.curve_names())
    number = int if parameter.kind is Integral else float
    ends = [None if math.isinf(end) else number(end) for end in (parameter.low, parameter.high)]
    return _number(rng, Interval(parameter.kind, *ends, closed=parameter.closed), parameter.default)


def hidden_layers(rng):
    """Draw the sizes of the hidden layers: small ones, which many cases can have."""
    common = [[], [1], [3], [5, 4], [11], [4, 3, 2]]
    return rng.choice([[70, 65], [300], [257, 31]]) if rng.random() < 0.04 else rng.choice(common)


def layers(rng):
    """Draw dense layers of the same sizes, some with rates of their own or auxiliary outputs.

    Some have a graph of neurons behind the last.
    """
    drawn, sizes = [], hidden_layers(rng)
    for units in sizes:
        chosen = {"units": units}
        if rng.random() < 0.5:
            chosen["activation"] = rng.choice(["tanh", "logistic", "gelu", "identity"])
        for name in ("dropout", "dropconnect"):
            if rng.random() < 0.15:
                chosen[name] = round(rng.uniform(0, 0.6), 2)
        for name, chance in (("auxiliary_output", 0.35), ("batch_norm", 0.1)):
            if rng.random() < chance:
                chosen[name] = True
        if rng.random() < 0.1:
            chosen["trainable"] = False
        drawn.append({"object": "layers.Dense", "with": chosen})
    if rng.random() < 0.2:
        graph = {"pairs": _graph(rng, sizes[-1] if sizes else 1)}
        drawn.append({"object": "layers.NeuronGraph", "with": {"graph": graph}})
    return drawn


def _graph(rng, n_columns):
    """Draw the entries of a graph of neurons."""
    graph = {}
    for name in "abcd"[: rng.randint(1, 4)]:
        known = [*range(n_columns), *graph]
        sources = rng.sample(known, rng.randint(1, min(4, len(known))))
        graph[name] = {"tuple": [sources, "tanh"]} if rng.random() < 0.2 else sources
    if rng.random() < 0.3:
        read = {source for entry in graph.values() for source in _sources(entry)}
        graph["outputs"] = [*(name for name in graph if name not in read), rng.randrange(n_columns)]
    return [list(entry) for entry in graph.items()]


def _sources(entry):
    return entry["tuple"][0] if isinstance(entry, dict) else entry


def _activation(rng, case, theirs):
    if theirs or rng.random() < 0.8:
        return NotImplemented
    drawer = _drawer(OURS[case["estimator"]]._parameter_constraints["activation"][0], "relu")
    return [drawer(rng) for _ in case["parameters"].get("hidden_layer_sizes", [100])]


def _rate(rng, case, theirs):
    return round(rng.uniform(0, 0.6), 2)


def _schedule(rng, case, theirs):
    if theirs or rng.random() < 0.9:
        return NotImplemented
    return {"function": "fall"}


def _solver(rng, case, theirs):
    return NotImplemented if theirs or rng.random() < 0.7 else rng.choice(solvers.names())


def _class_weight(rng, case, theirs):
    labels = LABELS.get(case["data"]["targets"])
    if labels is None or rng.random() < 0.4:
        return rng.choice(["balanced", None])
    return {"pairs": [[label, rng.choice([0.5, 1.0, 2.0, 7.0])] for label in labels]}


def _scoring(rng, case, theirs):
    return rng.choice([*SCORINGS[case["estimator"]], None])


def _init_from(rng, case, theirs):
    name = "layers" if case["estimator"].startswith("Network") else "hidden_layer_sizes"
    hidden = {name: case["parameters"][name]}
    return {"fitted": {**hidden, "max_iter": 1, "random_state": 1}}


def _either(*values):
    return lambda rng, case, theirs: rng.choice(values)


OVERRIDES = {
    "activation": _activation,
    "augment": _either({"function": "jitter"}, None),
    "batch_size": _either("auto", 1, 4, 7, 13, 500),
    "class_weight": _class_weight,
    "dropconnect": _rate,
    "dropout": _rate,
    "init": _either("zeros", "normal", "uniform"),
    "init_from": _init_from,
    "input_dropout": _rate,
    "learning_rate": _schedule,
    "learning_rate_init": lambda rng, case, theirs: _short(10 ** rng.uniform(-4, -1)),
    "max_fun": _either(1, 3, 15000),
    "momentum": _schedule,
    "n_iter_no_change": _either(1, 2, 10, math.inf),
    "n_restarts": _either(1, 2, 3),
    "scoring": _scoring,
    "solver": _solver,
    "tol": _either(0.0, 1e-4, 0.01, 10.0),
    "tol_gradient": _either(None, 1e-9, 0.1),
    "tol_objective": _either(None, -1e9, 0.5),
    "validation_fraction": _either(0.1, 0.25, 0.5),
    "verbose": _either(False, True),
}

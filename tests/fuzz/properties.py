"""What has to hold: a property makes several variants of a case, of which all do the same."""

import copy
from collections.abc import Callable
from typing import NamedTuple

THEIRS = ("MLPClassifier", "MLPClassifier", "MLPRegressor", "MLPRegressor", "Perceptron")
EVERY = (*THEIRS, "NetworkClassifier", "NetworkRegressor")
NETWORKS = ("MLPClassifier", "MLPRegressor", "NetworkClassifier", "NetworkRegressor")
DENSE = ("dense",)
ANY = ("dense", "dense", "csr", "csc")
FORMS = (
    *["dense"] * 8, "fortran", "strided", "backwards", "read-only", "list", "frame",
    "csr", "csr", "csc", "csr_array", "csc_array", "coo",
    "csr, int64", "csr, unsorted", "csr, duplicates", "csr, zeros",
)  # fmt: skip
#: Those of which an invalid copy can be made.
ARRAYS = tuple(form for form in FORMS if form not in ("list", "frame", "coo"))
EITHER = ("fit", "partial_fit")
#: Parameters with which a validation set chooses the weights that are kept.
CHOOSING = ("early_stopping", "n_restarts")


class Property(NamedTuple):
    """Something that holds for every case.

    Attributes
    ----------
    variants : callable
        ``variants(case)`` returns cases by title; the first is what others are compared with.
    rtol : float
        Largest relative difference, of float64; 0 for the same bits.
    weight : float
        How often it is drawn.
    theirs : bool
        Whether cases set scikit-learn's parameters only.
    estimators, forms, training : tuple of str
        What cases draw from.
    states, unusual : bool
        Whether cases have objects as ``random_state``, and unusual dtypes.
    changing : float
        How often other calls stand between those that train.
    wrong : float
        How often a parameter has an invalid value.
    ignored : tuple of str
        Beginnings of the names of attributes that may differ.
    types : bool
        Whether errors have to be of the same type.
    refusals : tuple of str
        Parts of the messages of errors that one variant may raise alone.
    last : int
        How many calls, from the last one, are compared; 0 for all.
    coarse : bool
        Whether differences of float32 are to be expected.
    """

    variants: Callable
    rtol: float = 0.0
    weight: float = 1.0
    theirs: bool = False
    estimators: tuple = EVERY
    forms: tuple = ANY
    training: tuple = EITHER
    states: bool = False
    unusual: bool = False
    changing: float = 0.3
    wrong: float = 0.0
    ignored: tuple = ()
    types: bool = True
    refusals: tuple = ()
    last: int = 0
    coarse: bool = False


def _changed(case, parameters=(), data=(), **fields):
    """Return a copy of a case with other parameters, data and fields."""
    case = copy.deepcopy(case)
    case["parameters"].update(parameters)
    case["data"].update(data)
    case.update(fields)
    return case


def _map_calls(case, function):
    """Return a copy of a case in which every call stands for those that a function returns."""
    calls = [new for call in copy.deepcopy(case["calls"]) for new in function(call)]
    return _changed(case, calls=calls)


def scikit_learn(case):
    """With scikit-learn's parameters, everything is as scikit-learn has it."""
    return {"scikit-learn": _changed(case, library="sklearn"), "skdeep": case}


def threads(case):
    """The bits do not depend on the number of threads."""
    name = "n_jobs" if case["estimator"] == "Perceptron" else "n_threads"
    return {f"{name}={n}": _changed(case, {name: n}) for n in (1, 2, 3)}


def calling_thread(case):
    """The bits do not depend on the thread that calls."""
    return {"main thread": case, "another thread": _changed(case, thread=True)}


def repetition(case):
    """The same calls give the same bits."""
    return {"first": case, "second": case}


def containers(case):
    """Sparse features give the numbers of dense ones."""
    forms = ("dense", "csr", "csc", "csr, unsorted", "csr, duplicates", "csr, zeros")
    if case["estimator"] == "Perceptron":
        # Its intercept learns more slowly on sparse rows, its penalty shrinks what rows store.
        forms = forms[1:4]
    return {form: _changed(case, data={"form": form}) for form in forms}


def memory_order(case):
    """Numbers do not depend on how dense features lie in memory, beyond the last bits."""
    forms = ("dense", "fortran", "strided", "backwards", "read-only")
    return {form: _changed(case, data={"form": form}) for form in forms}


def byte_order(case):
    """The bits do not depend on the order of bytes."""
    size = "f4" if case["data"].get("dtype") == "float32" else "f8"
    return {order: _changed(case, data={"dtype": order + size}) for order in "<>"}


def precision(case):
    """float32 is close to float64."""
    if case["estimator"].endswith("Classifier"):  # labels jump where probabilities move
        case = _map_calls(case, lambda c: [["predict_proba", {}]] if c[0] == "predict" else [c])
        case = _map_calls(case, lambda c: [] if c[0] == "score" else [c])
    return {dtype: _changed(case, data={"dtype": dtype}) for dtype in ("float64", "float32")}


def copies(case):
    """Copies and files hold all that later calls need."""
    case = copy.deepcopy(case)
    for parameters in [case["parameters"], *(o for m, o in case["calls"] if m == "set_params")]:
        for name, value in list(parameters.items()):
            if isinstance(value, dict) and "function" in value:  # lambdas have no pickles
                del parameters[name]
    variants = {"without": case}
    for kind in ("pickle", "copy", "safetensors"):
        variants[kind] = _map_calls(case, lambda call, kind=kind: [call, [kind, {}]])
    return variants


def predictor(case):
    """`make_predictor` predicts as the estimator does."""
    case = _map_calls(case, lambda call: [] if call[0] == "score" else [call])
    return {"estimator": case, "predictor": _read(case, "predictor")}


def blocks_of_rows(case):
    """Predictions do not depend on the rows beside."""
    case = _map_calls(case, lambda call: [] if call[0] == "score" else [call])
    return {"at once": case, "in blocks": _read(case, "blocks")}


def _read(case, by):
    reading = ("predict", "predict_proba", "decision_function")
    return _map_calls(case, lambda c: [[c[0], {**c[1], "by": by}]] if c[0] in reading else [c])


def watching(case):
    """What only watches changes nothing: validation sets without early stopping."""
    parameters = {"early_stopping": False}
    if "n_restarts" in case["parameters"]:  # the validation set chooses the best
        parameters["n_restarts"] = 1

    def without_validation(call):
        name, options = call
        if name == "set_params":
            return [[name, {key: options[key] for key in options if key not in CHOOSING}]]
        return [[name, {} if name in EITHER else options]]

    plain = _map_calls(_changed(case, parameters), without_validation)
    watched = _map_calls(plain, lambda c: [[c[0], {"validation": True}]] if c[0] in EITHER else [c])
    return {"unwatched": plain, "watched": watched}


def weights_of_one(case):
    """Weights of 1 are no weights, up to rounding."""
    return {
        "without": _changed(case, data={"weights": None}),
        "ones": _changed(case, data={"weights": "ones"}),
    }


def clones(case):
    """A clone, and a second fit, give what the first gives."""
    anew = {"warm_start": False}
    first = [["fit", {}], ["predict", {}]]
    again = [["fit", {}], ["fit", {}], ["predict", {}]]
    cloned = [["fit", {}], ["clone", {}], ["fit", {}], ["predict", {}]]
    return {
        name: _changed(case, anew, calls=calls)
        for name, calls in (("once", first), ("twice", again), ("clone", cloned))
    }


def gradient(case):
    """The gradient is that of the loss."""
    return {
        "gradient": _map_calls(case, lambda c: [c, ["gradient", {}]] if c[0] in EITHER else [c])
    }


def bad_input(case):
    """Invalid input is refused, and leaves the estimator as it was."""
    return {"bad input": case}


def anything(case):
    """Whatever is asked for, errors are of the known types and warnings of the known categories."""
    return {"anything": case}


_THEIRS = {
    "theirs": True,
    "estimators": THEIRS,
    "states": True,
    "unusual": True,
    "forms": FORMS,
    "wrong": 0.03,
}
PROPERTIES = {
    "scikit-learn": Property(scikit_learn, 1e-6, 6.0, **_THEIRS),
    "threads": Property(threads, states=True),
    "calling thread": Property(calling_thread, states=True, weight=0.5),
    "repetition": Property(repetition, weight=0.3),
    "containers": Property(containers, 1e-6, refusals=("would make sparse features dense",)),
    "memory order": Property(memory_order, 1e-13, forms=DENSE, weight=0.7),
    "byte order": Property(byte_order, weight=0.7),
    "precision": Property(
        precision,
        1e-2,
        estimators=NETWORKS,
        changing=0.0,
        weight=0.5,
        coarse=True,
        # Weights of which one may be 0 but for rounding, and losses that are cut off at an epsilon.
        ignored=(
            *("coefs_", "intercepts_", "auxiliary_coefs_", "auxiliary_intercepts_"),
            *("batch_norm_", "loss_", "best_loss_", "restarts_"),
        ),
    ),
    "copies": Property(copies, states=True),
    "predictor": Property(
        predictor, 1e-6, estimators=NETWORKS, forms=DENSE, weight=0.5, types=False
    ),
    "blocks of rows": Property(blocks_of_rows, 1e-6, weight=0.7, types=False),
    "watching": Property(
        watching,
        estimators=NETWORKS,
        weight=0.7,
        ignored=("best_validation", "validation_", "restarts_", "len(restarts_", "warnings"),
        refusals=("X_val and y_val are for solvers", "fails on the validation set"),
    ),
    "weights of one": Property(weights_of_one, 1e-6, weight=0.7),
    "clones": Property(clones, weight=0.7, last=2),
    "gradient": Property(gradient, estimators=NETWORKS, weight=0.7),
    "bad input": Property(bad_input, forms=ARRAYS, weight=2.0, wrong=0.2),
    "anything": Property(anything, forms=FORMS, unusual=True, weight=2.0),
}

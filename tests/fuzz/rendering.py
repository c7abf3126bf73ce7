"""Write a case as Python code: its data, its estimator and its calls.

A case is a dict of plain values, such as ::

    {
        "estimator": "MLPClassifier",
        "library": "skdeep",
        "parameters": {"alpha": 0.1},
        "data": {"rows": 9, "features": 2, "seed": 3, "targets": "binary"},
        "calls": [["fit", {}], ["predict", {}]],
    }

Values that JSON has no form for are dicts with one key: ``{"object": "solvers.Adam", "with": {}}``,
``{"function": "jitter"}``, ``{"state": 3}`` (a `RandomState`), ``{"fitted": {}}`` (an estimator of
the same class with these parameters), ``{"pairs": [[0, 1.5]]}`` (a dict), ``{"tuple": []}``.
"""

from tests.fuzz.faults import FAULTS

MODULES = {"MLPClassifier": "neural_network", "MLPRegressor": "neural_network"}
FUNCTIONS = {
    "jitter": "lambda X, y, rng: (X * rng.uniform(0.9, 1.1), y)",
    "fall": "lambda t: 1.0 - 0.5 * t",
    "mean": "lambda estimator, X, y: float(np.mean(estimator.predict(X) == y))",
}
HEAD = """\
import copy
import os
import pickle
import tempfile

import numpy as np
import pandas as pd
import scipy.sparse as sp
import sklearn.linear_model
import sklearn.neural_network
from sklearn.base import clone

import skdeep
"""

#: The labels of classes, by the kind of targets.
TARGETS = {
    "binary": "rng.permutation(np.arange(len(X)) % 2)",
    "multiclass": "rng.permutation(np.arange(len(X)) % 3)",
    "strings": 'np.array(["no", "yes", "perhaps"])[rng.permutation(np.arange(len(X)) % 3)]',
    "multilabel": "rng.permutation(np.arange(3 * len(X)) % 2).reshape(-1, 3)",
    "regression": "np.sin(X).sum(axis=1) + 0.1 * rng.standard_normal(len(X))",
    "multioutput": "np.sin(X @ rng.standard_normal((X.shape[1], 2)))",
    "counts": "rng.poisson(1.5, len(X)).astype(float)",
    "shares": "rng.uniform(0.05, 0.95, len(X))",
}
LABELS = {
    "binary": "[0, 1]",
    "multiclass": "[0, 1, 2]",
    "strings": '["no", "perhaps", "yes"]',
    "multilabel": "[0, 1, 2]",
}
WEIGHTS = {
    "uniform": "rng.uniform(0.1, 3.0, len(X))",
    "integers": "rng.randint(1, 4, len(X))",
    "some zero": "rng.randint(0, 3, len(X)).astype(float)",
    "ones": "np.ones(len(X))",
}
#: How the features are given. The first letter of a dtype says the order of bytes.
FORMS = {
    "dense": [],
    "fortran": ["X = np.asfortranarray(X)"],
    "strided": ["X = np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]"],
    "backwards": ["X = X[::-1, ::-1].copy()[::-1, ::-1]"],
    "read-only": ["X.setflags(write=False)"],
    "list": ["X = X.tolist()"],
    "frame": ['X = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])'],
    "csr": ["X = sp.csr_matrix(X)"],
    "csc": ["X = sp.csc_matrix(X)"],
    "csr_array": ["X = sp.csr_array(X)"],
    "csc_array": ["X = sp.csc_array(X)"],
    "coo": ["X = sp.coo_matrix(X)"],
    "csr, int64": [
        "X = sp.csr_matrix(X)",
        "X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)",
    ],
    "csr, unsorted": [
        "X = sp.csr_matrix(X)",
        "order = np.concatenate(",
        "    [np.arange(a, b)[::-1] for a, b in zip(X.indptr[:-1], X.indptr[1:])] or [[]]",
        ").astype(int)",
        "X = sp.csr_matrix((X.data[order], X.indices[order], X.indptr), shape=X.shape)",
    ],
    "csr, duplicates": [
        "X = sp.csr_matrix(X)",
        "half, twice = (X.data / 2).astype(X.dtype), np.repeat(X.indices, 2)",
        "X = sp.csr_matrix((np.repeat(half, 2), twice, 2 * X.indptr), shape=X.shape)",
    ],
    "csr, zeros": [
        "stored = (X != 0) | (np.arange(X.size).reshape(X.shape) % 3 == 0)",
        "X = sp.csr_matrix((X[stored], np.nonzero(stored)), shape=X.shape)",
    ],
}
SPARSE = {form for form in FORMS if form.startswith(("cs", "coo"))}


def source(case, name="run"):
    """Return the code of a case: a function of a record that makes the calls."""
    lines = [f"def {name}(record):", *_data(case)]
    lines += [f"model = {estimator(case)}"]
    for call, options in case["calls"]:
        lines += CALLS[call](case, options)
    return "\n    ".join(lines) + "\n"


def estimator(case, parameters=None):
    """Return the code that makes the estimator."""
    parameters = case["parameters"] if parameters is None else parameters
    name, library = case["estimator"], case.get("library", "skdeep")
    if library == "sklearn":
        library = "sklearn." + MODULES.get(name, "linear_model")
    return f"{library}.{name}({_arguments(case, parameters)})"


def _arguments(case, parameters):
    return ", ".join(f"{name}={value(case, item)}" for name, item in parameters.items())


def value(case, item):
    """Return the code of a parameter's value."""
    if isinstance(item, float) and item != item:
        return "np.nan"
    if isinstance(item, float) and item in (float("inf"), -float("inf")):
        return "np.inf" if item > 0 else "-np.inf"
    if isinstance(item, list):
        return "[" + ", ".join(value(case, part) for part in item) + "]"
    if not isinstance(item, dict):
        return repr(item)
    kind = next(iter(item))
    inner = item[kind]
    if kind == "object":
        return f"skdeep.{inner}({_arguments(case, item.get('with', {}))})"
    if kind == "function":
        return FUNCTIONS[inner]
    if kind == "state":
        return f"np.random.RandomState({inner})"
    if kind == "fitted":
        return f"{estimator(case, inner)}.fit(X, y)"
    if kind == "pairs":
        pairs = [f"{value(case, key)}: {value(case, part)}" for key, part in inner]
        return "{" + ", ".join(pairs) + "}"
    parts = "".join(f"{value(case, part)}, " for part in inner)
    return f"({parts})"


def _data(case):
    """Return the lines that make ``X``, ``y`` and ``weight``."""
    data = case["data"]
    rows, features = data["rows"], data["features"]
    lines = [
        f"rng = np.random.RandomState({data['seed']})",
        f"X = rng.standard_normal(({rows}, {features}))",
    ]
    if data.get("sparsity"):
        lines += [f"X[rng.uniform(size=X.shape) < {data['sparsity']}] = 0.0"]
    if data.get("integers"):
        lines += ["X = np.round(2.0 * X)"]
    lines += [f"y = {TARGETS[data['targets']]}"]
    if data.get("weights"):
        lines += [f"weight = {WEIGHTS[data['weights']]}"]
    if data.get("scale", 1.0) != 1.0:
        lines += [f"X = {data['scale']} * X"]
    if case.get("noise"):
        lines += _noise(case)
    form, dtype = data.get("form", "dense"), data.get("dtype", "float64")
    swapped = form in SPARSE and dtype.startswith(">")  # SciPy makes native sparse matrices only
    if dtype != "float64":
        lines += [f'X = X.astype("{dtype[1:] if swapped else dtype}")']
    after = [f'X.data = X.data.astype("{dtype}")'] if swapped else []
    return [*lines, *FORMS[form], *after]


def _noise(case):
    """Return the lines that change the data by about as much as rounding does."""
    data, (seed, size) = case["data"], case["noise"]
    lines = [
        f"noise = np.random.RandomState({seed})",
        f"X = X * (1.0 + {size} * noise.uniform(-1.0, 1.0, X.shape))",
    ]
    if data["targets"] in ("regression", "multioutput"):
        lines += [f"y = y * (1.0 + {size} * noise.uniform(-1.0, 1.0, y.shape))"]
    if case["weighted"]:
        weight = "weight" if data.get("weights") else "1.0"
        lines += [f"weight = {weight} * (1.0 + {size} * noise.uniform(-1.0, 1.0, len(X)))"]
    return lines


def _training(method):
    """Return the renderer of a call of `fit` or `partial_fit`."""

    def lines(case, options):
        data, rows = case["data"], options.get("rows")
        part = "" if rows is None else f"[{rows[0]}:{rows[1]}]"
        if part and data.get("form") in ("list", "frame", "coo"):
            part = ""
        fault = FAULTS[options["fault"]] if "fault" in options else None
        before, names = fault.lines(part) if fault else ([], {})
        arguments = [names.get("X", f"X{part}"), names.get("y", f"y{part}")]
        if "weight" in names or data.get("weights") or case.get("weighted"):
            arguments += [f"sample_weight={names.get('weight', f'weight{part}')}"]
        if method == "partial_fit" and data["targets"] in LABELS:
            arguments += [f"classes={names.get('classes', LABELS[data['targets']])}"]
        if options.get("validation"):
            arguments += ["X_val=X", "y_val=y"]
        call = f"model.{method}({', '.join(arguments)})"
        return [*before, _recorded(method, call, fault)]

    return lines


def _reading(method):
    """Return the renderer of a call of `predict` and the like."""

    def lines(case, options):
        fault = FAULTS[options["fault"]] if "fault" in options else None
        before, names = fault.lines("") if fault else ([], {})
        arguments = names.get("X", "X")
        if method == "score":
            arguments += f", {names.get('y', 'y')}"
        call = f"model.{method}({arguments})"
        if options.get("by") == "predictor":
            call = (
                f"model.make_predictor().{method}(np.ascontiguousarray(X, model.coefs_[0].dtype))"
            )
        if options.get("by") == "blocks":
            call = (
                f"np.concatenate([model.{method}(X[i : i + 3]) for i in range(0, X.shape[0], 3)])"
            )
        return [*before, _recorded(method, call, fault)]

    return lines


def _recorded(label, call, fault):
    refused = ""
    if fault is not None and fault.refused:
        refused = ", refused=bad.nnz > 0" if fault.sparse else ", refused=True"
    return f'record(model, "{label}", lambda: {call}{refused})'


def _set_params(case, options):
    call = f"model.set_params({_arguments(case, options)})"
    return [f'record(model, "set_params", lambda: {call})']


def _breaking(case, options):
    return [options["code"]]


def _gradient(case, options):
    return ['record(model, "gradient", lambda: gradient_is_right(model, X, y))']


def _safetensors(case, options):
    return [
        'path = os.path.join(tempfile.mkdtemp(), "model.safetensors")',
        "model = skdeep.load_safetensors(skdeep.save_safetensors(model, path))",
        "os.remove(path), os.rmdir(os.path.dirname(path))",
    ]


def _line(text):
    return lambda case, options: [text]


CALLS = {
    "fit": _training("fit"),
    "partial_fit": _training("partial_fit"),
    "predict": _reading("predict"),
    "predict_proba": _reading("predict_proba"),
    "decision_function": _reading("decision_function"),
    "score": _reading("score"),
    "set_params": _set_params,
    "break": _breaking,
    "gradient": _gradient,
    "pickle": _line("model = pickle.loads(pickle.dumps(model))"),
    "copy": _line("model = copy.deepcopy(model)"),
    "clone": _line("model = clone(model)"),
    "safetensors": _safetensors,
}

"""Make the calls of a case and write down what each of them does.

The scripts that the fuzzer prints hold this file, so it needs nothing else of this folder.
"""

import threading
import warnings

import numpy as np
import scipy.sparse as sp

#: What a call may raise.
ERRORS = (ValueError, TypeError, AttributeError)
#: Categories of warnings that a call may give.
WARNINGS = {
    "ConvergenceWarning",
    "DataConversionWarning",
    "DeprecationWarning",
    "FutureWarning",
    "UndefinedMetricWarning",
    "UserWarning",
}


class Record:
    """What the calls of one run did, in their order.

    Attributes
    ----------
    calls : list of dict
        ``label``; ``error``, the type of the exception or None; ``message`` of it; ``warnings``,
        their categories; ``values``, results and fitted attributes by name.
    faults : list of str
        What no call of skdeep may do, whatever it is compared with.
    """

    def __init__(self):
        self.calls, self.faults = [], []

    def __call__(self, model, label, function, refused=False):
        """Make a call; with ``refused``, it has to raise."""
        before = _state(model)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result, error = function(), None
            except Exception as exception:
                result, error = None, exception
        call = {
            "label": label,
            "error": None if error is None else type(error).__name__,
            "message": "" if error is None else str(error),
            "warnings": sorted({w.category.__name__ for w in caught}),
            "values": {},
        }
        if result is not model:
            observe(call["values"], "result", result)
        if error is None:
            call["values"].update(attributes(model))
        self.calls.append(call)
        if type(model).__module__.startswith("skdeep"):
            self._examine(call, error, before == _state(model), refused)
        return result

    def _examine(self, call, error, unchanged, refused):
        """Note what no call may do."""
        label = call["label"]
        if error is not None and not isinstance(error, ERRORS):
            self.faults.append(f"{label}: raises {type(error).__name__}: {error}")
        if error is not None and not unchanged:
            self.faults.append(f"{label}: raises {type(error).__name__} and changes the estimator")
        if error is None and refused:
            self.faults.append(f"{label}: accepts what is invalid")
        # The scores of large numbers overflow within scikit-learn's metrics.
        allowed = WARNINGS | {"RuntimeWarning"} if label.startswith("score") else WARNINGS
        for name in () if error else set(call["warnings"]) - allowed:
            self.faults.append(f"{label}: warns with {name}")
        result = call["values"].get("result")
        warned = any(made["warnings"] for made in self.calls)
        if not warned and result is not None and result.dtype.kind == "f":
            if not np.isfinite(result).all():
                self.faults.append(f"{label}: gives numbers that are not finite, without a warning")


def _state(model):
    """Return all that an estimator holds, but for a generator, from which failed calls draw too."""
    generator = np.random.RandomState
    return frozen({n: v for n, v in vars(model).items() if not isinstance(v, generator)})


def play(run, thread=False):
    """Return the record of ``run(record)``, called here or in a thread of its own."""
    record, raised = Record(), []
    if not thread:
        run(record)
        return record

    def call():
        try:
            run(record)
        except BaseException as error:
            raised.append(error)

    worker = threading.Thread(target=call)
    worker.start()
    worker.join()
    if raised:
        raise raised[0]
    return record


def attributes(model):
    """Return the fitted attributes, and the state of a generator, as arrays by name."""
    values = {}
    for name, value in vars(model).items():
        if name.endswith("_") and not name.startswith("_"):
            observe(values, name, value)
    generator = vars(model).get("random_state")
    if isinstance(generator, np.random.RandomState):
        values["random_state"] = np.array(repr(frozen(generator)))
    return values


def observe(values, name, value):
    """Put copies of all numbers and strings within a value into a dict, by name."""
    if sp.issparse(value):
        value = value.toarray()
    if hasattr(value, "_fields") and hasattr(value, "_asdict"):
        for field, part in value._asdict().items():
            observe(values, f"{name}.{field}", part)
    elif isinstance(value, (list, tuple)) and not all(np.isscalar(part) for part in value):
        values[f"len({name})"] = np.array(len(value))
        for index, part in enumerate(value):
            observe(values, f"{name}[{index}]", part)
    elif value is None or isinstance(value, (str, bool, int, float, np.generic, list, tuple)):
        values[name] = np.array(str(value) if value is None else value)
    elif isinstance(value, np.ndarray):
        values[name] = np.array(value.astype(str) if value.dtype == object else value)


def frozen(value):
    """Return all that a value holds, as something that compares with ``==``."""
    if isinstance(value, dict):
        return [(repr(key), frozen(part)) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(frozen, value)]
    if sp.issparse(value):
        return frozen(vars(value))
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.ndarray):
        return frozen(value.tolist())
    if isinstance(value, np.random.RandomState):
        return frozen(value.get_state())
    if callable(value) or isinstance(value, type(np)):
        return repr(value)
    state = value.__getstate__() if hasattr(value, "__getstate__") else None
    return repr(value) if state is None else [type(value).__name__, frozen(state)]


def differences(record, reference, subset=False):
    """Return where two records differ.

    Parameters
    ----------
    record, reference : Record
    subset : bool, default=False
        Whether `record` may hold more attributes.

    Returns
    -------
    found : dict of (int, str) to float
        By the place of the call and the name of what differs: the largest difference divided by the
        largest number of the reference, infinity for what is no number.
    """
    found = {}
    if len(record.calls) != len(reference.calls):
        found[0, "number of calls"] = np.inf
    for place, (ours, theirs) in enumerate(zip(record.calls, reference.calls, strict=False)):
        for name in ("error", "warnings"):
            if ours[name] != theirs[name]:
                found[place, name] = np.inf
        if ours["error"] or theirs["error"]:
            continue
        names = theirs["values"].keys() | (set() if subset else ours["values"].keys())
        for name in names:
            size = distance(ours["values"].get(name), theirs["values"].get(name))
            if size > 0:
                found[place, name] = size
    return found


def distance(a, b):
    """Return the difference of two arrays, divided by the size of the second.

    Of float64 the largest difference, by the largest number; of float32 the root mean squares, as a
    single small gradient may round to 0, or not, and solvers make steps of one length of it.
    """
    if a is None or b is None or a.shape != b.shape:
        return np.inf
    if a.dtype.kind not in "fc" or b.dtype.kind not in "fc":
        same_kind = a.dtype.kind == b.dtype.kind or {a.dtype.kind, b.dtype.kind} <= set("iub")
        return 0.0 if same_kind and np.array_equal(a, b) else np.inf
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not finite.any():
        return 0.0 if np.array_equal(a, b, equal_nan=True) else np.inf
    norm = _root_mean_square if a.dtype == np.float32 else _largest
    a, b = a[finite].astype(np.float64), b[finite].astype(np.float64)
    size = norm(a - b)
    return float(size / max(norm(b), np.finfo(np.float64).tiny)) if size else 0.0


def _largest(a):
    return np.abs(a).max()


def _root_mean_square(a):
    return np.sqrt(np.mean(np.square(a)))


def gradient_is_right(model, X, y):
    """Compare the gradient with differences, at smaller weights too.

    Some weights may lie at a kink, or make outputs so large that the loss is cut off.
    """
    import skdeep

    for attempt in range(4):
        loss, *gradients = model.loss_gradient(X, y)
        largest = max(np.abs(part).max() for parts in gradients for part in parts)
        error = skdeep.check_gradient(model, X, y, max_parameters=30)
        if error < 2e-5 or largest < 1e-4 * abs(loss):  # rounding is as large as the differences
            return True
        generator = np.random.RandomState(attempt)
        for part in [*model.coefs_, *model.intercepts_]:
            part *= 0.3
            part += generator.uniform(0.02, 0.1, part.shape).astype(part.dtype)
    raise AssertionError(f"the gradient differs by {error:.2g}")

"""Signals at random moments of fits and predictions, for ``tests/test_signals.py``.

A handler raises an exception. It must reach the caller, and the estimator must be as it was or, as
after Ctrl-C within training, complete.
"""

import copy
import functools
import json
import os
import random
import signal
import sys
import time
import traceback
import warnings

import numpy as np

from skdeep import MLPClassifier, MLPRegressor, Perceptron
from tests.helpers import same

RNG = np.random.RandomState(0)
X = RNG.standard_normal((400, 12))
LABELS = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 0.5)
TARGETS = X[:, :2] ** 2
COMMON = {"hidden_layer_sizes": (60, 60), "random_state": 0, "tol": 0.0, "max_iter": 40}


class Timeout(Exception):
    """What libraries with a timeout raise."""


class Stronger(BaseException):
    """What is no error."""


ERRORS = (ValueError, Timeout, TimeoutError, RuntimeError, Stronger, KeyboardInterrupt)


def _fit(cls=MLPClassifier, **parameters):
    return cls(**{**COMMON, **parameters}), "fit", (X, LABELS if cls is MLPClassifier else TARGETS)


def _fitted(cls=MLPClassifier):
    return cls(**{**COMMON, "max_iter": 3}).fit(X, LABELS)


#: What is interrupted: an estimator, the name of a method, and its arguments.
CASES = {
    "adam": lambda: _fit(),
    "sgd in threads": lambda: _fit(solver="sgd", batch_size=400, n_threads=2),
    "early stopping": lambda: _fit(early_stopping=True, n_iter_no_change=99),
    "lbfgs": lambda: _fit(solver="lbfgs"),
    "cg": lambda: _fit(solver="cg", max_iter=20),
    "bold_driver": lambda: _fit(solver="bold_driver"),
    "restarts": lambda: _fit(n_restarts=3, max_iter=20, n_threads=2),
    "restarts of lbfgs": lambda: _fit(n_restarts=3, max_iter=20, solver="lbfgs"),
    "regressor": lambda: _fit(MLPRegressor),
    "warm start": lambda: (_fitted().set_params(warm_start=True), "fit", (X, LABELS)),
    "partial_fit": lambda: (_fitted(), "partial_fit", (X, LABELS)),
    "first partial_fit": lambda: (
        MLPClassifier(**COMMON),
        "partial_fit",
        (X, LABELS, None, [0, 1, 2]),
    ),
    "perceptron": lambda: (Perceptron(max_iter=300, tol=None), "fit", (X, LABELS)),
    "perceptron's partial_fit": lambda: (
        Perceptron(max_iter=3, tol=None).fit(X, LABELS),
        "partial_fit",
        (X, LABELS),
    ),
    "predict": lambda: (_fitted(), "predict", (np.tile(X, (100, 1)),)),
}


#: The signal of a clock: that of time, and that of the processor time of the process.
SIGNALS = {signal.ITIMER_REAL: signal.SIGALRM, signal.ITIMER_PROF: signal.SIGPROF}


def attempt(call, error, delay, clock=signal.ITIMER_REAL):
    """Call a function, and send a signal after some seconds.

    Parameters
    ----------
    call : callable
    error : type
        What the handler raises.
    delay : float
    clock : int
        By which the seconds count.

    Returns
    -------
    raised : exception or None
        By the handler.
    came : exception or None
        To the caller.
    seconds : float
        From the signal to the end of the call.
    """
    raised, came, moments = [], None, []

    def handler(_, frame):
        moments.append(time.perf_counter())
        raised.append(error("signal"))
        raised[0].elsewhere = _is_elsewhere(frame)
        raise raised[0]

    before = signal.signal(SIGNALS[clock], handler)
    try:
        signal.setitimer(clock, max(delay, 1e-6))
        call()
    except BaseException as caught:
        came = caught
    moments.append(time.perf_counter())
    try:
        signal.setitimer(clock, 0)
    except BaseException as late:  # the call had ended
        came = late
    signal.signal(SIGNALS[clock], before)
    return raised[0] if raised else None, came, abs(moments[-1] - moments[0])


#: What Python itself drops: exceptions in destructors and in callbacks of weak references.
DROPPED = []


def _drop(unraisable):
    DROPPED.append(unraisable.exc_value)


def _is_elsewhere(frame):
    """Return whether a signal came within checks of scikit-learn, which catch some exceptions."""
    while frame is not None:
        if os.path.join("sklearn", "utils") in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def check(case, error, share, reference, clock=signal.ITIMER_REAL):
    """Interrupt one case; return what is wrong, or None.

    Parameters
    ----------
    case : str
    error : type
        What the handler raises.
    share : float
        When, as a share of the time that the call takes.
    reference : tuple
        The seconds that it takes, and the names of the attributes that it leaves.
    clock : int
        By which the seconds count.

    Returns
    -------
    wrong : str or None
        Empty if all was over before the signal.
    """
    seconds, complete = reference
    estimator, method, arguments = CASES[case]()
    before = copy.deepcopy(vars(estimator))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call = getattr(estimator, method)
        raised, came, delay = attempt(lambda: call(*arguments), error, share * seconds, clock)
    if raised is None and came is None:
        return ""
    interrupted = any("interrupted by user" in str(w.message) for w in told)
    lost_elsewhere = isinstance(raised, ValueError) and raised.elsewhere
    lost_elsewhere = lost_elsewhere or any(raised is error for error in DROPPED)
    stopped = came is None and interrupted and error is KeyboardInterrupt
    if came is not raised and not stopped and not lost_elsewhere:
        if came is not None:
            traceback.print_exception(came)
        return f"the handler raised {raised!r}, but {came!r} came"
    if delay > 5.0:
        return f"it took {delay:.1f} s"
    if same(before, vars(estimator)):
        return None if came is not None or method == "predict" else "nothing happened"
    missing = complete - set(vars(estimator))
    if missing:
        return f"{came!r} left an unfinished fit, without {sorted(missing)}"
    return _inconsistent(estimator, interrupted)


def _inconsistent(estimator, interrupted):
    """Return what does not fit together in a fitted estimator, or None."""
    predictions = estimator.predict(X[:20])
    if len(predictions) != 20:
        return f"predictions of shape {predictions.shape}"
    if isinstance(estimator, Perceptron):
        return None
    if interrupted and estimator.stop_reason_ != "interrupted" and estimator.n_restarts == 1:
        return f"stop_reason_ is {estimator.stop_reason_}"
    curves = [getattr(estimator, name, None) for name in ("loss_curve_", "validation_scores_")]
    lengths = {len(curve) for curve in curves if curve is not None}
    if len(lengths) > 1:
        return f"curves of the lengths {lengths}"
    last = getattr(estimator, "loss_curve_", [])[-1:]
    if last and estimator.solver in ("sgd", "adam") and [estimator.loss_] != last:
        return f"loss_={estimator.loss_}, but {last} in the curve"
    y = LABELS if isinstance(estimator, MLPClassifier) else TARGETS
    copy.deepcopy(estimator).set_params(max_iter=1, n_restarts=1).fit(X, y)
    return None


def references():
    """Return the time of every case that nothing interrupts, and the attributes that it leaves."""
    found = {}
    for case, make in CASES.items():
        times = []
        for _ in range(2):
            estimator, method, arguments = make()
            start = time.perf_counter()
            getattr(estimator, method)(*arguments)
            times.append(time.perf_counter() - start)
        found[case] = min(times), set(vars(estimator))
    return found


def at_random_moments(n_moments, seed):
    """Interrupt all cases in turn; print what is wrong, and what is busy afterwards."""
    warnings.simplefilter("ignore")
    random.seed(seed)
    sys.unraisablehook = _drop
    known, wrong, n_late = references(), [], 0
    model = _fit()[0].fit(X, LABELS)
    for number in range(n_moments):
        case, error = list(CASES)[number % len(CASES)], random.choice(ERRORS)
        share = random.uniform(0.0, 1.1)
        problem = check(case, error, share, known[case])
        n_late += problem == ""
        if problem:
            wrong.append(f"{case}, {error.__name__} at {share:.3f}: {problem}")
    time.sleep(0.3)
    start = time.process_time()
    time.sleep(0.3)
    spinning = time.process_time() - start
    again = _fit()[0].fit(X, LABELS)
    print(json.dumps([wrong, n_late, len(DROPPED), same(vars(model), vars(again)), spinning]))


def while_loading(n_moments, seed):
    """Interrupt first fits, in forked children of a process that has loaded no kernel."""
    warnings.simplefilter("ignore")
    random.seed(seed)
    sys.unraisablehook = _drop
    times, wrong, n_late = {}, [], 0
    cases = {"adam": None, "lbfgs": None, "perceptron": None}
    for number in range(n_moments + len(cases)):
        case, error = list(cases)[number % len(cases)], random.choice(ERRORS)
        share = random.uniform(0.0, 1.0)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            answer = _first_fit(case, error, share, times.get(case))
            os.write(writer, json.dumps(answer).encode())
            os._exit(0)
        os.close(writer)
        with open(reader) as pipe:
            answer = pipe.read()
        status = os.waitpid(child, 0)[1]
        if status or not answer:
            wrong.append(f"{case}, {error.__name__} at {share:.3f}: status {status}")
        elif case not in times:
            seconds, names = json.loads(answer)
            times[case] = seconds, set(names)
        elif json.loads(answer) == "":
            n_late += 1
        elif json.loads(answer):
            wrong.append(f"{case}, {error.__name__} at {share:.3f}: {json.loads(answer)}")
    print(json.dumps([wrong, n_late, {case: seconds for case, (seconds, _) in times.items()}]))


def _first_fit(case, error, share, reference):
    if reference is not None:
        return check(case, error, share, reference, signal.ITIMER_PROF)
    estimator, method, arguments = CASES[case]()
    start = time.process_time()
    getattr(estimator, method)(*arguments)
    return time.process_time() - start, sorted(vars(estimator))


def while_compiling(case, pause):
    """Interrupt a fit again and again, until it has its kernels; print what came and how late."""
    warnings.simplefilter("ignore")
    wrong, delays = [], []
    for number in range(1000):
        error = ERRORS[number % len(ERRORS)]
        estimator, method, arguments = CASES[case]()
        before = copy.deepcopy(vars(estimator))
        call = functools.partial(getattr(estimator, method), *arguments)
        raised, came, delay = attempt(call, error, pause)
        if raised is None:
            break
        delays.append(delay)
        if came is not raised or not same(before, vars(estimator)):
            wrong.append(f"the handler raised {raised!r}, but {came!r} came")
    print(json.dumps([wrong, delays, len(estimator.predict(X))]))


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    globals()[what](*map(json.loads, numbers))

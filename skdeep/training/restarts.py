"""Training from several initialisations, of which the best network is kept."""

import _thread
import copy
import functools
import threading
import warnings
from collections import deque
from contextlib import contextmanager

import numpy as np
from sklearn import config_context, get_config

from skdeep.engines import signals
from skdeep.engines.compilation import no_thread
from skdeep.network.layout import are_finite
from skdeep.training.fitting import fit
from skdeep.training.interruption import Interruption
from skdeep.training.result import Restart
from skdeep.training.user_warnings import warn_user


def draw_seeds(random_state, n_restarts):
    """Return a seed for every restart but the first, and leave the generator as it is.

    Parameters
    ----------
    random_state : numpy.random.RandomState
    n_restarts : int

    Returns
    -------
    seeds : list of int
        Those of fewer restarts are the first of those of more.
    """
    if n_restarts == 1:
        return []
    twin = copy.deepcopy(random_state)  # which may be of another bit generator than MT19937
    return twin.randint(np.iinfo(np.int32).max, size=n_restarts - 1).tolist()


def fit_best(recipe, data, network, setup, *, seeds, draw, listeners):
    """Train a network from several initialisations, in threads; return the result of the best.

    Parameters
    ----------
    recipe : Recipe
    data : Data
    network : FlatNetwork
        The first initialisation.
    setup : Setup
        Of the first initialisation; others have a random state of their own.
    seeds : list of int
        Of the further initialisations.
    draw : callable
        ``draw(random_state)`` returns the parameters of one.
    listeners : list of Listener or None
        One for each initialisation; None where nobody listens.

    Returns
    -------
    result : Result
        Its parameters are not finite if training diverged from everywhere.
    """
    interruption, begins = Interruption(), [(network, setup)]
    for seed in seeds:
        random_state = np.random.RandomState(seed)
        other = network._replace(vector=draw(random_state))
        begins.append((other, setup._replace(random_state=random_state)))
    jobs = [
        functools.partial(fit, recipe, data, *begin, listener, interruption)
        for begin, listener in zip(begins, listeners, strict=True)
    ]
    n_threads, results = min(len(jobs), setup.engine.most_fits), []
    if n_threads > 1:
        with warnings.catch_warnings():
            # scipy keeps its solvers' from users, but what it does for that is not for threads.
            warnings.filterwarnings("ignore", "The line search algorithm did not converge")
            results, interrupted = in_threads(jobs, n_threads, interruption)
        if interrupted and all(result.stop_reason != "interrupted" for result in results):
            warn_user("Training interrupted by user.")
    else:
        for job in jobs:
            results.append(job())
    restarts = [as_restart(s, r, recipe) for s, r in zip([None, *seeds], results, strict=True)]
    best = max(range(len(restarts)), key=lambda i: _rank(restarts[i]))
    return results[best]._replace(restarts=restarts, best_restart=best)


def _rank(restart):
    """Return what the best restart has most of."""
    return restart.stop_reason != "diverged", restart.score


def in_threads(jobs, n_threads, interruption):
    """Call functions in some threads, each the training of a network.

    Parameters
    ----------
    jobs : list of callable
        ``job()`` returns a result.
    n_threads : int
        Most threads at a time.
    interruption : Interruption
        Which the jobs check. Ctrl-C interrupts them, and an exception has them given up.

    Returns
    -------
    results : list
        Of all jobs, in their order.
    interrupted : bool
        Whether Ctrl-C was pressed.
    """
    settings = get_config()  # scikit-learn's are those of a thread
    waiting, results, state = deque(range(len(jobs))), [None] * len(jobs), _Outcomes(len(jobs))

    def work():
        while not state.errors:
            try:
                index = waiting.popleft()
            except IndexError:
                return
            with state.recorded(), config_context(**settings):
                results[index] = jobs[index]()

    try:
        _start_threads(n_threads, work)
        interrupted = state.wait(interruption)
        if state.errors:
            raise state.errors.pop(0)
    except BaseException:
        waiting.clear()
        interruption.give_up()
        raise
    return results, interrupted


def _start_threads(n_threads, work):
    """Start daemon threads that call a function: fewer where the system has no more.

    Not those of a pool: those of `multiprocessing` lose exceptions of signal handlers, and those of
    `concurrent.futures` keep the process from ending. Another thread starts them: an exception of a
    signal handler within `Thread.start` would leave a thread behind that fails and never ends.
    """

    def start():
        try:
            for _ in range(n_threads):
                threading.Thread(target=work, name="skdeep-restart", daemon=True).start()
        except RuntimeError:
            work()

    try:
        _thread.start_new_thread(start, ())
    except RuntimeError as error:
        if not no_thread(error):
            raise
        work()


class _Outcomes:
    """Which restarts have ended, in the order in which they do.

    Parameters
    ----------
    n_restarts : int

    Attributes
    ----------
    errors : list
        Exceptions of those that have failed.
    """

    def __init__(self, n_restarts):
        self.n_restarts, self.n_ended, self.errors = n_restarts, 0, []
        self._lock, self._news = threading.Lock(), threading.Event()

    @contextmanager
    def recorded(self):
        """Record the end of a restart, and its exception if there is one."""
        try:
            yield
        except BaseException as error:  # a KeyboardInterrupt, too, which is no Ctrl-C here
            self.errors.append(error)
        finally:
            with self._lock:
                self.n_ended += 1
            self._news.set()

    def wait(self, interruption):
        """Wait until all restarts have ended or one has failed; Ctrl-C ends the training of all.

        Parameters
        ----------
        interruption : Interruption

        Returns
        -------
        interrupted : bool
            Whether Ctrl-C was pressed.
        """
        interrupted = False
        while True:
            try:
                while self.n_ended < self.n_restarts and not self.errors:
                    signals.deliver()
                    self._news.wait(signals.INTERVAL)
                    self._news.clear()  # what has ended meanwhile is counted
                return interrupted
            except KeyboardInterrupt:
                interrupted = True
                interruption.interrupt()


def as_restart(seed, result, recipe):
    """Return what became of an initialisation.

    Parameters
    ----------
    seed : int or None
    result : Result
    recipe : Recipe

    Returns
    -------
    restart : Restart
    """
    history, early_stopping = result.history, recipe.validation.early_stopping
    scores = losses = None
    if history is not None and (early_stopping or history.scores):
        scores, losses = history.scores, history.validation_losses
    if not are_finite(result.vector):
        score = -np.inf
    elif scores:
        # Early stopping keeps the weights that scored best, otherwise the last ones stay.
        score = history.best_score if early_stopping else scores[-1]
    else:
        score = -result.loss
    return Restart(
        seed,
        -np.inf if np.isnan(score) else float(score),
        float(result.loss),
        [] if history is None else history.losses,
        scores,
        losses,
        result.n_iter,
        result.stop_reason,
    )

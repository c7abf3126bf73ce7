"""Training from several initialisations, of which the best network is kept."""

import _thread
import copy
import queue
import threading
from collections import deque
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from sklearn import config_context, get_config

from skdeep.engines.compilation import no_thread
from skdeep.engines.cpu.engine import Data
from skdeep.estimators.choices import Choices
from skdeep.estimators.listening import Fit
from skdeep.estimators.validation import ValidationSet
from skdeep.network.layout import Layout, are_finite
from skdeep.training.interruption import Interruption
from skdeep.training.stochastic import Run
from skdeep.training.user_warnings import warn_user


class Work(NamedTuple):
    """What a network is trained on.

    Attributes
    ----------
    layout : Layout
    data : Data
    choices : Choices
    run : Run or None
        None for solvers that need all rows at once.
    validation : ValidationSet or None
    fit : Fit or None
        To tell callbacks; None without any.
    weight_unit : float
        What the weights of the samples are multiples of.
    interruption : Interruption or None
        Of all networks that are trained at the same time; None for a single one.
    """

    layout: Layout
    data: Data
    choices: Choices
    run: Run | None
    validation: ValidationSet | None = None
    fit: Fit | None = None
    weight_unit: float = 1.0
    interruption: Interruption | None = None

    def with_random_state(self, random_state):
        """Return the same work with random numbers of its own."""
        run = self.run
        return self._replace(run=run and run._replace(random_state=random_state))

    def listener(self, index=0):
        """Return who listens to the training of one of the networks, or None."""
        return self.fit and self.fit.listeners[index]


class Restart(NamedTuple):
    """What became of one initialisation.

    Attributes
    ----------
    seed : int or None
        What the initial weights and the order of the samples were drawn with; None for the
        estimator's own ``random_state``, with which the first begins.
    score : float
        By which the best is chosen: the validation score, or without a validation set the negative
        training loss. ``-inf`` where the weights are not finite. One whose training diverged is
        only chosen if that of all did.
    loss : float
        Training loss at the end.
    loss_curve : list of float
        Training loss of every epoch; empty with 'lbfgs'.
    validation_scores, validation_loss_curve : list of float or None
        Score and loss on the validation set after every epoch.
    n_iter : int
        Epochs or iterations.
    stop_reason : str
        Why training ended.
    """

    seed: int | None
    score: float
    loss: float
    loss_curve: list
    validation_scores: list | None
    validation_loss_curve: list | None
    n_iter: int
    stop_reason: str


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


def train_all(estimator, vector, work, seeds, draw):
    """Train from every initialisation, in threads, and let the estimator become the best.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With a network that has not been trained yet; gets the attributes of the best.
    vector : array of shape (n_parameters,)
        Its parameters.
    work : Work
    seeds : list of int
        Of the further initialisations.
    draw : callable
        ``draw(random_state)`` returns parameters.

    Returns
    -------
    vector : array of shape (n_parameters,)
        The best parameters; not finite if training diverged from everywhere.
    """
    interruption = Interruption()
    if seeds:
        work = work._replace(interruption=interruption)
    # A thread may still set attributes when an exception of a signal handler has ended the fit.
    jobs = [(estimator._shallow_copy() if seeds else estimator, vector, work, work.listener())]
    for index, seed in enumerate(seeds, 1):
        random_state = np.random.RandomState(seed)
        start = draw(random_state)
        other = work.with_random_state(random_state)
        jobs.append((estimator._shallow_copy(), start, other, work.listener(index)))
    networks = [network for network, *_ in jobs]
    vectors = _in_threads(jobs, estimator._engine().most_fits, interruption)
    pairs = zip([None, *seeds], networks, vectors, strict=True)
    restarts = [_record(seed, network, reached) for seed, network, reached in pairs]
    best = max(range(len(restarts)), key=lambda i: _rank(restarts[i]))
    vars(estimator).update(vars(networks[best]))
    estimator.restarts_, estimator.best_restart_ = restarts, best
    return vectors[best]


def _rank(restart):
    """Return what the best restart has most of."""
    return restart.stop_reason != "diverged", restart.score


def _in_threads(jobs, most_fits, interruption):
    """Train every network; return the parameters reached."""
    n_jobs = min(len(jobs), most_fits)
    if n_jobs == 1:
        return [_train(*job) for job in jobs]
    settings = get_config()  # scikit-learn's are those of a thread
    waiting, vectors, state = deque(range(len(jobs))), [None] * len(jobs), _Outcomes(len(jobs))

    def work():
        while not state.errors:
            try:
                index = waiting.popleft()
            except IndexError:
                return
            with state.recorded(), config_context(**settings):
                vectors[index] = _train(*jobs[index])

    try:
        _start_threads(n_jobs, work)
        interrupted = state.wait(interruption)
        if state.errors:
            raise state.errors.pop(0)
    except BaseException:
        waiting.clear()
        interruption.give_up()
        raise
    if interrupted and all(network.stop_reason_ != "interrupted" for network, *_ in jobs):
        warn_user("Training interrupted by user.")
    return vectors


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
        self._lock, self._news = threading.Lock(), queue.SimpleQueue()

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
            self._news.put(None)

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
                    self._news.get()
                return interrupted
            except KeyboardInterrupt:  # what it may have taken out of the queue is counted
                interrupted = True
                interruption.interrupt()


def _train(network, vector, work, listener):
    return network._train(vector, work, listener)


def _record(seed, network, vector):
    loss = float(getattr(network, "loss_", np.inf))  # none if Ctrl-C came within the first epoch
    scores = getattr(network, "validation_scores_", None)
    if not are_finite(vector):
        score = -np.inf
    elif scores:
        # Early stopping keeps the weights that scored best, otherwise the last ones stay.
        score = network.best_validation_score_ if network.early_stopping else scores[-1]
    else:
        score = -loss
    return Restart(
        seed,
        -np.inf if np.isnan(score) else float(score),
        loss,
        getattr(network, "loss_curve_", []),
        scores,
        getattr(network, "validation_loss_curve_", None),
        network.n_iter_,
        network.stop_reason_,
    )

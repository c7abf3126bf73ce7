"""How many members, and epochs of each, fit into a limit of time.

The schedule of the learning rate stretches over all epochs of a member and ends at 0, so that the
number of epochs has to be known before training begins. It follows from the time that short
trainings on a few rows take, side by side on as many threads as the members.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from skdeep.tabular.ensemble.samples import take
from skdeep.training.listening import Listener

#: Rows of the short trainings, and their epochs, of which the first warms up.
ROWS_OF_PROBE, EPOCHS_OF_PROBE = 4000, 3
#: Rows and members of the fit that loads the kernels.
ROWS_OF_LOADING, MEMBERS_OF_LOADING = 64, 3
#: Share of the time that is planned with; the rest is for what cannot be foreseen.
SHARE = 0.9
#: Share of the usual epochs that members have at least where there is time for several of them.
LEAST_EPOCHS = 0.5
#: A row of a validation set costs this much of a row that is trained on.
COST_OF_VALIDATION = 1 / 3
#: Share of the time that the choice of tree features may take.
SHARE_OF_TRIAL = 0.1
#: Share of the time that the encodings may take, unless there is only one.
SHARE_OF_ENCODINGS = 0.25
#: A member with tree features costs this much of one without.
COST_OF_TREES = 1.3


#: Kinds of fits whose kernels this process has loaded.
_LOADED = set()


class TimeLimit:
    """A limit of the time of a fit.

    Parameters
    ----------
    left : callable
        ``left()`` returns how many seconds are left.
    """

    def __init__(self, left):
        self.left = left
        self.seconds = left()

    def allows_encoding(self, n_encodings):
        """Return whether there is time for one more encoding than there are already.

        Parameters
        ----------
        n_encodings : int
        """
        if n_encodings == 0:
            return True
        used = max(0.0, self.seconds - self.left())
        return used * (1 + 1 / n_encodings) <= SHARE_OF_ENCODINGS * self.seconds


def load_kernels(estimator, samples, y, is_classification):
    """Load the kernels of a fit, or compile them, by an epoch of small members on some rows.

    A process does that once, and it takes longer than many epochs, so that the time of a fit begins
    afterwards.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
        It is not changed.
    samples : Samples
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers of classes, or numbers.
    is_classification : bool
    """
    depth, is_weighted = np.size(estimator.hidden_layer_sizes), samples.weights is not None
    n_classes = min(3, int(y.max()) + 1) if is_classification else 0
    kind = type(estimator), depth, n_classes, y.ndim, is_weighted, repr(vars(estimator).get("loss"))
    if kind in _LOADED:
        return
    _LOADED.add(kind)
    rows = rows_of_probe(y, is_classification, np.random.RandomState(0), ROWS_OF_LOADING)
    parameters = {
        "n_ensemble": MEMBERS_OF_LOADING,
        "max_iter": 1,
        "tree_features": False,
        "oof_predictions": False,
        "random_state": 0,
        "verbose": False,
    }
    small = type(estimator)(**{**estimator.get_params(deep=False), **parameters})
    weights = None if samples.weights is None else samples.weights[rows]
    try:
        small.fit(take(samples.X, rows), _safe_indexing(samples.y, rows), weights)
    except (TypeError, ValueError):  # of these rows, as where columns are constant, or of all
        return


class Cost(NamedTuple):
    """What the training of a member costs.

    Attributes
    ----------
    rows : float
        Seconds to make its rows.
    epoch : float
        Seconds of an epoch.
    """

    rows: float
    epoch: float

    def with_trees(self):
        """Return the cost of a member that reads leaves of trees, too."""
        return Cost(self.rows * COST_OF_TREES, self.epoch * COST_OF_TREES)


class Stopwatch(Listener):
    """Measures the time of epochs.

    Attributes
    ----------
    seconds : float
        The least time of an epoch but the first.
    """

    def __init__(self):
        self.seconds, self._began = np.inf, 0.0

    def begin(self, epoch):
        """Take note of the time."""
        self._began = time.perf_counter()

    def end(self, epoch):
        """Take note of the time that an epoch has taken."""
        if epoch.number > 1:
            self.seconds = min(self.seconds, time.perf_counter() - self._began)
        return False


def rows_of_probe(y, is_classification, random_state, n_rows=ROWS_OF_PROBE):
    """Return the rows of a short training, some of every class among them.

    Parameters
    ----------
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    is_classification : bool
    random_state : RandomState
    n_rows : int, default=ROWS_OF_PROBE
        How many, if there are more.

    Returns
    -------
    rows : array of int
        Increasing.
    """
    drawn = np.arange(len(y))
    if len(y) > n_rows:
        drawn = random_state.choice(len(y), n_rows, replace=False)
    if is_classification:
        drawn = np.concatenate([drawn, np.unique(y, return_index=True)[1]])
    return np.unique(drawn)


def measure(jobs, is_classification, random_state, train: Callable):
    """Return the cost of members.

    Parameters
    ----------
    jobs : list of Job
        Of as many members as train side by side.
    is_classification : bool
    random_state : RandomState
    train : callable
        ``train(jobs)`` trains the networks of jobs.

    Returns
    -------
    cost : Cost
    """
    job, began = jobs[0], time.perf_counter()
    data = job.data.load()
    seconds_of_rows = time.perf_counter() - began
    rows = rows_of_probe(data.y, is_classification, random_state)
    n_training = len(data.y) if job.training is None else len(job.training)
    n_validation = 0 if job.held_out is None else len(job.held_out)
    n_validation = n_validation if job.validation is None else len(job.validation.y)
    data = data.take(rows)._replace(weights=None)
    watches = [Stopwatch() for _ in jobs]
    train([_probe(job, data, watch) for watch in watches])
    of_row = float(np.mean([watch.seconds for watch in watches])) / len(rows)
    return Cost(seconds_of_rows, of_row * (n_training + COST_OF_VALIDATION * n_validation))


def _probe(job, data, watch):
    """Return the job of a short training, without a validation set."""
    network = clone(job.network).set_params(
        max_iter=EPOCHS_OF_PROBE,
        early_stopping=False,
        batch_size=min(job.network.batch_size, len(data.y)),
    )
    return job._replace(
        network=network,
        data=data,
        validation=None,
        training=None,
        held_out=None,
        listen=lambda job, leaves: watch,
        name=None,
    )


def plan(seconds, cost, n_members, n_groups, n_epochs, n_threads):
    """Return how many members fit into a time, and how many epochs of each.

    They are as many as have half of the usual epochs. Where there is no time for that, as many as
    train side by side have fewer.

    Parameters
    ----------
    seconds : float
        That are left.
    cost : Cost
    n_members : int
        Most members, of each group.
    n_groups : int
        Of members that predict the same, as of each of several quantiles.
    n_epochs : int
        The usual epochs.
    n_threads : int
        Members that train side by side.

    Returns
    -------
    n_members : int
        Of each group, at least 1.
    n_epochs : int
        At least 1.
    """

    def turns(members):
        return -(-members * n_groups // n_threads)

    def epochs(members):
        left = SHARE * seconds / turns(members) - cost.rows
        return int(np.clip(left / max(cost.epoch, 1e-9), 1, n_epochs))

    for members in range(n_members, 0, -1):
        if epochs(members) >= LEAST_EPOCHS * n_epochs:
            return members, epochs(members)
    members = max(1, min(n_members, n_threads // n_groups))
    return members, epochs(members)


def seconds_of_trial(cost, share, n_epochs, n_threads):
    """Return how long the choice of tree features takes: two networks, on some of the rows.

    Parameters
    ----------
    cost : Cost
    share : float
        Of the rows.
    n_epochs : int
        Of such a network.
    n_threads : int

    Returns
    -------
    seconds : float
    """
    both = cost.epoch * share * n_epochs * (1 + COST_OF_TREES)
    return cost.rows + (both if n_threads == 1 else both / 2)

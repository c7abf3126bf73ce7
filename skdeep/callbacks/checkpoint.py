"""Keep training on disk, and go on with it after the process has died."""

import pathlib
import reprlib
import threading
import time
import warnings
from numbers import Integral, Real

import numpy as np

from skdeep.callbacks import _storage
from skdeep.callbacks._base import Callback, fill_in, find_fit, get_epoch, task_ids
from skdeep.training.listening import Snapshot

#: Part of a description -> what is wrong where it differs.
MISMATCHES = {
    "architecture": "is of another network",
    "parameters": "is of a fit with other parameters",
    "data": "is of other data (features, targets, weights or validation set)",
    "start": "is of a fit that began with other weights or another random_state",
}
SEVERAL = (
    "Several networks would be kept in {}: put {{task}} into the name, as in "
    "Checkpoint('model-{{task}}.npz')."
)


class Checkpoint(Callback):
    """Keep the state of training in a file, and go on from it.

    The file holds all that training depends on: weights, the solver's state, the random generator,
    history, counters, learning rate, the best weights of early stopping. A fit that finds it goes
    on where it was written and ends with the same bits as one that was never interrupted. When a
    fit has ended, the file stays: the same fit would then return its result at once. To begin
    anew, delete it or set ``resume=False``.

    Files are written in one step: one that cannot be written (a full disk) is a warning, training
    goes on, and the old file stays. They are arrays and text, of which nothing is executed when
    they are read. Files of another network, other parameters or other data are refused; only
    `max_iter` may differ (without a schedule over the whole training), so that a fit can be
    prolonged, `verbose` and `n_threads`. Of functions (`augment`, `scoring`) the names are
    compared.

    For `fit` by solvers that update weight by weight and 'bold_driver': the state of 'lbfgs' and
    'cg' is within scipy. Not for ``partial_fit``, whose calls go on from each other anyway.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists. ``{task}`` in its name becomes the numbers of the task:
        in searches and with ``n_restarts``, every network needs a file of its own.
    every : int, default=1
        Epochs from one checkpoint to the next.
    seconds : float, default=0
        Least time between them. The end of training is always kept.
    resume : bool, default=True
        Whether to go on from the file if there is one. Otherwise it is replaced.

    Raises
    ------
    ValueError
        If a parameter is out of its range; when a fit begins, if the file is no checkpoint or not
        one of this fit, or the fit cannot be resumed.
    OSError
        When a fit begins, if the file cannot be written.
    ImportError
        If scikit-learn is older than 1.9.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import Checkpoint, TimeBudget
    >>> X, y = load_iris(return_X_y=True)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.npz")
    >>> clf = MLPClassifier((5,), solver="rprop", random_state=0)
    >>> cut = clf.set_callbacks(Checkpoint(path), TimeBudget(1e-9)).fit(X, y)
    >>> cut.n_iter_, cut.stop_reason_
    (1, 'callback')
    >>> losses = clf.set_callbacks(Checkpoint(path)).fit(X, y).loss_curve_
    >>> losses == clf.set_callbacks().fit(X, y).loss_curve_
    True
    """

    def __init__(self, path, *, every=1, seconds=0, resume=True):
        super().__init__()
        if not isinstance(every, Integral) or isinstance(every, bool) or every < 1:
            raise ValueError(f"every must be an integer from 1 on, got {every!r}.")
        if not isinstance(seconds, Real) or isinstance(seconds, bool) or not seconds >= 0:
            raise ValueError(f"seconds must be a number from 0 on, got {seconds!r}.")
        self.path, self.every, self.seconds = pathlib.Path(path), every, seconds
        self.resume = resume
        self._lock = threading.Lock()

    def resume_random_state(self, estimator, context):
        """Return the random state that a fit without one of its own began with, or None.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext

        Returns
        -------
        state : tuple of an array and a dict, or None
        """
        path = fill_in(self.path, context)
        if getattr(estimator, "n_restarts", 1) > 1:  # all begin from one; the first has the numbers of its fit
            path = path.with_name(self.path.name.replace("{task}", _first_restart(context)))
        if not self.resume or not path.exists():
            return None
        header, arrays = _storage.read(path)
        if "start" not in arrays or not isinstance(header.get("start"), dict):
            raise ValueError(f"{path} is no checkpoint of skdeep, or damaged.")
        return arrays["start"], header["start"]

    def resume_training(self, estimator, context, run):
        """Return where training is to go on, or None.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext
        run : RunDescription

        Returns
        -------
        snapshot : Snapshot or None
        """
        if run.incremental:
            raise ValueError("Checkpoint is for fit: calls of partial_fit go on from each other.")
        if run.blank is None:
            raise ValueError(
                f"Checkpoint is for solvers that can be resumed; that of solver={run.solver!r} "
                "keeps its state within scipy."
            )
        path = fill_in(self.path, context)
        with self._lock:
            if any(state.path == path for state in self._states.values()):
                raise ValueError(SEVERAL.format(path))
            state = self._states[id(context)] = _Kept(path, run)
        if not self.resume or not path.exists():
            return None
        return state.load()

    def on_fit_task_begin(self, estimator, context):
        """Write the first checkpoint: better now than never is learned that it cannot be."""
        epoch = get_epoch(context)
        if not context.sequential_subtasks and fill_in(self.path, context) == self.path:
            raise ValueError(SEVERAL.format(self.path))  # restarts
        if epoch is not None and epoch.number == 0:
            self._states[id(find_fit(context))].save(epoch)

    def on_fit_task_end(self, estimator, context):
        """Write a checkpoint when it is due."""
        epoch, fit = get_epoch(context), find_fit(context)
        if epoch is None or not epoch.is_present or id(fit) not in self._states:
            return
        state, ends = self._states[id(fit)], fit is context or epoch.stop_reason
        due = epoch.number % self.every == 0 and time.monotonic() - state.when >= self.seconds
        if epoch.number == state.number or not (ends or due):
            return
        try:
            state.save(epoch)
        except OSError as error:
            warnings.warn(
                f"The checkpoint {state.path} could not be written, and remains that of epoch "
                f"{state.number}: {error}. Training goes on.",
                stacklevel=2,
            )

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_lock"}

    def __setstate__(self, state):
        vars(self).update(state)
        self._lock = threading.Lock()


class _Kept:
    """A training run and its file."""

    def __init__(self, path, run):
        self.path, self._run = path, run
        self._description = run.description  # of now, before anything is drawn
        self.when, self.number = time.monotonic(), None

    def load(self):
        """Return the snapshot in the file."""
        header, arrays = _storage.read(self.path)
        for part, ours in self._description.items():
            theirs = header.get("description", {}).get(part)
            if theirs != ours:
                raise ValueError(self._refusal(part, theirs, ours))
        arrays.pop("start", None)
        numbers = header.get("numbers")
        snapshot = Snapshot(arrays, numbers if isinstance(numbers, dict) else {})
        try:
            self._run.check(snapshot)
        except ValueError as error:
            raise ValueError(f"{self.path} is a damaged checkpoint: {error}.") from error
        self.number = snapshot.numbers["n_epochs"]
        return snapshot

    def _refusal(self, part, theirs, ours):
        what = MISMATCHES[part]
        if isinstance(ours, dict) and isinstance(theirs, dict):
            names = [name for name in ours if ours[name] != theirs.get(name)]
            pairs = [
                (name, reprlib.repr(theirs.get(name)), reprlib.repr(ours[name])) for name in names
            ]
            what += ": " + ", ".join(f"{name}={old} instead of {new}" for name, old, new in pairs)
        return f"{self.path} {what}. Use another file, or replace it by resume=False."

    def save(self, epoch):
        """Write an epoch to the file."""
        snapshot = epoch.snapshot()
        if not np.isfinite(snapshot.arrays["vector"]).all():
            return  # training has diverged: what there is, is better
        key, start = self._run.start
        header = {
            "description": self._description,
            "numbers": snapshot.numbers,
            "start": start,
        }
        _storage.write(self.path, header, {**snapshot.arrays, "start": key})
        self.when, self.number = time.monotonic(), epoch.number


def _first_restart(context):
    """Return what ``{task}`` stands for in the first of several restarts."""
    return "-".join(map(str, [*task_ids(context), 0]))

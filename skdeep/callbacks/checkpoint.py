"""Save the state of training to disk and resume interrupted fits."""

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
    """Save the state of training to a file and resume an interrupted fit with identical results.

    The file contains the complete state of training: weights, state of the solver, random
    generator, history, counters, learning rate and the best weights of early stopping. If the file
    exists when a fit begins, training resumes from it and ends with exactly the same result as an
    uninterrupted fit. The file is kept when a fit has ended, so that repeating the fit returns its
    result immediately. To start a new fit, delete the file or set ``resume=False``.

    Files are replaced atomically: if a file cannot be written, for example because the disk is
    full, a warning is issued, training continues, and the previous file is kept. The files contain
    arrays and text; reading them executes no code. A file of another network, other parameters or
    other data raises an error. Only `verbose`, `n_threads` and `max_iter` may differ; `max_iter`
    only if no schedule depends on it. Functions (`augment`, `scoring`) are compared by name.

    Supported for `fit` with all solvers except 'lbfgs' and 'cg', whose state is inside scipy. Not
    supported for ``partial_fit``.

    Parameters
    ----------
    path : str or path-like
        File name, in an existing folder. ``{task}`` in the name is replaced by the numbers of the
        task. It is required in searches and with ``n_restarts``, where each network needs its own
        file.
    every : int, default=1
        Number of epochs between two checkpoints.
    seconds : float, default=0
        Minimum time between two checkpoints. A checkpoint is always written at the end of training.
    resume : bool, default=True
        Whether to resume from the file if it exists. If False, it is replaced.

    Raises
    ------
    ValueError
        If a parameter is out of its range. When a fit begins, if the file is not a checkpoint of
        this fit, or the fit cannot be resumed.
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
        """Return the random state at the beginning of a fit with ``random_state=None``, or None.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext

        Returns
        -------
        state : tuple of an array and a dict, or None
        """
        path = fill_in(self.path, context)
        if getattr(estimator, "n_restarts", 1) > 1:  # all begin from one: the first's file
            path = path.with_name(self.path.name.replace("{task}", _first_restart(context)))
        if not self.resume or not path.exists():
            return None
        header, arrays = _storage.read(path)
        if "start" not in arrays or not isinstance(header.get("start"), dict):
            raise ValueError(f"{path} is no checkpoint of skdeep, or damaged.")
        return arrays["start"], header["start"]

    def resume_training(self, estimator, context, run):
        """Return the state from which training is to be resumed, or None.

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
        """Write the first checkpoint, so that errors are raised before training."""
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

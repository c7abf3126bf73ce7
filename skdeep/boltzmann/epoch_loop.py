"""Training epoch by epoch, with callbacks, checkpoints and messages."""

import json
import time
from types import SimpleNamespace

import numpy as np

from skdeep.estimators.callback_tasks import begin_fit
from skdeep.training.listening import Epoch, Snapshot
from skdeep.training.run_description import digest
from skdeep.training.stochastic.resuming import check_counter, generator_state, set_generator


class Machine:
    """What `EpochLoop` trains.

    Attributes
    ----------
    arrays : dict of str to array
        All that changes in training. To go on from a checkpoint, their contents are replaced.
    random_state : numpy.random.RandomState
    """

    def epoch(self):
        """Train on all rows once."""
        raise NotImplementedError

    def bring_up_to_date(self):
        """Let `arrays` be what training has reached."""

    def take_over(self):
        """Go on from what `arrays` holds."""


def begin(estimator, n_iter, X, y=None, incremental=False):
    """Tell the estimator's callbacks that a fit begins.

    Parameters
    ----------
    estimator : estimator
    n_iter : int
        Epochs.
    X, y : array-like
        As the user gave them.
    incremental : bool, default=False
        Whether it is a call of `partial_fit`.

    Returns
    -------
    fit : skdeep.estimators.callback_tasks.Fit or None
        None if the estimator has no callbacks.
    """
    stopping = SimpleNamespace(max_iter=n_iter)
    recipe = SimpleNamespace(incremental=incremental, stopping=stopping)
    return begin_fit(estimator, recipe, X, y, None, n_networks=1)


class EpochLoop:
    """Trains a machine for some epochs.

    Parameters
    ----------
    machine : Machine
    n_iter : int
    name : str
        Of the estimator, for messages.
    fit : skdeep.estimators.callback_tasks.Fit or None
        What tells callbacks.
    parameters : dict
        Of the estimator, to be compared with those of a checkpoint.
    data : tuple of arrays
        What it is trained on.
    report : callable or None
        ``report()`` returns what is printed after every epoch; None prints nothing.
    incremental : bool, default=False
        Whether it is a call of `partial_fit`.

    Attributes
    ----------
    n_epochs : int
        Epochs done.
    stop_reason : str
        Why training ended: 'max_iter', or what a callback has set.
    """

    solver = "contrastive_divergence"

    def __init__(
        self,
        machine,
        n_iter,
        name,
        fit=None,
        parameters=None,
        data=(),
        report=None,
        incremental=False,
    ):
        self.machine, self.n_iter, self.name, self.report = machine, n_iter, name, report
        self.listener = None if fit is None else fit.listeners[0]
        self.incremental = incremental
        self.start = None if fit is None else fit.start
        self.n_epochs, self.stop_reason, self.losses = 0, "max_iter", []
        self._parameters, self._data = parameters or {}, data

    def run(self):
        """Train; return this loop."""
        if self.listener is not None:
            snapshot = self.listener.start(lambda _: self, self)
            if snapshot is not None:
                self._go_on(snapshot)
        before = time.monotonic()
        while self.n_epochs < self.n_iter:
            if self.listener is not None:
                self.listener.begin(self._epoch())
            self.machine.epoch()
            self.n_epochs += 1
            self.machine.bring_up_to_date()
            self._check()
            if self.report is not None:
                text = self.report()
                after = time.monotonic()
                print(
                    f"[{self.name}] Iteration {self.n_epochs}, {text}, time = {after - before:.2f}s"
                )
                before = after
            if self._ends():
                break
        return self

    def _ends(self):
        """Return whether a callback ends training."""
        if self.listener is None:
            return False
        epoch = self._epoch("" if self.n_epochs < self.n_iter else "max_iter")
        if not self.listener.end(epoch):
            return False
        self.stop_reason = epoch.stop_reason or "callback"
        return True

    def _epoch(self, stop_reason=""):
        return Epoch(self.n_epochs, stop_reason=stop_reason, source=self)

    def _check(self):
        """Raise an error if training has diverged."""
        if not all(np.isfinite(array).all() for array in self.machine.arrays.values()):
            raise ValueError(
                f"Training of {self.name} has diverged in iteration {self.n_epochs}: parameters "
                "are no longer finite. Use a smaller learning_rate, or scale the features."
            )

    # What a callback asks of an epoch's source.

    def parameters(self):
        """Return a copy of all that changes in training, as one vector."""
        return np.concatenate([array.reshape(-1) for array in self.machine.arrays.values()])

    def snapshot(self):
        """Return a `Snapshot`, from which training can go on."""
        key, numbers = generator_state(self.machine.random_state)
        arrays = {"vector": self.parameters(), "generator": key}
        return Snapshot(arrays, {**numbers, "n_epochs": self.n_epochs})

    # What a checkpoint asks of a run.

    @property
    def blank(self):
        """Return what snapshots look like."""
        return self.snapshot

    @property
    def description(self):
        """Return what is to be the same in a fit that goes on from a checkpoint."""
        shapes = {name: list(array.shape) for name, array in self.machine.arrays.items()}
        dtypes = {array.dtype.name for array in self.machine.arrays.values()}
        left_out = ("n_iter", "verbose", "random_state", "n_threads")
        kept = {name: v for name, v in self._parameters.items() if name not in left_out}
        key, numbers = generator_state(self.machine.random_state)
        described = {
            "architecture": {"name": self.name, **shapes, "dtype": sorted(dtypes)},
            "parameters": kept,
            "data": digest(*self._data),
            "start": digest(self.parameters(), key, np.array(sorted(numbers.values()), float)),
        }
        return json.loads(json.dumps(described, default=repr))

    def check(self, snapshot):
        """Raise a ValueError if training cannot go on from a snapshot."""
        snapshot.check(self.snapshot())
        check_counter("'n_epochs'", snapshot.numbers["n_epochs"])
        set_generator(np.random.RandomState(), snapshot.arrays["generator"], snapshot.numbers)

    def _go_on(self, snapshot):
        place = 0
        for array in self.machine.arrays.values():
            part = snapshot.arrays["vector"][place : place + array.size]
            array[...] = part.reshape(array.shape)
            place += array.size
        set_generator(self.machine.random_state, snapshot.arrays["generator"], snapshot.numbers)
        self.n_epochs = snapshot.numbers["n_epochs"]
        self.machine.take_over()

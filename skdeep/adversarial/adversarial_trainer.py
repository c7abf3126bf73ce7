"""The training of two networks against each other: epochs, what is recorded, and when it ends."""

from typing import NamedTuple

import numpy as np

from skdeep.adversarial.adversarial_batches import Segments
from skdeep.adversarial.adversarial_snapshots import Present, go_on
from skdeep.adversarial.collapse import COLLAPSE
from skdeep.engines import signals
from skdeep.engines.cpu.runs.adversarial import AdversarialTraining
from skdeep.training.divergence import NOT_FINITE, WEIGHT_FACTOR
from skdeep.training.listening import Epoch
from skdeep.training.result import Result
from skdeep.training.stochastic.run import History
from skdeep.training.user_warnings import warn_user


class AdversarialRun(NamedTuple):
    """What is trained, and how.

    Attributes
    ----------
    samples : Samples
    sides : tuple of two Side
        The generator, with the regularisation of the composite, and the discriminator.
    composite : Layout
    objective : Objective
    states : tuple of two SolverState
        That training begins with.
    losses : tuple of two lists of float
        Of earlier calls that training goes on from.
    seen : int
        Samples seen by them.
    seed : int
        Of all that is drawn in training.
    max_iter : int
        Most epochs.
    incremental : bool
        Whether this is one call of ``partial_fit``.
    shuffle, verbose : bool
    bounds : Bounds
    clip_value : float or None
    n_threads : int or None
    """

    samples: object
    sides: tuple
    composite: object
    objective: object
    states: tuple
    losses: tuple
    seen: int
    seed: int
    max_iter: int
    incremental: bool
    shuffle: bool
    verbose: bool
    bounds: object
    clip_value: float | None
    n_threads: int | None


class AdversarialResult(NamedTuple):
    """What training has led to.

    Attributes
    ----------
    generator, discriminator : Result
    n_iter : int
        Epochs.
    stop_reason : str
    """

    generator: Result
    discriminator: Result
    n_iter: int
    stop_reason: str


class AdversarialTrainer:
    """Trains two networks against each other.

    Parameters
    ----------
    run : AdversarialRun
    listener : Listener or None
        Told of every epoch.
    description : callable or None
        ``description(listener, blank)`` returns the `AdversarialDescription` of the run.

    Attributes
    ----------
    n_epochs : int
        Epochs of this run.
    losses : tuple of two lists of float
        Of the generator and the discriminator in every epoch, with those of earlier calls.
    stop_reason : str
    """

    def __init__(self, run, listener=None, description=None):
        self.run, self.listener = run, listener
        self.losses = tuple(map(list, run.losses))
        self.seen, self.n_epochs, self.stop_reason = run.seen, 0, ""
        self._n_before = len(self.losses[0])
        self._segments = Segments(run.samples)
        sides, snapshot = run.sides, None
        if listener is not None:
            self._start(sides)  # what snapshots look like
            described = description(listener, Present(self).blank)
            snapshot = listener.start(self.result_at, described)
            if snapshot is not None:
                described.check(snapshot)
                sides = go_on(self, snapshot)
        if listener is None or snapshot is not None:
            self._start(sides)

    def _start(self, sides):
        """Prepare the engine."""
        run = self.run
        self.training = AdversarialTraining(
            *sides,
            run.composite,
            run.objective,
            self._segments.latent,
            self._segments.samples,
            n_generated=self._segments.n_generated,
            clip_value=run.clip_value,
            n_threads=run.n_threads,
        )

    def train(self):
        """Train until there is a reason to stop.

        Returns
        -------
        result : AdversarialResult

        Raises
        ------
        ValueError
            If the parameters are not finite any more.
        """
        try:
            while not self.stop_reason:
                self._train_epoch()
            signals.deliver()
        except KeyboardInterrupt:
            self.stop_reason = "interrupted"
            if self.listener is not None:
                self.listener.abandon()
            warn_user("Training interrupted by user.")
        self._check_finite()
        return self._result(self.training.states())

    def _train_epoch(self):
        """Go through the samples once, and decide whether training goes on."""
        if self.listener is not None:
            self.listener.begin(self._epoch())
        sums = self._go_through_samples()
        for losses, loss in zip(self.losses, sums, strict=True):
            losses.append(loss)
        self.n_epochs += 1
        self.seen += len(self.run.samples.X)
        if self.run.verbose:
            first, second = sums
            print(
                f"Iteration {self.n_epochs}, generator loss = {first:.8f}, "
                f"discriminator loss = {second:.8f}"
            )
        self._decide()
        if self.listener is not None:
            epoch = self._epoch()
            if self.listener.end(epoch) and not self.stop_reason:
                self.stop_reason = epoch.stop_reason or "callback"

    def _go_through_samples(self):
        """Train for an epoch; return the mean losses of both networks."""
        run, training, segments = self.run, self.training, self._segments
        n_samples = len(run.samples.X)
        generator = np.random.Generator(np.random.SFC64([run.seed, len(self.losses[0])]))
        order = generator.permutation(n_samples) if run.shuffle else np.arange(n_samples)
        sums, weights = np.zeros(2), np.zeros(2)
        for start in range(0, n_samples, segments.n_rows):
            rows = order[start : start + segments.n_rows]
            groups, n_latent = segments.set(rows, generator)
            training.set_rows(2 * len(rows), n_latent)
            for group in groups:
                signals.deliver()
                generated = training.generate(segments.read[group.start : group.stop])
                segments.put_generated(group, generated)
                training.update_discriminator(group.n_batches)
                training.update_generator()
            counts = np.array([n_latent, len(rows)])
            sums += counts * training.losses()
            weights += counts
        return tuple((sums / weights).tolist())

    def _decide(self):
        """Decide whether training goes on."""
        self._check_finite()
        if self.run.incremental:
            self.stop_reason = "partial_fit"
            return
        if self.n_epochs >= self.run.max_iter:
            self.stop_reason = "max_iter"
        if self._has_diverged():
            self.stop_reason = "diverged"
        elif self.run.bounds.why(*self.losses) is not None:
            self.stop_reason = COLLAPSE

    def _has_diverged(self):
        """Return whether parameters have grown by orders of magnitude."""
        at_first = (side.vector for side in self.run.sides)
        largest = max(map(_largest, self.training.vectors))
        return largest > WEIGHT_FACTOR * max(1.0, *map(_largest, at_first))

    def _check_finite(self):
        """Check that the parameters are finite: those that are not never become so again."""
        losses = [losses[-1:] for losses in self.losses]
        finite = all(np.isfinite(part).all() for part in (*self.training.vectors, *losses))
        if not finite:
            raise ValueError(NOT_FINITE)

    def _epoch(self):
        """Return what a listener is told of the epochs done."""
        losses = self.losses[0]
        loss = losses[-1] if losses else None
        return Epoch(self.n_epochs, loss, stop_reason=self.stop_reason, source=Present(self))

    def result_at(self, epoch):
        """Return the result as if a callback had ended training after an epoch.

        Parameters
        ----------
        epoch : Epoch
            At which training is present.

        Returns
        -------
        result : AdversarialResult
        """
        return self._result(self.training.states(), epoch.number, "callback")

    def _result(self, states, n_iter=None, stop_reason=None):
        """Return what training has led to."""
        n_iter = self.n_epochs if n_iter is None else n_iter
        stop_reason, results = stop_reason or self.stop_reason, []
        parts = zip(
            self.training.vectors,
            states,
            self.training.updates(),
            self.losses,
            self.run.states,
            self.run.sides,
            strict=True,
        )
        for vector, own, update, losses, before, side in parts:
            history = History()
            history.losses, history.seen = list(losses), self.seen
            history.best_loss = min(losses, default=np.inf)
            course = side.course
            state = before.advanced(course.initial_rate, update, own, course.parameters)
            last = losses[-1] if losses else np.inf
            results.append(Result(vector.copy(), n_iter, stop_reason, last, history, state))
        return AdversarialResult(*results, n_iter, stop_reason)


def _largest(vector):
    return float(np.abs(vector).max(initial=0.0))

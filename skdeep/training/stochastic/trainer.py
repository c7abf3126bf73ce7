"""The trainer: hands epochs to the compiled loop and records what comes out."""

import functools
import time

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.engines import signals
from skdeep.engines import training_position as at
from skdeep.engines.problem import Data
from skdeep.engines.table import AUXILIARY, ROLE
from skdeep.formulas import stopping
from skdeep.formulas.schedules import STEPWISE
from skdeep.network.guard import check_data
from skdeep.training.listening import Epoch
from skdeep.training.result import Result
from skdeep.training.stochastic.learning_rates import FOLLOW
from skdeep.training.stochastic.orders import Orders
from skdeep.training.stochastic.resuming import Present, check_counter
from skdeep.training.stochastic.shuffling import AheadOrders
from skdeep.training.user_warnings import warn_user
from skdeep.training.validator import BestSoFar

#: Python is re-entered about this often, for Ctrl-C and progress.
SECONDS_PER_CALL = 0.08
#: Before the first call is timed: a cautious guess of the processor's speed, in operations a
#: second.
GUESSED_SPEED = 2e9
MOST_EPOCHS_AHEAD = 1000
#: Most updates whose learning rates are set ahead, unless an epoch has more.
MOST_STEPS_AHEAD = 200_000
#: What `stop_reason_` says.
STOP_REASONS = {
    stopping.BY_CHANGE: "change",
    stopping.BY_GRADIENT: "gradient",
    stopping.BY_OBJECTIVE: "objective",
}


class WallClock:
    """How much work the engine gets at a time, by how long its calls have taken.

    An engine for which that tells little brings its own, `TrainingRun.pace`.

    Parameters
    ----------
    operations : float
        Of a batch.
    """

    def __init__(self, operations):
        self._speed = GUESSED_SPEED / max(1.0, operations)

    def batches(self):
        """Return how many batches a call is to train: a float, which may be less than one."""
        return SECONDS_PER_CALL * self._speed

    def note(self, n_batches, seconds):
        """Take note of a call."""
        self._speed = max(1.0, n_batches / max(seconds, 1e-6))


class StochasticTrainer:
    """Trains a network by a stochastic solver.

    Parameters
    ----------
    training : TrainingRun
        The engine's side, made by `start`.
    course : Course
    run : Run
    history : History
        Added to.

    Attributes
    ----------
    n_epochs : int
        Epochs done.
    best : array or None
        Parameters of the best validation score of this run; at first, those of a network that has
        not been trained yet.
    stop_reason : str
        "change", "validation", "gradient", "objective", "max_iter", "interrupted", "diverged",
        "partial_fit" or "callback".
    """

    def __init__(self, training, course, run, history):
        self.training, self.course, self.run, self.history = training, course, run, history
        if run.validator is not None:
            if isinstance(run.validator.data, Data):  # rows on other machines are checked there
                check_data(training.layout, run.validator.data)
            training.validate_on(run.validator.data, run.validator.needs_outputs)
        #: Engines that share a device among many fits have a pace of their own, and are handed
        #: orders that were drawn while they worked.
        own_pace = training.pace
        self.pace = WallClock(training.operations) if own_pace is None else own_pace
        kind = Orders if own_pace is None else AheadOrders
        self.orders = kind(run.rows, run.random_state, run.shuffled, run.disposable)
        self.watch = BestSoFar(history.best_score, course.tol)
        #: Whether the validation score decides when to stop and which weights are kept.
        self.stopping = run.validator is not None and not course.watch_loss
        if self.stopping and history.seen == 0:
            self.watch.vector = training.parameters()
        self.n_epochs, self.stop_reason = 0, ""
        #: Why training ended, whether it has diverged or not.
        self.ended_by = ""
        self._reached = None
        self._rate = float(training.numbers[at.RATE])
        self._at_start = None
        #: Epochs that the engine has been handed and that have not been recorded yet.
        self._n_set = 0

    @property
    def best(self):
        """Parameters of the best validation score of this run, or None."""
        return self.watch.vector

    def parameters(self):
        """Return the parameters reached."""
        return self.training.parameters() if self._reached is None else self._reached

    def train(self):
        """Train until there is a reason to stop.

        Yields
        ------
        call : callable
            The next call of the engine, see `skdeep.training.calls`. Between two calls epochs are
            set and recorded, and it is decided whether training goes on.
        """
        self._at_start = self.n_epochs, [len(curve) for curve in self._curves()]
        plan = self.training.plan
        try:
            yield from self._judge()  # it may have been taken up at its end
            while not self.stop_reason:
                self._begin_epochs()
                while plan[at.EPOCH] < self._n_set and plan[at.STOPPED] == 0:
                    yield from self._advance()
                yield from self._end_epochs()
            signals.deliver()
        except KeyboardInterrupt:
            self.interrupt()
        finally:
            self.close()

    def interrupt(self):
        """End training after Ctrl-C, with the epochs that have been recorded."""
        self._leave_epochs()
        self.stop_reason = "interrupted"
        self._keep_whole_epochs()
        if self.run.listener is not None:
            self.run.listener.abandon()
        warn_user("Training interrupted by user.")

    def close(self):
        """Put the random state to where it is after the epochs begun, however training ended."""
        self._leave_epochs()
        self.orders.forget()

    def warn_of_limit(self):
        """Warn if `max_iter` has ended training, unless the learning rate was to end there."""
        if self.run.steps is not None and self.run.steps.end_lower():
            return
        if self.stop_reason == "max_iter" and not self.run.incremental:
            warn_user(
                f"Stochastic Optimizer: Maximum iterations ({self.run.max_iter}) "
                "reached and the optimization hasn't converged yet.",
                ConvergenceWarning,
            )

    def _curves(self):
        """Return the lists of the history that get an element in every epoch."""
        history = self.history
        curves = [history.losses]
        if self.course.watch_layers:
            curves.append(history.norms)
        if self.run.validator is not None:
            curves += [history.scores, history.validation_losses]
        return curves

    def _keep_whole_epochs(self):
        """Remove the record of an epoch that ended before all of it was recorded."""
        n_epochs, lengths = self._at_start
        curves = self._curves()
        done = min(len(curve) - first for curve, first in zip(curves, lengths, strict=True))
        for curve, first in zip(curves, lengths, strict=True):
            del curve[first + done :]
        self.n_epochs = n_epochs + done
        self._take_counters()
        if self.run.validator is not None:
            self.history.best_score = self.watch.score

    def result(self, before):
        """Return what training has led to.

        Parameters
        ----------
        before : SolverState
            As it was.

        Returns
        -------
        result : Result
        """
        training, history = self.training, self.history
        rate, t = training.numbers[at.RATE], training.plan[at.UPDATE]
        states, directions = training.states(), training.directions()
        state = before.advanced(rate, t, states, self.course.parameters, directions)
        vector = self.parameters() if self.best is None else self.best
        return Result(vector, self.n_epochs, self.stop_reason, last_loss(history), history, state)

    def result_at(self, epoch):
        """Return the result as if a callback had ended training after an epoch.

        Parameters
        ----------
        epoch : Epoch
            At which training is present.

        Returns
        -------
        result : Result
            Without the state of the optimizer, which only a fit that goes on would need.
        """
        history = self.history.copy()
        return Result(epoch.parameters(), epoch.number, "callback", last_loss(history), history)

    def _one_by_one(self):
        """Return whether something happens between any two epochs."""
        run = self.run
        return run.incremental or (run.validator or run.augment or run.listener) is not None

    def _epochs_ahead(self, n_epochs):
        """Return how many epochs to hand to the compiled loop at once, once some are done."""
        if self._one_by_one():
            return 1
        n_rows = len(self.run.rows)
        batches = -(-n_rows // self.course.batch_size)
        in_time = int(self.pace.batches() / batches)
        in_memory = self.orders.most_elements // n_rows if self.run.shuffled else MOST_EPOCHS_AHEAD
        if self.run.steps is not None:
            in_memory = min(in_memory, MOST_STEPS_AHEAD // batches)
        ahead = max(1, min(in_time, in_memory, MOST_EPOCHS_AHEAD))
        rest = self.run.max_iter - n_epochs
        # In equal parts: a short last one would keep a device from other fits.
        return -(-rest // -(-rest // ahead)) if rest > 0 else 0

    def _prepare(self, n_epochs):
        """Draw orders for the epochs that may come after the next ones."""
        self.orders.prepare(self._epochs_ahead(self.n_epochs + n_epochs))

    def _begin_epochs(self):
        """Hand the next epochs to the engine."""
        if self.run.listener is not None:
            self.run.listener.begin(self._epoch())
        n_epochs = self.orders.prepared() or self._epochs_ahead(self.n_epochs)
        order = None if self.run.in_order else self.orders.take(n_epochs)
        if self.run.augment is not None and self.n_epochs > 0:
            self.training.set_data(self.run.augment(self.n_epochs))
        steps = self._steps_ahead(n_epochs)
        self.training.set_epochs(order, len(self.run.rows), n_epochs, steps)
        self._n_set = n_epochs

    def _leave_epochs(self):
        """Record the epochs that have been handed to the engine, as far as they were trained."""
        n_epochs, self._n_set = self._n_set, 0
        if n_epochs == 0:
            return
        plan = self.training.plan
        started = int(plan[at.EPOCH]) + (1 if plan[at.ROW] > 0 else 0)
        if started < n_epochs:
            self.orders.keep(started)
        self._record()

    def _end_epochs(self):
        """Record the epochs handed to the engine, and decide whether training goes on."""
        self._leave_epochs()
        yield from self._decide()
        yield from self._judge()
        listener = self.run.listener
        if listener is None:
            return
        epoch = self._epoch()
        if listener.end(epoch) and not self.stop_reason:
            self.stop_reason = epoch.stop_reason or "callback"
            yield from self._judge()

    def _judge(self):
        """Once training has ended, say whether it has diverged."""
        self.ended_by = self.stop_reason
        if not self.stop_reason or self.stop_reason == "objective" or self.run.diverged is None:
            return
        self._reached = self.training.parameters()
        losses = self.history.losses[-self.n_epochs :]
        if (yield from self.run.diverged(losses, self._reached)):
            self.stop_reason = "diverged"

    def _epoch(self):
        """Return what a listener is told of the epochs done."""
        history, run = self.history, self.run
        validated = run.validator is not None and history.scores
        return Epoch(
            self.n_epochs,
            history.losses[-1] if history.losses else None,
            history.scores[-1] if validated else None,
            history.validation_losses[-1] if validated else None,
            self._next_rate(),
            self.stop_reason,
            source=Present(self),
        )

    def _steps_ahead(self, n_epochs):
        """Return the learning rates of the next epochs, where they follow a curve."""
        if self.run.steps is None:
            return None
        batches = -(-len(self.run.rows) // self.course.batch_size)
        return self.run.steps(int(self.training.plan[at.UPDATE]), n_epochs * batches)

    def _next_rate(self):
        """Return the learning rate of the next update."""
        steps = self.run.steps
        rate = FOLLOW if steps is None else steps(int(self.training.plan[at.UPDATE]), 1)[0, 0]
        return float(self.training.numbers[at.RATE] if rate == FOLLOW else rate)

    def _advance(self):
        """Have the engine train some of the epochs set, and take note of how long that takes."""
        if self.run.interruption is not None:
            self.run.interruption.check()
        further = {}
        if isinstance(self.orders, AheadOrders) and not self._one_by_one():
            further["meanwhile"] = functools.partial(self._prepare, self._n_set)
        batches = max(1, int(self.pace.batches()))
        signals.deliver()
        before, start = int(self.training.plan[at.UPDATE]), time.perf_counter()
        yield functools.partial(self.training.advance, batches, **further)
        n_batches = int(self.training.plan[at.UPDATE]) - before
        self.pace.note(n_batches, time.perf_counter() - start)

    def _record(self):
        records = self.training.history()
        if self.course.watch_layers:
            main = self.training.layout.table[:, ROLE] != AUXILIARY
            self.history.norms += list(records[:, at.RECORD :][:, main])
        self.history.losses += records[:, 0].tolist()
        self.n_epochs += len(records)
        if self.run.verbose:
            self._tell(records)
        if len(records):
            self._rate = float(records[-1, 1])
        self._take_counters()

    def _tell(self, records):
        """Print what is recorded of epochs."""
        first, rate = self.n_epochs - len(records) + 1, self._rate
        for number, (loss, following) in enumerate(records[:, :2].tolist(), first):
            print(f"Iteration {number}, loss = {loss:.8f}")
            if not self.stopping and following < rate and self._is_adaptive():
                self._say(f"Setting learning rate to {following:f}")
            rate = following

    def _take_counters(self):
        plan, numbers = self.training.plan, self.training.numbers
        self.history.seen = int(plan[at.SEEN])
        if not self.stopping:
            self.history.stalled = int(plan[at.STALLED])
            self.history.best_loss = float(numbers[at.BEST])

    def _is_adaptive(self):
        return self.course.schedule == "adaptive"

    def _say(self, what):
        """Print why progress counts as stalled, and what follows from it."""
        if not self.run.verbose:
            return
        tol, patience = self.course.tol, int(self.course.patience)
        if not self.stopping:
            why = f"Training loss did not improve more than tol={tol:f} for {patience} "
        else:
            why = f"Validation score did not improve more than tol={tol:f} for {patience} "
        print(f"{why}consecutive epochs. {what}")

    def _decide(self):
        """Decide whether training goes on."""
        plan = self.training.plan
        if self.run.validator is not None:
            yield from self._validate()
        if plan[at.STOPPED] != 0:
            self._stop(STOP_REASONS[int(plan[at.STOPPED])])
        elif self.run.incremental:
            self.stop_reason = "partial_fit"
        elif self.n_epochs >= self.run.max_iter:
            self.stop_reason = "max_iter"
        elif not self.stopping and not np.isfinite(self.history.losses[-1]):
            # Weights that are not finite never become so again: the fit has failed.
            if not np.isfinite(self.training.parameters()).all():
                self.stop_reason = "diverged"

    def _stop(self, reason):
        """End training for a reason that the compiled loop or the validation score has found."""
        if reason == "change":
            small = "Learning rate too small. " if self._is_adaptive() else ""
            self._say(f"{small}Stopping.")
            reason = "validation" if self.stopping else "change"
        elif self.run.verbose:
            what = "Norm of the gradient" if reason == "gradient" else "Training loss"
            print(f"{what} fell below tol_{reason}. Stopping.")
        self.stop_reason = reason

    def _validate(self):
        """Record what the validation set says; with early stopping, let it decide."""
        history, parameters = self.history, functools.cache(self.training.parameters)
        found = yield functools.partial(self.training.validation, parameters)
        score = yield from self.run.validator.score(parameters, found.outputs, found.loss)
        history.scores.append(score)
        history.validation_losses.append(found.loss)
        if self.run.verbose:
            print(f"Validation score: {score:f}")
        stalled = self.watch.update(score, parameters if self.stopping else lambda: None)
        history.best_score = self.watch.score
        if self.stopping:
            self._judge_by_score(stalled)

    def _judge_by_score(self, stalled):
        """Count epochs without progress, which the compiled loop leaves to the caller."""
        training, history = self.training, self.history
        history.stalled = history.stalled + 1 if stalled else 0
        training.plan[at.STALLED] = history.stalled
        if history.stalled > self.course.patience:
            schedule, p = STEPWISE[self.course.schedule], self.course.schedule_parameters
            rate, stop = schedule.plateau(training.numbers[at.RATE], p)
            training.numbers[at.RATE] = rate
            if stop:
                training.plan[at.STOPPED] = stopping.BY_CHANGE
            else:
                history.stalled = training.plan[at.STALLED] = 0
                self._say(f"Setting learning rate to {rate:f}")


def last_loss(history):
    """Return the loss of the last epoch; before the first has ended, nothing is known of it."""
    return history.losses[-1] if history.losses else np.inf


def start(layout, vector, solver_state, data, objective, course, run, history, engine):
    """Prepare the engine for a run.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    solver_state : SolverState
    data : Data
    objective : Objective
    course : Course
    run : Run
    history : History
    engine : Engine

    Returns
    -------
    training : TrainingRun
    """
    training = engine.Training(
        layout,
        vector,
        solver_state.states,
        data,
        objective,
        course,
        gather=not run.in_order,
        regularisation=run.regularisation,
        directions=solver_state.directions,
    )
    plan, numbers = training.plan, training.numbers
    plan[at.UPDATE] = check_counter("The number of updates", solver_state.t)
    plan[at.SEEN] = check_counter("t_", history.seen)
    plan[at.STALLED] = check_counter("_no_improvement_count", history.stalled)
    numbers[at.RATE], numbers[at.BEST] = solver_state.base_rate, history.best_loss
    return training

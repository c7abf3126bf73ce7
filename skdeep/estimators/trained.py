"""The training of one network, and what an estimator records of it."""

import functools

import numpy as np

from skdeep.estimators import regularisation
from skdeep.estimators.augmentation import Augmented
from skdeep.estimators.course import make_course, make_steps
from skdeep.estimators.rows import as_rows
from skdeep.estimators.setting import Setting, describe_course
from skdeep.estimators.validation import Validate, hold_out
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.objects import copied
from skdeep.training.divergence import Divergence
from skdeep.training.full_batch import REGISTRY as FULL_BATCH_SOLVERS
from skdeep.training.full_batch import Limits, Solution
from skdeep.training.resuming import blank, go_on, take_up
from skdeep.training.state import SolverState
from skdeep.training.stochastic import History, Run, StochasticTrainer, start
from skdeep.training.user_warnings import warn_user


class Trained:
    """Trains a network and records it in attributes. A mixin of the multi-layer perceptrons."""

    def _history(self):
        """Return what earlier fits recorded, as a copy."""
        history = History()
        history.losses = list(getattr(self, "loss_curve_", []))
        history.scores = list(getattr(self, "validation_scores_", None) or [])
        history.validation_losses = list(getattr(self, "validation_loss_curve_", None) or [])
        best_loss = getattr(self, "best_loss_", None)
        best_score = getattr(self, "best_validation_score_", None)
        history.norms = list(getattr(self, "gradient_norms_", ()))
        history.best_loss = np.inf if best_loss is None else best_loss
        history.best_score = -np.inf if best_score is None else best_score
        history.stalled = getattr(self, "_no_improvement_count", 0)
        history.seen = getattr(self, "t_", 0)
        return history

    def _set_history(self, history):
        self.loss_curve_ = history.losses
        if self.record_gradient_norms:
            self.gradient_norms_ = np.reshape(history.norms, (-1, self.n_layers_ - 1))
        self.t_, self._no_improvement_count = history.seen, history.stalled
        validated = bool(self.early_stopping or history.scores)
        self.validation_scores_ = history.scores if validated else None
        self.validation_loss_curve_ = history.validation_losses if validated else None
        self.best_validation_score_ = history.best_score if validated else None
        self.best_loss_ = None if self.early_stopping else history.best_loss

    def _clip_batch(self, solver, n_rows):
        """Return the rows of a mini-batch."""
        if RULES[solver.name].full_batch:
            return n_rows
        if self.batch_size == "auto":
            return min(200, n_rows)
        if self.batch_size > n_rows:
            warn_user(
                "Got `batch_size` less than 1 or larger than "
                "sample size. It is going to be clipped",
            )
        return int(np.clip(self.batch_size, 1, n_rows))

    def _train(self, vector, work, listener=None):
        """Train a network, record it in the attributes, and return the parameters reached."""
        if work.run is None:
            vector = self._fit_full_batch(vector, work, listener)
        else:
            vector = self._fit_by_rule(vector, work, listener)
        if work.interruption is not None and self.stop_reason_ == "interrupted":
            work.interruption.interrupt()
        if listener is not None:
            listener.finish(self, vector)
        return vector

    def _fit_by_rule(self, vector, work, listener):
        """Train by updating weight by weight; return the parameters."""
        layout, data, run = work.layout, work.data, work.run
        choices, state = self._begin_or_go_on(vector, work)
        course = make_course(self, choices, self._clip_batch(choices.solver, len(run.rows)))
        objective = self._objective(unit=work.weight_unit)
        run = run._replace(
            steps=make_steps(self, choices, course, len(run.rows)),
            regularisation=regularisation.with_seed(
                self._regularisation(choices), run.random_state
            ),
            listener=listener,
            diverged=self._divergence(vector, work, course, objective),
            interruption=work.interruption,
        )
        run, data = self._augmented(run, data)
        history = self._history()
        arguments = layout, data, objective, course, run, history
        make_trainer = functools.partial(self._make_trainer, *arguments)
        trainer = make_trainer(vector, state)
        if listener is not None:
            setting = Setting(
                work.fit,
                self,
                work._replace(data=data, run=run),
                vector,
                describe_course(self, course, run),
                functools.partial(blank, trainer),
            )
            record = functools.partial(_record_epoch, history)
            snapshot = listener.start(self, record, setting)
            if snapshot is not None:
                setting.check(snapshot)  # callbacks of users may supply it
                trainer = make_trainer(*take_up(snapshot, state, history, course.parameters))
                go_on(trainer, snapshot)
        trainer.train()
        trainer.warn_of_limit()
        self._record(trainer.n_epochs, trainer.stop_reason, history)
        self._optimizer = trainer.solver_state(state)
        return trainer.parameters() if trainer.best is None else trainer.best

    def _begin_or_go_on(self, vector, work):
        """Return the choices and the state of the solver that training begins with.

        Calls of `partial_fit` go on with the solver that there is, as in scikit-learn: its
        parameters and the schedule of its learning rate are those of when it began.
        """
        choices, rule = work.choices, work.choices.solver.name
        state = getattr(self, "_optimizer", None)
        if work.run.incremental and state is not None and state.rule == rule:
            if state.solver is not None:
                choices = choices._replace(solver=state.solver)
            if state.schedule is not None:
                choices = choices._replace(schedule=state.schedule)
            return choices, state.astype(vector.dtype)
        kept = copied(choices.solver), copied(choices.schedule)
        rate = choices.solver.learning_rate_init
        return choices, SolverState(rule, rate, len(vector), vector.dtype, *kept)

    def _divergence(self, vector, work, course, objective):
        """Return what tells whether training from some parameters has diverged."""
        # Over many calls, each of which may raise the loss by little.
        earlier = list(getattr(self, "loss_curve_", [])) if work.run.incremental else None
        return Divergence(
            work.layout,
            vector,
            work.data,
            work.run.rows,
            course.batch_size,
            objective,
            self._engine().predict,
            earlier or None,
        )

    def _make_trainer(self, layout, data, objective, course, run, history, vector, state):
        engine = self._engine()
        training = start(layout, vector, state, data, objective, course, run, history, engine)
        return StochasticTrainer(training, course, run, history)

    def _record(self, n_epochs, stop_reason, history):
        """Set what fits by mini-batches leave behind, but for the network."""
        self.n_iter_, self.stop_reason_ = n_epochs, stop_reason
        # Before the first epoch has ended, nothing is known of the loss.
        self.loss_ = history.losses[-1] if history.losses else np.inf
        self._set_history(history)

    def _make_run(self, data, y, choices, random_state, incremental, validation):
        """Return the run, and the validation set given or held out, or None."""
        rows, all_rows = np.arange(data.X.shape[0]), True
        if self.early_stopping and validation is None:
            rows, validation = hold_out(self, data, y, random_state)
            all_rows = False
        validate = None
        if validation is not None:
            layout, vector = self._network()
            validation = validation._replace(X=as_rows(validation.X, vector.dtype))
            validate = Validate(self, layout, vector, validation)
        shuffled = bool(self.shuffle) and not RULES[choices.solver.name].full_batch
        run = Run(
            rows,
            not shuffled and all_rows,
            random_state,
            shuffled,
            int(self.max_iter),
            incremental,
            self.verbose,
            validate,
            augment=self.augment and functools.partial(Augmented, self, data, y),
        )
        return run, validation

    def _fit_full_batch(self, vector, work, listener):
        """Train on all rows at once, in double precision as scipy has it; return the parameters."""
        choices, data = work.choices, work.data
        name, parameters = choices.solver.name, choices.solver.get_params()
        solver, begin = FULL_BATCH_SOLVERS[name], vector.astype(np.float64)
        double = data._replace(X=data.X.astype(np.float64, copy=False))
        function = self._engine().FullBatch(
            work.layout,
            double,
            self._objective(solver.as_reported, unit=work.weight_unit),
            regularisation=self._regularisation(choices),
        )
        limits = Limits(
            self.max_iter,
            self.max_fun,
            self.tol,
            self.tol_gradient,
            self.tol_objective,
            self.n_iter_no_change,
            self.verbose,
            listener,
        )
        losses = [] if name == "lbfgs" else self.loss_curve_  # scikit-learn's lbfgs has none
        record = functools.partial(_record_solution, name, function, losses, vector.dtype)
        if listener is not None:
            described = {**parameters, **limits._asdict()}
            for unimportant in ("max_iter", "max_fun", "verbose", "listener", "resumed"):
                del described[unimportant]
            form = solver.blank and functools.partial(solver.blank, begin)
            setting = Setting(work.fit, self, work, vector, described, form)
            tell = functools.partial(_record_iteration, record)
            snapshot = listener.start(self, tell, setting, "iteration")
            if snapshot is not None:
                setting.check(snapshot)
            limits = limits._replace(resumed=snapshot)
        solution = solver.minimise(_checked(function, work), begin, limits, parameters)
        return record(self, solution)


def _checked(function, work):
    """Return an objective that ends training when other networks of the fit are interrupted."""
    if work.interruption is None:
        return function

    def checked(vector):
        work.interruption.check()
        return function(vector)

    return checked


def _record_epoch(history, network, epoch):
    """Give a network the attributes that it has after an epoch, and return its parameters."""
    # As if the callback had asked to stop here; a fit that went on would need the solver's state.
    network._record(epoch.number, "callback", history.copy())
    network._optimizer = None
    return epoch.parameters()


def _record_iteration(record, network, epoch):
    """Give a network the attributes that it has after an iteration; return its parameters."""
    loss = np.inf if epoch.loss is None else epoch.loss
    return record(
        network, Solution(epoch.parameters(), loss, epoch.number, epoch.losses, "callback")
    )


def _record_solution(name, function, losses, dtype, network, solution):
    """Give a network the attributes of a solution, and return its parameters."""
    network.loss_, network.n_iter_ = solution.loss, solution.n_iter
    network.stop_reason_ = solution.stop_reason
    if name != "lbfgs":
        network.loss_curve_ = [*losses, *solution.losses]
        network.best_loss_ = min(network.loss_curve_, default=solution.loss)
    return function.settled(solution.vector).astype(dtype, copy=False)

"""What the multi-layer perceptrons have in common."""

import warnings
from abc import ABC, abstractmethod

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, _fit_context, is_classifier
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from skdeep.engines.cpu.engine import Course, Data, FullBatch, Objective, predict
from skdeep.estimators.constraints import CONSTRAINTS, STOCHASTIC_SOLVERS, hidden_sizes
from skdeep.estimators.parameters import FlatParameters
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.network.initialisation import glorot_uniform
from skdeep.network.layout import parameter_views
from skdeep.training.full_batch import minimise
from skdeep.training.state import SolverState
from skdeep.training.stochastic import History, Run, StochasticTrainer, start
from skdeep.training.validation import split_rows

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


class BaseMultilayerPerceptron(FlatParameters, BaseEstimator, ABC):
    """Base class of `MLPClassifier` and `MLPRegressor`, which are to be used instead."""

    _parameter_constraints: dict = CONSTRAINTS

    @abstractmethod
    def _validate_input(self, X, y, incremental, reset):
        """Return the validated features, and the targets as numbers."""

    @abstractmethod
    def _choose_output(self):
        """Return the name of the output activation."""

    @abstractmethod
    def _score_outputs(self, y, outputs, sample_weight):
        """Return the validation score of the network's outputs."""

    def _loss_name(self):
        """Return the name of the loss that goes with the output activation."""
        for name, loss in LOSSES.items():
            if self.out_activation_ in loss.outputs:
                return name
        raise AssertionError(f"no loss for {self.out_activation_}")

    def _fit(self, X, y, sample_weight=None, incremental=False):
        before = dict(vars(self))
        try:
            self._fit_or_raise(X, y, sample_weight, incremental)
        except BaseException:
            # A failed call leaves the estimator as it was.
            vars(self).clear()
            vars(self).update(before)
            raise
        return self

    def _fit_or_raise(self, X, y, sample_weight, incremental):
        sizes = hidden_sizes(self.hidden_layer_sizes)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, reset=first)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        random_state = check_random_state(self.random_state)
        if first:
            self._initialise([X.shape[1], *sizes, y.shape[1]], random_state, X.dtype)
        layout, vector = self._network()
        if y.shape[1] != layout.n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the network was fitted with {layout.n_outputs}."
            )
        self.n_outputs_ = y.shape[1]
        data = Data(_as_rows(X, vector.dtype), y, sample_weight)
        if self.solver in STOCHASTIC_SOLVERS:
            vector = self._fit_stochastic(layout, vector, data, random_state, incremental)
        else:
            vector = self._fit_full_batch(layout, vector, data)
        if not np.isfinite(vector).all():
            raise ValueError(NOT_FINITE)
        self._set_parameters(self._units(), vector)

    def _initialise(self, units, random_state, dtype):
        """Set every attribute of a network that has not been trained yet."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(units)
        self.out_activation_ = self._choose_output()
        factor = 2.0 if self.activation == "logistic" else 6.0
        self._set_parameters(units, glorot_uniform(units, factor, random_state, dtype))
        if self.solver in STOCHASTIC_SOLVERS:
            self._set_history(History())
            self.loss_curve_ = []

    def _history(self):
        """Return what earlier fits recorded, as a copy."""
        history = History()
        history.losses = list(getattr(self, "loss_curve_", []))
        history.scores = list(getattr(self, "validation_scores_", None) or [])
        best_loss = getattr(self, "best_loss_", None)
        best_score = getattr(self, "best_validation_score_", None)
        history.best_loss = np.inf if best_loss is None else best_loss
        history.best_score = -np.inf if best_score is None else best_score
        history.stalled = getattr(self, "_no_improvement_count", 0)
        history.seen = getattr(self, "t_", 0)
        return history

    def _set_history(self, history):
        self.loss_curve_ = history.losses
        self.t_, self._no_improvement_count = history.seen, history.stalled
        stopping = self.early_stopping
        self.validation_scores_ = history.scores if stopping else None
        self.best_validation_score_ = history.best_score if stopping else None
        self.best_loss_ = None if stopping else history.best_loss

    def _rule_parameters(self):
        return tuple(float(getattr(self, name)) for name in RULES[self.solver].parameters)

    def _course(self, n_rows):
        """Return how the solver goes about training on `n_rows` rows."""
        if self.batch_size == "auto":
            batch_size = min(200, n_rows)
        else:
            if self.batch_size > n_rows:
                warnings.warn(
                    "Got `batch_size` less than 1 or larger than "
                    "sample size. It is going to be clipped",
                    stacklevel=6,
                )
            batch_size = min(self.batch_size, n_rows)
        return Course(
            self.solver,
            self._rule_parameters(),
            self.learning_rate if self.solver == "sgd" else "constant",
            float(self.learning_rate_init),
            float(self.power_t),
            int(batch_size),
            float(self.tol),
            float(self.n_iter_no_change),
            not self.early_stopping,
        )

    def _fit_stochastic(self, layout, vector, data, random_state, incremental):
        """Train by mini-batches; return the parameters."""
        state = getattr(self, "_optimizer", None)
        if not incremental or state is None or state.rule != self.solver:
            size = layout.n_parameters
            state = SolverState(self.solver, self.learning_rate_init, size, vector.dtype)
        run = self._make_run(layout, data, random_state, incremental)
        history, course = self._history(), self._course(len(run.rows))
        objective = Objective(self._loss_name(), float(self.alpha))
        training = start(
            layout, vector, state, data, objective, course, run, history, self.n_threads
        )
        trainer = StochasticTrainer(training, course, run, history)
        trainer.train()
        self.n_iter_ = trainer.n_epochs
        if history.losses:
            self.loss_ = history.losses[-1]
        self._set_history(history)
        self._optimizer = trainer.solver_state(state)
        return training.parameters() if trainer.best is None else trainer.best

    def _make_run(self, layout, data, random_state, incremental):
        n_rows = data.X.shape[0]
        rows, score = np.arange(n_rows), None
        if self.early_stopping:
            stratify = data.targets if is_classifier(self) and self.n_outputs_ == 1 else None
            rows, held_out = split_rows(n_rows, self.validation_fraction, random_state, stratify)
            score = self._make_score(layout, data, held_out)
        return Run(
            rows,
            not self.shuffle and not self.early_stopping,
            random_state,
            bool(self.shuffle),
            int(self.max_iter),
            incremental,
            self.verbose,
            score,
        )

    def _make_score(self, layout, data, held_out):
        X, y = _safe_indexing(data.X, held_out), data.targets[held_out]
        weights = None if data.weights is None else data.weights[held_out]

        def score(vector):
            outputs = predict(layout, vector, X, n_threads=self.n_threads)
            return self._score_outputs(y, outputs, weights)

        return score

    def _fit_full_batch(self, layout, vector, data):
        """Train by L-BFGS, in double precision as scipy has it; return the parameters."""
        double = data._replace(X=data.X.astype(np.float64, copy=False))
        objective = Objective(self._loss_name(), float(self.alpha))
        function = FullBatch(layout, double, objective, n_threads=self.n_threads)
        solution = minimise(
            function,
            vector.astype(np.float64),
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            verbose=self.verbose,
        )
        self.loss_, self.n_iter_ = solution.loss, solution.n_iter
        return solution.vector.astype(vector.dtype, copy=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the network to features X and targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features. C-ordered float32 or float64 arrays and CSR matrices are not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, a label indicator matrix, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        return self._fit(X, y, sample_weight=sample_weight, incremental=False)

    def _check_solver(self):
        if self.solver not in STOCHASTIC_SOLVERS:
            raise AttributeError(
                "partial_fit is only available for stochastic"
                f" optimizers. {self.solver} is not stochastic."
            )
        return True

    def _outputs(self, X):
        """Return the outputs of the network, of shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = validate_data(
            self,
            X,
            accept_sparse=["csr", "csc"],
            dtype=(np.float64, np.float32),
            reset=False,
        )
        layout, vector = self._network()
        dtype = np.result_type(X.dtype, vector.dtype)
        X, vector = _as_rows(X, dtype), vector.astype(dtype, copy=False)
        return predict(layout, vector, X, n_threads=self.n_threads)

    @abstractmethod
    def _encode(self, X, y):
        """Return validated features, and the targets as the loss takes them."""

    def _full_batch(self, X, y, sample_weight, dtype=None):
        """Return the objective on data as a function, with the layout and the parameters."""
        check_is_fitted(self)
        X, y = self._encode(X, y)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        layout, vector = self._network()
        if y.shape[1] != layout.n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the network was fitted with {layout.n_outputs}."
            )
        vector = vector.astype(dtype or vector.dtype, copy=False)
        data = Data(_as_rows(X, vector.dtype), y, sample_weight)
        objective = Objective(self._loss_name(), float(self.alpha), as_reported=False)
        return FullBatch(layout, data, objective, n_threads=self.n_threads), layout, vector

    def loss_gradient(self, X, y, sample_weight=None):
        """Return the penalised loss on data and its gradient.

        ``E = sum_i s_i L_i / S + alpha / 2 * sum W^2 / S``, with the loss ``L_i`` of sample ``i``,
        its weight ``s_i`` (1 without `sample_weight`) and ``S = sum_i s_i``. The losses of several
        outputs are summed, so that loss and gradient agree; the loss that training reports for
        ``"squared_error"`` is averaged over the outputs instead, as in scikit-learn.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        loss : float
            The penalised loss.
        coef_grads, intercept_grads : list of ndarray
            Its gradient with respect to ``coefs_`` and ``intercepts_``, of the same shapes.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> loss, coef_grads, intercept_grads = clf.loss_gradient(X, y)
        >>> [g.shape for g in coef_grads]
        [(4, 5), (5, 3)]
        """
        function, layout, vector = self._full_batch(X, y, sample_weight)
        loss, gradient = function(vector)
        return (loss, *parameter_views(layout, gradient))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _as_rows(X, dtype):
    """Return features as the engine takes them: C-ordered, or sparse by rows."""
    X = X.tocsr() if issparse(X) else X
    return X.astype(dtype, copy=False) if issparse(X) else np.ascontiguousarray(X, dtype=dtype)

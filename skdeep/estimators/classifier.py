"""The multi-layer perceptron for classification."""

from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
)

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.fitted.given_weights import ClassifierOfWeights
from skdeep.estimators.inputs.arrays import validate_input
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.multilayer import MultilayerPerceptron
from skdeep.estimators.parameters.constraints import SCORINGS
from skdeep.estimators.presentation.documentation import documented, with_partial_fit_notes
from skdeep.estimators.targets.classes import ClassTargets
from skdeep.estimators.targets.labels import fit_binarizer, fit_binarizer_quickly
from skdeep.exporting.head import Head
from skdeep.formulas import losses
from skdeep.formulas.activations import NAMES
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.interval import UNIT


@documented("classification", "log_loss")
class MLPClassifier(ClassifierMixin, ClassifierOfWeights, MultilayerPerceptron):
    """Multi-layer perceptron classifier, compiled.

    A feed-forward network trained by back-propagation [3]_ to minimise the cross-entropy, with
    softmax outputs for several classes, logistic ones for two classes and for multilabel targets;
    or another loss of other outputs. It takes the place of `sklearn.neural_network.MLPClassifier`:
    where only its parameters are set, the numbers are the same.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    loss_ : float
        Loss of the last epoch or iteration, with the penalty. With several outputs, the squared
        error is averaged over them, as in scikit-learn; 'cg' and 'bold_driver' sum it.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after every epoch, by `scoring`; None without a validation set.
    best_validation_score_ : float or None
        Best of them; None without a validation set.
    validation_loss_curve_ : list of float or None
        Loss on the validation set, without the penalty, after every epoch; None without one.
    gradient_norms_ : ndarray of shape (n_epochs, n_layers - 1)
        Mean norm of the gradient of every layer's weights and biases over the batches of an epoch;
        only with ``record_gradient_norms=True``.
    batch_norm_ : list of BatchNorm
        ``scale``, ``shift``, ``mean`` and ``variance`` of every hidden layer, views like `coefs_`;
        empty without ``batch_norm``.
    auxiliary_coefs_, auxiliary_intercepts_ : list of ndarray
        Weights and biases of the auxiliary outputs; only with them.
    connectivity_ : list of ndarray of bool
        Which of the weights of every layer are connections; only with a ``graph``.
    t_ : int
        Samples seen in training.
    coefs_ : list of ndarray of shape (n_units_in, n_units_out)
        Weights of every layer: views into one vector. Changing them in place changes the network.
    intercepts_ : list of ndarray of shape (n_units_out,)
        Biases of every layer, likewise.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.
    n_iter_ : int
        Epochs or iterations of the last fit.
    restarts_ : list of Restart
        What became of each of the `n_restarts`: `seed`, `score` (by which the best is chosen),
        `loss`, `loss_curve`, `validation_scores`, `validation_loss_curve`, `n_iter`, `stop_reason`.
    best_restart_ : int
        Place in ``restarts_`` of the one that was kept.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Activation of the output layer.
    stop_reason_ : str
        Why training ended. 'change': the training loss no longer improved by `tol`, 'validation':
        the validation score did not; 'gradient' and 'objective': the norm of the gradient or the
        loss fell below its tolerance; 'max_iter' and 'max_fun': the limit was reached;
        'interrupted': by Ctrl-C; 'callback': a callback asked for it; 'line_search': no step
        lowered the loss any more; 'partial_fit'; 'from_weights'. 'diverged' takes the place of
        these where a loss is not finite or the network has become worse by orders of magnitude,
        of which a ConvergenceWarning tells. With `n_restarts` it is that of the best restart, also
        after Ctrl-C has ended others.

    See Also
    --------
    MLPRegressor : Multi-layer perceptron regressor.
    check_gradient : Compare the gradient with central differences.

    Notes
    -----
    With the same parameters and the same integer `random_state`, losses, weights and predictions
    are those of scikit-learn's MLPClassifier up to rounding. Training runs in the precision of X:
    float32 if X is float32, else float64. The first fit of a precision on a machine compiles the
    loop, which takes seconds; the result is cached on disk.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.
    .. [3] D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
       back-propagating errors", Nature 323, 1986.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import MLPClassifier
    >>> X, y = make_classification(n_samples=100, random_state=1)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=1)
    >>> clf = MLPClassifier(random_state=1, max_iter=300).fit(X_train, y_train)
    >>> clf.predict(X_test[:5])
    array([1, 0, 1, 0, 1])
    >>> clf.score(X_test, y_test)
    0.88
    """

    _parameter_constraints: dict = {
        **MultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions(losses.public_names("classification"))],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
        "scoring": [StrOptions({"error_rate", *SCORINGS}), callable, None],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        n_threads=None,
        device="cpu",
        loss="log_loss",
        out_activation="auto",
        label_smoothing=0.0,
        class_weight=None,
        weight_init="auto",
        tol_gradient=None,
        tol_objective=None,
        scoring=None,
        n_restarts=1,
        init_from=None,
        penalty="l2",
        l1_ratio=0.15,
        dropout=0.0,
        dropconnect=0.0,
        input_noise=0.0,
        augment=None,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        frozen_layers=0,
        record_gradient_norms=False,
        skip_connections=False,
        graph=None,
        auxiliary_outputs=None,
        auxiliary_weight=0.3,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_threads = n_threads
        self.device = device
        self.loss = loss
        self.out_activation = out_activation
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.weight_init = weight_init
        self.tol_gradient = tol_gradient
        self.tol_objective = tol_objective
        self.scoring = scoring
        self.n_restarts = n_restarts
        self.init_from = init_from
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.input_noise = input_noise
        self.augment = augment
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.frozen_layers = frozen_layers
        self.record_gradient_norms = record_gradient_norms
        self.skip_connections = skip_connections
        self.graph = graph
        self.auxiliary_outputs = auxiliary_outputs
        self.auxiliary_weight = auxiliary_weight

    def _targets(self):
        return ClassTargets(
            self._label_binarizer,
            self.classes_,
            self.loss,
            self.label_smoothing,
            self.class_weight,
            getattr(self, "n_outputs_", None),
            getattr(self, "out_activation_", None),
        )

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validate(X, y, reset)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = fit_binarizer_quickly(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._targets().check_same(y, all_of_them=self.warm_start)
        return X, self._targets().indicate(y)

    def _encode(self, X, y):
        X, y = self._validate(X, y, reset=False)
        return X, self._targets().encode(y)

    def _validate(self, X, y, reset):
        X, y = validate_input(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if (y.ndim == 2 and y.shape[1] == 1) or (issparse(y) and y.ndim == 1):
            y = column_or_1d(y, warn=True)  # which refuses sparse vectors
        return X, y

    def _gives_probabilities(self):
        output = getattr(self, "out_activation_", self.out_activation)
        if output == "auto":
            return losses.find(self.loss, False).accepts(UNIT)
        return UNIT.holds_all_of(ACTIVATIONS[NAMES[output]].range)

    def _check_probabilities(self):
        if not self._gives_probabilities():
            raise AttributeError(
                f"Outputs with loss={self.loss!r} and out_activation={self.out_activation!r} are "
                "no probabilities; decision_function gives them."
            )
        return True

    def _check_decisions(self):
        if self._gives_probabilities():
            raise AttributeError("Outputs are probabilities; predict_proba gives them.")
        return True

    def _head(self):
        targets = self._targets()
        return Head(
            "multilabel" if targets.kind.startswith("multilabel") else targets.kind,
            targets.known_classes(),
            targets.threshold,
            self._gives_probabilities(),
            targets.are_shares,
        )

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            The labels, or a label indicator matrix.
        """
        if "classes_" in vars(self) and self._targets().exclusive:
            places = self._outputs(X, largest=True)
            return self._targets().known_classes().take(places)
        outputs = self._outputs(X)
        return self._targets().labels(outputs)

    @available_if(lambda estimator: estimator._check_decisions())
    def decision_function(self, X):
        """Return how far outputs are beyond the threshold between no and yes.

        Only available where outputs are no probabilities, as with the hinge loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive where a label is true; of several classes, the largest is predicted.
        """
        outputs = self._outputs(X) - np.float32(self._targets().threshold)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_proba(self, X):
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y_prob : ndarray of shape (n_samples, n_classes)
            One column per class, in the order of ``classes_``.
        """
        outputs = self._outputs(X)
        return self._targets().probabilities(outputs)

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        log_y_prob : ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``.
        """
        y_prob = self.predict_proba(X)
        return np.log(y_prob, out=y_prob)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    @with_partial_fit_notes
    def partial_fit(
        self,
        X,
        y,
        sample_weight=None,
        classes=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train for one epoch on the data given.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed at the first call only.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Features of a validation set, whose score and loss are recorded.
        y_val : array-like of shape (n_val,) or (n_val, n_classes), default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.

        <notes>
        """
        check_sparse_structure(y, "y")
        if _check_partial_fit_first_call(self, classes):
            labels = y if type_of_target(y).startswith("multilabel") else classes
            self._label_binarizer = fit_binarizer(labels)
        given = Given(X_val, y_val, sample_weight_val)
        return self._prepare(X, y, sample_weight, given, incremental=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

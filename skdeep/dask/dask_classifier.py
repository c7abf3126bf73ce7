"""The multi-layer perceptron for classification on Dask collections."""

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call

from skdeep.dask.distributed_network import OF_DASK, DistributedNetwork
from skdeep.dask.partitions.chunks import is_supported
from skdeep.estimators.chunked.chunk_facts import binarizer_of, check_labels
from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.presentation.documentation import documented


@documented("classification", "log_loss")
class DaskMLPClassifier(DistributedNetwork, MLPClassifier):
    """Multi-layer perceptron classifier on the partitions of Dask collections.

    `MLPClassifier` for data on the workers of a Dask cluster: workers compute losses and gradients
    of their own partitions, and only vectors as long as the network travel. A fit with a solver
    that takes all rows ('lbfgs', 'cg', 'rprop', 'bold_driver') ends with the weights of
    `MLPClassifier` on the same rows, up to rounding.

    Parameters
    ----------
    <parameters>
    client : distributed.Client or None, default=None
        What is connected to the cluster; None for the current client. It is left out of pickles.
    synchronise : {'auto', 'update', 'epoch'}, default='auto'
        How solvers that train by mini-batches are distributed. 'update': every update uses the
        gradients of all workers' shares of a mini-batch of `batch_size` rows. 'epoch': each worker
        trains on its own partitions, with mini-batches of `batch_size` rows of its own, and after
        every epoch weights and states of the optimizer are averaged, weighted by rows [1]_.
        'auto' measures what a message and a worker's share of a mini-batch take, and chooses
        'update' if at least half of the time is computation; 'epoch' also where all rows are on
        one worker. As measurements vary, choose one of the others for results that can be repeated.

    Attributes
    ----------
    synchronise_ : {'update', 'epoch'}
        What was chosen; 'update' with solvers that take all rows.
    classes_ : ndarray of shape (n_classes,)
        The class labels, of all partitions.
    loss_, loss_curve_, best_loss_, validation_scores_, coefs_, intercepts_, n_iter_, stop_reason_
        These and all other attributes are those of `MLPClassifier`.

    See Also
    --------
    MLPClassifier : The local estimator, which `to_local` returns.

    Notes
    -----
    Not available on Dask collections are `weight_norm`, `augment`, negative weights of samples and
    scorers that need all rows (`scoring`); `batch_norm` and `max_norm` need
    ``synchronise='epoch'``. Rows are shuffled within their partitions, and every mini-batch has the
    same share of each; `early_stopping` holds out rows of every partition, not stratified.

    References
    ----------
    .. [1] S. U. Stich, "Local SGD converges fast and communicates little", ICLR 2019.

    Examples
    --------
    >>> import dask.array as da
    >>> from dask.distributed import Client
    >>> from sklearn.datasets import make_classification
    >>> from skdeep.dask import DaskMLPClassifier
    >>> client = Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0")
    >>> X, y = make_classification(n_samples=200, random_state=1)
    >>> X, y = da.from_array(X, chunks=(50, -1)), da.from_array(y, chunks=50)
    >>> model = DaskMLPClassifier((10,), solver="lbfgs", tol=0.01, random_state=1).fit(X, y)
    >>> model.predict(X).chunks
    ((50, 50, 50, 50),)
    >>> model.to_local().predict(X[:2].compute()).shape
    (2,)
    >>> client.close()
    """

    _local_class = MLPClassifier
    _parameter_constraints: dict = {
        **MLPClassifier._parameter_constraints,
        **OF_DASK,
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
        dropout=0.0,
        dropconnect=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        augment=None,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        frozen_layers=0,
        record_gradient_norms=False,
        skip_connections=False,
        precision=None,
        client=None,
        synchronise="auto",
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
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.augment = augment
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.frozen_layers = frozen_layers
        self.record_gradient_norms = record_gradient_norms
        self.skip_connections = skip_connections
        self.precision = precision
        self.client = client
        self.synchronise = synchronise

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        classes=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Fit the network to Dask collections, whose partitions stay on their workers.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features. Arrays may have sparse blocks (CSR or CSC) and chunks of unknown size;
            they must not be chunked along the features.
        y : dask array, frame or series of shape (n_samples,) or (n_samples, n_outputs)
            Labels, or a label indicator matrix. Chunks that are known to differ
            from those of X are changed.
        sample_weight : dask array or series of shape (n_samples,), default=None
            Weights of the samples, from 0 on.
        classes : array-like of shape (n_classes,), default=None
            All labels; None for those found in y, by a pass over its partitions.
        X_val : dask array or frame of shape (n_val, n_features), default=None
            Features of a validation set. With ``early_stopping`` it takes the place of the rows
            held out; without, its scores and losses are recorded, and change nothing.
        y_val : dask array, frame or series of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : dask array or series of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, of which the message names the partition, there is no client,
            or training diverges. The estimator is left as it was.
        TypeError
            If X or y is no Dask collection.
        RuntimeError
            If partitions are lost with their workers and cannot be computed again, or the scheduler
            cannot be reached any more.
        """
        if classes is not None:
            self._announced = classes
        return self._prepare(X, y, sample_weight, Given(X_val, y_val, sample_weight_val))

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
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
        """Train for one epoch on Dask collections.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features.
        y : dask array, frame or series of shape (n_samples,) or (n_samples, n_outputs)
            Labels, or a label indicator matrix.
        sample_weight : dask array or series of shape (n_samples,), default=None
            Weights of the samples, from 0 on.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed at the first call only.
        X_val : dask array or frame of shape (n_val, n_features), default=None
            Features of a validation set, whose score and loss are recorded.
        y_val : dask array, frame or series of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : dask array or series of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, RuntimeError
            As of `fit`. The estimator is left as it was.
        """
        if _check_partial_fit_first_call(self, classes):
            self._announced = classes
        given = Given(X_val, y_val, sample_weight_val)
        return self._prepare(X, y, sample_weight, given, incremental=True)

    def _take_notice(self, summaries, incremental):
        announced = vars(self).pop("_announced", None)
        known = hasattr(self, "_label_binarizer") and (self.warm_start or incremental)
        if not known:
            self._label_binarizer = binarizer_of(summaries, announced)
            self.classes_ = self._label_binarizer.classes_
        self._check_known(summaries)
        if known and self.warm_start and summaries[0].labels is not None:
            found = np.unique(np.concatenate([summary.labels for summary in summaries]))
            self._class_targets().check_same(found, all_of_them=True)

    def _check_known(self, summaries):
        check_labels(summaries, self._label_binarizer.classes_)

    def _count_outputs(self, summaries):
        n_labels = len(self._label_binarizer.classes_)
        return n_labels if n_labels > 2 or summaries[0].labels is None else 1

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features; arrays and frames of this process will do, too.

        Returns
        -------
        y : dask array of shape (n_samples,) or (n_samples, n_classes)
            Nothing of it is computed before it is asked for. Of other X, an ndarray.
        """
        return self._lazily("predict", X) if is_supported(X) else super().predict(X)

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_proba(self, X):
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features; arrays and frames of this process will do, too.

        Returns
        -------
        y_prob : dask array of shape (n_samples, n_classes)
            Nothing of it is computed before it is asked for. Of other X, an ndarray.
        """
        return self._lazily("predict_proba", X) if is_supported(X) else super().predict_proba(X)

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features; arrays and frames of this process will do, too.

        Returns
        -------
        y_prob : dask array of shape (n_samples, n_classes)
            Nothing of it is computed before it is asked for. Of other X, an ndarray.
        """
        return (
            self._lazily("predict_log_proba", X)
            if is_supported(X)
            else super().predict_log_proba(X)
        )

    @available_if(lambda estimator: estimator._check_decisions())
    def decision_function(self, X):
        """Return how far outputs are beyond the threshold between no and yes.

        Parameters
        ----------
        X : dask array or frame of shape (n_samples, n_features)
            The features; arrays and frames of this process will do, too.

        Returns
        -------
        decisions : dask array of shape (n_samples,) or (n_samples, n_classes)
            Nothing of it is computed before it is asked for. Of other X, an ndarray.
        """
        return (
            self._lazily("decision_function", X)
            if is_supported(X)
            else super().decision_function(X)
        )

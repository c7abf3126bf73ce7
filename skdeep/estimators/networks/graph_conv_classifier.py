"""Graph convolutional networks that predict labels of nodes."""

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.networks.classification import Classification
from skdeep.estimators.networks.graph_network import NOT_OFFERED, GraphNetwork
from skdeep.estimators.parameters.constraints import OF_CLASSIFIERS
from skdeep.estimators.presentation.documentation import documented

#: The label of nodes that have none.
UNLABELLED = -1


@documented("classification", "log_loss", of_layers=True, of_graphs=True)
class GraphConvClassifier(Classification, GraphNetwork):
    """Graph convolutional network for semi-supervised classification of nodes.

    The samples are the nodes of a graph. Each `GraphConv` layer, and the output layer, averages the
    features of each node with those of its neighbours, so that known labels inform the predictions
    of nearby nodes [1]_. All nodes form one batch. Nodes with label -1 are unlabelled: they are
    part of the graph but not of the loss.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    adjacency_ : csr_array of shape (n_nodes, n_nodes) or None
        The symmetric graph that was given to `fit`.
    n_nodes_ : int
        Number of nodes of this graph.
    classes_ : ndarray of shape (n_classes,)
        The labels, without -1.
    loss_ : float
        Loss of the last epoch or iteration, including the penalty.
    best_loss_ : float or None
        Lowest loss of all epochs. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the nodes for validation after every epoch, by `scoring`; None without any.
    best_validation_score_ : float or None
        Best of them; None without nodes for validation.
    validation_loss_curve_ : list of float or None
        Loss on these nodes, without the penalty, after every epoch; None without any.
    layers_ : list of tuple of str and layer
        The hidden layers of the fitted network and their names, followed by a `Propagate`, whose
        output is the input of the output layer.
    input_shape_ : tuple of int
        Shape of a sample, as read by the first layer.
    masked_ : bool
        Whether steps of sequences can be masked: True if the network was fitted with `mask_value`
        or to sequences of different lengths. In this case ``n_features_in_`` also counts the mask,
        with one number per step.
    coefs_ : list of ndarray
        Weights of each layer that has any, the output layer last. The documentation of a layer
        states their shape. The arrays are views of one vector: changing them in place changes the
        network.
    intercepts_ : list of ndarray
        Biases of the same layers, also views of that vector; empty arrays for layers without
        biases.
    batch_norm_ : list of BatchNorm
        `scale`, `shift` and the running `mean` and `variance` of each layer with batch
        normalisation; like `coefs_`, they are views.
    connectivity_ : list of ndarray of bool
        Masks of the shapes of ``coefs_``, True where a weight is a connection. Only with
        `NeuronGraph` or `connections` of `Dense`.
    auxiliary_coefs_, auxiliary_intercepts_ : list of ndarray
        Weights, of shape (n_inputs, n_outputs), and biases of the auxiliary outputs, in the order
        of their layers. Only for networks with auxiliary outputs.
    gradient_norms_ : ndarray of shape (n_epochs, n_layers - 1)
        Norm of the gradient of each layer's weights and biases, averaged over the batches of each
        epoch. Only with ``record_gradient_norms=True``. There is a column for each layer counted by
        ``n_layers_`` except the input; layers without parameters have norm 0.
    n_layers_ : int
        Number of layers, including the input and output layers. Where a layer has several inputs,
        the step that concatenates them counts as a layer too, like `Concatenate`, unless the layer
        reads them in place.
    t_ : int
        Number of samples seen in training.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features. Only defined if X has feature names that are all strings.
    n_iter_ : int
        Number of epochs or iterations of the last fit.
    restarts_ : list of Restart
        Results of each of the `n_restarts`, with the attributes `seed`, `score` (used to choose the
        best), `loss`, `loss_curve`, `validation_scores`, `validation_loss_curve`, `n_iter` and
        `stop_reason`.
    best_restart_ : int
        Index in ``restarts_`` of the network that was kept.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Activation function of the output layer.
    stop_reason_ : str
        Why training ended. 'change': the training loss no longer improved by `tol`; 'validation':
        the validation score no longer improved by `tol`; 'gradient' and 'objective': the norm of
        the gradient or the loss fell below its tolerance; 'max_iter' and 'max_fun': the limit was
        reached; 'interrupted': Ctrl-C was pressed; 'callback': a callback stopped training;
        'line_search': no step along the search direction lowered the loss; 'diverged': a loss was
        not finite or grew by orders of magnitude, in which case a ConvergenceWarning is issued;
        'partial_fit': the last call of that method. With `n_restarts`, the reason of the network
        that was kept.

    See Also
    --------
    skdeep.layers.GraphConv : Graph convolutional layer.
    NetworkClassifier : For samples that have no neighbours.

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph convolutional
       networks", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import kneighbors_graph
    >>> from skdeep import GraphConvClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> graph = kneighbors_graph(X, 10)
    >>> few = np.where(np.arange(len(y)) < 50, y, -1)
    >>> clf = GraphConvClassifier(max_iter=100, tol=1e-3, random_state=0)
    >>> clf.fit(X / 16, few, adjacency=graph).score(X / 16, y) > 0.8
    True
    """

    _parameter_constraints: dict = {
        name: accepted
        for name, accepted in {**GraphNetwork._parameter_constraints, **OF_CLASSIFIERS}.items()
        if name not in (*NOT_OFFERED, "batch_size")
    } | {"layers": [list, tuple, None], "scoring": [StrOptions({"loss", "error_rate"}), None]}
    class_weight = None

    def __init__(
        self,
        layers=None,
        *,
        solver="adam",
        alpha=0.0001,
        learning_rate="constant",
        learning_rate_init=0.01,
        power_t=0.5,
        max_iter=200,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        early_stopping=False,
        validation_fraction=0.1,
        scoring=None,
        n_iter_no_change=10,
        max_fun=15000,
        n_threads=None,
        device="cpu",
        loss="log_loss",
        out_activation="auto",
        weight_init="auto",
        tol_gradient=None,
        tol_objective=None,
        n_restarts=1,
        init_from=None,
        penalty="l2",
        dropconnect=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        record_gradient_norms=False,
        auxiliary_weight=0.3,
    ):
        self.layers = layers
        self.solver = solver
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_threads = n_threads
        self.device = device
        self.loss = loss
        self.out_activation = out_activation
        self.weight_init = weight_init
        self.tol_gradient = tol_gradient
        self.tol_objective = tol_objective
        self.n_restarts = n_restarts
        self.init_from = init_from
        self.penalty = penalty
        self.dropconnect = dropconnect
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.record_gradient_norms = record_gradient_norms
        self.auxiliary_weight = auxiliary_weight

    def _labelled(self, y):
        y = column_or_1d(y, warn=True)
        if (y.dtype.kind == "O" and None in y) or (y != y).any():
            raise ValueError(
                f"y holds None or NaN: nodes without a label have {UNLABELLED}, among strings too "
                "(in an array of objects)."
            )
        labelled = np.broadcast_to(y != UNLABELLED, y.shape)
        if not labelled.any():
            raise ValueError(
                f"y holds no label: all nodes have {UNLABELLED}, which stands for none."
            )
        return np.where(labelled, y, y[labelled][0]), labelled

    def predict(self, X, adjacency=None):
        """Predict class labels of nodes.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
            The features of all nodes.
        adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes), default=None
            Graph of these nodes. If None, the graph given to `fit` is used.

        Returns
        -------
        y : ndarray of shape (n_nodes,)
            The labels.
        """
        return Classification.predict(self._of(X, adjacency), X)

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_proba(self, X, adjacency=None):
        """Predict the probabilities of the classes of nodes.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
            The features of all nodes.
        adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes), default=None
            Graph of these nodes. If None, the graph given to `fit` is used.

        Returns
        -------
        y_prob : ndarray of shape (n_nodes, n_classes)
            One column per class, in the order of ``classes_``.
        """
        model = self._of(X, adjacency)
        return model._targets().probabilities(model._outputs(X))

    def score(self, X, y, sample_weight=None, adjacency=None):
        """Return the accuracy on nodes with labels.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
            The features of all nodes.
        y : array-like of shape (n_nodes,)
            The labels; nodes with -1 do not count.
        sample_weight : array-like of shape (n_nodes,), default=None
            Weights of the nodes.
        adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes), default=None
            Graph of these nodes. If None, the graph given to `fit` is used.

        Returns
        -------
        score : float
        """
        y = column_or_1d(y)
        known = np.broadcast_to(y != UNLABELLED, y.shape)
        weights = None
        if sample_weight is not None:
            weights = validate_sample_weight(sample_weight, X)[known]
        return accuracy_score(y[known], self.predict(X, adjacency)[known], sample_weight=weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        return tags

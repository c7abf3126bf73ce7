"""Networks whose samples are the nodes of a graph, of which some have targets."""

import numpy as np
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    is_classifier,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples, check_consistent_length, check_is_fitted

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.adjacency import check_adjacency, normalised_table
from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.formulas.optimizers import REGISTRY as UPDATE_RULES
from skdeep.layers import GraphConv, Propagate
from skdeep.network.parts import first_operations
from skdeep.recipe.optimizer import solver_name
from skdeep.training.validator import split_rows

#: Units of the hidden layer where none are asked for.
UNITS = 16
#: Name of the layer that the outputs read.
NEIGHBOURS = "neighbours"
#: Parameters of other networks that these do not have, and what stands for them.
NOT_OFFERED = {
    "shuffle": False,
    "augment": None,
    "input_shape": None,
    "mask_value": None,
    "has_graph": True,
    "class_weight": None,
}


class GraphNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin, LayeredNetwork):
    """Base class of `GraphConvClassifier` and `GraphConvRegressor`, which are to be used instead.

    The nodes are one batch. Those without targets have the weight 0.
    """

    input_shape = mask_value = augment = None

    def _parameters(self):
        parameters = super()._parameters()
        vars(parameters).update(NOT_OFFERED)
        if not is_classifier(self):
            del parameters.class_weight
        parameters.layers = self._layer_list()
        parameters.batch_size = vars(self).get("n_nodes_", 1)
        return parameters

    def _layer_list(self):
        layers = [GraphConv(UNITS)] if self.layers is None else self.layers
        if any(isinstance(entry, tuple) and entry[:1] == (NEIGHBOURS,) for entry in layers):
            raise ValueError(
                f"A layer is called {NEIGHBOURS!r}, which is the name of the layer that the "
                "outputs read: choose another name."
            )
        return [*layers, (NEIGHBOURS, Propagate())]

    def _stack(self, pairs, n_outputs, activation):
        stack = super()._stack(pairs, n_outputs, activation)
        if self.adjacency_ is None:
            return stack
        check_sparse_structure(self.adjacency_, "adjacency_")  # may have been changed
        graph = {"settings": self.adjacency_.shape[:1], "table": normalised_table(self.adjacency_)}
        given = [
            each._replace(**graph) if each.kind == Propagate.kind else each for each in stack.given
        ]
        return stack._replace(given=tuple(given))

    def _facts(self):
        return [*super()._facts(), self.adjacency_]

    def _accepted_formats(self, wires):
        return False

    def _check_solver(self):
        raise AttributeError("partial_fit is not available: fit trains on all nodes at once.")

    @property
    def make_predictor(self):
        """Not available: predictions need all nodes of a graph."""
        raise AttributeError("make_predictor is not available for networks of graphs.")

    def _labelled(self, y):
        """Return targets without those that are missing, and which are not."""
        raise NotImplementedError

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y, sample_weight=None, *, adjacency=None, y_val=None, sample_weight_val=None):
        """Fit the network to the nodes of a graph, some of which have targets.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
            The features of all nodes.
        y : array-like of shape (n_nodes,)
            Targets of the nodes: -1 (classification) or NaN (regression) marks a node without
            target.
        sample_weight : array-like of shape (n_nodes,), default=None
            Weights of the nodes that have targets. If None, all have the same weight.
        adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes), default=None
            Weights of the edges, at least 0. The graph is treated as undirected: of two weights of
            an edge the larger is used. None means a graph without edges.
        y_val : array-like of shape (n_nodes,), default=None
            Targets of validation nodes of the same graph, marked as in `y`. With
            ``early_stopping``, they replace the nodes that are held out; otherwise their scores and
            losses are only recorded.
        sample_weight_val : array-like of shape (n_nodes,), default=None
            Weights of the validation nodes.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        self.n_nodes_ = _num_samples(X)
        self.adjacency_ = None
        if adjacency is not None:
            self.adjacency_ = check_adjacency(adjacency, self.n_nodes_)
        y, weights = self._filled(X, y, sample_weight)
        given = Given(None, None, sample_weight_val)
        if y_val is not None:
            given = self._given_nodes(X, y_val, sample_weight_val)
        elif sample_weight_val is None and self._holds_out_nodes():
            weights, held_out = self._split_nodes(y, weights)
            given = Given(X, y, held_out)
        return self._prepare(X, y, weights, given)

    def _holds_out_nodes(self):
        """Return whether some of the nodes with targets are for validation."""
        return self.early_stopping and solver_name(self.solver) in UPDATE_RULES

    def _given_nodes(self, X, y_val, sample_weight_val):
        """Return the nodes for validation that the user gives: all, those without targets with 0.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
        y_val : array-like of shape (n_nodes,)
        sample_weight_val : array-like of shape (n_nodes,), number or None

        Returns
        -------
        given : Given
        """
        try:
            return Given(X, *self._filled(X, y_val, sample_weight_val))
        except ValueError as error:
            raise ValueError(f"y_val, sample_weight_val: {error}") from error

    def _split_nodes(self, y, weights):
        """Return the weights of nodes in training, and in validation, for which some are held out.

        Parameters
        ----------
        y : ndarray of shape (n_nodes,) or (n_nodes, n_outputs)
        weights : ndarray of shape (n_nodes,) or None
            0 for nodes without a target.

        Returns
        -------
        weights, held_out : ndarray of shape (n_nodes,)
        """
        weights = np.ones(self.n_nodes_) if weights is None else weights
        known = np.flatnonzero(weights)
        stratify = y[known] if is_classifier(self) else None
        random_state = check_random_state(self.random_state)
        rows, held_out = split_rows(len(known), self.validation_fraction, random_state, stratify)
        parts = []
        for nodes in (known[rows], known[held_out]):
            own = np.zeros_like(weights)
            own[nodes] = weights[nodes]
            parts.append(own)
        return tuple(parts)

    def _filled(self, X, y, sample_weight):
        """Return targets of all nodes, and weights, which are 0 where there are none.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
        y : array-like of shape (n_nodes,)
        sample_weight : array-like of shape (n_nodes,), number or None

        Returns
        -------
        y : ndarray of shape (n_nodes,)
        weights : ndarray of shape (n_nodes,) or None
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        y, labelled = self._labelled(y)
        check_consistent_length(X, y)
        if sample_weight is not None:
            return y, validate_sample_weight(sample_weight, X).astype(np.float64) * labelled
        return y, None if labelled.all() else labelled.astype(np.float64)

    def _full_batch(self, X, y, sample_weight, dtype=None):
        check_is_fitted(self)
        return super()._full_batch(X, *self._filled(X, y, sample_weight), dtype)

    def _of(self, X, adjacency):
        """Return the estimator, or one of another graph, to predict the nodes of features."""
        check_is_fitted(self)
        if adjacency is None:
            n_rows = _num_samples(X)
            if self.adjacency_ is not None and n_rows != self.n_nodes_:
                raise ValueError(
                    f"X has {n_rows} rows, but the graph of the fit has {self.n_nodes_} nodes: "
                    "give the adjacency of other nodes."
                )
            return self
        other = self._shallow_copy()
        other.n_nodes_ = _num_samples(X)
        other.adjacency_ = check_adjacency(adjacency, other.n_nodes_)
        return other

    def transform(self, X, adjacency=None):
        """Return the outputs of the last hidden layer for each node.

        Parameters
        ----------
        X : array-like of shape (n_nodes, n_features)
            The features of all nodes.
        adjacency : {sparse matrix, array-like} of shape (n_nodes, n_nodes), default=None
            Graph of these nodes. If None, the graph given to `fit` is used.

        Returns
        -------
        X_new : ndarray of shape (n_nodes, n_units)
            New features of the nodes; without hidden layers, the given features.
        """
        model = self._of(X, adjacency)
        X, _, vector = model._rows_and_network(X)
        network = model._flat_network()._replace(vector=vector)
        n_hidden = len(network.architecture.given) - 2
        if n_hidden == 0:
            return X.copy()
        part = first_operations(network, n_hidden)
        return model._engine(fitting=False).predict(part.layout, part.vector, X)

    @property
    def _n_features_out(self):
        """Number of units, for ``get_feature_names_out``."""
        return int(self._architecture_now().given[-1].n_inputs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

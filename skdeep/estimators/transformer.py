"""A transformer that returns the activations of a hidden layer."""

from numbers import Integral

from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    _fit_context,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skdeep.estimators.fitted.versions import Versioned
from skdeep.recipe.hidden_layers import hidden_sizes


class HiddenLayerTransformer(
    ClassNamePrefixFeaturesOutMixin, MetaEstimatorMixin, TransformerMixin, Versioned
):
    """Transform features into the activations of a hidden layer of a network.

    `fit` trains a clone of the network, and `transform` returns the activations of one of its
    hidden layers, as learned features for another estimator.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The network. To use a network that is already fitted without training it again, wrap it in
        `sklearn.frozen.FrozenEstimator`.
    layer : int, default=-1
        Index of the hidden layer: 0 is the first, -1 the last.

    Attributes
    ----------
    estimator_ : MLPClassifier or MLPRegressor
        The fitted network.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features. Only defined if X has feature names that are all strings.

    See Also
    --------
    MLPClassifier.hidden_activations : The activations of all hidden layers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep import HiddenLayerTransformer, MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((5, 2), solver="lbfgs", random_state=0)
    >>> pipeline = make_pipeline(HiddenLayerTransformer(mlp), LogisticRegression()).fit(X, y)
    >>> pipeline[0].transform(X).shape
    (150, 2)
    >>> pipeline[0].get_feature_names_out()
    array(['hiddenlayertransformer0', 'hiddenlayertransformer1'], dtype=object)
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "hidden_activations"])],
        "layer": [Interval(Integral, None, None, closed="neither")],
    }

    def __init__(self, estimator, *, layer=-1):
        self.estimator = estimator
        self.layer = layer

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **fit_params):
        """Fit a clone of the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        fit_params : keyword arguments
            Passed to the network's ``fit``, such as `sample_weight`; with metadata routing, those
            that it requests.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the network has no such hidden layer or cannot be fitted.
        """
        n_layers = len(hidden_sizes(self.estimator.hidden_layer_sizes))
        if not -n_layers <= self.layer < n_layers:
            raise ValueError(
                f"layer={self.layer} is no hidden layer of a network with {n_layers}: "
                f"hidden_layer_sizes={self.estimator.hidden_layer_sizes}."
            )
        if _routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        estimator = clone(self.estimator).fit(X, y, **fit_params)
        self.estimator_ = estimator
        self.n_features_in_ = estimator.n_features_in_
        vars(self).pop("feature_names_in_", None)
        if hasattr(estimator, "feature_names_in_"):
            self.feature_names_in_ = estimator.feature_names_in_
        return self

    def transform(self, X):
        """Return the activations of the hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_units)
            The activations.
        """
        check_is_fitted(self)
        return self.estimator_._hidden_layer(X, self.layer % self._n_hidden())

    def _n_hidden(self):
        return len(self.estimator_.coefs_) - 1

    @property
    def _n_features_out(self):
        """Number of units, for ``get_feature_names_out``."""
        return len(self.estimator_.intercepts_[self.layer % self._n_hidden()])

    def get_metadata_routing(self):
        """Return the metadata routing of this transformer.

        Returns
        -------
        routing : MetadataRouter
            Routes all metadata to the network's ``fit``.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self):
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

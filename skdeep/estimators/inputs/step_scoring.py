"""What scorers of scikit-learn see of networks with outputs for every step of a sequence."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

from skdeep.estimators.targets.step_targets import has_target


def _has(name):
    return available_if(lambda view: hasattr(view.network, name))


class StepView(BaseEstimator):
    """A fitted network whose samples are the steps of a validation set that have targets.

    Parameters
    ----------
    network : NetworkClassifier or NetworkRegressor
        Fitted.
    known : array of bool of shape (n_samples, n_steps)
        Which steps have targets.
    """

    def __init__(self, network, known):
        self.network = network
        self.known = known

    @property
    def classes_(self):
        """The class labels."""
        return self.network.classes_

    def __sklearn_tags__(self):
        return self.network.__sklearn_tags__()

    def predict(self, X):
        """Predict the targets of all steps that have one.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_known,) or (n_known, n_outputs)
        """
        return self.network.predict(X)[self.known]

    @_has("predict_proba")
    def predict_proba(self, X):
        """Predict the probabilities of the classes of all steps that have targets.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)

        Returns
        -------
        y_prob : array of shape (n_known, n_classes)
        """
        return self.network.predict_proba(X)[self.known]

    @_has("decision_function")
    def decision_function(self, X):
        """Return how far the outputs of all steps that have targets are beyond the threshold.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)

        Returns
        -------
        decisions : array of shape (n_known,) or (n_known, n_classes)
        """
        return self.network.decision_function(X)[self.known]


def labels_to_score(targets, y, weights):
    """Return what scorers compare predictions with.

    Parameters
    ----------
    targets : ClassTargets, NumberTargets or StepTargets
    y : array of shape (n_samples, n_outputs), or masked array with an axis for steps
    weights : array of shape (n_samples,) or (n_samples, n_steps) or None

    Returns
    -------
    labels : array of shape (n_samples,) or (n_samples, n_outputs)
        Of all steps that have targets, where samples have steps.
    weights : array of shape (n_samples,) or None
        Likewise: every step counts as often as its sample.
    view : callable
        ``view(network)`` returns the estimator that scorers see.
    """
    labels = targets.labels(y)
    if not isinstance(y, np.ma.MaskedArray):
        return labels, weights, lambda network: network
    known = has_target(y)
    weights = (weights * known.sum(axis=1, keepdims=True))[known]
    return labels[known], weights, lambda network: StepView(network, known)

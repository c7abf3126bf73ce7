"""Fitted estimators whose weights are given instead of trained."""

import functools
from types import SimpleNamespace

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target

from skdeep.estimators.fitted.attributes import history_attributes
from skdeep.estimators.inputs.byte_order import in_native_order
from skdeep.formulas.activations import NAMES
from skdeep.network.layout import flatten
from skdeep.objects import name_of
from skdeep.recipe.hidden_layers import Structure, hidden_activations
from skdeep.recipe.loss_and_outputs import check_single_output, choose_output, resolve_loss
from skdeep.recipe.rules import check
from skdeep.training.stochastic.run import History


class GivenWeights:
    """Makes an estimator of weights. A mixin of the multi-layer perceptrons."""

    @classmethod
    def _with_weights(cls, coefs, intercepts, parameters, set_targets):
        """Return a fitted estimator; ``set_targets(estimator, n_outputs)`` is told the outputs."""
        given = {"batch_norm": None} | parameters
        check("from_weights", SimpleNamespace(**given))
        coefs, intercepts = _arrays("coefs", coefs), _arrays("intercepts", intercepts)
        skips = bool(parameters.get("skip_connections"))
        units = _chain(coefs, intercepts, skips)
        estimator = cls(hidden_layer_sizes=tuple(units[1:-1]), **parameters)
        estimator._validate_params()
        hidden_activations(estimator.activation, len(units) - 2)
        check("network of given weights", estimator._parameters())
        resolve_loss(estimator._parameters())
        estimator.n_features_in_, estimator.n_outputs_ = units[0], units[-1]
        estimator.n_layers_, estimator._structure = len(units), Structure(skips=skips)
        set_targets(estimator, units[-1])
        estimator.out_activation_ = estimator._given_output(units[-1])
        dtype = np.result_type(*coefs, *intercepts)
        dtype = np.float32 if dtype == np.float32 else np.float64
        architecture = estimator._architecture(units)
        estimator._set_parameters(architecture, flatten(coefs, intercepts, dtype))
        options = estimator.early_stopping, len(units) - 1, estimator.record_gradient_norms
        vars(estimator).update(history_attributes(History(), *options))
        estimator.n_iter_, estimator.stop_reason_ = 0, "from_weights"
        return estimator

    def _given_output(self, n_outputs):
        """Return the name of the output activation, which need not suit the loss."""
        if self.out_activation == "auto":
            name = choose_output("auto", self._targets().natural_output, name_of(self.loss))
        else:
            name = NAMES[self.out_activation]
        return check_single_output(name, n_outputs)


class ClassifierOfWeights(GivenWeights):
    """The classifier's way of making an estimator of weights."""

    @classmethod
    def from_weights(
        cls,
        coefs,
        intercepts,
        *,
        activation="relu",
        out_activation="auto",
        classes=None,
        multilabel=False,
        **parameters,
    ):
        """Create a fitted classifier with given weights, without training.

        Layer ``i`` computes ``h = f(h_prev @ coefs[i] + intercepts[i])``. Threshold units ('sign',
        'step') are allowed, but a network that has them cannot be trained further. Other networks
        can, by `partial_fit` or with ``warm_start=True``.

        Parameters
        ----------
        coefs, intercepts : list of array-like
            Weights, of shape (n_units_in, n_units_out), and biases, of shape (n_units_out,), of
            each layer.
        activation : str or sequence of str, default='relu'
            Activation function of the hidden layers: one for all of them, or a sequence with one
            for each.
        out_activation : str, default='auto'
            Activation function of the output layer. It may be one that the loss does not accept.
        classes : array-like of shape (n_classes,), default=None
            The labels, in ascending order: two for a single output, otherwise one for each output.
            If None, they are numbered from 0.
        multilabel : bool, default=False
            Whether each output predicts one label independently of the others.
        parameters : keyword arguments
            Further parameters, such as ``skip_connections=True``; not `batch_norm`.

        Returns
        -------
        estimator : MLPClassifier
            Fitted: ``hidden_layer_sizes`` follows from the weights; ``n_iter_`` and ``t_`` are 0,
            and `stop_reason_` is 'from_weights'. It is float32 if all weights are.

        Raises
        ------
        ValueError
            If shapes are inconsistent, or a parameter is invalid.

        Examples
        --------
        The closed-form solution of XOR with two ReLU units:

        >>> from skdeep import MLPClassifier
        >>> xor = MLPClassifier.from_weights(
        ...     [[[1, 1], [1, 1]], [[1], [-2]]], [[0, -1], [0]], out_activation="identity"
        ... )
        >>> xor.predict([[0, 0], [0, 1], [1, 0], [1, 1]])
        array([0, 1, 1, 0])
        """
        parameters |= {"activation": activation, "out_activation": out_activation}
        set_labels = functools.partial(_set_labels, classes=classes, multilabel=multilabel)
        return cls._with_weights(coefs, intercepts, parameters, set_labels)


class RegressorOfWeights(GivenWeights):
    """The regressor's way of making an estimator of weights."""

    @classmethod
    def from_weights(
        cls, coefs, intercepts, *, activation="relu", out_activation="auto", **parameters
    ):
        """Create a fitted regressor with given weights, without training.

        Layer ``i`` computes ``h = f(h_prev @ coefs[i] + intercepts[i])``. Threshold units ('sign',
        'step') are allowed, but a network that has them cannot be trained further. Other networks
        can, by `partial_fit` or with ``warm_start=True``.

        Parameters
        ----------
        coefs, intercepts : list of array-like
            Weights, of shape (n_units_in, n_units_out), and biases, of shape (n_units_out,), of
            each layer.
        activation : str or sequence of str, default='relu'
            Activation function of the hidden layers: one for all of them, or a sequence with one
            for each.
        out_activation : str, default='auto'
            Activation function of the output layer. It may be one that the loss does not accept.
        parameters : keyword arguments
            Further parameters, such as ``skip_connections=True``; not `batch_norm`.

        Returns
        -------
        estimator : MLPRegressor
            A fitted estimator. ``hidden_layer_sizes`` follows from the weights; ``n_iter_`` and
            ``t_`` are 0, and `stop_reason_` is 'from_weights'. If all weights are float32, so is
            the network.

        Raises
        ------
        ValueError
            If shapes are inconsistent, or a parameter is invalid.

        Examples
        --------
        The closed-form solution of XOR with two ReLU units:

        >>> from skdeep import MLPRegressor
        >>> xor = MLPRegressor.from_weights([[[1, 1], [1, 1]], [[1], [-2]]], [[0, -1], [0]])
        >>> xor.predict([[0, 0], [0, 1], [1, 0], [1, 1]])
        array([0., 1., 1., 0.])
        """
        parameters |= {"activation": activation, "out_activation": out_activation}
        return cls._with_weights(coefs, intercepts, parameters, lambda estimator, n_outputs: None)


def _arrays(name, values):
    """Return a list of numeric arrays."""
    arrays = []
    for index, value in enumerate(values):
        try:
            array = in_native_order(np.asarray(value))
            array = array if array.dtype == np.float32 else array.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"Layer {index}: {name}[{index}] is no array of numbers.") from None
        if not np.isfinite(array).all():
            raise ValueError(f"Layer {index}: {name}[{index}] contains NaN or infinity.")
        arrays.append(array)
    return arrays


def _chain(coefs, intercepts, skips):
    """Return the features, units of every hidden layer and outputs of weights that fit together."""
    if not len(coefs) == len(intercepts) >= 1:
        raise ValueError(
            f"coefs has {len(coefs)} and intercepts {len(intercepts)} arrays, but every layer has "
            "one of each, and there must be a layer."
        )
    units = []
    for index, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        if coef.ndim != 2 or coef.size == 0 or intercept.shape != coef.shape[1:]:
            raise ValueError(
                f"Layer {index}: coefs[{index}] has shape {coef.shape} and intercepts[{index}] has "
                f"shape {intercept.shape}, but (n_units_in, n_units_out) and (n_units_out,) were "
                "expected."
            )
        read = sum(units) if skips else sum(units[-1:])
        if units and len(coef) != read:
            raise ValueError(
                f"Layer {index}: coefs[{index}] has shape {coef.shape}, but coefs[{index - 1}] has "
                f"shape {coefs[index - 1].shape}: ({read}, {coef.shape[1]}) was expected."
            )
        units += coef.shape if not units else coef.shape[1:]
    return units


def _set_labels(estimator, n_outputs, classes, multilabel):
    """Set the labels of a classifier."""
    estimator._label_binarizer = _binarizer(n_outputs, classes, multilabel)
    estimator.classes_ = estimator._label_binarizer.classes_


def _binarizer(n_outputs, classes, multilabel):
    """Return what turns labels into targets, as a fit on such labels leaves it."""
    if multilabel and (classes is not None or n_outputs == 1):
        raise ValueError(
            f"multilabel=True is for several outputs, whose labels have no names; got {n_outputs} "
            f"outputs and classes={classes!r}."
        )
    if multilabel:
        return LabelBinarizer().fit(np.eye(n_outputs, dtype=int))
    n_classes = 2 if n_outputs == 1 else n_outputs
    classes = np.arange(n_classes) if classes is None else np.asarray(classes)
    if classes.shape != (n_classes,) or n_outputs == 2:
        raise ValueError(
            f"classes has shape {classes.shape}, but the last layer has {n_outputs} outputs: two "
            "classes need a single output, more classes an output for each."
        )
    if type_of_target(classes) not in ("binary", "multiclass") or (
        not np.array_equal(classes, np.unique(classes))
    ):
        raise ValueError(f"classes must be labels in ascending order, got {classes.tolist()}.")
    return LabelBinarizer().fit(classes)

"""Fitted estimators in the terms of other libraries."""

import os

from sklearn.utils.validation import check_is_fitted

from skdeep.estimators.presentation import scikit_learn
from skdeep.exporting.numpy_modules.numpy_module import write_module
from skdeep.exporting.onnx_model import make_model
from skdeep.exporting.torch_module import make_module


class NetworkExports:
    """Exports estimators. A mixin of those that know their ``_export_form`` and ``_head``."""

    def to_onnx(self, path=None, *, dtype=None):
        """Return the fitted estimator as an ONNX model.

        The input ``X`` of the model has the shape (n_samples, n_features), or ``(n_samples,
        *input_shape_)`` for sequences and images. Regressors have one output, ``variable``, of
        shape (n_samples, n_outputs). Classifiers have the outputs ``label``, with the type of the
        labels (integers become int64), and ``probabilities``, those of `predict_proba`; if the
        outputs of the network are not probabilities, ``decisions``, those of `decision_function`,
        replaces ``probabilities``. Networks with outputs for each step add an axis for the steps.

        Parameters
        ----------
        path : str, path-like or None, default=None
            File to which the model is also written.
        dtype : {'float32', 'float64'} or None, default=None
            Precision of inputs, weights and outputs. If None, that of ``coefs_``.

        Returns
        -------
        model : onnx.ModelProto
            A model for opset 17. Batch normalisation is merged into the weights. Auxiliary outputs
            are left out.

        Raises
        ------
        ImportError
            If the package is not installed: ``pip install onnx``.
        ValueError
            If a layer, label or activation cannot be expressed in ONNX, or steps are masked.

        Notes
        -----
        The error function of 'gelu' is computed in float32, also in float64 models. The model does
        not check the category codes read by `Embedding` and `EncodedDense`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> model = clf.to_onnx()  # doctest: +SKIP
        """
        check_is_fitted(self)
        network, input_shape = self._export_form()
        model = make_model(network, self._head(), dtype, input_shape)
        if path is not None:
            with open(os.fspath(path), "wb") as file:
                file.write(model.SerializeToString())
        return model

    def to_torch(self, *, with_output=True):
        """Return the fitted network as a PyTorch module.

        The module returns the outputs of the network, of shape (n_samples, n_outputs): predictions
        of a regressor, or probabilities of a classifier (with two classes, those of the second).
        Networks with outputs for each step return the shape (n_samples, n_steps, n_outputs). Inputs
        have the shape that the network was fitted with, or are flattened. Several quantiles are
        returned as they are, not in ascending order.

        Parameters
        ----------
        with_output : bool, default=True
            Whether to include the activation function of the output layer. If False, the module
            returns logits, as expected by PyTorch's `CrossEntropyLoss` and `BCEWithLogitsLoss`.

        Returns
        -------
        module : torch.nn.Module
            A module in evaluation mode, with copies of the weights, which can be trained further
            after ``module.train()``. It is a `Sequential` for a plain stack of dense layers, and a
            `torch.fx.GraphModule` for other networks and for 'exp' outputs. Weights that are not
            connections of a graph of neurons stay 0. Dropout, other regularisation and auxiliary
            outputs are left out.

        Raises
        ------
        ImportError
            If the package is not installed: ``pip install torch``.
        ValueError
            If a layer or activation cannot be expressed in PyTorch, or steps are masked.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> module = clf.to_torch()  # doctest: +SKIP
        """
        check_is_fitted(self)
        network, input_shape = self._export_form()
        return make_module(network, with_output, input_shape)

    def to_source(self, path):
        """Write a Python module that predicts as this network does, and needs NumPy alone.

        The module reads its numbers from a file beside it, of the same name that ends with
        ``.npz``: move the two together. It has the functions of the estimator: ``predict(X)`` of
        regressors; ``predict(X)``, ``predict_proba(X)`` or ``decision_function(X)``, and
        ``classes()`` of classifiers; ``reconstruct(X)``, ``transform(X)`` and
        ``inverse_transform(X)`` of an `Autoencoder`. X is an array of samples, or where steps can
        be masked also a list of sequences.

        Parameters
        ----------
        path : str or path-like
            Of the module; it ends with ``.py``.

        Returns
        -------
        paths : tuple of str
            Of the module, and of the file of its numbers.

        Raises
        ------
        ValueError
            If the path is not that of a module, or a layer, an activation or the labels have no
            form in it. Nothing is written then.

        Notes
        -----
        Predictions are those of the estimator up to rounding. All kinds of layers have a form but
        `Propagate` and `GraphConv`, which read the graph. Names of columns are not compared.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> paths = clf.to_source("iris_model.py")  # doctest: +SKIP
        """
        check_is_fitted(self)
        network, input_shape = self._source_form()
        settings = {"masked": False, "mask_value": None, "trims": False, **self._source_settings()}
        settings["input_shape"] = list(input_shape or (network.n_features,))
        return write_module(network, self._head(), path, self._source_functions(), **settings)

    def _source_form(self):
        """Return the network and the shape of a sample, as `_export_form` does, masks included."""
        return self._export_form()

    def _source_settings(self):
        """Return what the functions of a module know beside the network."""
        return {}

    def _source_functions(self):
        """Return the names of the functions that a module of the estimator has."""
        if not hasattr(self, "classes_"):
            return ("predict",)
        numbers = "predict_proba" if self._head().probabilities else "decision_function"
        return "predict", numbers, "classes"


class Exports(NetworkExports):
    """Exports estimators of scikit-learn's names. They know their ``_dense_network``."""

    def _export_form(self):
        return self._dense_network(), None

    def to_sklearn(self):
        """Return the fitted estimator as scikit-learn's estimator of the same name.

        It makes the same predictions and has the same training history (``n_iter_``,
        ``loss_curve_`` and others). After 'adam' and 'sgd' it also has the state of the solver, so
        that `partial_fit` continues training. Common parameters have the same values. Parameters
        that only affect training and do not exist in scikit-learn, such as `dropout` or other
        solvers, are left out or replaced by scikit-learn's defaults. Batch normalisation is merged
        into the weights.

        Returns
        -------
        estimator : sklearn.neural_network.MLPClassifier, MLPRegressor or sklearn's Perceptron
            A fitted estimator. It shares no array with this one.

        Raises
        ------
        ValueError
            If scikit-learn's estimator cannot make the same predictions; the message names the
            reason.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> bool((clf.to_sklearn().predict(X) == clf.predict(X)).all())
        True
        """
        check_is_fitted(self)
        return scikit_learn.export(self)

    @classmethod
    def from_sklearn(cls, estimator):
        """Create a fitted estimator from one of scikit-learn.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPClassifier, MLPRegressor or sklearn's Perceptron
            A fitted estimator of the same name. It is not changed and shares no array with the new
            one.

        Returns
        -------
        estimator : MLPClassifier, MLPRegressor or Perceptron
            A fitted estimator with the same parameters, predictions, training history and state of
            the solver.

        Raises
        ------
        NotFittedError
            If `estimator` is not fitted.
        TypeError
            If `estimator` is not such an estimator.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.neural_network import MLPClassifier as Reference
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> reference = Reference((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> clf = MLPClassifier.from_sklearn(reference)
        >>> bool((clf.predict(X) == reference.predict(X)).all())
        True
        """
        return scikit_learn.take_over(cls, estimator)

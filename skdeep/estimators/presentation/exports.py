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

        Its input ``X`` has the shape (n_samples, n_features), or ``(n_samples, *input_shape_)``
        where the first of a list of layers reads samples of more axes. Regressors have one output,
        ``variable``, of shape (n_samples, n_outputs). Classifiers have ``label``, of the type of
        the labels (integers as int64), and ``probabilities``, as `predict_proba` gives them; or
        ``decisions``, as `decision_function` gives them, where outputs are no probabilities. With
        outputs for every step of a sequence, all of them have an axis for the steps.

        Parameters
        ----------
        path : str, path-like or None, default=None
            A file to write the model to as well.
        dtype : {'float32', 'float64'} or None, default=None
            Precision of input, weights and outputs; None for that of ``coefs_``.

        Returns
        -------
        model : onnx.ModelProto
            For version 17 of the operators. Batch normalisation is part of the weights, and
            auxiliary outputs, which predictions do not use, are left out.

        Raises
        ------
        ImportError
            Without the package ``onnx``: ``pip install "skdeep[onnx]"``.
        ValueError
            If layers, labels or activations have no form in ONNX, or steps are masked.

        Notes
        -----
        The error function of 'gelu' is computed in float32, also in a model of float64. The codes
        that `Embedding` and `EncodedDense` read are not checked by the model.

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
        """Return the fitted network as a module of PyTorch.

        The module returns the outputs of the network, of shape (n_samples, n_outputs): predictions
        of a regressor, probabilities of a classifier (of the second class where there are two).
        With outputs for every step of a sequence the shape is (n_samples, n_steps, n_outputs). It
        takes samples of the shape that the network was fitted with, or as vectors.

        Parameters
        ----------
        with_output : bool, default=True
            Whether the activation of the outputs is part of it. Without, it returns what goes into
            that activation, as PyTorch's losses `CrossEntropyLoss` and `BCEWithLogitsLoss` want it.

        Returns
        -------
        module : torch.nn.Module
            With copies of the weights, which can be trained further, and in the mode of evaluation;
            ``module.train()`` sets that of training. A `Sequential`, or for networks with skip
            connections, graphs, layers that are not dense and outputs by 'exp' a
            `torch.fx.GraphModule`. The weights of a graph that are no connections stay 0. Dropout
            and other regularisation are no part of it, nor are auxiliary outputs.

        Raises
        ------
        ImportError
            Without the package ``torch``: ``pip install "skdeep[torch]"``.
        ValueError
            If a layer or an activation has no form in PyTorch, or steps are masked.

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
        """Return the fitted estimator as scikit-learn's of the same name.

        It makes the same predictions, has the record of training (``n_iter_``, ``loss_curve_`` and
        others), and after 'adam' and 'sgd' the state of the solver, so that `partial_fit` goes on
        where this one would. Parameters that both have are the same. Those that training alone
        looks at and scikit-learn does not have, such as `dropout`, other losses of the same outputs
        or other solvers, are left out or have scikit-learn's defaults. Batch normalisation becomes
        part of the weights.

        Returns
        -------
        estimator : sklearn.neural_network.MLPClassifier, MLPRegressor or sklearn's Perceptron
            Fitted. It shares no array with this one.

        Raises
        ------
        ValueError
            If scikit-learn has no network that makes the same predictions; the message names what
            it does not have.

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
        """Make a fitted estimator of one of scikit-learn's.

        Parameters
        ----------
        estimator : sklearn.neural_network.MLPClassifier, MLPRegressor or sklearn's Perceptron
            A fitted estimator of the same name. It is not changed, and shares no array with the
            new one.

        Returns
        -------
        estimator : MLPClassifier, MLPRegressor or Perceptron
            Fitted, with the same parameters, predictions, record of training and state of the
            solver.

        Raises
        ------
        NotFittedError
            If it is not fitted.
        TypeError
            If it is something else.

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

"""What fitted ensembles for tables can be handed to other programs as."""

import os

from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skdeep.tabular.exporting.numpy_export import write_module


class EnsembleExports:
    """Exports ensembles. A mixin."""

    def to_onnx(self, path=None, *, dtype="float64", missing=""):
        """Return the fitted ensemble, the encoding of the table included, as an ONNX model.

        A table of numbers alone is one input ``X`` of shape (n_samples, n_features). Otherwise
        every column that predictions depend on is an input of its name (``x0``, ``x1`` and so on
        without names) and of shape (n_samples, 1): of strings, of booleans, or of numbers of type
        `dtype`, in which NaN stands for missing ones. ``session.get_inputs()`` of ONNX Runtime
        lists them. Classifiers have the outputs ``label``, of the type of the labels (integers as
        int64), and ``probabilities`` of shape (n_samples, n_classes); regressors have ``variable``
        of shape (n_samples, n_outputs) or (n_samples, n_quantiles).

        Parameters
        ----------
        path : str, path-like or None, default=None
            A file to write the model to as well.
        dtype : {'float32', 'float64'}, default='float64'
            Type of inputs of numbers, and of probabilities or predictions. The encoding is computed
            in float64 and the networks in float32, as in `predict`.
        missing : str, default=""
            The string that stands for a missing one. It must not be a level of a column.

        Returns
        -------
        model : onnx.ModelProto
            For version 17 of the operators, and 2 of ``ai.onnx.ml`` where there are strings.

        Raises
        ------
        ImportError
            If the package is not installed: ``pip install onnx``.
        ValueError
            If names of columns, levels or labels have no form in ONNX.

        Notes
        -----
        The model does not refuse infinite numbers. Missing booleans have no form in it.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from skdeep import TabularClassifier
        >>> X, y = load_wine(return_X_y=True)
        >>> clf = TabularClassifier(n_ensemble=1, max_iter=5, random_state=0).fit(X, y)
        >>> model = clf.to_onnx()  # doctest: +SKIP
        """
        from skdeep.tabular.exporting.onnx_ensemble import make_ensemble_model

        check_is_fitted(self)
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}.")
        if not isinstance(missing, str):
            raise ValueError(f"missing must be a string, got {missing!r}.")
        names = _check_feature_names_in(self, None).tolist()
        model = make_ensemble_model(self, names, dtype, missing)
        if path is not None:
            with open(os.fspath(path), "wb") as file:
                file.write(model.SerializeToString())
        return model

    def to_source(self, path):
        """Write a Python module that predicts as this ensemble does, and needs NumPy alone.

        The module has the functions ``predict(X)``, ``predict_proba(X)`` and ``classes()``, and
        reads its numbers from a file beside it, of the same name that ends with ``.npz``. Move the
        two together. X is a dict of columns, a frame of pandas or polars, or an array of all
        columns; None, NaN and `pandas.NA` are missing values.

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
            If the path does not end with ".py", or levels or labels cannot be written.

        Notes
        -----
        Predictions are those of the ensemble up to the rounding of float32. The module forms the
        dense encoding of the rows, some thousands at a time, and takes one core or those of NumPy's
        matrix products, so it is slower than `predict`.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from skdeep import TabularClassifier
        >>> X, y = load_wine(return_X_y=True)
        >>> clf = TabularClassifier(n_ensemble=1, max_iter=5, random_state=0).fit(X, y)
        >>> paths = clf.to_source("wine_model.py")  # doctest: +SKIP
        """
        check_is_fitted(self)
        return write_module(self, _check_feature_names_in(self, None).tolist(), path)

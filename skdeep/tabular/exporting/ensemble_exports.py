"""What fitted ensembles for tables can be handed to other programs as."""

import os

from sklearn.utils.validation import _check_feature_names_in, check_is_fitted


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
            Without the package ``onnx``: ``pip install "skdeep[onnx]"``.
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

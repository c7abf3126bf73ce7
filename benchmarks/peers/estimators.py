"""skdeep and scikit-learn, which have the same two classes."""

import importlib
import warnings

from sklearn.exceptions import ConvergenceWarning

from benchmarks.peers.common import package_version

NEVER = 10**9  # epochs without improvement before a fit stops
SKLEARN_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")


class EstimatorPeer:
    """skdeep, or scikit-learn: anything with scikit-learn's two MLP classes.

    Parameters
    ----------
    name : str
        Shown in the tables.
    module : str
        Where `MLPClassifier` and `MLPRegressor` are imported from.
    distribution : str
        Name of the installed package.
    """

    failures = ()

    def __init__(self, name, module, distribution):
        self.name = name
        self.module = importlib.import_module(module)
        self.version = package_version(distribution)

    def supports(self, shape):
        """Tell whether this peer can run the shape."""
        regularised = shape.dropout or shape.batch_norm
        return self.name == "skdeep" or (
            shape.activation in SKLEARN_ACTIVATIONS and not regularised
        )

    def estimator(self, shape, n_rows, **parameters):
        """Return the estimator of a shape, for a number of rows."""
        cls = self.module.MLPClassifier if shape.task == "classify" else self.module.MLPRegressor
        if self.name == "skdeep":
            parameters = {"dropout": shape.dropout, "batch_norm": shape.batch_norm, **parameters}
        return cls(
            hidden_layer_sizes=shape.hidden,
            activation=shape.activation,
            solver=shape.solver,
            batch_size=min(shape.batch, n_rows),
            max_iter=shape.epochs,
            tol=0.0,
            n_iter_no_change=NEVER,
            random_state=0,
            **parameters,
        )

    def fitted(self, shape, data, **parameters):
        """Return an estimator of the shape, fitted."""
        X, y, _ = data
        model = self.estimator(shape, X.shape[0], **parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(X, y)

    def job(self, shape, data, **parameters):
        """Return the function that fits, or predicts with a model fitted here."""
        if shape.work == "fit":
            return lambda: self.fitted(shape, data, **parameters).n_iter_
        model, X = self.fitted(shape, data, **parameters), data[2]
        if shape.fast and self.name == "skdeep":
            model = model.make_predictor()
        work = getattr(model, shape.work)

        def predict():
            for _ in range(shape.calls):
                work(X)

        return predict

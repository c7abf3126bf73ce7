"""Small tables, small ensembles, and the members of an ensemble fitted by hand."""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from skdeep import (
    NetworkClassifier,
    NetworkRegressor,
    TabularClassifier,
    TabularEncoder,
    TabularRegressor,
)
from skdeep.layers import Dense, TableFeatures
from skdeep.solvers import AdamW

SMALL = {"n_ensemble": 2, "max_iter": 4, "hidden_layer_sizes": (8,), "random_state": 0}
#: Strategy, factor of bins, and cosines of the encodings, as the documentation says.
WAYS = [("quantile", 1.0, 0), ("tree", 1.0, 0), ("quantile", 0.4, 4), ("quantile", 1.25, 0)]


def table(n_rows=90, seed=0):
    """Return a table with gaps, and classes and numbers that depend on it."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "a": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
            "b": rng.exponential(size=n_rows) * (rng.random(n_rows) < 0.5),
            "c": rng.choice(["x", "y", "z", None], n_rows),
        }
    )
    z = X["a"].fillna(0).to_numpy() + X["b"].to_numpy() + (X["c"] == "x").to_numpy()
    return X, np.where(z > 1, "high", np.where(z > 0, "mid", "low")), z


def both(**parameters):
    """Yield an estimator of each kind, with a table and its targets."""
    X, labels, numbers = table()
    yield TabularClassifier(**{**SMALL, **parameters}), X, labels
    yield TabularRegressor(**{**SMALL, **parameters}), X, numbers


def outputs(model, X):
    """Return all that a model predicts."""
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def encode_by_hand(X, y, n_ways, seed, target_type, behind=False):
    """Return the dense rows of every encoding, by `TabularEncoder` and NumPy's cosine.

    Cosines come before the levels of the category, or behind all other columns.
    """
    found, n_bins = [], "auto"
    for place, (strategy, factor, n_cosines) in enumerate(WAYS[:n_ways]):
        encoder = TabularEncoder(
            n_bins, strategy=strategy, target_type=target_type, random_state=seed
        )
        if place == 0:
            n_bins = encoder.fit(X, y).n_bins_
        else:
            encoder.set_params(n_bins=max(6, int(n_bins * factor)))
        rows = encoder.fit_transform(X, y)
        names = encoder.get_feature_names_out()
        scores = rows[:, np.isin(names, X.columns)].astype(np.float64)
        random = np.random.RandomState(seed + place)
        shape = scores.shape[1], n_cosines
        w, c = random.normal(0.0, 0.2, shape), random.uniform(-np.pi, np.pi, shape)
        cosines = np.cos(2 * np.pi * scores[:, :, None] * w + c).reshape(len(rows), -1)
        levels = [place for place, name in enumerate(names) if name.startswith("c_")]
        place = len(names) if behind else levels[0]
        found.append(np.insert(rows, [place], cosines.astype(np.float32), axis=1))
    return found


def member_by_hand(kind, training, validation, seed, batch_size=32, weights=(None, None)):
    """Return a network that is trained as the documentation says, on dense rows.

    A first layer that passes features on has the masks of dropout be those of a member.
    """
    kinds = {"classes": (NetworkClassifier, 0.004), "numbers": (NetworkRegressor, 0.005)}
    cls, rate = kinds[kind]
    network = cls(
        [TableFeatures(), Dense(8, "silu", dropout=0.1)],
        solver=AdamW(learning_rate_init=rate, beta_2=0.95, epsilon=1e-8),
        learning_rate="coslog4",
        alpha=0.2,
        batch_size=batch_size,
        max_iter=4,
        tol=0.0,
        early_stopping=True,
        n_iter_no_change=4,
        scoring="loss",
        random_state=seed,
    )
    X_val, y_val = validation
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(
            *training, weights[0], X_val=X_val, y_val=y_val, sample_weight_val=weights[1]
        )

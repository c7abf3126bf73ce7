"""Forecast a time series with recurrent networks
==============================================

A recurrent network predicts the next hour of a load curve whose daily shape changes.

Run it with ``python examples/forecast.py``; it takes some seconds and draws forecast.png. The
series is generated: a daily wave of two heights, between which it changes at random times, a part
that depends on the weather, and noise. From the last 48 hours of the load and of the weather,
models predict the next hour of the load, on hours later than all that they are trained on.

- The hour before, and the same hour of the day before, are what is easily tried.
- Ridge regression on all 96 numbers is linear: it has one forecast for both heights of the wave.
- ``LSTM`` and ``GRU`` read the hours one by one. They have fewer weights than a multi-layer
  perceptron on all hours, and use the same ones at every hour.

Look at the errors, and at the picture where the wave changes its height.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV

from skdeep import NetworkRegressor
from skdeep.layers import GRU, LSTM, Dense, Flatten

HOURS, TRAINING = 48, 4500
NETWORKS = {
    "perceptron": [Flatten(), Dense(100), Dense(50)],
    "GRU": [GRU(32)],
    "LSTM": [LSTM(32)],
}


def load_curve(n_hours=6000, seed=0):
    """Return a load and a weather, hour by hour.

    Returns
    -------
    series : array of shape (n_hours, 2)
        The load has mean 0 and variance 1.
    """
    rng, hours = np.random.default_rng(seed), np.arange(n_hours)
    weather, height, high = np.zeros(n_hours), np.zeros(n_hours), 0
    for hour in range(1, n_hours):
        weather[hour] = 0.95 * weather[hour - 1] + 0.3 * rng.normal()
        high = 1 - high if rng.random() < 0.02 else high
        height[hour] = 1 + 0.8 * high
    load = height * np.sin(2 * np.pi * (hours - 8) / 24)
    load += 0.5 * np.abs(weather) * np.sin(4 * np.pi * hours / 24)
    load += 0.05 * rng.normal(size=n_hours)
    return np.column_stack([(load - load.mean()) / load.std(), weather]).astype(np.float32)


def windows(series):
    """Return the hours before every hour, and the load of that hour.

    Returns
    -------
    X : array of shape (n_windows, HOURS, 2)
    y : array of shape (n_windows,)
    """
    seen = np.lib.stride_tricks.sliding_window_view(series, HOURS, axis=0)[:-1]
    return np.ascontiguousarray(seen.transpose(0, 2, 1)), series[HOURS:, 0]


def predictions(X, y, epochs):
    """Return the forecasts of all models for the hours behind those of training."""
    learnt, new = slice(TRAINING), slice(TRAINING, None)
    flat = X.reshape(len(X), -1)
    found = {"hour before": X[new, -1, 0], "day before": X[new, -24, 0]}
    ridge = RidgeCV(np.logspace(-3, 3, 7)).fit(flat[learnt], y[learnt])
    found["ridge"] = ridge.predict(flat[new])
    for name, layers in NETWORKS.items():
        network = NetworkRegressor(
            layers,
            batch_size=50,
            learning_rate_init=0.003,
            learning_rate="cosine",
            clip_norm=1.0,
            max_iter=epochs,
            random_state=0,
        )
        found[name] = network.fit(X[learnt], y[learnt]).predict(X[new])
    return found


def draw(path, y, found):
    """Draw some days of the series with forecasts, and the errors."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    shown = slice(0, 24 * 8)
    left.plot(y[shown], "k", linewidth=1.5, label="load")
    for name in ("day before", "ridge", "LSTM"):
        left.plot(found[name][shown], linewidth=1, label=name)
    left.set(title="the first days after training", xlabel="hour")
    left.legend(fontsize="small", ncols=4)
    errors = {name: np.mean((forecast - y) ** 2) for name, forecast in found.items()}
    right.barh(list(errors), list(errors.values()))
    right.set(title="mean squared error")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote forecasts to {path}")


def main(arguments=None):
    """Compare forecasts of the next hour."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("forecast.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    X, y = windows(load_curve())
    found, new = predictions(X, y, 15 if options.quick else 30), y[TRAINING:]
    print(f"mean squared errors of {len(new)} hours\n")
    errors = {name: np.mean((forecast - new) ** 2) for name, forecast in found.items()}
    for name, error in errors.items():
        print(f"{name:<13}{error:.4f}")
    assert max(errors["LSTM"], errors["GRU"]) < errors["ridge"] < errors["hour before"]
    draw(options.output, new, found)


if __name__ == "__main__":
    main()

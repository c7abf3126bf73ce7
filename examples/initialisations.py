"""Compare weight initialisations in a deep network
================================================

The first weights decide whether a network learns: ten hidden layers, seven initialisations.

Run it with ``python examples/initialisations.py``; it takes some seconds and draws
initialisations.png. Handwritten digits go through ten hidden layers of 100 units, of tanh and of
relu. A layer multiplies the spread of what comes in by about ``sqrt(fan_in) * std(W)`` (for relu by
``sqrt(1/2)`` of that), and so does the gradient on its way back; ten layers take the tenth power.

- Weights that are too small make activations and gradients vanish: nothing is learned.
- Weights that are too large saturate tanh units, and with relu units everything explodes.
- Glorot's (Xavier's) scheme keeps the spread of tanh units, He's has the factor of 2 that relu
  units need. LeCun's is Glorot's for layers of equal size; orthogonal matrices keep lengths.
- Weights that are all alike (zeros, or another constant) make all units of a layer alike, and their
  gradients too: training cannot tell them apart, and skdeep warns.

Look at the spread from layer to layer on the left, and at the loss that follows on the right.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skdeep import MLPClassifier
from skdeep.initialisers import Constant, Normal
from skdeep.solvers import SGD

SCHEMES = {
    "zeros": "zeros",
    "too small": Normal(std=0.01),
    "too large": Normal(std=0.5),
    "Glorot": "glorot_normal",
    "He": "he_normal",
    "LeCun": "lecun_normal",
    "orthogonal": "orthogonal",
}
HIDDEN = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}
LAYERS = (100,) * 10


def make_network(activation, scheme, rate=0.01, sizes=LAYERS, max_iter=1):
    """Return a network, a deep one by default, to be trained by stochastic gradient descent."""
    return MLPClassifier(
        sizes,
        activation=activation,
        weight_init=scheme,
        solver=SGD(learning_rate_init=rate),
        alpha=0.0,
        batch_size=32,
        max_iter=max_iter,
        random_state=0,
    )


def untrained(activation, scheme, X, y):
    """Return a network as it was initialised: its one step is shorter than rounding."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="weight_init", category=UserWarning)
        network = make_network(activation, scheme, rate=1e-30)
        return network.partial_fit(X, y, classes=np.unique(y))


def spreads(network, X, y):
    """Return the standard deviations of activations and of gradients, layer by layer.

    Parameters
    ----------
    network : MLPClassifier
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)

    Returns
    -------
    activations, gradients : list of float
        Of the outputs of every hidden layer, and of the gradient of its weights.
    """
    h, activations = X, []
    hidden_layers = zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True)
    for weights, biases in hidden_layers:
        h = HIDDEN[network.activation](h @ weights + biases)
        activations.append(h.std())
    _, coef_grads, _ = network.loss_gradient(X, y)
    return activations, [gradient.std() for gradient in coef_grads[:-1]]


def train(network, X, y):
    """Fit a network; return its losses, none if it diverges, and the last warning, if any."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are enough to see
        try:
            network.fit(X, y)
        except ValueError:
            return [], None
    return network.loss_curve_, caught[-1].message if caught else None


def compare(activation, X, y, max_iter):
    """Try all schemes on networks of some activation; print and return what happens.

    Parameters
    ----------
    activation : {"tanh", "relu"}
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    max_iter : int
        Epochs.

    Returns
    -------
    results : dict of str to tuple of list of float
        Activations, gradients and losses by scheme; there are no losses where a fit diverges.
    """
    print(f"\n{activation:<12}std of activations    std of gradients      loss after epoch")
    print(f"{'':<12}layer 1   layer 10    layer 1   layer 10    1         {max_iter}")
    results = {}
    for name, scheme in SCHEMES.items():
        activations, gradients = spreads(untrained(activation, scheme, X, y), X, y)
        losses, _ = train(make_network(activation, scheme, max_iter=max_iter), X, y)
        ends = [f"{spread[i]:.1e}" for spread in (activations, gradients) for i in (0, -1)]
        after = f"{losses[0]:<10.3f}{losses[-1]:.3f}" if losses else "diverges: ValueError"
        print(f"{name:<12}{ends[0]:<10}{ends[1]:<12}{ends[2]:<10}{ends[3]:<12}{after}")
        results[name] = activations, gradients, losses
    return results


def show_symmetry(X, y, max_iter):
    """Print that units which start alike stay alike, and what the network is worth then."""
    print("\nUnits that start alike stay alike (one hidden layer of 100 tanh units):")
    print(f"{'':<12}largest weight   largest difference of two units   accuracy")
    schemes = {"zeros": "zeros", "constant": Constant(value=0.01), "Glorot": "glorot_normal"}
    for name, scheme in schemes.items():
        network = make_network("tanh", scheme, rate=0.1, sizes=(100,), max_iter=max_iter)
        _, warned = train(network, X, y)
        weights = network.coefs_[0]
        largest, unlike = np.abs(weights).max(), np.ptp(weights, axis=1).max()
        print(f"{name:<12}{largest:<17.2f}{unlike:<34.2f}{network.score(X, y):.2f}")
        if warned:
            print(f"  {type(warned).__name__}: {str(warned).split(',')[0]} ...")


def draw(path, results):
    """Draw the spreads of activations and gradients and the losses, one row per activation.

    Parameters
    ----------
    path : Path
    results : dict of str to dict of str to tuple
        What `compare` returns, by activation.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(13, 8), layout="constrained")
    titles = ("std of the activations", "std of the gradients of the weights", "training loss")
    labels = {"zeros": "zeros (std 0: off the logarithmic scale)"}
    for axes, (activation, schemes) in zip(figure.subplots(2, 3), results.items(), strict=True):
        for marker, (name, curves) in zip("ovsd^Dx", schemes.items(), strict=True):
            size = 8 if name == "zeros" else 4
            for ax, curve in zip(axes, curves, strict=True):
                line = {"label": labels.get(name, name), "marker": marker, "markersize": size}
                ax.plot(range(1, len(curve) + 1), curve, linewidth=1.2, **line)
        for ax, title in zip(axes, titles, strict=True):
            ax.set(title=f"{activation}: {title}", xlabel="hidden layer")
        for ax in axes[:2]:
            ax.set(yscale="log", xticks=range(1, len(LAYERS) + 1))
        axes[2].set(xlabel="epoch", ylim=(-0.1, 3.2))
        diverged = [name for name, (_, _, losses) in schemes.items() if not losses]
        if diverged:
            axes[2].set_title(f"{activation}: training loss ({', '.join(diverged)}: diverges)")
    handles, names = axes[2].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Compare the schemes for both activations."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("initialisations.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="train on fewer digits, and less")
    options = parser.parse_args(arguments)
    n_rows, max_iter = (300, 2) if options.quick else (1000, 8)

    X, y = load_digits(return_X_y=True)
    X, y = scale(X)[:n_rows], y[:n_rows]
    print(f"{len(X)} digits, {len(LAYERS)} hidden layers of {LAYERS[0]} units; guessing has the")
    print(f"loss ln 10 = {np.log(10):.3f}.")
    results = {activation: compare(activation, X, y, max_iter) for activation in HIDDEN}
    show_symmetry(X, y, max_iter)
    draw(options.output, results)


if __name__ == "__main__":
    main()

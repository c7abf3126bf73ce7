"""Plot the architecture of a network."""

from numbers import Integral

import numpy as np
from scipy.sparse import issparse

from skdeep.displays import drawing
from skdeep.displays.common import check_choice, check_matplotlib, find_network, new_axes
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.presentation.description import describe_network
from skdeep.network.stack import make_stack, named_layers
from skdeep.network.unit_connections import weights_between_units
from skdeep.network.wiring import readers_of_features, wire, with_feature_names

#: Networks of graphs with more neurons than this are drawn as layers, unless asked for otherwise.
MOST_NEURONS = 60


class NetworkDisplay:
    """Architecture of a network: layers, sizes, activations, numbers of parameters and connections.

    ``print(display)`` shows the same information as text, and so does `describe_network`, which
    does not need matplotlib. Notebooks show it in the HTML representation of a fitted estimator,
    also within pipelines and searches.

    Parameters
    ----------
    description : NetworkDescription
        Description of the layers.
    connections : list of array-like of shape (n_inputs, n_units), default=None
        Weights of each layer, with NaN where there is no connection. Rows are units of the previous
        layer or, with skip connections, of the input and all previous layers. If None, only layers
        can be drawn.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    boxes_ : list of matplotlib FancyBboxPatch
        One box for each layer, in the order of the description; empty if neurons are drawn.
    arrows_ : list of matplotlib FancyArrowPatch
        One arrow for each connection between two layers.
    neurons_ : list of matplotlib PathCollection
        Neurons of each layer; empty if layers are drawn.
    edges_ : matplotlib LineCollection or None
        Connections between neurons.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.displays import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((10, 5), solver="lbfgs", random_state=0).fit(X, y)
    >>> display = NetworkDisplay.from_estimator(clf)
    >>> print(display)
    MLPClassifier: 4-(10, 5)-3, 123 parameters
    layer     units  activation  parameters  reads     notes
    input         4
    hidden 0     10  relu                50  input
    hidden 1      5  relu                55  hidden 0
    output        3  softmax             18  hidden 1
    """

    def __init__(self, *, description, connections=None):
        self.description = description
        self.connections = connections

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **plot_params):
        """Plot the network of an estimator.

        Parameters
        ----------
        estimator : estimator
            An MLPClassifier, MLPRegressor or Perceptron, or a pipeline or search that contains one.
            For an estimator that is not fitted, only what follows from its parameters is drawn.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        **plot_params : keyword arguments
            Passed to `plot`.

        Returns
        -------
        display : NetworkDisplay
            The display, with the axes drawn.

        Raises
        ------
        TypeError
            If it is not such an estimator.
        ValueError
            If the estimator is not fitted and its parameters do not define a network.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        network, feature_names = find_network(estimator, fitted=False)
        description = describe_network(network)
        first, *others = description.layers
        if first.units is None and feature_names and len(feature_names) == first.n_units:
            first = first._replace(units=tuple(feature_names))
            description = description._replace(layers=(first, *others))
        connections = _connections(network) if description.fitted else _planned(network)
        return cls(description=description, connections=connections).plot(ax=ax, **plot_params)

    def plot(self, ax=None, *, kind="auto", max_units=16, cmap="RdBu_r"):
        """Draw the network from left to right.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.
        kind : {'auto', 'layers', 'neurons'}, default='auto'
            'layers' draws a box for each layer, and arrows from each layer to the layers that use
            its output. 'neurons' draws the neurons and their connections, without auxiliary
            outputs: red for positive and blue for negative weights, more intense for larger
            weights. 'auto' draws neurons for networks with a `NeuronGraph` and at most 60 neurons,
            and layers otherwise.
        max_units : int, default=16
            Maximum number of neurons to draw per layer. In larger layers, the first and the last
            neurons are drawn.
        cmap : str or matplotlib Colormap, default='RdBu_r'
            A diverging colormap for the connections.

        Returns
        -------
        display : NetworkDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `kind` is invalid, or is 'neurons' and the connections are not known.
        """
        check_choice("kind", kind, ["auto", "layers", "neurons"])
        if not isinstance(max_units, Integral) or max_units < 2:
            raise ValueError(f"max_units must be an integer of at least 2, got {max_units!r}.")
        if kind == "neurons" and self.connections is None:
            raise ValueError(
                "kind='neurons' needs a fitted estimator or a graph: before the fit, features and "
                "outputs are not known. All of its layers must be Dense or NeuronGraph."
            )
        if kind == "auto":
            kind = "neurons" if self._is_small_graph() else "layers"
        layers = self.description.layers
        main = [layer for layer in layers if not layer.name.startswith("auxiliary")]
        self.boxes_, self.arrows_, self.neurons_, self.edges_ = [], [], [], None
        size = (max(4.8, 1.9 * len(main)), 4.8)
        size = drawing.size_of_layers(layers) if kind == "layers" else size
        ax = new_axes(self, ax, size)
        if kind == "layers":
            self.boxes_, self.arrows_ = drawing.draw_layers(ax, layers)
        else:
            weights = [np.asarray(part, dtype=float) for part in self.connections]
            self.neurons_, self.edges_ = drawing.draw_neurons(ax, main, weights, max_units, cmap)
        ax.set_axis_off()
        ax.set_title(self.description.title())
        return self

    def _is_small_graph(self):
        """Return whether hidden neurons have names, and there are not too many of them."""
        if self.connections is None:
            return False
        n_neurons = len(self.connections[0]) + sum(np.shape(c)[1] for c in self.connections)
        layers = self.description.layers
        named = any(each.name.startswith("hidden") and each.units is not None for each in layers)
        return n_neurons <= MOST_NEURONS and named

    def summary(self):
        """Return the network as text.

        Returns
        -------
        summary : str
            A table with one row for each layer.
        """
        return str(self.description)

    def __str__(self):
        return self.summary()


def _connections(network):
    """Return the weights of every layer of a fitted network, NaN where there is no connection."""
    if not hasattr(network, "coefs_"):
        coef = network.coef_
        check_sparse_structure(coef, "coef_")
        return [np.atleast_2d(coef.toarray() if issparse(coef) else coef).T]
    if not hasattr(network, "layers_"):
        return list(network.coefs_)
    has_rows = all(layer.kind == "dense" for _, layer in network.layers_)
    return weights_between_units(*network._network()) if has_rows else None


def _planned(network):
    """Return the connections of graphs of neurons that are not fitted; None without any.

    There is a single output, and no feature beyond those that the graphs name.
    """
    pairs = named_layers(getattr(network, "layers", ()))
    read = [each.layer.columns_read() for each in readers_of_features(wire(pairs))]
    columns = [column for each in read if each is not None for column in each]
    if not columns or any(layer.kind != "dense" for _, layer in pairs):
        return None
    n_numbered = 1 + max((column for column in columns if not isinstance(column, str)), default=-1)
    named = dict.fromkeys(column for column in columns if isinstance(column, str))
    names, shape = [*range(n_numbered), *named], (n_numbered + len(named),)
    layout = make_stack(with_feature_names(pairs, shape, names), shape, 1, "identity").layout()
    return weights_between_units(layout, np.zeros(layout.n_parameters))

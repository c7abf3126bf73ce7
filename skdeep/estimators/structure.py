"""How the layers of a network are connected, and what stands between them."""

from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.formulas.activations import NAMES
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.network.graph import parse_graph

CONSTRAINTS = {
    "skip_connections": ["boolean"],
    "graph": [dict, None],
    "auxiliary_outputs": [StrOptions({"all"}), list, tuple, np.ndarray, None],
    "auxiliary_weight": [Interval(Real, 0, None, closed="neither")],
}


class Structure(NamedTuple):
    """The structure of a fitted network, beside its units.

    Attributes
    ----------
    batch_norm, skips : bool
    auxiliary : tuple of int
        Hidden layers with auxiliary outputs.
    activations : tuple of str or None
        Of the hidden layers, where a graph gives them.
    """

    batch_norm: bool = False
    skips: bool = False
    auxiliary: tuple = ()
    activations: tuple | None = None


def resolve_graph(estimator):
    """Return the graph that the parameters ask for, or None.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor

    Returns
    -------
    graph : Graph or None

    Raises
    ------
    ValueError
        If it is none.
    """
    if estimator.graph is None:
        return None
    if estimator.skip_connections:
        raise ValueError("graph says what is connected: it does not go with skip_connections=True.")
    if not isinstance(estimator.activation, str):
        raise ValueError(
            "With a graph, activation is that of neurons which have none of their own: a name, got "
            f"{estimator.activation!r}."
        )
    known = {
        alias: name
        for alias, name in NAMES.items()
        if ACTIVATIONS[name].hidden and ACTIVATIONS[name].trainable
    }
    return parse_graph(estimator.graph, estimator.activation, known)


def resolve_structure(estimator, n_hidden, graph):
    """Return the structure that the parameters ask for.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    n_hidden : int
        Number of hidden layers.
    graph : Graph or None

    Returns
    -------
    structure : Structure

    Raises
    ------
    ValueError
        If auxiliary outputs are asked for where there is no hidden layer, or twice.
    """
    skips = bool(estimator.skip_connections) or graph is not None
    auxiliary = estimator.auxiliary_outputs
    if isinstance(auxiliary, np.ndarray):
        auxiliary = auxiliary.reshape(-1).tolist()
    if auxiliary is None:
        auxiliary = ()
    elif n_hidden == 0 and len(auxiliary) > 0:
        raise ValueError(
            f"auxiliary_outputs={auxiliary!r} needs hidden layers, but the network has none."
        )
    elif isinstance(auxiliary, str):
        auxiliary = range(n_hidden - 1)
    for layer in auxiliary:
        if not isinstance(layer, Integral) or isinstance(layer, bool):
            raise ValueError(f"auxiliary_outputs must hold integers, got {layer!r}.")
        if not 0 <= layer < n_hidden:
            raise ValueError(
                f"auxiliary_outputs holds {layer!r}, but the network has hidden layers 0 to "
                f"{n_hidden - 1}."
            )
    if len(set(auxiliary)) < len(auxiliary):
        raise ValueError(f"auxiliary_outputs holds a layer twice: {list(auxiliary)}.")
    auxiliary = tuple(sorted(map(int, auxiliary)))
    activations = None if graph is None else graph.activations
    return Structure(bool(estimator.batch_norm), skips, auxiliary, activations)

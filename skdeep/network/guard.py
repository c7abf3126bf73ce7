"""An engine that is never called with arrays of other shapes than a network has.

Kernels compute addresses from the layout of the network and look at the shape of nothing: an array
that is too short would be read, or written to, beyond its end. Estimators check what users pass in;
here every array on its way into an engine is checked against the layout once more, at the cost of
some comparisons of shapes. That covers what can be changed between two calls: attributes of fitted
estimators, pickles, states of solvers.
"""

import functools

import numpy as np

from skdeep.engines.regularisation import PLAIN
from skdeep.engines.table import AUXILIARY, FAN_OUT, ROLE
from skdeep.formulas.optimizers import REGISTRY as RULES

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def guard(engine):
    """Return an engine that checks what it is called with.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    engine : Engine
        Raises ValueError where arrays do not have the shapes that the layout asks for. Of
        `mean_loss` and of validation sets, training checks them before it calls the engine.
    """
    return engine._replace(
        Training=functools.partial(_train, engine.Training),
        FullBatch=functools.partial(_full_batch, engine.FullBatch),
        predict=functools.partial(_predict, engine.predict),
    )


def _train(training, layout, vector, states, data, objective, course, **options):
    check_vector(layout, vector)
    check_states(layout, states, course.rule, options.get("directions"))
    check_data(layout, data)
    if any(operation.table for operation in layout.operations):
        _check_nodes(layout, course.batch_size)
    check_regularisation(layout, options.get("regularisation", PLAIN))
    return training(layout, vector, states, data, objective, course, **options)


def _full_batch(full_batch, layout, data, objective, **options):
    check_data(layout, data)
    check_regularisation(layout, options.get("regularisation", PLAIN))
    return full_batch(layout, data, objective, **options)


def _predict(predict, layout, vector, X, **options):
    check_vector(layout, vector)
    check_features(layout, X)
    if options.get("largest") and layout.n_output_steps is not None:
        raise ValueError("The largest output is not asked for of networks with outputs for steps.")
    return predict(layout, vector, X, **options)


def _check_shape(name, array, shape):
    """Check that an array of floating-point numbers has some shape."""
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype not in FLOATS:
        found = type(array).__name__
        if isinstance(array, np.ndarray):
            found = f"an array of {array.dtype} of the shape {array.shape}"
        raise ValueError(
            f"{name} must be a float32 or float64 array of the shape {shape}, but is {found}."
        )


def check_vector(layout, vector):
    """Check that a vector can be the parameters of a network.

    Parameters
    ----------
    layout : Layout
    vector : object

    Raises
    ------
    ValueError
        If it is no floating-point array of the shape (n_parameters,).
    """
    _check_shape("The vector of the network's parameters", vector, (layout.n_parameters,))


def _check_nodes(layout, n_rows):
    """Check that rows are all nodes of the graph of a network, if it has one."""
    for operation in layout.operations:
        if operation.kind == "propagate" and operation.settings[0] not in (0, n_rows):
            raise ValueError(
                f"X has {n_rows} rows, but the graph has {operation.settings[0]} nodes: the rows "
                "of X are the nodes of the graph, all of them."
            )


def check_features(layout, X):
    """Check that features are those of a network.

    Parameters
    ----------
    layout : Layout
    X : {array, CSR matrix}

    Raises
    ------
    ValueError
        If they do not have the shape (n_rows, n_features), or no floating-point type.
    """
    n_features = layout.n_features
    if len(X.shape) != 2 or X.shape[1] != n_features or X.dtype not in FLOATS:
        raise ValueError(
            f"X is of {X.dtype} and has the shape {X.shape}, but the weights of the network are "
            f"for {n_features} features."
        )
    _check_nodes(layout, X.shape[0])


def check_data(layout, data):
    """Check that the rows of a fit are all there and suit a network.

    Parameters
    ----------
    layout : Layout
    data : Data

    Raises
    ------
    ValueError
        If features, targets or weights have other shapes.
    """
    check_features(layout, data.X)
    n_rows, n_steps = data.X.shape[0], layout.n_output_steps
    of_weights = (n_rows,) if n_steps is None else (n_rows, n_steps)
    expected = {"y": (n_rows, layout.n_outputs), "sample_weight": of_weights}
    for name, array in (("y", data.targets), ("sample_weight", data.weights)):
        if np.shape(array) != expected[name] and not (name != "y" and array is None):
            raise ValueError(
                f"{name} has the shape {np.shape(array)}, but {expected[name]} is expected."
            )


def check_states(layout, states, rule, directions=None):
    """Check that states are those that a rule keeps for the parameters of a network.

    Parameters
    ----------
    layout : Layout
    states : object
    rule : str
        Name of the rule.
    directions : Directions or None, default=None

    Raises
    ------
    ValueError
        If they are not.
    """
    n_states = len(RULES[rule].states)
    _check_shape("The state of the solver", states, (n_states, layout.n_parameters))
    if directions is not None:
        n_units = int(layout.table[:, FAN_OUT].sum())
        shapes = {
            "weights": (layout.n_parameters,),
            "vector": (layout.n_parameters,),
            "gains": (n_units,),
            "states": (n_states, n_units),
        }
        for name, shape in shapes.items():
            _check_shape(f"{name!r} of weight normalisation", getattr(directions, name), shape)


def check_regularisation(layout, regularisation):
    """Check that regularisation suits the layers of a network.

    Parameters
    ----------
    layout : Layout
    regularisation : Regularisation

    Raises
    ------
    ValueError
        If it has rates for other layers, or other masks.
    """
    n_hidden = int(np.count_nonzero(layout.table[:, ROLE] != AUXILIARY)) - 1
    for name in ("dropout", "dropconnect"):
        rates = getattr(regularisation, name)
        if len(rates) not in (0, n_hidden + 1):
            raise ValueError(
                f"{name} has rates for {len(rates) - 1} hidden layers, but the fitted network has "
                f"{n_hidden}."
            )
    if regularisation.masks is not None:
        _check_shape("The mask of connections", regularisation.masks, (layout.n_parameters,))

"""What all layers have in common: parameters as scikit-learn has them, checked by a fit."""

from abc import ABCMeta, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)

from skdeep.formulas.activations import NAMES, hidden_names
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.layers.operation import Step

#: Names of activations that layers can be trained with.
TRAINABLE = {name for name in hidden_names() if ACTIVATIONS[NAMES[name]].trainable}
#: Largest of the integers that are parameters of layers: products of two can be computed with.
LARGEST = 2**31 - 1
#: Largest of the factors: finite in single precision.
LARGEST_FACTOR = 1e30
#: What a parameter of a layer may be.
SIZE = [Interval(Integral, 1, LARGEST, closed="both")]
RATE = [Interval(Real, 0, 1, closed="left")]
ACTIVATION = [StrOptions(TRAINABLE)]
#: Those that all layers have which compute anything new.
OF_OUTPUTS = {"dropout": RATE, "auxiliary_output": ["boolean"]}
#: What all layers have: names of the layers that they read.
INPUTS = {"inputs": [str, list, tuple, None]}
#: Those that all layers with parameters have.
OF_PARAMETERS = {
    "trainable": ["boolean"],
    "learning_rate_factor": [Interval(Real, 0, LARGEST_FACTOR, closed="right")],
    "alpha_factor": [Interval(Real, 0, LARGEST_FACTOR, closed="both")],
    "weights_of": [str, None],
}


class Layer(BaseEstimator, metaclass=ABCMeta):
    """Base class of the layers, which are to be used instead.

    A layer has the parameters of a scikit-learn estimator: `get_params`, `set_params`, `clone` and
    grid searches work. It is a description: what training learns is in the estimator. Nothing is
    checked before `check`.
    """

    _parameter_constraints: dict = {}
    #: Name of the kind of its operation in `skdeep.engines.table.KINDS`; None if it has none.
    kind = None
    #: Whether features of two dimensions are read as sequences of one channel.
    reads_sequences = False
    #: Whether samples of shape (height, width) are read as images of one channel.
    reads_images = False
    #: Whether it reads codes, which must be among the features.
    reads_codes = False
    #: Whether it reads several inputs, each for itself: then `connect` gets a list of shapes and a
    #: tuple of sources.
    joins = False
    #: Whether it reads neighbouring sources side by side, without a copy: then `connect` may get a
    #: tuple of sources.
    reads_neighbours = False
    #: Whether it copies some of what it reads, as it arrives: features must be dense for that.
    copies_inputs = False
    #: Whether it reads sparse features as they are.
    reads_sparse = False
    #: What it shares with a layer whose weights it uses, of the blocks that operations have, and
    #: the kind of that layer; None for its own.
    shares = ("weights", "biases")
    kind_of_weights = None
    #: Whether its outputs are some or all of its inputs, unchanged: integer codes stay codes.
    selects = False
    #: Whether integer codes among the features are codes among its outputs, though it computes
    #: others as well.
    gives_codes = False
    #: Whether it leaves masked steps out: then `operations` gets the place of the mask, too.
    reads_mask = False
    #: Name of an earlier layer, the shape of whose inputs it asks for: then `restored(shape)`
    #: returns the layer that knows it. None where it asks for none.
    shape_of = None
    #: Whether steps of its first input read those of its second, each with a mask of its own: then
    #: `operations` gets the source of the first of its operations, too.
    crosses = False

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : object
            The layer itself.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        values = self.get_params(deep=False)
        for name, value in values.items():
            if isinstance(value, bool | np.bool_) and "boolean" not in self._accepted(name):
                raise ValueError(f"The {name!r} parameter must be a number, got {value!r}.")
        constraints = self._parameter_constraints
        validate_parameter_constraints(constraints, values, type(self).__name__)
        inputs = self.input_names()
        if inputs is not None and (not inputs or not all(isinstance(n, str) for n in inputs)):
            raise ValueError(f"The 'inputs' parameter must hold names, got {self.inputs!r}.")
        if inputs is not None and len(set(inputs)) < len(inputs):
            raise ValueError(f"The 'inputs' parameter holds a name twice: {self.inputs!r}.")
        return self

    def gives_steps(self):
        """Return whether it gives a step for each that it reads, made of that step alone.

        Layers that read masks may make it of all steps that are seen. Masked steps stay masked
        behind the layer if so; otherwise there are none any more.

        Returns
        -------
        gives : bool
        """
        return False

    def input_names(self):
        """Return the names of the layers that it reads, or None for the layer before.

        Returns
        -------
        names : tuple of str or None
        """
        inputs = getattr(self, "inputs", None)
        if isinstance(inputs, str):
            return (inputs,)
        return tuple(inputs) if isinstance(inputs, list | tuple) else None

    def further_inputs(self):
        """Return the names of layers that it reads beside its inputs, whatever these are.

        Returns
        -------
        names : tuple of str
        """
        return ()

    def _accepted(self, name):
        return [each for each in self._parameter_constraints[name] if isinstance(each, str)]

    def table_sizes(self):
        """Return the numbers of rows of the tables that the weights are made of.

        Returns
        -------
        sizes : tuple of int or None
            Layers that share weights have the same. None for layers without tables.
        """
        return None

    def columns_read(self):
        """Return the columns that it reads, where it says which.

        Returns
        -------
        columns : list of int or str, or None
            Numbers, or names of features; None where it reads all that arrive.
        """
        return None

    def planned_shape(self):
        """Return the shape of what it gives for a sample, where it is known without its inputs.

        Returns
        -------
        shape : tuple of int or None
            None where it depends on the inputs.
        """
        return None

    def groups(self):
        """Return the groups of units that it is described by, where it is not described as a whole.

        Returns
        -------
        groups : list of Group or None
        """
        return None

    def steps(self):
        """Return what is known of the operations of the layer before the features are.

        Returns
        -------
        steps : tuple of Step
            In their order; empty if nothing is to be computed. Those that are given are neighbours.
        """
        if self.kind is None:
            return ()
        activation = NAMES[getattr(self, "activation", "identity")]
        rates = float(getattr(self, "dropout", 0.0)), getattr(self, "dropconnect", None)
        return (Step(self.kind, activation, *rates),)

    def with_feature_names(self, names):
        """Return the layer with columns that it calls by the names of features as numbers.

        Parameters
        ----------
        names : sequence of str
            Of the features that arrive.

        Returns
        -------
        layer : Layer
            Itself, where it names none.

        Raises
        ------
        ValueError
            If names are not clear.
        """
        return self

    def operations(self, shape, source, mask=None):
        """Return all operations of the layer, and what it makes of a sample.

        Parameters
        ----------
        shape, source
            As in `connect`. What a layer of several operations reads is right before them.
        mask : tuple of int or None, default=None
            Where the mask of the steps is, for layers that read it: its source, and the place of
            the value of the first step in this. Steps with the value 0 are masked.

        Returns
        -------
        operations : tuple of Operation
            As `steps` says.
        shape : tuple of int
            Shape of what the layer gives for a sample.

        Raises
        ------
        ValueError
            If the layer takes no samples of this shape.
        """
        operation, given = self.connect(shape, source)
        return (() if operation is None else (operation,)), given

    def prepared(self):
        """Return the layer itself, which belongs to a fit, so that no user changes its parameters.

        What takes long to find out of these can be kept from now on.

        Returns
        -------
        self : object
        """
        return self

    def connect(self, shape, source):
        """Return the operation of the layer, and what it makes of a sample.

        Layers of several operations have `operations` instead.

        Parameters
        ----------
        shape : tuple of int
            Shape of a sample that arrives.
        source : int or tuple of int
            Where it comes from: 0 are the features, ``k`` the outputs of operation ``k - 1``.

        Returns
        -------
        operation : Operation or None
            None if nothing is to be computed.
        shape : tuple of int
            Shape of what the layer gives for a sample.

        Raises
        ------
        ValueError
            If the layer takes no samples of this shape.
        """
        raise NotImplementedError(
            f"{type(self).__name__} makes several operations: `operations` returns them."
        )

    def check_activations(self, names):
        """Check the activations of what the layer reads.

        Parameters
        ----------
        names : list of str or None
            None for the features.

        Raises
        ------
        ValueError
            If it cannot read their outputs.
        """
        return None  # most layers read any numbers

    def check_features(self, X, columns=None):
        """Check features that the layer is the first to read.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        columns : array of int or None, default=None
            Which of the columns arrive; None for all.

        Raises
        ------
        ValueError
            If it cannot read them.
        """
        return None  # most layers read any numbers

    @abstractmethod
    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
        weights, biases : ndarray or None
            Of the shapes that the blocks of the operation have.

        Returns
        -------
        outputs : ndarray of shape (n_samples, ...)
        """


def check_one_axis(shape):
    """Check that samples are vectors.

    Parameters
    ----------
    shape : tuple of int
        Of a sample that arrives at a layer.

    Raises
    ------
    ValueError
        If it has several axes.
    """
    if len(shape) != 1:
        raise ValueError(
            f"it takes samples of shape (n_inputs,), but {shape} arrives: put Flatten() before."
        )


def activated(name, a):
    """Return the activation of an array, element by element.

    Parameters
    ----------
    name : str
    a : ndarray

    Returns
    -------
    h : ndarray
        Of the shape and type of `a`.
    """
    forward = ACTIVATIONS[NAMES[name]].forward
    return np.array([forward(x) for x in a.reshape(-1)], dtype=a.dtype).reshape(a.shape)

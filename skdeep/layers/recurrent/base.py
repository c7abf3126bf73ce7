"""What recurrent layers have in common: parameters, operations, and the outputs in NumPy."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    INPUTS,
    LARGEST,
    OF_OUTPUTS,
    OF_PARAMETERS,
    RATE,
    SIZE,
    Layer,
)
from skdeep.layers.first_values import ConstantParts, SideBySide
from skdeep.layers.joining.concatenate import Concatenate
from skdeep.layers.operation import Operation, ParameterBlock, Step, per_unit

#: Constraints of the parameters that all of them have.
OF_RECURRENT_LAYERS = {
    "units": SIZE,
    "return_sequences": ["boolean"],
    "bidirectional": ["boolean"],
    "truncation": [Interval(Integral, 1, LARGEST, closed="both"), None],
    **OF_OUTPUTS,
    "dropconnect": [*RATE, None],
    **OF_PARAMETERS,
    **INPUTS,
}


class Recurrent(Layer):
    """Base class of the recurrent layers, which are to be used instead."""

    reads_sequences = True
    reads_mask = True
    #: Units of the cell for which weights are computed: one for each gate.
    n_gates = 1
    #: Values that the biases of each gate begin with.
    first_biases = (0.0,)

    def gives_steps(self):
        """Return whether the outputs have the steps of the inputs."""
        return bool(self.return_sequences)

    def steps(self):
        """Return what is known of the operations of the layer before the features are."""
        activation, rate = NAMES[self.activation], float(self.dropout)
        step = Step(self.kind, activation, rate, self.dropconnect)
        if not self.bidirectional:
            return (step,)
        if not self.return_sequences:  # vectors, which are read where they are
            return step, step
        inner = step._replace(given=False)
        return inner, inner, Step(Concatenate.kind, activation)

    def planned_shape(self):
        """Return the shape of what it gives for a sample, where it is known without its inputs."""
        return None if self.return_sequences else ((1 + bool(self.bidirectional)) * self.units,)

    def _settings(self):
        """Return further settings of the kind."""
        return ()

    def connect(self, shape, source, mask=None):
        """Return the operation of the layer and the shape of its outputs.

        Parameters
        ----------
        shape, source
            As in all layers.
        mask : tuple of int or None, default=None
            The source in which the mask of a sample is, and its place: a number for each step, 0
            where the step is masked.

        Returns
        -------
        operation : Operation
        shape : tuple of int
        """
        (operation,), given = self.operations(shape, source, mask)
        return operation, given

    def operations(self, shape, source, mask=None):
        """Return the operations of the layer, one for each direction, and the shape it gives.

        Outputs of all steps of both directions are put side by side by another operation.
        """
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        forth = self._operation(shape, source, mask, reverse=False)
        if not self.bidirectional:
            return (forth,), forth.output_shape
        both = (forth, self._operation(shape, source, mask, reverse=True))
        if self.return_sequences:
            shapes = [each.output_shape for each in both]
            joined, given = Concatenate().connect(shapes, (source + 1, source + 2))
            return (*both, joined), given
        return both, (2 * int(self.units),)

    def _operation(self, shape, source, mask, reverse):
        """Return the operation of one direction."""
        (steps, channels), units = shape, int(self.units)
        given = (steps, units) if self.return_sequences else (units,)
        cut = steps if self.truncation is None else min(int(self.truncation), steps)
        masked_by, place = (-1, -1) if mask is None else mask
        sources = (source,) if masked_by in (-1, source) else (source, masked_by)
        first_weights = SideBySide(self.n_gates, (channels, units))
        settings = steps, channels, units, int(self.return_sequences), int(reverse), cut
        return Operation(
            self.kind,
            sources,
            steps * channels,
            given,
            ParameterBlock((channels + units, self.n_gates * units), first_weights),
            per_unit(self.n_gates * units, first_values=ConstantParts(self.first_biases)),
            "identity",
            (*settings, masked_by, place, *self._settings()),
            float(self.dropout),
        )

    def reference(self, X, weights, biases, mask=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : ndarray of shape (n_samples, steps, channels)
        weights, biases : ndarray, or tuple of ndarray
            Where the layer is bidirectional, those of both directions.
        mask : ndarray of shape (n_samples, steps) or None, default=None
            0 where a step is masked.

        Returns
        -------
        outputs : ndarray of shape (n_samples, units) or (n_samples, steps, units)
        """
        mask = np.ones(X.shape[:2]) if mask is None else mask
        if not self.bidirectional:
            return self._one_direction(X, weights, biases, mask)
        forth = self._one_direction(X, weights[0], biases[0], mask)
        back = self._one_direction(X[:, ::-1], weights[1], biases[1], mask[:, ::-1])
        if self.return_sequences:
            back = back[:, ::-1]
        return np.concatenate([forth, back], axis=-1)

    def _one_direction(self, X, weights, biases, mask):
        """Return what the layer makes of sequences that are read from the first step on."""
        state = self._first_state(np.zeros((len(X), int(self.units)), dtype=X.dtype))
        outputs = []
        for x, read in zip(X.transpose(1, 0, 2), mask.T, strict=True):
            after = self._next_state(np.where(read[:, None] != 0, x, 0), state, weights, biases)
            pairs = zip(after, state, strict=True)
            state = tuple(np.where(read[:, None] != 0, new, old) for new, old in pairs)
            outputs.append(state[0])
        return np.stack(outputs, axis=1) if self.return_sequences else outputs[-1]

    def _first_state(self, zeros):
        """Return the state before the first step: the outputs come first."""
        return (zeros,)

    def _next_state(self, x, state, weights, biases):
        """Return the state after a step."""
        raise NotImplementedError

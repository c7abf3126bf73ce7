"""What a network is made of: operations, and the blocks of parameters that they use."""

from typing import NamedTuple


class ParameterBlock(NamedTuple):
    """Parameters that belong together, one behind the other in the network's vector.

    Attributes
    ----------
    shape : tuple of int
        The last axis is that of the units.
    bound : float or None, default=None
        First values are drawn uniformly from ``[-bound, bound)``; None for the scheme of the
        network.
    """

    shape: tuple
    bound: float | None = None

    @property
    def rows(self):
        """Rows of the block as a matrix with a column for every unit."""
        rows = 1
        for size in self.shape[:-1]:
            rows *= size
        return rows


class Operation(NamedTuple):
    """A step of a network: what it reads, what it gives, and the parameters that it uses.

    Attributes
    ----------
    kind : str
        One of `skdeep.engines.table.KINDS`.
    sources : tuple of int
        What it reads, side by side: 0 are the features, ``k`` the outputs of operation ``k - 1``.
        They are neighbours.
    n_inputs : int
        Numbers that it reads for a sample.
    output_shape : tuple of int
        Of what it gives for a sample.
    weights : ParameterBlock or None
    biases : ParameterBlock or None
    activation : str
        Name of the activation of its outputs.
    settings : tuple of int, default=()
        Numbers that tell its kernels more, such as the size of a kernel. What they are says the
        kind.
    dropout : float, default=0.0
        Rate at which its outputs are dropped in training.
    normalised : bool, default=False
        Whether its outputs are normalised over the batch before the activation.
    """

    kind: str
    sources: tuple
    n_inputs: int
    output_shape: tuple
    weights: ParameterBlock | None
    biases: ParameterBlock | None
    activation: str
    settings: tuple = ()
    dropout: float = 0.0
    normalised: bool = False

    @property
    def n_outputs(self):
        """Numbers that it gives for a sample."""
        number = 1
        for size in self.output_shape:
            number *= size
        return number


def dense_operation(sources, n_inputs, n_units, activation, **fields):
    """Return the operation of a dense layer, ``f(x W + b)``.

    Parameters
    ----------
    sources : tuple of int
    n_inputs, n_units : int
    activation : str
    **fields : dict
        Others of `Operation`.

    Returns
    -------
    operation : Operation
    """
    weights, biases = ParameterBlock((n_inputs, n_units)), ParameterBlock((n_units,))
    return Operation("dense", sources, n_inputs, (n_units,), weights, biases, activation, **fields)

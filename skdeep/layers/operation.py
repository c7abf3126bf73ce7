"""What a network is made of: operations, and the blocks of parameters that they use."""

from typing import NamedTuple

import numpy as np

from skdeep.layers.first_values import Constant


class ParameterBlock(NamedTuple):
    """Parameters that belong together, one behind the other in the network's vector.

    Attributes
    ----------
    shape : tuple of int
        The last axis is that of the units.
    first_values : object of `skdeep.layers.first_values` or None, default=None
        What they begin with; None for the scheme of the network, by which weights and the biases of
        the same operation are drawn together.
    trained : bool, default=True
        Whether training changes them.
    decay : float, default=1.0
        What the strength of the penalty, or of the decay of weights, is multiplied by for them
        while they are trained; 0 for none.
    rate_factor : float, default=1.0
        What the learning rate is multiplied by in their updates.
    name : str or None, default=None
        Blocks of one name are the same parameters: they must be equal, and are in the vector once.
        None for parameters that one operation alone uses.
    mask : bytes or None, default=None
        Which of the parameters are connections, in their order: a byte for each, 1 or 0. Those that
        are none are 0 and stay so. None where all are.
    """

    shape: tuple
    first_values: object | None = None
    trained: bool = True
    decay: float = 1.0
    rate_factor: float = 1.0
    name: str | None = None
    mask: bytes | None = None

    @property
    def rows(self):
        """Rows of the block as a matrix with a column for every unit."""
        rows = 1
        for size in self.shape[:-1]:
            rows *= size
        return rows

    @property
    def size(self):
        """How many parameters they are."""
        return self.rows * self.shape[-1]

    @property
    def n_connections(self):
        """How many of the parameters are connections."""
        return self.size if self.mask is None else self.mask.count(1)

    @property
    def connections(self):
        """Which of the parameters are connections: an array of bool of `shape`; None if all are."""
        return None if self.mask is None else np.frombuffer(self.mask, bool).reshape(self.shape)


def per_unit(n_units, trained=True, first_values=None):
    """Return a block of parameters of which there is one for every unit, as there are biases.

    Parameters
    ----------
    n_units : int
    trained : bool, default=True
    first_values : object of `skdeep.layers.first_values` or None, default=None

    Returns
    -------
    block : ParameterBlock
        Without a penalty.
    """
    return ParameterBlock((n_units,), first_values, trained=trained, decay=0.0)


#: The blocks that an operation may have.
BLOCKS = ("weights", "biases", "scales", "shifts", "means", "variances")


class Operation(NamedTuple):
    """A step of a network: what it reads, what it gives, and the parameters that it uses.

    Attributes
    ----------
    kind : str
        One of `skdeep.engines.table.KINDS`.
    sources : tuple of int
        What it reads: 0 are the features, ``k`` the outputs of operation ``k - 1``. Those of dense
        operations are neighbours, and read side by side.
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
    scales, shifts, means, variances : ParameterBlock or None, default=None
        Of outputs that are normalised over the batch before the activation.
    selected : sequence of int or None, default=None
        Where it computes nothing, but gives some of the numbers that it reads: their places among
        all of these, side by side. None for other operations.
    table : bytes, default=b""
        Further settings, many of them: integers of 64 bits.
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
    scales: ParameterBlock | None = None
    shifts: ParameterBlock | None = None
    means: ParameterBlock | None = None
    variances: ParameterBlock | None = None
    selected: tuple | range | None = None
    table: bytes = b""

    @property
    def normalised(self):
        """Whether its outputs are normalised over the batch."""
        return self.scales is not None

    def blocks(self):
        """Return the blocks that it has, by their names in `BLOCKS`."""
        found = {name: getattr(self, name) for name in BLOCKS}
        return {name: block for name, block in found.items() if block is not None}

    def with_blocks(self, **fields):
        """Return an operation like this one, all of whose blocks have other fields.

        Parameters
        ----------
        **fields : dict
            Of `ParameterBlock`.

        Returns
        -------
        operation : Operation
        """
        blocks = {name: block._replace(**fields) for name, block in self.blocks().items()}
        return self._replace(**blocks)

    @property
    def n_outputs(self):
        """Numbers that it gives for a sample."""
        number = 1
        for size in self.output_shape:
            number *= size
        return number


class Step(NamedTuple):
    """What is known of an operation of a layer before its shapes are.

    Attributes
    ----------
    kind : str
        As of `Operation`.
    activation : str, default="identity"
        By which the first weights of what reads it are drawn: its own, or where it copies, that of
        what it copies.
    dropout : float, default=0.0
        Rate at which its outputs are dropped.
    dropconnect : float or None, default=None
        Rate at which its weights are dropped; None for that of the network.
    given : bool, default=True
        Whether its outputs are among those that the layer gives.
    """

    kind: str
    activation: str = "identity"
    dropout: float = 0.0
    dropconnect: float | None = None
    given: bool = True


class Group(NamedTuple):
    """Units of a layer that have one activation and a place of their own in descriptions.

    Attributes
    ----------
    units : tuple of str
        Their names.
    activation : str
    reads_inputs : bool
        Whether any of them reads what arrives at the layer.
    reads : tuple of int
        Earlier groups that they read.
    n_connections : int
        Weights of all of them.
    given : bool
        Whether any of them is among what the layer gives.
    """

    units: tuple
    activation: str
    reads_inputs: bool
    reads: tuple
    n_connections: int
    given: bool


def normalisation(n_units):
    """Return the blocks of an operation whose outputs are normalised over the batch.

    Parameters
    ----------
    n_units : int

    Returns
    -------
    blocks : dict of str to ParameterBlock
        Means and variances follow the batches, and are not trained.
    """
    zero, one = Constant(0.0), Constant(1.0)
    return {
        "scales": per_unit(n_units, first_values=one),
        "shifts": per_unit(n_units, first_values=zero),
        "means": per_unit(n_units, trained=False, first_values=zero),
        "variances": per_unit(n_units, trained=False, first_values=one),
    }

"""What layers have in common that are made of other layers."""

from abc import abstractmethod

from sklearn.base import clone

from skdeep.layers._base import Layer
from skdeep.layers.nested_parameters import NestedLayers


class Container(NestedLayers, Layer):
    """Base class of layers that stand for several others, which are to be used instead.

    A network has the layers that `expand` returns in its place. They are called by the name of the
    container and their own, or their place: ``"block_conv"``, ``"2_0"``.
    """

    @abstractmethod
    def expand(self, name, before):
        """Return the layers that it stands for.

        Parameters
        ----------
        name : str
            Its own.
        before : str
            Name of the layer before it.

        Returns
        -------
        pairs : list of tuple of str and Layer
            Copies that say what they read. The last has the name of the container.

        Raises
        ------
        ValueError, TypeError
            If it holds what is no layer, or parameters are out of their range.
        """

    def steps(self):
        """Return no operations: the layers that it stands for have them."""
        return ()

    def reference(self, X, weights=None, biases=None):
        """Refuse: the layers that it stands for have the outputs."""
        raise NotImplementedError(f"{type(self).__name__} stands for several layers.")


def chain(name, entries, reads):
    """Return layers of which each reads the one before.

    Parameters
    ----------
    name : str
        What their names begin with.
    entries : list or tuple
        Layers, or tuples of a name and a layer.
    reads : tuple of str
        What the first of them reads.

    Returns
    -------
    pairs : list of tuple of str and Layer
    last : tuple of str
        What a layer behind them reads.
    """
    pairs, names = [], set()
    for place, entry in enumerate(entries):
        named = isinstance(entry, tuple) and len(entry) == 2
        own, layer = entry if named else (str(place), entry)
        if not isinstance(own, str) or not isinstance(layer, Layer):
            raise TypeError(f"it must hold layers of skdeep.layers, got {entry!r}.")
        if getattr(layer, "inputs", None) is not None:
            raise ValueError(
                f"{layer!r} must not have inputs of its own: layers within another read the layer "
                "before them."
            )
        inner, layer = f"{name}_{own}", clone(layer)
        if "inputs" not in layer.get_params(deep=False):
            raise TypeError(f"{layer!r} cannot be part of another layer.")
        layer.set_params(inputs=list(reads))
        if getattr(layer, "weights_of", None) in names:  # a layer of the same chain
            layer.set_params(weights_of=f"{name}_{layer.weights_of}")
        if getattr(layer, "memory", None) in names:
            layer.set_params(memory=f"{name}_{layer.memory}")
        names.add(own)
        pairs += layer.expand(inner, reads[0]) if isinstance(layer, Container) else [(inner, layer)]
        reads = (inner,)
    return pairs, reads

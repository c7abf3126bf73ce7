"""The matrix products of a large model, layer by layer, by a library."""

from skdeep.engines.cuda.hardware.blas import Stored
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.table import FAN_IN, FAN_OUT, FIRST_SOURCE, LAST_SOURCE, WEIGHTS


class Products:
    """Forms the products of a model.

    Parameters
    ----------
    library : Library or None
    model : Model
    plan : Plan
    """

    def __init__(self, library, model, plan):
        self.library, self.model = library, model
        self.layers, self.integers = plan.layers, plan.integers

    def can_multiply(self, index):
        """Return whether the library can form the products of a layer's inputs."""
        return self.library is not None and not self.reads_sparse(index)

    def reads_sparse(self, index):
        """Return whether a layer reads sparse features."""
        return not self.model.is_dense and self.layers[index, FIRST_SOURCE] == 0

    def _in(self, name, place, stride, transposed=False):
        model = self.model
        address = model.address(name) + int(place) * model.dtype.itemsize
        return Stored(address, stride, model.dtype, transposed)

    def _source(self, source, transposed=False):
        """Return the outputs of a source, and how many there are."""
        if source == 0:
            direct = self.integers[at.DIRECT] == 1
            name, place = ("values", 0) if direct else ("store", self.integers[at.FEATURES])
            stride, width = self.integers[at.FEATURES_STRIDE], self.layers[0, FAN_IN]
            return self._in(name, place, stride, transposed), int(width)
        read = self.layers[source - 1]
        width = int(read[FAN_OUT])
        return self._in("memory", read[at.OUTPUT], read[at.STRIDE], transposed), width

    def _sources(self, index):
        """Yield the sources of a layer, and the first of their inputs."""
        first = 0
        for source in range(self.layers[index, FIRST_SOURCE], self.layers[index, LAST_SOURCE] + 1):
            yield source, first
            first += int(
                self.layers[0, FAN_IN] if source == 0 else self.layers[source - 1, FAN_OUT]
            )

    def affine(self, index, rows):
        """Form the products of a layer's inputs and weights."""
        layer = self.layers[index]
        width = int(layer[FAN_OUT])
        out = self._in("memory", layer[at.OUTPUT], layer[at.STRIDE])
        for source, first in self._sources(index):
            inputs, depth = self._source(source)
            weights = self._in("memory", layer[at.USED] + first * width, width)
            self.library.multiply(out, inputs, weights, (rows, width, depth), first == 0)

    def backward(self, index, rows):
        """Carry a layer's deltas to its sources; yield those whose deltas are complete then."""
        layer = self.layers[index]
        width = int(layer[FAN_OUT])
        deltas = self._in("memory", layer[at.DELTA], layer[at.STRIDE])
        for source, first in self._sources(index):
            if source <= self.integers[at.FROZEN]:
                continue
            reached = self.layers[source - 1]
            out = self._in("memory", reached[at.DELTA], reached[at.STRIDE])
            weights = self._in("memory", layer[at.USED] + first * width, width, transposed=True)
            shape = (rows, int(reached[FAN_OUT]), width)
            self.library.multiply(out, deltas, weights, shape, index == reached[at.LAST_READER])
            if index == reached[at.FIRST_READER]:
                yield source

    def form_gradient(self, index, rows):
        """Form the gradient of a layer's weights."""
        layer = self.layers[index]
        width = int(layer[FAN_OUT])
        deltas = self._in("memory", layer[at.DELTA], layer[at.STRIDE])
        for source, first in self._sources(index):
            inputs, count = self._source(source, transposed=True)
            place = self.integers[at.GRADIENT] + layer[WEIGHTS] + first * width
            out = self._in("store", place, width)
            self.library.multiply(out, inputs, deltas, (count, width, rows), True)

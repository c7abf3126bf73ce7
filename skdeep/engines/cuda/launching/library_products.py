"""The matrix products of a large model, layer by layer, by a library."""

from skdeep.engines.cuda.hardware.blas import Stored
from skdeep.engines.cuda.memory.structures import LayerRecord


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
        self.layers, self.record = [LayerRecord(row) for row in plan.layers], plan.record

    def can_multiply(self, index):
        """Return whether the library can form the products of a layer's inputs."""
        return self.library is not None and not self.reads_sparse(index)

    def reads_sparse(self, index):
        """Return whether a layer reads sparse features."""
        return not self.model.is_dense and self.layers[index].first_source == 0

    def _in(self, name, place, stride, transposed=False):
        model = self.model
        address = model.address(name) + int(place) * model.dtype.itemsize
        return Stored(address, stride, model.dtype, transposed)

    def _source(self, source, transposed=False):
        """Return the outputs of a source, and how many there are."""
        if source == 0:
            direct = self.record.direct == 1
            name, place = ("values", 0) if direct else ("store", self.record.features)
            stride, width = self.record.features_stride, self.layers[0].fan_in
            return self._in(name, place, stride, transposed), int(width)
        read = self.layers[source - 1]
        width = int(read.fan_out)
        return self._in("memory", read.output, read.stride, transposed), width

    def _sources(self, index):
        """Yield the sources of a layer, and the first of their inputs."""
        first = 0
        for source in range(self.layers[index].first_source, self.layers[index].last_source + 1):
            yield source, first
            first += int(self.layers[0].fan_in if source == 0 else self.layers[source - 1].fan_out)

    def affine(self, index, rows):
        """Form the products of a layer's inputs and weights."""
        layer = self.layers[index]
        width = int(layer.fan_out)
        out = self._in("memory", layer.output, layer.stride)
        for source, first in self._sources(index):
            inputs, depth = self._source(source)
            weights = self._in("memory", layer.used + first * width, width)
            self.library.multiply(out, inputs, weights, (rows, width, depth), first == 0)

    def backward(self, index, rows):
        """Carry a layer's deltas to its sources; yield those whose deltas are complete then."""
        layer = self.layers[index]
        width = int(layer.fan_out)
        deltas = self._in("memory", layer.delta, layer.stride)
        for source, first in self._sources(index):
            if source <= self.record.frozen:
                continue
            reached = self.layers[source - 1]
            out = self._in("memory", reached.delta, reached.stride)
            weights = self._in("memory", layer.used + first * width, width, transposed=True)
            shape = (rows, int(reached.fan_out), width)
            self.library.multiply(out, deltas, weights, shape, index == reached.last_reader)
            if index == reached.first_reader:
                yield source

    def form_gradient(self, index, rows):
        """Form the gradient of a layer's weights."""
        layer = self.layers[index]
        width = int(layer.fan_out)
        deltas = self._in("memory", layer.delta, layer.stride)
        for source, first in self._sources(index):
            inputs, count = self._source(source, transposed=True)
            place = self.record.gradient + layer.weights + first * width
            out = self._in("store", place, width)
            self.library.multiply(out, inputs, deltas, (count, width, rows), True)

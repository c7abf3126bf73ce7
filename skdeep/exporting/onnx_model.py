"""Networks as ONNX models."""

import numpy as np

from skdeep._version import __version__
from skdeep.exporting.forms import forms_of
from skdeep.exporting.onnx_activations import FORMS
from skdeep.exporting.optional import require

#: Versions of the operators and of the file format: old enough for runtimes of 2022.
OPSET, IR_VERSION = 17, 8
INPUT = "X"


class Writer:
    """Collects the nodes and constants of a graph.

    Parameters
    ----------
    dtype : numpy dtype
        Of the network's numbers.

    Attributes
    ----------
    zero, one : str
        Constants.
    steps : tuple of int
        Steps of a sequence that have outputs; empty where samples have some.
    nodes, constants : list
    """

    def __init__(self, dtype):
        self.onnx = require("onnx", "to_onnx")
        self.dtype, self.steps = np.dtype(dtype), ()
        self.nodes, self.constants, self._numbers = [], [], {}

    @property
    def zero(self):
        """The name of the constant 0."""
        return self.number(0.0)

    @property
    def one(self):
        """The name of the constant 1."""
        return self.number(1.0)

    def code(self, dtype):
        """Return ONNX's code of a type of numpy."""
        return self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def node(self, operator, *inputs, output=None, **attributes):
        """Add a node; return the name of its output."""
        output = output or f"{operator}_{len(self.nodes)}"
        make = self.onnx.helper.make_node
        self.nodes.append(make(operator, inputs, [output], name=output, **attributes))
        return output

    def cast(self, name, dtype, **keywords):
        """Add a conversion to a type of numpy; return the name of its output."""
        return self.node("Cast", name, to=self.code(dtype), **keywords)

    def reshape(self, name, shape):
        """Give samples another shape; return the name of the result."""
        sizes = np.array([0, *shape], dtype=np.int64)  # 0 stands for as many samples as there are
        return self.node("Reshape", name, self.constant(sizes, f"shape_{len(self.nodes)}"))

    def flatten(self, name):
        """Make vectors of samples; return the name of the result."""
        return self.node("Flatten", name, axis=1)

    def constant(self, array, name):
        """Add a constant; return its name."""
        array = np.ascontiguousarray(array)
        if array.dtype.kind in "OU":
            strings, shape = [str(s).encode() for s in array.ravel()], array.shape
            make, code = self.onnx.helper.make_tensor, self.onnx.TensorProto.STRING
            self.constants.append(make(name, code, shape, strings))
        else:
            self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def number(self, value):
        """Add a number of the network's precision; return its name."""
        if value not in self._numbers:
            name = f"number_{len(self._numbers)}"
            self._numbers[value] = self.constant(np.array(value, dtype=self.dtype), name)
        return self._numbers[value]


def make_model(network, head, dtype=None, input_shape=None):
    """Write a network as an ONNX model.

    Parameters
    ----------
    network : Network
    head : Head
    dtype : {"float32", "float64"} or None, default=None
        Precision; None for that of the network.
    input_shape : tuple of int or None, default=None
        Of a sample; None for a vector.

    Returns
    -------
    model : onnx.ModelProto
        Checked.

    Raises
    ------
    ImportError
        Without ``onnx``.
    ValueError
        If a layer, an activation or the type of the labels has no form in ONNX.
    """
    network = network.folded()
    forms = forms_of(network, "onnx_nodes", "ONNX")
    unknown = sorted({layer.activation for layer in network.layers} - set(FORMS))
    if unknown:
        raise ValueError(f"Activations without a form in ONNX: {unknown}.")
    dtype = np.dtype(network.dtype if dtype is None else dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype must be 'float32', 'float64' or None, got {dtype}.")
    write = Writer(dtype)
    write.steps = network.output_steps
    input_shape = (network.n_features,) if input_shape is None else input_shape
    features = write.flatten(INPUT) if len(input_shape) > 1 else INPUT
    last = write_layers(write, network, forms, features)
    outputs = _write_predictions(write, head, last, network.n_outputs)
    return _assemble(write, input_shape, outputs)


def write_layers(write, network, forms, features):
    """Write all layers.

    Parameters
    ----------
    write : Writer
    network : Network
        Without batch normalisation.
    forms : list of module
        Of the layers.
    features : str
        Name of what the first layers read.

    Returns
    -------
    name : str
        Of the outputs of the last one.
    """
    tensors = [features]
    for index, (layer, form) in enumerate(zip(network.layers, forms, strict=True)):
        read = [tensors[source] for source in layer.sources]
        sums = form.onnx_nodes(write, layer, read, index)
        if write.steps and index == len(network.layers) - 1:
            sums = write.reshape(sums, layer.output_shape)
        tensors.append(FORMS[layer.activation](write, sums))
    return tensors[-1]


def _write_predictions(write, head, outputs, n_outputs):
    """Write what predictions are made of outputs; return (name, dtype, *shape) of each."""
    if head.is_sorted:
        sizes = write.constant(np.array([n_outputs], dtype=np.int64), "n_quantiles")
        form = {"name": "variable", "axis": 1, "largest": 0}
        make = write.onnx.helper.make_node
        write.nodes.append(make("TopK", [outputs, sizes], ["variable", "places"], **form))
        return [("variable", write.dtype, n_outputs)]
    if head.kind == "regression":
        variable = write.node("Identity", outputs, output="variable")
        return [(variable, write.dtype, *write.steps, n_outputs)]
    label = _write_labels(write, head, outputs, n_outputs)
    if head.probabilities:
        return [label, _write_probabilities(write, head, outputs, n_outputs)]
    threshold = write.number(head.threshold)
    if n_outputs > 1:
        decisions = write.node("Sub", outputs, threshold, output="decisions")
        return [label, (decisions, write.dtype, *write.steps, n_outputs)]
    decisions = write.node("Sub", outputs, threshold)
    return [label, _flat(write, decisions, "decisions", write.dtype)]


def _flat(write, name, output, dtype):
    """Write outputs of one unit without the axis of units."""
    shape = write.constant(np.array([-1, *write.steps], dtype=np.int64), "flat_shape_" + output)
    return write.node("Reshape", name, shape, output=output), np.dtype(dtype), *write.steps


def _write_labels(write, head, outputs, n_outputs):
    """Write the labels; return their name, type and shape."""
    threshold = None if head.kind == "multiclass" else write.number(head.threshold)
    if head.kind == "multilabel":
        yes = write.node("Greater", outputs, threshold)
        return write.cast(yes, np.int64, output="label"), np.dtype(np.int64), n_outputs
    labels = onnx_labels(head.classes)
    if head.kind == "multiclass":
        place = write.node("ArgMax", outputs, axis=-1, keepdims=0)
    else:
        labels = np.repeat(labels, 2) if len(labels) == 1 else labels
        yes = write.cast(write.node("Greater", outputs, threshold), np.int64)
        place = _flat(write, yes, "place", np.int64)[0]
    table = write.constant(labels, "classes")
    return write.node("Gather", table, place, axis=0, output="label"), labels.dtype, *write.steps


def onnx_labels(classes):
    """Return the labels as ONNX can have them.

    Parameters
    ----------
    classes : array of shape (n_classes,)

    Returns
    -------
    labels : array of shape (n_classes,)

    Raises
    ------
    ValueError
        If they are of no type that ONNX has.
    """
    classes = np.asarray(classes)
    if classes.dtype.kind in "iu" and classes.max() <= np.iinfo(np.int64).max:
        return classes.astype(np.int64)
    if classes.dtype in (bool, np.float32, np.float64):
        return classes
    if classes.dtype.kind == "U" or all(isinstance(label, str) for label in classes):
        return classes.astype(object)
    raise ValueError(
        f"Labels of type {classes.dtype} have no form in ONNX: they may be integers of 64 bits, "
        "strings, booleans, or floats of 32 or 64 bits."
    )


def _write_probabilities(write, head, outputs, n_outputs):
    """Write the probabilities of the classes; return their name, type and shape."""
    name = "probabilities"
    if n_outputs == 1:
        no = write.node("Sub", write.one, outputs)
        both = write.node("Concat", no, outputs, axis=-1, output=name)
        return both, write.dtype, *write.steps, 2
    if not head.shares:
        return write.node("Identity", outputs, output=name), write.dtype, *write.steps, n_outputs
    axis = write.constant(np.array([-1], dtype=np.int64), "axis")
    total = write.node("ReduceSum", outputs, axis, keepdims=1)
    positive = write.node("Greater", total, write.zero)
    shares = write.node("Div", outputs, write.node("Where", positive, total, write.one))
    equal = write.number(1 / n_outputs)
    chosen = write.node("Where", positive, shares, equal, output=name)
    return chosen, write.dtype, *write.steps, n_outputs


def _assemble(write, input_shape, outputs):
    """Return the checked model of all that has been written."""
    helper = write.onnx.helper
    strings = write.onnx.TensorProto.STRING

    def info(name, dtype, *shape):
        code = strings if dtype.kind == "O" else write.code(dtype)
        return helper.make_tensor_value_info(name, code, ["n_samples", *shape])

    graph = helper.make_graph(
        write.nodes,
        "skdeep",
        [info(INPUT, write.dtype, *input_shape)],
        [info(*output) for output in outputs],
        write.constants,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="skdeep",
        producer_version=__version__,
    )
    write.onnx.checker.check_model(model, full_check=True)
    return model

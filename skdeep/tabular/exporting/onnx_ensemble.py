"""Ensembles for tables as ONNX models."""

import numpy as np

from skdeep._version import __version__
from skdeep.exporting.forms import forms_of
from skdeep.exporting.onnx_model import IR_VERSION, OPSET, onnx_labels, write_layers
from skdeep.tabular.exporting.onnx_columns import ML_DOMAIN, ML_OPSET, TableInputs, TableWriter
from skdeep.tabular.exporting.onnx_rows import write_leaves, write_rows


def make_ensemble_model(estimator, names, dtype, missing):
    """Write an ensemble as an ONNX model.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
        Fitted.
    names : sequence of str
        Of the columns.
    dtype : {"float32", "float64"}
        Of inputs of numbers, and of outputs that are numbers.
    missing : str
        Stands for a missing string.

    Returns
    -------
    model : onnx.ModelProto
        Checked.

    Raises
    ------
    ImportError
        Without ``onnx``.
    ValueError
        If names, levels or labels have no form in ONNX.
    """
    write = TableWriter(np.float32)
    inputs = TableInputs(write, estimator._encodings, names, dtype, missing)
    means = _write_means(write, inputs, estimator)
    if hasattr(estimator, "classes_"):
        outputs = _write_classes(write, means[0], estimator.classes_, dtype)
    else:
        outputs = _write_numbers(write, means, estimator, dtype)
    return _assemble(write, inputs.inputs, outputs)


def _write_means(write, inputs, estimator):
    """Write the mean outputs of each group of members, in float64; return their names."""
    sums = [[] for _ in range(1 + max(estimator._groups))]
    for encoding, places in estimator._by_rows():
        rows = write_rows(write, inputs, encoding)
        for place in places:
            leaves = estimator._leaves[place]
            own = rows
            if leaves is not None:
                own = write_leaves(write, rows, leaves, encoding.n_inputs)
            outputs = _write_member(write, estimator.members_[place], own, place)
            sums[estimator._groups[place]].append(write.cast(outputs, np.float64))
    return [
        write.node("Div", write.node("Sum", *own), write.double(float(len(own)))) for own in sums
    ]


def _write_member(write, member, rows, place):
    """Write a network; return the name of its probabilities or numbers."""
    network, _ = member._export_form()
    network = network.folded()
    write.prefix = f"member_{place}/"
    outputs = write_layers(write, network, forms_of(network, "onnx_nodes", "ONNX"), rows)
    if hasattr(member, "classes_") and len(network.layers[-1].biases) == 1:
        other = write.node("Sub", write.one, outputs)
        outputs = write.node("Concat", other, outputs, axis=1)
    write.prefix = ""
    return outputs


def _write_classes(write, mean, classes, dtype):
    """Write label and probabilities; return (name, dtype, width) of each."""
    axis = write.keep(np.array([1]), "axis")
    total = write.node("ReduceSum", mean, axis, keepdims=1)
    shares = write.node("Div", mean, total)
    labels = onnx_labels(classes)
    place = write.node("ArgMax", shares, axis=1, keepdims=0)
    label = write.node("Gather", write.keep(labels, "classes"), place, axis=0, output="label")
    write.cast(shares, dtype, output="probabilities")
    return [(label, labels.dtype, None), ("probabilities", np.dtype(dtype), len(classes))]


def _write_numbers(write, means, estimator, dtype):
    """Write predictions of numbers; return (name, dtype, width)."""
    scale, parts = estimator._scale, []
    for mean in means:
        deviation, center = (
            write.keep(np.atleast_1d(np.asarray(part, dtype=np.float64)), "scale")
            for part in (scale.deviation, scale.mean)
        )
        low, high = (
            write.keep(np.atleast_1d(np.asarray(part, dtype=np.float64)), "range")
            for part in (scale.low, scale.high)
        )
        y = write.node("Add", write.node("Mul", mean, deviation), center)
        parts.append(write.node("Min", write.node("Max", y, low), high))
    joined, width = write.concat(parts), len(means) if len(means) > 1 else estimator.n_outputs_
    if len(means) > 1:  # quantiles, which must not fall along a row
        values, places = "/quantiles", "/places"
        sizes = write.keep(np.array([width]), "n_quantiles")
        make = write.onnx.helper.make_node
        write.nodes.append(
            make("TopK", [joined, sizes], [values, places], name=values, axis=1, largest=0)
        )
        joined = values
    return [(write.cast(joined, dtype, output="variable"), np.dtype(dtype), width)]


def _assemble(write, inputs, outputs):
    """Return the checked model of all that has been written."""
    helper, strings = write.onnx.helper, write.onnx.TensorProto.STRING

    def info(name, dtype, width):
        code = strings if dtype is None or dtype.kind == "O" else write.code(dtype)
        shape = ["n_samples", *([] if width is None else [width])]
        return helper.make_tensor_value_info(name, code, shape)

    graph = helper.make_graph(
        write.nodes,
        "skdeep",
        [info(*each) for each in inputs],
        [info(*each) for each in outputs],
        write.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    if write.reads_strings:
        opsets.append(helper.make_opsetid(ML_DOMAIN, ML_OPSET))
    model = helper.make_model(
        graph,
        opset_imports=opsets,
        ir_version=IR_VERSION,
        producer_name="skdeep",
        producer_version=__version__,
    )
    write.onnx.checker.check_model(model, full_check=True)
    return model

"""Loops over elements: activations, their derivatives, losses and deltas of a block of rows.

Every loop runs over one contiguous piece of memory, so that it is vectorised whatever the width
of the layer; padding between rows is computed and never read.
"""

from skdeep.engines.cpu.compiling.jit import device, merged, reduction, widen
from skdeep.engines.cpu.compiling.loops import NOTHING, address, run
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.matrices import (
    contents,
    fill,
    layer_deltas,
    layer_output,
    layer_slopes,
)
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE
from skdeep.formulas.activations.softmax import chain_rule as softmax_chain_rule
from skdeep.formulas.activations.softmax import share, shifted


def forward_loop(activation, kind):
    """Return the loop that replaces ``a`` by ``f(a)``."""
    forward = activation.forward

    def loop(a, _x1, _x2, _x3, _p, n):
        widen()
        for i in range(n):
            a[i] = forward(a[i])

    return loop


def forward_and_slope_loop(activation, kind):
    """Return the loop that replaces ``a`` by ``f(a)`` and writes ``f'(a)``."""
    forward, derivative_at = activation.forward, activation.derivative_at

    def loop(a, slope, _x2, _x3, _p, n):
        widen()
        for i in range(n):
            x = a[i]
            a[i], slope[i] = forward(x), derivative_at(x)

    return loop


def derivative_loop(activation, kind):
    """Return the loop that multiplies ``d`` by ``f'`` at the outputs ``h``."""
    derivative = activation.derivative

    def loop(d, h, _x2, _x3, _p, n):
        widen()
        for i in range(n):
            d[i] *= derivative(h[i])

    return loop


def _loss_loop(function, parameter, kind):
    def loop(out, y, o, _x3, _p, n):
        widen()
        for i in range(n):
            out[i] = function(y[i], o[i])

    def loop_with_parameter(out, y, o, _x3, p, n):
        widen()
        parameter = kind(p[0])
        for i in range(n):
            out[i] = function(y[i], o[i], parameter)

    return loop if parameter is None else loop_with_parameter


def _loss_by_output_loop(function, kind):
    def loop(out, y, o, _x3, p, n):
        for i in range(n):
            out[i] = function(y[i], o[i], kind(p[i]))

    return loop


def loss_loop(loss, kind):
    """Return the loop that writes the loss of every output ``o`` for its target ``y``."""
    return _loss_loop(loss.value, loss.parameter, kind)


def loss_derivative_loop(loss, kind):
    """Return the loop that writes the derivative of the loss with respect to every output."""
    return _loss_loop(loss.derivative, loss.parameter, kind)


def loss_by_output_loop(loss, kind):
    """Return the loop that writes the loss of every output, with parameters of their own."""
    return _loss_by_output_loop(loss.value, kind)


def loss_derivative_by_output_loop(loss, kind):
    """Return the loop that writes the derivatives of such losses."""
    return _loss_by_output_loop(loss.derivative, kind)


def set_loops(operations, dtype, training):
    """Put the addresses of the activations' loops into the table of operations.

    Parameters
    ----------
    operations : array of records
        Written to.
    dtype : numpy dtype
    training : bool
        Whether derivatives are wanted.
    """
    for layer in operations:
        activation = ACTIVATIONS_BY_CODE[layer.activation]
        with_slope = training and activation.derivative_at is not None
        layer.activation_loop = layer.derivative_loop = NOTHING
        if activation.name == "identity":
            continue
        forward = forward_and_slope_loop if with_slope else forward_loop
        layer.activation_loop = address(forward, activation, dtype)
        if training and activation.derivative is not None:
            layer.derivative_loop = address(derivative_loop, activation, dtype)


#: Codes of the activations that are divided by their sum over the row.
NORMALISED = tuple(f.code for f in ACTIVATIONS_BY_CODE.values() if f.normalised)


@device
def is_normalised(code):
    """Whether the outputs of a row are divided by their sum."""
    return code in NORMALISED


@reduction
def largest(row):
    """Return the largest element."""
    best = row[0]
    for i in range(1, row.size):
        best = row[i] if row[i] > best else best
    return best


@reduction
def total(row):
    """Return the sum of the elements."""
    s = row[0]
    for i in range(1, row.size):
        s += row[i]
    return s


@reduction
def dot(a, b):
    """Return the sum of the products of the elements."""
    s = a[0] * b[0]
    for i in range(1, a.size):
        s += a[i] * b[i]
    return s


@device
def subtract_largest(a, stride, width):
    """Subtract from every row its largest element."""
    for start in range(0, a.size, stride):
        row = section(a, start, width)
        shift = largest(row)
        for j in range(width):
            row[j] = shifted(row[j], shift)


@device
def divide_by_total(h, stride, width):
    """Divide every row by its sum."""
    for start in range(0, h.size, stride):
        row = section(h, start, width)
        s = total(row)
        for j in range(width):
            row[j] = share(row[j], s)


@device
def has_steps(layer):
    """Whether the units of a layer are those of several steps, one step behind the other."""
    return layer.n_outputs != layer.n_biases


@device
def begin_softmax(layer, a, stride):
    """Subtract the largest element from every row, or from every step of every row."""
    if not has_steps(layer):
        subtract_largest(a, stride, layer.n_biases)
        return
    for start in range(0, a.size, stride):
        subtract_largest(section(a, start, layer.n_outputs), layer.n_biases, layer.n_biases)


@device
def end_softmax(layer, h, stride):
    """Divide every row by its sum, or every step of every row."""
    if not has_steps(layer):
        divide_by_total(h, stride, layer.n_biases)
        return
    for start in range(0, h.size, stride):
        divide_by_total(section(h, start, layer.n_outputs), layer.n_biases, layer.n_biases)


@device
def activate_rows(task, layer, a, stride):
    """Replace the rows of ``a`` by ``f(a)``.

    Parameters
    ----------
    task : Task
    layer : record
        Its row of the table of operations.
    a : 1-D array
        Rows of as many units as the layer has, `stride` elements apart.
    stride : int
    """
    normalised = is_normalised(layer.activation)
    if normalised:
        begin_softmax(layer, a, stride)
    if layer.activation_loop != NOTHING:
        run(layer.activation_loop, a, a, a, a, task.numbers, a.size)
    if normalised:
        end_softmax(layer, a, stride)


@device
def normalised_chain_rule(d, h, stride, width):
    """Carry derivatives back through outputs that were divided by their sum.

    ``d_j = h_j (d_j - sum_k d_k h_k)``, for outputs that were exponentials before.

    Parameters
    ----------
    d, h : 1-D array
        Derivatives, replaced, and outputs: rows of `width` units, `stride` elements apart.
    stride, width : int
    """
    for start in range(0, d.size, stride):
        d_row, h_row = section(d, start, width), section(h, start, width)
        mean = dot(d_row, h_row)
        for j in range(width):
            d_row[j] = softmax_chain_rule(d_row[j], h_row[j], mean)


@merged
def activate_block(task, block, index):
    """Activate a layer for the rows of a block, and keep the slopes where they are wanted."""
    layer = row_of(task.operations, index)
    outputs = contents(layer_output(task, block, layer), block.rows)
    if layer.slope < 0:
        activate_rows(task, layer, outputs, layer.output_stride)
        return
    slopes = layer_slopes(task, block, layer)
    if layer.activation_loop != NOTHING and layer.derivative_loop == NOTHING:
        run(layer.activation_loop, outputs, slopes, slopes, slopes, task.numbers, outputs.size)
    else:
        activate_rows(task, layer, outputs, layer.output_stride)
        fill(slopes, 1)
        if layer.derivative_loop != NOTHING:
            run(layer.derivative_loop, slopes, outputs, outputs, outputs, task.numbers, slopes.size)


@merged
def chain_rule_of_block(task, block, layer):
    """Multiply the derivatives with respect to a layer's outputs by those of its activation."""
    d = contents(layer_deltas(task, block, layer), block.rows)
    outputs = contents(layer_output(task, block, layer), block.rows)
    if layer.slope >= 0:
        slopes = layer_slopes(task, block, layer)
        for i in range(d.size):
            d[i] *= slopes[i]
    elif is_normalised(layer.activation):
        normalised_chain_rule(d, outputs, layer.output_stride, layer.n_outputs)
    elif layer.derivative_loop != NOTHING:
        run(layer.derivative_loop, d, outputs, outputs, outputs, task.numbers, d.size)


def activate(task, index, _a, _b, block):
    """Activate a layer for the rows of a block."""
    activate_block(task, block, index)


def keep(_task, _index, _a, _b, _block):
    """Do nothing: the layer has been activated."""


def chain_rule(task, index, _a, _b, block):
    """Carry the gradients of a block from the outputs of a layer to its weighted inputs."""
    chain_rule_of_block(task, block, row_of(task.operations, index))

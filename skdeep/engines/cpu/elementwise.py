"""Loops over elements: activations, their derivatives, losses and deltas of a block of rows.

Every loop runs over one contiguous piece of memory, so that it is vectorised whatever the width
of the layer; padding between rows is computed and never read.
"""

from skdeep.engines.cpu.formulas import switch
from skdeep.engines.cpu.jit import device, reduction
from skdeep.engines.cpu.sections import section
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.canonical import delta
from skdeep.formulas.losses import REGISTRY as LOSSES


def _forward_loop(activation):
    forward = activation.forward

    def loop(arrays):
        (a,) = arrays
        for i in range(a.size):
            a[i] = forward(a[i])

    return loop


def _derivative_loop(activation):
    derivative = activation.derivative

    def loop(arrays):
        d, h = arrays
        for i in range(d.size):
            d[i] *= derivative(h[i])

    return loop


def _value_loop(loss):
    value = loss.value

    def loop(arrays):
        out, y, o = arrays
        for i in range(out.size):
            out[i] = value(y[i], o[i])

    return loop


#: ``activate(code, (a,))``: replace ``a`` by ``f(a)``. The identity is left out: nothing is to be
#: done.
activate = switch(
    [(f.code, f) for f in ACTIVATIONS.values() if f.name != "identity"], _forward_loop
)

#: ``chain_rule(code, (d, h))``: multiply ``d`` by ``f'`` at the outputs ``h``.
chain_rule = switch(
    [(f.code, f) for f in ACTIVATIONS.values() if f.hidden and f.name != "identity"],
    _derivative_loop,
)

#: ``loss_values(code, (out, y, o))``: the loss of every output.
loss_values = switch([(loss.code, loss) for loss in LOSSES.values()], _value_loop)

#: Codes of the activations that are divided by their sum over the row.
NORMALISED = tuple(f.code for f in ACTIVATIONS.values() if f.normalised)


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


@device
def subtract_largest(a, stride, width):
    """Subtract from every row its largest element."""
    for start in range(0, a.size, stride):
        row = section(a, start, width)
        shift = largest(row)
        for j in range(width):
            row[j] -= shift


@device
def divide_by_total(h, stride, width):
    """Divide every row by its sum."""
    for start in range(0, h.size, stride):
        row = section(h, start, width)
        s = total(row)
        for j in range(width):
            row[j] /= s


@device
def activate_rows(code, a, stride, width):
    """Replace the rows of ``a`` by ``f(a)``.

    Parameters
    ----------
    code : int
        The activation.
    a : 1-D array
        Rows of `width` units, `stride` elements apart.
    stride, width : int
    """
    if is_normalised(code):
        subtract_largest(a, stride, width)
        activate(code, (a,))
        divide_by_total(a, stride, width)
    else:
        activate(code, (a,))


@device
def weighted_sum(values, stride, width, weights):
    """Return ``sum_r weights[r] * sum_j values[r, j]`` in float64."""
    s = 0.0
    for row in range(weights.size):
        start = row * stride
        s += float(weights[row]) * float(total(section(values, start, width)))
    return s


@device
def weighted_delta(arrays, stride, width, weights):
    """Write the deltas of the output units, times the weights of their samples.

    Parameters
    ----------
    arrays : tuple of 1-D arrays
        Deltas, targets and outputs, rows of `width` units that are `stride` elements apart.
    stride, width : int
    weights : 1-D array
        One per row.
    """
    d, y, o = arrays
    for row in range(weights.size):
        start = row * stride
        weight = weights[row]
        d_row, y_row = section(d, start, width), section(y, start, width)
        o_row = section(o, start, width)
        for j in range(width):
            d_row[j] = weight * delta(y_row[j], o_row[j])

"""The features of the first layer, dense or sparse; sparse rows are never made dense.

What differs between the two is here: functions in pairs, of which a kernel gets the ones that it is
compiled for.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import SIMULATED, cuda, device, inlined
from skdeep.engines.cuda.layers.cells import ONE, first_cell, next_cell
from skdeep.engines.cuda.layers.dropout import keep, key_of, mask_of
from skdeep.engines.cuda.layers.register_tiles import (
    TILE,
    Operand,
    accumulate,
    across,
    clear,
    n_tiles,
    set_places,
)
from skdeep.engines.cuda.memory.structures import (
    INDICES,
    NOISE,
    STARTS,
    STORE,
    VALUES,
    SparseRows,
    Who,
)
from skdeep.engines.randomness import FEATURES as OF_FEATURES
from skdeep.engines.randomness import NOISE as OF_NOISE

#: Threads that read a row side by side, and how many numbers each has on the way at a time.
WARP, PIECES = 2 if SIMULATED else 32, 8
STEP = np.uint32(WARP)


class Features(NamedTuple):
    """What depends on whether features are dense or sparse.

    Attributes
    ----------
    find : callable
        ``find(arrays, places)``: the features of a model among the arrays of a launch.
    inputs : callable
        ``inputs(arrays, places, direct)``: what the first layer reads.
    gather : callable
        ``gather(code, task, batch, who)``: copy the rows of a batch together, with noise, and with
        some features dropped.
    affine : callable
        ``affine(code, task, batch, tile, rows, weights)``: add the features of some rows, times
        columns of the weights, to a tile.
    form_gradient : callable
        ``form_gradient(code, task, batch, index, who)``: the gradient of a layer's weights that
        belong to the features.
    """

    find: object
    inputs: object
    gather: object
    affine: object
    form_gradient: object


@inlined
def part(array, places, which):
    """Return the part of an array that is a model's."""
    return array[places[which] : places[which + 1]]


@inlined
def _find_dense(arrays, places):
    return part(arrays[0], places, VALUES)


@inlined
def _find_sparse(arrays, places):
    values, indices = part(arrays[0], places, VALUES), part(arrays[3], places, INDICES)
    return SparseRows(values, indices, part(arrays[2], places, STARTS))


@inlined
def _inputs_dense(arrays, places, direct):
    # A choice between two arrays would hide from the compiler that both are in global memory: it
    # would write the tiles of products to local memory before every read, which may be of them.
    which = VALUES if direct == 1 else STORE
    return part(arrays[0], places, which)


@inlined
def _inputs_sparse(arrays, places, direct):
    return part(arrays[0], places, STORE)


@device
def row_of(task, position):
    """Return the row of the data at a place in the order of training."""
    return task.order[position] if task.plan.ordered == 1 else position


@device
def input_place(task, batch):
    """Return where the dense features of a batch begin."""
    plan = task.plan
    return plan.features + batch.position * plan.direct * plan.features_stride


@device
def _mask(code, task, batch):
    """Return which features are kept."""
    return mask_of(code, task, 0, 0, OF_FEATURES, batch.update)


@device
def _first_piece(task, who):
    """Return the first of a warp's pieces of rows, each as wide as the warp has threads."""
    width, warps = task.layers[0].fan_in, max(1, who.lanes // WARP)
    return first_cell(Who(who.lane // WARP, warps), (width + WARP - 1) // WARP)


@device
def _copy_rows(task, batch, who):
    """Copy the rows of a batch, several pieces at a time: all are read before one is written."""
    plan, order, ordered = task.plan, task.order, task.plan.ordered == 1
    width, stride = np.uint32(task.layers[0].fan_in), np.uint32(plan.features_stride)
    start, count = np.uint64(plan.features), np.uint32(batch.count)
    last_row, last, position = np.uint32(count - ONE), np.uint32(width - ONE), batch.position
    sources = cuda.local.array(PIECES, np.uint64)
    x = cuda.local.array(PIECES, task.inputs.dtype)
    cell, own = _first_piece(task, who), np.uint32(who.lane % WARP)
    while cell.row < count:
        ahead = cell
        for k in range(PIECES):
            place = np.uint64(position) + min(ahead.row, last_row)
            row = np.uint32(order[place]) if ordered else np.uint32(place)
            sources[k] = np.uint64(row * width) + min(np.uint32(ahead.column * STEP + own), last)
            ahead = next_cell(ahead)
        for k in range(PIECES):
            x[k] = task.features[sources[k]]
        for k in range(PIECES):
            c = np.uint32(cell.column * STEP + own)
            if cell.row < count and c < width:
                task.inputs[start + (cell.row * stride + c)] = x[k]
            cell = next_cell(cell)


@device
def _disturb_rows(code, task, batch, mask, who):
    """Add noise to the features that this thread has copied, and drop some of them."""
    plan, width = task.plan, np.uint32(task.layers[0].fan_in)
    start, stride = np.uint64(plan.features), np.uint32(plan.features_stride)
    noise, noisy = key_of(code, task, 0, OF_NOISE, batch.update), plan.noisy == 1
    deviation, count = task.memory[plan.constants + NOISE], np.uint32(batch.count)
    cell, own = _first_piece(task, who), np.uint32(who.lane % WARP)
    while cell.row < count:
        c = np.uint32(cell.column * STEP + own)
        if c < width:
            place, counter = start + (cell.row * stride + c), np.uint64(cell.row * width + c)
            x = task.inputs[place]
            if noisy:
                x += deviation * code.normal(code.squares(counter, noise))
            if mask.drops:
                x = keep(code, mask, counter, x)
            task.inputs[place] = x
        cell = next_cell(cell)


@device
def _gather_dense(code, task, batch, who):
    if task.plan.direct == 1 or who.lane // WARP >= max(1, who.lanes // WARP):
        return
    _copy_rows(task, batch, who)
    mask = _mask(code, task, batch)
    if task.plan.noisy == 1 or mask.drops:
        _disturb_rows(code, task, batch, mask, who)


@device
def _weigh_dense(code, task, batch, tile, rows, weights):
    places = cuda.local.array(TILE, np.uint64)
    set_places(places, rows, input_place(task, batch), task.plan.features_stride)
    accumulate(tile, Operand(task.inputs, places, 1), weights, task.layers[0].fan_in)


@device
def store_tile(data, tile, rows, columns, begin, stride):
    """Write a tile where its rows and columns are."""
    for i in range(TILE):
        r = rows.first + i * rows.apart
        for j in range(TILE):
            c = columns.first + j * columns.apart
            if r < rows.count and c < columns.count:
                data[begin + r * stride + c] = tile[i, j]


@device
def form_dense(task, inputs, count, layer, first, who):
    """Form the gradient of the weights of some dense inputs of a layer.

    Parameters
    ----------
    task : Task
    inputs : tuple
        The array, the place of the first row, the step from row to row, and how many inputs.
    count : int
        Rows.
    layer : record
    first : int
        The first of these inputs among those of the layer.
    who : Who
    """
    data, begin, stride, width = inputs
    columns, start = layer.fan_out, task.plan.gradient + layer.weights
    tile = cuda.local.array((TILE, TILE), task.memory.dtype)
    a, b = cuda.local.array(TILE, np.uint64), cuda.local.array(TILE, np.uint64)
    for t in range(who.lane, n_tiles(width, columns), who.lanes):
        here, there = across(t, width, columns)
        clear(tile)
        set_places(a, here, begin, 1)
        set_places(b, there, layer.delta, 1)
        deltas = Operand(task.memory, b, layer.stride)
        accumulate(tile, Operand(data, a, stride), deltas, count)
        store_tile(task.store, tile, here, there, start + first * columns, columns)


@device
def _form_gradient_dense(code, task, batch, index, who):
    stride, width = task.plan.features_stride, task.layers[0].fan_in
    inputs = (task.inputs, input_place(task, batch), stride, width)
    form_dense(task, inputs, batch.count, task.layers[index], 0, who)


@device
def _gather_sparse(code, task, batch, who):
    return


@device
def _value(code, task, mask, place, e):
    """Return a sparse feature, or 0 if it is dropped."""
    x = task.features.values[e]
    return keep(code, mask, place, x) if mask.drops else x


@device
def _weigh_sparse(code, task, batch, tile, rows, weights):
    mask, width = _mask(code, task, batch), task.layers[0].fan_in
    step = np.uint64(weights.step)
    for i in range(TILE):
        r = min(rows.first + i * rows.apart, rows.count - 1)
        source = row_of(task, batch.position + r)
        for e in range(task.features.starts[source], task.features.starts[source + 1]):
            column = task.features.indices[e]
            x = _value(code, task, mask, r * width + column, e)
            place = np.uint64(column) * step
            for j in range(TILE):
                tile[i, j] += x * weights.data[weights.places[j] + place]


@device
def _form_gradient_sparse(code, task, batch, index, who):
    """Let every lane add up what is its own: a column of the weights, for a range of features."""
    layer = task.layers[index]
    mask, n_features = _mask(code, task, batch), task.layers[0].fan_in
    columns, start = layer.fan_out, task.plan.gradient + layer.weights
    ranges = min(max(1, who.lanes // columns), n_features)
    for lane in range(who.lane, ranges * columns, who.lanes):
        part, j = lane // columns, lane % columns
        first, end = n_features * part // ranges, n_features * (part + 1) // ranges
        for i in range(first, end):
            task.store[start + i * columns + j] = 0
        for r in range(batch.count):
            source = row_of(task, batch.position + r)
            delta = task.memory[layer.delta + r * layer.stride + j]
            for e in range(task.features.starts[source], task.features.starts[source + 1]):
                column = task.features.indices[e]
                if first <= column and column < end:
                    x = _value(code, task, mask, r * n_features + column, e)
                    task.store[start + column * columns + j] += x * delta


DENSE = Features(_find_dense, _inputs_dense, _gather_dense, _weigh_dense, _form_gradient_dense)
SPARSE = Features(
    _find_sparse, _inputs_sparse, _gather_sparse, _weigh_sparse, _form_gradient_sparse
)

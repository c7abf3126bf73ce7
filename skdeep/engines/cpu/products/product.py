"""Matrix products: every product of the engine goes through `product`.

It is compiled by itself, once for each precision, and called by its address.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import config
from numba.core import cgutils, types
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.jit import compile_loop, device, reduction
from skdeep.engines.cpu.compiling.views import pointer_to, section
from skdeep.engines.cpu.memory.places import panel_columns
from skdeep.engines.cpu.products.microkernel import lanes, register_tile, tile_rows


class Matrix(NamedTuple):
    """A matrix in a piece of memory.

    Attributes
    ----------
    data : 1-D array, or in compiled code a pointer
        The memory.
    offset : int
        Place of the first element.
    row, column : int
        Elements from one row, and from one column, to the next. Products take a unit column stride
        for granted, except in their left factor.
    gap : int
        What is left out between panels of columns (`skdeep.engines.cpu.memory.places`): 0 in a
        matrix kept row by row. Products take it into account except in their left factor.
    """

    data: np.ndarray
    offset: int
    row: int
    column: int
    gap: int = 0


@device
def without_start(matrix):
    """Return the `start` of a product to which nothing is added."""
    return Matrix(matrix.data, matrix.offset, matrix.row, 0, 0)


ROWS = tile_rows()
FEW_ROWS = ROWS // 3
#: Where `b` has so many columns or more, and is kept row by row, each row is on a page of memory of
#: its own, or nearly so, and what is below each other shares few sets of the cache. Products then
#: run down so many rows of it before they go on: with one row of `a` along whole rows of `b`, with
#: more by strips of columns that are copied, if `b` has as many rows.
WIDE, STEPS_ALONG, STEPS_COPIED = 256, 8, 128
#: Vectors of a strip where products run along rows of `b`.
ALONG = 8

_tall_wide = register_tile(ROWS, 2, masked=False)
_tall_narrow = register_tile(ROWS, 1, masked=True)
_few_wide = register_tile(FEW_ROWS, 2, masked=False)
_few_narrow = register_tile(FEW_ROWS, 1, masked=True)
#: Along rows, the next rows would leave the first-level cache before their turn.
_row_along = register_tile(1, ALONG, masked=False, ahead=False)
_row_wide = register_tile(1, 2, masked=False)
_row_narrow = register_tile(1, 1, masked=True)


@intrinsic
def vector_lanes(typingctx, array):
    """Return how many elements of the array one vector holds."""

    def codegen(context, builder, signature, arguments):
        return context.get_constant(types.intp, lanes(signature.args[0].dtype))

    return types.intp(array), codegen


@device
def _strip(c, a, b, start, use_start, rows, depth, active, wide):
    """One strip of columns: ``active`` columns of one vector, or two whole vectors if ``wide``."""
    i = 0
    while i < rows:
        c_i = Matrix(c.data, c.offset + i * c.row, c.row, 1, 0)
        a_i = Matrix(a.data, a.offset + i * a.row, a.row, a.column, 0)
        s_i = Matrix(start.data, start.offset + i * start.row, start.row, 1, 0)
        if rows - i >= ROWS:
            if wide:
                _tall_wide(c_i, a_i, b, s_i, use_start, depth, active)
            else:
                _tall_narrow(c_i, a_i, b, s_i, use_start, depth, active)
            i += ROWS
        elif rows - i >= FEW_ROWS:
            if wide:
                _few_wide(c_i, a_i, b, s_i, use_start, depth, active)
            else:
                _few_narrow(c_i, a_i, b, s_i, use_start, depth, active)
            i += FEW_ROWS
        else:
            if wide:
                _row_wide(c_i, a_i, b, s_i, use_start, depth, active)
            else:
                _row_narrow(c_i, a_i, b, s_i, use_start, depth, active)
            i += 1


@intrinsic
def _room_for_strip(typingctx, array):
    """Return a pointer to room for a strip of `STEPS_COPIED` rows and two vectors."""

    def codegen(context, builder, signature, arguments):
        kind = signature.args[0].dtype
        size = STEPS_COPIED * 2 * lanes(kind)
        room = ir.ArrayType(context.get_value_type(kind), size)
        place = cgutils.alloca_once(builder, room)
        place.align = 64
        return cgutils.gep_inbounds(builder, place, 0, 0)

    return array(array), codegen


@device
def _copy_strip(room, b, place, b_row, steps, columns, step):
    """Copy columns of some rows of `b` to where they are one behind the other."""
    for k in range(steps):
        for j in range(columns):
            room[k * step + j] = b[place + k * b_row + j]


@device
def _along_rows(c, a, b, start, use_start, depth, columns, step):
    """Compute a row's whole strips of `ALONG` vectors; return how many columns they are."""
    j = 0
    while columns - j >= step:
        c_j = Matrix(c.data, c.offset + j, c.row, 1, 0)
        b_j = Matrix(b.data, b.offset + j, b.row, 1, 0)
        s_j = Matrix(start.data, start.offset + j, start.row, 1, 0)
        _row_along(c_j, a, b_j, s_j, use_start, depth, step)
        j += step
    return j


@device
def _wide_product(c, a, b, start, use_start, c_gap, s_gap, rows, columns, depth):
    """Compute a product with a `b` that is kept in wide rows, some of them at a time."""
    width, room = vector_lanes(c.data), _room_for_strip(c.data)
    along = rows == 1 and c_gap == 0 and s_gap == 0
    together = STEPS_ALONG if along else STEPS_COPIED
    s, s_row, k = start.data, start.row, 0
    while k < depth or k == 0:
        steps = min(together, depth - k)
        a_k = Matrix(a.data, k * a.column, a.row, a.column, 0)
        j = 0
        if along:
            c_k, s_k = Matrix(c.data, 0, c.row, 1, 0), Matrix(s, 0, s_row, 1, 0)
            b_k = Matrix(b.data, k * b.row, b.row, 1, 0)
            j = _along_rows(c_k, a_k, b_k, s_k, use_start, steps, columns, ALONG * width)
        while j < columns:
            left = columns - j
            wide = left >= 2 * width
            panel = j // (2 * width)
            c_j = Matrix(c.data, j + panel * c_gap, c.row, 1, 0)
            s_j = Matrix(s, j + panel * s_gap, s_row, 1, 0)
            place = k * b.row + j
            if wide:
                _copy_strip(room, b.data, place, b.row, steps, 2 * width, 2 * width)
            else:
                _copy_strip(room, b.data, place, b.row, steps, min(left, width), 2 * width)
            b_j = Matrix(room, 0, 2 * width, 1, 0)
            _strip(c_j, a_k, b_j, s_j, use_start, rows, steps, min(left, width), wide)
            j += 2 * width if wide else width
        k += max(steps, 1)
        s, s_row, s_gap, use_start = c.data, c.row, c_gap, True


def product_routine(
    c, a, b, s, c_row, c_gap, a_row, a_column, b_row, b_gap, s_row, s_gap, use, rows, columns, depth
):
    """Compute ``c = start + a @ b``, or ``c = a @ b`` if `use` is 0; see `product`."""
    width, a_0, j = vector_lanes(c), Matrix(a, 0, a_row, a_column, 0), 0
    while j < columns:
        left = columns - j
        wide = left >= 2 * width
        panel = j // (2 * width)
        c_j = Matrix(c, j + panel * c_gap, c_row, 1, 0)
        b_j = Matrix(b, j + panel * b_gap, b_row, 1, 0)
        s_j = Matrix(s, j + panel * s_gap, s_row, 1, 0)
        _strip(c_j, a_0, b_j, s_j, use == 1, rows, depth, min(left, width), wide)
        j += 2 * width if wide else width


_product_in_strips = device(product_routine)


def wide_product_routine(
    c, a, b, s, c_row, c_gap, a_row, a_column, b_row, b_gap, s_row, s_gap, use, rows, columns, depth
):
    """Compute the same as `product_routine`, with any width of `b` at its best."""
    if b_gap == 0 and columns >= WIDE and (rows == 1 or depth >= STEPS_COPIED):
        c_0, a_0 = Matrix(c, 0, c_row, 1, 0), Matrix(a, 0, a_row, a_column, 0)
        b_0, s_0 = Matrix(b, 0, b_row, 1, 0), Matrix(s, 0, s_row, 1, 0)
        _wide_product(c_0, a_0, b_0, s_0, use == 1, c_gap, s_gap, rows, columns, depth)
    else:
        _product_in_strips(
            *(c, a, b, s, c_row, c_gap, a_row, a_column, b_row, b_gap),
            *(s_row, s_gap, use, rows, columns, depth),
        )


def _numpy_view(matrix, rows, columns):
    item = matrix.data.itemsize
    return np.lib.stride_tricks.as_strided(
        matrix.data[matrix.offset :], (rows, columns), (matrix.row * item, matrix.column * item)
    )


def _numpy_product(c, a, b, start, shape):
    rows, columns, depth = shape
    left = _numpy_view(a, rows, depth)
    width = panel_columns(c.data.itemsize) if c.gap or b.gap or start.gap else columns
    for j in range(0, columns, width):
        shape = min(width, columns - j)
        result = left @ _numpy_view(_panel(b, j, width), depth, shape)
        if start.column == 1:
            result = result + _numpy_view(_panel(start, j, width), rows, shape)
        _numpy_view(_panel(c, j, width), rows, shape)[:] = result


def _panel(matrix, column, width):
    offset = matrix.offset + column + column // width * matrix.gap
    return matrix._replace(offset=offset, gap=0)


#: The compiled products by precision and width: addresses in use must stay valid.
_COMPILED = {}


def product_address(dtype, wide):
    """Return the address of the compiled product of some precision, 0 without the compiler.

    Parameters
    ----------
    dtype : numpy dtype
    wide : bool
        Whether matrices of `WIDE` columns and more are to be multiplied by. Results are the same.

    Returns
    -------
    address : int
    """
    if config.DISABLE_JIT:
        return 0
    key = np.dtype(dtype), bool(wide)
    if key not in _COMPILED:
        pointer = types.CPointer(types.float32 if key[0] == np.float32 else types.float64)
        signature = types.void(*4 * [pointer], *12 * [types.int64])
        function = wide_product_routine if wide else product_routine
        _COMPILED.setdefault(key, compile_loop(function, signature))
    return _COMPILED[key].address


#: Places of the fields of `Matrix`.
_DATA, _OFFSET, _ROW, _COLUMN, _GAP = range(5)


@intrinsic
def _call_product(typingctx, address, c, a, b, start, shape):
    def codegen(context, builder, signature, arguments):
        address, *matrices, shape = arguments

        def part(matrix, place):
            kind = signature.args[1 + matrix].types[place]
            return context.cast(
                builder, builder.extract_value(matrices[matrix], place), kind, types.int64
            )

        def pointer(matrix):
            kind = signature.args[1 + matrix].types[_DATA]
            data = builder.extract_value(matrices[matrix], _DATA)
            data = pointer_to(context, builder, kind, data)
            return builder.gep(data, [part(matrix, _OFFSET)])

        wanted = ((0, _ROW), (0, _GAP), (1, _ROW), (1, _COLUMN), (2, _ROW), (2, _GAP))
        wanted += ((3, _ROW), (3, _GAP), (3, _COLUMN))
        found = [pointer(matrix) for matrix in range(4)]
        found += [part(matrix, place) for matrix, place in wanted]
        found += [
            context.cast(builder, builder.extract_value(shape, place), kind, types.int64)
            for place, kind in enumerate(signature.args[5].types)
        ]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in found])
        builder.call(builder.inttoptr(address, kind.as_pointer()), found)
        return context.get_dummy_value()

    return types.void(address, c, a, b, start, shape), codegen


def _call_numpy_product(address, c, a, b, start, shape):
    _numpy_product(c, a, b, start, shape)


call_product = _call_numpy_product if config.DISABLE_JIT else _call_product


@device
def product(task, c, a, b, start, shape):
    """Compute ``c = start + a @ b``, or ``c = a @ b``.

    Every element is one chain of fused multiply-adds down the inner dimension, so that it does not
    depend on how the matrix is cut into tiles.

    Parameters
    ----------
    task : Task
    c, a, b : Matrix
        Of shapes (rows, columns), (rows, depth), (depth, columns).
    start : Matrix
        Added to the product: a bias (row stride 0), or `c` itself to accumulate; nothing is added
        if its column stride is 0.
    shape : tuple of int
        (rows, columns, depth).
    """
    call_product(task.plan.product, c, a, b, start, shape)


@reduction
def dot(x, y):
    """Return the scalar product of two vectors of the same length."""
    s = x[0] * y[0]
    for i in range(1, x.size):
        s += x[i] * y[i]
    return s


@device
def product_by_dots(c, a, b, start, shape):
    """Compute ``c = start + a @ b.T`` row by row, where transposing `b` would cost more.

    Parameters
    ----------
    c, a, b : Matrix
        Of shapes (rows, columns), (rows, depth), (columns, depth); all with unit column stride.
    start : Matrix
        `c` itself to accumulate; nothing is added if its column stride is 0.
    shape : tuple of int
        (rows, columns, depth).
    """
    rows, columns, depth = shape
    for i in range(rows):
        left = section(a.data, a.offset + i * a.row, depth)
        out = section(c.data, c.offset + i * c.row, columns)
        for j in range(columns):
            s = dot(left, section(b.data, b.offset + j * b.row, depth))
            out[j] = out[j] + s if start.column == 1 else s

"""Products whose inner dimension is that of the windows of an image: in pieces of equal length.

What a window reads of an image is contiguous within a row of pixels only. A product here runs down
one such piece, then goes on with the next, and keeps its sums in registers from the first piece to
the last, so that nothing has to be copied together.
"""

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.jit import compile_loop, device
from skdeep.engines.cpu.compiling.views import pointer_to
from skdeep.engines.cpu.products.microkernel import INDEX, _Tile, tile_rows
from skdeep.engines.cpu.products.product import Matrix, vector_lanes

#: How a last vector that is not full is stored: by a mask; or as a whole, where its further lanes
#: are computed afterwards (`OVERWRITTEN`), or are added to, and get what they had (`KEPT`).
#: Masked stores take some processors as long as 50 multiplications.
MASKED, OVERWRITTEN, KEPT = range(3)


class _WindowTile(_Tile):
    """Emits the code of one register tile, whose inner dimension is cut into pieces."""

    def _prefetch(self, b):
        """Do nothing: what windows are multiplied by is small."""

    def accumulate_pieces(self, first, pieces, depth, mask):
        """Run down all pieces; return the accumulators.

        Parameters
        ----------
        first : list of LLVM values
            The accumulators' first values.
        pieces : tuple of LLVM values
            How many, and the steps from one to the next in A and in B.
        depth : LLVM value
            Of a piece.
        mask : LLVM value or None
        """
        builder, (count, a_step, b_step) = self.builder, pieces
        before, zero = builder.block, INDEX(0)
        loop, after = builder.append_basic_block("pieces"), builder.append_basic_block("summed")
        builder.cbranch(builder.icmp_signed(">", count, zero), loop, after)
        builder.position_at_end(loop)
        piece, a, b = builder.phi(INDEX), builder.phi(self.a[0].type), builder.phi(self.b[0].type)
        sums = [builder.phi(self.vector) for _ in first]
        starts = self.a[0], self.b[0]
        self.a, self.b = (a, *self.a[1:]), (b, *self.b[1:])
        updated = self.accumulate(sums, depth, mask)
        following, end = builder.add(piece, INDEX(1)), builder.block
        for phi, start, new in (
            (piece, zero, following),
            (a, starts[0], builder.gep(a, [a_step])),
            (b, starts[1], builder.gep(b, [b_step])),
            *zip(sums, first, updated, strict=True),
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(new, end)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
        builder.position_at_end(after)
        results = []
        for start, new in zip(first, updated, strict=True):
            phi = builder.phi(self.vector)
            phi.add_incoming(start, before)
            phi.add_incoming(new, end)
            results.append(phi)
        return results

    def starts(self, whole, mask):
        """Return the matrix `start`: its vectors as a whole, or by a mask."""
        if mask is None:
            return [self.load(self._address(self.start, row, v)) for row, v in self.cells()]
        places = [cgutils.alloca_once(self.builder, self.vector) for _ in self.cells()]
        with self.builder.if_else(whole) as (then, otherwise):
            for branch, used in ((then, None), (otherwise, mask)):
                with branch:
                    for place, (row, v) in zip(places, self.cells(), strict=True):
                        value = self.load(self._address(self.start, row, v), used)
                        self.builder.store(value, place)
        return [self.builder.load(place) for place in places]

    def write(self, sums, whole, mask):
        """Store the accumulators, in the order of the rows."""
        pairs = list(zip(self.cells(), sums, strict=True))
        if mask is None:
            for (row, v), value in pairs:
                self.store(value, self._address(self.c, row, v))
            return
        with self.builder.if_else(whole) as (then, otherwise):
            for branch, used in ((then, None), (otherwise, mask)):
                with branch:
                    for (row, v), value in pairs:
                        self.store(value, self._address(self.c, row, v), used)


def _window_tile(rows, vectors, masked):
    """Make the intrinsic of one register tile, `tile(c, a, b, start, pieces, depth, active, way)`.

    It writes ``c[:rows] = start + sum_p a_p @ b_p``.
    """

    @intrinsic
    def tile(typingctx, c, a, b, start, pieces, depth, active, way):
        signature = types.void(c, a, b, start, pieces, depth, active, way)

        def codegen(context, builder, signature, arguments):
            emit = _WindowTile(context, builder, signature, arguments[:4], rows, vectors)
            pieces, depth, active, way = arguments[4:]
            pieces = [builder.extract_value(pieces, place) for place in range(3)]
            mask = emit.mask(active) if masked else None
            kept = builder.icmp_signed("==", way, INDEX(KEPT))
            stored_whole = builder.icmp_signed("!=", way, INDEX(MASKED))
            sums = emit.accumulate_pieces(emit.starts(kept, mask), pieces, depth, mask)
            emit.write(sums, stored_whole, mask)
            return context.get_dummy_value()

        return signature, codegen

    return tile


ROWS = tile_rows()
#: Rows of a tile of one vector: enough sums for all multiplications that are under way at once.
TALL = 12 if ROWS == 12 else 8
_WIDE = [_window_tile(rows, 2, masked=False) for rows in (ROWS, 4, 2, 1)]
_NARROW = [_window_tile(rows, 1, masked=True) for rows in (TALL, 6, 5, 4, 3, 2, 1)]
_wide_all, _wide_4, _wide_2, _wide_1 = _WIDE
_narrow_all, _narrow_6, _narrow_5, _narrow_4, _narrow_3, _narrow_2, _narrow_1 = _NARROW


@device
def _wide_strip(c, a, b, start, pieces, rows, depth):
    """Compute two whole vectors of columns."""
    i = 0
    while i < rows:
        c_i = Matrix(c.data, c.offset + i * c.row, c.row, 1, 0)
        a_i = Matrix(a.data, a.offset + i * a.row, a.row, a.column, 0)
        s_i = Matrix(start.data, start.offset + i * start.row, start.row, 1, 0)
        left = rows - i
        if left >= ROWS:
            _wide_all(c_i, a_i, b, s_i, pieces, depth, 0, 0)
            i += ROWS
        elif left >= 4:
            _wide_4(c_i, a_i, b, s_i, pieces, depth, 0, 0)
            i += 4
        elif left >= 2:
            _wide_2(c_i, a_i, b, s_i, pieces, depth, 0, 0)
            i += 2
        else:
            _wide_1(c_i, a_i, b, s_i, pieces, depth, 0, 0)
            i += 1


@device
def _narrow_strip(c, a, b, start, pieces, rows, depth, active, way):
    """Compute the first columns of one vector, with as many rows at once as there are."""
    i = 0
    while i < rows:
        c_i = Matrix(c.data, c.offset + i * c.row, c.row, 1, 0)
        a_i = Matrix(a.data, a.offset + i * a.row, a.row, a.column, 0)
        s_i = Matrix(start.data, start.offset + i * start.row, start.row, 1, 0)
        left = rows - i
        if left >= TALL:
            _narrow_all(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += TALL
        elif left >= 6:
            _narrow_6(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 6
        elif left >= 5:
            _narrow_5(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 5
        elif left == 4:
            _narrow_4(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 4
        elif left == 3:
            _narrow_3(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 3
        elif left == 2:
            _narrow_2(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 2
        else:
            _narrow_1(c_i, a_i, b, s_i, pieces, depth, active, way)
            i += 1


def window_product_routine(
    c, a, b, s, c_row, a_row, a_column, b_row, s_row, rows, columns, depth, n, a_step, b_step, way
):
    """Compute ``c = start + sum_p a_p @ b_p``; see `window_product`."""
    width, pieces, a_0 = vector_lanes(c), (n, a_step, b_step), Matrix(a, 0, a_row, a_column, 0)
    # What is not full comes first: what it stores beside its columns is overwritten then.
    j = columns // width * width
    if j < columns:
        c_j, b_j = Matrix(c, j, c_row, 1, 0), Matrix(b, j, b_row, 1, 0)
        s_j = Matrix(s, j, s_row, 1, 0)
        _narrow_strip(c_j, a_0, b_j, s_j, pieces, rows, depth, columns - j, way)
    j = 0
    while columns - j >= width:
        c_j, b_j = Matrix(c, j, c_row, 1, 0), Matrix(b, j, b_row, 1, 0)
        s_j = Matrix(s, j, s_row, 1, 0)
        if columns - j >= 2 * width:
            _wide_strip(c_j, a_0, b_j, s_j, pieces, rows, depth)
            j += 2 * width
        else:
            _narrow_strip(c_j, a_0, b_j, s_j, pieces, rows, depth, width, KEPT)
            j += width


#: The compiled products by precision: addresses in use must stay valid.
_COMPILED = {}


def window_product_address(dtype):
    """Return the address of the compiled product of some precision, 0 without the compiler.

    Parameters
    ----------
    dtype : numpy dtype

    Returns
    -------
    address : int
    """
    if config.DISABLE_JIT:
        return 0
    key = np.dtype(dtype)
    if key not in _COMPILED:
        pointer = types.CPointer(types.float32 if key == np.float32 else types.float64)
        signature = types.void(*4 * [pointer], *12 * [types.int64])
        _COMPILED.setdefault(key, compile_loop(window_product_routine, signature))
    return _COMPILED[key].address


#: Places of the fields of `Matrix`.
_DATA, _OFFSET, _ROW, _COLUMN = range(4)


@intrinsic
def _call_window_product(typingctx, address, c, a, b, start, shape, pieces, way):
    def codegen(context, builder, signature, arguments):
        address, *matrices, shape, pieces, way = arguments
        kinds = signature.args

        def part(matrix, place):
            value = builder.extract_value(matrices[matrix], place)
            return context.cast(builder, value, kinds[1 + matrix].types[place], types.int64)

        def pointer(matrix):
            data = builder.extract_value(matrices[matrix], _DATA)
            data = pointer_to(context, builder, kinds[1 + matrix].types[_DATA], data)
            return builder.gep(data, [part(matrix, _OFFSET)])

        found = [pointer(matrix) for matrix in range(4)]
        wanted = ((0, _ROW), (1, _ROW), (1, _COLUMN), (2, _ROW), (3, _ROW))
        found += [part(matrix, place) for matrix, place in wanted]
        for value, kind in ((shape, kinds[5]), (pieces, kinds[6])):
            found += [
                context.cast(builder, builder.extract_value(value, place), each, types.int64)
                for place, each in enumerate(kind.types)
            ]
        found.append(context.cast(builder, way, kinds[7], types.int64))
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in found])
        builder.call(builder.inttoptr(address, kind.as_pointer()), found)
        return context.get_dummy_value()

    return types.void(address, c, a, b, start, shape, pieces, way), codegen


def _strided(matrix, offset, rows, columns):
    item = matrix.data.itemsize
    return np.lib.stride_tricks.as_strided(
        matrix.data[matrix.offset + offset :],
        (rows, columns),
        (matrix.row * item, matrix.column * item),
    )


def _call_numpy_product(_address, c, a, b, start, shape, pieces, _way):
    (rows, columns, depth), (n, a_step, b_step) = shape, pieces
    total = _strided(start, 0, rows, columns).copy()
    for p in range(n):
        total += _strided(a, p * a_step, rows, depth) @ _strided(b, p * b_step, depth, columns)
    _strided(c, 0, rows, columns)[:] = total


def _one_lane(_array):
    return 1


if config.DISABLE_JIT:
    call_window_product, lanes_stored = _call_numpy_product, _one_lane
else:
    #: ``lanes_stored(array)``: how many elements are stored beside each other.
    call_window_product, lanes_stored = _call_window_product, vector_lanes


@device
def window_product(task, c, a, b, start, shape, pieces, way):
    """Compute ``c = start + sum_p a_p @ b_p``, where piece ``p`` begins some steps behind the last.

    Every element is one chain of fused multiply-adds down the pieces, one after the other, so that
    it does not depend on how the matrix is cut into tiles.

    Parameters
    ----------
    task : Task
    c, a, b : Matrix
        `c` of shape (rows, columns); `a` and `b`, of shapes (rows, depth) and (depth, columns), are
        the first piece. `b` and `c` have unit column strides, and no panels.
    start : Matrix
        Added to the sums: a bias (row stride 0), or `c` itself to accumulate.
    shape : tuple of int
        (rows, columns, depth).
    pieces : tuple of int
        How many pieces, and the steps from one to the next in `a` and in `b`.
    way : int
        `MASKED`, `OVERWRITTEN` or `KEPT`: how a last vector that is not full is stored.
    """
    call_window_product(task.plan.window_product, c, a, b, start, shape, pieces, way)

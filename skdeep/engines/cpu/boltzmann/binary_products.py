"""Products whose left factor has only the elements 0 and 1, by tables of sums.

Four rows of the right factor have 16 sums, which are formed once; each row of the left factor then
adds one of them instead of four multiples (the "method of four Russians": Arlazarov, Dinic, Kronrod
& Faradzhev, Soviet Math. Dokl. 11, 1970). With many rows that takes about a third of the time of an
ordinary product.
"""

import numpy as np
from llvmlite import ir
from numba import config
from numba.core import types
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import pointer_to, section
from skdeep.engines.cpu.products.microkernel import INDEX, Vectors, vector_bits

#: Rows of the right factor in a group, and the sums that they have.
GROUP, SUMS = 4, 16
#: Vectors of a tile of columns: as many accumulators as the registers hold beside the tables.
VECTORS = 8
#: Bytes of the tables that are used together: they stay in the cache of the first level.
TABLE_BYTES = 24_576


def tile_columns(dtype):
    """Return how many columns a tile has.

    Parameters
    ----------
    dtype : numpy dtype

    Returns
    -------
    columns : int
    """
    return VECTORS * vector_bits() // (8 * np.dtype(dtype).itemsize)


def groups_together(dtype):
    """Return of how many groups the tables are used together.

    Parameters
    ----------
    dtype : numpy dtype

    Returns
    -------
    groups : int
    """
    size = SUMS * tile_columns(dtype) * np.dtype(dtype).itemsize
    return max(2, TABLE_BYTES // size)


def table_size(dtype):
    """Return how many elements the tables have that are used together.

    Parameters
    ----------
    dtype : numpy dtype

    Returns
    -------
    size : int
    """
    return groups_together(dtype) * SUMS * tile_columns(dtype)


@intrinsic
def _add_sums(typingctx, out, place, tables, codes, first, n_groups, use_start):
    def codegen(context, builder, signature, arguments):
        kinds = signature.args
        vectors = Vectors(context, builder, kinds[0].dtype)
        out, tables, codes = (
            pointer_to(context, builder, kinds[i], arguments[i]) for i in (0, 2, 3)
        )
        out, codes = builder.gep(out, [arguments[1]]), builder.gep(codes, [arguments[4]])

        def address(pointer, k):
            pointer = builder.gep(pointer, [ir.Constant(INDEX, k * vectors.width)])
            return builder.bitcast(pointer, vectors.vector.as_pointer())

        before = builder.block
        with builder.if_then(arguments[6]):
            loaded = [vectors.load(address(out, k)) for k in range(VECTORS)]
            inside = builder.block
        totals = []
        for value in loaded:
            total = builder.phi(vectors.vector)
            total.add_incoming(ir.Constant(vectors.vector, None), before)
            total.add_incoming(value, inside)
            totals.append(total)
        totals = _loop(builder, vectors, (tables, codes, arguments[5]), totals, address)
        for k, total in enumerate(totals):
            vectors.store(total, address(out, k))
        return context.get_dummy_value()

    return types.void(
        *(out, types.intp, tables, codes, types.intp, types.intp, types.boolean)
    ), codegen


def _loop(builder, vectors, operands, first, address):
    """Emit the loop over the groups; return the accumulators after it."""
    tables, codes, n_groups = operands
    before = builder.block
    loop, after = builder.append_basic_block("groups"), builder.append_basic_block("done")
    zero, one = ir.Constant(INDEX, 0), ir.Constant(INDEX, 1)
    builder.cbranch(builder.icmp_signed(">", n_groups, zero), loop, after)
    builder.position_at_end(loop)
    step = builder.phi(INDEX)
    sums = [builder.phi(vectors.vector) for _ in first]
    code = builder.zext(builder.load(builder.gep(codes, [step])), INDEX)
    row = builder.add(builder.mul(step, ir.Constant(INDEX, SUMS)), code)
    row = builder.mul(row, ir.Constant(INDEX, VECTORS * vectors.width))
    row = builder.gep(tables, [row])
    updated = [builder.fadd(s, vectors.load(address(row, k))) for k, s in enumerate(sums)]
    following = builder.add(step, one)
    pairs = (step, zero, following), *zip(sums, first, updated, strict=True)
    for phi, start, new in pairs:
        phi.add_incoming(start, before)
        phi.add_incoming(new, loop)
    builder.cbranch(builder.icmp_signed("<", following, n_groups), loop, after)
    builder.position_at_end(after)
    results = []
    for start, new in zip(first, updated, strict=True):
        result = builder.phi(vectors.vector)
        result.add_incoming(start, before)
        result.add_incoming(new, loop)
        results.append(result)
    return results


def _add_sums_in_python(out, place, tables, codes, first, n_groups, use_start):
    width = tile_columns(out.dtype)
    rows = codes[first : first + n_groups].astype(np.int64) + SUMS * np.arange(n_groups)
    total = tables.reshape(-1, width)[rows].sum(axis=0)
    out[place : place + width] = total + (out[place : place + width] if use_start else 0)


#: ``add_sums(out, place, tables, codes, first, n_groups, use_start)``: add one sum of every group
#: to a tile of a row.
add_sums = _add_sums_in_python if config.DISABLE_JIT else _add_sums


@device
def _fill_group(tables, b, place, row, column, count, columns, width):
    """Form the sums of up to four rows of the right factor; rows that are missing count as 0."""
    zero = b.dtype.type(0)
    for j in range(width):
        tables[j] = zero
    for t in range(GROUP):
        out = section(tables, (1 << t) * width, width)
        for j in range(width):
            out[j] = zero
        if t < count:
            if column == 1:
                given = section(b, place + t * row, columns)
                for j in range(columns):
                    out[j] = given[j]
            else:
                for j in range(columns):
                    out[j] = b[place + t * row + j * column]
        for known in range(1, 1 << t):
            left, total = (
                section(tables, known * width, width),
                section(tables, (known + (1 << t)) * width, width),
            )
            for j in range(width):
                total[j] = left[j] + out[j]


@device
def binary_product(out, place, out_row, codes, codes_row, b, b_place, row, column, shape, room):
    """Compute ``out = a @ b``, or ``out += a @ b``, where the elements of `a` are 0 and 1.

    Parameters
    ----------
    out : array
        One tile of columns of some rows is written.
    place, out_row : int
        Where the tile begins, and elements from one row to the next.
    codes : array of uint8
        A row of codes for each row of `a`, each code the bits of four elements.
    codes_row : int
        Codes from one row to the next.
    b : array
        Right factor.
    b_place, row, column : int
        Where its tile begins, and elements from one row, and from one column, to the next.
    shape : tuple of int
        (rows, columns, depth, 1 to add the product to `out`): there are at most as many columns as
        a tile has. The others of the tile become 0, or stay.
    room : tuple of array, int, int
        Memory for tables, the columns of a tile, and the groups whose tables are used together.
    """
    rows, columns, depth, accumulate = shape
    tables, width, together = room
    n_groups = (depth + GROUP - 1) // GROUP
    first = 0
    while first < n_groups:
        count = min(together, n_groups - first)
        for g in range(count):
            k = (first + g) * GROUP
            group = section(tables, g * SUMS * width, SUMS * width)
            place_of_group = b_place + k * row
            _fill_group(
                group, b, place_of_group, row, column, min(GROUP, depth - k), columns, width
            )
        use = accumulate == 1 or first > 0
        for i in range(rows):
            begin = i * codes_row + first
            add_sums(out, place + i * out_row, tables, codes, begin, count, use)
        first += count

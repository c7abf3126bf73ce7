"""Cheap views in compiled code: pieces of a vector and rows of a table.

Numba's own slices count references (an atomic operation each), allow for negative indices and take
long to compile. Kernels cut memory that outlives them at places that they know to be inside, so
these views are a pointer and a length, and nothing else.
"""

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic


def _view(context, builder, kind, data, size):
    """Return an array struct on memory that it does not own."""
    array = context.make_array(kind)(context, builder)
    itemsize = context.get_constant(types.intp, kind.dtype.bitwidth // 8)
    shape = cgutils.pack_array(builder, [size])
    array.data, array.shape, array.nitems = data, shape, size
    array.itemsize = itemsize
    array.strides = cgutils.pack_array(builder, [itemsize])
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


@intrinsic
def _section(typingctx, array, start, size):
    def codegen(context, builder, signature, arguments):
        source, start, size = arguments
        source = context.make_array(signature.args[0])(context, builder, source)
        data = builder.gep(source.data, [start])
        return _view(context, builder, signature.return_type, data, size)

    return array(array, types.intp, types.intp), codegen


@intrinsic
def _table_row(typingctx, table, index):
    kind = types.Array(table.dtype, 1, "C", readonly=not table.mutable)

    def codegen(context, builder, signature, arguments):
        table, index = arguments
        table = context.make_array(signature.args[0])(context, builder, table)
        columns = builder.extract_value(table.shape, 1)
        data = builder.gep(table.data, [builder.mul(index, columns)])
        return _view(context, builder, signature.return_type, data, columns)

    return kind(table, types.intp), codegen


if config.DISABLE_JIT:

    def section(array, start, size):  # noqa: D103
        return array[start : start + size]

    def table_row(table, index):  # noqa: D103
        return table[index]

else:
    section, table_row = _section, _table_row

"""Cheap views in compiled code: pieces of a vector and rows of a table of records.

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


def pointer_to(context, builder, kind, value):
    """Return the address that an array begins at, or a pointer itself.

    Parameters
    ----------
    context, builder : Numba's target context and llvmlite's builder
    kind : Numba type
        Of an array, or a pointer.
    value : LLVM value
    """
    if isinstance(kind, types.Array):
        return context.make_array(kind)(context, builder, value).data
    return value


@intrinsic
def _section(typingctx, array, start, size):
    def codegen(context, builder, signature, arguments):
        source, start, size = arguments
        source = pointer_to(context, builder, signature.args[0], source)
        data = builder.gep(source, [start])
        return _view(context, builder, signature.return_type, data, size)

    return types.Array(array.dtype, 1, "C")(array, types.intp, types.intp), codegen


@intrinsic
def _row(typingctx, table, index):
    def codegen(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return table.dtype(table, types.intp), codegen  # a record, whose value is a pointer


@intrinsic
def _as_doubles(typingctx, values):
    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.CPointer(types.float64)(values), codegen


if config.DISABLE_JIT:

    def section(array, start, size):  # noqa: D103
        return array[start : start + size]

    def row_of(table, index):  # noqa: D103
        return table[index]

    def as_doubles(values):  # noqa: D103
        return values

else:
    #: ``section(array, start, size)``: a piece of a vector.
    #: ``row_of(table, index)``: a row of a table, as a record.
    #: ``as_doubles(pointer)``: the same address as that of numbers of float64.
    section, row_of, as_doubles = _section, _row, _as_doubles

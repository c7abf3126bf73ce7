"""Sums of products in vectors, and looking ahead in memory."""

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

#: Bytes of a vector, and of a cache line. Where registers are narrower, LLVM takes several.
VECTOR = LINE = 64
#: Chains of sums that run side by side.
CHAINS = 2

_INDEX, _DOUBLE = ir.IntType(64), ir.DoubleType()
#: What the compiler may do with these sums: fuse, and reduce the lanes of a vector in any order.
_FLAGS = ("contract", "reassoc", "nsz")


class _Products:
    """Emits the products of two vectors, added up in double precision."""

    def __init__(self, builder, itemsize, w, x):
        self.builder, self.itemsize, self.w, self.x = builder, itemsize, w, x
        self.width = VECTOR // itemsize
        element = _DOUBLE if itemsize == 8 else ir.FloatType()
        self.vector = ir.VectorType(element, self.width)
        self.wide = ir.VectorType(_DOUBLE, self.width)
        zero = ir.Constant(self.wide, None)
        self.sums = [cgutils.alloca_once_value(builder, zero) for _ in range(2 * CHAINS)]

    def _load(self, data, place, mask):
        pointer = self.builder.bitcast(self.builder.gep(data, [place]), self.vector.as_pointer())
        if mask is None:
            return self.builder.load(pointer, align=self.itemsize)
        name = f"llvm.masked.load.v{self.width}f{8 * self.itemsize}.p0"
        arguments = [pointer, ir.IntType(32)(self.itemsize), mask, ir.Constant(self.vector, None)]
        return self._call(name, self.vector, arguments)

    def _call(self, name, result, arguments, flags=()):
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments, fastmath=flags)

    def add(self, place, chain, mask=None):
        """Add the products of a vector, and their magnitudes, to a chain."""
        builder = self.builder
        product = builder.fmul(self._load(self.w, place, mask), self._load(self.x, place, mask))
        if self.vector != self.wide:
            product = builder.fpext(product, self.wide)
        name = f"llvm.fabs.v{self.width}f64"
        magnitude = self._call(name, self.wide, [product])
        for place, value in ((2 * chain, product), (2 * chain + 1, magnitude)):
            total = builder.fadd(builder.load(self.sums[place]), value, flags=_FLAGS)
            builder.store(total, self.sums[place])

    def add_rest(self, place, count):
        """Add the last products, fewer than a vector has."""
        lanes = ir.Constant(ir.VectorType(_INDEX, self.width), list(range(self.width)))
        empty = ir.Constant(lanes.type, ir.Undefined)
        first = self.builder.insert_element(empty, count, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.width), None)
        counts = self.builder.shuffle_vector(first, empty, everywhere)
        mask = self.builder.icmp_signed("<", lanes, counts)
        self.add(place, 0, mask)

    def total(self, part):
        """Return the sum over chains and lanes."""
        vectors = [self.builder.load(self.sums[2 * chain + part]) for chain in range(CHAINS)]
        while len(vectors) > 1:
            vectors.append(self.builder.fadd(vectors.pop(0), vectors.pop(0)))
        name = f"llvm.vector.reduce.fadd.v{self.width}f64"
        return self._call(name, _DOUBLE, [ir.Constant(_DOUBLE, 0.0), vectors[0]], _FLAGS)


@intrinsic
def _products(typingctx, w, x, start, size):
    def codegen(context, builder, signature, arguments):
        w, x, start, size = arguments
        w, x = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in zip(signature.args[:2], (w, x), strict=True)
        )
        itemsize = signature.args[0].dtype.bitwidth // 8
        products = _Products(builder, itemsize, w, builder.gep(x, [start]))
        width, block = products.width, products.width * CHAINS
        whole = builder.and_(size, _INDEX(-block))
        with cgutils.for_range_slice(builder, _INDEX(0), whole, _INDEX(block)) as (place, _):
            for chain in range(CHAINS):
                products.add(builder.add(place, _INDEX(chain * width)), chain)
        rest = builder.sub(size, whole)
        with builder.if_then(builder.icmp_signed(">=", rest, _INDEX(width))):
            products.add(whole, 0)
        whole, rest = builder.and_(size, _INDEX(-width)), builder.and_(size, _INDEX(width - 1))
        with builder.if_then(builder.icmp_signed(">", rest, _INDEX(0))):
            products.add_rest(whole, rest)
        return cgutils.pack_array(builder, [products.total(part) for part in range(2)])

    return types.UniTuple(types.float64, 2)(w, x, types.intp, types.intp), codegen


@intrinsic
def _ask_for(typingctx, array, place):
    def codegen(context, builder, signature, arguments):
        array, place = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        pointer = builder.bitcast(builder.gep(data, [place]), ir.IntType(8).as_pointer())
        integer = ir.IntType(32)
        hints = [integer(0), integer(3), integer(1)]
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, *(hint.type for hint in hints)])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, *hints])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen


def _products_python(w, x, start, size):
    terms = w[:size] * x[start : start + size]
    return np.sum(terms, dtype=np.float64), np.sum(abs(terms), dtype=np.float64)


def _ask_for_python(array, place):
    return None


if config.DISABLE_JIT:
    products, ask_for = _products_python, _ask_for_python
else:
    #: ``products(w, x, start, size)``: the sums of ``w * x[start:]`` and of its magnitudes.
    #: ``ask_for(array, place)``: fetch a cache line that is wanted soon.
    products, ask_for = _products, _ask_for

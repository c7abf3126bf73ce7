"""Register tiles of a matrix product, emitted as LLVM vectors.

A register tile keeps ``rows x vectors`` accumulators of the widest vector type of the processor
in registers while it runs down the inner dimension: every step loads ``vectors`` vectors of B and
one scalar of A per row, and issues ``rows * vectors`` fused multiply-adds (Goto & van de Geijn,
"Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008). A is read one scalar at a
time, so that its strides are free: a transposed A costs nothing.
"""

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.views import pointer_to

#: How many steps ahead rows of B are asked for.
PREFETCH_STEPS = 16

MASK_ALIGNMENT_TYPE = ir.IntType(32)
INDEX = ir.IntType(64)


def vector_bits():
    """Return the width in bits of the vectors that the compiled code uses.

    Returns
    -------
    bits : int
        512 with AVX-512, 256 with AVX, 128 otherwise (SSE, NEON).
    """
    features = config.CPU_FEATURES
    if features is None:
        features = cpu_target.target_context.codegen().magic_tuple()[2]
    enabled = {item.strip().lstrip("+") for item in features.split(",") if "+" in item}
    if "avx512f" in enabled:
        return 512
    return 256 if "avx" in enabled else 128


def tile_rows():
    """Return the rows of a full register tile: as many as the registers hold."""
    return 12 if vector_bits() == 512 else 6


def lanes(dtype):
    """Return how many numbers of a Numba float type one vector holds."""
    return vector_bits() // dtype.bitwidth


class Vectors:
    """Emits operations on vectors of some precision into a builder.

    Parameters
    ----------
    context, builder : Numba's target context and llvmlite's builder
    dtype : Numba type
        Of the elements.
    """

    def __init__(self, context, builder, dtype):
        self.context, self.builder = context, builder
        self.scalar = context.get_value_type(dtype)
        self.width = lanes(dtype)
        self.vector = ir.VectorType(self.scalar, self.width)
        self.bytes = dtype.bitwidth // 8

    def _call(self, name, result, arguments):
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)

    def _suffix(self):
        letter = "f32" if self.bytes == 4 else "f64"
        return f"v{self.width}{letter}"

    def mask(self, count):
        """Return the mask of the first ``count`` lanes."""
        # Integers as wide as the elements: others would be converted at every step.
        integer = ir.IntType(8 * self.bytes)
        integers = ir.VectorType(integer, self.width)
        if self.bytes < 8:
            count = self.builder.trunc(count, integer)
        steps = ir.Constant(integers, [ir.Constant(integer, i) for i in range(self.width)])
        return self.builder.icmp_signed("<", steps, self.splat(count, integers))

    def splat(self, value, kind):
        """Return a vector with ``value`` in every lane."""
        undefined = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.width), None)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def load(self, pointer, mask=None):
        """Load one vector; masked lanes read as zero and touch no memory."""
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        alignment = ir.Constant(MASK_ALIGNMENT_TYPE, self.bytes)
        zero = ir.Constant(self.vector, None)
        name = f"llvm.masked.load.{self._suffix()}.p0"
        return self._call(name, self.vector, [pointer, alignment, mask, zero])

    def store(self, value, pointer, mask=None):
        """Store one vector; masked lanes are left alone."""
        if mask is None:
            self.builder.store(value, pointer, align=self.bytes)
            return
        alignment = ir.Constant(MASK_ALIGNMENT_TYPE, self.bytes)
        name = f"llvm.masked.store.{self._suffix()}.p0"
        self._call(name, ir.VoidType(), [value, pointer, alignment, mask])

    def multiply_add(self, a, b, c):
        """Return ``a * b + c``."""
        return self._call(f"llvm.fmuladd.{self._suffix()}", self.vector, [a, b, c])


class _Tile(Vectors):
    """Emits the code of one register tile into a builder.

    Parameters
    ----------
    context, builder : Numba's target context and llvmlite's builder
    matrices : tuple of the four matrix arguments (C, A, B, start) as LLVM struct values
    signature : their Numba types
    rows, vectors : int
        Shape of the tile.
    ahead : bool, default=True
        Whether rows of B are asked for some steps ahead.
    """

    def __init__(self, context, builder, signature, matrices, rows, vectors, ahead=True):
        super().__init__(context, builder, signature.args[0][0].dtype)
        self.rows, self.vectors, self.ahead = rows, vectors, ahead
        self.c, self.a, self.b, self.start = (
            self._unpack(kind, value)
            for kind, value in zip(signature.args[:4], matrices, strict=True)
        )

    def _unpack(self, kind, value):
        """Return (pointer to the first element, row stride, column stride)."""
        data = self.builder.extract_value(value, 0)
        data = pointer_to(self.context, self.builder, kind[0], data)
        offset, row, column = (self.builder.extract_value(value, i) for i in (1, 2, 3))
        return self.builder.gep(data, [offset]), row, column

    def _address(self, matrix, row, vector):
        """Return a vector pointer to ``matrix[row, vector * width]``."""
        base, stride, _ = matrix
        offset = self.builder.mul(stride, ir.Constant(INDEX, row))
        offset = self.builder.add(offset, ir.Constant(INDEX, vector * self.width))
        return self.builder.bitcast(self.builder.gep(base, [offset]), self.vector.as_pointer())

    def cells(self):
        """Iterate over the (row, vector) places of the tile."""
        return [(row, v) for row in range(self.rows) for v in range(self.vectors)]

    def initial(self, use_start, mask):
        """Return the accumulators' first values: zero, or the matrix ``start``."""
        builder = self.builder
        before = builder.block
        with builder.if_then(use_start):
            loaded = [self.load(self._address(self.start, row, v), mask) for row, v in self.cells()]
            inside = builder.block
        values = []
        for value in loaded:
            phi = builder.phi(self.vector)
            phi.add_incoming(ir.Constant(self.vector, None), before)
            phi.add_incoming(value, inside)
            values.append(phi)
        return values

    def accumulate(self, first, depth, mask):
        """Run down the inner dimension; return the accumulators after ``depth`` steps."""
        builder = self.builder
        before = builder.block
        loop, after = builder.append_basic_block("depth"), builder.append_basic_block("done")
        zero, one = ir.Constant(INDEX, 0), ir.Constant(INDEX, 1)
        builder.cbranch(builder.icmp_signed(">", depth, zero), loop, after)
        builder.position_at_end(loop)
        step = builder.phi(INDEX)
        a = builder.phi(self.a[0].type)
        b = builder.phi(self.b[0].type)
        sums = [builder.phi(self.vector) for _ in first]
        updated = self._step(self._unrelated(a), b, sums, mask)
        following = builder.add(step, one)
        for phi, start, new in (
            (step, zero, following),
            (a, self.a[0], builder.gep(a, [self.a[2]])),
            (b, self.b[0], builder.gep(b, [self.b[1]])),
            *zip(sums, first, updated, strict=True),
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
        builder.position_at_end(after)
        results = []
        for start, new in zip(first, updated, strict=True):
            phi = builder.phi(self.vector)
            phi.add_incoming(start, before)
            phi.add_incoming(new, loop)
            results.append(phi)
        return results

    def _unrelated(self, pointer):
        """Return a pointer of which LLVM does not know where it comes from.

        It would go from one row of A to the next by adding the stride again and again: a chain of
        additions that takes as long as the multiplications do. Behind an empty piece of assembly it
        adds a multiple of the stride for every row instead, all at once.
        """
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.builder.asm(kind, "", "=r,0", [pointer], side_effect=False)

    def _prefetch(self, b):
        """Ask for a row of B that is wanted some steps later."""
        ahead = self.builder.mul(self.b[1], ir.Constant(INDEX, PREFETCH_STEPS))
        integer = ir.IntType(32)
        for v in range(self.vectors):
            offset = self.builder.add(ahead, ir.Constant(INDEX, v * self.width))
            place = self.builder.bitcast(self.builder.gep(b, [offset]), ir.IntType(8).as_pointer())
            hints = [ir.Constant(integer, value) for value in (0, 3, 1)]
            self._call("llvm.prefetch.p0", ir.VoidType(), [place, *hints])

    def _step(self, a, b, sums, mask):
        """One step down the inner dimension: ``sums + a * b`` for every place of the tile."""
        row_of_b = (b, ir.Constant(INDEX, 0), None)
        vectors = [self.load(self._address(row_of_b, 0, v), mask) for v in range(self.vectors)]
        if self.ahead:
            self._prefetch(b)
        updated = []
        for place, (row, v) in enumerate(self.cells()):
            if v == 0:
                offset = self.builder.mul(self.a[1], ir.Constant(INDEX, row))
                element = self.builder.load(self.builder.gep(a, [offset]))
                element = self.splat(element, self.vector)
            updated.append(self.multiply_add(element, vectors[v], sums[place]))
        return updated


def register_tile(rows, vectors, masked, ahead=True):
    """Make the intrinsic of one register tile.

    The intrinsic is called as ``tile(c, a, b, start, use_start, depth, active)`` on four
    `Matrix` tuples and writes ``c[:rows, :columns] = start + a[:rows, :depth] @ b[:depth]``.

    Parameters
    ----------
    rows : int
        Rows of the tile.
    vectors : int
        Width of the tile in vectors.
    masked : bool
        Whether only the first ``active`` columns of a single vector take part.
    ahead : bool, default=True
        Whether rows of B are asked for some steps ahead.

    Returns
    -------
    tile : Numba intrinsic
    """

    @intrinsic
    def tile(typingctx, c, a, b, start, use_start, depth, active):
        signature = types.void(c, a, b, start, use_start, depth, active)

        def codegen(context, builder, signature, arguments):
            emit = _Tile(context, builder, signature, arguments[:4], rows, vectors, ahead)
            use_start, depth, active = arguments[4:]
            mask = emit.mask(active) if masked else None
            sums = emit.accumulate(emit.initial(use_start, mask), depth, mask)
            for (row, v), value in zip(emit.cells(), sums, strict=True):
                emit.store(value, emit._address(emit.c, row, v), mask)
            return context.get_dummy_value()

        return signature, codegen

    return tile

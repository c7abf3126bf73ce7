"""Sums of a few rows of a matrix, each times a number, emitted as LLVM vectors.

Where a row of the left factor of a product has few elements that are not 0, or the same rows are
added up again and again, rows of the right factor are read one by one. What is written is never
what is read in the same call, which Numba's loops could not know: they would compare addresses
before each of these short loops. Sums down many rows keep some columns in registers.
"""

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.views import pointer_to
from skdeep.engines.cpu.products.microkernel import INDEX, Vectors

#: Vectors of a row that are worked on together.
TOGETHER = 4
#: Means that are integers are in units of this.
UNIT = 2.0**-53

_DOUBLE = ir.DoubleType()


class _Columns:
    """Some neighbouring columns of all rows: whole vectors, or the first lanes of one.

    Parameters
    ----------
    emit : Vectors
    place : LLVM value
        The first column.
    count : int
        How many vectors.
    mask : LLVM value or None
    """

    def __init__(self, emit, place, count, mask):
        self.emit, self.place, self.count, self.mask = emit, place, count, mask

    def _pointers(self, row):
        builder, width = self.emit.builder, self.emit.width
        for v in range(self.count):
            place = builder.gep(row, [builder.add(self.place, INDEX(v * width))])
            yield builder.bitcast(place, self.emit.vector.as_pointer())

    def read(self, row):
        """Return these columns of a row."""
        return [self.emit.load(pointer, self.mask) for pointer in self._pointers(row)]

    def write(self, row, vectors):
        """Write these columns of a row."""
        for pointer, vector in zip(self._pointers(row), vectors, strict=True):
            self.emit.store(vector, pointer, self.mask)

    def sums(self, vectors=None):
        """Return places for sums, which are kept in registers, and begin with 0 or with vectors."""
        vectors = vectors or [ir.Constant(self.emit.vector, None)] * self.count
        return [cgutils.alloca_once_value(self.emit.builder, vector) for vector in vectors]


class _Rows(Vectors):
    """Emits loops over the columns of rows.

    Parameters
    ----------
    context, builder : Numba's target context and llvmlite's builder
    signature : Numba signature
        Its first argument is a row.
    """

    def __init__(self, context, builder, signature):
        super().__init__(context, builder, signature.args[0].dtype)
        self.kinds = signature.args

    def pointers(self, arguments, *places):
        """Return the addresses of some of the arguments."""
        pairs = [(self.kinds[place], arguments[place]) for place in places]
        return [pointer_to(self.context, self.builder, *pair) for pair in pairs]

    def factor(self, value):
        """Return a vector with a number in every lane."""
        return self.splat(value, self.vector)

    def at(self, matrix, row, step):
        """Return the address of a row of a matrix."""
        return self.builder.gep(matrix, [self.builder.mul(row, step)])

    def each(self, size, body):
        """Emit a body for all columns."""
        builder, several = self.builder, self.width * TOGETHER
        whole = builder.and_(size, INDEX(-several))
        with cgutils.for_range_slice(builder, INDEX(0), whole, INDEX(several)) as (place, _):
            body(_Columns(self, place, TOGETHER, None))
        vectors = builder.and_(size, INDEX(-self.width))
        with cgutils.for_range_slice(builder, whole, vectors, INDEX(self.width)) as (place, _):
            body(_Columns(self, place, 1, None))
        rest = builder.and_(size, INDEX(self.width - 1))
        with builder.if_then(builder.icmp_signed(">", rest, INDEX(0))):
            body(_Columns(self, vectors, 1, self.mask(rest)))

    def mean(self, means, row):
        """Return a vector with minus the mean of a row in every lane."""
        builder = self.builder
        mean = builder.sitofp(builder.load(builder.gep(means, [row])), _DOUBLE)
        mean = builder.fmul(mean, ir.Constant(_DOUBLE, -UNIT))
        return self.factor(mean if self.bytes == 8 else builder.fptrunc(mean, self.scalar))

    def add_to(self, sums, vectors):
        """Add vectors to sums."""
        for place, vector in zip(sums, vectors, strict=True):
            total = self.builder.fadd(self.builder.load(place), vector)
            self.builder.store(total, place)

    def values(self, sums):
        """Return the values of sums."""
        return [self.builder.load(place) for place in sums]

    def multiply_add_all(self, factor, vectors, others):
        """Return vectors times a factor, added to others."""
        pairs = zip(vectors, others, strict=True)
        return [self.multiply_add(factor, vector, other) for vector, other in pairs]


def _size(context, builder, signature, arguments):
    """Return the length of the first argument, as an integer of 64 bits."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return array.nitems


@intrinsic
def _add_row(typingctx, out, factor, row):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        out, row = emit.pointers(arguments, 0, 2)
        factor = emit.factor(arguments[1])

        def body(columns):
            total = emit.multiply_add_all(factor, columns.read(row), columns.read(out))
            columns.write(out, total)

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    return types.void(out, out.dtype, row), codegen


@intrinsic
def _add_two_rows(typingctx, out, factor, row, other_factor, other):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        out, row, other = emit.pointers(arguments, 0, 2, 4)
        factor, other_factor = emit.factor(arguments[1]), emit.factor(arguments[3])

        def body(columns):
            total = emit.multiply_add_all(factor, columns.read(row), columns.read(out))
            total = emit.multiply_add_all(other_factor, columns.read(other), total)
            columns.write(out, total)

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    return types.void(out, out.dtype, row, out.dtype, other), codegen


@intrinsic
def _add_to_two_rows(typingctx, out, factor, other, other_factor, row):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        out, other, row = emit.pointers(arguments, 0, 2, 4)
        factor, other_factor = emit.factor(arguments[1]), emit.factor(arguments[3])

        def body(columns):
            read, before = columns.read(row), (columns.read(out), columns.read(other))
            columns.write(out, emit.multiply_add_all(factor, read, before[0]))
            columns.write(other, emit.multiply_add_all(other_factor, read, before[1]))

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    return types.void(out, out.dtype, other, out.dtype, row), codegen


@intrinsic
def _add_rows_together(typingctx, out, rows, n_rows, step):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        out, rows = emit.pointers(arguments, 0, 1)
        _, _, n_rows, step = arguments

        def body(columns):
            sums = columns.sums(columns.read(out))
            with cgutils.for_range(builder, n_rows) as loop:
                emit.add_to(sums, columns.read(emit.at(rows, loop.index, step)))
            columns.write(out, emit.values(sums))

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    return types.void(out, rows, types.intp, types.intp), codegen


@intrinsic
def _partial_sums(typingctx, shift, sums, sums_step, rows, rows_step, means, n_rows):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        shift, out, rows, means = emit.pointers(arguments, 0, 1, 3, 5)
        out_step, rows_step, n_rows = arguments[2], arguments[4], arguments[6]

        def body(columns):
            sums, shifts = columns.sums(), columns.sums(columns.read(shift))
            columns.write(out, emit.values(sums))
            with cgutils.for_range(builder, n_rows) as loop:
                row = columns.read(emit.at(rows, loop.index, rows_step))
                emit.add_to(sums, row)
                after = builder.add(loop.index, INDEX(1))
                columns.write(emit.at(out, after, out_step), emit.values(sums))
                mean = emit.mean(means, loop.index)
                shifted = emit.multiply_add_all(mean, row, emit.values(shifts))
                for place, vector in zip(shifts, shifted, strict=True):
                    builder.store(vector, place)
            columns.write(shift, emit.values(shifts))

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    steps = types.intp, types.intp, types.intp
    return types.void(shift, sums, steps[0], rows, steps[1], means, steps[2]), codegen


@intrinsic
def _add_later_sums(typingctx, total, out, out_step, rows, rows_step, means, n_rows):
    def codegen(context, builder, signature, arguments):
        emit = _Rows(context, builder, signature)
        total, out, rows, means = emit.pointers(arguments, 0, 1, 3, 5)
        out_step, rows_step, n_rows = arguments[2], arguments[4], arguments[6]

        def body(columns):
            of_all = columns.read(total)
            last = emit.at(rows, n_rows, rows_step)
            sums, zeros = columns.sums(columns.read(last)), emit.values(columns.sums())
            columns.write(last, zeros)
            with cgutils.for_range(builder, n_rows) as loop:
                place = builder.sub(builder.sub(n_rows, INDEX(1)), loop.index)
                mean, target = emit.mean(means, place), emit.at(out, place, out_step)
                later = emit.multiply_add_all(mean, of_all, emit.values(sums))
                before = columns.read(target)
                pairs = zip(before, later, strict=True)
                columns.write(target, [builder.fadd(*pair) for pair in pairs])
                row = emit.at(rows, place, rows_step)
                emit.add_to(sums, columns.read(row))
                columns.write(row, zeros)

        emit.each(_size(context, builder, signature, arguments), body)
        return context.get_dummy_value()

    steps = types.intp, types.intp, types.intp
    return types.void(total, out, steps[0], rows, steps[1], means, steps[2]), codegen


def _add_row_python(out, factor, row):
    out += factor * row


def _add_two_rows_python(out, factor, row, other_factor, other):
    out += factor * row + other_factor * other


def _add_to_two_rows_python(out, factor, other, other_factor, row):
    out += factor * row
    other += other_factor * row


def _add_rows_together_python(out, rows, n_rows, step):
    for r in range(n_rows):
        out += rows[r * step : r * step + len(out)]


def _partial_sums_python(shift, sums, sums_step, rows, rows_step, means, n_rows):
    width = len(shift)
    sums[:width] = 0
    for t in range(n_rows):
        row = rows[t * rows_step : t * rows_step + width]
        before, after = t * sums_step, (t + 1) * sums_step
        sums[after : after + width] = sums[before : before + width] + row
        shift -= shift.dtype.type(means[t] * UNIT) * row


def _add_later_sums_python(total, out, out_step, rows, rows_step, means, n_rows):
    width = len(total)
    last = rows[n_rows * rows_step : n_rows * rows_step + width]
    later = last.copy()
    last[:] = 0
    for t in range(n_rows - 1, -1, -1):
        mean = np.asarray(means[t] * UNIT, total.dtype)
        out[t * out_step : t * out_step + width] += later - mean * total
        row = rows[t * rows_step : t * rows_step + width]
        later += row
        row[:] = 0


if config.DISABLE_JIT:
    add_row, add_two_rows, add_to_two_rows = (
        _add_row_python,
        _add_two_rows_python,
        _add_to_two_rows_python,
    )
    add_rows_together = _add_rows_together_python
    partial_sums, add_later_sums = _partial_sums_python, _add_later_sums_python
else:
    #: ``add_row(out, factor, row)``: ``out += factor * row``.
    #: ``add_two_rows(out, factor, row, other_factor, other)``: the same with two rows.
    #: ``add_to_two_rows(out, factor, other, other_factor, row)``: ``out += factor * row`` and
    #: ``other += other_factor * row``.
    add_row, add_two_rows, add_to_two_rows = _add_row, _add_two_rows, _add_to_two_rows
    #: ``add_rows_together(out, rows, n_rows, step)``: add rows, `step` elements apart, to `out`.
    add_rows_together = _add_rows_together
    #: ``partial_sums(shift, sums, sums_step, rows, rows_step, means, n_rows)``: write to the rows
    #: of `sums` those of the first 0, 1, 2, ... and `n_rows` of `rows`, and subtract all rows times
    #: their means, which are integers, from `shift`.
    #: ``add_later_sums(total, out, out_step, rows, rows_step, means, n_rows)``: add to each of the
    #: rows of `out` the sum of all later rows of `rows`, of which there is one more, and subtract
    #: its mean times `total`; `rows` are 0 then.
    partial_sums, add_later_sums = _partial_sums, _add_later_sums

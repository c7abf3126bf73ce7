"""Poolings of a row of windows, emitted as LLVM vectors that hold neighbouring channels.

Images have few channels, and a loop over them is too short for what LLVM does before and behind a
loop that it vectorises. Here, the channels that fill no vector are read by a mask; they come first,
since what is written beside them is then written anew.
"""

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.views import pointer_to
from skdeep.engines.cpu.products.microkernel import INDEX, Vectors

#: What a row of windows is, in this order: how many windows, the numbers from one to the next, the
#: channels, rows and columns of a window, the numbers of a row of pixels, and those of all outputs
#: from the first of the row of windows on.
NUMBER, STEP, CHANNELS, HIGH, WIDE, ROW, ROOM = range(7)


class _Windows(Vectors):
    """Emits loops over the windows of a row, and over the pixels of a window.

    Parameters
    ----------
    context, builder : Numba's target context and llvmlite's builder
    signature : Numba signature
        Of arrays, and of the tuple that says what a row of windows is.
    arguments : sequence of LLVM values
    """

    def __init__(self, context, builder, signature, arguments):
        super().__init__(context, builder, signature.args[0].dtype)
        *arrays, sizes = arguments
        self.arrays = [
            pointer_to(context, builder, *pair)
            for pair in zip(signature.args, arrays, strict=False)
        ]
        self.sizes = [
            context.cast(builder, builder.extract_value(sizes, place), kind, types.int64)
            for place, kind in enumerate(signature.args[-1].types)
        ]
        # Integers as wide as the elements, as masks are.
        self.integers = ir.VectorType(ir.IntType(8 * self.bytes), self.width)

    def each_window(self, body):
        """Emit a body for some channels of every window.

        Parameters
        ----------
        body : callable
            It takes the number of the window, the first channel, and the mask of the channels or
            None.
        """
        builder, channels = self.builder, self.sizes[CHANNELS]
        whole = builder.and_(channels, INDEX(-self.width))
        left = builder.sub(channels, whole)
        with builder.if_then(builder.icmp_signed(">", left, INDEX(0))):
            mask = self.mask(left)
            with cgutils.for_range(builder, self.sizes[NUMBER]) as loop:
                body(loop.index, whole, mask)
        with (
            cgutils.for_range_slice(builder, INDEX(0), whole, INDEX(self.width)) as (first, _),
            cgutils.for_range(builder, self.sizes[NUMBER]) as loop,
        ):
            body(loop.index, first, None)

    def each_pixel(self, window, first, body):
        """Emit a body for every pixel of a window, row by row.

        It takes the number of the pixel in the window, the place of its first wanted channel, and
        whether a whole vector fits there before the end of the row of pixels.
        """
        builder, sizes = self.builder, self.sizes
        start = builder.add(builder.mul(window, sizes[STEP]), first)
        count = cgutils.alloca_once_value(builder, INDEX(0))
        with cgutils.for_range(builder, sizes[HIGH]) as rows:
            row = builder.mul(rows.index, sizes[ROW])
            end, row = builder.add(row, sizes[ROW]), builder.add(row, start)
            with cgutils.for_range(builder, sizes[WIDE]) as columns:
                number = builder.load(count)
                place = builder.add(row, builder.mul(columns.index, sizes[CHANNELS]))
                body(number, place, self.fits(place, end))
                builder.store(builder.add(number, INDEX(1)), count)

    def at(self, array, place):
        """Return the address of a vector of an array."""
        return self.builder.bitcast(
            self.builder.gep(self.arrays[array], [place]), self.vector.as_pointer()
        )

    def read(self, array, place, mask, room=None):
        """Read a vector: as a whole if there is room for one, by the mask otherwise."""
        if mask is None or room is None:
            return self.load(self.at(array, place), mask)
        found = cgutils.alloca_once(self.builder, self.vector)
        with self.builder.if_else(room) as (then, otherwise):
            for branch, used in ((then, None), (otherwise, mask)):
                with branch:
                    self.builder.store(self.load(self.at(array, place), used), found)
        return self.builder.load(found)

    def write(self, value, array, place, mask, room):
        """Write a vector: as a whole if there is room for one, by the mask otherwise.

        Masked stores take some processors much longer than others.
        """
        if mask is None:
            self.store(value, self.at(array, place))
            return
        with self.builder.if_else(room) as (then, otherwise):
            for branch, used in ((then, None), (otherwise, mask)):
                with branch:
                    self.store(value, self.at(array, place), used)

    def fits(self, place, end):
        """Return whether a whole vector fits between two places."""
        behind = self.builder.add(place, INDEX(self.width))
        return self.builder.icmp_signed("<=", behind, end)

    def constant(self, value):
        """Return a vector with a number in every lane."""
        return ir.Constant(self.vector, [value] * self.width)

    def largest(self, array, window, first, mask):
        """Return the largest values of a window, or first NaN, and the numbers of their pixels."""
        builder = self.builder
        best = cgutils.alloca_once_value(builder, self.constant(float("-inf")))
        number = cgutils.alloca_once_value(builder, ir.Constant(self.integers, None))

        def compare(pixel, place, _):
            value, before = self.read(array, place, mask), builder.load(best)
            # Not smaller or equal: larger, or no number. What is no number stays.
            smaller = builder.fcmp_ordered("<=", value, before)
            kept = builder.or_(smaller, builder.fcmp_unordered("!=", before, before))
            if self.bytes < 8:
                pixel = builder.trunc(pixel, self.integers.element)
            pixels = self.splat(pixel, self.integers)
            builder.store(builder.select(kept, builder.load(number), pixels), number)
            builder.store(builder.select(kept, before, value), best)

        # cgutils places the first values where the function begins, so that they are set anew here.
        builder.store(self.constant(float("-inf")), best)
        builder.store(ir.Constant(self.integers, None), number)
        self.each_pixel(window, first, compare)
        return builder.load(best), builder.load(number)

    def output_place(self, window, first):
        """Return the place of the outputs of a window, which follow each other."""
        return self.builder.add(self.builder.mul(window, self.sizes[CHANNELS]), first)

    def write_output(self, value, window, first, mask):
        """Write outputs of a window."""
        place = self.output_place(window, first)
        self.write(value, 0, place, mask, self.fits(place, self.sizes[ROOM]))

    def carry(self, value, place, mask, room, fresh):
        """Add gradients to those at a place; or write them there, if they are the first.

        A vector that was partly written by one store and partly by the next takes long to read.
        """
        if not fresh:
            value = self.builder.fadd(self.read(0, place, mask, room), value)
        self.write(value, 0, place, mask, room)


@intrinsic
def _write_largest(typingctx, out, data, sizes):
    def codegen(context, builder, signature, arguments):
        emit = _Windows(context, builder, signature, arguments)

        def body(window, first, mask):
            best, _ = emit.largest(1, window, first, mask)
            emit.write_output(best, window, first, mask)

        emit.each_window(body)
        return context.get_dummy_value()

    return types.void(out, data, sizes), codegen


def _to_largest(fresh):
    @intrinsic
    def carry(typingctx, found, data, deltas, sizes):
        def codegen(context, builder, signature, arguments):
            emit = _Windows(context, builder, signature, arguments)

            def body(window, first, mask):
                _, number = emit.largest(1, window, first, mask)
                delta = emit.read(2, emit.output_place(window, first), mask)

                def add(pixel, place, room):
                    if emit.bytes < 8:
                        pixel = builder.trunc(pixel, emit.integers.element)
                    here = builder.icmp_signed("==", number, emit.splat(pixel, emit.integers))
                    value = builder.select(here, delta, emit.constant(0.0))
                    emit.carry(value, place, mask, room, fresh)

                emit.each_pixel(window, first, add)

            emit.each_window(body)
            return context.get_dummy_value()

        return types.void(found, data, deltas, sizes), codegen

    return carry


@intrinsic
def _write_mean(typingctx, out, data, share, sizes):
    def codegen(context, builder, signature, arguments):
        emit = _Windows(context, builder, signature, arguments)
        factor = emit.splat(arguments[2], emit.vector)

        def body(window, first, mask):
            total = cgutils.alloca_once(builder, emit.vector)
            builder.store(emit.constant(0.0), total)

            def add(_, place, _room):
                builder.store(builder.fadd(builder.load(total), emit.read(1, place, mask)), total)

            emit.each_pixel(window, first, add)
            emit.write_output(builder.fmul(builder.load(total), factor), window, first, mask)

        emit.each_window(body)
        return context.get_dummy_value()

    return types.void(out, data, out.dtype, sizes), codegen


def _to_all(fresh):
    @intrinsic
    def carry(typingctx, found, deltas, share, sizes):
        def codegen(context, builder, signature, arguments):
            emit = _Windows(context, builder, signature, arguments)
            factor = emit.splat(arguments[2], emit.vector)

            def body(window, first, mask):
                delta = emit.read(1, emit.output_place(window, first), mask)
                delta = builder.fmul(delta, factor)

                def add(_, place, room):
                    emit.carry(delta, place, mask, room, fresh)

                emit.each_pixel(window, first, add)

            emit.each_window(body)
            return context.get_dummy_value()

        return types.void(found, deltas, found.dtype, sizes), codegen

    return carry


def _pixels(sizes, window, channel):
    start = window * sizes[STEP] + channel
    return [
        start + i * sizes[ROW] + j * sizes[CHANNELS]
        for i in range(sizes[HIGH])
        for j in range(sizes[WIDE])
    ]


def _units(sizes):
    for window in range(sizes[NUMBER]):
        for channel in range(sizes[CHANNELS]):
            out = window * sizes[CHANNELS] + channel
            yield out, _pixels(sizes, window, channel)


def _write_largest_python(out, data, sizes):
    for place, pixels in _units(sizes):
        out[place] = data[pixels].max()


def _carry_to_largest_python(found, data, deltas, sizes):
    for place, pixels in _units(sizes):
        found[pixels[data[pixels].argmax()]] += deltas[place]


def _write_mean_python(out, data, share, sizes):
    for place, pixels in _units(sizes):
        out[place] = data[pixels].sum() * share


def _carry_to_all_python(found, deltas, share, sizes):
    for place, pixels in _units(sizes):
        found[pixels] += deltas[place] * share


if config.DISABLE_JIT:
    write_largest, write_mean = _write_largest_python, _write_mean_python
    add_to_largest = set_to_largest = _carry_to_largest_python
    add_to_all = set_all = _carry_to_all_python
else:
    #: ``write_largest(out, data, sizes)``: the largest values of the windows of a row.
    #: ``write_mean(out, data, share, sizes)``: their sums times a number.
    write_largest, write_mean = _write_largest, _write_mean
    #: ``add_to_largest(found, data, deltas, sizes)``: add the gradients of the windows of a row to
    #: those of the first of their largest values. ``set_to_largest``: the same, if those are 0 and
    #: no windows overlap.
    add_to_largest, set_to_largest = _to_largest(fresh=False), _to_largest(fresh=True)
    #: ``add_to_all(found, deltas, share, sizes)``: add the gradients of the windows of a row, times
    #: a number, to those of all that is in them. ``set_all``: likewise.
    add_to_all, set_all = _to_all(fresh=False), _to_all(fresh=True)

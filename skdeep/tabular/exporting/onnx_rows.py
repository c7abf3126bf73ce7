"""The rows that the members of an ensemble read, made of a table by an ONNX model."""

import numpy as np

from skdeep.formulas.piecewise_linear import LIMIT
from skdeep.tabular.ensemble.leaf_codes import MOST_LEAVES
from skdeep.tabular.ensemble.member_encodings import SIGNS

#: Larger magnitudes of numbers, in interquartile ranges, have the same score.
MOST = 1e150


def write_rows(write, inputs, encoding):
    """Write the rows of an encoding; return their name.

    Parameters
    ----------
    write : TableWriter
    inputs : TableInputs
    encoding : MemberEncoding

    Returns
    -------
    name : str
        Of a matrix of float32 of shape (n_rows, n_inputs).
    """
    plan = encoding.encoder._plan
    layout, scaling = plan.layout, plan.scaling
    codes = [
        inputs.codes(place, category)
        for place, category in zip(plan.category_columns, plan.categories, strict=True)
    ]
    parts, shares = [], None
    if len(scaling.center):
        raw = _numbers(write, inputs, plan, codes)
        scores = _scores(write, raw, scaling)
        parts += _scores_and_indicators(write, raw, scores, scaling)
        if len(layout.binned) and not encoding.compact:
            shares = _shares(write, scores, scaling)
    small = [_small_codes(write, code, c) for code, c in zip(codes, plan.categories, strict=True)]
    if encoding.compact:
        parts += _compact_codes(write, small, layout.n_levels)
    else:
        parts += _dense_codes(write, small, layout.n_levels)
        parts += [_dense_bins(write, shares, layout)] if shares else []
        parts += _cosines(write, parts[0], encoding) if encoding.frequencies.size else []
    return write.concat([part for part in parts if part is not None])


def _numbers(write, inputs, plan, codes):
    """Write the numbers: those of the table, and means of the target for levels."""
    parts = [inputs.numbers(plan.number_columns)] if plan.number_columns else []
    for statistic in plan.statistics:
        means = write.keep(statistic.means.astype(np.float64), "means")
        found = write.node("Gather", means, codes[statistic.category], axis=0)
        shape = write.keep(np.array([-1, statistic.means.shape[1]]), "shape")
        parts.append(write.node("Reshape", found, shape))
    return write.concat(parts)


def _scores(write, raw, scaling):
    """Write the robust scores in float64; those of missing numbers are 0."""
    center, scale = write.keep(scaling.center, "center"), write.keep(scaling.scale, "scale")
    u = write.node("Div", write.node("Sub", raw, center), scale)
    u = write.node("Min", write.node("Max", u, write.double(-MOST)), write.double(MOST))
    share = write.node("Div", u, write.double(LIMIT))
    square = write.node("Add", write.node("Mul", share, share), write.double(1.0))
    z = write.node("Div", u, write.node("Sqrt", square))
    z = write.node("Min", write.node("Max", z, write.double(-LIMIT)), write.double(LIMIT))
    return write.node("Where", write.node("IsNaN", raw), write.double(0.0), z)


def _places(at):
    """Return what is used, in the order of its places."""
    used = np.flatnonzero(at >= 0)
    return used[np.argsort(at[used])]


def _scores_and_indicators(write, raw, scores, scaling):
    """Write the scores, and indicators of missing numbers; None where there are none."""
    numbers, indicators = _places(scaling.number_at), _places(scaling.indicator_at)
    parts = [None, None]
    if len(numbers):
        parts[0] = write.cast(write.gather(scores, numbers), np.float32)
    if len(indicators):
        is_missing = write.node("IsNaN", write.gather(raw, indicators))
        parts[1] = write.cast(is_missing, np.float32)
    return parts


def _shares(write, scores, scaling):
    """Write how far scores have passed each bin, in float64."""
    binned, sizes = _places(scaling.bins_at), np.diff(scaling.starts)
    first = np.arange(scaling.starts[-1]) + np.repeat(np.arange(len(sizes)), sizes)
    low, high = scaling.edges[first], scaling.edges[first + 1]
    z = write.gather(scores, np.repeat(binned, sizes))
    share = write.node("Sub", z, write.keep(low, "edges"))
    share = write.node("Div", share, write.keep(high - low, "widths"))
    return write.node("Min", write.node("Max", share, write.double(0.0)), write.double(1.0))


def _dense_bins(write, shares, layout):
    return write.cast(write.node("Sub", shares, write.keep(layout.means, "bin_means")), np.float32)


def _cosines(write, scores, encoding):
    """Write the cosines of the scores, in float32."""
    n_numbers, n_cosines = encoding.frequencies.shape
    z = write.gather(scores, np.repeat(np.arange(n_numbers), n_cosines))
    turns = write.node("Mul", z, write.keep(encoding.frequencies.ravel(), "frequencies"))
    angle = write.node("Mul", turns, write.keep(np.float32(2 * np.pi), "turn"))
    phases = write.keep(encoding.phases.ravel(), "phases")
    return [write.node("Cos", write.node("Add", angle, phases))]


def _small_codes(write, code, category):
    """Write codes of the levels that have columns of their own, 0 for all others."""
    if category.n_levels == len(category.values):
        return code
    most = write.keep(np.array(category.n_levels, dtype=np.int64), "most")
    none = write.keep(np.array(0, dtype=np.int64), "none")
    return write.node("Where", write.node("Greater", code, most), none, code)


def _signs(write, code):
    """Write 1 and -1 for the two levels of a category, and 0."""
    shape = write.keep(np.array([-1, 1]), "shape")
    return write.node(
        "Reshape", write.node("Gather", write.keep(SIGNS, "signs"), code, axis=0), shape
    )


def _compact_codes(write, codes, n_levels):
    two = [_signs(write, code) for code, n in zip(codes, n_levels, strict=True) if n == 2]
    others = [write.cast(c, np.float32) for c, n in zip(codes, n_levels, strict=True) if n != 2]
    return two + others


def _dense_codes(write, codes, n_levels):
    parts = []
    for code, n in zip(codes, n_levels, strict=True):
        if n == 2:
            parts.append(_signs(write, code))
        else:
            levels = write.keep(np.arange(1, 1 + n, dtype=np.int64), "levels")
            parts.append(write.cast(write.node("Equal", code, levels), np.float32))
    return parts


def write_leaves(write, rows, leaves, width):
    """Write rows with the codes of leaves among their categories; return their name.

    Parameters
    ----------
    write : TableWriter
    rows : str
        Name of the rows of the encoding.
    leaves : LeafCodes
    width : int
        Of the rows.

    Returns
    -------
    name : str
    """
    trees, n_trees = leaves.trees, len(leaves.trees.codes)
    # For every node, the leaves of its tree that it leaves out where a row is above its threshold.
    bits = (trees.remaining[:, None] >> np.arange(MOST_LEAVES, dtype=np.uint32)) & 1
    tree_of = np.repeat(np.arange(n_trees), np.diff(trees.starts))
    left_out = np.zeros((len(bits), n_trees, MOST_LEAVES), dtype=np.float32)
    left_out[np.arange(len(bits)), tree_of] = 1 - bits
    parts = [(0, leaves.place), (leaves.place, width)]
    before, behind = (
        write.gather(rows, np.arange(*part)) if part[1] > part[0] else None for part in parts
    )
    if len(bits):
        values = write.gather(rows, trees.features)
        above = write.node("Greater", values, write.keep(trees.thresholds, "thresholds"))
        matrix = write.keep(left_out.reshape(len(bits), -1), "left_out")
        number = write.node("MatMul", write.cast(above, np.float32), matrix)
        remains = write.cast(write.node("Equal", number, write.zero), np.float32)
    else:
        zeros = write.keep(np.zeros((width, n_trees * MOST_LEAVES), np.float32), "zeros")
        remains = write.node("MatMul", rows, zeros)
    shape = write.keep(np.array([-1, n_trees, MOST_LEAVES]), "shape")
    first = write.node("ArgMax", write.node("Reshape", remains, shape), axis=2, keepdims=0)
    offsets = write.keep(MOST_LEAVES * np.arange(n_trees), "offsets")
    codes = write.keep(trees.codes.ravel().astype(np.float32), "leaf_codes")
    code = write.node("Gather", codes, write.node("Add", first, offsets), axis=0)
    return write.concat([part for part in (before, code, behind) if part is not None])

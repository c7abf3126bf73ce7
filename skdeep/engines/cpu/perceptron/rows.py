"""Rows of the features, dense or sparse: functions in pairs, chosen by the type of the features."""

import numba
import numpy as np
from numba.extending import overload

from skdeep.engines.cpu.compiling import formulas  # noqa: F401, lets kernels call the formulas
from skdeep.engines.cpu.compiling.jit import EXACT_OPTIONS, exact, reduction
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.perceptron.perceptron_task import SparseRows
from skdeep.engines.cpu.perceptron.vectors import LINE, ask_for, products
from skdeep.formulas.truncation import payment, truncate

#: How many rows ahead of the one at hand are asked for, and at most how many bytes of each: the
#: processor looks further ahead by itself.
AHEAD, MOST_BYTES = 6, 1024


def _by_features(dense, sparse):
    """Return one function that picks its form by the type of ``task.features``."""

    def function(task, arguments):
        chosen = sparse if isinstance(task.features, SparseRows) else dense
        return chosen(task, arguments)

    if not numba.config.DISABLE_JIT:

        @overload(function, strict=False, jit_options=EXACT_OPTIONS)
        def choose(task, arguments):
            features = task.types[task.fields.index("features")]
            return sparse if features.instance_class is SparseRows else dense

    return function


@exact
def _ask_for_section(array, start, stop):
    step = LINE // array.itemsize
    for place in range(start, min(stop, start + MOST_BYTES // array.itemsize), step):
        ask_for(array, place)


def _ask_for_dense(task, row):
    size = task.weights.size
    _ask_for_section(task.features.values, row * size, (row + 1) * size)


def _ask_for_sparse(task, row):
    features = task.features
    start, stop = features.indptr[row], features.indptr[row + 1]
    _ask_for_section(features.values, start, stop)
    _ask_for_section(features.indices, start, stop)


#: ``ask_for_row(task, row)``: fetch a row that is wanted soon.
ask_for_row = _by_features(_ask_for_dense, _ask_for_sparse)


def _fast_dense(task, row):
    size = task.weights.size
    return products(task.weights, task.features.values, row * size, size)


@reduction
def _gathered(w, values, indices, start, stop):
    total, magnitude = 0.0, 0.0
    for e in range(start, stop):
        term = np.float64(w[indices[e]] * values[e])
        total += term
        magnitude += abs(term)
    return total, magnitude


def _fast_sparse(task, row):
    values, indices, indptr = task.features
    return _gathered(task.weights, values, indices, indptr[row], indptr[row + 1])


#: ``fast_sum(task, row)``: the sum of ``w * x`` in some order, and that of its magnitudes.
fast_sum = _by_features(_fast_dense, _fast_sparse)


def _slow_dense(task, row):
    size, total = task.weights.size, np.float64(0.0)
    values = section(task.features.values, row * size, size)
    for j in range(size):
        total += task.weights[j] * values[j]
    return total


def _slow_sparse(task, row):
    values, indices, indptr = task.features
    total = np.float64(0.0)
    for e in range(indptr[row], indptr[row + 1]):
        total += task.weights[indices[e]] * values[e]
    return total


#: ``slow_sum(task, row)``: the sum of ``w * x`` from left to right.
slow_sum = _by_features(_slow_dense, _slow_sparse)


def _add_dense(task, arguments):
    target, row, factor = arguments
    values = section(task.features.values, row * target.size, target.size)
    for j in range(target.size):
        target[j] += np.float64(values[j]) * factor


def _add_sparse(task, arguments):
    target, row, factor = arguments
    values, indices, indptr = task.features
    for e in range(indptr[row], indptr[row + 1]):
        target[indices[e]] += np.float64(values[e]) * factor


#: ``add(task, (target, row, factor))``: add a multiple of a row to a vector.
add = _by_features(_add_dense, _add_sparse)


@reduction
def _norms(w):
    squares, magnitudes = 0.0, 0.0
    for j in range(w.size):
        squares += np.float64(w[j] * w[j])
        magnitudes += np.float64(abs(w[j]))
    return squares, magnitudes


@reduction
def _norms_at(w, indices, start, stop):
    squares, magnitudes = 0.0, 0.0
    for e in range(start, stop):
        weight = w[indices[e]]
        squares += np.float64(weight * weight)
        magnitudes += np.float64(abs(weight))
    return squares, magnitudes


def _norms_dense(task, row):
    return _norms(task.weights)


def _norms_sparse(task, row):
    indptr = task.features.indptr
    return _norms_at(task.weights, task.features.indices, indptr[row], indptr[row + 1])


#: ``norms(task, row)``: sums of the squares and of the magnitudes of the weights; as in
#: scikit-learn, of those alone that a sparse row has features of.
norms = _by_features(_norms_dense, _norms_sparse)


@exact
def truncate_weight(task, j, due, scale):
    """Let one weight pay what it owes of the L1 penalty."""
    before = np.float64(task.weights[j])
    task.weights[j] = truncate(before, due, np.float64(task.paid[j]), scale)
    task.paid[j] += payment(before, np.float64(task.weights[j]), scale)


def _truncate_dense(task, arguments):
    _row, due, scale = arguments
    for j in range(task.weights.size):
        truncate_weight(task, j, due, scale)


def _truncate_sparse(task, arguments):
    row, due, scale = arguments
    indptr = task.features.indptr
    for e in range(indptr[row], indptr[row + 1]):
        truncate_weight(task, task.features.indices[e], due, scale)


#: ``truncate_row(task, (row, due, scale))``: let the weights of a row's features pay.
truncate_row = _by_features(_truncate_dense, _truncate_sparse)

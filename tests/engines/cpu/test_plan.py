"""How work is cut: everything is covered once, whatever the shape."""

from itertools import pairwise

import numpy as np
import pytest

from skdeep import NetworkRegressor
from skdeep.engines.cpu.memory.parameters import pack, unpack
from skdeep.engines.cpu.planning.plan import plan_prediction, plan_training
from skdeep.engines.cpu.planning.shape import Shape
from skdeep.engines.cpu.products.microkernel import vector_bits
from skdeep.layers import Add, Dense
from skdeep.network.layout import make_layout
from tests.helpers import quiet

pytestmark = pytest.mark.nojit

NETWORKS = [[3, 1], [300, 7, 2], [64, 100, 10], [20, 1024, 1], [5, 64, 128, 3], [1, 1, 1, 1]]
NETWORKS += [[300, 530, 470, 5]]
BATCHES = [1, 2, 7, 48, 49, 200, 1000, 5000]


#: Those whose rows are kept in panels: the stride of 32 columns is theirs.
WIDE = NETWORKS[-1]


def _layout(units):
    return make_layout(units, ["relu"] * (len(units) - 2) + ["identity"])


def _plans(units, itemsize, n_threads=1, whole=False):
    """Every plan of a network: small and large batches, dense and sparse."""
    for batch in BATCHES:
        for entries in (None, 3.5):
            shape = Shape(batch, itemsize, entries, gather=entries is None)
            yield batch, plan_training(_layout(units), shape, 2, n_threads, whole)


@pytest.mark.parametrize("units", NETWORKS, ids=str)
@pytest.mark.parametrize("itemsize", [4, 8])
def test_weight_tiles_cover_every_weight_once(units, itemsize):
    for _, plan in _plans(units, itemsize):
        seen = [np.zeros(fan_in, dtype=int) for fan_in in units[:-1]]
        biases = np.zeros(len(units) - 1, dtype=int)
        for layer, is_bias, first, rows, *_ in plan.tiles:
            if is_bias:
                biases[layer] += 1
                assert units[layer + 1] <= plan.fields.scratch_step
            else:
                seen[layer][first : first + rows] += 1
                assert rows * plan.operations.stride[layer] <= plan.fields.scratch_step
        assert all(np.all(rows == 1) for rows in seen)
        assert np.all(biases == 1)


@pytest.mark.parametrize("itemsize", [4, 8])
def test_wide_layers_are_kept_in_panels(itemsize):
    """But not the first layer of sparse features, and not where batches are tiny."""
    for batch, plan in _plans(WIDE, itemsize):
        columns, sparse = 2 * vector_bits() // (8 * itemsize), plan.fields.gathers == 0
        for layer, fan_in, fan_out in zip(plan.operations, WIDE[:-1], WIDE[1:], strict=True):
            row_bytes = fan_out * itemsize
            expected = row_bytes >= 1024 and fan_in * row_bytes >= 2**19 and batch > 8
            expected = expected and not (sparse and fan_in == WIDE[0])
            assert (layer.gap > 0) == expected
            if expected:
                assert (layer.stride, layer.gap) == (columns, (fan_in - 1) * columns)


@pytest.mark.parametrize("units", NETWORKS, ids=str)
@pytest.mark.parametrize("whole", [False, True])
def test_parts_have_rows(units, whole):
    """No part is empty, and blocks are never larger than a batch."""
    for batch, plan in _plans(units, 8, whole=whole):
        parts = plan.fields.parts
        edges = [batch * part // parts for part in range(parts + 1)]
        assert all(a < b for a, b in pairwise(edges))
        assert 1 <= plan.fields.block_rows <= batch
        if whole:
            assert plan.fields.by_tiles == 0


@pytest.mark.parametrize("units", NETWORKS, ids=str)
def test_threads_have_no_say_in_the_cut(units):
    """What decides the order of sums is the same for any number of threads."""
    alone = [plan for _, plan in _plans(units, 4, 1)]
    many = [plan for _, plan in _plans(units, 4, 7)]
    for one, other in zip(alone, many, strict=True):
        np.testing.assert_array_equal(one.tiles, other.tiles)
        for name in ("parts", "block_rows", "by_tiles", "transposed_kept"):
            assert one.fields[name] == other.fields[name]


@pytest.mark.parametrize("units", NETWORKS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_packing_there_and_back(units, dtype):
    layout = _layout(units)
    shape = Shape(10, np.dtype(dtype).itemsize, None, True)
    plan = plan_training(layout, shape, 1, 1)
    vector = np.arange(1, layout.n_parameters + 1).astype(dtype)
    packed = np.zeros(plan.n_parameters, dtype)
    pack(plan, layout, vector, packed)
    np.testing.assert_array_equal(unpack(plan, layout, packed), vector)
    assert np.count_nonzero(packed) == len(vector), "padding is zero"


@pytest.mark.parametrize("units", NETWORKS, ids=str)
def test_prediction_copies_wide_weights_only(units):
    layout = _layout(units)
    for n_rows in (1, 5, 100, 12345):
        plan = plan_prediction(layout, Shape(n_rows, 8, None, False), 3)
        assert 1 <= plan.fields.block_rows <= n_rows
        assert plan.members <= -(-n_rows // plan.fields.block_rows)
        if plan.spans is not None:
            assert n_rows > 100 and max(units[1:]) >= 128
            vector = np.random.default_rng(0).standard_normal(layout.n_parameters)
            packed = np.zeros(plan.n_parameters)
            pack(plan, layout, vector, packed)
            np.testing.assert_array_equal(unpack(plan, layout, packed), vector)
            continue
        names = plan.operations.dtype.names[: layout.table.shape[1]]
        kept = np.stack([plan.operations[name] for name in names], axis=1)
        np.testing.assert_array_equal(kept, layout.table)


@pytest.mark.parametrize("members", [1, 2, 3])
@pytest.mark.parametrize("n_rows", [32, 100, 255])
def test_members_read_wide_weights_once_where_they_are_not_copied(n_rows, members):
    plan = plan_prediction(_layout([784, 1024, 1024, 10]), Shape(n_rows, 4, None, False), members)
    assert plan.spans is None
    n_blocks = -(-n_rows // plan.fields.block_rows)
    assert n_blocks == plan.members == min(members, max(1, n_rows // 32))


def test_few_operations_are_for_one_thread():
    def members(n_rows):
        return plan_prediction(_layout([50, 64, 64, 1]), Shape(n_rows, 4, None, False), 2).members

    assert [members(n_rows) for n_rows in (1, 100, 1000, 5000)] == [1, 1, 1, 2]


def test_layers_without_weights_are_no_reason_for_a_copy():
    X = np.random.default_rng(0).standard_normal((40, 6))
    layers = [("a", Dense(6)), Add(["a", "features"])]
    with quiet():
        model = NetworkRegressor(layers, max_iter=1).fit(X, X[:, 0])
    plan = plan_prediction(model._network()[0], Shape(500, 8, None, False), 2)
    assert plan.spans is None

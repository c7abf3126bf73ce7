"""The layer table and the flat vector."""

from itertools import pairwise, product

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.engines.table import BIASES, FAN_IN, FAN_OUT, NORMALISATION, SCALES, SHIFTS, WEIGHTS
from skdeep.layers.affine.dense import dense_operation
from skdeep.network.layout import (
    Architecture,
    are_finite,
    flatten,
    lay_out,
    make_layout,
    normalisation_views,
    parameter_views,
    trained,
)
from skdeep.network.stack import Stack
from tests import datasets
from tests.helpers import quiet

pytestmark = pytest.mark.nojit

UNITS = [[4, 1], [3, 5, 2], [7, 1, 33, 4]]


@pytest.mark.parametrize("units", UNITS, ids=str)
def test_views_cover_the_vector_once(units):
    activations = ["relu"] * (len(units) - 2) + ["identity"]
    layout = make_layout(units, activations)
    vector = np.arange(float(layout.n_parameters))
    coefs, intercepts = parameter_views(layout, vector)
    assert [w.shape for w in coefs] == list(pairwise(units))
    assert [b.shape for b in intercepts] == [(n,) for n in units[1:]]
    assert all(np.shares_memory(part, vector) for part in coefs + intercepts)
    assert all(part.flags.c_contiguous for part in coefs + intercepts)
    np.testing.assert_array_equal(flatten(coefs, intercepts, np.float64), vector)
    assert layout.n_weights == sum(w.size for w in coefs)


def test_fitted_parameters_are_views_of_one_vector():
    X, y = datasets.load("multiclass")
    with quiet():
        model = MLPClassifier((5, 3), max_iter=1).fit(X, y)
    parts = model.coefs_ + model.intercepts_
    addresses = [part.__array_interface__["data"][0] for part in parts]
    assert all(part.flags.writeable and part.flags.c_contiguous for part in parts)
    ends = [a + part.nbytes for a, part in zip(addresses, parts, strict=True)]
    assert addresses[1:] == ends[:-1]


KINDS = list(product([False, True], [False, True], [(), (0,), (1, 2), (0, 1, 2)]))


@pytest.fixture(params=KINDS, ids=str)
def architecture(request):
    """Three hidden layers, in every combination of what may stand beside them."""
    batch_norm, skips, heads = request.param
    units, names = (4, 3, 1, 5, 2), ("relu", "tanh", "relu", "softmax")
    given = Architecture(units, names, batch_norm, skips).operations()
    heads = [dense_operation((k + 1,), units[k + 1], 2, "softmax") for k in heads]
    return Stack(given, tuple(heads))


def places(layout, row):
    """Return the places of everything that a layer has, by its kind."""
    sizes = {WEIGHTS: row[FAN_IN] * row[FAN_OUT]}
    kinds = [kind for kind in (WEIGHTS, BIASES, *NORMALISATION) if row[kind] >= 0]
    return {kind: row[kind] + np.arange(sizes.get(kind, row[FAN_OUT])) for kind in kinds}


def test_shapes():
    plain = Architecture((4, 3, 1, 5, 2), ("relu",) * 4)
    assert plain.shapes() == [(4, 3), (3, 1), (1, 5), (5, 2)]
    assert plain._replace(skips=True).shapes() == [(4, 3), (7, 1), (8, 5), (13, 2)]
    assert Architecture((4, 2), ("relu",), skips=True).shapes() == [(4, 2)]
    assert all(type(n) is int for shape in plain.shapes() for n in shape)


def test_every_number_has_one_place(architecture):
    layout = architecture.layout()
    assert len(layout.table) == 4 + len(architecture.heads)
    found = [part for row in layout.table for part in places(layout, row).values()]
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(layout.n_parameters))
    normalised = sum(SCALES in places(layout, row) for row in layout.table)
    assert normalised == (3 if architecture.batch_norm else 0)


def test_views_cover_every_kind_of_network(architecture):
    layout = architecture.layout()
    vector = np.arange(float(layout.n_parameters))
    coefs, intercepts = parameter_views(layout, vector)
    heads = parameter_views(layout, vector, auxiliary=True)
    assert [w.shape for w in coefs] == architecture.shapes()
    assert [b.shape for b in intercepts] == [(3,), (1,), (5,), (2,)]
    widths = [head.n_inputs for head in architecture.heads]
    assert [w.shape for w in heads[0]] == [(width, 2) for width in widths]
    assert [b.shape for b in heads[1]] == [(2,)] * len(widths)
    norms = normalisation_views(layout, vector)
    assert [len(norm.mean) for norm in norms] == ([3, 1, 5] if architecture.batch_norm else [])
    again = flatten(coefs, intercepts, np.float64, norms, heads)
    np.testing.assert_array_equal(again, vector)
    assert layout.n_weights == sum(w.size for w in coefs)
    assert layout.n_outputs == 2


def test_what_is_trained(architecture):
    """All but frozen layers, running statistics, and what is no connection."""
    layout, rng = architecture.layout(), np.random.RandomState(0)
    masks = rng.randint(0, 2, layout.n_parameters)
    for frozen in range(4):
        partly = layout.freeze(frozen)
        expected = np.zeros(layout.n_parameters, dtype=bool)
        for row in layout.table[frozen:]:
            for kind, where in places(layout, row).items():
                expected[where] = kind in (WEIGHTS, BIASES, SCALES, SHIFTS)
        np.testing.assert_array_equal(partly.table, layout.table)
        np.testing.assert_array_equal(trained(partly), expected)
        np.testing.assert_array_equal(trained(partly, masks), expected & (masks == 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 1.0, "most", np.inf, -np.inf, np.nan])
def test_are_finite(value, dtype):
    """Also where the sum is not finite although all parameters are."""
    vector = np.ones(1000, dtype=dtype)
    vector[7:11] = np.finfo(dtype).max if value == "most" else value
    assert are_finite(vector) == bool(np.isfinite(vector).all())
    vector[500] = np.inf  # which may meet minus infinity
    assert not are_finite(vector)


@pytest.mark.parametrize(
    "units", [(4, 2**32, 2**32, 1), (4, 2**63 - 1, 1), (4, 10**30, 1), (2**31, 2**31, 2**31)]
)
def test_networks_that_no_memory_can_hold(units):
    """Numbers of parameters that overflow 64 bits would make places of other parameters."""
    with pytest.raises(ValueError, match="hidden_layer_sizes has layers that are too large"):
        make_layout(units, ["relu"] * (len(units) - 1))


def test_blocks_say_what_training_does():
    """One row each; what two operations use is in the vector once."""
    first, second, output = (dense_operation((k,), 3, 3, "tanh") for k in range(3))
    first = first.with_blocks(name="shared", decay=3.0, rate_factor=0.5)._replace(
        biases=first.biases
    )
    second = second._replace(weights=first.weights).with_blocks(trained=True)
    output = output.with_blocks(trained=False, rate_factor=2.0)
    output = output._replace(biases=output.biases._replace(decay=1.0))
    layout = lay_out((first, second, output))
    assert layout.table[0, WEIGHTS] == layout.table[1, WEIGHTS] != layout.table[2, WEIGHTS]
    assert (layout.n_weights, layout.n_parameters) == (18, 27)
    assert (layout.rate_factors, layout.decays) == ((1.0, 0.5, 2.0), (0.0, 1.0, 3.0))
    assert layout.blocks[:, 1:].tolist() == [
        *([3, 3, 1, 2, 1], [3, 3, 0, 1, 2]),
        *([1, 3, 1, 0, 0], [1, 3, 1, 0, 0], [1, 3, 0, 1, 2]),
    ]
    assert trained(layout).tolist() == [True] * 9 + [False] * 9 + [True] * 6 + [False] * 3
    vector = np.arange(27.0)
    coefs, intercepts = parameter_views(layout, vector)
    assert len(coefs) == 2 and len(intercepts) == 3
    np.testing.assert_array_equal(flatten(coefs, intercepts, np.float64), vector)
    assert layout.freeze(0) is layout and layout.freeze(2).blocks[:, 3].sum() == 0

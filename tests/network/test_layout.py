"""The layer table and the flat vector."""

from itertools import pairwise

import numpy as np
import pytest

from skdeep import MLPClassifier
from skdeep.network.layout import flatten, make_layout, parameter_views
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

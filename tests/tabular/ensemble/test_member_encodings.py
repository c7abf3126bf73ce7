"""Encodings of the members: those of `TabularEncoder`, and cosines."""

import numpy as np
import pytest

from skdeep.tabular.ensemble import member_encodings
from skdeep.tabular.ensemble.member_encodings import WAYS
from tests.tabular.ensemble.examples import encode_by_hand, table

PARAMETERS = {"target_type": "classification", "n_bins": "auto"}


def fit_encodings(*arguments, **parameters):
    """Return the encodings, the rows that members of each train on, and the validation rows."""
    encodings, makers, validation = member_encodings.fit_encodings(*arguments, **parameters)
    return encodings, [make() for make in makers], validation


def test_all_ways():
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    encodings, rows, validation = fit_encodings(X, codes, 4, 7, **PARAMETERS)
    assert validation is None and len(encodings) == len(WAYS) == 4
    expected = encode_by_hand(X, codes, 4, 7, "classification")
    for encoding, found, dense in zip(encodings, rows, expected, strict=True):
        assert found.dtype == np.float32 and found.flags.c_contiguous
        features, layer = (each.check() for each in encoding.first_layers(5, "tanh", 0.3))
        assert (layer.units, layer.activation, layer.dropout) == (5, "tanh", 0.3)
        cells = features.reference(found)
        layer.check_features(cells)
        np.testing.assert_allclose(layer.dense_encoding(cells), dense, atol=1e-4)
        np.testing.assert_array_equal(found, rows[0])


def test_dense_rows():
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    _, rows, _ = fit_encodings(X, codes, 4, 7, compact=False, **PARAMETERS)
    expected = encode_by_hand(X, codes, 4, 7, "classification", behind=True)
    for found, dense in zip(rows, expected, strict=True):
        assert found.dtype == np.float32 and found.flags.c_contiguous
        np.testing.assert_allclose(found, dense, atol=1e-5)


def test_categories_of_two_levels_are_numbers():
    X, _, numbers = table()
    X = X[["a", "c"]].assign(two=np.where(np.arange(90) % 3, "no", "yes"))
    (encoding,), (rows,), _ = fit_encodings(X, numbers, 1, 0, target_type="regression")
    features, layer = encoding.first_layers(5, "tanh", 0.0)
    assert (layer.n_numbers, layer.n_levels) == (3, (4,)) and rows.shape == (90, 4)
    assert np.array_equal(rows[:, 2], np.where(np.arange(90) % 3, 1, -1))  # the more frequent first
    unseen = encoding.transform(X.assign(two="perhaps", c="w"))
    assert not unseen[:, 2:].any()
    layer.check_features(features.reference(unseen))


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("rows_at_a_time", [7, 30, 90, 8192])
def test_some_rows_at_a_time(rows_at_a_time, compact, monkeypatch):
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    parameters = {**PARAMETERS, "compact": compact}
    _, expected, whole = fit_encodings(X, codes, 4, 7, X[:50], **parameters)
    monkeypatch.setattr(member_encodings, "ROWS_AT_A_TIME", rows_at_a_time)
    encodings, rows, validation = fit_encodings(X, codes, 4, 7, X[:50], **parameters)
    for place, encoding in enumerate(encodings):
        np.testing.assert_array_equal(rows[place], expected[place])
        np.testing.assert_array_equal(validation[place], whole[place])
        np.testing.assert_array_equal(encoding.transform(X), expected[place])
        chunks = [chunk.copy() for chunk in encoding.chunks(X)]
        assert len(chunks) == -(-90 // rows_at_a_time)
        np.testing.assert_array_equal(np.concatenate(chunks), expected[place])


def test_bins_stay_within_their_limits():
    X, _, numbers = table(600)
    for n_bins, expected in ((2, [2, 6, 6, 6]), (250, [250, 250, 100, 250])):
        encodings, _, _ = fit_encodings(X, numbers, 4, 0, target_type="regression", n_bins=n_bins)
        assert [encoding.encoder.n_bins for encoding in encodings] == expected


def test_tables_without_numbers():
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    _, rows, _ = fit_encodings(X[["c"]], codes, 4, 0, **PARAMETERS)
    assert [each.shape for each in rows] == [(90, 1)] * 4
    _, rows, _ = fit_encodings(X[["c"]], codes, 4, 0, compact=False, **PARAMETERS)
    assert [each.shape for each in rows] == [(90, 4)] * 4


def test_errors_of_validation_sets():
    X, _, numbers = table()
    for wrong, error in ((X[["b", "a", "c"]], ValueError), (X.assign(a="text"), TypeError)):
        with pytest.raises(error, match=r"X_val, y_val \(the validation set\)"):
            fit_encodings(X, numbers, 1, 0, wrong, target_type="regression")

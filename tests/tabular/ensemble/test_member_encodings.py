"""Encodings of the members: those of `TabularEncoder`, and cosines."""

import numpy as np
import pytest

from skdeep.tabular.ensemble import member_encodings
from skdeep.tabular.ensemble.member_encodings import WAYS, fit_encodings
from tests.tabular.ensemble.examples import encode_by_hand, table

PARAMETERS = {"target_type": "classification", "n_bins": "auto"}


def test_all_ways():
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    encodings, rows, validation = fit_encodings(X, codes, 4, 7, **PARAMETERS)
    assert validation is None and len(encodings) == len(WAYS) == 4
    for found, expected in zip(rows, encode_by_hand(X, codes, 4, 7, "classification"), strict=True):
        assert found.dtype == np.float32 and found.flags.c_contiguous
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("rows_at_a_time", [7, 30, 90, 8192])
def test_some_rows_at_a_time(rows_at_a_time, monkeypatch):
    X, labels, _ = table()
    codes = np.unique(labels, return_inverse=True)[1]
    _, expected, whole = fit_encodings(X, codes, 4, 7, X[:50], **PARAMETERS)
    monkeypatch.setattr(member_encodings, "ROWS_AT_A_TIME", rows_at_a_time)
    encodings, rows, validation = fit_encodings(X, codes, 4, 7, X[:50], **PARAMETERS)
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
    assert [each.shape for each in rows] == [(90, 4)] * 4


def test_errors_of_validation_sets():
    X, _, numbers = table()
    for wrong, error in ((X[["b", "a", "c"]], ValueError), (X.assign(a="text"), TypeError)):
        with pytest.raises(error, match=r"X_val, y_val \(the validation set\)"):
            fit_encodings(X, numbers, 1, 0, wrong, target_type="regression")

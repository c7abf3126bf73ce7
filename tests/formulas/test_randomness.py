"""Random bits of a counter and a key, and normal numbers made of them."""

import numpy as np
import pytest
from scipy import stats

from skdeep.formulas.randomness.noise import normal
from skdeep.formulas.randomness.squares import mixed, squares, stream_key
from tests import oracle_regularised as oracle

pytestmark = pytest.mark.nojit
N = 200_000
KEYS = [1, 0x9E3779B97F4A7C15, 2**64 - 1, 0xC58EFD154CE32F6D, 12345678901234567]
COUNTERS = [0, 1, 2, 3, 99, 2**31, 2**32 - 1, 2**32, 2**53, 2**64 - 1]


def _words(values):
    return np.array(values, dtype=np.uint64)


def _stream(seed, update, stream, n=N):
    """Return the first random bits of a stream; arrays of NumPy wrap around as words do."""
    key = stream_key(_words([seed]), _words([update]), _words([stream]))
    return squares(np.arange(n, dtype=np.uint64), key)


def test_squares_beside_whole_numbers():
    for key in KEYS:
        got = squares(_words(COUNTERS), _words([key]))
        assert got.dtype == np.uint64
        assert got.tolist() == [oracle.squares(counter, key) for counter in COUNTERS]
        assert (got < 2**32).all()


def test_squares_by_hand():
    """Key 1: ``x = ctr``, ``y = ctr``, ``z = ctr + 1``, and three squares with halves exchanged."""
    # 2 * 2 + 2 = 6 -> 6 << 32; (6 << 32)^2 = 0 mod 2^64, + 3 -> 3 << 32; + 2 -> 2 << 32; + 3 >> 32
    assert squares(_words([2]), _words([1])).tolist() == [0]
    # A key that fills both halves does not leave zeros.
    assert len(set(squares(np.arange(1000, dtype=np.uint64), _words([KEYS[3]])).tolist())) > 990


def test_splitmix_beside_the_published_numbers():
    """The first numbers of Vigna's splitmix64.c from the state 1234567."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    steps = [(1234567 + i * 0x9E3779B97F4A7C15) % 2**64 for i in range(3)]
    assert mixed(_words(steps)).tolist() == published
    assert [oracle.splitmix(state) for state in steps] == published


def test_keys():
    for seed, update, stream in [(0, 1, 0), (7, 2, 3), (2**31 - 2, 10**9, 401)]:
        key = stream_key(_words([seed]), _words([update]), _words([stream]))
        assert key.tolist() == [oracle.key_of(seed, update, stream // 4, stream % 4)]
        assert key[0] & np.uint64(1)
    keys = {
        oracle.key_of(seed, update, layer, purpose)
        for seed in range(20)
        for update in range(20)
        for layer in range(5)
        for purpose in range(4)
    }
    assert len(keys) == 20 * 20 * 5 * 4


STREAMS = [(0, 1, 0), (0, 1, 1), (0, 2, 0), (1, 1, 0), (2**31 - 2, 5, 7)]


@pytest.mark.parametrize("stream", STREAMS)
def test_uniform(stream):
    """In 256 parts, in every bit, and from one number to the next."""
    drawn = _stream(*stream)
    assert stats.chisquare(np.bincount(drawn >> np.uint64(24), minlength=256)).pvalue > 1e-4
    for bit in range(32):
        ones = int(((drawn >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(ones - N / 2) < 4.5 * np.sqrt(N) / 2
    assert stats.kstest(drawn / 2**32, "uniform").pvalue > 1e-4
    top = (drawn >> np.uint64(28)).astype(int)
    pairs = np.bincount(16 * top[:-1:2] + top[1::2], minlength=256)
    assert stats.chisquare(pairs).pvalue > 1e-4


def test_streams_are_independent():
    """Of other seeds, updates, layers and purposes; of rows below each other too."""
    drawn = np.array([_stream(*stream) / 2**32 for stream in STREAMS])
    correlation = np.corrcoef(drawn) - np.eye(len(STREAMS))
    assert np.abs(correlation).max() < 4.5 / np.sqrt(N)
    for width in (2, 3, 10, 64, 100, 256, 1000):
        for row in drawn:
            assert abs(np.corrcoef(row[:-width], row[width:])[0, 1]) < 4.5 / np.sqrt(N)
    kept = drawn > 0.5
    for one in range(len(STREAMS)):
        for other in range(one):
            counts = np.bincount(2 * kept[one] + kept[other], minlength=4)
            assert stats.chisquare(counts).pvalue > 1e-4


def _normal(bits):
    return np.array([normal(b) for b in _words(bits)])


def _quantiles(bits):
    return stats.norm.ppf((np.array(bits) + 0.5) / 2**32)


def test_normal_quantiles():
    """The middle of each of 2^32 equal parts, as precisely as single precision has it."""
    bits = np.unique(np.linspace(100, 2**32 - 100, 4001).astype(np.uint64))
    got = _normal(bits)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, _quantiles(bits), rtol=3e-6, atol=1e-9)
    assert (np.diff(got) > 0).all()


def test_normal_tails():
    """Symmetric to the ends, where the polynomial goes beyond what it was made for."""
    ends = [0, 1, 2, 10, 50, 1000, 10**6]
    low, high = _normal(ends), _normal([2**32 - 1 - end for end in ends])
    np.testing.assert_array_equal(low, -high)
    np.testing.assert_allclose(low, _quantiles(ends), rtol=4e-4)
    np.testing.assert_allclose(low[5:], _quantiles(ends[5:]), rtol=3e-6)
    assert -6.34 < low[0] < -6.33


def test_normal_moments():
    z = _normal(_stream(3, 1, 3, n=20_000)).astype(float)
    for power, (moment, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)], start=1):
        assert abs((z**power).mean() - moment) < 4.5 * np.sqrt(variance / len(z))
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 4.5 / np.sqrt(len(z))

"""Random numbers of NumPy's `RandomState`, drawn by compiled code.

The Mersenne Twister of Matsumoto & Nishimura (ACM TOMACS 8, 1998). Its words are made and tempered
in vectors, which is many times as fast as one at a time.
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import section

#: Words of the state, and the lag of its recurrence.
STATE_WORDS, LAG = 624, 397
#: Words of random bits that are made at once.
WORDS = 2 * STATE_WORDS


@device
def _next_word(high, low, far):
    """Return a word of the state from the one at its place, the next and the one `LAG` ahead."""
    y = (high & np.uint32(0x80000000)) | (low & np.uint32(0x7FFFFFFF))
    odd = np.uint32(0) - np.uint32(y & np.uint32(1))
    return np.uint32(far ^ (y >> np.uint32(1)) ^ (odd & np.uint32(0x9908B0DF)))


@device
def _renew(generator):
    """Compute the next words of the state of a Mersenne Twister, all at once."""
    rest = STATE_WORDS - LAG
    for k in range(rest):
        generator[k] = _next_word(generator[k], generator[k + 1], generator[k + LAG])
    # Each of these loops reads what an earlier one has written, and none what it writes itself.
    begin = rest
    while begin < STATE_WORDS - 1:
        count = min(rest, STATE_WORDS - 1 - begin)
        out = section(generator, begin, count)
        following = section(generator, begin + 1, count)
        before = section(generator, begin - rest, count)
        for k in range(count):
            out[k] = _next_word(out[k], following[k], before[k])
        begin += count
    last = STATE_WORDS - 1
    generator[last] = _next_word(generator[last], generator[0], generator[LAG - 1])
    generator[STATE_WORDS] = np.uint32(0)


@device
def _temper(y):
    """Return the random bits of a word of the state."""
    y = np.uint32(y ^ (y >> np.uint32(11)))
    y = np.uint32(y ^ (np.uint32(y << np.uint32(7)) & np.uint32(0x9D2C5680)))
    y = np.uint32(y ^ (np.uint32(y << np.uint32(15)) & np.uint32(0xEFC60000)))
    return np.uint32(y ^ (y >> np.uint32(18)))


@device
def draw_uniforms(generator, words, out, n):
    """Draw numbers from [0, 1) as `numpy.random.RandomState.uniform` does.

    Parameters
    ----------
    generator : array of uint32 of shape (STATE_WORDS + 1,)
    words : array of uint32 of shape (WORDS,)
        Room.
    out : array of float64
        The first `n` elements are written.
    n : int
    """
    done = 0
    while done < n:
        wanted = min(WORDS, 2 * (n - done))
        filled = 0
        while filled < wanted:
            if generator[STATE_WORDS] >= STATE_WORDS:
                _renew(generator)
            place = np.int64(generator[STATE_WORDS])
            count = min(STATE_WORDS - place, wanted - filled)
            state, drawn = section(generator, place, count), section(words, filled, count)
            for k in range(count):
                drawn[k] = _temper(state[k])
            generator[STATE_WORDS] = np.uint32(place + count)
            filled += count
        numbers = section(out, done, wanted // 2)
        for k in range(wanted // 2):
            high, low = np.int32(words[2 * k] >> 5), np.int32(words[2 * k + 1] >> 6)
            numbers[k] = (np.float64(high) * 67108864.0 + np.float64(low)) / 9007199254740992.0
        done += wanted // 2

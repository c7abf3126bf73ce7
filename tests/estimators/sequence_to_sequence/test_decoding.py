"""Greedy search and beam search, beside all sequences that there are."""

from itertools import product

import numpy as np
import pytest

from skdeep.estimators.sequence_to_sequence.decoding import search

END = 0


def model(n_sources=6, n_codes=4, seed=0):
    """Return a function that gives the next code's probabilities, which depend on the last two."""
    logits = 1.5 * np.random.default_rng(seed).normal(size=(n_sources, n_codes, n_codes, n_codes))
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)

    def step(sources, codes):
        before = codes[:, -2] if codes.shape[1] > 1 else np.zeros(len(codes), int)
        return shares[sources, before, codes[:, -1]]

    return step


def log_probability(step, source, codes):
    """Return the logarithm of the probability of codes with their end, and how many they are."""
    total, given = 0.0, [END]
    for code in [*codes, END]:
        total += np.log(step(np.array([source]), np.array([given]))[0, code])
        given = [*given, code]
    return total, len(given) - 1


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
def test_many_beams_find_the_best_of_all(penalty):
    step, max_length = model(), 3
    found = search(step, 6, 200, max_length, penalty, END)
    everything = [c for n in range(max_length + 1) for c in product(range(1, 4), repeat=n)]
    for source, codes in enumerate(found):
        scores = []
        for each in everything:
            value, length = log_probability(step, source, each)
            scores.append(value / ((5 + length) / 6) ** penalty)
        assert tuple(codes) == everything[int(np.argmax(scores))]


def test_one_beam_is_greedy():
    step = model()
    for source, codes in enumerate(search(step, 6, 1, 5, 0.6, END)):
        given = [END]
        while len(given) <= 5:
            given.append(int(step(np.array([source]), np.array([given]))[0].argmax()))
            if given[-1] == END:
                break
        assert codes == [code for code in given if code != END]


def test_more_beams_are_no_worse():
    step = model(40, 5, seed=1)
    sums = []
    for n_beams in (1, 4, 100):
        found = search(step, 40, n_beams, 4, 0.0, END)
        sums.append(sum(log_probability(step, s, c)[0] for s, c in enumerate(found)))
    assert sums[0] <= sums[1] <= sums[2] and sums[0] < sums[2]


def test_sources_do_not_disturb_each_other():
    """Nor are hypotheses that have ended computed any more."""
    step, rows = model(), []

    def counted(sources, codes):
        rows.append(len(sources))
        return step(sources, codes)

    together = search(counted, 6, 3, 6, 0.6, END)
    assert rows[0] == 6 and max(rows) <= 18
    for source in range(6):
        alone = search(lambda s, c, k=source: step(s + k, c), 1, 3, 6, 0.6, END)
        assert alone == [together[source]]


def test_impossible_and_lacking_codes():
    """Probabilities of 0, and more beams than there are codes."""

    def step(sources, codes):
        return np.tile([1.0, 0.0], (len(sources), 1)).astype(np.float32)

    assert search(step, 2, 10, 3, 0.6, END) == [[], []]
    assert search(lambda s, c: 1 - step(s, c), 1, 10, 3, 0.6, END) == [[1, 1, 1]]

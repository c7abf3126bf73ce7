"""Search for the most probable sequence of codes, token by token."""

import numpy as np

#: Added to the number of tokens in the divisor of scores [Wu et al., "Google's neural machine
#: translation system", 2016].
OFFSET = 5.0


def search(step, n_sources, n_beams, max_length, length_penalty, end):
    """Return the best codes of every source that a beam search finds.

    A hypothesis ``y`` has the score ``log P(y) / ((5 + |y|) / 6) ** length_penalty``. Its end is a
    part of it, also behind `max_length` codes. After each step, those of the best scores are kept;
    with one beam, this is greedy search.

    Parameters
    ----------
    step : callable
        ``step(sources, codes)`` returns the probabilities of the next code, of shape (n_rows,
        n_codes), for the numbers of sources, of shape (n_rows,), and the codes so far, of shape
        (n_rows, n_steps).
    n_sources, n_beams, max_length : int
    length_penalty : float
    end : int
        Code that ends a sequence, and with which all begin.

    Returns
    -------
    codes : list of list of int
        Without the beginning and the end.
    """
    beams = _Beams(n_sources, n_beams, length_penalty, end)
    for _ in range(max_length):
        if not len(beams.alive):
            break
        beams.extend(step)
    if len(beams.alive) and n_beams > 1:
        beams.extend(step, only_end=True)
    return beams.best()


class _Beams:
    """Hypotheses of all sources, those of one source in the order of their scores."""

    def __init__(self, n_sources, n_beams, length_penalty, end):
        self.end, self.penalty, self.n_beams = end, length_penalty, n_beams
        self.codes = np.full((n_sources, n_beams, 1), end)
        self.sums = np.full((n_sources, n_beams), -np.inf)
        self.sums[:, 0] = 0.0
        self.lengths = np.zeros((n_sources, n_beams), dtype=int)
        self.ended = ~np.isfinite(self.sums)
        self.alive = np.arange(n_sources)  # of which hypotheses have not ended

    def extend(self, step, only_end=False):
        """Add a code, or the end, to all hypotheses that have not ended, and keep the best."""
        alive, n_beams = self.alive, self.n_beams
        goes_on = ~self.ended[alive]
        which, beam = np.nonzero(goes_on)
        found = step(alive[which], self.codes[alive[which], beam])
        n_codes = found.shape[1]
        sums = np.full((len(alive), n_beams, n_codes), -np.inf)
        sums[..., self.end] = np.where(goes_on, -np.inf, self.sums[alive])
        tiny = np.finfo(found.dtype).tiny
        more = np.log(np.maximum(found, tiny).astype(np.float64))
        if only_end:
            more[:, np.arange(n_codes) != self.end] = -np.inf
        sums[which, beam] = self.sums[alive[which], beam][:, np.newaxis] + more
        lengths = self.lengths[alive] + goes_on
        scores = sums / (((OFFSET + lengths) / (OFFSET + 1)) ** self.penalty)[..., np.newaxis]
        order = np.argsort(-scores.reshape(len(alive), -1), axis=1, kind="stable")[:, :n_beams]
        parent, code = np.divmod(order, n_codes)
        rows = np.arange(len(alive))[:, np.newaxis]
        codes = np.full((*self.codes.shape[:2], self.codes.shape[2] + 1), self.end)
        codes[..., :-1] = self.codes
        codes[alive, :, :-1] = self.codes[alive][rows, parent]
        codes[alive, :, -1] = code
        self.codes = codes
        self.sums[alive] = sums.reshape(len(alive), -1)[rows, order]
        self.lengths[alive] = lengths[rows, parent]
        impossible = ~np.isfinite(self.sums[alive])  # where there are fewer codes than beams
        self.ended[alive] = self.ended[alive][rows, parent] | (code == self.end) | impossible
        self.alive = alive[~self.ended[alive].all(axis=1)]

    def best(self):
        """Return the codes of the best hypothesis of every source."""
        codes = self.codes[:, 0, 1:].tolist()
        return [each[: each.index(self.end)] if self.end in each else each for each in codes]

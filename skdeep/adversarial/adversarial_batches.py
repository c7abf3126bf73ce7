"""The rows of the batches of two networks: samples and their labels, and latent numbers."""

from typing import NamedTuple

import numpy as np

from skdeep.adversarial.class_labels import indicators
from skdeep.engines.problem import Data

#: Most numbers in the rows that are prepared at a time.
MOST_NUMBERS = 2**21


class Samples(NamedTuple):
    """What is learned from, and how it is cut into batches.

    Attributes
    ----------
    X : array of shape (n_samples, n_features)
    codes : array of int64 of shape (n_samples,) or None
        Numbers of the classes; None without labels.
    n_labels : int
        Number of classes; 0 without labels.
    n_latent : int
    batch_size : int
        Samples of a batch, beside which there are as many generated ones.
    n_critic : int
        Batches of the discriminator for one of the generator.
    targets : tuple of float
        Of the discriminator: for samples of the data, for generated ones, and for those that the
        generator is trained on.
    """

    X: np.ndarray
    codes: np.ndarray | None
    n_labels: int
    n_latent: int
    batch_size: int
    n_critic: int
    targets: tuple


class Group(NamedTuple):
    """Batches of the discriminator that are followed by one of the generator.

    Attributes
    ----------
    start, stop : int
        Rows of the segment.
    n_batches : int
    """

    start: int
    stop: int
    n_batches: int


class Segments:
    """The rows of an epoch, some groups of batches at a time, in arrays that stay where they are.

    Parameters
    ----------
    samples : Samples

    Attributes
    ----------
    samples : Data
        Rows of the discriminator, batch by batch: samples of the data, then generated ones.
    latent : Data
        Rows of the generator: latent numbers, then labels.
    n_generated : int
        Most samples that a group generates.
    """

    def __init__(self, samples):
        self._given = samples
        X, size = samples.X, samples.batch_size
        self.n_generated = min(len(X), samples.n_critic * size)
        width = X.shape[1] + samples.n_labels
        n_groups = max(1, MOST_NUMBERS // (2 * self.n_generated * width))
        #: Rows of the data in a segment.
        self.n_rows = min(len(X), n_groups * samples.n_critic * size)
        n_groups = -(-self.n_rows // (samples.n_critic * size))
        rows, targets = np.zeros((2 * self.n_rows, width), X.dtype), self._targets(self.n_rows)
        self.samples = Data(rows, targets, None)
        wanted = np.full((n_groups * min(size, self.n_rows), 1), samples.targets[2], X.dtype)
        latent = np.zeros((len(wanted), samples.n_latent + samples.n_labels), X.dtype)
        self.latent = Data(latent, wanted, None)
        #: What samples are generated from while the discriminator is trained.
        self.read = np.zeros((self.n_rows, latent.shape[1]), X.dtype)

    def _targets(self, n_rows):
        """Return the targets of the discriminator for a segment of some rows of the data."""
        size, (real, generated, _) = self._given.batch_size, self._given.targets
        targets = np.empty((2 * n_rows, 1), self._given.X.dtype)
        for start in range(0, n_rows, size):
            count = min(size, n_rows - start)
            targets[2 * start : 2 * start + count] = real
            targets[2 * start + count : 2 * (start + count)] = generated
        return targets

    def _write(self, first, values, columns, part):
        """Write rows of a segment to their places in the rows of the discriminator.

        Parameters
        ----------
        first : int
            Row of the segment, with which a batch begins.
        values : array of shape (n_rows, n_columns)
        columns : slice
        part : {0, 1}
            Among the samples of the data, or among generated ones.
        """
        rows, size = self.samples.X[2 * first :], self._given.batch_size
        n_whole = len(values) // size
        whole = rows[: 2 * n_whole * size].reshape(n_whole, 2, size, rows.shape[1])
        whole[:, part, :, columns] = values[: n_whole * size].reshape(
            n_whole, size, values.shape[1]
        )
        rest = values[n_whole * size :]
        if len(rest):
            start = 2 * n_whole * size + part * len(rest)
            rows[start : start + len(rest), columns] = rest

    def set(self, rows, generator):
        """Put samples of the data and latent numbers into the arrays.

        Parameters
        ----------
        rows : array of int64
            Of the data.
        generator : numpy.random.Generator

        Returns
        -------
        groups : list of Group
        n_latent_rows : int
            Rows of the generator.
        """
        given, n_features = self._given, self._given.X.shape[1]
        if 2 * len(rows) < len(self.samples.X):  # a last batch may be a smaller one
            self.samples.targets[: 2 * len(rows)] = self._targets(len(rows))
        elif len(self._given.X) > self.n_rows:
            self.samples.targets[...] = self._targets(self.n_rows)
        groups, firsts = self._groups(len(rows))
        self._write(0, given.X[rows], slice(0, n_features), 0)
        n_latent = given.n_latent
        self.read[: len(rows), :n_latent] = self._draw(generator, len(rows))
        latent = self.latent.X
        latent[: len(firsts), :n_latent] = self._draw(generator, len(firsts))
        if given.codes is not None:
            labels = indicators(given.codes[rows], given.n_labels, given.X.dtype)
            for part in (0, 1):
                self._write(0, labels, slice(n_features, None), part)
            self.read[: len(rows), n_latent:] = labels
            latent[: len(firsts), n_latent:] = labels[firsts]
        return groups, len(firsts)

    def _draw(self, generator, n_rows):
        """Return standard normal numbers."""
        shape = n_rows, self._given.n_latent
        return generator.standard_normal(shape, dtype=self._given.X.dtype)

    def _groups(self, n_rows):
        """Return the groups of a segment, and the rows that have the labels of the generator's."""
        size = self._given.batch_size
        step, groups, firsts = self._given.n_critic * size, [], []
        for start in range(0, n_rows, step):
            stop = min(start + step, n_rows)
            groups.append(Group(start, stop, -(-(stop - start) // size)))
            firsts.append(np.arange(start, min(start + size, stop)))
        return groups, np.concatenate(firsts)

    def put_generated(self, group, values):
        """Put generated samples into the rows of the discriminator.

        Parameters
        ----------
        group : Group
        values : array of shape (n_rows, n_features)
        """
        self._write(group.start, values, slice(0, self._given.X.shape[1]), 1)

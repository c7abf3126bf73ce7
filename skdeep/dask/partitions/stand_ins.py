"""What stands for rows that are on the workers, where a local fit has arrays."""

from typing import NamedTuple

import numpy as np

from skdeep.dask.partitions.shard_holder import together
from skdeep.training.run_description import digest


class RemoteRows(NamedTuple):
    """Stands for the features of all rows.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy dtype
    is_sparse : bool
    parts : list of Future or None
        The checked rows of every partition that has some.
    indices, n_rows : list of int
        Of these, the indices among all partitions, and the rows.
    owners : list of str
        The workers that are to have them.
    chunks : Chunks
        What the user gave.
    summaries : list of Summary
        Of the same partitions.
    """

    shape: tuple
    dtype: object
    is_sparse: bool
    parts: list
    indices: list
    n_rows: list
    owners: list
    chunks: object
    summaries: list

    ndim = 2

    def astype(self, dtype, copy=True):
        """Return the same rows in another precision."""
        return self._replace(dtype=np.dtype(dtype))


class RemoteTargets(NamedTuple):
    """Stands for the targets of all rows.

    Attributes
    ----------
    shape : tuple of int
    """

    shape: tuple

    ndim = 2


class RemoteWeights(NamedTuple):
    """Stands for the weights of all rows.

    Attributes
    ----------
    parts : list of Future
        Of `Weights`, as many as there are of the rows.
    unit : float
        What they become multiples of.
    """

    parts: list
    unit: float


class RemoteData(NamedTuple):
    """Stands for the rows that a network is trained on, in the place of `Data`.

    Attributes
    ----------
    X : RemoteRows
    team : ShardTeam
    """

    X: RemoteRows
    team: object

    def sample(self, count):
        """Return some rows to train on, spread over all.

        Parameters
        ----------
        count : int

        Returns
        -------
        data : Data
        """
        wanted = self.team.spread_rows(count)
        (found,) = self.team.call("sample", wanted)
        return together([data for _, data in sorted(found, key=lambda pair: pair[0])])

    def digest(self):
        """Return a digest of all rows.

        Returns
        -------
        digest : str
        """
        (found,) = self.team.call("digests")
        return digest(self.team.described, *(text for _, text in sorted(found)))

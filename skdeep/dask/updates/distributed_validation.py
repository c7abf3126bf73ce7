"""Validation sets that are on the workers."""

from skdeep.dask.partitions.stand_ins import RemoteData
from skdeep.training.validator import Validator

#: What the values of ``scoring`` make of the usual score and of the loss.
SCORES = {
    None: lambda score, loss: score,
    "error_rate": lambda score, loss: score - 1.0,
    "loss": lambda score, loss: -loss,
}


class RemoteValidation:
    """Rows on the workers by which networks are validated.

    Parameters
    ----------
    data : RemoteData
        Those of the fit, of which some rows are held out, or others.
    held : bool
        Whether they are the rows held out.
    """

    def __init__(self, data, held):
        self.data, self.held = data, held

    def begin(self, spec):
        """Tell the workers of the network.

        Parameters
        ----------
        spec : Spec
            Of the training.
        """
        if not self.held:
            self.data.team.begin(spec._replace(held_out={}))

    def outcome(self, vector):
        """Return what a network makes of the rows.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        loss : float
            Mean loss without the penalty; NaN if all weights are 0.
        sums : ClassSums or NumberSums
            Of all rows.
        """
        loss, weight, found = self.data.team.call("outcome", vector, self.held)
        total = found[0]
        for sums in found[1:]:
            total = total + sums
        return loss / weight if weight else float("nan"), total

    def digest(self):
        """Return a digest of the rows.

        Returns
        -------
        digest : str
        """
        return self.data.digest()


def make_validator(scoring, data: RemoteData, held):
    """Return what judges networks by rows on the workers.

    Parameters
    ----------
    scoring : str or None
        One of `SCORES`.
    data : RemoteData
    held : bool
        Whether the rows held out are looked at.

    Returns
    -------
    validator : Validator
    """

    def score(parameters, sums, loss):
        return SCORES[scoring](sums.score(), loss)
        yield  # training expects a generator

    return Validator(RemoteValidation(data, held), score, needs_outputs=True)


def held_out_rows(places, fraction):
    """Return how many rows of every partition are held out.

    As many as that share of all rows, rounded up, spread over the partitions by their rows.

    Parameters
    ----------
    places : Places
    fraction : float

    Returns
    -------
    held_out : dict of int to int
        By the index of a partition.

    Raises
    ------
    ValueError
        If fewer than two rows would be held out, or none be left.
    """
    n_rows = sum(places.n_rows)
    wanted = -int(-fraction * n_rows // 1)
    if wanted < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    held_out, seen, given = {}, 0, 0
    for index, n in zip(places.indices, places.n_rows, strict=True):
        seen += n
        own = seen * wanted // n_rows - given
        given += own
        if own:
            held_out[index] = own
    return held_out

"""The learning rate and the rule's parameters of every update, where schedules change them."""

import numpy as np

#: Instead of a learning rate: the one that the step-wise schedule gives.
FOLLOW = -1.0
#: Where `Steps.end_lower` looks at a schedule.
GRID = np.linspace(0.0, 1.0, 10_001)[::10]


class Steps:
    """Evaluates schedules for the updates that come next.

    Parameters
    ----------
    rate : callable or None
        ``rate(progress)`` returns learning rates; the progress is 0 at the first update and 1 at
        the end of the last epoch. None where the compiled loop follows a step-wise schedule.
    parameters : tuple of float
        Of the rule.
    scheduled : dict of int to callable
        The parameters, by their place, that a schedule gives.
    n_updates : int
        Updates that make up the whole training.
    """

    def __init__(self, rate, parameters, scheduled, n_updates):
        self.rate, self.parameters, self.scheduled = rate, parameters, scheduled
        self.n_updates = n_updates

    def __call__(self, done, count):
        """Return the steps of the updates to come.

        Parameters
        ----------
        done, count : int
            Updates done, and wanted.

        Returns
        -------
        steps : array of float64 of shape (count, 1 + n_parameters)
        """
        progress = np.minimum((done + np.arange(count)) / self.n_updates, 1.0)
        steps = np.empty((count, 1 + len(self.parameters)))
        steps[:, 0] = FOLLOW if self.rate is None else self._rates(progress)
        steps[:, 1:] = self.parameters
        for place, schedule in self.scheduled.items():
            steps[:, 1 + place] = schedule(progress)
        return steps

    def end_lower(self):
        """Return whether the schedule of the learning rate ends training at a lower rate.

        Such a schedule is made for as many epochs as there are.
        """
        if self.rate is None:
            return False
        rates = self.rate(GRID)
        return bool(rates[-1] < rates.max())

    def _rates(self, progress):
        rates = self.rate(progress)
        wrong = ~(np.isfinite(rates) & (rates >= 0))
        if wrong.any():
            first = wrong.argmax()
            raise ValueError(
                f"learning_rate gives {rates[first]} at the progress {progress[first]:g} of "
                "training."
            )
        return rates

"""How many batches a launch trains of a model, by how long the device has taken for those before.

Time that the host takes, and time for which a fit waits for others, do not count: launches would
become shorter the more fits there are, until most of the time is the host's.
"""

#: Seconds that the smallest batch takes: a guess.
SECONDS_OF_FRAME = 2e-5


class Pace:
    """The pace of one model.

    Parameters
    ----------
    rates : dict
        Operations in a second that models like it have reached last; kept up to date.
    key : hashable
        What models like it have in common.
    operations : float
        Of a batch.
    guess : float
        Operations in a second, where none has been measured.
    seconds : callable
        ``seconds()``: how long the model is to train in a launch; ``seconds(most=True)``: the
        longest that it may.
    """

    def __init__(self, rates, key, operations, guess, seconds):
        self.operations, self._seconds_wanted = operations, seconds
        self._rates, self._key = rates, key
        self._seconds_per_batch = SECONDS_OF_FRAME + operations / rates.get(key, guess)

    def batches(self):
        """Return how many batches a launch is to train: a float, which may be less than one."""
        return self._seconds_wanted() / self._seconds_per_batch

    def seconds(self, n_batches):
        """Return how long the device is expected to train for some batches."""
        return n_batches * self._seconds_per_batch

    def at_once(self, wanted, rest):
        """Return how many batches a launch trains: at least an epoch, if that is not too long.

        Parameters
        ----------
        wanted : int
            Batches that the trainer asks for.
        rest : int
            Batches to the end of the epoch.
        """
        most = int(self._seconds_wanted(most=True) / self._seconds_per_batch)
        return max(wanted, min(rest, most))

    def learn(self, n_batches, seconds):
        """Take note of how long the device has trained for some batches."""
        if n_batches <= 0 or seconds <= 0:
            return
        self._seconds_per_batch = seconds / n_batches
        # What is not of the frame: at least a tenth, where the guess of the frame is too high.
        working = max(self._seconds_per_batch - SECONDS_OF_FRAME, 0.1 * self._seconds_per_batch)
        self._rates[self._key] = self.operations / working

    def note(self, n_batches, seconds):
        """Take note of a call of the trainer, whose time tells nothing of the device."""

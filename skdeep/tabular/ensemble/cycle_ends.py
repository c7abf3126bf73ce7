"""What becomes of a member's epochs: its training may end between two cycles; they are printed."""

import numpy as np

from skdeep.training.listening import Listener

#: How much larger validation losses are, relatively, where a network overfits.
TOLERANCE = 0.03


class CycleEnds(Listener):
    """Ends training before the last cycle of ``coslog4`` if the network overfits.

    The learning rate falls to 0 at 1/15, 3/15, 7/15 and at the end of training. A network whose
    validation losses in the third cycle are all above the least one before by `TOLERANCE` overfits,
    and the last cycle, more than half of training, makes it no better.

    Parameters
    ----------
    n_epochs : int
        Of the whole schedule; below 15 it is never ended.
    """

    def __init__(self, n_epochs):
        self.is_long = n_epochs >= 15
        self.second, self.third = round(n_epochs * 3 / 15), round(n_epochs * 7 / 15)
        self.before = self.within = np.inf

    def end(self, epoch):
        """Return whether training ends with an epoch."""
        if epoch.validation_loss is None or not self.is_long:
            return False
        if epoch.number <= self.second:
            self.before = min(self.before, epoch.validation_loss)
        elif epoch.number <= self.third:
            self.within = min(self.within, epoch.validation_loss)
        limit = self.before + TOLERANCE * abs(self.before)
        if epoch.number != self.third or self.within <= limit:
            return False
        epoch.stop_reason = "validation"
        return True


class Printed:
    """Prints the losses of every epoch, and passes all calls on to another listener.

    Parameters
    ----------
    listener : Listener
    name : str
        Of the member.
    """

    def __init__(self, listener, name):
        self._listener, self._name = listener, name

    def __getattr__(self, name):
        return getattr(self._listener, name)

    def end(self, epoch):
        """Print an epoch; return whether training ends."""
        line = f"{self._name}, epoch {epoch.number}: training loss = {epoch.loss:.6f}"
        if epoch.validation_loss is not None:
            line += f", validation loss = {epoch.validation_loss:.6f}"
        print(f"{line}\n", end="")  # at once, as members print side by side
        return self._listener.end(epoch)

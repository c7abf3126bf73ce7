"""A signal that ends the training of several networks that are trained in parallel."""


class GivenUp(Exception):
    """Raised within the training of a network whose result is no longer needed."""


class Interruption:
    """Whether the training of several networks has been interrupted.

    Python raises KeyboardInterrupt in the main thread only, while networks are trained in others:
    their training calls `check` from time to time.
    """

    def __init__(self):
        self._error = None

    def interrupt(self):
        """End the training of all networks as after Ctrl-C: they keep their present weights."""
        self._error = KeyboardInterrupt

    def give_up(self):
        """End the training of all networks without a result."""
        self._error = GivenUp

    def check(self):
        """Raise KeyboardInterrupt or `GivenUp` if training has been interrupted."""
        if self._error is not None:
            raise self._error

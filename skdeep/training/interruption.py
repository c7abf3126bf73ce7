"""How several networks that are trained at the same time learn that training is to end."""


class GivenUp(Exception):
    """Ends the training of a network that nobody waits for any more."""


class Interruption:
    """Whether the training of several networks has been interrupted.

    Only the main thread learns of Ctrl-C, while others train.
    """

    def __init__(self):
        self._error = None

    def interrupt(self):
        """Let all networks end their training as after Ctrl-C, and keep what they have reached."""
        self._error = KeyboardInterrupt

    def give_up(self):
        """Let all networks end their training without a result."""
        self._error = GivenUp

    def check(self):
        """Raise what ends the training, if there is anything."""
        if self._error is not None:
            raise self._error

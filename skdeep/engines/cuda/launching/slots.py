"""What a launch has to itself, so that several may train side by side."""

from skdeep.engines.cuda.hardware.shim import separate_stream, sleeping_event


class Slot:
    """A stream, an event and a table of models, for one launch at a time.

    The stream waits for no other one, not even for the default stream, on which fits copy their
    data and grids train: a launch waits for what was written there before it, and nothing that
    comes there later waits for the launch. So whoever needs what it trains waits for its event.

    Parameters
    ----------
    device : Device
    n_models : int
        Most rows of the table.

    Attributes
    ----------
    stream : stream
    """

    def __init__(self, device, n_models):
        self.device, self._table, self._rows = device, device.table(n_models), None
        try:
            with device.active():
                self.stream, self._event = separate_stream(), sleeping_event()
        except BaseException:
            self._table.free()
            raise

    def begin(self, rows):
        """Let the launch follow all that the default stream was told, and copy its table.

        The device is active, here as in `launched` and `wait`.

        Parameters
        ----------
        rows : array of int64 of shape (n_models, MODEL_SIZE)

        Returns
        -------
        models : device array
            The rows, as kernels take them.
        """
        self._event.record()
        self._event.wait(self.stream)
        self._rows = rows  # which the device may copy later
        return self._table.write(rows, self.stream)

    def launched(self):
        """Take note that the launch has begun: `wait` returns when it has ended."""
        self._event.record(self.stream)

    def wait(self):
        """Wait for the end of the launch, or of what of it has begun."""
        with self.device.active():
            self._event.synchronize()
        self._rows = None

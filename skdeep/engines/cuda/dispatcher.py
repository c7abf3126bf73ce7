"""Launches: fits that wait at the same time are trained together, by one grid.

Every fit runs in a thread of its own, and each of its calls asks for one launch. The first thread
that finds the device idle takes all requests that go together, launches one grid with a block for
each, and wakes the others, which sleep without the GIL. So the fits of a grid search or of a
cross-validation under threads train side by side, however much they differ in width, learning rate,
penalty, seed or data, as long as their kernels are the same.
"""

import threading
import time

from skdeep.engines.cuda.launch import launch_training

#: While others train, a launch waits so long for them to ask for theirs.
SECONDS_TO_WAIT = 0.002
#: Most models of a launch.
MOST_MODELS = 4096


class _Request:
    """What one fit asks for."""

    def __init__(self, kernels, model):
        self.kernels, self.model = kernels, model
        self.taken, self.done, self.error, self.since = False, False, None, time.perf_counter()

    @property
    def key(self):
        """What requests of one launch share."""
        return self.kernels.formulas, id(self.model.slab)


class Dispatcher:
    """Launches what the fits of a device ask for.

    Parameters
    ----------
    device : Device

    Attributes
    ----------
    launches : list of int
        Models of the last launches, for those who want to know.
    """

    def __init__(self, device):
        self.device, self.launches = device, []
        self._changed, self._requests = threading.Condition(), []
        self._busy, self._fits, self._table = False, 0, None

    def enter(self):
        """Say that a fit has begun, which will ask for launches."""
        with self._changed:
            self._fits += 1

    def leave(self):
        """Say that a fit has ended."""
        with self._changed:
            self._fits -= 1
            self._changed.notify_all()

    def run(self, kernels, model):
        """Train a model for the batches that its plan says, along with others.

        Parameters
        ----------
        kernels : Kernels
        model : Model
        """
        request = _Request(kernels, model)
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            mine = self._wait_for_turn(request)
        if mine:
            self._launch(mine)
        if request.error is not None:
            raise request.error

    def _wait_for_turn(self, request):
        """Wait until the request is done, or return those to launch."""
        try:
            while not request.done:
                pause = self._pause(request)
                if pause <= 0:
                    mine = [r for r in self._requests if r.key == request.key][:MOST_MODELS]
                    self._requests = [r for r in self._requests if r not in mine]
                    self._busy = True
                    for each in mine:
                        each.taken = True
                    return mine
                self._changed.wait(pause)
        except BaseException:  # Ctrl-C: no one must launch what nobody waits for
            if request in self._requests:
                self._requests.remove(request)
            while request.taken and not request.done:
                self._changed.wait(0.1)
            raise
        return None

    def _pause(self, request):
        """Return how long to wait for further requests, or for the device."""
        if request.taken or self._busy:
            return 0.1
        if len(self._requests) >= self._fits:
            return 0.0
        return SECONDS_TO_WAIT - (time.perf_counter() - request.since)

    def _launch(self, requests):
        error = interrupt = None
        try:
            if self._table is None:
                self._table = self.device.table(MOST_MODELS)
            models = [request.model for request in requests]
            self.launches = [*self.launches[-999:], len(models)]
            launch_training(self.device, requests[0].kernels, models, self._table)
        except KeyboardInterrupt as raised:  # is for this fit alone; the others go on
            interrupt = raised
            self.device.wait()
        except Exception as raised:
            error = raised
        with self._changed:
            self._busy = False
            for request in requests:
                request.done, request.error = True, error
            self._changed.notify_all()
        if interrupt is not None:
            raise interrupt

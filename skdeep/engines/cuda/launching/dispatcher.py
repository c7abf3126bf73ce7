"""Launches: fits that wait at the same time are trained together, by one grid.

Every fit runs in a thread of its own, and each of its calls asks for one launch. When the device is
idle, one of those who wait takes all requests that go together, launches one grid with a block for
each, and wakes the others, which sleep without the GIL. So the fits of a grid search or of a
cross-validation under threads train side by side, however much they differ in width, learning rate,
penalty, seed or data, as long as their kernels are the same.

A block takes as long beside a hundred others as alone, so that a launch of half of the fits costs
as much as one of all. The device therefore waits for the fits that are on their way back from the
last launch, as long as they keep coming; and launches are long beside that wait.
"""

import threading
import time
from collections import Counter

from skdeep.engines import signals
from skdeep.engines.cuda.launching.launch import launch_training

#: A launch waits for others that train as long as they keep coming, of which there is no sign when
#: nobody has come for so many seconds and that share of what the launch will take.
SECONDS_OF_QUIET, SHARE_OF_QUIET = 0.002, 0.1
#: Most of such a wait, in seconds and as a share of the launch, whichever is longer: those left out
#: would need another one.
SECONDS_TO_WAIT, SHARE_TO_WAIT = 0.25, 1.0
#: How long a launch is to take: at least, so that Python is re-entered about this often, and at
#: most, for Ctrl-C. In between, so many times what the device waits between two launches.
SECONDS_PER_LAUNCH, MOST_SECONDS_PER_LAUNCH = 0.08, 0.5
LAUNCHES_PER_WAIT = 4.0
#: Most models of a launch.
MOST_MODELS = 4096
#: A fit looks so often whether there is a result, should nobody have woken it.
SECONDS_OF_SLEEP = 1.0
#: Launches that are remembered.
MOST_REMEMBERED = 1000


class _Request:
    """What one fit asks for.

    Attributes
    ----------
    seconds : float
        How long the model will train.
    event : threading.Event
        Set when the fit has something to look at: its result, or that it may launch.
    ready : bool
        Whether the fit does nothing else meanwhile, so that it may be the one that launches.
    group : list of _Request
        Those that it launches, from when they are taken until the launch has ended.
    following : _Request or None
        Whom it wakes when it has a result. Were all woken at once, they would do nothing but
        contend for the interpreter.
    """

    def __init__(self, kernels, model, seconds=0.0):
        self.kernels, self.model, self.seconds = kernels, model, seconds
        self.event = threading.Event()
        self.ready = self.taken = self.done = False
        self.group, self.following = [], None
        self.error, self.since = None, time.perf_counter()

    @property
    def key(self):
        """What requests of one launch share."""
        return self.kernels.formulas


def _attempt(job):
    """Do a job of one fit's own, if there is one; return the error, which concerns no other."""
    try:
        if job is not None:
            job()
    except Exception as error:
        return error
    return None


class Dispatcher:
    """Launches what the fits of a device ask for.

    Parameters
    ----------
    device : Device

    Attributes
    ----------
    launches, seconds : list
        Models of the last launches, and how long each took, for those who want to know.
    rates : dict
        Operations in a second that a model has reached last, by its kernels.
    """

    def __init__(self, device):
        self.device, self.launches, self.seconds, self.rates = device, [], [], {}
        # Fits may end while this thread has it: whenever the interpreter collects garbage.
        self._lock = threading.RLock()
        # Requests and fits, by what those of one launch share.
        self._waiting, self._fits = {}, Counter()
        self._busy, self._leader, self._table = False, None, None
        self._free_since = self._last_arrival = time.perf_counter()
        #: Seconds that the device waits between two launches.
        self._wait = 0.0

    def enter(self, formulas):
        """Say that a fit has begun, which will ask for launches of kernels of some formulas."""
        with self._lock:
            self._fits[formulas] += 1

    def leave(self, formulas):
        """Say that a fit has ended."""
        with self._lock:
            self._fits[formulas] -= 1
            self._appoint()
            if self._leader is not None:
                self._leader.event.set()  # it may have nobody left to wait for

    def seconds_per_model(self, formulas, most=False):
        """Return how long a model is to train in a launch.

        Parameters
        ----------
        formulas : Formulas
        most : bool, default=False
            Whether to return the longest that it may.
        """
        wanted = max(LAUNCHES_PER_WAIT * self._wait, SECONDS_PER_LAUNCH)
        seconds = MOST_SECONDS_PER_LAUNCH if most else min(wanted, MOST_SECONDS_PER_LAUNCH)
        # A multiprocessor has registers for one block: others take their turn.
        return seconds / max(1, -(-self._fits[formulas] // self.device.processors))

    def run(self, kernels, model, seconds=0.0, meanwhile=None):
        """Train a model for the batches that its plan says, along with others.

        Parameters
        ----------
        kernels : Kernels
        model : Model
        seconds : float, default=0.0
            How long that is expected to take.
        meanwhile : callable or None, default=None
            What the fit has to do while it trains or waits.
        """
        request = _Request(kernels, model, seconds)
        try:
            if not self._ask(request):
                if meanwhile is not None:
                    meanwhile()
                    meanwhile = None
                self._wait_for_turn(request)
            if request.group:
                self._launch(request, meanwhile)
        except BaseException:
            self._withdraw(request)
            raise
        finally:
            if request.following is not None:
                request.following.event.set()
        if request.error is not None:
            raise request.error

    def _ask(self, request):
        """Add a request; return whether there is nobody to wait for, so that it is to launch."""
        with self._lock:
            self._waiting.setdefault(request.key, []).append(request)
            self._last_arrival = request.since
            if not self._busy and self._pause(request) <= 0:
                self._take(request)
            return bool(request.group)

    def _wait_for_turn(self, request):
        """Wait until the request is done, or its turn to launch has come."""
        with self._lock:
            request.ready = True
            self._appoint()
        while True:
            with self._lock:
                request.event.clear()
                pause = SECONDS_OF_SLEEP
                if self._leader is request:
                    pause = self._pause(request)
                    if pause <= 0:
                        self._take(request)
                if request.done or request.group:
                    return
            request.event.wait(pause)
            signals.deliver()

    def _is_complete(self, key):
        """Return whether there is a request of every fit."""
        waiting = len(self._waiting.get(key, ()))
        return 0 < waiting and waiting >= min(self._fits[key], MOST_MODELS)

    def _appoint(self):
        """Choose who launches next: the first of all, but those first who wait for nobody."""
        if self._busy or not self._waiting:
            return
        first = [next((r for r in group if r.ready), None) for group in self._waiting.values()]
        ready = sorted(filter(None, first), key=lambda r: (not self._is_complete(r.key), r.since))
        if ready and ready[0] is not self._leader:
            self._leader = ready[0]
            self._leader.event.set()

    def _pause(self, request):
        """Return how long to wait for further requests; 0 or less if for none."""
        if self._is_complete(request.key):
            return 0.0
        group = self._waiting[request.key]
        seconds = max(each.seconds for each in group)
        end = max(self._free_since, group[0].since)
        quiet = max(self._free_since, self._last_arrival)
        end += max(SECONDS_TO_WAIT, SHARE_TO_WAIT * seconds)
        quiet += max(SECONDS_OF_QUIET, SHARE_OF_QUIET * seconds)
        return min(end, quiet) - time.perf_counter()

    def _take(self, request):
        """Take the requests that go together with one, which is to launch them."""
        waiting = self._waiting.pop(request.key)
        waiting.remove(request)
        request.group, rest = [request, *waiting[: MOST_MODELS - 1]], waiting[MOST_MODELS - 1 :]
        if rest:
            self._waiting[request.key] = rest
        for each in request.group:
            each.taken = True
        self._busy, self._leader = True, None
        self._note_wait(request)

    def _note_wait(self, request):
        """Take note of how long the device has waited, or would have waited for all fits."""
        group = request.group
        first = max(self._free_since, min(each.since for each in group))
        share = min(1.0, len(group) / max(1, self._fits[request.key]))
        waited = (time.perf_counter() - first) / share
        self._wait = max(waited, 0.5 * (self._wait + waited))

    def _launch(self, request, meanwhile):
        """Launch the group of a request, and wait for the end."""
        error, own, start = None, None, time.perf_counter()
        try:
            if self._table is None:
                self._table = self.device.table(2 * MOST_MODELS)
            models = [each.model for each in request.group]
            launch_training(self.device, request.kernels, models, self._table)
            own = _attempt(meanwhile)
            self.device.wait()
        except KeyboardInterrupt:  # is for this fit alone; the others go on
            self.device.wait()
            raise
        except Exception as raised:
            error = raised
        finally:
            self._end(request, time.perf_counter() - start, error)
        if own is not None:
            raise own

    def _end(self, request, seconds, error=None):
        """Let the fits of a launch go on, of which the first wakes the others."""
        with self._lock:
            self.launches = [*self.launches[1 - MOST_REMEMBERED :], len(request.group)]
            self.seconds = [*self.seconds[1 - MOST_REMEMBERED :], seconds]
            self._busy, self._free_since = False, time.perf_counter()
            group, request.group = request.group, []
            for each, following in zip(group, [*group[1:], None], strict=True):
                each.done, each.error, each.following = True, error, following
            self._appoint()

    def _withdraw(self, request):
        """After Ctrl-C: no one must launch what nobody waits for."""
        if request.group:  # was not launched: the others ask again
            self._end(request, 0.0)
        with self._lock:
            waiting = self._waiting.get(request.key, [])
            if request in waiting:
                waiting.remove(request)
                if not waiting:
                    del self._waiting[request.key]
            if self._leader is request:
                self._leader = None
            self._appoint()
        while request.taken and not request.done:
            time.sleep(0.001)

"""Launches: fits that wait at the same time are trained together, by one grid.

Every fit runs in a thread of its own, and each of its calls asks for one launch. One of those who
wait takes all requests that go together, launches one grid with a block for each, and wakes the
others, which sleep without the GIL. So the fits of a grid search or of a cross-validation under
threads train side by side, however much they differ in width, learning rate, penalty, seed or data,
as long as their kernels are the same.

Launches train side by side, too, as long as the device has a multiprocessor for each of their
blocks: fits that come late, or that need other kernels, do not wait for those that train. The
number of launches is limited, so one waits for other fits for a part of the time that it will take,
as long as they keep coming; and launches are long beside that wait. Where blocks would have to wait
for one another on the device, requests wait here, and go together when it has room.
"""

import threading
import time
from collections import Counter

from skdeep.engines import signals
from skdeep.engines.cuda.launching.launch import launch_training

#: A launch waits for others that train as long as they keep coming, of which there is no sign when
#: nobody has come for so many seconds and that share of what the launch will take.
SECONDS_OF_QUIET, SHARE_OF_QUIET = 0.002, 0.1
#: Most launches at a time. A device has eight queues for streams, unless the environment says
#: otherwise: two are left for the default stream and for predictions.
MOST_LAUNCHES = 6
#: Most of such a wait, and of one for the time between two launches, in seconds and as a share of
#: the launch, whichever is longer.
SECONDS_TO_WAIT, SHARE_TO_WAIT = 0.02, 1 / MOST_LAUNCHES
#: Between the beginnings of two launches, as a share of the second: there would soon be as many as
#: there may be, with a model or two each.
SHARE_BETWEEN = 0.5 / MOST_LAUNCHES
#: How long a launch is to take: at least, so that Python is re-entered about this often, and at
#: most, for Ctrl-C. In between, so many times what it takes until all fits have asked for one.
SECONDS_PER_LAUNCH, MOST_SECONDS_PER_LAUNCH = 0.08, 0.5
LAUNCHES_PER_WAIT = 4.0
#: By how much models of a launch may train longer than others, as a share of what these train, if
#: that is more than the wait above: all go on when the last one has ended.
MOST_EXCESS = 1.0
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
    kind : hashable
        What the models of a launch have in common beside their formulas.
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

    def __init__(self, kernels, model, seconds=0.0, kind=None):
        self.kernels, self.model, self.seconds, self.kind = kernels, model, seconds, kind
        self.event = threading.Event()
        self.ready = self.taken = self.done = False
        self.group, self.following = [], None
        self.error, self.since = None, time.perf_counter()

    @property
    def key(self):
        """What requests of one launch share."""
        return self.kernels.formulas

    def is_like(self, other):
        """Return whether another model is of this kind and trains for about as long."""
        return self.kind == other.kind and _are_alike(*sorted((self.seconds, other.seconds)))


def _are_alike(least, most):
    """Return whether models that train for so many seconds at least and at most go together."""
    return most - least <= max(SECONDS_TO_WAIT, MOST_EXCESS * least)


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
    launches : list of int
        Models of the last launches, in the order in which they ended, for those who want to know.
    spans : list of tuple of float
        When each of them began and ended, by `time.perf_counter`.
    rates : dict
        Operations in a second that a model has reached last, by its kernels.
    """

    def __init__(self, device):
        self.device, self.launches, self.spans, self.rates = device, [], [], {}
        # Fits may end while this thread has it: whenever the interpreter collects garbage.
        self._lock = threading.RLock()
        # Requests and fits, by what those of one launch share.
        self._waiting, self._fits = {}, Counter()
        # Models that train, likewise, and launches; what launches have used, for those to come.
        self._training, self._n_launches, self._slots = Counter(), 0, []
        # Since when there has been room, and when a launch has begun last.
        self._leader, self._room_since, self._begun = None, time.perf_counter(), 0.0
        #: Seconds that the host needs until all fits have asked for a launch.
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

    def run(self, kernels, model, seconds=0.0, meanwhile=None, kind=None):
        """Train a model for the batches that its plan says, along with others.

        Parameters
        ----------
        kernels : Kernels
        model : Model
        seconds : float, default=0.0
            How long that is expected to take.
        meanwhile : callable or None, default=None
            What the fit has to do while it trains or waits.
        kind : hashable, default=None
            Models that differ in it are launched apart.
        """
        request = _Request(kernels, model, seconds, kind)
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
            if not self._is_behind(request) and self._pause(request) <= 0:
                self._take(request)
            elif self._leader is not None and self._is_complete(self._leader.key):
                self._leader.event.set()  # it need not wait for more
            return bool(request.group)

    def _is_behind(self, request):
        """Return whether a request would take multiprocessors that the next to launch needs."""
        leader = self._leader
        if leader is None or (leader.key == request.key and request.is_like(leader)):
            return False
        free = self.device.processors - self._training.total()
        return free < sum(map(len, self._waiting.values()))

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

    def _room(self):
        """Return how many models may be launched now: a multiprocessor has room for one."""
        if self._n_launches == 0:
            return MOST_MODELS
        free = self.device.processors - self._training.total()
        return free if self._n_launches < MOST_LAUNCHES else 0

    def _is_complete(self, key):
        """Return whether there is a request of every fit that does not train."""
        waiting = len(self._waiting.get(key, ()))
        awaited = self._fits[key] - self._training[key]
        return 0 < waiting and waiting >= min(awaited, MOST_MODELS)

    def _appoint(self):
        """Choose who launches next: the first of all, but those first who wait for nobody.

        Who has waited for as long as a launch may take is no longer passed by these.
        """
        if self._room() <= 0 or not self._waiting:
            return
        first = [next((r for r in group if r.ready), None) for group in self._waiting.values()]
        late = time.perf_counter() - MOST_SECONDS_PER_LAUNCH

        def place(request):
            return request.since > late and not self._is_complete(request.key), request.since

        leader = min(filter(None, first), key=place, default=None)
        if leader is not None and leader is not self._leader:
            self._leader = leader
            leader.event.set()

    def _pause(self, request):
        """Return how long to wait for room or further requests; 0 or less if for none."""
        if self._room() <= 0:
            return SECONDS_OF_SLEEP
        group = [each for each in self._waiting[request.key] if request.is_like(each)]
        seconds, since = request.seconds, max(self._room_since, group[0].since)
        until = since
        if self._n_launches > 0:
            until = self._begun + SHARE_BETWEEN * seconds
        if not self._is_complete(request.key):
            quiet = max(self._room_since, group[-1].since)
            until = max(until, quiet + max(SECONDS_OF_QUIET, SHARE_OF_QUIET * seconds))
        most = since + max(SECONDS_TO_WAIT, SHARE_TO_WAIT * seconds)
        return min(until, most) - time.perf_counter()

    def _take(self, request):
        """Take the requests that go together with one, which is to launch them."""
        group, rest = self._part(request)
        self._note_wait(request, group)
        if rest:
            self._waiting[request.key] = rest
        else:
            del self._waiting[request.key]
        self._training[request.key] += len(group)
        self._n_launches, self._leader = self._n_launches + 1, None
        self._begun = time.perf_counter()
        for each in group:
            each.taken = True
        request.group = group
        self._appoint()

    def _part(self, request):
        """Return the requests that go together with one, itself first, and the rest of its key.

        They are of one kind, and are added in the order of coming, as long as all of them train
        for about as long.
        """
        most, group, rest = min(self._room(), MOST_MODELS), [request], []
        shortest = longest = request.seconds
        for each in self._waiting[request.key]:
            if each is request:
                continue
            bounds = min(shortest, each.seconds), max(longest, each.seconds)
            if len(group) < most and each.kind == request.kind and _are_alike(*bounds):
                group.append(each)
                shortest, longest = bounds
            else:
                rest.append(each)
        return group, rest

    def _note_wait(self, request, group):
        """Take note of how long the host needs for all fits, by when those of a group have come."""
        times, n_fits = [each.since for each in group], self._fits[request.key]
        if len(times) == 1 and n_fits > 1:
            return  # which tells nothing
        waited = (max(times) - min(times)) / max(1, len(times) - 1) * n_fits
        self._wait = max(waited, 0.5 * (self._wait + waited))

    def _launch(self, request, meanwhile):
        """Launch the group of a request, and wait for the end."""
        error, own, slot, start = None, None, None, time.perf_counter()
        try:
            with self._lock:
                slot = self._slots.pop() if self._slots else None
            slot = self.device.slot(2 * MOST_MODELS) if slot is None else slot
            models = [each.model for each in request.group]
            launch_training(self.device, request.kernels, models, slot)
            own = _attempt(meanwhile)
        except Exception as raised:
            error = raised
        finally:  # Ctrl-C is for this fit alone: the others go on
            try:
                of_training = self._finish(slot)
                error = error or of_training
            except Exception as raised:  # of a wait that Ctrl-C had interrupted
                error = error or raised
                raise
            finally:
                self._end(request, (start, time.perf_counter()), error)
        if own is not None:
            raise own

    def _finish(self, slot):
        """Wait for the end of a launch, and keep its slot for another; return an error or None."""
        if slot is None:
            return None
        try:
            error = _attempt(slot.wait)
        except BaseException:  # as Ctrl-C: nobody may touch what is trained before
            slot.wait()
            self._slots.append(slot)
            raise
        if error is None:
            self._slots.append(slot)
        return error

    def _end(self, request, span=None, error=None):
        """Let the fits of a launch go on, of which the first wakes the others."""
        with self._lock:
            group, request.group = request.group, []
            if span is not None:
                self.launches = [*self.launches[1 - MOST_REMEMBERED :], len(group)]
                self.spans = [*self.spans[1 - MOST_REMEMBERED :], span]
            if self._room() <= 0:
                self._room_since = time.perf_counter()
            self._training[request.key] -= len(group)
            self._n_launches -= 1
            for each, following in zip(group, [*group[1:], None], strict=True):
                each.done, each.error, each.following = True, error, following
            self._appoint()
            if self._leader is not None:
                self._leader.event.set()  # there is room, or one less to wait for

    def _withdraw(self, request):
        """After Ctrl-C: no one must launch what nobody waits for."""
        if request.group:  # was not launched: the others ask again
            self._end(request)
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

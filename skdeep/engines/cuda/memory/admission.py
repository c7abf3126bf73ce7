"""Admission to the device's memory, so that fits in many threads do not count on the same room.

A fit is promised its share before it takes it: of what is free, less what has been promised to
others. A fit for whose data there is no room waits for others to end; where none of them is at
work, its data are copied chunk by chunk. Nobody waits who has memory already, as a fit that
validates: others may be waiting for that.

To ask the driver how much is free takes as long as a small fit's copies, and fits would queue for
it. What it has said is therefore used by those who want a small part of it, less what has been
promised since: for a second, or for up to ten if one of them is asking again.
"""

import contextlib
import gc
import threading
import time
import weakref

from skdeep.engines import signals
from skdeep.engines.cuda.memory.slabs import SLAB_BYTES

#: Share of the free memory that the data of a fit or a prediction may take.
SHARE_OF_MEMORY = 0.5
#: Data larger than that share of all memory begin with chunks of at least this part of it.
PART_OF_SHARE = 1 / 8
#: What the driver has said of the free memory is used by those who want no more than that part of
#: it, and no more bytes than that: slabs that they are the first in take up to eight times as much.
PART_OF_SPARE, BYTES_OF_SPARE = 1 / 32, SLAB_BYTES // 8
#: Seconds until one of them asks the driver again.
SECONDS_OF_SPARE = 1.0
#: Seconds after which nobody uses what it has said.
MOST_SECONDS_OF_SPARE = 10.0
#: Seconds between two looks at the free memory.
SECONDS_BETWEEN_LOOKS = 0.02
#: A fit that has not worked for so long keeps nobody waiting.
SECONDS_OF_PATIENCE = 60.0


class Ticket:
    """What a fit or a prediction is known by.

    Attributes
    ----------
    thread : int
        In which it was made.
    """

    def __init__(self):
        self.thread, self._working, self._since = threading.get_ident(), 0, time.monotonic()

    @contextlib.contextmanager
    def at_work(self):
        """Take note that the fit is at work."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._since = time.monotonic()

    def is_awaited(self):
        """Return whether others may expect that the fit ends, or goes on, before long."""
        return self._working > 0 or time.monotonic() - self._since < SECONDS_OF_PATIENCE


class Admission:
    """Promises memory of a device.

    Parameters
    ----------
    device : Device
        ``free_bytes()`` and ``total_bytes()`` say what it has.
    """

    def __init__(self, device):
        # Bytes that are promised and may not have been taken, and all that ever have been promised.
        self.device, self._promised, self._given = device, 0, 0
        # What was free when the driver was asked, less what has been promised; and when that was.
        self._spare, self._asked, self._is_asking = 0, -MOST_SECONDS_OF_SPARE, False
        self._is_short = False
        self._tickets = weakref.WeakSet()
        self._lock, self._turn = threading.Lock(), threading.Lock()

    @contextlib.contextmanager
    def room_for(self, ticket, fixed, data, least=None):
        """Promise memory while it is being taken; wait for it if that helps.

        The promise ends with the block, whether it succeeds or fails: what has been taken until
        then is no longer free, and what has not is for others.

        Parameters
        ----------
        ticket : Ticket
            Keeps others waiting as long as it lives and is at work.
        fixed : int
            Bytes that are taken in any case.
        data : int
            Bytes of the data.
        least : int or None, default=None
            Bytes for the data that are enough to begin with; None for all that there can be.

        Yields
        ------
        granted : int
            Bytes for the data: all of `data`, or of a part that is copied at a time.
        """
        granted = self._promise_of_spare(ticket, fixed, data)
        if granted is None:
            granted = self._promise_by_asking(ticket, fixed, data, least)
        try:
            yield granted
        finally:
            with self._lock:
                self._promised -= fixed + granted

    def free_bytes(self):
        """Return how much is free and not promised, as the driver has said in the last second."""
        with self._lock:
            if time.monotonic() - self._asked <= SECONDS_OF_SPARE:
                return self._spare
        return self.device.free_bytes() - self._promised

    def _promise_by_asking(self, ticket, fixed, data, least):
        """Promise memory by what the driver says is free; wait for it if that helps."""
        try:
            if self._has_memory(ticket.thread):
                return self._promise(ticket, fixed, data, 0)
            if least is not None:  # what soon ends does not queue behind fits
                granted = self._promise(ticket, fixed, data, min(data, least))
                if granted is not None:
                    return granted
            with signals.held(self._turn):  # in the order of coming: nobody is passed by others
                return self._wait(ticket, fixed, data, least)
        except BaseException:
            self._is_asking = False
            raise

    def _promise_of_spare(self, ticket, fixed, data, in_turn=False):
        """Promise all that is wanted, if that is a small part of what was free; None if not."""
        with self._lock:
            age = time.monotonic() - self._asked
            usable = age <= (SECONDS_OF_SPARE if in_turn else MOST_SECONDS_OF_SPARE)
            most = min(PART_OF_SPARE * self._spare, BYTES_OF_SPARE)
            if not usable or fixed + data > most:
                return None
            if self._is_short and not in_turn:
                return None
            if age > SECONDS_OF_SPARE and not self._is_asking:
                self._is_asking = True
                return None
            return self._note(ticket, fixed, data)

    def _wait(self, ticket, fixed, data, least):
        granted = self._promise_of_spare(ticket, fixed, data, in_turn=True)
        if granted is not None:
            return granted
        share = SHARE_OF_MEMORY * self.device.total_bytes()
        wanted = data if data <= share else min(data, PART_OF_SHARE * share)
        wanted = wanted if least is None else min(wanted, least)
        granted = self._promise(ticket, fixed, data, wanted)
        if granted is None:
            gc.collect()  # fits that have ended may be in cycles
        self._is_short = granted is None
        try:
            while granted is None:
                wanted = wanted if self._is_anyone_awaited() else 0
                granted = self._promise(ticket, fixed, data, wanted)
                if granted is None:
                    time.sleep(SECONDS_BETWEEN_LOOKS)
                    signals.deliver()
        finally:
            self._is_short = False
        return granted

    def _promise(self, ticket, fixed, data, wanted):
        """Promise what there is for the data, or nothing, None, if that is less than is wanted."""
        with self._lock:
            before, promised = self._given, self._promised
        free = self.device.free_bytes() - promised  # others get promises meanwhile
        with self._lock:
            self._spare = free = free - (self._given - before)
            self._asked, self._is_asking = time.monotonic(), False
            room = max(0, int(min(SHARE_OF_MEMORY * free, free - fixed)))
            return None if room < wanted else self._note(ticket, fixed, min(data, room))

    def _note(self, ticket, fixed, granted):
        """Take note of a promise; return the bytes for the data."""
        self._promised += fixed + granted
        self._given += fixed + granted
        self._spare -= fixed + granted
        self._tickets.add(ticket)
        return granted

    def _has_memory(self, thread):
        with self._lock:
            return any(ticket.thread == thread for ticket in self._tickets)

    def _is_anyone_awaited(self):
        with self._lock:
            return any(ticket.is_awaited() for ticket in self._tickets)

"""Whether other processes or threads want the cores on which a team works."""

import time


class Crowding:
    """Notices when others want the cores, where a team would mostly wait for its members.

    On crowded cores the calling thread gets less processor time than time passes. Then work goes
    on alone for a while, which changes no result.
    """

    #: Share of the time that the calling thread should run, and that every member's core should
    #: be used by this process.
    SHARE = 0.7
    #: Calls too short to tell, in seconds.
    SHORT = 0.002
    #: How long to work alone, in seconds: at first, and at most where other processes have the
    #: cores.
    FIRST_PAUSE, LONGEST_PAUSE = 0.05, 8.0
    #: At most, in seconds, where threads of this process have them. Most are threads of BLAS and
    #: OpenMP, which spin for up to 0.1 s after their last call.
    LONGEST_PAUSE_OF_OWN = 0.2

    def __init__(self):
        self.pause = self.FIRST_PAUSE
        self.alone_until = 0.0

    def alone(self):
        """Whether to do without helpers for now."""
        return time.perf_counter() < self.alone_until

    def observe(self, members, seconds, thread_seconds, process_seconds):
        """Take note of a call of a team whose members wait for each other.

        Parameters
        ----------
        members : int
        seconds : float
            That the call took.
        thread_seconds, process_seconds : float
            Processor time of the calling thread, and of all threads of this process.
        """
        if seconds < self.SHORT:
            return
        if thread_seconds >= self.SHARE * seconds:
            self.pause = self.FIRST_PAUSE
            return
        own = process_seconds >= self.SHARE * members * seconds
        longest = self.LONGEST_PAUSE_OF_OWN if own else self.LONGEST_PAUSE
        self.pause = min(self.pause, longest)
        self.alone_until = time.perf_counter() + self.pause
        self.pause = min(2 * self.pause, longest)

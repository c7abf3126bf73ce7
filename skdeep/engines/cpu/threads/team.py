"""A team of threads inside one compiled call.

Python threads of a pool enter the same compiled function, without the GIL, each with its member
number; inside, they meet at barriers, or take one piece of work after another until none is left.
The team needs no OpenMP, TBB or workqueue: nothing to
abort in forked children or when several Python threads fit at once, one compiled function for
any number of members, and a barrier costs a fraction of a microsecond.

All fits of the process share one budget of cores. A fit asks for helpers at every call and takes
what is free, which it may: results do not depend on the number of members.
"""

import concurrent.futures
import functools
import os
import sys
import threading
import time
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numba
import numpy as np
from llvmlite import ir
from numba import config
from numba.core import types
from numba.extending import intrinsic

from skdeep.engines import signals
from skdeep.engines.compilation import no_thread
from skdeep.engines.cpu.compiling import jit
from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.threads import member_phases
from skdeep.engines.cpu.threads.crowding import Crowding

#: Places in the array that a team shares, a cache line apart.
ARRIVED, GENERATION, GATE, MEMBERS, PATIENCE, TAKEN = 0, 8, 16, 24, 32, 40
SHARED_SIZE = 48
#: Looks at a barrier, of about a nanosecond each, before a waiting thread offers its core: rarely
#: while every member has a core, since one that is offered is gone for milliseconds, and soon where
#: members have to share cores.
LONG_PATIENCE, SHORT_PATIENCE = 100_000, 1_000


def _pointer(context, builder, kind, array, index):
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def _atomic_add(typingctx, array, index, value):
    def codegen(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], *arguments[:2])
        return builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), codegen


@intrinsic
def _atomic_load(typingctx, array, index):
    def codegen(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(pointer, "seq_cst", 8)

    return types.int64(array, types.intp), codegen


@intrinsic
def _atomic_store(typingctx, array, index, value):
    def codegen(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store_atomic(arguments[2], pointer, "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), codegen


@intrinsic
def _give_way(typingctx):
    """Let the operating system run another thread on this core."""

    def codegen(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(32), [])
        module = builder.module
        name = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
        function = module.globals.get(name) or ir.Function(module, kind, name)
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), codegen


@device
def _wait_while(shared, place, value):
    looks = 0
    while _atomic_load(shared, place) == value:
        looks += 1
        if looks > shared[PATIENCE]:
            _give_way()


@device
def join(shared, member):
    """Join the team: the first act of a kernel.

    Parameters
    ----------
    shared : array of int64
        What the team shares.
    member : int
        0 for the thread that called, which opens the gate for the others.

    Returns
    -------
    members : int
        How many are in the team; 0 where the call was given up before it began, or went on without
        this member, which could not be started in time.
    """
    if member == 0:
        if shared[MEMBERS] > 1:
            _atomic_store(shared, GATE, shared[MEMBERS])
        return shared[MEMBERS]
    _wait_while(shared, GATE, 0)
    members = _atomic_load(shared, GATE)
    return members if member < members else 0


@device
def barrier(shared, members):
    """Wait until all members have arrived; what they wrote before is visible to all afterwards."""
    if members > 1:
        generation = _atomic_load(shared, GENERATION)
        if _atomic_add(shared, ARRIVED, 1) == members - 1:
            _atomic_store(shared, ARRIVED, 0)
            _atomic_add(shared, GENERATION, 1)
        else:
            _wait_while(shared, GENERATION, generation)


@device
def take(shared, members):
    """Take the next piece of work, for kernels whose pieces are for whoever has time for them.

    Parameters
    ----------
    shared : array of int64
        What the team shares.
    members : int

    Returns
    -------
    piece : int
        0, 1, 2 and so on; nobody else has taken it.
    """
    if members > 1:
        return _atomic_add(shared, TAKEN, 1)
    shared[TAKEN] += 1
    return shared[TAKEN] - 1


class _Share:
    """The cores that a thread uses for itself and its helpers."""

    def __init__(self):
        self.cores = 0


class _Cores:
    """The cores that the teams of this process may use beside the threads that called them."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Start anew: after a fork, no thread of the parent is alive."""
        self.lock = threading.Lock()
        self.local = threading.local()
        self.shares = weakref.WeakSet()  # of the threads that have called, as long as they live
        self.pool = None
        self.pool_size = 0

    @property
    def busy(self):
        """How many cores are used."""
        return sum(share.cores for share in self.shares)

    def _share(self):
        """Return the share of this thread. To be called with the lock."""
        share = getattr(self.local, "share", None)
        if share is None:
            share = _Share()
            self.shares.add(share)
            self.local.share = share
        return share

    def take(self, wanted, limit):
        """Enter with one core for the caller, and take up to ``wanted`` helpers that are free."""
        with self.lock:
            share = self._share()
            # A signal handler's exception may have ended the last call before it gave back.
            share.cores = 0
            helpers = max(0, min(wanted, limit - self.busy - 1))
            share.cores = 1 + helpers
            if helpers and self.pool_size < limit - 1:
                # Threads of an outgrown pool end by themselves when their work is done.
                self.pool = ThreadPoolExecutor(limit - 1, thread_name_prefix="skdeep")
                self.pool_size = limit - 1
            return helpers, self.pool

    def retire(self, pool):
        """Use a pool no more; what it has queued is done."""
        pool.shutdown(wait=False)
        with self.lock:
            if pool is self.pool:
                self.pool, self.pool_size = None, 0

    def give_back(self):
        """Leave."""
        with self.lock:
            self._share().cores = 0


_cores = _Cores()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_cores.reset)


_crowding = Crowding()


def available_threads():
    """Return how many threads one fit may use.

    Returns
    -------
    threads : int
        The least of what Numba (``NUMBA_NUM_THREADS``), OpenMP (``OMP_NUM_THREADS``,
        `threadpoolctl.threadpool_limits`) and the process's share of the machine allow.
    """
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

    return max(1, min(config.NUMBA_NUM_THREADS, _openmp_effective_n_threads()))


def prepare(kernel, arguments):
    """Load or compile a kernel before it is run.

    Without this call, the kernel is compiled when it is run. It is called where an exception that a
    signal handler raises during compilation should end the call that is being prepared, instead of
    counting as an interruption of training, and before helpers would wait for the compilation.

    Parameters
    ----------
    kernel : callable
        As in `run`.
    arguments : tuple
    """
    jit.prepare(kernel, (*arguments, np.zeros(SHARED_SIZE, dtype=np.int64), 0))


def _in_python(kernel):
    """Return a kernel that is not compiled, in which words of random bits may wrap around."""
    return np.errstate(over="ignore")(kernel)


def run_alone(kernel, arguments, plan=None):
    """Run a compiled function without a team.

    Parameters
    ----------
    kernel : callable
        As in `run`.
    arguments : tuple
    plan : array of int64, default=None
        Of the task, for a watcher of this thread.
    """
    shared = np.zeros(SHARED_SIZE, dtype=np.int64)
    shared[MEMBERS] = 1
    watcher = member_phases.watcher()
    if numba.config.DISABLE_JIT:
        kernel = _in_python(kernel)
    if watcher is None or plan is None:
        kernel(*arguments, shared, 0)
        return
    watcher.enter(plan, 1)
    try:
        kernel(*arguments, shared, 0)
    finally:
        watcher.leave()


def run(kernel, arguments, members, plan=None, barriers=True):
    """Run a compiled function by a team.

    Parameters
    ----------
    kernel : callable
        Called as ``kernel(*arguments, shared, member)`` by every member; it begins with `join`.
    arguments : tuple
        Shared by all members.
    members : int
        Most members; fewer if other fits of the process, or other processes, keep the cores busy.
    plan : array of int64, default=None
        Of the task, for a watcher of this thread.
    barriers : bool, default=True
        Whether members wait for each other; otherwise each piece of work is for whoever comes to
        `take` it. Then members without a core of their own delay nobody, and there is a team
        however crowded the cores are.
    """
    if numba.config.DISABLE_JIT:
        members, kernel = 1, _in_python(kernel)
    team = _Team(kernel, arguments, members, plan, barriers)
    if members == 1:
        with team as shared:
            kernel(*arguments, shared, 0)
        return
    prepare(kernel, arguments)
    # Within a team, an exception of a signal handler could leave locks of the pool taken.
    with signals.deferred(), team as shared:
        kernel(*arguments, shared, 0)


class _Team:
    """The helpers that take part in a call of a kernel, as a context: its value is what they share.

    Parameters
    ----------
    kernel, arguments, members, plan, barriers
        As of `run`.
    """

    def __init__(self, kernel, arguments, members, plan, barriers):
        self._call, self._members, self._plan = (kernel, *arguments), members, plan
        self._barriers, self._futures = barriers, []
        self._shared = np.zeros(SHARED_SIZE, dtype=np.int64)
        self._watcher = None if plan is None else member_phases.watcher()
        self._helpers, self._before = 0, None

    def __enter__(self):
        wanted = 0 if self._barriers and _crowding.alone() else self._members - 1
        most = max(self._members, available_threads()) if wanted else 1
        self._helpers, pool = _cores.take(wanted, most)
        if self._barriers and self._helpers > 0:
            self._before = _clocks()
        try:
            if self._watcher is not None:
                self._watcher.enter(self._plan, 1 + self._helpers)
            if self._helpers > 0:
                self._call_helpers(pool)
            self._shared[MEMBERS] = 1 + len(self._futures)
        except BaseException:
            self._end()
            raise
        return self._shared

    def _call_helpers(self, pool):
        """Have helpers of a pool call the kernel; they wait until this thread has called it."""
        shared, helpers = self._shared, self._helpers
        every_member_has_a_core = helpers < available_threads()
        shared[PATIENCE] = LONG_PATIENCE if every_member_has_a_core else SHORT_PATIENCE
        calls = [(*self._call, shared, member) for member in range(1, helpers + 1)]
        _submit(pool, calls, self._futures)

    def __exit__(self, kind, error, traceback):
        self._end()
        if kind is None and self._before is not None:
            passed = [end - start for start, end in zip(self._before, _clocks(), strict=True)]
            _crowding.observe(1 + self._helpers, *passed)

    def _end(self):
        """Wait for the helpers, and give back their cores."""
        try:
            # The kernel has not begun, or had no team: no call that is queued is to wait for it,
            # even if no future says that there is one.
            if self._shared[GATE] == 0:
                self._shared[GATE] = -1
            for future in self._futures:
                # Without barriers nobody has waited for a helper that has not come by now.
                if self._barriers or not future.cancel():
                    future.result()
        finally:
            _cores.give_back()
            if self._watcher is not None:
                self._watcher.leave()


def _clocks():
    """Return the time, and the processor time of this thread and of this process, in seconds."""
    return time.perf_counter(), time.thread_time(), time.process_time()


def _submit(pool, calls, futures):
    """Have a pool make calls, as many as there are threads for, and add their futures to a list.

    A pool for which a thread could not be started has queued the call nevertheless, and counts an
    idle thread too many once that is done: it would take calls that wait for one another, but have
    no thread each.
    """
    try:
        for call in calls:
            futures.append(pool.submit(*call))
    except BaseException as error:  # that of a signal handler may come at any place, too
        _cores.retire(pool)
        if not (isinstance(error, RuntimeError) and no_thread(error)):
            raise


def run_each(function, items, workers):
    """Call a function for every item, by this thread and by helpers that are free.

    Parameters
    ----------
    function : callable
        Releases the GIL for most of its time.
    items : list
    workers : int
        Most threads, this one included.

    Returns
    -------
    results : list
        In the order of the items.
    """
    waiting, results = deque(enumerate(items)), [None] * len(items)
    work = functools.partial(_work, function, waiting, results)
    with signals.deferred(), _helped(work, waiting, min(workers, len(items)) - 1, workers):
        work()
    return results


def _work(function, waiting, results):
    """Call a function for every item that still waits."""
    while True:
        try:
            place, item = waiting.popleft()
        except IndexError:
            return
        results[place] = function(item)


@contextmanager
def _helped(work, waiting, wanted, workers):
    """Have up to `wanted` helpers do the same work as this thread; in the end, wait for them."""
    wanted = 0 if numba.config.DISABLE_JIT else wanted
    helpers, pool = _cores.take(wanted, max(workers, available_threads()))
    futures = []
    try:
        _submit(pool, helpers * [(work,)], futures)
        yield
    finally:
        waiting.clear()  # after an exception, the helpers finish what they are at
        try:
            for future in futures:
                while not future.done():
                    concurrent.futures.wait([future], signals.INTERVAL)
                    signals.deliver()
                future.result()
        finally:
            _cores.give_back()

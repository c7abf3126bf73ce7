"""What is made once, also where several threads ask for it at the same time.

`functools.cache` and `functools.cached_property` let every thread that comes before the first
result compute one of its own. Kernels must be the same objects for all threads, and a library has
one handle per device.
"""

import functools
import os
import threading
import weakref


class _Guard:
    """A lock, which nobody has in a forked process: a thread of the parent does not go on there."""

    _all = weakref.WeakSet()

    def __init__(self):
        self.lock = threading.RLock()
        self._all.add(self)

    @classmethod
    def after_fork(cls):
        """Make all locks anew."""
        for guard in cls._all:
            guard.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Guard.after_fork)


def once(function):
    """Keep the results of a function; of threads that call it at the same time, one computes.

    Parameters
    ----------
    function : callable
        Of hashable arguments. What it raises is not kept.

    Returns
    -------
    function : callable
    """
    results, guard = {}, _Guard()

    @functools.wraps(function)
    def wrapped(*arguments):
        if arguments not in results:
            with guard.lock:
                if arguments not in results:
                    results[arguments] = function(*arguments)
        return results[arguments]

    return wrapped


class once_property:
    """A property that is computed once for an object, whatever the threads; it can be assigned.

    Parameters
    ----------
    function : callable
        ``function(self)``.
    """

    def __init__(self, function):
        self.function, self.__doc__ = function, function.__doc__
        self._lock = threading.RLock()

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        """Return the value, which replaces this property in the object."""
        if instance is None:
            return self
        with self._lock:
            if self.name not in vars(instance):
                vars(instance)[self.name] = self.function(instance)
            return vars(instance)[self.name]

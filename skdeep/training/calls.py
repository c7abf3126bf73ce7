"""Training as a sequence of calls: one function makes them, another one decides on them.

The calls of the engine take nearly all of the time of a fit. What decides on them is written as a
generator: it yields one call after the other, each a function without arguments, and receives what
the call has returned, or the exception that it has raised. While a call runs the generator is
suspended, so that a traceback or a profile of the compiled code shows the few functions that lead
there, and not those that have chosen the call.
"""

import functools


def making_calls(generator_function):
    """Return a function that makes the calls which a generator yields.

    Parameters
    ----------
    generator_function : callable
        Returns a generator that yields functions without arguments. The value of ``yield`` is what
        the function has returned; an exception of the function is raised at the ``yield``. A
        `StopIteration` of it, or of the generator, becomes a `RuntimeError`, as generators have it.

    Returns
    -------
    function : callable
        Takes the same arguments, and returns what the generator returns.

    Examples
    --------
    >>> from skdeep.training.calls import making_calls
    >>> @making_calls
    ... def larger(first, second):
    ...     a = yield first
    ...     b = yield second
    ...     return max(a, b)
    >>> larger(lambda: 1, lambda: 2)
    2
    """

    @functools.wraps(generator_function)
    def make_calls(*arguments, **keywords):
        calls = generator_function(*arguments, **keywords)
        answer = error = None
        while True:
            try:
                call = calls.send(answer) if error is None else calls.throw(error)
            except StopIteration as end:
                return end.value
            finally:
                # An exception refers to this function by its traceback, and would keep it alive.
                answer = error = None
            try:
                answer = call()
            except BaseException as raised:
                error = raised

    return make_calls

"""Generators of calls: answers, exceptions and what is left behind."""

import gc
import inspect
import weakref

import pytest

from skdeep.training.calls import making_calls


@making_calls
def total(calls, *, first=0):
    """Return the sum of what calls return."""
    found = first
    for call in calls:
        found += yield call
    return found


@making_calls
def careful(call, closed):
    """Return what a call returns, or the exception that it raises."""
    try:
        return (yield call)
    except (ValueError, KeyboardInterrupt) as error:
        return error
    finally:
        closed.append(True)


def test_answers():
    assert total([]) == 0
    assert total([lambda: 1, lambda: 2], first=10) == 13
    assert list(inspect.signature(total).parameters) == ["calls", "first"]
    assert total.__doc__.startswith("Return the sum")


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_exceptions_come_to_where_the_call_is_yielded(error):
    def fail():
        raise error

    closed = []
    assert careful(fail, closed) is error and closed == [True]


def test_other_exceptions_come_to_the_caller():
    closed = []
    with pytest.raises(ZeroDivisionError) as caught:
        careful(lambda: 1 // 0, closed)
    assert closed == [True]
    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "<lambda>" and "careful" in names


def test_an_exception_after_a_call_is_not_that_of_the_call():
    """Where one is caught, the generator goes on to further calls."""

    @making_calls
    def twice(call):
        try:
            yield call
        except ZeroDivisionError:
            found = yield lambda: 5
        return found + (yield lambda: 1)

    assert twice(lambda: 1 // 0) == 6


def test_nothing_is_kept_alive():
    """An exception refers to the frames that it has passed through, and they to what they hold."""

    class Data:
        """What a fit holds."""

    def fail():
        raise ValueError("no")

    @making_calls
    def caught(data):
        try:
            yield fail
        except ValueError:
            return None

    gc.disable()
    try:
        data = Data()
        reference = weakref.ref(data)
        caught(data)
        del data
        assert reference() is None
    finally:
        gc.enable()


def test_stop_iteration_of_a_call_and_of_what_decides_is_an_error():
    """It ends no generator, nor a loop of the user's around a fit: it is the cause of an error."""

    def stop():
        raise StopIteration("of a function")

    @making_calls
    def calls(call, decide):
        yield call
        decide()

    for arguments in ((stop, int), (int, stop)):
        with pytest.raises(RuntimeError) as caught:
            calls(*arguments)
        assert isinstance(caught.value.__cause__, StopIteration)

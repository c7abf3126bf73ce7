"""Work memory that one fit leaves to the next: zeroed, bounded, never shared by two."""

import errno
import gc
import os
import threading
import time

import numpy as np
import pytest

from skdeep.engines.cpu.memory import arena

pytestmark = [
    pytest.mark.nojit,
    pytest.mark.skipif(not arena.CAN_BE_KEPT, reason="the system cannot keep memory"),
]

SIZE = arena.LARGE_BYTES // 4


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(arena, "_kept", type(arena._kept)())


def _place(array):
    return array.ctypes.data


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 1000, SIZE, 3 * SIZE + 5])
@pytest.mark.parametrize("workers", [1, 2])
def test_memory_is_zero_and_begins_on_a_cache_line(dtype, size, workers):
    for _ in range(3):  # the second and third time perhaps used before
        array = arena.zeros(size, dtype, workers)
        assert array.shape == (size,) and array.dtype == dtype and _place(array) % 64 == 0
        assert not array.any()
        array[:] = np.nan
        del array


def test_large_memory_is_used_again_when_its_last_view_is_gone():
    array = arena.zeros(SIZE, np.float32)
    place, view = _place(array), array[10:20].reshape(2, 5)[1]
    del array
    gc.collect()
    assert not arena._kept
    view[:] = 7
    assert (view == 7).all()
    del view
    gc.collect()
    assert len(arena._kept) == 1
    again = arena.zeros(SIZE, np.float32)
    assert _place(again) == place and not again.any() and not arena._kept


def test_the_error_of_a_signal_handler_is_not_taken_for_one_of_the_system(monkeypatch):
    """A timeout by `signal.alarm` that is an OSError, with the number of an error of the system."""

    def handled(*arguments, **keywords):
        raise TimeoutError(errno.ENOMEM, "too late")

    monkeypatch.setattr(arena.mmap, "mmap", handled)
    with pytest.raises(TimeoutError, match="too late"):
        arena.zeros(SIZE, np.float32)


def test_pages_that_the_system_does_not_give():
    assert arena._large(2**60, np.uint8, 1) is None


def test_memory_that_is_too_small_or_much_too_large_is_left_alone():
    medium = arena.zeros(3 * SIZE, np.float32)
    del medium
    gc.collect()
    small, large = arena.zeros(SIZE, np.float32), arena.zeros(4 * SIZE, np.float32)
    assert len(arena._kept) == 1
    assert small.size == SIZE and large.size == 4 * SIZE


def test_what_is_kept_is_bounded():
    arrays = [arena.zeros(SIZE, np.float32) for _ in range(3 * arena.MOST_BYTES // (4 * SIZE))]
    del arrays
    gc.collect()
    kept = sum(map(len, arena._kept))
    assert arena.MOST_BYTES // 2 < kept <= arena.MOST_BYTES


def test_no_memory_is_handed_out_twice():
    """Threads write their own number and read it back, while others take and leave memory."""
    failures = []

    def work(number):
        for turn in range(20):
            array = arena.zeros(SIZE + 1000 * (turn % 3), np.float32)
            if array[::4096].any():
                failures.append("not zero")
            array[::1024] = number
            time.sleep(0.0005)
            if not (array[::1024] == number).all():
                failures.append("shared")
            del array

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_memory_of_its_own():
    array = arena.zeros(SIZE, np.float32)
    array[:] = 1
    child = os.fork()
    if child == 0:
        array[:] = 2
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (array == 1).all()

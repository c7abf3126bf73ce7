"""Compilation in a thread of its own: what it leaves behind."""

import gc
import weakref

import pytest

from skdeep.engines.compilation import in_compiler_thread

pytestmark = pytest.mark.nojit


class Held:
    """Something that a frame refers to."""


def test_results_and_errors_reach_the_caller():
    assert in_compiler_thread(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        in_compiler_thread(divmod, 7, 0)
    assert in_compiler_thread(divmod, 9, 3) == (3, 0)


def test_frames_of_a_failed_compilation_are_let_go():
    """Their local variables may be large arrays."""

    def fail(held):
        raise ZeroDivisionError

    held = Held()
    alive = weakref.ref(held)
    with pytest.raises(ZeroDivisionError) as caught:
        in_compiler_thread(fail, held)
    del held, caught
    gc.collect()
    assert alive() is None

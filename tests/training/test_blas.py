"""The BLAS libraries of the process are limited during L-BFGS, and only then."""

import threading

from threadpoolctl import threadpool_info

from skdeep.training.blas import single_threaded_blas


def _blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_limit_holds_inside_and_ends_outside():
    before = _blas_threads()
    with single_threaded_blas():
        assert set(_blas_threads()) <= {1}
        with single_threaded_blas():
            assert set(_blas_threads()) <= {1}
        assert set(_blas_threads()) <= {1}
    assert _blas_threads() == before


def test_overlapping_threads_leave_what_the_first_found():
    before = _blas_threads()
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with single_threaded_blas():
            first_is_in.set()
            second_is_in.wait(10)
        first_is_out.set()

    thread = threading.Thread(target=first)
    thread.start()
    first_is_in.wait(10)
    with single_threaded_blas():
        second_is_in.set()
        first_is_out.wait(10)
        assert set(_blas_threads()) <= {1}
    thread.join()
    assert _blas_threads() == before

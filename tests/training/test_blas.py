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


def test_limit_ends_after_an_error():
    before = _blas_threads()
    try:
        with single_threaded_blas():
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert _blas_threads() == before


def test_other_threads_leave_the_limit_alone():
    before, inside = _blas_threads(), []

    def work():
        with single_threaded_blas():
            inside.extend(_blas_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == _blas_threads() == before

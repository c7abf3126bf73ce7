"""Warnings for the user's line, and those that are left out in a thread."""

import threading
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep.training.user_warnings import warn_user, without


def test_a_category_is_left_out():
    with without(ConvergenceWarning):
        warn_user("left out", ConvergenceWarning)
        with without(RuntimeWarning):
            warn_user("left out", RuntimeWarning)
            warn_user("left out", ConvergenceWarning)
        with pytest.warns(RuntimeWarning, match="given"):
            warn_user("given", RuntimeWarning)
        with pytest.raises(OSError, match="inside"), without(RuntimeWarning):
            raise OSError("inside")
        with pytest.warns(UserWarning, match="given"):
            warn_user("given")
    with pytest.warns(ConvergenceWarning, match="given"):
        warn_user("given", ConvergenceWarning)


def test_other_threads_and_the_filters_are_left_alone():
    before, found = list(warnings.filters), []

    def warn():
        try:
            warn_user("given", ConvergenceWarning)
        except ConvergenceWarning as warning:  # warnings are errors here
            found.append(warning)

    with without(ConvergenceWarning):
        thread = threading.Thread(target=warn)
        thread.start()
        thread.join()
        assert warnings.filters == before
    assert len(found) == 1

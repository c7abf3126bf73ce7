"""Versions in pickles."""

import warnings

from sklearn.base import BaseEstimator

from skdeep._version import __version__
from skdeep.exceptions import InconsistentVersionWarning

#: The arrangement of an estimator's state. It changes when older versions could not read it.
FORMAT = 1
#: Entries of the state that say who wrote it.
VERSION_KEY, FORMAT_KEY = "_skdeep_version", "_skdeep_format"


class Versioned(BaseEstimator):
    """An estimator that puts versions into its pickles, and checks those of others."""

    def __getstate__(self):
        return {**super().__getstate__(), VERSION_KEY: __version__, FORMAT_KEY: FORMAT}

    def __setstate__(self, state):
        state = dict(state)
        version, written = state.pop(VERSION_KEY, None), state.pop(FORMAT_KEY, FORMAT)
        check_format(written, version, type(self).__name__)
        # Pickles without a version come from before there were any.
        if version not in (None, __version__):
            warning = InconsistentVersionWarning(
                estimator_name=type(self).__name__,
                current_version=__version__,
                original_version=version,
            )
            warnings.warn(warning, stacklevel=2)
        super().__setstate__(state)


def check_format(written, version, name):
    """Check that this version can read a state.

    Parameters
    ----------
    written : int
        Its format.
    version : str or None
        Of the skdeep that wrote it.
    name : str
        Of the estimator's class.

    Raises
    ------
    ValueError
        If it cannot.
    """
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= FORMAT:
        raise ValueError(
            f"{name} was saved by skdeep {version} in format {written!r}; skdeep {__version__} "
            f"reads formats up to {FORMAT}. Install skdeep {version} or a later version."
        )

"""Warnings of skdeep."""

import sklearn
from sklearn import exceptions


class InconsistentVersionWarning(exceptions.InconsistentVersionWarning):
    """An estimator is unpickled by another version of skdeep than the one that pickled it.

    A subclass of scikit-learn's warning of the same name, so that filters for that one hold.

    Parameters
    ----------
    estimator_name : str
        Name of the class.
    current_version, original_version : str
        The version of skdeep that reads, and the one that wrote.

    Examples
    --------
    >>> import warnings
    >>> from skdeep.exceptions import InconsistentVersionWarning
    >>> warnings.simplefilter("error", InconsistentVersionWarning)
    """

    def __init__(self, *, estimator_name, current_version, original_version):
        super().__init__(
            estimator_name=estimator_name,
            current_sklearn_version=sklearn.__version__,
            original_sklearn_version="unknown",
        )
        self.current_version, self.original_version = current_version, original_version

    def __str__(self):
        return (
            f"{self.estimator_name} was pickled by skdeep {self.original_version} and is loaded by "
            f"skdeep {self.current_version}. Training may go on differently; compare predictions, "
            "or fit again."
        )

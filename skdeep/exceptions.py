"""Warnings."""

import sklearn
from sklearn import exceptions


class InconsistentVersionWarning(exceptions.InconsistentVersionWarning):
    """Warning used when an estimator is unpickled with a different version of skdeep.

    A subclass of the scikit-learn warning of the same name, so that filters for that warning apply.

    Parameters
    ----------
    estimator_name : str
        Name of the class.
    current_version, original_version : str
        Version of skdeep that reads the pickle, and the one that wrote it.

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

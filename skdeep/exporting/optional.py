"""Libraries that only exporting and saving need, imported when they are."""

import importlib


def require(name, purpose):
    """Import an optional library.

    Parameters
    ----------
    name : str
        Of the module.
    purpose : str
        What it is wanted for; the message begins with it.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        If it is not installed.

    Examples
    --------
    >>> from skdeep.exporting.optional import require
    >>> require("json", "This").__name__
    'json'
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ImportError(
            f"{purpose} needs {package}, which cannot be imported ({error}): pip install {package}."
        ) from error

"""Libraries that only exporting and saving need, imported when they are."""

import importlib


def require(name, purpose):
    """Import an optional library.

    Parameters
    ----------
    name : str
        Name of the module.
    purpose : str
        What needs it, for the message.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        If it is not installed. The message names the package to install.

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

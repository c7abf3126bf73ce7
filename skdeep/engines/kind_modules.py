"""Where the modules of kinds of layers are: in a folder for each family, found by their names."""

import pkgutil
from pathlib import Path


def modules_of_kinds(package):
    """Return the modules of the families below a package.

    Nothing but the package has been imported for that.

    Parameters
    ----------
    package : package
        With a package for every family of kinds.

    Returns
    -------
    modules : dict of str to str
        Full names of the modules, by the names of the kinds.
    """
    modules = {}
    for family in pkgutil.iter_modules(package.__path__):
        if family.ispkg:
            folders = [str(Path(path) / family.name) for path in package.__path__]
            for kind in pkgutil.iter_modules(folders):
                modules[kind.name] = f"{package.__name__}.{family.name}.{kind.name}"
    return modules

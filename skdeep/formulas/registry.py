"""Find the formulas of a package: one module is one entry, named after its file."""

import importlib
import pkgutil


def discover(package, build):
    """Build the registry of a package of formula modules.

    Parameters
    ----------
    package : module
        The package; its modules are taken in alphabetical order.
    build : callable
        ``build(name, code, module)`` returns the entry; ``code`` is the entry's integer in compiled
        code.

    Returns
    -------
    registry : dict of str to entry
    """
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return {
        name: build(name, code, module)
        for code, (name, module) in enumerate(zip(names, modules, strict=True))
    }

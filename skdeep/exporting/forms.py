"""The forms of layers in other libraries: modules of `skdeep.exporting.layers`."""

import functools
import importlib

from skdeep.engines.kind_modules import modules_of_kinds
from skdeep.exporting import layers


@functools.cache
def form_of(kind):
    """Return the form of a kind of layer.

    Parameters
    ----------
    kind : str

    Returns
    -------
    form : module or None
        With the functions that `skdeep.exporting.layers` lists; None if the kind has no form.
    """
    module = modules_of_kinds(layers).get(kind)
    return None if module is None else importlib.import_module(module)


def forms_of(network, function, library):
    """Return the forms of all layers of a network in a library.

    Parameters
    ----------
    network : Network
    function : str
        Name of the function that a form must have.
    library : str
        Its name.

    Returns
    -------
    forms : list of module
        One for each layer.

    Raises
    ------
    ValueError
        If a layer has none.
    """
    forms = [form_of(layer.kind) for layer in network.layers]
    for layer, form in zip(network.layers, forms, strict=True):
        if not hasattr(form, function):
            raise ValueError(f"{layer.title} has no form in {library}.")
    return forms

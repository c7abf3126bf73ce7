"""Networks as Python modules that need NumPy alone."""

import inspect
import json
import os
import pathlib
import re

import numpy as np

from skdeep.exporting.forms import forms_of
from skdeep.exporting.numpy_modules import numpy_activations, numpy_parts, numpy_prediction

_HEADING = '''"""Predictions of a neural network, with NumPy alone.

The numbers are in the file of the same name that ends with ``.npz``.
Functions: {functions}.
"""

import functools
import json
import math
import pathlib
import types

import numpy as np

#: Samples that are computed at a time.
ROWS_AT_A_TIME = {rows}
'''


def write_module(network, head, path, functions, **settings):
    """Write a module that predicts as a network does, and a file of its numbers.

    Parameters
    ----------
    network : Network
    head : Head
    path : str or path-like
        Of the module.
    functions : sequence of str
        Public functions of `numpy_prediction` that the module has.
    **settings
        ``input_shape``, and what else the functions read.

    Returns
    -------
    paths : tuple of str
        Of the module, and of the file of numbers.

    Raises
    ------
    ValueError
        If the path does not end with ".py", or a layer, an activation or the labels have no form.
    """
    path = pathlib.Path(path)
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise ValueError(f"path must be that of a module, as 'model.py'. Got {os.fspath(path)!r}.")
    network = network.folded()
    forms = forms_of(network, "numpy_outputs", "NumPy")
    unknown = sorted(
        {layer.activation for layer in network.layers} - {*numpy_activations.ACTIVATIONS}
    )
    if unknown:
        raise ValueError(f"Activations without a form in NumPy: {unknown}.")
    text = _text(dict(zip((layer.kind for layer in network.layers), forms, strict=True)), functions)
    arrays = _arrays(network, head)
    arrays["settings"] = np.array(_settings(network, head, settings))
    numbers = path.with_suffix(".npz")
    np.savez_compressed(numbers, **arrays)
    path.write_text(text, encoding="utf-8")
    return os.fspath(path), os.fspath(numbers)


def _settings(network, head, settings):
    """Return as text what functions read beside arrays."""
    layers = [
        (layer.kind, layer.activation, [int(source) for source in layer.sources])
        for layer in network.layers
    ]
    own = {
        "layers": layers,
        "head": head.kind,
        "threshold": float(head.threshold),
        "shares": bool(head.shares),
        "is_sorted": bool(head.is_sorted),
        "dtype": np.dtype(network.dtype).name,
    }
    return json.dumps({**own, **settings})


def _arrays(network, head):
    """Return the arrays of a network by their names."""
    arrays = {}
    for place, layer in enumerate(network.layers):
        own = {
            "weights": layer.weights,
            "biases": layer.biases,
            "settings": np.array(getattr(layer, "settings", ()), dtype=np.int64),
            "output_shape": np.array(layer.output_shape, dtype=np.int64),
        }
        arrays |= {f"layer_{place}.{name}": np.asarray(array) for name, array in own.items()}
    if head.classes is None:
        return arrays
    labels = np.asarray(head.classes)
    if labels.dtype.kind == "O":
        if not all(isinstance(label, str) for label in labels):
            raise ValueError(f"Labels must be strings or numbers. Got {labels.tolist()}.")
        labels = labels.astype(str)
    return {**arrays, "classes": labels}


def _text(forms, functions):
    """Return the source of a module with functions for kinds of layers.

    Parameters
    ----------
    forms : dict of str to module
    functions : sequence of str
    """
    layers = [
        inspect.getsource(form.numpy_outputs).replace("def numpy_outputs", f"def _{kind}", 1)
        for kind, form in sorted(forms.items())
    ]
    table = "".join(f'    "{kind}": _{kind},\n' for kind in sorted(forms))
    table = f"#: The functions of the layers by their kinds.\n_LAYERS = {{\n{table}}}\n"
    masking = [f'"{kind}"' for kind, form in forms.items() if getattr(form, "READS_MASKS", False)]
    table += "#: Those that read masks of steps, which are behind the features.\n"
    table += f"_READING_MASKS = [{', '.join(masking)}]\n"
    predicting = _used("\n".join(functions), numpy_prediction)
    parts = _used("\n".join([*predicting, *layers]), numpy_parts)
    heading = _HEADING.format(
        functions=", ".join(f"`{name}`" for name in functions), rows=numpy_prediction.ROWS_AT_A_TIME
    )
    activations = inspect.getsource(numpy_activations).partition("import numpy as np\n")[2].strip()
    return "\n\n".join([heading, activations + "\n", *parts, *layers, table, *predicting])


def _used(text, module):
    """Return the sources of the functions of a module that a text uses, and those that they use."""
    own = {
        name: inspect.getsource(value)
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    }
    found, open_names = set(), set(re.findall(r"\w+", text)) & {*own}
    while open_names:
        name = open_names.pop()
        found.add(name)
        open_names |= set(re.findall(r"\w+", own[name])) & {*own} - found
    return [own[name] for name in own if name in found]

"""Save and load estimators in the safetensors format.

The file holds arrays by name, such as ``coefs_.0``, and as its metadata a tree of JSON with all
else, and a checksum of both.
"""

import contextlib
import hashlib
import json
import os
import shutil
import uuid

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdeep._version import __version__
from skdeep.adversarial import GenerativeAdversarialNetwork
from skdeep.boltzmann.bernoulli_rbm import BernoulliRBM
from skdeep.boltzmann.deep_boltzmann_machine import DeepBoltzmannMachine
from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.fitted.state import from_plain
from skdeep.estimators.fitted.versions import FORMAT, FORMAT_KEY, VERSION_KEY, check_format
from skdeep.estimators.networks.autoencoder import Autoencoder
from skdeep.estimators.networks.graph_conv_classifier import GraphConvClassifier
from skdeep.estimators.networks.graph_conv_regressor import GraphConvRegressor
from skdeep.estimators.networks.network_classifier import NetworkClassifier
from skdeep.estimators.networks.network_regressor import NetworkRegressor
from skdeep.estimators.perceptron import Perceptron
from skdeep.estimators.regressor import MLPRegressor
from skdeep.estimators.sequence_to_sequence.sequence_to_sequence import SequenceToSequence
from skdeep.estimators.transformer import HiddenLayerTransformer
from skdeep.exporting.optional import require
from skdeep.saving import machine_schema, schema
from skdeep.saving.codec import Decoder, Encoder
from skdeep.saving.scikit_learn_steps import CLASSES as STEPS
from skdeep.saving.scikit_learn_steps import decode_step, encode_step, is_step

CLASSES = {
    cls.__name__: cls
    for cls in (
        Autoencoder,
        BernoulliRBM,
        DeepBoltzmannMachine,
        GenerativeAdversarialNetwork,
        GraphConvClassifier,
        GraphConvRegressor,
        HiddenLayerTransformer,
        MLPClassifier,
        MLPRegressor,
        NetworkClassifier,
        NetworkRegressor,
        Perceptron,
        SequenceToSequence,
    )
}

#: Entries of the metadata.
STATE, CHECKSUM = "skdeep", "sha256"
#: Types of arrays by their names in the format.
DTYPES = {"BOOL", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"}
#: What goes wrong within a tree that is not what it should be.
ERRORS = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)


#: What saves other estimators; a test runs it.
OTHER_WAY = "skops saves every estimator: skops.io.dump(estimator, 'estimator.skops')."


def _class_of(name):
    """Return the class of estimators of a name that files may hold, or None."""
    if name in schema.TABLES:
        from skdeep.saving import table_schema

        return table_schema.CLASSES[name]
    return CLASSES.get(name)


def _may_be_saved(value):
    return type(value) is _class_of(type(value).__name__)


def save_safetensors(estimator, path):
    """Save an estimator to a safetensors file, which contains no executable code.

    The file contains the parameters and all attributes: weights, classes, feature names, batch
    normalisation, connections, auxiliary outputs, training history and the state of the solver. The
    loaded estimator makes identical predictions, and `partial_fit` continues training. Attributes
    that were not set by skdeep, metadata requests, and functions used as a schedule of the solver
    are not saved; `partial_fit` then uses the schedule in the parameters.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, Perceptron or other estimator of skdeep
        The estimator, fitted or not; or a `Pipeline`, `ColumnTransformer`, `FeatureUnion` or
        `TransformedTargetRegressor` of such estimators and common transformers of scikit-learn.
    path : str or path-like
        File name. The file is replaced atomically: if writing fails, an existing file is kept.

    Returns
    -------
    path : str
        Path of the file.

    Raises
    ------
    ImportError
        If the package is not installed: ``pip install safetensors``.
    TypeError
        If the estimator is not of one of these classes.
    ValueError
        If a parameter is a function or another object that cannot be saved.

    See Also
    --------
    load_safetensors : Load an estimator.

    Examples
    --------
    >>> import skdeep
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = skdeep.MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
    >>> path = skdeep.save_safetensors(clf, "iris.safetensors")  # doctest: +SKIP
    >>> clf = skdeep.load_safetensors("iris.safetensors")  # doctest: +SKIP
    """
    library = require("safetensors.numpy", "save_safetensors")
    if not (_may_be_saved(estimator) or is_step(estimator)):
        raise TypeError(
            f"save_safetensors takes {sorted([*CLASSES, *schema.TABLES, *STEPS])}, got "
            f"{estimator!r}. {OTHER_WAY}"
        )
    encoder = Encoder(_encode_estimator)
    tree = {
        FORMAT_KEY: FORMAT,
        VERSION_KEY: __version__,
        "estimator": _encode_estimator(estimator, "", encoder.encode),
    }
    text = json.dumps(tree, allow_nan=False)
    metadata, path = {STATE: text, CHECKSUM: _checksum(text, encoder.arrays)}, os.fspath(path)
    _write(path, library.save(encoder.arrays, metadata=metadata))
    return path


def load_safetensors(path):
    """Load an estimator saved by `save_safetensors`.

    The contents of the file are validated before the estimator is created, and no code in it is
    executed.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    estimator : MLPClassifier, MLPRegressor, Perceptron or other estimator of skdeep

    Raises
    ------
    ImportError
        If the package is not installed: ``pip install safetensors``.
    OSError
        If the file cannot be read.
    ValueError
        If the file was not written by `save_safetensors`, is damaged, or was written by a later
        version.

    See Also
    --------
    save_safetensors : Save an estimator, with an example.

    Examples
    --------
    >>> import skdeep
    >>> skdeep.load_safetensors("no such file")  # doctest: +SKIP
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no such file'
    """
    require("safetensors", "load_safetensors")
    path = os.fspath(path)
    with open(path, "rb"):  # for Python's own message where it cannot be read
        pass
    text, checksum, arrays = _read(path)
    if checksum != _checksum(text, arrays):
        raise ValueError(f"{path!r} is damaged: its content does not have its checksum.")
    try:
        tree = json.loads(text)
        whole = tree["estimator"]
        name = whole.get("estimator", whole.get("scikit_learn"))
        check_format(tree[FORMAT_KEY], tree[VERSION_KEY], name)
        decoder = Decoder(arrays, {"estimator": _decode_estimator, "scikit_learn": decode_step})
        estimator = decoder.decode(whole)
        if decoder.arrays:
            raise ValueError(f"nothing refers to the arrays {sorted(decoder.arrays)}.")
    except ERRORS as error:
        reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path!r} cannot be loaded: {reason}") from error
    return estimator


def _encode_estimator(value, path, encode):
    """Return the tree of an estimator, or None for anything else."""
    if is_step(value):
        return encode_step(value, path, encode)
    if type(value) is FrozenEstimator:
        return {"estimator": "FrozenEstimator", "frozen": encode(value.estimator, path)}
    if not _may_be_saved(value):
        return None
    prefix = f"{path}." if path else ""
    state = value.__getstate__()
    names = value._get_param_names()
    parameters = {name: encode(state.pop(name), prefix + name) for name in names}
    known = {name: state[name] for name in state if schema.holds(type(value).__name__, name)}
    if "_optimizer" in known:
        solver = known["_optimizer"]
        known["_optimizer"] = {k: None if _holds_function(v) else v for k, v in solver.items()}
    attributes = {name: encode(known[name], prefix + name) for name in known}
    return {
        "estimator": type(value).__name__,
        "parameters": parameters,
        "attributes": attributes,
    }


def _holds_function(value):
    """Return whether what stands for a solver or a schedule has a function among its parameters."""
    if isinstance(value, dict):
        return any(map(_holds_function, value.values()))
    return callable(value)


def _decode_estimator(tree, decode):
    """Return the estimator of a tree, after checking all of it."""
    name = tree["estimator"]
    if name == "FrozenEstimator":
        return FrozenEstimator(decode(tree["frozen"]))
    cls = _class_of(name)
    if cls is None:
        raise ValueError(f"{name!r} is none of {sorted([*CLASSES, *schema.TABLES])}.")
    parameters = {key: decode(value) for key, value in tree["parameters"].items()}
    attributes = {key: decode(value) for key, value in tree["attributes"].items()}
    unknown = set(parameters) - set(cls._get_param_names())
    if unknown:
        raise ValueError(f"{name} has no parameters {sorted(unknown)}.")
    schema.check_attributes(name, attributes)
    estimator = cls(**from_plain(parameters))
    estimator._validate_params()
    estimator.__setstate__({**vars(estimator), **attributes})
    if attributes:
        _check_parts(estimator, name)
    return estimator


def _check_parts(estimator, name):
    """Check that the parts of a fitted estimator fit together."""
    if name in schema.TABLES:
        from skdeep.saving import table_schema

        table_schema.check_parts(estimator)
    elif name == "Perceptron":
        schema.check_perceptron(estimator)
    elif name in machine_schema.CHECKS:
        machine_schema.CHECKS[name](estimator)
    elif name == "HiddenLayerTransformer":
        if not hasattr(estimator.estimator_, "coefs_"):
            raise ValueError("the network of the HiddenLayerTransformer is not fitted.")
    elif name == "GenerativeAdversarialNetwork":
        schema.check_adversarial(estimator)
    else:
        schema.check_multilayer(estimator)
    if name in ("MLPClassifier", "NetworkClassifier"):
        schema.check_labels(estimator)
    if name == "SequenceToSequence":
        schema.check_sequences(estimator)


def _checksum(text, arrays):
    """Return the checksum of the JSON and of all arrays with their names, types and shapes."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _read(path):
    """Return the JSON, the checksum and the arrays of a file."""
    import safetensors

    try:
        with safetensors.safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if STATE not in metadata or CHECKSUM not in metadata:
                raise ValueError(f"{path!r} was not saved by skdeep: it holds no estimator.")
            names = list(file.keys())
            kinds = {name: file.get_slice(name).get_dtype() for name in names}
            others = {name: kind for name, kind in kinds.items() if kind not in DTYPES}
            if others:
                raise ValueError(f"{path!r} has arrays of types that no estimator has: {others}.")
            arrays = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path!r} is no file of the format safetensors: {error}.") from error
    return metadata[STATE], metadata[CHECKSUM], arrays


def _write(path, content):
    """Write a file as a whole, or leave what is there."""
    folder, name = os.path.split(os.path.abspath(path))
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise

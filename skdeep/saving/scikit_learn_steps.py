"""scikit-learn's pipelines, column transformers and common transformers in files.

They are made of parameters and attributes, which are numbers, strings, arrays, slices, types and
further estimators of these classes: nothing that could be executed. What a transformer computes
from them is scikit-learn's own code, with NumPy's checks of every index.
"""

import re

from sklearn import compose, decomposition, feature_selection, impute, pipeline, preprocessing

#: The classes by their names.
CLASSES = {
    cls.__name__: cls
    for cls in (
        compose.ColumnTransformer,
        compose.TransformedTargetRegressor,
        decomposition.PCA,
        decomposition.TruncatedSVD,
        feature_selection.VarianceThreshold,
        impute.MissingIndicator,
        impute.SimpleImputer,
        pipeline.FeatureUnion,
        pipeline.Pipeline,
        preprocessing.Binarizer,
        preprocessing.FunctionTransformer,
        preprocessing.LabelEncoder,
        preprocessing.MaxAbsScaler,
        preprocessing.MinMaxScaler,
        preprocessing.Normalizer,
        preprocessing.OneHotEncoder,
        preprocessing.OrdinalEncoder,
        preprocessing.PolynomialFeatures,
        preprocessing.PowerTransformer,
        preprocessing.QuantileTransformer,
        preprocessing.RobustScaler,
        preprocessing.StandardScaler,
    )
}
_ATTRIBUTE = re.compile(r"_?[a-z][a-z0-9_]*")


def is_step(value):
    """Return whether a value is an estimator of one of the classes, and not of one derived of it.

    Parameters
    ----------
    value : object

    Returns
    -------
    is_step : bool
    """
    return type(value) is CLASSES.get(type(value).__name__)


def encode_step(value, path, encode):
    """Return the tree of an estimator of one of the classes.

    Parameters
    ----------
    value : estimator
    path : str
        Names it in messages, and the arrays in it.
    encode : callable
        ``encode(value, path)`` returns the tree of a value.

    Returns
    -------
    tree : dict

    Raises
    ------
    ValueError
        If it holds a function or another object that files cannot hold.
    """
    prefix = f"{path}." if path else ""
    state = value.__getstate__()
    names = type(value)._get_param_names()
    state.pop("_metadata_request", None)
    parameters = {name: encode(state.pop(name), prefix + name) for name in names}
    attributes = {name: encode(each, prefix + name) for name, each in state.items()}
    return {
        "scikit_learn": type(value).__name__,
        "parameters": parameters,
        "attributes": attributes,
    }


def decode_step(tree, decode):
    """Return the estimator of a tree.

    Parameters
    ----------
    tree : dict
    decode : callable
        ``decode(tree)`` returns the value of a tree.

    Returns
    -------
    estimator : estimator

    Raises
    ------
    ValueError
        If it is none of the classes, or has parameters or attributes that none has.
    """
    name = tree["scikit_learn"]
    cls = CLASSES.get(name) if isinstance(name, str) else None
    if cls is None:
        raise ValueError(f"{name!r} is none of {sorted(CLASSES)}.")
    unknown = set(tree["parameters"]) - set(cls._get_param_names())
    # An attribute must not take the place of a method.
    wrong = [
        key for key in tree["attributes"] if not _ATTRIBUTE.fullmatch(key) or hasattr(cls, key)
    ]
    if unknown or wrong:
        raise ValueError(f"{name} has no {sorted([*unknown, *wrong])}.")
    estimator = cls(**{key: decode(value) for key, value in tree["parameters"].items()})
    if hasattr(cls, "_parameter_constraints"):
        estimator._validate_params()
    attributes = {key: decode(value) for key, value in tree["attributes"].items()}
    estimator.__setstate__({**vars(estimator), **attributes})
    return estimator

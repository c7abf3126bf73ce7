"""What a file may say of an estimator, checked before there is one."""

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import LabelBinarizer

from skdeep.engines.table import FAN_OUT
from skdeep.estimators.fitted.state import OBJECT, OBJECTS
from skdeep.estimators.sequence_to_sequence.vocabulary import KINDS
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.saving import machine_schema
from skdeep.saving.value_checks import (
    has,
    is_classes,
    is_float_array,
    is_int,
    is_list,
    is_name,
    is_number,
    matrix,
    or_none,
    vector,
)


def _is_curve(value):
    return value is None or is_list(lambda item: is_number(item) and item is not None)(value)


def _is_matrix(value):
    if sp.issparse(value):
        return is_float_array(value.data, 1)
    return is_float_array(value, 2)


def _is_object(module):
    """Return a check of what stands for an object of a module, `skdeep.solvers` for one."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == {OBJECT, "parameters"}
        and value[OBJECT] in OBJECTS
        and value[OBJECT].startswith(f"{module}.")
    )


def _is_block(value):
    """Weights of a layer: a matrix, or an array of more axes."""
    return is_float_array(value) and value.ndim >= 2


def _is_named_layer(value):
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and is_name(value[0]) and _is_object("layers")(value[1])


def _is_tokens(value):
    try:
        return isinstance(value, list) and len(set(value)) == len(value)
    except TypeError:  # one of them is not hashable
        return False


#: What every attribute must be, whatever the estimator.
ATTRIBUTES = {
    "_expanded_class_weight": vector,
    "_label_binarizer": lambda value: isinstance(value, LabelBinarizer),
    "_no_improvement_count": is_int,
    "_optimizer": has(
        rule=lambda value: value in RULES,
        learning_rate=is_number,
        base_rate=is_number,
        t=is_int,
        states=matrix,
        directions=or_none(has(weights=vector, vector=vector, gains=vector, states=matrix)),
        solver=or_none(_is_object("solvers")),
        schedule=or_none(_is_object("schedules")),
        optional=("solver", "schedule"),
    ),
    "_sklearn_output_config": lambda value: (
        value in [{"transform": kind} for kind in ("default", "pandas", "polars")]
    ),
    "_structure": has(
        batch_norm=lambda value: isinstance(value, bool),
        skips=lambda value: isinstance(value, bool),
    ),
    "adjacency_": lambda value: value is None or sp.issparse(value),
    "auxiliary_coefs_": is_list(matrix),
    "auxiliary_intercepts_": is_list(vector),
    "batch_norm_": is_list(has(scale=vector, shift=vector, mean=vector, variance=vector)),
    "best_loss_": is_number,
    "best_restart_": is_int,
    "best_validation_score_": is_number,
    "classes_": is_classes,
    "coef_": _is_matrix,
    "coefs_": is_list(_is_block),
    "feature_names_in_": lambda value: isinstance(value, np.ndarray) and value.dtype == object,
    "gradient_norms_": lambda value: isinstance(value, np.ndarray) and value.ndim == 2,
    "input_shape_": lambda value: isinstance(value, tuple) and all(map(is_int, value)),
    "intercept_": vector,
    "intercepts_": is_list(vector),
    "layers_": is_list(_is_named_layer),
    "loss_": is_number,
    "mask_value_": is_number,
    "masked_": lambda value: isinstance(value, bool),
    "loss_curve_": _is_curve,
    "max_source_length_": is_int,
    "max_target_length_": is_int,
    "mistakes_curve_": lambda value: isinstance(value, np.ndarray) and value.dtype.kind == "i",
    "n_encoder_layers_": is_int,
    "n_features_in_": is_int,
    "n_iter_": is_int,
    "n_layers_": is_int,
    "n_nodes_": is_int,
    "n_output_steps_": or_none(is_int),
    "n_outputs_": is_int,
    "out_activation_": lambda value: value in ACTIVATIONS,
    "restarts_": is_list(
        has(
            seed=or_none(is_int),
            score=is_number,
            loss=is_number,
            loss_curve=_is_curve,
            validation_scores=_is_curve,
            validation_loss_curve=_is_curve,
            n_iter=is_int,
            stop_reason=is_name,
        )
    ),
    "source_tokens_": _is_tokens,
    "stop_reason_": is_name,
    "target_kind_": lambda value: value in KINDS,
    "target_tokens_": _is_tokens,
    "tied_to_": or_none(is_name),
    "t_": lambda value: is_number(value) and value is not None,
    "validation_loss_curve_": _is_curve,
    "validation_scores_": _is_curve,
    **machine_schema.ATTRIBUTES,
}

#: Attributes that are estimators, by the class that has them.
NETWORKS = {
    "HiddenLayerTransformer": ("estimator_",),
    "GenerativeAdversarialNetwork": ("generator_", "discriminator_"),
}

_FITTED = ("n_features_in_",)
_MULTILAYER = ("coefs_", "intercepts_", "n_layers_", "n_outputs_", "out_activation_", *_FITTED)
_LAYERED = ("layers_", "input_shape_", *_MULTILAYER)
#: What a fitted estimator of a class has at least.
NEEDED = {
    "Autoencoder": ("n_encoder_layers_", "tied_to_", *_LAYERED),
    "MLPClassifier": ("classes_", "_label_binarizer", *_MULTILAYER),
    "MLPRegressor": _MULTILAYER,
    "NetworkClassifier": ("classes_", "_label_binarizer", *_LAYERED),
    "NetworkRegressor": _LAYERED,
    "Perceptron": ("classes_", "coef_", "intercept_", *_FITTED),
    "GraphConvClassifier": ("classes_", "_label_binarizer", "adjacency_", "n_nodes_", *_LAYERED),
    "GraphConvRegressor": ("adjacency_", "n_nodes_", *_LAYERED),
    "SequenceToSequence": (
        *("source_tokens_", "target_tokens_", "target_kind_", "input_shape_", "n_output_steps_"),
        *("max_source_length_", "max_target_length_", "layers_", *_MULTILAYER[:-1]),
    ),
    "HiddenLayerTransformer": (*NETWORKS["HiddenLayerTransformer"], *_FITTED),
    "GenerativeAdversarialNetwork": (
        *NETWORKS["GenerativeAdversarialNetwork"],
        "classes_",
        "class_prior_",
        "n_iter_",
        "stop_reason_",
        *_FITTED,
    ),
    **{name: (*needed, *_FITTED) for name, needed in machine_schema.NEEDED.items()},
}

#: Classes whose schema is in `skdeep.saving.table_schema`, which is read where it is needed.
TABLES = "TabularClassifier", "TabularEncoder", "TabularRegressor"


def _attributes_of(name):
    """Return the checks of the attributes of a class, by their names."""
    if name in TABLES:
        from skdeep.saving import table_schema

        output = "_sklearn_output_config"
        return {**table_schema.ATTRIBUTES, output: ATTRIBUTES[output]}
    if name == "GenerativeAdversarialNetwork":
        return {**ATTRIBUTES, "classes_": or_none(is_classes), "class_prior_": or_none(vector)}
    return ATTRIBUTES


def _needed_by(name):
    if name in TABLES:
        from skdeep.saving import table_schema

        return table_schema.NEEDED[name]
    return NEEDED[name]


def holds(name, attribute):
    """Return whether a file may hold an attribute.

    Parameters
    ----------
    name : str
        Of the class.
    attribute : str

    Returns
    -------
    known : bool
    """
    return attribute in NETWORKS.get(name, ()) or attribute in _attributes_of(name)


def check_attributes(name, attributes):
    """Check the attributes of a fitted estimator, in the terms of files.

    Parameters
    ----------
    name : str
        Of the class.
    attributes : dict
        None at all for one that is not fitted.

    Raises
    ------
    ValueError
        If one is missing, unknown, or not of its kind.
    """
    if not set(attributes) - {"_sklearn_output_config"}:
        return
    for attribute in _needed_by(name):
        if attribute not in attributes:
            raise ValueError(f"{name}.{attribute} is missing.")
    checks = _attributes_of(name)
    for attribute, value in attributes.items():
        if not holds(name, attribute):
            raise ValueError(f"{name} has no attribute {attribute!r}.")
        is_network = attribute in NETWORKS.get(name, ())
        if not is_network and not checks[attribute](value):
            raise ValueError(
                f"{name}.{attribute} is not what it should be: its type, shape or values are wrong."
            )
    dtypes = {str(array.dtype) for array in _parameters(attributes)}
    if len(dtypes) > 1:
        raise ValueError(f"the parameters of {name} have several types: {sorted(dtypes)}.")
    names = attributes.get("feature_names_in_")
    if names is not None and len(names) != attributes["n_features_in_"]:
        raise ValueError(
            f"{name}.feature_names_in_ has {len(names)} names of "
            f"{attributes['n_features_in_']} features."
        )


def _parameters(attributes):
    """Return the arrays that make up the parameters of a multi-layer perceptron."""
    lists = "coefs_", "intercepts_", "auxiliary_coefs_", "auxiliary_intercepts_"
    arrays = [array for name in lists for array in attributes.get(name, [])]
    return arrays + [part for norm in attributes.get("batch_norm_", []) for part in norm.values()]


def check_multilayer(estimator):
    """Check that the parts of a multi-layer perceptron fit together.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With attributes that passed `check_attributes`.

    Raises
    ------
    ValueError
        If they do not.
    """
    layout, vector = estimator._network()
    if layout.n_output_steps != estimator._n_output_steps():
        raise ValueError(f"it has outputs for {layout.n_output_steps} steps.")
    n_outputs = layout.n_outputs // (layout.n_output_steps or 1)
    if n_outputs != estimator.n_outputs_:
        raise ValueError(f"it has {n_outputs} outputs of {estimator.n_outputs_}.")
    shapes = [coef.shape for coef in estimator.coefs_]
    if any(0 in shape for shape in shapes):
        raise ValueError(f"coefs_ has shapes {shapes}: a layer has no inputs or no units.")
    state = getattr(estimator, "_optimizer", None)
    if state is None:
        return
    for part in (state.solver, state.schedule):
        if part is not None:
            part.check()
    if state.solver is not None and state.solver.name != state.rule:
        raise ValueError(f"the state of {state.rule!r} goes with {state.solver}.")
    expected = {"states": (len(RULES[state.rule].states), len(vector))}
    found = {"states": state.states.shape}
    if state.directions is not None:
        n_units = int(layout.table[:, FAN_OUT].sum())
        expected |= {"weights": (len(vector),), "vector": (len(vector),), "gains": (n_units,)}
        found |= {name: getattr(state.directions, name).shape for name in tuple(expected)[1:]}
        expected["gain states"] = (len(RULES[state.rule].states), n_units)
        found["gain states"] = state.directions.states.shape
    if found != expected or state.states.dtype != vector.dtype:
        raise ValueError(f"the state of the solver has shapes {found}, but {expected} is expected.")


def check_adversarial(estimator):
    """Check that the two networks of a generative adversarial network fit together.

    Parameters
    ----------
    estimator : GenerativeAdversarialNetwork
        With attributes that passed `check_attributes`.

    Raises
    ------
    ValueError
        If they do not.
    """
    networks = estimator.generator_, estimator.discriminator_
    if any(
        type(each).__name__ != "NetworkRegressor" or not hasattr(each, "coefs_")
        for each in networks
    ):
        raise ValueError("its generator and its discriminator are no fitted NetworkRegressors.")
    classes, prior = estimator.classes_, estimator.class_prior_
    n_labels, n_features = 0 if classes is None else len(classes), estimator.n_features_in_
    expected = n_features + n_labels, n_features, 1
    generator, discriminator = networks
    found = discriminator.n_features_in_, generator.n_outputs_, discriminator.n_outputs_
    if found != expected or generator.n_features_in_ <= n_labels:
        raise ValueError(
            f"its networks have inputs and outputs {found}, but {expected} is expected."
        )
    if n_labels and (
        prior is None
        or len(prior) != n_labels
        or not np.isclose(prior.sum(), 1)
        or (prior < 0).any()
    ):
        raise ValueError(f"class_prior_ are no shares of {n_labels} classes.")


def check_labels(estimator):
    """Check that the labels of a classifier are those of its outputs.

    Parameters
    ----------
    estimator : MLPClassifier
        With attributes that passed `check_attributes`.

    Raises
    ------
    ValueError
        If they are not.
    """
    binarizer, classes = estimator._label_binarizer, estimator.classes_
    possible = {
        "binary": estimator.n_outputs_ == 1 and len(classes) <= 2,
        "multiclass": estimator.n_outputs_ == len(classes) > 2,
        "multilabel-indicator": estimator.n_outputs_ == len(classes) > 1,
    }
    same = type(binarizer.classes_) is np.ndarray and np.array_equal(binarizer.classes_, classes)
    kind = binarizer.y_type_
    if not (isinstance(kind, str) and possible.get(kind)) or not same:
        raise ValueError(
            f"its {len(classes)} classes ({kind}) are not those of {estimator.n_outputs_} outputs."
        )
    plain = vars(type(binarizer)())
    if any(getattr(binarizer, name) != value for name, value in plain.items()) or not isinstance(
        binarizer.sparse_input_, bool
    ):
        raise ValueError("the coding of its labels is not that of a fit.")


def check_sequences(estimator):
    """Check that the tokens of a network are those of its layers.

    Parameters
    ----------
    estimator : SequenceToSequence
        With attributes that passed `check_attributes`.

    Raises
    ------
    ValueError
        If they are not.
    """
    sizes, layers = estimator._sizes(), dict(estimator.layers_)
    codes = [layers[f"{name}_embedding"].n_levels for name in ("source", "target")]
    found = (estimator.input_shape_, estimator.n_output_steps_, estimator.n_outputs_, *codes)
    n_codes = sizes.n_source_codes, sizes.n_target_codes
    expected = ((sizes.n_columns,), sizes.target_length, sizes.n_target_codes, *n_codes)
    if found != expected:
        raise ValueError(f"its tokens and lengths ask for {expected}, but the network has {found}.")
    if estimator.target_kind_ == "str":
        others = [token for token in estimator.target_tokens_ if not isinstance(token, str)]
        if others:
            raise ValueError(f"its targets are strings, but hold {others[0]!r}.")


def check_perceptron(estimator):
    """Check that the parts of a perceptron fit together.

    Parameters
    ----------
    estimator : Perceptron
        With attributes that passed `check_attributes`.

    Raises
    ------
    ValueError
        If they do not.
    """
    n_classes = len(estimator.classes_)
    shape = (1 if n_classes == 2 else n_classes, estimator.n_features_in_)
    if n_classes < 2 or estimator.coef_.shape != shape or estimator.intercept_.shape != shape[:1]:
        raise ValueError(
            f"coef_ has shape {estimator.coef_.shape} and intercept_ {estimator.intercept_.shape}, "
            f"but {shape} and {shape[:1]} are expected of {n_classes} classes."
        )

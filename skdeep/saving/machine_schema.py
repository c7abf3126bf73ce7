"""What a file may say of Boltzmann machines, checked before there is one."""

from itertools import pairwise

from skdeep.saving.value_checks import is_int, is_list, matrix, vector

#: What every attribute must be.
ATTRIBUTES = {
    "_n_features_out": is_int,
    "_velocity": lambda value: is_list(lambda part: matrix(part) or vector(part))(value),
    "biases_": is_list(vector),
    "chains_": is_list(matrix),
    "components_": matrix,
    "h_samples_": matrix,
    "intercept_hidden_": vector,
    "intercept_visible_": vector,
    "label_biases_": vector,
    "label_weights_": matrix,
    "weights_": is_list(matrix),
}

#: What a fitted machine of a class has at least.
NEEDED = {
    "BernoulliRBM": (
        "_n_features_out",
        "components_",
        "h_samples_",
        "intercept_hidden_",
        "intercept_visible_",
    ),
    "DeepBoltzmannMachine": ("_n_features_out", "biases_", "chains_", "weights_"),
}


def _check_shapes(found, expected):
    if found != expected:
        raise ValueError(f"its arrays have the shapes {found}, but {expected} are expected.")


def _check_restricted(estimator):
    n_hidden, n_features = estimator.components_.shape
    arrays = [estimator.intercept_hidden_, estimator.intercept_visible_]
    arrays += [*getattr(estimator, "_velocity", ())]
    shapes = [(n_hidden,), (n_features,)]
    if hasattr(estimator, "_velocity"):
        shapes += [(n_features, n_hidden), (n_hidden,), (n_features,)]
    _check_shapes([array.shape for array in arrays], shapes)
    _check_shapes(estimator.h_samples_.shape[1:], (n_hidden,))
    _check_shapes((estimator.n_features_in_, estimator._n_features_out), (n_features, n_hidden))


def _check_deep(estimator):
    sizes = [len(bias) for bias in estimator.biases_]
    shapes = [weights.shape for weights in estimator.weights_]
    _check_shapes(shapes, list(pairwise(sizes)))
    n_classes = len(getattr(estimator, "classes_", ()))
    if n_classes > 0:
        labels = estimator.label_weights_.shape, estimator.label_biases_.shape
        _check_shapes(labels, ((n_classes, sizes[1]), (n_classes,)))
    visible = [sizes[0] + n_classes, *sizes[1:]]
    _check_shapes([chain.shape[1] for chain in estimator.chains_], visible)
    _check_shapes((estimator.n_features_in_, estimator._n_features_out), (sizes[0], sizes[-1]))


#: Class -> function that raises a ValueError if the parts of a machine do not fit together.
CHECKS = {"BernoulliRBM": _check_restricted, "DeepBoltzmannMachine": _check_deep}

"""What the estimators have in common whose networks are lists of layers."""

import math
import operator
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._param_validation import Interval

from skdeep.engines.choice import check_device, find_engine, has_kinds
from skdeep.estimators.fitted.parameter_views import HEADS
from skdeep.estimators.inputs.arrays import validate_input, validate_rows
from skdeep.estimators.inputs.sequences import (
    as_matrix,
    as_sequences,
    as_shape,
    has_mask,
    masked_rows,
)
from skdeep.estimators.networks.neural_network import NeuralNetwork
from skdeep.estimators.networks.step_labelling import StepLabelling
from skdeep.estimators.parameters.constraints import CONSTRAINTS
from skdeep.estimators.presentation.exports import NetworkExports
from skdeep.estimators.presentation.layered_description import layered_network
from skdeep.exporting.operations import describe_operations
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.layers.nested_parameters import NestedLayers
from skdeep.network.flat import connectivity
from skdeep.network.guard import guard
from skdeep.network.layout import normalisation_views, parameter_views
from skdeep.network.sharing import shared_names
from skdeep.network.stack import make_stack, named_layers, restored_layers
from skdeep.network.wiring import (
    features_read,
    readers_of_features,
    title,
    wire,
    with_feature_names,
)
from skdeep.recipe.first_weights import count_shared_layers
from skdeep.recipe.hidden_layers import check_name
from skdeep.recipe.layer_list import NOT_OFFERED, checked_layers

#: Options of scikit-learn's validation that concern targets alone.
OF_TARGETS = {"multi_output", "y_numeric"}
#: Layers have an `activation` and a `dropout` of their own.
_CONSTRAINTS = {
    name: accepted
    for name, accepted in CONSTRAINTS.items()
    if name not in (*NOT_OFFERED, "activation", "dropout")
}


class LayeredNetwork(NestedLayers, NetworkExports, StepLabelling, NeuralNetwork):
    """Base class of `NetworkClassifier` and `NetworkRegressor`, which are to be used instead."""

    _parameter_constraints: dict = {
        "layers": [list, tuple],
        "input_shape": [list, tuple, Interval(Integral, 1, None, closed="left"), None],
        "mask_value": [Real, None],
        **_CONSTRAINTS,
        "auxiliary_weight": [Interval(Real, 0, None, closed="neither")],
    }
    #: What messages say that a fit cannot change that goes on with a network.
    _kept_in_training = (
        "layers, input_shape, batch_norm and auxiliary outputs cannot be changed; of the "
        "parameters of layers, dropout, dropconnect, trainable, learning_rate_factor and "
        "alpha_factor can be changed."
    )

    def _parameters(self):
        parameters = super()._parameters()
        vars(parameters).update(NOT_OFFERED)
        return parameters

    #: Whether outputs can be those of the pixels of images.
    _of_images = False

    # --- the network

    def _layer_list(self):
        """Return all layers but the outputs, as the parameters ask for them."""
        return self.layers

    @property
    def connectivity_(self):
        """Which of the weights of every layer are connections, where not all are."""
        found = None
        if "coefs_" in vars(self):
            try:
                found = connectivity(self._architecture_now().layout())
            except ValueError as error:  # of attributes that were changed
                raise AttributeError(f"connectivity_: {error}") from error
        if found is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute 'connectivity_': it is there for "
                "fitted networks with NeuronGraph or Dense(connections=...)."
            )
        return found

    def _begin_structure(self, recipe, n_features, n_outputs):
        self.layers_ = self._with_feature_names(recipe.layers.pairs)
        architecture = self._stack(self.layers_, n_outputs, self.out_activation_)
        self.n_layers_ = len(architecture.given) + 1
        if recipe.layers.source is not None:
            count_shared_layers(recipe.layers.source, architecture)
        return architecture

    def _architecture_now(self):
        if self._is_as_set():
            return self._layout_key
        output = check_name("out_activation_", self.out_activation_, ACTIVATIONS)
        pairs = checked_layers(self.layers_)
        return self._stack(pairs, self.n_outputs_, output)

    def _stack(self, pairs, n_outputs, activation):
        """Return the architecture of layers that read the features of the fit."""
        shape = as_shape(self.input_shape_)
        return make_stack(pairs, shape, n_outputs, activation, self._is_masked())

    def _is_masked(self):
        """Return whether the network is fitted to sequences of which steps are masked."""
        return bool(vars(self).get("masked_", False))

    def _is_as_set(self):
        """Return whether the architecture follows from what it did when parameters were set."""
        known = vars(self).get("_layout_facts")
        if known is None:
            return False
        facts = self._facts()
        return len(known) == len(facts) and all(map(operator.is_, known, facts))

    def _wires(self):
        """Return the layers of the fitted network, or of the parameter, with what they read."""
        return self._wires_of_fit if self._is_as_set() else wire(self._given_layers())

    def _facts(self):
        """Return all that the architecture follows from."""
        facts = [self.layers_, self.input_shape_, self.n_outputs_, self.out_activation_]
        facts.append(vars(self).get("masked_"))
        for _, layer in named_layers(self.layers_):
            facts += [layer, *vars(layer).values()]
        return facts

    def _set_further_views(self, vector):
        self.batch_norm_ = normalisation_views(self._layout, vector)
        if self._layout_key.heads:
            views = parameter_views(self._layout, vector, auxiliary=True)
            vars(self).update(zip(HEADS, views, strict=True))
        # Checks of layers take as long as a prediction, and graphs of neurons longer.
        if not self._is_as_set():
            self._layout_facts = self._facts()
            self._wires_of_fit = wire(named_layers(self.layers_))

    def _heads(self):
        return [vars(self).get(name, []) for name in HEADS]

    def _check_shapes(self):
        stack = self._architecture_now()
        heads = [each.weights.shape for each in stack.heads]
        expected = stack.shapes(), stack.bias_shapes(), heads, [shape[1:] for shape in heads]
        parts = self.coefs_, self.intercepts_, *self._heads()
        names = "coefs_", "intercepts_", *HEADS
        for name, arrays, theirs in zip(names, parts, expected, strict=True):
            ours = list(map(np.shape, arrays))
            if ours != theirs:
                raise ValueError(f"{name} has the shapes {ours}, but {theirs} were expected.")
        expected = [4 * [each.scales.shape] for each in stack.given if each.normalised]
        found = [list(map(np.shape, norm)) for norm in getattr(self, "batch_norm_", [])]
        if found != expected:
            raise ValueError(f"batch_norm_ has shapes {found}, but {expected} were expected.")

    def _check_same_network(self, recipe):
        if self._is_masked():
            self._check_masks_are_kept()
        pairs = self._with_feature_names(recipe.layers.pairs)
        shape = self._given_input_shape()
        stack = self._stack(pairs, self.n_outputs_, self.out_activation_)
        fitted = self._architecture_now()
        same = _structure_of(stack) == _structure_of(fitted)
        if not same or shape not in (None, self.input_shape_):
            raise ValueError(f"Training goes on with the fitted network: {self._kept_in_training}")
        self.layers_ = pairs  # with the rates, and what is trained, from now on

    # --- the features

    def _given_layers(self):
        """Return the layers of the fitted network, or those that the parameter asks for."""
        return named_layers(self.layers_ if "layers_" in vars(self) else self._layer_list())

    def _with_feature_names(self, pairs):
        """Return layers with columns that they call by the names of features as numbers."""
        names = vars(self).get("feature_names_in_")
        pairs = with_feature_names(pairs, self.input_shape_, names)
        return restored_layers(pairs, as_shape(self.input_shape_), self._is_masked())

    def _accepted_formats(self, wires):
        """Return the sparse formats of features that layers can read."""
        readable = all(_reads_sparse(each) for each in readers_of_features(wires))
        return ["csr", "csc"] if readable else False

    def _validate_features(self, X, y="no_validation", reset=False, **options):
        given, pairs = X, checked_layers(self._layer_list()) if reset else None
        wires = wire(pairs) if reset else self._wires()
        X, shape, masked = self._as_matrix(X, reset)
        options["accept_sparse"] = self._accepted_formats(wires)
        if issparse(X) and not options["accept_sparse"]:
            raise TypeError(_refusal_of_sparse(wires))
        if not reset and not (masked and shape is not None and len(shape) == 1):
            self._check_input_shape(shape)
        alone = y is None or (isinstance(y, str) and y == "no_validation")
        of_y = {} if alone else {name: options.pop(name) for name in OF_TARGETS & set(options)}
        found = validate_input(self, X, y if alone else "no_validation", reset=reset, **options)
        X = _readable(found, wires)
        if reset:
            self.masked_, self.mask_value_ = masked, self.mask_value if masked else None
            n_features = math.prod(shape) if masked else X.shape[1]
            shape = None if masked and len(shape) == 1 else shape
            self.input_shape_ = self._input_shape(shape, n_features, wires)
            self.layers_ = self._with_feature_names(pairs)
            _, last, _ = self._read_by_outputs()
            self.n_output_steps_ = last[0] if len(last) == 2 else None
            if self.n_output_steps_ is not None:
                self._engine(fitting=False)  # says what is missing for outputs of steps
        self._check_features(X, wires)
        if alone:
            return X
        return X, self._validate_targets(given, X, y, of_y)

    def _validate_rows(self, X):
        wires = self._wires()
        X, shape, _ = self._as_matrix(X, reset=False)
        self._check_input_shape(shape)
        if issparse(X) and not self._accepted_formats(wires):
            raise TypeError(_refusal_of_sparse(wires))
        X = _readable(validate_rows(self, X, self._accepted_formats(wires)), wires)
        self._check_features(X, wires)
        return X

    def _check_features(self, X, wires=None):
        """Check that the layers that read validated features can do so."""
        wires = self._wires() if wires is None else wires
        shape = as_shape(self.input_shape_)
        n_masks = shape[0] if self._is_masked() else 0
        if math.prod(shape) + n_masks != X.shape[1]:
            raise ValueError(f"input_shape_ is {shape}, but X has {X.shape[1]} features.")
        X = X[:, : math.prod(shape)] if n_masks else X
        for each, columns in features_read(wires, shape):
            try:
                each.layer.check_features(X, columns)
            except ValueError as error:
                raise ValueError(f"{title(each.name, each.layer)}: {error}") from error

    def _as_matrix(self, X, reset):
        """Return features as rows, the shape of a sample where that is known, and if it is masked.

        Where steps are masked, a value for each of them is behind the features.
        """
        sequences, masked = as_sequences(X), self._is_masked()
        if reset:
            masked = self.mask_value is not None or sequences is not None
        if not masked:
            if sequences is not None:
                raise ValueError(
                    "X has sequences of different lengths, but the network was fitted to sequences "
                    "of one length: fit it to sequences of different lengths, or with mask_value."
                )
            return (*as_matrix(X), False)
        if reset:
            self._check_masks_are_kept()
            return (*masked_rows(X, sequences, self.mask_value, self._given_input_shape()), True)
        known = as_shape(self.input_shape_)
        if has_mask(X, known):
            return X, None, True
        return (*masked_rows(X, sequences, self.mask_value_, known), True)

    def _check_masks_are_kept(self):
        """Check that training does not change the masks behind the features."""
        if self.input_noise or self.input_dropout or self.augment is not None:
            raise ValueError(
                "Masked steps do not go together with input_noise, input_dropout or augment, which "
                "would change the masks: use dropout of layers."
            )

    def _input_shape(self, shape, n_features, wires):
        """Return the shape of a sample that the first layer reads."""
        if self.input_shape is None:
            return with_channel((n_features,) if shape is None else shape, wires)
        wanted = as_shape(self.input_shape)
        if math.prod(wanted) != n_features or shape not in (None, wanted):
            found = f"{n_features} features" if shape is None else f"samples of shape {shape}"
            raise ValueError(f"input_shape={self.input_shape!r} was given, but X has {found}.")
        return with_channel(wanted, wires)

    def _given_input_shape(self):
        """Return the parameter `input_shape` as a tuple; None without one."""
        return None if self.input_shape is None else as_shape(self.input_shape)

    def _check_input_shape(self, shape):
        same = shape is None or self.input_shape_ in (shape, (*shape, 1))
        if not same:
            raise ValueError(
                f"X has samples of shape {shape}, but the network was fitted with samples of shape "
                f"{self.input_shape_}."
            )

    # --- where it is computed

    def _engine(self, fitting=True):
        check_device(self.device)
        device = self.device
        if device != "cpu":
            pairs = checked_layers(self._layer_list()) if fitting else self._given_layers()
            lacking = [title(*each) for each in _lacking_on_gpu(wire(pairs))]
            if not fitting and self._n_output_steps() is not None:
                lacking.append("outputs of every step of a sequence")
            if lacking and device != "auto":
                raise ValueError(
                    f"device={device!r} has no kernels for {lacking[0]}: device='cpu' has."
                )
            device = "cpu" if lacking else device
        return guard(find_engine(device, self.n_threads, fitting))

    _describe_layers = layered_network

    def _export_form(self):
        if self._mask_of_outputs() is not None:
            raise ValueError(
                "The network has outputs for steps that can be masked, and exported models have no "
                "masks: fit it to sequences of one length, without mask_value."
            )
        return self._source_form()

    def _source_form(self):
        layout, vector = self._network()
        titles = []
        for each in self._wires():
            titles += len(each.steps) * [title(each.name, each.layer)]
        return describe_operations(layout, vector, [*titles, "outputs"]), self.input_shape_

    def _source_settings(self):
        value = vars(self).get("mask_value_")
        return {
            "masked": self._is_masked(),
            "mask_value": None if value is None else float(value),
            "trims": self._mask_of_outputs() is not None,
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        try:
            tags.input_tags.sparse = bool(self._accepted_formats(self._wires()))
        except (TypeError, ValueError):  # which a fit will tell
            tags.input_tags.sparse = False
        return tags


def _reads_sparse(wired):
    """Return whether a layer reads sparse features as they are."""
    return wired.layer.reads_sparse and not wired.joined


def _refusal_of_sparse(wires):
    """Return what is wrong with sparse features."""
    [first, *_] = [each for each in readers_of_features(wires) if not _reads_sparse(each)]
    reason = "it reads dense features"
    if first.joined:
        reason = (
            "it copies the features beside outputs of layers. Without a copy, inputs are "
            "'features' first, then the first layers of the list in their order"
        )
    return (
        f"Sparse data was passed for X, but dense data is required by {title(*first[:2])}: "
        f"{reason}. Use '.toarray()' to convert to a dense numpy array."
    )


def _readable(X, wires):
    """Return validated features as layers can read them: dense, if some are copied."""
    if issparse(X) and any(each.layer.copies_inputs for each in readers_of_features(wires)):
        return X.toarray()
    return X


def with_channel(shape, wires):
    """Return the shape of a sample; with an axis of one channel, if all that read it want one."""
    readers = [each.layer for each in readers_of_features(wires)]
    readers = [layer for layer in readers if layer.kind is not None]  # Flatten takes all
    wanted = {1: "reads_sequences", 2: "reads_images"}.get(len(shape))
    if wanted and readers and all(getattr(layer, wanted) for layer in readers):
        return *shape, 1
    return shape


def _lacking_on_gpu(wires):
    """Return the layers that GPUs cannot compute, or not train as they are to be trained."""
    lacking, any_trained = [], False
    for each in wires:
        name, layer = each.name, each.layer
        usual = not each.joined and not shared_names([(name, layer)])
        usual = usual and getattr(layer, "learning_rate_factor", 1.0) == 1.0
        usual = usual and (getattr(layer, "trainable", True) or not any_trained)
        kinds = [step.kind for step in each.steps]
        if kinds and not (usual and has_kinds("cuda", kinds)):
            lacking.append((name, layer))
        any_trained = any_trained or getattr(layer, "trainable", False)
    return lacking


def _structure_of(stack):
    """Return the operations of a network without what may change while it is trained."""
    usual = {"trained": False, "decay": 0.0, "rate_factor": 1.0}
    given = [
        operation._replace(
            dropout=0.0, table=b"", settings=() if operation.table else operation.settings
        ).with_blocks(**usual)
        for operation in stack.given
    ]
    return given, stack.heads

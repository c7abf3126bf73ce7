"""Networks of layers whose targets are their features: what autoencoders do beside training."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context, clone
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.engines.choice import check_device, find_engine
from skdeep.engines.cpu.runs.validation import output_losses
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.inputs.sample_weights import check_sum
from skdeep.estimators.inputs.sequences import as_matrix, as_sequences, as_shape
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.estimators.presentation.documentation import with_partial_fit_notes
from skdeep.estimators.targets.numeric import NumberTargets
from skdeep.exporting.head import Head
from skdeep.formulas.optimizers import REGISTRY as UPDATE_RULES
from skdeep.layers import ActivityPenalty, Dense, TransposedDense
from skdeep.network.guard import guard
from skdeep.network.parts import first_operations, operations_behind
from skdeep.network.stack import connect, make_stack, named_layers, read_by_outputs
from skdeep.network.wiring import FEATURES, title
from skdeep.objects import name_of
from skdeep.recipe import make_recipe
from skdeep.recipe.decoder import encoder_and_decoder, tied_layer
from skdeep.recipe.loss_and_outputs import make_objective
from skdeep.recipe.optimizer import solver_name


class Reconstruction(ClassNamePrefixFeaturesOutMixin, TransformerMixin, LayeredNetwork):
    """Base class of `Autoencoder`, which is to be used instead."""

    _layer_lists = ("layers", "decoder")
    _averages_losses = False
    _of_images = True

    def _parameters(self):
        return self._parameters_with(self._layer_list())

    def _parameters_with(self, layers):
        """Return all parameters by their names, with these layers before the outputs."""
        parameters = super()._parameters()
        parameters.layers = layers
        parameters.input_dropout = parameters.masking
        if parameters.scoring is None:
            parameters.scoring = "loss"
        if parameters.masking and solver_name(self.solver) not in UPDATE_RULES:
            raise ValueError(
                f"masking={self.masking!r} is for solvers that train update by update; "
                f"solver={solver_name(self.solver)!r} minimises one fixed function."
            )
        return parameters

    def _layer_list(self):
        return encoder_and_decoder(self)

    def _read_by_outputs(self):
        shape = as_shape(self.input_shape_)
        layers = connect(self.layers_, shape)[0]
        given = layers[-1].shape
        if len(given) > 1 and (len(given), *given[:2]) != (len(shape), *shape[:2]):
            raise ValueError(
                "The outputs of an autoencoder read samples of shape (n_inputs,), or where X holds "
                "images, images of as many rows and columns, of which every pixel has outputs. "
                f"{given} arrives from the last layer, and X has samples of shape {shape}: put "
                "Flatten() at the end of decoder."
            )
        if len(given) == 2:
            raise ValueError(
                "The outputs of an autoencoder read vectors or images, but a sequence of shape "
                f"{given} arrives from the last layer: put Flatten() at the end of decoder."
            )
        return read_by_outputs(layers, shape, of_images=True)

    def _stack(self, pairs, n_outputs, activation):
        form = tuple(self.input_shape_), n_outputs, activation
        return make_stack(pairs, *form, weights_of=self.tied_to_, of_images=True)

    def _facts(self):
        return [*super()._facts(), self.tied_to_, self.n_encoder_layers_]

    def _engine(self, fitting=True):
        tied = self.tied_weights if fitting else self.tied_to_ is not None
        if not tied or self.device == "cpu":
            return super()._engine(fitting)
        check_device(self.device)
        if self.device != "auto":
            raise ValueError(
                f"device={self.device!r} has no kernels for tied_weights=True: device='cpu' has."
            )
        return guard(find_engine("cpu", self.n_threads, fitting))

    # --- the targets, which are the features

    def _targets(self):
        return NumberTargets(name_of(self.loss))

    def _head(self):
        return Head()

    def _source_settings(self):
        return {**super()._source_settings(), "n_encoder_layers": self._encoder()[0]}

    def _source_functions(self):
        return "reconstruct", "transform", "inverse_transform"

    def _accepted_formats(self, wires):
        return False

    def _as_matrix(self, X, reset):
        if issparse(X):
            raise TypeError(
                "Sparse data was passed for X, but dense data is required: the targets of an "
                "autoencoder are its features. Use '.toarray()' to convert to a dense numpy array."
            )
        if as_sequences(X) is not None:
            raise ValueError(
                "X has sequences of different lengths, which an autoencoder cannot have as targets."
            )
        return (*as_matrix(X), False)

    def _validate_input(self, X, y, incremental, reset):
        X = self._validate_features(X, reset=reset, dtype=(np.float64, np.float32))
        try:
            self._targets().check(X)
        except ValueError as error:
            raise ValueError(str(error).replace("y has", "X has").replace("y in", "X in")) from None
        return X, X

    def _encode(self, X, y=None):
        return self._validate_input(X, y, incremental=True, reset=False)

    def _begin_structure(self, recipe, n_features, n_outputs):
        self.tied_to_ = tied_layer(self.layers) if self.tied_weights else None
        self.n_encoder_layers_ = len(named_layers(self.layers))
        architecture = super()._begin_structure(recipe, n_features, n_outputs)
        self._encoder()  # whether there is one
        return architecture

    # --- the two parts

    def _encoder(self):
        """Return how many operations the encoder has, and the shape of the code."""
        layers, operations = connect(self.layers_[: self.n_encoder_layers_], self.input_shape_)
        last = layers[-1]
        if last.wire.outputs != (len(operations),) or not operations:
            raise ValueError(
                f"{title(last.wire.name, last.wire.layer)}: the last layer of the encoder gives "
                "the code, so that it must compute something, and what it gives must lie together."
            )
        return len(operations), last.shape

    def _behind_encoder(self):
        """Return the penalty on the code, if any, and the decoder, without transposed weights."""
        last, *behind = self.layers_[self.n_encoder_layers_ - 1 :]
        n_penalties = isinstance(behind[0][1], ActivityPenalty) if behind else 0
        codes = {name for name, _ in [last, *behind[:n_penalties]]}
        decoder = [(name, _alone(layer, codes)) for name, layer in behind[n_penalties:]]
        return behind[:n_penalties], decoder

    def transform(self, X):
        """Return the code: the output of the last layer of the encoder.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_codes)
            The code. If the encoder returns sequences or images, they are flattened.
        """
        X, _, vector = self._rows_and_network(X)
        network = self._flat_network()._replace(vector=vector)
        part = first_operations(network, self._encoder()[0])
        return self._engine(fitting=False).predict(part.layout, part.vector, X)

    def inverse_transform(self, X):
        """Map codes back to features with the decoder.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_codes)
            The code, as `transform` returns it.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            The features.
        """
        check_is_fitted(self)
        n_operations, shape = self._encoder()
        X = check_array(X, dtype=(np.float64, np.float32), estimator=self)
        if X.shape[1] != np.prod(shape):
            raise ValueError(
                f"X has {X.shape[1]} features, but the code of {type(self).__name__} has "
                f"{np.prod(shape)}."
            )
        network = self._flat_network()
        dtype = network.vector.dtype if X.dtype == np.float32 else np.float64
        network = network._replace(vector=network.vector.astype(dtype, copy=False))
        penalties, pairs = self._behind_encoder()
        form = shape, self.n_outputs_, self.out_activation_
        decoder = make_stack(pairs, *form, of_images=True)
        part = operations_behind(network, n_operations + len(penalties), decoder)
        return self._engine(fitting=False).predict(part.layout, part.vector, as_rows(X, dtype))

    def reconstruct(self, X):
        """Return the reconstruction of features.

        Equivalent to ``inverse_transform(transform(X))`` (with ``tied_weights``, up to rounding).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        X_reconstructed : ndarray of shape (n_samples, n_features)
            The outputs of the network.
        """
        return self._outputs(X)

    def score_samples(self, X):
        """Return the negative reconstruction error of each sample.

        As with `sklearn.ensemble.IsolationForest`, samples unlike the training data have low
        scores.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            The negative loss without penalties; for the squared error, minus half the sum of the
            squared differences.
        """
        X, layout, vector = self._rows_and_network(X)
        outputs = self._engine(fitting=False).predict(layout, vector, X)
        recipe = make_recipe(self._parameters_with(self.layers_))
        objective = make_objective(recipe, self.out_activation_, exclusive=False)
        losses = output_losses(objective, X, outputs)
        return -losses.sum(axis=1, dtype=np.float64).astype(outputs.dtype)

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of the scores of the samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            The negative loss without penalties; higher is better.
        """
        check_is_fitted(self)
        if sample_weight is not None:
            sample_weight = validate_sample_weight(sample_weight, X)
            check_sum(sample_weight)
        return float(np.average(self.score_samples(X), weights=sample_weight))

    @property
    def _n_features_out(self):
        """Number of codes, for ``get_feature_names_out``."""
        return int(np.prod(self._encoder()[1]))

    # --- training

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
        """Fit the encoder and the decoder to features X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features. C-ordered float32 or float64 arrays are not copied.
        y : None
            Ignored; present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. If None, all samples have the same weight.
        X_val : array-like of shape (n_val, n_features), default=None
            A validation set. With ``early_stopping`` it replaces the part of the training data that
            would be set aside; otherwise its scores and losses are only recorded.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        given = Given(X_val, X_val, sample_weight_val)
        return self._prepare(X, None, sample_weight, given)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    @with_partial_fit_notes
    def partial_fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
        """Update the network with one epoch over the given data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        y : None
            Ignored; present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : array-like of shape (n_val, n_features), default=None
            A validation set, on which the score and the loss are recorded.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.

        <notes>
        """
        given = Given(X_val, X_val, sample_weight_val)
        return self._prepare(X, None, sample_weight, given, incremental=True)

    def loss_gradient(self, X, y=None, sample_weight=None):
        """Return the loss on data, with penalties, and its gradient.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        loss : float
            The loss, summed over the features and averaged over the samples, plus the penalties on
            weights and activations.
        coef_grads, intercept_grads : list of ndarray
            Its gradient with respect to ``coefs_`` and ``intercepts_``, of the same shapes.
        """
        return super().loss_gradient(X, None, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = tags.target_tags.required = False
        return tags


def _alone(layer, codes):
    """Return a layer of the decoder that reads features in the place of the code.

    In the place of a layer that uses transposed weights there is a dense one.
    """
    if isinstance(layer, TransposedDense):
        return Dense(layer.units, layer.activation)
    read = layer.input_names() or ()
    if codes & {*read}:
        names = [FEATURES if name in codes else name for name in read]
        return clone(layer).set_params(inputs=names)
    return layer

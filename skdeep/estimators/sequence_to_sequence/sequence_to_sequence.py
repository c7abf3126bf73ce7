"""A transformer that learns to write a sequence of tokens for another one."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.sample_weights import check_sum
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.parameters.constraints import CONSTRAINTS
from skdeep.estimators.presentation.documentation import documented
from skdeep.estimators.sequence_to_sequence.translation import NOT_OFFERED, Translation
from skdeep.estimators.sequence_to_sequence.vocabulary import as_kind, read_sequences
from skdeep.layers._base import ACTIVATION, SIZE
from skdeep.layers.attention._dot_product import check_heads
from skdeep.recipe.layer_list import NOT_OFFERED as NOT_OFFERED_TO_LAYERS

#: What parameters of the training may be.
_OF_TRAINING = {
    name: accepted
    for name, accepted in CONSTRAINTS.items()
    if name not in (*NOT_OFFERED, *NOT_OFFERED_TO_LAYERS)
}


@documented("classification", "log_loss", of_layers=True, of_sequences=True)
class SequenceToSequence(Translation):
    """A transformer, a network that reads a sequence of tokens and writes another one.

    An encoder makes a vector of every token of the source, which knows of the other tokens by
    self-attention. A decoder gives the probabilities of the next token of the target: it reads the
    tokens before, by causal self-attention, and the vectors of the encoder, by cross-attention
    [1]_. In training it reads the right tokens before (teacher forcing). Predictions are found by a
    greedy search or a beam search, token by token, until the token of the end.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    source_tokens_, target_tokens_ : list
        The tokens of the sources and of the targets, sorted where they can be.
    max_source_length_, max_target_length_ : int
        Tokens of the longest source, and of the longest target.
    target_kind_ : {'list', 'tuple', 'str', 'array'}
        What targets are given as, and predictions are returned as.
    loss_ : float
        Loss of the last epoch, with the penalty.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``.
    loss_curve_ : list of float
        Loss of every epoch.
    validation_scores_ : list of float or None
        Score on the validation set after every epoch, by `scoring`; None without a validation set.
    best_validation_score_ : float or None
        Best of them; None without a validation set.
    validation_loss_curve_ : list of float or None
        Loss on the validation set, without the penalty, after every epoch; None without one.
    layers_ : list of tuple of str and layer
        All layers of the network but the outputs, with their names.
    coefs_, intercepts_ : list of ndarray
        Weights and biases of every layer that has some, and of the outputs: views into one vector,
        of float32.
    n_layers_ : int
        Number of operations of the network, with the input and the outputs.
    t_ : int
        Samples seen in training.
    n_iter_ : int
        Epochs of the last fit.
    n_outputs_ : int
        Number of outputs of a step.
    restarts_ : list of Restart
        What became of each of the `n_restarts`, as of `MLPClassifier`.
    best_restart_ : int
        Place in ``restarts_`` of the one that was kept.
    out_activation_ : str
        Activation of the output layer, 'softmax'.
    stop_reason_ : str
        Why training ended, as of `MLPClassifier`.

    See Also
    --------
    skdeep.layers.CrossAttention : The layer by which the decoder reads the source.
    NetworkClassifier : Networks of any layers, for one label of a sequence or one of every step.

    Notes
    -----
    Sequences are lists, tuples, strings (whose tokens are the characters) or one-dimensional
    arrays. Tokens are any hashable objects. Targets may be empty; sources may not.

    Every sequence has the same weight in the loss, which is the mean of the losses of its tokens
    and of its end. Layer normalisation stands before each part of a block [2]_. Networks are
    trained and used in single precision.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    .. [2] R. Xiong et al., "On layer normalization in the transformer architecture", ICML 2020.
    .. [3] Y. Wu et al., "Google's neural machine translation system: bridging the gap between human
       and machine translation", 2016.

    Examples
    --------
    Strings are to be written backwards:

    >>> from itertools import product
    >>> from skdeep import SequenceToSequence
    >>> X = ["".join(letters) for letters in product("abc", repeat=3)]
    >>> y = [word[::-1] for word in X]
    >>> model = SequenceToSequence(
    ...     dim=16,
    ...     heads=2,
    ...     units=32,
    ...     n_encoder_layers=1,
    ...     n_decoder_layers=1,
    ...     learning_rate_init=0.01,
    ...     tol_objective=0.02,
    ...     random_state=0,
    ... )
    >>> model.fit(X, y).predict(["abc", "bba"])
    ['cba', 'abb']
    """

    _parameter_constraints: dict = {
        "dim": SIZE,
        "heads": SIZE,
        "units": SIZE,
        "activation": ACTIVATION,
        "n_encoder_layers": [Interval(Integral, 0, 1000, closed="both")],
        "n_decoder_layers": [Interval(Integral, 1, 1000, closed="both")],
        "learned_positions": ["boolean"],
        "dropout": CONSTRAINTS["dropout"],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "n_beams": [Interval(Integral, 1, 10_000, closed="both")],
        "max_length": [Interval(Integral, 1, None, closed="left"), None],
        "length_penalty": [Interval(Real, 0, 100, closed="both")],
        **{name: kinds for name, kinds in _OF_TRAINING.items() if name != "activation"},
        "scoring": [StrOptions({"loss"}), None],
    }

    def __init__(
        self,
        dim=64,
        heads=4,
        *,
        units=128,
        activation="relu",
        n_encoder_layers=2,
        n_decoder_layers=2,
        learned_positions=False,
        dropout=0.0,
        label_smoothing=0.0,
        n_beams=1,
        max_length=None,
        length_penalty=0.6,
        solver="adam",
        alpha=0.0,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        n_threads=None,
        weight_init="auto",
        tol_objective=None,
        scoring=None,
        n_restarts=1,
        penalty="l2",
        clip_norm=None,
    ):
        self.dim = dim
        self.heads = heads
        self.units = units
        self.activation = activation
        self.n_encoder_layers = n_encoder_layers
        self.n_decoder_layers = n_decoder_layers
        self.learned_positions = learned_positions
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.n_beams = n_beams
        self.max_length = max_length
        self.length_penalty = length_penalty
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.n_threads = n_threads
        self.weight_init = weight_init
        self.tol_objective = tol_objective
        self.scoring = scoring
        self.n_restarts = n_restarts
        self.penalty = penalty
        self.clip_norm = clip_norm

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network to pairs of sequences.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The sources: lists, tuples, strings or arrays of hashable tokens, none of them empty.
        y : list of sequences, or array of shape (n_samples, n_tokens)
            The targets, likewise.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.
        X_val : list of sequences, default=None
            Sources of a validation set, with tokens that X has. With ``early_stopping`` it takes
            the place of the samples held out; without, its scores and losses are recorded, and
            change nothing.
        y_val : list of sequences, default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        check_heads(self.heads, self.dim)
        if not (self.warm_start and "coefs_" in vars(self)):
            self._find_tokens(X, y)
        self._most_tokens()  # checks `max_length`
        return self._prepare(X, y, sample_weight, Given(X_val, y_val, sample_weight_val))

    def predict(self, X):
        """Predict the targets of sources.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The sources, of tokens that those of the fit have, and no longer than these.

        Returns
        -------
        y : list of sequences
            Lists, tuples, strings or arrays, as the targets of the fit.

        Raises
        ------
        ValueError, TypeError
            If the input is invalid.
        """
        check_is_fitted(self)
        self._validate_params()
        found = map(self._tokens_of, self._predicted_codes(self._codes_of_sources(X)))
        return [as_kind(each, self.target_kind_, self.target_tokens_) for each in found]

    def _tokens_of(self, codes):
        return [self.target_tokens_[code - 1] for code in codes]

    def score(self, X, y, sample_weight=None):
        """Return the share of the sources whose targets are predicted without a mistake.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The sources.
        y : list of sequences, or array of shape (n_samples, n_tokens)
            The right targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        self._validate_params()
        right, sources = read_sequences(y, "y").tokens, self._codes_of_sources(X)
        if len(right) != len(sources):
            raise ValueError(f"X has {len(sources)} sequences, but y has {len(right)}.")
        if sample_weight is not None:
            sample_weight = validate_sample_weight(sample_weight, np.empty((len(right), 1)))
            check_sum(sample_weight)
        found = map(self._tokens_of, self._predicted_codes(sources))
        exact = [ours == theirs for ours, theirs in zip(found, right, strict=True)]
        return float(np.average(exact, weights=sample_weight))

    def attention(self, X, y=None):
        """Return how much every token of the targets reads each token of the sources.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The sources.
        y : list of sequences, array of shape (n_samples, n_tokens) or None, default=None
            The targets; None for those that are predicted.

        Returns
        -------
        maps : list of ndarray of shape (n_decoder_layers, heads, n_target + 1, n_source)
            Of every sample, the shares by which the decoder's cross-attention reads the tokens of
            the source where it gives a token of the target, or in the last row the end. They sum
            to 1 over the tokens of the source.
        """
        check_is_fitted(self)
        self._validate_params()
        sources = self._codes_of_sources(X)
        if y is None:
            targets = self._predicted_codes(sources)
        else:
            targets = self._codes_of_targets(y, len(sources))
        maps = np.stack(self._maps(sources, targets), axis=1)
        return [
            each[:, :, : len(target) + 1, : len(source)].copy()
            for each, source, target in zip(maps, sources, targets, strict=True)
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.two_d_array, tags.no_validation = False, True
        return tags

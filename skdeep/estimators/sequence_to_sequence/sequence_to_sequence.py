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
from skdeep.estimators.sequence_to_sequence.sequence_parameters import PARAMETERS
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


@documented("classification", "log_loss", of_layers=True, further=PARAMETERS)
class SequenceToSequence(Translation):
    """Transformer that maps sequences of tokens to sequences of tokens.

    The encoder computes a vector for each token of the source sequence, by self-attention over all
    tokens. The decoder predicts the probabilities of the next token of the target sequence from the
    previous target tokens, by causal self-attention, and from the vectors of the encoder, by
    cross-attention [1]_. During training, the previous tokens are those of the given target
    (teacher forcing). During prediction, tokens are chosen one after the other by greedy search or
    beam search until the end token.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    source_tokens_, target_tokens_ : list
        The distinct tokens of the sources and of the targets, sorted if they can be compared.
    max_source_length_, max_target_length_ : int
        Number of tokens of the longest source and of the longest target.
    target_kind_ : {'list', 'tuple', 'str', 'array'}
        Type of the targets, which is also that of the predictions.
    loss_ : float
        Loss of the last epoch, including the penalty.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after each epoch, as defined by `scoring`; None without a
        validation set.
    best_validation_score_ : float or None
        Best validation score; None without a validation set.
    validation_loss_curve_ : list of float or None
        Loss on the validation set after each epoch, without the penalty; None without a validation
        set.
    layers_ : list of tuple of str and layer
        The hidden layers of the network and their names.
    coefs_, intercepts_ : list of ndarray of float32
        Weights and biases of each layer that has any, the output layer last: views of one vector.
    n_layers_ : int
        Number of operations of the network, including the input and the output layer.
    n_outputs_ : int
        Number of outputs of a step.
    out_activation_ : str
        Activation function of the output layer, 'softmax'.
    n_iter_ : int
        Number of epochs of the last fit.
    t_ : int
        Number of training samples seen by the solver.
    restarts_ : list of Restart
        Results of each of the `n_restarts`, as of `MLPClassifier`.
    best_restart_ : int
        Index in ``restarts_`` of the network that was kept.
    stop_reason_ : str
        Why training stopped, as of `MLPClassifier`.

    See Also
    --------
    skdeep.layers.CrossAttention : The layer with which the decoder attends to the encoder.
    NetworkClassifier : Networks of any layers, which predict a label of each sequence or each step.

    Notes
    -----
    Sequences are lists, tuples, strings (the tokens are the characters) or one-dimensional arrays.
    Tokens are any hashable objects. Targets may be empty, sources may not.

    The loss of a sample is the mean of the cross-entropies of its target tokens and of the end
    token. Layer normalisation precedes the attention and hidden layers instead of following them
    [2]_. Networks are trained and used in single precision.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    .. [2] R. Xiong et al., "On layer normalization in the transformer architecture", ICML 2020.
    .. [3] Y. Wu et al., "Google's neural machine translation system: bridging the gap between human
       and machine translation", 2016.

    Examples
    --------
    The network learns to reverse strings:

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
            The source sequences: lists, tuples, strings or arrays of hashable tokens. They must not
            be empty.
        y : list of sequences, or array of shape (n_samples, n_tokens)
            The target sequences.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. If None, all samples have the same weight.
        X_val : list of sequences, default=None
            Source sequences of a validation set, whose tokens must occur in X. With
            ``early_stopping`` it is used instead of a part of the training data. Otherwise its
            scores and losses are only recorded.
        y_val : list of sequences, default=None
            Target sequences of the validation set.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If the input is invalid or training diverges. The estimator is left unchanged.
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
        """Predict target sequences.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The source sequences. Their tokens must occur in those of the fit, and they must not be
            longer than the longest of these.

        Returns
        -------
        y : list of sequences
            Predicted lists, tuples, strings or arrays, of the type of the targets of the fit.

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
        """Return the proportion of samples whose whole target sequence is predicted correctly.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The source sequences.
        y : list of sequences, or array of shape (n_samples, n_tokens)
            The correct target sequences.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            Accuracy of whole sequences.
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
        """Return the cross-attention weights from target tokens to source tokens.

        Parameters
        ----------
        X : list of sequences, or array of shape (n_samples, n_tokens)
            The source sequences.
        y : list of sequences, array of shape (n_samples, n_tokens) or None, default=None
            The target sequences. If None, those that are predicted.

        Returns
        -------
        weights : list of ndarray of shape (n_decoder_layers, heads, n_target + 1, n_source)
            For each sample, the attention weights of the decoder's cross-attention when it predicts
            each target token and, in the last row, the end token. They sum to 1 over the source
            tokens.
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
        tags.input_tags.two_d_array = False
        return tags

"""The documentation of the parameters that other networks do not have, or describe differently."""

PARAMETERS = """
dim : int, default=64
    Number of channels of all layers but the hidden ones of the feed-forward networks.
heads : int, default=4
    Number of heads of each attention layer. It must divide `dim`.
units : int, default=128
    Number of hidden units of the feed-forward network that each block applies to every step.
activation : {names of activations}, default='relu'
    Activation function of these hidden units.
n_encoder_layers : int, default=2
    Number of blocks of the encoder: self-attention and a feed-forward network.
n_decoder_layers : int, default=2
    Number of blocks of the decoder: causal self-attention, cross-attention to the encoder and a
    feed-forward network.
learned_positions : bool, default=False
    Whether positional encodings are trained parameters. If False, they are sines and cosines. See
    `skdeep.layers.PositionalEncoding`.
dropout : float in [0, 1), default=0.0
    Dropout rate of the embeddings and of the outputs of attention layers and feed-forward networks.
label_smoothing : float in [0, 1), default=0.0
    Label smoothing: targets become ``(1 - s) y + s / K`` for `K` classes, the tokens and the end.
n_beams : int, default=1
    Number of hypotheses that beam search keeps at each step; 1 is greedy search. Like `max_length`
    and `length_penalty`, it is used by `predict`, `score` and `attention`, and can be changed after
    `fit`.
max_length : int or None, default=None
    Maximum number of tokens of a prediction. If None, the length of the longest target of the fit,
    which must not be exceeded.
length_penalty : float, default=0.6
    Exponent ``a`` of the score ``log P(y) / ((5 + |y|) / 6) ** a`` with which beam search compares
    hypotheses of different lengths [3]_. 0 compares probabilities; larger values favour longer
    predictions.
alpha : float, default=0.0
    Strength of the penalty ``alpha / 2 * sum(W ** 2)`` on the weights (biases are not penalised).
    Like the losses, it is divided by the number of samples or the sum of their weights. With
    'adamw', `alpha` is the strength of the decoupled weight decay, which is not part of the loss.
scoring : 'loss' or None, default=None
    Score on the validation set; higher is better. None is the accuracy of single tokens, including
    the end token, given the correct previous tokens; 'loss' the negative loss without the penalty.
"""

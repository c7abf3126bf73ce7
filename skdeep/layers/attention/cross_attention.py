"""Cross-attention: the steps of a sequence attend to those of another one."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, SIZE, Layer
from skdeep.layers.attention._dot_product import (
    KIND,
    attention_operation,
    check_heads,
    shares_of,
)
from skdeep.layers.convolution.conv1d import Conv1D
from skdeep.layers.operation import Step


class CrossAttention(Layer):
    """Multi-head cross-attention: the steps of a sequence attend to the steps of another layer.

    For each of the heads, with queries ``q_i = x_i W_q + b_q`` of the input steps ``x_i``, and with
    keys ``k_j = m_j W_k + b_k`` and values ``v_j``, computed in the same way, of the steps ``m_j``
    of the layer `memory`, ``a_i = sum_j p_ij v_j`` where ``p_i = softmax_j(q_i . k_j / sqrt(dim /
    heads))``. The outputs are ``h_i = [a_i of all heads] W_o + b_o``. In a transformer, the decoder
    attends to the outputs of the encoder in this way [1]_. The input shape of a sample is
    (steps, channels), that of `memory` (memory steps, memory channels), and the output shape
    (steps, dim).

    Parameters
    ----------
    memory : str
        Name of the earlier layer that is attended to; "features" stands for the features.
    heads : int, default=1
        Number of heads. It must divide `dim`.
    dim : int or None, default=None
        Number of output channels, and of queries, keys and values summed over all heads. If None,
        the number of input channels.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    trainable : bool, default=True
        Whether the weights and biases are trained, as in `Dense`.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str or None, default=None
        Name of an earlier layer whose output is the input of this layer; "features" stands for the
        features. If None, the previous layer.

    See Also
    --------
    SelfAttention : Attention to the steps of the same sequence.
    skdeep.SequenceToSequence : A transformer, whose decoder attends to its encoder.

    Notes
    -----
    ``coefs_`` has three arrays for this layer: the weights of the queries, of shape
    (1, channels, dim), the concatenated weights of keys and values, of shape
    (1, memory channels, 2 * dim), and ``W_o``, of shape (1, dim, dim). Masked steps of `memory` are
    not attended to. Masked input steps stay masked.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    A few steps attend to all steps of a longer sequence:

    >>> import numpy as np
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Conv1D, CrossAttention, Flatten
    >>> X = np.random.default_rng(0).normal(size=(40, 12, 4))
    >>> y = X[:, :, 0].max(axis=1) > 1.5
    >>> layers = [
    ...     ("steps", Conv1D(8, 1)),
    ...     ("summaries", Conv1D(8, 4, strides=4)),
    ...     CrossAttention("steps", heads=2),
    ...     Flatten(),
    ... ]
    >>> clf = NetworkClassifier(layers, tol=0.1, random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_[2:5]]
    [(1, 8, 8), (1, 8, 16), (1, 8, 8)]
    """

    _parameter_constraints: dict = {
        "memory": [str],
        "heads": SIZE,
        "dim": [*SIZE, None],
        **OF_OUTPUTS,
        **{name: kinds for name, kinds in OF_PARAMETERS.items() if name != "weights_of"},
        **INPUTS,
    }
    kind = KIND
    joins = True
    crosses = True
    reads_mask = True

    def __init__(
        self,
        memory,
        heads=1,
        dim=None,
        *,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.memory = memory
        self.heads = heads
        self.dim = dim
        self.dropout = dropout
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def check(self):
        """Check the values of the parameters: see `Layer.check`."""
        super().check()
        if len(self.input_names() or ("",)) > 1:
            raise ValueError(f"The 'inputs' parameter must be one name, got {self.inputs!r}.")
        if self.dim is not None:
            check_heads(self.heads, int(self.dim))
        return self

    def gives_steps(self):
        """Return whether the outputs have the steps of the inputs: True."""
        return True

    def further_inputs(self):
        """Return the name of `memory`: see `Layer.further_inputs`."""
        return (self.memory,)

    def steps(self):
        """Return what is known of the operations before the features are."""
        projections = 2 * (Step(Conv1D.kind, given=False),)
        last = Step(Conv1D.kind, dropout=float(self.dropout))
        return *projections, Step(self.kind, given=False), last

    def operations(self, shape, source, mask=None, first=1):
        """Return the operations: projections, attention, and the projection of the outputs.

        Parameters
        ----------
        shape : list of tuple of int
            Of a sample that arrives, and of one of `memory`.
        source : tuple of int
            Where they come from.
        mask : tuple of int or None, default=None
            Source of the mask of `memory`, and the place of its first value; None without a mask.
        first : int, default=1
            Where the outputs of the first of the operations come from for those that read them.

        Returns
        -------
        operations : tuple of Operation
        shape : tuple of int

        Raises
        ------
        ValueError
            If the layer takes no samples of these shapes.
        """
        for each in shape:
            if len(each) != 2:
                raise ValueError(f"it reads samples of shape (steps, channels), but not {each}.")
        (readers, channels), (n_steps, _) = shape
        dim = channels if self.dim is None else int(self.dim)
        check_heads(self.heads, dim)
        queries, _ = Conv1D(dim, 1, activation="identity").connect(shape[0], source[0])
        keys, _ = Conv1D(2 * dim, 1, activation="identity").connect(shape[1], source[1])
        sources, sizes = (first, first + 1), (readers, n_steps)
        attention = attention_operation(sources, sizes, dim, int(self.heads), mask=mask)
        outputs = Conv1D(dim, 1, activation="identity", dropout=self.dropout)
        last, given = outputs.connect((readers, dim), first + 2)
        return (queries, keys, attention, last), given

    def reference(self, X, weights, biases, mask=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : list of ndarray of shape (n_samples, steps, channels)
            Samples that arrive, and those of `memory`.
        weights, biases : list of ndarray
            Of the queries, of keys and values, and of the outputs.
        mask : ndarray of bool of shape (n_samples, memory steps), default=None
            Which steps of `memory` are seen; None for all.

        Returns
        -------
        outputs : ndarray of shape (n_samples, steps, dim)
        """
        shares, parts = self.shares(X, weights, biases, mask), []
        values = np.split(X[1] @ weights[1][0] + biases[1], 2, axis=-1)[1]
        for head, v in enumerate(np.split(values, int(self.heads), axis=-1)):
            parts.append(shares[:, head] @ v)
        return np.concatenate(parts, axis=-1) @ weights[2][0] + biases[2]

    def shares(self, X, weights, biases, mask=None):
        """Return how much every step reads every step of `memory`, ``p`` of all heads.

        Parameters
        ----------
        X : list of ndarray of shape (n_samples, steps, channels)
            Samples that arrive, and those of `memory`.
        weights, biases : list of ndarray
            The arrays of the layer in ``coefs_`` and ``intercepts_``, of which the first two are
            read.
        mask : ndarray of bool of shape (n_samples, memory steps), default=None
            Which steps of `memory` are seen; None for all.

        Returns
        -------
        shares : ndarray of shape (n_samples, heads, steps, memory steps)
            Rows are the steps that read; each sums to 1, or to 0 where it can read none.
        """
        queries = X[0] @ weights[0][0] + biases[0]
        keys = np.split(X[1] @ weights[1][0] + biases[1], 2, axis=-1)[0]
        return shares_of(queries, keys, int(self.heads), mask)

"""Self-attention over the steps of a sequence."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, SIZE, Layer
from skdeep.layers.attention._dot_product import attention_operation, check_heads, shares_of
from skdeep.layers.convolution.conv1d import Conv1D
from skdeep.layers.operation import Step


class SelfAttention(Layer):
    """Multi-head self-attention over the steps of a sequence.

    For each of the heads, with queries ``q_i = x_i W_q + b_q``, keys ``k_i`` and values ``v_i``
    computed in the same way, ``a_i = sum_j p_ij v_j`` where ``p_i = softmax_j(q_i . k_j / sqrt(dim
    / heads))``. The outputs are ``h_i = [a_i of all heads] W_o + b_o``. The input shape of a sample
    is (steps, channels), the output shape (steps, dim).

    Parameters
    ----------
    heads : int, default=1
        Number of heads. It must divide `dim`.
    dim : int or None, default=None
        Number of output channels, and of queries, keys and values summed over all heads. If None,
        the number of input channels.
    causal : bool, default=False
        Whether a step only attends to itself and previous steps.
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
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    CrossAttention : Attention to the steps of another layer.
    PositionalEncoding : Adds information about the order of the steps, which attention ignores.
    Residual : Residual connection, as used around attention in transformers.

    Notes
    -----
    ``coefs_`` has two arrays for this layer: the concatenated weights of queries, keys and values,
    of shape (1, channels, 3 * dim), and ``W_o``, of shape (1, dim, dim). Masked steps are not
    attended to. The output of a step that cannot attend to any step is ``b_o``.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    Does a sequence hold the same token twice in a row? Every step looks for its neighbour:

    >>> import numpy as np
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Dense, Flatten, SelfAttention
    >>> X = np.random.default_rng(0).normal(size=(40, 6, 8))
    >>> y = X[:, :, 0].max(axis=1) > 1
    >>> layers = [SelfAttention(heads=2), Flatten(), Dense(8)]
    >>> clf = NetworkClassifier(layers, tol=0.1, random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(1, 8, 24), (1, 8, 8), (48, 8), (8, 1)]
    """

    _parameter_constraints: dict = {
        "heads": SIZE,
        "dim": [*SIZE, None],
        "causal": ["boolean"],
        **OF_OUTPUTS,
        **{name: kinds for name, kinds in OF_PARAMETERS.items() if name != "weights_of"},
        **INPUTS,
    }
    kind = "attention"
    reads_mask = True

    def __init__(
        self,
        heads=1,
        dim=None,
        *,
        causal=False,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.heads = heads
        self.dim = dim
        self.causal = causal
        self.dropout = dropout
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def check(self):
        """Check the values of the parameters: see `Layer.check`."""
        super().check()
        if self.dim is not None:
            check_heads(self.heads, int(self.dim))
        return self

    def gives_steps(self):
        """Return whether what it gives has the steps of what it reads."""
        return True

    def steps(self):
        """Return what is known of the operations before the features are."""
        projection = Step(Conv1D.kind, given=False)
        last = Step(Conv1D.kind, dropout=float(self.dropout))
        return projection, Step(self.kind, given=False), last

    def operations(self, shape, source, mask=None):
        """Return the operations: projections, attention, and the projection of the outputs.

        Parameters
        ----------
        shape : tuple of int
            Of a sample that arrives.
        source : int
            Where it comes from.
        mask : tuple of int or None, default=None
            Source of the mask, and the place of its first value; None without a mask.

        Returns
        -------
        operations : tuple of Operation
        shape : tuple of int

        Raises
        ------
        ValueError
            If the layer takes no samples of this shape.
        """
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        n_steps, channels = shape
        dim = channels if self.dim is None else int(self.dim)
        check_heads(self.heads, dim)
        projections = Conv1D(3 * dim, 1, activation="identity")
        joined, given = projections.connect(shape, source)
        attention = attention_operation(
            (source + 1, source + 1), (n_steps, n_steps), dim, int(self.heads), self.causal, mask
        )
        outputs = Conv1D(dim, 1, activation="identity", dropout=self.dropout)
        last, given = outputs.connect((n_steps, dim), source + 2)
        return (joined, attention, last), given

    def reference(self, X, weights, biases, mask=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : ndarray of shape (n_samples, steps, channels)
        weights, biases : list of ndarray
            Of the projections, and of the outputs.
        mask : ndarray of bool of shape (n_samples, steps), default=None
            Which steps are seen; None for all.

        Returns
        -------
        outputs : ndarray of shape (n_samples, steps, dim)
        """
        (joined, last), parts = weights, []
        values = np.split(X @ joined[0] + biases[0], 3, axis=-1)[2]
        shares = self.shares(X, joined, biases[0], mask)
        for head, v in enumerate(np.split(values, self.heads, axis=-1)):
            parts.append(shares[:, head] @ v)
        return np.concatenate(parts, axis=-1) @ last[0] + biases[1]

    def shares(self, X, weights, biases, mask=None):
        """Return how much every step reads every other, ``p`` of all heads.

        Parameters
        ----------
        X : ndarray of shape (n_samples, steps, channels)
        weights, biases : ndarray
            The first arrays of the layer in ``coefs_`` and ``intercepts_``.
        mask : ndarray of bool of shape (n_samples, steps), default=None
            Which steps are seen; None for all.

        Returns
        -------
        shares : ndarray of shape (n_samples, heads, steps, steps)
            Rows are the steps that read; each sums to 1, or to 0 where it can read none.
        """
        queries, keys, _ = np.split(X @ weights[0] + biases, 3, axis=-1)
        return shares_of(queries, keys, int(self.heads), mask, self.causal)

"""Free energy, pseudo-likelihood and likelihood of restricted Boltzmann machines.

With visible units `v`, hidden units `h`, weights `W` and biases `b` and `c`, the energy of
Bernoulli visible units is ``E(v, h) = -b.v - c.h - v.W.h``, that of Gaussian ones, of variance 1,
``E(v, h) = |v - b|^2 / 2 - c.h - v.W.h``, and ``p(v, h) = exp(-E(v, h)) / Z``. The hidden units can
be summed out: ``p(v) = exp(-F(v)) / Z`` with the free energy
``F(v) = -b.v - sum_j log(1 + exp(c_j + v.W_j))``, or ``|v - b|^2 / 2`` in place of ``-b.v``.
"""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import safe_sparse_dot

#: Largest number of units whose states are enumerated: a million states.
MOST_UNITS = 20
#: Number of units whose states are enumerated in one array.
UNITS_AT_ONCE = 12


def softplus(x):
    """Return ``log(1 + exp(x))`` for every element of an array."""
    return np.logaddexp(0, x)


def free_energy(v, weights, hidden_bias, visible_bias, gaussian=False):
    """Return the free energy of every row.

    Parameters
    ----------
    v : {array, sparse matrix} of shape (n_samples, n_features)
    weights : array of shape (n_features, n_hidden)
    hidden_bias : array of shape (n_hidden,)
    visible_bias : array of shape (n_features,)
    gaussian : bool, default=False
        Whether the visible units are Gaussian.

    Returns
    -------
    energy : array of shape (n_samples,)
    """
    inputs = safe_sparse_dot(v, weights, dense_output=True) + hidden_bias
    if gaussian and sp.issparse(v):
        squares = np.asarray(v.multiply(v).sum(axis=1)).reshape(-1)
        products = safe_sparse_dot(v, visible_bias, dense_output=True)
        of_visible = 0.5 * (squares + visible_bias @ visible_bias) - products
    elif gaussian:
        of_visible = 0.5 * np.square(v - visible_bias).sum(axis=1)
    else:
        of_visible = -safe_sparse_dot(v, visible_bias, dense_output=True)
    return of_visible - softplus(inputs).sum(axis=1)


def pseudo_likelihood(v, parameters, random_state):
    """Return a stochastic approximation of the log of the pseudo-likelihood of every row.

    One random feature of each row is flipped. Its probability given all other features is a
    logistic function of the difference of the two free energies, and stands for that of every
    feature.

    Parameters
    ----------
    v : {array, CSR matrix} of shape (n_samples, n_features)
        Values 0 and 1.
    parameters : tuple of three arrays
        Weights, biases of the hidden and of the visible units, as in `free_energy`.
    random_state : numpy.random.RandomState

    Returns
    -------
    log_likelihood : array of shape (n_samples,)
    """
    n_samples, n_features = v.shape
    rows = np.arange(n_samples)
    columns = random_state.randint(0, n_features, n_samples)
    if sp.issparse(v):
        change = 1 - 2 * np.asarray(v[rows, columns]).reshape(-1)
        flipped = v + sp.csr_array((change, (rows, columns)), shape=v.shape)
    else:
        flipped = v.copy()
        flipped[rows, columns] = 1 - flipped[rows, columns]
    difference = free_energy(flipped, *parameters) - free_energy(v, *parameters)
    return -n_features * softplus(-difference)


def states_of(n_units, dtype=np.float64):
    """Yield all states of binary units, in arrays of at most ``2**UNITS_AT_ONCE`` states.

    Parameters
    ----------
    n_units : int
    dtype : dtype, default=float64

    Yields
    ------
    states : array of shape (n_states, n_units)
    """
    step = 1 << min(n_units, UNITS_AT_ONCE)
    places = np.arange(n_units)
    for begin in range(0, 1 << n_units, step):
        numbers = np.arange(begin, begin + step)
        yield (numbers[:, None] >> places & 1).astype(dtype)


def can_be_enumerated(n_features, n_hidden, gaussian=False):
    """Return whether the partition function is a sum over the states of few units.

    Parameters
    ----------
    n_features, n_hidden : int
    gaussian : bool, default=False

    Returns
    -------
    possible : bool
    """
    return n_hidden <= MOST_UNITS or (not gaussian and n_features <= MOST_UNITS)


def log_partition(weights, hidden_bias, visible_bias, gaussian=False):
    """Return the log of the partition function, a sum over all states of the smaller layer.

    Parameters
    ----------
    weights, hidden_bias, visible_bias, gaussian
        As in `free_energy`.

    Returns
    -------
    log_partition : float
    """
    weights, c, b = (np.asarray(a, np.float64) for a in (weights, hidden_bias, visible_bias))
    n_features, n_hidden = weights.shape
    if not gaussian and n_features < n_hidden:
        weights, b, c = weights.T, c, b
    total = -np.inf
    for h in states_of(weights.shape[1]):
        inputs = h @ weights.T
        if gaussian:
            of_visible = inputs @ b + 0.5 * np.square(inputs).sum(axis=1)
        else:
            of_visible = softplus(inputs + b).sum(axis=1)
        total = np.logaddexp(total, np.logaddexp.reduce(h @ c + of_visible))
    return float(total + (0.5 * n_features * np.log(2 * np.pi) if gaussian else 0.0))

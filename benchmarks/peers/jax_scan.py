"""JAX: all epochs of a fit in one compiled function."""

import importlib
import itertools

import numpy as np
from sklearn.utils import check_random_state, shuffle

ALPHA, RATE = 1e-4, 1e-3
BETA_1, BETA_2, EPSILON, MOMENTUM = 0.9, 0.999, 1e-8, 0.9


def first_weights(shape, rng, dtype):
    """Return the weights and biases that scikit-learn's fits begin with, drawn in its order."""
    factor = 2.0 if shape.activation == "logistic" else 6.0
    weights = []
    for n, m in itertools.pairwise(shape.units):
        bound = np.sqrt(factor / (n + m))
        pair = rng.uniform(-bound, bound, (n, m)), rng.uniform(-bound, bound, m)
        weights.append(tuple(each.astype(dtype) for each in pair))
    return weights


def orders(shape, n_rows, rng):
    """Return the rows of every epoch in scikit-learn's order, of shape (epochs, n_rows)."""
    order, found = np.arange(n_rows, dtype=np.int32), []
    for _ in range(shape.epochs):
        order = shuffle(order, random_state=rng)
        found.append(order)
    return np.stack(found)


class JaxPeer:
    """One `jit` of all epochs, a `lax.scan` over epochs and within it one over mini-batches.

    The same network, batches, L2 penalty (on weights only), solvers and learning rate as
    scikit-learn, seed for seed. First weights and the orders of the rows are drawn before the clock
    starts, which the fits of other peers do themselves.
    """

    name = "jax"
    failures = ()

    def __init__(self):
        self.jax = importlib.import_module("jax")
        self.version = self.jax.__version__
        nn, numpy = self.jax.nn, self.jax.numpy
        self.activations = {
            "identity": lambda z: z,
            "relu": nn.relu,
            "tanh": numpy.tanh,
            "logistic": nn.sigmoid,
            "gelu": lambda z: nn.gelu(z, approximate=False),
        }

    def supports(self, shape):
        """Tell whether this peer can run the shape: dense rows, the two solvers with batches."""
        plain = shape.density == 1 and not (shape.dropout or shape.batch_norm)
        return plain and shape.solver in ("adam", "sgd") and shape.activation in self.activations

    def _outputs(self, shape):
        """Return the function from weights and rows to the last layer, before its activation."""
        activation = self.activations[shape.activation]

        def outputs(weights, X):
            *hidden, (last, bias) = weights
            for weight, shift in hidden:
                X = activation(X @ weight + shift)
            return X @ last + bias

        return outputs

    def _loss(self, shape):
        """Return the mean loss of outputs and targets."""
        nn, jnp = self.jax.nn, self.jax.numpy
        if shape.task == "regress":
            return lambda out, y: 0.5 * jnp.square(out - y).sum() / len(y)
        if shape.units[-1] == 1:
            return lambda out, y: (nn.softplus(out) - y * out).sum() / len(y)

        def cross_entropy(out, y):
            return -jnp.take_along_axis(nn.log_softmax(out), y[:, None], axis=1).mean()

        return cross_entropy

    def _solver(self, shape):
        """Return the function from weights, states, gradients and the step to the next of them."""
        tree, jnp = self.jax.tree, self.jax.numpy

        def adam(weights, states, gradients, step):
            first, second = states
            first = tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, first, gradients)
            second = tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, second, gradients)
            rate = RATE * jnp.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
            weights = tree.map(
                lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, first, second
            )
            return weights, (first, second)

        def sgd(weights, states, gradients, step):
            (speed,) = states
            speed = tree.map(lambda v, g: MOMENTUM * v - RATE * g, speed, gradients)
            weights = tree.map(
                lambda w, v, g: w + MOMENTUM * v - RATE * g, weights, speed, gradients
            )
            return weights, (speed,)

        return adam if shape.solver == "adam" else sgd

    def _step(self, shape):
        """Return the function that trains on one mini-batch, and gives its loss."""
        outputs, loss_of, solver = self._outputs(shape), self._loss(shape), self._solver(shape)
        loss_and_gradients = self.jax.value_and_grad(
            lambda weights, X, y: loss_of(outputs(weights, X), y)
        )

        def step(state, X, y):
            weights, states, count = state
            loss, gradients = loss_and_gradients(weights, X, y)
            gradients = [
                (g + ALPHA / len(y) * w, shift)
                for (g, shift), (w, _) in zip(gradients, weights, strict=True)
            ]
            weights, states = solver(weights, states, gradients, count + 1)
            return (weights, states, count + 1), loss * len(y)

        return step

    def _train(self, shape):
        """Return the compiled function of first weights, orders, rows and targets."""
        jax, step = self.jax, self._step(shape)

        def train(weights, orders, X, y):
            n_rows = orders.shape[1]
            batch = min(shape.batch, n_rows)
            n_whole = n_rows // batch * batch

            def on_rows(state, rows):
                return step(state, X[rows], y[rows])

            def epoch(state, order):
                whole = order[:n_whole].reshape(-1, batch)
                state, losses = jax.lax.scan(on_rows, state, whole)
                total = losses.sum()
                if n_whole < n_rows:
                    state, loss = on_rows(state, order[n_whole:])
                    total += loss
                return state, total / n_rows

            zeros = jax.tree.map(jax.numpy.zeros_like, weights)
            n_states = 2 if shape.solver == "adam" else 1
            state = weights, (zeros,) * n_states, jax.numpy.zeros((), X.dtype)
            (weights, _, _), losses = jax.lax.scan(epoch, state, orders)
            return weights, losses

        return jax.jit(train)

    def _targets(self, shape, y, dtype):
        """Return the targets as the loss wants them: class numbers, or a column of numbers."""
        if shape.task == "classify" and shape.units[-1] > 1:
            return y.astype(np.int32)
        return y.astype(dtype).reshape(len(y), -1)

    def fitting(self, shape, X, y):
        """Return the function that fits: weights and biases, and the loss of every epoch."""
        self.jax.config.update("jax_enable_x64", X.dtype == np.float64)
        rng = check_random_state(0)
        weights, rows = first_weights(shape, rng, X.dtype), orders(shape, len(y), rng)
        train, targets = self._train(shape), self._targets(shape, y, X.dtype)
        return lambda: self.jax.tree.map(np.asarray, train(weights, rows, X, targets))

    def job(self, shape, data):
        """Return the function that fits, or predicts with a model fitted here."""
        X_train, y_train, X = data
        fit = self.fitting(shape, X_train, y_train)
        if shape.work == "fit":
            return lambda: len(fit()[1])
        weights, network = self.jax.device_put(fit()[0]), self.answers(shape)

        def predict():
            for _ in range(shape.calls):
                np.asarray(network(weights, X))

        return predict

    def answers(self, shape):
        """Return the compiled function from weights and rows to numbers of classes or outputs."""
        nn, outputs = self.jax.nn, self._outputs(shape)
        if shape.task == "regress":
            return self.jax.jit(outputs)
        one = shape.units[-1] == 1

        def answers(weights, X):
            out = outputs(weights, X)
            if shape.work == "predict":
                return out[:, 0] > 0 if one else out.argmax(axis=1)
            return nn.sigmoid(out) if one else nn.softmax(out)

        return self.jax.jit(answers)

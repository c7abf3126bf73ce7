"""The update rules in NumPy, from the papers: they know nothing of skdeep.

``step(parameters, gradients)`` moves arrays in place. Matrices are weights, vectors are biases.
"""

import numpy as np


class Rule:
    """Keeps arrays of zeros beside every parameter."""

    n_states = 1

    def __init__(self, rate):
        self.rate, self.t, self.states = rate, 0, None

    def step(self, parameters, gradients):
        """Move the parameters in place."""
        if self.states is None:
            self.states = [[np.zeros_like(w) for _ in range(self.n_states)] for w in parameters]
        self.t += 1
        for w, g, states in zip(parameters, gradients, self.states, strict=True):
            self.move(w, g, *states)


class SGD(Rule):
    """v <- momentum v - rate g;  w <- w + v, or one more look ahead with Nesterov's rule."""

    def __init__(self, rate=0.001, momentum=0.9, nesterov=True):
        super().__init__(rate)
        self.momentum, self.nesterov = momentum, nesterov

    def move(self, w, g, v):
        """Move one array."""
        v[...] = self.momentum * v - self.rate * g
        w += self.momentum * v - self.rate * g if self.nesterov else v


class Adam(Rule):
    """Running means of g and g**2, both corrected for their start at zero.

    As in the efficient form at the end of the paper's section 2: epsilon joins the root before the
    correction.
    """

    n_states = 2

    def __init__(self, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def means(self, g, mean, square):
        """Update the means and return their corrections."""
        mean[...] = self.beta_1 * mean + (1 - self.beta_1) * g
        square[...] = self.beta_2 * square + (1 - self.beta_2) * g**2
        return 1 - self.beta_1**self.t, 1 - self.beta_2**self.t

    def move(self, w, g, mean, square):
        """Move one array."""
        first, second = self.means(g, mean, square)
        w -= self.rate * np.sqrt(second) / first * mean / (np.sqrt(square) + self.epsilon)


class AdamW(Adam):
    """Adam, while weights decay at the rate ``rate * decay``, and biases do not."""

    def __init__(self, rate=0.001, decay=0.0, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(rate, beta_1, beta_2, epsilon)
        self.decay = decay

    def move(self, w, g, mean, square):
        """Move one array."""
        first, second = self.means(g, mean, square)
        step = (mean / first) / (np.sqrt(square / second) + self.epsilon)
        decay = self.decay if w.ndim == 2 else 0.0
        w -= self.rate * (step + decay * w)


class AdaGrad(Rule):
    """r <- r + g**2;  w <- w - rate g / (sqrt(r) + epsilon)."""

    def __init__(self, rate=0.001, epsilon=1e-8):
        super().__init__(rate)
        self.epsilon = epsilon

    def move(self, w, g, r):
        """Move one array."""
        r += g**2
        w -= self.rate * g / (np.sqrt(r) + self.epsilon)


class RMSProp(Rule):
    """r <- rho r + (1 - rho) g**2;  w <- w - rate g / (sqrt(r) + epsilon)."""

    def __init__(self, rate=0.001, rho=0.9, epsilon=1e-8):
        super().__init__(rate)
        self.rho, self.epsilon = rho, epsilon

    def move(self, w, g, r):
        """Move one array."""
        r[...] = self.rho * r + (1 - self.rho) * g**2
        w -= self.rate * g / (np.sqrt(r) + self.epsilon)


class RProp(Rule):
    """Steps of their own, longer while the sign of g stays, shorter when it flips."""

    n_states = 2

    def __init__(self, rate=0.1, increase=1.2, decrease=0.5, step_min=1e-6, step_max=50.0):
        super().__init__(rate)
        self.factors, self.bounds = (increase, decrease), (step_min, step_max)

    def move(self, w, g, size, before):
        """Move one array."""
        if self.t == 1:
            size[...] = self.rate
        kept, flipped = g * before > 0, g * before < 0
        size[kept] *= self.factors[0]
        size[flipped] *= self.factors[1]
        np.clip(size, *self.bounds, out=size)
        before[...] = np.where(flipped, 0.0, g)
        w -= np.sign(before) * size


class InvScaling:
    """The rate after an epoch falls with the number of samples seen."""

    def __init__(self, first, power_t=0.5):
        self.first, self.power_t = first, power_t

    def __call__(self, rate, samples_seen, loss):
        """Return the next rate."""
        return self.first / (samples_seen + 1) ** self.power_t


class Adaptive:
    """The rate is divided whenever the loss has not improved for some epochs."""

    def __init__(self, tol=1e-4, patience=10, factor=5.0, smallest=1e-6):
        self.tol, self.patience, self.factor, self.smallest = tol, patience, factor, smallest
        self.best, self.stalled = np.inf, 0

    def __call__(self, rate, samples_seen, loss):
        """Return the next rate, None to stop."""
        self.stalled = self.stalled + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)
        if self.stalled <= self.patience:
            return rate
        self.stalled = 0
        return None if rate <= self.smallest else rate / self.factor

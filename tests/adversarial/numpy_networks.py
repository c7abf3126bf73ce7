"""Two dense networks that are trained against each other, in NumPy alone."""

import numpy as np


def logistic(a):
    return 1 / (1 + np.exp(-a))


class Dense:
    """A network of dense layers with tanh units and one kind of outputs."""

    def __init__(self, coefs, intercepts, output="identity"):
        self.W = [np.array(w) for w in coefs]
        self.b = [np.array(b) for b in intercepts]
        self.output = output
        self.m = [np.zeros_like(p) for p in self.parameters()]
        self.v = [np.zeros_like(p) for p in self.parameters()]
        self.t = 0

    def parameters(self):
        return self.W + self.b

    def forward(self, X):
        """Return the activations of all layers, the last before its own activation."""
        H = [X]
        for k, (w, b) in enumerate(zip(self.W, self.b, strict=True)):
            a = H[-1] @ w + b
            H.append(np.tanh(a) if k < len(self.W) - 1 else a)
        return H

    def backward(self, H, delta):
        """Return the gradient of all parameters, and with respect to the inputs."""
        dW, db = [], []
        for k in reversed(range(len(self.W))):
            dW.insert(0, H[k].T @ delta)
            db.insert(0, delta.sum(axis=0))
            delta = delta @ self.W[k].T
            if k > 0:
                delta = delta * (1 - H[k] ** 2)
        return dW + db, delta

    def adam(self, gradient, rate, beta_1, beta_2=0.999, epsilon=1e-8):
        self.t += 1
        rate = rate * np.sqrt(1 - beta_2**self.t) / (1 - beta_1**self.t)
        for p, g, m, v in zip(self.parameters(), gradient, self.m, self.v, strict=True):
            m += (1 - beta_1) * (g - m)
            v += (1 - beta_2) * (g**2 - v)
            p -= rate * m / (np.sqrt(v) + epsilon)


def train(G, D, X, labels, *, seed, n_latent, n_epochs, size, n_critic, smoothing, clip, rates):
    """Train two networks against each other; return the losses of every epoch.

    `clip` is None for the non-saturating loss, else the critic's limit.
    """
    losses = []
    for epoch in range(n_epochs):
        rng = np.random.Generator(np.random.SFC64([seed, epoch]))
        order = rng.permutation(len(X))
        firsts = [order[start : start + size] for start in range(0, len(X), size * n_critic)]
        Z = rng.standard_normal((len(X), n_latent))
        z = rng.standard_normal((sum(map(len, firsts)), n_latent))
        sums, counts, place = np.zeros(2), np.zeros(2), 0
        for k, start in enumerate(range(0, len(X), size * n_critic)):
            # The generator does not change while the discriminator is trained.
            for begin in range(start, min(start + size * n_critic, len(X)), size):
                rows = order[begin : begin + size]
                own = labels[rows]
                made = G.forward(np.hstack([Z[begin : begin + size], own]))[-1]
                batch = np.hstack([np.vstack([X[rows], made]), np.vstack([own, own])])
                real = np.repeat([1.0, 0.0], len(rows))[:, None]
                H = D.forward(batch)
                if clip is None:
                    p, y = logistic(H[-1]), (1 - smoothing) * real
                    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p))
                    delta = p - y
                else:
                    y = 4 * real - 2
                    loss, delta = -y * H[-1], -y
                sums[1] += loss.mean() * len(rows)
                counts[1] += len(rows)
                D.adam(D.backward(H, delta / len(batch))[0], rates[1], 0.5)
                if clip is not None:
                    for p in D.parameters():
                        np.clip(p, -clip, clip, out=p)
            own = labels[firsts[k]]
            H = G.forward(np.hstack([z[place : place + len(own)], own]))
            place += len(own)
            of_D = D.forward(np.hstack([H[-1], own]))
            if clip is None:
                p = logistic(of_D[-1])
                loss, delta = -np.log(p), p - 1
            else:
                loss, delta = -of_D[-1], -np.ones_like(of_D[-1])
            sums[0] += loss.sum()
            counts[0] += len(own)
            delta = D.backward(of_D, delta / len(own))[1][:, : X.shape[1]]
            G.adam(G.backward(H, delta)[0], rates[0], 0.5)
        losses.append(sums / counts)
    return np.array(losses)

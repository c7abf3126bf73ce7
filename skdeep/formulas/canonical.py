"""The delta of an output unit whose activation is canonical for the loss.

For the identity with the squared error, the logistic function with the binary and softmax with the
categorical cross-entropy, and the exponential with the Poisson deviance, the derivative of the
activation cancels that of the loss: ``dE/da = o - y``. Bishop, "Pattern Recognition and Machine
Learning", 2006, section 5.2.
"""


def delta(y, o):
    """Return ``dE/da = o - y`` for a target ``y`` and an output ``o``."""
    return o - y

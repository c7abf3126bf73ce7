"""Networks that are trained against each other."""

from skdeep.adversarial.generative_adversarial_network import GenerativeAdversarialNetwork

__all__ = ["GenerativeAdversarialNetwork"]

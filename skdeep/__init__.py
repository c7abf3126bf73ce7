"""Neural networks for scikit-learn users, compiled with Numba.

`MLPClassifier` and `MLPRegressor` are drop-in replacements for those of `sklearn.neural_network`,
and `Perceptron` for that of `sklearn.linear_model`: same interface, same results, less time.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

from skdeep._version import __version__
from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.regressor import MLPRegressor
from skdeep.warm_up import warm_up

if TYPE_CHECKING:
    from skdeep.adversarial import GenerativeAdversarialNetwork
    from skdeep.boltzmann.bernoulli_rbm import BernoulliRBM
    from skdeep.boltzmann.deep_boltzmann_machine import DeepBoltzmannMachine
    from skdeep.estimators.gradient_check import check_gradient
    from skdeep.estimators.networks.autoencoder import Autoencoder
    from skdeep.estimators.networks.graph_conv_classifier import GraphConvClassifier
    from skdeep.estimators.networks.graph_conv_regressor import GraphConvRegressor
    from skdeep.estimators.networks.network_classifier import NetworkClassifier
    from skdeep.estimators.networks.network_regressor import NetworkRegressor
    from skdeep.estimators.perceptron import Perceptron
    from skdeep.estimators.pretraining import greedy_pretraining
    from skdeep.estimators.profile import profile_fit
    from skdeep.estimators.sequence_to_sequence.sequence_to_sequence import SequenceToSequence
    from skdeep.estimators.transformer import HiddenLayerTransformer
    from skdeep.saving import load_safetensors, save_safetensors
    from skdeep.tabular import (
        TabularClassifier,
        TabularEncoder,
        TabularRegressor,
        oof_permutation_importance,
    )

__all__ = [
    "Autoencoder",
    "BernoulliRBM",
    "DeepBoltzmannMachine",
    "GenerativeAdversarialNetwork",
    "GraphConvClassifier",
    "GraphConvRegressor",
    "HiddenLayerTransformer",
    "MLPClassifier",
    "MLPRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
    "Perceptron",
    "SequenceToSequence",
    "TabularClassifier",
    "TabularEncoder",
    "TabularRegressor",
    "__version__",
    "check_gradient",
    "greedy_pretraining",
    "load_safetensors",
    "oof_permutation_importance",
    "profile_fit",
    "save_safetensors",
    "warm_up",
]

#: Modules of what is imported when it is first asked for.
_LATE = {
    "Autoencoder": "skdeep.estimators.networks.autoencoder",
    "BernoulliRBM": "skdeep.boltzmann.bernoulli_rbm",
    "DeepBoltzmannMachine": "skdeep.boltzmann.deep_boltzmann_machine",
    "GenerativeAdversarialNetwork": "skdeep.adversarial",
    "GraphConvClassifier": "skdeep.estimators.networks.graph_conv_classifier",
    "GraphConvRegressor": "skdeep.estimators.networks.graph_conv_regressor",
    "HiddenLayerTransformer": "skdeep.estimators.transformer",
    "NetworkClassifier": "skdeep.estimators.networks.network_classifier",
    "NetworkRegressor": "skdeep.estimators.networks.network_regressor",
    "Perceptron": "skdeep.estimators.perceptron",
    "SequenceToSequence": "skdeep.estimators.sequence_to_sequence.sequence_to_sequence",
    "TabularClassifier": "skdeep.tabular",
    "TabularEncoder": "skdeep.tabular",
    "TabularRegressor": "skdeep.tabular",
    "check_gradient": "skdeep.estimators.gradient_check",
    "greedy_pretraining": "skdeep.estimators.pretraining",
    "load_safetensors": "skdeep.saving",
    "oof_permutation_importance": "skdeep.tabular",
    "profile_fit": "skdeep.estimators.profile",
    "save_safetensors": "skdeep.saving",
}
#: Modules that are imported then.
_LATE_MODULES = {"callbacks", "dask", "data", "displays", "saving", "tabular"}


def __getattr__(name):
    """Import what is not imported with the package."""
    if name in _LATE_MODULES:
        return _import_module(f"skdeep.{name}")
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_LATE[name]), name)
    return value


def __dir__():
    """Return all names, those that are imported late among them."""
    return sorted({*globals(), *_LATE, *_LATE_MODULES})

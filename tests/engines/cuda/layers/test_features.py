"""Every feature of the catalogue trains on every device alike. Names come from the registries."""

import pytest

from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from tests.engines.cuda.fits import MODES, NOISE_TOLERANCE, check, cuda_settings
from tests.estimators.features.test_feature_pairs import FEATURES, KINDS

UNTRAINABLE = {name for name, entry in ACTIVATIONS.items() if not entry.trainable}
#: Features that go through code of their own in every mode, with what they are best met by.
THOROUGH = {
    "nothing": {},
    "sparse": {"data": "csr"},
    "sparse, dropped": {"data": "csr", "input_dropout": 0.3, "dropout": (0.2, 0.1)},
    "weighted": {"weighted": True},
    # Biases before a normalisation have no gradient but its rounding, which Adam would enlarge.
    "batch_norm": {"batch_norm": True, "dropout": 0.2, "activation": "gelu", "solver": "sgd"},
    "dropconnect": {"dropconnect": 0.3, "input_noise": 0.2},
    "dropconnect and norms": {"dropconnect": 0.3, "clip_norm": 0.1, "max_norm": 0.7},
    "weight_norm": {"weight_norm": True, "penalty": "l1"},
    "norms": {"max_norm": 0.7, "clip_norm": 0.1, "record_gradient_norms": True},
    "skips": {"skip_connections": True, "batch_norm": True, "solver": "sgd"},
    "auxiliary outputs": {"heads": (0,), "auxiliary_weight": 0.3, "weighted": True},
    "frozen": {"frozen_layers": 1, "weight_norm": True},
    "adaptive": {"learning_rate": "adaptive", "solver": "sgd", "max_iter": 3, "tol": 1.0},
    "tolerance": {"tol_gradient": 1e3, "max_iter": 3},
    "curve": {"learning_rate": "cosine", "max_iter": 2},
}


def tolerance_of(parameters):
    """Return the tolerance for a feature, None for the usual one."""
    return NOISE_TOLERANCE if parameters.get("input_noise") else None


@pytest.mark.filterwarnings("ignore:weight_init=.* makes all units of a layer alike")
@pytest.mark.parametrize("feature", FEATURES)
def test_feature(feature, device):
    parameters = FEATURES[feature]
    tolerance = tolerance_of(parameters)
    names = {parameters.get("activation"), parameters.get("out_activation")}
    if names & UNTRAINABLE:
        pytest.skip("cannot be trained; test_predictions has it")
    done = [kind for kind in KINDS if check(kind, parameters, device, tolerance=tolerance)]
    assert done, "no estimator accepts it"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("feature", THOROUGH)
def test_mode(mode, feature, dtype, device):
    # In float32 by plain gradient descent in long steps: they neither hide an error of a gradient
    # nor enlarge its rounding.
    steps = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.5}
    own = steps if dtype == "float32" else {}
    parameters = {**own, **THOROUGH[feature], "dtype": dtype}
    tolerance = tolerance_of(parameters) if dtype == "float64" else None
    with cuda_settings(device, **MODES[mode]):
        assert check("multiclass", parameters, device, tolerance=tolerance)

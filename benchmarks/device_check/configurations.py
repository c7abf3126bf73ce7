"""Networks whose results on a GPU are compared with those on the processor."""

#: Parameters of each configuration. All share the formulas of one kernel, so that each step
#: compiles few; ``weighted`` stands for sample weights.
CONFIGURATIONS = {
    "plain": {},
    "sample weights": {"weighted": True},
    "dropout": {"dropout": 0.3},
    "dropped features": {"input_dropout": 0.2, "dropout": 0.1},
    "batch norm": {"batch_norm": True},
    "batch norm, dropout": {"batch_norm": True, "dropout": 0.3},
    "dropconnect": {"dropconnect": 0.3},
    "weight norm": {"weight_norm": True},
    "max norm, clipping": {"max_norm": 0.7, "clip_norm": 0.1},
    "skip connections": {"skip_connections": True},
    "auxiliary outputs": {"cls": "NetworkClassifier"},
    "frozen layer": {"frozen_layers": 1},
    "early stopping": {
        "early_stopping": True,
        "validation_fraction": 0.2,
        "max_iter": 8,
        "n_iter_no_change": 3,
        "tol": 1e-3,
    },
}
_WITHOUT_STOPPING = tuple(name for name in CONFIGURATIONS if name != "early stopping")

#: Steps that compare -> how networks train, their precision, and their configurations.
AGREEMENT = {
    "float64": ("shared memory", "float64", tuple(CONFIGURATIONS)),
    "float64 block": ("block", "float64", _WITHOUT_STOPPING),
    "float64 grid": (
        "grid",
        "float64",
        (
            "plain",
            "sample weights",
            "dropout",
            "batch norm",
            "weight norm",
            "max norm, clipping",
            "skip connections",
            "early stopping",
        ),
    ),
    "float32": (
        "shared memory",
        "float32",
        ("plain", "dropout", "batch norm", "early stopping"),
    ),
    "float32 grid": ("grid", "float32", ("plain",)),
    "float32 graph": ("graph", "float32", ("plain",)),
    "float64 graph": (
        "graph",
        "float64",
        ("plain", "batch norm", "max norm, clipping", "skip connections"),
    ),
    "sparse": (
        "shared memory",
        "float64",
        ("plain", "dropped features", "sample weights", "weight norm"),
    ),
    "sparse grid": ("grid", "float64", ("plain",)),
}
#: Regressions, and the other fits that have kernels of their own; see `agreement.py`.
REGRESSIONS = ("tanh, sgd", "adaptive rate", "noise, l1, gelu", "7 rows", "65 rows")

#: Largest difference, relative to the largest number of a kind, after a few epochs. In float32 that
#: is of losses, and half of the parameters: see `agreement.difference`.
TOLERANCE = {"float64": 1e-8, "float32": 1e-3}
#: Noise is drawn in float32; a line search of L-BFGS enlarges rounding.
NOISE_TOLERANCE = 2e-6
LBFGS_TOLERANCE = 1e-4

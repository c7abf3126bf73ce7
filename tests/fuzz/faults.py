"""Invalid input that a call gets in place of the case's own."""

from typing import NamedTuple


class Fault(NamedTuple):
    """A kind of invalid input.

    Attributes
    ----------
    code : tuple of str
        Lines that change ``bad``.
    argument : {"X", "y", "weight", "classes"}
        What is wrong.
    sparse : bool or None
        Whether it is for sparse or for dense features; None for both.
    refused : bool
        Whether every call has to refuse it.
    methods : tuple of str
        The calls that take it.
    """

    code: tuple
    argument: str = "X"
    sparse: bool | None = False
    refused: bool = True
    methods: tuple = ("fit", "partial_fit", "predict", "score")

    def lines(self, part):
        """Return the lines that make the input, and what takes the place of each argument."""
        first = {
            "X": f"bad = X{part}.copy()",
            "y": f"bad = np.array(y{part})",
            "weight": f"bad = np.ones(np.shape(y{part})[0])",
            "classes": "bad = None",
        }[self.argument]
        return [first, *self.code], {self.argument: "bad"}


TRAINING = ("fit", "partial_fit")


def _sparse(*code, refused=True):
    return Fault(code, sparse=True, refused=refused)


def _weight(*code, refused=True):
    return Fault(code, "weight", None, refused, TRAINING)


def _targets(*code, refused=True):
    return Fault(code, "y", None, refused, TRAINING)


FAULTS = {
    "NaN in X": Fault(("bad = bad.astype(float)", "bad[-1, -1] = np.nan")),
    "infinity in X": Fault(("bad = bad.astype(float)", "bad[0, 0] = np.inf")),
    "one dimension": Fault(("bad = bad[0]",)),
    "three dimensions": Fault(("bad = bad[None]",)),
    "no rows": Fault(("bad = bad[:0]",), sparse=None, methods=("fit", "partial_fit", "predict")),
    "no features": Fault(("bad = bad[:, :0]",), sparse=None),
    "too few rows": Fault(
        ("bad = bad[:-1]",), sparse=None, methods=("fit", "partial_fit", "score")
    ),
    "another number of features": Fault(
        ("bad = np.hstack([bad, bad])",), methods=("predict", "score")
    ),
    "complex numbers": Fault(("bad = bad + 1j",)),
    "words": Fault(("bad = np.full(bad.shape, 'word')",)),
    "objects": Fault(("bad = np.full(bad.shape, object(), dtype=object)",)),
    "nothing": Fault(("bad = None",), sparse=None),
    "NaN in sparse X": _sparse("bad.data = bad.data.astype(float)", "bad.data[-1:] = np.nan"),
    "index behind the last": _sparse("bad.indices[-1:] = max(bad.shape)"),
    "index far behind the last": _sparse("bad.indices[:1] = 10**9"),
    "negative index": _sparse("bad.indices[:1] = -1"),
    "pointers fall": _sparse("bad.indptr[1] = bad.indptr[-1] + 7"),
    "last pointer too large": _sparse("bad.indptr[-1] += 1000"),
    "first pointer not 0": _sparse("bad.indptr[0] = 1"),
    "negative pointer": _sparse("bad.indptr[1] = -5"),
    "fewer indices than data": _sparse("bad.indices = bad.indices[:-1]"),
    "fewer pointers": _sparse("bad.indptr = bad.indptr[:-1]"),
    "too few targets": _targets("bad = bad[:-1]"),
    "no targets": _targets("bad = None"),
    "targets of three dimensions": _targets("bad = np.stack([bad, bad])[None]"),
    "NaN in targets": _targets("bad = bad.astype(float)", "bad[-1] = np.nan")._replace(
        refused=False
    ),
    "infinite targets": _targets("bad = np.full(bad.shape, np.inf)"),
    "unknown targets": _targets("bad = np.full(bad.shape, 'unknown')", refused=False),
    "complex targets": _targets("bad = np.full(bad.shape, 1j)", refused=False),
    "too few weights": _weight("bad = bad[:-1]"),
    "NaN in weights": _weight("bad[0] = np.nan"),
    "infinite weights": _weight("bad[-1] = np.inf"),
    "negative weights": _weight("bad[:] = -1.0", refused=False),
    "weights of 0": _weight("bad[:] = 0.0", refused=False),
    "weights of two dimensions": _weight("bad = np.stack([bad, bad], axis=1)"),
    "words for weights": _weight("bad = np.full(len(bad), 'word')"),
    "no such classes": Fault(("bad = ['x', 'y']",), "classes", None, False, ("partial_fit",)),
    "one class": Fault(("bad = [0]",), "classes", None, False, ("partial_fit",)),
}
#: Code that breaks a fitted estimator. Calls after it must not end the process.
BREAKS = (
    "model.coefs_[0] = model.coefs_[0][:-1]",
    "model.coefs_[-1] = np.zeros((1, 1))",
    "model.coefs_[-1] = model.coefs_[-1].T",
    "model.intercepts_[0] = np.zeros(99)",
    "model.intercepts_ = model.intercepts_[:-1]",
    "model.coefs_ = []",
    "model.coefs_[0] = None",
    "model.coefs_[0] = model.coefs_[0].astype(str)",
    "model.coefs_[0] = np.asfortranarray(model.coefs_[0])",
    "model.coefs_[0] = model.coefs_[0].astype('>f8')",
    "model.coefs_[0] = model.coefs_[0].astype('float16')",
    "model.n_features_in_ = 1",
    "model.n_layers_ = 7",
    "model.n_outputs_ = 9",
    "model.out_activation_ = 'unknown'",
    "model.t_ = -5",
)
#: Those of networks of layers (True) and of multi-layer perceptrons (False).
BREAKS_OF = {
    False: (
        "model.set_params(hidden_layer_sizes=(2, 2, 2))",
        "model.set_params(activation='gelu')",
    ),
    True: (
        "model.layers_ = model.layers_[1:]",
        "model.layers_.append(('more', skdeep.layers.Dense(3, auxiliary_output=True)))",
        "[layer.set_params(auxiliary_output=True) for _, layer in model.layers_]",
        "[layer.set_params(auxiliary_output=False) for _, layer in model.layers_]",
        "[layer.set_params(units=2) for _, layer in model.layers_]",
        "model.auxiliary_coefs_ = []",
        "model.auxiliary_intercepts_ = [np.zeros(9)]",
        "model.input_shape_ = (99,)",
    ),
}

"""Layers that read the same, and whose outputs are joined."""

from sklearn.utils._param_validation import StrOptions

from skdeep.layers._base import INPUTS
from skdeep.layers.containers.container import Container, chain
from skdeep.layers.joining.add import Add
from skdeep.layers.joining.concatenate import Concatenate


class Branches(Container):
    """Parallel layers with the same input, whose outputs are concatenated or added.

    Parameters
    ----------
    layers : list of layer, tuple of str and layer, or list of these
        The branches: each is a layer or a list of consecutive layers. An empty list passes its
        input on unchanged. Parameters of the layers can be tuned with `GridSearchCV` as
        ``layers__2__layers__0__units``, or ``layers__2__layers__0_1__units`` for the layers of a
        list.
    merge : {"concatenate", "add"}, default="concatenate"
        Whether the outputs are concatenated along the last axis, or added.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of all branches, or names of several,
        whose outputs are concatenated; "features" stands for the features. If None, the previous
        layer.

    See Also
    --------
    Residual : Residual connection around layers.
    Concatenate, Add : Combine the outputs of any layers, by name.

    Notes
    -----
    ``layers_`` of the fitted network contains the individual layers, followed by a `Concatenate` or
    `Add` layer.

    References
    ----------
    .. [1] C. Szegedy et al., "Going deeper with convolutions", CVPR 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Branches, Dense
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [Branches([Dense(4, "tanh"), [Dense(8), Dense(3)], []])]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [name for name, _ in clf.layers_], clf.coefs_[-1].shape
    (['0_0', '0_1_0', '0_1_1', '0'], (11, 3))
    """

    _parameter_constraints: dict = {
        "layers": [list, tuple],
        "merge": [StrOptions({"concatenate", "add"})],
        **INPUTS,
    }

    def __init__(self, layers=(), *, merge="concatenate", inputs=None):
        self.layers = layers
        self.merge = merge
        self.inputs = inputs

    def expand(self, name, before):
        """Return the layers that it stands for: see `Container.expand`."""
        self.check()
        reads = self.input_names() or (before,)
        if len(self.layers) < 2:
            raise ValueError(f"layers must hold at least two branches, got {len(self.layers)}.")
        pairs, ends = [], []
        for place, branch in enumerate(self.layers):
            if isinstance(branch, list):
                inner, last = chain(f"{name}_{place}", branch, reads)
            else:
                entry = branch if isinstance(branch, tuple) else (str(place), branch)
                inner, last = chain(name, [entry], reads)
            pairs += inner
            ends += last
        joined = Add(ends) if self.merge == "add" else Concatenate(ends)
        return [*pairs, (name, joined)]

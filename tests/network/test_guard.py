"""Whatever goes into an engine has the shapes that the layout of the network asks for."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep.engines.directions import Directions
from skdeep.engines.interface import Engine
from skdeep.engines.problem import Data
from skdeep.engines.regularisation import PLAIN
from skdeep.layers.affine.dense import dense_operation
from skdeep.network.guard import guard
from skdeep.network.layout import lay_out

HEAD = dense_operation((1,), 3, 2, "identity")
LAYOUT = lay_out((dense_operation((0,), 4, 3, "relu"), HEAD, HEAD), n_heads=1)
VECTOR = np.zeros(LAYOUT.n_parameters)
STATES = np.zeros((2, LAYOUT.n_parameters))
ROWS = np.zeros((7, 4))
DATA = Data(ROWS, np.zeros((7, 2)), np.ones(7))
DIRECTIONS = Directions(VECTOR, VECTOR, np.zeros(7), np.zeros((2, 7)))


class Adam:
    """Stands for a course."""

    rule = "adam"


def train(vector=VECTOR, states=STATES, data=DATA, directions=None, **regularisation):
    options = {"directions": directions, "regularisation": PLAIN._replace(**regularisation)}
    return ENGINE.Training(LAYOUT, vector, states, data, None, Adam, gather=True, **options)


def evaluate(data=DATA, **regularisation):
    options = {"regularisation": PLAIN._replace(**regularisation)}
    return ENGINE.FullBatch(LAYOUT, data, None, **options)


def predict(vector=VECTOR, X=ROWS):
    return ENGINE.predict(LAYOUT, vector, X, largest=True)


ENGINE = guard(Engine(*[lambda *args, n=n, **kw: (n, len(args), sorted(kw)) for n in "tfpm"], 1))


def test_what_fits_passes():
    options = ["directions", "gather", "regularisation"]
    assert train() == train(directions=DIRECTIONS) == ("t", 6, options)
    assert train(dropout=(0.1, 0.2), masks=np.ones(len(VECTOR))) == ("t", 6, options)
    assert train(data=DATA._replace(weights=None)) == ("t", 6, options)
    assert evaluate(DATA._replace(X=sp.csr_array(ROWS))) == ("f", 3, ["regularisation"])
    assert predict() == predict(VECTOR.astype("f4")) == ("p", 3, ["largest"])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: train(VECTOR[:-1]), "vector of the network's parameters must be .*shape"),
        (lambda: train(VECTOR.tolist()), "but is list"),
        (lambda: train(VECTOR.astype(int)), "but is an array of int64"),
        (lambda: train(VECTOR[None]), "vector of the network's parameters"),
        (lambda: train(states=STATES[:1]), "state of the solver must be"),
        (lambda: train(states=STATES[:, 1:]), "state of the solver must be"),
        (lambda: train(data=DATA._replace(X=ROWS[:, 1:])), "weights of the network are for 4 fea"),
        (lambda: train(data=DATA._replace(X=ROWS.astype(int))), "X is of int64"),
        (lambda: train(data=DATA._replace(X=sp.csr_array(ROWS[:, 1:]))), "for 4 features"),
        (lambda: train(data=DATA._replace(targets=np.zeros((7, 1)))), r"y has the shape \(7, 1\)"),
        (lambda: train(data=DATA._replace(targets=np.zeros((6, 2)))), r"but \(7, 2\) is expected"),
        (lambda: train(data=DATA._replace(targets=None)), "y has the shape"),
        (lambda: train(data=DATA._replace(weights=np.ones(6))), "sample_weight has the shape"),
        (lambda: LAYOUT.freeze(2), "frozen_layers=2 is more than the 1 hidden"),
        (lambda: train(dropout=(0.1,)), "dropout has rates for 0 hidden layers"),
        (lambda: train(dropconnect=(0.1,) * 3), "dropconnect has rates for 2 hidden layers"),
        (lambda: train(masks=np.ones(3)), "mask of connections must be"),
        (lambda: evaluate(DATA._replace(targets=np.zeros((7, 3)))), "y has the shape"),
        (lambda: evaluate(masks=np.ones(3)), "mask of connections must be"),
        (lambda: predict(VECTOR[:3]), "vector of the network's parameters"),
        (lambda: predict(X=ROWS[0]), r"has the shape \(4,\)"),
        (lambda: predict(X=np.zeros((0, 5))), "for 4 features"),
        *[
            (
                lambda name=name: train(
                    directions=DIRECTIONS._replace(
                        **{name: getattr(DIRECTIONS, name)[..., :-1]},
                    )
                ),
                f"'{name}' of weight normalisation must be",
            )
            for name in Directions._fields
        ],
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()

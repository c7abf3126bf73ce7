"""What training prints when a learning rate carries over from one call to the next."""

import re
import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

import skdeep


def _rounded(text):
    return re.sub(r"\d+\.\d+", lambda match: f"{float(match.group()):.5f}", text)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_adaptive_rate_carries_over(capsys, early_stopping):
    X = np.random.RandomState(0).standard_normal((200, 5))
    y = (X[:, 0] > 0).astype(int)
    printed = []
    for module in (neural_network, skdeep):
        mlp = module.MLPClassifier(
            (4,),
            solver="sgd",
            learning_rate="adaptive",
            early_stopping=early_stopping,
            tol=1e-2,
            max_iter=300,
            n_iter_no_change=3,
            random_state=0,
            verbose=True,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mlp.fit(X, y)
            mlp.set_params(early_stopping=False, tol=0.1)
            if not early_stopping:
                mlp.partial_fit(X, y).partial_fit(X, y)
        printed.append(_rounded(capsys.readouterr().out))
    assert "Setting learning rate to" in printed[0]
    assert printed[1] == printed[0]

"""Local estimators that are given Dask collections."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from skdeep import MLPClassifier, NetworkRegressor, Perceptron

X, Y = da.ones((20, 3), chunks=(10, 3)), da.from_array(np.arange(20) % 2, chunks=10)


def test_a_fit_says_what_to_use_instead():
    message = r"MLPClassifier loads all rows .* 480 bytes\. skdeep\.dask\.DaskMLPClassifier leaves"
    with pytest.warns(UserWarning, match=message):
        MLPClassifier((2,), solver="lbfgs", max_iter=2, tol=1e9).fit(X, Y)
    with pytest.warns(UserWarning, match=r"Perceptron loads all rows.*skdeep\.dask has estimators"):
        Perceptron().fit(X, Y)
    with pytest.warns(UserWarning, match=r"NetworkRegressor loads all rows"):
        NetworkRegressor(solver="lbfgs", max_iter=2, tol=1e9).fit(X, Y.astype(float))


def test_the_size_of_a_frame_is_not_known():
    frame = dd.from_pandas(pd.DataFrame({"a": range(20), "b": range(20)}), npartitions=2)
    with pytest.warns(UserWarning, match="of a size that is not known before"):
        MLPClassifier((2,), solver="lbfgs", max_iter=2, tol=1e9).fit(frame, Y.compute())

"""Estimators on the workers of a Dask cluster, and what makes its workers ready.

Needs the packages dask and distributed: ``pip install "dask[array,dataframe]" distributed``.
"""

try:
    import dask.array as _array
    import dask.dataframe as _dataframe
    import distributed as _distributed
except ImportError as error:
    raise ImportError(
        f"skdeep.dask needs dask and distributed, which cannot be imported ({error}): "
        'pip install "dask[array,dataframe]" distributed.'
    ) from error

from skdeep.dask.dask_classifier import DaskMLPClassifier
from skdeep.dask.dask_regressor import DaskMLPRegressor
from skdeep.dask.warm_workers import WarmWorkers

__all__ = ["DaskMLPClassifier", "DaskMLPRegressor", "WarmWorkers"]
del _array, _dataframe, _distributed

"""What of the package cannot be collected here, and warnings of other packages."""

import importlib.util

import pytest

collect_ignore_glob = []
# The examples of the callbacks need scikit-learn 1.9.
if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore_glob.append("skdeep/callbacks/*")
if importlib.util.find_spec("distributed") is None:
    collect_ignore_glob.append("skdeep/dask/*")

#: Of Dask and of what stands below it, mostly when clusters end.
QUIET = (
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning:distributed",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


def pytest_collection_modifyitems(items):
    """Let warnings of Dask be."""
    for item in items:
        if item.nodeid.startswith(("skdeep/dask/", "tests/dask/")):
            for each in QUIET:
                item.add_marker(pytest.mark.filterwarnings(each))

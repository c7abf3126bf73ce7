"""Clusters for the tests of Dask, which are skipped without it."""

import pytest

distributed = pytest.importorskip("distributed")
pytest.importorskip("dask.dataframe")

#: Of Dask and of what stands below it, when clusters end.
QUIET = [
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning:distributed",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:Port .* is already in use:UserWarning",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/dask/" in str(item.path).replace("\\", "/"):
            for each in QUIET:
                item.add_marker(pytest.mark.filterwarnings(each))


@pytest.fixture(scope="session")
def threaded_client():
    """A client of two workers within this process."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(processes=False, **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def client(threaded_client):
    """The client of two workers as the current one."""
    with threaded_client.as_current():
        yield threaded_client

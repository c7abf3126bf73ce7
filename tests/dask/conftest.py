"""Clusters for the tests of Dask, which are skipped without it."""

import pytest

try:
    import dask.dataframe  # noqa: F401
    import distributed
except ImportError:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def threaded_client():
    """A client of two workers within this process."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
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

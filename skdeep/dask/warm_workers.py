"""A plugin that lets workers load or compile kernels before the first fit."""

import asyncio
import functools

from distributed import WorkerPlugin

from skdeep.warm_up import warm_up


class WarmWorkers(WorkerPlugin):
    """Let workers load or compile what common fits need, before they get tasks.

    Every worker of the cluster, and each that comes later, calls `skdeep.warm_up` once. Kernels
    that came with the package, or are in the cache folder that the workers of a machine share, are
    loaded; others are compiled and kept there. ``NUMBA_CACHE_DIR`` in the environment of the
    workers names another folder, such as one that several machines share.

    Parameters
    ----------
    precisions : str or sequence of str, default=("float64", "float32")
        Of the features, hence of the networks.
    sparse : bool, default=False
        Whether to make ready for sparse features, too.
    regularised : bool, default=False
        Whether to make ready for dropout, batch normalisation, penalties and limited norms, too.

    Attributes
    ----------
    name : str
        Under which `distributed.Client.unregister_worker_plugin` finds it.

    Examples
    --------
    >>> from dask.distributed import Client
    >>> from skdeep.dask import WarmWorkers
    >>> client = Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0")
    >>> answers = client.register_plugin(WarmWorkers(precisions="float64"))
    >>> [answer["status"] for answer in answers.values()]
    ['OK']
    >>> client.close()
    """

    name = "skdeep-warm-workers"

    def __init__(self, precisions=("float64", "float32"), sparse=False, regularised=False):
        self.precisions, self.sparse, self.regularised = precisions, sparse, regularised

    async def setup(self, worker):
        """Warm up a worker, whose event loop goes on meanwhile.

        Parameters
        ----------
        worker : distributed.Worker
        """
        options = {"sparse": self.sparse, "regularised": self.regularised}
        work = functools.partial(warm_up, precisions=self.precisions, **options)
        await asyncio.get_running_loop().run_in_executor(None, work)

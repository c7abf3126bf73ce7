"""The limits of the processor, in the form of peers."""

from benchmarks.limits import products_job, update_job
from benchmarks.peers.common import cores


class BareProducts:
    """The matrix products alone, measured like a peer (see `benchmarks.limits`)."""

    name = "bare products"
    version = None
    failures = ()

    def supports(self, shape):
        """Tell whether the products of a shape are known before it runs.

        L-BFGS evaluates the gradient an unknown number of times per iteration, and one row is all
        overhead.
        """
        return shape.solver != "lbfgs" and shape.rows > 1

    def job(self, shape, data):
        """Return the function that performs the products of the shape."""
        return products_job(shape, data)


class Updates:
    """The passes over weights and states alone, measured like a peer."""

    name = "weights and states"
    version = None
    failures = ()

    def supports(self, shape):
        """Tell whether a fit of the shape updates its weights a known number of times."""
        return shape.work == "fit" and shape.n_states is not None

    def job(self, shape, data):
        """Return the function that reads and writes weights and states."""
        return update_job(shape, data[0].dtype, cores())

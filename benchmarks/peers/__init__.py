"""Peers: one class for each library, all of them handing out the same kind of job.

A job is a function without arguments that does the timed work once. It returns the number of epochs
(or iterations) done, or None, so that a comparison at unequal work is noticed.
"""

from benchmarks.peers.common import cores, package_version
from benchmarks.peers.estimators import NEVER, EstimatorPeer
from benchmarks.peers.jax_scan import JaxPeer
from benchmarks.peers.limit import BareProducts, Updates
from benchmarks.peers.onnx_session import OnnxRuntimePeer
from benchmarks.peers.pytorch import CompiledTorchPeer, TorchPeer

__all__ = [
    "NEVER",
    "RIVALS",
    "BareProducts",
    "CompiledTorchPeer",
    "EstimatorPeer",
    "JaxPeer",
    "OnnxRuntimePeer",
    "TorchPeer",
    "Updates",
    "cores",
    "load_peers",
    "package_version",
]


#: Name of a rival on the command line and in tables, and what makes it.
RIVALS = {
    "sklearn": lambda: EstimatorPeer("sklearn", "sklearn.neural_network", "scikit-learn"),
    "torch": TorchPeer,
    "torch.compile": CompiledTorchPeer,
    "onnxruntime": OnnxRuntimePeer,
    "jax": JaxPeer,
}


def load_peers(names):
    """Return the peers that can be imported, skdeep first, and notes on those that cannot.

    Parameters
    ----------
    names : sequence of str
        Of `RIVALS`.

    Returns
    -------
    peers : list
    notes : list of str
    """
    peers, notes = [EstimatorPeer("skdeep", "skdeep", "skdeep")], []
    for name in names:
        try:
            peers.append(RIVALS[name]())
        except ImportError as error:
            notes.append(f"{error.name} is not installed: the column {name} is left out")
    return [*peers, BareProducts(), Updates()], notes

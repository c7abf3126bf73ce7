"""ONNX Runtime, for predictions of networks that skdeep fitted and exported."""

import importlib

import numpy as np

from benchmarks.peers.common import cores
from benchmarks.peers.estimators import EstimatorPeer

OUTPUTS = {"predict": "label", "predict_proba": "probabilities"}
TOLERANCE = 1e-4  # of probabilities in float32


class OnnxRuntimePeer:
    """A session with as many threads as there are cores, otherwise with its own settings.

    The model is the one that skdeep fits and predicts with, through `to_onnx`, in the precision of
    the data. Its probabilities are compared with skdeep's before anything is timed.
    """

    name = "onnxruntime"
    failures = ()

    def __init__(self):
        importlib.import_module("onnx")  # what `to_onnx` writes with
        self.runtime = importlib.import_module("onnxruntime")
        self.version = self.runtime.__version__
        self.skdeep = EstimatorPeer("skdeep", "skdeep", "skdeep")

    def supports(self, shape):
        """Tell whether this peer can run the shape: predictions of classes from dense rows."""
        return shape.work in OUTPUTS and shape.task == "classify" and shape.density == 1

    def _session(self, model, dtype):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = cores()
        exported = model.to_onnx(dtype=np.dtype(dtype).name).SerializeToString()
        return self.runtime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])

    def job(self, shape, data):
        """Return the function that predicts with the exported model of a fit of skdeep."""
        X_train, _, X = data
        model = self.skdeep.fitted(shape, data)
        session = self._session(model, X_train.dtype)
        some = {"X": X[:1000]}
        (probabilities,) = session.run([OUTPUTS["predict_proba"]], some)
        np.testing.assert_allclose(probabilities, model.predict_proba(some["X"]), atol=TOLERANCE)
        wanted, rows = [OUTPUTS[shape.work]], {"X": X}

        def predict():
            for _ in range(shape.calls):
                session.run(wanted, rows)

        return predict

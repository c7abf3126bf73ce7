"""What training and prediction see of the CPU engine."""

from skdeep.engines.cpu.runs.full_batch import FullBatch
from skdeep.engines.cpu.runs.prediction import Predictor, predict
from skdeep.engines.cpu.runs.training import Training
from skdeep.engines.cpu.runs.validation import mean_loss
from skdeep.engines.problem import Course, Data, Objective

__all__ = [
    "Course",
    "Data",
    "FullBatch",
    "Objective",
    "Predictor",
    "Training",
    "mean_loss",
    "predict",
]

"""Ready-made callbacks for the networks: checkpoints, time budgets, histories, progress.

They follow scikit-learn's callback protocol, which requires scikit-learn 1.9. Set callbacks on the
network itself, also if it is part of a pipeline or search:
``MLPClassifier().set_callbacks(TimeBudget(60))``.

In custom callbacks, `get_epoch` returns the state of training.
"""

from skdeep.callbacks._base import get_epoch
from skdeep.callbacks.checkpoint import Checkpoint
from skdeep.callbacks.history_csv import HistoryCSV
from skdeep.callbacks.progress import Progress
from skdeep.callbacks.stop_on_divergence import StopOnDivergence
from skdeep.callbacks.time_budget import TimeBudget
from skdeep.training.listening import Epoch

__all__ = [
    "Checkpoint",
    "Epoch",
    "HistoryCSV",
    "Progress",
    "StopOnDivergence",
    "TimeBudget",
    "get_epoch",
]

"""Ready-made callbacks for the networks: checkpoints, time budgets, histories, progress.

They follow scikit-learn's protocol of callbacks, which needs scikit-learn 1.9, and are set on the
network itself, inside of pipelines and searches, too:
``MLPClassifier().set_callbacks(TimeBudget(60))``.

For callbacks of one's own, `get_epoch` tells what has been reached.
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

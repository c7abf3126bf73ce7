"""What the outputs of a network stand for."""

from typing import NamedTuple

import numpy as np


class Head(NamedTuple):
    """How predictions are made of outputs.

    Attributes
    ----------
    kind : {"regression", "binary", "multiclass", "multilabel"}
    classes : array of shape (n_classes,) or None
        The labels; None for regression.
    threshold : float
        The output above which a label is true.
    probabilities : bool
        Whether outputs are probabilities.
    shares : bool
        Whether those of a row are yet to be divided by their sum.
    is_sorted : bool
        Whether predictions are the outputs in ascending order, as those of several quantiles.
    """

    kind: str = "regression"
    classes: np.ndarray | None = None
    threshold: float = 0.0
    probabilities: bool = False
    shares: bool = False
    is_sorted: bool = False

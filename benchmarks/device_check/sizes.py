"""How much the steps do: on a GPU, and on a simulated one."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """How much is measured.

    Attributes
    ----------
    is_simulated : bool
    compared : tuple of int
        Rows, features and classes of networks that are compared with the processor.
    hidden : tuple of int
        Their hidden layers.
    batch, epochs : int
        Their batches, and epochs of most fits.
    small, mid_size, large : tuple of int
        Features, units of the hidden layers, outputs, and the batch, of networks that are timed.
    batches : int
        Of an epoch of a small network; the others have a tenth.
    more_epochs : int
        By which two fits differ, whose difference in time is that of their steps.
    repeats : int
        Of measurements, of which the median counts.
    many : tuple of int
        Networks trained together; the expectation is that of the first number.
    threads : int
        That want a new kernel at the same time.
    candidates, folds, search_epochs : int
        Of the grid search.
    predicted : tuple of int
        Rows predicted; those of the expectation are the last.
    copied : int
        Bytes of a copy whose bandwidth is measured.
    configurations : tuple of str or None
        Those compared; None for all.
    """

    is_simulated: bool = False
    compared: tuple = (330, 37, 5)
    hidden: tuple = (50, 20)
    batch: int = 64
    epochs: int = 3
    small: tuple = (64, 100, 10, 200)
    mid_size: tuple = (784, 100, 10, 200)
    large: tuple = (784, 2048, 2048, 10, 4096)
    batches: int = 100
    more_epochs: int = 30
    repeats: int = 3
    many: tuple = (132, 66, 264)
    threads: int = 32
    candidates: int = 40
    folds: int = 5
    search_epochs: int = 200
    predicted: tuple = (1, 1000, 100_000, 10_000_000)
    copied: int = 1 << 28
    configurations: tuple | None = None


FULL = Sizes()
#: So small that a simulated GPU gets through all steps in half a minute.
TINY = Sizes(
    is_simulated=True,
    compared=(12, 4, 3),
    hidden=(4, 3),
    batch=8,
    epochs=1,
    small=(4, 3, 3, 6),
    mid_size=(5, 3, 3, 6),
    large=(5, 4, 4, 3, 8),
    batches=1,
    more_epochs=1,
    repeats=1,
    many=(2, 3),
    threads=3,
    candidates=2,
    folds=2,
    search_epochs=1,
    predicted=(1, 20),
    copied=1 << 12,
    configurations=("plain", "early stopping"),
)

"""What is chosen by the size of a table: members, epochs, batches, bins."""

from typing import NamedTuple

import numpy as np

#: Members of an ensemble; tables below so many rows have the greater number.
MEMBERS, MEMBERS_OF_SMALL_TABLES, SMALL_TABLE = 4, 8, 6000
#: Updates that a member has at least, and its most epochs.
FEWEST_UPDATES, MOST_EPOCHS = 2000, 300
#: Batches that an epoch is cut into, and the smallest and largest batch.
BATCHES, SMALLEST_BATCH, LARGEST_BATCH = 40, 32, 128
#: Fewer rows are not divided into folds.
FEWEST_ROWS_OF_FOLDS = 20
#: Tables of fewer rows have no leaves of trees among their categories, unless that is asked for.
FEWEST_ROWS_OF_TREES = 500
#: Rows that two networks are trained on to see whether leaves help, rows that they are compared by,
#: and the share of the epochs of a member that they have.
ROWS_OF_TRIAL, VALIDATION_ROWS_OF_TRIAL, EPOCHS_OF_TRIAL = 4000, 2000, 0.25
#: Leaves help if they leave no more of the loss than this, and save so much at least.
MOST_LEFT, LEAST_SAVED = 0.9, 1e-4


class Defaults(NamedTuple):
    """What differs between classification and regression.

    Attributes
    ----------
    learning_rate : float
        At the beginning of a cycle of the schedule.
    n_epochs : int
    """

    learning_rate: float
    n_epochs: int


OF_CLASSIFIERS, OF_REGRESSORS = Defaults(0.004, 32), Defaults(0.005, 40)


def automatic_members(n_rows):
    """Return the number of members for a table of so many rows."""
    return MEMBERS_OF_SMALL_TABLES if n_rows < SMALL_TABLE else MEMBERS


def batch_size(n_rows):
    """Return the power of two that is nearest to a fortieth of the rows, from 32 to 128."""
    nearest = 2.0 ** np.round(np.log2(max(1, n_rows) / BATCHES))
    return int(np.clip(nearest, SMALLEST_BATCH, LARGEST_BATCH))


def automatic_epochs(n_training_rows, batch, usual):
    """Return the number of epochs: the usual one, or more where it makes too few updates.

    Parameters
    ----------
    n_training_rows : int
        Rows that a member trains on.
    batch : int
        Rows of a batch.
    usual : int
        Epochs of a table of many rows.
    """
    updates = max(1, n_training_rows // batch)
    return int(min(MOST_EPOCHS, max(usual, -(-FEWEST_UPDATES // updates))))

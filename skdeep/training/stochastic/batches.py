"""The rows of a mini-batch."""

from skdeep.training.user_warnings import warn_user

#: Most rows of a batch whose size is "auto".
AUTO_ROWS = 200


def rows_of_batch(batch_size, all_rows, n_rows):
    """Return how many rows a batch has.

    Parameters
    ----------
    batch_size : int or "auto"
        Rows asked for.
    all_rows : bool
        Whether the optimizer takes all rows at once.
    n_rows : int
        Rows there are.

    Returns
    -------
    n_batch : int
    """
    if all_rows:
        return n_rows
    return int(min(max(AUTO_ROWS if batch_size == "auto" else batch_size, 1), n_rows))


def warn_of_clipping(batch_size, all_rows, n_rows):
    """Warn if a batch was asked for that is larger than there are rows.

    Parameters
    ----------
    batch_size : int or "auto"
    all_rows : bool
    n_rows : int
    """
    if not all_rows and batch_size != "auto" and batch_size > n_rows:
        warn_user(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
        )

"""Write the training history to a CSV file."""

import csv
import os
import pathlib
import time
import warnings

from skdeep.callbacks._base import Callback, fill_in, find_fit, get_epoch

COLUMNS = "epoch", "loss", "validation_score", "validation_loss", "learning_rate", "seconds"
SEVERAL = (
    "Several networks would write to {}: put {{task}} into the name, as in "
    "HistoryCSV('history-{{task}}.csv')."
)


class HistoryCSV(Callback):
    """Write the training history to a CSV file, one row per epoch.

    The columns are ``epoch``, ``loss``, ``validation_score``, ``validation_loss``,
    ``learning_rate`` (of the next update) and ``seconds`` since the beginning of training; values
    that do not exist are left empty. Numbers are written with full precision. Rows are written as
    soon as an epoch ends. A fit that is resumed from a `Checkpoint` appends to the file. If a row
    cannot be written, a warning is issued and no further rows are written.

    Parameters
    ----------
    path : str or path-like
        File name. ``{task}`` in the name is replaced by the numbers of the task. It is required in
        searches, restarts and ensembles, where each network needs its own file.
    append : bool, default=False
        Whether to append to an existing file, for ``partial_fit`` and ``warm_start``, instead of
        replacing it.

    Raises
    ------
    ValueError
        When a fit begins, if it trains several networks and the name does not contain ``{task}``.
    OSError
        When a fit begins, if the file cannot be written.
    ImportError
        If scikit-learn is older than 1.9.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import HistoryCSV
    >>> X, y = load_iris(return_X_y=True)
    >>> path = os.path.join(tempfile.mkdtemp(), "history.csv")
    >>> clf = MLPClassifier((5,), solver="lbfgs", max_iter=3, random_state=0)
    >>> _ = clf.set_callbacks(HistoryCSV(path))
    """

    def __init__(self, path, *, append=False):
        super().__init__()
        self.path, self.append = pathlib.Path(path), append

    def on_fit_task_begin(self, estimator, context):
        """Open the file before the first epoch."""
        epoch, fit = get_epoch(context), find_fit(context)
        if not context.sequential_subtasks and fill_in(self.path, context) == self.path:
            raise ValueError(SEVERAL.format(self.path))
        if epoch is None or fit is context or id(fit) in self._states:
            return
        path = fill_in(self.path, fit)
        rows = _rows_of(path) if self.append or epoch.number else []
        before = 0
        if self.append and epoch.number == 0:
            before = max((int(row[0]) for row in rows), default=0)
        rows = [row for row in rows if int(row[0]) <= before + epoch.number]
        seconds = float(rows[-1][-1]) if rows else 0.0
        part = path.with_name(f"{path.name}.part")
        with open(part, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        os.replace(part, path)
        self._states[id(fit)] = path, before, time.monotonic() - seconds

    def on_fit_task_end(self, estimator, context):
        """Write the line of an epoch."""
        epoch, fit = get_epoch(context), find_fit(context)
        if epoch is None or fit is context or self._states.get(id(fit)) is None:
            return
        path, before, began = self._states[id(fit)]
        row = [
            before + epoch.number,
            epoch.loss,
            epoch.validation_score,
            epoch.validation_loss,
            epoch.learning_rate,
            time.monotonic() - began,
        ]
        try:
            with open(path, "a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(["" if value is None else repr(value) for value in row])
        except OSError as error:
            self._states[id(fit)] = None
            warnings.warn(
                f"The history {path} ends with epoch {epoch.number - 1}: {error}", stacklevel=2
            )


def _rows_of(path):
    """Return the lines of an earlier history, without the one that a killed process left torn."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [()]
    if tuple(header) != COLUMNS:
        raise ValueError(f"{path} is no history of skdeep: its first line is {','.join(header)!r}.")
    rows = [row for row in rows if len(row) == len(COLUMNS)]
    try:
        [(int(row[0]), float(row[-1])) for row in rows]
    except ValueError as error:
        raise ValueError(f"{path} is no history of skdeep: {error}.") from error
    return rows

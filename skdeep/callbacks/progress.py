"""Show a progress bar."""

import contextlib
import multiprocessing
import threading

from skdeep.callbacks._base import Callback, find_fit, get_epoch

#: Name of the tasks that are members of an ensemble.
MEMBER = "member"


class Progress(Callback):
    """Show a progress bar with the epoch, loss, validation score and remaining time.

    The bar is shown in terminals and notebooks. Nothing is shown if the output is a pipe or file,
    or in worker processes. Networks that are trained in several threads have a bar each, and
    ensembles an additional one that counts their members. The remaining time assumes that training
    continues up to ``max_iter``. `verbose` is independent of the bar.

    Parameters
    ----------
    console : rich.console.Console, default=None
        Console to show the bar on. If None, the standard error stream.

    Raises
    ------
    ImportError
        If rich is not installed, or scikit-learn is older than 1.9.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import Progress
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0)
    >>> clf = clf.set_callbacks(Progress()).fit(X, y)
    """

    def __init__(self, console=None):
        super().__init__()
        try:
            import rich.progress  # noqa: F401
        except ImportError as error:
            raise ImportError(
                f"Progress needs rich, which cannot be imported ({error}): pip install rich."
            ) from error
        self.console = console
        self._lock, self._display, self._n_fits = threading.Lock(), None, 0

    def setup(self, estimator, context):
        """Begin to show progress, unless the output is neither a terminal nor a notebook."""
        from rich.console import Console

        console = self.console or Console(stderr=True)
        if not (console.is_terminal or console.is_jupyter) or _in_worker():
            return
        with self._lock:
            self._states[id(context)] = {}
            self._n_fits += 1
            if self._display is None:
                self._display = _make_display(console)

    def on_fit_task_begin(self, estimator, context):
        """Show the bar of the members of an ensemble."""
        tasks, display = self._state_of(context), self._display
        if context.task_name != MEMBER or tasks is None or display is None:
            return
        with self._lock:
            whole = context.parent
            if id(whole) not in tasks:
                name = f"{whole.estimator_name}, members"
                tasks[id(whole)] = display.add_task(name, total=whole.max_subtasks, figures="")

    def on_fit_task_end(self, estimator, context):
        """Move the bar."""
        epoch, fit = get_epoch(context), find_fit(context)
        tasks, display = self._state_of(context), self._display
        if epoch is None or tasks is None or display is None:
            return
        if fit is context and fit.task_name == MEMBER:
            display.advance(tasks[id(fit.parent)])
        if id(fit) not in tasks:
            name = fit.estimator_name
            if fit.task_name in ("restart", MEMBER):
                name += f", {fit.task_name} {fit.task_id + 1}"
            tasks[id(fit)] = display.add_task(name, total=fit.max_subtasks, figures="")
        # At the end of the fit the bar is full, however early that came.
        total = {"total": epoch.number} if fit is context else {}
        display.update(
            tasks[id(fit)], completed=epoch.number, figures=_figures(epoch), refresh=True, **total
        )

    def teardown(self, estimator, context):
        """Stop showing after the last fit."""
        with self._lock:
            if self._states.pop(id(context), None) is None:
                return
            self._n_fits -= 1
            if self._n_fits == 0:
                display, self._display = self._display, None
                if display is not None:
                    display.stop()

    def __getstate__(self):
        # Progress is not shown in other processes.
        state = super().__getstate__()
        del state["_lock"]
        return {**state, "console": None, "_display": None, "_n_fits": 0}

    def __setstate__(self, state):
        vars(self).update(state)
        self._lock = threading.Lock()


def _in_worker():
    return multiprocessing.current_process().name != "MainProcess"


def _make_display(console):
    """Return a display that has begun, or None where another one is in its place."""
    from rich.errors import LiveError
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    display = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=console,
    )
    with contextlib.suppress(LiveError):
        display.start()
        return display
    return None


def _figures(epoch):
    figures = [] if epoch.loss is None else [f"loss {epoch.loss:.6g}"]
    if epoch.validation_score is not None:
        figures.append(f"score {epoch.validation_score:.6g}")
    return ", ".join(figures)

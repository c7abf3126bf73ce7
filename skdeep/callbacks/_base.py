"""Base class of the callbacks, and access to the state of training."""

import importlib.util

import sklearn

from skdeep.training.listening import EPOCH


def get_epoch(context):
    """Return the state of training in a callback.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The context passed to the callback.

    Returns
    -------
    epoch : Epoch or None
        At the end of a task ``"epoch"`` or ``"iteration"``, the epoch that has ended; at its
        beginning, the previous one; at the end of the task ``"fit"``, the last one. None for tasks
        that are not the training of a network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import get_epoch
    >>> class Loss:
    ...     def setup(self, estimator, context): ...
    ...     def teardown(self, estimator, context): ...
    ...     def on_fit_task_begin(self, estimator, context): ...
    ...     def on_fit_task_end(self, estimator, context):
    ...         if context.task_name == "epoch":
    ...             epoch = get_epoch(context)
    ...             print(f"{epoch.number}: {epoch.loss:.2f}")
    ...             return epoch.number == 3  # whether to stop
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((5,), random_state=0).set_callbacks(Loss()).fit(X, y)
    1: 3.23
    2: 3.19
    3: 3.16
    """
    return getattr(context, EPOCH, None)


def find_fit(context):
    """Return the task of the whole fit of a network that a task belongs to."""
    return context if context.max_subtasks != 0 else context.parent


def task_ids(context):
    """Return the numbers of a task and of those that it is part of, the outermost first."""
    return [*(task_ids(context.parent) if context.parent else ()), context.task_id]


def fill_in(path, context):
    """Return a path with the numbers of a task in place of ``{task}``."""
    return path.with_name(path.name.replace("{task}", "-".join(map(str, task_ids(context)))))


class Callback:
    """A callback that does nothing, and keeps a state for each fit that it is part of.

    One instance may serve several fits at a time, in threads, and is pickled for other processes.

    Raises
    ------
    ImportError
        If scikit-learn has no callbacks yet.
    """

    def __init__(self):
        if importlib.util.find_spec("sklearn.callback") is None:
            raise ImportError(
                f"{type(self).__name__} needs the callbacks of scikit-learn 1.9 or newer, but "
                f"{sklearn.__version__} is installed."
            )
        self._states = {}

    def setup(self, estimator, context):
        """Take note that a fit is about to begin.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext
        """

    def teardown(self, estimator, context):
        """Forget a fit, which has ended in one way or the other.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext
        """
        for task in context:
            self._states.pop(id(task), None)

    def on_fit_task_begin(self, estimator, context):
        """Take note of the beginning of a task.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext
        """

    def on_fit_task_end(self, estimator, context):
        """Take note of the end of a task.

        Parameters
        ----------
        estimator : estimator
        context : CallbackContext

        Returns
        -------
        stop : bool or None
            Whether training is to end.
        """

    def _state_of(self, context):
        """Return the state of the innermost fit that a task is part of and that has one, or None.

        Tasks are alive as long as their fit is, so that no two have the same identity.
        """
        while context is not None and id(context) not in self._states:
            context = context.parent
        return None if context is None else self._states[id(context)]

    def __getstate__(self):
        return {**vars(self), "_states": {}}

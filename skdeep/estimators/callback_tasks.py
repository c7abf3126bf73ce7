"""The estimators' side of scikit-learn's protocol of callbacks, which came with version 1.9.

A fit is a task, its epochs (or iterations) are subtasks; with restarts there is a task for each
between them. Training itself knows a plain listener, see `skdeep.training.listening`.

Two further methods of a callback are called where it has them, for what the protocol has no place:
``resume_random_state(estimator, context)`` before anything is drawn, if the estimator has no
``random_state`` of its own, which returns a state or None; and ``resume_training(estimator,
context, run)`` when a network is about to be trained, which returns a `Snapshot` or None.
"""

import contextlib
import functools

import numpy as np
import sklearn
from sklearn.utils import check_random_state

from skdeep.engines import signals
from skdeep.training.listening import EPOCH, Listener
from skdeep.training.stochastic.resuming import generator_state, set_generator

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import (
        callback_management_context as callbacks_torn_down,
    )
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Stands for scikit-learn's: ``set_callbacks`` says what it needs."""

        @property
        def set_callbacks(self):
            """Not available.

            Raises
            ------
            AttributeError
                Always.
            """
            raise AttributeError(
                "set_callbacks needs the callbacks of scikit-learn 1.9 or newer, but scikit-learn "
                f"{sklearn.__version__} is installed."
            )

    def callbacks_torn_down(estimator):
        """Return a context that does nothing."""
        return contextlib.nullcontext()


#: What the protocol keeps in an estimator while it is fitted.
OF_THE_CALL = "_callback_fit_ctx", "_skl_callbacks_to_teardown"

__all__ = ["OF_THE_CALL", "CallbackSupportMixin", "Fit", "begin_fit", "callbacks_torn_down"]


def begin_fit(estimator, recipe, X, y, sample_weight, *, n_networks):
    """Tell the estimator's callbacks that a fit begins.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    recipe : Recipe
    X, y, sample_weight : array-like
        As the user gave them.
    n_networks : int
        Networks to be trained, of which the best is kept.

    Returns
    -------
    fit : Fit or None
        None if the estimator has no callbacks.
    """
    if not getattr(estimator, "_skl_callbacks", ()):
        return None
    return Fit(estimator, recipe, X, y, sample_weight, n_networks)


class Fit:
    """A call of ``fit`` or ``partial_fit`` as callbacks see it.

    Parameters
    ----------
    estimator, recipe, X, y, sample_weight, n_networks
        As of `begin_fit`.

    Attributes
    ----------
    context : CallbackContext
        The task of the call.
    listeners : list of NetworkListener
        One for each network.
    """

    def __init__(self, estimator, recipe, X, y, sample_weight, n_networks):
        self.estimator, self.recipe, self.start = estimator, recipe, None
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        n_epochs = 1 if recipe.incremental else int(recipe.stopping.max_iter)
        self.context = estimator._init_callback_context(
            task_name="partial_fit" if recipe.incremental else "fit",
            max_subtasks=n_epochs if n_networks == 1 else n_networks,
            sequential_subtasks=n_networks == 1,
        )
        self.call(self.context, "begin")
        contexts = [self.context]
        if n_networks > 1:
            contexts = [
                self.context.subcontext("restart", task_id=index, max_subtasks=n_epochs)
                for index in range(n_networks)
            ]
        self.listeners = [NetworkListener(self, context) for context in contexts]

    def call(self, context, moment, attributes=None):
        """Call the callbacks at the beginning or the end of a task; return whether to stop.

        Parameters
        ----------
        context : CallbackContext
        moment : {"begin", "end"}
        attributes : dict or callable, default=None
            Of the fitted estimator; None where there is none.
        """
        try:
            hook = getattr(context, f"call_on_fit_task_{moment}")
            keywords = {**self._given, "reconstruction_attributes": attributes}
            return signals.immediately(hook, **keywords)
        except StopIteration as error:
            # scipy would take it for a wish to stop, and swallow it.
            raise RuntimeError("A callback raised StopIteration.") from error

    def call_those_with(self, name, context, *arguments):
        """Return the first answer of the callbacks that have some method, or None."""
        for callback in self.estimator._skl_callbacks:
            if hasattr(callback, name):
                function = getattr(callback, name)
                answer = signals.immediately(function, self.estimator, context, *arguments)
                if answer is not None:
                    return answer
        return None

    def random_state(self):
        """Return the generator that the fit draws from."""
        given = self.estimator.random_state
        random_state = check_random_state(given)
        if given is None or given is np.random:
            state = self.call_those_with("resume_random_state", self.context)
            if state is not None:
                random_state = np.random.RandomState()
                try:
                    set_generator(random_state, *state)
                except ValueError as error:
                    raise ValueError(f"What a callback had to go on from: {error}.") from error
        if any(hasattr(c, "resume_training") for c in self.estimator._skl_callbacks):
            self.start = generator_state(random_state)
        return random_state

    def end(self):
        """Tell the callbacks that the estimator is fitted."""
        self.call(self.context, "end", {})
        for listener in self.listeners:
            listener.close()


class NetworkListener(Listener):
    """Tells callbacks of the training of one network.

    Parameters
    ----------
    fit : Fit
    context : CallbackContext
        The task whose subtasks are the epochs.
    """

    def __init__(self, fit, context):
        self.fit, self.context = fit, context
        self._network = self._result_at = self._task = self._epoch = None
        self._name = "epoch"

    @property
    def is_restart(self):
        """Whether the network is one of several."""
        return self.context is not self.fit.context

    @property
    def start_of_generator(self):
        """State of the random generator when the fit began, where a callback wants it."""
        return self.fit.start

    def start(self, result_at, description, name="epoch"):
        """Tell the callbacks that training begins, and ask them where it goes on."""
        self._network, self._result_at = self.fit.estimator._shallow_copy(), result_at
        self._name = name
        if self.is_restart:
            self.fit.call(self.context, "begin")
        return self.fit.call_those_with("resume_training", self.context, description)

    def begin(self, epoch):
        """Tell the callbacks that an epoch begins."""
        self._let_go(epoch)
        self._task = self.context.subcontext(self._name)
        setattr(self._task, EPOCH, epoch)
        self.fit.call(self._task, "begin", lambda: self._attributes(epoch))

    def end(self, epoch):
        """Tell the callbacks that an epoch has ended, and ask whether to go on."""
        self._let_go(epoch)
        task, self._task = self._task, None
        setattr(task, EPOCH, epoch)
        setattr(self.context, EPOCH, epoch)
        return self.fit.call(task, "end", lambda: self._attributes(epoch))

    def abandon(self):
        """Tell the callbacks that the epoch begun does not come to its end."""
        self.close()
        if self._task is not None:
            task, self._task = self._task, None
            # scikit-learn's own solvers end a task of which nothing came in this way.
            signals.immediately(task.call_on_fit_task_end, estimator=self.fit.estimator)

    def finish(self, result):
        """Tell the callbacks that this network, one of several, is trained."""
        if self.is_restart:
            finite = np.isfinite(result.vector).all()
            attributes = functools.partial(self._attributes_of, result) if finite else None
            self.fit.call(self.context, "end", attributes)

    def close(self):
        """Let go of the training."""
        self._let_go(None)

    def _let_go(self, epoch):
        if self._epoch is not None:
            self._epoch.close()
        self._epoch = epoch

    def _attributes(self, epoch):
        """Return the attributes of a fitted estimator whose weights are the present ones."""
        return self._attributes_of(self._result_at(epoch))

    def _attributes_of(self, result):
        """Return the attributes of an estimator that has been fitted with a result."""
        network = self._network._shallow_copy()
        network._set_result(self.fit.recipe, result)
        return {name: value for name, value in vars(network).items() if name not in OF_THE_CALL}

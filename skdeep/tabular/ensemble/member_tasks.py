"""The fit of an ensemble as callbacks see it: a task with a subtask for each member.

The subtasks of a member are its epochs. Members train side by side, so that calls come from several
threads.
"""

import functools

from skdeep.estimators.callback_tasks import OF_THE_CALL, Fit, NetworkListener
from skdeep.recipe import make_recipe
from skdeep.tabular.ensemble.cycle_ends import CycleEnds
from skdeep.tabular.ensemble.time_limit import TimeLimit


def has_limit(estimator):
    """Return whether a callback limits the time of a fit."""
    return any(hasattr(each, "seconds_left") for each in getattr(estimator, "_skl_callbacks", ()))


def begin_fit(estimator, X, y, sample_weight, n_members):
    """Tell the estimator's callbacks that a fit begins.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
    X, y, sample_weight : array-like
        As the user gave them.
    n_members : int
        Members that are to be trained, at most.

    Returns
    -------
    fit : EnsembleFit or None
        None if the estimator has no callbacks.

    Raises
    ------
    ValueError
        If one of the callbacks cannot be used with ensembles.
    """
    if not getattr(estimator, "_skl_callbacks", ()):
        return None
    return EnsembleFit(estimator, X, y, sample_weight, n_members)


class EnsembleFit(Fit):
    """A call of ``fit``.

    Parameters
    ----------
    estimator, X, y, sample_weight, n_members
        As of `begin_fit`.

    Attributes
    ----------
    context : CallbackContext
        The task of the call.
    is_ended : bool
        Whether a callback has ended the fit at the end of a member.
    """

    def __init__(self, estimator, X, y, sample_weight, n_members):
        for callback in estimator._skl_callbacks:
            if hasattr(callback, "resume_training"):
                raise ValueError(
                    f"{type(callback).__name__} cannot be used with {type(estimator).__name__}: "
                    "the training of an ensemble cannot be resumed."
                )
        self.estimator, self.is_ended = estimator, False
        self.start, self.listeners = None, []
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.context = estimator._init_callback_context(
            task_name="fit", max_subtasks=n_members, sequential_subtasks=False
        )
        self.call(self.context, "begin")

    def limit(self):
        """Return the limit of time that callbacks set, or None."""
        callbacks = [c for c in self.estimator._skl_callbacks if hasattr(c, "seconds_left")]
        if not callbacks:
            return None
        return TimeLimit(lambda: min(c.seconds_left(self.context) for c in callbacks))

    def listen(self, jobs, n_groups, attributes_of, cost=None):
        """Return jobs whose training the callbacks are told of, the first of every group first.

        These are always trained; others only while there is time, and no callback ends the fit.

        Parameters
        ----------
        jobs : list of Job
            Group by group.
        n_groups : int
        attributes_of : callable
            ``attributes_of(job, leaves, network)`` returns the fitted attributes of the estimator
            with this network as its only member.
        cost : Cost or None, default=None
            Of a member, where time is limited.

        Returns
        -------
        jobs : list of Job
        """
        told, n_members, limit = [], len(jobs) // n_groups, cost and self.limit()

        def is_left_out():
            late = limit is not None and limit.left() < cost.rows + cost.epoch
            return late or self.is_ended

        in_turns = [job for first in range(n_members) for job in jobs[first::n_members]]
        for number, job in enumerate(in_turns):
            context = self.context.subcontext("member", number, job.network.max_iter)
            listen = functools.partial(self._listener, context, attributes_of)
            left_out = None if number < n_groups else is_left_out
            told.append(job._replace(listen=listen, is_left_out=left_out))
        return told

    def _listener(self, context, attributes_of, job, leaves):
        attributes = functools.partial(attributes_of, job, leaves)
        listener = MemberListener(self, context, job.network, attributes)
        self.listeners.append(listener)
        return listener


class MemberListener(NetworkListener):
    """Tells callbacks of the training of one member, and ends it where it overfits.

    Parameters
    ----------
    fit : EnsembleFit
    context : CallbackContext
        The task whose subtasks are the epochs.
    network : NetworkClassifier, NetworkRegressor, MLPClassifier or MLPRegressor
    attributes_of : callable
        ``attributes_of(network)`` returns the fitted attributes of the estimator with this network
        as its only member.
    """

    def __init__(self, fit, context, network, attributes_of):
        super().__init__(fit, context)
        self._member, self._all_attributes_of = network, attributes_of
        self._cycle_ends = CycleEnds(network.max_iter)

    def start(self, result_at, description, name="epoch"):
        """Tell the callbacks that training begins."""
        self._result_at, self._name = result_at, name
        self.fit.call(self.context, "begin")

    def end(self, epoch):
        """Tell the callbacks that an epoch has ended; return whether training ends."""
        ends = self._cycle_ends.end(epoch)
        return super().end(epoch) or ends

    def finish(self, result):
        """Tell the callbacks that the member is trained."""
        context = self.context
        if self.fit.call(context, "end", lambda: self._attributes_of(result)):
            self.fit.is_ended = True

    def _attributes_of(self, result):
        """Return the attributes of an ensemble of this member alone, trained up to a result."""
        network = self._member._shallow_copy()
        network._set_result(make_recipe(network._parameters()), result)
        for name in OF_THE_CALL:
            vars(network).pop(name, None)
        return self._all_attributes_of(network)

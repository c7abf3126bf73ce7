"""Small callbacks of scikit-learn's protocol for the tests."""

import copy
from contextlib import contextmanager

from tests.helpers import same


@contextmanager
def untouched(estimator):
    """Check that the block leaves the estimator as it was, and with the same callbacks."""
    before = {**vars(estimator)}
    callbacks = list(before.pop("_skl_callbacks"))
    before = copy.deepcopy(before)
    yield
    after = {**vars(estimator)}
    assert all(a is b for a, b in zip(after.pop("_skl_callbacks"), callbacks, strict=True))
    assert before.keys() == after.keys(), set(before) ^ set(after)
    changed = [name for name in before if not same(before[name], after[name])]
    assert not changed, changed


class Quiet:
    """A callback that does nothing."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        pass


class StopAt(Quiet):
    """Ends every training after some epochs."""

    def __init__(self, number):
        self.number = number

    def on_fit_task_end(self, estimator, context):
        return context.task_name in ("epoch", "iteration") and context.task_id + 1 == self.number


class Recorder(Quiet):
    """Keeps the calls, with what ``ask`` makes of an epoch's keyword arguments."""

    def __init__(self, ask=None):
        self.calls, self.ask = [], ask

    def setup(self, estimator, context):
        self.calls.append(("setup", estimator, context))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", estimator, context))

    def on_fit_task_begin(self, estimator, context):
        self.calls.append((f"begin {context.task_name}", estimator, context))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.calls.append((f"end {context.task_name}", estimator, context))
        if self.ask is not None and context.task_name in ("epoch", "iteration"):
            self.calls[-1] = *self.calls[-1], self.ask(X, y, metadata, fitted_estimator)

    def names(self):
        """Return what was called, in order."""
        return [call[0] for call in self.calls]

    def answers(self):
        """Return what ``ask`` answered."""
        return [call[3] for call in self.calls if len(call) > 3]


class Failing(Quiet):
    """Raises in one of its methods; at the end of tasks, of that with some number."""

    def __init__(self, method, error=ValueError, task="epoch", number=1):
        self.method, self.error, self.task, self.number = method, error, task, number
        self.n_teardowns = 0

    def _maybe(self, method, context=None):
        if method != self.method:
            return
        if context is None or (context.task_name == self.task and context.task_id == self.number):
            raise self.error(f"raised by {method}")

    def setup(self, estimator, context):
        self._maybe("setup")

    def teardown(self, estimator, context):
        self.n_teardowns += 1
        self._maybe("teardown")

    def on_fit_task_begin(self, estimator, context):
        self._maybe("on_fit_task_begin", context)

    def on_fit_task_end(self, estimator, context):
        self._maybe("on_fit_task_end", context)

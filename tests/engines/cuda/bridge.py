"""Lets estimators that have no parameter `device` yet fit and predict on one."""

import contextlib
from unittest import mock

from skdeep.engines import progress


class _Places:
    def __getattr__(self, name):
        return getattr(progress, name)


@contextlib.contextmanager
def on(device):
    """Let fits and predictions of this process run on a device."""
    if device != "cuda":
        yield
        return
    import skdeep.estimators.base as base
    import skdeep.estimators.validation as validation
    from skdeep.engines.cuda import engine
    from skdeep.engines.cuda.devices import device_of
    from skdeep.training import stochastic

    def training(*args, n_threads, **named):
        return engine.Training(*args, device=device_of(0), **named)

    def full_batch(*args, n_threads, **named):
        return engine.FullBatch(*args, device=device_of(0), **named)

    def predict(*args, n_threads, **named):
        return engine.predict(*args, device=device_of(0), **named)

    with contextlib.ExitStack() as stack:
        for owner, name, item in (
            (stochastic, "Training", training),
            (stochastic, "at", _Places()),
            (base, "FullBatch", full_batch),
            (base, "predict", predict),
            (validation, "predict", predict),
        ):
            stack.enter_context(mock.patch.object(owner, name, item))
        yield

"""Fits of multi-layer perceptrons to rows that are read chunk by chunk."""

import functools

import numpy as np

from skdeep.data.row_sources import RowSource
from skdeep.engines.problem import Data
from skdeep.estimators.chunked import chunk_rows
from skdeep.estimators.chunked.chunk_facts import (
    binarizer_of,
    check_alike,
    check_labels,
    raise_error,
    set_features,
    with_class_weights,
)
from skdeep.estimators.chunked.chunked_run import ChunkedData, ChunkedRows, make_run
from skdeep.estimators.inputs.sample_weights import in_range
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.recipe.optimizer import solver_name
from skdeep.training.fitting import MOST_SEEDS


class ChunkedNetwork:
    """Prepares fits of a source of rows.

    A mixin that `prepare_chunked` puts before the class of an estimator.
    """

    def _engine(self, fitting=True):
        rule = RULES.get(solver_name(self.solver))
        if rule is None or rule.full_batch:
            raise ValueError(
                f"solver={solver_name(self.solver)!r} needs all rows at once; rows that are read "
                "chunk by chunk need a solver that trains by mini-batches, such as 'adam'."
            )
        for name in ("weight_norm", "augment"):
            if getattr(self, name):
                raise ValueError(f"{name} is not available for rows that are read chunk by chunk.")
        return super()._engine(fitting)

    def _engine_for_loss(self, engine, recipe):
        if recipe.loss.parameters:
            raise ValueError(f"loss={self.loss!r}: several quantiles need all rows in memory.")
        return engine

    def _validate_input(self, X, y, incremental, reset):
        """Read all rows once: check them, and count rows and labels."""
        if y is not None:
            raise ValueError("y must be None: the targets are part of the source of rows X.")
        probe, summaries, facts = self._probe(), [], []
        for index, chunk in enumerate(X.read_chunks()):
            rows = chunk_rows.read(index, chunk.X, chunk.y, probe, reset)
            raise_error(rows.summary, "Chunk")
            summaries.append(rows.summary)
            facts.append(chunk.weights is not None)
        check_alike(summaries, "Chunk")
        kept = [summary for summary in summaries if summary.n_rows]
        weighted = {facts[summary.index] for summary in kept}
        if len(weighted) > 1:
            raise ValueError(
                f"Chunk {facts.index(False)} has no weights of samples, but chunk "
                f"{facts.index(True)} has some: all chunks must have them, or none."
            )
        set_features(self, kept, reset, "Chunk")
        self._take_notice(kept, incremental)
        dtype = np.result_type(*(summary.dtype for summary in kept))
        shape = sum(summary.n_rows for summary in kept), kept[0].n_features
        self._weighted = weighted == {True}
        read = functools.partial(self._read, X)
        rows = ChunkedRows(read, functools.partial(self._weighed, X), shape, dtype, kept)
        return rows, _Targets((shape[0], self._count_outputs(kept)))

    def _probe(self):
        """Return an estimator that checks the rows of a chunk as its own fit would."""
        probe = object.__new__(self._local_class)
        vars(probe).update(vars(self))
        return probe

    def _take_notice(self, summaries, incremental):
        """Set the attributes that say what the labels are, or check labels by them."""
        if (summaries[0].labels is None and not summaries[0].matrix) or not self._has_labels():
            return
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = binarizer_of(summaries)
            self.classes_ = self._label_binarizer.classes_
        check_labels(summaries, self._label_binarizer.classes_, "Chunk")

    def _has_labels(self):
        return hasattr(self, "class_weight")

    def _count_outputs(self, summaries):
        if not self._has_labels():
            return summaries[0].n_outputs
        n_labels = len(self._label_binarizer.classes_)
        return n_labels if n_labels > 2 or summaries[0].labels is None else 1

    def _encode(self, X, y):
        raise ValueError("X_val must be in memory, with y_val; it cannot be a source of rows.")

    def _weigh(self, targets, X, y, sample_weight, dtype=None):
        """Return the unit of the weights, by a pass over all rows where they have some."""
        if sample_weight is not None:
            raise ValueError(
                "sample_weight must be None: the weights are part of the source of rows X."
            )
        self._targets_of_fit, self._unit = with_class_weights(targets, X.summaries), 1.0
        if not vars(self).pop("_weighted") and getattr(targets, "class_weight", None) is None:
            return None, 1.0
        found = [weights.facts for _, weights in X.weigh(None)]
        if not sum(facts.total for facts in found) > 0:
            raise ValueError("The weights of the samples must not sum to 0.")
        largest = np.array([max(facts.largest for facts in found)])
        self._unit = in_range(largest, X.dtype if dtype is None else dtype)[1]
        return None, self._unit

    def _weighed(self, source, random_state):
        """Yield the rows of all chunks of a source that have some, with their weights."""
        targets, probe = self._targets_of_fit, self._probe()
        for index, chunk in enumerate(source.read_chunks(random_state)):
            rows = chunk_rows.read(index, chunk.X, chunk.y, probe, False)
            raise_error(rows.summary, "Chunk")
            weights = None
            if chunk.weights is not None or getattr(targets, "class_weight", None) is not None:
                weights = chunk_rows.weigh(rows, chunk.weights, targets)
                raise_error(weights, "Chunk")
            if rows.summary.n_rows:
                yield rows, weights

    def _read(self, source, dtype, random_state):
        """Yield the rows of a source as training takes them."""
        targets, unit = self._targets(), self._unit
        for rows, weights in self._weighed(source, random_state):
            part = chunk_rows.encode(rows, weights, targets, dtype, unit)
            yield Data(part.X, part.targets, part.weights)

    def _validation_set(self, given, targets, n_outputs):
        if isinstance(given.X, RowSource):
            return given.validated(self._encode, targets, n_outputs)
        encode = functools.partial(type(self)._local_class._encode, self)
        return given.validated(encode, targets, n_outputs)

    def _make_data(self, X, y, weights, form):
        """Return what stands for the rows, in the precision of the network."""
        X.dtype = form[0]
        return ChunkedData(X)

    def _set_up_updates(self, setup, recipe, network, data, y, validation, holds_out):
        """Return the recipe and the setup of a fit that reads chunks in every epoch."""
        if holds_out:
            raise ValueError(
                "early_stopping needs a validation set, X_val and y_val, where rows are read chunk "
                "by chunk."
            )
        form = network, data, y, validation, holds_out
        recipe, setup = super()._set_up_updates(setup, recipe, *form)
        data.seed, data.shuffle = int(setup.random_state.randint(MOST_SEEDS)), bool(self.shuffle)
        make = functools.partial(make_run, setup.engine, data)
        setup = setup._replace(
            engine=setup.engine._replace(Training=make), rows=range(data.X.shape[0])
        )
        return recipe._replace(batches=recipe.batches._replace(shuffle=False)), setup


class _Targets:
    """Stands for the targets of all rows.

    Parameters
    ----------
    shape : tuple of int
    """

    ndim = 2

    def __init__(self, shape):
        self.shape = shape


#: Attributes that are of no use after a fit.
OF_A_FIT = "_targets_of_fit", "_unit", "_weighted"


@functools.cache
def _chunked_class(cls):
    """Return the class of estimators of a class while they are fitted to a source of rows."""
    return type(cls.__name__, (ChunkedNetwork, cls), {"_local_class": cls})


def prepare_chunked(estimator, X, y, sample_weight, given, incremental=False):
    """Return the work of a fit to a source of rows.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Its attributes are set.
    X : RowSource
    y, sample_weight : None
    given : Given
        The validation set, in memory.
    incremental : bool, default=False
        Whether for one call of ``partial_fit``.

    Returns
    -------
    work : Work
    """
    twin = object.__new__(_chunked_class(type(estimator)))
    twin.__dict__ = vars(estimator)  # both are the same estimator
    work = twin._prepare(X, y, sample_weight, given, incremental=incremental)

    def conclude(result):
        work.conclude(result)
        for name in OF_A_FIT:
            vars(estimator).pop(name, None)

    return work._replace(conclude=conclude)

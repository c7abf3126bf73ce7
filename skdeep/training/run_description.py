"""What a network is trained on and how, as far as the numbers depend on it."""

import functools
import hashlib
import json

import numpy as np
from scipy.sparse import issparse

from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.training.stochastic.resuming import check_contents

#: Points of the progress of training at which schedules are compared.
N_PROGRESS = 17


class RunDescription:
    """What decides the numbers of a training run.

    A run that goes on from a snapshot must have the same; `description` is what to compare, to be
    kept as JSON.

    Parameters
    ----------
    recipe : Recipe
    data : Data
        Where the rows are not all in this process, an object whose ``digest()`` stands for them.
    network : FlatNetwork
        What training begins with.
    parameters : dict
        How training goes about it, by name.
    blank : callable or None
        Returns what snapshots of it look like; None if there are none.
    run : Run or None
        None for solvers that minimise one fixed function.
    listener : Listener

    Attributes
    ----------
    solver : str
    incremental : bool
        Whether this is one call of ``partial_fit``.
    start : tuple or None
        State of the random generator when the fit began.
    blank : callable or None
        As above.
    """

    def __init__(self, recipe, data, network, parameters, blank, run, listener):
        self.solver, self.blank = recipe.optimizer.name, blank
        self.incremental, self.start = recipe.incremental, listener.start_of_generator
        self._recipe, self._data, self._network = recipe, data, network
        self._parameters, self._run = parameters, run

    @functools.cached_property
    def description(self):
        """What to compare: dict of str to dict or str."""
        data, run, recipe = self._data, self._run, self._recipe
        alpha = 0.0 if recipe.optimizer.decoupled else recipe.loss.alpha
        objective = recipe.objective._replace(alpha=alpha)._asdict()
        described = {
            "architecture": self._architecture(),
            "parameters": {"solver": self.solver, **objective, **self._parameters},
            "data": data.digest() if hasattr(data, "digest") else digest(*data),
            "start": digest(self._network.vector, *_generator(run)),
        }
        if run is not None:
            validation = () if run.validator is None else run.validator.data
            if hasattr(validation, "digest"):
                validation = (validation.digest(),)
            rows = str(run.rows) if isinstance(run.rows, range) else run.rows
            described["data"] = digest(described["data"], rows, *validation)
        return json.loads(json.dumps(described, default=plain))

    def check(self, snapshot):
        """Check that training can go on from a snapshot.

        Parameters
        ----------
        snapshot : Snapshot

        Raises
        ------
        ValueError
            If it is none of this training, or holds values that training cannot have reached.
        """
        expected = self.blank()
        snapshot.check(expected)
        if self.solver in RULES:
            check_contents(snapshot, expected)

    def _architecture(self):
        network = self._network
        masks, described = network.masks(), network.architecture._asdict()
        operations = described.pop("given", ())
        return {
            **{f"operation {place}": each for place, each in enumerate(operations)},
            **described,
            "connections": None if masks is None else digest(masks),
            "dtype": network.vector.dtype.name,
        }


def _generator(run):
    if run is None:
        return ()
    state = run.random_state.get_state(legacy=False)["state"]
    return tuple(map(np.asarray, state.values()))


def plain(value):
    """Return what JSON can hold of a value."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return digest(value)
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value))}"


def digest(*values):
    """Return a digest of arrays, sparse matrices, texts and None.

    Parameters
    ----------
    values : arrays, sparse matrices, str or None

    Returns
    -------
    digest : str
    """
    found = hashlib.blake2b(digest_size=16)
    for value in values:
        parts = [value.data, value.indices, value.indptr] if issparse(value) else [value]
        found.update(repr(getattr(value, "shape", None)).encode())
        for part in parts:
            part = np.ascontiguousarray("" if part is None else part)
            found.update(part.dtype.str.encode())
            found.update(part.reshape(-1).view(np.uint8))
    return found.hexdigest()


def describe_updates(recipe, course, run):
    """Return how an optimizer that updates weight by weight goes about training.

    Parameters
    ----------
    recipe : Recipe
    course : Course
    run : Run

    Returns
    -------
    parameters : dict
    """
    parameters = {**course._asdict(), **run.regularisation._asdict(), "shuffle": run.shuffled}
    parameters["n_iter_no_change"] = parameters.pop("patience")
    names = list(RULES[parameters.pop("rule")].parameters)
    parameters.update(zip(names, parameters.pop("parameters"), strict=True))
    parameters["augment"], parameters["scoring"] = recipe.batches.augment, recipe.validation.scoring
    parameters["early_stopping"] = recipe.validation.early_stopping
    parameters["frozen_layers"] = recipe.frozen_layers
    parameters["max_iter"] = None
    del parameters["masks"]
    if run.steps is not None:
        # Curves are stretched over all epochs; otherwise a fit may be given more of them.
        parameters["max_iter"], n_updates = run.max_iter, run.steps.n_updates
        places = np.linspace(0, n_updates, N_PROGRESS).astype(int).tolist()
        parameters["schedules"] = digest(np.concatenate([run.steps(i, 1) for i in places]))
    return parameters

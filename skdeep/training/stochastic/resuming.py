"""Stochastic training put down between two epochs, and taken up again."""

from numbers import Integral

import numpy as np

from skdeep.engines import training_position as at
from skdeep.engines.directions import Directions
from skdeep.training.listening import Snapshot
from skdeep.training.stochastic.orders import check_permutation

#: Reasons to stop with which training is over, however many epochs it is given.
FINAL = ("change", "validation", "gradient", "objective")
#: What is kept of the history: name in the snapshot -> attribute.
CURVES = {"losses": "losses", "scores": "scores", "validation_losses": "validation_losses"}
COUNTERS = {"best_loss": float, "best_score": float, "stalled": int, "seen": int}
#: The random generator that can be kept, its words, and what is kept of it beside them.
GENERATOR, N_WORDS = "MT19937", 624
GENERATOR_NUMBERS = {"position": int, "has_gauss": int, "gauss": float}
#: Most that counters of updates and samples may have reached.
MOST_COUNTED = 2**62


class Present:
    """Training as it stands.

    Parameters
    ----------
    trainer : StochasticTrainer
    """

    def __init__(self, trainer):
        self.trainer = trainer

    @property
    def losses(self):
        """Losses of all epochs."""
        return self.trainer.history.losses

    def parameters(self):
        """Return a copy of the network's parameters."""
        return self.trainer.training.parameters()

    def snapshot(self):
        """Return a `Snapshot`.

        Raises
        ------
        ValueError
            If the random generator is not the one that a snapshot can keep.
        """
        trainer = self.trainer
        history, training = trainer.history, trainer.training
        arrays = {"vector": training.parameters(), "states": np.asarray(training.states())}
        directions = training.directions()
        if directions is not None:
            arrays.update(_named(directions))
        arrays["best"] = arrays["vector"][:0] if trainer.best is None else trainer.best
        arrays.update({name: np.array(getattr(history, CURVES[name]), float) for name in CURVES})
        norms = history.norms
        arrays["norms"] = np.array(norms, float).reshape(len(norms), -1 if norms else 0)
        orders = trainer.orders
        arrays["order"] = orders.current if orders.shuffled else orders.current[:0]
        arrays["generator"], numbers = generator_state(trainer.run.random_state)
        numbers.update({name: kind(getattr(history, name)) for name, kind in COUNTERS.items()})
        numbers["n_epochs"] = trainer.n_epochs
        numbers["update"] = int(training.plan[at.UPDATE])
        numbers["rate"] = float(training.numbers[at.RATE])
        numbers["stop_reason"] = trainer.ended_by if trainer.ended_by in FINAL else ""
        return Snapshot(arrays, numbers)


def blank(trainer):
    """Return what snapshots of a training look like, without a history.

    Parameters
    ----------
    trainer : StochasticTrainer

    Returns
    -------
    snapshot : Snapshot
    """
    arrays, numbers = Present(trainer).snapshot()
    return Snapshot({**arrays, **{name: arrays[name][:0] for name in (*CURVES, "norms")}}, numbers)


def _named(directions):
    """Return directions and gains of weight normalisation by name."""
    return {f"directions_{name}": value for name, value in directions._asdict().items()}


def generator_state(random_state):
    """Return the state of a random generator.

    Parameters
    ----------
    random_state : numpy.random.RandomState

    Returns
    -------
    key : array of uint32 of shape (624,)
    numbers : dict of str to int or float

    Raises
    ------
    ValueError
        If the generator is not a MT19937, the default of `numpy.random.RandomState`.
    """
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != GENERATOR:
        raise ValueError(
            f"random_state holds the generator {state['bit_generator']}; only {GENERATOR}, that of "
            "numpy.random.RandomState(seed), can be kept for later."
        )
    numbers = {"position": int(state["state"]["pos"]), "has_gauss": int(state["has_gauss"])}
    return state["state"]["key"].copy(), {**numbers, "gauss": float(state["gauss"])}


def set_generator(random_state, key, numbers):
    """Put a random generator into a state.

    Parameters
    ----------
    random_state : numpy.random.RandomState
    key : array of uint32 of shape (624,)
    numbers : dict of str to int or float
        As returned by `generator_state`.

    Raises
    ------
    ValueError
        If it is not a valid state.
    """
    # NumPy does not check the position among the words of the generator.
    if not (
        isinstance(key, np.ndarray)
        and key.shape == (N_WORDS,)
        and key.dtype == np.uint32
        and {name: type(numbers.get(name)) for name in GENERATOR_NUMBERS} == GENERATOR_NUMBERS
        and 0 <= numbers["position"] <= N_WORDS
    ):
        raise ValueError("the state of the random generator is not one of NumPy's MT19937")
    place = numbers["position"], numbers["has_gauss"], numbers["gauss"]
    random_state.set_state((GENERATOR, key, *place))


def check_contents(snapshot, expected):
    """Check the values of a snapshot whose names, types and shapes are right.

    Parameters
    ----------
    snapshot : Snapshot
    expected : Snapshot
        Of the training as it begins, made by `blank`.

    Raises
    ------
    ValueError
        If it is no snapshot of such a training.
    """
    (arrays, numbers), states = snapshot, expected.arrays["states"]
    for name, lengths in (("best", {0, len(arrays["vector"])}), ("states", {len(states)})):
        if len(arrays[name]) not in lengths:
            raise ValueError(f"{name!r} has the shape {arrays[name].shape}")
    check_permutation("'order'", arrays["order"], len(expected.arrays["order"]))
    for name in ("n_epochs", "update", "seen", "stalled"):
        check_counter(f"{name!r}", numbers[name])
    if numbers["stop_reason"] not in (*FINAL, ""):
        raise ValueError(f"'stop_reason' is {numbers['stop_reason']!r}")
    set_generator(np.random.RandomState(), arrays["generator"], numbers)


def check_counter(name, value):
    """Return a number of things done, checked.

    Parameters
    ----------
    name : str
        What it is called in messages.
    value : object

    Returns
    -------
    value : int

    Raises
    ------
    ValueError
        If it is no integer from 0 on.
    """
    if not isinstance(value, Integral) or not 0 <= value <= MOST_COUNTED:
        raise ValueError(f"{name} must be an integer from 0 to {MOST_COUNTED}, but is {value!r}")
    return int(value)


def take_up(snapshot, state, history, parameters):
    """Return the network and the state of the solver that training goes on with.

    Parameters
    ----------
    snapshot : Snapshot
    state : SolverState
        As training began.
    history : History
        Becomes that of the snapshot.
    parameters : tuple of float
        Of the rule.

    Returns
    -------
    vector : array of shape (n_parameters,)
    state : SolverState
    """
    arrays, numbers = snapshot
    for name, attribute in CURVES.items():
        setattr(history, attribute, arrays[name].tolist())
    history.norms = list(arrays["norms"])
    for name in COUNTERS:
        setattr(history, name, numbers[name])
    directions = None
    if "directions_vector" in arrays:
        directions = Directions(*(arrays[f"directions_{name}"] for name in Directions._fields))
    rate, t = numbers["rate"], numbers["update"]
    return arrays["vector"], state.advanced(rate, t, arrays["states"], parameters, directions)


def go_on(trainer, snapshot):
    """Put a trainer, whose network is that of the snapshot, to where training was.

    Parameters
    ----------
    trainer : StochasticTrainer
    snapshot : Snapshot
    """
    arrays, numbers = snapshot
    trainer.n_epochs, trainer.stop_reason = numbers["n_epochs"], numbers["stop_reason"]
    if not trainer.stop_reason and trainer.n_epochs >= trainer.run.max_iter:
        trainer.stop_reason = "max_iter"
    trainer.watch.vector = arrays["best"] if len(arrays["best"]) else None
    if trainer.orders.shuffled:
        trainer.orders.current = arrays["order"]
    set_generator(trainer.run.random_state, arrays["generator"], numbers)

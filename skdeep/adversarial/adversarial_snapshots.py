"""Snapshots of adversarial training between two epochs, for checkpoints."""

import json

import numpy as np

from skdeep.adversarial.side_networks import SIDES
from skdeep.training.listening import Snapshot
from skdeep.training.run_description import digest, plain
from skdeep.training.stochastic.resuming import check_counter

#: What curves are called in snapshots.
CURVES = "losses", "discriminator_losses"
STATES = "states", "discriminator_states"
UPDATES = "update", "discriminator_update"
#: Reasons to stop with which training is over, however many epochs it is given.
FINAL = ("collapse",)


class Present:
    """Training as it stands.

    Parameters
    ----------
    trainer : AdversarialTrainer
    """

    def __init__(self, trainer):
        self.trainer = trainer

    @property
    def losses(self):
        """Losses of the generator in all epochs."""
        return self.trainer.losses[0]

    def parameters(self):
        """Return a copy of the parameters of both networks, those of the generator first."""
        return np.concatenate(self.trainer.training.vectors)

    def snapshot(self):
        """Return a `Snapshot`."""
        trainer = self.trainer
        arrays = {"vector": self.parameters()}
        arrays.update(zip(STATES, trainer.training.states(), strict=True))
        arrays.update(zip(CURVES, map(_floats, trainer.losses), strict=True))
        numbers = dict(zip(UPDATES, trainer.training.updates(), strict=True))
        numbers |= {"n_epochs": trainer.n_epochs, "seen": trainer.seen}
        reason = trainer.stop_reason
        numbers["stop_reason"] = reason if reason in FINAL else ""
        return Snapshot(arrays, numbers)

    def blank(self):
        """Return what snapshots look like, without a history."""
        arrays, numbers = self.snapshot()
        return Snapshot({**arrays, **{name: arrays[name][:0] for name in CURVES}}, numbers)


def _floats(losses):
    return np.array(losses, dtype=float)


class AdversarialDescription:
    """What decides the numbers of a training run; a run that goes on must have the same.

    Parameters
    ----------
    run : AdversarialRun
    networks : sequence of two NetworkRegressor
    recipes : sequence of two Recipe
    listener : Listener
    blank : callable
        Returns what snapshots look like.

    Attributes
    ----------
    solver : str
    incremental : bool
    start : tuple or None
        State of the random generator when the fit began.
    blank : callable
    description : dict
        What to compare, as JSON can hold it.
    """

    def __init__(self, run, networks, recipes, listener, blank):
        self.incremental, self.blank = run.incremental, blank
        self.solver = ", ".join(recipe.optimizer.name for recipe in recipes)
        self.start, self._states = listener.start_of_generator, [len(s.states) for s in run.states]
        samples, curve = run.samples, ("schedule", "schedule_parameters")
        architecture, parameters = {"dtype": samples.X.dtype.name}, {}
        for name, network, side in zip(SIDES, networks, run.sides, strict=True):
            for place, operation in enumerate(network._architecture_now().given):
                architecture[f"{name}, operation {place}"] = operation
            facts = {**side.course._asdict(), **side.regularisation._asdict()}
            left_out = {"masks", "tol", "patience", *curve}
            parameters |= {f"{name} {k}": v for k, v in facts.items() if k not in left_out}
        parameters |= {name: getattr(samples, name) for name in samples._fields[2:]}
        parameters |= run.objective._asdict() | vars(run.bounds)
        parameters |= {"clip_value": run.clip_value, "shuffle": run.shuffle}
        described = {
            "architecture": architecture,
            "parameters": parameters,
            "data": digest(samples.X, samples.codes),
            "start": digest(*(side.vector for side in run.sides), np.array(run.seed)),
        }
        self.description = json.loads(json.dumps(described, default=plain))

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
        snapshot.check(self.blank())
        for name, length in zip(STATES, self._states, strict=True):
            if len(snapshot.arrays[name]) != length:
                raise ValueError(f"{name!r} has the shape {snapshot.arrays[name].shape}")
        for name in ("n_epochs", "seen", *UPDATES):
            check_counter(f"{name!r}", snapshot.numbers[name])
        n_epochs, lengths = snapshot.numbers["n_epochs"], [len(snapshot.arrays[c]) for c in CURVES]
        if lengths != [n_epochs, n_epochs]:
            raise ValueError(f"there are {lengths} losses of {n_epochs} epochs")
        if snapshot.numbers["stop_reason"] not in (*FINAL, ""):
            raise ValueError(f"'stop_reason' is {snapshot.numbers['stop_reason']!r}")


def go_on(trainer, snapshot):
    """Put a trainer to where training was.

    Parameters
    ----------
    trainer : AdversarialTrainer
    snapshot : Snapshot
        Checked.

    Returns
    -------
    sides : tuple of two Side
        What the engine begins with.
    """
    arrays, numbers = snapshot
    trainer.n_epochs, trainer.stop_reason = numbers["n_epochs"], numbers["stop_reason"]
    trainer.seen = numbers["seen"]
    trainer.losses = tuple(arrays[name].tolist() for name in CURVES)
    if not trainer.stop_reason and trainer.n_epochs >= trainer.run.max_iter:
        trainer.stop_reason = "max_iter"
    first, second = trainer.run.sides
    vectors = np.split(arrays["vector"], [len(first.vector)])
    return tuple(
        side._replace(vector=vector, states=arrays[states], update=numbers[update])
        for side, vector, states, update in zip(
            (first, second), vectors, STATES, UPDATES, strict=True
        )
    )

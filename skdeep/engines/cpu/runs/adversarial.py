"""Two networks that are trained against each other: a generator and a discriminator.

The discriminator is a network of its own. The generator is trained as the first part of another
network, the *composite*, in which the discriminator, whose parameters are not trained there, reads
what the generator gives. Both are training runs as any other (`skdeep.engines.cpu.runs.training`).
Between two updates the parameters that have changed are copied from one to the other.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.compiling.loops import address
from skdeep.engines.cpu.compiling.tasks import argument
from skdeep.engines.cpu.kernels.predict import predict as predict_kernel
from skdeep.engines.cpu.memory.fields import PLAN_AT
from skdeep.engines.cpu.memory.parameters import Rearrangement, find_spans
from skdeep.engines.cpu.memory.task import make_task
from skdeep.engines.cpu.planning.plan import plan_prediction
from skdeep.engines.cpu.rows.activation import loss_derivative_loop, loss_loop
from skdeep.engines.cpu.runs.shapes import n_members, shape_of
from skdeep.engines.cpu.runs.training import Training
from skdeep.engines.cpu.threads import team
from skdeep.engines.problem import Data
from skdeep.engines.regularisation import PLAIN
from skdeep.formulas import critic


class _CriticLoss(NamedTuple):
    """The loss of a critic in the place of an entry of the registry of losses."""

    name: str = "critic"
    value: object = critic.value
    derivative: object = critic.derivative
    parameter: None = None


class Side(NamedTuple):
    """How one of the two networks is trained.

    Attributes
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        What training begins with; copied.
    states : array of shape (n_states, n_parameters)
        Those of the optimizer; copied.
    update : int
        Updates done.
    course : Course
    regularisation : Regularisation
        Of the discriminator, or of the composite.
    """

    layout: object
    vector: np.ndarray
    states: np.ndarray
    update: int
    course: object
    regularisation: object


class AdversarialTraining:
    """The updates of a generator and a discriminator.

    The rows that they are trained on are in arrays that stay where they are and are written to
    between updates.

    Parameters
    ----------
    generator, discriminator : Side
    composite : Layout
        The operations of the generator, possibly further ones without parameters, and those of the
        discriminator, which are not trained.
    objective : Objective
        Of both networks; that of a critic is set by `clip_value`.
    latent : Data
        What the composite reads, with its targets.
    samples : Data
        What the discriminator reads, with its targets.
    n_generated : int
        Most samples that are generated at a time.
    clip_value : float or None
        Largest magnitude of the parameters of a critic, whose loss is that of
        `skdeep.formulas.critic`; None where the discriminator is none.
    n_threads : int or None

    Attributes
    ----------
    vectors : tuple of two arrays
        Parameters of the generator and of the discriminator, up to date after each update of the
        generator.
    """

    def __init__(
        self,
        generator,
        discriminator,
        composite,
        objective,
        latent,
        samples,
        *,
        n_generated,
        clip_value,
        n_threads,
    ):
        self._clip_value, self._n_threads = clip_value, n_threads
        dtype = generator.vector.dtype
        self.vectors = generator.vector.copy(), discriminator.vector.copy()
        begun = np.zeros(composite.n_parameters, dtype)
        no_states = np.zeros((len(generator.states), composite.n_parameters), dtype)
        self._generator = self._start(
            generator._replace(layout=composite, vector=begun, states=no_states), latent, objective
        )
        self._discriminator = self._start(discriminator, samples, objective)
        self._connect(generator, discriminator)
        self._set_predictor(generator.layout, n_generated)

    def _start(self, side, data, objective):
        """Return the training run of a network."""
        run = Training(
            side.layout,
            side.vector,
            side.states,
            data,
            objective,
            side.course,
            gather=False,
            n_threads=self._n_threads,
            regularisation=side.regularisation,
        )
        run.plan[PLAN_AT.update] = side.update
        run.numbers[0] = side.course.initial_rate
        if self._clip_value is not None:
            dtype, loss = side.vector.dtype, _CriticLoss()
            run.plan[PLAN_AT.loss] = address(loss_loop, loss, dtype)
            run.plan[PLAN_AT.loss_derivative] = address(loss_derivative_loop, loss, dtype)
            run.plan[PLAN_AT.canonical] = 0
        return run

    def _connect(self, generator, discriminator):
        """Prepare the copies between the two runs, and make those of the beginning."""
        whole, alone = self._generator.task, self._discriminator.task
        plan, n_first = self._generator.cut, len(generator.layout.table)
        n_last = len(discriminator.layout.table)
        first = find_spans(plan.operations[:n_first], generator.layout.table)
        last = find_spans(plan.operations[-n_last:], discriminator.layout.table)
        first, last = plan._replace(spans=first), plan._replace(spans=last)
        self._of_generator = Rearrangement(first, whole.memory, self.vectors[0])
        self._fixed = Rearrangement(last, whole.memory, self.vectors[1])
        own = self._discriminator.cut
        self._of_discriminator = Rearrangement(own, alone.memory, self.vectors[1])
        self._of_generator.pack()
        self._first = first
        parts = self._generator.states().parts()
        for states, packed in zip(generator.states.copy(), parts, strict=True):
            Rearrangement(first, packed, states).pack()

    def _set_predictor(self, layout, n_rows):
        """Prepare what generates samples, with the parameters of `vectors`."""
        vector = self.vectors[0]
        self._read = np.zeros((n_rows, layout.n_features), vector.dtype)
        self._outputs = np.zeros((n_rows, layout.n_outputs), vector.dtype)
        shape = shape_of(self._read, n_rows, False, PLAIN)
        self._prediction = plan_prediction(layout, shape, n_members(self._n_threads))
        arrays = {"outputs": self._outputs.reshape(-1), "settings": layout.settings}
        self._copy_to_predict = None
        if self._prediction.spans is None:
            arrays["parameters"] = vector
        self._task = make_task(self._prediction, Data(self._read, None, None), **arrays)
        if self._prediction.spans is not None:
            packed = Rearrangement(self._prediction, self._task.memory, vector)
            self._copy_to_predict = packed.pack
            packed.pack()

    def generate(self, latent):
        """Return the outputs of the generator as it is.

        Parameters
        ----------
        latent : array of shape (n_rows, n_inputs)
            At most as many rows as were said.

        Returns
        -------
        outputs : array of shape (n_rows, n_outputs)
            Overwritten by the next call.
        """
        n_rows = len(latent)
        self._read[:n_rows] = latent
        plan = self._task.plan
        plan[PLAN_AT.row], plan[PLAN_AT.n_rows] = 0, n_rows
        arguments = (argument(self._task),)
        if self._prediction.members == 1:
            team.run_alone(predict_kernel, arguments, plan)
        else:
            team.run(predict_kernel, arguments, self._prediction.members, plan, barriers=False)
        return self._outputs[:n_rows]

    def set_rows(self, n_samples, n_latent):
        """Say how many rows of both arrays the next updates go through, from the first on.

        Parameters
        ----------
        n_samples, n_latent : int
        """
        self._discriminator.set_epochs(None, n_samples, 1)
        self._generator.set_epochs(None, n_latent, 1)

    def update_discriminator(self, n_batches):
        """Train the discriminator on its next batches.

        Parameters
        ----------
        n_batches : int
        """
        if self._clip_value is None:
            self._discriminator.advance(n_batches)
            return
        run, limit = self._discriminator, self._clip_value
        parameters = run.task.memory[: run.cut.n_parameters]
        for _ in range(n_batches):
            run.advance(1)
            np.clip(parameters, -limit, limit, out=parameters)
            run.plan[PLAN_AT.ready] = 0

    def update_generator(self):
        """Train the generator on its next batch, by what the discriminator says now."""
        self._of_discriminator.unpack()
        self._fixed.pack()
        self._generator.plan[PLAN_AT.ready] = 0
        self._generator.advance(1)
        self._of_generator.unpack()
        if self._copy_to_predict is not None:
            self._copy_to_predict()

    def losses(self):
        """Return the mean losses of both networks over the rows that were set.

        Returns
        -------
        generator, discriminator : float
        """
        return tuple(float(run.history()[0, 0]) for run in (self._generator, self._discriminator))

    def states(self):
        """Return the states of both optimizers.

        Returns
        -------
        generator, discriminator : array of shape (n_states, n_parameters)
        """
        parts = self._generator.states().parts()
        states = np.zeros((len(parts), len(self.vectors[0])), self.vectors[0].dtype)
        for own, packed in zip(states, parts, strict=True):
            Rearrangement(self._first, packed, own).unpack()
        return states, np.asarray(self._discriminator.states())

    def updates(self):
        """Return how many updates there were of the generator and of the discriminator."""
        return tuple(
            int(run.plan[PLAN_AT.update]) for run in (self._generator, self._discriminator)
        )

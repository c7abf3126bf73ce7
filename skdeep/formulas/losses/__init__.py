"""Loss functions, one per file: the loss of one output of one sample.

A module defines

- ``value(y, o)`` for a target ``y`` and an output ``o`` (after the output activation), and
  ``derivative(y, o)``, its derivative with respect to ``o``; both take a third argument where the
  module has ``PARAMETERS``, what users may set: a dict of one `Parameter` by name;
- ``CANONICAL``, the output activations for which the gradient with respect to the activation's
  argument is ``delta = o - y``; for others engines multiply the derivatives of both;
- ``TASKS``, out of ``"classification"`` and ``"regression"``, and ``DEFAULT_OUTPUT``, the output
  activation where the user chooses none (None: the one that fits the targets);
- ``OUTPUTS``, the `Interval` that outputs must lie in, or ``accepts(outputs)`` with
  ``NEEDED_OUTPUTS`` to say which they are;
- ``TARGETS``, the `Interval` that targets must lie in;
- ``CODING``, the numbers that stand for "no" and "yes" in classification, and ``LABEL_PARAMETERS``,
  what users may set of how labels become targets, a dict of `Parameter` by name;
- ``AVERAGED = True`` where the reported loss is the mean, not the sum, over the outputs of a
  sample;
- ``PUBLIC``, the public name where several files share it, and ``NORMALISED = True`` for the one
  that is for normalised outputs (their class in `skdeep.losses` is made of the other one);
- ``CLASS``, the name of its class in `skdeep.losses`, if not that of the loss in capitals.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.interval import REALS, Interval
from skdeep.formulas.registry import discover


class Loss(NamedTuple):
    """A loss function.

    Attributes
    ----------
    name, public : str
        Names: that of the file, and that which users write.
    code : int
        What selects the function in compiled code.
    value, derivative : callable
        ``value(y, o)`` and ``derivative(y, o)``, scalar; ``(y, o, p)`` with a parameter.
    parameters, label_parameters : dict of str to Parameter
        What the functions take as ``p``, and what the coding of labels takes.
    canonical : tuple of str
        The output activations that give ``delta = o - y``.
    tasks : tuple of str
    default_output : str or None
    accepts : callable
        ``accepts(interval)``: whether outputs in an interval suit it.
    needed_outputs : str
        Which do, for messages.
    targets : Interval
    coding : tuple of float
    averaged, normalised : bool
    """

    name: str
    public: str
    code: int
    value: Callable
    derivative: Callable
    parameters: dict
    label_parameters: dict
    canonical: tuple
    tasks: tuple
    default_output: str | None
    accepts: Callable
    needed_outputs: str
    targets: Interval
    coding: tuple
    averaged: bool
    normalised: bool

    @property
    def parameter(self):
        """Name of the parameter of the functions; None without one."""
        return next(iter(self.parameters), None)


def _build(name, code, module):
    outputs = getattr(module, "OUTPUTS", REALS)
    return Loss(
        name,
        getattr(module, "PUBLIC", name),
        code,
        module.value,
        module.derivative,
        getattr(module, "PARAMETERS", {}),
        getattr(module, "LABEL_PARAMETERS", {}),
        module.CANONICAL,
        module.TASKS,
        module.DEFAULT_OUTPUT,
        getattr(module, "accepts", outputs.holds_all_of),
        getattr(module, "NEEDED_OUTPUTS", f"in {outputs}"),
        getattr(module, "TARGETS", REALS),
        getattr(module, "CODING", (0.0, 1.0)),
        getattr(module, "AVERAGED", False),
        getattr(module, "NORMALISED", False),
    )


#: Every loss by its name.
REGISTRY = discover(sys.modules[__name__], _build)


def public_names(task):
    """Return the names that users may write for a task."""
    return {loss.public for loss in REGISTRY.values() if task in loss.tasks}


def find(public, normalised):
    """Return the loss of a public name.

    Parameters
    ----------
    public : str
    normalised : bool
        Whether the one for normalised outputs of exclusive classes is wanted, if there is one.

    Returns
    -------
    loss : Loss
    """
    found = [loss for loss in REGISTRY.values() if loss.public == public]
    return next((loss for loss in found if loss.normalised == normalised), found[0])

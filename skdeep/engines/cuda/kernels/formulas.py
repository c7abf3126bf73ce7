"""Compile the formulas for the device, and choose those that a network uses.

A kernel is compiled for the formulas of a network: its activations, loss, rule, penalty and
schedule, but neither for its sizes nor for the values of any parameter. Phases get them as one
named tuple of device functions.
"""

import dis
import math
from types import FunctionType, ModuleType
from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.once import once
from skdeep.engines.cuda.hardware.shim import SIMULATED, device
from skdeep.engines.cuda.layers.features import DENSE, SPARSE
from skdeep.formulas import elementary
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.formulas.penalties import REGISTRY as PENALTIES
from skdeep.formulas.randomness.noise import normal
from skdeep.formulas.randomness.squares import squares, stream_key
from skdeep.formulas.schedules import STEPWISE

#: Stands for a rule where the gradient itself is wanted.
GRADIENT = "gradient"


class Formulas(NamedTuple):
    """What a kernel is compiled for.

    Attributes
    ----------
    activations : tuple of str
        Names, sorted.
    loss, rule, penalty, schedule : str
        Names in the registries.
    sparse, noisy : bool
        Whether the features are, and whether noise is added to them: its double precision would
        be a burden on other kernels.
    dtype : str
        "float32" or "float64".
    validated : bool
        Whether the kernel that trains predicts validation rows, too.
    """

    activations: tuple
    loss: str
    rule: str
    penalty: str
    schedule: str
    sparse: bool
    noisy: bool
    dtype: str
    validated: bool = False


class Code(NamedTuple):
    """The device functions of a kernel's formulas.

    Attributes
    ----------
    activate : callable
        ``activate(code, a)``: the output of a unit.
    slope : callable
        ``slope(code, a, h)``: the derivative of its activation.
    derivative : callable
        ``derivative(code, h)``: the same from the output alone, where that can be done.
    loss, loss_derivative : callable
        ``loss(y, o, p)``.
    prepare : callable
        ``prepare(rate, t, p)``.
    update : callable
        ``update(w, g, s, u, c)``: the new weight and its two states.
    penalty, penalty_derivative : callable
        ``penalty(w, p)``.
    shrink : callable
        ``shrink(w, p)``: the derivative of the squared norm.
    epoch_end, plateau : callable
        Of the step-wise schedule.
    exponential : callable
        Of softmax.
    normal, squares, stream_key : callable
        Of the random numbers.
    features : Features
        What depends on whether features are dense or sparse.
    """

    activate: object
    slope: object
    derivative: object
    loss: object
    loss_derivative: object
    prepare: object
    update: object
    penalty: object
    penalty_derivative: object
    shrink: object
    epoch_end: object
    plateau: object
    exponential: object
    normal: object
    squares: object
    stream_key: object
    features: object


NO_NOISE = np.float32(0)
#: What the device has for the elementary functions of the formulas: those of CUDA's own library.
_NATIVE = {
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "log1p_share": math.log1p,
    "tanh": math.tanh,
    "erf": math.erf,
}
_FUNCTIONS = {id(function) for function in elementary.FUNCTIONS}


@once
def compiled(function, kind):
    """Return a formula as a device function.

    Parameters
    ----------
    function : callable
        A plain Python function of `skdeep.formulas`.
    kind : type
        ``np.float32`` or ``np.float64``, of the constants that formulas hold in both.

    Returns
    -------
    function : device function
    """
    if SIMULATED:
        return function
    # Of the code's names, attributes such as the `value` of `l1.value` are no globals.
    loaded = {i.argval for i in dis.get_instructions(function) if i.opname == "LOAD_GLOBAL"}
    names = {
        name: _for_device(function.__globals__[name], kind)
        for name in loaded & function.__globals__.keys()
    }
    scope = {**function.__globals__, **names}
    copy = FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__, function.__closure__
    )
    return device(copy)


def _for_device(value, kind):
    """Return what a formula's global name stands for on the device."""
    if isinstance(value, ModuleType) and value.__name__.startswith("skdeep.formulas."):
        module = ModuleType(value.__name__)
        for name, item in vars(value).items():
            if isinstance(item, FunctionType):
                setattr(module, name, _for_device(item, kind))
        return module
    if id(value) in _FUNCTIONS:
        native = _NATIVE.get(value.__name__)
        return native or compiled(getattr(value, kind.__name__), kind)
    if isinstance(value, FunctionType) and value.__module__.startswith("skdeep.formulas."):
        return compiled(value, kind)
    return value


def _one(kind):
    one = kind(1)

    @device
    def constant(number, x):
        return one

    return constant


def _same(number, x):
    return x


def _chosen(cases, otherwise):
    """Return ``f(code, x)`` that applies the function of a code, `otherwise` for any other."""
    if not cases:
        return otherwise
    (number, function), following = cases[0], _chosen(cases[1:], otherwise)

    @device
    def choose(code, x):
        return function(x) if code == number else following(code, x)

    return choose


def _activations(names, kind):
    """Return the three functions of the activations: outputs, slopes, derivatives of outputs."""
    found = [ACTIVATIONS[name] for name in names if name != "identity"]
    forward = [(f.code, compiled(f.forward, kind)) for f in found if not f.normalised]
    of_output = [(f.code, compiled(f.derivative, kind)) for f in found if f.derivative]
    of_input = [(f.code, compiled(f.derivative_at, kind)) for f in found if f.derivative_at]
    codes = tuple(code for code, _function in of_input)
    activate = _chosen(forward, device(_same))
    derivative, at = _chosen(of_output, _one(kind)), _chosen(of_input, _one(kind))

    @device
    def slope(code, a, h):
        for number in codes:
            if code == number:
                return at(code, a)
        return derivative(code, h)

    @device
    def slope_of_output(code, a, h):
        return derivative(code, h)

    return activate, slope if codes else slope_of_output, derivative


def _of_loss(function, parameter, kind):
    formula = compiled(function, kind)

    def without(y, o, p):
        return formula(y, o)

    return formula if parameter is not None else device(without)


def _update(rule, kind):
    """Return the step of a rule, with two states whatever the rule has."""
    if rule == GRADIENT:

        def step(w, g, s, u, c):
            return w, g, u

        return device(step)
    update = compiled(RULES[rule].update, kind)

    def no_state(w, g, s, u, c):
        return update(w, g, c), s, u

    def one_state(w, g, s, u, c):
        w, s = update(w, g, s, c)
        return w, s, u

    def two_states(w, g, s, u, c):
        return update(w, g, s, u, c)

    return device((no_state, one_state, two_states)[len(RULES[rule].states)])


def _no_noise(bits):
    return NO_NOISE


def _nothing_prepared(rate, t, p):
    return rate, rate, rate, rate, rate, rate


@once
def make_code(formulas):
    """Return the device functions of a kernel.

    Parameters
    ----------
    formulas : Formulas

    Returns
    -------
    code : Code
    """
    kind = np.dtype(formulas.dtype).type
    loss, schedule = LOSSES[formulas.loss], STEPWISE[formulas.schedule]
    prepare = _nothing_prepared if formulas.rule == GRADIENT else RULES[formulas.rule].prepare
    penalty = PENALTIES[formulas.penalty]
    return Code(
        *_activations(formulas.activations, kind),
        _of_loss(loss.value, loss.parameter, kind),
        _of_loss(loss.derivative, loss.parameter, kind),
        compiled(prepare, np.float64),
        _update(formulas.rule, kind),
        compiled(penalty.value, kind),
        compiled(penalty.derivative, kind),
        compiled(PENALTIES["l2"].derivative, kind),
        compiled(schedule.epoch_end, np.float64),
        compiled(schedule.plateau, np.float64),
        compiled(ACTIVATIONS["softmax"].forward, kind),
        compiled(normal if formulas.noisy else _no_noise, np.float32),
        compiled(squares, kind),
        compiled(stream_key, kind),
        SPARSE if formulas.sparse else DENSE,
    )

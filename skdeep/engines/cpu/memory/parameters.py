"""The way of parameters into the memory of a task, and out of it."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.memory.fields import OF_UNITS, PLAN_AT, as_operations
from skdeep.engines.cpu.threads import team


class Span(NamedTuple):
    """Where the parameters of an operation are, in the engine's arrangement and the network's.

    Attributes
    ----------
    ours, theirs : int
        Places of the weights.
    fan_in, fan_out, stride : int
        Of the weights; the stride of the engine's rows.
    in_panels : bool
        Whether the engine keeps the weights in panels.
    of_units : list of tuple of three int
        Both places, and the number, of what there is one of for every unit.
    """

    ours: int
    theirs: int
    fan_in: int
    fan_out: int
    stride: int
    in_panels: bool
    of_units: list


def find_spans(operations, table):
    """Return where the parameters of all operations are.

    Parameters
    ----------
    operations : array of records
        The engine's.
    table : array of int64
        The network's.

    Returns
    -------
    spans : list of Span
    """
    spans = []
    for ours, theirs in zip(operations, as_operations(table), strict=True):
        if theirs.fan_out == 0:  # without parameters
            continue
        of_units = [
            (int(ours[name]), int(theirs[name]), int(theirs[_width(name)]))
            for name in OF_UNITS
            if theirs[name] >= 0
        ]
        sizes = int(theirs.fan_in), int(theirs.fan_out), int(ours.stride)
        places = int(ours.weights), int(theirs.weights)
        spans.append(Span(*places, *sizes, bool(ours.gap > 0), of_units))
    return spans


def _width(name):
    """Return the column of the table with the number of what there is one of for every unit."""
    return "n_biases" if name == "biases" else "fan_out"


#: Parameters up to which their places are listed: then one call of NumPy copies them all.
MOST_LISTED = 1 << 13


def list_places(spans, n_packed, n_parameters):
    """Return where the parameters of a small network are in the engine's arrangement.

    Parameters
    ----------
    spans : list of Span
    n_packed, n_parameters : int
        Numbers in the engine's arrangement, and parameters of the network.

    Returns
    -------
    places : array of int64 of shape (n_parameters,) or None
        None for large networks, and if the spans do not hold every parameter.
    """
    if n_packed > MOST_LISTED:
        return None
    places = np.full(n_parameters, -1, dtype=np.int64)
    for ours, theirs in _pairs(spans, np.arange(n_packed), places):
        theirs[...] = ours
    return None if (places < 0).any() else places


def _pairs(spans, packed, vector):
    """Iterate over the parameters of every operation in both arrangements."""
    for ours, theirs, fan_in, fan_out, stride, in_panels, of_units in spans:
        plain = vector[theirs : theirs + fan_in * fan_out].reshape(fan_in, fan_out)
        width = stride if in_panels else fan_out
        count = fan_out // width
        panels = packed[ours:][: -(-fan_out // width) * fan_in * stride]
        panels = panels.reshape(-1, fan_in, stride).transpose(1, 0, 2)
        yield panels[:, :count, :width], plain[:, : count * width].reshape(fan_in, count, width)
        if count * width < fan_out:
            rest = plain[:, count * width :]
            yield panels[:, count, : rest.shape[1]], rest
        for place, other, size in of_units:
            yield packed[place : place + size], vector[other : other + size]


#: Elements from which on a copy is shared among threads.
LARGE_COPY = 1 << 18
#: Of large copies, rows of so many bytes are copied so many at a time: panel by panel, all rows one
#: after the other would each be on another page of memory.
BYTES_OF_A_WIDE_ROW, ROWS_TOGETHER = 4096, 16


def _copy(copies, plan):
    """Copy arrays, large ones by several threads.

    Parameters
    ----------
    copies : iterable of tuple of two arrays
        Where to, and what.
    plan : Plan
        Its members say how many threads.
    """
    for out, values in copies:
        if out.size < LARGE_COPY:
            out[...] = values
        elif plan.members == 1:
            _copy_rows((out, values))
        else:
            cuts = [np.array_split(array, plan.members) for array in (out, values)]
            parts = list(zip(*cuts, strict=True))
            team.run_each(_copy_rows, parts, plan.members)


def _copy_rows(part):
    """Copy a large array into another."""
    out, values = part
    rows = max(1, len(out))
    if out[:1].nbytes >= BYTES_OF_A_WIDE_ROW:
        rows = ROWS_TOGETHER
    for start in range(0, len(out), rows):
        out[start : start + rows] = values[start : start + rows]


def pack(plan, layout, vector, packed):
    """Copy parameters from the network's arrangement into the engine's.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    vector : array of shape (layout.n_parameters,)
    packed : array of at least ``plan.n_parameters`` elements
        Written to.
    """
    if plan.places is not None:
        packed[plan.places] = vector
        return
    _copy(_pairs(plan.spans, packed, vector), plan)


def unpack(plan, layout, packed, vector=None):
    """Return parameters in the network's arrangement.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    packed : array of at least ``plan.n_parameters`` elements
    vector : array of shape (layout.n_parameters,), default=None
        Written to; None for a new one.

    Returns
    -------
    vector : array of shape (layout.n_parameters,)
    """
    if plan.places is not None and vector is None:
        return packed[plan.places]
    vector = np.empty(layout.n_parameters, dtype=packed.dtype) if vector is None else vector
    if plan.places is not None:
        vector[...] = packed[plan.places]
        return vector
    pairs = _pairs(plan.spans, packed, vector)
    _copy(((theirs, ours) for ours, theirs in pairs), plan)
    return vector


class Rearrangement:
    """Copies parameters between two arrays that stay where they are, as often as wanted.

    Parameters
    ----------
    plan : Plan
    packed : array of at least ``plan.n_parameters`` elements
        In the engine's arrangement.
    vector : array of shape (layout.n_parameters,)
        In the network's.
    """

    def __init__(self, plan, packed, vector):
        self._plan, self._pairs = plan, list(_pairs(plan.spans, packed, vector))
        self._back = [pair[::-1] for pair in self._pairs]

    def pack(self):
        """Copy the vector to the packed array."""
        _copy(self._pairs, self._plan)

    def unpack(self):
        """Copy the packed array to the vector."""
        _copy(self._back, self._plan)


class PackedStates:
    """The states of a rule as training has left them: an array of the network once one is wanted.

    Few fits are gone on with, so that to bring the states into the network's arrangement, as many
    bytes again, would mostly be for nothing.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    packed : array of shape (n_states * state_step,)
    """

    def __init__(self, plan, layout, packed):
        self.plan, self.layout, self.packed = plan, layout, packed

    def __array__(self, dtype=None, copy=None):
        """Return the states, of shape (n_states, n_parameters)."""
        states = np.empty((self.plan.n_states, self.layout.n_parameters), dtype=self.packed.dtype)
        for state, packed in zip(states, self.parts(), strict=True):
            unpack(self.plan, self.layout, packed, state)
        return states if dtype is None else states.astype(dtype, copy=False)

    def parts(self):
        """Return the memory of every state."""
        step = int(self.plan.integers[PLAN_AT.state_step])
        return [self.packed[index * step :][:step] for index in range(self.plan.n_states)]

    def put(self, states):
        """Set the states to those of the network."""
        for state, packed in zip(states, self.parts(), strict=True):
            pack(self.plan, self.layout, state, packed)

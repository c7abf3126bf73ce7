"""Tasks in compiled code: one address, of which the fields are read as they are needed.

What compiled functions work on are many arrays. In compiled code a task is no more than the address
of its *handle*, a list of the addresses of these arrays, with a type that says their precision, and
its fields are pointers and records that are made of the handle. So a task is passed on at no cost,
and functions that work on no array of its precision are the same for all tasks (`driver`).
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
)

from skdeep.engines.cpu.memory.addresses import address_of
from skdeep.engines.cpu.memory.fields import OPERATION, PLAN, SCALARS, TILE, as_record

#: The addresses in a handle, in their order: every array of a task.
ADDRESSES = (
    "operations",
    "tiles",
    "settings",
    "memory",
    "parameters",
    "plan",
    "numbers",
    "states",
    "values",
    "indices",
    "indptr",
    "column_starts",
    "column_rows",
    "column_values",
    "order",
    "targets",
    "outputs",
    "places",
)

_INTEGERS = types.CPointer(types.int64)


class DriverType(types.Type):
    """The type of a task where neither its precision nor its features matter."""

    def __init__(self, name="Driver", fields=()):
        super().__init__(name=name)
        self.fields = {
            "numbers": types.CPointer(types.float64),
            "scalars": numba.from_dtype(SCALARS),
            "plan": numba.from_dtype(PLAN),
            "operations": types.CPointer(numba.from_dtype(OPERATION)),
            "tiles": types.CPointer(numba.from_dtype(TILE)),
            "settings": _INTEGERS,
            **dict(fields),
        }


class TaskType(DriverType):
    """The type of a task of some precision and kind of features.

    Parameters
    ----------
    kind : Numba type
        Of floats.
    index : Numba type or None
        Of the indices of sparse features; None if they are dense, or of no account.
    drops : bool
        Whether some sparse features are dropped.
    """

    def __init__(self, kind, index=None, drops=False):
        floats = ("memory", "parameters", "states", "values", "column_values", "targets", "outputs")
        integers = ("column_starts", "column_rows", "order", "places")
        fields = dict.fromkeys(floats, types.CPointer(kind))
        fields |= dict.fromkeys(integers, _INTEGERS)
        if index is not None:
            fields |= dict.fromkeys(("indices", "indptr"), types.CPointer(index))
        super().__init__(f"Task({kind}, {index}, {drops})", fields)
        self.kind, self.sparse, self.drops = kind, index is not None, drops


@register_model(DriverType)
@register_model(TaskType)
class _TaskModel(models.PrimitiveModel):
    """A task is the address of its handle."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


class _Attributes(AttributeTemplate):
    def generic_resolve(self, kind, name):
        """Return the type of a field, None if there is none of that name."""
        return kind.fields.get(name)


for _kind in (DriverType, TaskType):
    infer_getattr(type(f"{_kind.__name__}Attributes", (_Attributes,), {"key": _kind}))


@lower_getattr_generic(DriverType)
def _get_field(context, builder, kind, handle, name):
    place = ADDRESSES.index("numbers" if name == "scalars" else name)
    address = builder.load(builder.gep(handle, [ir.IntType(64)(place)]))
    return builder.inttoptr(address, context.get_value_type(kind.fields[name]))


lower_getattr_generic(TaskType)(_get_field)


@intrinsic
def _driver(typingctx, handle):
    def codegen(context, builder, signature, arguments):
        return context.make_array(handle)(context, builder, arguments[0]).data

    return DriverType()(handle), codegen


@intrinsic
def _as_float(typingctx, task, value):
    def codegen(context, builder, signature, arguments):
        return context.cast(builder, arguments[1], value, task.kind)

    return task.kind(task, value), codegen


if numba.config.DISABLE_JIT:

    def driver(handle):  # noqa: D103
        return handle

    def as_float(task, value):  # noqa: D103
        return task.memory.dtype.type(value)

else:
    #: ``driver(handle)``: a task, as far as it is the same for all precisions.
    #: ``as_float(task, value)``: a number in the precision of a task.
    driver, as_float = _driver, _as_float


def make_handle(task):
    """Return the addresses of the arrays of a task.

    Parameters
    ----------
    task : Task
        Must be kept alive for as long as the handle is used.

    Returns
    -------
    handle : array of int64 of shape (n_addresses,)
    """
    return np.array([address_of(getattr(task, name)) for name in ADDRESSES], dtype=np.int64)


#: The places of the addresses in a handle by the names of the arrays.
PLACES = {name: place for place, name in enumerate(ADDRESSES)}


def handle_with(task, arrays):
    """Return the handle of a task with other arrays.

    Parameters
    ----------
    task : Task
    arrays : dict of str to array

    Returns
    -------
    handle : array of int64 of shape (n_addresses,)
    """
    handle = task.handle.copy()
    for name, array in arrays.items():
        handle[PLACES[name]] = address_of(array)
    return handle


def replace(task, **arrays):
    """Return a task with other arrays, and a handle of its own.

    Parameters
    ----------
    task : Task
    **arrays : dict of str to array

    Returns
    -------
    task : Task
    """
    return task._replace(handle=handle_with(task, arrays), **arrays)


class _PythonTask:
    """A task for kernels that are not compiled: with records in the places of arrays."""

    def __init__(self, task):
        vars(self).update(task._asdict())
        self.plan = as_record(task.plan, PLAN)
        self.scalars = as_record(task.numbers, SCALARS)


def argument(task):
    """Return what kernels take for a task: its handle, or an object without the compiler."""
    return _PythonTask(task) if numba.config.DISABLE_JIT else task.handle

"""Compiled functions that kernels call by their addresses: everything that depends on precision.

A kernel, such as the loop over epochs, knows neither the precision of its task nor the kinds of its
layers. What a layer does with a block of rows, or with a tile of its parameters, is a *routine*: a
function that is compiled and cached by itself, for each precision and kind of features that
needs it, and whose address is in the plan or in the table of operations. So a new kind of layer
compiles nothing that exists, and a second precision compiles only what depends on it.

All routines have one signature::

    routine(task, index, a, b, block)

with the number `index` of an operation or tile, two integers more, and the rows that are meant.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling.jit import compile_loop
from skdeep.engines.cpu.compiling.tasks import TaskType
from skdeep.engines.cpu.memory.fields import BLOCK

#: The address that stands for no routine.
NOTHING = 0

#: The routines by function, precision and kind of features: addresses in use must stay valid.
_ROUTINES, _COMPILED = {}, []


def routine(function, dtype, indices=None, drops=False):
    """Return the address of a compiled routine.

    Parameters
    ----------
    function : callable
        A plain function of a module, of the signature above.
    dtype : numpy dtype
        Precision of the task.
    indices : numpy dtype, default=None
        Type of the indices of sparse features, if the routine reads some.
    drops : bool, default=False
        Whether some of these features are dropped.

    Returns
    -------
    address : int
    """
    key = function, np.dtype(dtype).char, indices and np.dtype(indices).char, drops
    if key not in _ROUTINES:
        index = None if indices is None else numba.from_dtype(np.dtype(indices))
        task = TaskType(numba.from_dtype(np.dtype(dtype)), index, drops)
        block = numba.from_dtype(BLOCK)
        compiled = compile_loop(function, types.void(task, *3 * [types.int64], block))
        _COMPILED.append(compiled)
        address = len(_COMPILED) if numba.config.DISABLE_JIT else compiled.address
        _ROUTINES.setdefault(key, address)
    return _ROUTINES[key]


@intrinsic
def _call(typingctx, address, task, index, a, b, block):
    def codegen(context, builder, signature, arguments):
        address, handle, *integers, rows = arguments
        found = [handle]
        for value, kind in zip(integers, signature.args[2:5], strict=True):
            found.append(context.cast(builder, value, kind, types.int64))
        found.append(builder.bitcast(rows, ir.IntType(8).as_pointer()))
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in found])
        builder.call(builder.inttoptr(address, kind.as_pointer()), found)
        return context.get_dummy_value()

    return types.void(address, task, index, a, b, block), codegen


@intrinsic
def _on_stack(typingctx, block):
    def codegen(context, builder, signature, arguments):
        integer = ir.IntType(64)
        places = cgutils.alloca_once(builder, integer, size=integer(len(block)))
        for index, field in enumerate(block.types):
            value = builder.extract_value(arguments[0], index)
            value = context.cast(builder, value, field, types.int64)
            builder.store(value, builder.gep(places, [integer(index)]))
        return builder.bitcast(places, context.get_value_type(signature.return_type))

    return numba.from_dtype(BLOCK)(block), codegen


def _on_stack_python(block):
    return block


def _call_python(address, task, index, a, b, block):
    _COMPILED[address - 1](task, index, a, b, block)


if numba.config.DISABLE_JIT:
    call, on_stack = _call_python, _on_stack_python
else:
    #: ``call(address, task, index, a, b, block)``: call a routine.
    #: ``on_stack(block)``: the record of a block, as routines take it. There is one for each call
    #: of the function that asks for it, whose next call overwrites it.
    call, on_stack = _call, _on_stack

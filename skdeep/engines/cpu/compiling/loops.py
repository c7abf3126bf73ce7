"""Loops over elements, one per formula, which kernels call by their address.

Kernels would take ever longer to compile if they held the loops of all formulas. So every formula
gets a small loop of its own, compiled when a network first uses it (a tenth of a second, once on a
machine), and its address is among the integers of the task.

All loops have one signature, ``loop(x0, x1, x2, x3, p, n)``: up to four arrays of the task's
precision, of ``n`` elements each where nothing else is said, and numbers ``p`` in float64.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from skdeep.engines.cpu.compiling import formulas  # noqa: F401, lets loops call the formulas
from skdeep.engines.cpu.compiling.jit import compile_loop
from skdeep.engines.cpu.compiling.views import pointer_to

#: The loops by family, formula and precision, and whatever else was compiled at the same time:
#: addresses in use must stay valid.
_LOOPS, _COMPILED = {}, []

#: The address that stands for no loop.
NOTHING = 0


def address(family, formula, dtype):
    """Return the address of the loop of a formula.

    Parameters
    ----------
    family : callable
        ``family(formula, kind)`` returns the loop, a plain function, with constants of the type
        `kind`.
    formula : NamedTuple
        An entry of a registry.
    dtype : numpy dtype
        Precision of the arrays.

    Returns
    -------
    address : int
    """
    kind = np.dtype(dtype).type
    key = family, formula.name, kind
    if key not in _LOOPS:
        loop = compile_loop(family(formula, kind), _signature(kind))
        _COMPILED.append(loop)
        _LOOPS.setdefault(key, len(_COMPILED) if numba.config.DISABLE_JIT else loop.address)
    return _LOOPS[key]


def _signature(kind):
    pointer = types.CPointer(types.float32 if kind == np.float32 else types.float64)
    numbers = types.CPointer(types.float64)
    return types.void(pointer, pointer, pointer, pointer, numbers, types.intp)


@intrinsic
def _run(typingctx, address, x0, x1, x2, x3, p, n):
    def codegen(context, builder, signature, arguments):
        address, *arrays, n = arguments
        pointers = [
            pointer_to(context, builder, kind, array)
            for kind, array in zip(signature.args[1:-1], arrays, strict=True)
        ]
        kinds = [pointer.type for pointer in pointers]
        function = ir.FunctionType(ir.VoidType(), [*kinds, n.type])
        builder.call(builder.inttoptr(address, function.as_pointer()), [*pointers, n])
        return context.get_dummy_value()

    return types.void(types.intp, x0, x1, x2, x3, p, types.intp), codegen


def _run_python(address, x0, x1, x2, x3, p, n):
    _COMPILED[address - 1](x0, x1, x2, x3, p, n)


#: ``run(address, x0, x1, x2, x3, p, n)``: run a loop.
run = _run_python if numba.config.DISABLE_JIT else _run

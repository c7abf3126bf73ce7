"""Elementary functions as branch-free polynomials, which compilers turn into vector code.

The functions of the C library cost 2 to 13 ns an element in a compiled loop, because they cannot
be vectorised there. The forms here hold no branch, call or table, so that LLVM evaluates 4 to 16
of them at once; their error is below 2.5 ulps over the whole range, denormals included, and
infinities and NaN behave as in C.

Every function has one form per precision, ``f.float32`` and ``f.float64``; calling ``f`` picks
by the type of its argument.
"""

from skdeep.formulas.elementary.error_function import erf
from skdeep.formulas.elementary.exponential import exp
from skdeep.formulas.elementary.exponential_minus_one import expm1
from skdeep.formulas.elementary.hyperbolic import tanh
from skdeep.formulas.elementary.logarithm import log
from skdeep.formulas.elementary.logarithm_of_share import log1p_share
from skdeep.formulas.elementary.logarithm_plus_one import log1p
from skdeep.formulas.elementary.precision import FUNCTIONS, constant, machine_epsilon
from skdeep.formulas.elementary.sigmoid import logistic
from skdeep.formulas.elementary.turns import cos_of_turns, sin_of_turns

__all__ = [
    "FUNCTIONS",
    "constant",
    "cos_of_turns",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log1p_share",
    "logistic",
    "machine_epsilon",
    "sin_of_turns",
    "tanh",
]

"""The error function ``erf x``, ``2 / sqrt(pi)`` times the integral of ``e^(-t^2)`` from 0 to x.

Near zero it is ``x + x P(-x^2)``, elsewhere ``1 - e^(-x^2) N(|x|) / D(|x|)``, signed as ``x``:
``N / D`` stands for ``e^(x^2) erfc x`` (the split of Cody, "Rational Chebyshev approximations for
the error function", Mathematics of Computation 23, 1969). The coefficients are those of least
greatest error relative to ``erf x``, found with the Remez exchange in 50 digits: ``P`` up to 0.7,
``N / D`` from there to where ``erf x`` rounds to 1. Low degrees do, since ``e^(-x^2)`` shrinks
what is left of the error of ``N / D``; nothing cancels in ``N`` and ``D``, since all their
coefficients are positive.

A loop that needs ``exp(-(x * x))`` too, as the derivative of ``erf`` does, shares it: the compiler
writes that product as ``-x * x``, and finds it here in the same form.
"""

import numpy as np

from skdeep.formulas.elementary.exponential import exp32, exp64
from skdeep.formulas.elementary.precision import by_precision

F = np.float32
D = np.float64

ZERO_32, ONE_32 = F(0), F(1)
ZERO_64, ONE_64 = D(0), D(1)
# Below SPLIT the first form; beyond LIMIT the quotient of the second matters no more.
SPLIT_32, LIMIT_32 = F(0.7), F(4)
SPLIT_64, LIMIT_64 = D(0.7), D(6)

P32_0, P32_1, P32_2 = F(0.128379125627026118), F(0.376122217064193267), F(0.112769993127843598)
P32_3, P32_4 = F(0.026474481903770973), F(0.00428179669527495584)
N32_0, N32_1, N32_2 = F(1.0003283032333683), F(0.719384943898775068), F(0.218178844347475635)
D32_1, D32_2, D32_3 = F(1.85030402897859276), F(1.2970878008882261), F(0.38480307029323096)

P64_0, P64_1 = D(0.128379167095512554), D(0.376126389031829661)
P64_2, P64_3 = D(0.112837916709025741), D(0.0268661706314767606)
P64_4, P64_5 = D(0.00522397744486324315), D(0.000854831327286050099)
P64_6, P64_7 = D(0.00012054693561608596), D(1.49071614855354816e-5)
P64_8, P64_9 = D(1.61362746345027102e-6), D(1.31215790433987326e-7)
N64_0, N64_1 = D(0.999999985912451883), D(1.34775393950812095)
N64_2, N64_3 = D(0.897178998245110339), D(0.342779338102417803)
N64_4, N64_5 = D(0.0746961842768587768), D(0.00751978426141231194)
D64_1, D64_2 = D(2.47613292731592919), D(2.69119688241031567)
D64_3, D64_4 = D(1.65558564193128975), D(0.614316311619078176)
D64_5, D64_6 = D(0.132389017192747558), D(0.0133286941126299129)


def erf32(x):
    """Return the error function in float32."""
    w = -x * x
    p = P32_3 + w * P32_4
    p = P32_2 + w * p
    p = P32_1 + w * p
    p = P32_0 + w * p
    size = abs(x)
    t = size if size < LIMIT_32 else LIMIT_32
    n = N32_0 + t * (N32_1 + t * N32_2)
    d = ONE_32 + t * (D32_1 + t * (D32_2 + t * D32_3))
    y = ONE_32 - exp32(w) * (n / d)
    y = -y if x < ZERO_32 else y
    return x + x * p if size < SPLIT_32 else y


def erf64(x):
    """Return the error function.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        Between -1 and 1.

    Examples
    --------
    >>> from skdeep.formulas.elementary import erf
    >>> round(float(erf(1.0)), 12)
    0.842700792950
    """
    w = -x * x
    p = P64_8 + w * P64_9
    p = P64_5 + w * (P64_6 + w * (P64_7 + w * p))
    p = P64_2 + w * (P64_3 + w * (P64_4 + w * p))
    p = P64_0 + w * (P64_1 + w * p)
    size = abs(x)
    t = size if size < LIMIT_64 else LIMIT_64
    n = N64_2 + t * (N64_3 + t * (N64_4 + t * N64_5))
    n = N64_0 + t * (N64_1 + t * n)
    d = D64_3 + t * (D64_4 + t * (D64_5 + t * D64_6))
    d = ONE_64 + t * (D64_1 + t * (D64_2 + t * d))
    y = ONE_64 - exp64(w) * (n / d)
    y = -y if x < ZERO_64 else y
    return x + x * p if size < SPLIT_64 else y


erf = by_precision(erf32, erf64)

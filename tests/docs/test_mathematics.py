"""Formulas of docstrings become TeX."""

import doctest
import importlib
import inspect
import re

import mathematics
import pytest

from skdeep.formulas import activations, initialisers, losses, optimizers, penalties, schedules
from skdeep.training import full_batch

PACKAGES = (activations, initialisers, losses, penalties, optimizers, schedules, full_batch)
#: Code in docstrings that is no formula: names of parameters, attributes, and a call.
CODE = re.compile(r"[A-Za-z]{2,}\w*(=\S+)?|\w+_\w{3,}")


def literals():
    """List what stands between double backticks in the files of the registries."""
    found = {}
    for package in PACKAGES:
        for name in package.REGISTRY:
            text = inspect.getdoc(importlib.import_module(f"{package.__name__}.{name}"))
            for literal in re.findall("``(.+?)``", text, re.DOTALL):
                found[" ".join(literal.split())] = name
    return found


LITERALS = literals()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a / b c", r"\frac{a}{b} \, c"),
        ("a b / (c d)", r"\frac{a \, b}{c \, d}"),
        ("a / b * c / d", r"\frac{a}{b} \cdot \frac{c}{d}"),
        ("a - b / c", r"a - \frac{b}{c}"),
        ("(a + b)^2", r"(a + b)^{2}"),
        ("e^-a", "e^{-a}"),
        ("e^(-a^2)", "e^{- a^{2}}"),
        ("abs(w)^q", r"\lvert w \rvert^{q}"),
        ("sum_k e^(a_k)", r"\sum_k e^{a_{k}}"),
        ("sum(w^2)", r"\sum w^{2}"),
        ("sum(w + v)", r"\sum (w + v)"),
        ("sqrt 2 pi", r"\sqrt{2} \, \pi"),
        ("y log o", r"y \, \log o"),
        ("g.h / g.g", r"\frac{g \cdot h}{g \cdot g}"),
        ("f'(a) = h (1 - h)", r"f'(a) = h \, (1 - h)"),
        ("U[-b, b)", "U[- b, b)"),
        ("fan_in", None),
        ("2 / fan_in", r"\frac{2}{\mathrm{fan\_in}}"),
        ("|a| >= eps", r"\lvert a \rvert \ge \varepsilon"),
        ("w_new = w", r"w_\mathrm{new} = w"),
        ("penalty=3", None),
        ("a + ", None),
        ("(a", None),
        ("a & b", None),
        ("X[:, 0]", None),
        ("'name'", None),
    ],
)
def test_tex(text, expected):
    assert mathematics.tex(text) == expected


@pytest.mark.parametrize("text", [text for text in LITERALS if not CODE.fullmatch(text)])
def test_every_formula_is_read(text):
    tex = mathematics.tex(text)
    assert tex is not None, f"{LITERALS[text]}: write {text!r} as others write formulas"
    assert tex.count("{") == tex.count("}") and tex.count(r"\left") == tex.count(r"\right")
    letters = re.sub(r"\\[A-Za-z]+|[^A-Za-z]", "", tex)
    assert set(letters) <= set(text), "a letter has come from nowhere"


def test_typeset():
    text = "``f(a) =\na^2``, with ``alpha`` and ``penalty=3``."
    text = mathematics.typeset(text, ":math:`%s`", "``%s``")
    assert text == ":math:`f(a) = a^{2}`, with ``alpha`` and ``penalty=3``."


def test_examples():
    assert doctest.testmod(mathematics).failed == 0

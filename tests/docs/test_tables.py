"""Tables and figures of the documentation hold all that the registries hold."""

import re
import shutil

import figures
import numpy as np
import pytest
import tables
import tabular_scores
from scipy.stats import rankdata

from skdeep import initialisers, schedules, solvers
from skdeep.formulas import activations, losses, penalties
from tests.helpers import run_python

#: What the first column of every table must name.
NAMES = {
    "activations": set(activations.NAMES),
    "initialisers": set(initialisers.CLASSES),
    "losses": {loss.public for loss in losses.REGISTRY.values()},
    "penalties": {name for name, penalty in penalties.REGISTRY.items() if not penalty.power},
    "schedules": set(schedules.CLASSES),
    "solvers": set(solvers.CLASSES),
}


def rows(text):
    """Return the cells of a table of Markdown, without its head."""
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines()]
    assert len({len(cells) for cells in lines}) == 1, "rows of different lengths"
    return lines[2:]


def test_there_is_a_table_for_every_kind():
    assert set(tables.TABLES) == set(NAMES)


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_table_holds_the_registry(kind):
    found = set()
    for first, *others in rows(tables.TABLES[kind]()):
        found |= set(re.findall("`(.+?)`", first))
        definition = others[1] if kind in ("initialisers", "schedules", "solvers") else others[0]
        assert len(definition.strip()) > 10, first
    parameters = {"Huber(delta=1.0)", "ElasticNet(l1_ratio=0.15)", "Quantile(quantile=0.5)"}
    parameters |= {"LogLoss(label_smoothing=0.0)", "Power(exponent=1.5)"}
    assert found - NAMES[kind] <= parameters
    assert found >= NAMES[kind]


@pytest.mark.parametrize("kind", ["initialisers", "schedules", "solvers"])
def test_objects_show_their_parameters(kind):
    module = {"initialisers": initialisers, "schedules": schedules, "solvers": solvers}[kind]
    for first, link, _, parameters in rows(tables.TABLES[kind]()):
        cls = module.CLASSES[first.strip(" `")]
        assert f"{module.__name__}.{cls.__name__}" in link
        assert set(re.findall(r"`(\w+)=", parameters)) == set(cls().get_params(deep=False))


def test_description_ends_before_the_sections():
    summary, rest = tables.description(
        """Name, ``f(a) = a``.

        More ``text``
        of it.

        Parameters
        ----------
        a : float
        """
    )
    assert (summary, rest) == ("Name, $f(a) = a$.", "More `text` of it.")


def test_table_escapes_pipes():
    assert tables.table(["a"], [["|x|"]]).splitlines()[-1] == r"| \|x\| |"


def test_a_new_file_is_in_table_and_figure(tmp_path):
    """As a contributor would add it: nothing but the file of the formula."""
    package = tmp_path / "skdeep"
    source = tables.activations.__file__.rpartition("formulas")[0].rstrip("/\\")
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "formulas" / "activations" / "cube.py").write_text(
        '"""Cube, ``f(a) = a^3``.\n\nNobody, 2020.\n"""\n'
        "from skdeep.formulas.interval import REALS\n\nRANGE = REALS\n\n\n"
        "def forward(a):\n    return a * a * a\n\n\n"
        "def derivative_at(a):\n    return 3 * a * a\n",
        encoding="utf-8",
    )
    extensions = tables.__file__.rpartition("tables")[0]
    out = run_python(
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {extensions!r}]\n"
        "import skdeep, tables, figures\n"
        "assert skdeep.__file__.startswith(sys.path[0])\n"
        "print(tables.TABLES['activations']())\n"
        "print([ax.get_title() for ax in figures.FIGURES['activations']().axes])"
    )
    assert "| `cube` | Cube, $f(a) = a^{3}$. |" in out and "'cube'" in out


@pytest.mark.parametrize(
    "kind, names",
    [
        ("activations", {n for n, f in activations.REGISTRY.items() if not f.normalised}),
        ("losses", set(losses.REGISTRY)),
        ("schedules", set(schedules.curve_names())),
    ],
)
def test_figures_have_a_panel_for_every_entry(kind, names):
    drawn = [ax for ax in figures.FIGURES[kind]().axes if ax.lines]
    assert {ax.get_title().partition(",")[0] for ax in drawn} == names


def test_measurements_of_tables_are_those_of_the_page():
    losses, scores = tabular_scores.measured()
    assert len(losses) == len(scores) == 20
    assert all(own.shape == (3,) for each in (losses, scores) for own in each.values())
    for values, sign, said in zip(
        (scores, losses), (-1, 1), tabular_scores.mean_ranks().values(), strict=True
    ):
        ranks = np.mean([rankdata(sign * own) for own in values.values()], axis=0)
        # Scores that are equal on the page may have been different.
        np.testing.assert_allclose(ranks, said, atol=0.1)
    left, right = figures.FIGURES["tabular"]().axes
    assert len(left.lines) == 3 and len(right.patches) == 6

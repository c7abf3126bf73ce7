"""Tables of the formulas, made of the registries: a new file appears by itself.

All functions return Markdown. Nothing here needs Sphinx.
"""

import importlib
import inspect
import re

import mathematics

from skdeep import initialisers, schedules, solvers
from skdeep import losses as loss_objects
from skdeep import penalties as penalty_objects
from skdeep.formulas import activations, losses, penalties


def description(text):
    """Return the text of a docstring before its sections, with formulas as mathematics.

    Parameters
    ----------
    text : str

    Returns
    -------
    summary, rest : str
        The first paragraph, and the others in one line.
    """
    text = re.split(r"^\w[\w ]*\n-{4,}$", inspect.cleandoc(text), maxsplit=1, flags=re.MULTILINE)[0]
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    summary, *rest = (mathematics.typeset(part, "$%s$", "`%s`") for part in paragraphs)
    return summary, " ".join(rest)


def _cell(text):
    return text.replace("|", r"\|")


def table(head, rows):
    """Return a table of Markdown.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences of str

    Returns
    -------
    text : str
    """
    lines = [head, ["---"] * len(head), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _text(package, name):
    return description(importlib.import_module(f"{package.__name__}.{name}").__doc__)


def _names(*names):
    return ", ".join(f"`{name}`" for name in names)


def _place(entry):
    if not entry.trainable:
        return "given weights"
    return "hidden, output" if entry.hidden else "output"


def activation_table():
    """Return the table of activations."""
    rows = []
    for name, f in activations.REGISTRY.items():
        what, more = _text(activations, name)
        outputs = str(f.range).replace("inf", r"\infty")
        rows.append([_names(name, *f.aliases), what, f"${outputs}$", _place(f), more])
    return table(["name", "definition", "outputs", "for", "more, and source"], rows)


def loss_table():
    """Return the table of losses."""
    rows = []
    for name, loss in losses.REGISTRY.items():
        what, more = _text(losses, name)
        tasks = ", ".join(loss.tasks)
        outputs = _names(loss.default_output) if loss.default_output else "by the targets"
        canonical = _names(*loss.canonical) if loss.canonical else "-"
        written = _names(loss.public) + _with(loss_objects.CLASSES[loss.public])
        rows.append([written, what, tasks, outputs, canonical, more])
    head = ["name", "definition", "for", '`out_activation="auto"`', "$\\delta = o - y$ with"]
    return table([*head, "more, and source"], rows)


def penalty_table():
    """Return the table of penalties."""
    rows = []
    for name, penalty in penalties.REGISTRY.items():
        written = "a number" if penalty.power else _names(name)
        rows.append([written + _with(penalty_objects.CLASSES[name]), *_text(penalties, name)])
    return table(["penalty", "definition", "more, and source"], rows)


def _with(cls):
    """Return the object that a user may write instead, where it has parameters."""
    values = ", ".join(f"{name}={p.default!r}" for name, p in cls._parameters.items())
    return f", `{cls.__name__}({values})`" if values else ""


def _object_table(module):
    rows = []
    for name, cls in module.CLASSES.items():
        own = inspect.signature(cls).parameters.values()
        parameters = ", ".join(f"`{p.name}={p.default!r}`" for p in own)
        link = f"{{py:class}}`~{module.__name__}.{cls.__name__}`"
        rows.append([_names(name), link, " ".join(description(cls.__doc__)), parameters])
    return table(["string", "object", "definition and source", "parameters"], rows)


def solver_table():
    """Return the table of solvers."""
    return _object_table(solvers)


def schedule_table():
    """Return the table of schedules."""
    return _object_table(schedules)


def initialiser_table():
    """Return the table of initialisers."""
    return _object_table(initialisers)


TABLES = {
    "activations": activation_table,
    "initialisers": initialiser_table,
    "losses": loss_table,
    "penalties": penalty_table,
    "schedules": schedule_table,
    "solvers": solver_table,
}

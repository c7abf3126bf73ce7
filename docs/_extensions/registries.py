"""Sphinx extension: tables of formulas, figures of them, and scikit-learn's parameters."""

from pathlib import Path

import figures
import gallery_cards
import mathematics
import parity
import tables
import tabular_scores
from sphinx.util.docutils import SphinxDirective

from skdeep.objects import FormulaObject

MAKERS = {
    **{f"table-{name}": maker for name, maker in tables.TABLES.items()},
    **parity.TABLES,
    "gallery": gallery_cards.cards,
}


class Made(SphinxDirective):
    """Markdown that a function makes, in the place of the directive."""

    required_arguments = 1

    def run(self):
        """Return the nodes of the text."""
        if self.arguments[0] not in MAKERS:
            raise self.error(f"{self.arguments[0]!r} is none of {', '.join(MAKERS)}")
        for module in (figures, parity, tables, tabular_scores):
            self.env.note_dependency(module.__file__)
        made = MAKERS[self.arguments[0]]()
        return self.parse_text_to_nodes(made, allow_section_headings=True)


def draw(app):
    """Draw the figures, which pages name as files."""
    folder = Path(app.srcdir) / "generated" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in figures.FIGURES.items():
        maker().savefig(folder / f"{name}.svg", metadata={"Date": None})


def typeset(app, what, name, obj, options, lines):
    """Make mathematics of the formulas in the docstrings of classes made from the registries."""
    if isinstance(obj, type) and issubclass(obj, FormulaObject):
        text = mathematics.typeset("\n".join(lines), ":math:`%s`", "``%s``")
        lines[:] = text.split("\n")


def setup(app):
    """Register the directive ``made``, and what happens on the way."""
    app.add_directive("made", Made)
    app.connect("autodoc-process-docstring", typeset, priority=400)  # before numpydoc
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

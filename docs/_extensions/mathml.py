"""Sphinx extension: formulas as MathML, which browsers show without scripts or fonts."""

import re
from html import escape

import docutils.nodes
from latex2mathml.converter import convert
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
#: What becomes of ``\\mathrel{+}=`` and its like: one operator.
ASSIGNMENT = re.compile(r"<mo><mrow><mo>([^<]+)</mo></mrow></mo><mo>&#x0003D;</mo>")


def render(tex, display, node=None):
    """Return a formula as MathML, or as preformatted text if it cannot be converted."""
    try:
        return ASSIGNMENT.sub(r"<mo>\1=</mo>", convert(tex, display=display))
    except Exception as error:  # latex2mathml raises many kinds
        LOGGER.warning("formula %r: %s", tex, error, location=node)
        return f"<code>{escape(tex)}</code>"


def visit_inline(self, node):
    """Write a formula within a line."""
    self.body.append(render(node.astext(), "inline", node))
    raise docutils.nodes.SkipNode


def visit_block(self, node):
    """Write a formula that stands by itself."""
    self.body.append(f'<div class="math">{render(node.astext().strip(), "block", node)}</div>')
    raise docutils.nodes.SkipNode


def setup(app):
    """Register the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

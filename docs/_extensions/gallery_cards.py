"""The examples as groups of cards, from ``examples/README.rst`` and the titles of the programs."""

import ast
import re
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def title_of(name):
    """Return the title of an example."""
    code = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    return ast.get_docstring(code).split("\n")[0]


def groups():
    """Return the examples by group: pairs of a name and a sentence.

    Returns
    -------
    groups : dict of str to list of tuple of str
    """
    text = (EXAMPLES / "README.rst").read_text(encoding="utf-8")
    parts = re.split(r"^(.+)\n-{4,}\n", text, flags=re.MULTILINE)
    found = {"First steps": [("quickstart", "The same search with scikit-learn and with skdeep.")]}
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = re.findall(r"^- ``(\w+)\.py``: (.*(?:\n  .*)*)", body, re.MULTILINE)
        found[title] = [(name, " ".join(text.split())) for name, text in lines]
    return found


def cards():
    """Return Markdown with a grid of cards for every group."""
    parts = []
    for title, examples in groups().items():
        parts += [f"## {title}", "", "::::{grid} 1 2 2 3", ":gutter: 3", ""]
        for name, text in examples:
            parts += [
                f":::{{grid-item-card}} {title_of(name)}",
                f":link: auto_examples/{name}",
                ":link-type: doc",
                f":img-top: auto_examples/images/thumb/sphx_glr_{name}_thumb.png",
                ":class-card: example-card",
                "",
                text[0].upper() + text[1:],
                ":::",
                "",
            ]
        parts += ["::::", ""]
    return "\n".join(parts)

"""Sphinx extension: run the Python blocks of the pages, and show what they print and draw.

Blocks run one after the other, each in a namespace and a folder of its own, as in
``tests/test_readme.py``. ``-D run_blocks=0`` leaves the outputs out.
"""

import contextlib
import io
import os
import re
import tempfile
import warnings
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
#: Folder of the pictures, below that of the pages.
FOLDER = Path("generated", "outputs")
#: Pages that are not written here, of which sphinx-gallery runs the code.
OTHERS = ("auto_examples/", "generated/")
#: Lines and characters of an output that are shown.
MOST_LINES, MOST_WIDTH = 40, 110


def run(code, name):
    """Run a block; return what it prints, and its figures.

    Parameters
    ----------
    code : str
    name : str
        Name of the block in tracebacks.

    Returns
    -------
    printed : str
    figures : list of matplotlib Figure
    """
    from matplotlib import pyplot as plt

    plt.close("all")
    printed, before = io.StringIO(), os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, name, "exec"), {"__name__": "__main__"})
        finally:
            os.chdir(before)
    return printed.getvalue(), [plt.figure(number) for number in plt.get_fignums()]


def shortened(text):
    """Return the lines of an output that are shown."""
    lines = [line[:MOST_WIDTH] for line in text.rstrip().splitlines()]
    return "\n".join(lines[:MOST_LINES] + ["..."] * (len(lines) > MOST_LINES))


def output_nodes(app, document, number, code):
    """Return the nodes that show the output of a block."""
    name = f"{document}, block {number}"
    try:
        printed, figures = run(code, name)
    except ImportError as error:
        LOGGER.info("%s is not run: %s", name, error)
        return []
    except Exception as error:
        LOGGER.warning("%s fails: %s: %s", name, type(error).__name__, error)
        return []
    made = []
    if printed.strip():
        text = shortened(printed)
        made.append(nodes.literal_block(text, text, language="text", classes=["output"]))
    for place, figure in enumerate(figures, 1):
        path = FOLDER / f"{re.sub(r'[^a-z_]', '-', document)}-{number}-{place}.png"
        figure.savefig(Path(app.srcdir) / path, dpi=110)
        made.append(nodes.image(uri=path.as_posix(), alt=f"Figure {place} of the code above"))
    return made


def add_outputs(app, tree):
    """Put the outputs of a page behind its blocks, before Sphinx collects the pictures."""
    document = app.env.docname
    if not app.config.run_blocks or document.startswith(OTHERS):
        return
    (Path(app.srcdir) / FOLDER).mkdir(parents=True, exist_ok=True)
    blocks = [b for b in tree.findall(nodes.literal_block) if b.get("language") == "python"]
    for number, block in enumerate(blocks, 1):
        place = block.parent.index(block) + 1
        for node in reversed(output_nodes(app, document, number, block.astext())):
            block.parent.insert(place, node)


def setup(app):
    """Register the configuration value ``run_blocks``."""
    app.add_config_value("run_blocks", True, "env", types=[bool, int, str])
    app.connect("doctree-read", add_outputs, priority=100)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

"""How sphinx-gallery runs the examples, which write a picture where ``--output`` says."""

import tempfile
from pathlib import Path
from shutil import move

from sphinx_gallery.scrapers import figure_rst

PICTURES = Path(tempfile.mkdtemp(prefix="skdeep-pictures-"))


def arguments(gallery_conf, script_vars):
    """Return the command line of an example.

    Parameters
    ----------
    gallery_conf : dict
    script_vars : dict
        With the path of the script as ``src_file``.

    Returns
    -------
    arguments : list of str
    """
    return ["--output", str(PICTURES / f"{Path(script_vars['src_file']).stem}.png")]


def scrape(block, block_vars, gallery_conf):
    """Collect the picture that an example has written.

    Parameters
    ----------
    block : tuple
    block_vars : dict
        With the path of the script as ``src_file`` and those for pictures as
        ``image_path_iterator``.
    gallery_conf : dict

    Returns
    -------
    text : str
        reStructuredText that shows it.
    """
    picture = PICTURES / f"{Path(block_vars['src_file']).stem}.png"
    if not picture.exists():
        return ""
    path = next(block_vars["image_path_iterator"])
    move(picture, path)
    return figure_rst([path], gallery_conf["src_dir"])

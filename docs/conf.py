"""Settings of Sphinx: ``sphinx-build docs docs/_build``."""

from importlib.metadata import version as installed_version

project = "skdeep"
author = "The skdeep developers"
version = release = installed_version("skdeep")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
numpydoc_show_class_members = False
myst_heading_anchors = 3
suppress_warnings = ["ref.ref", "ref.term"]  # inherited docstrings refer to scikit-learn's pages

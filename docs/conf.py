"""Settings of Sphinx: ``sphinx-build -W docs docs/_build``."""

import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

from gallery import arguments, scrape  # noqa: E402
from sklearn.experimental import enable_halving_search_cv  # noqa: E402, F401  (the gallery looks)

import skdeep  # noqa: E402

project = "skdeep"
author = copyright = "The skdeep developers"
version = release = skdeep.__version__
extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "outputs",
    "parameter_groups",
    "registries",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_extensions", "_templates", "auto_examples/*.ipynb"]
templates_path = ["_templates"]
default_role = "py:obj"
suppress_warnings = [
    "config.cache",  # settings that are functions
    "ref.ref",  # inherited docstrings refer to scikit-learn's pages
    "ref.term",
]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_ignore_module_all = False  # modules are what they say that they are
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
# `skdeep.dask` is documented where Dask is not installed, too.
autodoc_mock_imports = [name for name in ("dask", "distributed") if find_spec(name) is None]
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = f"skdeep {version}"
html_static_path = ["_static"]
html_css_files = ["skdeep.css"]
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "examples": []},
    "show_version_warning_banner": False,
}
html_sidebars = {
    name: []
    for name in ("index", "getting_started", "examples", "performance", "comparison", "changelog")
}

sphinx_gallery_conf = {
    "backreferences_dir": "generated/examples",
    "doc_module": ("skdeep",),
    "download_all_examples": False,
    "examples_dirs": "../examples",
    "filename_pattern": r"\.py$",
    "gallery_dirs": "auto_examples",
    "image_scrapers": (scrape,),
    "matplotlib_animations": False,
    "plot_gallery": "True",
    "remove_config_comments": True,
    "reset_argv": arguments,
    "show_memory": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
}

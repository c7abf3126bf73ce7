"""Callbacks need scikit-learn 1.9; without, only that they say so is tested."""

import importlib.util

if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore_glob = ["test_[!o]*.py"]

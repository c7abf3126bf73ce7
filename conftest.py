"""What of the package cannot be collected here."""

import importlib.util

# The examples of the callbacks need scikit-learn 1.9.
if importlib.util.find_spec("sklearn.callback") is None:
    collect_ignore_glob = ["skdeep/callbacks/*"]

"""The documentation's own modules, of which those under test need no Sphinx."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "_extensions"))

"""Every code block of the documentation runs.

Python blocks run here, each in a namespace and a folder of its own. The two shell blocks of the
README are run as they stand by `.ci/run`; here only their number and place are checked.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Libraries that blocks may need and the tests do without.
OPTIONAL = ("torch", "dask.array")
BLOCK = re.compile(r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(page):
    """List ``(language, line number of the first line of code, code)`` of a page's blocks."""
    text = page.read_text(encoding="utf-8")
    return [
        (block["language"], text.count("\n", 0, block.start("code")) + 1, block["code"])
        for block in BLOCK.finditer(text)
    ]


def _python_blocks():
    return [
        pytest.param(page, line, code, id=f"{page.relative_to(ROOT).as_posix()}:{line}")
        for page in PAGES
        for language, line, code in _blocks(page)
        if language == "python"
    ]


@pytest.mark.parametrize("page, line, code", _python_blocks())
def test_python_block_runs(page, line, code, tmp_path, monkeypatch):
    for name in OPTIONAL:
        if re.search(rf"^import {re.escape(name)}( as \w+)?$", code, re.MULTILINE):
            pytest.importorskip(name, reason=f"the block needs {name}, which is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # as at a prompt, for modules that a block writes
    padding = "\n" * (line - 1)  # so that a traceback names the line of the page
    try:
        exec(compile(padding + code, str(page), "exec"), {"__name__": "__main__"})
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def test_readme_opens_with_the_two_commands():
    languages = [language for language, _, _ in _blocks(ROOT / "README.md")]
    assert [name for name in languages if name != "text"][:2] == ["bash", "bash"]
    others = [name for name in languages if name != "text"][2:]
    assert set(others) <= {"python"}, "a block in another language would never be run"


def test_every_shell_block_of_the_readme_works_alone():
    for language, _, code in _blocks(ROOT / "README.md"):
        if language == "bash":
            assert code.startswith("python3 -m venv .venv\n"), code


def test_installation_lines_name_the_distribution():
    """On the package index, ``skdeep`` is another project."""
    wrong = re.compile(r"\bskdeep\[|\bpip install\s+(-\S+\s+)*[\"']?skdeep\b")
    for path in [*PAGES, *(ROOT / "skdeep").rglob("*.py"), *(ROOT / "examples").glob("*.py")]:
        assert not wrong.search(path.read_text(encoding="utf-8")), path

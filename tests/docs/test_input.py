"""The page on kinds of input says what estimators do."""

from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

from tests.docs import input_table
from tests.estimators.inputs.input_deviations import DEVIATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "input.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="older versions of scikit-learn treat some kinds otherwise",
)
def test_table():
    """`python -m tests.docs.input_table` makes a new one."""
    found = [line for line in TEXT.splitlines() if line.startswith("|")]
    assert found == input_table.table().splitlines()


def test_every_row_has_kinds_and_every_kind_a_row():
    kinds = {kind for kinds, _ in input_table.COLUMNS.values() for kind in kinds}
    assert set(map(input_table.row_of, kinds)) == set(input_table.ROWS)


def test_all_deviations_are_listed():
    listed = TEXT.partition("## Deviations")[2]
    found = [line.removeprefix("- ") for line in listed.splitlines() if line.startswith("- ")]
    assert found == list(dict.fromkeys(deviation.text for deviation in DEVIATIONS))

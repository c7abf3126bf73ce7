"""Arrays whose places have names."""

import numpy as np
import pytest

from skdeep.engines import table as columns
from skdeep.engines import training_position
from skdeep.engines.cuda.hardware.records import record_class
from skdeep.engines.cuda.memory.structures import (
    LAYER_FIELDS,
    LAYER_SIZE,
    PLAN_FIELDS,
    LayerRecord,
)


def test_a_record_reads_and_writes_its_array():
    array = np.arange(5)
    record = record_class(np.dtype([("first", np.int64), ("second", np.int64)]))(array)
    record.second += 10
    record.first = record.second + 1
    assert array.tolist() == [12, 11, 2, 3, 4]
    with pytest.raises(AttributeError):
        record.third = 0


def test_a_table_by_columns():
    table = np.zeros((3, LAYER_SIZE), np.int64)
    layers = LayerRecord(table.T)
    layers.used = [1, 2, 3]
    layers.used[1:] += 10
    assert [LayerRecord(row).used for row in table] == [1, 12, 13]


@pytest.mark.parametrize("fields", [PLAN_FIELDS, LAYER_FIELDS])
def test_fields_are_integers_of_eight_bytes_one_after_another(fields):
    """Aligned, as compilers have to know, or they read byte by byte."""
    assert fields.isalignedstruct
    assert [fields.fields[name][1] for name in fields.names] == list(
        range(0, 8 * len(fields.names), 8)
    )
    assert {kind for kind, _offset in fields.fields.values()} == {np.dtype(np.int64)}


def test_what_engines_share_has_the_same_places():
    for place, name in enumerate(LAYER_FIELDS.names[: columns.COLUMNS]):
        assert getattr(columns, name.upper()) == place
    for place, name in enumerate(PLAN_FIELDS.names[: training_position.PLAN_KEPT]):
        assert getattr(training_position, name.upper()) == place
    assert LAYER_FIELDS.itemsize == 8 * LAYER_SIZE

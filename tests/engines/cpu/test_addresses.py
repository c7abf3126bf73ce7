"""Addresses of arrays are those that NumPy says, whatever the array."""

import mmap

import numpy as np
import pytest

from skdeep.engines.cpu.memory.addresses import address_of
from skdeep.engines.cpu.memory.fields import TILE, empty_table

pytestmark = pytest.mark.nojit


def _read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


ARRAYS = {
    "vector": np.arange(5),
    "rows": np.ones((3, 4), dtype=np.float32),
    "part": np.arange(20.0)[7:],
    "read-only": _read_only(np.arange(5.0)),
    "empty": np.empty(0),
    "no rows": np.empty((0, 4), dtype=np.float32),
    "of bytes": np.frombuffer(b"12345678", dtype=np.int64),
    "pages": np.frombuffer(mmap.mmap(-1, 4096), dtype=np.float32),
    "records": empty_table(3, TILE),
}


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_is_that_of_numpy(name):
    array = ARRAYS[name]
    assert address_of(array) == array.__array_interface__["data"][0]


def test_keeps_nothing_of_the_array():
    memory = bytearray(32)
    address_of(np.frombuffer(memory))
    memory.extend(b"more")  # a BufferError while an array refers to the memory
    assert len(memory) == 36

"""Threads of a simulated block meet at barriers, and an error ends all of them."""

import json

from tests.simulated import run_simulated

CODE = """
import json, threading
import numpy as np
from numba import cuda
from numba.cuda.simulator import kernel as simulator
from skdeep.engines.cuda.hardware.simulated_blocks import Block, sleeping_threads

@cuda.jit
def exchange(seen, rounds):
    # Everyone reads what the neighbour has written before the last barrier; some leave early.
    i, n = cuda.threadIdx.x, cuda.blockDim.x
    shared = cuda.shared.array(8, np.int64)
    for each in range(rounds):
        shared[i] = each + i
        cuda.syncthreads()
        seen[cuda.blockIdx.x, i, each] = shared[(i + 1) % n]
        cuda.syncthreads()
    if i > 2:
        return
    cuda.syncthreads()
    seen[cuda.blockIdx.x, i, 0] += 100

@cuda.jit
def fail(seen):
    if cuda.threadIdx.x == 2:
        seen[10**6] = 1
    cuda.syncthreads()
    seen[cuda.threadIdx.x] = 1

before = simulator.BlockManager
seen = np.zeros((2, 5, 7), dtype=np.int64)
with sleeping_threads():
    assert simulator.BlockManager is Block
    exchange[2, 5](seen, 7)
    left = np.zeros(4)
    try:
        fail[1, 4](left)
        told = ""
    except IndexError as error:
        told = str(error)
assert simulator.BlockManager is before
usual = np.zeros_like(seen)
exchange[2, 5](usual, 7)
print(json.dumps([seen.tolist() == usual.tolist(), int(seen.sum()), told, left.tolist(),
                  threading.active_count()]))
"""


def test_barriers_and_errors():
    same, total, told, left, threads = json.loads(run_simulated(CODE))
    assert same
    assert total == 2 * (7 * 10 + 5 * 21 + 300)
    assert "tid=[2, 0, 0]" in told and "out of bounds" in told
    assert left == [0, 0, 0, 0]
    assert threads == 1

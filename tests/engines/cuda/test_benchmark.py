"""The GPU's benchmark runs through on its smallest pieces."""

import csv

from benchmarks import gpu
from benchmarks.gpu_peers import torch_with_gpu
from tests.helpers import quiet


def test_every_part(device, tmp_path, monkeypatch):
    """On a processor too, where it measures what nobody asks for."""
    monkeypatch.setattr(gpu, "ON_GPU", {"device": device})
    monkeypatch.setattr(gpu, "SMALL", (4, 3, 3))
    monkeypatch.setattr(gpu, "SMALL_BATCH", 6)
    with quiet():
        rows = gpu.main(["--tiny", "--output", str(tmp_path)])
    assert {row["part"] for row in rows} >= {*gpu.PARTS, "many"}
    broken = [row for row in rows if row["what"] == "broke off"]
    # Copies need a device, real or simulated.
    assert all(device == "cpu" and row["part"] == "predict" for row in broken), broken
    if torch_with_gpu()[0] is None:
        assert {row["what"] for row in rows if not row["value"]} >= {"PyTorch, graph: a step"}
    with open(tmp_path / "gpu.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    assert (tmp_path / "gpu.md").read_text().startswith("| part |")

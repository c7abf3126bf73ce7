"""Compiling that takes a while is told of once, by the logger or at the prompt."""

import logging
import sys
import types

import pytest

from skdeep.engines.cpu.compiling import telling
from tests.helpers import run_python


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    """Counts of a process that has compiled nothing."""
    counts = telling._Counts()
    monkeypatch.setattr(telling, "COUNTS", counts)
    return counts


def compile_for(seconds, monkeypatch, long=False):
    times = iter((0.0, seconds))
    monkeypatch.setattr(telling.time, "perf_counter", lambda: next(times))
    telling.note_begin(long)
    telling.note_end()


def test_only_a_second_of_compiling_is_told_of_and_once(monkeypatch, caplog, counts):
    caplog.set_level(logging.INFO, "skdeep")
    for _ in range(3):
        compile_for(0.4, monkeypatch)
        assert not caplog.records
    for _ in range(3):
        compile_for(0.4, monkeypatch)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "warm_up" in caplog.text
    assert counts.compiled == 6
    assert counts.seconds == pytest.approx(2.4)


def test_what_takes_long_is_told_of_at_its_beginning(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "skdeep")
    compile_for(0.0, monkeypatch, long=True)
    assert len(caplog.records) == 1


def test_who_compiles_ahead_is_told_nothing(monkeypatch, caplog, counts):
    caplog.set_level(logging.INFO, "skdeep")
    with telling.silence():
        compile_for(9.0, monkeypatch, long=True)
    assert not caplog.records
    assert not counts.told


def test_one_line_at_a_prompt(monkeypatch, capsys):
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    for _ in range(2):
        compile_for(0.0, monkeypatch, long=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == telling.MESSAGE + "\n"


@pytest.mark.parametrize("shell", [None, "a shell"])
def test_one_line_in_a_notebook(shell, monkeypatch, capsys):
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    compile_for(0.0, monkeypatch, long=True)
    assert capsys.readouterr().err == (telling.MESSAGE + "\n" if shell else "")


def test_nothing_at_a_prompt_whose_logger_has_a_level(monkeypatch, capsys):
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    monkeypatch.setattr(telling.LOGGER, "level", logging.WARNING)
    telling.LOGGER.manager._clear_cache()
    compile_for(0.0, monkeypatch, long=True)
    assert capsys.readouterr() == ("", "")
    telling.LOGGER.manager._clear_cache()


COMPILE = """
import sys
import skdeep
from skdeep.engines.cpu.compiling import telling
telling.note_begin(long=True)
"""


def test_programs_print_nothing():
    process = run_python(COMPILE + "assert telling.COUNTS.told; print('end')")
    assert process == "end\n"

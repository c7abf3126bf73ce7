"""The tables of scikit-learn's parameters, and what the page says of all of them."""

import inspect

import parity
import pytest

import skdeep

NAMES = sorted(parity.PEERS)


def signatures(name):
    """Return the parameters of scikit-learn's class and of ours."""
    classes = parity.PEERS[name], getattr(skdeep, name)
    return tuple(inspect.signature(cls).parameters for cls in classes)


@pytest.mark.parametrize("name", NAMES)
def test_same_parameters_defaults_and_order(name):
    theirs, ours = signatures(name)
    assert list(ours)[: len(theirs)] == list(theirs)
    for parameter, of_theirs in theirs.items():
        assert repr(ours[parameter].default) == repr(of_theirs.default), parameter
        assert ours[parameter].kind == of_theirs.kind, parameter


@pytest.mark.parametrize("name", NAMES)
def test_tables_hold_every_parameter(name):
    theirs, ours = signatures(name)
    shared = [row[0] for row in parity.shared_parameters(name)]
    further = [row[0] for row in parity.further_parameters(name)]
    assert shared == list(theirs)
    assert sorted(shared + further) == sorted(ours)
    assert all(note and "**" not in note for *_, note in parity.shared_parameters(name))
    assert all(len(meaning) > 10 for *_, meaning in parity.further_parameters(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_note_on_what_is_not_there(name):
    assert set(parity.NOTES[name]) <= set(signatures(name)[0])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_scikit_learn_is_missing(name):
    """Beside what the page says: the table of inner loss objects."""
    public = {n for n in dir(parity.PEERS[name]) if not n.startswith("_")}
    assert public - set(dir(getattr(skdeep, name))) <= {"loss_functions"}


def test_a_difference_shows(monkeypatch):
    class Other:
        def __init__(self, alpha=0.5, new=1): ...

    monkeypatch.setitem(parity.PEERS, "Perceptron", Other)
    rows = dict((p, note) for p, _, note in parity.shared_parameters("Perceptron"))
    assert "default `0.0001`" in rows["alpha"] and "not there" in rows["new"]


@pytest.mark.parametrize("name", NAMES)
def test_further_members_say_what_they_are(name):
    rows = parity.further_members(name)
    assert rows and all(text.endswith(".") and len(text) > 10 for _, text in rows)
    assert any("stop_reason_" in member for member, _ in rows)

"""The state of an ensemble in plain terms, for pickles and files.

What a fitted ensemble keeps in objects of its own becomes dicts of estimators, arrays, strings and
numbers, so that saved ensembles name no private class.
"""

from skdeep.estimators.fitted.state import from_plain, to_plain
from skdeep.tabular.ensemble.ensemble_targets import Probabilities, Scale
from skdeep.tabular.ensemble.leaf_codes import LeafCodes, Trees
from skdeep.tabular.ensemble.member_encodings import MemberEncoding

#: What `_scale` of a classifier stands for.
PROBABILITIES = "probabilities"


def ensemble_to_plain(state):
    """Return a state without objects of skdeep's own but estimators.

    Parameters
    ----------
    state : dict
        Parameters and attributes by their names; it is not changed.

    Returns
    -------
    plain : dict
    """
    plain = to_plain(state)
    if "_encodings" not in plain:
        return plain
    del plain["encoder_"]  # that of the first encoding
    scale = plain["_scale"]
    plain["_scale"] = scale._asdict() if isinstance(scale, Scale) else PROBABILITIES
    plain["_encodings"] = [encoding.to_plain() for encoding in plain["_encodings"]]
    plain["_leaves"] = [leaves and _leaves_to_plain(leaves) for leaves in plain["_leaves"]]
    return plain


def ensemble_from_plain(plain):
    """Return the state that a plain one stands for.

    Parameters
    ----------
    plain : dict
        What `ensemble_to_plain` has returned; it is not changed.

    Returns
    -------
    state : dict
    """
    state = from_plain(plain)
    if "_encodings" not in state:
        return state
    scale = state["_scale"]
    state["_scale"] = Probabilities() if scale == PROBABILITIES else Scale(**scale)
    state["_encodings"] = [MemberEncoding.from_plain(each) for each in state["_encodings"]]
    state["_leaves"] = [leaves and _leaves_from_plain(leaves) for leaves in state["_leaves"]]
    state["encoder_"] = state["_encodings"][0].encoder
    return state


def _leaves_to_plain(leaves):
    return {"place": leaves.place, **leaves.trees._asdict()}


def _leaves_from_plain(plain):
    trees = {name: value for name, value in plain.items() if name != "place"}
    return LeafCodes(plain["place"], Trees(**trees))

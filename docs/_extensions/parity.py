"""Tables of scikit-learn's parameters beside skdeep's, made of the signatures.

All functions return Markdown. Nothing here needs Sphinx.
"""

import inspect
import re

import tables
from sklearn import linear_model, neural_network

import skdeep

PEERS = {
    "MLPClassifier": neural_network.MLPClassifier,
    "MLPRegressor": neural_network.MLPRegressor,
    "Perceptron": linear_model.Perceptron,
}
SAME = "the same"
#: What there is to say of a parameter that scikit-learn has, too: what is more, or different.
NETWORK_NOTES = {
    "activation": "More names; also a sequence, one name for each hidden layer.",
    "solver": "More names; also objects of `skdeep.solvers`.",
    "alpha": "The same; `penalty` decides of what. With `adamw`, the decay of the weights.",
    "learning_rate": (
        "More names; also objects of `skdeep.schedules` and functions. As in scikit-learn, the "
        "strings `invscaling` and `adaptive` are heeded with `sgd` only."
    ),
    "momentum": "The same; also a schedule.",
    "early_stopping": "The same; the set can be given to `fit`, and the score be chosen.",
    "random_state": "The same, and the same numbers are drawn.",
    "max_fun": "The same; also for `cg` and `bold_driver`.",
    "tol": "The same; also for `cg`, as the largest element of the gradient.",
    "beta_1": "The same; also for `adamw`.",
    "beta_2": "The same; also for `adamw`.",
    "epsilon": "The same; also for `adamw`, `adagrad` and `rmsprop`.",
    "learning_rate_init": "The same; also the first step of `rprop` and `bold_driver`.",
    "max_iter": "The same; schedules stretch over these epochs.",
}
NOTES = {
    "MLPClassifier": NETWORK_NOTES,
    "MLPRegressor": {**NETWORK_NOTES, "loss": "More names."},
    "Perceptron": {
        "n_jobs": "The same; threads, and None takes all free cores instead of one.",
        "max_iter": "The same; epochs after the first one without a mistake are not computed.",
    },
}


def text_of(default):
    """Return the text of a default value."""
    return f"`{default!r}`"


def shared_parameters(name):
    """Return a row for every parameter of scikit-learn's class.

    Parameters
    ----------
    name : str
        Of the class.

    Returns
    -------
    rows : list of (parameter, default, note)
    """
    theirs = inspect.signature(PEERS[name]).parameters
    ours = inspect.signature(getattr(skdeep, name)).parameters
    rows = []
    for parameter, of_theirs in theirs.items():
        default = text_of(of_theirs.default)
        note = NOTES[name].get(parameter, SAME)
        if parameter not in ours:
            note = "**not there**"
        elif repr(ours[parameter].default) != repr(of_theirs.default):
            note = f"**default {text_of(ours[parameter].default)}**: {note}"
        rows.append((parameter, default, note))
    return rows


def further_parameters(name):
    """Return a row for every parameter that scikit-learn's class does not have.

    Parameters
    ----------
    name : str
        Of the class.

    Returns
    -------
    rows : list of (parameter, default, first sentence of its documentation)
    """
    cls = getattr(skdeep, name)
    theirs, ours = (inspect.signature(c).parameters for c in (PEERS[name], cls))
    meanings = documented(cls)
    return [
        (parameter, text_of(of_ours.default), meanings[parameter])
        for parameter, of_ours in ours.items()
        if parameter not in theirs
    ]


def documented(cls):
    """Return the first sentence on every parameter and attribute of a class.

    Parameters
    ----------
    cls : type
        With a docstring of numpydoc.

    Returns
    -------
    meanings : dict of str to str
    """
    entry = re.compile(r"^(\w[\w, ]*) : .*\n((?: {4}.*\n|\n(?= {4}))+)", re.MULTILINE)
    entries = entry.findall(inspect.getdoc(cls))
    return {
        name.strip(): _first_sentence(text) for names, text in entries for name in names.split(",")
    }


def _first_sentence(text):
    text = " ".join(text.strip().split("\n\n")[0].split())
    text = re.split(r"(?<![A-Z])(?<! al)\.(?= |$)", text, maxsplit=1)[0]
    text = re.sub(r" \[[^\]]*\](?=$|[,:;])", "", text)
    return re.sub(r"``(.+?)``", r"`\1`", text).rstrip(":") + "."


def further_members(name):
    """Return a row for every method and fitted attribute that scikit-learn's class lacks.

    Parameters
    ----------
    name : str
        Of the class.

    Returns
    -------
    rows : list of (name, first sentence of its documentation)
    """
    cls, peer = getattr(skdeep, name), PEERS[name]
    methods = [n for n in dir(cls) if not n.startswith("_") and not hasattr(peer, n)]
    rows = [
        (f"{{py:meth}}`~skdeep.{name}.{n}`", inspect.getdoc(getattr(cls, n)).split("\n")[0])
        for n in methods
    ]
    theirs = documented(peer)
    rows += [
        (f"`{n}`", text)
        for n, text in documented(cls).items()
        if n.endswith("_") and n not in theirs
    ]
    return rows


def _shared(name):
    head = ["parameter", "default", "here"]
    return tables.table(head, [(f"`{p}`", *rest) for p, *rest in shared_parameters(name)])


def _further(name):
    head = ["parameter", "default", "meaning"]
    return tables.table(head, [(f"`{p}`", *rest) for p, *rest in further_parameters(name)])


def _members(name):
    return tables.table(["method or attribute", "meaning"], further_members(name))


TABLES = {
    f"{kind}-{name}": lambda maker=maker, name=name: maker(name)
    for kind, maker in {"shared": _shared, "further": _further, "members": _members}.items()
    for name in PEERS
}

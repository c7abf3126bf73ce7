"""Sequences of tokens as users give them, and the codes of their tokens."""

from collections.abc import Hashable, Mapping, Set
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

#: Kinds of arrays that hold tokens: bools, integers, strings and objects.
TOKENS = "biuUSO"
#: Kinds of sequences, as predictions are.
KINDS = "list", "tuple", "str", "array"


class Sequences(NamedTuple):
    """Sequences of tokens.

    Attributes
    ----------
    tokens : list of list
    kind : {"list", "tuple", "str", "array"}
        What they are given as; "list" where not all are alike.
    """

    tokens: list
    kind: str


def read_sequences(X, name, least=0):
    """Return sequences of tokens that a user gives.

    Parameters
    ----------
    X : object
        List or other collection of sequences, or an array of shape (n_samples, n_tokens).
    name : str
        Of the argument, for messages.
    least : int, default=0
        Tokens that every sequence has at least.

    Returns
    -------
    sequences : Sequences

    Raises
    ------
    TypeError
        If it is no collection of sequences, or a token is not hashable.
    ValueError
        If there is no sequence, one is too short, or a token does not equal itself.
    """
    is_known = hasattr(X, "__len__") and getattr(X, "ndim", 1) > 0 and not issparse(X)
    if isinstance(X, str | bytes | Mapping | Set) or not is_known:
        raise TypeError(
            f"{name} must be a list of sequences of tokens, or a 2-D array of integers, got {X!r}."
        )
    if getattr(X, "ndim", 1) == 2:
        X = np.asarray(X)  # of a frame, too
    if len(X) == 0:
        raise ValueError(f"{name} is empty: at least one sequence is required.")
    if isinstance(X, np.ndarray) and X.ndim != 2 and not _holds_sequences(X):
        raise ValueError(f"{name} must be a list of sequences or a 2-D array, got {X.ndim}-D.")
    read = [_tokens(each, f"{name}[{place}]", least) for place, each in enumerate(X)]
    kinds = {kind for _, kind in read}
    return Sequences([tokens for tokens, _ in read], kinds.pop() if len(kinds) == 1 else "list")


def _holds_sequences(array):
    """Return whether values of an array may be sequences: objects, or strings in one dimension."""
    return array.dtype == object or (array.ndim == 1 and array.dtype.kind == "U")


def _tokens(sequence, called, least):
    """Return the tokens of a sequence, and its kind."""
    kind = "list"
    if isinstance(sequence, str):
        tokens, kind = list(sequence), "str"
    elif isinstance(sequence, np.ndarray) and sequence.ndim == 1 and sequence.dtype.kind in TOKENS:
        tokens, kind = sequence.tolist(), "array"
    elif isinstance(sequence, list | tuple | range):
        tokens = [each.item() if isinstance(each, np.generic) else each for each in sequence]
        kind = "tuple" if isinstance(sequence, tuple) else "list"
    else:
        raise TypeError(
            f"{called} must be a sequence of tokens: a list, tuple, string or 1-D array of "
            f"integers, strings or objects, got {sequence!r}."
        )
    if len(tokens) < least:
        raise ValueError(
            f"{called} is an empty sequence: sequences that are read have at least one token."
        )
    for token in tokens:
        _check_token(token, called)
    return tokens, kind


def _check_token(token, called):
    """Check that a token can be looked up."""
    try:
        found = isinstance(token, Hashable) and hash(token) is not None
    except TypeError:  # a tuple that holds a list
        found = False
    if not found:
        raise TypeError(f"The tokens of {called} must be hashable, but one is {token!r}.")
    if token != token:
        raise ValueError(f"{called} holds {token!r}, which does not equal itself: it is no token.")


def find_tokens(sequences):
    """Return the distinct tokens of sequences: sorted, or in their order where that fails.

    Parameters
    ----------
    sequences : list of list

    Returns
    -------
    tokens : list
    """
    found = list(dict.fromkeys(token for tokens in sequences for token in tokens))
    try:
        return sorted(found)
    except TypeError:  # of several types
        return found


def codes_of(sequences, tokens, name, first=0):
    """Return the codes of tokens, one sequence below the other.

    Parameters
    ----------
    sequences : list of list
    tokens : list
        Those that are known.
    name : str
        Of the argument, for messages.
    first : int, default=0
        Code of the first of them.

    Returns
    -------
    codes : list of list of int

    Raises
    ------
    ValueError
        If a token is not known.
    """
    known = {token: code for code, token in enumerate(tokens, first)}
    try:
        return [[known[token] for token in sequence] for sequence in sequences]
    except KeyError:
        pass
    for place, sequence in enumerate(sequences):
        for token in sequence:
            if token not in known:
                raise ValueError(
                    f"{name}[{place}] holds the token {token!r}, which none of the sequences of "
                    "the fit has."
                )
    raise ValueError(f"{name} holds tokens that the fit has not seen.")


def as_kind(tokens, kind, known):
    """Return tokens as a sequence of some kind.

    Parameters
    ----------
    tokens : list
    kind : {"list", "tuple", "str", "array"}
    known : list
        All tokens that there may be, which say the type of an array.

    Returns
    -------
    sequence : list, tuple, str or ndarray
    """
    if kind == "str":
        return "".join(tokens)
    if kind == "tuple":
        return tuple(tokens)
    if kind == "array":
        types = set(map(type, known))
        is_plain = len(types) == 1 and types <= {bool, int, str, bytes}
        array = np.empty(len(tokens), np.array(known).dtype if is_plain else object)
        for place, token in enumerate(tokens):
            array[place] = token
        return array
    return tokens

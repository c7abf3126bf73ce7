"""Play the variants of a case and judge them."""

import warnings
from typing import NamedTuple

from tests.fuzz import comparing, recording
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.rendering import HEAD, source

#: What says that a case cannot be run as it is: no fault of what is tested.
REFUSALS = (ValueError, TypeError, AttributeError)


class Outcome(NamedTuple):
    """What became of a case.

    Attributes
    ----------
    status : str
        "held"; "refused": no call trained; "unstable": differences, but rounding explains them;
        "failed"; or what a worker says of its end, "died" and "hung".
    kind : str
        Of a failure, in few words: cases of one kind are shrunk once.
    detail : str
    """

    status: str
    kind: str = ""
    detail: str = ""


def check(case):
    """Play a case and return its `Outcome`."""
    found = PROPERTIES[case["property"]]
    variants = found.variants(case)
    records, faults = {}, []
    for title, variant in variants.items():
        try:
            records[title] = play(variant)
        except REFUSALS as error:  # of what stands between the calls
            text = f"{type(error).__name__}: {error}"
            if not records:
                return Outcome("refused", detail=text)
            if title != "safetensors":  # which hold no functions and generators
                faults.append(f"{title}: between calls: {text}")
            continue
        faults += [f"{title}: {fault}" for fault in records[title].faults]
    if faults:
        return Outcome("failed", _kind_of_fault(faults[0]), "\n".join(faults))
    return _judge(case, found, variants, records)


def play(case):
    """Run the code of a case and return its record."""
    namespace = {"gradient_is_right": recording.gradient_is_right}
    exec(HEAD + source(case), namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of calls that are not recorded
        return recording.play(namespace["run"], case.get("thread", False))


def _kind_of_fault(fault):
    """Return a fault without what differs from case to case."""
    _, call, text = fault.split(": ", 2)
    return f"{call}: " + " ".join(text.split()[:4])


def _judge(case, found, variants, records):
    """Compare the records of the variants with the first."""
    first, *others = records
    reference = records[first]
    for title in others:
        unlike = comparing.differences(case, found, records[title], reference)
        if not unlike:
            continue
        text = comparing.describe(records[title], reference, unlike)
        pairs = [(variants[name], records[name]) for name in (first, title)]
        if found.rtol and _explained(case, found, pairs, unlike):
            return Outcome("unstable", detail=text)
        kind = comparing.kind(records[title], reference, unlike)
        return Outcome("failed", kind, f"{title} beside {first}:\n{text}")
    training = [c for c in reference.calls if c["label"] in ("fit", "partial_fit")]
    if training and all(call["error"] for call in training):
        return Outcome("refused", detail=training[0]["message"])
    return Outcome("held")


def _explained(case, found, pairs, unlike):
    """Return whether noise in the data of either variant makes differences of the same size."""
    noisy = []
    for variant, record in pairs:
        for other in comparing.with_noise(found, variant):
            try:
                changed = play(other)
            except REFUSALS:
                continue
            unlike_it = comparing.differences(case, found, changed, record, rtol=0.0)
            noisy.append((other["noise"][1], unlike_it))
    return comparing.explained(unlike, noisy)

"""Play the variants of a case and judge them."""

import warnings
from typing import NamedTuple

import numpy as np

from tests.fuzz import recording
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.rendering import HEAD, source

#: Sizes of the noise that shows how much a case amplifies rounding, by the dtype of the features.
NOISE = {"float32": (1e-6, 4e-6), "float64": (1e-14, 1e-12)}
#: How often each is tried.
TRIES = 4
#: A difference may be so much larger than that which noise makes.
MARGIN = 20.0
#: Warnings that are no part of what is compared with scikit-learn: NumPy's, of overflow.
NOT_COMPARED = {"RuntimeWarning"}
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
            if not records:
                return Outcome("refused", detail=f"{type(error).__name__}: {error}")
            continue
        faults += [f"{title}: {fault}" for fault in records[title].faults]
    if faults:
        return Outcome("failed", _kind_of_fault(faults[0]), "\n".join(faults))
    outcome = _compare(case, found, variants, records)
    if outcome.status == "held" and all(call["error"] for call in _training(records)):
        return Outcome("refused", detail=_training(records)[0]["message"])
    return outcome


def play(case):
    """Run the code of a case and return its record."""
    namespace = {"gradient_is_right": gradient_is_right}
    exec(HEAD + source(case), namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of calls that are not recorded
        return recording.play(namespace["run"], case.get("thread", False))


def gradient_is_right(model, X, y):
    """Compare the gradient with differences, away from the kinks too."""
    import skdeep

    for attempt in range(4):
        error = skdeep.check_gradient(model, X, y, max_parameters=30)
        if error < 2e-5:
            return True
        generator = np.random.RandomState(attempt)
        for part in [*model.coefs_, *model.intercepts_]:
            part += generator.uniform(0.02, 0.1, part.shape).astype(part.dtype)
    raise AssertionError(f"the gradient differs by {error:.2g}")


def _training(records):
    """Return the calls that train, of the last record."""
    record = list(records.values())[-1]
    calls = [call for call in record.calls if call["label"] in ("fit", "partial_fit")]
    return calls or [{"error": None, "message": ""}]


def _kind_of_fault(fault):
    """Return a fault without what differs from case to case."""
    return " ".join(fault.split(": ", 1)[-1].split()[:4])


def _compare(case, found, variants, records):
    """Compare the records of the variants with the first."""
    titles = list(records)
    rtol = _tolerance(case, found)
    theirs = found.theirs
    reference = records[titles[0]]
    for title in titles[1:]:
        unlike = _differences(case, records[title], reference, theirs)
        unlike = {key: size for key, size in unlike.items() if size > rtol}
        if not unlike:
            continue
        if rtol and _explained(case, variants[titles[0]], reference, unlike, theirs):
            return Outcome("unstable", detail=_describe(records[title], reference, unlike))
        (place, name), _ = min(unlike.items())
        label = reference.calls[place]["label"]
        detail = f"{title} beside {titles[0]}:\n" + _describe(records[title], reference, unlike)
        return Outcome("failed", f"{label} {name.split('[')[0]}", detail)
    return Outcome("held")


def _tolerance(case, found):
    """Return the largest relative difference that is looked over."""
    if found.rtol and "float32" in (case["data"].get("dtype"), found.rtol):
        return max(found.rtol, 1e-3)
    return found.rtol


def _differences(case, record, reference, theirs):
    """Return the differences of two records that count."""
    if case["property"] == "clones":
        record, reference = _ends(record, 2), _ends(reference, 2)
    unlike = recording.differences(record, reference, subset=theirs)
    ignored = PROPERTIES[case["property"]].ignored
    unlike = {
        key: size for key, size in unlike.items() if not key[1].startswith(ignored or ("\n",))
    }
    if theirs:
        unlike = {k: s for k, s in unlike.items() if not _allowed(k, record, reference)}
    return unlike


def _ends(record, n_calls):
    """Return a record of the last calls only."""
    short = recording.Record()
    short.calls, short.faults = record.calls[-n_calls:], record.faults
    return short


def _allowed(key, record, reference):
    """Return whether a difference from scikit-learn is none that counts."""
    place, name = key
    ours, theirs = record.calls[place], reference.calls[place]
    if name == "warnings":
        return set(ours[name]) - NOT_COMPARED == set(theirs[name]) - NOT_COMPARED
    if name == "error":  # scikit-learn fails where a clear message is better
        expected = {"ValueError", "TypeError", "AttributeError", "InvalidParameterError"}
        return theirs[name] not in {None, *expected} and ours[name] in expected
    return name.startswith("loss_function")


def _explained(case, variant, reference, unlike, theirs):
    """Return whether noise in the data makes differences of the same size."""
    dtype = case["data"].get("dtype", "float64")
    sizes = NOISE["float32" if dtype in ("float32", "float16") else "float64"]
    if case["property"] == "precision":
        sizes = NOISE["float32"]
    noisy, first_jump = {}, np.inf
    for attempt in range(TRIES * len(sizes)):
        other = {**variant, "noise": [attempt, sizes[attempt % len(sizes)]]}
        if dtype not in ("float32", "float16"):
            other["data"] = {**other["data"], "dtype": "float64"}
        try:
            record = play(other)
        except REFUSALS:
            continue
        for (place, name), size in _differences(case, record, reference, theirs).items():
            noisy[place, name] = max(size, noisy.get((place, name), 0.0))
            if np.isinf(size):
                first_jump = min(first_jump, place)
    early = {key: size for key, size in unlike.items() if key[0] < first_jump}
    return all(size <= MARGIN * noisy.get(key, 0.0) for key, size in early.items())


def _describe(record, reference, unlike, most=8):
    """Return the largest differences, call by call, as text."""
    lines = []
    for (place, name), size in sorted(unlike.items())[:most]:
        if place >= min(len(record.calls), len(reference.calls)):
            continue
        ours, theirs = record.calls[place], reference.calls[place]
        lines += [f"  call {place}, {ours['label']}: {name} differs by {size:.3g}"]
        if name in ("error", "warnings"):
            lines += [f"    {one[name]} {one['message'][:200]}" for one in (ours, theirs)]
        else:
            lines += [f"    {_short(one['values'].get(name))}" for one in (ours, theirs)]
    more = len(unlike) - most
    return "\n".join(lines + ([f"  and {more} more"] if more > 0 else []))


def _short(value):
    """Return an array in one line."""
    text = " ".join(str(value).split())
    return text if len(text) < 100 else text[:97] + "..."

"""Which differences of two records count, and which of them rounding explains."""

import numpy as np

from tests.fuzz import recording

#: Sizes of the noise that shows how much a case amplifies rounding, by the dtype of the features.
NOISE = {"float32": (1e-6, 4e-6), "float64": (1e-14, 1e-12)}
#: Dtypes whose rounding is that of float32, or larger.
COARSE = ("float32", "float16")
#: How often noise of each size is tried.
TRIES = 4
#: A difference may be so much larger than that which noise makes.
MARGIN = 20.0
#: Where results change by so many times the size of the noise, nothing can be compared.
CHAOTIC = 1e5
#: The usual tolerance where anything is computed in float32.
COARSE_RTOL = 1e-3
#: Warnings that scikit-learn's estimators give and ours need not: NumPy's, of overflow.
NOT_COMPARED = {"RuntimeWarning"}
#: The calls after which scikit-learn's estimators are half fitted, if they fail.
TRAINING = ("fit", "partial_fit")
#: Errors that say what is wrong. Where scikit-learn raises another one, ours may be one of these.
CLEAR = {"ValueError", "TypeError", "AttributeError", "InvalidParameterError", "NotFittedError"}


def differences(case, found, record, reference, rtol=None):
    """Return the differences of two records that count.

    Parameters
    ----------
    case : dict
    found : Property
    record, reference : Record
    rtol : float, default=None
        Relative differences up to this do not count; None for what the property and the dtype say.

    Returns
    -------
    unlike : dict of (int, str) to float
        As `tests.fuzz.recording.differences` returns it.
    """
    if found.last:
        record, reference = _ends(record, found.last), _ends(reference, found.last)
    rtol = _tolerance(case, found) if rtol is None else rtol
    unlike = recording.differences(record, reference, subset=found.theirs)
    end = _first_deviation(case, found, record, reference)
    return {
        (place, name): size
        for (place, name), size in unlike.items()
        if size > rtol
        and place < end
        and not any(name.startswith(beginning) for beginning in found.ignored)
        and not (name == "warnings" and found.theirs and _same_warnings(place, record, reference))
    }


def _tolerance(case, found):
    """Return the largest relative difference that is looked over."""
    coarse = found.rtol and case["data"].get("dtype") in COARSE
    return max(found.rtol, COARSE_RTOL) if coarse else found.rtol


def _ends(record, n_calls):
    """Return a record of the last calls only."""
    short = recording.Record()
    short.calls = record.calls[-n_calls:]
    return short


def _same_warnings(place, record, reference):
    """Return whether two calls give the same warnings, of those that are compared.

    Divergence is told by a warning of ours.
    """
    calls = record.calls[place], reference.calls[place]
    if str(calls[0]["values"].get("stop_reason_")) == "diverged":
        return True
    ours, theirs = (set(call["warnings"]) - NOT_COMPARED for call in calls)
    return ours == theirs


def _first_deviation(case, found, record, reference):
    """Return the place of the first call that may differ: what follows is not compared."""
    for place, (ours, theirs) in enumerate(zip(record.calls, reference.calls, strict=False)):
        both = ours["error"] and theirs["error"]
        messages = ours["message"] + theirs["message"]
        if (both and not found.types) or any(text in messages for text in found.refusals):
            return place
        if found.theirs and any(allows(case, ours, theirs) for allows in DEVIATIONS):
            return place
        if found.theirs and both and ours["label"] in TRAINING:
            return place + 1  # scikit-learn's estimator has changed, ours has not
    return np.inf


def _long_indices(case, ours, theirs):
    """scikit-learn's Perceptron refuses 64-bit indices of sparse rows, ours takes them."""
    return theirs["message"].startswith("Only sparse matrices with 32-bit integer indices")


def _clear_error(case, ours, theirs):
    """Ours says what is wrong where scikit-learn's fails in its inner parts."""
    return theirs["error"] not in {None, *CLEAR} and ours["error"] in CLEAR


def _weights_of_zero(case, ours, theirs):
    """Weights that sum to 0 are an error before training, or batches without a gradient."""
    return theirs["error"] == "ZeroDivisionError" or "must not sum to 0" in ours["message"]


def _targets_out_of_range(case, ours, theirs):
    """Targets that the loss cannot take, such as negative counts, are an error."""
    return theirs["error"] is None and " needs y in " in ours["message"]


def _sequence_of_activations(case, ours, theirs):
    """A sequence of activations is accepted; what is wrong with one is a plain ValueError."""
    return ours["error"] == "ValueError" and ours["message"].startswith("activation ")


#: Deliberate deviations from scikit-learn (`docs/from_scikit_learn.md`).
DEVIATIONS = (
    _long_indices,
    _clear_error,
    _weights_of_zero,
    _targets_out_of_range,
    _sequence_of_activations,
)


def with_noise(found, variant):
    """Yield a variant with noise in its data, about as large as rounding."""
    coarse = variant["data"].get("dtype") in COARSE
    for attempt in range(TRIES):
        for size in NOISE["float32" if coarse or found.coarse else "float64"]:
            data = variant["data"] if coarse else {**variant["data"], "dtype": "float64"}
            weighted = attempt % 2 == 1
            yield {**variant, "data": data, "noise": [attempt, size], "weighted": weighted}


def explained(unlike, noisy):
    """Return whether noise makes the differences that were found.

    Parameters
    ----------
    unlike : dict of (int, str) to float
    noisy : list of (float, dict of (int, str) to float)
        Sizes of noise, and the differences that it makes.

    Returns
    -------
    explained : bool
        From the call on in which noise changes what is no number, such as the number of epochs, or
        changes numbers very much, all differences are.
    """
    jumps = [
        place for size, found in noisy for (place, _), d in found.items() if d > CHAOTIC * size
    ]
    end = min(jumps, default=np.inf)
    return all(
        difference <= MARGIN * max((found.get(key, 0.0) for _, found in noisy), default=0.0)
        for key, difference in unlike.items()
        if key[0] < end
    )


def kind(record, reference, unlike):
    """Return what differs first, in few words."""
    place, name = min(unlike, key=lambda key: (key[0], key[1] not in ("error", "warnings"), key))
    ours, theirs = record.calls[place], reference.calls[place]
    if name == "error":
        return f"{ours['label']}: {ours['error']} instead of {theirs['error']}"
    if name == "warnings":
        return f"{ours['label']}: warnings {ours[name]} instead of {theirs[name]}"
    return f"{ours['label']}: {name.split('[')[0]}"


def describe(record, reference, unlike, most=8):
    """Return the first differences, call by call, as text."""
    lines = []
    for (place, name), size in sorted(unlike.items())[:most]:
        calls = record.calls[place], reference.calls[place]
        lines += [f"  call {place}, {calls[0]['label']}: {name} differs by {size:.3g}"]
        if name in ("error", "warnings"):
            lines += [f"    {call[name]} {call['message'][:200]}" for call in calls]
        else:
            lines += [f"    {_short(call['values'].get(name))}" for call in calls]
    more = len(unlike) - most
    return "\n".join(lines + ([f"  and {more} more"] if more > 0 else []))


def _short(value):
    """Return an array in one line."""
    text = " ".join(str(value).split())
    return text if len(text) < 100 else text[:97] + "..."

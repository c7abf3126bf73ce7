"""Make a case that fails as small as it can be."""

import copy
import time

#: Values that are tried in place of others, the simplest first.
SIMPLER = {
    "hidden_layer_sizes": ([], [1], [2], [1, 1]),
    "layers": ([],),
    "max_iter": (1, 2, 3),
    "random_state": (0,),
}
SIMPLER_DATA = {
    "rows": (2, 3, 4, 6, 10, 20, 40),
    "features": (1, 2, 3),
    "seed": (0, 1),
    "form": ("dense", "csr"),
    "dtype": ("float64", "float32"),
}
KEPT_DATA = {"rows", "features", "seed", "targets", "form"}


def shrink(case, fails, seconds):
    """Return the smallest case found that fails.

    Parameters
    ----------
    case : dict
        Fails.
    fails : callable
        ``fails(case)`` says whether a case fails in the same way.
    seconds : float
        Time after which to be content.

    Returns
    -------
    case : dict
    """
    end = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in candidates(case):
            if time.monotonic() > end:
                return case
            if candidate != case and fails(candidate):
                case, smaller = candidate, True
                break
    return case


def candidates(case):
    """Yield cases that are a little smaller, the smallest first."""
    yield from _fewer_parameters(case)
    yield from _fewer_calls(case)
    yield from _simpler_data(case)
    yield from _simpler_parameters(case)
    yield from _simpler_calls(case)


def _fewer_parameters(case):
    """Leave out parameters: all, halves, and one after the other."""
    kept = [name for name in case["parameters"] if name not in SIMPLER]
    groups = [kept, kept[: len(kept) // 2], kept[len(kept) // 2 :]]
    for group in [group for group in groups if len(group) > 1] + [[name] for name in kept]:
        new = copy.deepcopy(case)
        for name in group:
            del new["parameters"][name]
        yield new


def _fewer_calls(case):
    """Leave out calls, the last first."""
    for place in reversed(range(len(case["calls"]))):
        if len(case["calls"]) > 1:
            new = copy.deepcopy(case)
            del new["calls"][place]
            yield new


def _simpler_data(case):
    """Change the data."""
    for name in [name for name in case["data"] if name not in KEPT_DATA]:
        new = copy.deepcopy(case)
        del new["data"][name]
        yield new
    for name, values in SIMPLER_DATA.items():
        yield from _replace(case, "data", name, values)


def _simpler_parameters(case):
    """Change what parameters are."""
    for name, values in SIMPLER.items():
        yield from _replace(case, "parameters", name, values)
    for name, value in case["parameters"].items():
        if isinstance(value, dict) and value.get("with"):
            for inner in value["with"]:
                new = copy.deepcopy(case)
                del new["parameters"][name]["with"][inner]
                yield new


def _replace(case, part, name, values):
    """Put simpler values in the place of one; those before it in the list are simpler."""
    value = case[part].get(name)
    if value is None:
        return
    before = values[: values.index(value)] if value in values else values
    for other in before:
        number = isinstance(value, int) and name != "seed"
        if not number or other < value:
            new = copy.deepcopy(case)
            new[part][name] = other
            yield new


def _simpler_calls(case):
    """Leave out how calls are made."""
    for place, (method, options) in enumerate(case["calls"]):
        for name in options if method != "set_params" else ():
            if name != "code":
                new = copy.deepcopy(case)
                del new["calls"][place][1][name]
                yield new

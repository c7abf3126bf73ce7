"""Print a case as a script that needs nothing of the fuzzer."""

import inspect
import json

from tests.fuzz import recording
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.rendering import HEAD, source


def script(case, outcome):
    """Return a script that shows how a case fails.

    Parameters
    ----------
    case : dict
    outcome : Outcome

    Returns
    -------
    text : str
        Python code that needs NumPy, SciPy, pandas, scikit-learn and skdeep.
    """
    found = PROPERTIES[case["property"]]
    variants = found.variants(case)
    said = "\n".join(f"#     {line}" for line in outcome.detail.splitlines()[:20])
    parts = [
        f"# {inspect.getdoc(found.variants)}",
        f"# {outcome.status}, {outcome.kind}:\n{said}",
        f"# python -m tests.fuzz --case '{json.dumps(case)}'",
        HEAD,
        inspect.getsource(recording),
    ]
    names = []
    for number, (title, variant) in enumerate(variants.items()):
        names.append((title, f"run_{number}", bool(variant.get("thread"))))
        parts.append(f"# {title}\n{source(variant, f'run_{number}')}")
    return "\n\n".join([*parts, _end(names)])


def _end(names):
    """Return the lines that make the calls and show what they did."""
    lines = [
        'warnings.simplefilter("ignore")',
        "records = {}",
        f"for title, run, thread in [{', '.join(f'({t!r}, {r}, {h})' for t, r, h in names)}]:",
        "    record = records[title] = play(run, thread)",
        "    for call in record.calls:",
        '        said = call["error"], call["message"][:200], call["warnings"]',
        '        print(title, call["label"], *said)',
        "    for fault in record.faults:",
        '        print("FAULT", title, fault)',
        "(first, reference), *others = records.items()",
        "for title, record in others:",
        "    for (place, name), size in sorted(differences(record, reference, True).items()):",
        '        print(f"{title} beside {first}: call {place}, {name} differs by {size:.3g}")',
        "        for one in (record, reference):",
        '            print("   ", str(one.calls[place]["values"].get(name))[:200])',
    ]
    return "\n".join(lines) + "\n"

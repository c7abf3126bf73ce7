"""Draw cases. Case `i` of a seed is the same on every machine and whatever else is drawn."""

import random

import skdeep.losses
from skdeep.formulas import losses
from skdeep.formulas.interval import REALS
from tests.fuzz import values
from tests.fuzz.faults import BREAKS, BREAKS_OF, FAULTS
from tests.fuzz.properties import PROPERTIES
from tests.fuzz.rendering import SPARSE

CLASSIFICATION = ["binary", "multiclass", "strings", "multilabel"]
REGRESSION = ["regression", "regression", "multioutput", "counts", "shares"]
TARGETS = {
    "MLPClassifier": CLASSIFICATION,
    "MLPRegressor": REGRESSION,
    "Perceptron": CLASSIFICATION[:3],
    "NetworkClassifier": CLASSIFICATION,
    "NetworkRegressor": REGRESSION,
}
READING = {
    "MLPClassifier": ["predict", "predict_proba", "score"],
    "MLPRegressor": ["predict", "score"],
    "Perceptron": ["predict", "decision_function", "score"],
    "NetworkClassifier": ["predict", "predict_proba", "score"],
    "NetworkRegressor": ["predict", "score"],
}
#: Dtypes that scikit-learn takes beside the two that networks train in.
UNUSUAL = ["int64", "int32", "uint8", "bool", "float16", "longdouble"]

#: Parameters that may be changed between calls where scikit-learn's estimators fail, or do not look
#: at them.
CHANGED_OTHERWISE = {"solver", "early_stopping", "loss"}


def draw(seed, index):
    """Draw case `index` of a seed.

    Parameters
    ----------
    seed, index : int

    Returns
    -------
    case : dict
        As `tests.fuzz.rendering` describes it, with the name of its ``property``.
    """
    rng = random.Random(f"{seed}/{index}")
    names = sorted(PROPERTIES)
    name = rng.choices(names, [PROPERTIES[n].weight for n in names])[0]
    found = PROPERTIES[name]
    case = {"property": name, "estimator": rng.choice(found.estimators)}
    case["data"] = _data(rng, case["estimator"], found)
    case["parameters"] = _parameters(rng, case, found)
    _suit_targets(rng, case)
    case["calls"] = _calls(rng, case, found)
    if name == "bad input":
        _spoil(rng, case)
    return case


def _data(rng, estimator, found):
    """Draw the data."""
    rows = rng.choices(
        [rng.randint(3, 40), rng.randint(41, 120), rng.randint(300, 700)], [8, 3, 1]
    )[0]
    data = {
        "rows": rows,
        "features": rng.choices([rng.randint(1, 8), rng.randint(9, 60)], [8, 1])[0],
        "seed": rng.randrange(1000),
        "targets": rng.choice(TARGETS[estimator]),
    }
    if rng.random() < 0.3:
        data["sparsity"] = rng.choice([0.3, 0.7, 0.95])
    if rng.random() < 0.15:
        data["integers"] = True
    if rng.random() < 0.3:
        data["weights"] = rng.choice(["uniform", "integers", "some zero"])
    if rng.random() < 0.05:
        data["scale"] = rng.choice([1e-6, 0.01, 100.0])
    data["form"] = rng.choice(found.forms)
    if rng.random() < 0.25:
        data["dtype"] = "float32"
        data.pop("scale", None)  # sums of float32 cancel, and units saturate
    elif found.unusual and rng.random() < 0.1:
        data["dtype"] = rng.choice(UNUSUAL if data["form"] not in SPARSE else UNUSUAL[:3])
    return data


def _parameters(rng, case, found):
    """Draw the parameters: short fits, and a few values that are not the defaults."""
    estimator = case["estimator"]
    parameters = case["parameters"] = {}
    if estimator.startswith("MLP"):
        parameters["hidden_layer_sizes"] = values.hidden_layers(rng)
    if estimator.startswith("Network"):
        parameters["layers"] = values.layers(rng)
    parameters["max_iter"] = rng.randint(1, 8)
    seed = rng.randrange(100)
    parameters["random_state"] = {"state": seed} if found.states and rng.random() < 0.1 else seed
    known = values.names(estimator, found.theirs)
    common = [name for name in known if name not in values.RARE]
    rare = [name for name in known if name in values.RARE]
    chosen = rng.sample(common, min(rng.randint(0, 7), len(common)))
    if rare and rng.random() < 0.25:
        chosen.append(rng.choice(rare))
    for name in sorted(chosen):
        parameters[name] = values.draw(rng, case, name, found.theirs)
    if estimator != "Perceptron" and "learning_rate_init" not in parameters:
        parameters["learning_rate_init"] = 0.01
    if rng.random() < found.wrong:
        parameters[rng.choice([*known, "max_iter"])] = rng.choice(values.WRONG)
    return parameters


def _suit_targets(rng, case):
    """Let the loss take the targets, nearly always."""
    name = case["parameters"].get("loss")
    if isinstance(name, dict) and "object" in name:
        name = getattr(skdeep.losses, name["object"].partition(".")[2])._name
    if case["estimator"].endswith("Regressor") and name in list(losses.public_names("regression")):
        wanted = losses.find(name, False).targets
        if wanted != REALS and (rng.random() < 0.9 or PROPERTIES[case["property"]].theirs):
            case["data"]["targets"] = "shares"


def _calls(rng, case, found):
    """Draw the calls: training, with other calls between, and predictions at the end."""
    calls = []
    full_batch = case["parameters"].get("solver") in ("lbfgs", "cg", "rprop", "bold_driver")
    methods = ["fit"] if full_batch or case["parameters"].get("early_stopping") else found.training
    for _ in range(rng.choices([1, 2, 3, 4], [6, 3, 2, 1])[0]):
        if calls and rng.random() < found.changing:
            calls.append(_between(rng, case, found))
        calls.append([rng.choice(methods), _options(rng, case, found)])
    for method in READING[case["estimator"]]:
        if rng.random() < 0.6 or method == "predict":
            calls.append([method, {}])
    return calls


def _options(rng, case, found):
    """Draw how a call trains."""
    options, rows = {}, case["data"]["rows"]
    if found.theirs and rng.random() < 0.15 and rows >= 12:
        options["rows"] = [0, rng.randint(6, rows)]
    if not found.theirs and rng.random() < 0.15 and case["estimator"] != "Perceptron":
        options["validation"] = True
    return options


def _between(rng, case, found):
    """Draw a call that does not train."""
    kind = rng.choice(["set_params", "set_params", "predict", "pickle", "copy", "clone"])
    if kind != "set_params":
        return [kind, {}]
    if not found.theirs and rng.random() < 2 * found.wrong:
        name = rng.choice(values.names(case["estimator"], False))
        return [kind, {name: rng.choice(values.WRONG)}]
    known = set(values.names(case["estimator"], found.theirs)) - values.RARE
    if found.theirs:
        known -= CHANGED_OTHERWISE
    name = rng.choice([*sorted(known), "max_iter", "random_state"])
    if name == "max_iter":
        return [kind, {name: rng.randint(1, 8)}]
    if name == "random_state":
        return [kind, {name: rng.randrange(100)}]
    return [kind, {name: values.draw(rng, case, name, found.theirs)}]


def _spoil(rng, case):
    """Make one call of a case invalid, or break the estimator before its last calls."""
    if case["estimator"] != "Perceptron" and rng.random() < 0.2:
        reading = [place for place, call in enumerate(case["calls"]) if call[0] == "predict"]
        breaks = BREAKS + BREAKS_OF[case["estimator"].startswith("Network")]
        case["calls"].insert(reading[-1], ["break", {"code": rng.choice(breaks)}])
        return
    sparse = case["data"]["form"] in SPARSE
    place = rng.randrange(len(case["calls"]))
    method = case["calls"][place][0]
    suitable = [
        name
        for name, fault in FAULTS.items()
        if method in fault.methods and fault.sparse in (None, sparse)
    ]
    if suitable:
        case["calls"][place][1]["fault"] = rng.choice(suitable)

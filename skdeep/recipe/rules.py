"""Which parameters go together: one table of conditions and messages.

Every entry of `RULES` is checked at one moment of a fit, and its rules in their order. A rule gets
the *facts*: the parameters of the estimator by their names, and what has been found out about them,
such as ``n_hidden``, the number of hidden layers.
"""

from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.optimizers import REGISTRY as UPDATE_RULES
from skdeep.network.wiring import title
from skdeep.objects import name_of


class Rule(NamedTuple):
    """A combination of parameters that is refused.

    Attributes
    ----------
    broken : callable
        ``broken(facts)`` returns whether the parameters do not go together.
    message : callable
        ``message(facts)`` returns what the error says.
    """

    broken: Callable
    message: Callable


def check(moment, facts):
    """Check the rules of a moment.

    Parameters
    ----------
    moment : str
        Key of `RULES`.
    facts : SimpleNamespace
        Parameters by their names, and the further facts that these rules look at.

    Raises
    ------
    ValueError
        If one is broken.
    """
    for rule in RULES[moment]:
        if rule.broken(facts):
            raise ValueError(rule.message(facts))


def _needs_updates(name):
    """Return the rule that a parameter is for solvers that train update by update."""

    def message(p):
        layer, called, value = _given(p, name)
        return (
            f"{layer}{called}={value!r} is for solvers that train update by update; "
            f"solver={p.solver_name!r} minimises one fixed function."
        )

    return Rule(lambda p: p.update_rule is None and _is_asked(p, name), message)


def _is_asked(p, name):
    """Return whether a parameter asks for anything; a rate does where there is a layer for it."""
    rates = {"dropout": p.regularisation.dropout[1:], "dropconnect": p.regularisation.dropconnect}
    if name in rates:
        return any(rates[name])
    value = getattr(p, name)
    return callable(value) or bool(value)


def _given(p, name):
    """Return the layer that asks for a parameter, as messages begin, its name and the value."""
    for pair in p.pairs if name in ("dropout", "dropconnect") else ():
        called = "rate" if name == "dropout" == getattr(pair[1], "kind", None) else name
        if own := getattr(pair[1], called, None):
            return f"{title(*pair)}: ", called, own
    return "", name, getattr(p, name)


def _keeps_codes(name):
    """Return the rule that codes among the features are not changed."""

    def message(p):
        return (
            f"{name}={getattr(p, name)} would change the codes that {p.code_readers[0]} reads: use "
            "dropout of layers instead."
        )

    return Rule(lambda p: getattr(p, name) and p.code_readers, message)


def _fixed_weights(name):
    """Return the rule that weights made of directions and gains are not changed otherwise."""

    def message(p):
        layer, called, value = _given(p, name)
        return (
            f"{layer}weight_norm=True and {called}={value!r} do not go together: the weights are "
            "made of directions and gains."
        )

    return Rule(lambda p: p.weight_norm and _is_asked(p, name), message)


def _with_own_rates(p):
    """Return the layers that ask for another learning rate than that of the network."""
    return [pair for pair in p.pairs if getattr(pair[1], "learning_rate_factor", 1.0) != 1.0]


def _decays(p):
    return p.update_rule is not None and p.update_rule.decoupled and p.alpha > 0


def _smooths(p):
    return getattr(p, "label_smoothing", 0.0) > 0


def _has_labels(p):
    return hasattr(p, "class_weight")


def _batch_of_one(p):
    return p.normalises and (p.batch_rows == 1 or p.n_rows % p.batch_rows == 1)


def _untrained(name):
    """Return the rule that networks of given weights are weights and biases and no more."""

    def broken(p):
        value = getattr(p, name)
        return value is not None and value is not False

    return Rule(broken, lambda p: f"{name}={getattr(p, name)!r} is for networks that are trained.")


RULES = {
    # of networks that are lists of layers
    "layers": (
        Rule(
            lambda p: p.mixing and not getattr(p, "has_graph", False),
            lambda p: (
                f"{p.mixing[0]}: it reads the neighbours of nodes, for GraphConvClassifier and "
                "GraphConvRegressor, whose fit takes an adjacency."
            ),
        ),
        _keeps_codes("input_noise"),
        _keeps_codes("input_dropout"),
        Rule(
            lambda p: p.batch_norm and p.lacking,
            lambda p: (
                f"batch_norm=True: {p.lacking[0]} cannot be normalised: set it for single "
                "layers, as Dense(..., batch_norm=True)."
            ),
        ),
        Rule(
            lambda p: p.frozen_normalised,
            lambda p: (
                f"{p.frozen_normalised[0]}: trainable=False and batch_norm=True, of the layer or "
                "of the network, do not go together: the statistics would follow the new data. "
                "Give the layer batch_norm=False."
            ),
        ),
        Rule(
            lambda p: p.frozen_dropped,
            lambda p: (
                f"{p.frozen_dropped[0]}: trainable=False and dropconnect do not go together: it "
                "would drop nothing of weights that are not trained."
            ),
        ),
    ),
    # once the sizes of the hidden layers are known
    "activation": (
        Rule(
            lambda p: not isinstance(p.activation, str) and len(p.activation) != p.n_hidden,
            lambda p: (
                f"activation has {len(p.activation)} entries, but hidden_layer_sizes has "
                f"{p.n_hidden}: give one activation for all hidden layers, or one for each."
            ),
        ),
    ),
    # once the solver is known
    "learning_rate": (
        Rule(
            lambda p: p.all_rows and not p.is_step_wise,
            lambda p: (
                f"learning_rate={p.learning_rate!r} is a schedule for solvers that train by "
                f"mini-batches; solver={p.solver_name!r} does not."
            ),
        ),
    ),
    # of every fit, and of whatever else needs the network that the parameters ask for
    "network": (
        *map(
            _needs_updates,
            (
                "dropout",
                "dropconnect",
                "input_dropout",
                "input_noise",
                "augment",
                "max_norm",
                "clip_norm",
                "weight_norm",
                "record_gradient_norms",
            ),
        ),
        Rule(
            lambda p: p.update_rule is None and _with_own_rates(p),
            lambda p: (
                f"{title(*_with_own_rates(p)[0])}: learning_rate_factor is for solvers that train "
                f"update by update; solver={p.solver_name!r} has no learning rate."
            ),
        ),
        Rule(
            lambda p: _decays(p) and p.weight_norm,
            lambda p: (
                f"weight_norm=True with solver={p.solver_name!r} needs alpha=0: the decay of a "
                "direction changes no weight."
            ),
        ),
        Rule(
            lambda p: _decays(p) and name_of(p.penalty) != "l2",
            lambda p: (
                f"penalty={p.penalty!r} does not go with solver={p.solver_name!r}, which decays "
                "the weights themselves: that is penalty='l2'."
            ),
        ),
        _fixed_weights("dropconnect"),
        _fixed_weights("max_norm"),
        Rule(
            lambda p: p.frozen_layers > p.n_hidden,
            lambda p: (
                f"frozen_layers={p.frozen_layers} is more than the {p.n_hidden} hidden layers of "
                "the network: the output layer is always trained."
            ),
        ),
        Rule(
            lambda p: p.frozen_layers and p.batch_norm,
            lambda p: (
                "frozen_layers and batch_norm=True do not go together: the statistics of frozen "
                "layers would follow the new data."
            ),
        ),
        Rule(
            lambda p: _smooths(p) and name_of(p.loss) != "log_loss",
            lambda p: (
                f"label_smoothing={p.label_smoothing} is for loss='log_loss'; got loss={p.loss!r}."
            ),
        ),
        Rule(
            lambda p: _smooths(p) and not isinstance(p.loss, str),
            lambda p: (
                f"label_smoothing={p.label_smoothing} and loss={p.loss!r} do not go together: of "
                f"an object it is a parameter, loss=LogLoss(label_smoothing={p.label_smoothing})."
            ),
        ),
        Rule(
            lambda p: getattr(p.loss, "label_smoothing", 0.0) > 0 and not _has_labels(p),
            lambda p: f"loss={p.loss!r}: label_smoothing is for classifiers.",
        ),
    ),
    # of every fit
    "fit": (
        Rule(
            lambda p: p.given == {"sample_weight_val"},
            lambda p: "sample_weight_val is given, but X_val and y_val are not.",
        ),
        Rule(
            lambda p: "X_val" in p.given and "y_val" not in p.given,
            lambda p: "X_val is given, but y_val is not.",
        ),
        Rule(
            lambda p: "y_val" in p.given and "X_val" not in p.given,
            lambda p: "y_val is given, but X_val is not.",
        ),
        Rule(
            lambda p: p.given and p.update_rule is None,
            lambda p: (
                "X_val and y_val are for solvers that update weight by weight "
                f"({sorted(UPDATE_RULES)}); solver={p.solver_name!r} does not look at them."
            ),
        ),
    ),
    # of calls of `partial_fit`
    "partial_fit": (
        Rule(
            lambda p: p.n_restarts > 1 and not p.is_fitted,
            lambda p: f"partial_fit trains a single network: n_restarts={p.n_restarts} is for fit.",
        ),
        Rule(
            lambda p: p.early_stopping,
            lambda p: "partial_fit does not support early_stopping=True",
        ),
        Rule(
            lambda p: p.all_rows,
            lambda p: (
                "partial_fit needs a solver that trains by mini-batches; "
                f"solver={p.solver_name!r} needs all samples at once."
            ),
        ),
        Rule(
            lambda p: isinstance(getattr(p, "class_weight", None), str),
            lambda p: (
                "class_weight='balanced' is not supported by partial_fit, which does not see all "
                "samples: give the weights as a dict, as compute_class_weight returns them."
            ),
        ),
    ),
    # once the features of a fit have been validated
    "rows": (
        Rule(
            lambda p: p.input_noise > 0 and p.is_sparse,
            lambda p: (
                f"input_noise={p.input_noise} would make sparse features dense: use "
                "input_dropout, or dense features."
            ),
        ),
        Rule(
            _batch_of_one,
            lambda p: (
                "batch_norm=True needs at least two samples in a batch, but "
                f"{'every' if p.batch_rows == 1 else 'the last'} batch of batch_size={p.batch_rows}"
                f" has one of the {p.n_rows} samples: choose another batch_size."
            ),
        ),
    ),
    # once the loss and the activation of the outputs are known
    "outputs": (
        Rule(
            lambda p: not p.loss.accepts(ACTIVATIONS[p.output].range),
            lambda p: (
                f"loss={p.loss.public!r} needs outputs {p.loss.needed_outputs}, but "
                f"out_activation={p.output!r} gives outputs in {ACTIVATIONS[p.output].range}."
            ),
        ),
    ),
    # once the number of outputs is known
    "n_outputs": (
        Rule(
            lambda p: ACTIVATIONS[p.output].normalised and p.n_outputs == 1,
            lambda p: (
                f"out_activation={p.output!r} is for several outputs: of a single one it makes 1."
            ),
        ),
    ),
    # of networks whose weights are given
    "from_weights": (_untrained("batch_norm"),),
    # of the estimator made of them, a subclass of which may set parameters by itself
    "network of given weights": (
        Rule(
            lambda p: p.batch_norm,
            lambda p: "batch_norm=True: from_weights makes networks without statistics.",
        ),
    ),
    # of networks that are trained layer by layer
    "greedy_pretraining": (
        Rule(
            lambda p: p.n_hidden == 0,
            lambda p: "hidden_layer_sizes=() has no layers that could be trained in turn.",
        ),
        Rule(
            lambda p: p.frozen_layers,
            lambda p: (
                f"frozen_layers={p.frozen_layers} is for fits; pre-training freezes layers by "
                "itself."
            ),
        ),
        Rule(
            lambda p: p.freeze and p.batch_norm,
            lambda p: (
                "batch_norm=True does not go with frozen layers: use freeze=False, which trains "
                "all layers in every stage."
            ),
        ),
    ),
    # of the first call of `Perceptron.partial_fit`; worded as scikit-learn has it
    "Perceptron.partial_fit": (
        Rule(
            lambda p: p.early_stopping,
            lambda p: "early_stopping should be False with partial_fit",
        ),
        Rule(
            lambda p: p.class_weight == "balanced",
            lambda p: (
                "class_weight 'balanced' is not supported for partial_fit. In order to use "
                "'balanced' weights, use compute_class_weight('balanced', classes=classes, y=y). "
                "In place of y you can use a large enough sample of the full training set target "
                "to properly estimate the class frequency distributions. Pass the resulting "
                "weights as the class_weight parameter."
            ),
        ),
    ),
}

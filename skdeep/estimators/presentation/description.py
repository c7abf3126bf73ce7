"""What a network is made of, layer by layer, for people to read."""

from numbers import Real
from typing import NamedTuple

from skdeep.formulas.activations import NAMES
from skdeep.objects import name_of
from skdeep.recipe.hidden_layers import Structure, resolve_layers, resolve_structure
from skdeep.recipe.loss_and_outputs import choose_output


class LayerDescription(NamedTuple):
    """A layer of a network.

    Attributes
    ----------
    name : str
        'input', 'hidden 0', 'hidden 1' and so on, 'output', or 'auxiliary 0' for the auxiliary
        outputs that read 'hidden 0'. Layers that have a name have it in place of the number; if
        there are several groups of neurons in a `NeuronGraph`, they are 'hidden 0.0', 'hidden 0.1'
        and so on.
    n_units : int or None
        Features, units or outputs; None where only a fit can tell.
    activation : str or None
        None for the input, and where only a fit can tell.
    n_parameters : int or None
        Weights that are connections, biases, and scales and shifts of batch normalisation, whose
        running means and variances are not counted.
    reads : tuple of str
        Names of the layers that it reads.
    notes : tuple of str
        What else is known: 'batch norm', 'dropout 0.5', 'frozen'.
    units : tuple of str or None
        Names of the units, where they have some.
    shape : tuple of int or None
        Of what the layer gives for a sample, where that is no vector.
    """

    name: str
    n_units: int | None
    activation: str | None = None
    n_parameters: int | None = 0
    reads: tuple = ()
    notes: tuple = ()
    units: tuple | None = None
    shape: tuple | None = None

    def size(self):
        """Return the number of units as text, or the shape of what the layer gives.

        Returns
        -------
        size : str
        """
        if self.shape is None:
            return _number(self.n_units)
        return " x ".join(map(_number, self.shape))

    def unit_names(self):
        """Return a name for every unit.

        Returns
        -------
        names : list of str
            Those that units have, or else ``x0``, ``x1`` for features, ``h0_0``, ``h0_1`` for the
            units of 'hidden 0', ``y0``, ``y1`` for outputs.
        """
        if self.units is not None:
            return list(self.units)
        kind, _, place = self.name.partition(" ")
        prefix = {"input": "x", "hidden": f"h{place}_", "auxiliary": f"a{place}_", "output": "y"}
        return [f"{prefix[kind]}{i}" for i in range(self.n_units or 0)]


class NetworkDescription(NamedTuple):
    """A network, layer by layer. Prints as a table.

    Attributes
    ----------
    name : str
        Class of the estimator.
    fitted : bool
        Whether it has been fitted; otherwise features and outputs are not known.
    layers : tuple of LayerDescription
        The input, the hidden layers, auxiliary outputs, and the output last.
    """

    name: str
    fitted: bool
    layers: tuple

    @property
    def n_parameters(self):
        """Number of parameters, or None where only a fit can tell."""
        counts = [layer.n_parameters for layer in self.layers]
        return None if None in counts else sum(counts)

    @property
    def shape(self):
        """The sizes of all layers in a line, as in ``64-(100, 50)-10``."""
        first, *hidden, last = [
            layer.size() for layer in self.layers if "auxiliary" not in layer.name
        ]
        return "-".join([first, *([f"({', '.join(hidden)})"] if hidden else []), last])

    def title(self):
        """Return the network in one line.

        Returns
        -------
        title : str
        """
        count = self.n_parameters
        total = "" if count is None else f", {count:,} parameter{'' if count == 1 else 's'}"
        return f"{self.name}{'' if self.fitted else ', not fitted'}: {self.shape}{total}"

    def rows(self):
        """Return the layers as rows of text.

        Returns
        -------
        rows : list of tuple of str
            Name, units, activation, parameters, what the layer reads, and notes.
        """
        return [
            (
                layer.name,
                layer.size(),
                layer.activation or ("" if layer.name == "input" else "?"),
                _number(layer.n_parameters) if layer.reads else "",
                ", ".join(layer.reads),
                ", ".join(layer.notes),
            )
            for layer in self.layers
        ]

    def __str__(self):
        rows = [COLUMNS, *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
        lines = [
            "  ".join(
                text.rjust(width) if name in NUMERIC else text.ljust(width)
                for name, text, width in zip(COLUMNS, row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([self.title(), *lines])

    __repr__ = __str__


#: Names of the fields of a row, and those that hold numbers.
COLUMNS = ("layer", "units", "activation", "parameters", "reads", "notes")
NUMERIC = ("units", "parameters")


def describe_network(estimator):
    """Describe the network of an estimator.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or Perceptron
        One that is not fitted is described as far as its parameters tell.

    Returns
    -------
    description : NetworkDescription
        Its `layers` are records with sizes, activations and numbers of parameters; it prints as a
        table.

    Raises
    ------
    TypeError
        If it is no such estimator.
    ValueError
        If it is not fitted and its parameters make no network.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.displays import describe_network
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier((30, 20), dropout=0.5, tol=0.1, random_state=0).fit(X, y)
    >>> print(describe_network(clf))
    MLPClassifier: 64-(30, 20)-10, 2,780 parameters
    layer     units  activation  parameters  reads     notes
    input        64
    hidden 0     30  relu             1,950  input     dropout 0.5
    hidden 1     20  relu               620  hidden 0  dropout 0.5
    output       10  softmax            210  hidden 1
    >>> describe_network(clf).n_parameters
    2780
    """
    if not hasattr(type(estimator), "_describe_layers"):
        raise TypeError(
            "Networks are those of skdeep's MLPClassifier, MLPRegressor and Perceptron, got "
            f"{estimator!r}."
        )
    fitted = not {"coefs_", "coef_"}.isdisjoint(vars(estimator))
    return NetworkDescription(
        type(estimator).__name__, fitted, tuple(estimator._describe_layers(fitted))
    )


def _number(value):
    return "?" if value is None else f"{value:,}"


def perceptron_layers(estimator, fitted):
    """Return the layers of a perceptron.

    Parameters
    ----------
    estimator : Perceptron
    fitted : bool

    Returns
    -------
    layers : list of LayerDescription
    """
    n_lines, n_features = estimator.coef_.shape if fitted else (None, None)
    count = n_lines * (n_features + bool(estimator.fit_intercept)) if fitted else None
    classes, features = class_names(estimator, n_lines), feature_names(estimator)
    return [
        LayerDescription("input", n_features, units=features),
        LayerDescription("output", n_lines, "sign", count, ("input",), units=classes),
    ]


def feature_names(estimator):
    """Return the names of the features that an estimator has seen, or None.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    names : tuple of str or None
    """
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(map(str, names))


def class_names(estimator, n_outputs):
    """Return what the outputs stand for, where each stands for a class: of two, for the second.

    Parameters
    ----------
    estimator : estimator
    n_outputs : int or None

    Returns
    -------
    names : tuple of str or None
    """
    classes = getattr(estimator, "classes_", ())
    classes = classes[1:] if len(classes) == 2 else classes
    if n_outputs is None or len(classes) != n_outputs:
        return None
    return tuple(map(str, classes))


def network_layers(estimator, fitted):
    """Return the layers of a multi-layer perceptron: as fitted, or as the parameters say.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    fitted : bool

    Returns
    -------
    layers : list of LayerDescription
    """
    parts = _fitted_parts(estimator) if fitted else _planned_parts(estimator)
    units, n_hidden = parts.units, len(parts.units) - 2
    labels = [feature_names(estimator), *[None] * n_hidden, class_names(estimator, units[-1])]
    names = ["input", *(f"hidden {i}" for i in range(n_hidden)), "output"]
    reads, counts = _reads(parts), _counts(parts)
    notes = _notes(estimator._parameters(), parts.structure, n_hidden)
    fields = zip(names, units, parts.activations, counts, reads, notes, labels, strict=True)
    return [LayerDescription(*field) for field in fields]


class _Parts(NamedTuple):
    """Units and activations of all layers, None where they are not known, and how they connect."""

    units: list
    activations: list
    structure: Structure


def _fitted_parts(estimator):
    units = list(map(int, estimator._units()))
    hidden = estimator._hidden_names(len(units) - 2)
    activations = [None, *hidden, estimator.out_activation_]
    return _Parts(units, activations, estimator._structure)


def _planned_parts(estimator):
    estimator._validate_params()
    parameters = estimator._parameters()
    sizes, hidden = resolve_layers(parameters)
    structure = resolve_structure(parameters)
    return _Parts([None, *sizes, None], [None, *hidden, unfitted_output(estimator)], structure)


def unfitted_output(estimator):
    """Return the activation of the outputs, where the parameters tell.

    Parameters
    ----------
    estimator : estimator
        Not fitted.

    Returns
    -------
    name : str or None
    """
    if estimator.out_activation != "auto":
        return NAMES[estimator.out_activation]
    if hasattr(estimator, "class_weight"):  # which depends on the number of classes
        return None
    return choose_output("auto", estimator._targets().natural_output, name_of(estimator.loss))


def _reads(parts):
    """Return the names of the layers that every layer reads."""
    names = ["input", *(f"hidden {i}" for i in range(len(parts.units) - 2))]
    if not parts.structure.skips:
        return [(), *((name,) for name in names)]
    return [(), *(tuple(names[: i + 1]) for i in range(len(names)))]


def _counts(parts):
    """Return the parameters of every layer; None where the features or outputs are not known."""
    units, weights = parts.units, []
    for i, size in enumerate(units[1:]):
        read = units[: i + 1] if parts.structure.skips else units[i : i + 1]
        weights.append(None if None in (*read, size) else sum(read) * size)
    norms = [2 * parts.structure.batch_norm] * (len(units) - 2) + [0]
    return [0] + [
        None if count is None else count + size * (1 + norm)
        for count, size, norm in zip(weights, units[1:], norms, strict=True)
    ]


def _notes(parameters, structure, n_hidden):
    """Return what the parameters say of every layer, beside its size."""
    of_hidden = ["batch norm"] if structure.batch_norm else []
    rates = {"dropout": parameters.dropout, "dropconnect": parameters.dropconnect}
    of_hidden += rate_notes(rates)
    of_all = ["weight norm"] if parameters.weight_norm else []
    hidden = [
        (*of_hidden, *of_all, *(["frozen"] if layer < parameters.frozen_layers else []))
        for layer in range(n_hidden)
    ]
    return [input_notes(parameters), *hidden, tuple(of_all)]


def input_notes(parameters):
    """Return what the parameters say of the features.

    Parameters
    ----------
    parameters : estimator or SimpleNamespace
        With the parameters by their names.

    Returns
    -------
    notes : tuple of str
    """
    rates = {"noise": parameters.input_noise}
    for name, called in (("input_dropout", "dropout"), ("masking", "masking")):
        rates[called] = getattr(parameters, name, 0.0)
    return rate_notes(rates)


def rate_notes(values):
    """Return notes of the rates, and the like, that are not 0.

    Parameters
    ----------
    values : dict of str to object
        By what notes call them. What is no number, as parameters can be that have been changed
        since a fit, is left out.

    Returns
    -------
    notes : tuple of str
    """
    given = {name: value for name, value in values.items() if isinstance(value, Real) and value}
    return tuple(f"{name} {value:g}" for name, value in given.items())

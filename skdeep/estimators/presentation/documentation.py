"""The documentation of the estimators' parameters, in one place, with what the registries hold."""

import importlib
import inspect
import textwrap

from skdeep.formulas import activations, initialisers, losses, optimizers, penalties, schedules
from skdeep.training import full_batch

#: The line of a class's docstring that the parameters take the place of.
MARK = "    <parameters>"
#: The line of the docstrings of `partial_fit` that the notes take the place of.
NOTES_MARK = "        <notes>"

PARAMETERS = """
loss : {names of losses} or object of `skdeep.losses`, default={default}
    What is minimised, beside the penalty: the mean over the samples of the sum over their outputs;
    of outputs for every step of a sequence, the loss of a sample is the mean over its steps.
    'squared_error' is reported as the mean over the outputs, as in scikit-learn, but by 'cg' and
    'bold_driver' as the sum that they minimise. 'lbfgs' follows scikit-learn's: its line search
    compares means over the outputs, while its gradient is that of the sum.

    {losses}
layers : sequence of layers, or of tuples of a name and a layer, default=()
    The hidden layers, objects of `skdeep.layers`; the output layer comes behind them by itself.
    ``()`` is a linear model. A layer's parameters are within the reach of searches, as
    ``layers__<name>__<parameter>``; a layer without a name is called by its place, from 0.
input_shape : int, sequence of int or None, default=None
    Shape of a sample, where X is a matrix and the first layer reads something else. None takes that
    of X of more than two dimensions; of a matrix, layers of sequences, such as `Conv1D`, read the
    columns as steps of one channel.
mask_value : float or None, default=None
    Steps of sequences all of whose numbers have this value are masked: layers such as `LSTM` leave
    them out. X may also be a list of sequences of different lengths, arrays of shape (steps,) or
    (steps, channels), of which the missing steps are masked, whatever `mask_value` is.
hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
    Number of units in every hidden layer; an int is one hidden layer, ``()`` a linear model.
activation : {names of activations} or a sequence of them, default='relu'
    Activation function of the hidden layers: one for all, or one for each. {aliases}

    {activations}
solver : {names of solvers} or object of `skdeep.solvers`, default='adam'
    What minimises the loss. An object has parameters of its own; a string stands for one with the
    estimator's values of the parameters that both have, and defaults.

    {solvers}
alpha : float, default=0.0001
    Strength of the penalty ``alpha / 2 * sum(W ** 2)`` on the weights (not the biases). Like
    the losses, it is divided by the number of samples, or the sum of their weights. With 'adamw'
    the decay of the weights instead, which is no part of the loss.
batch_size : int or 'auto', default='auto'
    Samples of a mini-batch; 'auto' is ``min(200, n_samples)``. Not used by full-batch solvers
    ('rprop', 'bold_driver', 'cg', 'lbfgs').
learning_rate : {names of schedules}, object of `skdeep.schedules` or callable, default='constant'
    Schedule of the learning rate, for solvers that train by mini-batches. The strings 'invscaling'
    and 'adaptive' are only heeded with 'sgd', as in scikit-learn; their objects always are. A
    callable takes the progress of training, from 0 to 1, and returns a factor of
    ``learning_rate_init``.

    {schedules}
learning_rate_init : float, default=0.001
    Learning rate of a solver that is given as a string, where its schedule begins ('onecycle': its
    peak). The first step of 'rprop' and 'bold_driver'. Not used by 'cg' and 'lbfgs'.
power_t : float, default=0.5
    Exponent of 'invscaling'.
max_iter : int, default=200
    Most epochs; most iterations of 'bold_driver', 'cg' and 'lbfgs'.
shuffle : bool, default=True
    Whether every epoch takes the samples in a new random order. Not used by full-batch solvers.
random_state : int, RandomState instance or None, default=None
    Source of the initial weights, the order of the samples and the validation set. An int gives
    the same result at every call.
tol : float, default=1e-4
    Training has stalled when the loss, or with ``early_stopping`` the validation score, fails
    to improve by `tol` for ``n_iter_no_change`` consecutive epochs. For 'cg' and 'lbfgs', the
    largest element of the gradient at which they stop.
verbose : bool, default=False
    Whether to print the progress.
warm_start : bool, default=False
    Whether `fit` goes on from where the last call ended, instead of starting anew.
momentum : float, str, object of `skdeep.schedules` or callable, default=0.9
    Momentum of 'sgd', between 0 and 1, or its schedule: any but 'invscaling' and 'adaptive'. A
    schedule that is relative starts from 0.9.
nesterovs_momentum : bool, default=True
    Whether the momentum of 'sgd' is Nesterov's.
early_stopping : bool, default=False
    Whether to stop when the score on a validation set no longer improves, and to keep the weights
    that scored best. The set is `X_val`, `y_val` of `fit`, or else part of the data that is held
    out (stratified for two classes, as in scikit-learn). Not used by 'bold_driver', 'cg', 'lbfgs'.
validation_fraction : float, default=0.1
    Share of the data that ``early_stopping`` holds out.
beta_1, beta_2 : float, default=0.9 and 0.999
    Decay rates of the means of the gradient and of its square in 'adam' and 'adamw', in
    ``[0, 1)``.
epsilon : float, default=1e-8
    What 'adam', 'adamw', 'adagrad' and 'rmsprop' add to the root that they divide by.
n_iter_no_change : int or inf, default=10
    Consecutive epochs without progress after which training stops.
max_fun : int, default=15000
    Most evaluations of the loss by 'bold_driver', 'cg' and 'lbfgs'.
n_threads : int or None, default=None
    Most threads of a fit or a prediction. None takes the cores that the process may use
    (``NUMBA_NUM_THREADS``, ``OMP_NUM_THREADS``, `threadpoolctl` and the process's affinity
    count). Results are the same, to the bit, for any number of threads.
device : str, default='cpu'
    Where fits and predictions are computed: ``'cpu'``; ``'cuda'`` or ``'cuda:1'``, a GPU of NVIDIA
    (see the guide); ``'auto'``, the first GPU where one can be used, and else the CPU. The numbers
    agree up to rounding, the random ones are the same. A model fitted on one device predicts on
    any.
out_activation : 'auto' or {names of all activations}, default='auto'
    Activation function of the output layer; any that gives outputs which the loss can take.
    {auto}

    {output activations}
label_smoothing : float in [0, 1), default=0.0
    Share of the certainty of a label that is given to all classes alike, for 'log_loss': targets
    become ``(1 - s) y + s / K`` for `K` classes, and ``K = 2`` for outputs that are each yes or no.
    Short for ``loss=LogLoss(label_smoothing=s)``: it does not go with an object as `loss`.
class_weight : dict, list of dict, 'balanced' or None, default=None
    Weights of the classes, which multiply those of their samples. 'balanced' weighs them by
    ``n_samples / (n_classes * count)``; multilabel targets take a list of one dict per label.
weight_init : {names of initialisers} or object of `skdeep.initialisers`, default='auto'
    First values of the weights. Biases are drawn too with 'auto', otherwise they begin at 0.

    - 'auto': as scikit-learn, uniform in ``[-b, b]`` with ``b = sqrt(6 / (fan_in + fan_out))``, or
      ``sqrt(2 / (fan_in + fan_out))`` for 'logistic' units.
    {initialisers}
scoring : str, callable or None, default=None
    {scoring}
n_restarts : int, default=1
    How many times `fit` begins anew, each time with other random weights; the network of the best
    validation score is kept, without a validation set that of the lowest training loss. The first
    restart is what ``n_restarts=1`` gives. They are trained in `n_threads` threads, which changes
    no number, and with ``early_stopping`` hold out the same rows. Going on with ``warm_start``
    does not begin anew. At most 10,000: all networks are in memory at the same time.
init_from : estimator or None, default=None
    A fitted network to begin with. Hidden layers are copied from the first on, as long as they have
    as many inputs and units, at least one and all that are frozen; those after them and the output
    layer are new. It is not changed, and a clone of this estimator begins with the same network.
tol_gradient : float or None, default=None
    Training stops when the Euclidean norm of the gradient falls below it: for solvers that train by
    mini-batches, the mean norm over the batches of an epoch. None does not look at it.
tol_objective : float or None, default=None
    Training stops when the loss, as ``loss_`` reports it, falls below it. None does not look at it.
penalty : {names of penalties}, float >= 1 or object of `skdeep.penalties`, default='l2'
    Penalty on the weights, times ``alpha``; a number ``q`` is the power of their magnitudes.
    'adamw' takes 'l2' only.

    {penalties}
dropout : float in [0, 1), default=0.0
    Rate at which units of hidden layers are dropped in every update: set to 0, while those that are
    kept are divided by ``1 - rate`` [Srivastava et al., "Dropout", JMLR 15, 2014]. Predictions use
    all units. `NetworkClassifier` and `NetworkRegressor` have a rate for every layer.
dropconnect : float in [0, 1), default=0.0
    Rate at which weights into hidden layers are dropped, likewise, with one mask for all samples of
    an update [Wan et al., "Regularization of neural networks using DropConnect", ICML 2013].
input_dropout : float in [0, 1), default=0.0
    Rate at which features are set to 0 in every update, while those that are kept are divided by
    ``1 - rate``.
input_noise : float, default=0.0
    Standard deviation of Gaussian noise that is added to dense features, anew in every update.
augment : callable or None, default=None
    ``augment(X, y, rng)`` returns the rows of an epoch, of the shapes that it is given, as a tuple;
    ``rng`` is a `numpy.random.Generator`, with other numbers in every epoch. It may change what it
    is given in place. The validation set is left alone.
batch_norm : bool, default=False
    Whether the weighted inputs of hidden units are normalised over every batch: to mean 0 and
    variance 1 (plus 1e-5), then ``scale * a + shift``, both trained [Ioffe & Szegedy, ICML 2015].
    Predictions use running means and variances, of which a batch makes up a tenth. Sample weights
    have no say in them. Needs two samples in every batch.
weight_norm : bool, default=False
    Whether the weights into a unit are trained as a direction and a gain, ``w = g v / ||v||``
    [Salimans & Kingma, NeurIPS 2016]. They begin as with weights alone. ``coefs_`` are the weights.
max_norm : float or None, default=None
    Largest Euclidean norm of the weights into a unit; larger ones are scaled back after every
    update.
clip_norm : float or None, default=None
    Largest Euclidean norm of the gradient of all weights and biases, penalty included; larger ones
    are scaled back before the update.
frozen_layers : int, default=0
    Layers, from the first hidden one, that keep their weights; their gradients are not computed,
    nor is their penalty part of the loss, and `dropconnect` leaves them alone. With ``init_from``,
    a network whose output layer is trained first (feature extraction) can be the one that another
    begins with, which trains all layers with a small learning rate (fine-tuning).
record_gradient_norms : bool, default=False
    Whether `gradient_norms_` is recorded.
skip_connections : bool, default=False
    Whether every layer, the outputs included, reads the features and all hidden layers before it,
    side by side, instead of the layer before it only: the rows of its ``coefs_`` are those of the
    features, then of the layers in their order.
"""

#: What networks that are lists of layers say otherwise.
OF_LAYERS = """
init_from : estimator or None, default=None
    A fitted network to begin with. Layers with weights are copied from the first on, as long as
    they are of the same kind and shape, at least one; those after them and the output layer are
    new. It is not changed, and a clone of this estimator begins with the same network.
dropconnect : float in [0, 1), default=0.0
    Rate at which weights of all layers but the outputs are dropped in every update: set to 0, while
    those that are kept are divided by ``1 - rate``, with one mask for all samples [Wan et al.,
    "Regularization of neural networks using DropConnect", ICML 2013]. Layers with weights can have
    a rate of their own.
batch_norm : bool, default=False
    Whether the weighted inputs of all layers that have a parameter of this name, such as `Dense`,
    are normalised over every batch, those of a filter over all of its windows: to mean 0 and
    variance 1 (plus 1e-5), then ``scale * a + shift``, both trained [Ioffe & Szegedy, ICML 2015].
    Predictions use running means and variances, of which a batch makes up a tenth. Sample weights
    have no say in them. Needs two samples in every batch. Layers can say for themselves.
weight_norm : bool, default=False
    Whether the weights into a unit are trained as a direction and a gain, ``w = g v / ||v||``
    [Salimans & Kingma, NeurIPS 2016], in all layers. They begin as with weights alone. ``coefs_``
    are the weights. Those into a filter of `Conv1D` are its whole kernel, and those into an output
    of `Embedding` a column of its table, as in a dense layer of the codes in one-hot form.
max_norm : float or None, default=None
    Largest Euclidean norm of the weights into a unit, as for `weight_norm`; larger ones are scaled
    back after every update.
auxiliary_weight : float, default=0.3
    What the losses of the auxiliary outputs of layers are multiplied by, before they are added to
    the loss.
"""

#: What autoencoders say otherwise.
OF_AUTOENCODERS = """
layers : sequence of layers, or of tuples of a name and a layer, default=()
    The encoder: at least one object of `skdeep.layers`, the last of which gives the code. A layer's
    parameters are within the reach of searches, as ``layers__<name>__<parameter>``; a layer without
    a name is called by its place, from 0.
decoder : sequence of layers, or of tuples of a name and a layer, or None, default=None
    The layers between the code and the outputs. None mirrors the encoder, whose layers must then be
    `Dense`, `Conv2D`, `MaxPool2D`, `AveragePool2D`, `Flatten` or `Dropout`, one behind the other:
    dense layers and transposed convolutions of the same sizes and activations in reverse, and
    `UpSampling2D` in the place of pooling. The outputs come behind them by themselves: a dense
    layer with a unit for every feature, or where the last layer gives images of the size of those
    in X, one that every pixel goes through, with a unit for every channel of X.
tied_weights : bool, default=False
    Whether the mirrored decoder uses the weights of the encoder, transposed. The biases are its
    own. The encoder must consist of `Dense`, `Flatten` and `Dropout` then.
masking : float in [0, 1), default=0.0
    Rate at which features that the network reads are set to 0 in every update, while those that are
    kept are divided by ``1 - rate``. What it is to give are the features as they are.
input_noise : float, default=0.0
    Standard deviation of Gaussian noise that is added to what the network reads, anew in every
    update. What it is to give are the features as they are.
sparsity : {'l1', 'kl'} or None, default=None
    Penalty on the activations of the code: 'l1' on the sum of their magnitudes for a sample, 'kl'
    on the divergence of the mean activation of each unit in the batch from `sparsity_target`, for
    outputs between 0 and 1. See `skdeep.layers.ActivityPenalty`.
sparsity_weight : float, default=0.001
    What that penalty is multiplied by before it is added to the loss.
sparsity_target : float in (0, 1), default=0.05
    Mean activation of a unit that 'kl' asks for.
scoring : 'loss', callable or None, default=None
    Score on the validation set, of which more is better. None and 'loss' are the negative loss
    without penalties; a callable ``scorer(estimator, X, X)`` is told the weights of the samples if
    it takes a `sample_weight`.
"""

#: What networks of graphs say otherwise.
OF_GRAPHS = """
layers : sequence of layers, or of tuples of a name and a layer, or None, default=None
    The hidden layers, objects of `skdeep.layers`, among them `GraphConv`. None for one `GraphConv`
    with 16 units, which makes two layers with the outputs. A layer's parameters are within the
    reach of searches, as ``layers__<name>__<parameter>``; a layer without a name is called by its
    place, from 0.
learning_rate_init : float, default=0.01
    Learning rate of a solver that is given as a string, where its schedule begins ('onecycle': its
    peak). The first step of 'rprop' and 'bold_driver'. Not used by 'cg' and 'lbfgs'.
early_stopping : bool, default=False
    Whether to hold out some of the nodes with targets as a validation set, unless `fit` is given
    `y_val`, and to stop when the score on them has not improved by `tol` for `n_iter_no_change`
    epochs; the weights of the best epoch are kept. Solvers that train update by update only.
validation_fraction : float, default=0.1
    Share of the nodes with targets that is held out.
scoring : {'loss', 'error_rate'} or None, default=None
    Score on the nodes for validation, of which more is better. None is the accuracy of classifiers
    and the coefficient of determination R2 of regressors, 'loss' the negative loss without the
    penalty, 'error_rate' the negative share of nodes that are classified wrong (classifiers).
"""

PARTIAL_FIT_NOTES = """
Notes
-----
After the first call it goes on with the solver that there is, its states and its
parameters, as scikit-learn does. Other values set since then for `learning_rate`,
`learning_rate_init`, `power_t`, `momentum`, `nesterovs_momentum`, `beta_1`, `beta_2` and
`epsilon`, or for the parameters of a solver's object, count from the next call of `fit`.
All other parameters are read at every call. Another `solver` begins anew.
"""

SCORING = (
    "Score on the validation set, of which more is better. None is {natural}, 'loss' the negative "
    "loss without the penalty{rate}; any name of scikit-learn's scorers will do, and a callable "
    "``scorer(estimator, X, y)``, which is told the weights of the samples if it takes a "
    "`sample_weight`."
)
SCORES = {
    "classification": {
        "natural": "the accuracy",
        "rate": ", 'error_rate' the negative share of samples that are classified wrong",
    },
    "regression": {"natural": "the coefficient of determination R2", "rate": ""},
}

AUTO = {
    "classification": (
        "'auto' is 'softmax' for several classes, 'logistic' for two classes and for multilabel "
        "targets, and 'identity' with the hinge loss."
    ),
    "regression": "'auto' is 'identity', or what the loss needs ('exp', 'logistic').",
}


def documented(task, default_loss, of_layers=False, of_autoencoders=False, of_graphs=False):
    """Return a decorator that completes the docstring of an estimator.

    Parameters
    ----------
    task : {"classification", "regression"}
    default_loss : str
    of_layers : bool, default=False
        Whether its networks are lists of layers.
    of_autoencoders : bool, default=False
        Whether its targets are its features.
    of_graphs : bool, default=False
        Whether its samples are the nodes of a graph.

    Returns
    -------
    decorator : callable
    """

    def decorate(cls):
        if cls.__doc__ is not None:  # as it is under ``python -OO``
            entries = _entries(PARAMETERS, _fields(task, default_loss))
            entries |= _entries(OF_LAYERS, {}) if of_layers else {}
            entries |= _entries(OF_AUTOENCODERS, {}) if of_autoencoders else {}
            entries |= _entries(OF_GRAPHS, {}) if of_graphs else {}
            names = [name for name in inspect.signature(cls).parameters if name in entries]
            text = textwrap.indent("\n".join(entries[name] for name in names), "    ")
            cls.__doc__ = cls.__doc__.replace(MARK, text)
        return cls

    return decorate


def with_partial_fit_notes(method):
    """Complete the docstring of `partial_fit` of an estimator.

    Parameters
    ----------
    method : callable

    Returns
    -------
    method : callable
        The same one.
    """
    if method.__doc__ is not None:  # as it is under ``python -OO``
        notes = textwrap.indent(PARTIAL_FIT_NOTES.strip(), "        ")
        method.__doc__ = method.__doc__.replace(NOTES_MARK, notes)
    return method


def _entries(text, fields):
    """Return the documentation of every parameter by its first name."""
    text = text.strip()
    for field, value in fields.items():
        text = text.replace("{" + field + "}", value)
    entries = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            name = line.partition(" ")[0].rstrip(",")
            entries[name] = line
        else:
            entries[name] += "\n" + line
    return entries


def _fields(task, default_loss):
    """Return what takes the place of the names in braces."""
    allowed = losses.public_names(task)
    own_losses = {e.name: e for e in losses.REGISTRY.values() if task in e.tasks}
    hidden = {name: f for name, f in activations.REGISTRY.items() if f.hidden and f.trainable}
    named_penalties = {name: e for name, e in penalties.REGISTRY.items() if not e.power}
    outputs = {name: f for name, f in activations.REGISTRY.items() if not f.hidden}
    return {
        "names of losses": _names(allowed),
        "default": repr(default_loss),
        "losses": _bullets(losses, own_losses),
        "names of activations": _names(hidden),
        "activations": _bullets(activations, hidden),
        "aliases": _aliases(),
        "names of all activations": _names({**hidden, **outputs}),
        "output activations": _bullets(activations, outputs),
        "names of solvers": _names([*optimizers.REGISTRY, *full_batch.REGISTRY]),
        "solvers": _bullets(optimizers, optimizers.REGISTRY)
        + "\n    "
        + _bullets(full_batch, full_batch.REGISTRY),
        "names of schedules": _names([*schedules.REGISTRY, "warmup"]),
        "schedules": _bullets(schedules, schedules.REGISTRY)
        + "\n    - 'warmup': Linear rise over the first tenth of training, then constant.",
        "names of penalties": _names(named_penalties),
        "penalties": _bullets(penalties, named_penalties),
        "names of initialisers": _names(["auto", *initialisers.REGISTRY]),
        "initialisers": _bullets(initialisers, initialisers.REGISTRY),
        "scoring": _wrapped(SCORING.format(**SCORES[task])),
        "auto": _wrapped(AUTO[task]),
    }


def _names(names):
    return "{" + ", ".join(f"'{name}'" for name in sorted(names)) + "}"


def _wrapped(text):
    return textwrap.fill(text, 92, subsequent_indent="    ")


def _aliases():
    """Return a sentence about other names."""
    pairs = [
        f"'{alias}' is '{f.name}'" for f in activations.REGISTRY.values() for alias in f.aliases
    ]
    return _wrapped(", ".join(pairs)) + "."


def _bullets(package, entries):
    """Return a list of formulas: the first line of each file."""
    lines = []
    for name, entry in entries.items():
        doc = inspect.getdoc(importlib.import_module(f"{package.__name__}.{name}")) or name
        text = f"- '{getattr(entry, 'public', name)}': {doc.splitlines()[0]}"
        lines.append(
            textwrap.fill(text, 92, initial_indent="    ", subsequent_indent="      ").lstrip()
        )
    return "\n    ".join(lines)

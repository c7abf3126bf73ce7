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
    Loss to minimise, to which the penalty is added: summed over the outputs of a sample and
    averaged over the samples. With an output for every step of a sequence, the loss of a sample is
    the mean over its steps. 'squared_error' is reported as the mean over the outputs, as in
    scikit-learn, except by 'cg' and 'bold_driver', which report the sum. 'lbfgs' behaves as in
    scikit-learn: its line search compares means over the outputs, and its gradient is that of the
    sum.

    {losses}
layers : sequence of layers, or of tuples of a name and a layer, default=()
    The hidden layers, objects of `skdeep.layers`. The output layer is added automatically. ``()``
    is a linear model. Parameters of layers can be tuned with `GridSearchCV`, as
    ``layers__<name>__<parameter>``; the name of a layer without one is its position, from 0.
input_shape : int, sequence of int or None, default=None
    Shape of a sample, for a matrix X whose rows are sequences or images. If None, the shape of an X
    with more than two dimensions is used; if X is a matrix, layers of sequences such as `Conv1D`
    read its columns as steps with one channel.
mask_value : float or None, default=None
    Steps of sequences whose values are all equal to this number are masked: layers such as `LSTM`
    skip them. X may also be a list of sequences of different lengths, arrays of shape (steps,) or
    (steps, channels), whose missing steps are always masked.
hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
    Number of units in each hidden layer. An int means one hidden layer, ``()`` a linear model.
activation : {names of activations} or a sequence of them, default='relu'
    Activation function of the hidden layers: one for all of them, or a sequence with one for each.
    {aliases}

    {activations}
solver : {names of solvers} or object of `skdeep.solvers`, default='adam'
    Optimization algorithm. Pass a string to use the solver with its defaults and the values of
    this estimator's parameters, such as ``beta_1``, or an object to set solver-specific
    parameters.

    {solvers}
alpha : float, default=0.0001
    Strength of the penalty ``alpha / 2 * sum(W ** 2)`` on the weights (biases are not penalised).
    Like the losses, it is divided by the number of samples or the sum of their weights. With
    'adamw', `alpha` is the strength of the decoupled weight decay, which is not part of the loss.
batch_size : int or 'auto', default='auto'
    Number of samples in a mini-batch; 'auto' is ``min(200, n_samples)``. Not used by the full-batch
    solvers 'rprop', 'bold_driver', 'cg' and 'lbfgs'.
learning_rate : {names of schedules}, object of `skdeep.schedules` or callable, default='constant'
    Schedule of the learning rate, for solvers that use mini-batches. As in scikit-learn, the
    strings 'invscaling' and 'adaptive' are only used when ``solver='sgd'``; objects of these
    schedules are used with every such solver. A callable takes the progress of training, from 0 to
    1, and returns a factor that multiplies ``learning_rate_init``.

    {schedules}
learning_rate_init : float, default=0.001
    Initial learning rate ('onecycle': the highest one) of a solver given as a string. For 'rprop'
    and 'bold_driver' it is the first step size. Not used by 'cg' and 'lbfgs'.
power_t : float, default=0.5
    Exponent of 'invscaling'.
max_iter : int, default=200
    Maximum number of epochs, or of iterations of 'bold_driver', 'cg' and 'lbfgs'.
shuffle : bool, default=True
    Whether to shuffle the samples before each epoch. Not used by full-batch solvers.
random_state : int, RandomState instance or None, default=None
    Determines the initial weights, the order of the samples and the validation set. Pass an int for
    reproducible results across calls.
tol : float, default=1e-4
    Tolerance for the optimization. Training stops when the loss (with ``early_stopping``, the
    validation score) fails to improve by at least `tol` for ``n_iter_no_change`` consecutive
    epochs. 'cg' and 'lbfgs' stop when no element of the gradient is larger than `tol`.
verbose : bool, default=False
    Whether to print progress messages.
warm_start : bool, default=False
    Whether `fit` continues from the result of the previous call instead of initialising the network
    again.
momentum : float, str, object of `skdeep.schedules` or callable, default=0.9
    Momentum of 'sgd', between 0 and 1, or a schedule of it: any except 'invscaling' and 'adaptive'.
    Schedules that multiply an initial value multiply 0.9.
nesterovs_momentum : bool, default=True
    Whether to use Nesterov's momentum with 'sgd'.
early_stopping : bool, default=False
    Whether to stop training when the validation score no longer improves, and to keep the weights
    with the best score. The validation set is `X_val`, `y_val` of `fit` if they are given, and
    otherwise a part of the training data (stratified for two classes, as in scikit-learn). Not used
    by 'bold_driver', 'cg' and 'lbfgs'.
validation_fraction : float, default=0.1
    Proportion of the training data to set aside as validation set for ``early_stopping``.
beta_1, beta_2 : float, default=0.9 and 0.999
    Decay rates, in ``[0, 1)``, of the running means of the gradient and of its square in 'adam' and
    'adamw'.
epsilon : float, default=1e-8
    Constant added to the denominator for numerical stability in 'adam', 'adamw', 'adagrad' and
    'rmsprop'.
n_iter_no_change : int or inf, default=10
    Number of consecutive epochs without improvement after which training stops.
max_fun : int, default=15000
    Maximum number of evaluations of the loss by 'bold_driver', 'cg' and 'lbfgs'.
n_threads : int or None, default=None
    Maximum number of threads used by fit and predict. If None, all cores that the process may use,
    as limited by ``NUMBA_NUM_THREADS``, ``OMP_NUM_THREADS``, `threadpoolctl` and the CPU affinity
    of the process. The results are identical for any number of threads.
device : str, default='cpu'
    Device used by fit and predict: ``'cpu'``; ``'cuda'`` or ``'cuda:1'`` for an NVIDIA GPU (see the
    user guide); or ``'auto'`` for the first GPU if one is available and the CPU otherwise. Results
    on both devices agree up to rounding, and the random numbers are the same. A model fitted on one
    device can predict on any other.
precision : {'float32', 'float64'} or None, default=None
    Precision of the weights and of training. If None, that of X. With 'float32', float64 features
    are trained in float32, which is faster: the rows of a batch are converted when they are
    gathered, so a C-ordered array X is not copied. The precision of a fitted network does not
    change when it is trained further.
out_activation : 'auto' or {names of all activations}, default='auto'
    Activation function of the output layer. Its outputs must be valid inputs of the loss. {auto}

    {output activations}
label_smoothing : float in [0, 1), default=0.0
    Label smoothing of 'log_loss': targets become ``(1 - s) y + s / K`` for `K` classes, with
    ``K = 2`` for binary and multilabel targets. Equivalent to ``loss=LogLoss(label_smoothing=s)``,
    and not allowed together with an object as `loss`.
class_weight : dict, list of dict, 'balanced' or None, default=None
    Weights of the classes, multiplied with the sample weights. 'balanced' uses
    ``n_samples / (n_classes * count)``. For multilabel targets, pass a list with one dict per
    label.
weight_init : {names of initialisers} or object of `skdeep.initialisers`, default='auto'
    Initial weights. Initial biases are 0, except with 'auto', which draws them as well.

    - 'auto': as scikit-learn, uniform in ``[-b, b]`` with ``b = sqrt(6 / (fan_in + fan_out))``, or
      ``sqrt(2 / (fan_in + fan_out))`` for 'logistic' units.
    {initialisers}
scoring : str, callable or None, default=None
    {scoring}
n_restarts : int, default=1
    Number of times the network is trained from different random initial weights. The network with
    the best validation score is kept or, without a validation set, the one with the lowest training
    loss. The first is the network that ``n_restarts=1`` trains. The networks are trained in
    `n_threads` threads, which does not change the results. With ``early_stopping`` all use the same
    validation set. When ``warm_start`` continues a fit, it continues from the network that was
    kept. At most 10,000, because all networks are held in memory at the same time.
init_from : estimator or None, default=None
    A fitted network to take initial weights from (transfer learning). Hidden layers are copied in
    order, starting with the first, as long as their numbers of inputs and units agree; at least one
    layer and all frozen layers must. All other layers are initialised randomly. The given network
    is not changed.
tol_gradient : float or None, default=None
    Training stops when the Euclidean norm of the gradient falls below this value. For solvers that
    use mini-batches it is the mean norm over the batches of an epoch. If None, this criterion is
    not used.
tol_objective : float or None, default=None
    Training stops when the loss, as reported by ``loss_``, falls below this value. If None, this
    criterion is not used.
penalty : {names of penalties}, float >= 1 or object of `skdeep.penalties`, default='l2'
    Penalty on the weights, multiplied by ``alpha``. A number ``q`` stands for the sum of
    ``|w| ** q``. 'adamw' only accepts 'l2'.

    {penalties}
dropout : float in [0, 1), default=0.0
    Dropout rate: in every update, hidden units are set to 0 with this probability, and the others
    are divided by ``1 - rate`` [Srivastava et al., "Dropout", JMLR 15, 2014]. Predictions use all
    units. `NetworkClassifier` and `NetworkRegressor` accept a rate for each layer.
dropconnect : float in [0, 1), default=0.0
    Probability with which weights of hidden layers are set to 0 in an update; the others are
    divided by ``1 - rate``. All samples of an update share one mask [Wan et al., "Regularization of
    neural networks using DropConnect", ICML 2013].
input_dropout : float in [0, 1), default=0.0
    Probability with which features are set to 0 in an update; the others are divided by
    ``1 - rate``.
input_noise : float, default=0.0
    Standard deviation of Gaussian noise added to dense features, drawn anew for every update.
augment : callable or None, default=None
    Data augmentation. ``augment(X, y, rng)`` returns a tuple of the X and y to use in an epoch,
    with unchanged shapes; ``rng`` is a `numpy.random.Generator`, different in every epoch. The
    function may modify its arguments in place. The validation set is not augmented.
batch_norm : bool, default=False
    Whether to use batch normalisation in hidden layers: the values ``a`` that enter the activation
    function are scaled over each batch to mean 0 and variance 1 (plus 1e-5), then replaced by
    ``scale * a + shift``, with trained ``scale`` and ``shift`` [Ioffe & Szegedy, ICML 2015].
    Predictions use running means and variances with a momentum of 0.1. Sample weights are ignored
    in these statistics. Every batch must have at least two samples.
weight_norm : bool, default=False
    Whether to train the incoming weights of each unit as a direction and a length,
    ``w = g v / ||v||`` [Salimans & Kingma, NeurIPS 2016]. The initial weights are the same as
    without. ``coefs_`` contains the weights ``w``.
max_norm : float or None, default=None
    Maximum Euclidean norm of the incoming weights of a unit. Larger weight vectors are scaled down
    after every update.
clip_norm : float or None, default=None
    Maximum Euclidean norm of the gradient of all weights and biases, penalty included. A larger
    gradient is scaled down before the update.
frozen_layers : int, default=0
    Number of layers, counted from the first hidden layer, whose weights are not trained. Their
    gradients are not computed, and neither the penalty nor `dropconnect` applies to them. Combined
    with ``init_from``, the output layer alone can be trained first (feature extraction), followed
    by a second fit of all layers with a small learning rate (fine-tuning).
record_gradient_norms : bool, default=False
    Whether to record `gradient_norms_`.
skip_connections : bool, default=False
    Whether each layer, including the output layer, takes the features and the outputs of all
    previous hidden layers as input, instead of the previous layer only. The rows of its ``coefs_``
    correspond to the features, followed by the units of the hidden layers in their order.
"""

#: Parameters that networks with a list of layers describe differently.
OF_LAYERS = """
init_from : estimator or None, default=None
    A fitted network to take initial weights from (transfer learning). Layers with weights are
    copied in order, starting with the first, as long as their kinds and shapes agree; at least one
    layer must. All other layers are initialised randomly. The given network is not changed.
dropconnect : float in [0, 1), default=0.0
    Probability with which weights of all layers except the output layer are set to 0 in an update;
    the others are divided by ``1 - rate``. All samples of an update share one mask [Wan et al.,
    "Regularization of neural networks using DropConnect", ICML 2013]. Layers with weights have a
    parameter of the same name, which takes precedence.
batch_norm : bool, default=False
    Whether to use batch normalisation in all layers that have a parameter of this name, such as
    `Dense`: the values ``a`` that enter the activation function are scaled over each batch (in
    convolutions, over all positions too) to mean 0 and variance 1 (plus 1e-5), then replaced by
    ``scale * a + shift``, with trained ``scale`` and ``shift`` [Ioffe & Szegedy, ICML 2015].
    Predictions use running means and variances with a momentum of 0.1. Sample weights are ignored
    in these statistics. Every batch must have at least two samples. The parameter of a layer takes
    precedence.
weight_norm : bool, default=False
    Whether to train the incoming weights of each unit, in all layers, as a direction and a length,
    ``w = g v / ||v||`` [Salimans & Kingma, NeurIPS 2016]. The initial weights are the same as
    without. ``coefs_`` contains the weights ``w``. For `Conv1D` they are the whole kernel of a
    filter, and for `Embedding` a column of its table.
max_norm : float or None, default=None
    Maximum Euclidean norm of the incoming weights of a unit, defined as for `weight_norm`. Larger
    weight vectors are scaled down after every update.
auxiliary_weight : float, default=0.3
    Factor of the losses of auxiliary outputs in the total loss.
"""

#: Parameters that autoencoders describe differently.
OF_AUTOENCODERS = """
layers : sequence of layers, or of tuples of a name and a layer, default=()
    The encoder: at least one object of `skdeep.layers`. The output of the last one is the code.
    Parameters of layers can be tuned with `GridSearchCV`, as ``layers__<name>__<parameter>``; the
    name of a layer without one is its position, from 0.
decoder : sequence of layers, or of tuples of a name and a layer, or None, default=None
    The layers between the code and the output layer. If None, the decoder mirrors the encoder,
    whose layers must then be a plain sequence of `Dense`, `Conv2D`, `MaxPool2D`, `AveragePool2D`,
    `Flatten` and `Dropout` layers: it has dense layers and transposed convolutions of the same
    sizes and activations in reverse order, and `UpSampling2D` for pooling. The output layer is
    added automatically: a dense layer with one unit per feature, or if the last layer gives images
    of the size of those in X, a layer with one unit per channel that is applied to every pixel.
tied_weights : bool, default=False
    Whether a mirrored decoder uses the transposed weights of the encoder, which must consist of
    `Dense`, `Flatten` and `Dropout` layers. Its biases are separate.
masking : float in [0, 1), default=0.0
    Probability with which input features are set to 0 in an update; the others are divided by
    ``1 - rate``. The targets are the unchanged features.
input_noise : float, default=0.0
    Standard deviation of Gaussian noise added to the inputs, drawn anew for every update. The
    targets are the unchanged features.
sparsity : {'l1', 'kl'} or None, default=None
    Penalty on the activations of the code. 'l1' penalises the sum of their magnitudes; 'kl' the
    Kullback-Leibler divergence between the mean activation of each unit in a batch and
    `sparsity_target`, for units with outputs between 0 and 1. See `skdeep.layers.ActivityPenalty`.
sparsity_weight : float, default=0.001
    Factor of this penalty in the total loss.
sparsity_target : float in (0, 1), default=0.05
    Target of 'kl' for the mean activation of a unit.
scoring : 'loss', callable or None, default=None
    Score on the validation set; higher is better. None and 'loss' use the negative loss without
    penalties. A callable has the signature ``scorer(estimator, X, X)``, and receives the sample
    weights if it has a parameter `sample_weight`.
"""

#: Parameters that networks of graphs describe differently.
OF_GRAPHS = """
layers : sequence of layers, or of tuples of a name and a layer, or None, default=None
    The hidden layers, objects of `skdeep.layers`, usually `GraphConv`. If None, one `GraphConv`
    with 16 units. The output layer, another graph convolution, is added automatically. Parameters
    of layers can be tuned with `GridSearchCV`, as ``layers__<name>__<parameter>``; the name of a
    layer without one is its position, from 0.
learning_rate_init : float, default=0.01
    Initial learning rate ('onecycle': the highest one) of a solver given as a string. For 'rprop'
    and 'bold_driver' it is the first step size. Not used by 'cg' and 'lbfgs'.
early_stopping : bool, default=False
    Whether to hold out some of the nodes with targets for validation, unless `y_val` is passed to
    `fit`, and to stop when the score on them has not improved by `tol` for `n_iter_no_change`
    epochs. The weights of the best epoch are kept. Only used by solvers that train with updates.
validation_fraction : float, default=0.1
    Fraction of the nodes with targets that is held out.
scoring : {'loss', 'error_rate'} or None, default=None
    Score on the validation nodes; higher is better. If None, it is the accuracy of classifiers or
    the coefficient of determination R2 of regressors; 'loss' is the negative loss without penalty,
    'error_rate' the negative share of misclassified nodes (classifiers only).
"""

PARTIAL_FIT_NOTES = """
Notes
-----
As in scikit-learn, later calls continue with the solver of the first call, its state and
its parameters. New values of `learning_rate`, `learning_rate_init`, `power_t`, `momentum`,
`nesterovs_momentum`, `beta_1`, `beta_2` and `epsilon`, or of the parameters of a solver
object, take effect at the next call of `fit`. All other parameters are read at every call.
Changing `solver` itself starts training with a new solver.
"""

SCORING = (
    "Score on the validation set; higher is better. None uses {natural}, 'loss' the negative "
    "loss without the penalty{rate}. Any name of scikit-learn's scorers is accepted, or a callable "
    "``scorer(estimator, X, y)``, which receives the sample weights if it has a parameter "
    "`sample_weight`."
)
SCORES = {
    "classification": {
        "natural": "the accuracy",
        "rate": ", 'error_rate' the negative proportion of misclassified samples",
    },
    "regression": {"natural": "the coefficient of determination R2", "rate": ""},
}

AUTO = {
    "classification": (
        "'auto' is 'softmax' for several classes, 'logistic' for two classes and for multilabel "
        "targets, and 'identity' with the hinge loss."
    ),
    "regression": (
        "'auto' is 'identity', or the function that the loss requires ('exp' or 'logistic')."
    ),
}


def documented(
    task,
    default_loss,
    of_layers=False,
    of_autoencoders=False,
    of_graphs=False,
    further="",
):
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
    further : str, default=""
        Entries of further parameters, and of those that differ, in the form of `PARAMETERS`.

    Returns
    -------
    decorator : callable
    """

    def decorate(cls):
        if cls.__doc__ is not None:  # as it is under ``python -OO``
            fields = _fields(task, default_loss)
            entries = _entries(PARAMETERS, fields)
            entries |= _entries(OF_LAYERS, {}) if of_layers else {}
            entries |= _entries(OF_AUTOENCODERS, {}) if of_autoencoders else {}
            entries |= _entries(OF_GRAPHS, {}) if of_graphs else {}
            entries |= _entries(further, fields)
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

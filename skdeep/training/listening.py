"""What training passes to listeners: every epoch, and snapshots to resume from."""

from typing import NamedTuple

#: The attribute under which the task of an epoch carries its `Epoch`.
EPOCH = "_skdeep_epoch"


class Snapshot(NamedTuple):
    """Training between two epochs: with it, another process goes on to the same bits.

    Attributes
    ----------
    arrays : dict of str to array
        Weights, the solver's state, the random generator's, history.
    numbers : dict of str to int, float or str
        Counters, learning rate.
    """

    arrays: dict
    numbers: dict

    def check(self, expected):
        """Check that this is a snapshot of the same training as another.

        Parameters
        ----------
        expected : Snapshot
            Of the training as it begins. Arrays of no rows there may have any number of rows here.

        Raises
        ------
        ValueError
            If names, types or shapes differ.
        """
        if self.arrays.keys() != expected.arrays.keys():
            raise ValueError(f"it holds the arrays {sorted(self.arrays)}")
        for name, theirs in expected.arrays.items():
            ours = self.arrays[name]
            same_shape = ours.shape == theirs.shape
            if len(theirs) == 0:
                same_shape = ours.ndim == theirs.ndim
            if ours.dtype != theirs.dtype or not same_shape:
                raise ValueError(f"{name!r} has the type {ours.dtype} and the shape {ours.shape}")
        for name, theirs in expected.numbers.items():
            if type(self.numbers.get(name)) is not type(theirs):
                raise ValueError(f"{name!r} is {self.numbers.get(name)!r}")


class Epoch:
    """An epoch of training, or an iteration of a solver that takes all samples at once.

    Parameters
    ----------
    number : int
        Epochs done.
    loss : float or None
        Training loss of the epoch; None before the first.
    validation_score, validation_loss : float or None, default=None
        Those on the validation set; None without one.
    learning_rate : float or None, default=None
        Learning rate of the update to come; None where the solver has none.
    stop_reason : str, default=""
        Why training ends with this epoch; empty if it goes on. A listener that ends it may set
        another reason than "callback".
    source : object, default=None
        What trains: ``losses`` are those of all epochs, ``parameters()`` the present ones, and
        ``snapshot()``, where it has one, a `Snapshot`.

    Notes
    -----
    Parameters and snapshots are those of the moment, and are to be had until training goes on.
    Copies and pickles hold the numbers only.
    """

    def __init__(
        self,
        number,
        loss=None,
        validation_score=None,
        validation_loss=None,
        learning_rate=None,
        stop_reason="",
        source=None,
    ):
        self.number, self.loss, self.stop_reason = number, loss, stop_reason
        self.validation_score, self.validation_loss = validation_score, validation_loss
        self.learning_rate, self._source = learning_rate, source

    @property
    def is_present(self):
        """Whether training stands at the end of this epoch."""
        return self._source is not None

    @property
    def can_be_resumed(self):
        """Whether training can go on from here in another process."""
        return hasattr(self._source, "snapshot")

    @property
    def losses(self):
        """Losses of all epochs, as a new list."""
        return list(self._source.losses)

    def parameters(self):
        """Return a copy of the network's parameters, one array of shape (n_parameters,)."""
        return self._source.parameters()

    def snapshot(self):
        """Return a `Snapshot` of the training."""
        return self._source.snapshot()

    def close(self):
        """Let go of the training, which goes on or has ended."""
        self._source = None

    def __getstate__(self):
        return {**vars(self), "_source": None}

    def __repr__(self):
        shown = {name: value for name, value in vars(self).items() if name != "_source"}
        return f"Epoch({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class Listener:
    """What training calls. This one wants nothing; those that do define the same methods.

    Attributes
    ----------
    start_of_generator : tuple or None
        State of the random generator when the fit began, where it is to be kept.
    """

    start_of_generator = None

    def start(self, result_at, description, name="epoch"):
        """Take note that the training of a network begins.

        Parameters
        ----------
        result_at : callable
            ``result_at(epoch)`` returns the `Result` that training has, were it to end there.
        description : RunDescription
            What is trained, on what and how.
        name : str, default="epoch"
            What the parts of training are.

        Returns
        -------
        snapshot : Snapshot or None
            Where to go on.
        """

    def begin(self, epoch):
        """Take note that an epoch begins.

        Parameters
        ----------
        epoch : Epoch
            The one before.
        """

    def end(self, epoch):
        """Take note of an epoch that has ended.

        Parameters
        ----------
        epoch : Epoch

        Returns
        -------
        stop : bool
            Whether training is to end.
        """
        return False

    def abandon(self):
        """Take note that the epoch begun last, if there is one, does not come to its end."""

    def finish(self, result):
        """Take note that training has ended.

        Parameters
        ----------
        result : Result
        """

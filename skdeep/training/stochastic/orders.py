"""The random order of the rows, drawn ahead for several epochs."""

import numpy as np


def check_permutation(name, order, n_rows):
    """Check that an order names every row once: compiled code follows it blindly.

    Parameters
    ----------
    name : str
        What it is called in messages.
    order : array of int
    n_rows : int

    Raises
    ------
    ValueError
        If it does not.
    """
    seen = np.zeros(n_rows, dtype=bool)
    inside = order[(order >= 0) & (order < n_rows)]
    seen[inside] = True
    if order.shape != (n_rows,) or not seen.all():
        raise ValueError(f"{name} is not a permutation of {n_rows} rows")


class Orders:
    """Draws the order of every epoch as scikit-learn does, from the same random numbers.

    Epochs are drawn ahead so that the compiled loop can run through them; the random state is put
    where it would be had only the epochs that were begun been drawn.

    Parameters
    ----------
    rows : array of int64 of shape (n_rows,)
        The rows to train on; a range will do where they are not shuffled.
    random_state : numpy.random.RandomState
    shuffled : bool
        Whether every epoch has an order of its own.
    disposable : bool, default=False
        Whether nothing reads the random state once training has ended, so that it need not be put
        back: to copy it takes longer than to draw a short order.

    Attributes
    ----------
    current : array of int64 of shape (n_rows,)
        Places in `rows`: the order of the epoch drawn last, from which the next one is made.
    most_elements : int
        Most elements of orders that are drawn at once.
    """

    most_elements = 2_000_000

    def __init__(self, rows, random_state, shuffled, disposable=False):
        self.rows, self.random_state, self.shuffled = rows, random_state, shuffled
        self._disposable = disposable
        # Without shuffling nothing is looked up, and the rows may be those of other machines.
        self._natural = self.current = np.arange(len(rows) if shuffled else 0)
        # Row numbers of all rows in order are their own places: nothing to look up.
        self._all_rows = bool(shuffled) and np.array_equal(rows, self.current)
        self._before = None

    def _draw(self):
        # The same random numbers as `sklearn.utils.shuffle` draws, without its checks.
        permutation = np.arange(len(self.rows))
        self.random_state.shuffle(permutation)
        if type(self.random_state) is not np.random.RandomState:  # whose methods may do anything
            check_permutation("An order drawn by random_state", permutation, len(self.rows))
        in_order = self.current is self._natural
        self.current = permutation if in_order else self.current[permutation]
        return self.current

    def _draw_all(self, n_epochs):
        """Return the orders of the next epochs, one after another."""
        drawn = [self._draw() for _ in range(n_epochs)]
        order = drawn[0] if n_epochs == 1 else np.concatenate(drawn)
        return order if self._all_rows else self.rows[order]

    def _pass_over(self, n_epochs):
        """Draw the orders of epochs that nobody wants."""
        for _ in range(n_epochs):
            self._draw()

    def _state(self):
        return self.random_state.get_state(legacy=False), self.current

    def _restore(self, state):
        drawn, self.current = state
        self.random_state.set_state(drawn)

    def take(self, n_epochs):
        """Return the orders of the next epochs.

        Parameters
        ----------
        n_epochs : int

        Returns
        -------
        order : array of int of shape (n_epochs * n_rows,) or (n_rows,)
        """
        if not self.shuffled:
            return self.rows
        self._before = None if self._disposable else self._state()
        return self._draw_all(n_epochs)

    def prepare(self, n_epochs):
        """Draw orders of epochs that come after those taken, where that is worth while."""

    def prepared(self):
        """Return of how many epochs the orders have been drawn before they were asked for."""
        return 0

    def forget(self):
        """Put the random state where it was before any order was drawn ahead of those taken."""

    def keep(self, n_begun):
        """Put the random state where it is after the first `n_begun` of the epochs last taken."""
        if self._before is not None:
            self._restore(self._before)
            self._pass_over(n_begun)

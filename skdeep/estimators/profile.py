"""Measure how much time a fit spends in each phase."""

from skdeep.training.sampling import Sampler

#: What the phases are, for the table.
MEANINGS = {
    "gather": "rows and targets copied together",
    "forward": "products of inputs and weights",
    "backward": "products of deltas and weights",
    "gradient": "products of inputs and deltas",
    "activation": "activations, loss, their derivatives",
    "update": "solver's step, penalty, copies of weights",
    "waiting": "members of the team for each other",
    "python": "everything outside compiled code",
}


class FitProfile:
    """Time that a fit spent in each phase.

    Parameters
    ----------
    sampler : Sampler
        A sampler that has ended.

    Attributes
    ----------
    seconds : dict of str to float
        Seconds spent in each phase, with the sum `total`. When several threads are in different
        phases at the same time, the time is divided equally between them.
    total : float
        Duration of the fit in seconds.
    member_seconds : list of dict of str to float
        Seconds spent in each phase by each thread, the calling thread first. The seconds of a
        helper thread sum to the time that it was in use.
    n_samples : int
        Number of times the compiled code was sampled. The error of the share of a phase is about
        ``1 / sqrt(n_samples)``.
    """

    def __init__(self, sampler):
        self.seconds, self.total = sampler.seconds(), sampler.total
        self.member_seconds, self.n_samples = sampler.member_seconds(), sampler.n_samples

    def table(self):
        """Return a table of the phases and their times, the longest first.

        Returns
        -------
        table : str
        """
        lines = [f"{'phase':<10} {'seconds':>9} {'share':>7}"]
        for name, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
            share = seconds / self.total
            lines.append(f"{name:<10} {seconds:9.4f} {share:7.1%}  {MEANINGS[name]}")
        threads = len(self.member_seconds)
        end = f"threads: {threads}, samples: {self.n_samples}"
        return "\n".join([*lines, f"{'total':<10} {self.total:9.4f} {1:7.1%}  {end}"])

    def __str__(self):
        return self.table()

    def __repr__(self):
        longest = max(self.seconds, key=self.seconds.get)
        return f"<FitProfile of {self.total:.4g} s, most of it {longest}>"


def profile_fit(estimator, X, y, **fit_params):
    """Fit an estimator and measure how much time it spends in each phase.

    A second thread samples about 2000 times a second which phase the compiled code is in. The fit
    itself is the same as without a profile. Compilation, fits that the estimator runs in other
    threads or processes, and work on a GPU (``device="cuda"``) are counted as Python.

    Parameters
    ----------
    estimator : estimator
        An `MLPClassifier` or `MLPRegressor`, or a pipeline or search that contains one. It is
        fitted in place.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    fit_params : keyword arguments
        Passed to the ``fit`` of the estimator, such as `sample_weight`.

    Returns
    -------
    profile : FitProfile
        Printed as a table. `seconds` is a dict from phase to seconds, with the sum `total`:
        ``"gather"`` (copying the rows of batches), ``"forward"``, ``"backward"`` and ``"gradient"``
        (matrix products), ``"activation"`` (activation functions and the loss), ``"update"`` (the
        solver), ``"waiting"`` (threads that wait for each other) and ``"python"`` (everything
        outside compiled code). `member_seconds` has such a dict for each thread.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier, profile_fit
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(tol=0.01, random_state=0)
    >>> profile = profile_fit(clf, X / 16, y)
    >>> sorted(profile.seconds)
    ['activation', 'backward', 'forward', 'gather', 'gradient', 'python', 'update', 'waiting']
    >>> abs(sum(profile.seconds.values()) - profile.total) < 1e-6
    True
    >>> print(profile)  # doctest: +SKIP
    """
    with Sampler() as sampler:
        estimator.fit(X, y, **fit_params)
    return FitProfile(sampler)

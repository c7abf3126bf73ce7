"""Say where the time of a fit went."""

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
    """Where the time of a fit went.

    Parameters
    ----------
    sampler : Sampler
        One that has ended.

    Attributes
    ----------
    seconds : dict of str to float
        Seconds by phase; they sum to `total`. What several threads did at the same time counts in
        equal shares.
    total : float
        Seconds that the fit took.
    member_seconds : list of dict of str to float
        Seconds by phase of each thread, the calling one first. Those of helpers sum to the time
        that they took part.
    n_samples : int
        Samples of compiled code. The share of a phase is sure to about ``1 / sqrt(n_samples)``.
    """

    def __init__(self, sampler):
        self.seconds, self.total = sampler.seconds(), sampler.total
        self.member_seconds, self.n_samples = sampler.member_seconds(), sampler.n_samples

    def table(self):
        """Return the phases with their times, the longest first.

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
    """Fit an estimator, and say where the time went.

    The compiled code always says what it is at, so the fit is the same as without a profile, and as
    fast but for the samples: another thread looks about 2000 times a second. Compiling, which the
    first fit on a machine does, counts as Python; so do fits that the estimator runs in other
    threads or processes, and whatever a GPU does (``device="cuda"``).

    Parameters
    ----------
    estimator : estimator
        An `MLPClassifier` or `MLPRegressor`, or a pipeline or search that fits one. It is fitted in
        place.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    fit_params : keyword arguments
        Of the estimator's ``fit``, such as `sample_weight`.

    Returns
    -------
    profile : FitProfile
        Prints as a table. Its `seconds` are a dict from phase to seconds, which sum to `total`, the
        duration of the fit: ``"gather"`` for rows and targets of batches, ``"forward"``,
        ``"backward"`` and ``"gradient"`` for the matrix products, ``"activation"`` for activations
        and the loss, ``"update"`` for the solver, ``"waiting"`` for members of the team, and
        ``"python"`` for everything outside compiled code. `member_seconds` has such a dict for each
        thread.

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

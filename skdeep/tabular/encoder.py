"""The transformer for tables: its parameters, methods and fitted attributes."""

from functools import cache, partial
from numbers import Integral

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_consistent_length,
    check_is_fitted,
)

from skdeep.estimators.fitted.versions import Versioned
from skdeep.tabular import encoding_fit
from skdeep.tabular.column_kinds import check_families, infinite_dropped, kinds_of, listed_columns
from skdeep.tabular.compact import encode, encode_densely
from skdeep.tabular.encoding_plan import EncodingPlan
from skdeep.tabular.naming import dense_names
from skdeep.tabular.numbers import refuse_infinite
from skdeep.tabular.reading.frames import column_names, read_table
from skdeep.tabular.target_statistics import read_target

_PRECISIONS = ("float32", "float64", np.float32, np.float64)


class TabularEncoder(TransformerMixin, Versioned):
    """Encode a table of numbers and categories for neural networks.

    It accepts pandas, polars and pyarrow data frames and arrays with numbers, strings, booleans and
    categories, and with missing values in any column.

    - Numeric columns are scaled by their median and interquartile range and clipped smoothly to the
      range from -3 to 3. Missing values are replaced by the median; if there were missing values in
      `fit`, an indicator column of 0 and 1 is added.
    - Numeric columns with more than two distinct values also have a piecewise-linear encoding. For
      each bin it is 0 below the bin, 1 above it and linear in between, minus its mean in `fit`. The
      edges of the bins are quantiles, or all distinct values if there are few. Frequent values are
      edges themselves, and the remaining edges divide the remaining rows.
    - Categorical columns are one-hot encoded, or encoded as 1 and -1 if there are two levels.
      Missing values are a level. Rare values, and values that did not occur in `fit`, are encoded
      as 0 in all columns.
    - Categorical columns with more than `max_categories` levels have one-hot columns for the most
      frequent levels only. If `y` is given, the mean of the target for each level (target encoding)
      is added as a numeric column.
    - Constant columns are dropped.

    Parameters
    ----------
    n_bins : int or "auto", default="auto"
        Number of bins of a numeric column, from 2 to 250; frequent values can add a few more.
        "auto" is 384 divided by the number of columns with more than two distinct numbers, at least
        8 and at most 48, but no more than a third of the square root of the number of rows, unless
        that is below 32.
    strategy : {"quantile", "tree"}, default="quantile"
        How the edges of bins are chosen: quantiles of the column, or thresholds of a decision tree
        that predicts `y` from the column.
    categorical_features : "from_dtype", None or array-like, default="from_dtype"
        Numeric columns to treat as categories: names, indices, or a boolean mask. Columns with
        strings, booleans and categorical dtypes are always categories; "from_dtype" and None add no
        others.
    min_frequency : int or "auto", default="auto"
        Minimum number of rows with a value for it to be a level of a category. "auto" is 5, or
        1/200 of the rows if that is less, but at least 2.
    max_categories : int, default=64
        Maximum number of levels of a category that have one-hot columns.
    target_type : {"auto", "classification", "regression"}, default="auto"
        Type of `y`, which is used for categories with more levels than `max_categories` and for
        edges of trees. "auto" treats integers as classes, as
        `sklearn.utils.multiclass.type_of_target` does.
    subsample : int or None, default=200_000
        Maximum number of rows used to compute medians, quantiles, trees and means of the
        piecewise-linear encoding; larger tables are subsampled at random. If None, all rows are
        used. Missing values, minima, maxima and counts of categories are always those of all rows.
    dtype : {numpy.float32, numpy.float64}, default=numpy.float32
        Dtype of the encoding.
    n_threads : int or None, default=None
        Maximum number of threads used by `fit` and `transform`. If None, all cores that the process
        may use. The results are identical for any number of threads.
    random_state : int, RandomState instance or None, default=None
        Determines the rows of `subsample` and the folds of target statistics.

    Attributes
    ----------
    column_kinds_ : list of str
        Kind of each column of X: "number", "category", or "dropped" if it is constant or none of
        its values is frequent enough.
    categories_ : dict of int to list
        Levels of the categories by the index of their column in X, the most frequent first; None
        stands for missing values. Levels after the first `max_categories` have target statistics
        only.
    n_bins_ : int
        Number of bins of a numeric column.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has names that are all strings.

    See Also
    --------
    sklearn.preprocessing.KBinsDiscretizer : Bins without the relative position within them.
    sklearn.preprocessing.TargetEncoder : Target statistics for all categories.

    Notes
    -----
    As with `sklearn.preprocessing.TargetEncoder`, ``fit_transform(X, y)`` differs from ``fit(X,
    y).transform(X)`` in the columns of target statistics: each row is encoded with means over the
    rows of other folds, so that its own target does not leak into its features. Use `fit_transform`
    for training, as pipelines do.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import TabularEncoder
    >>> X = np.array([[1.0, "red"], [2.0, "blue"], [np.nan, "red"], [4.0, "blue"]], dtype=object)
    >>> encoder = TabularEncoder()
    >>> encoder.fit_transform(X).round(2)
    array([[-0.65,  0.  , -1.  , -0.75, -0.25],
           [ 0.  ,  0.  ,  1.  ,  0.25, -0.25],
           [ 0.  ,  1.  , -1.  ,  0.25, -0.25],
           [ 1.22,  0.  ,  1.  ,  0.25,  0.75]], dtype=float32)
    >>> encoder.get_feature_names_out()
    array(['x0', 'x0_missing', 'x1_blue', 'x0_bin1', 'x0_bin2'], dtype=object)
    >>> encoder.column_kinds_
    ['number', 'category']
    """

    _parameter_constraints: dict = {
        "n_bins": [StrOptions({"auto"}), Interval(Integral, 2, 250, closed="both")],
        "strategy": [StrOptions({"quantile", "tree"})],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "min_frequency": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_categories": [Interval(Integral, 2, 65_535, closed="both")],
        "target_type": [StrOptions({"auto", "classification", "regression"})],
        "subsample": [Interval(Integral, 2, None, closed="left"), None],
        "dtype": [Options(object, set(_PRECISIONS) | {np.dtype("f4"), np.dtype("f8")})],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_bins="auto",
        *,
        strategy="quantile",
        categorical_features="from_dtype",
        min_frequency="auto",
        max_categories=64,
        target_type="auto",
        subsample=200_000,
        dtype=np.float32,
        n_threads=None,
        random_state=None,
    ):
        self.n_bins = n_bins
        self.strategy = strategy
        self.categorical_features = categorical_features
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.target_type = target_type
        self.subsample = subsample
        self.dtype = dtype
        self.n_threads = n_threads
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the scales, bins, levels and target statistics of a table.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The targets.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError, TypeError
            If the table cannot be encoded.
        """
        self._fit(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Fit the encoder and return the encoding, with cross-fitted target statistics.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The targets.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The encoding.

        Raises
        ------
        ValueError, TypeError
            If the table cannot be encoded.
        """
        table, means = self._fit(X, y)
        return encode_densely(self._plan, table, self.dtype, self.n_threads, means)

    def transform(self, X):
        """Return the encoding of a table.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table, with the columns that it had in `fit`.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
            The encoding.

        Raises
        ------
        ValueError, TypeError
            If columns differ from those of `fit` or contain infinite numbers.
        """
        return encode_densely(self._plan_of(), self._read(X), self.dtype, self.n_threads)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of the encoding.

        Scaled numbers have the name of their column. Other names consist of the name of the column
        and ``_missing``, ``_<level>``, ``_target`` or ``_bin<t>``.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of X. If None, those of `fit`, or "x0", "x1" and so on.

        Returns
        -------
        feature_names_out : ndarray of str
            The names.
        """
        plan = self._plan_of()
        names = _check_feature_names_in(self, input_features)
        return np.array(dense_names(plan, names), dtype=object)

    def _fit(self, X, y):
        """Fit; return the table, and the cross-fitted target statistics of its rows."""
        before = dict(vars(self))
        try:
            table = read_table(self, X, reset=True)
            self._plan, means = self._fit_plan(table, column_names(X), y)
            self._describe()
        except BaseException:
            self.__dict__ = before
            raise
        return table, means

    def _fit_plan(self, table, names, y):
        if table.n_rows < 2:
            raise ValueError("Found array with 1 sample(s) while a minimum of 2 is required.")
        listed = listed_columns(self.categorical_features, names, len(table.columns))
        kinds = kinds_of(table, listed)
        if y is not None:
            check_consistent_length(np.empty(table.n_rows), y)
        elif self.strategy == "tree":
            raise ValueError("strategy='tree' requires y to be passed, but the target y is None.")
        target = None if y is None else cache(partial(read_target, y, self.target_type))
        options = encoding_fit.Options(
            self.n_bins,
            self.strategy == "tree",
            self.min_frequency,
            self.max_categories,
            self.subsample,
        )
        return encoding_fit.fit_plan(
            table, kinds, target, options, check_random_state(self.random_state)
        )

    def _describe(self):
        """Set the attributes that say what was fitted."""
        plan = self._plan
        self.column_kinds_ = list(plan.kinds)
        self.n_bins_ = plan.n_bins
        self.categories_ = {
            place: list(category.values)
            for place, category in zip(plan.category_columns, plan.categories, strict=True)
        }

    def _plan_of(self):
        check_is_fitted(self)
        return self._plan

    def _read(self, X):
        """Return a table whose columns are as in `fit`."""
        table = read_table(self, X, reset=False)
        check_families(table, self._plan.families)
        refuse_infinite(infinite_dropped(table, self._plan.kinds))
        return table

    def _encode(self, X):
        """Return the compact form of a table, an `EncodedTable`; its layout is that of `_plan`."""
        plan = self._plan_of()
        return encode(plan, self._read(X), self.dtype, self.n_threads)

    def _fit_encode(self, X, y=None):
        """Fit, and return the compact form with cross-fitted target statistics."""
        self._validate_params()
        table, means = self._fit(X, y)
        return encode(self._plan, table, self.dtype, self.n_threads, means)

    def __getstate__(self):
        state = super().__getstate__()
        if "_plan" in state:
            derived = "column_kinds_", "categories_", "n_bins_"
            state = {name: value for name, value in state.items() if name not in derived}
            state["_plan"] = self._plan.to_plain()
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "_plan"):
            self._plan = EncodingPlan.from_plain(self._plan)
            self._describe()

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_plan")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = self.strategy == "tree"
        tags.transformer_tags.preserves_dtype = []
        return tags

"""The estimators that are compared, with their defaults."""

import importlib.util

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from skdeep import TabularClassifier, TabularRegressor


def _skdeep(is_classification, seed):
    cls = TabularClassifier if is_classification else TabularRegressor
    return cls(random_state=seed)


def _hist_gradient_boosting(is_classification, seed):
    cls = HistGradientBoostingClassifier if is_classification else HistGradientBoostingRegressor
    return cls(random_state=seed)


def _lightgbm(is_classification, seed):
    from lightgbm import LGBMClassifier, LGBMRegressor

    cls = LGBMClassifier if is_classification else LGBMRegressor
    return cls(random_state=seed, verbose=-1)


def _catboost(is_classification, seed):
    from catboost import CatBoostClassifier, CatBoostRegressor

    cls = CatBoostClassifier if is_classification else CatBoostRegressor
    return _AsStrings(cls(random_seed=seed, verbose=False, allow_writing_files=False))


def _realmlp(is_classification, seed):
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    cls = RealMLP_TD_Classifier if is_classification else RealMLP_TD_Regressor
    return cls(random_state=seed, device="cpu")


class _AsStrings:
    """CatBoost, which takes categories as strings that are never missing."""

    def __init__(self, estimator):
        self.estimator = estimator

    def _text(self, X):
        X = X.copy()
        for column in self.categories:
            X[column] = X[column].astype(object).where(X[column].notna(), "").astype(str)
        return X

    def fit(self, X, y):
        self.categories = [c for c in X.columns if X[c].dtype == "category"]
        self.estimator.fit(self._text(X), y, cat_features=self.categories)
        return self

    def predict(self, X):
        return self.estimator.predict(self._text(X)).ravel()

    def predict_proba(self, X):
        return self.estimator.predict_proba(self._text(X))


#: Name -> function of whether there are classes, and of a seed; and the package that it needs.
RIVALS = {
    "skdeep": (_skdeep, "skdeep"),
    "hist_gradient_boosting": (_hist_gradient_boosting, "sklearn"),
    "lightgbm": (_lightgbm, "lightgbm"),
    "catboost": (_catboost, "catboost"),
    "realmlp": (_realmlp, "pytabkit"),
}


def installed():
    """Return the names of the estimators whose packages are installed."""
    return [name for name, (_, package) in RIVALS.items() if importlib.util.find_spec(package)]

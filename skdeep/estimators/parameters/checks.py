"""Checks of the parameters of an estimator, without what every fit would repeat."""

import functools
import inspect

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import validate_parameter_constraints

from skdeep.estimators.parameters.strings import refuse_parameters_of_strings


@functools.lru_cache(maxsize=64)
def _defaults(cls):
    """Return the default values of a class's parameters by their names."""
    parameters = inspect.signature(cls.__init__).parameters
    return {name: parameters[name].default for name in cls._get_param_names()}


class CheckedEstimator(BaseEstimator):
    """An estimator that checks its parameters, but for those left at their defaults.

    Of some fifty parameters, users set a few; to look at all of them would be a fifth of the time
    of a small fit.
    """

    def set_params(self, **params):
        """Set the parameters of this estimator.

        Parameters
        ----------
        **params : dict
            Values by the names that `get_params` gives; ``solver__rho`` is the parameter ``rho`` of
            an object that is the parameter ``solver``.

        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            If there is no parameter of a name.
        """
        refuse_parameters_of_strings(self, params)
        return super().set_params(**params)

    def _validate_params(self):
        defaults = _defaults(type(self))
        given = {name: getattr(self, name) for name in defaults}
        changed = {name: v for name, v in given.items() if v is not defaults[name]}
        validate_parameter_constraints(
            self._parameter_constraints, changed, caller_name=type(self).__name__
        )

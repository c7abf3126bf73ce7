"""What the parameters of an estimator mean: one frozen `Recipe`, and the rules that they obey."""

from skdeep.recipe.making import make_recipe
from skdeep.recipe.recipe import Recipe

__all__ = ["Recipe", "make_recipe"]

"""Handle unseen categories in tables
==================================

New shops open, and new products come. A level of a category that ``fit`` has not seen is no error:
the prediction goes by the other columns. Which rows have one can be told.

Run it with ``python examples/unseen_categories.py``; it takes less than a minute and draws
unseen_categories.png. The table is made up: sales by shop, product and price. Each shop and each
product has its own level of sales, and the newest ones are in the rows to predict alone.

- A level that ``fit`` has not seen, or only in few rows, is none: its columns are all 0, so that
  the prediction is that of no shop in particular. It is not the prediction for a missing value, if
  there were missing values to learn from: these are a level.
- Predictions for such rows are worse, as less is known of them, but better than those for a known
  shop that is taken instead.
- ``encoder_.categories_`` has the levels that are known: with them, rows that are new can be told
  apart before anybody relies on their predictions.

Look at the errors by what is new.
"""

import argparse
from pathlib import Path

import numpy as np

from skdeep import TabularRegressor

N_SHOPS, N_PRODUCTS = 30, 60
#: Those from these on are new.
FIRST_NEW_SHOP, FIRST_NEW_PRODUCT = 24, 50


def make_table(n_rows, seed, with_new):
    """Return sales.

    Parameters
    ----------
    n_rows, seed : int
    with_new : bool
        Whether there are new shops and products among them.

    Returns
    -------
    X : ndarray of shape (n_rows, 3), object
        Shop, product, price.
    y : ndarray of shape (n_rows,)
    """
    levels, rng = np.random.default_rng(7), np.random.default_rng(seed)
    of_shops, of_products = levels.normal(0, 10, N_SHOPS), levels.normal(0, 6, N_PRODUCTS)
    shop = rng.integers(N_SHOPS if with_new else FIRST_NEW_SHOP, size=n_rows)
    product = rng.integers(N_PRODUCTS if with_new else FIRST_NEW_PRODUCT, size=n_rows)
    price = rng.gamma(4.0, 2.0, n_rows)
    y = 60 + of_shops[shop] + of_products[product] - 12 * np.sqrt(price)
    y += rng.normal(0, 2, n_rows)
    X = np.empty((n_rows, 3), dtype=object)
    X[:, 0] = [f"shop {k}" for k in shop]
    X[:, 1] = [f"product {k}" for k in product]
    X[:, 2] = price
    return X, y


def is_new(encoder, X):
    """Return which cells of categories hold levels that an encoder does not know.

    Parameters
    ----------
    encoder : TabularEncoder
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    new : dict of int to ndarray of shape (n_rows,), bool
        By the places of the columns.
    """
    return {
        place: ~np.isin(X[:, place].astype(str), [str(level) for level in levels])
        for place, levels in encoder.categories_.items()
    }


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, errors):
    """Draw the errors of rows by what is new in them."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    ax = figure.subplots()
    ax.boxplot(list(errors.values()), showfliers=False)
    ax.set_xticks(np.arange(1, 1 + len(errors)), list(errors))
    ax.set(title="errors of predicted sales, by what is new", ylabel="absolute error")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the errors to {path}")


def main(arguments=None):
    """Fit to the old shops and products, predict for new ones, and conclude."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("unseen_categories.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer sales and epochs")
    options = parser.parse_args(arguments)
    X, y = make_table(2500 if options.quick else 6000, seed=0, with_new=False)
    X_test, y_test = make_table(6000, seed=1, with_new=True)
    model = TabularRegressor(
        n_ensemble=4, max_iter=25 if options.quick else 40, tree_features=False, random_state=0
    ).fit(X, y)
    new = is_new(model.encoder_, X_test)
    shop, product = new[0], new[1]
    error = np.abs(model.predict(X_test) - y_test)
    guessed = X_test.copy()
    guessed[shop, 0] = np.random.default_rng(2).choice(X[:, 0], shop.sum())
    error_of_guess = np.abs(model.predict(guessed) - y_test)
    errors = {
        "nothing": error[~shop & ~product],
        "product": error[~shop & product],
        "shop": error[shop & ~product],
        "shop, another one taken": error_of_guess[shop & ~product],
        "both": error[shop & product],
    }
    print(f"{len(X)} sales to train on, of {len(X_test)} others by what is new in them:\n")
    print(f"{'':<26}rows     mean error")
    for name, own in errors.items():
        print(f"{name:<26}{len(own):<9}{own.mean():.2f}")
    means = {name: own.mean() for name, own in errors.items()}
    print()
    number = X_test[:, 0].astype(str)
    truly_new = np.array([int(name.split()[1]) >= FIRST_NEW_SHOP for name in number])
    conclude("the levels that are known tell which rows are new", np.array_equal(shop, truly_new))
    conclude("predictions for what is known are good", means["nothing"] < 3)
    conclude(
        "what is new costs, a shop more than a product",
        means["nothing"] < means["product"] < means["shop"],
    )
    conclude(
        "no shop in particular is better than another one",
        means["shop"] < means["shop, another one taken"],
    )
    draw(options.output, errors)


if __name__ == "__main__":
    main()

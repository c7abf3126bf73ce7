"""Rewrite dates with a sequence-to-sequence transformer
=====================================================

People write dates in many ways: ``7 March 1987``, ``March 7, 1987``, ``Mar 7 1987``, ``7.3.87``.
A network is to learn from pairs of strings to write all of them as ``1987-03-07``.

Run it with ``python examples/dates.py``; it takes less than a minute and draws dates.png.

- `SequenceToSequence` is a transformer (Vaswani et al., "Attention is all you need", NeurIPS 2017).
  The encoder reads the characters of the source, and the decoder writes those of the target, one
  after the other, until it writes the end.
- The source has no fixed places: the year comes last, but the month may be a name, a short name or
  a number, before or behind the day. The decoder looks for what it needs by cross-attention.
- Of two digits of a year the network has to find out which century they stand for.

The picture shows what the decoder reads where it writes each character.
"""

import argparse
import datetime
import re
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import SequenceToSequence

MONTHS = (
    "January February March April May June July August September October November December"
).split()
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)


def write(date, form):
    """Return a date in one of four forms."""
    month = MONTHS[date.month - 1]
    return (
        f"{date.day} {month} {date.year}",
        f"{month} {date.day}, {date.year}",
        f"{month[:3]} {date.day} {date.year}",
        f"{date.day}.{date.month}.{date.year % 100:02d}",
    )[form]


def make_dates(n_dates, seed):
    """Return dates in one of the forms each, and as ISO 8601 has them.

    Parameters
    ----------
    n_dates, seed : int

    Returns
    -------
    X, y : list of str
    """
    rng = np.random.default_rng(seed)
    days = rng.permutation(np.arange(FIRST.toordinal(), LAST.toordinal() + 1))[:n_dates]
    dates = [datetime.date.fromordinal(int(day)) for day in days]
    forms = rng.integers(4, size=n_dates)
    return [write(*each) for each in zip(dates, forms, strict=True)], [
        date.isoformat() for date in dates
    ]


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def share_of_names(sources, maps):
    """Return how much of its attention the decoder gives to the month where it writes it.

    Of the sources that have a name of the month: the mean share of the letters of the name, over
    heads and the two digits of the month, and how many of the characters these letters are.
    """
    shares, sizes = [], []
    for source, each in zip(sources, maps, strict=True):
        name = re.search("[A-Za-z]+", source)
        if name:
            shares.append(each[-1, :, 5:7, slice(*name.span())].sum(axis=-1).mean())
            sizes.append(len(name.group()) / len(source))
    return np.mean(shares), np.mean(sizes)


def draw(path, sources, targets, maps):
    """Draw how much the decoder reads each character of some sources."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(9, 8), layout="constrained")
    panels = figure.subplots(2, 2).flat
    for ax, source, target, each in zip(panels, sources, targets, maps, strict=True):
        image = ax.imshow(each[-1].mean(axis=0), vmin=0, vmax=1, cmap="viridis", aspect="auto")
        ax.set_xticks(range(len(source)), list(source))
        ax.set_yticks(range(len(target) + 1), [*target, "end"])
        ax.set(xlabel="read", ylabel="written", title=f"{source}: {target}")
    figure.colorbar(image, ax=figure.axes, label="share, the mean over heads")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the attention to {path}")


def main(arguments=None):
    """Fit the network, write dates that it has not seen, and look where it reads."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("dates.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer new dates")
    options = parser.parse_args(arguments)
    n_new = 300 if options.quick else 2000

    X, y = make_dates(4000 + n_new, seed=0)  # no day twice
    new_X, new_y, X, y = X[4000:], y[4000:], X[:4000], y[:4000]
    model = SequenceToSequence(
        dim=32,
        units=64,
        n_encoder_layers=1,
        n_decoder_layers=1,
        learning_rate_init=0.005,
        learning_rate="onecycle",
        batch_size=50,
        max_iter=12,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is trained for 12 epochs
        model.fit(X, y)
    print(f"{len(X)} dates to learn from, {n_new} others to write\n")
    print(f"{'date':<22}{'written':<14}right")
    for source, target, right in zip(new_X[:8], model.predict(new_X[:8]), new_y, strict=False):
        print(f"{source:<22}{target:<14}{'yes' if target == right else right}")
    score = model.score(new_X, new_y)
    maps = model.attention(new_X[:200])
    share, size = share_of_names(new_X[:200], maps)
    print(f"\nexact: {score:.4f} of the new dates")
    print(f"attention to the name of the month, where its number is written: {share:.2f}")
    print(f"characters that belong to the name: {size:.2f}\n")
    conclude("more than 0.95 of new dates are written without a mistake", score > 0.95)
    conclude("the decoder looks at the name of the month to write its number", share > size + 0.2)
    chosen = [next(k for k, x in enumerate(new_X) if re.search(p, x)) for p in FORMS]
    shown = [new_X[k] for k in chosen]
    draw(options.output, shown, model.predict(shown), model.attention(shown))


#: One date of each form is drawn.
FORMS = r"^\d+ [A-Z]\w{5}", r"^[A-Z]\w{5}.*,", r"^[A-Z]\w\w \d+ ", r"\."


if __name__ == "__main__":
    main()

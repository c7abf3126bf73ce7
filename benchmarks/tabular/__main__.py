"""Score `TabularClassifier` and `TabularRegressor` beside gradient boosting, without tuning.

Every estimator has its defaults and all cores. Each is fitted once before the clock starts, so that
compilation is not in the figures.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.peers import package_version
from benchmarks.tabular.rivals import RIVALS, installed
from benchmarks.tabular.scores import averaged, mean_ranks, scores_of
from benchmarks.tabular.tables import Split, own_tables, split, tables_of


def parse_arguments(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    parser.add_argument("folder", nargs="?", help="with tables; scikit-learn's own without")
    parser.add_argument("--tables", nargs="*", help="their names; all without")
    parser.add_argument("--splits", type=int, default=3, help="how many, 3 unless told")
    parser.add_argument("--estimators", nargs="*", choices=RIVALS)
    parser.add_argument("--columns", type=int, default=200, help="leave out wider tables")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")
    return parser.parse_args(arguments)


def measure(name, found, is_classification, seed):
    """Fit an estimator to a split; return its scores and its times.

    Parameters
    ----------
    name : str
    found : Split
    is_classification : bool
    seed : int

    Returns
    -------
    row : dict of str to float
    """
    make, _ = RIVALS[name]
    estimator = make(is_classification, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wall, cpu = time.perf_counter(), time.process_time()
        estimator.fit(found.X, found.y)
        fitted = time.perf_counter() - wall, time.process_time() - cpu
        wall = time.perf_counter()
        scores = scores_of(estimator, found, is_classification)
        predicted = time.perf_counter() - wall
    return {**scores, "fit_s": fitted[0], "fit_cpu_s": fitted[1], "predict_s": predicted}


def warm(names, table):
    """Fit each estimator to some rows of a table before the clock starts."""
    found = split(table, 0)
    few = Split(*(part[:300] for part in found))
    for name in names:
        try:
            measure(name, few, table.is_classification, 0)
        except Exception:  # what fails here is told of where it is measured
            continue


def line(table, name, row):
    """Return a line of the printed table."""
    auc = f"{row['auc']:.4f}" if np.isfinite(row.get("auc", np.nan)) else "-"
    return (
        f"{table:<26}{name:<24}{row['score']:>9.4f}{row['loss']:>11.4g}{auc:>9}"
        f"{row['fit_s']:>9.2f}{row['fit_cpu_s']:>9.2f}{row['predict_s']:>9.3f}"
    )


def run(loaders, names, n_splits, most_columns, say):
    """Measure all estimators on all tables; return one row for each split."""
    rows, warmed = [], set()
    say(
        f"{'table':<26}{'estimator':<24}{'score':>9}{'loss':>11}{'AUC':>9}"
        f"{'fit s':>9}{'CPU s':>9}{'pred. s':>9}"
    )
    for load in loaders.values():
        table = load()
        if table is None or table.X.shape[1] > most_columns:
            continue
        if table.is_classification not in warmed:
            warmed.add(table.is_classification)
            warm(names, table)
        for seed in range(n_splits):
            found = split(table, seed)
            for name in names:
                try:
                    row = measure(name, found, table.is_classification, seed)
                except Exception as error:
                    say(f"{table.name}: {name} is left out: {type(error).__name__}: {error}"[:200])
                    continue
                rows.append({"table": table.name, "estimator": name, "split": seed, **row})
        means = averaged([row for row in rows if row["table"] == table.name])
        for (_, name), row in means.items():
            say(line(table.name, name, row))
    return rows


def summary(rows, names):
    """Return lines with mean ranks and ratios of times."""
    means, lines = averaged(rows), []
    names = [name for name in names if any(name == found for _, found in means)]
    for by in ("score", "loss"):
        ranks, n_tables = mean_ranks(means, names, by)
        found = ", ".join(f"{name} {rank:.2f}" for name, rank in ranks.items())
        lines.append(f"mean rank by {by} over {n_tables} tables: {found}")
    for name in names:
        both = [table for table, found in means if found == name and (table, "skdeep") in means]
        if name != "skdeep" and both:
            ratios = {
                key: np.exp(
                    np.mean([np.log(means[t, "skdeep"][key] / means[t, name][key]) for t in both])
                )
                for key in ("fit_s", "fit_cpu_s")
            }
            lines.append(
                f"skdeep / {name}: {ratios['fit_s']:.1f} times the wall time, "
                f"{ratios['fit_cpu_s']:.1f} times the CPU time (geometric means)"
            )
    return lines


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    options = parse_arguments(arguments)
    loaders = tables_of(options.folder) if options.folder else own_tables()
    unknown = set(options.tables or ()) - set(loaders)
    if unknown:
        raise SystemExit(f"no tables {sorted(unknown)}; there are {sorted(loaders)}")
    loaders = {n: load for n, load in loaders.items() if not options.tables or n in options.tables}
    names = options.estimators or installed()
    say = report.Log(f"tables, means of {options.splits} splits, compilation excluded")
    rows = run(loaders, names, options.splits, options.columns, say)
    if not rows:
        raise SystemExit("nothing has been measured")
    for text in summary(rows, names):
        say(text)
    versions = (f"{RIVALS[name][1]} {package_version(RIVALS[name][1])}" for name in names)
    say(f"{report.cpu_model()}; {', '.join(versions)}")
    say.close(options.output / "tabular.txt")
    columns = dict.fromkeys(key for row in rows for key in row)
    report.write_rows(
        options.output / "tabular.csv", [{key: row.get(key, "") for key in columns} for row in rows]
    )
    return rows


if __name__ == "__main__":
    main()

"""Names of the columns of a dense encoding."""


def dense_names(plan, names):
    """Return the names of the columns of a dense encoding.

    Parameters
    ----------
    plan : EncodingPlan
    names : sequence of str
        Of the columns of X.

    Returns
    -------
    dense_names : list of str
        All different.
    """
    numbers = [names[place] for place in plan.number_columns]
    for statistic in plan.statistics:
        column = names[plan.category_columns[statistic.category]]
        numbers += [f"{column}_target{output}" for output in statistic.names]
    scaling, starts = plan.scaling, plan.scaling.starts
    found = [name for name, at in zip(numbers, scaling.number_at, strict=True) if at >= 0]
    found += [
        f"{name}_missing" for name, at in zip(numbers, scaling.indicator_at, strict=True) if at >= 0
    ]
    for place, category in zip(plan.category_columns, plan.categories, strict=True):
        levels = category.values[: category.n_levels]
        shown = levels[:1] if len(levels) == 2 else levels
        found += [f"{names[place]}_{'missing' if v is None else v}" for v in shown]
    for name, at in zip(numbers, scaling.bins_at, strict=True):
        if at >= 0:
            found += [f"{name}_bin{t}" for t in range(1, starts[at + 1] - starts[at] + 1)]
    return _without_doubles(found)


def _without_doubles(names):
    """Return the names, with a number behind those that another column has: 'a', then 'a_2'."""
    taken, different = set(names), []
    used = set()
    for name in names:
        own, number = name, 2
        while own in used or (number > 2 and own in taken):
            own, number = f"{name}_{number}", number + 1
        used.add(own)
        different.append(own)
    return different

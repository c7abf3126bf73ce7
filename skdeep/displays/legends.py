"""Legends and ticks that displays share."""

import weakref

#: Maximum number of columns of a legend below the axes.
MOST_COLUMNS = 4
#: What identifies a legend of a figure as one of ours.
BELOW = "skdeep: below the axes"
#: Names and colours, and kinds of lines, that displays have drawn on axes.
_drawn = weakref.WeakKeyDictionary()


def legend_below(figure, handles, labels):
    """Put a legend below the axes of a figure, in as many columns as there is room for.

    Parameters
    ----------
    figure : matplotlib Figure
        With the layout "constrained", which makes room.
    handles : list of matplotlib Artist
    labels : list of str

    Returns
    -------
    legend : matplotlib Legend
    """
    for n_columns in range(min(len(labels), MOST_COLUMNS), 0, -1):
        style = {"loc": "outside lower center", "ncols": n_columns, "fontsize": "small"}
        legend = figure.legend(handles, labels, **style)
        if n_columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            break
        legend.remove()
    legend.set_gid(BELOW)
    return legend


def compact_legend(display, names, kinds):
    """Make a legend with one entry for each name, in its colour, and one for each kind of line.

    Displays on the same axes share it.

    Parameters
    ----------
    display : object
        With `ax_`, `score_ax_` and `figure_`.
    names : dict of str to color
    kinds : dict of str to dict
        The style of the lines of each kind.

    Returns
    -------
    legend : matplotlib Legend
    """
    import matplotlib as mpl
    from matplotlib.lines import Line2D

    before = _drawn.setdefault(display.ax_, ({}, {}))
    before[0].update(names)
    before[1].update(kinds)
    ink = mpl.rcParams["text.color"]
    entries = [(Line2D([], [], color=color), name) for name, color in before[0].items()]
    for kind, style in before[1].items():
        entries.append((Line2D([], [], **{"color": ink, **style}), kind))
    handles, labels = map(list, zip(*entries, strict=True))
    below = [each for each in display.figure_.legends if each.get_gid() == BELOW]
    if display.is_new_ or below:
        for each in below:
            each.remove()
        return legend_below(display.figure_, handles, labels)
    if display.ax_.get_legend() is not None:
        display.ax_.get_legend().remove()  # of an earlier display on the same axes
    return display.score_ax_.legend(handles, labels, fontsize="small")


def is_dark(ax):
    """Return whether the background of axes is dark.

    Parameters
    ----------
    ax : matplotlib Axes

    Returns
    -------
    dark : bool
    """
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(ax.get_facecolor())
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5


def use_plain_numbers(axis):
    """Write the numbers of a logarithmic scale out, as 0.3 instead of a power of ten.

    Parameters
    ----------
    axis : matplotlib Axis
    """
    from matplotlib.ticker import LogFormatter

    class Plain(LogFormatter):
        """Writes numbers where matplotlib would."""

        def __call__(self, x, pos=None):
            return f"{x:g}" if super().__call__(x, pos) else ""

    if axis.get_scale() == "log":
        axis.set_major_formatter(Plain())
        axis.set_minor_formatter(Plain(minor_thresholds=(1.0, 0.4)))
    elif axis.get_scale() == "symlog":
        axis.set_major_formatter("{x:g}")

"""Networks drawn on axes: as boxes for layers, or as neurons and their connections."""

import math

import numpy as np

#: Colours that light and dark figures both show.
FACES = {"input": "#9ecae1", "hidden": "#fdd0a2", "output": "#a1d99b", "auxiliary": "#dadaeb"}
INK = "#222222"
#: Width of a box; the boxes are 1 apart. Heights are counted in lines of text.
WIDTH = 0.76
#: Points of the curve of a connection that passes over layers.
CURVE = np.linspace(0, 1, 21)


def size_of_layers(layers):
    """Return the width and height of a figure in which the boxes have room for their words.

    Parameters
    ----------
    layers : sequence of LayerDescription

    Returns
    -------
    size : tuple of float
        In inches.
    """
    places, height = _places(layers)
    xs = [x for x, _ in places.values()]
    low, high = _limits(layers, places, height)
    return min(60.0, max(4.8, 1.75 * (np.ptp(xs) + 1.2))), max(2.4, 0.17 * (high - low) + 0.5)


def draw_layers(ax, layers):
    """Draw a box for each layer and an arrow for all that it reads.

    Parameters
    ----------
    ax : matplotlib Axes
    layers : sequence of LayerDescription

    Returns
    -------
    boxes : list of matplotlib FancyBboxPatch
    arrows : list of matplotlib FancyArrowPatch
    """
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    places, height = _places(layers)
    boxes, arrows = [], []
    xs = [x for x, _ in places.values()]
    ax.set(xlim=(min(xs) - 0.6, max(xs) + 0.6), ylim=_limits(layers, places, height))
    size = _size_of_words(ax, [word for layer in layers for word in _words(layer)], height)
    for layer in layers:
        x, y = places[layer.name]
        look = {"fc": FACES[layer.name.partition(" ")[0]], "ec": INK, "zorder": 2}
        rounded = {"boxstyle": "round,pad=0,rounding_size=0.08", "mutation_aspect": height / WIDTH}
        box = FancyBboxPatch((x - WIDTH / 2, y - height / 2), WIDTH, height, **rounded, **look)
        boxes.append(ax.add_patch(box))
        words = "\n".join(_words(layer))
        ax.text(x, y, words, ha="center", va="center", fontsize=size, color=INK)
        for source in layer.reads:
            way = _way(places[source], (x, y), height)
            arrows.append(ax.add_patch(FancyArrowPatch(**way)))
    return boxes, arrows


def _size_of_words(ax, words, height):
    """Return the size, in points, at which the longest line fits into a box, at most that of small.

    A character is about 0.6 times as wide as it is high.
    """
    from matplotlib.font_manager import FontProperties

    box, points = ax.get_window_extent(), 72 / ax.figure.dpi
    width = box.width * points * WIDTH / np.ptp(ax.get_xlim())
    tall = box.height * points * height / np.ptp(ax.get_ylim())
    fitting = min(width / (0.6 * max(map(len, words))), tall / (1.2 * height))
    return max(2.0, min(FontProperties(size="small").get_size_in_points(), fitting))


def _places(layers):
    """Return where the boxes are, auxiliary outputs below the others, and their height."""
    height = max(len(_words(layer)) for layer in layers) + 1.0
    main = [layer.name for layer in layers if not layer.name.startswith("auxiliary")]
    places = {name: (float(x), 0.0) for x, name in enumerate(main)}
    for layer in layers:
        if layer.name not in places:
            places[layer.name] = places[layer.reads[0]][0] + 0.5, -height - 2.0
    return places, height


def _limits(layers, places, height):
    """Return the lowest and the highest place that is drawn on."""
    spans = [places[layer.name][0] - places[s][0] for layer in layers for s in layer.reads]
    lowest = min(y for _, y in places.values()) - height / 2 - 1
    return lowest, height / 2 + 1 + (2.2 * max(spans) if max(spans) > 1 else 0)


def _words(layer):
    """Return the lines of a box."""
    kind = {"input": "feature", "hidden": "unit"}.get(layer.name.partition(" ")[0], "output")
    words = [layer.name, f"{layer.size()} {kind}{'' if layer.n_units == 1 else 's'}"]
    words += [layer.activation or "", *layer.notes]
    if layer.reads:
        count = "?" if layer.n_parameters is None else f"{layer.n_parameters:,}"
        words.append(f"{count} parameters")
    return [word for word in words if word]


def _way(start, end, height):
    """Return what makes the arrow from one box to another: straight to the next, over others."""
    style = {"arrowstyle": "-|>", "mutation_scale": 12, "color": "gray", "zorder": 1}
    (x0, y0), (x1, y1) = start, end
    if y1 < y0:
        ends = (x0, y0 - height / 2), (x1, y1 + height / 2)
    elif x1 - x0 <= 1:
        ends = (x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1)
    else:
        ends = (x0, y0 + height / 2), (x1, y1 + height / 2)
        style["connectionstyle"] = "arc3,rad=-0.25"
    return {"posA": ends[0], "posB": ends[1], "shrinkA": 0, "shrinkB": 0, **style}


def draw_neurons(ax, layers, weights, max_units, cmap):
    """Draw neurons and their connections.

    Parameters
    ----------
    ax : matplotlib Axes
    layers : sequence of LayerDescription
        Without auxiliary outputs.
    weights : list of array of shape (n_inputs, n_units)
        NaN where there is no connection.
    max_units : int
        Most neurons of a layer that are drawn.
    cmap : str or matplotlib Colormap

    Returns
    -------
    neurons : list of matplotlib PathCollection
        One for each layer.
    edges : matplotlib LineCollection
    """
    sizes = [len(weights[0]), *(part.shape[1] for part in weights)]
    shown = [_shown(size, max_units) for size in sizes]
    heights = [_heights(size, len(units)) for size, units in zip(sizes, shown, strict=True)]
    edges = _edges(ax, weights, sizes, (shown, heights), cmap)
    neurons = []
    most = max(map(len, shown))
    area = min(260.0, 3000.0 / most)
    for x, (layer, units, ys) in enumerate(zip(layers, shown, heights, strict=True)):
        face = FACES[layer.name.partition(" ")[0]]
        style = {"s": area, "color": face, "edgecolors": INK, "zorder": 3}
        neurons.append(ax.scatter(np.full(len(ys), x), ys, **style))
        if len(units) < sizes[x]:
            ax.text(x, 0, "⋮", ha="center", va="center", fontsize="x-large")
        _label(ax, layer, (x, len(layers) - 1, math.sqrt(area) / 2 + 2), units, ys)
        top = (most - 1) / 2 + 1.0
        what = [layer.name, layer.activation or ""]
        if len(units) < sizes[x]:
            what.insert(1, f"{sizes[x]:,}")
        ax.text(x, top, "\n".join(filter(None, what)), ha="center", va="bottom", fontsize="small")
    ax.set(xlim=(-0.6, len(layers) - 0.4), ylim=(-most / 2 - 0.6, most / 2 + 1.6 + most / 8))
    return neurons, edges


def _label(ax, layer, column, units, ys):
    """Write the names of neurons that have some: beside inputs and outputs, below others."""
    x, last, radius = column
    if layer.units is None or len(layer.units) <= max(units):
        return
    sides = {0: ("right", "center", -radius, 0), last: ("left", "center", radius, 0)}
    ha, va, right, up = sides.get(x, ("center", "top", 0, -radius))
    where = {"xytext": (right, up), "textcoords": "offset points", "ha": ha, "va": va}
    for unit, y in zip(units, ys, strict=True):
        ax.annotate(layer.units[unit], (x, y), fontsize="x-small", zorder=4, **where)


def _shown(size, most):
    """Return the neurons of a layer that are drawn: the first and the last ones."""
    if size <= most:
        return list(range(size))
    half = most // 2
    return [*range(half), *range(size - half, size)]


def _heights(size, n_shown):
    """Return the places of neurons in their column, with a gap where some are left out."""
    ys = (n_shown - 1) / 2 - np.arange(n_shown, dtype=float)
    if n_shown < size:
        ys += np.where(np.arange(n_shown) < n_shown / 2, 0.5, -0.5)
    return ys


def _edges(ax, weights, sizes, columns, cmap):
    """Draw the connections between the neurons that are drawn."""
    import matplotlib as mpl
    from matplotlib.collections import LineCollection

    shown, heights = columns
    lines, values = [], []
    for layer, part in enumerate(weights):
        first = 0 if len(part) != sizes[layer] else layer
        start = 0
        for source in range(first, layer + 1):
            rows = part[start : start + sizes[source]]
            start += sizes[source]
            for i, y0 in zip(shown[source], heights[source], strict=True):
                for j, y1 in zip(shown[layer + 1], heights[layer + 1], strict=True):
                    if not math.isnan(rows[i, j]):
                        lines.append(_curve((source, y0), (layer + 1, y1)))
                        values.append(rows[i, j])
    values = np.array(values)
    limit = np.abs(values).max(initial=0.0)
    share = np.abs(values) / limit if limit > 0 else np.full(len(values), 0.5)
    shades = np.full((len(values), 4), 0.5)
    if limit > 0:
        colours = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
        shades = colours(np.where(values < 0, 0.1, 0.9))
    shades[:, 3] = 0.15 + 0.85 * share
    collection = LineCollection(lines, colors=shades, linewidths=0.4 + 1.6 * share, zorder=1)
    return ax.add_collection(collection)


def _curve(start, end):
    """Return the line from one neuron to another; over layers between them, a curve."""
    (x0, y0), (x1, y1) = start, end
    if x1 - x0 <= 1:
        return np.array([start, end], dtype=float)
    bump = 0.35 * (x1 - x0) * 4 * CURVE * (1 - CURVE) / 2
    return np.stack([x0 + CURVE * (x1 - x0), y0 + CURVE * (y1 - y0) + bump], axis=1)

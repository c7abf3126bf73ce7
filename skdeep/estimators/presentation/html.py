"""A network as HTML, for notebooks: no scripts, no other resources, colours of the page."""

from html import escape

from skdeep.estimators.presentation.description import (
    COLUMNS,
    NUMERIC,
    describe_network,
    network_layers,
)

#: More layers than this are folded into a line.
MOST_LAYERS = 40
#: Colours are those of the text around, so that light and dark pages both show them.
STYLE = (
    "<style>.skdeep-network{margin:.3em .5em;font-family:monospace;color:inherit}"
    ".skdeep-network summary{cursor:pointer}"
    ".skdeep-network table{border-collapse:collapse;margin:.3em 0;color:inherit;"
    "background:transparent}"
    ".skdeep-network caption{text-align:left;position:absolute;width:1px;height:1px;"
    "overflow:hidden;clip-path:inset(100%)}"
    ".skdeep-network th,.skdeep-network td{padding:.1em .7em;text-align:left;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 30%,transparent)}"
    ".skdeep-network .number{text-align:right}</style>"
)


class InHTML:
    """Describes the layers of a network: as text, and in scikit-learn's HTML of its parameters.

    A mixin of the estimators. The diagrams of pipelines and searches ask every estimator for its
    parameters, so the layers appear there as well.
    """

    _describe_layers = network_layers

    def summary(self):
        """Describe the network layer by layer: output shapes, activations, numbers of parameters.

        Returns
        -------
        description : skdeep.displays.NetworkDescription
            Prints as a table; `layers` holds a record for each layer and `n_parameters` is their
            total. An estimator that is not fitted is described as far as its parameters tell.

        Raises
        ------
        ValueError
            If the estimator is not fitted and its parameters make no network.

        See Also
        --------
        skdeep.displays.describe_network : The same as a function.
        """
        return describe_network(self)

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        try:
            description = describe_network(self)
        except Exception:  # attributes changed by hand: what is shown of an object must not raise
            return params
        if description.fitted:
            network, params_html = network_html(description), params._html_repr
            params._html_repr = lambda: network + params_html()
        return params


def network_html(description):
    """Return a network as a table that can be folded.

    Parameters
    ----------
    description : NetworkDescription

    Returns
    -------
    html : str
    """
    title = escape(description.title())
    rows = description.rows()
    left_out = len(rows) - MOST_LAYERS
    if left_out > 0:
        middle = f"{left_out} more layers"
        rows = [
            *rows[: MOST_LAYERS // 2],
            (middle, *[""] * (len(COLUMNS) - 1)),
            *rows[-(MOST_LAYERS // 2) :],
        ]
    shown = [i for i, name in enumerate(COLUMNS) if name != "notes" or any(row[i] for row in rows)]
    head = "".join(f'<th scope="col"{_class(COLUMNS[i])}>{escape(COLUMNS[i])}</th>' for i in shown)
    body = "".join(f"<tr>{_cells(row, shown)}</tr>" for row in rows)
    return (
        f'{STYLE}<details class="skdeep-network" open><summary>{title}</summary>'
        f"<table><caption>Layers of the network</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></details>"
    )


def _class(name):
    return ' class="number"' if name in NUMERIC else ""


def _cells(row, shown):
    first, *others = shown
    cells = "".join(f"<td{_class(COLUMNS[i])}>{escape(row[i])}</td>" for i in others)
    return f'<th scope="row">{escape(row[first])}</th>{cells}'

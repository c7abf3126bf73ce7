"""What regularisation asks of the data and the parameters of a fit."""

import numpy as np

from skdeep.estimators import regularisation
from skdeep.estimators.parameters import HEADS
from skdeep.network.layout import make_layout, parameter_views

#: Attributes that only some networks have.
OF_SOME = "connectivity_", *HEADS


class Regularised:
    """Prepares the regularisation of a fit. A mixin of the estimators."""

    def _connect(self, graph, units):
        """Set which weights of a new network are connections, where a graph says so."""
        for name in OF_SOME:  # of an earlier fit
            vars(self).pop(name, None)
        if graph is not None:
            names = getattr(self, "feature_names_in_", None)
            self.connectivity_ = graph.masks(units[0], names, units[-1])

    def _check_same_network(self, choices):
        """Check that the parameters still ask for the network that training is to go on with."""
        units = list(map(int, self._units()))
        same = units[1:-1] == choices.sizes and self._structure == choices.structure
        if same and choices.graph is not None:
            names = getattr(self, "feature_names_in_", None)
            masks = choices.graph.masks(units[0], names, units[-1])
            same = all(map(np.array_equal, masks, self.connectivity_))
        if not same:
            raise ValueError(
                "Training goes on with the fitted network: hidden_layer_sizes, batch_norm, "
                "skip_connections, graph and auxiliary_outputs cannot be changed for that."
            )

    def _connections(self):
        """Return which weights of every layer are connections; None where all are."""
        return None if self._structure.activations is None else self.connectivity_

    def _masks(self, architecture):
        """Return 0 for every weight that is no connection, 1 for all other parameters, or None."""
        connections = self._connections()
        if connections is None:
            return None
        layout = make_layout(*architecture)
        masks = np.ones(layout.n_parameters)
        for view, mask in zip(parameter_views(layout, masks)[0], connections, strict=True):
            view[:] = mask
        return masks

    def _regularisation(self, choices):
        """Return the regularisation of the fitted network."""
        return choices.regularisation._replace(masks=self._fitted_masks())

    def _fitted_masks(self):
        """Return the masks of the fitted network, or None."""
        return self._masks(self._architecture(self._units()))

    def _augmented(self, run, data):
        """Let `augment` make the rows that training is to begin with."""
        if run.augment is None:
            return run, data
        make = run.augment(run.rows, int(run.random_state.randint(regularisation.MOST_SEEDS)))
        data = make(0)
        in_order = not run.shuffled
        return run._replace(augment=make, rows=np.arange(len(run.rows)), in_order=in_order), data

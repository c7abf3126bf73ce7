"""What a network does that reads sequences of tokens and writes others."""

import functools

import numpy as np
from sklearn.utils import check_consistent_length

from skdeep.estimators.inputs.step_values import StepValues
from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.estimators.sequence_to_sequence import encoder_decoder
from skdeep.estimators.sequence_to_sequence.decoding import search
from skdeep.estimators.sequence_to_sequence.encoder_decoder import END, Sizes
from skdeep.estimators.sequence_to_sequence.vocabulary import (
    codes_of,
    find_tokens,
    read_sequences,
)
from skdeep.estimators.targets.classes import ClassTargets
from skdeep.estimators.targets.labels import fit_binarizer_quickly
from skdeep.estimators.targets.step_targets import StepTargets
from skdeep.layers import CrossAttention
from skdeep.layers.attention._dot_product import check_heads, shares_of
from skdeep.network.parts import first_operations, operations_behind
from skdeep.network.stack import connect, make_stack

#: Parameters of other networks that these do not have, and what stands for them.
NOT_OFFERED = {
    "loss": "log_loss",
    "out_activation": "auto",
    "augment": None,
    "auxiliary_weight": 0.3,
    "batch_norm": False,
    "class_weight": None,
    "device": "cpu",
    "dropconnect": 0.0,
    "init_from": None,
    "input_dropout": 0.0,
    "input_noise": 0.0,
    "input_shape": None,
    "mask_value": None,
    "max_fun": 15000,
    "max_norm": None,
    "record_gradient_norms": False,
    "tol_gradient": None,
    "weight_norm": False,
}
#: What stands for the sizes of a network before there is one.
UNKNOWN = Sizes(1, 1, 1, 3)
#: Fewest codes of targets: of two classes, a network would have one output.
LEAST_CODES = 3
#: Steps of the shortest decoder.
LEAST_STEPS = 4
#: Most numbers that the encoder or the decoder gives for the sources that are decoded together.
MOST_NUMBERS = 1 << 23


class Translation(LayeredNetwork):
    """Base class of `SequenceToSequence`, which is to be used instead."""

    _layer_lists = ()
    _kept_in_training = (
        "dim, heads, units, activation, n_encoder_layers, n_decoder_layers and learned_positions "
        "cannot be changed for that."
    )
    input_shape = mask_value = augment = init_from = max_norm = class_weight = None
    loss, out_activation, device = "log_loss", "auto", "cpu"
    batch_norm = weight_norm = record_gradient_norms = False
    dropconnect = input_dropout = input_noise = 0.0

    # --- the network

    def _parameters(self):
        parameters = super()._parameters()
        vars(parameters).update(NOT_OFFERED)
        parameters.layers = self._layer_list()
        return parameters

    def _sizes(self):
        """Return what the layers follow from beside the parameters."""
        if "target_tokens_" not in vars(self):
            return UNKNOWN
        return Sizes(
            self.max_source_length_,
            self.max_target_length_ + 1,
            len(self.source_tokens_),
            max(LEAST_CODES, len(self.target_tokens_) + 1),
        )

    def _layer_list(self):
        check_heads(self.heads, self.dim)
        return encoder_decoder.all_layers(self, self._sizes())

    def _stack(self, pairs, n_outputs, activation):
        masks = encoder_decoder.masks(self._sizes())
        return make_stack(pairs, self.input_shape_, n_outputs, activation, masks=masks)

    def _facts(self):
        return [*super()._facts(), self.max_source_length_, self.max_target_length_]

    def _targets(self):
        n_codes = self._sizes().n_target_codes
        codes = np.arange(n_codes)
        options = "log_loss", self.label_smoothing, None, n_codes, "softmax"
        targets = ClassTargets(fit_binarizer_quickly(codes), codes, *options)
        return StepTargets(targets, self.max_target_length_ + 1)

    # --- the sequences

    def _find_tokens(self, X, y):
        """Set the attributes that say what tokens and how many of them there are."""
        sources, targets = read_sequences(X, "X", least=1), read_sequences(y, "y")
        check_consistent_length(sources.tokens, targets.tokens)
        self.source_tokens_ = find_tokens(sources.tokens)
        self.target_tokens_ = find_tokens(targets.tokens)
        self.target_kind_ = targets.kind
        self.max_source_length_ = max(map(len, sources.tokens))
        self.max_target_length_ = max(map(len, targets.tokens))

    def _codes_of_sources(self, X):
        sources = read_sequences(X, "X", least=1).tokens
        _check_lengths(sources, self.max_source_length_, "X")
        return codes_of(sources, self.source_tokens_, "X")

    def _codes_of_targets(self, y, n_samples):
        """Return the codes of the tokens of targets, without the end."""
        targets = read_sequences(y, "y").tokens
        check_consistent_length(range(n_samples), targets)
        _check_lengths(targets, self.max_target_length_, "y")
        return codes_of(targets, self.target_tokens_, "y", first=END + 1)

    def _rows(self, sources, targets):
        """Return the rows that the network reads to tell the next code of every target."""
        begun = [[END, *codes] for codes in targets]
        return encoder_decoder.rows_of(sources, begun, self._sizes())

    def _validate_input(self, X, y, incremental, reset):
        sources = self._codes_of_sources(X)
        targets = self._codes_of_targets(y, len(sources))
        rows, steps = self._rows(sources, targets), self._sizes().target_length
        if reset:
            self.input_shape_, self.n_output_steps_ = (rows.shape[1],), steps
            self.masked_, self.mask_value_ = False, None
        known = np.arange(steps) <= np.array([len(codes) for codes in targets])[:, np.newaxis]
        values = np.array([code for codes in targets for code in (*codes, END)])
        y = StepValues(values, known).in_place(self._targets().of_step.indicate(values))
        return rows, y

    def _encode(self, X, y):
        return self._validate_input(X, y, incremental=True, reset=False)

    # --- predictions

    def _predicted_codes(self, sources):
        """Return the codes of the targets that a search finds for sources."""
        encoder, engine = self._part("encoder"), self._engine(fitting=False)
        rows, found = self._rows(sources, [[]] * len(sources)), []
        sizes = self._sizes()
        n_numbers = max(encoder.layout.n_outputs, sizes.target_length * sizes.n_target_codes)
        together = max(1, MOST_NUMBERS // (n_numbers * self.n_beams))
        step = _Step(functools.cache(self._part), engine, sizes, len(self.target_tokens_))
        for begin in range(0, len(rows), together):
            some = rows[begin : begin + together]
            memory = engine.predict(encoder.layout, encoder.vector, some)
            step.read = np.hstack([memory, some[:, -self.max_source_length_ :]])
            options = self.n_beams, self._most_tokens(), self.length_penalty, END
            found += search(step, len(some), *options)
        return found

    def _part(self, which):
        """Return a part of the network: the "encoder", or the decoder of so many steps."""
        network, sizes = self._flat_network(), self._sizes()
        given = network.architecture.given
        known = vars(self).get("_search_stacks")
        if known is None or known[0] is not network.architecture:
            known = self._search_stacks = network.architecture, {}
        stacks = known[1]
        if which not in stacks and which == "encoder":
            stacks[which] = encoder_decoder.encoder_stack(self._given_layers(), sizes)
        elif which not in stacks:
            arguments = self._given_layers(), sizes, given[-1], which
            stacks[which] = encoder_decoder.decoder_stack(*arguments)
        n_before = 0 if which == "encoder" else len(given) - len(stacks[which].given)
        return operations_behind(network, n_before, stacks[which])

    def _most_tokens(self):
        """Return how many tokens a prediction may have."""
        if self.max_length is None:
            return self.max_target_length_
        if self.max_length > self.max_target_length_:
            raise ValueError(
                f"max_length={self.max_length} is more than the {self.max_target_length_} tokens "
                "of the longest target of the fit, for which the network knows positions."
            )
        return self.max_length

    def _maps(self, sources, targets):
        """Return how much steps of targets read those of sources: an array for every layer.

        Returns
        -------
        maps : list of ndarray of shape (n_samples, heads, target steps, source steps)
        """
        sizes, network = self._sizes(), self._flat_network()
        rows, engine = self._rows(sources, targets), self._engine(fitting=False)
        seen = rows[:, -sizes.source_length :] != 0
        masks = encoder_decoder.masks(sizes)
        layers, _ = connect(self._given_layers(), self.input_shape_, masks=masks)
        maps, n_before = [], 0
        for each in layers:
            if isinstance(each.wire.layer, CrossAttention):
                outputs = []
                for n_operations in (n_before + 1, n_before + 2):
                    part = first_operations(network, n_operations)
                    given = engine.predict(part.layout, part.vector, rows)
                    outputs.append(
                        given.reshape(len(rows), *part.architecture.given[-1].output_shape)
                    )
                queries, keys = outputs[0], np.split(outputs[1], 2, axis=-1)[0]
                maps.append(shares_of(queries, keys, int(each.wire.layer.heads), seen))
            n_before += len(each.operations)
        return maps

    # --- what there is not

    def _export_form(self):
        raise ValueError(
            f"{type(self).__name__} cannot be exported: its predictions are a search, which is no "
            "part of the network."
        )

    def _source_form(self):
        return self._export_form()

    def _validate_rows(self, X):
        sources = self._codes_of_sources(X)
        return self._rows(sources, [[]] * len(sources))

    def _check_solver(self):
        raise AttributeError("partial_fit is not available: set warm_start to train on.")

    @property
    def make_predictor(self):
        """Not available: predictions are a search."""
        raise AttributeError(f"make_predictor is not available for {type(self).__name__}.")

    def _accepted_formats(self, wires):
        return False


class _Step:
    """Gives the probabilities of the next code.

    Parameters
    ----------
    decoder_of : callable
        ``decoder_of(n_steps)`` returns the decoder of so many steps, as a network.
    engine : module or object
    sizes : Sizes
    n_tokens : int
        Of targets.

    Attributes
    ----------
    read : ndarray of shape (n_sources, n_columns)
        What the encoder gives for every source, and the mask of the source.
    """

    def __init__(self, decoder_of, engine, sizes, n_tokens):
        self.decoder_of, self.engine, self.n_codes = decoder_of, engine, n_tokens + 1
        self.most_steps, self.read = sizes.target_length, None

    def __call__(self, sources, codes):
        """Return the probabilities of the next code: see `search`."""
        n_rows, n_steps = codes.shape
        # Few decoders serve all steps: none of them reads a later step.
        steps = min(max(LEAST_STEPS, 1 << (n_steps - 1).bit_length()), self.most_steps)
        begun = np.full((n_rows, steps), END, dtype=self.read.dtype)
        begun[:, :n_steps] = codes
        decoder = self.decoder_of(steps)
        rows = np.hstack([self.read[sources], begun])
        outputs = self.engine.predict(decoder.layout, decoder.vector, rows)
        return outputs.reshape(n_rows, steps, -1)[:, n_steps - 1, : self.n_codes]


def _check_lengths(sequences, most, name):
    """Check that the network knows the positions of all tokens."""
    for place, tokens in enumerate(sequences):
        if len(tokens) > most:
            raise ValueError(
                f"{name}[{place}] has {len(tokens)} tokens, but the longest sequence of {name} in "
                f"the fit had {most}, and the network knows no more positions."
            )

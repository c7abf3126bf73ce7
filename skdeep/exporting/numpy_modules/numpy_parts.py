"""What layers in NumPy have in common; modules of predictions hold copies of what they need."""

import numpy as np


def padded(array, axis, window, number, before):
    """Return an array with zeros before and behind an axis, as far as windows reach.

    A window is its size, the stride from one to the next, and the dilation.
    """
    size, stride, dilation = window
    reach = (number - 1) * stride + dilation * (size - 1) + 1
    pads = [(0, 0)] * array.ndim
    pads[axis] = before, max(0, reach - before - array.shape[axis])
    return np.pad(array, pads)


def places_read(i, window, number):
    """Return what the windows of an axis read at their place `i`."""
    _, stride, dilation = window
    return slice(i * dilation, i * dilation + (number - 1) * stride + 1, stride)


def windows_of_images(layer, read):
    """Return, for every pixel of a window, what all windows of a pooling read there."""
    height, width, channels, *axes = layer.settings
    (high, wide), (down, across), (rows, columns) = (axes[i : i + 2] for i in (0, 2, 4))
    images = read.reshape(-1, height, width, channels)
    return [
        images[:, places_read(i, (high, down, 1), rows)][
            :, :, places_read(j, (wide, across, 1), columns)
        ]
        for i in range(high)
        for j in range(wide)
    ]


def seen_steps(layer, reads, source, place, steps):
    """Return which steps are not masked, as an array of bool of shape (n_samples, steps)."""
    if place < 0:
        return np.ones((len(reads[0]), steps), dtype=bool)
    return reads[layer.sources.index(source)][:, place : place + steps] != 0


def through_steps(layer, reads, cell, n_states):
    """Return the states of a recurrent layer after the last step, or after every step.

    ``cell(x, states)`` returns the states after a step.
    """
    steps, channels, units, gives_sequences, is_reversed, _, source, place = layer.settings[:8]
    seen = seen_steps(layer, reads, source, place, steps)
    read = reads[0][:, : steps * channels].reshape(-1, steps, channels)
    x = np.where(seen[:, :, None], read, 0)
    states = n_states * (np.zeros((len(x), units), dtype=x.dtype),)
    outputs = np.empty((len(x), steps, units), dtype=x.dtype)
    for t in reversed(range(steps)) if is_reversed else range(steps):
        pairs = zip(cell(x[:, t], states), states, strict=True)
        states = tuple(np.where(seen[:, t, None], new, old) for new, old in pairs)
        outputs[:, t] = states[0]
    return outputs if gives_sequences else states[0]

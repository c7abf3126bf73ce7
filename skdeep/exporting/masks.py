"""Masks of steps, which exported models do not have."""


def refuse_masks(layer, place):
    """Refuse to export a layer that leaves masked steps out.

    Parameters
    ----------
    layer : ExportedLayer
    place : int
        Of the mask in the features; -1 without one.

    Raises
    ------
    ValueError
        If there is a mask.
    """
    if place >= 0:
        raise ValueError(
            f"{layer.title} reads steps that can be masked, and exported models have no masks: fit "
            "the network to sequences of one length, without mask_value."
        )

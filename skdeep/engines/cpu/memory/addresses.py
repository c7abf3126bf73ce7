"""Addresses of arrays, which tasks consist of."""

from ctypes import addressof, c_char


def address_of(array):
    """Return the address of the first element of an array.

    A prediction of one row asks for several. NumPy's own ways take three times as long, so they are
    left to arrays that do not show their memory: read-only and empty ones.

    Parameters
    ----------
    array : C-ordered array

    Returns
    -------
    address : int
    """
    if array.size and array.flags.writeable:
        return addressof(c_char.from_buffer(array))
    return array.__array_interface__["data"][0]

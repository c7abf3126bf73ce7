"""Files of checkpoints: a zip archive of arrays in NumPy's format, and a header in JSON.

Nothing in them is executed when they are read.
"""

import contextlib
import io
import json
import os
import zipfile

import numpy as np

FORMAT, VERSION = "skdeep checkpoint", 1
HEADER, SUFFIX = "header.json", ".npy"


def write(path, header, arrays):
    """Write a file, in one step: whatever happens, `path` is the old file or the new one.

    Parameters
    ----------
    path : pathlib.Path
    header : dict
        What JSON can hold.
    arrays : dict of str to array

    Raises
    ------
    OSError
        If it cannot be written. An old file is still there.
    """
    part = path.with_name(f"{path.name}.part")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(HEADER, json.dumps({"format": FORMAT, "version": VERSION, **header}))
        for name, array in arrays.items():
            with archive.open(name + SUFFIX, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    try:
        with open(part, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def read(path):
    """Read a file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    header : dict
    arrays : dict of str to array

    Raises
    ------
    ValueError
        If it is no checkpoint, or a damaged one.
    OSError
        If it cannot be read.
    """
    content = path.read_bytes()
    try:
        return _parse(content)
    except Exception as error:  # whatever a foreign or damaged file makes of the parsers
        raise ValueError(f"{path} is no checkpoint of skdeep, or damaged: {error}") from error


def _parse(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # Whole members, so that their checksums are compared.
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members.pop(HEADER).decode("utf-8"))
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        raise ValueError(f"format {header.get('format')!r}, version {header.get('version')!r}")
    arrays = {}
    for name, member in members.items():
        stream = io.BytesIO(member)
        arrays[name.removesuffix(SUFFIX)] = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):
            raise ValueError(f"{name} is longer than its array")
    return header, arrays

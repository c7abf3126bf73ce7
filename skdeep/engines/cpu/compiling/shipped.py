"""Compiled kernels that come with the package, in the place of compiling them on this machine.

A wheel holds the machine code of common fits and predictions for some *levels*: sets of features
that many processors have. Where the running processor has those of a level, that code is loaded
as Numba loads what its cache holds, and Numba's front end is not entered.

The name of a file is a hash of everything that its code depends on: the sources, the versions of
Numba and LLVM, Python's bytecode, the level, the function, what it closes over and the types of its
arguments. Code of other sources or of another Numba is therefore not found, and no setting of Numba
is changed for it.
"""

import functools
import hashlib
import os
import pathlib
import pickle
import platform
import sys
from typing import NamedTuple

import llvmlite
import numba
import numpy as np
from llvmlite import binding as llvm
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from skdeep.engines.cache import read_checked, write_checked
from skdeep.engines.cpu.compiling import telling

#: Where a wheel has its kernels, in a folder for each level.
FOLDER = pathlib.Path(__file__).parents[3] / "_kernels"


class Level(NamedTuple):
    """A set of features that many processors have.

    Attributes
    ----------
    name : str
        LLVM's name of a processor that has no others.
    machines : tuple of str
        What `platform.machine` may say.
    features : frozenset of str
        LLVM's names.
    """

    name: str
    machines: tuple
    features: frozenset


#: Beside what all 64-bit processors of the kind have, which LLVM does not always report.
_V3 = frozenset(
    "avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sahf sse3 sse4.1 sse4.2 ssse3 xsave".split()
)
_V4 = _V3 | set("avx512bw avx512cd avx512dq avx512f avx512vl".split())
_X86, _ARM = ("x86_64", "AMD64"), ("aarch64", "arm64", "ARM64")
#: The levels of all processors, the best of each kind first.
LEVELS = (
    Level("x86-64-v4", _X86, _V4),
    Level("x86-64-v3", _X86, _V3),
    Level("generic", _ARM, frozenset(("neon",))),
)


def levels_of_machine():
    """Return the levels of this kind of machine, whether or not its processor has them.

    Returns
    -------
    levels : list of Level
    """
    return [level for level in LEVELS if platform.machine() in level.machines]


def _enabled(features):
    """Return the names of the features that LLVM's notation, ``+avx,-sse4a``, switches on."""
    return {name[1:] for name in features.split(",") if name.startswith("+")}


def _vectors(features):
    """Return what decides about the width of vectors (`microkernel.vector_bits`)."""
    return "avx512f" in features, "avx" in features


@functools.cache
def level_of(features):
    """Return the level whose kernels a processor should run.

    Parameters
    ----------
    features : str
        Of the processor, in LLVM's notation.

    Returns
    -------
    level : Level or None
        None if it has not all features of any, or if its vectors are wider than those of the level.
    """
    enabled = _enabled(features)
    for level in levels_of_machine():
        if level.features <= enabled and _vectors(level.features) == _vectors(enabled):
            return level
    return None


@functools.cache
def _stamp(source_stamp, level):
    """Return a hash of what the code of all functions depends on."""
    parts = (
        source_stamp.hex(),
        numba.__version__,
        llvmlite.__version__,
        llvm.llvm_version_info,
        np.__version__.split(".")[0],
        sys.implementation.cache_tag,
        sys.platform,
        platform.machine(),
        level,
    )
    return hashlib.sha256(repr(parts).encode()).digest()


def file_name(function, signature, stamp):
    """Return the name of the file that holds the code of a function.

    Parameters
    ----------
    function : callable
    signature : Numba signature
    stamp : bytes

    Returns
    -------
    name : str
    """
    cells = tuple(cell.cell_contents for cell in function.__closure__ or ())
    name = f"{function.__module__}.{function.__qualname__}"
    parts = (stamp, name.encode(), str(signature).encode(), function.__code__.co_code, dumps(cells))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:32]


class ShippedCache:
    """The cache of a function that looks into the package's kernels first.

    Parameters
    ----------
    function : callable
    cache : SafeCache or Uncached
        Where else to look, and where to save what is compiled.
    stamp : bytes
        Of the sources.
    long : bool, default=False
        Whether the function takes more than a second to compile.
    """

    def __init__(self, function, cache, stamp, long=False):
        self._function, self._cache, self._source_stamp = function, cache, stamp
        self._long = long

    def __getattr__(self, name):
        return getattr(self._cache, name)

    def load_overload(self, signature, target_context):
        """Return compiled code, or None where there is none."""
        found = self._load_shipped(signature, target_context)
        if found is None:
            found = self._cache.load_overload(signature, target_context)
        if found is None:
            telling.note_begin(self._long)
        else:
            telling.note_loaded()
        return found

    def save_overload(self, signature, compiled):
        """Save what has been compiled."""
        telling.note_end()
        self._cache.save_overload(signature, compiled)

    def _load_shipped(self, signature, target_context):
        if not _levels_there():
            return None
        try:
            path = self._path(FOLDER, signature, target_context)
            content = None if path is None else read_checked(path)
            if content is None:
                return None
            target_context.refresh()
            return CompileResult._rebuild(target_context, *pickle.loads(content))
        except Exception:  # as with other caches: what cannot be used is compiled
            return None

    def _path(self, folder, signature, target_context):
        """Return the path that the code for this process has in a folder of kernels, or None."""
        level = level_of(target_context.codegen().magic_tuple()[2])
        if level is None:
            return None
        name = file_name(self._function, signature, _stamp(self._source_stamp, level.name))
        return os.path.join(folder, level.name, f"{name}.kernel")

    def ship(self, folder, signature, compiled):
        """Write compiled code to a folder of kernels.

        Parameters
        ----------
        folder : path
        signature : Numba signature
        compiled : CompileResult

        Raises
        ------
        RuntimeError
            If this process does not compile for any level, or the code is not as expected.
        """
        path = self._path(folder, signature, compiled.target_context)
        if path is None:
            raise RuntimeError("kernels are shipped for levels of processors only")
        (name, kind, (code, _)), *others = compiled._reduce()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_checked(path, dumps(((name, kind, (code, _names_only(compiled))), *others)))


def _names_only(compiled):
    """Return what stands in for the intermediate code of a function, half of its size.

    Numba keeps that for linking it into other functions, which nothing does with kernels, and looks
    there for the names of what can be called.
    """
    defined = {function.name for function in compiled.library.get_defined_functions()}
    names = defined.intersection(
        getattr(compiled.fndesc, f"llvm_{kind}_name")
        for kind in ("func", "cfunc_wrapper", "cpython_wrapper")
    )
    if len(names) < 2:
        raise RuntimeError(f"{compiled.fndesc.qualname} has no wrapper to be called by")
    lines = "\n".join(f'@"{name}" = global i8 0' for name in names)
    return llvm.parse_assembly(lines).as_bitcode()


@functools.cache
def _levels_there():
    """Return whether the package came with kernels."""
    return FOLDER.is_dir()


def is_used():
    """Return whether the package has kernels for the processor it runs on.

    Returns
    -------
    used : bool
    """
    level = level_of(cpu_target.target_context.codegen().magic_tuple()[2])
    return level is not None and (FOLDER / level.name).is_dir()

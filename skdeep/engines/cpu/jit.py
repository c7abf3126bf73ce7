"""How functions are compiled and cached, in one place."""

import functools
import hashlib
import pathlib
import warnings

import numba
from numba.core import types
from numba.core.caching import NullCache
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from skdeep.engines.cpu.linking import pipeline_options

#: The package's folder.
PACKAGE = pathlib.Path(__file__).parents[2]

#: Contraction lets the compiler fuse ``a * b + c``; nothing may reorder, so that results stay the
#: same. Kernels own no memory, so that nothing counts references: these are atomic operations, and
#: were most of the time of a small network.
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}, "_nrt": False}

#: Nothing is wrapped for calls from Python: kernels alone are called from there.
INNER_OPTIONS = {
    **_OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    **pipeline_options,
}

#: Formulas always become part of the loop that uses them, or it could not be vectorised.
FORMULA_OPTIONS = {**INNER_OPTIONS, "forceinline": True}

#: A function that kernels call: compiled into them, never cached by itself.
device = numba.njit(**INNER_OPTIONS)

#: A device function that becomes part of its callers' machine code: for what every update passes
#: through once or twice, where a call costs as much as the work of a tiny network.
merged = numba.njit(**FORMULA_OPTIONS)

#: A device function that is pasted into its caller instead of being compiled by itself.
inlined = numba.njit(**INNER_OPTIONS, inline="always")

#: A device function whose sums may be vectorised; their order depends on the length only.
reduction = numba.njit(**{**INNER_OPTIONS, "fastmath": {"contract", "reassoc", "nsz"}})


#: Options of a device function whose every operation is rounded as it is written: nothing is fused.
EXACT_OPTIONS = {**INNER_OPTIONS, "fastmath": False}

#: A device function of that kind.
exact = numba.njit(**EXACT_OPTIONS)


@functools.cache
def source_stamp():
    """Return a hash of the source of everything that compiled code can hold.

    Numba stamps a cached function with its own file only, although the compiled code holds the
    formulas and loops of many files. This stamp makes any change of them a cache miss.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    engines = PACKAGE / "engines"
    folders = (
        engines.glob("*.py"),
        (engines / "cpu").rglob("*.py"),
        PACKAGE.glob("formulas/**/*.py"),
    )
    for path in sorted(path for paths in folders for path in paths):
        digest.update(path.read_bytes())
    return digest.digest()


class _Cache:
    """A Numba cache that gives up with one warning where files cannot be read or written."""

    warned = False

    def __init__(self, cache):
        self._cache = cache

    def __getattr__(self, name):
        return getattr(self._cache, name)

    def load_overload(self, signature, target_context):
        """Return the cached function, or None where there is none that can be read."""
        try:
            return self._cache.load_overload(signature, target_context)
        except Exception:  # a truncated or foreign file is as good as none
            return None

    def save_overload(self, signature, data):
        """Save a compiled function if that is possible."""
        try:
            self._save(signature, data)
        except OSError as error:
            self.warn(error)

    def _save(self, signature, data):
        try:
            self._cache.save_overload(signature, data)
        except OSError:
            raise
        except Exception:  # the index on disk cannot be read: begin a new one
            self._cache.flush()
            self._cache.save_overload(signature, data)

    @classmethod
    def warn(cls, error):
        """Say once that compiled code cannot be kept."""
        if not cls.warned:
            cls.warned = True
            warnings.warn(
                f"skdeep cannot cache its compiled code ({error}); every process compiles anew. "
                "Set NUMBA_CACHE_DIR to a writable folder.",
                UserWarning,
                stacklevel=2,
            )


def _enable_cache(dispatcher):
    try:
        dispatcher.enable_caching()
        dispatcher._cache._cache_file._source_stamp = source_stamp()
    except (RuntimeError, OSError) as error:
        dispatcher._cache = _UncachedWithWarning(error)
    else:
        dispatcher._cache = _Cache(dispatcher._cache)


class _UncachedWithWarning(NullCache):
    """No cache; says so when a function is compiled, not at import."""

    def __init__(self, error):
        self._error = error

    def save_overload(self, sig, data):
        """Warn once instead of saving."""
        _Cache.warn(self._error)


@intrinsic
def _widen(typingctx):
    def codegen(context, builder, signature, arguments):
        # Beside the attributes that llvmlite knows, LLVM takes any pair of strings.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), codegen


def _do_nothing():
    return None


#: ``widen()``: let the loops of a function use the widest vectors, as products do anyhow; LLVM's
#: tuning for some processors prefers half of them.
widen = _do_nothing if numba.config.DISABLE_JIT else _widen


def compile_loop(function, signature):
    """Compile a function that kernels call by its address, and cache it on disk.

    Parameters
    ----------
    function : callable
        It may close over functions of modules and over types.
    signature : Numba signature

    Returns
    -------
    compiled : CFunc, or `function` itself under ``NUMBA_DISABLE_JIT=1``
    """
    if numba.config.DISABLE_JIT:
        return function
    options = {name: _OPTIONS[name] for name in ("error_model", "fastmath")}
    compiled = CFunc(function, (signature.args, signature.return_type), {}, options)
    _enable_cache(compiled)
    compiled.compile()
    return compiled


def kernel(function):
    """Compile a function that Python calls: without the GIL, and cached on disk.

    Parameters
    ----------
    function : callable
        A module-level function.

    Returns
    -------
    dispatcher : Numba dispatcher, or `function` itself under ``NUMBA_DISABLE_JIT=1``
    """
    dispatcher = numba.njit(**_OPTIONS, no_cfunc_wrapper=True)(function)
    if not numba.config.DISABLE_JIT:
        _enable_cache(dispatcher)
    return dispatcher

"""How functions are compiled and cached, in one place."""

import functools
import hashlib
import pathlib
import weakref

import numba
from numba.core import types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from skdeep.engines.cache import SafeCache, Uncached
from skdeep.engines.compilation import in_compiler_thread
from skdeep.engines.cpu.compiling.linking import inner_pipeline, kernel_pipeline
from skdeep.engines.cpu.compiling.shipped import ShippedCache

try:
    from numba._dispatcher import compute_fingerprint
except ImportError:

    def compute_fingerprint(arguments):
        """Return something that is the same for arguments of the same types."""
        return numba.typeof(arguments)


#: The package's folder.
PACKAGE = pathlib.Path(__file__).parents[3]

#: Contraction lets the compiler fuse ``a * b + c``; nothing may reorder, so that results stay the
#: same. Kernels own no memory, so that nothing counts references: these are atomic operations, and
#: were most of the time of a small network.
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}, "_nrt": False}

#: Nothing is wrapped for calls from Python: kernels alone are called from there.
INNER_OPTIONS = {
    **_OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    **inner_pipeline,
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


#: Kernel -> the types of arguments that it is compiled for.
_prepared = weakref.WeakKeyDictionary()


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


@functools.cache
def _stamp_of_file(path):
    """Return a hash of the engine's source and of a file, which may be elsewhere."""
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError:  # a prompt, or a file within an archive
        content = path.encode()
    return hashlib.sha256(source_stamp() + content).digest()


def _enable_cache(dispatcher, function, long=False):
    stamp = _stamp_of_file(function.__code__.co_filename)
    try:
        dispatcher.enable_caching()
        cache = SafeCache(dispatcher._cache, stamp)
    except (RuntimeError, OSError) as error:
        cache = Uncached(error)
    dispatcher._cache = ShippedCache(function, cache, stamp, long)


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
    return in_compiler_thread(_compile_loop, function, signature)


def _compile_loop(function, signature):
    options = {name: _OPTIONS[name] for name in ("error_model", "fastmath")}
    compiled = CFunc(
        function, (signature.args, signature.return_type), {}, options, **kernel_pipeline
    )
    _enable_cache(compiled, function)
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
    dispatcher = numba.njit(**_OPTIONS, **kernel_pipeline, no_cfunc_wrapper=True)(function)
    if not numba.config.DISABLE_JIT:
        _enable_cache(dispatcher, function, long=True)
        # What Numba calls for arguments of new types. Calls of compiled code do not pass here.
        dispatcher._compile_for_args = functools.partial(
            in_compiler_thread, dispatcher._compile_for_args
        )
    return dispatcher


def prepare(kernel, arguments):
    """Load or compile a kernel for some arguments, unless that has been done.

    Parameters
    ----------
    kernel : callable
        What `kernel` returned.
    arguments : tuple
        Of a call.
    """
    if numba.config.DISABLE_JIT:
        return
    kind, prepared = compute_fingerprint(arguments), _prepared.setdefault(kernel, set())
    if kind not in prepared:
        in_compiler_thread(kernel._compile_for_args, *arguments)
        prepared.add(kind)

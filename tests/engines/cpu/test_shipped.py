"""Kernels that come with the package: for which processors, and for which sources."""

import ctypes
import pathlib

import numba
import pytest
from numba import types
from numba.core.ccallback import CFunc
from numba.core.compiler_lock import global_compiler_lock

from skdeep.engines.cpu.compiling import jit, shipped
from skdeep.engines.cpu.compiling.shipped import LEVELS, ShippedCache, file_name, level_of

V4, V3, ARM = LEVELS
SIGNATURE = types.float64(types.float64)


def notation(names):
    """Return features as LLVM writes them."""
    return ",".join([*(f"+{name}" for name in names), "-amx-tile"])


@pytest.mark.parametrize(
    "machine, features, level",
    [
        ("x86_64", V4.features, V4),
        ("AMD64", V4.features | {"amx", "vaes"}, V4),
        ("x86_64", V3.features | {"sse4a"}, V3),
        ("x86_64", V3.features - {"fma"}, None),
        ("x86_64", {"sse2", "sse3"}, None),
        # products would be planned for wider vectors than those of the kernels
        ("x86_64", V3.features | {"avx512f", "avx512cd"}, None),
        ("aarch64", {"neon", "crc"}, ARM),
        ("arm64", {"neon"}, ARM),
        ("arm64", set(), None),
        ("riscv64", V4.features, None),
    ],
)
def test_levels_of_processors(machine, features, level, monkeypatch):
    monkeypatch.setattr(shipped.platform, "machine", lambda: machine)
    level_of.cache_clear()
    try:
        assert level_of(notation(features)) == level
    finally:
        level_of.cache_clear()


def make(factor):
    def scale(x):
        return factor * x

    return scale


def test_names_differ_with_all_that_code_depends_on():
    def other(x):
        return x + x

    both = types.float32(types.float32)
    names = [
        file_name(make(2.0), SIGNATURE, b"stamp"),
        file_name(make(3.0), SIGNATURE, b"stamp"),
        file_name(make(2.0), both, b"stamp"),
        file_name(make(2.0), SIGNATURE, b"another stamp"),
        file_name(other, SIGNATURE, b"stamp"),
    ]
    assert len(set(names)) == len(names)
    assert names[0] == file_name(make(2.0), SIGNATURE, b"stamp")


def test_stamps_differ_with_sources_and_versions(monkeypatch):
    stamps = {shipped._stamp(b"sources", "x86-64-v3"), shipped._stamp(b"others", "x86-64-v3")}
    stamps.add(shipped._stamp(b"sources", "x86-64-v4"))
    for module, version in ((numba, "0.0.1"), (shipped.llvmlite, "0.0.1"), (shipped.np, "9.0")):
        with monkeypatch.context() as patch:
            patch.setattr(module, "__version__", version)
            shipped._stamp.cache_clear()
            stamps.add(shipped._stamp(b"sources", "x86-64-v3"))
    shipped._stamp.cache_clear()
    assert len(stamps) == 6


def test_a_kernel_elsewhere_than_in_the_engine_depends_on_its_file(tmp_path):
    path = tmp_path / "elsewhere.py"
    path.write_text("one")
    first = jit._stamp_of_file(str(path))
    path.write_text("two")
    jit._stamp_of_file.cache_clear()
    assert jit._stamp_of_file(str(path)) != first
    assert jit._stamp_of_file("<prompt>") != jit._stamp_of_file("<another>")
    jit._stamp_of_file.cache_clear()


class Nowhere:
    """A cache that holds nothing."""

    def load_overload(self, signature, target_context):
        return None

    def save_overload(self, signature, compiled):
        self.saved = signature


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of kernels that holds `make(2.0)`, as the package's."""
    if level_of(CFunc._targetdescr.target_context.codegen().magic_tuple()[2]) is None:
        pytest.skip("no kernels are made for this processor")
    compiled = CFunc(make(2.0), ((types.float64,), types.float64), {}, {})
    cache = ShippedCache(make(2.0), Nowhere(), b"sources")
    with global_compiler_lock:
        cache.ship(tmp_path, SIGNATURE, compiled._compile_uncached())
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    shipped._levels_there.cache_clear()
    yield tmp_path
    shipped._levels_there.cache_clear()


def load(function, stamp=b"sources"):
    """Return what a kernel does to 21.0, or None where none is found."""
    context = CFunc._targetdescr.target_context
    with global_compiler_lock:
        found = ShippedCache(function, Nowhere(), stamp).load_overload(SIGNATURE, context)
    if found is None:
        return None
    address = found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name)
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)(21.0)


def test_kernels_are_found_for_what_they_were_made_of(folder):
    assert load(make(2.0)) == 42.0
    assert load(make(3.0)) is None
    assert load(make(2.0), b"changed") is None


def test_what_is_damaged_is_compiled_instead(folder):
    [path] = pathlib.Path(folder).rglob("*.kernel")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert load(make(2.0)) is None
    path.unlink()
    assert load(make(2.0)) is None


def test_nothing_is_looked_for_in_a_package_without_kernels(folder, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", folder / "none")
    shipped._levels_there.cache_clear()
    assert load(make(2.0)) is None

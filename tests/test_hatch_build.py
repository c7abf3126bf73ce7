"""Wheels: what building them needs, and what becomes of kernels that cannot be compiled."""

import importlib.util
import os
import pathlib
import sys
import types

import pytest

pytest.importorskip("hatchling", reason="wheels are built by hatchling")

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture
def build(monkeypatch):
    """The module `hatch_build.py`."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("SKDEEP_BUILD_KERNELS", raising=False)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hook(build):
    """A build hook that keeps what it says."""
    hook = object.__new__(build.CustomBuildHook)
    hook.said = []
    app = types.SimpleNamespace(display_warning=hook.said.append, display_info=hook.said.append)
    interface = build.BuildHookInterface.__name__
    setattr(hook, f"_{interface}__app", app)
    setattr(hook, f"_{interface}__root", str(ROOT))
    return hook


def initialize(hook, version="standard"):
    data = {"force_include": {}, "pure_python": True, "infer_tag": False}
    hook.initialize(version, data)
    return data


def test_kernels_need_the_package_and_editable_installations_do_not(build, monkeypatch):
    assert any(name.startswith("numba") for name in build.get_requires_for_build_wheel())
    assert not any(name.startswith("numba") for name in build.get_requires_for_build_editable())
    monkeypatch.setenv("SKDEEP_BUILD_KERNELS", "0")
    assert not any(name.startswith("numba") for name in build.get_requires_for_build_wheel())


def test_kernels_are_put_into_the_wheel(build, hook, monkeypatch):
    def compile_kernels(root, folder):
        pathlib.Path(folder, "level").mkdir()
        return ["level"]

    monkeypatch.setattr(build, "compile_kernels", compile_kernels)
    data = initialize(hook)
    [(folder, place)] = data["force_include"].items()
    assert place == "skdeep/_kernels/level"
    assert (data["pure_python"], data["infer_tag"]) == (False, True)
    assert "Compiled kernels for level" in hook.said[0]
    hook.finalize("standard", data, "wheel")
    assert not pathlib.Path(folder).exists()


@pytest.mark.parametrize("version, variable", [("editable", "1"), ("standard", "0")])
def test_no_kernels_where_none_are_wanted(version, variable, build, hook, monkeypatch):
    monkeypatch.setenv("SKDEEP_BUILD_KERNELS", variable)
    monkeypatch.setattr(build, "compile_kernels", lambda *_: pytest.fail("compiles"))
    assert initialize(hook, version)["pure_python"]
    assert not hook.said


def test_a_failure_leaves_the_wheel_without_kernels(build, hook, monkeypatch):
    # a Python that cannot import the package
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    data = initialize(hook)
    assert (data["force_include"], data["pure_python"]) == ({}, True)
    assert "built without compiled kernels" in hook.said[0]


def test_what_a_process_says_of_its_failure(build):
    with pytest.raises(RuntimeError, match="ValueError: why"):
        build._run([sys.executable, "-c", "raise ValueError('why')"], dict(os.environ))
    with pytest.raises(RuntimeError, match="status 3"):
        build._run([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))

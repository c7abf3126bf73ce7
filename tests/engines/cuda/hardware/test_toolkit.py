"""Libraries of the CUDA toolkit are found wherever it is, shown with stand-ins for its packages."""

import ctypes
import os
import sys
import types

import pytest

from skdeep.engines import choice
from skdeep.engines.cuda.hardware import toolkit

FILES = {
    "nvrtc": "lib64/libnvrtc.so.13",
    "nvvm": "nvvm/lib64/libnvvm.so.4",
    "nvJitLink": "lib64/libnvJitLink.so.13",
    "cublasLt": "lib64/libcublasLt.so.13",
    "cublas": "lib64/libcublas.so.13",
    "libdevice": toolkit.LIBDEVICE,
}


class Machine:
    """What stands for the packages: what they find, and what the process has loaded."""

    def __init__(self, folder):
        self.folder, self.packaged, self.loaded = folder, set(), []
        self.home = None  # CUDA_HOME when numba-cuda looks for libdevice

    def install(self, where, *names):
        """Create files of a toolkit in a folder."""
        for name in names:
            path = self.folder / where / FILES[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return str(self.folder / where)

    def load_nvidia_dynamic_lib(self, name):
        """Stand for that of cuda.pathfinder."""
        for path in self.loaded:
            if f"lib{name}.so" in path:
                return types.SimpleNamespace(abs_path=path)
        if name in self.packaged:
            return types.SimpleNamespace(abs_path=f"/packages/{name}")
        raise RuntimeError(f"Failure finding {name}")

    def get_cuda_paths(self):
        """Stand for that of numba-cuda, which looks once and keeps what it finds."""
        function = self.paths.get_cuda_paths
        if not hasattr(function, "_cached_result"):
            home = os.environ.get("CUDA_HOME")
            path = None if home is None else os.path.join(home, toolkit.LIBDEVICE)
            function._cached_result = {"libdevice": types.SimpleNamespace(info=path)}
        return function._cached_result


@pytest.fixture
def machine(tmp_path, monkeypatch):
    own = Machine(tmp_path)
    pathfinder = types.SimpleNamespace(load_nvidia_dynamic_lib=own.load_nvidia_dynamic_lib)
    own.paths = types.ModuleType("numba.cuda.cuda_paths")
    own.paths.get_cuda_paths = lambda: own.get_cuda_paths()
    monkeypatch.setitem(sys.modules, "cuda", types.SimpleNamespace(pathfinder=pathfinder))
    monkeypatch.setitem(sys.modules, "numba.cuda.cuda_paths", own.paths)
    import numba.cuda

    monkeypatch.setattr(numba.cuda, "cuda_paths", own.paths, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda path, mode=0: own.loaded.append(path))
    monkeypatch.setattr(
        toolkit, "SYSTEM", (str(tmp_path / "usr/cuda"), str(tmp_path / "usr/cuda-*"))
    )
    monkeypatch.setattr(toolkit, "require", toolkit.once(toolkit.require.__wrapped__))
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site-packages")])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    for name in ("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX", "NUMBA_ENABLE_CUDASIM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return own


NEEDED = ("nvvm", "libdevice")


@pytest.mark.parametrize(
    "where", ["usr/cuda", "usr/cuda-13.0", "elsewhere", "path", "site-packages/nvidia/cu13", "nvcc"]
)
def test_nvrtc_of_a_package_and_nvvm_of_a_toolkit(where, machine, monkeypatch):
    """As on a machine with PyTorch's packages, and a toolkit whose folder nobody names."""
    machine.packaged.add("nvrtc")
    root = machine.install(where, *NEEDED)
    if where in ("elsewhere", "path"):
        monkeypatch.setenv("CUDA_HOME" if where == "elsewhere" else "CUDA_PATH", root)
    if where == "nvcc":
        nvcc = machine.folder / where / "bin" / "nvcc"
        nvcc.parent.mkdir()
        nvcc.touch(mode=0o755)
        (machine.folder / "bin").symlink_to(nvcc.parent)
    before = dict(os.environ)
    toolkit.require()
    assert machine.loaded == [os.path.join(root, FILES["nvvm"])]
    assert machine.get_cuda_paths()["libdevice"].info == os.path.join(root, toolkit.LIBDEVICE)
    assert dict(os.environ) == before


def test_the_newest_toolkit_first(machine):
    for version in ("9.2", "13.0", "12.8"):
        machine.install(f"usr/cuda-{version}", "nvrtc", "nvvm", "nvJitLink", "libdevice")
    toolkit.require()
    assert len(machine.loaded) == 3 and all("cuda-13.0" in path for path in machine.loaded)


def test_libdevice_beside_libnvvm(machine, monkeypatch):
    """That of another toolkit may be of a version that it does not read."""
    root = machine.install("deep", *NEEDED, "nvrtc")
    monkeypatch.setenv("CUDA_HOME", root)
    toolkit.load("nvvm")
    monkeypatch.setenv("CUDA_HOME", machine.install("usr/cuda", "nvrtc"))
    machine.install("usr/cuda-13.0", "libdevice")
    toolkit.require()
    assert machine.get_cuda_paths()["libdevice"].info == os.path.join(root, toolkit.LIBDEVICE)


def test_all_in_packages(machine, monkeypatch):
    """Nothing is loaded that numba-cuda would find by itself."""
    machine.packaged |= {"nvrtc", "nvvm", "nvJitLink"}
    monkeypatch.setenv("CUDA_HOME", machine.install("elsewhere", *NEEDED, "nvrtc"))
    toolkit.require()
    assert not machine.loaded


@pytest.mark.parametrize("lacking", ["nvrtc", "nvvm", "libdevice"])
def test_what_is_missing(lacking, machine, monkeypatch):
    """The message names it and its package; after its installation, the same process goes on."""
    monkeypatch.setattr(choice, "_count_devices", lambda: (1, ""))
    monkeypatch.setattr(choice.importlib.metadata, "version", lambda name: "13.1.0")
    machine.install("usr/cuda", *{"nvrtc", "nvvm", "libdevice"} - {lacking})
    package = {"nvrtc": "nvidia-cuda-nvrtc", "nvvm": "nvidia-nvvm", "libdevice": "nvidia-nvvm"}
    for _ in range(2):
        with pytest.raises(RuntimeError) as error:
            choice.find_engine("cuda", None)
        message = str(error.value).lower()
        assert lacking in message and f'pip install "{package[lacking]}==13.*"' in message
        assert "cuda_home is not set" in message and "found none" not in message
    assert choice.find_engine("auto", None).most_fits >= 1
    machine.install("usr/cuda", lacking)
    choice._check_cuda(0)


def test_packages_of_cuda_12(machine, monkeypatch):
    monkeypatch.setattr(choice.importlib.metadata, "version", lambda name: "12.9.1")
    with pytest.raises(toolkit.MissingLibrary, match=r'"nvidia-cuda-nvrtc-cu12==12\.\*"'):
        toolkit.require()


def test_a_library_with_what_it_needs(machine):
    root = machine.install("usr/cuda", "cublas", "cublasLt")
    assert toolkit.load("cublas") == os.path.join(root, FILES["cublas"])
    assert machine.loaded == [os.path.join(root, FILES[name]) for name in ("cublasLt", "cublas")]


def test_a_file_that_cannot_be_loaded(machine, monkeypatch):
    """The next one is tried."""
    machine.install("usr/cuda", "nvvm")
    good = machine.install("usr/cuda-12.0", "nvvm")

    def load(path, mode=0):
        if "cuda-12" not in path:
            raise OSError("wrong ELF class")
        machine.loaded.append(path)

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert toolkit.load("nvvm").startswith(good)

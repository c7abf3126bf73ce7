"""Build wheels with compiled kernels: hatchling, with a step before it.

A wheel holds machine code for a level of processors, of those that are listed in
`skdeep/engines/cpu/compiling/shipped.py`: that of the machine that builds it, or all of its kind
with ``SKDEEP_BUILD_KERNELS=all``, for wheels that are passed on. A process compiles for each level
and precision. If that fails, for whatever reason, the wheel is built without kernels, with a
message, and they are compiled when they are first used. ``SKDEEP_BUILD_KERNELS=0`` leaves them out.
Editable installations have none.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
)
from hatchling.build import get_requires_for_build_wheel as hatchling_requires
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

#: Where kernels lie in the package.
PLACE = "skdeep/_kernels"
#: What processes share the work by.
PRECISIONS = "float32", "float64"
#: A process that takes longer than this, in seconds, is given up.
MOST_SECONDS = 400


def wants_kernels():
    """Return whether kernels are to be compiled."""
    return os.environ.get("SKDEEP_BUILD_KERNELS", "1") != "0"


def get_requires_for_build_wheel(config_settings=None):
    """Return what building a wheel needs: kernels are compiled by the package itself."""
    needed = hatchling_requires(config_settings)
    if not wants_kernels():
        return needed
    return [*needed, *WheelBuilder(os.getcwd()).metadata.core.dependencies]


class CustomBuildHook(BuildHookInterface):
    """Compiles kernels and adds them to the wheel."""

    def initialize(self, version, build_data):
        """Compile, before hatchling collects the files of a wheel."""
        self._folder = None
        if version == "editable" or not wants_kernels():
            return
        self._folder = tempfile.mkdtemp(prefix="skdeep-kernels-")
        start = time.perf_counter()
        try:
            levels = compile_kernels(self.root, self._folder)
        except Exception as error:
            self._remove()
            self.app.display_warning(
                f"skdeep is built without compiled kernels, which could not be made: {error}"
            )
            return
        if not levels:
            self.app.display_warning("skdeep has no compiled kernels for this kind of machine.")
            return
        for level in levels:
            build_data["force_include"][str(pathlib.Path(self._folder, level))] = f"{PLACE}/{level}"
        build_data["pure_python"], build_data["infer_tag"] = False, True
        seconds = time.perf_counter() - start
        self.app.display_info(f"Compiled kernels for {', '.join(levels)} in {seconds:.0f} s.")

    def finalize(self, version, build_data, artifact_path):
        """Remove what was compiled, once it is in the wheel."""
        self._remove()

    def _remove(self):
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def compile_kernels(root, folder):
    """Compile the kernels of the level of this machine, or of all like it.

    Parameters
    ----------
    root : str
        The folder of the project.
    folder : str
        Where the kernels go.

    Returns
    -------
    levels : list of str
        The folders within it.

    Raises
    ------
    RuntimeError, subprocess.TimeoutExpired, OSError
        If a level cannot be compiled.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    # pip's isolation is in `PYTHONPATH`, too.
    paths = [root, os.environ.get("PYTHONPATH")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-m", "skdeep.warm_up.shipping", folder]
    which = ["--all"] if os.environ.get("SKDEEP_BUILD_KERNELS") == "all" else []
    found = _run([*command, "--list", *which], environment)
    levels = [line.split() for line in found.splitlines()]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [
            pool.submit(
                _run,
                [*command, "--precision", precision],
                environment,
                NUMBA_CPU_NAME=level,
                NUMBA_CPU_FEATURES=names,
            )
            for level, names in levels
            for precision in PRECISIONS
        ]
        for run in runs:
            run.result()
    return [level for level, _ in levels]


def _run(command, environment, **variables):
    """Return what a process prints; raise if it fails."""
    with tempfile.TemporaryDirectory() as folder:  # where Python finds no other skdeep
        done = subprocess.run(
            command,
            env={**environment, **variables, "NUMBA_CACHE_DIR": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise RuntimeError(reason)
    return done.stdout

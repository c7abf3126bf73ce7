"""Scripts in processes of their own, which need not import the libraries anew."""

import importlib
import multiprocessing
import os
import runpy
import sys
import warnings

#: What the processes find imported.
LIBRARIES = [
    "matplotlib.figure",
    "numba",
    "sklearn.datasets",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "skdeep",
]


def run_script(path, *arguments, folder, without=()):
    """Run a script as ``python`` does, with warnings as errors.

    It runs in a fork of a process that has imported `LIBRARIES`, where forks are to be had, and in
    a fresh process elsewhere.

    Parameters
    ----------
    path : str
    *arguments : str
        What ``sys.argv`` holds behind the path.
    folder : Path
        Where its output can be kept until it is read.
    without : sequence of str, default=()
        Packages that it shall not be able to import.

    Returns
    -------
    printed : str
        What it writes to the standard output.
    """
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(LIBRARIES)
    out, err = folder / "out.txt", folder / "err.txt"
    process = context.Process(target=_run, args=(path, arguments, out, err, without))
    process.start()
    process.join(400)
    if process.is_alive():
        process.kill()
        process.join()
        raise AssertionError(f"no end after 400 s\n{out.read_text()}\n{err.read_text()}")
    assert process.exitcode == 0, (
        f"exit status {process.exitcode}\n{out.read_text()}\n{err.read_text()}"
    )
    return out.read_text()


def _run(path, arguments, out, err, without):
    for file, stream in (out, sys.stdout), (err, sys.stderr):
        stream.flush()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    for package in without:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
        sys.modules[package] = None
    for name in LIBRARIES:  # what they warn of at import is none of the script's business
        if name.split(".")[0] not in without:
            importlib.import_module(name)
    warnings.simplefilter("error")
    sys.argv = [path, *arguments]
    runpy.run_path(path, run_name="__main__")

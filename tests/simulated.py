"""Code in processes of its own that simulate a GPU, and need not import the libraries anew.

A server, one for every process of the tests, imports them once and forks for every piece of code.
"""

import atexit
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile

from tests.helpers import run_python, start_python

_SERVE = "from tests.simulated import serve; serve()"
_ENVIRONMENT = {"NUMBA_ENABLE_CUDASIM": "1"}
_servers = {}


def run_simulated(code, *, timeout=400):
    """Run ``code`` where Numba simulates a GPU; return what it prints.

    Parameters
    ----------
    code : str
    timeout : float, default=400
        Seconds after which it has failed.
    """
    if not hasattr(os, "fork"):
        return run_python(code, timeout=timeout, **_ENVIRONMENT)
    server = _servers.get(os.getpid())
    if server is None or server.poll() is not None:
        server = _servers[os.getpid()] = start_python(
            _SERVE, stdin=subprocess.PIPE, stderr=None, **_ENVIRONMENT
        )
        atexit.register(server.stdin.close)
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("code.py", "out.txt", "err.txt")]
        with open(paths[0], "w", encoding="utf-8") as file:
            file.write(code)
        server.stdin.write(json.dumps([*paths, timeout]) + "\n")
        server.stdin.flush()
        status = server.stdout.readline().strip()
        out, err = (_read(path) for path in paths[1:])
    assert status == "0", f"exit status {status or 'of no process'}\n{out}\n{err}"
    return out


def _read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def serve():
    """Fork for every line of the standard input; write the status of each to the output."""
    import sklearn.model_selection  # noqa: F401

    import skdeep.engines.cuda.engine  # noqa: F401

    for line in sys.stdin:
        *paths, timeout = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setsid()
            _run(*paths)
        print(_wait(child, timeout), flush=True)


def _run(path, out, err):
    """Run a file, and end the process: with status 0 if nothing is raised."""
    for file, number in (os.devnull, 0), (out, 1), (err, 2):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(file, flags), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.argv = [path]
    status = 1
    try:
        runpy.run_path(path, run_name="__main__")
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(child, timeout):
    """Return the exit status of a process, or say that it was ended."""
    descriptor = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    if descriptor is not None:
        ended = select.select([descriptor], [], [], timeout)[0]
        os.close(descriptor)
        if not ended:
            os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

"""A scheduler and workers of Dask, each a process of its own that can be killed and begun again."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(what, seconds=90):
    """Until ``what`` returns something true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)
    return found


class Processes:
    """Processes of a test, which end with its block; ``folder`` has their working folders.

    They have leapcheck, and nothing of the tests unless that is asked for.
    """

    def __init__(self, folder, port=None, host="127.0.0.1"):
        self.folder, self.host, self.port = folder, host, port or free_port()
        self.address = f"tcp://{host}:{self.port}"
        self.begun = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.begun:
            kill(each)

    def begin(self, *words, name, within=(), path=(ROOT,), **environment):
        """A process that runs ``python -m`` these words, in a folder ``name`` of its own."""
        (where := self.folder / name).mkdir(exist_ok=True)
        given = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), **environment}
        given["XDG_CACHE_HOME"] = str(where / "cache")
        command = [*within, sys.executable, "-m", *map(str, words)]
        with open(where / "said", "ab") as said:
            begun = subprocess.Popen(command, cwd=where, env=given, stdout=said, stderr=said)
        self.begun.append(begun)
        return begun

    def scheduler(self, **more):
        words = ["--host", self.host, "--port", self.port, "--no-dashboard", "--no-jupyter"]
        begun = self.begin("dask", "scheduler", *words, name="scheduler", **more)
        if not more.get("within"):
            until(self._listening)
        return begun

    def worker(self, name, *words, **more):
        """One with a thread and no nanny."""
        given = ["--nthreads", 1, "--no-nanny", "--no-dashboard", "--name", name, *words]
        return self.begin("dask", "worker", self.address, *given, name=name, **more)

    def said(self, name):
        return (self.folder / name / "said").read_text()

    def _listening(self):
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
            return True


def kill(process):
    """At once, wherever it is."""
    process.kill()
    process.wait()

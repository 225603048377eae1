"""What a process says that has done nothing else: no trace of what ran before is in its laws."""

import dataclasses
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.foundation import compilation
from harness.regress.check_outcome import Found
from harness.regress.small_steps import kernels, shares_off
from harness.regress.symmetry_checks import SAME, STEPS, places
from harness.regress.tolerance import at_least

PROGRAM = "from harness.regress.fresh_process import answer; answer()"
CANNOT_BE_SENT, SECONDS = 3, 600


class FreshChecks:
    """The check of one sampler; to be the last that looks at steps."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "a fresh process says the same law", self.fresh

    def fresh(self) -> Found:
        """Laws here, after all that ran, and there, where the last problem comes first."""
        try:
            sent = pickle.dumps(dataclasses.replace(self.sampler))  # its fields, nothing kept on it
        except Exception as error:  # what a stranger's object raises
            return _not_sent(f"{type(error).__name__}: {error}")
        with tempfile.TemporaryDirectory() as folder:
            given, found = Path(folder) / "sampler", Path(folder) / "laws.npz"
            given.write_bytes(sent)
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, str(given), str(found)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
            last = (done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"])[-1]
            if done.returncode == CANNOT_BE_SENT:
                return _not_sent(last)
            if done.returncode:
                return Found(False, "an error in a fresh process", last)
            with np.load(found) as file:
                there = [file[f"arr_{k}"] for k in range(len(file.files))]
        here = _laws(self.sampler)[::-1]
        worst = max(float(shares_off(a, b).max()) for a, b in zip(here, there, strict=True))
        where = ", ".join(str(place) for place in places(self.sampler))
        where = f"made anew from its fields; what it keeps from call to call matters; {where}"
        return Found(
            worst <= at_least(SAME, self.sampler), f"off by {worst:.2g} of a probability", where
        )


def _not_sent(why: str) -> Found:
    return Found(None, "it cannot be sent to another process", why)


def _laws(sampler: Any, first: int = 1) -> list[np.ndarray]:
    """``[m, S^d, S^d]`` at each place, or in the other order where ``first`` is -1."""
    found = places(sampler)[::first]
    return [kernels(p.problem(sampler, p.data["rough"]), *STEPS.T)[0] for p in found]


def answer() -> None:
    """The program of the fresh process: reads a sampler from a file, writes its laws to another."""
    given, found = map(Path, sys.argv[1:])
    compilation.quickly()
    try:
        sampler = pickle.loads(given.read_bytes())
    except Exception as error:  # its module may not be there, or be another one
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(CANNOT_BE_SENT)
    np.savez(found, *_laws(sampler, -1))

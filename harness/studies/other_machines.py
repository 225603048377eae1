"""The same experiments on another machine, as far as one machine can play another.

Each variation is a run of ``leapcheck check`` in a process of its own, with rounding errors made on
purpose (``errors``) or with other kernels, instructions and threads (``kernels``).  All must find
what the ledger expects.
"""

import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from threadpoolctl import threadpool_info

from harness.foundation import compilation, perturbation, telling
from harness.foundation.machine import cores
from harness.studies.curve import HALF_WIDTHS

TOO_WIDE = 100.0  # times the largest change that was seen, that a floor may be
NOTHING = (100 * perturbation.EPSILON) ** 2  # nats of two laws that are a hundred errors apart
RELATIVE = 1e-8  # or this share of the number, to which the ledger is compared anyway
EXACT = ("value", "floors")
OF_XLA = ("XLA_FLAGS", "NPROC")  # variables on which what it compiles depends


@dataclass(frozen=True)
class Variation:
    """``environment`` sets variables of the process (``None`` unsets one)."""

    name: str
    environment: Mapping[str, str | None]


def _threads(number: int) -> dict[str, str | None]:
    """For OpenBLAS, OpenMP and XLA, whose pool has as many threads as it takes for processors."""
    return dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NPROC"), str(number))


AS_IT_IS = Variation("as it is", {perturbation.VARIABLE: None})
# Whatever this process runs with: what the others are compared with is stated.
ONE_THREAD = Variation("one thread", {**AS_IT_IS.environment, **_threads(1)})
NUMPY = "NPY_DISABLE_CPU_FEATURES"
KERNELS = tuple(
    Variation(name, {**ONE_THREAD.environment, **environment})
    for name, environment in {
        "OpenBLAS on Sandybridge": {"OPENBLAS_CORETYPE": "Sandybridge"},
        "OpenBLAS on Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
        "numpy without X86_V3": {NUMPY: "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
        "XLA up to SSE4.2": {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
        "XLA as it comes": {"XLA_FLAGS": compilation.as_it_comes()},
        "two threads": _threads(2),
    }.items()
)


def with_errors(seed: int) -> Variation:
    """Every law, kernel and score with rounding errors of this seed."""
    return Variation(f"rounding errors, seed {seed}", {perturbation.VARIABLE: str(seed)})


@dataclass(frozen=True)
class Run:
    """What a variation found: the JSON of the run, with its differences from the ledger."""

    variation: Variation
    content: Mapping[str, Any]

    @property
    def differences(self) -> list[str]:
        return [f"{self.variation.name}: {line}" for line in self.content["differences"]]

    def numbers(self) -> dict[tuple[str, ...], tuple[float, float]]:
        """``{(table, experiment, target, sampler, point or theorem, column): (value, floor)}``."""
        found = {}
        for table, keys in (("rows", ("value",)), ("verdicts", ("theorem",))):
            for row in self.content[table]:
                key = (table, *(str(row[k]) for k in ("experiment", "target", "sampler", *keys)))
                for column, value in row.items():
                    if isinstance(value, float) and column not in EXACT:
                        found[(*key, column)] = value, float(row["floors"].get(column, 0.0))
        return found


def run(
    variation: Variation,
    specs: Sequence[Path],
    results: Path,
    told: Callable[[telling.Now], None] = lambda now: None,
) -> Run:
    """``leapcheck check`` of ``specs`` under ``variation``.  Raises RuntimeError if it breaks off.

    ``told`` is called with how far it is.  What XLA compiles for other instructions or threads is
    kept apart.
    """
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": ""}
    cache = environment.get("JAX_COMPILATION_CACHE_DIR")
    apart = [value for name in OF_XLA if (value := variation.environment.get(name))]
    if cache and apart:
        suffix = re.sub(r"\W+", "-", " ".join(apart))
        environment["JAX_COMPILATION_CACHE_DIR"] = f"{cache}-{suffix}"
    for name, value in variation.environment.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    environment[telling.LISTENED] = "1"
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "run.json"
        asked = ["check", *map(str, specs), "--results", str(results), "--json", str(found)]
        program = [sys.executable, "-m", "harness.cli", *asked]
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        lines = []
        with subprocess.Popen(program, env=environment, text=True, **pipes) as process:
            try:
                for line in process.stderr or ():
                    lines.append(line.strip())
                    told(telling.Now.read(line))
            except BaseException:  # Ctrl-C, which may have been for this process alone
                process.kill()
                raise
        if process.returncode not in (0, 1) or not found.exists():
            raise RuntimeError(f"{variation.name}: {' '.join(lines[-3:])}")
        return Run(variation, json.loads(found.read_text(encoding="utf-8")))


def _runs(variations: Sequence[Variation], specs: Sequence[Path], results: Path) -> Iterator[Run]:
    """The run of each variation as it ends; what all will take, and how far they are, is told."""
    told = _Told(len(variations))
    for variation in variations:
        told.begins(variation.name)
        yield run(variation, specs, results, told)


class _Told:
    """What is told of ``runs``, one after the other, each of which takes about as long."""

    def __init__(self, runs: int) -> None:
        self.runs, self.run, self.said = runs, -1, False

    def begins(self, name: str) -> None:
        self.run, self.began = self.run + 1, time.monotonic()
        self.which = f"run {self.run + 1} of {self.runs}, {name}"
        telling.tell(self.which)

    def __call__(self, now: telling.Now) -> None:
        share, left = None, None
        if now.share is not None and now.left is not None:
            one = time.monotonic() - self.began + now.left
            share = (self.run + now.share) / self.runs
            left = now.left + (self.runs - self.run - 1) * one
            if not self.said:
                telling.beforehand(f"{self.runs} runs of the experiments", left)
            self.said = True
        telling.tell(f"{self.which}: {now.doing}", share, left)


def errors(
    specs: Sequence[Path], results: Path, seeds: Sequence[int], whole: bool = True
) -> Iterator[str]:
    """Runs with rounding errors: what each finds that the ledger does not expect, a line each.

    Then, of a ``whole`` run, each call of ``perturbed`` in the source that made no error; and each
    floor that is wider than the errors account for: above 100 times the largest change that they
    made, and above 1e-8 of the number and 8e-27.
    """
    runs = _runs([AS_IT_IS, *map(with_errors, seeds)], specs, results)
    plain = next(runs)
    yield from plain.differences
    others = []
    for other in runs:
        others.append(other)
        yield from other.differences
        untouched = perturbation.sites().keys() - other.content["perturbed"] if whole else ()
        yield from (f"{other.variation.name}: none made in {site}" for site in sorted(untouched))
    yield from wide_floors(plain, others)


def wide_floors(plain: Run, others: Sequence[Run]) -> Iterator[str]:
    """A line for each number whose floor is too wide for what ``others`` changed.

    Half an interval has the floor of the estimate that it belongs to, and is judged with it.
    """
    changed = [other.numbers() for other in others]
    for key, (value, floor) in plain.numbers().items():
        # A slope is the difference of two logarithms, to base 2, of numbers good to that share.
        unit = max(abs(value), 2 / math.log(2)) if key[-1] == "slope" else abs(value)
        if floor <= max(RELATIVE * unit, NOTHING) or key[-1] in HALF_WIDTHS.values():
            continue
        found = [each[key][0] for each in changed if key in each]
        if not found:
            yield f"{' | '.join(key[1:])}: {value:.6g} is no number under errors"
            continue
        if value == 0 and not any(found):  # 0 within its floor, whatever the errors
            continue
        seen = max(abs(each - value) for each in found)
        if floor > TOO_WIDE * seen:
            where = " | ".join(key[1:])
            yield f"{where}: floor {floor:.3g} of {value:.6g}, changed by {seen:.3g} at most"


def kernels(specs: Sequence[Path], results: Path) -> Iterator[str]:
    """Runs with other kernels, instructions and threads: a line for each difference.

    They are compared with the run of one thread.  A variation that changed no bit of any number and
    not what the libraries say of themselves was not tried, and is a line too.
    """
    runs = _runs([ONE_THREAD, *KERNELS], specs, results)
    plain = next(runs)
    yield from plain.differences
    for other in runs:
        yield from other.differences
        same = other.content["libraries"] == plain.content["libraries"]
        if same and other.numbers() == plain.numbers():
            yield f"{other.variation.name}: not tried, it changed no bit and no library's kernel"


def libraries() -> list[str]:
    """What the numerical libraries of this process say of their kernels and threads."""
    found = [
        f"{Path(each['filepath']).name}: {each.get('architecture')}, {each['num_threads']} threads"
        for each in threadpool_info()
    ]
    used = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    xla = f"XLA: {_threads_of_xla()} threads, {cores()} processors to run on"
    return [*sorted(found), f"numpy: {', '.join(used)}", xla]


def _threads_of_xla() -> int | str:
    """Those of its pool on processors; it does not say, but Linux knows threads by their names."""
    jax.devices("cpu")  # starts them
    tasks, names = Path("/proc/self/task"), Counter[str]()
    if not tasks.exists():
        return "unknown"
    for each in tasks.glob("*/comm"):
        with suppress(OSError):  # a thread that has ended since
            names[each.read_text().strip()] += 1
    return names["tf_XLAEigen"]

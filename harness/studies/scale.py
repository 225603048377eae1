"""Tens of thousands of problems: how the order and the constant of a sampler vary over data laws.

Nearly every variant of every sampler (``every_sampler``), on random tables of several sizes and
concentrations, with ever more steps.  One that takes steps in noise time starts exactly at ``q_T``
and takes even ones to ``q_δ``; one that reveals masks in an order of its own starts from all masked
and reveals alike in each.  The output KL of ``N`` steps of length ``h`` is fitted by
``KL = C h^p``: the *order* ``p`` is its slope between the last two numbers of steps, where that is
resolved, and the *constant* ``C`` is that of the order which the sampler claims, at the last.

What is kept is summary rows: quantiles over the random tables.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from harness.foundation import processes
from harness.foundation.registry import label, load, sampler_examples, targets
from harness.law.claims import Trait
from harness.measurement.many import measure_many
from harness.problem.cost import cost
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, Uniform
from harness.verdicts.slopes import Label, local_slopes

START, STOP = 1.0, 0.25  # noise times of a run in even steps
QUANTILES = {"least": 0.0, "tenth": 0.1, "median": 0.5, "nine_tenths": 0.9, "largest": 1.0}
AT_FLOOR = 2.0  # floors up to which a KL is 0


@dataclass(frozen=True)
class Study:
    """What is crossed with all samplers: ``spaces`` of ``(S, d)``, numbers of ``steps``, laws.

    Of each of the ``concentrations`` as many random tables as there are ``seeds``.
    """

    spaces: tuple[tuple[int, int], ...] = ((2, 3), (3, 3), (2, 5))
    steps: tuple[int, ...] = (8, 16, 32, 64)
    concentrations: tuple[float, ...] = (1.0, 0.1)
    seeds: int = 40

    def parts(self, samplers: Sequence[Any] | None = None) -> "list[Part]":
        """All of it, a sampler on a space each; ``samplers``: ``every_sampler`` by default."""
        wanted = every_sampler() if samplers is None else samplers
        return [Part(self, sampler, *space) for sampler in wanted for space in self.spaces]


def every_sampler() -> list[Any]:
    """Every variant of every registered sampler whose step is JAX and has a law of its own.

    One that follows the rates through the step has no error of steps, and a batch of it is as slow
    as its slowest: it would take as long as all others.
    """
    kinds = [(masked, remembers) for masked in (False, True) for remembers in (False, True)]
    found = [sampler for kind in kinds for sampler in sampler_examples(*kind)]
    followed = {Trait.EXACT_TIME, Trait.TRUNCATED_TIME}
    return [s for s in found if not s.claims.on_host and not followed & s.claims.traits]


@dataclass(frozen=True)
class Part:
    """One ``sampler`` on random tables of ``tokens`` and ``length``: what compiles alike."""

    study: Study
    sampler: Any
    tokens: int
    length: int

    def problems(self) -> list[Problem]:
        """By concentration, then seed, then number of steps."""
        load()  # in a worker nothing is
        study = self.study
        return [
            self.problem(concentration, seed, steps)
            for concentration in study.concentrations
            for seed in range(study.seeds)
            for steps in study.steps
        ]

    def problem(self, concentration: float, seed: int, steps: int) -> Problem:
        """On one table, in so many ``steps``."""
        claims = self.sampler.claims
        table = {"tokens": self.tokens, "length": self.length, "concentration": concentration}
        target = targets.build({"name": "random_table", "seed": seed, **table})
        noise = Absorbing() if claims.needs_mask else Uniform()
        if claims.own_order:
            return Problem(target, noise, self.sampler, grids.even_reveal(steps), start="mask")
        grid = grids.even(START, STOP, steps)
        return Problem(target, noise, self.sampler, grid, start="exact")

    def rows(self) -> list[dict[str, Any]]:
        """A summary row for each concentration; measures all problems in this process."""
        began = time.process_time()
        found = measure_many(self.problems(), output_only=True)
        study = self.study
        shape = len(study.concentrations), study.seeds, len(study.steps)
        kls = np.array([m.kl for m in found]).reshape(shape)
        floors = np.array([m.floor for m in found]).reshape(shape)
        seconds = (time.process_time() - began) / len(study.concentrations)
        return [
            {**self._names(concentration), **self.summary(*of_law), "cpu_seconds": seconds}
            for concentration, *of_law in zip(study.concentrations, kls, floors, strict=True)
        ]

    def _names(self, concentration: float) -> dict[str, Any]:
        return {
            "sampler": label(self.sampler),
            "claimed": self.sampler.claims.output_order,
            "S": self.tokens,
            "d": self.length,
            "concentration": concentration,
            "problems": self.study.seeds * len(self.study.steps),
        }

    def summary(self, kls: np.ndarray, floors: np.ndarray) -> dict[str, float]:
        """Of the KLs ``[seeds, steps]`` in nats and their floors: how many resolved, quantiles."""
        whole = 1.0 if self.sampler.claims.own_order else START - STOP
        h = [whole / steps for steps in self.study.steps]
        kls = np.where(kls > AT_FLOOR * floors, kls, 0.0)
        claimed = self.sampler.claims.output_order
        orders, constants = [], []
        for kl, floor in zip(kls, floors, strict=True):
            last = local_slopes(h, kl, floor)[-1]
            if last.label is Label.RESOLVED:
                orders.append(last.value)
            if kl[-1] > 0 and 0 < claimed < math.inf:
                constants.append(kl[-1] / h[-1] ** claimed)
        return {
            "resolved": len(orders),
            **_quantiles("order", orders),
            **_quantiles("constant", constants),
            **_quantiles("kl", kls[:, -1]),
        }


def _quantiles(name: str, numbers: Any) -> dict[str, float]:
    if not len(numbers):
        return {}
    found = np.quantile(np.asarray(numbers, float), list(QUANTILES.values()))
    return {f"{name}_{which}": float(each) for which, each in zip(QUANTILES, found, strict=True)}


def run(
    parts: Sequence[Part], jobs: int = 1, told: Callable[[int, int], None] = lambda k, n: None
) -> pd.DataFrame:
    """The summary rows of all ``parts``, ``jobs`` at a time; ``told`` how many are done of all."""
    done: dict[int, list[dict[str, Any]]] = {}
    for k, rows in _finished(parts, jobs):
        done[k] = rows
        told(len(done), len(parts))
    return pd.DataFrame([row for k in range(len(parts)) for row in done[k]])


def planned(parts: Sequence[Part]) -> tuple[float, float]:
    """CPU seconds of compiling and of running ``parts``, by the arithmetic of ``cost``.

    Tables of one size cost alike, so that one of each stands for all seeds.
    """
    programs, running = {}, 0.0
    for part in parts:
        law = part.study.concentrations[0]
        for steps in part.study.steps:
            told = cost(part.problem(law, 0, steps), ("output",))
            programs[told.program] = told.compiling
            running += told.seconds * len(part.study.concentrations) * part.study.seeds
    return sum(programs.values()), running


def _finished(parts: Sequence[Part], jobs: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    if jobs == 1:
        yield from ((k, part.rows()) for k, part in enumerate(parts))
        return
    with processes.pool(jobs) as pool:
        with processes.deaf_to_interrupts():
            pending = {pool.submit(partial(Part.rows, part)): k for k, part in enumerate(parts)}
        for future in as_completed(pending):
            yield pending[future], future.result()

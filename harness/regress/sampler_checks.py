"""What every sampler has to pass, built in or a stranger's.  Each check returns a ``Found``."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.regress import bank
from harness.regress.call_checks import CallChecks
from harness.regress.check_outcome import Found, along, on_each
from harness.regress.field_checks import FieldChecks
from harness.regress.fresh_process import FreshChecks
from harness.regress.law_checks import LawChecks, broken_contract
from harness.regress.limit_checks import LimitChecks
from harness.regress.lumped_checks import LumpedChecks
from harness.regress.precision_checks import PrecisionChecks
from harness.regress.run_checks import RunChecks
from harness.regress.seen_again import SeenChecks
from harness.regress.step_checks import StepChecks
from harness.regress.symmetry_checks import SymmetryChecks
from harness.verdicts import checks
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Rate, Theorem


class SamplerChecks:
    """All checks of one sampler: its step law, its runs, its limit, and every theorem on it."""

    def __init__(self, sampler: Any, thorough: bool = False) -> None:
        self.sampler, self.thorough = sampler, thorough
        self._kept: dict[Noise, dict[str, list[Quantities]]] = {}

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``, the cheap and basic ones first."""
        yield from LawChecks(self.sampler).all()
        if broken_contract(self.sampler):
            return
        yield from SymmetryChecks(self.sampler).all()
        yield from StepChecks(self.sampler, self.thorough).all()
        for each in (LumpedChecks, FieldChecks, CallChecks, PrecisionChecks, SeenChecks):
            yield from each(self.sampler).all()
        yield from FreshChecks(self.sampler).all()
        yield from RunChecks(self.sampler).all()
        yield from LimitChecks(self.sampler).all()
        for theorem in checks.all_theorems():
            # A rate that does not apply at all takes one line, not one a sweep.
            example = self._example(theorem)
            if isinstance(theorem, Rate) and example and not checks.unmet(theorem, example):
                for sweep in bank.SWEEPS:
                    name = f"theorem {theorem.name} along {sweep}"
                    yield name, partial(self.rate, theorem, sweep)
            else:
                yield f"theorem {theorem.name}", partial(self.inequality, theorem)

    def inequality(self, theorem: Theorem) -> Found:
        """The theorem on the problems of ``bank`` and on its own example."""
        example = self._example(theorem)
        cases = [*self.bank, *([Quantities(example)] if example else [])]
        verdicts = [checks.check(q.problem, [theorem], q)[0] for q in cases]
        return on_each(theorem, [q.problem for q in cases], verdicts)

    def rate(self, theorem: Theorem, sweep: str) -> Found:
        """The theorem along a sweep of ``bank``."""
        cases = self._sweeps(type(theorem).example().noise)[sweep]
        problems = [q.problem for q in cases]
        axis = bank.SWEEPS[sweep]
        if told := infinite(cases, sweep):
            return Found(False, "infinite where it must not be", told)
        (verdict,) = checks.check_sweep(problems, axis, [theorem], cases)
        return along(theorem, axis, problems, verdict)

    @cached_property
    def bank(self) -> list[Quantities]:
        """The problems that theorems are tried on, measured once for all."""
        return [Quantities(problem) for problem in bank.theorem_problems(self.sampler)]

    def _sweeps(self, noise: Noise) -> dict[str, list[Quantities]]:
        """Those under ``noise``, kept for the next theorem."""
        if noise not in self._kept:
            self._kept[noise] = {
                name: [Quantities(problem) for problem in problems]
                for name, problems in bank.sweeps(self.sampler, noise).items()
            }
        return self._kept[noise]

    def _example(self, theorem: Theorem) -> Problem | None:
        """The theorem's example with this sampler; None if it is none for the sampler."""
        try:
            return dataclasses.replace(type(theorem).example(), sampler=self.sampler)
        except ValueError:
            return None


def infinite(cases: list[Quantities], sweep: str) -> str:
    """What is infinite in a sweep that no true claim allows to be, in words; may be empty.

    A chain KL may be where something was clipped: the step is then too long, and says so.
    """
    for case in cases:
        m, claims = case.measurement, case.problem.sampler.claims
        clipped = m.clipped > 0 or claims.chain_order == 0
        for name, value, allowed in (("output", m.kl, False), ("chain", m.chain_kl, clipped)):
            if math.isinf(value) and not allowed:
                space = case.problem.sequences
                size = f"S={space.tokens}, d={space.length}"
                return f"the {name} KL is infinite along {sweep}, at {size}"
    return ""

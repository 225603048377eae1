"""What every theorem has to pass, built in or a stranger's, with every built-in sampler."""

import dataclasses
import inspect
import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from harness.foundation.registry import label, load, samplers
from harness.problem.problem import Problem
from harness.regress import bank, theorem_report
from harness.regress.cases import Case
from harness.regress.check_outcome import Found, along, on_each, summary
from harness.regress.theorem_report import Tried, tried_along
from harness.verdicts import checks
from harness.verdicts.complexity import with_steps
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Inequality, Rate, Theorem, Trust
from harness.verdicts.verdict import Status

TEXTS = ("name", "statement", "source")
EXAMPLE = "its example's grid"  # a rate may be about one kind of grid, which no sweep has
REFINED = (24, 48, 96, 192)
GOOD = (Status.HOLDS, Status.CONSISTENT)


class TheoremChecks:
    """The checks of one theorem; an inequality is tried on the bank, a rate on its sweeps."""

    def __init__(self, theorem: Theorem) -> None:
        load()
        self.theorem = theorem
        self._tried: dict[tuple[str, str], Tried] = {}

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``; the last one sums up those before it."""
        yield "keeps the contract", self.contract
        if self._broken():
            return
        yield "applies to its example", self.applies
        for sampler, sweep in self._cases():
            along = f" along {sweep}" if sweep else ""
            yield f"stands with {sampler}{along}", partial(self.stands, sampler, sweep)
        yield "decides something", self.decides

    def contract(self) -> Found:
        broken = self._broken()
        kind = "rate" if self._is_rate else "inequality"
        return Found(not broken, kind, broken)

    def applies(self) -> Found:
        """The example meets every assumption, and the bound is not vacuous there."""
        problem = self._example
        missing = checks.unmet(self.theorem, problem)
        if missing:
            return Found(False, f"{len(missing)} unmet", "; ".join(missing))
        (verdict,) = checks.check(problem, [self.theorem])
        # A rate is not decided on one problem, but it must be able to name its constant.
        good = not math.isnan(verdict.constant) if self._is_rate else verdict.status in GOOD
        return Found(good, verdict.reason, case=Case(self.theorem, verdict, problems=[problem]))

    def stands(self, sampler: str, sweep: str) -> Found:
        """Never VIOLATED or INCONSISTENT where it applies."""
        tried = self._check(sampler, sweep)
        if not tried.cases:
            return summary(tried.verdicts)
        problems = [quantities.problem for quantities in tried.cases]
        if sweep:
            return along(self.theorem, tried.axis, problems, tried.verdicts[0])
        return on_each(self.theorem, problems, tried.verdicts)

    def decides(self) -> Found:
        """HOLDS or CONSISTENT somewhere: a bound that says nothing proves nothing."""
        found = [v for case in self._cases() for v in self._check(*case).verdicts]
        shown = sum(v.status in GOOD for v in found)
        return Found(shown > 0, f"{shown} of {len(found)} verdicts", "nothing was decided")

    def report(self) -> Iterator[str]:
        """What is to be said after the checks, of all that was tried."""
        yield from theorem_report.lines(self.theorem, list(self._tried.values()))

    @property
    def _is_rate(self) -> bool:
        return isinstance(self.theorem, Rate)

    @cached_property
    def _example(self) -> Problem:
        return type(self.theorem).example()

    def _broken(self) -> str:
        """The first rule of the contract that is broken, if any."""
        theorem, cls = self.theorem, type(self.theorem)
        for text in TEXTS:
            if not isinstance(getattr(theorem, text, None), str):
                return f"{text} must be a text"
        if getattr(theorem, "bounds_on", None) not in Quantities.RUNGS:
            return f"bounds_on must be one of {', '.join(Quantities.RUNGS)}"
        if not isinstance(getattr(theorem, "trust", None), Trust):
            return "trust must be a Trust"
        if not isinstance(theorem, Inequality | Rate):
            return "a theorem must be an Inequality or a Rate"
        if not inspect.getdoc(cls):
            return "the docstring must state the theorem"
        if not isinstance(getattr(cls, "example", lambda: None)(), Problem):
            return "classmethod example() must return a Problem on which the theorem is decided"
        return ""

    def _cases(self) -> list[tuple[str, str]]:
        names = tuple(bank.SWEEPS) if self._is_rate else ("",)
        cases = [(sampler, name) for sampler in self._methods for name in names]
        if self._is_rate and self._example.grid.recipe:
            cases.append((label(self._example.sampler), EXAMPLE))
        return cases

    @cached_property
    def _methods(self) -> dict[str, Any]:
        """Every sampler as it comes, and the one that the theorem's own example has."""
        own = self._example.sampler
        return {name: samplers[name]() for name in sorted(samplers)} | {label(own): own}

    def _check(self, sampler: str, sweep: str) -> Tried:
        if (sampler, sweep) not in self._tried:
            self._tried[sampler, sweep] = self._measure(sampler, sweep)
        return self._tried[sampler, sweep]

    def _measure(self, sampler: str, sweep: str) -> Tried:
        if sweep == EXAMPLE:
            problems = [with_steps(self._example, steps) for steps in REFINED]
            return tried_along(self.theorem, sampler, sweep, "step", problems)
        method = self._methods[sampler]
        refused = bank.refusal(method, self._example.noise) or self._refusal(method)
        if refused:
            return Tried(sampler, sweep, "", [checks.not_applicable(self.theorem, [refused])], [])
        if sweep:
            problems = bank.sweeps(method, self._example.noise)[sweep]
            return tried_along(self.theorem, sampler, sweep, bank.SWEEPS[sweep], problems)
        example = dataclasses.replace(self._example, sampler=method)
        cases = [Quantities(each) for each in (*bank.theorem_problems(method), example)]
        verdicts = [checks.check(q.problem, [self.theorem], q)[0] for q in cases]
        return Tried(sampler, sweep, "", verdicts, cases)

    def _refusal(self, method: Any) -> str:
        """Why the example is none for ``method``; empty where it is one."""
        try:
            dataclasses.replace(self._example, sampler=method)
        except ValueError as error:
            return str(error)
        return ""

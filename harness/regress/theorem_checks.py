"""What every theorem has to pass, built in or a stranger's, with every built-in sampler."""

import dataclasses
import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from harness.foundation.registry import label, load
from harness.problem.problem import Problem
from harness.regress import (
    bank,
    theorem_bank,
    theorem_ends,
    theorem_near,
    theorem_report,
    theorem_sweeps,
    theorem_sweeps_of_steps,
)
from harness.regress.cases import Case
from harness.regress.check_outcome import Found, along, on_each, summary
from harness.regress.measured_once import MeasuredOnce
from harness.regress.theorem_report import Tried
from harness.regress.theorem_sweeps import Sweep
from harness.verdicts import checks
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Equality, Inequality, Rate, Side, Theorem, Trust
from harness.verdicts.verdict import Status, Verdict, of_theorem

TEXTS = ("name", "statement", "source")
EXAMPLE = "its example's grid"  # a rate may be about one kind of grid, which no sweep has
SWEEPS = theorem_sweeps.EVERY
NO_CONSTANT = 1e12  # a form that needs one above this is lost in rounding beside what is measured
FALLING = ("step", "score_error")  # axes along which all but the stopping may fall
MOST = 0.5
STOPS = "stopping costs most of it there"
GOOD = (Status.HOLDS, Status.CONSISTENT)
ANOTHER_EXAMPLE = "its example is to be one on which it says something"


class TheoremChecks:
    """The checks of one theorem; an inequality is tried on the bank, a rate on its sweeps.

    ``thorough``: with every variant of every sampler, and longer sequences.  ``known``: what was
    measured for other theorems.
    """

    def __init__(
        self, theorem: Theorem, thorough: bool = False, known: MeasuredOnce | None = None
    ) -> None:
        load()
        self.theorem, self.thorough = theorem, thorough
        self._known = known or MeasuredOnce()
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
        kinds = {Rate: "rate", Equality: "equality", Inequality: "inequality"}
        kind = next((told for each, told in kinds.items() if isinstance(self.theorem, each)), "")
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
        why = ANOTHER_EXAMPLE if verdict.status is Status.VACUOUS else ""
        return Found(good, verdict.reason, why, Case(self.theorem, verdict, problems=[problem]))

    def stands(self, sampler: str, sweep: str) -> Found:
        """Never VIOLATED or INCONSISTENT where it applies."""
        tried = self._check(sampler, sweep)
        if not tried.cases:
            return summary(tried.verdicts)
        problems = [quantities.problem for quantities in tried.cases]
        if sweep:
            found = along(self.theorem, tried.axis, problems, tried.verdicts[0])
            if (constant := tried.verdicts[0].constant) > NO_CONSTANT:
                return found._replace(
                    passed=False,
                    number=f"needs a constant of {constant:.3g}",
                    reason="its form is 0 there but for rounding",
                )
            return found
        return on_each(self.theorem, problems, tried.verdicts)

    def decides(self) -> Found:
        """HOLDS or CONSISTENT somewhere: a bound that says nothing proves nothing."""
        found = [v for case in self._cases() for v in self._check(*case).verdicts]
        shown = sum(v.status in GOOD for v in found)
        ((said, times),) = Counter(v.reason for v in found).most_common(1)
        why = f"nothing was decided; most often ({times} times): {said}"
        return Found(shown > 0, f"{shown} of {len(found)} verdicts", why)

    def report(self) -> Iterator[str]:
        """What is to be said after the checks, of all that was tried."""
        yield from theorem_report.lines(self.theorem, self.tried)

    @property
    def tried(self) -> list[Tried]:
        """All that was tried so far."""
        return list(self._tried.values())

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
        if getattr(theorem, "side", None) not in tuple(Side):
            return f"side must be one of {', '.join(Side)}"
        if not isinstance(theorem, Inequality | Rate):
            return "a theorem must be an Inequality or a Rate"
        if not inspect.getdoc(cls):
            return "the docstring must state the theorem"
        if not isinstance(getattr(cls, "example", lambda: None)(), Problem):
            return "classmethod example() must return a Problem on which the theorem is decided"
        return ""

    def _cases(self) -> list[tuple[str, str]]:
        cases = [
            (sampler, name)
            for sampler, method in self._methods.items()
            for name in (self._sweeps if self._is_rate and self._about(method) else ("",))
        ]
        if self._is_rate and self._example.grid.recipe:
            cases.append((label(self._example.sampler), EXAMPLE))
        return cases

    @cached_property
    def _sweeps(self) -> list[str]:
        """Those that can tell something of its sides and of its rung."""
        from_below, of_data = Side.LOWER in self.theorem.sides, self.theorem.bounds_on == "data"
        return [
            name
            for name, sweep in SWEEPS.items()
            if (from_below or not sweep.from_below) and (of_data or not sweep.of_data)
        ]

    @cached_property
    def _methods(self) -> dict[str, Any]:
        """Every sampler, and the one that the theorem's own example has."""
        return theorem_bank.methods(self._example.sampler, self.thorough)

    @cached_property
    def _of_any_sampler(self) -> bool:
        """Whether it asks nothing of the sampler, and so has as many problems as there are of them.

        It is tried on the worst cases with the samplers of ``_of_worst_cases``.
        """
        able = [method for method in self._methods.values() if not self._refused(method)]
        own = [dataclasses.replace(self._example, sampler=method) for method in able]
        return not any(checks.unmet(self.theorem, each) for each in own)

    @cached_property
    def _of_worst_cases(self) -> list[Any]:
        """That of the example, and one that takes all noises where that one does not."""
        own = self._example.sampler
        limited = own.claims.needs_mask or own.claims.needs_uniform
        return [own, self._methods["tweedie"]] if limited else [own]

    def _about(self, method: Any) -> bool:
        """Whether a rate says anything of ``method``, on its example's data or on the bank's."""
        if self._refused(method):
            return False
        own = dataclasses.replace(self._example, sampler=method)
        try:
            step = bank.sweep("step", method, self._example.noise)[:1]
        except ValueError:  # a noise of another number of tokens
            step = []
        return any(not self._unmet(each) for each in (own, *step))

    def _check(self, sampler: str, sweep: str) -> Tried:
        if (sampler, sweep) not in self._tried:
            self._tried[sampler, sweep] = self._measure(sampler, sweep)
        return self._tried[sampler, sweep]

    def problems(self) -> Iterator[Problem]:
        """All on which something is decided, none of them measured."""
        for sampler, sweep in self._cases():
            found, _ = self._problems(sampler, sweep)
            yield from (each for each in found if not checks.unmet(self.theorem, each))

    def _problems(self, sampler: str, sweep: str) -> tuple[list[Problem], list[str]]:
        """What it is tried on with ``sampler``; nothing, and why, where it says nothing of that."""
        if sweep == EXAMPLE:
            return theorem_sweeps_of_steps.refined(self._example, self._unmet), []
        method = self._methods[sampler]
        if refused := self._refused(method):
            return [], [refused]
        if sweep:
            try:
                problems = SWEEPS[sweep].problems(method, self._example.noise)
            except ValueError as error:
                return [], [str(error)]
            missing = checks.unmet(self.theorem, problems[0])
            return ([], missing) if missing else (problems, [])
        example = dataclasses.replace(self._example, sampler=method)
        if self._is_rate:  # it is about no such sampler, and says why
            return [], checks.unmet(self.theorem, example)
        few = self._of_any_sampler and not self.thorough and method not in self._of_worst_cases
        worst = [] if few else theorem_bank.worst_cases(method, self.thorough)
        usual = [*bank.theorem_problems(method), *worst]
        if all(map(self._unmet, usual)) and not self._unmet(example):
            usual = [*usual, *theorem_near.near(example, method)]
        if not few:
            usual = [*usual, *theorem_ends.problems(method, lambda p: not self._unmet(p))]
        return [*usual, example], []

    def _unmet(self, problem: Problem) -> list[str]:
        return list(checks.unmet(self.theorem, problem))

    def _measure(self, sampler: str, sweep: str) -> Tried:
        problems, missing = self._problems(sampler, sweep)
        if not problems:
            return Tried(sampler, sweep, "", [checks.not_applicable(self.theorem, missing)], [])
        if sweep:
            return self._along(
                sampler, sweep, SWEEPS["step" if sweep == EXAMPLE else sweep], problems
            )
        cases = [self._known.on(problem) for problem in problems]
        return Tried(sampler, sweep, "", [self._on(case) for case in cases], cases)

    def _on(self, case: Quantities) -> Verdict:
        """The verdict on one problem; a right side that no float holds is above all.

        Of a step that has no law in float64 it says nothing: that is for the sampler's own checks.
        """
        try:
            return checks.check(case.problem, [self.theorem], case)[0]
        except FloatingPointError as error:
            return checks.not_applicable(self.theorem, [str(error)])
        except OverflowError:
            if self.theorem.side != Side.UPPER:
                raise
            reason = "its right side is larger than a float can be"
            return of_theorem(self.theorem, Status.VACUOUS, reason)

    def _along(self, sampler: str, name: str, sweep: Sweep, problems: list[Problem]) -> Tried:
        cases = self._known.along(problems, sweep.output_only)
        if self._stops_too_early(sweep, cases):
            return Tried(sampler, name, "", [checks.not_applicable(self.theorem, [STOPS])], [])
        verdicts = checks.check_sweep(problems, sweep.axis, [self.theorem], cases)
        return Tried(sampler, name, sweep.axis, verdicts, cases)

    def _stops_too_early(self, sweep: Sweep, cases: list[Quantities]) -> bool:
        """Whether what is missed of the data is what stopping costs, and that does not change.

        A right form whose steps have a small constant needs one that grows there, until its steps
        have faded beside its stopping.
        """
        if self.theorem.bounds_on != "data" or sweep.axis not in FALLING or sweep.of_data:
            return False
        last = max(cases, key=lambda case: case.problem.grid.steps)
        return last.stopping_tv > MOST * last.rung("data")[0]

    def _refused(self, method: Any) -> str:
        """Why the example is none for ``method``; empty where it is one."""
        try:
            dataclasses.replace(self._example, sampler=method)
        except ValueError as error:
            return str(error)
        return bank.refusal(method, self._example.noise, self._example.target)

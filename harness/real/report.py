"""What is said of a loop of code that draws: its exact law, or statistics where it has none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.foundation.validation import integer
from harness.numerics.roundoff import unit_roundoff
from harness.numerics.statistics import DrawsTest
from harness.process.noise import Noise
from harness.real import (
    draw_findings,
    law_findings,
    order_findings,
    precision_findings,
    schedule_findings,
    sharing_findings,
    tried,
)
from harness.real.answer_use import AS_IT_IS
from harness.real.beside import Beside, nearest
from harness.real.black_box import BlackBox, black_box
from harness.real.curve import Point, Tendency, curve, tendency
from harness.real.finding import Finding
from harness.real.truth import data_law, noised
from harness.real.watched import watch
from harness.traced.answers import exact_score
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.models import ASKS
from harness.traced.own_draws import loop_draws_test

DRAWS = 20_000
FALSE_ALARM = 1e-6  # of the code's own draws against the traced law
ALONE = 500  # draws of code that is called for one row at a time


@dataclass(frozen=True)
class Report:
    """All that was found of a loop called ``name``.

    ``points`` are exact, by number of steps; ``refused`` says why there are none, ``statistics``
    what draws say instead; ``computed_in`` are the dtypes of its real numbers.  ``good``: nothing
    is wrong with it; more steps lead to the data.  ``statistics`` of a loop are of ``drawn_in``
    steps.
    """

    name: str
    setting: str
    points: Sequence[Point] = ()
    beside: Beside | None = None
    agreement: DrawsTest | None = None
    findings: Sequence[Finding] = ()
    refused: str = ""
    statistics: BlackBox | None = None
    computed_in: frozenset[str] = frozenset()
    drawn_in: int = 0

    @property
    def tendency(self) -> Tendency | None:
        """What the KL does as the steps get more."""
        return tendency(self.points, unit_roundoff(self.computed_in)) if self.points else None

    @property
    def wrong(self) -> list[str]:
        """What is wrong with it, by name: faults, failed tests, a KL that does not go to 0."""
        told = [finding.kind for finding in self.findings if finding.fault]
        if self.statistics is not None:
            return told + [test.name for test in self.statistics.failed]
        assert self.tendency is not None
        assert self.agreement is not None
        if not self.agreement.passed:
            told.append("its draws contradict the law")
        return told if self.tendency.good else [*told, self.tendency.words]

    @property
    def good(self) -> bool:
        """Whether no fault was found, and draws agree with what is said of them."""
        return not self.wrong

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The report, line by line."""
        yield f"{self.name}: {self.setting}"
        words = [f"{'FAULT' if each.fault else 'note '}  {each}" for each in self._in_order]
        if self.statistics is not None:
            yield f"no exact law: {self.refused}"
            failed = ", ".join(test.name for test in self.statistics.failed)
            count = f"{len(self.statistics.failed)} of {len(self.statistics.tests)} tests failed"
            yield f"{count}{': ' if failed else ''}{failed}"
            yield from words
            yield from self.statistics.lines
        else:
            yield from _table(self.points)
            if self.refused:
                yield self.refused
            yield f"law: {self.tendency.words}" if self.tendency else ""
            if self.beside is not None:
                yield f"beside the built-in samplers: {self.beside}"
            yield _told(self.agreement)
            yield from words
        wrong = "; ".join(self.wrong)
        yield f"{self._verdict}: {wrong}" if wrong else "nothing is wrong with it"

    @property
    def _verdict(self) -> str:
        """Whether it is wrong, or too little is known of its KL or of its error in more steps."""
        tends = self.tendency
        if self.drawn_in and set(self.wrong) <= {"law", "single states"}:
            return f"it does not draw the data (steps: {self.drawn_in}; more were not tried)"
        open_ = tends is not None and not tends.shown and self.wrong == [tends.words]
        return "it is not shown to be right" if open_ else "it is not right"

    @property
    def _in_order(self) -> list[Finding]:
        return sorted(self.findings, key=lambda each: not each.fault)


def _told(agreement: DrawsTest | None) -> str:
    assert agreement is not None
    verdict = "agree with" if agreement.passed else "CONTRADICT"
    return (
        f"draws of the code itself {verdict} the law: {agreement.reason}; a TV of "
        f"{agreement.detectable_tv:.2g} would have been seen"
    )


def _table(points: Sequence[Point]) -> Iterator[str]:
    yield "law exact: every outcome of every draw was followed"
    heads = ("steps", "calls", "KL", "reverse KL", "TV", "off support", "masks left")
    yield "  " + "".join(f"{head:>12}" for head in heads)
    for each in points:
        numbers = (each.kl, each.reverse_kl, each.tv, each.off_support, each.masks)
        told = [f"{each.steps}", f"{each.calls:.4g}", *(f"{_clean(n):.4g}" for n in numbers)]
        yield "  " + "".join(f"{text:>12}" for text in told)


def _clean(number: float) -> float:
    """Without the dust of rounding."""
    return 0.0 if abs(number) < 1e-14 else number


def examine(
    loop: TracedLoop,
    target: Any,
    noise: Noise,
    *,
    stop: float = 0.0,
    block: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    follow: bool = True,
    tests: Mapping[str, Any] | None = None,
) -> Report:
    """Run ``loop`` under exact models of ``target`` and say what it does.

    ``stop``: the noise time at which its output is to follow the data, 0 for the data themselves.
    ``block``: the length of blocks that are revealed one after the other.  ``draws``, ``seed``: of
    the code itself, held against the law.  Not ``follow``: only by its draws, as compiled code.
    ``tests``: further arguments of ``black_box``, for a loop that is examined by its draws.

    Raises ValueError for a target whose law cannot be listed.
    """
    integer("draws", draws, 1)
    data = data_law(target)
    score = exact_score(data, noise)
    truth = noised(data, score, stop)
    setting = _setting(loop, target, noise, stop)
    points: list[Point] = []
    refused, found = "", list[Finding]()
    for count in sorted(loop.steps) if follow else ():
        try:
            points += curve(loop, score, noise, truth, [count])
        except (Untraceable, TooManyWorlds) as error:
            refused = f"{count} steps are not followed: {error}"
            found += sharing_findings.of_refusal(error)
            break
    if not points:
        refused = refused or "only draws were asked for"
        most = max(loop.steps)
        run = loop.run(score, noise, most)
        statistics = black_box(run.draws, truth, rows=draws, seed=seed, **(tests or {}))
        return Report(
            loop.name,
            setting,
            findings=found,
            refused=refused,
            statistics=statistics,
            drawn_in=most,
        )
    last = points[-1]
    found += law_findings.findings(points)
    found += sharing_findings.findings(points[0].seen, data.shape[0])
    shared = any(each.kind == sharing_findings.TOKENS for each in found)
    beside, computed_in = None, frozenset[str]()
    if not last.seen.coupled:
        watched = watch(loop, score, noise, last.steps)
        computed_in = watched.computed_in
        of_draws = list(draw_findings.findings(watched))
        found += of_draws
        fewer = [watch(loop, score, noise, each.steps) for each in points[:1] if each is not last]
        found += schedule_findings.findings([*fewer, watched])
        found += precision_findings.findings(loop, score, noise, computed_in, points[0])
        if any(each.kind == AS_IT_IS for each in of_draws) and not shared:
            found += order_findings.findings(last.seen, data, data.shape[0], block)
        found += tried.another_law(loop, score, noise, truth, points, unit_roundoff(computed_in))
        found += tried.another_time(loop, score, noise, truth, points, watched, target, stop)
        beside = nearest(last.law, target, noise, last.steps, watched.times, stop)
    single = loop.one_row or (last.seen.coupled and not last.seen.among)
    own = min(draws, ALONE) if single else draws
    run = loop.run(score, noise, last.steps)
    agreement = loop_draws_test(run, last.seen, own, seed, FALSE_ALARM)
    found = [each for each in found if each.kind != AS_IT_IS]
    return Report(
        loop.name, setting, points, beside, agreement, found, refused, computed_in=computed_in
    )


def _setting(loop: TracedLoop, target: Any, noise: Noise, stop: float) -> str:
    what, form = ASKS[loop.asks]
    told = {
        "ratios": "ratios",
        "posterior": "posterior predictions",
        "cavity": "cavity predictions",
    }
    until = "" if stop == 0 else f", to noise time {stop:g}"
    return f"{target} under {noise}{until}; the model answers exact {told[what]} ({form})"

"""The time left of a run, against a run that was timed problem by problem."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.noise import Uniform
from harness.problem import cost
from harness.problem.programs import Program
from harness.process.space import Sequences
from harness.studies import experiment as experiments
from harness.studies.experiment import sweeps
from harness.studies.remaining import Remaining, Work, of_sweep

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def recorded():
    """``(parts, events)`` of all experiments that were timed: seconds of CPU, all jobs in one.

    Nothing that JAX compiles was in a cache on disk.  An event is an experiment's number and the
    seconds of its next part.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "product_seconds", lambda: cost.FITTED_AT)
        with (HERE / "recorded_run.csv").open() as file:
            timed = {(r["experiment"], r["target"], r["sampler"]): r for r in csv.DictReader(file)}
        parts, events, found = [], [], 0
        for path in sorted((ROOT / "experiments").glob("*.toml")):
            of_this = []
            for sweep in sweeps(experiments.read(path)):
                row = timed.get((path.stem, sweep.target, sweep.sampler))
                seconds = [float(each) for each in row["problems"].split()] if row else []
                if len(seconds) != len(sweep.values):  # changed since
                    continue
                found += 1
                # Other tests may have compiled a program here already.
                of_this += [replace(part, compiled=not part.program) for part in of_sweep(sweep)]
                events += [(len(parts), each) for each in (*seconds, float(row["verdicts"]))]
            parts.append(of_this)
    assert found >= 0.7 * len(timed), "record the run anew"
    return parts, events


def ratios(parts, events):
    """Estimated over true seconds left, after the first tenth of the time, in one process."""
    remaining = Remaining(parts, 1)
    whole, gone, found = sum(seconds for _, seconds in events), 0.0, []
    for k, seconds in events:
        gone += seconds
        remaining.ended(k, seconds)
        if 0.1 < gone / whole < 0.98:  # in the last seconds a ratio says nothing
            found.append(remaining.seconds / (whole - gone))
    return found


@pytest.mark.parametrize("slower", [0.5, 1.0, 4.0])
def test_within_a_factor_of_2_after_a_tenth(recorded, slower):
    """On the machine that was timed, and on others, of which nothing is known beforehand."""
    parts, events = recorded
    found = ratios(parts, [(k, slower * seconds) for k, seconds in events])
    assert min(found) > 0.5
    assert max(found) < 2


def test_counting_parts_is_not_as_good(recorded):
    """What the costs are for: were all parts alike, the estimate would be further off."""
    parts, events = recorded
    alike = [[replace(part, seconds=1.0, compiled=True) for part in of] for of in parts]
    found = ratios(alike, events)
    assert max(*found, 1 / min(found)) > 2


def test_it_is_steady(recorded):
    """From one part to the next the time of the whole run is corrected by less than a quarter."""
    parts, events = recorded
    remaining = Remaining(parts, 1)
    whole, gone, before = sum(seconds for _, seconds in events), 0.0, 0.0
    for k, seconds in events:
        gone += seconds
        remaining.ended(k, seconds)
        estimate = gone + remaining.seconds
        if gone > 0.1 * whole:
            assert not before or abs(estimate / before - 1) < 0.25
            before = estimate


@dataclass(frozen=True)
class Quick:
    """Stands for a sampler."""


@dataclass(frozen=True)
class Slow:
    """Stands for another one."""


def part(sampler=Quick, *, of=1, compiled=False):
    """A part of one second, and one of compiling; ``of`` tells programs apart."""
    program = Program(sampler(), Sequences(2, of), Uniform, True, 0)
    return Work(1.0, program, 1.0, compiled)


KNOWN = part(compiled=True)


def test_a_program_is_compiled_once():
    two = [[part(), part()], [part()]]
    assert Remaining(two, 1).seconds == pytest.approx(3 + 1)
    assert Remaining(two, 2).seconds == pytest.approx((3 + 1) / 2)
    assert Remaining([[KNOWN]], 1).seconds == pytest.approx(1)


def test_processes_share_what_is_left():
    even = Remaining([[KNOWN]] * 4, 2)
    assert even.seconds == pytest.approx(2)
    even.ended(0, 1.0)
    assert even.seconds == pytest.approx(1.5)
    assert even.share == pytest.approx(0.25)
    assert Remaining([[KNOWN] * 10, [KNOWN]], 2).seconds == pytest.approx(5.5)
    one_long = [[replace(KNOWN, seconds=10.0)], [KNOWN]]
    assert Remaining(one_long, 2).seconds == pytest.approx(10)


def test_parts_end_in_any_order():
    remaining = Remaining([[KNOWN, Work(3.0), KNOWN]], 1)
    remaining.ended(0, 3.0, 1)
    assert remaining.seconds == pytest.approx(2)
    assert remaining.share == pytest.approx(3 / 5)


def test_compiling_is_corrected_apart():
    """Programs that a cache on disk holds make nothing else look fast."""
    remaining = Remaining([[part(), part(), part(of=2)]], 1)
    remaining.ended(0, 1.0)  # compiled in no time
    remaining.ended(0, 1.0)
    assert remaining.seconds == pytest.approx(1.5)  # one was expected, none was needed


def test_a_slow_sampler_speaks_for_itself_alone():
    slow = part(Slow, compiled=True)
    remaining = Remaining([[KNOWN] * 5 + [slow] * 3, [slow], [KNOWN]], 1)
    for _ in range(5):
        remaining.ended(0, 1.0)
    for _ in range(3):
        remaining.ended(0, 50.0)
    remaining.ended(2, 1.0)
    assert 30 < remaining.seconds < 50
    remaining.ended(1, 50.0)
    assert remaining.seconds == 0
    assert remaining.share == 1


def test_verdicts_are_corrected_apart():
    verdicts = Work(1.0)
    remaining = Remaining([[KNOWN, verdicts, KNOWN, verdicts]], 1)
    remaining.ended(0, 1.0)
    remaining.ended(0, 9.0)
    assert remaining.seconds == pytest.approx(1 + (1 + 9) / 2)

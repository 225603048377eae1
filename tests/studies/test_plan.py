"""What a plan says, against experiments that were timed, and by arithmetic of its own."""

import csv
import re
import time
import tomllib
from pathlib import Path

import pytest
from helpers.record_alone import in_a_process

from harness.measurement.many import measure_many
from harness.problem import cost
from harness.problem.cost import TooLarge
from harness.problem.problem import Problem
from harness.problem.programs import Program
from harness.process import devices_pay
from harness.process.devices_pay import least_length, seconds_exchanged
from harness.process.space import Sequences
from harness.show import plan_lines
from harness.show.words import duration
from harness.store.store import Store
from harness.studies import planned
from harness.studies.experiment import read, sweeps
from harness.studies.planned import Plan, Planned
from harness.studies.remaining import Work, compiled_once

HERE = Path(__file__).parent
EXPERIMENTS = HERE.parents[1] / "experiments"
FACTOR = 2.0  # what is promised
# How many rounds their decoders take is found by draws alone, and no plan knows it.
ROUNDS_UNKNOWN = {"full/decoders_chains", "full/decoders_long"}
PROBLEM = """
start = "exact"
target = { name = "potts_ring", tokens = 2, length = LENGTH, coupling = 1.0 }
noise = { name = "uniform" }
sampler = { name = "tweedie" }
grid = { name = "even", start = 2.0, stop = 0.5, steps = 8 }
"""


def recorded():
    """CPU seconds of each experiment, in a process of its own, and of a matrix product there."""
    with (HERE / "recorded_alone.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {row["experiment"]: (float(row["seconds"]), float(row["product"])) for row in rows}


@pytest.fixture(autouse=True)
def a_machine(monkeypatch):
    """One that is known: no product is timed."""
    on(monkeypatch, cost.FITTED_AT)


def on(monkeypatch, product):
    """Plans are for a machine on which a matrix product takes so many seconds."""
    monkeypatch.setattr(cost, "product_seconds", lambda: product)
    monkeypatch.setattr(planned, "product_seconds", lambda: product)


def off(monkeypatch, name, seconds, product):
    """By which factor a plan of an experiment is off, either way."""
    on(monkeypatch, product)
    plan = planned.plan([EXPERIMENTS / f"{name}.toml"])
    # Other tests may have compiled a program here already.
    parts = [[as_new(part) for part in plan.experiments[0].parts]]
    ratio = taken(parts) / seconds
    return max(ratio, 1 / ratio)


def taken(parts):
    return sum(part.whole for each in compiled_once(parts) for part in each)


def as_new(part):
    return Work(part.seconds, part.program, part.compiling, part.program is None, part.parts)


@pytest.mark.parametrize("name", ["masked", "two_stage", "fixed_order", "counts"])
def test_within_a_factor_of_2(name, monkeypatch):
    assert off(monkeypatch, name, *recorded()[name]) < FACTOR


@pytest.mark.slow
def test_all_experiments_are_within_a_factor_of_2(monkeypatch):
    timed = recorded()
    names = {str(each.relative_to(EXPERIMENTS))[:-5] for each in EXPERIMENTS.rglob("*.toml")}
    assert timed.keys() >= names - ROUNDS_UNKNOWN, "record them anew"
    found = {name: off(monkeypatch, name, *taken) for name, taken in timed.items()}
    assert {name: ratio for name, ratio in found.items() if ratio > FACTOR} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["masked", "two_stage"])
def test_this_machine_too(name, monkeypatch):
    """CPU seconds here and now, of a process of its own: others slow it by half at the most."""
    assert off(monkeypatch, name, *in_a_process(name)) < 1.5 * FACTOR


def part(seconds, program, compiling=10.0, parts=6):
    space = Sequences(2, program)
    return Work(seconds, Program(None, space, object, True, 0), compiling, False, parts)


def test_a_program_is_compiled_once(monkeypatch):
    parts = [[part(1.0, 2), part(1.0, 2)], [part(1.0, 2)], [part(5.0, 3), Work(1.0)]]
    assert taken(parts) == 2 + 10 + 1 + 5 + 10 + 1
    monkeypatch.setattr("harness.studies.remaining.parts_held", lambda: 6)
    again = [[part(1.0, 2)], [part(1.0, 3)], [part(1.0, 2)]]
    assert taken(again) == 33.0


def test_a_problem_in_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "5"))
    (found,) = planned.plan([path]).experiments
    assert (found.name, found.problems, found.programs, found.states) == ("mine", 1, 1, 32)
    assert found.flops == 8 * 2 * 32**2


def test_a_problem_that_is_too_large_is_refused_with_its_numbers(tmp_path):
    path = tmp_path / "large.toml"
    path.write_text(PROBLEM.replace("LENGTH", "40"))
    with pytest.raises(ValueError, match=r"large.toml: .* 1.1e12 states.* flops, 8 steps about"):
        planned.plan([path])


def test_workers_that_need_more_memory_than_there_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "16"))
    found = planned.plan([path, path])
    needed = sum(each.bytes for each in found.experiments)
    found.refuse_above(2, needed)
    with pytest.raises(TooLarge, match=r"mine: 2 workers may hold 1\.2 GiB at once, this .* has"):
        found.refuse_above(2, needed - 1)
    found.refuse_above(1, needed - 1)


def test_what_a_store_has_is_not_planned(tmp_path):
    (sweep, *_), name = sweeps(read(EXPERIMENTS / "masked.toml")), EXPERIMENTS / "masked.toml"
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "3"))
    mine = Problem.from_spec(tomllib.loads(path.read_text()))
    with Store(tmp_path / "kept.sqlite") as store:
        (without,) = planned.plan([name]).experiments
        measure_many([*sweep.problems[:2], mine], store=store)
        found = planned.plan([name, path], store)
        (of_masked, of_mine), seconds = found.experiments, found.seconds(1)
        said = list(plan_lines.lines(found, 1, 2, store=True))
    assert (of_masked.problems, of_masked.in_store) == (without.problems, 2)
    assert len(of_masked.parts) == len(without.parts) - 2
    assert (of_mine.problems, of_mine.in_store, of_mine.parts) == (1, 1, ())
    assert seconds == pytest.approx(sum(of_masked.alone))
    assert said[3].startswith(f"{without.problems + 1} problems, 3 in the store, ")


def test_lines(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "5"))
    head, row, total, one, two, machine, devices = plan_lines.lines(planned.plan([path]), 2, 4)
    said = [each for each in plan_lines.COLUMNS if each != plan_lines.IN_STORE]
    assert head.split() == ["experiment", *said]
    assert row.split()[:4] == ["mine", "1", "1", "32"]
    assert total == "1 problem, 1 program"
    assert one.startswith("with 1 worker: about")
    assert two.startswith("with 2 workers: about")
    assert "right to a factor of about 2" in machine
    assert "a push of S=2 over 4 devices pays from d=" in devices


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0312, "0.031 s"),
        (9.96, "10 s"),
        (89.9, "90 s"),
        (90, "1.5 min"),
        (1_234, "21 min"),
        (5_400, "1.5 h"),
        (36e5, "1,000 h"),
    ],
)
def test_times_in_words(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("tokens", "devices", "said"),
    [
        (2, 4, r"pays from d=\d+ on, [\d,]+ states \(assumed: .*"),
        (3, 4, "cannot be: no power of 3 is a multiple of 4"),
        (6, 4, r"pays from d=\d+ on, .*"),
    ],
)
def test_whether_devices_pay(tmp_path, tokens, devices, said):
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "3").replace("tokens = 2", f"tokens = {tokens}"))
    plan = planned.plan([path])
    told = f"a push of S={tokens} over {devices} devices "
    assert re.fullmatch(told + said, plan.devices_pay(devices))


def test_devices_that_are_too_slow_never_pay(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    path.write_text(PROBLEM.replace("LENGTH", "3"))
    monkeypatch.setattr(devices_pay, "EXCHANGE", 1e12)
    told = planned.plan([path]).devices_pay(4)
    assert told.startswith("a push of S=2 over 4 devices pays nowhere up to 2^60 states (assumed: ")


def test_where_devices_pay_both_take_the_same():
    """Below the least length one is faster, from there on several are; dearer flops pay earlier."""
    flop, entry = 2e-11, 3e-8
    least = least_length(2, 4, flop, entry)
    assert least is not None

    def seconds(length, count):
        space = Sequences(2, length, devices=count)
        work = flop * 2 * 4**length + entry * 2**length * length * 2
        return work / count + seconds_exchanged(space)

    assert seconds(least, 4) < seconds(least, 1)
    assert seconds(least - 1, 4) >= seconds(least - 1, 1)
    assert least_length(2, 4, 10 * flop, 10 * entry) < least
    assert least_length(3, 4, flop, entry) is None


def test_what_is_exchanged(monkeypatch):
    """Every device gets the laws of tokens and the masses of the states of the others."""
    monkeypatch.setattr(devices_pay, "EXCHANGE", 0.0)
    space = Sequences(2, 10, devices=4)
    entries = 1024 * (2 * 10 + 1)
    assert seconds_exchanged(space) == pytest.approx(0.75 * entries * 8 / devices_pay.BANDWIDTH)
    assert seconds_exchanged(Sequences(2, 10)) == 0.0


def test_planning_runs_nothing():
    began = time.process_time()
    plan = planned.plan([EXPERIMENTS / "one_site.toml"])
    assert isinstance(plan, Plan)
    assert isinstance(plan.experiments[0], Planned)
    assert time.process_time() - began < 0.2 * sum(plan.experiments[0].alone)

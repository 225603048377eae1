"""A run over several workers, and with a store: the same ledger, whatever happens to them."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from helpers.spoiled_experiments import GOOD

from harness import Store
from harness.claims import Claims
from harness.foundation import telling, workers
from harness.foundation.registry import load
from harness.foundation.workers import Here, Killed
from harness.measurement import spread as spread_by
from harness.measurement.kept import Nothing
from harness.samplers import Tweedie
from harness.studies import ledger, runner, tasks
from harness.studies.judged import Finished, judged
from harness.studies.judged_before import JudgedBefore

THEOREMS = "theorems = ['chain', 'total_correlation']\n"
MORE = "\n[[samplers]]\nname = 'euler'\n[[targets]]\nname = 'parity'\nlength = 2\n"
EPSILON = """
theorems = ["chain"]
question = "How many steps?"
axis = "epsilon"
values = [0.1, 0.05]
problem = { start = "exact", grid = { name = "even", start = 2.0, stop = 0.2, steps = 4 } }
targets = [{ name = "random_table", tokens = 3, length = 2, seed = 3 }]
samplers = [{ name = "tweedie" }]
"""


SHARED = 2  # problems of two experiments


class Two:
    """Two workers that are this process, of which it is noted what they did.

    Each is killed once by every problem of which ``kills`` says so, at any time by one alone.
    """

    number, limits, forgives = 2, (float("inf"),) * 2, 0

    def there(self):
        return range(2)

    def where(self, worker):
        return f"worker {worker}"

    def __init__(self, kills=lambda problem: False):
        self.kills, self.did = kills, []

    def submit(self, worker, function, *given):
        self.did.append((worker, function, given))
        if function is spread_by.measure and any(map(self.kills, given[0])):
            return Here().submit(worker, self._die)
        return Here().submit(worker, function, *given)

    def _die(self):
        raise Killed("a process ended suddenly")

    def measured(self):
        return [
            each for _, what, given in self.did if what is spread_by.measure for each in given[0]
        ]


@pytest.fixture
def spread(monkeypatch):
    """``runner.run`` by ``Two`` workers."""

    def run(experiments, two, **more):
        class OfThisMachine:
            def __init__(self, number):
                assert number == two.number

            def __enter__(self):
                return two

            def __exit__(self, *_):
                pass

        monkeypatch.setattr(workers, "of_this_machine", OfThisMachine)
        return runner.run(experiments, jobs=2, **more)

    return run


@pytest.fixture
def three(read):
    """Two experiments that have problems in common, and a search."""
    return [read(THEOREMS + GOOD + MORE, "one"), read(THEOREMS + GOOD, "two"), read(EPSILON, "eps")]


@pytest.fixture
def alone(three):
    return runner.run(three)


def assert_same(found, wanted):
    """By the rule of the ledger, statuses and points alike."""
    assert ledger.differences(found.rows, wanted.rows, runner.ROW_KEYS) == []
    assert ledger.differences(found.ledger, wanted.ledger, runner.LEDGER_KEYS) == []
    assert [row["theorem"] for row in found.ledger] == [row["theorem"] for row in wanted.ledger]
    assert found.failures == wanted.failures


def test_the_same_is_found_and_each_problem_measured_once(three, alone, spread, tmp_path):
    two, ticks, ended = Two(), [], []
    found = spread(three, two, progress=ticks.append, keep=lambda name, _: ended.append(name))
    assert_same(found, alone)
    assert len(two.measured()) == len(set(two.measured())) == 8
    assert {worker for worker, *_ in two.did} == {0, 1}
    assert sorted(ended) == ["eps", "one", "two"]
    assert (ticks[0].done, ticks[-1].done, ticks[-1].total) == (0, 12, 12)
    assert ticks[-1].share == pytest.approx(1)
    assert len(found.timings) == len(alone.timings) - SHARED
    assert sum(each.seconds > 0 for each in found.timings) > 8


def test_workers_import_while_the_run_estimates(three, spread):
    spread(three, two := Two())
    assert [what for _, what, _ in two.did[:2]] == [load, load]


def test_what_is_done_where_is_told(three, spread, monkeypatch):
    """What each worker was given, at the time when the other one is given something."""
    told, two, more = set(), Two(), []

    @contextmanager
    def also(what):
        more.append(what)
        yield

    def submit(worker, *given):
        told.update(more[0]().split("; ") if more else ())
        return Two.submit(two, worker, *given)

    monkeypatch.setattr(telling, "also", also)
    monkeypatch.setattr(two, "submit", submit)
    spread(three, two)
    done = {each.partition(": ")[2] for each in told}
    assert {each.partition(": ")[0] for each in told - {""}} == {"worker 0"}  # which is first asked
    assert {each for each in done if each.startswith("verdicts of one, ")}
    assert {each for each in done if re.fullmatch(r"\w+ on .*, \d+ steps( and \d+ more)?", each)}
    assert more[0]() == ""


def test_where_errors_were_made_is_told_by_all(three, spread, monkeypatch):
    """Also by a worker that only measures."""
    hits = iter(range(1000))
    measure, judge = spread_by.measure, tasks.judge

    def marked(work, what):
        return lambda *given: replace(work(*given), perturbed=frozenset({f"{what} {next(hits)}"}))

    two = Two()
    monkeypatch.setattr(spread_by, "measure", marked(measure, "measured"))
    monkeypatch.setattr(tasks, "judge", marked(judge, "judged"))
    found = spread(three, two)
    assert {*map(str, range(next(hits)))} == {each.split()[1] for each in found.perturbed}


@pytest.mark.parametrize("by", [1, 2])
def test_with_a_store_nothing_is_measured_twice(three, alone, spread, tmp_path, by):
    for first in (True, False):
        two = Two()
        with Store(tmp_path / "kept") as store:
            if by == 2:
                found = spread(three, two, store=store)
                assert len(two.measured()) == (8 if first else 0)
            else:
                found = runner.run(three, store=store)
            assert store.counts["kept"] == (8 if first else 0)
            assert not store.unkept
        assert_same(found, alone)
        # What was found took no time, verdicts and the search neither.
        assert len(found.timings) == (len(alone.timings) - SHARED if first else 0)


def test_a_sweep_is_judged_again_where_its_theorems_have_changed(three, alone, tmp_path):
    """What was measured is found all the same, and sweeps with the same theorems too."""
    with Store(tmp_path / "kept") as store:
        runner.run(three, store=store)
        before = JudgedBefore(store)
        sweeps = [sweep for each in three for sweep in runner.sweeps(each)]
        assert all(before.read(sweep) for sweep in sweeps)
        fewer = three[0].model_copy(update={"theorems": ("chain",)})
        (other, *_) = runner.sweeps(fewer)
        assert before.read(other) is None
        found = runner.run([*three[1:], fewer], store=store)
        assert {t.experiment for t in found.timings if t.value is None} == {three[0].name}
        assert {t.value for t in found.timings} == {None}


def test_theorems_of_one_module_are_told_apart(three, tmp_path):
    one, other = (
        next(iter(runner.sweeps(three[0].model_copy(update={"theorems": (name,)}))))
        for name in ("explicit_path", "explicit_path_identity")
    )
    with Store(tmp_path / "kept") as store:
        JudgedBefore(store).keep(one, Finished([], [], 0), 1.0)
        assert JudgedBefore(store).read(one) == Finished([], [], 0)
        assert JudgedBefore(store).read(other) is None


def test_what_a_sweep_has_found_is_read_as_it_was(three):
    (sweep, *_) = runner.sweeps(three[2])
    found = judged(sweep, lambda: None)
    again = Finished.read(found.written())
    assert again.written() == found.written()
    assert ledger.differences(again.rows, found.rows, runner.ROW_KEYS) == []
    assert again.decided == found.decided


def test_what_another_process_measures_is_waited_for(three, alone, spread, tmp_path):
    with Store(tmp_path / "kept") as theirs, Store(tmp_path / "kept") as store:
        problems = {p for sweep in runner.sweeps(three[1]) for p in sweep.problems}
        wanted = [theirs.wanted(each, "all") for each in problems]
        assert len(theirs.begin(wanted).ours) == 2
        two = Two()

        def told(now):
            if now.done == now.total - 4:  # all but those, which two sweeps have
                made = spread_by.measure([each.problem for each in wanted], "all").found
                theirs.end(wanted, zip(wanted, made, strict=True))

        found = spread(three, two, store=store, progress=told)
        assert_same(found, alone)
        assert not problems & set(two.measured())


def test_a_worker_that_is_killed_is_named_with_its_problem(three, alone, spread, tmp_path):
    def kills(problem):
        return (
            problem.grid.steps == 4 and problem.sampler == Tweedie() and problem.space.length == 2
        )

    with Store(tmp_path / "kept") as store:
        found = spread(three, Two(kills), store=store)
        again = spread(three, two := Two(), store=store)
    target = "random_table(tokens=3, length=2, seed=3)"
    names = {("one", target, "tweedie"), ("one", "parity(length=2)", "tweedie")}
    assert found.broken.keys() == names | {("two", target, "tweedie")}
    told = str(found.broken["two", target, "tweedie"])
    assert told.endswith(
        "a process ended suddenly while it measured tweedie on "
        "random_table(tokens=3, length=2, seed=3), 4 steps: is there memory for it?"
    )
    rest = [row for row in alone.ledger if (row["experiment"], row["sampler"]) == ("one", "euler")]
    assert rest
    assert not ledger.differences(
        [row for row in found.ledger if row["experiment"] != "eps"], rest, runner.LEDGER_KEYS
    )
    assert_same(again, alone)
    assert all(map(kills, two.measured()))


@dataclass(frozen=True)
class Kills:
    """Its step ends the process that measures it."""

    claims: ClassVar[Claims] = Tweedie.claims

    def step(self, score, noise, x, t, s):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_real_process_that_is_killed_stops_no_other(read):
    bad = GOOD.replace('"tweedie"', f"'{Kills.__module__}:Kills'").replace("[2, 4]", "[2]")
    found = runner.run(
        [read("theorems = []\n" + GOOD), read("theorems = []\n" + bad, "bad")], jobs=2
    )
    ((place, error),) = found.broken.items()
    assert place[0] == "bad"
    assert "a process ended suddenly while it measured" in str(error)
    assert len(found.rows) == 2


def test_threads_are_divided(monkeypatch):
    monkeypatch.setattr(os, "environ", {"OMP_NUM_THREADS": "7"})
    workers.few_threads(2)
    assert [os.environ[name] for name in workers.THREADS] == ["2", "7", "2", "2", "2"]


def test_nothing_is_a_store():
    assert Nothing().found([]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("kills", [50])
def test_killed_at_any_instant_it_goes_on(read, tmp_path, monkeypatch, kills):
    """From an empty folder, through kills at random, to the ledger of an undisturbed run."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lengths = "".join(f"\n[[targets]]\nname = 'parity'\nlength = {d}\n" for d in (2, 3, 4, 5))
    mine = [read(THEOREMS + GOOD + MORE.split("[[targets]]")[0] + lengths, n) for n in ("a", "b")]
    draw, over = random.Random(0), 0
    before = 0
    for k in range(kills + 100):
        given = ["check", "a.toml", "b.toml", "--jobs", "2", "--store", "kept", "--update-ledger"]
        program = [sys.executable, "-m", "harness.cli", *given, "--results", "results"]
        run = subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=-3)
        if k >= kills:
            over = run.wait() == 0
            break
        time.sleep(draw.uniform(1, 12))
        run.kill()
        run.wait()
        if (tmp_path / "kept").exists():
            with Store(tmp_path / "kept") as store:
                told = "SELECT count(*) FROM measurements"
                now = store.connection.execute(told).fetchone()[0]
            assert now >= before
            before = now
    assert over
    wanted = runner.run(mine)
    assert runner.compare(wanted, tmp_path / "results", ["a", "b"], whole=True) == []

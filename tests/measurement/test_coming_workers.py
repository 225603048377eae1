"""Workers that come, go and are killed while a run is under way: what each is given."""

import math
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from harness import Store
from harness.foundation.workers import GivenUp, Gone, Killed
from harness.measurement import spread
from harness.measurement.kept import Nothing, Wanted
from harness.measurement.spread import Measured, Spread
from harness.measurement.work_queue import HELD, Queue, Unit


@dataclass(frozen=True)
class Named:
    """Stands for a problem."""

    number: int


class Scripted:
    """Workers that are there when ``script`` says so: for each look, who is.

    What a worker is given ends at the next look with ``ends(worker, problems)``, unless it is gone.
    """

    number = 1

    def __init__(self, script, ends=lambda worker, problems: None, forgives=2, limits=None):
        self.script, self.ends, self.forgives = list(script), ends, forgives
        self.limits = limits or [math.inf] * 9
        self.did, self._given = [], {}

    def there(self):
        self.now = now = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if now is None:
            raise Gone("no worker is left")
        for worker, (told, problems) in list(self._given.items()):
            error = self.ends(worker, problems) if worker in now else Killed(f"{worker} is gone")
            del self._given[worker]
            if error:
                told.set_exception(error)
            else:
                told.set_result(Measured([each.number for each in problems], 0.0, frozenset()))
        return now

    def submit(self, worker, function, problems, asked):
        assert worker in self.now
        assert worker not in self._given
        told = Future()
        self.did.append((worker, [each.number for each in problems]))
        self._given[worker] = told, problems
        return told


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(spread, "LOOK", 0.0)
    monkeypatch.setattr(spread, "POLL", 0.0)
    monkeypatch.setattr(spread, "_shares", lambda done: [0.0] * len(done.found))
    monkeypatch.setattr(spread, "_named", lambda unit: f"problem {unit.wanted.problem.number}")
    monkeypatch.setattr("harness.measurement.work_queue.home_of", lambda problem: problem)


def measured(workers, held=0.0, store=None):
    """What is told of twelve problems of three programs, by number; four fill a task."""
    told = {}

    def tell(unit, found, seconds, again):
        assert unit.places[0] not in told
        told[unit.places[0]] = found

    run = Spread(store or Nothing(), workers, Queue(math.inf, workers.limits), tell)
    run.add(Unit(Wanted(Named(k), "all"), (k,), 0.3, held, program=k // 4) for k in range(12))
    run.run()
    return told


EXACTLY = {k: k for k in range(12)}


def kills(numbers, error=Killed):
    """What measures one of these ``numbers`` ends with the error."""

    def ends(worker, problems):
        if {each.number for each in problems} & set(numbers):
            return error("it is gone")

    return ends


def test_one_that_comes_gets_work_and_one_that_is_gone_none():
    workers = Scripted([[0], [0], [0, 1], [1], [2]])
    assert measured(workers) == EXACTLY
    assert {worker for worker, _ in workers.did} == {0, 1, 2}


def test_what_a_worker_was_killed_with_is_done_again_as_it_was():
    workers = Scripted([[0], [1], [1], [2], [2]])
    assert measured(workers) == EXACTLY
    first = workers.did[0][1]
    assert [numbers for _, numbers in workers.did].count(first) > 1


@pytest.mark.parametrize("forgives", [0, 2])
def test_what_kills_workers_is_named_when_they_forgive_no_more(forgives):
    workers = Scripted([[0, 1]], kills([5]), forgives)
    found = measured(workers)
    assert str(error := found.pop(5)) == (
        "it is gone while it measured problem 5: is there memory for it?"
    )
    assert isinstance(error, ValueError)
    assert found == {k: k for k in range(12) if k != 5}
    deaths = [numbers for _, numbers in workers.did if 5 in numbers]
    assert [len(numbers) for numbers in deaths] == [4] * (forgives + 1) + [1]


def test_what_is_given_up_by_no_fault_is_never_named():
    times = Counter()

    def ends(worker, problems):
        times[problems[0].number] += 1
        return GivenUp("no scheduler") if times[problems[0].number] < 10 else None

    assert measured(Scripted([[0, 1]], ends, forgives=0)) == EXACTLY


def test_where_none_is_left_it_is_said_what_is_kept(tmp_path):
    script = [[0], [0], [0], [0], [], None]
    with pytest.raises(Gone, match="is left; nothing of this run is kept"):
        measured(Scripted(script))
    with Store(tmp_path / "kept") as store, pytest.raises(Gone) as told:
        measured(Scripted(script), store=store)
    assert str(told.value).endswith(
        f"measurements of this run are kept in {tmp_path / 'kept'}: the same run with that store "
        "goes on from there"
    )


def test_what_no_worker_has_memory_for_that_is_left_is_told(monkeypatch):
    """The one that had enough is gone; the other could never do it."""
    monkeypatch.setattr(spread, "PATIENCE", 0.05)
    limits = [HELD * 1e6, HELD * 1e9]
    workers = Scripted([[0, 1], [0, 1], [0]], limits=limits)
    leave = workers.there

    def there():
        now = leave()
        limits[1] = HELD * 1e9 if 1 in now else 0.0
        return now

    workers.there = there
    found = measured(workers, held=1e8)
    assert found.keys() == EXACTLY.keys()
    refused = [each for each in found.values() if isinstance(each, ValueError)]
    assert len(refused) >= 8
    assert f"needs about {HELD * 1e8:,.0f} bytes, and no worker may have more" in str(refused[0])

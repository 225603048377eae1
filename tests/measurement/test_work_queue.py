"""Which worker does what next, decided without any: programs once, memory below the limit."""

from collections import Counter

import pytest

from harness.measurement import work_queue
from harness.measurement.kept import Wanted
from harness.measurement.work_queue import HELD, Group, Queue, Task, Unit


def units(number, seconds=0.1, held=0.0, of=""):
    return [Unit(Wanted(None, "all", f"{of}{k}"), ((0, k),), seconds, held) for k in range(number)]


def group(home, seconds, number=1, compiling=1.0, held=0.0):
    return Group(home, units(number, seconds / number, held, home), compiling=compiling)


def run(queue, workers, left=lambda task: task):
    """All of a queue done, each task in its own time: when each worker ends, and who did what."""
    free, did, known = (
        [0.0] * workers,
        [[] for _ in range(workers)],
        [set() for _ in range(workers)],
    )
    busy = {}
    while busy or not queue.empty:
        for worker in range(workers):
            if worker not in busy and (task := queue.next(worker)):
                home = task.units[0].wanted.digest.rstrip("0123456789") if task.units else None
                seconds = sum(unit.seconds for unit in task.units)
                seconds += 0.0 if home in known[worker] else 1.0
                known[worker].add(home)
                now = max([free[worker], *(() if busy else [max(free)])])
                busy[worker] = now + seconds
                did[worker].append(task)
        first = min(busy, key=busy.__getitem__)
        free[first] = busy.pop(first)
        queue.done(first)
    return free, did, known


def test_everything_is_done_once():
    queue = Queue(limit=1e9)
    queue.add([group(f"{k}-", k + 0.5, 7 * k + 1) for k in range(20)])
    queue.add([Group("3-", whole=5, seconds=1.0)])
    _, did, _ = run(queue, 3)
    done = Counter(unit.wanted.digest for each in did for task in each for unit in task.units)
    assert set(done.values()) == {1}
    assert len(done) == sum(7 * k + 1 for k in range(20))
    assert [task.whole for each in did for task in each if task.whole is not None] == [5]


def test_a_program_is_compiled_by_one_and_no_worker_is_left_idle():
    queue = Queue(limit=1e9)
    queue.add([group(f"{k}-", seconds) for k, seconds in enumerate([9, 7, 5, 3, 3, 2, 2, 1, 1, 1])])
    free, _, known = run(queue, 2)
    assert not known[0] & known[1]
    assert max(free) - min(free) <= 0.1 * max(free)


def test_the_heaviest_is_first_and_one_that_is_long_is_shared():
    queue = Queue(limit=1e9)
    queue.add([group("small-", 1.0, 10), group("large-", 20.0, 100), group("middle-", 3.0, 10)])
    assert queue.next(0).units[0].wanted.digest.startswith("large-")
    queue.done(0)
    assert queue.next(1).units[0].wanted.digest.startswith("middle-")
    queue.done(1)
    free, _, known = run(queue, 2)
    assert "large-" in known[0] & known[1]
    assert max(free) - min(free) <= 0.1 * max(free)


def test_homes_are_kept_together():
    """What is of one space goes to the worker that has begun it, its verdicts before others."""
    queue = Queue(limit=1e9)
    for home in "ab":
        queue.add([Group(home, units(1, 1.0, of=f"{home}{k}-"), compiling=1.0) for k in range(3)])
    first = queue.next(0).units[0].wanted.digest[0]
    other = queue.next(1).units[0].wanted.digest[0]
    assert {first, other} == {"a", "b"}
    queue.add([Group(first, whole=1), Group(other, whole=2)])
    for worker, home, sweep in ((0, first, 1), (1, other, 2)):
        queue.done(worker)
        assert queue.next(worker) == Task(whole=sweep)
        queue.done(worker)
        assert queue.next(worker).units[0].wanted.digest[0] == home


def test_tasks_are_about_a_second_and_never_too_many():
    queue = Queue(limit=1e9)
    queue.add([Group("a", units(40, 0.3, of="a")), Group("b", units(40, 0.001, of="b"))])
    assert len(queue.next(0).units) == 4
    assert len(queue.next(1).units) == work_queue.AT_ONCE
    many = Queue(limit=1e9)
    many.add([Group("a", units(work_queue.WORTH_A_BATCH, 0.001))])
    assert len(many.next(0).units) == work_queue.BATCH


def test_memory_is_kept_below_the_limit():
    """Heavy ones are alone; a lighter one may go beside them."""
    queue = Queue(limit=100 * HELD)
    queue.add([group("heavy-", 9.0, held=90.0), group("heavier-", 8.0, held=400.0)])
    queue.add([group("light-", 1.0, held=5.0)])
    assert queue.next(0).bytes == 90.0 * HELD
    assert queue.next(1).bytes == 5.0 * HELD
    queue.done(1)
    assert queue.next(1) is None
    queue.done(0)
    assert queue.next(0).bytes == 400.0 * HELD  # larger than the limit: nothing is beside it
    assert queue.next(1) is None
    queue.done(0)
    assert queue.empty


def test_what_no_worker_has_memory_for_is_refused_with_numbers():
    (small,), (large,) = units(1, held=1e6), units(1, held=1e9)
    queue = Queue(limits=(HELD * 1e6, HELD * 1e7))
    assert queue.refused(small) == ""
    told = queue.refused(large)
    assert f"about {HELD * 1e9:,.0f} bytes" in told
    assert f"more than {HELD * 1e7:,.0f}" in told
    assert Queue().refused(large) == ""


def test_what_one_that_is_gone_had_begun_and_compiled_is_left_again():
    queue = Queue(limit=100 * HELD)
    queue.add([group("a", 9.0, 30, held=90.0), group("b", 5.0)])
    task = queue.next(0)
    queue.again(0, task.units)
    queue.forget(0)
    taken = [queue.next(1)]  # it is nobody's home now, and its memory is free
    assert [unit.wanted.digest for unit in taken[0].units] == ["a4", "a5", "a6", "a7"]
    queue.done(1)
    while not queue.empty:
        taken.append(queue.next(1))
        queue.done(1)
    names = [unit.wanted.digest for each in taken for unit in each.units]
    assert [name for name in names if name != "b0"][-4:] == ["a0", "a1", "a2", "a3"]  # lost once
    assert sorted(names) == sorted(["b0", *(f"a{k}" for k in range(30))])
    queue.add([Group("a", whole=3)])
    queue.next(1)
    queue.again(1)
    assert queue.next(1) == Task(whole=3)


def test_in_order():
    queue = Queue(limit=1e9, in_order=True)
    queue.add([group("a", 1.0), group("b", 5.0), group("c", 3.0)])
    found = []
    for k in range(4):
        found.append(queue.next(0))
        queue.done(0)
        if not k:
            queue.add([Group("c", whole=0)])
    assert [task.whole if task.units == () else task.units[0].wanted.digest for task in found] == [
        *("a0", 0, "b0", "c0")
    ]


@pytest.mark.parametrize("number", [2000])
def test_it_is_quick(number):
    """Not more than a millisecond a problem."""
    import time

    queue = Queue(limit=1e9)
    queue.add([group(f"{k}-", 1.0, number // 100) for k in range(100)])
    began = time.process_time()
    run(queue, 2)
    assert time.process_time() - began < 1e-3 * number

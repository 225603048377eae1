"""Several processes on one store; a kill at any instant; a full disk."""

import itertools
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from helpers.dask_processes import until
from helpers.stored_problems import PROBLEMS, a_measurement
from rooms import ROOT

from harness import Store
from harness.measurement.kept import each_measured
from harness.store import leases
from harness.store.file import opened

MINE = [PROBLEMS[name] for name in ("tweedie", "euler", "another target", "wrapped")]
# Writes rows for ever: at the lowest level, which starts at once.
WRITER = """
import itertools, sys
from pathlib import Path
from harness.foundation.whole_files import NotWritten
from harness.store.file import errors_of, opened, writing
from harness.store.leases import Leases

path, begin = Path(sys.argv[1]), int(sys.argv[2])
with errors_of(path):
    connection = opened(path)
    leases = Leases(lambda: opened(path))
    print("open", flush=True)
    for k in itertools.count(begin):
        with writing(connection):
            told = "SELECT count(*) FROM measurements WHERE digest = ?"
            there = connection.execute(told, (f"{k}",)).fetchone()[0]
            ours = leases.take(connection, () if there else [f"{k}", f"{k}'"])
        with writing(connection):
            for name in ours:
                row = name, "{}", "all", "x" * 3000, 1.0, 0.0, 0.0
                connection.execute("INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            leases.give(connection, ours)
        print(k, len(ours), flush=True)
"""


def writer(path, begin=0, before=()):
    program = [*before, sys.executable, "-c", WRITER, str(path), str(begin)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(program, env=environment, **pipes)


def rows(path):
    """The keys in a store that SQLite finds whole."""
    connection = opened(path, make=False)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = {key for (key,) in connection.execute("SELECT digest FROM measurements")}
    connection.close()
    return found


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_a_kill_at_any_instant_leaves_it_whole(tmp_path, kills):
    """What was said to be kept is there, and a pair that is written at once is there or is not."""
    path, draw, last = tmp_path / "kept.sqlite", random.Random(kills), -1
    for _ in range(kills):
        process = writer(path, last + 1)
        assert process.stdout.readline() == "open\n"
        time.sleep(draw.uniform(0, 0.1))
        process.kill()
        told = [int(line.split()[0]) for line in process.communicate()[0].splitlines()]
        last = max([last, *told])
        found = rows(path)
        whole = {int(key) for key in found if not key.endswith("'")}
        assert found == {f"{k}" for k in whole} | {f"{k}'" for k in whole}
        assert set(range(last + 1)) <= whole <= set(range(last + 2))
        last = max(whole, default=-1)
    assert last > 5 * kills


def test_a_full_disk_keeps_what_was_there(tmp_path):
    path = tmp_path / "kept.sqlite"
    full = ["bash", "-c", 'ulimit -f 400 && exec "$@"', "bash"]  # KiB that a file may have
    process = writer(path, before=full)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    told = err.splitlines()[-1]
    assert told.startswith(f"harness.foundation.whole_files.NotWritten: cannot write {path}: ")
    assert told.endswith("; what it had is kept")
    last = int(out.splitlines()[-1].split()[0])
    assert last > 10
    assert {f"{k}" for k in range(last + 1)} <= rows(path)


def test_two_at_a_time_do_nothing_twice(tmp_path):
    """Each does what the other does not: a row that is written twice would be an error."""
    path = tmp_path / "kept.sqlite"
    both = [writer(path), writer(path)]
    guard = threading.Timer(60, lambda: [each.kill() for each in both])
    guard.start()
    assert [each.stdout.readline() for each in both] == ["open\n"] * 2
    did = [list(itertools.islice(own(each.stdout), 20)) for each in both]
    for each, rows_of_it in zip(both, did, strict=True):
        each.terminate()
        out, err = each.communicate()
        assert err == ""
        rows_of_it += own(out.splitlines(keepends=True))
    guard.cancel()
    assert min(map(len, did)) >= 20
    assert len({*did[0], *did[1]}) == len(did[0]) + len(did[1])


def own(lines):
    """The rows that a writer says it has written, and no other did."""
    return (line.split()[0] for line in lines if line.endswith(" 2\n"))


def wanted(store):
    return [store.wanted(problem, "all") for problem in MINE]


def test_what_another_one_measures_is_waited_for(tmp_path):
    path, calls = tmp_path / "kept.sqlite", []

    def each_alone(places):
        return ([k] for k in places)

    with Store(path) as first, Store(path) as second:
        theirs = first.begin(wanted(first)[:2])
        assert len(theirs.ours) == 2
        assert second.begin(wanted(second)[:3]).ours == {wanted(second)[2].digest}
        second.end(wanted(second)[2:3], [])

        def measure(places):
            calls.append(places)
            if len(calls) == 2:  # the others are done: now those are kept, one of the two
                threading.Timer(0.2, first.end, (wanted(first)[:2], [kept])).start()
            return [a_measurement() for _ in places]

        kept = wanted(first)[0], a_measurement(kl=7.0)
        found = dict(each_measured(second, MINE, "all", each_alone, measure))
    assert calls == [[2], [3], [1]]
    assert found[0].kl == 7.0
    assert found.keys() == {0, 1, 2, 3}


def test_a_lease_ends_with_its_process(tmp_path, monkeypatch):
    path = tmp_path / "kept.sqlite"
    with Store(path) as store:
        one = wanted(store)[:1]
        for owner, lasts, ours in (
            (f"{leases.platform.node()}:{os.getpid()}:99", 60, 0),  # this one lives
            (f"{leases.platform.node()}:{dead_process()}:0", 60, 1),
            ("elsewhere:1:0", 60, 0),
            ("elsewhere:1:0", -1, 1),  # it ran out
        ):
            row = one[0].digest, owner, time.time() + lasts
            store.connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", row)
            assert len(store.begin(one).ours) == ours, owner
            store.end(one, [])
    monkeypatch.setattr(leases, "RENEWED", 0.05)
    with Store(path) as store:
        store.begin(one)
        before = ends(path)
        until(lambda: ends(path) > before)
    assert ends(path) is None  # all are given back


def dead_process():
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def ends(path):
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT max(until) FROM leases").fetchone()[0]
    connection.close()
    return found

"""Many small problems on two workers that are killed at random: all are kept, each once, rightly.

``LEAPCHECK_SOAK=20000 pytest -s -m slow tests/studies/test_cluster_soak.py`` takes more of them.
"""

import itertools
import os
import random
import threading
import time

import pytest
from helpers.dask_processes import Processes, kill, until

from harness import Problem, Store, grids, measure_many
from harness.foundation.cluster import connected
from harness.noise import Uniform
from harness.samplers import Euler, Tweedie
from toy_targets import RandomTable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
NUMBER = int(os.environ.get("LEAPCHECK_SOAK", "2000"))
KILLS = max(10, NUMBER // 400)  # about, each after so many more are kept and up to a second


class Killer:
    """Kills a worker of the ``dask`` processes at random instants, and begins another one.

    How far the run is by then is random, ``kept()`` says it, and when within a task it is.
    """

    def __init__(self, dask, kept):
        self.dask, self.kept, self.kills, self.draw = dask, kept, 0, random.Random(0)
        self.over, self.names = threading.Event(), itertools.count()
        self.workers = [self.begun() for _ in range(2)]
        self.thread = threading.Thread(target=self.go_on)

    def begun(self):
        return self.dask.worker(f"worker{next(self.names)}")

    def go_on(self):
        after = 0.0
        while not self.over.wait(self.draw.random()):
            if self.kept() >= after:
                k = self.draw.randrange(len(self.workers))
                kill(self.workers[k])
                self.workers[k] = self.begun()
                self.kills += 1
                after = self.kept() + self.draw.expovariate(KILLS / NUMBER)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def test_all_are_kept_once_and_as_they_are_when_nobody_is_killed(tmp_path):
    pytest.importorskip("distributed")
    grid = grids.even(2.0, 0.2, 4)
    mine = [
        Problem(RandomTable(2, 2, seed), Uniform(), sampler, grid)
        for seed in range(NUMBER // 2)
        for sampler in (Tweedie(), Euler())
    ]
    with Processes(tmp_path) as dask:
        dask.scheduler()
        with connected(dask.address) as client, Store(tmp_path / "kept") as store:
            killer = Killer(dask, lambda: store.counts["kept"])
            until(lambda: client.scheduler_info(-1)["workers"])
            began = time.monotonic()
            with killer:
                found = measure_many(mine, client=client, store=store)
            seconds = time.monotonic() - began
            assert store.counts["kept"] == len(mine)
            digests = [store.wanted(each, "all").digest for each in mine]
            rows = store.connection.execute("SELECT digest FROM measurements").fetchall()
            leases = store.connection.execute("SELECT count(*) FROM leases").fetchone()
            there = store.found(store.wanted(each, "all") for each in mine)
    print(f"\n{len(mine):,} problems in {seconds:.0f} s, {killer.kills} workers killed")
    assert killer.kills > KILLS // 4
    assert sorted(digest for (digest,) in rows) == sorted(set(digests))
    assert len(rows) == len(mine)
    assert leases == (0,)
    here = measure_many(mine)
    for each in ("kl", "chain_kl", "tv"):
        wanted = pytest.approx([getattr(m, each) for m in here], rel=1e-10, abs=1e-13)
        assert [getattr(m, each) for m in found] == wanted
        assert [getattr(there[digest], each) for digest in digests] == wanted

"""A cluster of processes that are killed, begun again and joined: nothing lost, nothing doubled."""

import itertools
import shutil
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.dask_processes import ROOT, Processes, kill, until
from helpers.sleepy_target import Sleepy, sweep_of
from helpers.stored_rows import kept

from harness import Problem, Store, grids, measure_many
from harness.foundation import own_code
from harness.foundation.cluster import Cluster, connected
from harness.foundation.workers import Gone
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.studies import runner

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
GRID = grids.even(2.0, 0.2, 2)
TESTS = Path(__file__).parents[1]
SWEEP = sweep_of("helpers.sleepy_target", 0.25, (0.1, 0.2, 0.3, 0.4))


@pytest.fixture
def dask(tmp_path):
    """Processes of a test; the scheduler runs, and no worker yet."""
    pytest.importorskip("distributed")
    with Processes(tmp_path) as found:
        found.scheduler()
        yield found


@pytest.fixture
def scheduler(dask):
    return dask.begun[0]


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    """Their problems take longer than is expected of them."""
    monkeypatch.setattr("harness.measurement.work_queue.AT_ONCE", 2)


@pytest.fixture
def given(monkeypatch):
    """Which worker was given how many tasks, by address."""
    counts, submit = Counter(), Cluster.submit

    def counted(self, worker, *given):
        counts[self._addresses[worker]] += 1
        return submit(self, worker, *given)

    monkeypatch.setattr(Cluster, "submit", counted)
    return counts


def problems(number, seconds):
    biases = [0.001 * (k + 1) for k in range(number)]
    return [Problem(Sleepy(bias, seconds), Uniform(), Tweedie(), GRID) for bias in biases]


def in_background(work):
    """What ``work`` returns, when it is asked for."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()

    def result():
        thread.join()
        return found[0]

    return result


def addresses(client):
    return {told["name"]: each for each, told in client.scheduler_info(-1)["workers"].items()}


def assert_all(found, mine):
    """As many as are ``mine``, and as they are when measured here."""
    quick = [replace(each, target=replace(each.target, seconds=0.0)) for each in mine]
    here = [each.kl for each in measure_many(quick)]
    assert [each.kl for each in found] == pytest.approx(here, rel=1e-10)


def test_a_worker_that_joins_gets_work_and_one_that_leaves_is_done_without(dask, given, tmp_path):
    first, mine = dask.worker("first"), problems(80, 0.2)
    with connected(dask.address) as client, Store(tmp_path / "kept") as store:
        until(lambda: addresses(client))
        found = in_background(lambda: measure_many(mine, client=client, store=store))
        until(lambda: store.counts["kept"])
        dask.worker("second")
        second = until(lambda: addresses(client).get("second"))
        until(lambda: given[second] > 1)
        kill(first)
        (tmp_path / "first").rename(tmp_path / "gone")
        dask.worker("third")
        assert_all(found(), mine)
        assert given[addresses(client)["third"]] > 1
        assert store.counts["kept"] == len(mine)


def test_one_with_other_code_that_joins_gets_nothing(dask, given, tmp_path, capfd):
    for each in own_code.OURS:
        shutil.copytree(ROOT / each, tmp_path / "other" / each)
    with open(tmp_path / "other" / "harness" / "__init__.py", "a") as file:
        file.write("# of another tree\n")
    dask.worker("first")
    mine = problems(40, 0.2)
    with connected(dask.address) as client:
        until(lambda: addresses(client))
        found = in_background(lambda: measure_many(mine, client=client))
        until(lambda: given)
        dask.worker("other", path=[tmp_path / "other"])
        other = until(lambda: addresses(client).get("other"))
        assert_all(found(), mine)
    assert other not in given
    told = capfd.readouterr().err
    assert f"worker {other} has leapcheck's code" in told
    assert "it is given nothing" in told


def test_one_whose_memory_is_full_gets_nothing_more(dask, given):
    """It is told so, and keeps to it."""

    def pause(dask_worker):
        dask_worker.status = type(dask_worker.status).paused

    dask.worker("first", "--memory-limit", 0)  # else it looks for itself
    dask.worker("second")
    mine = problems(60, 0.2)
    with connected(dask.address) as client:
        until(lambda: len(addresses(client)) == 2)
        first = addresses(client)["first"]
        found = in_background(lambda: measure_many(mine, client=client))
        until(lambda: given[first])
        client.run(pause, workers=[first])
        assert_all(found(), mine)
    assert given[first] <= 2


def check(dask, folder, name, *more):
    """``leapcheck check`` of the sweep as a process, whose working folder has its own name."""
    (where := folder / name).mkdir(exist_ok=True)
    (where / "sweep.toml").write_text(SWEEP)
    words = ["check", "sweep.toml", "--scheduler", dask.address, "--store", folder / "kept"]
    words += ["--results", where / "results", "--update-ledger", *more]
    return dask.begin("harness.cli", *words, name=name, path=[ROOT, TESTS])


def assert_as_here(folder, name, read):
    """The ledger, of an empty folder, is that of a run here; each measurement is there once."""
    wanted = runner.run([read(SWEEP, "sweep")])
    assert runner.compare(wanted, folder / name / "results", ["sweep"], whole=True) == []
    assert kept(folder / "kept") == 40


def test_a_scheduler_that_is_begun_again_is_gone_on_with(dask, scheduler, tmp_path, read):
    first = dask.worker("first")
    run = check(dask, tmp_path, "run")
    until(lambda: kept(tmp_path / "kept") >= 5)
    kill(scheduler)
    assert first.wait(60) is not None  # a worker ends with its scheduler
    before = kept(tmp_path / "kept")
    dask.scheduler()
    dask.worker("second")
    assert run.wait(180) == 0, dask.said("run")
    assert 5 <= before < 40
    assert_as_here(tmp_path, "run", read)


def test_a_scheduler_that_stays_away_ends_the_run_and_the_next_goes_on(dask, scheduler, tmp_path):
    from distributed import Client

    dask.worker("first")
    mine = problems(60, 0.2)
    with Client(dask.address, timeout="3s", set_as_default=False) as client:
        until(lambda: addresses(client))
        with Store(tmp_path / "kept") as store:
            threading.Thread(
                target=lambda: (
                    until(lambda: kept(tmp_path / "kept") >= 5),
                    kill(scheduler),
                )
            ).start()
            with pytest.raises(Gone) as told:
                measure_many(mine, client=client, store=store)
            first = store.counts["kept"]
    assert f"the scheduler at {dask.address} is gone" in str(told.value)
    assert f"{first:,} measurements of this run are kept in {tmp_path / 'kept'}" in str(told.value)
    dask.scheduler()
    dask.worker("second")
    with connected(dask.address) as client, Store(tmp_path / "kept") as store:
        until(lambda: addresses(client))
        found = measure_many(mine, client=client, store=store)
        assert store.counts == {"found": first, "kept": len(mine) - first}
    assert_all(found, mine)


def test_a_client_that_is_killed_and_begun_again_finishes(dask, tmp_path, read):
    dask.worker("first")
    dask.worker("second")
    for k in itertools.count(1):
        run = check(dask, tmp_path, f"run{k}")
        if k < 4:
            until(lambda k=k: kept(tmp_path / "kept") >= 8 * k)
            kill(run)
            continue
        assert run.wait(180) == 0, dask.said(f"run{k}")
        break
    assert_as_here(tmp_path, "run4", read)

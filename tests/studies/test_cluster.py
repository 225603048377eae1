"""A run by a Dask cluster, real workers in processes of their own: the ledger of a run here."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from helpers.dask_processes import until
from helpers.documents import DOCS, blocks
from helpers.sleepy_target import Sleepy
from helpers.spoiled_experiments import GOOD

from harness import Problem, Store, grids, measure, measure_many
from harness.foundation import cluster
from harness.foundation.cluster import Cluster, Unlike, about, check_alike
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.studies import ledger, runner

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
MORE = "\n[[samplers]]\nname = 'euler'\n[[targets]]\nname = 'parity'\nlength = 2\n"
GRID = grids.even(2.0, 0.2, 2)


def test_workers_that_are_not_alike_are_told():
    here = about()
    assert {"Python", "processor", "jax", "numpy", "leapcheck's code"} <= here.keys()
    check_alike(here, {"tcp://a:1": dict(here), "tcp://b:1": dict(here)})
    other = {**here, "jax": "0.1", "Python": "3.9"}
    with pytest.raises(Unlike, match=r"worker tcp://b:1 has .*jax 0.1, here it is") as told:
        check_alike(here, {"tcp://a:1": here, "tcp://b:1": other})
    assert "has Python 3.9, here it is 3." in str(told.value)
    with pytest.raises(Unlike, match="worker b cannot import leapcheck: No module named"):
        check_alike(here, {"b": ModuleNotFoundError("No module named 'harness'")})


def test_without_dask_it_is_said_what_to_install(monkeypatch, command):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    code, _, err = command("check", "one_site", "--scheduler", "tcp://127.0.0.1:1")
    assert code == 2
    assert "pip install 'leapcheck[cluster]'" in err


@pytest.fixture(scope="module")
def client():
    """Of two workers with a process and 1 GB each."""
    distributed = pytest.importorskip("distributed")
    given = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "memory_limit": 10**9}
    with (
        distributed.LocalCluster(**given, dashboard_address=None) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield client


def problems(number, seconds=0.0):
    """On a target whose module is on no worker."""
    biases = [0.01 * (k + 1) for k in range(number)]
    return [Problem(Sleepy(bias, seconds), Uniform(), Tweedie(), GRID) for bias in biases]


@pytest.mark.slow
def test_the_ledger_is_that_of_a_run_here(client, read, tmp_path):
    both = [
        read("theorems = ['chain']\n" + GOOD + MORE, "one"),
        read("theorems = []\n" + GOOD, "two"),
    ]
    here = runner.run(both)
    first, judged, measured = {"kept": 8}, {"sweeps": 5}, {"found": 8}
    for counts in (first, judged, measured):
        with Store(tmp_path / "kept") as store:
            if counts is measured:
                store.connection.execute("DELETE FROM texts")
            there = runner.run(both, client=client, store=store)
            assert +store.counts == counts
        assert ledger.differences(there.ledger, here.ledger, runner.LEDGER_KEYS) == []
        assert ledger.differences(there.rows, here.rows, runner.ROW_KEYS) == []
        assert there.failures == here.failures == []


@pytest.mark.slow
def test_xla_has_as_many_threads_as_a_worker(client):
    measure_many(problems(2), client=client)
    told = client.run(lambda: [os.environ.get(name) for name in ("PJRT_NPROC", "NPROC")])
    assert list(told.values()) == [["1", "1"]] * 2


@pytest.mark.slow
def test_modules_of_ones_own_are_sent(client):
    mine = problems(3)
    for found, problem in zip(measure_many(mine, client=client), mine, strict=True):
        assert found.kl == pytest.approx(measure(problem).kl, rel=1e-10)


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(client, tmp_path):
    mine = problems(20, seconds=0.3)
    pids = client.run(os.getpid)
    with Store(tmp_path / "kept") as store:

        def kill():
            until(lambda: 0 < store.counts["kept"] < 20)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

        threading.Thread(target=kill).start()
        found = measure_many(mine, client=client, store=store, errors="return")
        assert store.counts["kept"] == 20
    assert all(each.kl > 0 for each in found)
    client.wait_for_workers(2, timeout=60)
    assert client.run(os.getpid) != pids


@pytest.mark.slow
def test_what_no_worker_has_memory_for_is_refused_with_numbers(client, monkeypatch):
    monkeypatch.setattr("harness.measurement.work_queue.HELD", 1e12)
    (found,) = measure_many(problems(1), client=client, errors="return")
    assert isinstance(found, ValueError)
    assert "no worker may have more than 1,000,000,000" in str(found)


@pytest.mark.slow
def test_a_worker_with_other_code_is_told(client, monkeypatch):
    monkeypatch.setattr(cluster.own_code, "digest", lambda: b"of another tree")
    with pytest.raises(Unlike, match="has leapcheck's code "):
        Cluster(client)


@pytest.mark.slow
def test_no_scheduler_is_told(command):
    pytest.importorskip("distributed")
    code, _, err = command("check", "one_site", "--scheduler", "tcp://127.0.0.1:9")
    assert code == 2
    assert "leapcheck: no scheduler of Dask at tcp://127.0.0.1:9" in err


@pytest.mark.slow
def test_what_is_no_address_is_told():
    """Before a client is made, which would be closed by nobody."""
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match=r"no scheduler of Dask at localhost: .* tcp://"):
        cluster.connected("localhost")


@pytest.mark.slow
def test_the_script_of_the_page_runs(tmp_path):
    pytest.importorskip("distributed")
    (script,) = [b for b in blocks((DOCS / "cluster.md").read_text()) if b.title]
    (tmp_path / script.title).write_text(script.body)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, script.title]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("40 measured, the largest output KL 0."), done.stderr
    with Store(tmp_path / "kept.sqlite") as store:
        assert store.connection.execute("SELECT count(*) FROM measurements").fetchone() == (40,)

"""A scheduler and a client on one host, workers on another, with nothing between them but TCP."""

import shutil
import time
from pathlib import Path

import pytest
from helpers import sleepy_target
from helpers.dask_processes import ROOT, Processes, until
from helpers.stored_rows import kept
from helpers.two_hosts import Hosts

from harness import Store
from harness.studies import experiment, ledger, runner

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
QUICK = [ROOT / "experiments" / f"{name}.toml" for name in ("lost_jumps", "masked_schedule")]
OWN = sleepy_target.sweep_of("sent_target", 0.3, (0.1, 0.2, 0.3))
NUMBER = 30  # problems of that
SOON = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}  # the least: when a cut is seen


@pytest.fixture
def hosts():
    with Hosts() as found:
        yield found


@pytest.fixture
def dask(hosts, tmp_path):
    """Processes of a test; the scheduler runs on the first host."""
    pytest.importorskip("distributed")
    with Processes(tmp_path, host=hosts.addresses[0]) as found:
        found.scheduler(within=hosts.within(0), **SOON)
        yield found


def check(dask, within, name, experiments):
    """``leapcheck check`` on a host, in a folder of its own."""
    (where := dask.folder / name).mkdir(exist_ok=True)
    (where / "own.toml").write_text(OWN)
    shutil.copy(Path(sleepy_target.__file__), where / "sent_target.py")
    words = ["check", *experiments, "--scheduler", dask.address, "--store", dask.folder / "kept"]
    words += ["--results", "results", "--update-ledger"]
    given = {"name": name, "within": within, "path": [ROOT, where], **SOON}
    return dask.begin("harness.cli", *words, **given)


def assert_as_here(where, files, monkeypatch):
    """Statuses, points and all else of the ledger and of the rows, from an empty folder."""
    monkeypatch.syspath_prepend(where)
    names = [path.stem for path in files]
    wanted = runner.run([experiment.read(path) for path in files])
    assert runner.compare(wanted, where / "results", names, whole=True) == []
    runner.save(wanted, where / "here", names, update_ledger=True)
    here, there = [ledger.read(where / each / "ledger.csv") for each in ("here", "results")]
    assert here == there  # every digit that is written


def test_the_ledger_of_two_hosts_is_that_of_a_run_here(hosts, dask, tmp_path, monkeypatch):
    dask.worker("worker", within=hosts.within(1), **SOON)
    until(lambda: "Registered to" in dask.said("worker"))
    run = check(dask, hosts.within(0), "run", [*QUICK, "own.toml"])
    assert run.wait(300) == 0, dask.said("run")
    where = tmp_path / "run"
    assert_as_here(where, [*QUICK, where / "own.toml"], monkeypatch)


@pytest.mark.parametrize("for_good", [True, False])
def test_a_worker_that_is_cut_off_is_done_without(hosts, dask, tmp_path, monkeypatch, for_good):
    """For good, with another one; for a second, as the only one there is."""
    dask.worker("far", within=hosts.within(1), **SOON)
    if for_good:
        dask.worker("near", within=hosts.within(0), **SOON)
    until(lambda: "Registered to" in dask.said("far"))
    run = check(dask, hosts.within(0), "run", ["own.toml"])
    until(lambda: kept(tmp_path / "kept") >= 3)
    hosts.link("down")
    if not for_good:
        time.sleep(1.5)
        hosts.link("up")
    assert run.wait(300) == 0, dask.said("run")
    assert_as_here(tmp_path / "run", [tmp_path / "run" / "own.toml"], monkeypatch)
    assert kept(tmp_path / "kept") == NUMBER


def test_a_client_that_is_cut_off_says_what_is_kept_and_goes_on(hosts, dask, tmp_path, monkeypatch):
    dask.worker("worker", within=hosts.within(0), **SOON)
    until(lambda: "Registered to" in dask.said("worker"))
    run = check(dask, hosts.within(1), "run", ["own.toml"])
    until(lambda: kept(tmp_path / "kept") >= 3)
    hosts.link("down")
    assert run.wait(200) == 3, dask.said("run")
    before = kept(tmp_path / "kept")
    assert 3 <= before < NUMBER
    told = " ".join(dask.said("run").split())
    assert f"leapcheck: the scheduler at {dask.address} is gone, and did not come back" in told
    assert f"{before} measurements of this run are kept in {tmp_path / 'kept'}" in told
    hosts.link("up")
    again = check(dask, hosts.within(1), "run", ["own.toml"])
    assert again.wait(300) == 0, dask.said("run")
    assert f"{before} measurements found, {NUMBER - before} kept" in dask.said("run")
    assert_as_here(tmp_path / "run", [tmp_path / "run" / "own.toml"], monkeypatch)
    with Store(tmp_path / "kept") as store:
        assert store.connection.execute("SELECT count(*) FROM leases").fetchone() == (0,)

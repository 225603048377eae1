"""Commands that are cut off: exit codes, one line on stderr, finished sweeps, no process left."""

import os
import signal
import subprocess
import sys
import time

import pytest
from helpers.silence import but_what_is_told_of
from helpers.spoiled_experiments import GOOD

MINE = "theorems = ['chain']\n" + GOOD + "\n[[samplers]]\nname = 'euler'\n"
LEAPCHECK = [sys.executable, "-m", "harness.cli"]
# In a job in the background, as tests may be, a shell has Ctrl-C ignored by all its children.
HEARS = [
    *(sys.executable, "-c"),
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execvp(sys.argv[1], sys.argv[1:])",
]
FULL = ["bash", "-c", 'ulimit -f 30 && exec "$@"', "bash"]  # KiB that a file may have


@pytest.fixture
def started(tmp_path, monkeypatch):
    """``leapcheck *arguments`` in a folder with two experiments, as a session of its own."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("first", "second"):
        (tmp_path / f"{name}.toml").write_text(MINE)

    def start(*arguments, before=(), **options):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        program = [*HEARS, *before, *LEAPCHECK, *map(str, arguments)]
        return subprocess.Popen(
            program,
            cwd=tmp_path,
            start_new_session=True,
            **{**pipes, **options},
        )

    return start


def alive(session: int) -> list[str]:
    """What still runs in ``session``; a dead process that nobody asked about does not."""
    told = subprocess.run(["ps", "-eo", "sid,stat,args"], capture_output=True, text=True).stdout
    lines = [line.split(None, 2) for line in told.splitlines()[1:]]
    return [args for sid, stat, args in lines if sid == str(session) and stat[0] != "Z"]


def none_is_left(session: int) -> bool:
    for _ in range(50):
        if not alive(session):
            return True
        time.sleep(0.1)
    return False


def kept(tmp_path):
    return list((tmp_path / "cache" / "leapcheck" / "partial").glob("sweep-*.json"))


def test_a_run_that_was_interrupted_goes_on(started, tmp_path):
    run = started("check", "first.toml", "second.toml", "--jobs", "1")
    while not kept(tmp_path) and run.poll() is None:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate()
    assert (run.returncode, out) == (130, "")
    told = err.splitlines()[-1]
    assert told.startswith("leapcheck: interrupted; ")
    assert told.endswith(f"kept in {tmp_path}/cache/leapcheck/partial, for --resume")
    before = {path: path.stat().st_mtime_ns for path in kept(tmp_path)}
    assert before
    assert none_is_left(run.pid)
    resumed = started("check", "first.toml", "second.toml", "--jobs", "1", "--resume")
    out, err = resumed.communicate()
    assert resumed.returncode == 1  # not in a ledger
    assert "accept what was found by: leapcheck check first.toml" in err
    assert not (tmp_path / "results").exists()
    given = (
        "--results",
        "results",
        "--update-ledger",
        "--resume",
        "--json",
        "run.json",
        "--jobs",
        "1",
    )
    last = started("check", "first.toml", "second.toml", "--jobs", "1", *given)
    out, err = last.communicate()
    assert (last.returncode, out.splitlines()[-1]) == (0, "the ledger is updated"), err
    assert '"timings": []' in (tmp_path / "run.json").read_text()  # nothing was run again
    assert not kept(tmp_path)


def test_a_full_disk_leaves_results_and_says_where_sweeps_are(started, tmp_path):
    ledger = tmp_path / "results" / "ledger.csv"
    ledger.parent.mkdir()
    head = "experiment,target,sampler,theorem\n"
    ledger.write_text(head + "".join(f"old,target {k},sampler,chain\n" for k in range(2000)))
    old = ledger.read_bytes()

    given = "check", "first.toml", "--results", "results", "--update-ledger"
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "0"}
    run = started(*given, before=FULL, env=environment)
    out, err = run.communicate()
    assert (run.returncode, out) == (3, "")
    told = err.splitlines()[-1]
    assert told.startswith("leapcheck: cannot write results/ledger.csv: File too large; 2 finished")
    assert len(kept(tmp_path)) == 2
    assert ledger.read_bytes() == old


SELDOM = pytest.mark.slow  # two seconds each


@pytest.mark.parametrize(
    "given",
    [
        ("check", "first.toml", "--results", "taken/results", "--update-ledger"),
        ("report", "--out", "taken/page.html"),
        pytest.param(("check", "first.toml", "--json", "taken/run.json"), marks=SELDOM),
        pytest.param(("check", "first.toml", "--partial", "taken"), marks=SELDOM),
        pytest.param(("regress", "tweedie", "--junit", "taken/run.xml"), marks=SELDOM),
        pytest.param(("table", "first.toml", "--out", "taken/table.tex"), marks=SELDOM),
        pytest.param(("figure", "first.toml", "--out", "taken/figure.pdf"), marks=SELDOM),
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_said_before_the_run(started, tmp_path, given):
    (tmp_path / "taken").write_text("")
    run = started(*given)
    out, err = run.communicate()
    assert (run.returncode, out) == (3, "")
    (told,) = but_what_is_told_of(err)
    assert told.startswith("leapcheck: cannot write taken")


def test_a_closed_pipe_is_quiet(started):
    reader, writer = os.pipe()
    os.close(reader)
    run = started("list", "samplers", stdout=writer)
    os.close(writer)
    assert (but_what_is_told_of(run.communicate()[1]), run.returncode) == ([], 3)


@pytest.mark.parametrize(
    "killed", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: signal.Signals(number).name
)
def test_processes_end_with_the_one_that_started_them(started, tmp_path, killed):
    run = started("check", "first.toml", "second.toml", "--jobs", "2")
    while len(alive(run.pid)) < 4 and run.poll() is None:  # a tracker and two that work
        time.sleep(0.02)
    os.kill(run.pid, killed)
    run.communicate()
    assert run.returncode == -killed
    assert none_is_left(run.pid), alive(run.pid)


def test_ctrl_c_within_a_callback_is_heard():
    """Python prints what a finaliser raises and goes on."""
    code = """
import time
from harness.commands import exit_codes
class Thing:
    def __del__(self):
        raise KeyboardInterrupt
def work():
    Thing()
    time.sleep(30)
exit_codes.run(work)
"""
    done = subprocess.run(
        [*HEARS, sys.executable, "-c", code], capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "leapcheck: interrupted\n")


def test_ctrl_c_after_the_end_does_not_change_it():
    code = """
import atexit
import time
from harness.commands import exit_codes
atexit.register(time.sleep, 1.5)
exit_codes.run(lambda: print("all said", flush=True))
"""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*HEARS, sys.executable, "-c", code], **pipes) as run:
        assert run.stdout.readline() == "all said\n"
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        assert (run.wait(), run.stderr.read()) == (0, "")


INSTANTS = [1.0, 2.5, 3.5, 5, 6, 7, 8, 9, 10, 12]


@pytest.mark.slow
@pytest.mark.parametrize("instant", INSTANTS)
@pytest.mark.parametrize(
    "given",
    [
        ("check", "first.toml", "second.toml", "--jobs", "2"),
        ("regress", "tweedie"),
        ("plot", "--results", "{results}", "--out", "figures", "--jobs", "2"),
    ],
    ids=lambda given: given[0],
)
def test_ctrl_c_at_any_instant(started, tmp_path, given, instant, request):
    results = request.config.rootpath / "results"
    run = started(*(each.format(results=results) for each in given))
    time.sleep(instant)
    over = run.poll() is not None
    if not over:
        os.killpg(run.pid, signal.SIGINT)
    err = run.communicate()[1]
    if not over and run.returncode not in (0, 1):  # it may have ended just then
        assert run.returncode == 130
        assert "Traceback" not in err
        assert sum("interrupted" in line for line in err.splitlines()) == 1
    assert none_is_left(run.pid)

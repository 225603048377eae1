"""What every suite needs of the process that it runs in."""

import sys
from itertools import count
from pathlib import Path

import jax
import pytest

from harness import cli
from harness.foundation import compilation, telling
from harness.studies import experiment

compilation.quickly(level=0)  # what a test compiles runs a few times on small spaces

MANY_MAPS = 20_000  # some 3 GB
TESTS, EACH = count(1), 3  # maps are counted after so many tests


@pytest.fixture(autouse=True)
def forget_what_was_compiled():
    """Every compiled function holds memory maps, of which Linux allows a process 65,530."""
    yield
    if sys.platform != "linux" or next(TESTS) % EACH:
        return
    if Path("/proc/self/maps").read_text().count("\n") > MANY_MAPS:
        jax.clear_caches()


@pytest.fixture(autouse=True)
def no_summary_page(monkeypatch):
    """Runs that are tests add nothing to the summary of the CI job that they are part of."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture(autouse=True)
def cache_of_its_own(monkeypatch, tmp_path_factory):
    """What a test's runs keep of finished sweeps is not the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def command(monkeypatch, capsys):
    """``leapcheck *arguments``: the exit code, stdout, and stderr but for what is told of."""
    monkeypatch.setattr(telling, "QUIET", float("inf"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["leapcheck", *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def written(tmp_path):
    """Writes an experiment and gives its path."""

    def write(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def read(tmp_path):
    """An experiment from its text."""

    def read(text: str, name: str = "mine") -> experiment.Experiment:
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return experiment.read(path)

    return read

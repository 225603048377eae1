"""The command line starts at once: a command imports what it needs, and no other does."""

import os
import subprocess
import sys

import pytest
from rooms import ROOT

import harness
import leapcheck
from harness import cli
from harness.studies import shelf

HEAVY = ("jax", "numpy", "scipy", "pandas", "matplotlib")  # pydantic is also typer's
PROGRAM = """
import sys
from harness import cli
sys.argv = ["leapcheck", *{arguments}]
try:
    cli.main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(*sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)
"""


def run(code, **environment):
    """``python -c code`` outside the tree: stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_nothing_heavy_is_imported_to_tell_what_there_is(arguments):
    out, err = run(PROGRAM.format(arguments=arguments, heavy=HEAVY))
    assert "leapcheck" in out
    assert err.split() == []


def test_the_version_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["leapcheck", "--version"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    assert capsys.readouterr().out == f"leapcheck {harness.__version__}\n"
    assert leapcheck.__version__ == harness.__version__


def test_the_shell_completes_commands_and_names_of_experiments():
    code = "from harness import cli; import sys; sys.argv = ['leapcheck']; cli.main()"
    for typed, completed in (("leapcheck che", "check"), ("leapcheck check one_s", "one_site")):
        out, err = run(
            f"try:\n    exec({code!r})\nexcept SystemExit:\n    pass",
            _LEAPCHECK_COMPLETE="complete_bash",
            COMP_WORDS=typed,
            COMP_CWORD=str(typed.count(" ")),
        )
        assert completed in out.split(), err


def test_what_came_with_leapcheck_is_not_written(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["leapcheck", "check", "reveals", "--update-ledger"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    told = capsys.readouterr()
    assert (stop.value.code, told.out) == (2, "")
    assert told.err == (
        "leapcheck: --update-ledger needs --results, a folder of yours: "
        f"{shelf.installed().results} came with leapcheck\n"
    )

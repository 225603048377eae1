"""The command line: bad input is one line and an exit code; everything is listed and explained."""

import pytest
from helpers.spoiled_experiments import CASES, FILES, GOOD

from harness.foundation import registry

LONG = GOOD.replace("[problem]", "[problem]\nnoise = { name = 'cyclic_walk' }").replace(
    "start = 2.0", "start = 90.0"
)


@pytest.mark.parametrize(
    ("text", "message", "exit_code"),
    [
        *((*case, 2) for case in (FILES[0], FILES[3], FILES[11], CASES[0])),
        (LONG, "step law of tweedie at t=90 must sum to 1", 1),
    ],
    ids=["key", "theorem", "TOML", "sampler", "step"],
)
def test_bad_experiments_are_one_line(command, written, tmp_path, text, message, exit_code):
    """Bad input is exit code 2; a step law that is none is a failed check, 1."""
    code, out, err = command("check", written(text), "--results", tmp_path / "results")
    assert code == exit_code
    assert err.startswith("leapcheck: ")
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "no.toml"], "no experiment at no.toml"),
        (["check", "one_sit"], "no experiment named 'one_sit'; did you mean 'one_site'?"),
        (["list", "sampler"], "no kind named 'sampler'; did you mean 'samplers'?"),
        (
            ["explain", "twedie"],
            "no theorem, sampler, target, noise, grid, score or experiment named 'twedie'; did you "
            "mean 'tweedie'?",
        ),
        (
            ["explain", "zhang_2024"],
            "no theorem, sampler, target, noise, grid, score or experiment named 'zhang_2024'; did "
            "you mean 'zhang_2024_early_stopping', 'zhang_2024_full_support', "
            "'zhang_2024_sharp_chain' or 'zhang_2024_sharp_path'?",
        ),
    ],
)
def test_bad_arguments_are_one_line_and_exit_code_2(command, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"leapcheck: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["samplers", "targets", "theorems", "noises", "scores"])
def test_all_that_is_registered_is_explained(command, kind):
    """By its own docstring: no name is taken twice."""
    registry.load()
    for name, cls in getattr(registry, kind).items():
        code, out, _ = command("explain", name)
        assert not code
        assert cls.__doc__.split("\n")[0] in out


def test_outside_the_project_what_is_installed_is_listed(command, monkeypatch, tmp_path):
    within = command("list")
    monkeypatch.chdir(tmp_path)
    code, out, err = command("list")
    assert (code or 0, err) == (0, "")
    assert out == within[1]
    assert [line for line in out.splitlines() if line[0] != " "] == [
        *("samplers", "targets", "noises", "grids", "scores", "bounds", "experiments"),
    ]
    assert "  tweedie " in out
    assert "  one_site " in out
    assert 'axis = "step"' in command("explain", "step_even")[1]


def test_a_command_that_is_none(command):
    code, _, err = command("chekc")
    assert code == 2
    assert "No such command 'chekc'" in err

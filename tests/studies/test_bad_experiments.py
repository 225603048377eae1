"""Bad experiment files are refused: the error names the thing, the rule and the value."""

import re

import pytest
from helpers.spoiled_experiments import CASES, FILES, GOOD

from harness.studies import experiment


def test_the_good_file_is_good(written):
    (sweep,) = experiment.sweeps(experiment.read(written(GOOD)))
    assert [p.grid.steps for p in sweep.problems] == [2, 4]


@pytest.mark.parametrize(("text", "message"), FILES, ids=[m for _, m in FILES])
def test_bad_experiment_files(written, text, message):
    path = written(text)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        experiment.read(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("text", "message"), CASES, ids=[m for _, m in CASES])
def test_bad_cases_of_an_experiment(written, text, message):
    """Every problem of a sweep is built, and so checked, before the first is run."""
    read = experiment.read(written(text))
    with pytest.raises((ValueError, TypeError), match=re.escape(message)) as caught:
        experiment.sweeps(read)
    assert str(caught.value).startswith("experiment mine, random_table(")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"no experiment at {tmp_path / 'no.toml'}")):
        experiment.read(tmp_path / "no.toml")
    with pytest.raises(ValueError, match=re.escape(f"{tmp_path}: cannot be read: Is a directory")):
        experiment.read(tmp_path)

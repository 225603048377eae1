"""``leapcheck new``: what it writes runs, and passes its own test."""

import pytest

from harness.commands import new
from harness.regress import Suite, regress
from harness.studies import experiment

KINDS = list(new.FIRST)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a thing of a kind and gives the names of its module and of its test's."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(kind):
        name = f"fresh_{kind}"
        found = []
        for path in new.write(kind, name, tmp_path):
            names = {"__name__": path.stem, "__file__": str(path)}
            if path.suffix == ".py":
                exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
            found.append(names)
        return found

    return write


def test_a_target_passes_its_test(written):
    _, test = written("target")
    for name in ("test_its_law_sums_to_one", "test_theorems_are_decided_on_it"):
        test[name]()


def test_an_experiment_passes_its_test(written):
    _, test = written("experiment")
    test["test_fresh_experiment"]()


def test_a_sampler_keeps_the_contract_and_its_test_has_every_check(written):
    _, test = written("sampler")
    (mark,) = test["test_fresh_sampler"].pytestmark
    assert [check.name for _, check in mark.args[1]] == list(Suite(test["FreshSampler"]()).checks)
    found = regress(test["FreshSampler"](), only=("contract", "accounts", "trait"))
    assert all(check.passed for check in found)


def test_a_theorem_stands_on_its_example(written):
    _, test = written("theorem")
    found = regress(test["FreshTheorem"](), only=("contract", "example", "with tweedie"))
    assert len(found) == 3
    assert all(check.passed for check in found)


@pytest.fixture
def command(command, monkeypatch, tmp_path):
    """The same in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return command


def test_it_says_what_it_wrote_and_what_to_try(command, tmp_path):
    code, out, _ = command("new", "experiment", "MyQuestion")
    assert code == 0
    assert out.splitlines() == [
        "wrote my_question.toml",
        "wrote test_my_question.py",
        "try it: leapcheck check my_question.toml --results results_my_question --update-ledger",
    ]
    assert experiment.read(tmp_path / "my_question.toml").name == "my_question"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("samplr", "mine"), "no kind named 'samplr'; did you mean 'sampler'?"),
        (("sampler", "3x"), "name must be that of a Python module, like my_sampler, got '3x'"),
        (
            ("sampler", "class"),
            "name must be that of a Python module, like my_sampler, got 'class'",
        ),
    ],
)
def test_bad_names_are_one_line(command, arguments, message, tmp_path):
    assert command("new", *arguments) == (2, "", f"leapcheck: {message}\n")
    assert not list(tmp_path.iterdir())


def test_no_file_is_overwritten(command, tmp_path):
    (tmp_path / "test_mine.py").write_text("precious")
    code, _, err = command("new", "target", "mine")
    assert code == 2
    assert "test_mine.py is there already" in err
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]


@pytest.mark.parametrize("name", ["json", "Numpy", "harness"])
def test_no_module_is_hidden(command, name, tmp_path):
    code, out, err = command("new", "sampler", name)
    assert (code, out) == (2, "")
    assert f"{name.lower()}.py would hide the module /" in err
    assert not list(tmp_path.iterdir())
    assert command("new", "experiment", name)[0] == 0  # no module


def test_a_folder_is_no_module(command, tmp_path):
    (tmp_path / "data").mkdir()
    assert command("new", "target", "data")[0] == 0

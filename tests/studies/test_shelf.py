"""Experiments by name: those of the current folder, else those that are installed."""

from pathlib import Path

import pytest
from rooms import ROOT

from harness.studies import shelf

OURS = shelf.installed()


@pytest.fixture
def packaged(monkeypatch, tmp_path):
    """As a wheel has it: the project's experiments within the package; in an empty folder."""
    package, here = tmp_path / "harness", tmp_path / "here"
    for kind in ("experiments", "results"):
        (package / "packaged" / kind / "full").mkdir(parents=True)
    for name in ("short", "full/long"):
        (package / "packaged" / "experiments" / f"{name}.toml").touch()
    here.mkdir()
    monkeypatch.setattr(shelf, "PACKAGE", package)
    monkeypatch.chdir(here)
    return package / "packaged"


def put(name):
    """An experiment in the current folder."""
    path = Path("experiments") / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def test_in_a_checkout_they_are_its_own(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert shelf.current() == shelf.HERE
    assert shelf.chosen([Path("one_site")]) == (
        [Path("experiments/one_site.toml")],
        Path("results"),
    )
    assert not shelf.is_installed(Path("results"))
    assert not shelf.is_installed(Path("results/full"))


def test_elsewhere_they_are_those_of_the_checkout_that_is_installed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (path,), results = shelf.chosen([Path("one_site")])
    assert path.samefile(ROOT / "experiments" / "one_site.toml")
    assert results.samefile(ROOT / "results")
    assert shelf.is_installed(results)
    assert not shelf.is_installed(tmp_path)


def test_results_are_read_from_here_then_from_what_is_installed(packaged, monkeypatch):
    here = [Path("results"), Path("results/full")]
    assert shelf.read_from(Path("mine")) == [Path("mine")]
    assert shelf.read_from() == [*here, packaged / "results", packaged / "results" / "full"]
    monkeypatch.setattr(shelf, "PACKAGE", ROOT / "harness")
    monkeypatch.chdir(ROOT)
    assert shelf.read_from() == here


def test_all_are_those_of_the_package(packaged):
    expected = [packaged / "experiments" / "short.toml"], packaged / "results"
    assert shelf.chosen([]) == shelf.chosen([Path("short")]) == expected
    assert shelf.chosen([], Path("mine")) == (expected[0], Path("mine"))
    assert shelf.is_installed(packaged / "results")


def test_the_long_ones_are_found_by_name_with_their_results(packaged):
    (path,), results = shelf.chosen([Path("long")])
    assert path == packaged / "experiments" / "full" / "long.toml"
    assert results == packaged / "results" / "full"
    assert shelf.is_installed(results)


def test_those_of_the_current_folder_come_first(packaged):
    mine = put("mine")
    assert shelf.chosen([]) == shelf.chosen([Path("mine")]) == ([mine], Path("results"))
    assert not shelf.is_installed(Path("results"))
    with pytest.raises(ValueError, match="no experiment named 'short'; known: mine"):
        shelf.chosen([Path("short")])


@pytest.mark.parametrize("path", ["short.toml", "folder/short"])
def test_a_path_is_what_it_says(packaged, path):
    assert shelf.chosen([Path(path)]) == ([Path(path)], Path("results"))


def test_a_file_without_suffix_is_no_name(packaged):
    Path("short").touch()
    assert shelf.chosen([Path("short")]) == ([Path("short")], Path("results"))


def test_a_name_that_is_none(packaged):
    with pytest.raises(ValueError, match="no experiment named 'shrot'; did you mean 'short'"):
        shelf.chosen([Path("shrot")])


def test_results_in_several_folders_are_refused_unless_one_is_named(packaged):
    both = [Path("short"), Path("mine.toml")]
    with pytest.raises(ValueError, match="check them apart, or say --results"):
        shelf.chosen(both)
    assert shelf.chosen(both, Path("kept"))[1] == Path("kept")


def test_what_is_installed_is_there():
    assert len(OURS.files()) > 30
    assert (OURS.results / "ledger.csv").is_file()
    assert (OURS.full.results / "ledger.csv").is_file()

"""``leapcheck plot``: only what changed, several at a time, in the same files."""

import json
import warnings

import pytest
from helpers.planted_rows import planted

from harness.show import plots
from harness.studies import ledger, runner, shelf


def write(results, factor=1.0):
    rows = planted(2, 2, 2).to_dict("records")
    for row in rows:
        row["kl"] *= factor if row["target"] == "target 1" else 1.0
        row["off_support"] = row["reverse_kl"] = 0.0
    ledger.write(results / "planted" / "rows.csv", rows, runner.ROW_KEYS)


def test_only_what_changed_is_drawn(tmp_path):
    results, out, seen = tmp_path / "results", tmp_path / "out", []
    write(results)
    first = plots.draw_all(results, out, progress=lambda *now: seen.append(now))
    stems = {path.stem for path in first}
    assert stems >= {"planted-target_0", "planted-target_1", "calls-planted", "constants-step"}
    assert [done for done, _, _ in seen] == list(range(len(stems) + 1))
    assert {total for _, total, _ in seen} == {len(stems)}
    assert plots.draw_all(results, out) == []
    write(results, factor=2.0)
    assert {path.stem for path in plots.draw_all(results, out)} == stems - {"planted-target_0"}
    (out / "planted-target_0.png").unlink()
    assert {path.stem for path in plots.draw_all(results, out)} == {"planted-target_0"}
    (out / plots.DRAWN).write_text("[1]")
    assert {path.stem for path in plots.draw_all(results, out)} == stems
    assert set(json.loads((out / plots.DRAWN).read_text())) == stems


@pytest.mark.slow
def test_files_are_alike_however_many_are_drawn_at_a_time(tmp_path):
    write(tmp_path / "results")
    alone, together = (
        plots.draw_all(tmp_path / "results", tmp_path / str(jobs), jobs) for jobs in (1, 2)
    )
    assert [path.name for path in alone] == [path.name for path in together]
    for one, other in zip(alone, together, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_a_sweep_of_zeros_is_drawn_without_a_warning(tmp_path):
    rows = planted(1, 0).to_dict("records")
    for row in rows:
        row["kl"] = row["chain_kl"] = row["tv"] = row["off_support"] = row["reverse_kl"] = 0.0
    ledger.write(tmp_path / "planted" / "rows.csv", rows, runner.ROW_KEYS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plots.draw_all(tmp_path, tmp_path / "out")


def test_what_is_installed_is_drawn_where_nothing_else_is(command, tmp_path, monkeypatch):
    """Into a folder of the current one: nothing is written beside what is installed."""
    installed = tmp_path / "installed"
    write(installed / "results")
    monkeypatch.setattr(shelf, "installed", lambda: shelf.Shelf(installed, installed / "results"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    code, out, _ = command("plot", "--jobs", "1")
    assert code == 0
    assert "wrote results/figures/planted-target_0.png" in out.splitlines()
    assert (here / "results/figures/planted-target_0.png").exists()
    assert not (installed / "results/figures").exists()

"""The page of a report: what is on it, from where, in which order, and that nothing is markup."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from reported import DIFFERENCES, report
from rooms import ROOT

from harness.commands import report as command
from harness.show import json_file
from harness.show.report import curves, page, source, statements, tables
from harness.studies import ledger
from harness.studies.runner import LEDGER_KEYS, ROW_KEYS

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"
BOTH = [ROOT / "results", ROOT / "results" / "full"]


class Elements(HTMLParser):
    """How a browser reads a page: its elements with their attributes, and the texts of scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.found and self.found[-1][0] == "script" and self.scripts:
            self.scripts[-1] += data


def data_of(html):
    return json.loads(Elements(html).scripts[0], parse_constant=pytest.fail)


def kept(tmp_path, **more):
    """A results folder with one sweep of one experiment."""
    names = {"experiment": "mine", "target": "ring", "sampler": "12", "axis": "step"} | more
    verdict = {"theorem": "chain", "trust": "D", "rung": "output", "status": "HOLDS"}
    verdict |= {"reason": "1 <= 2", "measured": 1.0, "bound": 2.0}
    ledger.write(tmp_path / "ledger.csv", [names | verdict], LEDGER_KEYS)
    rows = [
        names | {"value": n, "h": 1 / n, "N": n, "kl": 1.0 / n, "bound chain[D]": 2.0}
        for n in (2, 4)
    ]
    ledger.write(tmp_path / names["experiment"] / "rows.csv", rows, ROW_KEYS)
    return tmp_path


def test_nothing_from_a_file_is_markup():
    shown = report([f"first | {HOSTILE} | s0 | chain: {HOSTILE}"])
    for row in shown.ledger:
        row |= dict.fromkeys(("target", "sampler", "theorem", "reason", "trust", "rung"), HOSTILE)
    forbidden = {"value": 8, "kl": 0.3, "reverse_kl": 0.3, "off_support": 0.25, "axis": HOSTILE}
    place = dict.fromkeys(("experiment", "target", "sampler", "engine"), HOSTILE)
    shown.outcome.rows.append({**place, **forbidden, HOSTILE: 1.0})
    html = page.html(source.Source(shown, {HOSTILE: HOSTILE}))
    elements = Elements(html)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert not any(name.startswith("on") for _, attrs in elements.found for name in attrs)
    found = data_of(html)
    assert HOSTILE in found["names"]["target"]
    assert HOSTILE in found["sweeps"][-1]["columns"]


def test_the_page_asks_the_network_for_nothing():
    elements = Elements(page.html(source.Source(report(), {})))
    for tag, attrs in elements.found:
        assert tag not in ("iframe", "object", "embed", "base")
        assert attrs.get("src") is None
        assert attrs.get("href", "#").startswith("#") or attrs["href"] == "data:,"
    html = page.html(source.Source(report(), {}))
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", html)


def test_what_differs_and_what_is_surprising_comes_first():
    found = tables.of_report(report(DIFFERENCES))
    names, verdicts = found["names"], found["verdicts"]
    statuses = [names["status"][k] for k in verdicts["status"]]
    assert statuses[:2] == ["HOLDS", "VIOLATED"]  # the one that differs from the ledger
    assert list(dict.fromkeys(statuses[1:])) == [
        *("VIOLATED", "INCONSISTENT", "INCONCLUSIVE"),
        *("VACUOUS", "CONSISTENT", "HOLDS", "NOT_APPLICABLE"),
    ]
    assert found["differences"] == {0: DIFFERENCES[:2]}
    html = page.html(source.Source(report(DIFFERENCES), {}))
    assert html.index("third: in the ledger, but not run") < html.index("reason [7]")
    assert html.index("reason [7]") < html.index("reason [6]") < html.index("reason [4]")


def test_kept_results_are_shown_as_they_are(tmp_path):
    found = source.committed([kept(tmp_path)], [])
    (verdict,) = found.report.ledger
    assert (verdict["sampler"], verdict["measured"]) == ("12", 1.0)  # a label stays text
    data = data_of(page.html(found))
    (sweep,) = data["sweeps"]
    assert sweep["columns"] == ["value", "h", "N", "kl", "bound chain[D]"]
    assert sweep["rows"] == [[2, 0.5, 2, 0.5, 2], [4, 0.25, 4, 0.25, 2]]
    assert data["curves"] == [{"x": "h", "against": "bound chain[D]", "how": "bound", "y": "kl"}]
    assert "1 verdict, SHA-256" in found.origin[str(tmp_path / "ledger.csv")]


def test_folders_that_will_not_do(tmp_path):
    with pytest.raises(ValueError, match=r"no verdicts in .*ledger.csv; run 'leapcheck check"):
        source.committed([tmp_path], [])
    folder = kept(tmp_path)
    with pytest.raises(ValueError, match="must be in one folder, got mine in"):
        source.committed([folder, folder], [])
    with pytest.raises(ValueError, match="no verdicts of experiment 'other' in"):
        source.only(source.committed([folder], []), ["mine", "other"])


def test_a_run_has_terms_floors_and_differences(tmp_path):
    shown = report(DIFFERENCES)
    shown.ledger[0]["_terms"] = {"start": 0.25, "steps": 0.75}
    json_file.write(shown, tmp_path / "run.json")
    found = source.of_run(tmp_path / "run.json", [])
    assert found.report.differences == DIFFERENCES
    assert [row["reason"] for row in found.report.ledger] == [r["reason"] for r in shown.ledger]
    assert {"date", "machine", "leapcheck", "jax"} <= found.origin.keys()
    (unbounded, _) = [row for row in found.report.ledger if row["status"] == "VACUOUS"]
    assert unbounded["bound"] == float("inf")
    data = data_of(page.html(found))
    assert data["terms"] == {"0": {"start": 0.25, "steps": 0.75}}
    assert data["floors"]["0"] == {"measured": 1e-9, "bound": 1e-9}
    assert data["verdicts"]["bound"].count("inf") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not what 'leapcheck check --json' writes: Expecting"),
        ("[]", "not what 'leapcheck check --json' writes"),
        ('{"verdicts": []}', "not what 'leapcheck check --json' writes: 'rows'"),
        (
            '{"verdicts": [{"experiment": "a"}], "rows": [], "differences": [], "told": ""}',
            "every verdict must have target, sampler, theorem, status, reason",
        ),
    ],
)
def test_a_file_that_is_no_run(tmp_path, text, message):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{path}: {message}")):
        source.of_run(path, [])
    with pytest.raises(ValueError, match=r"none.json: cannot be read: No such file"):
        source.of_run(tmp_path / "none.json", [])


@pytest.mark.parametrize(
    ("verdict", "curve"),
    [
        ({"theorem": "order of tv", "bound": 2.0}, {"y": "tv", "how": "order", "against": 2.0}),
        (
            {"theorem": "kl below that of a, b"},
            {"x": "score_calls", "y": "kl", "how": "other", "against": "a, b"},
        ),
        (
            {"theorem": "ren_2024", "trust": "O", "rung": "output"},
            {"y": "kl", "how": "form", "against": "form ren_2024[O]"},
        ),
        (
            {"theorem": "ren_2024", "trust": "O", "rung": "steps to KL", "axis": "epsilon"},
            {"x": "value", "y": "N", "how": "form", "against": "form ren_2024[O]"},
        ),
        ({"theorem": "start_uniform", "trust": "D", "rung": "start"}, {}),
    ],
)
def test_what_a_curve_shows(verdict, curve):
    columns = ["h", "N", "kl", "tv", "form ren_2024[O]", "form ren_2024_odds[O]"]
    assert curves.of({"axis": "step", **verdict}, columns) == {"x": "h", **curve}


def test_numbers_have_no_digit_that_rounding_can_move():
    assert tables.number(0.123456789, 1e-4) == 0.1235
    assert tables.number(float("nan")) is None
    assert (tables.number(float("inf")), tables.number(3.0), tables.number(1e-9, 1e-9)) == (
        "inf",
        3,
        0,
    )


def test_terms_are_neither_stored_nor_compared(tmp_path):
    row = {**dict.fromkeys(LEDGER_KEYS, "a"), "measured": 1.0}
    fresh = {**row, "_terms": {"start": 1.0}, "_floors": {}}
    assert ledger.differences([fresh], [row], LEDGER_KEYS) == []
    path = tmp_path / "ledger.csv"
    ledger.write(path, ledger.merged([fresh], [row], LEDGER_KEYS), LEDGER_KEYS)
    assert ledger.read(path) == [row]


def test_all_that_is_committed_is_on_one_page():
    """Under 5 MB; every theorem with its statement; a curve for whatever was decided."""
    shown = source.committed(BOTH, [])
    html = page.html(shown)
    assert len(html.encode()) < 5e6
    data = data_of(html)
    lines = sum((folder / "ledger.csv").read_text().count("\n") - 1 for folder in BOTH)
    assert len(data["verdicts"]["status"]) == lines == len(shown.report.ledger)
    assert data["names"]["status"][0] == "INCONSISTENT"
    decided = {"HOLDS", "CONSISTENT", "INCONSISTENT", "VACUOUS", "VIOLATED"}
    for status, rung, place in zip(
        *(data["verdicts"][name] for name in ("status", "rung", "curve")), strict=True
    ):
        name = data["names"]["rung"][rung]
        if data["names"]["status"][status] in decided and name != "start":
            # A path KL that only a theorem asks for is in no row.
            shown_of = {"x", "against"} if name == "path" else {"x", "y", "against"}
            assert shown_of <= data["curves"][place].keys()
    told = {each.name: each for each in statements.of_report(shown.report)}
    assert told["ren_2024"].bibtex.startswith("@")
    assert all(f'id="theorem-{name}"' in html for name in told)
    assert len(told) == len({r["theorem"] for r in shown.report.ledger if r["trust"] != "N"}) + 1


def test_the_command_says_what_it_wrote(tmp_path, capsys):
    folder, out = kept(tmp_path), tmp_path / "new" / "page.html"
    command.report(results=[folder], out=out)
    assert capsys.readouterr().out.startswith(f"wrote {out}, 0.")
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(ValueError, match="got both --results and --run"):
        command.report(results=[folder], run=out, out=out)
    with pytest.raises(ValueError, match="--out must be a file, got the folder"):
        command.report(results=[folder], out=folder)
    with pytest.raises(ValueError, match="no verdicts of experiment 'one_site'"):
        command.report([ROOT / "experiments" / "one_site.toml"], [folder], out=out)


def test_what_is_installed_is_shown_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command.report([Path("one_site")], out=Path("one.html"))
    told = {sweep["experiment"] for sweep in data_of(Path("one.html").read_text())["sweeps"]}
    assert told == {"one_site"}
    command.report(out=Path("all.html"))
    assert Path("all.html").stat().st_size > Path("one.html").stat().st_size
    kept(tmp_path / "results")
    command.report(out=Path("mine.html"))  # those of the current folder come first
    (sweep,) = data_of(Path("mine.html").read_text())["sweeps"]
    assert sweep["sampler"] == "12"

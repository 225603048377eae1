"""What a run prints: the surprising first, then a line a theorem; plain, and on a terminal."""

import io
import json
import math
import re
from dataclasses import replace

import pytest
from reported import DIFFERENCES, KINDS, report
from rich.console import Console
from rich.text import Text

from harness.foundation import telling
from harness.show import findings, json_file, markdown, progress, terminal, text
from harness.studies.runner import Outcome, Progress


def printed(shown, everything=False):
    return list(text.lines(shown, everything))


def test_the_surprising_is_first_each_in_full():
    lines = printed(report(DIFFERENCES))
    first = lines[: lines.index("")]
    statuses = [line.split()[0] for line in first]
    wanted = ["DIFFERS"] * 7 + ["VIOLATED"] * 2 + ["INCONSISTENT"] * 2 + ["INCONCLUSIVE"] * 2
    assert statuses == wanted
    assert [line.split(maxsplit=1)[1] for line in first[:7]] == DIFFERENCES
    assert (
        first[7]
        == "VIOLATED       chain [D] in first: ring with s7: reason [7] <first>, 1 <= 2 | 3"
    )


def test_a_line_a_theorem_and_the_tightest_case():
    lines = printed(report())
    chain = [line for line in lines if line.startswith("chain [D]: ")]
    assert chain == [
        "chain [D]: 4 HOLDS, 2 VIOLATED; tightest in first: ring with s1: "
        "reason [1] <first>, 1 <= 2 | 3"
    ]
    assert [line for line in lines if line.startswith("explicit")] == ["explicit [D]: 2 VACUOUS"]
    assert not [line for line in lines if line.startswith("none")]


def test_what_does_not_apply_is_one_line_with_its_number():
    lines = [line for line in printed(report()) if line.startswith("NOT_APPLICABLE")]
    assert lines == [
        "NOT_APPLICABLE 4 verdicts on 1 theorem: an assumption is not met; --all shows them"
    ]
    everything = printed(report(), everything=True)
    assert sum("NOT_APPLICABLE none [T] to 2 sweeps; " in line for line in everything) == 2
    for row in report().ledger:
        told = row["status"] in ("HOLDS", "CONSISTENT") or any(
            row["reason"] in x for x in everything
        )
        assert told, row


def test_the_end_says_what_the_run_comes_to():
    counts = "4 HOLDS, 2 VIOLATED, 2 VACUOUS, 2 CONSISTENT, 2 INCONSISTENT, 4 NOT_APPLICABLE"
    for shown, told in ((report(), "all as the ledger expects"), (report(DIFFERENCES), "7 diff")):
        *_, summary, last = printed(shown)
        assert summary == f"{counts}, 2 INCONCLUSIVE"
        assert last.startswith(told)


def test_the_tightest_does_not_hang_on_a_last_digit():
    """Two sweeps that agree to rounding: the first is named, whichever rounds up."""
    shown = report()
    for k, nudge in enumerate((0.0, 1e-15, -1e-15)):
        ledger = [dict(row) for row in shown.ledger]
        for row in ledger:
            if row["theorem"] == "chain" and row["status"] == "HOLDS":
                row["measured"] = 0.9 + nudge * (row["experiment"] == "second")
        outcome = Outcome([], ledger, [])
        lines = printed(replace(shown, outcome=outcome))
        (chain,) = [line for line in lines if line.startswith("chain [D]: ")]
        assert "tightest in first: ring with s0" in chain, k


COMPARED, ORDERED = "dmitriev_2026a_one_jump", "order of kl"


@pytest.mark.parametrize(
    ("theorem", "status", "rows", "place"),
    [
        # A rate's comparison has a slope of its constant and a form: the largest slope is tightest.
        (COMPARED, "CONSISTENT", [{"slope": -2.0, "bound": 9.0}, {"slope": 0.01, "bound": 0.5}], 1),
        (COMPARED, "CONSISTENT", [{"slope": 0.01, "bound": 0.5}, {"slope": 0.0, "bound": 9.0}], 0),
        ("liang_2025", "CONSISTENT", [{"slope": -1.0}, {"slope": 0.02}], 1),
        # An order: the farthest from what was announced, on either side.
        (ORDERED, "CONSISTENT", [{"slope": 2.01, "bound": 2.0}, {"slope": 1.93, "bound": 2.0}], 1),
        (ORDERED, "CONSISTENT", [{"slope": 2.09, "bound": 2.0}, {"slope": 1.0, "bound": 1.0}], 0),
        # A sampler below another: the largest share of it.
        (
            "kl below that of x",
            "CONSISTENT",
            [{"measured": 1, "bound": 9}, {"measured": 1, "bound": 2}],
            1,
        ),
        # What rounding could turn stays with the first.
        (
            "chain",
            "HOLDS",
            [{"measured": 0.5, "bound": 1.0}, {"measured": 0.50001, "bound": 1.0}],
            0,
        ),
        ("chain", "HOLDS", [{"measured": 0.5, "bound": 1.0}, {"measured": 0.51, "bound": 1.0}], 1),
        (
            "chain",
            "HOLDS",
            [{"measured": 3e-29, "bound": 1e-28}, {"measured": 9e-29, "bound": 1e-28}],
            1,
        ),
        (
            "chain",
            "HOLDS",
            [{"measured": 0.1, "bound": 0.0}, {"measured": 0.1, "bound": math.inf}],
            0,
        ),
    ],
)
def test_the_tightest_is_so_by_what_was_compared(theorem, status, rows, place):
    floors = {"measured": 1e-5 if rows[0].get("measured") == 0.5 else 0.0, "slope": 1e-9}
    common = {"theorem": theorem, "status": status, "trust": "N", "_floors": floors}
    found = [{**common, **row} for row in rows]
    assert findings.tightest(found) is found[place]


def test_one_number_says_how_many_do_not_apply(tmp_path):
    """A comparison that does not apply is no theorem that does not."""
    shown = report()
    extra = [{**shown.ledger[3], "theorem": name} for name in (COMPARED, ORDERED)]
    shown.ledger.extend(extra)
    lines = printed(shown)
    assert (
        "NOT_APPLICABLE 4 verdicts on 1 theorem: an assumption is not met; --all shows them"
        in lines
    )
    (summary,) = [line for line in lines if ", 4 NOT_APPLICABLE" in line]
    assert summary.endswith("announced by experiments: 1 NOT_APPLICABLE")
    json_file.write(shown, tmp_path / "run.json")
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["summary"]["NOT_APPLICABLE"] == 4
    assert content["announced"] == {"NOT_APPLICABLE": 1}
    assert content["compared"] == 0
    assert any("4 NOT_APPLICABLE" in line for line in markdown.lines(shown))


def test_one_is_not_many():
    shown = report(DIFFERENCES[:1])
    one = [row for row in shown.ledger if row["status"] in ("NOT_APPLICABLE", "HOLDS")][1:4:2]
    one += [row for row in shown.ledger if row["status"] == "VIOLATED"][:1]
    shown = replace(shown, outcome=Outcome([], one, []))
    assert "1 verdict on 1 theorem: " in shown.not_applicable
    assert any("to 1 sweep; " in line for line in printed(shown, everything=True))
    page = [line for line in markdown.lines(shown) if line.startswith("###")]
    wanted = ["1 difference", "1 verdict against a statement or undecided", "1 theorem"]
    assert page == [f"### {title}" for title in wanted]


def on_terminal(shown, everything=False, width=400):
    """What a terminal is sent, with colours, and the same without."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, color_system="standard")
    for block in terminal.blocks(shown, everything, width):
        console.print(block, soft_wrap=isinstance(block, Text))
    sent = stream.getvalue()
    return sent, re.sub(r"\x1b\[[0-9;]*m", "", sent)


@pytest.mark.parametrize("everything", [False, True])
def test_a_terminal_says_the_same_in_columns_and_colours(everything):
    shown = report(DIFFERENCES)
    sent, seen = on_terminal(shown, everything)
    plain = "\n".join(printed(shown, everything))
    assert "\x1b[" in sent
    assert "\x1b[" not in plain

    def words(told):
        return set(re.findall(r"[^\s:;,]+", told))

    assert "tightest where" in seen
    head = {"verdict", "theorem", "where", "why", "sweeps"}
    assert words(plain) - words(seen) <= {"in", "tightest"}
    assert words(seen) - words(plain) <= head
    rows = [line for line in seen.splitlines() if line.startswith(("VIOLATED ", "INCONSISTENT "))]
    assert len({line.index("first: ") for line in rows if "first: " in line}) == 1
    assert len(rows) == 4


@pytest.mark.parametrize("width", [60, 80, 100, 119, 120, 140, 200])
def test_no_terminal_folds_a_name(width):
    """Below 120 columns, or where too few are left, plain lines; else columns of whole names."""
    shown = report(DIFFERENCES)
    for row in shown.ledger:
        row["target"] = f"a target whose name is long, {row['target']}"
    _, seen = on_terminal(shown, width=width)
    plain = printed(shown)
    for name in ("a target whose name is long, ring with s7", "chain [D]", "INCONCLUSIVE"):
        assert seen.count(name) >= plain.count(name)
        assert name in seen
    lines = [line.rstrip() for line in seen.splitlines()]
    if width < 120:
        assert [line for line in plain[7:-1] if line and line[:3] not in ("NOT",)] == [
            line for line in lines[7:-1] if line[:3] not in ("NOT",)
        ]
    if width == 200:
        assert any(re.match(r"verdict +theorem +where +why", line) for line in lines)
        assert any(re.match(r"theorem +sweeps +tightest where +why", line) for line in lines)
        assert max(map(len, lines)) <= width


def test_a_green_run_of_all_experiments_is_short():
    """Of 30 experiments with as many undecided verdicts as theorems, fewer than 100 lines."""
    names = [f"e{k}" for k in range(30)]
    ledger = [
        {**row, "experiment": name, "theorem": f"theorem {k}"}
        for k, name in enumerate(names)
        for row in report().ledger[: len(KINDS)]
        if row["status"] not in ("VIOLATED", "INCONSISTENT")
    ]
    shown = replace(report(), outcome=Outcome([], ledger, []))
    assert len(printed(shown)) < 100


@pytest.mark.parametrize(("jobs", "with_"), [(1, ""), (3, " with 3 processes")])
def test_what_a_run_will_take_is_said_before_it(monkeypatch, capsys, jobs, with_):
    told = []
    monkeypatch.setattr(telling, "tell", lambda *now: told.append(now))
    tick = progress.of_run(["first", "second"], jobs)
    tick(Progress("second", 0, 1000, 0.0, 1000.0))
    tick(Progress("first", 50, 1000, 0.05, 950.0))
    assert told[-1] == ("[1/2] first: problem 50 of 1,000", 0.05, 950.0)
    assert capsys.readouterr().err == (
        f"1,000 problems of 2 experiments{with_}: about 1,000 s on this machine; "
        "less where a sweep or what JAX compiles is kept\n"
    )
    tick(Progress("second", 0, 10, 0.0, 59.0))  # less than a minute
    assert capsys.readouterr().err == ""

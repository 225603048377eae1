"""What a run prints: the surprising first, then a line a theorem; plain, and on a terminal."""

import io
import re
from dataclasses import replace

import pytest
from reported import DIFFERENCES, KINDS, report
from rich.console import Console

from harness.show import progress, terminal, text
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


def on_terminal(shown, everything=False, width=400):
    """What a terminal is sent, with colours, and the same without."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, color_system="standard")
    for block in terminal.blocks(shown, everything):
        console.print(block)
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

    head = {"verdict", "theorem", "where", "why", "sweeps"}
    assert words(plain) - words(seen) <= {"in", "tightest"}
    assert words(seen) - words(plain) <= head
    rows = [line for line in seen.splitlines() if line.startswith(("VIOLATED ", "INCONSISTENT "))]
    assert len({line.index("first: ") for line in rows if "first: " in line}) == 1
    assert len(rows) == 4


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


def lines_of(steps, console=None):
    stream = io.StringIO()
    with progress.shown(console or Console(file=stream), ["first", "second"]) as update:
        for step in steps:
            update(step)
    return stream.getvalue().splitlines()


def test_progress_is_a_line_now_and_then():
    steps = [Progress("second", k, 1000, k / 1000, 1000.0 - k) for k in range(1, 1001)]
    lines = lines_of(steps)
    assert len(lines) == progress.LINES
    told = "[2/2] second: problem 50 of 1,000, 5% of the work, about 950 s left"
    assert lines[0] == told
    assert lines[-1].endswith("100% of the work, about 0 s left")
    assert lines_of([]) == []


def test_progress_on_a_terminal_is_a_bar_that_goes_away():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    lines_of([Progress("first", 1, 2, 0.5, 7.0)], console)
    assert "[1/2] first" in stream.getvalue()
    assert "about 7 s left" in stream.getvalue()

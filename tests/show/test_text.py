"""What is printed of a run: theorems counted, comparisons apart, forbidden sequences named."""

import math

from harness.foundation import registry
from harness.show import text
from harness.studies import runner
from harness.verdicts.theorem import Trust, comparisons

registry.load()


def row(theorem, status, **more):
    return {"theorem": theorem, "status": status, "target": "ring", "sampler": "euler", **more}


def test_a_comparison_is_nobodys_theorem():
    assert comparisons() == {"dmitriev_2026a_one_jump"}
    compared = registry.theorems["dmitriev_2026a_one_jump"]
    assert compared.trust is Trust.SEEN
    assert "dmitriev_2026a is not about" in compared.statement


def test_comparisons_are_counted_apart():
    ledger = [
        row("dmitriev_2026a", "CONSISTENT"),
        row("dmitriev_2026a_one_jump", "CONSISTENT"),
        row("dmitriev_2026a_one_jump", "INCONSISTENT"),
        row("dmitriev_2026a_one_jump", "NOT_APPLICABLE"),
        row("order of kl", "CONSISTENT"),
    ]
    told = (
        "1 CONSISTENT; announced by experiments: 1 CONSISTENT; compared with no theorem's word: 2"
    )
    assert text.summary(ledger) == told
    assert text.contradicted(ledger) == ""
    assert text.summary(ledger[:1]) == "1 CONSISTENT"
    for theorem in ("dmitriev_2026a", "order of kl", "kl below that of euler"):
        wrong = [row(theorem, "INCONSISTENT")]
        assert text.contradicted(wrong) == ", 1 that contradicts a statement included"


def test_a_comparison_stands_for_no_theorem():
    """The theorem is missing where only the comparison holds, and never the other way round."""
    outcome = runner.Outcome(ledger=[row("dmitriev_2026a_one_jump", "CONSISTENT")])
    missing = runner.undecided_theorems(outcome)
    assert "dmitriev_2026a: no experiment finds it to hold" in missing
    assert not [line for line in runner.undecided_theorems(runner.Outcome()) if "one_jump" in line]


def test_forbidden_sequences_are_named():
    common = {"experiment": "x", "target": "parity", "sampler": "euler", "axis": "step"}
    rows = [
        {**common, "value": 8, "off_support": 0.2, "kl": 0.3, "reverse_kl": math.inf},
        {**common, "value": 16, "off_support": 0.1, "kl": 0.12, "reverse_kl": math.inf},
        {**common, "target": "ring", "value": 16, "off_support": 0.0, "kl": 1.0, "reverse_kl": 1.0},
        {**common, "target": "by draws", "value": 16, "kl": 1.0},
    ]
    (line,) = text.forbidden(rows)
    assert line == (
        "off support    x: parity with euler at step 16: KL 0.12, reverse KL inf, "
        "0.1 of the output where the data law is 0"
    )
    stopped = [{**rows[1], "stopping_tv": 0.05}]
    (line,) = text.forbidden(stopped)
    assert line.endswith("; stopping at δ costs 0.05 in TV")

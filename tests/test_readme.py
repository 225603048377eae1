"""README says what the committed results say."""

import re

import pytest
from rooms import ROOT

from harness.foundation import registry
from harness.show import text
from harness.show.findings import Report
from harness.studies import ledger
from harness.studies.runner import Outcome
from harness.verdicts.axes import AXES, NEUTRAL_AXES

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = " ".join(README.split())
RESULTS = ROOT / "results"
BOTH = ("tau_leaping (wrap)", "tau_leaping")  # modulo S, one-jump


def rows(experiment):
    (path,) = RESULTS.glob(f"**/{experiment}/rows.csv")
    return ledger.read(path)


def column(experiment, target, sampler, name, value):
    """One number of the committed rows."""
    (row,) = [
        row
        for row in rows(experiment)
        if (row["target"], row["sampler"], row["value"]) == (target, sampler, value)
    ]
    return row[name]


def ratio(experiment, target, value):
    """How many times the output KL of one-jump τ-leaping that modulo S is."""
    wrap, jump = (column(experiment, target, sampler, "kl", value) for sampler in BOTH)
    return wrap / jump


def off(sampler, name):
    return column("step_forbidden", "parity(length=4)", sampler, name, 1024)


@pytest.mark.parametrize(
    ("sentence", "measured"),
    [
        (r"([\d.]+) times on a Potts ring of 3 tokens \(`step_even`, 512 steps\)",
         lambda: ratio("step_even", "ring", 512)),
        (r"([\d.]+) times on a bit repeated 300 times in `counts`",
         lambda: ratio("counts", "repeated bit", 300)),
        (r"300 times in `counts` and ([\d.]+) times in `length_1000`",
         lambda: ratio("length_1000", "repeated bit", 300)),
        (r"([\d.]+) times on parity of 1,000 bits \(`length_1000`\)",
         lambda: ratio("length_1000", "parity", 1000)),
        (r"\(`step_forbidden`\), one-jump τ-leaping has KL ([\d.]+),",
         lambda: off("tau_leaping", "kl")),
        (r"reverse KL infinite and ([\d.]+) of its output on odd sequences",
         lambda: off("tau_leaping", "off_support")),
        (r"on odd sequences; Tweedie ([\d.]+) and", lambda: off("tweedie", "kl")),
        (r"Tweedie [\d.]+ and ([\d.]+)\. For", lambda: off("tweedie", "off_support")),
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_rows(sentence, measured):
    (said,) = re.findall(sentence, PROSE)
    places = len(said.partition(".")[2])
    assert f"{measured():.{places}f}" == said


def test_modulo_s_the_kl_is_larger_everywhere_and_up_to_the_sizes_that_are_named():
    assert (
        "Up to S = 16 (`vocabulary`) and d = 1,000 (`length_1000`) both samplers are run" in PROSE
    )
    pairs = []
    for path in RESULTS.glob("**/rows.csv"):
        found = {s: {} for s in BOTH}
        for row in ledger.read(path):
            if row["sampler"] in BOTH and "kl" in row:
                found[row["sampler"]][row["target"], row["value"]] = row
        wrap, jump = (found[sampler] for sampler in BOTH)
        pairs += [(wrap[key], jump[key]) for key in wrap.keys() & jump.keys()]
    assert len(pairs) > 200
    assert [wrap for wrap, jump in pairs if not wrap["kl"] > jump["kl"]] == []
    largest = {name: max(pairs, key=lambda pair: pair[0][name])[0] for name in ("S", "d")}
    assert (largest["S"]["S"], largest["S"]["experiment"]) == (16, "vocabulary")
    assert largest["d"]["d"] == max(row["d"] for row in rows("length_1000")) == 1000


def test_the_sweeps_that_are_undecided_are_named():
    verdicts = [row for path in RESULTS.glob("**/ledger.csv") for row in ledger.read(path)]
    mine = [row for row in verdicts if row["theorem"] == "dmitriev_2026a"]
    mine = [row for row in mine if row["axis"] in ("step", "S", "d")]
    assert {row["status"] for row in mine} == {"CONSISTENT", "INCONCLUSIVE", "NOT_APPLICABLE"}
    undecided = {(r["experiment"], r["target"]) for r in mine if r["status"] == "INCONCLUSIVE"}
    assert undecided == {("vocabulary", "repeated token"), ("length_1000", "two beliefs")}
    told = "a repeated token along S (`vocabulary`, where neither sampler's has settled) and two"
    assert told in PROSE
    assert "beliefs along d (`length_1000`)" in PROSE


def test_what_is_printed_is_what_check_prints():
    """Every line of the example, from the committed verdicts and rows of all quick experiments."""
    registry.load()
    verdicts = ledger.read(RESULTS / "ledger.csv")
    measured = [row for path in sorted(RESULTS.glob("*/rows.csv")) for row in ledger.read(path)]
    told = "all as the ledger expects" + text.contradicted(verdicts)
    lines = list(text.lines(Report([], Outcome(measured, verdicts), [], told)))
    (shown,) = re.findall(r"In part:\n\n```\n(.+?)\n```", README, re.S)
    wanted = [line for line in shown.splitlines() if line != "..."]
    assert len(wanted) >= 8
    assert [line for line in wanted if line not in lines] == []


def test_every_axis_of_an_experiment_is_named():
    (told,) = re.findall(r'^axis = "step" +# (.+) \(steps to a KL\)$', README, re.M)
    assert set(re.split(r", | or ", told)) == {*AXES, *NEUTRAL_AXES, "epsilon"}

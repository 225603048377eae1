"""An error of 1e-6 at the very point that a ledger row stands for is noticed, in our experiments.

Planted in the largest entry of the data law of that one problem, on which all rungs rest; where it
is drawn, in the law of a token.  Every row that stands for the point is then named as different.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from helpers.slow_cases import cases

from harness.problem.laws import Laws
from harness.studies import experiment, judge, ledger, runner
from harness.verdicts.facts import _dtc_by_time
from harness.verdicts.quantities import Quantities

ROOT = Path(__file__).parents[2]
ERROR = 1e-6
# Kind of experiment: its file, and which of its targets and samplers (all others are like them).
KINDS = {
    "sequences": ("step_geometric", "ring in a field", ("tau_leaping", "frozen_score")),
    "other noises": ("noises", "table", ("tau_leaping, directed", "tweedie, ring")),
    "a wrong score": ("score_error", "ring in a field", ("frozen_score",)),
    "starts": ("start", "ring in a field", ("tau_leaping",)),
    "lengths": ("frozen", "ring in a field", ("frozen_score",)),
    "counts": ("magnet", "d = 100", ("tau_leaping",)),
    "classes": ("classes", "Zipf", ("tau_leaping", "tweedie")),
    "masks": ("masked", "ring", ("masked_plug_in", "euler")),
    "comparisons": ("equal_calls", "ring", ("tweedie", "tau_leaping", "euler")),
    "equal reveals": ("equal_reveals", "ring", ("masked_plug_in",)),
    "sets of tokens": ("reveal_sets", "ring", ("fixed_cardinality, halves",)),
    "draws": ("long_sequences", "two beliefs", ("tau_leaping",)),
    "steps to a KL": ("frozen_complexity", "rare event", ("frozen_score",)),
}
SELDOM = {"lengths", "sequences"}  # 6 s each
UNMOVED = {
    ("classes", "stopping"),  # by 1e-8 of it: the error is in both laws that are compared
    ("masks", "data"),  # the mass that is still masked, whatever the data
}
RUNGS = {*Quantities.RUNGS, "kl", "chain_kl"}


def chosen(kind):
    """The experiment of a kind, of the targets and samplers that are tried."""
    name, target, samplers = KINDS[kind]
    whole = experiment.read(ROOT / "experiments" / f"{name}.toml")
    labelled = experiment._label
    return whole.model_copy(
        update={
            "targets": tuple(t for t in whole.targets if labelled(t) == target),
            "samplers": tuple(s for s in whole.samplers if labelled(s) in samplers),
            "expect": tuple(e for e in whole.expect if set(e.samplers) & set(samplers)),
            "compare": tuple(c for c in whole.compare if {c.lower, c.higher} <= set(samplers)),
        }
    )


def spoiled(law):
    """``law`` with the error in its largest entry."""
    law = np.array(law)
    law.reshape(-1)[law.argmax()] *= 1 + ERROR
    return law


@pytest.fixture
def study(request, monkeypatch):
    """``(lines, planted)``: the accepted ledger, and what differs with an error at some problems.

    What has been measured is not measured again.
    """
    asked, data_law, analytic = request.getfixturevalue("kind"), Laws.data_law, Laws.analytic
    mine, of, known, where = chosen(asked), judge.of_sweep, {}, []

    def of_sweep(problems, **more):
        made = of(problems, **more)
        return [
            fresh if problem in where else known.setdefault(problem, fresh)
            for problem, fresh in zip(problems, made, strict=True)
        ]

    def with_error(self):
        found = data_law.func(self)
        return spoiled(found) if where and where[0] in (self, "all") else found

    def drawn_with_error(self):
        if self not in where:
            return analytic.func(self)
        first = spoiled(self.target.first)
        return replace(self.target, first=tuple(first / first.sum())).analytic()

    monkeypatch.setattr(judge, "of_sweep", of_sweep)
    for name, law in {"data_law": with_error, "analytic": drawn_with_error}.items():
        law = cached_property(law)
        law.__set_name__(Laws, name)
        monkeypatch.setattr(Laws, name, law)
    plain = runner.run([mine])

    def planted(problem):
        where.append(problem)
        _dtc_by_time.cache_clear()  # which is shared by problems of equal targets
        try:
            found = runner.run([mine])
        finally:
            where.clear()
            _dtc_by_time.cache_clear()
        lines = ledger.differences(found.ledger, plain.ledger, runner.LEDGER_KEYS)
        return lines, ledger.differences(found.rows, plain.rows, runner.ROW_KEYS)

    return mine, plain, known, planted


def stands_for(line, sweep, known):
    """The place in ``sweep`` of the point that a line of the ledger stands for."""
    rung = line["rung"]
    for k, problem in enumerate(sweep.problems):
        quantities = known[problem]
        if rung in Quantities.RUNGS:
            value = quantities.rung(rung)[0]
        else:
            value = getattr(quantities.measurement, rung)
        if value == line["measured"]:
            return k
    raise AssertionError(f"no point has the measured number of {line}")


@pytest.mark.parametrize(
    "kind",
    cases((kind for kind in KINDS if kind != "steps to a KL"), SELDOM.__contains__),
)
def test_an_error_at_the_point_of_a_row_is_noticed(kind, study):
    mine, plain, known, planted = study
    tried = 0
    for sweep in runner.sweeps(mine):
        name = sweep.target, sweep.sampler
        lines = [r for r in plain.ledger if (r["target"], r["sampler"]) == name and "measured" in r]
        places = {line["theorem"]: stands_for(line, sweep, known) for line in lines}
        for k in sorted(set(places.values())):
            of_lines, of_rows = planted(sweep.problems[k])
            case = f"{mine.name} | {sweep.target} | {sweep.sampler} | "
            assert any(each.startswith(case) for each in of_rows), (case, of_rows)
            for line in lines:
                if places[line["theorem"]] != k or (kind, line["rung"]) in UNMOVED:
                    continue
                named = f"{case}{line['theorem']}: measured is"
                assert any(each.startswith(named) for each in of_lines), (line, of_lines)
                tried += 1
    assert tried


@pytest.mark.parametrize("kind", ["masks", "draws"])
def test_without_an_error_nothing_differs(kind, study, monkeypatch):
    """What is noticed is the error, not that a point was measured again."""
    monkeypatch.setattr(f"{__name__}.ERROR", 0.0)
    mine, *_, planted = study
    for sweep in runner.sweeps(mine):
        assert planted(sweep.problems[-1]) == ([], [])


def test_the_kinds_have_all_rungs():
    """Of those that are not drawn: the rungs of the ladder, and orders and comparisons."""
    found = set()
    for name, target, samplers in KINDS.values():
        for row in ledger.read(ROOT / "results" / "ledger.csv"):
            same = (row["experiment"], row["target"]) == (name, target)
            if same and row["sampler"] in samplers and "measured" in row:
                found.add(row["rung"])
    assert found == {*RUNGS, "steps to KL"}


@pytest.mark.parametrize("kind", ["steps to a KL"])
def test_an_error_in_a_search_for_steps_is_noticed(kind, study):
    _, plain, _, planted = study
    of_lines, _ = planted("all")
    for line in plain.ledger:
        assert any(line["theorem"] in each and "constant is" in each for each in of_lines), of_lines

"""Mutants differ in one place, are always the same, and are told by what kills them."""

import ast
import os
import subprocess
import sys

import pytest

from teeth.mutants import (
    changed,
    described_once,
    drawn,
    in_own_process,
    loaded,
    of_today,
    rows,
    shares,
    tried,
    users,
)
from teeth.mutations import mutants

PATHS = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
SOURCE = """
class A:
    def step(self, score, noise, x: int, t, s):
        moves = (t - s) * 2.0 + x
        return -moves if moves > 0 else moves[0]

    def examples(self):
        return 1 + 1
"""


def test_each_differs_in_one_place():
    found = list(mutants(SOURCE))
    told = {(mutant.before, mutant.after) for mutant in found}
    assert {
        ("t - s", "t + s"),
        ("t", "s"),
        ("s", "t"),
        ("2.0", "2.02"),
        ("2.0", "1.0"),
        ("moves > 0", "moves >= 0"),
        ("-moves", "+moves"),
        ("0", "1"),
    } <= told
    assert not told & {("x", "m"), ("t", "u")}  # no m is known there
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in found:
        changed = [a for a, b in zip(plain, mutant.source.splitlines(), strict=True) if a != b]
        assert len(changed) == 1
        assert "1 + 1" not in changed[0]


def test_they_are_drawn_once_for_all():
    first = list(drawn("euler"))
    drawn.cache_clear()
    assert first == list(drawn("euler")) != sorted(first)


@pytest.mark.slow
def test_a_mutant_is_killed_and_its_original_is_not_loaded_in_its_place():
    (mutant,) = [
        mutant
        for mutant in drawn("euler").values()
        if (mutant.before, mutant.after) == ("t - s", "t + s") and "jnp.maximum" in mutant.source
    ][-1:]
    (sampler,) = loaded("euler", mutant.source)
    assert type(sampler).__module__ == "mutant_of_euler"
    assert tried("euler", mutant)["killed_by"]


def test_what_is_kept_is_read_and_summed_up(tmp_path):
    path = tmp_path / "mutants.csv"
    assert rows(path) == []
    path.write_text(
        "sampler,mutant,line,before,after,killed_by,number,cpu,why\n"
        "a,1,3,x + y,x - y,is deterministic,,2,\na,2,4,0,1,,,3,\na,3,4,0,2,,,3,the same law\n"
        "a,4,5,0,2,,not finished,900,\na,5,5,x,t,keeps the contract,ValueError,2,\n"
    )
    told = "a: 2/5 killed (1 by an error), 1 unfinished, 1 equivalent; not explained: 4: 0 -> 1"
    assert shares(rows(path)) == told


def row_of(mutant, name):
    row = {"sampler": name, "mutant": "0", "line": "0", "killed_by": "", "number": "", "why": ""}
    return {**row, "digest": mutant.digest}


def test_rows_of_a_source_that_has_changed_are_dropped():
    number, mutant = next(iter(drawn("euler").items()))
    row = row_of(mutant, "euler")
    (kept,) = of_today([row, {**row, "digest": "another"}])
    assert (kept["mutant"], kept["line"]) == (str(number), str(mutant.line))


def test_a_mutant_is_found_again_where_another_part_of_its_source_has_changed():
    later = SOURCE.replace("class A:", "b = 3\n\n\nclass A:").replace("1 + 1", "1 + 2")
    assert [m.digest for m in mutants(later)][2:] == [m.digest for m in mutants(SOURCE)]
    changed = SOURCE.replace("return -moves", "return moves")
    assert not {m.digest for m in mutants(changed)} & {m.digest for m in mutants(SOURCE)}


@pytest.mark.parametrize(("place", "why"), [("claims", True), ("default", True), ("law", False)])
def test_a_survivor_in_the_law_is_explained_by_its_reader(place, why):
    mutant = next(m for m in drawn("threshold").values() if m.place == place)
    (kept,) = of_today([row_of(mutant, "threshold")])
    assert (bool(kept["why"]), kept["place"]) == (why, place)


@pytest.mark.parametrize("source", ["x = 1\n", "def f(x: int = 1) -> int: ...\n"])
def test_annotations_and_defaults_are_left_alone(source):
    assert len(list(mutants(source))) == (2 if source[0] == "x" else 0)


def test_a_mutant_that_goes_on_is_cut_and_not_counted_as_killed(tmp_path):
    found = in_own_process("euler", next(iter(drawn("euler"))), 1, tmp_path)
    assert (found["killed_by"], found["number"]) == ("", "not finished")


@pytest.mark.parametrize(
    ("name", "before", "after", "differ"),
    [
        pytest.param(
            *("tau_leaping", "h * rates * stay[..., None]", "h * rates + stay[..., None]", [1]),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("fixed_cardinality", "1 + math.ceil(ratio)", "1 - math.ceil(ratio)", []),
            marks=pytest.mark.slow,
        ),
        # of rates that only an engine asks for
        pytest.param(
            *("truncated_uniformization", "jnp.minimum", "jnp.maximum", [0]),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_examples_that_a_mutant_does_not_change_are_left_out(name, before, after, differ):
    (mutant,) = (m for m in drawn(name).values() if (m.before, m.after) == (before, after))
    examples = loaded(name, mutant.source)
    assert changed(examples, described_once(name)) == [examples[k] for k in differ]


def test_what_samplers_share_is_broken_with_all_of_them():
    assert users("two_stage") == ["theta_rk2", "theta_trapezoidal"]
    assert set(users("reveal_policy")) >= {"blocks", "confidence", "threshold"}
    assert set(users("score_calls")) > set(users("reveal_policy"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "before", "after", "differs"),
    [
        ("set_sizes", "grid.steps + 1", "grid.steps + 2", True),
        (
            "score_calls",
            "return _binomial(length, -math",
            "return _binomial(length, -0.5 * math",
            True,
        ),
        ("set_sizes", "", "", False),
        ("score_calls", "", "", False),
    ],
)
def test_a_shared_file_that_is_as_it_was_changes_nothing(name, before, after, differs):
    """In a process of its own: there all that is imported later is the mutant.

    Of ``score_calls`` also what reaches samplers by way of ``reveal_policy`` and ``set_sizes``.
    """
    code = """
import sys
from teeth.mutants import changed, described_once, loaded, plain
name, before, after = sys.argv[1:]
source = plain(name)
assert before in source
examples = loaded(name, source.replace(before, after, 1))
print(len(changed(examples, described_once(name))))
"""
    given = [sys.executable, "-c", code, name, before, after]
    found = subprocess.run(given, capture_output=True, text=True, check=True, env=PATHS)
    assert (found.stdout != "0\n") is differs

"""Mutants differ in one place, are always the same, and are told by what kills them."""

import ast

import pytest

from teeth.mutants import drawn, loaded, rows, shares, tried
from teeth.mutations import mutants

SOURCE = """
class A:
    def step(self, score, noise, x: int, t, s):
        moves = (t - s) * 2.0
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
        ("2.0", "2.02"),
        ("2.0", "1.0"),
        ("moves > 0", "moves >= 0"),
        ("-moves", "+moves"),
        ("0", "1"),
    } <= told
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in found:
        changed = [a for a, b in zip(plain, mutant.source.splitlines(), strict=True) if a != b]
        assert len(changed) == 1
        assert "1 + 1" not in changed[0]


def test_they_are_drawn_once_for_all():
    assert list(drawn("euler", 5)) == list(drawn("euler", 5))
    assert list(drawn("euler", 5).items()) == list(drawn("euler", 9).items())[:5]


def test_a_mutant_is_killed_and_its_original_is_not_loaded_in_its_place():
    (mutant,) = [
        mutant
        for mutant in drawn("euler", 1000).values()
        if (mutant.before, mutant.after) == ("t - s", "t + s") and "jnp.maximum" in mutant.source
    ][-1:]
    (sampler,) = loaded("euler", mutant)
    assert type(sampler).__module__ == "mutant_of_euler"
    assert tried("euler", mutant)["killed_by"]


def test_what_is_kept_is_read_and_summed_up(tmp_path):
    path = tmp_path / "mutants.csv"
    assert rows(path) == []
    path.write_text(
        "sampler,mutant,line,before,after,killed_by,number,cpu\n"
        "a,1,3,x + y,x - y,is deterministic,,2\na,2,4,0,1,,,3\n"
    )
    assert shares(rows(path)) == "a: 1/2 killed; 4: 0 -> 1"


@pytest.mark.parametrize("source", ["x = 1\n", "def f(x: int = 1) -> int: ...\n"])
def test_annotations_and_defaults_are_left_alone(source):
    assert len(list(mutants(source))) == (2 if source[0] == "x" else 0)

"""The problems of theorems: that they reach the ends, and that each sweep goes one way."""

import math
from itertools import pairwise

import pytest

from harness import Problem, grids
from harness.foundation.registry import load
from harness.noise import Absorbing, CyclicWalk, Uniform
from harness.quantities import Quantities
from harness.regress import theorem_bank, theorem_ends, theorem_near, theorem_sweeps
from harness.regress.measured_once import MeasuredOnce
from harness.samplers import FixedCardinality, MaskedPlugIn, TauLeaping, ThetaTrapezoidal, Tweedie
from harness.verdicts.axes import along
from toy_targets import PottsRing

load()


def test_the_worst_cases_reach_the_ends_of_what_a_form_holds():
    problems = theorem_bank.worst_cases(Tweedie())
    assert min(p.grid.start for p in problems) <= 1e-6
    assert max(p.grid.start for p in problems) >= 12
    assert {0.0, 1e-6} <= {p.grid.stop for p in problems}
    assert max(p.space.vocabulary for p in problems) >= 1e9
    assert max(p.space.length for p in problems) >= 200
    assert {p.start for p in problems} == {"exact", "noise"}
    assert len({p.noise for p in problems}) >= 4
    late = {p.noise for p in problems if p.grid.start >= 12}
    assert {CyclicWalk(), theorem_bank.SLOW, Absorbing()} <= late
    masked = theorem_bank.worst_cases(MaskedPlugIn())
    assert any(math.isinf(p.grid.start) and p.grid.steps == 1 for p in masked)


def test_there_are_few_shapes_for_each_is_compiled_anew():
    for sampler in (Tweedie(), MaskedPlugIn(), ThetaTrapezoidal()):
        shapes = {
            (type(p.space), p.space.tokens, p.space.length, bool(p.space.class_sizes))
            for p in theorem_bank.worst_cases(sampler)
        }
        assert len(shapes) <= 5


def test_only_what_a_sampler_can_run_is_asked_of_it():
    theta = theorem_bank.worst_cases(ThetaTrapezoidal())
    assert theta
    assert all(not p.space.class_sizes and p.space.length < 10 for p in theta)
    revealing = theorem_bank.worst_cases(FixedCardinality((2,)))
    assert {p.start for p in revealing} == {"mask"}


def test_samplers_of_other_traits_are_tried_too_and_all_where_asked():
    own = TauLeaping("clip")
    few, all_of_them = (theorem_bank.methods(own, thorough) for thorough in (False, True))
    assert set(few) <= set(all_of_them)
    rules = {m.multiple_jumps for m in all_of_them.values() if isinstance(m, TauLeaping)}
    assert rules == {"one_jump", "reject", "clip", "lose", "wrap"}
    assert own in few.values()
    sizes = {m.sizes for m in few.values() if isinstance(m, FixedCardinality)}
    assert {(1,), (2,), (4,)} <= sizes


@pytest.mark.parametrize("name", theorem_sweeps.FURTHER)
def test_every_sweep_goes_one_way_along_its_axis(name):
    sweep = theorem_sweeps.EVERY[name]
    problems = sweep.problems(Tweedie(), Uniform())
    places = [along(sweep.axis, problem, Quantities(problem)) for problem in problems]
    assert len(places) >= 4  # three intervals decide
    signs = {math.copysign(1, b - a) for a, b in pairwise(places)}
    assert len(signs) == 1
    assert all(math.isfinite(x) and x > 0 for x in places)


def test_a_sweep_that_a_sampler_cannot_run_says_why():
    words = theorem_sweeps.EVERY["S and T from noise"]
    with pytest.raises(ValueError, match="takes no classes of tokens"):
        words.problems(ThetaTrapezoidal(), Uniform())
    with pytest.raises(ValueError, match="needs absorbing noise"):
        theorem_sweeps.EVERY["step under another noise"].problems(MaskedPlugIn(), Absorbing())


def test_each_vocabulary_and_the_ends_of_the_lengths_are_tried():
    def sizes(sampler, applies):
        spaces = [p.space for p in theorem_ends.problems(sampler, applies)]
        words = {space.vocabulary for space in spaces if space.class_sizes}
        return words, {space.length for space in spaces if not space.class_sizes}

    every = set(theorem_ends.VOCABULARIES)
    assert sizes(Tweedie(), lambda _: True) == (every, {3, 200})
    assert sizes(MaskedPlugIn(), lambda _: True)[1] == {3, 60}
    few = sizes(Tweedie(), lambda p: p.space.vocabulary <= 10 and not 2 < p.space.length < 12)
    assert few == ({3, 4, 5, 7, 10}, {12, 200})
    assert sizes(ThetaTrapezoidal(), lambda _: True) == (set(), set())


@pytest.mark.parametrize(
    ("sampler", "noise", "grid", "longest"),
    [
        (Tweedie(), CyclicWalk(), grids.even(4.0, 0.1, 4), 200),
        (MaskedPlugIn(), Absorbing(), grids.cosine(8), 60),
        (ThetaTrapezoidal(), CyclicWalk(), grids.even(4.0, 0.1, 4), 8),
    ],
)
def test_a_theorem_of_its_own_noise_and_grid_is_tried_at_other_sizes(sampler, noise, grid, longest):
    start = "mask" if math.isinf(grid.start) else "noise"
    example = Problem(PottsRing(3, 3, 1.0), noise, sampler, grid, start=start)
    problems = list(theorem_near.near(example, sampler))
    assert {p.noise for p in problems} == {noise}
    own = [p for p in problems if p.grid == grid]
    assert {p.space.vocabulary for p in own} == {2, 3, 8}
    assert {p.space.length for p in own} == {2, 3, 8, longest}
    assert start in {p.start for p in own}
    assert len([p for p in problems if p.grid == grid.with_steps(2)]) == len(own)
    assert (theorem_near.needle(longest) in {p.target for p in own}) is (longest > 8)


def test_a_problem_is_measured_once_for_all_theorems():
    known = MeasuredOnce()
    problem, *rest = theorem_bank.worst_cases(Tweedie())[:4]
    assert known.on(problem) is known.on(problem)
    assert known.along(rest) is known.along(list(rest))
    assert known.along(rest, output_only=True) is not known.along(rest)

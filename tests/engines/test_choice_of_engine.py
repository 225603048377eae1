"""Which engine is chosen, and what one cannot carry is refused in words."""

import dataclasses

import pytest

from harness import Problem, grids, measure
from harness.foundation import registry
from harness.noise import Uniform
from harness.problem.monte_carlo import MonteCarlo
from harness.samplers import (
    MultinomialD3PM,
    PredictorCorrector,
    SoftValueDecoding,
    ThetaTrapezoidal,
    Tweedie,
    Uniformization,
)
from toy_targets import ClassTable, CurieWeiss, Pairs

GUIDED = [MultinomialD3PM(), SoftValueDecoding(2), ThetaTrapezoidal(), PredictorCorrector()]


@pytest.mark.parametrize("sampler", [*GUIDED, Uniformization()], ids=registry.label)
def test_what_other_engines_cannot_carry_is_refused_in_words(sampler):
    """Counts, draws and classes: a law, or an error that names the sampler and the rule."""
    grid = grids.even(2.0, 0.5, 2)
    product = isinstance(sampler, MultinomialD3PM)
    counts = Problem(CurieWeiss(5, 1.0), Uniform(), sampler, grid, engine="counts")
    drawn = Problem(Pairs(2, 2), Uniform(), sampler, grid, engine=MonteCarlo(64))
    if product:
        by_sequences = dataclasses.replace(counts, engine="enumerated")
        assert measure(counts).kl == pytest.approx(measure(by_sequences).kl, rel=1e-10)
        assert measure(drawn).chain_kl > 0
    else:
        with pytest.raises(TypeError, match="cannot be lumped to counts; use engine='enumerated'"):
            measure(counts)
        with pytest.raises(TypeError, match="only Tokens and a Generator are drawn from"):
            measure(drawn)
    classes = Problem(ClassTable.example(), Uniform(), sampler, grid)
    if isinstance(sampler, PredictorCorrector | Uniformization):
        assert measure(classes, output_only=True).kl > 0
    else:
        with pytest.raises(ValueError, match=f"{registry.label(sampler)[:5]}.* does not take cl"):
            measure(classes)


def test_sequences_are_chosen_where_a_sampler_does_not_say_that_tokens_move_alike():
    """2^13 sequences are beyond where counts are taken otherwise."""
    for sampler, engine in ((Uniformization(), "enumerated"), (Tweedie(), "counts")):
        case = Problem(CurieWeiss(13, 1.0), Uniform(), sampler, grids.even(1.0, 0.5, 1))
        assert measure(case, output_only=True).engine == engine

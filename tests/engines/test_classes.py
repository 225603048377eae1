"""Classes of interchangeable tokens say the same as the alphabet written out, at any size."""

import dataclasses
import math

import numpy as np
import pytest
from helpers import generic_samplers
from helpers.same_measurement import assert_same

from harness import Problem, grids, measure, output_law
from harness.foundation import registry
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.space import Counts
from toy_targets import ClassTable, MarkovChain, Pairs, Table, Zipf

registry.load()
GRID = grids.custom((2.0, 1.6, 0.5, 0.2))
SAMPLERS = [s for s in generic_samplers.SAMPLERS if not s.claims.adds_values]
TARGETS = {
    "table": ClassTable.example(),
    "pairs": Pairs(class_sizes=(1, 3), pairs=2),
    "chain": MarkovChain(((0.7, 0.3), (0.1, 0.9)), 3, class_sizes=(3, 1)),
    "zipf": Zipf(7, 3, 3),
}


def written_out(target) -> tuple[Table, np.ndarray]:
    """The law of the tokens themselves, and the class of each token."""
    sizes = np.array(target.space.class_sizes)
    of_token = np.repeat(np.arange(len(sizes)), sizes)
    law = np.exp(target.log_law())
    for axis in range(law.ndim):
        law = np.moveaxis(law, axis, -1)[..., of_token] / sizes[of_token]
        law = np.moveaxis(law, -1, axis)
    return Table(law / law.sum()), of_token


def folded(law: np.ndarray, of_token: np.ndarray) -> np.ndarray:
    """A law of tokens as one of classes."""
    one = np.eye(of_token.max() + 1)[of_token]
    for axis in range(law.ndim):
        law = np.moveaxis(np.moveaxis(law, axis, -1) @ one, -1, axis)
    return law


@pytest.mark.parametrize("sampler", SAMPLERS, ids=registry.label)
@pytest.mark.parametrize("name", TARGETS)
def test_classes_and_tokens_agree(name, sampler):
    target, start = TARGETS[name], "exact" if name == "chain" else "noise"
    whole, of_token = written_out(target)
    wanted_problem = Problem(whole, Uniform(), sampler, GRID, start=start)
    wanted, law = measure(wanted_problem), output_law(wanted_problem)
    if isinstance(sampler, FrozenScore):
        wanted = dataclasses.replace(wanted, chain_kl=math.nan)
    problem = dataclasses.replace(wanted_problem, target=target)
    assert_same(measure(problem), wanted, floor=1e-14)
    np.testing.assert_allclose(output_law(problem), folded(law, of_token), rtol=1e-12)
    if getattr(target, "exchangeable", False):
        assert_same(measure(dataclasses.replace(problem, engine="counts")), wanted, floor=1e-14)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=registry.label)
def test_fifty_thousand_tokens_in_two_ways(sampler):
    """Two classes whose tokens are equally likely are as well one class."""
    fine, coarse = (7, 250, 50_000), (7, 50_250)
    law = np.array([[0.3, 0.1], [0.1, 0.5]])
    split = np.array([[1.0, 0.0], [0.0, 250 / 50_250], [0.0, 50_000 / 50_250]])
    found = [
        measure(Problem(target, Uniform(), sampler, GRID))
        for target in (ClassTable(fine, split @ law @ split.T), ClassTable(coarse, law))
    ]
    assert found[0].kl > 1e-4
    assert_same(*found, floor=1e-14)


def test_a_large_vocabulary_on_counts():
    problem = Problem(Zipf(50_257, 30, 3), Uniform(), Tweedie(), GRID)
    assert isinstance(problem.space, Counts)
    assert problem.space.vocabulary == 50_257
    m = measure(problem)
    assert 0 < m.kl < m.chain_kl < 30 * math.log(50_257)


def test_zipf_is_zipf():
    one = Zipf(50_257, 1, classes=5, zipf=1.0)
    ranks = np.split(1 / np.arange(1, 50_258), np.cumsum(one.class_sizes)[:-1])
    total = math.fsum(math.fsum(part) for part in ranks)
    wanted = [math.fsum(part) / total for part in ranks]
    np.testing.assert_allclose(np.exp(one.log_law()), wanted, rtol=1e-12)
    assert sum(one.class_sizes) == 50_257
    assert Zipf(5, 2, classes=5).class_sizes == (1, 1, 1, 1, 1)


@pytest.mark.parametrize("noise", [CyclicWalk(), RateMatrix([[-1.0, 1.0], [0.5, -0.5]])])
def test_noise_that_tells_tokens_apart_has_no_classes(noise):
    with pytest.raises(ValueError, match="a noise that treats tokens alike"):
        Problem(TARGETS["pairs"], noise, Euler(), GRID)


@pytest.mark.parametrize("rule", ["clip", "lose"])
def test_classes_cannot_be_added_up(rule):
    with pytest.raises(ValueError, match="adds up token values"):
        Problem(TARGETS["pairs"], Uniform(), TauLeaping(rule), GRID)


def test_a_wrong_score_on_classes_has_the_error_asked_for():
    score = Perturbed(score_error=0.02)
    problem = Problem(TARGETS["table"], Uniform(), Tweedie(), GRID, score)
    assert measure(problem).score_error == pytest.approx(0.02, rel=1e-12)

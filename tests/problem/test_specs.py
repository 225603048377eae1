"""Every target and sampler in a problem that is written down and read again."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
from helpers import generic_samplers

from harness import Problem, grids
from harness.foundation import registry
from harness.noise import Circulant, CyclicWalk, RateMatrix, Uniform
from harness.samplers import Tweedie
from harness.score import Exact, Perturbed
from toy_targets import RandomTable

registry.load()
SAMPLERS = generic_samplers.SAMPLERS

NOISES = [Uniform(), CyclicWalk()]
GRIDS = [
    grids.even(3.0, 0.1, 4),
    grids.geometric(3.0, 0.1, 0.3),
    grids.custom((2.0, 1.0, 0.0)),
    grids.custom((2.0, 1.0, 0.0), told=(0.9, 1.1)),
]
SCORES = [Exact(), Perturbed(0.3, seed=2), Perturbed(score_error=0.05)]


@pytest.mark.parametrize("target", registry.targets.values(), ids=lambda cls: cls.name)
def test_problems_round_trip_through_their_spec(target):
    target = target.example()
    tokens, classes = target.space.tokens, bool(target.space.class_sizes)
    ring = RateMatrix(np.roll(np.eye(tokens), 1, axis=1) - np.eye(tokens))
    for k, sampler in enumerate(SAMPLERS):
        if classes and sampler.claims.adds_values:
            continue
        for noise in (Uniform(),) if classes else (*NOISES, ring, Circulant(range(tokens))):
            problem = Problem(
                target, noise, sampler, GRIDS[k % 4], SCORES[k % 3], ("noise", "exact")[k % 2]
            )
            again = Problem.from_spec(json.loads(json.dumps(problem.spec())))
            assert again == problem
            assert hash(again) == hash(problem)
            assert again.spec() == problem.spec()
            assert len({problem, again, dataclasses.replace(problem, max_states=10**6)}) == 2


def test_a_problem_that_has_laws_goes_to_another_process():
    """What it keeps of them stays here: among it are functions, which nothing can send."""
    problem = Problem(RandomTable(2, 2, 1), Uniform(), Tweedie(), grids.even(1.0, 0.1, 4))
    law = problem.marginal(0.1)
    again = pickle.loads(pickle.dumps(problem))
    assert again == problem
    assert set(vars(again)) == {field.name for field in dataclasses.fields(Problem)}
    assert np.array_equal(again.marginal(0.1), law)

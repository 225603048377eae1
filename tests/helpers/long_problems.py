"""Problems whose noised law is known in closed form, small enough for exact laws too."""

import dataclasses

from harness import MonteCarlo, Problem, grids, statistics
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.samplers import Euler, TauLeaping, Tweedie
from toy_targets import FewFlips, MarkovChain, Pairs, Product, ProductMixture, TwoBeliefs

SKEW = RateMatrix(((-1.5, 1, 0.5), (0.25, -0.75, 0.5), (2, 1, -3)))
RANDOM_TESTS = 40
LEVEL = statistics.false_alarm_each(2 * RANDOM_TESTS)  # engines/test_draws.py has the other half

FORBIDDING = MarkovChain.example()
CLASSES = MarkovChain(((0.7, 0.3), (0.1, 0.9)), 4, class_sizes=(3, 1))
LAWS = {
    "chain": (FORBIDDING, SKEW),
    "chain, uniform": (FORBIDDING, Uniform()),
    "chain of classes": (CLASSES, Uniform()),
    "one way": (MarkovChain(((0.5, 0.5), (0, 1)), 5, initial=(1, 0)), CyclicWalk()),
    "repeated bit": (MarkovChain.binary(6, flip=0), Uniform()),
    "one token": (MarkovChain(((0.3, 0.7), (0.6, 0.4)), 1), Uniform()),
    "few flips": (FewFlips(7), Uniform()),
    "pairs": (Pairs(3, 2), SKEW),
    "pairs of classes": (Pairs(class_sizes=(1, 3), pairs=2), Uniform()),
    "product": (Product((0.5, 0.0, 0.5), 3), SKEW),
    "mixture": (ProductMixture.example(), SKEW),
    "mixture with zeros": (ProductMixture((0.4, 0.6), ((1, 0, 0), (0, 0.3, 0.7)), 4), Uniform()),
    "beliefs": (TwoBeliefs.example(), SKEW),
    "rare belief": (TwoBeliefs.binary(5, 0.99, weight=1e-4), Uniform()),
}
GRID = grids.geometric(3.0, 0.05, kappa=0.3)


def drawn(problem: Problem, draws: int = 20_000, **settings) -> Problem:
    return dataclasses.replace(problem, engine=MonteCarlo(draws, **settings))


EXACT = {
    "chain": Problem(FORBIDDING, Uniform(), TauLeaping(), GRID),
    "skew": Problem(FORBIDDING, SKEW, Tweedie(), GRID),
    "classes": Problem(CLASSES, Uniform(), Euler(), GRID),
    "beliefs": Problem(TwoBeliefs.example(), SKEW, TauLeaping("lose"), GRID, start="exact"),
    "few flips": Problem(FewFlips(8), Uniform(), Tweedie(), GRID),
    "pairs": Problem(Pairs(3, 2), CyclicWalk(), TauLeaping("reject"), GRID),
    "told": Problem(FORBIDDING, Uniform(), Euler(), grids.custom((2.0, 1.0, 0.5), told=(0.9, 0.6))),
    "to the data": Problem(FORBIDDING, SKEW, TauLeaping(), grids.even(1.0, 0.0, 4)),
}

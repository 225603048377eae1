"""Published digits, through the public API: potts ring and parity, uniform noise.

Even grid from T = 4 to δ = 1/10 in 16 steps, exact score.  The first table was computed with
interval arithmetic (all digits correct), the others to 12 digits by two derivations in float64.
"""

import pytest

from harness import Problem, grids, measure
from harness.noise import RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from toy_targets import Parity, PottsRing

SAMPLERS = {
    "tau_leaping": TauLeaping(),
    "reject": TauLeaping("reject"),
    "lose": TauLeaping("lose"),
    "euler": Euler(),
    "tweedie": Tweedie(),
    "frozen_score": FrozenScore(),
}
TARGETS = {"ring 3 3": PottsRing(3, 3, 1.0), "ring 2 5": PottsRing(2, 5, 1.0), "parity": Parity(4)}
RIGOROUS = """
ring 3 3 | tau_leaping | exact | 0.041103009911568678081 | 0.13223523694110462204
ring 3 3 | tau_leaping | noise | 0.041103062059429103202 | 0.13223531666349653728
ring 3 3 | euler | exact | 0.025304903555851685198 | 0.10482653369646670663
ring 3 3 | euler | noise | 0.025304923634104253672 | 0.10482657429338151914
ring 3 3 | tweedie | exact | 0.014607929953646952020 | 0.080636107696933407043
ring 3 3 | tweedie | noise | 0.014607973938510733864 | 0.080636226996357697966
ring 3 3 | frozen_score | exact | 0.015872981131086357115 | 0.083640567770599064776
ring 3 3 | frozen_score | noise | 0.015873020746625484985 | 0.083640669881684297897
ring 2 5 | tau_leaping | exact | 0.048632512721701794037 | 0.11287820575481535564
ring 2 5 | tau_leaping | noise | 0.048632562837994344124 | 0.11287827517599153806
ring 2 5 | euler | exact | 0.030275259757503866136 | 0.088544167967722814742
ring 2 5 | euler | noise | 0.030275281394814397438 | 0.088544184929208324310
ring 2 5 | tweedie | exact | 0.018283838723651003988 | 0.070698192492514341733
ring 2 5 | tweedie | noise | 0.018283886383917753055 | 0.070698250909659626631
ring 2 5 | frozen_score | exact | 0.022068210538450362197 | 0.078874661907541165257
ring 2 5 | frozen_score | noise | 0.022068256128699311723 | 0.078874711679009959343
parity | tau_leaping | exact | 0.11816329463973960094 | 0.22276337846759974588
parity | tau_leaping | noise | 0.11816329463974259357 | 0.22276337846760293470
parity | euler | exact | 0.11315049464205003492 | 0.21737049111060157650
parity | euler | noise | 0.11315049464205092535 | 0.21737049111060254376
parity | tweedie | exact | 0.097348834169982759185 | 0.19963995568871508626
parity | tweedie | noise | 0.097348834169990874913 | 0.19963995568872450261
parity | frozen_score | exact | 0.060869875150051275894 | 0.15313757829238906083
parity | frozen_score | noise | 0.060869875150056994135 | 0.15313757829239715880
"""
CHAIN = {
    "tau_leaping": 0.0894906601440,
    "euler": 0.1409844138173,
    "tweedie": 0.0745330249061,
    "frozen_score": 0.0160562870048,
}
DIFFERENTIAL = {
    "frozen_score": 0.0194668328,
    "tweedie": 0.0188341907,
    "tau_leaping": 0.0806342935,
    "euler": 0.0326875719,
}
NOT_SYMMETRIC = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
ON_NOT_SYMMETRIC = {
    "tau_leaping": 0.0092974763166,
    "reject": 0.0129320315081,
    "euler": 0.0067871088382,
    "tweedie": 0.0036398371663,
    "frozen_score": 0.0056217087482,
}


def problem(target: str, sampler: str, start: str = "exact") -> Problem:
    grid = grids.even(start=4.0, stop=0.1, steps=16)
    return Problem(TARGETS[target], Uniform(), SAMPLERS[sampler], grid, start=start)


@pytest.mark.parametrize("line", RIGOROUS.strip().splitlines())
def test_kl_and_tv_have_the_rigorous_digits(line):
    target, sampler, start, kl, tv = (part.strip() for part in line.split("|"))
    m = measure(problem(target, sampler, start))
    assert m.kl == pytest.approx(float(kl), rel=1e-12, abs=0)
    assert m.tv == pytest.approx(float(tv), rel=1e-12, abs=0)
    assert m.lost_mass == 0


def test_all_24_rigorous_vectors_are_tested():
    assert len(RIGOROUS.strip().splitlines()) == 24


@pytest.mark.parametrize("sampler", CHAIN)
def test_chain_kl(sampler):
    chain_kl = measure(problem("ring 3 3", sampler)).chain_kl
    assert chain_kl == pytest.approx(CHAIN[sampler], abs=6e-14)


@pytest.mark.parametrize("sampler", DIFFERENTIAL)
def test_differential_inequality(sampler):
    value, error = Quantities(problem("ring 3 3", sampler)).rung("differential")
    assert value == pytest.approx(DIFFERENTIAL[sampler], abs=6e-11)
    assert error < 1e-7


@pytest.mark.parametrize(
    ("sampler", "kl", "tv", "lost"),
    [
        ("reject", 0.0607660842715, 0.1586198342822, 0),
        ("lose", 0.4524657687891, 0.3385494912259, 0.3324154150181),
    ],
)
def test_other_rules_for_multiple_jumps(sampler, kl, tv, lost):
    m = measure(problem("ring 3 3", sampler))
    assert (m.kl, m.tv) == (pytest.approx(kl, abs=6e-14), pytest.approx(tv, abs=6e-14))
    assert m.lost_mass == pytest.approx(lost, abs=6e-14)


@pytest.mark.parametrize("sampler", ON_NOT_SYMMETRIC)
def test_non_symmetric_noise(sampler):
    grid = grids.even(start=2.0, stop=0.2, steps=18)
    m = measure(Problem(TARGETS["ring 3 3"], NOT_SYMMETRIC, SAMPLERS[sampler], grid, start="exact"))
    assert m.kl == pytest.approx(ON_NOT_SYMMETRIC[sampler], abs=6e-14)

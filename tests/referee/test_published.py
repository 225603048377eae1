"""The referee reproduces published digits."""

import numpy as np
import pytest

from referee import ladder, reference
from referee.small import law_of, potts, uniform

EVEN = np.linspace(4.0, 0.1, 17)
SKEW = np.array([[-1.5, 1.0, 0.5], [0.25, -0.75, 0.5], [2.0, 1.0, -3.0]])

TARGETS = {
    "potts_3_3": potts(3, 3),
    "potts_2_5": potts(2, 5),
    "parity_4": law_of(lambda x: sum(x) % 2 == 0, 2, 4),
}

RIGOROUS = """
potts_3_3 tau_leaping  exact 0.041103009911568678081 0.13223523694110462204
potts_3_3 tau_leaping  noise 0.041103062059429103202 0.13223531666349653728
potts_3_3 euler        exact 0.025304903555851685198 0.10482653369646670663
potts_3_3 euler        noise 0.025304923634104253672 0.10482657429338151914
potts_3_3 tweedie      exact 0.014607929953646952020 0.080636107696933407043
potts_3_3 tweedie      noise 0.014607973938510733864 0.080636226996357697966
potts_3_3 frozen_score exact 0.015872981131086357115 0.083640567770599064776
potts_3_3 frozen_score noise 0.015873020746625484985 0.083640669881684297897
potts_2_5 tau_leaping  exact 0.048632512721701794037 0.11287820575481535564
potts_2_5 tau_leaping  noise 0.048632562837994344124 0.11287827517599153806
potts_2_5 euler        exact 0.030275259757503866136 0.088544167967722814742
potts_2_5 euler        noise 0.030275281394814397438 0.088544184929208324310
potts_2_5 tweedie      exact 0.018283838723651003988 0.070698192492514341733
potts_2_5 tweedie      noise 0.018283886383917753055 0.070698250909659626631
potts_2_5 frozen_score exact 0.022068210538450362197 0.078874661907541165257
potts_2_5 frozen_score noise 0.022068256128699311723 0.078874711679009959343
parity_4  tau_leaping  exact 0.11816329463973960094  0.22276337846759974588
parity_4  tau_leaping  noise 0.11816329463974259357  0.22276337846760293470
parity_4  euler        exact 0.11315049464205003492  0.21737049111060157650
parity_4  euler        noise 0.11315049464205092535  0.21737049111060254376
parity_4  tweedie      exact 0.097348834169982759185 0.19963995568871508626
parity_4  tweedie      noise 0.097348834169990874913 0.19963995568872450261
parity_4  frozen_score exact 0.060869875150051275894 0.15313757829238906083
parity_4  frozen_score noise 0.060869875150056994135 0.15313757829239715880
"""

CHAIN = {
    "tau_leaping": 0.0894906601440,
    "euler": 0.1409844138173,
    "tweedie": 0.0745330249061,
    "frozen_score": 0.0160562870048,
}

SKEWED = {
    "tau_leaping": 0.0092974763166,
    "reject": 0.0129320315081,
    "euler": 0.0067871088382,
    "tweedie": 0.0036398371663,
    "frozen_score": 0.0056217087482,
}


@pytest.mark.parametrize("line", RIGOROUS.strip().splitlines())
def test_rigorous_vectors(line):
    target, method, start, kl, tv = line.split()
    q0 = TARGETS[target]
    R = uniform(q0.shape[0])
    truth, p = reference.marginal(q0, R, 0.1), reference.output_law(q0, R, method, EVEN, start)
    assert ladder.kl(truth, p) == pytest.approx(float(kl), rel=1e-12)
    assert ladder.tv(truth, p) == pytest.approx(float(tv), rel=1e-12)


@pytest.mark.parametrize("method", CHAIN)
def test_chain_kl_vectors(method):
    chain = ladder.chain_kl(potts(3, 3), uniform(3), method, EVEN, "exact")
    assert chain == pytest.approx(CHAIN[method], abs=6e-14)


@pytest.mark.parametrize(
    ("method", "kl", "tv", "lost"),
    [
        ("reject", 0.0607660842715, 0.1586198342822, 0.0),
        ("lose", 0.4524657687891, 0.3385494912261, 0.3324154150181),
    ],
)
def test_vectors_of_other_readings_of_tau_leaping(method, kl, tv, lost):
    q0, R = potts(3, 3), uniform(3)
    truth, p = reference.marginal(q0, R, 0.1), reference.output_law(q0, R, method, EVEN, "exact")
    gone = ladder.lost_mass(p)
    assert gone == pytest.approx(lost, abs=1e-12)
    assert ladder.tv(truth, p) == pytest.approx(tv, abs=1e-12)
    assert ladder.kl(truth, p, gone if lost else 0.0) == pytest.approx(kl, abs=1e-12)


@pytest.mark.parametrize("method", SKEWED)
def test_vectors_of_non_symmetric_noise(method):
    q0 = potts(3, 3)
    p = reference.output_law(q0, SKEW, method, np.linspace(2.0, 0.2, 19), "exact")
    truth = reference.marginal(q0, SKEW, 0.2)
    assert ladder.kl(truth, p) == pytest.approx(SKEWED[method], abs=6e-14)

"""Every assumption of every theorem is met by its example and broken by a change."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from ours import OURS, every

from bounds.hypotheses import geometric_grid
from harness import grids
from harness.claims import Claims
from harness.foundation.registry import theorems
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.samplers import (
    DNDM,
    Euler,
    FixedCardinality,
    FixedOrder,
    FrozenScore,
    MaskedPlugIn,
    TauLeaping,
    TruncatedUniformization,
    Tweedie,
)
from harness.score import Perturbed
from harness.verdicts.checks import check, unmet
from harness.verdicts.verdict import Status
from toy_targets import PottsRing, Product, Table


@dataclasses.dataclass(frozen=True)
class Undeclared:
    """A sampler that promises nothing."""

    claims = Claims(output_order=1, chain_order=1, traits=frozenset())

    def step(self, score, noise, x, t, s):
        return Euler().step(score, noise, x, t, s)


def change(problem, **fields):
    return dataclasses.replace(problem, **fields)


def flat(t, x):
    """A score of one's own of three tokens and a mask, which may be another at every time."""
    return jnp.ones((*x.shape, 4))


TOLD_LONGER = grids.custom((2.0, 1.0, 0.1), told=(1.1, 0.95))
DOWN = grids.even(2.0, 0.0, 4)
CHANGES = (
    {"noise": CyclicWalk()},
    {"noise": RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])},
    {"score": Perturbed(size=0.3)},
    {"score": flat},
    {"start": "exact"},
    {"grid": grids.even(2.0, 0.0, 4)},
    {"grid": TOLD_LONGER},
    {"grid": grids.custom((9.0, 0.1))},
    {"grid": grids.custom((2.0, 1.0, 0.1))},
    {"grid": grids.custom((9.0, 0.1)), "sampler": Euler()},
    {"sampler": Undeclared()},
    {"target": Product((0.5, 0.3, 0.2), 3)},
    {"target": Product((0.5, 0.3, 0.2), 8)},
    {"target": Product((0.5, 0.5), 3)},
    {"target": Table(np.eye(3) / 3)},
    {"target": Product((1 - 2e-100, 1e-100, 1e-100), 3)},
    {"noise": Uniform(), "sampler": Tweedie()},
    {"sampler": DNDM()},
    {"grid": grids.even(2.0, 0.0, 4), "sampler": Euler()},
    {"grid": grids.even_reveal(1)},
    {"grid": grids.even_reveal(3, stop=0.9)},
    {"grid": grids.even(2.0, 0.0, 3), "start": "noise"},
    {"grid": grids.even_reveal(3), "start": "mask", "score": Perturbed(size=0.3)},
    {"grid": grids.geometric(2.0, 1.5, 0.1)},
    {"target": Product((1 / 3, 1 / 3, 1 / 3), 3)},
    {"grid": grids.reveal((0.0, 0.3, 1.0))},
    {"score": Perturbed(size=9.0)},
    {"sampler": TruncatedUniformization(0.1)},
    {"sampler": FixedOrder((1,))},
    {"sampler": FixedCardinality((2,))},
    {"target": PottsRing(3, 3, 1.0)},
    {
        "noise": Absorbing(),
        "sampler": MaskedPlugIn(),
        "grid": grids.even_reveal(4),
        "start": "mask",
    },
    {"noise": Uniform(), "sampler": Tweedie(), "grid": DOWN, "start": "exact"},
    {"grid": TOLD_LONGER, "start": "exact"},
    {"noise": CyclicWalk(), "sampler": Tweedie()},
    {"noise": CyclicWalk(), "sampler": TauLeaping()},
    {
        "noise": Absorbing(),
        "sampler": MaskedPlugIn(),
        "grid": grids.even_reveal(4),
        "start": "mask",
    },
)


@every(OURS)
def test_each_assumption_is_met_by_the_example_and_broken_by_a_change(cls):
    theorem, problem = cls(), cls.example()
    assert unmet(theorem, problem) == []
    broken = set()
    for fields in CHANGES:
        try:
            changed = change(problem, **fields)
        except ValueError:  # a sampler that needs the mask has no problem without
            continue
        missing = unmet(theorem, changed)
        broken |= set(missing)
        if missing:
            (verdict,) = check(changed, [theorem])
            assert verdict.status is Status.NOT_APPLICABLE
            assert not verdict.decided
            assert all(name in verdict.reason for name in missing)
    missed = set(theorem.assumptions(problem)) - broken
    assert not missed, f"no entry of CHANGES breaks {missed}: add one that does"


LOSES = "token law of tau-leaping that loses what leaves the alphabet"
DELTA = {"grid": grids.even(2.0, 0.0, 4)}
CYCLIC = {"noise": CyclicWalk()}
GUESSED = {"score": Perturbed(size=0.3)}
LEFT = {"grid": TOLD_LONGER}
UNMASKED = {"noise": Uniform(), "sampler": Tweedie()}
ALL_MASKED = {"grid": grids.even_reveal(4), "start": "mask"}


@pytest.mark.parametrize(
    ("key", "fields", "missing"),
    [
        ("chain", CYCLIC | DELTA | GUESSED, set()),
        ("start_uniform", CYCLIC, {"uniform noise"}),
        ("start_uniform", DELTA | GUESSED, set()),
        ("early_stopping", DELTA, {"δ > 0"}),
        ("early_stopping", CYCLIC | GUESSED, set()),
        ("early_stopping_output", DELTA, {"δ > 0"}),
        ("total_correlation", CYCLIC | DELTA, set()),
        ("total_correlation", GUESSED, {"exact score"}),
        ("total_correlation", LEFT, {"true step lengths"}),
        ("total_correlation", {"sampler": Euler()}, {"exact token marginals"}),
        (
            "total_correlation",
            {"sampler": FrozenScore()},
            {"independent tokens", "exact token marginals"},
        ),
        ("explicit_dtc", CYCLIC, {"uniform noise"}),
        ("explicit_dtc", DELTA, {"δ > 0"}),
        ("explicit_dtc", GUESSED, {"exact score"}),
        ("explicit_dtc", LEFT, {"true step lengths"}),
        ("explicit_dtc", {"score": Perturbed(size=0.0)}, set()),
        ("explicit_dtc", {"sampler": Euler()}, set()),
        ("explicit_dtc", {"sampler": TauLeaping()}, set()),
        (
            "explicit_dtc",
            {"sampler": TauLeaping(multiple_jumps="reject")},
            {
                "exact token marginals or token law linear in the rates or "
                "token law of one-jump tau-leaping"
            },
        ),
        (
            "explicit_dtc",
            {"sampler": Euler(), "grid": grids.even(3.0, 0.1, 2)},
            {"h < 1 - e^{-t} for Euler"},
        ),
        ("liang_2025", CYCLIC, {"uniform noise"}),
        ("liang_2025", DELTA, {"δ > 0"}),
        ("liang_2025", GUESSED, set()),
        ("liang_2025", {"sampler": Tweedie()}, set()),
        ("liang_2025", {"sampler": TauLeaping()}, set()),
        ("zhang_2024_early_stopping", DELTA, {"δ > 0"}),
        ("zhang_2024_early_stopping", CYCLIC, {"uniform noise"}),
        (
            "zhang_2024_early_stopping",
            {"sampler": Euler()},
            {"generator frozen at the start of the step"},
        ),
        ("zhang_2024_full_support", {"target": Table(np.eye(2) / 2)}, {"full support"}),
        ("dmitriev_2026a", {"sampler": TauLeaping()}, {"token law of tau-leaping modulo S"}),
        ("dmitriev_2026a", {"sampler": TauLeaping("lose")}, {"token law of tau-leaping modulo S"}),
        ("dmitriev_2026a", GUESSED | DELTA, set()),
        ("dmitriev_2026a_one_jump", {"sampler": Euler()}, {"token law of one-jump tau-leaping"}),
        (
            "dmitriev_2026a_one_jump",
            {"sampler": TauLeaping("wrap")},
            {"token law of one-jump tau-leaping"},
        ),
        ("dmitriev_2026a", {"grid": grids.custom((4.0, 0.1))}, {"Δ <= S/e"}),
        ("dmitriev_2026b", {"target": Product((0.5, 0.3, 0.2), 3)}, {"DTC(X_0) > 0"}),
        ("dmitriev_2026b", {"grid": grids.even(2.0, 0.1, 4)}, {"geometric grid"}),
        ("dmitriev_2026b", DELTA, {"geometric grid"}),
        ("dmitriev_2026b", GUESSED, {"exact score"}),
        ("riemann_masked", UNMASKED, {"absorbing noise"}),
        ("riemann_masked", DELTA | {"sampler": Tweedie()}, set()),
        ("di4c_2025", {"grid": grids.even(2.0, 0.0, 4), "start": "exact"}, set()),
        ("di4c_2025", UNMASKED | DELTA | {"start": "exact"}, {"δ > 0 or absorbing noise"}),
        ("di4c_2025", {"grid": grids.geometric(2.0, 0.1, 0.3)}, {"equal steps"}),
        ("dmitriev_2026a_lower", GUESSED | DELTA, set()),
        (
            "dmitriev_2026a_lower",
            {"sampler": TauLeaping("lose")},
            {"token law of tau-leaping modulo S"},
        ),
        ("dmitriev_2026a_masked", ALL_MASKED, {"T < inf"}),
        ("dmitriev_2026a_masked", DELTA, set()),
        ("dmitriev_2026a_geometric", {"grid": grids.even(2.0, 0.1, 4)}, {"geometric grid"}),
        ("dmitriev_2026b_path", CYCLIC | DELTA | GUESSED, set()),
        ("dmitriev_2026b_path", {"score": Perturbed(size=9.0)}, {"positive earlier ratios"}),
        ("dmitriev_2026b_path", {"sampler": TauLeaping()}, {"exact token marginals"}),
        ("lost_jumps", {"target": PottsRing(3, 2, 1.0)}, {"DTC(X_0) = 0"}),
        ("lost_jumps", {"sampler": TauLeaping("clip")}, {LOSES}),
        ("start_absorbing", UNMASKED, {"absorbing noise"}),
        ("start_absorbing", ALL_MASKED, {"T < inf"}),
        ("start_absorbing", GUESSED | DELTA, set()),
        ("explicit_dtc_masked", UNMASKED, {"absorbing noise"}),
        ("explicit_dtc_masked", GUESSED, {"exact score"}),
        ("explicit_dtc_masked", LEFT, {"true step lengths"}),
        ("explicit_dtc_masked", DELTA, set()),
        ("explicit_dtc_masked", ALL_MASKED, set()),
        ("explicit_dtc_masked", {"sampler": Tweedie()}, set()),
        ("explicit_dtc_masked", {"sampler": Euler()}, {"exact token marginals"}),
        ("wainwright_2026", {"sampler": TauLeaping()}, {"exact token marginals"}),
        ("wainwright_2026_odds", UNMASKED, {"absorbing noise"}),
        ("wainwright_2026_optimal", DELTA, {"square-root profile grid"}),
        ("absorb_2025", DELTA, {"δ > 0"}),
        ("absorb_2025", GUESSED, set()),
        ("absorb_2025", {"noise": Uniform()}, {"absorbing noise"}),
        ("absorb_2025", {"sampler": Euler()}, {"token law of one-jump tau-leaping"}),
        ("early_stopping", {"noise": Absorbing()}, set()),
        ("total_correlation", {"noise": Absorbing()}, set()),
        ("explicit_dtc", {"noise": Absorbing()}, {"uniform noise"}),
    ],
)
def test_what_is_missing_is_named(key, fields, missing):
    theorem = theorems[key]()
    assert set(unmet(theorem, change(type(theorem).example(), **fields))) == missing


@pytest.mark.parametrize(
    ("grid", "geometric"),
    [
        (grids.geometric(2.0, 0.1, 0.3), True),
        (grids.geometric(2.0, 0.1, 0.3).with_steps(7), True),
        (grids.custom(grids.geometric(2.0, 0.1, 0.3).times), True),
        (grids.even(5.0, 1.0, 8), True),  # above 1 the two kinds agree
        (grids.even(2.0, 0.1, 8), False),
        (grids.even(2.0, 0.0, 8), False),
        (grids.custom((2.0, 0.5, 0.4)), False),
    ],
)
def test_a_grid_is_geometric_by_its_times(grid, geometric):
    problem = change(theorems["dmitriev_2026b"].example(), grid=grid)
    assert geometric_grid(problem) == {"geometric grid": geometric}

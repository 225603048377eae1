"""dmitriev_2026b_path: the double integral of a mixed derivative, and terms that are needed."""

import dataclasses

import by_hand
import numpy as np
import pytest

from bounds import Dmitriev2026bPath
from harness import Problem, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.score import Perturbed
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Table


def mixed_derivative(q_0, u, v, step=1e-3):
    """``Σ_i ∂²_{uv} I(X_u^i; X_v^{-i})`` by differences."""
    corners = [
        by_hand.two_times(q_0, u + a * step, v + b * step) * a * b
        for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
    ]
    return sum(corners) / (4 * step**2)


@pytest.mark.parametrize(("t", "s"), [(0.5, 0.3), (1.5, 0.6)])
@pytest.mark.parametrize(("tokens", "d", "concentration", "seed"), by_hand.CASES[:3])
def test_the_double_integral_is_the_total_correlation_of_the_step(
    tokens, d, concentration, seed, t, s
):
    q_0 = by_hand.random_law(tokens, d, concentration, seed)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    total = 0.0
    for node, weight in zip(nodes, weights, strict=True):
        u = (t + s) / 2 + node * (t - s) / 2
        for inner, share in zip(nodes, weights, strict=True):
            v = (t + u) / 2 + inner * (t - u) / 2
            total += weight * (t - s) / 2 * share * (t - u) / 2 * mixed_derivative(q_0, u, v)
    cost = by_hand.conditional_total_correlation(by_hand.noised(q_0, s), t - s)
    assert total == pytest.approx(cost, rel=1e-4)


def test_the_approximation_error_is_not_the_score_error_at_the_begin():
    """The estimate is undone by the inverse of the noise, which a long step magnifies."""
    law = by_hand.random_law(3, 2, 0.5, 2)
    quotients = []
    for t in (0.5, 1.0, 2.0):
        grid, score = grids.custom((t, 0.1)), Perturbed(0.01, seed=1)
        quantities = Quantities(
            Problem(Table(law), Uniform(), Tweedie(), grid, score, start="exact")
        )
        quotients.append(quantities.step_approximation / quantities.score_error)
    assert quotients == sorted(quotients)
    assert quotients[-1] > 5


@dataclasses.dataclass(frozen=True)
class Without(Dmitriev2026bPath):
    part: str = ""
    share: float = 0.0
    name = "without"

    def terms(self, problem, quantities):
        terms = dict(super().terms(problem, quantities))
        return terms | {self.part: self.share * terms[self.part]}


@pytest.mark.parametrize("part", ["start", "approximation", "discretisation"])
@pytest.mark.parametrize("share", [0.0, 0.999, 1.001])
def test_every_term_is_needed_and_no_more(part, share):
    problem = dataclasses.replace(Dmitriev2026bPath.example(), start="noise")
    whole, less = check(problem, [Dmitriev2026bPath(), Without(part, share)])
    assert whole.status is Status.HOLDS
    assert less.status is Status.VIOLATED

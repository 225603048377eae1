"""Every check has teeth: things wrong on purpose, each caught by a check that is named here.

The thing that is right passes the same check, so that it is the mistake that is caught.
"""

import importlib
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from referee import reference

from bounds import Dmitriev2026b, ExplicitDTC, TotalCorrelation
from harness import grids, measure, output_law
from harness.claims import Claims, Trait
from harness.engines.sequences import push, step_laws
from harness.foundation.registry import load, samplers, theorems
from harness.measurement import chain
from harness.noise import Noise, Uniform, own_token
from harness.numerics import divergence
from harness.process.truth import on_sequences
from harness.quantities import Quantities
from harness.regress import Check, bank, checks_of, run
from harness.regress.sampler_checks import Found
from harness.samplers import (
    Euler,
    FirstHitting,
    FrozenScore,
    MultinomialD3PM,
    SoftValueDecoding,
    TauLeaping,
    Tweedie,
)
from harness.score import Exact
from harness.step import Generator, Tokens, first_jump
from harness.theorem import Inequality, Rate, Trust
from harness.verdicts import checks
from harness.verdicts.verdict import Status

load()
simulator = importlib.import_module(
    "harness.engines.draws.simulate"
)  # the function hides the module

RATES = sorted(name for name, cls in theorems.items() if issubclass(cls, Rate))
ACCOUNTS = "accounts for all probability"
TILTED = "a tilted target is followed"
VANISHES = "KL goes to 0 with the step"
uniform_kernel, bregman, marginal_kl = Uniform.kernel, divergence.bregman, chain._marginal_kl
PRODUCT = "output law is the product of the step laws"
DRAWS = "draws follow the law"


def trait(name: Trait) -> str:
    return f"has the trait: {name}"


@dataclass(frozen=True)
class Wrong:
    """A sampler with a mistake in its step, ``bug(sampler, score, noise, x, t, s)``, or claims."""

    sampler: Any
    bug: Callable[..., Any] | None = None
    claimed: Claims | None = None

    @property
    def claims(self) -> Claims:
        return self.claimed or self.sampler.claims

    def step(self, score, noise, x, t, s):
        if self.bug is None:
            return self.sampler.step(score, noise, x, t, s)
        return self.bug(self.sampler, score, noise, x, t, s)


def asking(change):
    """A bug in how the score is read: ``change(score, u, y)`` in the place of ``score(u, y)``."""

    def bug(sampler, score, noise, x, t, s):
        return sampler.step(lambda u, y: change(score, u, y), noise, x, t, s)

    return bug


def telling(change):
    """A bug in where a step ends: ``change(t, s)`` in the place of ``s``."""

    def bug(sampler, score, noise, x, t, s):
        return sampler.step(score, noise, x, t, change(t, s))

    return bug


def saying(change):
    """A bug in the law that is returned: ``change(law, x)``."""

    def bug(sampler, score, noise, x, t, s):
        return change(sampler.step(score, noise, x, t, s), x)

    return bug


def likeliest_at_last(sampler, score, noise, x, t, s):
    """An argmax in the place of a draw where the step ends at the data."""
    law = sampler.step(score, noise, x, t, s)
    sure = jnp.eye(law.p.shape[-1])[law.p.argmax(-1)]
    return Tokens(jnp.where(s > 0, law.p, sure), clipped=law.clipped)


def away(sampler, score, noise, x, t, s):
    return replace(sampler, guidance=-sampler.guidance).step(score, noise, x, t, s)


def least_valued(law, x):
    return replace(law, log_value=jax.tree_util.Partial(_negative, law.log_value))


def _negative(log_value, y):
    return -log_value(y)


def column_vector(sampler, score, noise, x, t, s):
    """``P_h^{-1} s`` in the place of ``s P_h^{-1}``."""
    ratios = score(t, x)
    tokens = ratios.shape[-1]
    kernel = noise.kernel(t - s, tokens)
    earlier = jnp.linalg.solve(kernel, ratios.reshape(-1, tokens).T).T.reshape(ratios.shape)
    return scaled(earlier * kernel.T[x])


def scaled(weights):
    return Tokens(weights / weights.sum(-1, keepdims=True))


def no_inverse(sampler, score, noise, x, t, s):
    """Tweedie without ``P_h^{-1}``: the ratios of ``t`` are taken for those of ``s``."""
    ratios = score(t, x)
    return scaled(ratios * noise.kernel(t - s, ratios.shape[-1]).T[x])


def not_reversed(sampler, score, noise, x, t, s):
    """``R(x_i, b)`` in the place of ``R(b, x_i)``."""
    ratios = score(t, x)
    rates = noise.rate_matrix(ratios.shape[-1])[x] * ratios
    return Generator(jnp.where(own_token(x, ratios.shape[-1]), 0.0, rates), t - s)


def not_renormalised(sampler, score, noise, x, t, s):
    """Euler that clips at 0 and leaves it at that."""
    moves = (t - s) * noise.reverse_rates(score(t, x), x)
    return Tokens.stay_or_move(x, moves, jnp.maximum(1 - moves.sum(-1), 0.0))


def draws_itself(sampler, score, noise, x, t, s):
    law = sampler.step(score, noise, x, t, s)
    u = jax.random.uniform(jax.random.key(0), law.p.shape[:2])
    return Tokens(jax.nn.one_hot((law.p.cumsum(-1) < u[..., None]).sum(-1), law.p.shape[-1]))


def jitters(law, x):
    return scaled(law.p * (1 + 1e-6 * np.random.default_rng().random(law.p.shape)))


def stays_too_much(law, x):
    return Tokens(law.p + 1e-6 * own_token(x, law.p.shape[-1]))


def one_position_stays(law, x):
    stay = own_token(x, law.p.shape[-1]).astype(law.p.dtype)
    return Tokens(jnp.where(jnp.arange(x.shape[1])[:, None] == 0, stay, law.p))


def claims(sampler, **changed):
    return Wrong(sampler, claimed=replace(sampler.claims, **changed))


def with_trait(sampler, name):
    return claims(sampler, traits=sampler.claims.traits | {name})


def twice(score, u, y):
    return (score(u, y) + score(u, y)) / 2


def round_the_other_way(sampler, score, noise, x, t, s):
    """τ-leaping modulo ``S`` with displacements taken from the new token to the old one."""
    law = sampler.step(score, noise, x, t, s).p
    place = (2 * x[..., None] - jnp.arange(law.shape[-1])) % law.shape[-1]
    return Tokens(jnp.take_along_axis(law, place, -1))


ONE_JUMP, WRAP = TauLeaping(), TauLeaping("wrap")
RATES_IN_STEP = "rates inside a step generate its law"


def rates_never_rest(score, noise, x, t, u):
    """One jump's rates, and a token that has jumped goes on at rate 1, to any other."""
    rates = first_jump(x, noise.reverse_rates(score(t, x), x))
    jumped = ~own_token(x, rates.shape[-1])[..., :, None]
    return jnp.where(jumped, 1.0, rates)


def rates_at_the_start(score, noise, x, t, u):
    """Euler's rates as if no time had gone by."""
    return first_jump(x, noise.reverse_rates(score(t, x), x))


def rates_of_a_column(score, noise, x, t, u):
    """Tweedie's rates, not reversed."""
    m = noise.earlier(score(t, x), t - u)
    return noise.rate_matrix(m.shape[-1]) * m[..., None, :] / m[..., :, None]


WRONG_SAMPLERS = {
    # The score, read wrongly.
    "rates times S": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: 3 * score(u, y))),
        VANISHES,
    ),
    "score inverted": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: 1 / score(u, y))),
        VANISHES,
    ),
    "ratio of the neighbouring token": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: jnp.roll(score(u, y), 1, axis=-1))),
        VANISHES,
    ),
    "ratio of the neighbouring position": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: jnp.roll(score(u, y), 1, axis=-2))),
        "treats positions alike",
    ),
    "score of sequences in another order": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: score(u, y)[::-1])),
        VANISHES,
    ),
    "score called twice": (
        Wrong(ONE_JUMP, asking(twice)),
        "calls the score as often as claimed",
    ),
    # Time.
    "score at the end of the step": (
        Wrong(
            ONE_JUMP,
            lambda sampler, score, noise, x, t, s: sampler.step(
                lambda u, y: score(s, y), noise, x, t, s
            ),
        ),
        trait(Trait.SCORE_AT_GRID_TIMES),
    ),
    "noise clock off by a factor 2": (
        Wrong(ONE_JUMP, telling(lambda t, s: t - 2 * (t - s))),
        VANISHES,
    ),
    "sigma dt for the integral of sigma": (
        # With σ(τ) = τ noise time is τ²/2, and σ(τ)Δτ at the step's beginning is more than h.
        Wrong(
            Tweedie(),
            telling(lambda t, s: t - jnp.sqrt(2 * t) * (jnp.sqrt(2 * t) - jnp.sqrt(2 * s))),
        ),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "a generator runs twice too long": (
        Wrong(FrozenScore(), saying(lambda law, x: Generator(law.rates, 2 * law.duration))),
        trait(Trait.FROZEN_RATES),
    ),
    # Linear algebra.
    "column for row vector": (
        Wrong(Tweedie(), column_vector),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "missing inverse kernel": (
        Wrong(Tweedie(), no_inverse),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "missing inverse kernel, as a theorem sees it": (
        Wrong(Tweedie(), no_inverse),
        "theorem total_correlation",
    ),
    "generator not reversed": (
        Wrong(FrozenScore(), not_reversed),
        trait(Trait.FROZEN_RATES),
    ),
    # Mass.
    "stay probability off by a little": (Wrong(ONE_JUMP, saying(stays_too_much)), ACCOUNTS),
    "clipped Euler not renormalised": (Wrong(Euler(), not_renormalised), ACCOUNTS),
    "lost mass hidden": (
        Wrong(TauLeaping("lose"), saying(lambda law, x: Tokens(law.p))),
        ACCOUNTS,
    ),
    "negative rates": (
        Wrong(FrozenScore(), saying(lambda law, x: Generator(law.rates - 1e-3, law.duration))),
        ACCOUNTS,
    ),
    "nan": (
        Wrong(ONE_JUMP, saying(lambda law, x: Tokens(law.p / jnp.where(law.p > 0.9, 0, 1)))),
        ACCOUNTS,
    ),
    "clipping not reported": (
        Wrong(Euler(), saying(lambda law, x: Tokens(law.p))),
        trait(Trait.LINEAR_IN_RATES),
    ),
    # The contract.
    "draws inside the step": (Wrong(Tweedie(), draws_itself), "keeps the contract"),
    "hidden randomness": (Wrong(Tweedie(), saying(jitters)), "is deterministic"),
    "one position never moves": (
        Wrong(Tweedie(), saying(one_position_stays)),
        "treats positions alike",
    ),
    # The last step, and tilted targets.
    "the likeliest token in the last step": (
        Wrong(Euler(), likeliest_at_last),
        trait(Trait.LINEAR_IN_RATES),
    ),
    "a last step that stops short": (
        Wrong(Euler(), telling(lambda t, s: jnp.where(s > 0, s, 0.01))),
        "KL goes to 0 up to the data themselves",
    ),
    "guidance with the wrong sign": (Wrong(MultinomialD3PM(), away), TILTED),
    "soft values with the wrong sign": (
        Wrong(SoftValueDecoding(), saying(least_valued)),
        TILTED,
    ),
    "fewer calls than moves": (
        claims(FirstHitting(), calls=lambda grid, length: np.array([0.0, 1.0])),
        "calls the score as often as claimed",
    ),
    # Jumps modulo S.
    "clipped at the edge in place of going round": (
        Wrong(WRAP, lambda _, *given: TauLeaping("clip").step(*given)),
        trait(Trait.WRAPPED_JUMPS),
    ),
    "round the ring the other way": (Wrong(WRAP, round_the_other_way), VANISHES),
    "rates inside a wrapped step that rest": (
        claims(WRAP, rates_in_step=ONE_JUMP.claims.rates_in_step),
        RATES_IN_STEP,
    ),
    # Claims.
    "output order overstated": (
        claims(Tweedie(), output_order=3),
        "output order at least as claimed",
    ),
    "chain order overstated": (claims(Euler(), chain_order=2), "chain order at least as claimed"),
    "rates in the step never rest": (
        claims(ONE_JUMP, rates_in_step=rates_never_rest),
        RATES_IN_STEP,
    ),
    "rates in the step do not age": (
        claims(Euler(), rates_in_step=rates_at_the_start),
        RATES_IN_STEP,
    ),
    "rates in the step not reversed": (
        claims(Tweedie(), rates_in_step=rates_of_a_column),
        RATES_IN_STEP,
    ),
    "leak claimed second order": (
        claims(TauLeaping("lose"), output_order=2),
        "output order at least as claimed",
    ),
    **{
        f"{type(sampler).__name__.lower()} claims {name}": (with_trait(sampler, name), trait(name))
        for sampler, name in (
            (FrozenScore(), Trait.INDEPENDENT_TOKENS),
            (TauLeaping("lose"), Trait.KEEPS_MASS),
        )
    },
}


@pytest.fixture(autouse=True)
def small_bank(monkeypatch):
    """One problem of odd length shows all mistakes here; more take longer to compile."""

    def one(sampler):
        return [bank.problem(sampler, bank.ONE_WAY, bank.UNEVEN)]

    monkeypatch.setattr(bank, "step_problems", one)


@cache
def original(sampler: Any, check: str) -> Check | None:
    """The named check of the sampler without the mistake; None if it is a trait it disclaims."""
    known = checks_of(sampler)
    return run(check, known[check]) if check in known else None


@pytest.mark.parametrize("mistake", WRONG_SAMPLERS)
def test_a_wrong_sampler_is_caught(mistake):
    wrong, check = WRONG_SAMPLERS[mistake]
    right = original(wrong.sampler, check)
    assert right is None or right.passed, right
    assert_caught(run(check, checks_of(wrong)[check]))


def assert_caught(check: Check) -> None:
    """It failed, and not because the mistake itself does not run."""
    assert check.passed is False, check
    assert not check.number.endswith("Error") or check.number == "FloatingPointError", check


@pytest.mark.parametrize("mistake", ["score at the end of the step", "column for row vector"])
def test_some_mistakes_are_seen_by_no_limit_and_no_order(mistake):
    """Why traits are verified: these samplers converge, as fast as they claim."""
    wrong, _ = WRONG_SAMPLERS[mistake]
    assert run("order", checks_of(wrong)["output order at least as claimed"]).passed


@pytest.mark.parametrize("mistake", ["column for row vector", "generator not reversed"])
def test_uniform_noise_hides_a_transposition(mistake):
    """Why the bank has a noise that is not symmetric."""
    wrong, _ = WRONG_SAMPLERS[mistake]
    for noise, hidden in ((Uniform(), True), (bank.NOT_SYMMETRIC, False)):
        problem = bank.problem(wrong, bank.ONE_WAY, grids.custom([1.0, 0.7]), noise)
        law = step_laws.step_law(problem, 1.0, 0.7)
        right = step_laws.step_law(replace(problem, sampler=wrong.sampler), 1.0, 0.7)
        pairs = zip(jax.tree.leaves(law), jax.tree.leaves(right), strict=True)
        gap = max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs)
        assert (gap < 1e-12) == hidden
        assert gap < 1e-12 or gap > 1e-2


# Theorems.


@dataclass(frozen=True)
class Hundredth(Inequality):
    """``explicit_dtc`` with a hundredth of its right side."""

    name: ClassVar[str] = "hundredth"
    statement: ClassVar[str] = ExplicitDTC.statement
    bounds_on: ClassVar[str] = ExplicitDTC.bounds_on
    source: ClassVar[str] = ExplicitDTC.source
    trust: ClassVar[Trust] = ExplicitDTC.trust
    example = ExplicitDTC.example

    def assumptions(self, problem):
        return ExplicitDTC().assumptions(problem)

    def terms(self, problem, quantities):
        return {k: v / 100 for k, v in ExplicitDTC().terms(problem, quantities).items()}


@dataclass(frozen=True)
class HalfOrderTooFast(Rate):
    """``dmitriev_2026b`` times ``h^0.5`` and divided by ``sqrt(d)`` and ``sqrt(S)``."""

    name: ClassVar[str] = "half_order_too_fast"
    statement: ClassVar[str] = Dmitriev2026b.statement
    bounds_on: ClassVar[str] = Dmitriev2026b.bounds_on
    source: ClassVar[str] = Dmitriev2026b.source
    trust: ClassVar[Trust] = Dmitriev2026b.trust
    exponents: ClassVar[Mapping[str, str]] = Dmitriev2026b.exponents
    example = Dmitriev2026b.example

    def assumptions(self, problem):
        return Dmitriev2026b().assumptions(problem)

    def form(self, problem, quantities):
        size = problem.space.length * problem.space.tokens
        shrunk = math.sqrt(problem.grid.kappa / size)
        return Dmitriev2026b().form(problem, quantities) * shrunk


@pytest.mark.parametrize(
    ("wrong", "right", "check", "status"),
    [
        (Hundredth, ExplicitDTC, "stands with tweedie", Status.VIOLATED),
        (Hundredth, ExplicitDTC, "stands with euler", Status.VIOLATED),
        *(
            (HalfOrderTooFast, Dmitriev2026b, f"stands with tweedie along {axis}", "INCONSISTENT")
            for axis in ("step", "d")
        ),
    ],
)
def test_a_wrong_theorem_is_caught(wrong, right, check, status):
    assert run(check, checks_of(right())[check]).passed
    caught = run(check, checks_of(wrong())[check])
    assert_caught(caught)
    assert status in caught.number


def without(cls: type[Rate], part: str) -> Rate:
    """The theorem with a form that does not count the start, or the score, as a source of error."""
    ideal = {"start": {"start": "exact"}, "score": {"score": Exact()}}[part]

    def form(self, problem, quantities):
        blind = replace(problem, **ideal)
        return super(wrong, self).form(blind, Quantities(blind))

    wrong = type(f"{cls.__name__}Without", (cls,), {"form": form, "__doc__": cls.__doc__})
    return wrong()


@cache
def measured(sampler: Any, noise: Noise, sweep: str) -> list[Quantities]:
    return [Quantities(problem) for problem in bank.sweeps(sampler, noise)[sweep]]


ALL_MASKED = {"wainwright_2026_optimal"}  # from there on, by one kind of grid: no start to count


@pytest.mark.parametrize(
    ("part", "sweep"), [("start", "step from noise"), ("score", "step with a wrong score")]
)
@pytest.mark.parametrize("name", RATES)
def test_a_rate_that_leaves_out_an_error_is_caught(name, part, sweep):
    """By every sampler that it is about; one that assumes the exact score has no error to count."""
    theorem, wrong = theorems[name](), without(theorems[name], part)
    example = theorem.example()
    about = [
        sampler
        for sampler in {*(method() for method in samplers.values()), example.sampler}
        if not bank.refusal(sampler, example.noise)
        and not checks.unmet(theorem, bank.sweeps(sampler, example.noise)[sweep][0])
    ]
    exempt = part == "score" and "exact score" in theorem.assumptions(example)
    assert bool(about) is not (exempt or name in ALL_MASKED)
    for sampler in about:
        # What ``leapcheck regress`` does with both along this sweep, measured once for all.
        cases = measured(sampler, example.noise, sweep)
        along = [case.problem for case in cases], bank.SWEEPS[sweep]
        (right,) = checks.check_sweep(*along, [theorem], cases)
        own = type(sampler) is type(example.sampler)
        allowed = (Status.CONSISTENT,) if own else (Status.CONSISTENT, Status.INCONCLUSIVE)
        assert right.status in allowed
        if not wrong.form(cases[-1].problem, cases[-1]):  # nothing is left of it
            with pytest.raises(ValueError, match="must be positive and finite, got 0"):
                checks.check_sweep(*along, [wrong], cases)
            continue
        (caught,) = checks.check_sweep(*along, [wrong], cases)
        assert caught.status is Status.INCONSISTENT


def test_a_schedule_read_at_the_left_end_changes_what_applies():
    """``σ Δt`` for ``∫σ``: the theorem that would fail is not applied, and says why."""
    times, squared = [2.0, 1.5, 1.0, 0.5], lambda tau: tau**2 / 2
    found = {}
    for rule in ("integral", "left"):
        grid = grids.from_schedule(squared, times, rate_rule=rule)
        problem = bank.problem(Tweedie(), bank.FIELD, grid)
        (verdict,) = checks.check(problem, [TotalCorrelation()])
        found[rule] = verdict.status, "true step lengths" in verdict.reason
    assert found == {
        "integral": (Status.HOLDS, False),
        "left": (Status.NOT_APPLICABLE, True),
    }


# Engines, noise and measurements, broken in place.


def kl_of(sampler, target):
    """The measured KL against the referee's, where zeros and lost mass matter."""
    problem = bank.problem(sampler, target, grids.even(2.0, 0.0, steps=4))
    law = output_law(problem)
    return against(reference.kl(problem.data_law, law, reference.lost_mass(law)), problem, "kl")


def chain_kl_of(sampler, method):
    """The measured chain KL against the referee's, summed in full."""
    problem = bank.problem(sampler, bank.FIELD, grids.even(2.0, 0.2, steps=3))
    q0 = problem.data_law.reshape(problem.space.shape)
    rates = np.full((3, 3), 1 / 3) - np.eye(3)
    referee = reference.chain_kl(q0, rates, method, problem.grid.times, "exact")
    return against(referee, problem, "chain_kl")


def against(referee, problem, quantity):
    found = getattr(measure(problem), quantity)
    return Found(bool(np.isclose(found, referee, rtol=1e-9)), f"{found:.12g}", f"{referee:.12g}")


def named(sampler, check):
    return lambda: checks_of(sampler)[check]()


NAMED = {
    "KL of a leaking sampler": lambda: kl_of(TauLeaping("lose"), bank.ONE_WAY),
    "KL on forbidden sequences": lambda: kl_of(Tweedie(), bank.PARITY),
    "chain KL": lambda: chain_kl_of(ONE_JUMP, "tau_leaping"),
    "chain KL of a leaking sampler": lambda: chain_kl_of(TauLeaping("lose"), "lose"),
    "tweedie: " + PRODUCT: named(Tweedie(), PRODUCT),
    "frozen score: " + PRODUCT: named(FrozenScore(), PRODUCT),
    "tweedie: " + DRAWS: named(Tweedie(), DRAWS),
    "lose: " + DRAWS: named(TauLeaping("lose"), DRAWS),
    "frozen score: " + DRAWS: named(FrozenScore(), DRAWS),
    "one jump: " + VANISHES: named(ONE_JUMP, VANISHES),
}


def halves_exchanged(space, law, p):
    """``B (A p)ᵀ`` in the place of ``(A p) Bᵀ``."""
    half = space.length // 2
    left = push.khatri_rao(p[:, :half]) * law
    return (push.khatri_rao(p[:, half:]) @ left.T).reshape(-1)


def in_single_precision(space, law, p):
    left = push.khatri_rao(p.astype(jnp.float32))
    return (left @ law.astype(jnp.float32)).astype(law.dtype)


def transposed_flow(space, law, rates):
    """``G law`` in the place of ``law G``."""
    return (law[space.neighbours(space.states())] * rates).sum((1, 2))


def drawn(space, law, state, key, *, shared=False, shift=0):
    """Inverse transform with a mistake: one uniform for all positions, or the wrong cell."""
    cumulative = jnp.cumsum(law.p, -1)[state]
    u = jax.random.uniform(key, (len(state), 1 if shared else space.length), jnp.float64)
    token = (u[..., None] >= cumulative[..., :-1]).sum(-1)
    return space.index((token + shift) % space.tokens)


def never_lost(space, law, state, key):
    return drawn(space, Tokens(law.p / law.p.sum(-1, keepdims=True)), state, key)


def one_event(space, law, state, key):
    """At most one jump of a chain in a step, whatever its length."""
    leave = law.rates.sum((-1, -2))[state]
    wait, move = jax.random.split(key)
    jumps = jax.random.uniform(wait, state.shape, jnp.float64) < 1 - jnp.exp(-leave * law.duration)
    flat = jnp.log(law.rates.reshape(space.size, -1))[state]
    to = space.neighbours(space.states()).reshape(space.size, -1)[state]
    chosen = jnp.take_along_axis(to, jax.random.categorical(move, flat)[:, None], 1)[:, 0]
    return jnp.where(jumps, chosen, state)


def last_step_forgotten(problem):
    return (*problem.grid.times[1:-1], problem.grid.times[-2])


def first_step_skipped(problem):
    return (problem.grid.times[0], *problem.grid.times[2:])


def without_zeros(a, c, xp=np):
    return xp.where(a > 0, bregman(a, c, xp), 0.0)


def twice_as_fast(noise, t, tokens):
    return uniform_kernel(noise, 2 * jnp.asarray(t), tokens)


def nothing_lost(joint, holders, here, law):
    return marginal_kl(joint, holders, here, replace(law, lost=0.0))


WRONG_PLACES = {
    "the zeros' term left out of the KL": (
        (divergence, "bregman", without_zeros),
        "KL on forbidden sequences",
    ),
    "lost mass left out of the KL": (
        (divergence, "_mass", lambda law, lost: 0.0),
        "KL of a leaking sampler",
    ),
    "factorisation error left out of the chain KL": (
        (on_sequences, "factorisation", lambda *_: 0.0),
        "chain KL",
    ),
    "lost mass left out of the chain KL": (
        (chain, "_marginal_kl", nothing_lost),
        "chain KL of a leaking sampler",
    ),
    "halves of an odd length exchanged": (
        (push, "push_product", halves_exchanged),
        "tweedie: " + PRODUCT,
    ),
    "single precision in the engine": (
        (push, "push_product", in_single_precision),
        "tweedie: " + PRODUCT,
    ),
    "last step forgotten": (
        (push, "told_times", last_step_forgotten),
        "tweedie: " + PRODUCT,
    ),
    "first step skipped": (
        (push, "told_times", first_step_skipped),
        "tweedie: " + PRODUCT,
    ),
    "generator transposed in the engine": (
        (push, "arrivals", transposed_flow),
        "frozen score: " + PRODUCT,
    ),
    "series cut after few terms": ((push, "TAIL", 1e-2), "frozen score: " + PRODUCT),
    "one uniform for all positions": (
        (simulator, "_draw_tokens", lambda *a: drawn(*a, shared=True)),
        "tweedie: " + DRAWS,
    ),
    "inverse transform one cell off": (
        (simulator, "_draw_tokens", lambda *a: drawn(*a, shift=1)),
        "tweedie: " + DRAWS,
    ),
    "a lost chain goes on": ((simulator, "_draw_tokens", never_lost), "lose: " + DRAWS),
    "at most one jump of a chain in a step": (
        (simulator, "_draw_generator", one_event),
        "frozen score: " + DRAWS,
    ),
    "noise clock off by a factor 2": (
        (Uniform, "kernel", twice_as_fast),
        "one jump: " + VANISHES,
    ),
}
COMPILED_IN = {
    "push_product": push._push_tokens.clear_cache,
    "arrivals": push.push_generator.clear_cache,
    "TAIL": push.push_generator.clear_cache,
    "_marginal_kl": chain._block_marginal_kl.clear_cache,
    "kernel": jax.clear_caches,
}


@cache
def unbroken(check: str) -> Check:
    return run(check, NAMED[check])


@pytest.fixture
def breaking(monkeypatch):
    """Puts something wrong in place for one test, in what is already compiled too."""
    forget = []

    def put(place, name, wrong):
        monkeypatch.setattr(place, name, wrong)
        if name in COMPILED_IN:
            forget.append(COMPILED_IN[name])
            forget[-1]()

    yield put
    for clear in forget:
        clear()


@pytest.mark.parametrize("mistake", WRONG_PLACES)
def test_a_wrong_engine_or_measurement_is_caught(mistake, breaking):
    broken, check = WRONG_PLACES[mistake]
    assert unbroken(check).passed, unbroken(check)
    breaking(*broken)
    assert_caught(run(check, NAMED[check]))


# The whole program.

EXPERIMENT = """
question = "Does every theorem hold, for the right sampler and for the wrong one?"
axis = "step"
put = "grid.kappa"
values = [0.4, 0.2, 0.1, 0.05]
problem = { start = "exact", grid = { name = "geometric", start = 2.0, stop = 0.1 } }
targets = [{ name = "potts_ring", tokens = 3, length = 3, coupling = 1.0, field = 1.0 }]
samplers = [{ name = "tau_leaping" }, { name = "tweedie" }]
"""
WITH_A_MISTAKE = """
from harness.samplers import Tweedie
from harness.step import Tokens

def no_inverse(self, score, noise, x, t, s):
    ratios = score(t, x)
    weights = ratios * noise.kernel(t - s, ratios.shape[-1]).T[x]
    return Tokens(weights / weights.sum(-1, keepdims=True))

Tweedie.step = no_inverse
"""
AS_A_COMMAND = """
import sys
from harness.cli import main
sys.argv[0] = "leapcheck"
main()
"""


def test_check_fails_when_a_sampler_is_wrong(tmp_path):
    """The command of ``make check-bounds`` finds the mistake, and no other sampler at fault."""
    (tmp_path / "one.toml").write_text(EXPERIMENT)

    def leapcheck(*options, mistake=""):
        # One process: another one would lack the mistake.
        program = [sys.executable, "-c", mistake + AS_A_COMMAND, "check", "one.toml", "--jobs", "1"]
        done = subprocess.run(
            [*program, *options], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.splitlines(), done.stdout + done.stderr

    code, _, told = leapcheck("--update-ledger")
    assert code == 0, told
    ledger = (tmp_path / "results" / "ledger.csv").read_bytes()
    assert b"HOLDS" in ledger
    code, lines, told = leapcheck(mistake=WITH_A_MISTAKE)
    differs = [line for line in lines if line.startswith("DIFFERS")]
    assert code == 1, told
    assert any("status is VIOLATED, the ledger has HOLDS" in line for line in differs)
    assert all("| tweedie" in line for line in differs), differs
    assert (tmp_path / "results" / "ledger.csv").read_bytes() == ledger

"""Score calls are counted in states, laws are computed in float64, and what is seen matters."""

import dataclasses
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mistakes import Wrong, assert_caught
from outside.scans import Scan
from teeth.right_samplers.in_other_words import ByNumpy
from teeth.right_samplers.of_any_noise import BlocksByGillespie, StrangScan, TwoHalfSteps
from teeth.wrong_samplers import small_bias, unchecked_claims, uncounted_calls

from harness.claims import Claims, Counted
from harness.foundation.registry import label, load
from harness.measurement.score_calls import score_calls
from harness.regress import bank, call_checks, checks_of, run
from harness.regress.traced_step import states_asked
from harness.samplers import (
    DNDM,
    Confidence,
    DNDMContinuous,
    Euler,
    FirstHitting,
    FixedCardinality,
    FrozenScore,
    MaskedPlugIn,
    MultinomialD3PM,
    PredictorCorrector,
    SoftValueDecoding,
    ThetaTrapezoidal,
    Tweedie,
    Uniformization,
)

load()

CALLS, FLOAT = "calls the score as often as claimed", "computes in float64"
SEEN, DRAWS = "what is seen again matters", "keeps one of as many draws as it says"
NAMES = (CALLS, FLOAT, SEEN, DRAWS)
CASES = [
    case
    for case in (*uncounted_calls.CASES, *unchecked_claims.CASES, *small_bias.CASES)
    if case.by in NAMES
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_claim_is_caught(case):
    assert_caught(run(case.by, checks_of(case.thing)[case.by]))


@pytest.mark.parametrize(
    "sampler",
    [
        Euler(),
        Confidence(2),
        FixedCardinality((1, 2)),
        DNDM(),
        DNDM(remembers=True),
        pytest.param(DNDMContinuous(), marks=pytest.mark.slow),  # 13 s
        DNDMContinuous(remembers=True),
        FrozenScore(),
        Uniformization(),
        PredictorCorrector(FrozenScore()),
        PredictorCorrector(corrector_steps=0),
        SoftValueDecoding(),
        MultinomialD3PM(),
        ThetaTrapezoidal(),
        pytest.param(ByNumpy(), marks=pytest.mark.slow),  # 4 s
        TwoHalfSteps(),
        Scan(),
        StrangScan(),
        BlocksByGillespie(),
    ],
    ids=label,
)
def test_a_right_one_passes(sampler):
    found = [run(name, check) for name, check in checks_of(sampler).items() if name in NAMES]
    assert not [str(check) for check in found if check.passed is False]
    assert len(found) >= 2


@pytest.mark.parametrize("kind", ["ScoreInFewBits", "ProbabilitiesInHalf"])
def test_fewer_digits_are_found_on_the_way_to_the_law(kind):
    sampler = getattr(small_bias, kind)()
    found = run(FLOAT, checks_of(sampler)[FLOAT])
    assert_caught(found)
    assert "1 in bfloat16" in found.number or "1 in float16" in found.number


def test_calls_in_a_mean_are_compared_by_the_mean():
    exact = DNDM().claims.calls

    def mean(grid, length, factor=1.0):
        law = exact(grid, length)
        return factor * float(law @ np.arange(len(law)))

    @dataclasses.dataclass(frozen=True)
    class InTheMean:
        factor: float = 1.0

        @property
        def claims(self):
            return dataclasses.replace(DNDM().claims, calls=partial(mean, factor=self.factor))

        def step(self, *given):
            return DNDM().step(*given)

    assert run(CALLS, checks_of(InTheMean())[CALLS]).passed
    assert_caught(run(CALLS, checks_of(InTheMean(1.001))[CALLS]))
    problem = bank.problem(InTheMean(), bank.ONE_WAY, bank.UNEVEN)
    assert score_calls(problem).law is None
    assert score_calls(problem).mean == pytest.approx(
        score_calls(dataclasses.replace(problem, sampler=DNDM())).mean
    )


def test_moves_that_need_the_score_cannot_be_counted_instead_of_steps():
    """Euler does not know before it asks whether anything moves."""

    @dataclasses.dataclass(frozen=True)
    class Forward:
        claims = dataclasses.replace(
            Euler().claims,
            calls=lambda grid, length: np.array([0.0, 1.0]),
            counted=Counted.STEPS_WITH_MOVES,
        )

        def step(self, *given):
            return Euler().step(*given)

    found = run(CALLS, checks_of(Forward())[CALLS])
    assert_caught(found)
    assert "not known before the score is" in found.reason


def test_states_are_counted_in_loops_and_batches():
    problem = bank.problem(uncounted_calls.ATokenAtATime(), bank.ONE_WAY, bank.UNEVEN)
    assert states_asked(problem) == 3
    plain = bank.problem(MaskedPlugIn(), bank.ONE_WAY, bank.UNEVEN)
    assert states_asked(plain) == 1


@dataclasses.dataclass(frozen=True)
class AsksAndAsks:
    """Asks eight times where one call is claimed, in a loop that does not say how often."""

    claims: ClassVar[Claims] = Tweedie().claims

    def step(self, score, noise, x, t, s):
        def more(run):
            return run[0] < 8 - (t < 0)

        def ask(run):
            return run[0] + 1, score(t, x)

        answer = jnp.zeros((*x.shape, 3))
        _, answer = jax.lax.while_loop(more, ask, (jnp.int32(0), answer))
        return Tweedie().step(lambda u, y: answer, noise, x, t, s)


def test_a_loop_of_unknown_length_is_run_and_counted():
    found = call_checks.CallChecks(AsksAndAsks()).states()
    assert found.passed is False
    assert found.number == "8 states a step, claimed 1 (S=3, d=3)"


@dataclasses.dataclass(frozen=True)
class AsksLater:
    """One call in the step; where that leads a loop asks, which the law runs and the step not."""

    claims: ClassVar[Claims] = ThetaTrapezoidal().claims

    def step(self, score, noise, x, t, s):
        def later(u, y):
            answer = jnp.zeros((*y.shape, score.symbols))
            return jax.lax.fori_loop(0, 2 + (t < 0), lambda k, _: score(u, y), answer)

        own = [score]

        def first_then_later(u, y):
            return own.pop()(u, y) if own else later(u, y)

        return ThetaTrapezoidal().step(first_then_later, noise, x, t, s)


def test_a_loop_of_a_later_stage_is_not_passed_as_counted():
    found = call_checks.CallChecks(AsksLater()).as_claimed()
    assert found.passed is None
    assert "a later stage asks in a loop" in found.number


@pytest.mark.parametrize(
    ("sampler", "counted", "said"),
    [
        (FrozenScore(), Counted.STEPS, "claim counted=Counted.CANDIDATE_EVENTS"),
        (
            Tweedie(),
            Counted.CANDIDATE_EVENTS,
            "leave out counted, or name what is counted: Counted.",
        ),
        (Tweedie(), Counted.STEPS_WITH_MOVES, "calls(grid, d) -> [m]"),
        (FirstHitting(), Counted.STEPS, "claim counted=Counted.TOKENS_MOVED, and calls"),
    ],
    ids=str,
)
def test_a_count_that_cannot_be_is_told_with_what_to_claim(sampler, counted, said):
    claimed = dataclasses.replace(sampler.claims, counted=counted, calls=None)
    problem = bank.problem(Wrong(sampler, claimed=claimed), bank.ONE_WAY, bank.UNEVEN)
    assert said in call_checks.unlike(counted, problem)

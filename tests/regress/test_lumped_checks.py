"""What is said of samplers that know nothing of classes of tokens, or cannot be asked on counts."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import pytest

from harness.claims import Claims, Trait
from harness.regress.lumped_checks import LumpedChecks
from harness.step import Tokens


@dataclass(frozen=True)
class DrawnAnew:
    """Every token is drawn anew given the others, as if each column were one token."""

    refuses: bool = False
    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        if self.refuses and ratios.shape[-1] > score.symbols:
            raise ValueError("takes no classes of tokens")
        return Tokens(ratios / ratios.sum(-1, keepdims=True))


def test_a_sampler_of_single_tokens_may_refuse_classes():
    check = dict(LumpedChecks(DrawnAnew()).all())["classes of tokens have the law of their tokens"]
    found = check()
    assert found.passed is False
    assert "score(t, x).shape[-1] > score.symbols" in found.reason
    found = LumpedChecks(DrawnAnew(refuses=True)).classes()
    assert (found.passed, found.number) == (None, "it takes no classes of tokens")
    assert LumpedChecks(DrawnAnew(refuses=True)).counts().passed  # of counts nothing is refused


@dataclass(frozen=True)
class MeanOfTimes:
    """Asks at two times of the step, ``how``."""

    how: str
    claims: ClassVar[Claims] = Claims(2, 1, {Trait.POSITIONS_ALIKE}, score_calls=2)

    def step(self, score, noise, x, t, s):
        times = jnp.stack([t, (t + s) / 2])
        if self.how == "vmap":
            ratios = jax.vmap(lambda u: score(u, x))(times).mean(0)
        elif self.how == "scan":
            ratios = jax.lax.scan(lambda _, u: (None, score(u, x)), None, times)[1].mean(0)
        elif self.how == "jit":
            ratios = jax.jit(lambda x: (score(t, x) + score(t, x)) / 2)(x)
        else:
            ratios = sum(score(u, x) for u in times) / 2
        rates = noise.reverse_rates(ratios, x)
        stay = 1 / (1 + (t - s) * rates.sum(-1))
        return Tokens.stay_or_move(x, (t - s) * rates * stay[..., None], stay)


@pytest.mark.parametrize("how", ["vmap", "scan", "jit"])
def test_times_that_are_no_numbers_are_told_in_one_line(how):
    found = LumpedChecks(MeanOfTimes(how)).counts()
    assert found.passed is None
    assert found.reason.startswith("on counts the score is asked with numbers")
    assert "\n" not in found.reason


def test_a_loop_of_python_is_as_good():
    assert LumpedChecks(MeanOfTimes("loop")).counts().passed

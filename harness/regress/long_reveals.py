"""Runs of a sampler that reveals, of sequences so long that no table holds their states.

What it claims is followed in a few runs that are drawn, from all masked to the last token.  The
truth is the mixture of products of ``long_sequences``.
"""

from typing import Any

import jax
import numpy as np
from jax import Array

from harness.foundation.precision import float64
from harness.law.claims import Counted, Trait
from harness.law.rounding import rounded
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.regress import one_step
from harness.regress.check_outcome import Found
from harness.regress.long_sequences import (
    FACES,
    LENGTH,
    ROWS,
    TOKENS,
    LongScore,
    Wrong,
    score_of,
    smallest,
)
from harness.regress.subsets_and_orders import beside_largest
from harness.regress.tolerance import at_least

ROUNDING = 1e-9  # of a probability, or of nats
RARE = 1e-6  # that a run has so many rounds, of all of which none is drawn by chance
TOGETHER = 8  # tokens that go at once, among which pairs are looked at
SHARP = 5.0  # of log probabilities: some tokens are all but sure, as what goes at once is
APART = 0.3  # logs of two products: far tokens still tell which of them it is
OF_ROUNDS = Counted.STEPS_WITH_MOVES, Counted.STEPS_WITH_MASKS
RIGHT = Wrong(0.0, "")


def applies(sampler: Any) -> bool:
    """Whether all that ``sampler`` does is to reveal masks, each token by itself."""
    claims = sampler.claims
    return claims.own_order and claims.memory == 1 and one_step.of_tokens(sampler)


def found(sampler: Any) -> Found:
    """None for a sampler that cannot run on such sequences."""
    some = grids.even_reveal(LENGTH).intervals()[-1]
    try:
        _law(sampler, truth(TOKENS, LENGTH), np.full((ROWS, LENGTH), TOKENS), *some)
    except Exception as error:  # what it raises says nothing of its law
        return Found(None, f"it does not take S={TOKENS}, d={LENGTH}", str(error))
    seen, rounds = followed(sampler, TOKENS, LENGTH)
    if seen is RIGHT:
        told = ", ".join(map(str, rounds))
        return Found(True, f"as claimed in {told} rounds at S={TOKENS}, d={LENGTH}")
    reason = smallest(lambda *size: followed(sampler, *size)[0], LENGTH, seen)
    return Found(False, f"not as claimed at S={TOKENS}, d={LENGTH}", reason)


def followed(sampler: Any, tokens: int, length: int) -> tuple[Wrong, np.ndarray]:
    """What is first seen to be wrong, and the rounds ``[ROWS]`` that runs have taken till then."""
    score, rng = truth(tokens, length), np.random.default_rng([length, tokens])
    grid = grids.even_reveal(length, 0.0 if sampler.claims.starts_masked else 1e-3)
    x, rounds = np.full((ROWS, length), tokens), np.zeros(ROWS, int)
    for t, s in grid.intervals():
        masked = x == tokens
        p = _law(sampler, score, x, t, s)
        if told := _wrong(sampler, score, x, p):
            return Wrong(1.0, f"where {masked.sum(1).max()} tokens are masked: {told}"), rounds
        uniforms = rng.uniform(size=(*x.shape, 1)) * p.sum(-1, keepdims=True)
        after = np.minimum((np.cumsum(p, -1) <= uniforms).sum(-1), tokens)
        of_moves = sampler.claims.counts is Counted.STEPS_WITH_MOVES
        rounds += (after != x if of_moves else masked).any(1)
        x = after
    return _unlike(sampler, grid, length, rounds), rounds


def truth(tokens: int, length: int) -> LongScore:
    """The score of products that are much alike, of tokens from hardly to almost sure."""
    rng = np.random.default_rng([length, tokens])
    alike = rng.normal(0.0, 1.0, (length, tokens)) * rng.uniform(1.0, SHARP, (length, 1))
    return score_of(Absorbing(), alike + rng.normal(0.0, APART, (FACES, length, tokens)))


def _unlike(sampler: Any, grid: Grid, length: int, rounds: np.ndarray) -> Wrong:
    """Whether ``claims.calls`` has no chance for a number of rounds that was seen."""
    claims = sampler.claims
    if claims.calls is None or claims.counts not in OF_ROUNDS:
        return RIGHT
    law = np.asarray(claims.calls(grid, length))
    if not law.ndim:  # a mean is all that is claimed
        return RIGHT
    calls = rounds * max(claims.score_calls, 1)
    chances = np.append(law, np.zeros(calls.max() + 1))[calls]
    if np.all(chances >= RARE):
        return RIGHT
    k = int(np.argmin(np.nan_to_num(chances)))
    told = f"{calls[k]} calls have probability {chances[k]:.3g} as claimed, and a run has as many"
    return Wrong(1.0, f"{told}; {claims.counts} are counted")


def _wrong(sampler: Any, score: LongScore, x: np.ndarray, p: np.ndarray) -> str:
    """What of the law ``p [ROWS, d, S]`` is not as claimed; empty where all is."""
    claims, allowed, mask = sampler.claims, at_least(ROUNDING, sampler), score.space.tokens - 1
    masked = x == mask
    stays = np.take_along_axis(p, x[..., None], -1)[..., 0]
    if not (off := np.where(masked, 0.0, np.abs(1 - stays)).max()) <= allowed:
        return f"a token that is known changes with probability {off:.3g}"
    sure = {Trait.DETERMINED_CHOICE, Trait.FIXED_ORDER} & claims.traits
    unsure = np.where(masked, np.minimum(stays, 1 - stays), 0.0)
    if sure and not unsure.max() <= allowed:
        return f"a mask stays with a probability {unsure.max():.3g} from 0 and 1"
    if Trait.FIXED_ORDER in claims.traits and not np.ptp(stays * masked, axis=0).max() <= allowed:
        return "which tokens are revealed differs between states of equal masks"
    if claims.entropy_budget is not None:
        beside = beside_largest(masked, p[..., :-1]).max()
        if not beside <= claims.entropy_budget + allowed:
            return f"{beside:.3g} nats beside the largest, claimed {claims.entropy_budget:g}"
    if claims.chain_order == np.inf:
        return _unlike_the_data(score, x, p, allowed)
    return ""


def _unlike_the_data(score: LongScore, x: np.ndarray, p: np.ndarray, allowed: float) -> str:
    """Of what is revealed: its law, and that of pairs that go together."""
    mask, share = score.space.tokens - 1, _share(score, x)
    shown = np.where((x == mask)[..., None], p[..., :-1], 0.0)
    going = shown.sum(-1)
    token = np.einsum("kn,kib->nib", share, score.laws[..., :mask])
    off = np.abs(shown - going[..., None] * token).max(-1)
    if not off.max() <= allowed:
        row, i = np.unravel_index(int(np.argmax(off)), off.shape)
        return f"a probability of position {i} is off by {off[row, i]:.3g}"
    for row, gone in enumerate(going):
        some = np.argsort(-gone, kind="stable")[:TOGETHER]
        laws = score.laws[:, some, :mask]
        both = np.einsum("k,kib,kjc->ijbc", share[:, row], laws, laws)
        apart = np.abs(both - np.einsum("ib,jc->ijbc", token[row, some], token[row, some]))
        gaps = apart.max((-1, -2)) * np.outer(gone[some], gone[some]) * (1 - np.eye(len(some)))
        if not gaps.max() <= allowed:
            i, j = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
            return (
                f"positions {some[i]} and {some[j]} go at once, their law off by {gaps.max():.3g}"
            )
    return ""


def _share(score: LongScore, x: np.ndarray) -> np.ndarray:
    """``[K, ROWS]`` of each product, given the tokens of ``x`` that are no masks."""
    laws, places = np.array(score.laws), np.arange(x.shape[1])
    laws[..., -1] = 1.0  # whatever a token is, it may be masked
    logs = np.log(score.weights)[:, None] + np.log(laws[:, places, x]).sum(-1)
    share = np.exp(logs - logs.max(0))
    return share / share.sum(0)


def _law(sampler: Any, score: LongScore, x: np.ndarray, t: float, s: float) -> np.ndarray:
    """``[ROWS, d, S]`` of each token after the step from ``t`` to ``s``."""
    step = _step if sampler.claims.on_host else _compiled
    with float64():
        return np.asarray(step(sampler, score, jax.numpy.asarray(x), np.float64(t), np.float64(s)))


def _step(sampler: Any, score: LongScore, x: Array, t: Any, s: Any) -> Array:
    return rounded(sampler.step(score, score.noise, x, t, s)).p


_compiled = jax.jit(_step, static_argnames=("sampler",))

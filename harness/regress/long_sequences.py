"""Small steps of sequences so long, of so many tokens, that there is no table of their states.

A sampler whose tokens are independent given the state says the law of each, whatever the length.
In a few states, drawn as the noise has them, the rates of all tokens are compared with the truth's,
which is known of a mixture of products whose tokens all have laws of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.law.rounding import rounded
from harness.law.step import Tokens
from harness.process.noise import Absorbing, Noise, noise_kernel, own_token
from harness.process.score import Untilted, complete
from harness.process.space import Sequences
from harness.regress import cover, one_step
from harness.regress.check_outcome import Found, worse
from harness.regress.consistency import RESOLVED, SMALL
from harness.regress.extrapolation import at_zero
from harness.regress.small_steps import ROUNDING, fineness, lengths
from harness.regress.tolerance import at_least

TOKENS, LENGTH = 11, 67  # both prime; positions are more than a power of two
FARTHER = 1031  # positions, where more is asked for
FEWER, SHORTER = 4, 6  # tokens and positions that are tried elsewhere
ROWS = 3  # states at each time
FACES = 3  # products that are mixed
ALIKE = 1e-9  # of a token's moves, under another order of positions


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class LongScore(Untilted):
    """The exact score of ``Σ_k weights[k] Π_i laws[k, i, x_i]``, with ``laws [K, d, S]`` positive.

    ``space`` is that of the noised sequences; under absorbing noise the last of ``S`` is the mask,
    which has no probability in ``laws``.
    """

    space: Sequences
    noise: Noise
    weights: Any
    laws: Any

    def __call__(self, u: Array | float, y: Array) -> Array:
        """``[n, d, S]`` for the sequences ``y [n, d]``; all terms are positive."""
        noised = jnp.asarray(self.laws) @ noise_kernel(self.noise, u, self.space.tokens)
        places = jnp.arange(y.shape[1])
        told = jnp.log(noised[:, places, y])  # [K, n, d]
        others = jnp.log(jnp.asarray(self.weights))[:, None, None] + told.sum(-1, keepdims=True)
        share = jax.nn.softmax(others - told, axis=0)
        there = jnp.einsum("kni,kib->nib", share, noised)
        here = jnp.take_along_axis(there, y[..., None], -1)
        return complete(there / here, y, self.space.outcomes)

    def tree_flatten(self) -> tuple[tuple[Any, ...], Sequences]:
        return (self.noise, self.weights, self.laws), self.space

    @classmethod
    def tree_unflatten(cls, space: Sequences, leaves: tuple[Any, ...]) -> "LongScore":
        return cls(space, *leaves)


class Wrong(NamedTuple):
    """The rate that is off most: ``gap`` as a share of a rate, and where."""

    gap: float
    told: str


def applies(sampler: Any) -> bool:
    """Whether the law of each token by itself is that of a small step of ``sampler``."""
    claims = sampler.claims
    alone = claims.memory == 1 and one_step.of_tokens(sampler)
    return alone and not claims.own_order and min(claims.output_order, claims.chain_order) > 0


def noises(sampler: Any, takes_masks: bool) -> dict[str, Noise]:
    """Those that it is tried under, by name."""
    masks: dict[str, Noise] = {"absorbing": Absorbing()} if takes_masks else {}
    return masks if sampler.claims.needs_mask else {"uniform": cover.noise("uniform", 2), **masks}


def found(sampler: Any, takes_masks: bool, thorough: bool = False) -> Found:
    """Rates of all tokens of long sequences; where they are wrong, the smallest size that shows it.

    None for a sampler that cannot run on such sequences.
    """
    length, numbers = FARTHER if thorough else LENGTH, []
    for name, noise in noises(sampler, takes_masks).items():
        try:
            seen = worst(sampler, noise, TOKENS, length)
        except Exception as error:  # what it raises says nothing of its law
            return Found(None, f"it does not take S={TOKENS}, d={length}", str(error))
        if not seen.gap <= max(RESOLVED, at_least(ROUNDING, sampler)):
            reason = smallest(partial(worst, sampler, noise), length, seen)
            number = f"off by {seen.gap:.2g} of a rate at S={TOKENS}, d={length}"
            return Found(False, number, f"{reason}, {name} noise")
        if Trait.POSITIONS_ALIKE in sampler.claims.traits:
            off, told = apart(sampler, noise, length)
            if off > max(ALIKE, at_least(ROUNDING, sampler)):
                number = (
                    f"positions are not alike, by {off:.2g} of a move at S={TOKENS}, d={length}"
                )
                return Found(False, number, f"{told}, {name} noise; it {Trait.POSITIONS_ALIKE}")
        numbers.append(f"{seen.gap:.1g} ({name} noise)")
    return Found(True, f"off by {', '.join(numbers)} of a rate at S={TOKENS}, d={length}")


def smallest(tried: Callable[[int, int], Wrong], length: int, seen: Wrong) -> str:
    """In words, from how many positions or tokens on it is wrong, as ``seen`` at ``length``."""

    def from_on(low: int, high: int, at: Callable[[int], Wrong]) -> tuple[int, Wrong]:
        """The first size that is wrong, above ``low``, which is right, up to ``high``."""
        last = seen
        while high - low > 1:
            middle = (low + high) // 2
            now = at(middle)
            low, high = (low, middle) if now.gap > RESOLVED else (middle, high)
            last = now if now.gap > RESOLVED else last
        return high, last

    if not tried(FEWER, length).gap > RESOLVED:
        first, last = from_on(FEWER, TOKENS, lambda tokens: tried(tokens, length))
        return f"right for S ≤ {first - 1}; smallest case S={first}, d={length}, {last.told}"
    if not tried(FEWER, SHORTER).gap > RESOLVED:
        first, last = from_on(SHORTER, length, lambda many: tried(FEWER, many))
        last = tried(FEWER, first) if first == length else last
        return f"right for d ≤ {first - 1}; smallest case S={FEWER}, d={first}, {last.told}"
    return f"smallest case S={FEWER}, d={SHORTER}, {tried(FEWER, SHORTER).told}"


def worst(sampler: Any, noise: Noise, tokens: int, length: int) -> Wrong:
    """The largest difference of a rate from the truth's, at all times of ``cover``."""
    score = truth(noise, tokens, length)
    times, rng = _times(sampler), np.random.default_rng([tokens, length])
    x = np.stack([_drawn(score, t, rng) for t in times])
    h = np.stack([lengths(t, fineness(sampler)) for t in times])  # [times, halvings]
    moves = _moves(sampler, score, x, times, h)
    found, off = Wrong(0.0, ""), at_least(ROUNDING, sampler)
    for k, t in enumerate(times):
        limit, _ = at_zero(moves[k] / h[k][:, None, None, None])
        true = _true_rates(score, t, x[k])
        leave = true.sum(-1, keepdims=True)
        scale = np.where(leave > 0, true + SMALL * leave, 1.0)
        gaps = np.maximum(np.abs(limit - true) - off / h[k][-1], 0.0) / scale
        row, i, b = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
        if worse(gaps.max(), found.gap):
            a, rate, wanted = x[k, row, i], limit[row, i, b], true[row, i, b]
            where = f"t={t:.4g}: position {i} from {a} to {b}"
            found = Wrong(float(gaps.max()), f"{where} at rate {rate:.7g}, in truth {wanted:.7g}")
    return found


def apart(sampler: Any, noise: Noise, length: int) -> tuple[float, str]:
    """By how much of a token's moves a permutation of positions changes more than their order."""
    score, times = truth(noise, TOKENS, length), _times(sampler)
    rng = np.random.default_rng(0)
    x, order = np.stack([_drawn(score, t, rng) for t in times]), rng.permutation(length)
    h = np.stack([lengths(t, fineness(sampler)) for t in times])
    moved = LongScore(score.space, noise, score.weights, score.laws[:, order])
    here = _moves(sampler, score, x, times, h)[..., order, :]
    there = _moves(sampler, moved, x[..., order], times, h)
    scale = np.maximum(here.max(-1, keepdims=True), at_least(ROUNDING, sampler))
    gaps = np.abs(there - here) / scale
    k, _, _, i, _ = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    told = f"what is seen at position {order[i]} moves in another way at position {i}"
    return float(gaps.max()), f"{told}, from t={times[k]:.4g}"


def _times(sampler: Any) -> np.ndarray:
    """All times of ``cover``; half of them where each step is called by itself."""
    return np.array(cover.TIMES[1::2] if sampler.claims.on_host else cover.TIMES)


def truth(noise: Noise, tokens: int, length: int) -> LongScore:
    """The score of products that are far apart, all positions of another law."""
    rng = np.random.default_rng([length, tokens])
    return score_of(noise, rng.normal(0.0, 1.0, (FACES, length, tokens)))


def score_of(noise: Noise, logs: np.ndarray) -> LongScore:
    """Of a mixture of FACES products, of laws whose logarithms are ``logs [K, d, S]`` and a sum."""
    laws = np.exp(logs)
    laws = laws / laws.sum(-1, keepdims=True)
    _, length, tokens = laws.shape
    space = noise.alphabet(Sequences(tokens, length))
    laws = np.pad(laws, ((0, 0), (0, 0), (0, space.tokens - tokens)))
    return LongScore(space, noise, np.array([0.5, 0.3, 0.2]), laws)


def _noised(score: LongScore, t: float) -> np.ndarray:
    """``[K, d, S]`` the laws after the noise of ``t``."""
    with float64():
        kernel = np.asarray(noise_kernel(score.noise, t, score.space.tokens))
    return score.laws @ kernel


def _drawn(score: LongScore, t: float, rng: np.random.Generator) -> np.ndarray:
    """``[ROWS, d]`` sequences at time ``t``, one of each product."""
    uniforms = rng.uniform(size=(ROWS, score.space.length, 1))
    return (np.cumsum(_noised(score, t)[:ROWS], -1) < uniforms).sum(-1)


def _true_rates(score: LongScore, t: float, x: np.ndarray) -> np.ndarray:
    """``[ROWS, d, S]`` by Bayes' rule, each product's share by all tokens but one."""
    noised, (n, d) = _noised(score, t), x.shape
    with float64():
        rates = np.asarray(score.noise.rate_matrix(score.space.tokens))
    found = np.zeros((n, d, score.space.tokens))
    logs = np.log(noised[:, np.arange(d), x])  # [K, n, d]
    for i in range(d):
        log_share = np.log(score.weights)[:, None] + np.delete(logs, i, -1).sum(-1)
        share = np.exp(log_share - log_share.max(0))
        there = share.T @ noised[:, i]  # [n, S]
        found[:, i] = rates[:, x[:, i]].T * there / there[np.arange(n), x[:, i], None]
        found[np.arange(n), i, x[:, i]] = 0.0
    return found


def _moves(sampler: Any, score: LongScore, x: np.ndarray, t: np.ndarray, h: np.ndarray) -> Any:
    """``[times, halvings, ROWS, d, S]`` chances to be another token after ``h``."""
    with float64():
        if sampler.claims.on_host:
            each = [
                [_one(sampler, score, *map(jnp.asarray, (y, u, u - v))) for v in steps]
                for y, u, steps in zip(x, t, h, strict=True)
            ]
            return np.array([[np.asarray(one) for one in steps] for steps in each])
        return np.asarray(_many(sampler, score, x, t, t[:, None] - h))


@partial(jax.jit, static_argnames=("sampler",))
def _many(sampler: Any, score: LongScore, x: Array, t: Array, s: Array) -> Array:
    def each(given: Any) -> Array:
        y, u, ends = given
        return jax.lax.map(lambda end: _one(sampler, score, y, u, end), ends)

    return jax.lax.map(each, (x, t, s))


def _one(sampler: Any, score: LongScore, x: Array, t: Any, s: Any) -> Array:
    law = rounded(sampler.step(score, score.noise, x, t, s))
    if not isinstance(law, Tokens):
        raise TypeError(f"the step is a {type(law).__name__} where tokens are to be independent")
    return jnp.where(own_token(x, score.space.tokens), 0.0, jnp.asarray(law.p))

"""τ-leaping modulo ``S`` on independent tokens, for vocabularies in the thousands.

Of independent tokens everything is a sum over tokens, and under circulant noise every sum over
tokens or displacements is a convolution modulo ``S``: the path KL, its parts and its bound take
``S log S`` a step by Fourier transforms.  The law of the output takes ``S² log S`` a step, a block
of tokens at a time; its sums over states are taken of the transforms, of which one is transformed
back.

With ``W = Σ w_c``, ``*`` a convolution and ``⋆`` the sum ``(w ⋆ g)(x) = Σ_c w_c g(x ⊕ c)``,

    ``φ(t) = Σ_x q_t(x) (W log q_t - w ⋆ log q_t)(x)``.

An estimate is here the ratios of other laws ``q̂_t``, noised too; with ``g = log(q_t/q̂_t)`` its
error at ``t`` is ``Σ_x [q_t (W g - w ⋆ g) - W q_t + (q_t/q̂_t) (w * q̂_t)](x)``.

A Fourier transform has an absolute error, which ``floor`` follows.  Laws with entries that it may
drown raise FloatingPointError: start later, or stop earlier.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.numerics.divergence import kls
from harness.process.grids import Grid
from harness.process.noise import Circulant

ABSOLUTE = 4e-16  # error of an entry of a law, by a transform, beside the largest entry
DROWNED = 1e6  # entries smaller than so many errors have lost too many digits
BLOCK = 2**22  # numbers in the rates of a block of tokens


@dataclass(frozen=True)
class ProductPaths:
    """In nats.  ``path_kl`` is ``start_kl + score_error + steps_kl``.

    ``steps_bound`` is above ``steps_kl``: that of theorem ``explicit_path``.  ``floor``: how far
    rounding can move any of them.
    """

    path_kl: float
    start_kl: float
    score_error: float
    steps_kl: float
    steps_bound: float
    floor: float


class ProductTokens:
    """Independent tokens with ``laws [m, S]``, one for each of ``m``, under circulant ``noise``.

    ``estimate [m, S]``: the laws whose ratios the sampler is told; the true ones if not given.
    ``copies [m]``: how many tokens there are of each law, one if not given.  Raises ValueError for
    what is no law, or has another shape.
    """

    def __init__(
        self, laws: Any, noise: Circulant, estimate: Any = None, copies: Any = None
    ) -> None:
        self.laws = _laws("laws", laws)
        self.told = self.laws if estimate is None else _laws("estimate", estimate)
        if self.told.shape != self.laws.shape:
            raise ValueError(
                f"estimate must have the shape of laws, {self.laws.shape}, got {self.told.shape}"
            )
        self.copies = np.ones(len(self.laws)) if copies is None else np.asarray(copies, float)
        if self.copies.shape != (len(self.laws),) or not (self.copies > 0).all():
            raise ValueError(f"copies must be one positive number a law, got {copies!r}")
        noise.check(self.laws.shape[1])
        self.rates = np.asarray(noise.rates)
        self._turn = np.fft.rfft(self.rates)
        self._decay = self._turn - self.rates.sum()
        self._data = np.fft.rfft(self.laws), np.fft.rfft(self.told)

    @property
    def tokens(self) -> int:
        """``S``."""
        return self.laws.shape[1]

    def law(self, t: float, told: bool = False) -> np.ndarray:
        """``[m, S]`` laws of the tokens at noise time ``t``, or those that are ``told``."""
        if t == 0:
            return self.told if told else self.laws
        found = np.fft.irfft(self._data[told] * np.exp(t * self._decay), self.tokens)
        if found.min() < DROWNED * self._off(found):
            raise FloatingPointError(
                f"at t = {t:g} a token has a probability of {found.min():.3g}, too small for a "
                "Fourier transform: stop earlier, or give the noise a rate that reaches it"
            )
        return found / found.sum(-1, keepdims=True)

    def kl(self, t: float) -> float:
        """``KL(q_t‖U)``."""
        law = self.law(t)
        return self._sum(kls(law, np.full_like(law, 1 / self.tokens)))

    def fall(self, t: float) -> float:
        """``φ(t)``, at ``t > 0``."""
        law = self.law(t)
        return self._sum((law * self._leave(np.log(law))).sum(-1))

    def error(self, t: float) -> float:
        """What the estimate costs a unit of time at ``t``: the summand of ``ε_score``."""
        if self.told is self.laws:
            return 0.0
        law, told = self.law(t), self.law(t, told=True)
        flow = np.fft.irfft(np.fft.rfft(told) * self._turn, self.tokens)
        terms = law * (self._leave(np.log(law / told)) - self.rates.sum()) + law / told * flow
        return self._sum(terms.sum(-1))

    def paths(self, grid: Grid) -> ProductPaths:
        """The identity and the bound of ``explicit_path`` on a ``grid``, from pure noise."""
        kls_at = {t: self.kl(t) for t in grid.times}
        falls = {t: self.fall(t) for t in grid.times if t > 0}
        costs, bounds = [], []
        for t, s in grid.intervals():
            cost = kls_at[s] - kls_at[t] - (t - s) * falls[t]
            costs.append(cost)
            bounds.append((t - s) * (falls[s] - falls[t]) if s > 0 else cost)
        error = math.fsum((t - s) * self.error(t) for t, s in grid.intervals())
        start, steps = kls_at[grid.start], math.fsum(costs)
        return ProductPaths(
            start + error + steps, start, error, steps, math.fsum(bounds), self._floor(grid)
        )

    def output(self, grid: Grid) -> np.ndarray:
        """``[m, S]`` laws of the tokens where the sampler ends, from pure noise."""
        found = np.full_like(self.laws, 1 / self.tokens)
        for t, s in grid.intervals():
            told = self.law(t, told=True)
            found = np.stack(
                [self._stepped(*each, t - s) for each in zip(found, told, strict=True)]
            )
        return found

    def output_kl(self, grid: Grid) -> float:
        """``KL(q_δ‖p_out)`` of all tokens together."""
        return self._sum(kls(self.law(grid.stop), self.output(grid)))

    def _stepped(self, law: np.ndarray, told: np.ndarray, h: float) -> np.ndarray:
        """``[S]`` ``law`` after a step of length ``h`` with the ratios of ``told``."""
        total = np.zeros(self.tokens // 2 + 1, complex)
        back = np.roll(self.rates[::-1], 1)  # w_{-c}
        place = np.arange(self.tokens)
        for rows in self._blocks():
            x = place[rows]
            means = h * back * told[(x[:, None] + place) % self.tokens] / told[x, None]
            turned = np.fft.rfft(means)
            gone = np.exp(turned - turned[:, :1].real)
            angle = np.outer(x, place[: len(total)]) % self.tokens
            phase = np.exp(-2j * np.pi / self.tokens * angle)
            total += law[rows] @ (gone * phase)
        found = np.fft.irfft(total, self.tokens)
        if found.min() < DROWNED * self._off(found[None]):
            raise FloatingPointError(
                f"the sampler reaches a token with probability {found.min():.3g}, too small for a "
                "Fourier transform: take longer steps"
            )
        return found / found.sum()

    def _blocks(self) -> Iterator[slice]:
        rows = max(BLOCK // self.tokens, 1)
        yield from (slice(low, low + rows) for low in range(0, self.tokens, rows))

    def _leave(self, g: np.ndarray) -> np.ndarray:
        """``W g - w ⋆ g``, along the last axis."""
        ahead = np.fft.irfft(np.fft.rfft(g) * self._turn.conj(), self.tokens)
        return self.rates.sum() * g - ahead

    def _sum(self, each: Any) -> float:
        """Over all tokens."""
        return float(self.copies @ each)

    def _off(self, law: np.ndarray) -> float:
        """How far off an entry of a law may be."""
        return ABSOLUTE * float(law.max())

    def _floor(self, grid: Grid) -> float:
        """To first order, with errors of entries that are independent of each other.

        The KLs of inner times cancel; an estimate counts as much again.
        """
        size, whole = math.log(self.tokens), 0.0
        for t in (grid.start, grid.stop):
            law = self.law(t)
            logs = np.log(np.where(law > 0, law, 1.0)) + size
            whole += self._sum(self._off(law) * np.sqrt((logs**2).sum(-1)))
        for t, s in grid.intervals():
            law = self.law(t)
            flow = np.fft.irfft(np.fft.rfft(law) * self._turn, self.tokens)
            moved = self._leave(np.log(law)) + self.rates.sum() - flow / law
            whole += 2 * (t - s) * self._sum(self._off(law) * np.sqrt((moved**2).sum(-1)))
        return whole if self.told is self.laws else 2 * whole


def _laws(name: str, laws: Any) -> np.ndarray:
    found = np.atleast_2d(np.asarray(laws, dtype=float))
    if found.ndim != 2 or found.shape[1] < 2 or not (found >= 0).all():
        raise ValueError(f"{name} must be rows of probabilities >= 0, got shape {found.shape}")
    sums = found.sum(-1)
    if not np.allclose(sums, 1.0, rtol=0, atol=1e-9):
        worst = sums[np.abs(sums - 1).argmax()]
        raise ValueError(f"each row of {name} must sum to 1, got {worst:g}")
    return found / sums[:, None]

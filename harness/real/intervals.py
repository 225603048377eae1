"""How far the law that draws come from is from an exact one, with limits and the floor of draws.

Put in for the law itself, draws are off from every law, their own included: by ``(K - 1) / 2n`` in
KL, with ``K`` cells and ``n`` draws, and by about ``sqrt(K / n)`` in total variation.  That is the
floor, below which what is put in says nothing.  The limits are no approximations: they hold with
their probability for any law and any number of draws.
"""

import math
from dataclasses import dataclass

import numpy as np

from harness.numerics.divergence import kl
from harness.numerics.root import root
from harness.numerics.statistics import mean_tv


@dataclass(frozen=True)
class Interval:
    """Of a distance, ``name``, the limits ``lower`` and ``upper``: wrong with probability ``miss``.

    ``plug_in`` is what the frequencies of ``draws`` give, put in for their law; ``floor`` what they
    give on average where the distance is 0.  ``unseen``: the true probability of all that was never
    drawn, where that is why there is no upper limit, and ``enough`` draws in which a right sampler
    shows all there is, but with probability ``miss``.
    """

    name: str
    lower: float
    upper: float
    plug_in: float
    floor: float
    draws: int
    miss: float
    unseen: float = 0.0
    enough: int = 0

    @property
    def sentence(self) -> str:
        """The limits in words, and where draws stop to say anything."""
        told = f"{self.name} is between {self.lower:.3g} and {self.upper:.3g}"
        if math.isinf(self.upper):
            told = (
                f"{self.name} is at least {self.lower:.3g}, and has no upper limit: what has "
                f"probability {self.unseen:.2g} in truth was never drawn, and {self.enough:,} "
                "draws of a right sampler would show it"
            )
        return (
            f"{told} (probability {1 - self.miss:.10g}); {self.draws:,} draws give "
            f"{self.plug_in:.3g}, and {self.floor:.3g} of a right sampler"
        )


def kl_interval(counts: np.ndarray, law: np.ndarray, miss: float) -> Interval:
    """``KL(law‖p)`` in nats, truth first, of the law ``p`` that ``counts [m]`` were drawn from.

    ``law [m]`` sums to one.  With probability ``1 - miss`` at least, ``KL(p̂‖p) <= radius`` for the
    frequencies ``p̂``, and the limits are the least and the greatest ``KL(law‖p)`` of such ``p``.

    Both are on curves that Lagrange's condition gives.  The least: ``p ∝ law + λ p̂``, from ``law``
    at 0 to ``p̂``.  The greatest: ``p ∝ μ p̂ - law``, from ``p̂`` at infinity to where the first cell
    is empty; infinite where a cell of the law was never drawn.
    """
    counts, law = _cells(counts, law)
    n, K = int(counts.sum()), len(law)
    q, seen, limit = law, counts / counts.sum(), radius(int(counts.sum()), len(law), miss)
    unseen = float(q[seen == 0].sum())
    plug_in = math.inf if unseen > 0 else kl(q, seen)
    return Interval(
        "KL(truth‖code)",
        lower=_least(q, seen, limit),
        upper=math.inf if unseen > 0 else _greatest(q, seen, limit),
        plug_in=plug_in,
        floor=(K - 1) / (2 * n),
        draws=n,
        miss=miss,
        unseen=unseen,
        enough=math.ceil(math.log(K / miss) / float(q[q > 0].min())),
    )


def tv_interval(counts: np.ndarray, law: np.ndarray, miss: float) -> Interval:
    """The total variation between ``law [m]`` and the law that ``counts [m]`` were drawn from.

    The frequencies' distance from ``law`` is on average at least that of their law (Jensen), and at
    most ``½ sqrt((K - 1) / n)`` more (each cell's deviation by Cauchy and Schwarz); it passes its
    mean by ``sqrt(log(2 / miss) / 2n)`` with probability ``miss / 2`` on each side (McDiarmid).
    """
    counts, law = _cells(counts, law)
    n, K = int(counts.sum()), len(law)
    found = float(abs(counts / n - law).sum() / 2)
    spread = math.sqrt(math.log(2 / miss) / (2 * n))
    return Interval(
        "TV",
        lower=max(0.0, found - math.sqrt((K - 1) / n) / 2 - spread),
        upper=min(1.0, found + spread),
        plug_in=found,
        floor=mean_tv(law, n),
        draws=n,
        miss=miss,
    )


def radius(draws: int, cells: int, miss: float) -> float:
    """``r``: ``KL(p̂‖p) > r`` has probability ``miss`` at most, whatever the law ``p`` on ``cells``.

    ``Pr(n KL(p̂‖p) >= x) <= e^{-x} (e x / (K - 1))^{K-1}`` for ``x > K - 1``, for ``draws = n``.

    Agrawal, Finite-sample concentration of the multinomial in relative entropy, 2020, Theorem I.2.
    """
    free = max(1, cells - 1)

    def excess(x: float) -> float:
        return x - free * (1 + math.log(x / free)) + math.log(miss)

    upper = 2.0 * free
    while excess(upper) < 0:
        upper *= 2
    return root(excess, free, upper, rtol=1e-12) / draws


def _least(q: np.ndarray, seen: np.ndarray, limit: float) -> float:
    """``KL(q‖p)`` where the curve from ``q`` to ``seen`` comes within ``limit`` of ``seen``."""

    def mixed(weight: float) -> np.ndarray:
        return weight * seen + (1 - weight) * q

    if kl(seen, q) <= limit:
        return 0.0
    low = 1e-300  # where q is 0 and something was drawn, the KL at 0 is infinite
    found = root(lambda w: kl(seen, mixed(w)) - limit, low, 1.0, xtol=1e-300, rtol=1e-12)
    return kl(q, mixed(found))


def _greatest(q: np.ndarray, seen: np.ndarray, limit: float) -> float:
    """``KL(q‖p)`` where the curve beyond ``seen`` leaves what is within ``limit`` of it."""
    ratio = float((q / np.where(seen > 0, seen, 1.0)).max())
    if ratio <= 1.0:  # the frequencies are the law
        return limit

    def beyond(log_excess: float) -> np.ndarray:
        weights = ratio * (1 + math.exp(log_excess)) * seen - q
        return np.maximum(weights, 0.0) / weights.sum()

    low, high = -700.0, 1.0
    while kl(seen, beyond(high)) > limit:
        high += 5.0
    if kl(seen, beyond(low)) < limit:
        return math.inf
    found = root(lambda y: kl(seen, beyond(y)) - limit, low, high, rtol=1e-12)
    return kl(q, beyond(found))


def _cells(counts: np.ndarray, law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells of positive probability and, if there are others, those in one."""
    counts, law = np.asarray(counts), np.asarray(law, np.float64)
    held = law > 0
    if held.all():
        return counts, law
    return np.append(counts[held], counts[~held].sum()), np.append(law[held], 0.0)

"""Who wins an argmax of independent noises: in closed form where there is one, else by integration.

``argmax_k p_k / E_k^T`` and ``argmax_k l_k + T g_k`` with Gumbel ``g = -log E`` are exponential
races: ``k`` wins with probability ``∝ p_k^{1/T}``, ``∝ e^{l_k / T}``.  Any other race of monotone
noises, those with an eps or a clamp in them too, is ``∫ Π_{j≠k} Pr(X_j < x_k(u)) du`` for each
``k``, which add up to one if the integration is right: this is checked.

Of equal values the first wins, as in numpy and PyTorch; a nan counts as the largest.
"""

import numpy as np

from harness.traced.forms import Form, Normal
from harness.traced.integrated_races import integrated_law
from harness.traced.noise import Noise


def winner_law(
    noise: Noise, shape: tuple[int, int], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """``[G, V]``: the probability that each of ``V`` is the largest of its group.

    ``noise`` has ``G V`` elements; each of their uniforms, all different within a group, is known
    to be between ``low`` and ``high``, ``[G V]``.

    Raises Untraceable where an integral does not settle.
    """
    random = noise.random.reshape(shape)
    value = np.where(random, -np.inf, noise.value.reshape(shape))
    law = np.zeros(shape)
    # Numbers that nothing can beat, or that are alone.
    sure = (np.isnan(value) | (value == np.inf)).any(-1) | ~random.any(-1)
    first = np.where(np.isnan(value), np.inf, value).argmax(-1)
    has_nan = np.isnan(value).any(-1)
    first = np.where(has_nan, np.isnan(value).argmax(-1), first)
    law[np.flatnonzero(sure), first[sure]] = 1.0
    if sure.all():
        return law
    weights, closed = race_weights(noise, shape, low, high)
    closed &= ~sure
    with np.errstate(invalid="ignore"):
        law[closed] = weights[closed] / weights[closed].sum(-1, keepdims=True)
    rest = np.flatnonzero(~closed & ~sure)
    if len(rest):
        law[rest] = integrated_law(noise, shape, low, high, rest)
    return law


def race_weights(
    noise: Noise, shape: tuple[int, int], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``[G, V]``, and for which groups ``[G]`` they decide all: exponential races.

    Then ``k`` is the largest with probability ``∝ w_k``, also of those that are left when others
    are taken out; of several noises of one law the weights are 1.
    """
    normal = Normal.of(noise)
    random = noise.random.reshape(shape)
    form, a, r = (each.reshape(shape) for each in (normal.form, normal.a, normal.r))
    value = noise.value.reshape(shape)
    fresh = ((low == 0) & (high == 1)).reshape(shape) | ~random

    def all_of(what: np.ndarray) -> np.ndarray:
        return np.all(what | ~random, axis=-1)

    lead = random.argmax(-1)[:, None]
    r0, a0 = np.take_along_axis(r, lead, -1), np.take_along_axis(a, lead, -1)
    alike = all_of(abs(r - r0) <= 4e-16 * abs(r0)) & fresh.all(-1)
    nothing = np.where(random, -np.inf, value)  # what numbers there are besides
    with np.errstate(all="ignore"):
        falls = all_of((form == Form.POWER) & (r < 0) & (a > 0)) & (nothing <= 0).all(-1)
        rises = all_of((form == Form.POWER) & (r > 0) & (a < 0)) & (nothing == -np.inf).all(-1)
        gumbel = all_of((form == Form.LOG) & (r < 0)) & (nothing == -np.inf).all(-1)
        equal = all_of((form == Form.UNIFORM) & (a == a0)) & (nothing == -np.inf).all(-1)
        size = np.where(random, abs(a), 0.0)
        top = size.max(-1, keepdims=True)
        scaled = np.where(r0 == -1, size, (size / top) ** (-1 / r0))
        least = np.where(random, abs(a), np.inf).min(-1, keepdims=True)
        inverse = np.where(random, (abs(a) / least) ** (-1 / r0), 0.0)
        logits = np.where(random, a / -r0, -np.inf)
        powers = np.exp(logits - logits.max(-1, keepdims=True))
    weights = np.where(random, 1.0, 0.0)
    for which, each in ((falls, scaled), (rises, inverse), (gumbel, powers)):
        weights = np.where((which & alike)[:, None], each, weights)
    return weights, alike & (falls | rises | gumbel | equal)

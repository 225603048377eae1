"""What a model may answer, and how one answer is made of another.

Of a state ``x [n, d]`` at noise time ``t``, for each position ``i``:

``score``      ``[n, d, S]``  the ratios ``q_t(x with i set to b) / q_t(x)``, 1 at ``b = x_i``;
``posterior``  ``[n, d, C]``  ``Pr(X_0^i = c | X_t = x)``;
``cavity``     ``[n, d, C]``  ``Pr(X_0^i = c | X_t^{-i})``: *leave one out*, ``x_i`` is not seen;
``rates``      ``[n, d, S]``  at which the reverse process sets token ``i`` to ``b``, 0 at ``x_i``.

``S`` counts the symbols, with absorbing noise the mask as the last one; ``C`` the clean tokens,
``S - 1`` with absorbing noise and else ``S``.  numpy arrays in, float64 out.

*How they hang together.*  Noise acts on every token alone, so given the others ``X_t^i`` has the
law ``m P_t``, ``m`` the cavity, and ``X_0^i`` given ``X_t^i`` too has Bayes' ``m(c) P_t(c, x_i)``.
Hence the score is ``(m P_t)(b) / (m P_t)(x_i)``, the posterior ``∝ m(c) P_t(c, x_i)``.

*Rounding.*  From a posterior or a cavity everything is made by sums and products of positive
numbers: each entry has some ten roundings of its own size.  From a score the noise must be undone.
Under uniform noise that multiplies the roundings of the ratios by ``e^t``, and entries that are 0
come out as far from 0 as that, on either side; under absorbing noise it multiplies nothing.
Ratios that are those of no law, of an estimated score, give entries below 0 in the same way:
``as_law`` makes a law of them and says how much it moved.  All functions raise ValueError for
arrays of the wrong shape and for what cannot be told.

*States that cannot be.*  A token that shows itself (it is no mask) keeps its value, a mask is
uniform, and the ratios to other tokens are 0, as everywhere in leapcheck.
"""

from typing import Any

import numpy as np

from harness.foundation.precision import float64
from harness.process.noise import Noise, UniformClasses, noise_kernel
from harness.process.space import Sequences


def clean_tokens(noise: Noise, symbols: int) -> int:
    """``C``, how many of the ``symbols`` under ``noise`` are clean tokens: all but the mask."""
    if isinstance(noise, UniformClasses):
        raise ValueError(
            "one answer is made of another for single tokens, got classes of them of sizes "
            f"{list(noise.sizes)}"
        )
    return symbols - masks(noise)


def masks(noise: Noise) -> bool:
    """Whether ``noise`` has a mask, the last symbol."""
    return noise.alphabet(Sequences(2, 1)).masked


def score_from_cavity(cavity: Any, noise: Noise, t: float, x: Any) -> np.ndarray:
    """``[n, d, S]`` the ratios at noise time ``t`` in the states ``x [n, d]``.

    ``cavity [n, d, C]``, of ``noise``.
    """
    m, x = _checked("cavity", cavity, x, signed=True)
    symbols = m.shape[-1] + masks(noise)
    found = m @ _kernel(noise, t, x, symbols)[: m.shape[-1]]
    here = np.take_along_axis(found, x[..., None], -1)
    return _own_is_one(np.where(here > 0, found / np.where(here > 0, here, 1.0), 0.0), x)


def posterior_from_cavity(cavity: Any, noise: Noise, t: float, x: Any) -> np.ndarray:
    """``[n, d, C]`` the law of the clean token, its own noised value looked at.

    ``cavity [n, d, C]`` of the states ``x [n, d]`` at noise time ``t``, of ``noise``.
    """
    m, x = _checked("cavity", cavity, x, signed=True)
    joint = m * _arrives(noise, t, x, m.shape[-1])
    total = joint.sum(-1, keepdims=True)
    # What cannot be: a token that shows itself stays.  A mask at time 0 has the limit.
    otherwise = np.where(_shows(x, m.shape[-1]), own_tokens(x, m.shape[-1]), m)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), otherwise)


def cavity_from_posterior(
    posterior: Any, noise: Noise, t: float, x: Any, unknown: float | None = None
) -> np.ndarray:
    """``[n, d, C]`` the law of the clean token given the other tokens alone.

    ``posterior [n, d, C]`` of the states ``x [n, d]`` at noise time ``t``, of ``noise``; it need
    not sum to one.  Where ``x_i`` excludes clean tokens, as a token that shows itself under
    absorbing noise does, its posterior does not tell: a ValueError, or the value ``unknown``.
    """
    p, x = _checked("posterior", posterior, x)
    arrives = _arrives(noise, t, x, p.shape[-1])
    least = arrives.min(-1, keepdims=True)
    untold = _untold(least, x, p.shape[-1])
    if unknown is None and untold.any():
        n, i = (int(each) for each in np.argwhere(untold[..., 0])[0])
        raise ValueError(
            f"the posterior of a token that excludes clean tokens does not tell its law given the "
            f"others: under {noise} at noise time {t:g} token {x[n, i]} at position {i} of row {n} "
            "is such a one; give unknown=... to have a value there, or ask for the cavity itself"
        )
    # At a mask every clean token is as likely to have led here: also at time 0, where none can.
    weights = p * np.where(least > 0, least / np.where(arrives > 0, arrives, 1.0), 1.0)
    return np.where(untold, unknown or 0.0, weights / weights.sum(-1, keepdims=True))


def score_from_posterior(
    posterior: Any, noise: Noise, t: float, x: Any, unknown: float | None = None
) -> np.ndarray:
    """``[n, d, S]`` the ratios; ``posterior``, ``noise``, ``t``, ``x`` and errors as of the cavity.

    Under absorbing noise a mask's ratio to ``b`` is ``posterior(b) / (e^t - 1)``.  The ratios of a
    token that shows itself are not in its posterior, and no reverse rate needs them: a ValueError,
    or ``unknown`` to all others.
    """
    m = cavity_from_posterior(posterior, noise, t, x, None if unknown is None else 0.0)
    ratios = score_from_cavity(m, noise, t, x)
    if unknown is None:
        return ratios
    x, clean = np.asarray(x), m.shape[-1]
    least = _arrives(noise, t, x, clean).min(-1, keepdims=True)
    return _own_is_one(np.where(_untold(least, x, clean), unknown, ratios), x)


def cavity_from_score(ratios: Any, noise: Noise, t: float, x: Any) -> np.ndarray:
    """``[n, d, C]`` the law of the clean token given the other tokens alone; sums to one.

    ``ratios [n, d, S]`` of the states ``x [n, d]`` at noise time ``t``, of ``noise``; what they say
    of the own token is not read.  Raises ValueError where undoing the noise would multiply rounding
    by more than 1e7.
    """
    found, x = _checked("score", ratios, x, empty=True)
    symbols = found.shape[-1]
    clean = clean_tokens(noise, symbols)
    _kernel(noise, t, x, symbols)
    found = _own_is_one(found, x)
    if masks(noise):  # a clean token was never another one: their shares are those at time 0
        undone = found[..., :clean]
    else:
        ratios_of_jax: Any = found
        with float64():
            undone = np.asarray(noise.earlier(ratios_of_jax, t))
        if not np.isfinite(undone).all():
            raise ValueError(
                f"ratios at noise time {t:g} tell no law of clean tokens in 64 bits: undoing "
                f"{noise} would multiply their rounding by more than 1e7; the posterior and the "
                "cavity of a target can be asked for without them"
            )
    total = undone.sum(-1, keepdims=True)
    return np.where(total > 0, undone / np.where(total > 0, total, 1.0), 1.0 / clean)


def posterior_from_score(ratios: Any, noise: Noise, t: float, x: Any) -> np.ndarray:
    """``[n, d, C]`` the law of the clean token, its own noised value looked at; sums to one.

    ``ratios``, ``noise``, ``t``, ``x`` and errors as of ``cavity_from_score``.
    """
    return posterior_from_cavity(cavity_from_score(ratios, noise, t, x), noise, t, x)


def rates_from_score(ratios: Any, noise: Noise, x: Any) -> np.ndarray:
    """``[n, d, S]`` reverse rates per unit of noise time, ``R(b, x_i) ratio``; 0 at ``x_i``.

    ``ratios [n, d, S]`` of the states ``x [n, d]``, of ``noise``.
    """
    found, x = _checked("score", ratios, x, empty=True)
    rates = _generator(noise, x, found.shape[-1]).T[x] * found
    return np.where(own_tokens(x, found.shape[-1]), 0.0, rates)


def score_from_rates(rates: Any, noise: Noise, x: Any, unknown: float | None = None) -> np.ndarray:
    """``[n, d, S]`` the ratios of which ``rates [n, d, S]`` are made in the states ``x [n, d]``.

    Where ``noise`` never makes the jump from ``b`` to ``x_i`` the rate is 0 whatever the ratio: a
    ValueError, or ``unknown``.
    """
    found, x = _checked("rates", rates, x, empty=True)
    forward = _generator(noise, x, found.shape[-1]).T[x]
    untold = ~own_tokens(x, found.shape[-1]) & (forward <= 0)
    if unknown is None and untold.any():
        n, i, b = (int(each) for each in np.argwhere(untold)[0])
        raise ValueError(
            f"rates tell no ratio of a jump that the noise never makes: {noise} does not lead from "
            f"{b} to {x[n, i]}, at position {i} of row {n}; give unknown=... to have a value there"
        )
    ratios = found / np.where(forward > 0, forward, 1.0)
    return _own_is_one(np.where(untold, unknown or 0.0, ratios), x)


def as_law(signed: Any) -> tuple[np.ndarray, np.ndarray]:
    """``[..., C]`` the law nearest by scaling to what sums to one, ``[...]`` how much was below 0.

    ``signed [..., C]``: of ratios that are those of no law, or of rounding.
    """
    signed = np.asarray(signed, np.float64)
    kept = np.maximum(signed, 0.0)
    return kept / kept.sum(-1, keepdims=True), (kept - signed).sum(-1)


def own_tokens(x: np.ndarray, columns: int) -> np.ndarray:
    """``[n, d, columns]`` True at ``x_i`` of the states ``x [n, d]``."""
    return x[..., None] == np.arange(columns)


def _own_is_one(ratios: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(own_tokens(x, ratios.shape[-1]), 1.0, ratios)


def _shows(x: np.ndarray, clean: int) -> np.ndarray:
    """``[n, d, 1]`` whether a token is no mask."""
    return (x < clean)[..., None]


def _untold(least: np.ndarray, x: np.ndarray, clean: int) -> np.ndarray:
    """``[n, d, 1]`` where ``x_i`` excludes clean tokens; they lead to it with ``least`` or more."""
    return (least <= 0) & _shows(x, clean)


def _arrives(noise: Noise, t: float, x: np.ndarray, clean: int) -> np.ndarray:
    """``[n, d, C]`` ``P_t(c, x_i)`` of clean tokens ``c``."""
    return _kernel(noise, t, x, clean + masks(noise))[:clean].T[x]


def _kernel(noise: Noise, t: float, x: np.ndarray, symbols: int) -> np.ndarray:
    """``P_t [S, S]``, and ``x`` known to be symbols of it."""
    _check_tokens(x, symbols, noise)
    return kernel_of(noise, t, symbols)


def kernel_of(noise: Noise, t: float, symbols: int) -> np.ndarray:
    """``P_t [S, S]`` of ``noise``, ``symbols = S``.  Raises ValueError for a ``t`` of none."""
    if not t >= 0:
        raise ValueError(f"noise time must be at least 0, got {t}")
    with float64():
        kernel = np.asarray(noise_kernel(noise, float(t), symbols))
    if not np.isfinite(kernel).all():
        raise ValueError(f"{noise} has no kernel in 64 bits at noise time {t:g}")
    return kernel


def _generator(noise: Noise, x: np.ndarray, symbols: int) -> np.ndarray:
    _check_tokens(x, symbols, noise)
    with float64():
        return np.asarray(noise.rate_matrix(symbols))


def _check_tokens(x: np.ndarray, symbols: int, noise: Noise) -> None:
    clean_tokens(noise, symbols)
    noise.check(symbols)
    if x.size and not (x.min() >= 0 and x.max() < symbols):
        bad = x[(x < 0) | (x >= symbols)][0]
        raise ValueError(f"x must hold symbols from 0 to {symbols - 1} under {noise}, got {bad}")


def _checked(
    name: str, given: Any, x: Any, signed: bool = False, empty: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """``given`` as float64 and the states, known to go together."""
    found, x = np.asarray(given, np.float64), np.asarray(x)
    if not np.issubdtype(x.dtype, np.integer):
        raise TypeError(f"x must hold integer tokens, got {x.dtype}")
    if x.ndim != 2 or found.shape[:-1] != x.shape:
        raise ValueError(
            f"{name} must have shape [n, d, columns] for states x [n, d], got {list(found.shape)} "
            f"for {list(x.shape)}"
        )
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite, got {found[~np.isfinite(found)][0]}")
    if not signed and found.size and found.min() < 0:
        raise ValueError(f"{name} must be at least 0, got {found.min():g}")
    if not (signed or empty) and found.size and not found.sum(-1).min() > 0:
        n, i = (int(each) for each in np.argwhere(found.sum(-1) <= 0)[0])
        raise ValueError(f"{name} must not be 0 altogether, as it is at position {i} of row {n}")
    return found, x

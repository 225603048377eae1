"""The most likely cause of wrong rates: hypotheses, each of which is tried on the rates found.

What is said fits: the true rates, changed in this way, are the rates found.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from harness.process.truth import on_sequences
from harness.regress import cover, orders_in_step, score_spy
from harness.regress.small_steps import Small, between_states, named, rate_matrix, true_rates, truth

NOTHING = 1e-9  # of the true rates
LISTED = ("noise", "data")  # known by their names
MANY = 3  # values of which each is named
FITS = 0.02  # of the defect, that a hypothesis may leave
CLEARLY = 0.01  # of the smallest defect: no more where it is called right
SEEN = 0.01  # of the rate out of a state: numbers are fitted to rates above it


def told(smallest: Any, all_rates: Sequence[Any]) -> str:
    """What explains the ``smallest`` case, and where ``all_rates`` are right; may be empty."""
    fits = next(_fits(smallest), "") if smallest.x >= 0 else ""
    return "; ".join(each for each in (fits, where(all_rates)) if each)


def _fits(case: Any) -> Iterator[str]:
    true, found = case.true, case.found
    leave = true.sum(1, keepdims=True)
    seen = true > SEEN * leave
    if not seen.any():
        return
    gap, scale = found - true, np.where(leave > 0, true + SEEN * leave, np.inf)
    most = float(np.abs(gap / scale).max())
    off = np.abs(gap / scale) > FITS * most

    def explains(change: np.ndarray) -> bool:
        """Of every move, also of those too rare to fit a number to."""
        return bool(np.abs((gap - change) / scale).max() <= FITS * most)

    share = float(np.median((found / np.where(seen, true, 1.0))[seen]))
    factor = explains((share - 1) * true)
    if factor and abs(share) < NOTHING:
        yield "nothing moves"
    never = (true > 0) & (found == 0.0)
    if never.any():
        x, y = (named(case.problem, k) for k in np.argwhere(never)[0])
        told = f"is never made: from {x} to {y}"
        if never.sum() > 1:
            told = f"are never made, such as from {x} to {y}"
        yield f"{never.sum()} of {(true > 0).sum()} moves {told}"
    if factor and not _is_one(share):
        yield f"equals the true rates × {share:.6g}"
    forward, backward = _noise_rates(case)
    if (forward * seen).any():
        weight = forward * seen / np.where(seen, true, 1.0) ** 2
        part = float((gap * weight).sum() / (forward * weight).sum())
        if explains(part * forward):
            yield f"equals the true rates + {part:.3g} × the rates of the noise, forwards"
    both = (backward > 0) & (true > 0)
    ratios, of_found = (
        np.where(both, each / np.where(both, backward, 1.0), 1.0) for each in (true, found)
    )
    logs = np.where(seen, np.log(ratios), 0.0)
    if (logs * logs).sum() > 0:
        change = np.log(np.where(seen & (of_found > 0), of_found, 1.0)) - logs
        power = 1 + float((change * logs).sum() / (logs * logs).sum())
        if not _is_one(power) and explains(np.where(both, backward * ratios**power, true) - true):
            yield f"equals the rates with ratios to the power {power:.6g}"
    if (both & off).any() and (value := float(np.median(of_found[both & off]))) > 0:
        for side, bound in (("above", np.minimum), ("below", np.maximum)):
            if explains(np.where(both, backward * bound(ratios, value), true) - true):
                yield f"equals the rates with no ratio {side} {value:.4g}"
    yield from _asked_elsewhere(case, explains)
    if 0 < off.sum() <= MANY < (true > 0).sum():
        yield f"{off.sum()} of {(true > 0).sum()} moves {'is' if off.sum() == 1 else 'are'} off"


def _is_one(value: float) -> bool:
    """As it would be printed."""
    return f"{value:.6g}" == "1"


def _asked_elsewhere(case: Any, explains: Any) -> Iterator[str]:
    """The times at which the score was asked, if the rates of one of them are those found."""
    if not np.isfinite(case.t):
        return
    h = min(1.0, case.t) / 4096
    for u, _ in score_spy.score_calls(case.problem, case.t, case.t - h)[:4]:
        if abs(float(u) - case.t) > 2 * h:
            other = truth(case.problem, [float(u)], [float(u) * (1 - 1e-4)])
            rates = true_rates(
                case.problem, float(u), Small(np.ones(1), other.kernel, np.zeros(1), other)
            )
            if explains(rates - case.true):
                yield f"right if the score were asked at t={case.t:.4g}, not at {float(u):.4g}"


def _noise_rates(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """``[S^d, S^d]`` the rate of the noise from ``x`` to ``y``, and from ``y`` to ``x``."""
    x, _ = on_sequences.index_tables(case.problem.sequences)
    found = between_states(case.problem, rate_matrix(case.problem)[x])
    return found, found.T


def where(all_rates: Sequence[Any], of_orders: bool = False) -> str:
    """In which sizes, noises, data or times all is right and in which it is not; may be empty.

    What tells right from wrong in every case, alone or else two together; if nothing does, what all
    that is wrong has in common: sizes and times only if beyond them the defect is clearly absent.
    ``of_orders``: a term of a lower order is what is wrong, of which a case that does not show it
    may have one that is too small to be seen.
    """
    if of_orders:
        all_rates = [r for r in all_rates if orders_in_step.asked(r.t, r.kind)]
    all_rates = [r for r in all_rates if (r.place.tokens, r.place.length) not in cover.WORDS]
    of_tilts = [r for r in all_rates if r.kind == cover.TILT]
    if len(of_tilts) < len(all_rates) and {r.kind for r in all_rates if _off(r)} == {cover.TILT}:
        return ", ".join(
            filter(None, (_only("data", *_of_kinds(all_rates)), where(of_tilts, of_orders)))
        )
    parts = {
        "d": [r.place.length for r in all_rates],
        "S": [r.place.tokens for r in all_rates],
        "t": [r.t for r in all_rates],
        "noise": [r.place.name for r in all_rates],
        "data": [r.kind for r in all_rates],
    }
    wrong = np.array([_off(r) for r in all_rates])
    if wrong.all() or not wrong.any():
        return ""
    inside = {  # which cases have a value with which something is wrong
        name: np.isin(values, [v for v, each in zip(values, wrong, strict=True) if each])
        for name, values in parts.items()
    }
    common = [name for name, each in inside.items() if not each.all()]
    right, only = (
        {name: tell(name, np.array(parts[name]), inside[name]) for name in common}
        for tell in (_right, _only)
    )
    if alone := [name for name in common if (inside[name] == wrong).all()]:
        told = [right[name] or _all_but(name, np.array(parts[name]), wrong) for name in alone]
        return ", or ".join(filter(None, told))
    for first, second in combinations(common, 2):
        together = inside[first] & inside[second]
        if (together == wrong).all() and only[first] and only[second]:
            return f"{only[first]} and {only[second]}"
    gaps = np.array([r.gap for r in all_rates])

    def absent(name: str) -> bool:
        beyond = gaps[~inside[name]]
        return name in LISTED or bool(not of_orders and beyond.max() <= CLEARLY * gaps[wrong].min())

    # A list of sizes that tells nothing apart is one of where it was looked.
    kept = [right[name] for name in common if absent(name)]
    return ", ".join(each for each in kept if each and not re.search(r"= .*,", each))


def _off(rates: Any) -> bool:
    return bool(rates.wrong or rates.orders)


def _of_kinds(all_rates: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([r.kind for r in all_rates]), np.array([_off(r) for r in all_rates])


def _right(name: str, values: np.ndarray, bad: np.ndarray) -> str:
    """Up to where, or from where on, all is right; elsewhere what ``_only`` says."""
    if name not in LISTED:
        good, found = values[~bad], values[bad]
        if good.max() < found.min():
            return f"right for {name} ≤ {good.max():.4g}"
        if good.min() > found.max():
            return f"right for {name} ≥ {good.min():.4g}"
    return _only(name, values, bad)


def _only(name: str, values: np.ndarray, bad: np.ndarray) -> str:
    """Which ``values`` have something wrong, ``bad``, in words; nothing where they are many.

    Many are, of names, more than MANY, and several that are all that were tried or all but one.
    """
    found = sorted(set(values[bad]))
    if name in LISTED:
        if len(found) > MANY or 1 < len(found) >= len(set(values)) - 1:
            return ""
        return f"only {_under(name)} {', '.join(found)} {name}"
    if values[~bad].max() < found[0]:
        return f"only for {name} ≥ {found[0]:.4g}"
    if values[~bad].min() > found[-1]:
        return f"only for {name} ≤ {found[-1]:.4g}"
    return f"only for {name} = {', '.join(f'{v:.4g}' for v in found)}" if len(found) <= MANY else ""


def _all_but(name: str, values: np.ndarray, bad: np.ndarray) -> str:
    """The one name with which nothing is wrong, where that tells all cases apart."""
    return f"right {_under(name)} {values[~bad][0]} {name}" if name in LISTED else ""


def _under(name: str) -> str:
    return "under" if name == "noise" else "on"

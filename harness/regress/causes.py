"""The most likely cause of wrong rates: what was done to them, and where they are right."""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from harness.regress import cover, orders_in_step, rate_hypotheses

LISTED = ("noise", "data")  # known by their names
MANY = 3  # values of which each is named
CLEARLY = 0.01  # of the smallest defect: no more where it is called right


def told(smallest: Any, all_rates: Sequence[Any]) -> str:
    """What explains the ``smallest`` case, and where ``all_rates`` are right; may be empty."""
    fits = rate_hypotheses.first_that_fits(smallest)
    return "; ".join(each for each in (fits, where(all_rates)) if each)


def where(all_rates: Sequence[Any], of_orders: bool = False) -> str:
    """In which sizes, noises, data or times all is right and in which it is not; may be empty.

    What tells right from wrong in every case, alone or else two together; if nothing does, what all
    that is wrong has in common: sizes and times only if beyond them the defect is clearly absent,
    and sizes only if several places have them.
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
    at = np.array([f"{r.place.tokens} {r.place.length} {r.place.name}" for r in all_rates])

    def absent(name: str) -> bool:
        beyond = ~inside[name]
        if name in LISTED:
            return True
        if name != "t" and len(set(at[beyond])) == 1:
            return False  # one place is no size
        return bool(not of_orders and gaps[beyond].max() <= CLEARLY * gaps[wrong].min())

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

"""A registered thing in words: what a theorem states and asks for, what a sampler claims."""

import inspect
import math
from collections.abc import Iterator
from typing import Any

from harness.foundation import registry
from harness.foundation.registry import NEEDED, Registry, fields_of
from harness.law.claims import Claims, Counted
from harness.show import fields
from harness.verdicts import bibliography
from harness.verdicts.quantities import Quantities
from harness.verdicts.theorem import Side

TRUSTS = {
    "T": "the statement was read in full",
    "O": "only the order is known: this is not the paper's own display",
    "D": "derived here, with its proof",
    "N": "seen on exact laws; nobody's theorem, and never counted as one",
}

SIDES = {
    Side.UPPER: ", and every rung below it",
    Side.LOWER: " from below, and every rung above it",
    Side.TWO_SIDED: " from above and below, and from one side what is below or above it",
}


def lines(kind: Registry, name: str, thing: Any) -> Iterator[str]:
    """All about ``thing``, which is called ``name`` and of the ``kind`` of a registry."""
    yield inspect.cleandoc(thing.__doc__ or "")
    if kind is registry.theorems:
        yield from _of_theorem(thing)
        return
    if kind is registry.samplers and NEEDED not in fields_of(thing).values():
        yield from _of_claims(thing().claims)
    yield from fields.table(kind.kind, name, thing)
    for key, make in kind.ways.get(name, {}).items():
        yield from fields.table(kind.kind, name, make, f"fields, with {key}")


def bounded(cls: Any) -> str:
    """What a theorem bounds, and from which side."""
    return f"{cls.bounds_on}{SIDES[Side(cls.side)]}"


def of_function(make: Any, name: str = "") -> Iterator[str]:
    """All about a function that makes a grid."""
    yield inspect.cleandoc(make.__doc__ or "")
    yield from fields.table("grid", name, make)


def calls_vary(claims: Claims) -> bool:
    """Whether the number of score calls is random, or not the same in every step."""
    return claims.counts is not Counted.STEPS or claims.calls is not None


def _of_claims(claims: Claims) -> Iterator[str]:
    told = {math.inf: "no error", 0: "an error that no step removes"}
    orders = (
        f"output KL falls at least like h^{claims.output_order:g}, chain KL like "
        f"h^{claims.chain_order:g}"
    )
    calls = f"{claims.score_calls} score call(s) a step"
    if calls_vary(claims):
        calls = "a random number of score calls, whose law harness.measurement.score_calls gives"
    tilted = "; on a tilted target an error is kept" if claims.tilted_order == 0 else ""
    yield (
        f"\nclaims: {told.get(claims.output_order, orders)} (full support, exact score and "
        f"start{tilted}); {calls}"
    )
    yield f"traits: {', '.join(sorted(claims.traits))}"


def _of_theorem(cls: Any) -> Iterator[str]:
    exponents = getattr(cls, "exponents", None)
    yield f"\nstatement: {cls.statement}"
    yield f"bounds: {bounded(cls)}"
    yield f"trust: [{cls.trust}] {TRUSTS[cls.trust]}"
    if exponents:
        yield f"exponents: {', '.join(f'{k}^{v}' for k, v in exponents.items())}"
    yield f"source: {cls.source}"
    if cls.bibtex in bibliography.entries():
        yield bibliography.entry(cls.bibtex)
    problem = cls.example()
    yield "assumptions: " + "; ".join(cls().assumptions(problem) or ["none"])
    if hasattr(cls, "terms"):
        yield "terms: " + ", ".join(cls().terms(problem, Quantities(problem)))

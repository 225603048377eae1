"""What is asked of a sampler as its steps get small: that the KL goes to 0, and how fast."""

import dataclasses
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import numpy as np

from harness.measurement.measure import Measurement, measure
from harness.numerics import divergence
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.regress import bank, score_spy
from harness.regress.check_outcome import KEEPS_ERROR, Found
from harness.regress.extrapolation import limit, romberg
from harness.verdicts.slopes import NEEDED, local_slopes, trailing_resolved

TOLERANCE = 0.1  # of an order, one-sided
EXACT = 1e-20  # a KL below this is rounding: the sampler has no error to speak of


class LimitChecks:
    """The checks of one sampler on ever finer grids; what they share is computed once."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "KL goes to 0 with the step", self.vanishes
        yield "KL goes to 0 from noise to data", self.vanishes_everywhere
        yield "KL goes to 0 up to the data themselves", self.vanishes_at_the_data
        yield "a tilted target is followed", self.follows_a_tilt
        yield "output order at least as claimed", partial(self.order, "kl")
        yield "chain order at least as claimed", partial(self.order, "chain_kl")

    def vanishes(self) -> Found:
        """The limit of the KL, extrapolated, is 0 within its uncertainty."""
        if self.sampler.claims.output_order == 0:
            return KEEPS_ERROR
        kls = {name: [m.kl for m in found] for name, found in self.series.items()}
        return _vanishes(kls, self.sampler.claims.output_order)

    def vanishes_everywhere(self) -> Found:
        """The same from ``T = 6`` to ``δ = 0.001``: one that stops short of either is caught."""
        if self.sampler.claims.output_order == 0:
            return KEEPS_ERROR
        return _vanishes(self._kls(bank.whole_time), self.sampler.claims.output_order)

    def vanishes_at_the_data(self) -> Found:
        """The same where the last step ends at ``δ = 0``: one that stops short is caught."""
        claims = self.sampler.claims
        if claims.output_order == 0:
            return KEEPS_ERROR
        if claims.needs_early_stopping or claims.own_order:
            what = "needs early stopping" if claims.needs_early_stopping else "always ends there"
            return Found(None, f"it {what}")
        return _vanishes(self._kls(bank.to_the_data), claims.output_order)

    def follows_a_tilt(self) -> Found:
        """With the score of the base and the values of the tilt: to the tilted law, or nearer."""
        claims = self.sampler.claims
        order = claims.output_order if claims.tilted_order is None else claims.tilted_order
        noises = bank.noises(self.sampler)
        first = bank.tilted(self.sampler, next(iter(noises.values())))[0]
        if not score_spy.asks_for_values(first, *first.grid.intervals()[0]):
            return Found(None, "it asks for no value of a tilted target")
        kls, nearer, numbers = self._kls(bank.tilted), True, []
        for name, noise in noises.items():
            tilted = dataclasses.replace(first, noise=noise)
            base, stop = dataclasses.replace(tilted, target=tilted.target.base), tilted.grid.stop
            of_base = divergence.kl(tilted.marginal(stop), base.marginal(stop))
            nearer &= max(kls[name]) < of_base
            numbers.append(
                f"KL {kls[name][-1]:.3g} where the base has {of_base:.3g} ({name} noise)"
            )
        if order == 0 or not nearer:
            return Found(nearer, ", ".join(numbers))
        return _vanishes(kls, order)

    def order(self, quantity: str) -> Found:
        """The smallest of the last local slopes; output and chain KL have a claim each."""
        claims = self.sampler.claims
        claimed, floor = {
            "kl": (claims.output_order, "floor"),
            "chain_kl": (claims.chain_order, "chain_floor"),
        }[quantity]
        if claimed == 0:
            return KEEPS_ERROR
        numbers, passed, reason = [], True, ""
        for name, found in self.series.items():
            y = [getattr(m, quantity) for m in found]
            floors = [getattr(m, floor) for m in found]
            if y[-1] <= EXACT + floors[-1]:
                numbers.append(f"no error ({name} noise)")
                continue
            slopes = local_slopes([1 / n for n in bank.SERIES], y, floors)
            usable = [slope.value for slope in trailing_resolved(slopes)[-NEEDED:]]
            if len(usable) < NEEDED and np.isfinite(claimed):
                # Slopes that still fall may lead to the claimed order, or below it: what they leave
                # of y/h^order must have a limit, in powers of h.
                constants = [each * n**claimed for each, n in zip(y, bank.SERIES, strict=True)]
                *_, (before, constant) = romberg(constants, 1)
                above = [slope.value for slope in slopes[-NEEDED:]]
                settled = abs(constant - before) <= constants[-1] / 3
                if settled and min(above) >= claimed - TOLERANCE:
                    numbers.append(f"{above[-1]:.2f} and falling to {claimed:g} ({name} noise)")
                    continue
            if len(usable) < NEEDED:
                passed, reason = False, f"{len(usable)} resolved intervals, {NEEDED} needed"
                numbers.append(f"{slopes[-1].value:.2f} unresolved ({name} noise)")
                continue
            passed &= min(usable) >= claimed - TOLERANCE
            numbers.append(f"{min(usable):.2f} ({name} noise)")
        return Found(passed, f"{', '.join(numbers)}; claimed {claimed:g}", reason)

    @cached_property
    def series(self) -> dict[str, list[Measurement]]:
        """Measurements along ``bank.SERIES``, by noise."""
        return {
            name: [measure(problem) for problem in bank.convergence(self.sampler, noise)]
            for name, noise in bank.noises(self.sampler).items()
        }

    def _kls(self, problems: Callable[[Any, Noise], list[Problem]]) -> dict[str, list[float]]:
        """Output KLs of a series of ``bank``, by noise."""
        return {
            name: [measure(each, output_only=True).kl for each in problems(self.sampler, noise)]
            for name, noise in bank.noises(self.sampler).items()
        }


def _vanishes(series: dict[str, list[float]], order: float) -> Found:
    """Whether each series of KLs, by its noise, goes to 0.

    Its limit is no further from 0 than three times its uncertainty, or a hundredth of the last KL;
    and where it is less sure than a third of the last KL, nobody can tell.
    """
    numbers, passed = [], True
    for name, kls in series.items():
        last, (value, spread) = kls[-1], limit(kls, order)
        passed &= last <= EXACT or (
            abs(value) <= max(3 * spread, last / 100) and spread <= last / 3
        )
        numbers.append(f"{value:.1g} ± {spread:.1g} after {last:.2g} ({name} noise)")
    return Found(passed, ", ".join(numbers))

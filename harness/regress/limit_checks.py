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
from harness.regress import bank, cover, falling, law_limit, score_spy
from harness.regress.check_outcome import KEEPS_ERROR, Found
from harness.regress.tolerance import told

FEW_DIGITS = 0.01  # of a probability, after all steps of a run
FEW_STATES = 1024  # of the data, with what their tokens remember
REMEMBERS = (
    "its tokens remember, and those of the truth do not: the chain KL is not defined; "
    "chain_order=0 claims nothing of it"
)
NOWHERE = "the truth goes where the sampler does not, however small the step; order 0 says so"


class LimitChecks:
    """The checks of one sampler on ever finer grids; what they share is computed once."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "KL goes to 0 with the step", self.vanishes
        yield "KL goes to 0 from noise to data", self.vanishes_everywhere
        yield "KL goes to 0 up to the data themselves", self.vanishes_at_the_data
        if self._has_no_small_steps:
            yield "KL goes to 0 at other sizes", self.vanishes_elsewhere
        yield "a tilted target is followed", self.follows_a_tilt
        yield "output order at least as claimed", partial(self.order, "kl")
        yield "chain order at least as claimed", partial(self.order, "chain_kl")

    def vanishes(self) -> Found:
        """The limit of the output law, extrapolated entry by entry, is the truth."""
        return self._judged(lambda: self.inner)

    def vanishes_everywhere(self) -> Found:
        """The same from ``T = 6`` to ``δ = 0.001``: one that stops short of either is caught."""
        return self._judged(lambda: self._outputs(bank.whole_time))

    def vanishes_at_the_data(self) -> Found:
        """The same where the last step ends at ``δ = 0``: one that stops short is caught."""
        claims = self.sampler.claims
        if claims.needs_early_stopping or claims.own_order:
            what = "needs early stopping" if claims.needs_early_stopping else "always ends there"
            return KEEPS_ERROR if claims.output_order == 0 else Found(None, f"it {what}")
        found = self._judged(lambda: self._outputs(bank.to_the_data))
        if found.passed and claims.starts_masked and 1 < claims.output_order < np.inf:
            masked = [bank.masked_start(self.sampler, bank.ONE_WAY, n) for n in bank.STEPS]
            if told := law_limit.lower_orders(law_limit.outputs(masked), claims.output_order):
                return Found(False, "from all masked to the data", told)
        return found

    @property
    def _has_no_small_steps(self) -> bool:
        """Whether its limit is all that is known of it: its tokens remember, or wait their turn."""
        claims = self.sampler.claims
        waits = claims.own_order and claims.chain_order != np.inf
        return claims.output_order > 0 and (claims.memory > 1 or waits)

    def vanishes_elsewhere(self) -> Found:
        """The same at the small ones of the places at which steps of others are tried."""
        memory = self.sampler.claims.memory
        some = [
            place
            for place in cover.places(self.sampler)
            if (place.tokens * memory) ** place.length <= FEW_STATES
        ]
        return self._judged(
            lambda: {
                f"S={each.tokens}, d={each.length}, {each.name} noise": law_limit.outputs(
                    bank.fine(self.sampler, each.noise, target=each.data["sticky"])
                )
                for each in some
            }
        )

    def _judged(self, outputs: Callable[[], dict[str, law_limit.Output]]) -> Found:
        if self.sampler.claims.output_order == 0:
            return KEEPS_ERROR
        made = outputs()
        if max(output.rounding for output in made.values()) > FEW_DIGITS:
            return Found(None, "its laws have too few digits", told(self.sampler).strip(" ()"))
        found = {name: law_limit.judged(output) for name, output in made.items()}
        numbers = ", ".join(f"{each.number} ({name})" for name, each in found.items())
        reasons = [f"{each.reason} ({name})" for name, each in found.items() if each.reason]
        return Found(all(each.passed for each in found.values()), numbers, "; ".join(reasons))

    def follows_a_tilt(self) -> Found:
        """With the score of the base and the values of the tilt: to the tilted law, or nearer."""
        claims = self.sampler.claims
        order = claims.output_order if claims.tilted_order is None else claims.tilted_order
        noises = bank.noises(self.sampler)
        first = bank.tilted(self.sampler, next(iter(noises.values())))[0]
        if not score_spy.knows_of_tilts(first, *first.grid.intervals()[0]):
            return Found(None, "it asks for no value and no base of a tilted target")
        if order > 0:
            return self._judged(lambda: self._outputs(bank.tilted))
        nearer, numbers = True, []
        for name, noise in noises.items():
            kl = measure(bank.tilted(self.sampler, noise)[-1], output_only=True).kl
            tilted = dataclasses.replace(first, noise=noise)
            base, stop = dataclasses.replace(tilted, target=tilted.target.base), tilted.grid.stop
            of_base = divergence.kl(tilted.marginal(stop), base.marginal(stop))
            nearer &= kl < of_base
            numbers.append(f"KL {kl:.3g} where the base has {of_base:.3g} ({name} noise)")
        return Found(nearer, ", ".join(numbers))

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
            if not np.isfinite(y[-1]):
                passed, reason = False, REMEMBERS if claims.memory > 1 else NOWHERE
                numbers.append(f"{y[-1]:g} nats ({name} noise)")
                continue
            told = falling.judged(bank.SERIES, y, floors, claimed)
            if told.rises and not told.passed and np.isfinite(claimed):
                more = self.finer(name, output_only=quantity == "kl")
                y += [getattr(m, quantity) for m in more]
                floors += [getattr(m, floor) for m in more]
                told = falling.judged((*bank.SERIES, *bank.FINER), y, floors, claimed)
            numbers.append(f"{told.number} ({name} noise)")
            passed, reason = passed and told.passed, reason or told.reason
        if quantity == "kl" and passed and 1 < claimed < np.inf and not claims.own_order:
            told = [law_limit.lower_orders(each, claimed) for each in self.inner.values()]
            passed, reason = not any(told), "; ".join(filter(None, told))
        return Found(passed, f"{', '.join(numbers)}; claimed {claimed:g}", reason)

    @cached_property
    def series(self) -> dict[str, list[Measurement]]:
        """Measurements along ``bank.SERIES``, by noise."""
        return {
            name: [measure(problem) for problem in bank.convergence(self.sampler, noise)]
            for name, noise in bank.noises(self.sampler).items()
        }

    def finer(self, name: str, output_only: bool) -> list[Measurement]:
        """The same along ``bank.FINER``: of one whose own moves are fast, slopes show late."""
        noise = bank.noises(self.sampler)[name]
        more = bank.convergence(self.sampler, noise, bank.FINER)
        return [measure(problem, output_only=output_only) for problem in more]

    @cached_property
    def inner(self) -> dict[str, law_limit.Output]:
        """Output laws of ``bank.fine``, by noise."""
        return self._outputs(bank.fine)

    def _outputs(self, series: Callable[..., list[Problem]]) -> dict[str, law_limit.Output]:
        """Output laws of a series of ``bank``, by noise."""

        def of(noise: Noise, *counts: int) -> law_limit.Output:
            return law_limit.outputs(series(self.sampler, noise, counts))

        found = {}
        for name, noise in bank.noises(self.sampler).items():
            made = of(noise)
            assert made.problem
            most = made.problem.grid.steps
            found[f"{name} noise"] = made._replace(finer=partial(of, noise, 2 * most, 4 * most))
        return found

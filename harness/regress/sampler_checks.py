"""What every sampler has to pass, built in or a stranger's.  Each check returns a ``Found``."""

import dataclasses
import math
import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import numpy as np

from harness.engines import output_law, simulate
from harness.engines.sequences import by_kind, step_laws
from harness.law.claims import Claims, Trait
from harness.measurement.measure import Measurement, measure
from harness.measurement.score_calls import score_calls as expected_calls
from harness.numerics import divergence, statistics
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.process.truth import on_sequences
from harness.regress import bank, traits
from harness.regress.dense import dense, errors, states
from harness.regress.extrapolation import aitken, romberg
from harness.regress.subsets_and_orders import from_random_subsets
from harness.verdicts import checks
from harness.verdicts.quantities import Quantities
from harness.verdicts.rates import NEEDED, local_slopes, trailing_resolved
from harness.verdicts.theorem import Rate, Theorem
from harness.verdicts.verdict import Status, Verdict
from toy_targets import Table

ROUNDING = 1e-10  # of probabilities and rates, which are of order one here
CHAINS = 20_000
TOLERANCE = 0.1  # of an order, one-sided
EXACT = 1e-20  # a KL below this is rounding: the sampler has no error to speak of
_RANDOM = re.compile(r"= (random_\w+|threefry\w+)")  # primitives in the text of a jaxpr


class Found(NamedTuple):
    """``passed`` is None where nothing could be decided; ``reason`` then says why."""

    passed: bool | None
    number: str
    reason: str = ""


_KEEPS_ERROR = Found(None, "it claims an error that no step removes")


class SamplerChecks:
    """The checks of one sampler; what several of them need is computed once."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler
        self._kept: dict[Noise, dict[str, list[Quantities]]] = {}

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``, the cheap and basic ones first."""
        yield "keeps the contract", self.contract
        if self._broken():
            return
        yield "accounts for all probability", self.accounts
        yield "is deterministic", self.deterministic
        yield "treats positions alike", self.positions
        yield "calls the score as often as claimed", self.score_calls
        for trait in sorted(self.sampler.claims.traits):
            yield f"has the trait: {trait}", partial(self.trait, trait)
        if self.sampler.claims.rates_in_step is not None:
            yield "rates inside a step generate its law", self.rates_in_step
        if self.sampler.claims.own_order:
            yield "does nothing but reveal masks", self.reveals
        yield "output law is the product of the step laws", self.product
        yield "draws follow the law", self.draws
        yield "KL goes to 0 with the step", self.vanishes
        yield "KL goes to 0 from noise to data", self.vanishes_everywhere
        yield "KL goes to 0 up to the data themselves", self.vanishes_at_the_data
        yield "a tilted target is followed", self.follows_a_tilt
        yield "output order at least as claimed", partial(self.order, "kl")
        yield "chain order at least as claimed", partial(self.order, "chain_kl")
        for theorem in checks.all_theorems():
            # A rate that does not apply at all takes one line, not one a sweep.
            example = self._example(theorem)
            if isinstance(theorem, Rate) and example and not checks.unmet(theorem, example):
                for sweep in bank.SWEEPS:
                    name = f"theorem {theorem.name} along {sweep}"
                    yield name, partial(self.rate, theorem, sweep)
            else:
                yield f"theorem {theorem.name}", partial(self.inequality, theorem)

    def contract(self) -> Found:
        """A frozen dataclass with claims, whose step draws nothing."""
        broken = self._broken()
        if broken:
            return Found(False, "not a sampler", broken)
        problem = bank.step_problems(self.sampler)[0]
        with jax.enable_x64(True):
            step = partial(_step, self.sampler, problem)
            jaxpr = str(jax.make_jaxpr(step)(*problem.grid.intervals()[0]))
        random = len(_RANDOM.findall(jaxpr))
        return Found(not random, f"{random} random operations", "a sampler says the law")

    def accounts(self) -> Found:
        """Probabilities are none below 0 and sum to 1 with what is lost; rates likewise."""
        worst, where = 0.0, ""
        for law, place in self._laws():
            for what, error in errors(law):
                if not error <= worst:
                    worst, where = error, f"{what} by {error:.3g} {place}"
        return Found(worst <= ROUNDING, f"off by {worst:.2g} at most", where)

    def deterministic(self) -> Found:
        """A second, freshly compiled call says the same law."""
        worst = 0.0
        problem = bank.step_problems(self.sampler)[0]
        t, s = problem.grid.intervals()[0]
        with jax.enable_x64(True):
            again = jax.jit(partial(_step, self.sampler, problem))(t, s)
        first = step_laws.step_law(problem, t, s)
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(again), strict=True):
            a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
            gap = np.subtract(a, b, out=np.zeros_like(a), where=a != b)  # both may be infinite
            off = float(np.abs(gap).max())
            worst = worst if off <= worst else off
        return Found(worst <= ROUNDING, f"two calls differ by {worst:.2g}")

    def positions(self) -> Found:
        """Permuting the positions of the target permutes the law, and does nothing else."""
        worst = 0.0
        law_of_data = np.exp(bank.UNTIED.log_law())
        for noise in bank.noises(self.sampler).values():
            problem = bank.problem(self.sampler, bank.UNTIED, bank.UNEVEN, noise)
            space = problem.chain_space
            x, _ = on_sequences.index_tables(space)
            for order in ((1, 2, 0), (1, 0, 2)):  # together they make every permutation
                target = Table(law_of_data.transpose(order))
                moved = dataclasses.replace(problem, target=target)
                to = x[:, order] @ space.strides
                for t, s in problem.grid.intervals():
                    law = dense(problem, step_laws.step_law(problem, t, s))
                    other = dense(moved, step_laws.step_law(moved, t, s))
                    worst = max(worst, float(np.abs(other[np.ix_(to, to)] - law).max()))
        return Found(worst <= ROUNDING, f"off by {worst:.2g} under a permutation")

    def score_calls(self) -> Found:
        problem, claimed = (
            bank.step_problems(self.sampler)[0],
            self.sampler.claims.score_calls,
        )
        found = len(traits.score_calls(problem, *problem.grid.intervals()[0]))
        if found != claimed or self.sampler.claims.calls is None:
            return Found(found == claimed, f"{found} a step, claimed {claimed}")
        # What moves has been asked for: no fewer calls than steps in which something moves.
        law, moving = problem.chain_start, 0.0
        for t, s in problem.grid.intervals():
            matrix = dense(problem, step_laws.step_law(problem, t, s))
            moving += float(law @ (1.0 - np.diag(matrix)))
            law = law @ matrix
        calls = expected_calls(problem).mean
        return Found(
            calls >= moving * (1 - ROUNDING),
            f"{calls:.3g} claimed for a run in which {moving:.3g} steps move something",
            "a sampler that calls less often than it moves",
        )

    def trait(self, trait: Trait) -> Found:
        found = traits.verify(trait, self.sampler)
        return Found(found.passed, f"off by {found.number:.2g}", found.reason)

    def rates_in_step(self) -> Found:
        """What has flowed to a token since the step began is the law that it has."""
        worst, where = 0.0, ""
        for noise in bank.noises(self.sampler).values():
            problem = bank.problem(self.sampler, bank.ONE_WAY, bank.UNEVEN, noise)
            # Longer steps may be clipped, and no rates generate what is clipped.
            for t, s in ((3.0, 2.9), (0.2, 0.1)):
                off = traits.rates_in_step(problem, t, s)
                if not off <= worst:
                    worst, where = off, f"in the step from t={t:g} to s={s:g}"
        return Found(worst <= traits.TOLERANCE, f"off by {worst:.2g}", where)

    def reveals(self) -> Found:
        """A token that is no mask keeps its value; subsets are random where that is claimed."""
        kept, uniform, sizes = 0.0, 0.0, self.sampler.claims.subset_sizes
        for problem in bank.step_problems(self.sampler):
            t, s = problem.grid.intervals()[0]
            matrix, x = dense(problem, step_laws.step_law(problem, t, s)), states(problem)
            mask = x == problem.sequences.tokens - 1
            changes = ((x[:, None] != x) & ~mask[:, None]).any(-1)
            kept = max(kept, float((matrix * changes).sum(1).max()))
            if sizes is not None:
                uniform = max(uniform, from_random_subsets(matrix, mask, sizes(x.shape[1])))
        number = f"{kept:.2g} of the probability changes other tokens"
        if sizes is not None:
            number += f", subsets {uniform:.2g} from uniform"
        return Found(max(kept, uniform) <= ROUNDING, number)

    def product(self) -> Found:
        """The engine against dense ``S^d x S^d`` matrices, which know no shortcut."""
        worst = 0.0
        for problem in bank.step_problems(self.sampler):
            law, tokens = problem.chain_start, problem.sequences.tokens
            for t, s in problem.grid.intervals():
                law = law @ dense(problem, step_laws.step_law(problem, t, s))
            symbols = states(problem) // self.sampler.claims.memory
            index = np.ravel_multi_index(tuple(symbols.T), (tokens,) * symbols.shape[1])
            law = np.bincount(index, law, problem.sequences.size)
            worst = max(worst, float(np.abs(output_law(problem).reshape(-1) - law).max()))
        return Found(worst <= 1e-12, f"off by {worst:.2g} at most")

    def draws(self) -> Found:
        problems = bank.step_problems(self.sampler)
        level, results = statistics.false_alarm_each(len(problems)), []
        for problem in problems:
            drawn = simulate(problem, key=0, chains=CHAINS)
            results.append(statistics.draws_test(drawn, output_law(problem), level))
        worst = min(results, key=lambda result: result.p_value)
        effect = max(result.detectable_tv for result in results)
        number = f"p = {worst.p_value:.2g}, a TV of {effect:.2g} is detectable"
        return Found(worst.passed, number, worst.reason)

    def vanishes(self) -> Found:
        """The limit of the KL, extrapolated; its uncertainty is how far the limit still moves."""
        if self.sampler.claims.output_order == 0:
            return _KEEPS_ERROR
        kls = {name: [m.kl for m in found] for name, found in self.series.items()}
        return _vanishes(kls, self.sampler.claims.output_order)

    def vanishes_everywhere(self) -> Found:
        """The same from ``T = 6`` to ``δ = 0.001``: one that stops short of either is caught."""
        if self.sampler.claims.output_order == 0:
            return _KEEPS_ERROR
        return _vanishes(self._kls(bank.whole_time), self.sampler.claims.output_order)

    def vanishes_at_the_data(self) -> Found:
        """The same where the last step ends at ``δ = 0``: one that stops short is caught."""
        claims = self.sampler.claims
        if claims.output_order == 0:
            return _KEEPS_ERROR
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
        if not traits.asks_for_values(first, *first.grid.intervals()[0]):
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

    def _kls(self, problems: Callable[[Any, Noise], list[Problem]]) -> dict[str, list[float]]:
        """Output KLs of a series of ``bank``, by noise."""
        return {
            name: [measure(each, output_only=True).kl for each in problems(self.sampler, noise)]
            for name, noise in bank.noises(self.sampler).items()
        }

    def order(self, quantity: str) -> Found:
        """The smallest of the last local slopes; output and chain KL have a claim each."""
        claims = self.sampler.claims
        claimed, floor = {
            "kl": (claims.output_order, "floor"),
            "chain_kl": (claims.chain_order, "chain_floor"),
        }[quantity]
        if claimed == 0:
            return _KEEPS_ERROR
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
                limit, before = romberg(constants, 1)
                above = [slope.value for slope in slopes[-NEEDED:]]
                settled = abs(limit - before) <= constants[-1] / 3
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

    def inequality(self, theorem: Theorem) -> Found:
        example = self._example(theorem)
        cases = [*self.bank, *([Quantities(example)] if example else [])]
        return summary([checks.check(q.problem, [theorem], q)[0] for q in cases])

    def rate(self, theorem: Theorem, sweep: str) -> Found:
        cases = self._sweeps(type(theorem).example().noise)[sweep]
        problems = [q.problem for q in cases]
        return summary(checks.check_sweep(problems, bank.SWEEPS[sweep], [theorem], cases))

    @cached_property
    def series(self) -> dict[str, list[Measurement]]:
        return {
            name: [measure(problem) for problem in bank.convergence(self.sampler, noise)]
            for name, noise in bank.noises(self.sampler).items()
        }

    @cached_property
    def bank(self) -> list[Quantities]:
        return [Quantities(problem) for problem in bank.theorem_problems(self.sampler)]

    def _sweeps(self, noise: Noise) -> dict[str, list[Quantities]]:
        """Those under ``noise``, kept for the next theorem."""
        if noise not in self._kept:
            self._kept[noise] = {
                name: [Quantities(problem) for problem in problems]
                for name, problems in bank.sweeps(self.sampler, noise).items()
            }
        return self._kept[noise]

    def _broken(self) -> str:
        """The first rule of the contract that is broken, if any."""
        cls, claims = type(self.sampler), self.sampler.claims
        params = getattr(cls, "__dataclass_params__", None)
        if params is None or not params.frozen:
            return f"{cls.__name__} must be a frozen dataclass"
        if not params.eq or dataclasses.replace(self.sampler) != self.sampler:
            return f"two {cls.__name__} with equal fields must be equal"
        return "" if isinstance(claims, Claims) else f"claims must be a Claims, got {claims!r}"

    def _example(self, theorem: Theorem) -> Problem | None:
        """The theorem's example with this sampler; None if it is none for the sampler."""
        try:
            return dataclasses.replace(type(theorem).example(), sampler=self.sampler)
        except ValueError:
            return None

    def _laws(self) -> Iterator[tuple[Any, str]]:
        for problem in bank.step_problems(self.sampler):
            for t, s in problem.grid.intervals():
                place = f"from t={t:g} to s={s:g}, {type(problem.noise).__name__} noise"
                yield step_laws.step_law(problem, t, s), place


def summary(verdicts: list[Verdict]) -> Found:
    """One line for a theorem on many problems: nothing broken, something decided."""
    worst = checks.worst(verdicts)
    match worst.status:
        case Status.VIOLATED | Status.INCONSISTENT:
            return Found(False, str(worst.status), worst.reason)
        case Status.HOLDS | Status.CONSISTENT:
            return Found(True, f"{worst.status}, {worst.reason}")
        case Status.NOT_APPLICABLE:  # for the reason that its own example, the last, does not hide
            return Found(None, verdicts[-1].reason)
    return Found(None, f"{worst.status}, {worst.reason}")


def _step(sampler: Any, problem: Problem, t: Any, s: Any) -> Any:
    space = problem.chain_space
    x = space.states()
    law = sampler.step(problem.score_model, problem.noise, x, t, s)
    return by_kind.written_out(law, space, x)


def _vanishes(series: dict[str, list[float]], order: float) -> Found:
    """Whether each series of KLs, by its noise, goes to 0.

    The limit is extrapolated twice, once with the order that the sampler claims; the one that moves
    less is taken.
    """
    numbers, passed = [], True
    for name, kls in series.items():
        limits = [tuple(aitken(kls[k - 3 : k]) for k in (len(kls), len(kls) - 1))]
        if 0 < order < math.inf:
            limits.append(romberg(kls, order))
        limit, before = min(limits, key=lambda pair: abs(pair[0] - pair[1]))
        spread, last = abs(limit - before), kls[-1]
        passed &= last <= EXACT or (
            abs(limit) <= max(3 * spread, last / 100) and spread <= last / 3
        )
        numbers.append(f"{limit:.1g} ± {spread:.1g} after {last:.2g} ({name} noise)")
    return Found(passed, ", ".join(numbers))

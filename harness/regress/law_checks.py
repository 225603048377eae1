"""What is asked of the law of a single step, on tiny problems, entry by entry."""

import dataclasses
import numbers
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np

from harness.engines.sequences import by_kind, step_laws
from harness.foundation.precision import float64
from harness.law.claims import Claims, Trait
from harness.law.numeric_fields import filled, parted
from harness.law.step import Tokens
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.regress import bank, cover, draws_only, score_spy, traits
from harness.regress.cases import size
from harness.regress.check_outcome import Found, worse
from harness.regress.step_matrix import clipped, dense, errors, laws_apart, states
from harness.regress.subsets_and_orders import beside_largest, from_random_subsets
from harness.regress.tolerance import at_least, told
from toy_targets import RandomTable

ROUNDING = 1e-10  # of probabilities and rates, which are of order one here
SHORT = grids.custom([0.7, 0.7 - 1e-6])  # beside rates of order one
NEAR = ((4e-3, 3.5e-3), (2.13e-3, 1.9e-3))  # the data: rates there are in the hundreds
CLIPPED = 1e-3  # of a law in so short a step: by far more than its rates explain
SIX = RandomTable(2, 6, seed=7)  # positions, of which subsets are many
TRIES = 3  # until an object takes the address of the one before
MANY = 256  # states up to which a law is written out by an outsider's code
_RANDOM = re.compile(r"= (random_\w+|threefry\w+)")  # primitives in the text of a jaxpr


def broken_contract(sampler: Any) -> str:
    """The first rule of the contract that is broken, if any."""
    cls, claims = type(sampler), sampler.claims
    params = getattr(cls, "__dataclass_params__", None)
    if params is None or not params.frozen:
        return f"{cls.__name__} must be a frozen dataclass"
    try:
        again = dataclasses.replace(sampler)
    except TypeError as error:
        return f"{cls.__name__} must be built from its fields, without an __init__: {error}"
    if not params.eq or again != sampler:
        return f"two {cls.__name__} with equal fields must be equal"
    for each in dataclasses.fields(cls):
        if not each.compare and isinstance(getattr(sampler, each.name), numbers.Number):
            told = f"two {cls.__name__} that differ in {each.name!r} must not be equal"
            return f"{told}: laws are kept by value, and the one would be given the other's"
    return "" if isinstance(claims, Claims) else f"claims must be a Claims, got {claims!r}"


class LawChecks:
    """The checks of the step law of one sampler."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``; the first is the only one where the contract is broken."""
        yield "keeps the contract", self.contract
        if broken_contract(self.sampler):
            return
        yield "accounts for all probability", self.accounts
        yield "is deterministic", self.deterministic
        for trait in sorted(self.sampler.claims.traits):
            yield f"has the trait: {trait}", partial(self.trait, trait)
        if self.sampler.claims.rates_in_step is not None:
            yield "rates inside a step generate its law", self.rates_in_step
        if self.sampler.claims.own_order:
            yield "does nothing but reveal masks", self.reveals
        if self.sampler.claims.entropy_budget is not None:
            yield "keeps to its entropy budget", self.budget

    @property
    def _tolerance(self) -> float:
        return at_least(ROUNDING, self.sampler)

    @property
    def _far_off(self) -> Problem:
        """A problem with a score that is far off."""
        *_, noise = bank.noises(self.sampler).values()
        return bank.problem(self.sampler, bank.ONE_WAY, bank.UNEVEN, noise, score=traits.LEARNED)

    def contract(self) -> Found:
        """A frozen dataclass with claims, whose step draws nothing."""
        broken = broken_contract(self.sampler)
        if broken:
            return Found(False, "not a sampler", draws_only.told(self.sampler) or broken)
        problem = bank.step_problems(self.sampler)[0]
        t, s = problem.grid.intervals()[0]
        if told := score_spy.behind(problem, t, s):
            return Found(False, "it looks behind the score", told)
        try:
            if self.sampler.claims.on_host:
                step_laws.step_law(problem, t, s)
                return Found(True, "a law, made on the host")
            with jax.enable_x64(True):
                jaxpr = str(jax.make_jaxpr(partial(_step, self.sampler, problem))(t, s))
        except Exception:
            if told := draws_only.told(self.sampler):
                return Found(False, "not a sampler", told)
            raise
        random = len(_RANDOM.findall(jaxpr))
        return Found(not random, f"{random} random operations", "a sampler says the law")

    def accounts(self) -> Found:
        """Probabilities are none below 0 and sum to 1 with what is lost; rates likewise.

        In a step that is short beside all rates, nothing had to be clipped.
        """
        worst, where = 0.0, ""
        for law, place in self._laws():
            for what, error in errors(law):
                if worse(error, worst):
                    worst, where = error, f"{what} by {error:.3g} {place}"
        for law, place in self._laws(SHORT):
            if (most := clipped(law)) > CLIPPED and worse(most, worst):
                worst, where = most, f"{most:.3g} of a law is said to be clipped {place}"
        return Found(
            worst <= self._tolerance, f"off by {worst:.2g} at most{told(self.sampler)}", where
        )

    def deterministic(self) -> Found:
        """A second call, freshly compiled unless it is made on the host, says the same law.

        With a score that answers the same and is nothing else, and that is far off.
        """
        problem = self._far_off
        t, s = problem.grid.intervals()[0]
        step = partial(_step, self.sampler, problem)
        call = step if self.sampler.claims.on_host else jax.jit(step)
        first = step_laws.step_law(problem, t, s)
        with jax.enable_x64(True):
            worst = laws_apart(first, call(t, s, score_spy.Plain(problem.score_model)))
            if worst > ROUNDING and laws_apart(first, call(t, s)) <= ROUNDING:
                told = "the law is another where the score is of another class, and answers alike"
                return Found(False, f"two scores that answer alike differ by {worst:.2g}", told)
        if self.sampler.claims.on_host and (off := self._remembered()) > ROUNDING:
            told = "what is kept of a score is used for another one that has taken its address"
            return Found(False, f"the law is off by {off:.2g}", told)
        if worst > ROUNDING or not self.sampler.claims.traced_numbers:
            return Found(worst <= ROUNDING, f"two calls differ by {worst:.2g}")
        form, values = parted(self.sampler)
        with jax.enable_x64(True):
            traced = jax.jit(lambda values, t, s: _step(filled(form, values), problem, t, s))
            worst = laws_apart(first, traced(values, t, s))
        told = f"with its numbers as arguments it differs by {worst:.2g}"
        return Found(worst <= ROUNDING, told, "it claims traced_numbers")

    def _remembered(self) -> float:
        """How far the law is from right for a score that lies where one before has lain."""
        before = bank.step_problems(self.sampler)[0]
        problem = dataclasses.replace(self._far_off, noise=before.noise)
        (t, s), worst = problem.grid.intervals()[0], 0.0
        wanted = step_laws.step_law(problem, t, s)
        for _ in range(TRIES):
            score = score_spy.Plain(before.score_model)
            with jax.enable_x64(True):
                _step(self.sampler, before, t, s, score)
                address = id(score)
                del score
                score = score_spy.Plain(problem.score_model)
                found = _step(self.sampler, problem, t, s, score)
            worst = max(worst, laws_apart(wanted, found))
            if id(score) == address:
                break
        return worst

    def trait(self, trait: Trait) -> Found:
        """What the trait says, computed from the truth."""
        found = traits.verify(trait, self.sampler)
        return Found(found.passed, f"off by {found.number:.2g}", found.reason)

    def rates_in_step(self) -> Found:
        """What has flowed to a token since the step began is the law that it has."""
        worst, where = 0.0, ""
        on = partial(bank.problem, self.sampler, grid=bank.UNEVEN)
        problems = [on(bank.ONE_WAY, noise=noise) for noise in bank.noises(self.sampler).values()]
        if not self.sampler.claims.needs_mask and not bank.refusal(self.sampler, Absorbing()):
            problems.append(on(traits.MASKED, noise=Absorbing()))
        # Longer steps may be clipped, and no rates generate what is clipped.
        tried = [
            (each, step)
            for each in (*problems, on(traits.SIZES[0]))
            for step in ((3.0, 2.9), (0.2, 0.1))
        ]
        name = "absorbing" if self.sampler.claims.needs_mask else "uniform"
        place = cover.place(name, 3, 3)
        for kind in ("rough", "zeros"):
            there = on(place.data[kind], noise=place.noise)
            tried += [(there, step) for step in NEAR]
        for problem, (t, s) in tried:
            off = traits.rates_in_step(problem, t, s)
            if worse(off, worst):
                under = f"{size(problem)}, {type(problem.noise).__name__} noise"
                worst, where = off, f"in the step from t={t:g} to s={s:g}, {under}"
        return Found(worst <= traits.TOLERANCE, f"off by {worst:.2g}", where)

    def reveals(self) -> Found:
        """A token that is no mask keeps its value; subsets are random where that is claimed."""
        kept, uniform, sizes = 0.0, 0.0, self.sampler.claims.subset_sizes
        for problem, law in self._laws_of_masks():
            matrix, x = _matrix(problem, law), states(problem)
            mask = x == problem.sequences.tokens - 1
            changes = ((x[:, None] != x) & ~mask[:, None]).any(-1)
            kept = max(kept, float((matrix * changes).sum(1).max()))
            if sizes is not None:
                uniform = max(uniform, from_random_subsets(matrix, mask, sizes(x.shape[1])))
        number = f"{kept:.2g} of the probability changes other tokens"
        if sizes is not None:
            number += f", subsets {uniform:.2g} from uniform"
        return Found(max(kept, uniform) <= self._tolerance, number)

    def budget(self) -> Found:
        """Entropies of what a step reveals, given what is known, add up to the claim at most."""
        budget, most, where = float(self.sampler.claims.entropy_budget), 0.0, ""
        for problem, law in self._laws_of_masks():
            x = states(problem)
            if not isinstance(law, Tokens):
                return Found(False, f"a {type(law).__name__} has none", "tokens are independent")
            masked = x == problem.sequences.tokens - 1
            beside = beside_largest(masked, np.asarray(law.p)[..., :-1])
            k = int(np.argmax(beside))
            if worse(beside[k], most):
                most, where = float(beside[k]), f"from {''.join(map(str, x[k]))}"
        number = f"{most:.3g} nats beside the largest at most, claimed {budget:g}"
        return Found(most <= budget + self._tolerance, number, where)

    def _laws_of_masks(self) -> Iterator[tuple[Problem, Any]]:
        """Of few positions and of six."""
        for problem in (*bank.step_problems(self.sampler), bank.problem(self.sampler, SIX, SHORT)):
            t, s = problem.grid.intervals()[0]
            yield problem, step_laws.step_law(problem, t, s)

    def _laws(self, grid: Grid | None = None) -> Iterator[tuple[Any, str]]:
        """The laws of the bank's steps, or of those of ``grid``, and where they are."""
        for problem in bank.step_problems(self.sampler):
            for t, s in (grid or problem.grid).intervals():
                place = f"from t={t:g} to s={s:g}, {type(problem.noise).__name__} noise"
                yield step_laws.step_law(problem, t, s), place


def _step(sampler: Any, problem: Problem, t: Any, s: Any, score: Any = None) -> Any:
    space = problem.chain_space
    x = space.states()
    law = sampler.step(score or problem.score_model, problem.noise, x, t, s)
    return by_kind.written_out(law, space, x)


def _matrix(problem: Problem, law: Any) -> np.ndarray:
    if problem.chain_space.size <= MANY:
        return dense(problem, law)
    with float64():
        return np.asarray(by_kind.transitions(law, problem.chain_space)[0])

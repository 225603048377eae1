"""What may not change a state's law: how tokens are called, which other states are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines.sequences import by_kind, step_laws
from harness.engines.sequences.accounts import exits, rates_at
from harness.engines.sequences.step_laws import traceable
from harness.foundation.precision import float64
from harness.law.rounding import rounded
from harness.law.step import Generator, InTurn, Kernel, RandomOrder, Varying
from harness.problem.problem import Problem
from harness.process.noise import Absorbing, RateMatrix
from harness.regress import bank, cover
from harness.regress.check_outcome import Found, worse
from harness.regress.cover import Place
from harness.regress.small_steps import kernels, shares_off
from harness.regress.tolerance import at_least
from toy_targets import Table

OF_ALL = Generator | InTurn | Kernel | RandomOrder | Varying  # tables of all states, in order
SAME = 1e-9  # of a probability
STEPS = np.array([[2.371, 2.193], [0.7313, 0.1379], [2.13e-3, 2.07e-3]])
LARGE = STEPS[1]  # a step in which much moves
TWICE = "two equal rows"
MANY_ROWS = 4098  # more than any states here, two more than a multiple of any usual batch, even


class SymmetryChecks:
    """The checks of one sampler."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "a state's law is its own", self.rows
        yield "another naming of tokens renames the law", self.symbols

    def rows(self) -> Found:
        """The same whichever states are asked for with it, in any order, and when asked again."""
        found = self._rows_at(self._places[0], many=True)
        if not found.passed:
            return found
        if not self._row_by_row:
            return self._outgrown() or found
        other = self._rows_at(self._places[1], many=True, few=True)
        found = found if other.passed else other
        if length := self._of_masks:
            masked = self._rows_at(cover.place("absorbing", 2, length), many=False)
            found = found if masked.passed else masked
        return found

    def _outgrown(self) -> Found | None:
        """Where candidate events of one state alone come too seldom for where they lead."""
        place = next((each for each in self._places if each.length > 1), self._places[0])
        problem = place.problem(self.sampler, place.data["rough"])
        (t, s), space = LARGE, problem.chain_space
        whole = step_laws.step_law(problem, t, s)
        if not isinstance(whole, Varying):
            return None
        with float64(), traceable(problem):
            x = space.states()[space.size // 3 :][:1]
            alone: Any = self.sampler.step(problem.score_model, problem.symbol_noise, x, t, s)
            most = max(float(exits(space, rates_at(whole, space, u)).max()) for u in (t, s))
        if most <= float(alone.top) * (1 + SAME):
            return None
        state = "".join(map(str, np.asarray(x)[0]))
        return Found(
            False,
            f"the bound on all rates is {float(alone.top):.6g} and {most:.6g} is one of them",
            f"alone: the law of {state}; {place}, from t={t:.4g} to s={s:.4g}",
        )

    @property
    def _of_masks(self) -> int:
        """A length to be tried with masks: of code that is for them alone, or for others too."""
        if self._places[0].name == "absorbing":
            return 6
        return 0 if bank.refusal(self.sampler, Absorbing()) else 4

    @cached_property
    def _row_by_row(self) -> bool:
        """Whether laws are told of any states, not of all of them in order."""
        problem = self._places[0].problem(self.sampler, self._places[0].data["rough"])
        return not isinstance(step_laws.step_law(problem, *LARGE), OF_ALL)

    def _rows_at(self, place: Place, many: bool, few: bool = False) -> Found:
        """At ``place``; with batches of other sizes, if ``many``, with one of them, if ``few``."""
        problem = place.problem(self.sampler, place.data["rough"])
        space, laws = problem.chain_space, self._laws(problem)
        x, batches = np.asarray(space.states()), self._batches(place, problem, many)
        if few:
            batches = {name: batch for name, batch in batches.items() if len(batch) == 2}
        found, said = jax.jit(_rows_of(problem)), _rows_of(problem)
        call = said if self.sampler.claims.on_host else found

        def seen(name: str) -> tuple[float, str]:
            worst, told, batch = 0.0, "", batches[name]
            for (t, s), whole in zip(STEPS, laws, strict=True):
                with float64(), traceable(problem):
                    rows = call(problem.score_model, problem.symbol_noise, x[batch], t, s)
                off, row = _apart(np.asarray(rows), whole[batch])
                if worse(off, worst):
                    worst, state = off, "".join(map(str, x[batch[row]]))
                    told = f"{name}: the law of {state}; {place}; from t={t:.4g} to s={s:.4g}"
            return worst, told

        worst, told, same = 0.0, "", at_least(SAME, self.sampler)
        for number, name in enumerate(batches, 1):
            off, where = seen(name)
            if off > same:
                if name == TWICE:  # where two different ones have passed
                    where = f"it depends on how often a state is asked for; {where}"
                tried = f"in the first {number} of {len(batches)} batches"
                return Found(False, f"off by {off:.2g} of a probability {tried}", where)
            if worse(off, worst):
                worst, told = off, where
        return Found(True, f"off by {worst:.2g} of a probability in {len(batches)} batches", told)

    def _batches(self, place: Place, problem: Problem, many: bool) -> dict[str, np.ndarray]:
        """Numbers of states by what is asked with them, the fewest first."""
        space, rng = problem.chain_space, np.random.default_rng(0)
        numbers, x = np.arange(space.size), np.asarray(space.states())
        batches = {"asked for again": numbers}
        if self._row_by_row:
            one = space.size // 2 if many else space.size - 2  # which has masks
            batches |= {
                "in another order": numbers[::-1].copy(),
                "all rows of one state": np.full_like(numbers, one),
                f"{MANY_ROWS} rows": rng.integers(space.size, size=MANY_ROWS),
            }
            if many:
                batches |= {
                    "two rows": rng.permutation(numbers)[:2],
                    TWICE: np.full(2, one),
                    "alone": numbers[space.size // 3 :][:1],
                }
            else:
                last = np.append(np.zeros(place.length - 1, int), place.tokens)  # one is masked
                known = (x // self.sampler.claims.memory == last).all(1)
                batches["alone"] = np.flatnonzero(known)[:1]
        return dict(sorted(batches.items(), key=lambda each: len(each[1])))

    def symbols(self) -> Found:
        """Data and noise with other names for the tokens give the law with these names."""
        if self.sampler.claims.adds_values:
            return Found(None, "it says that it adds up token values")
        worst, told = 0.0, ""
        masks = [] if bank.refusal(self.sampler, Absorbing()) else [cover.place("absorbing", 5, 2)]
        for place in {str(place): place for place in (*self._places, *masks)}.values():
            to = _other_names(place.tokens)  # token a is called to[a]
            back = np.argsort(to)
            data = np.exp(place.data["rough"].log_law())
            renamed = data[np.ix_(*[back] * place.length)]
            noise = place.noise
            if isinstance(noise, RateMatrix):
                noise = RateMatrix(np.asarray(noise.rows)[np.ix_(back, back)])
            here = place.problem(self.sampler, place.data["rough"])
            there = replace(here, target=Table(renamed), noise=noise)
            x = np.asarray(here.chain_space.states())
            memory = self.sampler.claims.memory
            named = np.append(to, place.tokens)[x // memory] * memory + x % memory
            index = named @ here.chain_space.strides
            for k, (before, after) in enumerate(
                zip(self._laws(here), self._laws(there), strict=True)
            ):
                off, row = _apart(after[np.ix_(index, index)], before)
                if worse(off, worst):
                    t, s = STEPS[k]
                    worst = off
                    told = (
                        f"the law of {''.join(map(str, x[row]))}; {place}, "
                        f"from t={t:.4g} to s={s:.4g}; adds_values would say that values count"
                    )
        passed = worst <= at_least(SAME, self.sampler)
        return Found(passed, f"off by {worst:.2g} of a probability", told)

    @cached_property
    def _places(self) -> list[Place]:
        return places(self.sampler)

    def _laws(self, problem: Problem) -> np.ndarray:
        return kernels(problem, *STEPS.T)[0]


def places(sampler: Any) -> list[Place]:
    """A small place and another one, of more tokens, at which ``sampler`` can be asked."""
    if sampler.claims.needs_mask:
        return [cover.place("absorbing", 3, 3), cover.place("absorbing", 5, 2)]
    other = "uniform" if sampler.claims.needs_uniform else "non-symmetric"
    return [cover.place("uniform", 3, 3), cover.place(other, 4, 3)]


def _other_names(tokens: int) -> np.ndarray:
    """A permutation that leaves none its name and, of four or more, is not affine modulo ``S``.

    Displacements modulo ``S`` know nothing of one that is.
    """
    if tokens < 4:
        return np.roll(np.arange(tokens), 1)
    to = np.roll(np.arange(tokens), 2)
    to[-2:] = to[-2:][::-1]
    return to


def _rows_of(problem: Problem) -> Callable[..., Any]:
    """``(score, noise, x [m, d], t, s) -> [m, S^d]``, a new function that is traced anew."""
    sampler, space = problem.sampler, problem.chain_space

    def rows(score: Any, noise: Any, x: Any, t: Any, s: Any) -> Any:
        t, s, x = jnp.asarray(t), jnp.asarray(s), jnp.asarray(x)
        law = by_kind.written_out(rounded(sampler.step(score, noise, x, t, s)), space, x)
        return by_kind.transitions(law, space)[0]

    return rows


def _apart(found: np.ndarray, wanted: np.ndarray) -> tuple[float, int]:
    """The largest difference as a share of a probability, and the row where it is."""
    gaps = shares_off(found, wanted)
    worst = np.where(np.isnan(gaps), np.inf, gaps).max(1)
    return float(worst.max()), int(np.argmax(worst))

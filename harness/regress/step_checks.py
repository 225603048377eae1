"""What is asked of single steps wherever a sampler may be used: at every place of ``cover``."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from harness.problem.problem import Problem
from harness.process.noise import Absorbing
from harness.process.truth import on_sequences
from harness.regress import bank, causes, cover, long_reveals, long_sequences, tolerance
from harness.regress.check_outcome import KEEPS_ERROR, Errors, Found
from harness.regress.consistency import RESOLVED, Rates, Steps
from harness.regress.cover import Place
from harness.regress.extrapolation import at_zero
from harness.regress.small_steps import DUST, HALVINGS, kernels, named, shares_off, truth
from harness.regress.tolerance import at_least

EXACT = 1e-9  # of a probability
LONG = ((7.129, 2.371), (2.371, 0.7313), (0.7313, 0.1379), (0.1379, 0.01713))
WHOLE = (19.37, 7.129, 2.371, 0.7313, 0.1379, 0.01713, 0.0)  # a step for each of six tokens
TO_DATA = 1e-8 / 2.0 ** np.arange(HALVINGS)  # last steps, short beside any probability of the data


class StepChecks:
    """The checks of the steps of one sampler; what is seen of small ones serves all."""

    def __init__(self, sampler: Any, thorough: bool = False) -> None:
        self.sampler, self.thorough = sampler, thorough

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        claims = self.sampler.claims
        if (claims.own_order or claims.output_order == 0) and self._ends_unmasked:
            yield "no mask is left at the end", self.ends
            if claims.output_order == np.inf:
                yield "from all masked the run ends at the data", self.ends_at_the_data
        if claims.own_order:
            yield "a reveal follows the data", self.reveals
            if long_reveals.applies(self.sampler):
                yield "a long sequence is revealed as claimed", self.long_reveals
            return
        yield "a small step follows the reverse generator", self.small
        if long_sequences.applies(self.sampler):
            yield "a small step of a long sequence follows it, too", self.long
        yield "a small step has the orders claimed", self.orders
        yield "the last step ends at the data", self.last
        if claims.output_order == np.inf:
            yield "a step of any length is exact", self.exact

    @property
    def _exact(self) -> float:
        return at_least(EXACT, self.sampler)

    @property
    def _says_nothing(self) -> Found | None:
        claims = self.sampler.claims
        if claims.output_order == 0:
            return KEEPS_ERROR
        return Found(None, "its tokens remember, and no truth does") if claims.memory > 1 else None

    @cached_property
    def steps(self) -> list[Rates]:
        """What small steps do, everywhere."""
        return Steps(self.sampler, self.thorough).all

    def small(self) -> Found:
        """The rates of steps as ``h → 0``, or what they do to ``q_t``, are the truth's."""
        if (nothing := self._says_nothing) is not None:
            return nothing
        wrong = [each for each in self.steps if each.wrong]
        what = "rate" if self.steps[0].x >= 0 else "flow"
        if not wrong:
            off = max(max(each.gap, each.off) for each in self.steps)
            number = f"off by {off:.1g} of a {what} at most, in {len(self.steps)} cases"
            return Found(True, f"{number}{tolerance.told(self.sampler)}")
        worst, smallest = max(wrong, key=lambda each: each.gap), wrong[0]
        why = causes.told(smallest, self.steps)
        number = f"off by {worst.gap:.2g} of {worst.of} in {len(wrong)} of {len(self.steps)} cases"
        if smallest.root:
            why = causes.where(self.steps)
            number = (
                f"a {what} has a term h^0.5 in {sum(e.root for e in wrong)} of {len(self.steps)} "
                f"cases: output order 1, claimed {self.sampler.claims.output_order:g}"
            )
        elif smallest.gap <= RESOLVED:
            number = (
                f"no limit is seen, rates change by {max(e.off for e in wrong):.2g} as h halves"
            )
        return Found(False, number, f"{why + '; ' if why else ''}smallest case {smallest}")

    def long(self) -> Found:
        """The rates of single tokens, of more of them than a table of states can hold."""
        masks = not bank.refusal(self.sampler, Absorbing())
        return long_sequences.found(self.sampler, masks, self.thorough)

    def long_reveals(self) -> Found:
        """Whole runs, of more tokens than a table of states can hold."""
        return long_reveals.found(self.sampler)

    def orders(self) -> Found:
        """No term of a lower order than claimed, however small."""
        if (nothing := self._says_nothing) is not None:
            return nothing
        claims = self.sampler.claims
        if claims.chain_order == 0:
            return Found(None, "its steps are none of the truth's: only runs have an order")
        if any(each.wrong for each in self.steps):
            return Found(None, "its small steps do not follow the reverse generator")
        short = [each for each in self.steps if each.orders]
        told = f"output {claims.output_order:g}, chain {claims.chain_order:g}"
        if not short:
            return Found(True, f"no term of a lower order; claimed {told}")
        why = causes.where(self.steps, of_orders=True)
        where = f"{short[0].place}, {short[0].kind} data, t={short[0].t:.4g}"
        return Found(
            False,
            f"a term of a lower order in {len(short)} of {len(self.steps)} cases; claimed {told}",
            "; ".join(filter(None, (short[0].orders[0], why, f"smallest case {where}"))),
        )

    def last(self) -> Found:
        """A step from ``t`` to 0 leads to the data as ``t → 0``, full support or not."""
        if (nothing := self._says_nothing) is not None:
            return nothing
        if self.sampler.claims.needs_early_stopping:
            return Found(None, "it needs early stopping")
        seen = Errors(at_least(RESOLVED, self.sampler))
        for place, kind, problem in self._cases("rough", "zeros"):
            rows, lost = kernels(problem, TO_DATA, np.zeros(HALVINGS))
            true = truth(problem, TO_DATA, np.zeros(HALVINGS))
            gaps = np.einsum("mx,mxy->my", true.before, rows - true.kernel)
            limit, _ = at_zero(gaps)
            off = float(np.abs(limit).sum() + np.abs(at_zero(true.before @ lost.T)[0]).max()) / 2
            seen.see(off, f"{place}, {kind} data: {_most(problem, limit)}")
        return seen.found(f"TV {seen.worst:.2g} as the last step gets short")

    def exact(self) -> Found:
        """Steps of any length lead where the truth does; from every state if the chain KL is 0."""
        if (nothing := self._says_nothing) is not None:
            return nothing
        by_state, seen = self.sampler.claims.chain_order == np.inf, Errors(self._exact)
        ends = LONG if self.sampler.claims.needs_early_stopping else (*LONG, (0.1379, 0.0))
        t, s = np.array(ends).T
        for number, (place, kind, problem) in enumerate(self._cases("rough", "zeros")):
            if number % 4 not in (0, 3):  # of each place one kind of data
                continue
            rows, _ = kernels(problem, t, s)
            true = truth(problem, t, s)
            wanted, found = true.kernel, np.where((true.before > 0)[..., None], rows, 0.0)
            if not by_state:
                wanted, found = true.after, np.einsum("mx,mxy->my", true.before, rows)
            gaps = shares_off(found, wanted, at_least(DUST, self.sampler))
            k, *_, y = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
            step = f"from t={t[k]:.4g} to s={s[k]:.4g}, to {named(problem, y)}"
            seen.see(gaps.max(), f"{place}, {kind} data, {step}")
        return seen.found(f"off by {seen.worst:.2g} of a probability")

    @cached_property
    def _ends_unmasked(self) -> list[Place]:
        """Where it may go from masks to the data; none for one whose tokens remember."""
        claims = self.sampler.claims
        if claims.needs_early_stopping or claims.memory > 1:
            return []
        found = cover.places(self.sampler, self.thorough)
        return [place for place in found if place.name == "absorbing"]

    def ends(self) -> Found:
        """From all masked no mask is left at time 0, of any number of tokens and positions."""
        seen = Errors(self._exact)
        for problem, law, where in self._from_masks:
            x = on_sequences.index_tables(problem.sequences)[0]
            masked = (x == problem.sequences.tokens - 1).any(1)
            seen.see(law[masked].sum(), where)
        return seen.found(f"masks are left with probability {seen.worst:.2g}")

    def ends_at_the_data(self) -> Found:
        """That the law at time 0 is that of the data is all that it is exact for."""
        seen = Errors(self._exact)
        for problem, law, where in self._from_masks:
            off = law - problem.data_law.reshape(-1)
            seen.see(np.abs(off).sum() / 2, f"{where}: {_most(problem, off)}")
        return seen.found(f"TV {seen.worst:.2g} from the data")

    @cached_property
    def _from_masks(self) -> list[tuple[Problem, np.ndarray, str]]:
        """Runs from all masked to the data: the problem, the law at time 0, where that is."""
        found = []
        t, s = np.array(WHOLE[:-1]), np.array(WHOLE[1:])
        for place, kind, problem in self._cases("rough", "sticky"):  # no state is impossible
            if place in self._ends_unmasked:
                x = on_sequences.index_tables(problem.sequences)[0]
                law = (x == place.tokens).all(1).astype(float)
                for rows in kernels(problem, t, s)[0]:
                    law = law @ rows
                found.append((problem, law, f"{place}, {kind} data"))
        return found

    def reveals(self) -> Found:
        """Whichever tokens are revealed, they have their law given those known, all together.

        Its steps are not small: what can be right of them is this.
        """
        if self.sampler.claims.chain_order != np.inf:
            return KEEPS_ERROR if self.sampler.claims.chain_order == 0 else Found(None, "not exact")
        seen = Errors(self._exact)
        for place, kind, problem in self._cases(*cover.KINDS):
            rows, _ = kernels(problem, np.array([0.7313]), np.array([0.1379]))
            gaps = _unlike_the_data(problem, rows[0], truth(problem, [0.7313], [0.1379]).before[0])
            x, y = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
            moved = f"from {named(problem, x)} to {named(problem, y)}"
            seen.see(gaps.max(), f"{place}, {kind} data: {moved}")
        return seen.found(f"off by {seen.worst:.2g} of a probability")

    def _cases(self, *kinds: str) -> Iterator[tuple[Place, str, Problem]]:
        for place in cover.places(self.sampler, self.thorough):
            if place.length == 1 or place.tokens**place.length <= cover.MANY:
                for kind in kinds:
                    yield place, kind, place.problem(self.sampler, place.data[kind])


def _unlike_the_data(problem: Problem, rows: np.ndarray, law: np.ndarray) -> np.ndarray:
    """``[S^d, S^d]`` how far a step is from revealing given tokens by their joint law."""
    x = on_sequences.index_tables(problem.sequences)[0]
    masked, keep = x == problem.sequences.tokens - 1, np.exp(-0.7313)
    known = masked.shape[1] - masked.sum(1)
    share = law / (keep**known * (1 - keep) ** masked.sum(1))  # that the data have these tokens
    pattern = masked @ (1 << np.arange(masked.shape[1]))
    reached = rows @ np.eye(2 ** masked.shape[1])[pattern]  # which masks are left
    fits = ((x[:, None] == x) | masked[:, None]).all(-1)  # no token that is known has changed
    here = np.where(share > 0, share, 1.0)[:, None]
    wanted = np.where(fits, reached[:, pattern] * share / here, 0.0)
    return np.where((law > 0)[:, None], np.abs(rows - wanted), 0.0)


def _most(problem: Problem, gaps: np.ndarray) -> str:
    y = int(np.argmax(np.abs(gaps)))
    side = "much" if gaps[y] > 0 else "little"
    return f"{named(problem, y)} has {abs(gaps[y]):.2g} too {side}"

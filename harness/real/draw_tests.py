"""The tests of a black box, one by one: what each finds, and what it would have seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.numerics.exact_chi_square import POWER, ChiSquare, against_counts, against_law
from harness.numerics.statistics import counts_test
from harness.real import batches
from harness.real.batches import Agreement


@dataclass(frozen=True)
class Tested:
    """A test by its ``name``: ``p_value`` as found; ``failed`` in the company of all others.

    ``sentence`` says what was found, ``detectable`` what would have been seen, and how surely.
    Not ``told``: there was nothing to test.  ``note``: it is no fault and says nothing of the law.
    """

    name: str
    p_value: float
    sentence: str
    detectable: str
    failed: bool = False
    told: bool = True
    note: bool = False

    @property
    def line(self) -> str:
        """All of it."""
        verdict = "FAILED" if self.failed else "passed"
        if self.note:
            return f"note    {self.name}: {self.sentence}"
        if not self.told:
            return f"open    {self.name}: {self.sentence}"
        told = f"{verdict}  {self.name}: {self.sentence} (p = {self.p_value:.2g})"
        return f"{told}. {self.detectable}"


@dataclass(frozen=True)
class Draws:
    """``rows [..., d]`` of tokens, held to a ``law``, ``[S] * d``; others are outside of it."""

    rows: np.ndarray
    law: np.ndarray

    @property
    def states(self) -> np.ndarray:
        """``[...]`` the number of the state of every row; behind the last one for those outside."""
        inside = ((self.rows >= 0) & (self.rows < self.law.shape[0])).all(-1)
        known = np.moveaxis(np.where(inside[..., None], self.rows, 0), -1, 0)
        return np.where(inside, np.ravel_multi_index(tuple(known), self.law.shape), self.law.size)

    @property
    def cells(self) -> int:
        """How many states there are, those outside being one."""
        return self.law.size + 1

    @property
    def counts(self) -> np.ndarray:
        """``[S^d + 1]`` rows in every state, and outside."""
        return np.bincount(self.states.ravel(), minlength=self.cells)

    @property
    def flat(self) -> np.ndarray:
        """``[S^d + 1]`` the law, and 0 outside."""
        return np.append(self.law.reshape(-1), 0.0)

    def of_tokens(self) -> list[np.ndarray]:
        """``[S + 1]`` counts of the tokens at every place."""
        S = self.law.shape[0]
        tokens = np.where((self.rows >= 0) & (self.rows < S), self.rows, S)
        return [np.bincount(each.ravel(), minlength=S + 1) for each in np.moveaxis(tokens, -1, 0)]

    def token_laws(self) -> list[np.ndarray]:
        """``[S + 1]`` the laws of the tokens at every place."""
        axes = range(self.law.ndim)
        return [np.append(self.law.sum(tuple({*axes} - {i})), 0.0) for i in axes]


def of_law(draws: Draws, level: float) -> Tested:
    """``draws`` against their law, as whole rows and as single tokens."""
    tokens = [against_law(k, p) for k, p in zip(draws.of_tokens(), draws.token_laws(), strict=True)]
    n = draws.states.size
    return _whole_and_tokens(
        "law", against_law(draws.counts, draws.flat), tokens, f"of {n:,} draws", level
    )


def of_size(batched: Draws, alone: Draws, level: float) -> Tested:
    """Rows of batches against rows drawn alone."""
    both = zip(batched.of_tokens(), alone.of_tokens(), strict=True)
    what = f"between {batched.states.size:,} rows of batches and {alone.states.size:,} drawn alone"
    whole = against_counts(batched.counts, alone.counts)
    return _whole_and_tokens("batch size", whole, [against_counts(*k) for k in both], what, level)


def _whole_and_tokens(
    name: str, whole: ChiSquare, tokens: list[ChiSquare], what: str, level: float
) -> Tested:
    """Half of the level for laws of whole rows, half for those of tokens, whichever is off."""
    d = len(tokens)
    worst = min(range(d), key=lambda i: tokens[i].p_value)
    of_token = d * tokens[worst].p_value < whole.p_value
    shown, where = (tokens[worst], f" at place {worst}") if of_token else (whole, "")
    p_value = 2 * min(whole.p_value, d * tokens[worst].p_value)
    # A token that is always the same has no degree of freedom: another one is seen as outside.
    of_tokens = [each.detectable_tv(level / (2 * d)) for each in tokens if each.degrees]
    seen, token = whole.detectable_tv(level / 2), max(of_tokens, default=1.0)
    told = f"A TV of {seen:.2g}, or of {token:.2g} of one token," if max(seen, token) < 1 else ""
    if not told and min(seen, token) < 1:
        told = f"A TV of {seen:.2g}" if seen < 1 else f"A TV of {token:.2g} of one token"
    return Tested(
        name,
        min(1.0, p_value),
        f"chi-square{where} {shown.statistic:.4g} {what}, with {shown.degrees} degrees of freedom",
        f"{told} would have been seen with {POWER:.0%}." if told else NOTHING,
    )


NOTHING = "No difference at all would have been seen for sure: more draws are needed."


def of_cells(draws: Draws, level: float) -> Tested:
    """Exact tails of single states, which see what is concentrated."""
    counts, law = draws.counts, draws.law
    found = counts_test(counts[:-1].reshape(law.shape), law, level, lost=int(counts[-1]))
    said = found.reason.partition(" (p = ")[0]
    seen = _seen("A state drawn too often, by a probability", found.detectable_shift, 0.99)
    return Tested("single states", found.p_value, said, seen)


def of_agreement(name: str, what: str, found: Agreement) -> Tested:
    """How often two of one batch are the same, told of ``what``."""
    said = (
        f"two {what} are the same with probability {found.together:.4g} within a batch, and "
        f"{found.expected:.4g} else"
    )
    return Tested(name, found.p_value, said, _seen("A difference", found.detectable))


def of_halves(
    name: str,
    draws: Draws,
    axis: int,
    test: Callable[[np.ndarray, int, float], float],
    level: float,
) -> Tested:
    """The first half of calls, ``axis`` 0, or of each batch, 1, against the second, by ``test``."""
    halves = [Draws(half, draws.law) for half in np.array_split(draws.rows, 2, axis=axis)]
    first, second = (half.counts for half in halves)
    tv = abs(first / first.sum() - second / second.sum()).sum() / 2
    seen = against_counts(first, second).detectable_tv(level)
    return Tested(
        name,
        test(draws.states, draws.cells, level),
        f"TV {tv:.3g} between halves",
        _seen("Of independent rows, a TV", seen),
    )


def of_seeds(whole: np.ndarray) -> Tested:
    """Neighbours among ``whole [calls, m, d]``: a seed that repeats another is likeliest there."""
    found = [batches.repeated(a, b) for a, b in pairwise(whole)]
    said = "no seed repeats the rows of the one before"
    again = [k for k, (_, p) in enumerate(found) if p < 1]
    if again:
        k, shift = again[0], abs(found[again[0]][0])
        moved = f", moved by {shift} {'row' if shift == 1 else 'rows'}" if shift else ""
        said = f"seed number {k + 1} repeats the rows of seed number {k}{moved}"
    return Tested(
        "different seeds",
        min(1.0, len(found) * min(p for _, p in found)),
        said,
        "Half of a batch that is repeated would have been seen.",
    )


def of_the_same_seed(first: np.ndarray, again: np.ndarray, drew_from: Sequence[str] = ()) -> Tested:
    """``again [m, d]`` is what the seed of ``first`` gave once more.  No chance is in it.

    Other rows are no wrong law, and no fault: they cannot be had again, which is noted.
    ``drew_from``: global generators that the code drew from.
    """
    other = int((first != again).any(1).sum())
    said = "the first seed gave the same rows again"
    if other:
        source = f": it drew from {' and '.join(drew_from)}" if drew_from else ""
        said = (
            f"the first seed gave {other} of {len(first)} rows that are others when asked again; "
            f"the code does not take all that is random in it from its seed{source}. Its law may "
            "be right, and its rows cannot be had again"
        )
    sure = "Any difference would have been seen."
    return Tested("same seed", float(not other), said, sure, note=bool(other))


def _seen(what: str, size: float, power: float = POWER) -> str:
    return f"{what} of {size:.2g} would have been seen with {power:.0%}." if size < 1 else NOTHING

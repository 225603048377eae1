"""All worlds of code that draws: run, force the outcomes of what it drew, run again.

Nothing here knows a framework.  A run is any function ``run(origin [R], outcomes) -> [R, ...]``
that runs the code on a batch of ``R`` rows, row ``r`` of which begins in the state number
``origin[r]``, and answers every draw that the code makes by
``outcomes.site(kind, probabilities, rows)`` (``Outcomes.site`` says what these are).  A tracer of a
framework is what makes such a function: it finds the draws, their probabilities and the row of the
batch that each belongs to.

Where a draw cannot be ascribed to a row it raises ``Coupled``; then ``one_world=True`` runs a batch
of one row for every world, in which each draw belongs to row 0.  Batches are filled up to a prime
number of rows, at least ``LEAST_ROWS``, with copies of the first, so that the axis of the batch is
known by its length.  Afterwards some worlds are run alone with the same outcomes: they must use
them up and lead to the same place with the same probability, or the rows depend on each other.

Statement.  If the code is a function of its state and its draws, and each draw has the stated law
given those before it, the worlds are disjoint, have the stated weights and there are no others.
Proof.  A world is a leaf of the tree in which a node is a site, its children the outcomes.  ∎
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.traced.errors import Coupled, NothingLeft, Untraceable
from harness.traced.growing import Block, grown
from harness.traced.outcomes import Forced, Outcomes, Seen

Run = Callable[[np.ndarray, Outcomes], Any]

CAP = 1_200_000  # worlds of one exploration: a step between a thousand states
ROWS = 20_000  # worlds that are run in one batch
LEAST_ROWS = 101  # more than there are tokens or positions, so that an axis is not mistaken
AGAIN = 2  # times that some worlds are run again: what is kept from run to run may be a parity
ALONE = 8  # worlds that are run alone afterwards
SAME = 1e-6  # relative: what the rounding of a model in a batch of another size may do to a weight


@dataclass(frozen=True)
class Worlds:
    """Every way that the code can go: ``W`` of them.

    ``origin [W]`` the state where a world began, ``weight [W]`` its probability given that,
    ``output [W, ...]`` where it led, ``forced`` the outcomes that lead there.  ``seen``: the sites
    that were met, by kind; ``passes``: how often the code was run.
    """

    origin: np.ndarray
    weight: np.ndarray
    output: np.ndarray
    forced: Forced
    seen: dict[str, Seen]
    names: list[str]
    passes: int


def explore(
    run: Run,
    states: int,
    *,
    prefix: Forced | None = None,
    names: list[str] | None = None,
    cap: int = CAP,
    one_world: bool = False,
    alone: int = ALONE,
    company: Forced | None = None,
    between: Callable[[], object] = bool,
) -> Worlds:
    """All worlds of ``run`` from each of so many ``states``.

    ``prefix``, with the ``names`` of its kinds: outcomes for each state that are replayed before
    anything is enumerated; they do not count in the weights.  ``alone``: how many worlds are run by
    themselves afterwards, each after ``between()``.  ``company``: whole runs from state 0 that go
    along in every batch.

    Raises TooManyWorlds, before they are run, for more than ``cap`` worlds; Coupled where the rows
    of a batch are not independent; Untraceable where the run is no function of its draws, as far as
    worlds that are run again can show it, or ends for some outcomes only after more than ``SITES``
    sites.
    """
    names = [] if names is None else names
    forced = Forced.nothing(states) if prefix is None else prefix
    pending = [Block(np.arange(states), np.ones(states), forced)]
    done: list[tuple[Block, np.ndarray]] = []
    seen: dict[str, Seen] = {}
    passes, finished = 0, 0
    limit = 1 if one_world else ROWS
    while pending:
        block = pending.pop()
        if len(block.origin) > limit:
            pending += [block[k : k + limit] for k in range(0, len(block.origin), limit)]
            continue
        outcomes, output = _pass(run, block, names, one_world, company)
        passes += 1
        _add(seen, outcomes.seen)
        rows = len(block.origin)
        opened = outcomes.opened[:rows]
        if output is not None and not opened.all():
            _used_up(outcomes, block)
            done.append((block[~opened], np.asarray(output)[:rows][~opened]))
            finished += int((~opened).sum())
        if opened.any():
            waiting = finished + sum(len(each.origin) for each in pending)
            pending.append(grown(block, outcomes, cap - waiting, cap))
    worlds = Worlds(
        np.concatenate([block.origin for block, _ in done]),
        np.concatenate([block.weight for block, _ in done]),
        np.concatenate([output for _, output in done]),
        Forced.joined([block.forced for block, _ in done]),
        seen,
        names,
        passes,
    )
    _whole(worlds, states)
    try:
        check_alone(run, worlds, alone, prefix, between=between)
    except Coupled as error:
        if not one_world:
            raise
        raise Untraceable(
            "something besides the draws that are followed is random, or is kept from one run to "
            f"the next: {error}"
        ) from error
    return worlds


def check_alone(
    run: Run,
    worlds: Worlds,
    count: int,
    prefix: Forced | None = None,
    at_once: bool = False,
    between: Callable[[], object] = bool,
) -> None:
    """Run ``count`` of the ``worlds``, spread over all of them, each in a batch of its own.

    ``prefix`` as that of ``explore``; ``at_once``: draws are not put off, as they were not before.

    Raises Coupled where one goes elsewhere than it did in the batch.
    """
    picked = np.unique(np.linspace(0, len(worlds.origin) - 1, count).astype(int))
    for k in picked if count else ():
        between()
        one = worlds.forced[k : k + 1]
        first = None if prefix is None else prefix.length[worlds.origin[k : k + 1]]
        outcomes = Outcomes(one, worlds.names, weigh=True, at_once=at_once, weigh_from=first)
        try:
            output = np.asarray(run(worlds.origin[k : k + 1], outcomes))
        except (Untraceable, NothingLeft) as error:
            raise Coupled(f"a row does something else in a batch of its own: {error}") from error
        if outcomes.position[0] != one.length[0]:
            raise Coupled("a row asks for fewer draws in a batch of its own")
        if not np.array_equal(output[0], worlds.output[k], equal_nan=output.dtype.kind == "f"):
            raise Coupled(
                f"with the same outcomes a row leads to {worlds.output[k].tolist()} in a batch and "
                f"to {output[0].tolist()} alone"
            )
        if not np.isclose(outcomes.weight[0], worlds.weight[k], rtol=SAME, atol=1e-300):
            raise Coupled(
                f"the same outcomes have probability {worlds.weight[k]:.9g} in a batch and "
                f"{outcomes.weight[0]:.9g} alone"
            )


def check_again(
    run: Run,
    worlds: Worlds,
    prefix: Forced,
    company: Forced | None,
    between: Callable[[], object],
) -> None:
    """Run some of the ``worlds`` of ``explore`` in one batch, ``AGAIN`` times after ``between()``.

    Raises Coupled where one leads elsewhere than it did, or has another probability.
    """
    picked = np.unique(np.linspace(0, len(worlds.origin) - 1, LEAST_ROWS // 2).astype(int))
    block = Block(worlds.origin[picked], worlds.weight[picked], worlds.forced[picked])
    for _ in range(AGAIN):
        between()
        first = prefix.length[block.origin]
        outcomes, output = _pass(run, block, worlds.names, False, company, first)
        rows = len(picked)
        same = output is not None and np.array_equal(output[:rows], worlds.output[picked])
        if not same or not np.allclose(outcomes.weight[:rows], block.weight, SAME, 1e-300):
            raise Coupled(
                "the same outcomes lead elsewhere, or have other probabilities, when the code is "
                "run again with other rows"
            )


def batch_size(rows: int) -> int:
    """The least prime number that is at least ``rows`` and ``LEAST_ROWS``."""
    size = max(rows, LEAST_ROWS)
    while any(size % k == 0 for k in range(2, int(size**0.5) + 1)):
        size += 1
    return size


def _pass(
    run: Run,
    block: Block,
    names: list[str],
    one_world: bool,
    company: Forced | None,
    weigh_from: np.ndarray | None = None,
) -> tuple[Outcomes, Any]:
    rows = len(block.origin)
    origin, forced = block.origin, block.forced
    if company is not None:
        forced = Forced.joined([forced, company])
        origin = np.append(origin, np.zeros(len(company.length), int))
    filled = np.zeros(1 if one_world else batch_size(len(origin)), int)
    filled[: len(origin)] = np.arange(len(origin))
    outcomes = Outcomes(forced[filled], names, live=rows)
    if weigh_from is not None:
        outcomes.weigh, outcomes.weigh_from = True, np.zeros(len(filled), int)
        outcomes.weigh_from[:rows] = weigh_from
    try:
        return outcomes, run(origin[filled], outcomes)
    except NothingLeft:
        return outcomes, None


def _used_up(outcomes: Outcomes, block: Block) -> None:
    rows = len(block.origin)
    left = (outcomes.position < outcomes.forced.length) & ~outcomes.opened
    if left[:rows].any():
        raise Coupled("outcomes are left over: the draws of a row depend on the other rows")


def _whole(worlds: Worlds, states: int) -> None:
    mass = np.bincount(worlds.origin, worlds.weight, states)
    off = abs(mass - 1)
    if not (off <= 1e-9).all():
        worst = int(np.nanargmax(off))
        raise Untraceable(f"the worlds of state {worst} have total probability {mass[worst]:.12g}")


def _add(seen: dict[str, Seen], more: dict[str, Seen]) -> None:
    for kind, each in more.items():
        known = seen.setdefault(kind, Seen())
        known.sites += each.sites
        known.outcomes = max(known.outcomes, each.outcomes)

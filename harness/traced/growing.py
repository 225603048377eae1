"""Worlds that are still to be run, and what becomes of them where a draw is open."""

from dataclasses import dataclass, replace

import numpy as np

from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.outcomes import Forced, OpenSite, Outcomes

SITES = 200  # in a row, one after the other: more is taken for a loop without end


@dataclass(frozen=True)
class Block:
    """Worlds that are still to be run; ``depth`` sites have been met by the deepest."""

    origin: np.ndarray
    weight: np.ndarray
    forced: Forced
    depth: int = 0

    def __getitem__(self, rows: np.ndarray | slice) -> "Block":
        return replace(
            self, origin=self.origin[rows], weight=self.weight[rows], forced=self.forced[rows]
        )


def grown(block: Block, outcomes: Outcomes, room: int, cap: int) -> Block:
    """The worlds that the open sites make of a block; ``room`` for so many."""
    if block.depth >= SITES:
        raise Untraceable(
            f"after {SITES} draws in a row the code still draws: with a probability of about "
            f"{block.weight.max():.2g} it does not end. A loop that draws until something is "
            "accepted has no last world: bound it, or draw what it accepts at once"
        )
    rows = len(block.origin)
    owner, kinds, p = _elements(outcomes.sites, rows, len(outcomes.opened))
    count = (p > 0).sum(-1)
    per_row = np.zeros(rows)
    np.add.at(per_row, owner, np.log(count))
    wanted = np.exp(per_row)[outcomes.opened[:rows]].sum()
    if wanted > room * (1 + 1e-9):
        name = outcomes.names[outcomes.sites[0].kind]
        raise TooManyWorlds(
            f"the draws of this code have too many outcomes: a {name} opens {wanted:,.0f} more, of "
            f"{rows:,} rows with up to {np.exp(per_row.max()):,.0f} each, and {cap:,} may be run. "
            "Fewer tokens, positions or draws in one step, or a larger cap"
        )
    first = np.searchsorted(owner, np.arange(rows + 1))
    row, weight = np.flatnonzero(outcomes.opened[:rows]), block.weight[outcomes.opened[:rows]]
    columns: list[np.ndarray] = []
    asked: list[np.ndarray] = []
    for k in range(int(np.diff(first).max())):
        here = first[row] + k < first[row + 1]
        element = np.where(here, first[row] + k, 0)
        table = np.where(here[:, None], p[element], np.eye(1, p.shape[1]))
        world, outcome = np.nonzero(table > 0)
        weight = weight[world] * table[world, outcome]
        columns = [each[world] for each in columns] + [np.where(here[world], outcome, -1)]
        asked = [each[world] for each in asked] + [kinds[element[world]]]
        row = row[world]
    return Block(
        block.origin[row],
        weight,
        _longer(block.forced[row], np.stack(columns, 1), np.stack(asked, 1)),
        block.depth + 1,
    )


def _elements(
    sites: list[OpenSite], rows: int, batch: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``owner [E]``, kind ``[E]`` and ``p [E, K]`` of what is open, by row and then in order."""
    width = max(site.probabilities.shape[1] for site in sites)
    owner, kinds, tables = [], [], []
    for site in sites:
        open_here = site.open & (np.arange(batch) < rows)
        taken = np.flatnonzero(open_here[site.rows])
        owner.append(site.rows[taken])
        kinds.append(np.full(len(taken), site.kind))
        p = site.probabilities[taken]
        tables.append(np.pad(p, ((0, 0), (0, width - p.shape[1]))))
    order = np.argsort(np.concatenate(owner), kind="stable")
    rows_of, kinds_of, p_of = (np.concatenate(each)[order] for each in (owner, kinds, tables))
    return rows_of, kinds_of, p_of


def _longer(forced: Forced, outcomes: np.ndarray, kinds: np.ndarray) -> Forced:
    """``forced`` with more outcomes ``[R, k]`` at its end, -1 for none."""
    more = (outcomes >= 0).sum(1)
    length = forced.length + more
    width = max(int(length.max()), forced.outcomes.shape[1])
    spare = ((0, 0), (0, width - forced.outcomes.shape[1]))
    told = np.pad(forced.outcomes, spare)
    asked = np.pad(forced.kinds, spare)
    row, column = np.nonzero(outcomes >= 0)
    place = forced.length[row] + column  # those of a row have no gap before their end
    told[row, place] = outcomes[row, column]
    asked[row, place] = kinds[row, column]
    return Forced(told, asked, length)

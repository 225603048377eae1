"""Worlds of a loop that arrive at the same state are one from there on; a few of them bear witness.

What a loop hands its model cuts its run into steps.  Of all worlds that hand it the same, one, the
*main* witness, goes on for all; another, which has come another way, goes on beside it, and
whatever it does next must be what the main one does, with the same probabilities.  If it is not,
the loop remembers something that the model is not told.  What such a witness leads to bears witness
in its turn, to the end of the loop, so that what is remembered is found however late it shows.
Some whole *runs*, drawn by chance as the code would draw them, are witnesses from their beginning
to their end.  Where what is remembered changes what comes next in a share ``e`` of all runs, none
of them shows it with probability ``(1 - e)^RUNS`` at most, whatever it is.
"""

from dataclasses import dataclass

import numpy as np

from harness.traced.explorer import Worlds
from harness.traced.outcomes import Forced

DEALT = 16  # witnesses at a boundary that are picked by chance, of all worlds alike
RUNS = 24  # whole runs that are witnesses: what matters in one of five is missed by one loop of 200
SAME = 1e-6  # difference of probabilities that float32 rounding may make, in batches of two sizes


@dataclass(frozen=True)
class Witnesses:
    """``W`` worlds at one boundary between steps; the first of each state is its main one.

    ``state [W]`` the number of the state, ``forced`` what leads there; ``keys [m, k]``
    what the states are, ``mass [m]`` the probability of each.  ``runs`` are the witnesses at which
    whole runs are, one of which may be that of several.
    """

    state: np.ndarray
    forced: Forced
    keys: np.ndarray
    mass: np.ndarray
    runs: np.ndarray

    @classmethod
    def beginning(cls, runs: int) -> "Witnesses":
        """Before the first draw of so many ``runs``: one state, of which nothing is known."""
        one, nothing = np.ones(1), np.zeros((1, 0))
        return cls(np.zeros(1, int), Forced.nothing(1), nothing, one, np.zeros(runs, int))

    @property
    def main(self) -> np.ndarray:
        """``[W]`` which are the main ones."""
        return np.append(True, self.state[1:] != self.state[:-1])


@dataclass(frozen=True)
class Difference:
    """Two ways to ``state``, the tokens that the model was handed, that go on differently.

    ``tv`` between the laws of what comes next.
    """

    state: np.ndarray
    tv: float


def step_laws(worlds: Worlds, witnesses: Witnesses, place: np.ndarray, places: int) -> np.ndarray:
    """``[W, places]``: where each witness goes next; ``place [worlds]`` numbers it."""
    law = np.zeros((len(witnesses.state), places))
    np.add.at(law, (worlds.origin, place), worlds.weight)
    return law


def disagreement(witnesses: Witnesses, law: np.ndarray, tokens: int) -> Difference | None:
    """The worst difference of a witness from the main one of its state, beyond rounding."""
    lead = np.flatnonzero(witnesses.main)
    main = lead[np.searchsorted(witnesses.state[lead], witnesses.state)]
    tv = abs(law - law[main]).sum(-1) / 2
    worst = int(tv.argmax())
    if tv[worst] <= SAME:
        return None
    state = witnesses.keys[witnesses.state[worst], :tokens].astype(int)
    return Difference(state, float(tv[worst]))


def next_witnesses(
    worlds: Worlds,
    before: Witnesses,
    place: np.ndarray,
    keys: np.ndarray,
    tokens: int,
    turn: int,
    dealt: int = 0,
) -> Witnesses:
    """Those at the next boundary, whose states ``keys [m, k]`` are numbered by ``place [worlds]``.

    The first columns of ``keys``, so many, are the ``tokens`` that the model is handed.
    Worlds of place -1 have ended.  The main witness of a state is the likeliest continuation of a
    main one; beside it goes the one with the most other outcomes on its way or, at every second
    ``turn``, of those that differ from it in whether the last step moved anything.  So many more as
    are ``dealt`` are picked by chance, and whole runs go on by chance: of two ways that differ in
    everything what is remembered may be the same, as whether a number is odd.
    """
    from_main = before.main[worlds.origin]
    weight = before.mass[before.state[worlds.origin]] * worlds.weight
    going = place >= 0
    told = worlds.forced.outcomes
    mass = np.bincount(place[going & from_main], weight[going & from_main], len(keys))
    # Whether the step before left all as it was, as far as the model is told.
    stayed = np.zeros(len(place), bool)
    if before.keys.shape[1]:
        own = before.keys[before.state[worlds.origin], :tokens]
        stayed[going] = (own[going] == keys[place[going], :tokens]).all(-1)
    chosen: list[int] = []
    rng = np.random.default_rng(turn)
    runs = _gone_on(worlds, before.runs, rng)
    runs = runs[going[runs]]
    more = np.concatenate([_dealt(place, weight > 0, dealt, rng), runs])
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(len(keys) + 1))
    for k in range(len(keys)):
        candidates = order[first[k] : first[k + 1]]
        mains = candidates[from_main[candidates]]
        if not len(mains):
            continue  # only witnesses come here, which is a difference and was told
        lead = int(mains[weight[mains].argmax()])
        apart = (told[candidates] != told[lead]).sum(-1)
        unlike = apart * (stayed[candidates] != stayed[lead])
        ways = (unlike, apart) if turn % 2 else (apart,)
        other = next((candidates[each.argmax()] for each in ways if each.max() > 0), lead)
        by_chance = more[place[more] == k].tolist()
        chosen += list(dict.fromkeys([lead, int(other), *by_chance]))
    index = np.array(chosen, int)
    at = {world: k for k, world in enumerate(chosen)}
    return Witnesses(
        place[index],
        worlds.forced[index],
        keys,
        mass,
        np.array([at[world] for world in runs if world in at], int),
    )


def _gone_on(worlds: Worlds, runs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The world to which each of the ``runs``, at these origins, goes, drawn by its weight."""
    found = np.empty(len(runs), int)
    for k, origin in enumerate(runs):
        ways = np.flatnonzero(worlds.origin == origin)
        found[k] = rng.choice(ways, p=worlds.weight[ways] / worlds.weight[ways].sum())
    return found


def _dealt(
    place: np.ndarray, possible: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Up to ``count`` worlds of places that are not -1, of as many places as can be."""
    there = rng.permutation(np.flatnonzero((place >= 0) & possible))
    there = there[np.argsort(place[there], kind="stable")]
    first = np.searchsorted(place[there], place[there])
    # The first of each place in a shuffled order, then the second of each, and so on.
    turns = np.arange(len(there)) - first
    return there[np.lexsort((rng.random(len(there)), turns))[:count]]

"""Worlds of a loop that arrive at the same state are one from there on; a few of them bear witness.

What a loop hands its model cuts its run into steps.  Of all worlds that hand it the same, one, the
*main* witness, goes on for all; others, which have come another way, go on beside it, and whatever
they do next must be what the main one does, with the same probabilities.  If it is not, the loop
remembers something that the model is not told.  Witnesses of witnesses are carried on to the end,
so that what is remembered is found however late it shows.
"""

from dataclasses import dataclass

import numpy as np

from harness.traced.explorer import Worlds
from harness.traced.outcomes import Forced

SAME = 1e-6  # difference of probabilities that float32 rounding may make, in batches of two sizes


@dataclass(frozen=True)
class Witnesses:
    """``W`` worlds at one boundary between steps; the first of each state is its main one.

    ``state [W]`` the number of the state, ``forced`` what leads there, ``path [W, i]`` the states
    on the way, ``chance [W]`` the probability of the world; ``keys [m, k]`` what the states are,
    ``mass [m]`` the probability of each.
    """

    state: np.ndarray
    forced: Forced
    path: np.ndarray
    chance: np.ndarray
    keys: np.ndarray
    mass: np.ndarray

    @classmethod
    def beginning(cls) -> "Witnesses":
        """Before the first draw: one state, of which nothing is known."""
        one, nothing = np.ones(1), np.zeros((1, 0))
        return cls(np.zeros(1, int), Forced.nothing(1), nothing.astype(int), one, nothing, one)

    @property
    def main(self) -> np.ndarray:
        """``[W]`` which are the main ones."""
        return np.append(True, self.state[1:] != self.state[:-1])


@dataclass(frozen=True)
class Difference:
    """Two ways to ``state``, a row of what the model was handed, that go on differently.

    ``tv`` between the laws of what comes next.
    """

    state: np.ndarray
    tv: float


def step_laws(worlds: Worlds, witnesses: Witnesses, place: np.ndarray, places: int) -> np.ndarray:
    """``[W, places]``: where each witness goes next; ``place [worlds]`` numbers it."""
    law = np.zeros((len(witnesses.state), places))
    np.add.at(law, (worlds.origin, place), worlds.weight)
    return law


def disagreement(witnesses: Witnesses, law: np.ndarray) -> Difference | None:
    """The worst difference of a witness from the main one of its state, if it is more than rounding."""
    lead = np.flatnonzero(witnesses.main)
    main = lead[np.searchsorted(witnesses.state[lead], witnesses.state)]
    tv = abs(law - law[main]).sum(-1) / 2
    worst = int(tv.argmax())
    if tv[worst] <= SAME:
        return None
    return Difference(witnesses.keys[witnesses.state[worst]], float(tv[worst]))


def next_witnesses(
    worlds: Worlds, before: Witnesses, place: np.ndarray, keys: np.ndarray
) -> Witnesses:
    """Those at the next boundary, whose states ``keys [m, k]`` are numbered by ``place [worlds]``.

    Worlds of place -1 have ended.  The main witness of a state is the likeliest continuation of a
    main one; beside it the one that came from elsewhere at most steps, and one that differs from it
    in whether the last step moved anything.
    """
    from_main = before.main[worlds.origin]
    weight = before.mass[before.state[worlds.origin]] * worlds.weight
    path = np.concatenate(
        [before.path[worlds.origin], before.state[worlds.origin][:, None]], axis=1
    )
    going = place >= 0
    mass = np.bincount(place[going & from_main], weight[going & from_main], len(keys))
    # Whether the step before left all as it was, as far as the model is told.
    width = min(keys.shape[1], before.keys.shape[1])
    own = before.keys[before.state[worlds.origin]][:, :width]
    stayed = np.zeros(len(place), bool)
    stayed[going] = (own[going] == keys[place[going]][:, :width]).all(-1)
    chosen: list[int] = []
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(len(keys) + 1))
    for k in range(len(keys)):
        candidates = order[first[k] : first[k + 1]]
        mains = candidates[from_main[candidates]]
        if not len(mains):
            continue  # only witnesses come here, which is a difference and was told
        lead = int(mains[weight[mains].argmax()])
        apart = (path[candidates] != path[lead]).sum(-1)
        picked = [lead]
        if apart.max() > 0:
            picked.append(int(candidates[apart.argmax()]))
        other = candidates[stayed[candidates] != stayed[lead]]
        if len(other):
            picked.append(int(other[(path[other] != path[lead]).sum(-1).argmax()]))
        chosen += list(dict.fromkeys(picked))
    index = np.array(chosen, int)
    return Witnesses(
        place[index],
        worlds.forced[index],
        path[index],
        before.chance[worlds.origin[index]] * worlds.weight[index],
        keys,
        mass,
    )

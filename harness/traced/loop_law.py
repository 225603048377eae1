"""The exact law of a loop, found from one model call to the next.

The model is ours: what it is handed cuts the run into steps.  From every state that can be there
the next step is enumerated, after what leads there has been replayed; worlds that arrive at the
same state are merged (``witnesses``).  So the work is linear in the states and quadratic in the
steps.
"""

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from harness.traced.company import Company
from harness.traced.errors import Coupled, NothingLeft, TooManyWorlds, Untraceable
from harness.traced.explorer import LEAST_ROWS, Worlds, check_again, check_alone, explore
from harness.traced.loop_run import LoopRun
from harness.traced.outcomes import Forced, Outcomes, Seen
from harness.traced.witnesses import (
    DEALT,
    RUNS,
    Difference,
    Witnesses,
    disagreement,
    next_witnesses,
    step_laws,
)

IN_WORDS = {
    "draws": "how much it has drawn so far",
    "before": "what it handed to its model the time before",
    "step": "what it has drawn since it asked its model the last time",
    "start": "what it drew before it asked its model for the first time",
}
CALLS_ALONE = 10_000  # model calls of a loop that is run one row at a time: some 20 seconds
AGAIN_AT = 1, 2  # the numbers of calls after which some worlds are run again, as at the end
ALONE = 4  # whole runs that are done once more in a batch of one row


@dataclass(frozen=True)
class LoopLaw:
    """``law [S] * d`` of what a loop of ``steps`` gives, masks included; ``lost`` is no token.

    ``calls`` is the mean number of model calls of a run; ``states`` how many there were at most
    between two steps, ``worlds`` how many outcomes were run, ``seen`` the kinds of draws.
    ``memory`` names what the loop remembers besides what it hands to its model, ``hidden`` how that
    was seen; ``coupled`` is why rows of a batch could not be run together: the law is then that of
    a batch of one row.  ``handed``: for each call of the model what it was handed, ``[m, d]``,
    and the probabilities ``[m]`` that a run gets there.  ``saved``: how many calls of its model a
    run in a batch of its own did without, by answers that are kept while nothing moves.
    ``moves``: what leads from the first call of the model to the second, or to the end: from
    ``x [m, d]`` to ``y [m, d]``, -1 for no token, with the probabilities ``[m]`` of both.
    ``among``: the law is not that of a batch of one row, but of a row among others that move.
    """

    law: np.ndarray
    lost: float
    steps: int
    calls: float
    states: int
    worlds: int
    seen: dict[str, Seen]
    memory: tuple[str, ...] = ()
    hidden: Difference | None = None
    coupled: str = ""
    handed: tuple[tuple[np.ndarray, np.ndarray], ...] = field(default=(), repr=False)
    saved: int = 0
    among: bool = False
    moves: tuple[np.ndarray, ...] = field(default=(), repr=False)

    @property
    def remembers(self) -> str:
        """In words, what the loop remembers besides what it hands to its model; else empty."""
        return " and ".join(IN_WORDS[each] for each in self.memory)


class Boundaries:
    """The law of a loop as it is found, boundary after boundary, with one ``memory``."""

    def __init__(
        self,
        run: LoopRun,
        memory: tuple[str, ...],
        one_world: bool,
        merge: bool,
        max_states: int,
        cap: int,
        seed: int = 0,
    ) -> None:
        self.run, self.memory, self.one_world, self.merge = run, memory, one_world, merge
        self.max_states, self.cap = max_states, cap
        self.names: list[str] = []
        self.out = np.zeros(run.space.size)
        self.lost = self.calls = 0.0
        self.states, self.worlds = 1, 0
        self.seen: dict[str, Seen] = {}
        self.start: np.ndarray | None = None
        self.handed: list[tuple[np.ndarray, np.ndarray]] = []
        self.company = None if one_world else Company(run, self.names, seed)
        self.moves: tuple[np.ndarray, ...] = ()
        self.seed, self.saved, self.spent = seed, 0, 0

    def all_steps(self) -> Difference | None:
        """Through the loop; where two witnesses differ, that and no more."""
        witnesses, stop, tokens = Witnesses.beginning(RUNS), 0, self.run.space.length
        while len(witnesses.keys):
            worlds = self._next(witnesses, stop)
            if self.one_world:
                self._afford(worlds.passes, stop)
            done = worlds.output[:, 0] == 1
            keys, place = np.unique(self._keys(worlds, witnesses), axis=0, return_inverse=True)
            place = place.reshape(-1)
            told = disagreement(witnesses, step_laws(worlds, witnesses, place, len(keys)), tokens)
            if told is not None:
                return told
            self._end(worlds, witnesses, done)
            if stop == 1:
                self.moves = self._moved(worlds, witnesses)
            going = np.unique(place[~done])
            number = np.full(len(keys), -1)
            number[going] = np.arange(len(going))
            if len(going) > self.max_states:
                raise TooManyWorlds(
                    f"{self.run.name} has {len(going):,} states between two steps, at most "
                    f"{self.max_states:,} are followed: fewer tokens or positions"
                )
            witnesses = next_witnesses(
                worlds, witnesses, number[place], keys[going][:, 1:], tokens, stop, DEALT
            )
            self.handed.append((witnesses.keys[:, :tokens].astype(int), witnesses.mass))
            self.states, stop = max(self.states, len(going)), stop + 1
        return None

    def _afford(self, passes: int, stop: int) -> None:
        """See how many model calls are to come, if all later steps take as many runs as this one.

        Raises TooManyWorlds for more than ``CALLS_ALONE``.
        """
        self.spent += passes * (stop + 1)
        ahead = passes * sum(range(stop + 2, self.run.steps + 2))
        if self.spent + ahead > CALLS_ALONE:
            raise TooManyWorlds(
                f"rows are run one at a time: after {stop} of "
                f"{self.run.steps} steps {passes:,} runs a step are needed, which ask the model "
                f"{self.spent + ahead:,} times or more, and {CALLS_ALONE:,} are allowed. Fewer "
                "steps, tokens or positions, or rows that do not depend on each other"
            )

    def _next(self, witnesses: Witnesses, stop: int) -> Worlds:
        run, company = self.run, self.company
        handed = witnesses.keys[witnesses.state][:, : run.space.length + 1]

        def code(origin: np.ndarray, outcomes: Outcomes) -> np.ndarray:
            found = run.to_call(outcomes, len(origin), stop if self.merge else None)
            if run.before is not None:
                live = slice(outcomes.live)
                _same_again(run.before[live], handed[origin[live]], self.one_world)
            if company is not None and outcomes.live is not None:
                company.check(stop, found[outcomes.live : outcomes.live + len(company)])
            return found

        worlds = explore(
            code,
            len(witnesses.state),
            prefix=witnesses.forced,
            names=self.names,
            cap=self.cap,
            one_world=self.one_world,
            alone=ALONE if self.one_world else 0,
            between=self._to_a_call,
            company=None if company is None else company.forced,
        )
        if not self.one_world and (stop in AGAIN_AT or (worlds.output[:, 0] == 1).all()):
            forced = company.forced if company else None
            check_again(code, worlds, witnesses.forced, forced, self._to_a_call)
        self.worlds += len(worlds.origin)
        for kind, each in worlds.seen.items():
            known = self.seen.setdefault(kind, Seen())
            known.sites += each.sites
            known.outcomes = max(known.outcomes, each.outcomes)
        return worlds

    def _to_a_call(self) -> None:
        """Run to the first draw after a call: what counts calls over all runs is elsewhere then."""
        rows = 1 if self.one_world else LEAST_ROWS
        with suppress(NothingLeft):
            self.run.to_call(Outcomes(Forced.nothing(rows)), rows, 1)

    def _keys(self, worlds: Worlds, before: Witnesses) -> np.ndarray:
        """What tells one state from another: what was handed, and what may be remembered."""
        parts = [worlds.output]
        if "draws" in self.memory:
            parts.append(worlds.forced.length[:, None])
        if "before" in self.memory:
            width = worlds.output.shape[1] - 1
            own = before.keys[:, :width] if before.keys.shape[1] else np.zeros((1, width))
            parts.append(own[before.state[worlds.origin]])
        began = before.forced.length[worlds.origin]
        if "step" in self.memory:
            parts.append(_drawn_between(worlds.forced, began, worlds.forced.length))
        if "start" in self.memory:
            self.start = worlds.forced.length if self.start is None else self.start
            parts.append(worlds.forced.outcomes[:, : self.start.max()])
        keys = np.concatenate(parts, 1).astype(float)
        done = worlds.output[:, 0] == 1
        keys[done, worlds.output.shape[1] :] = 0  # at the end nothing is remembered
        return keys

    def _end(self, worlds: Worlds, before: Witnesses, done: np.ndarray) -> None:
        main = done & before.main[worlds.origin]
        if not main.any():
            return
        index = np.flatnonzero(main)
        weight = (before.mass[before.state[worlds.origin]] * worlds.weight)[index]
        y = worlds.output[index, 1:-1].astype(int)
        kept = (y >= 0).all(-1)
        place = (y * np.asarray(self.run.space.strides)).sum(-1)
        np.add.at(self.out, place[kept], weight[kept])
        self.lost += weight[~kept].sum()
        self.calls += (weight * worlds.output[index, -1]).sum()

    def _moved(self, worlds: Worlds, before: Witnesses) -> tuple[np.ndarray, ...]:
        main = before.main[worlds.origin]
        state, tokens = before.state[worlds.origin[main]], self.run.space.length
        x, y = before.keys[state, :tokens], worlds.output[main, 1 : 1 + tokens]
        return x.astype(int), y.astype(int), before.mass[state] * worlds.weight[main]

    def check(self) -> None:
        """Some whole runs in one batch, and each once more in one of its own.  Raises Coupled.

        What nobody looks at is drawn too: who looks may depend on when the model is called.
        """
        if self.one_world:
            return
        names: list[str] = []
        crowd = Company(self.run, names, self.seed + ALONE, at_once=True)
        calls = int(crowd.given[0, -1])

        def code(origin: np.ndarray, outcomes: Outcomes) -> np.ndarray:
            found = self.run.to_call(outcomes, len(origin), None)
            self.saved = max(self.saved, calls - int(found[0, -1]))
            return found[:, 1:-1]

        origin, given = np.zeros(len(crowd), int), crowd.given[:, 1:-1]
        worlds = Worlds(origin, crowd.weight, given, crowd.forced, {}, names, 1)
        check_alone(code, worlds, ALONE, at_once=True)

    def law(self, hidden: Difference | None, coupled: str) -> LoopLaw:
        space = self.run.space
        total = self.out.sum() + self.lost
        if abs(total - 1) > 1e-9:
            raise Untraceable(f"the law of {self.run.name} has total probability {total:.12g}")
        shape = (space.tokens,) * space.length
        return LoopLaw(
            self.out.reshape(shape), float(self.lost), self.run.steps, float(self.calls),
            self.states, self.worlds, self.seen, self.memory, hidden, coupled, tuple(self.handed),
            self.saved, moves=self.moves,
        )  # fmt: skip


def _same_again(handed: np.ndarray, before: np.ndarray, one_world: bool) -> None:
    """That a run is ``handed [rows, k]`` what it was ``before`` with the same outcomes.

    Raises Coupled where it is not; Untraceable in ``one_world``.
    """
    differ = (handed != before).any(-1)
    if differ.any():
        raise (Untraceable if one_world else Coupled)(
            f"with the same outcomes the model is handed {handed[differ][0].tolist()}, and was "
            f"{before[differ][0].tolist()} (tokens and time) in a run before: something besides "
            "the draws that are followed is random, is kept from one run to the next, or depends "
            "on other rows"
        )


def _drawn_between(forced: Forced, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """``[worlds, k]`` the outcomes from place ``first`` to before ``end``, filled up with -1."""
    width = int((end - first).max(initial=0))
    place = first[:, None] + np.arange(width)
    there = place < end[:, None]
    found = np.take_along_axis(forced.outcomes, np.where(there, place, 0), 1) if width else place
    return np.where(there, found, -1)

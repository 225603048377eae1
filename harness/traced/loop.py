"""A whole loop of code that draws: the exact law of what it gives.

The model is ours: what it is handed cuts the run into steps.  From every state that can be there
the next step is enumerated, after what leads there has been replayed; worlds that arrive at the
same state are merged (``witnesses``).  So the work is linear in the states and quadratic in the
steps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.foundation.validation import choice, integer
from harness.process.noise import Noise
from harness.process.own_score import named
from harness.process.space import Sequences
from harness.traced.backends import NAMES, Backend, backend
from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.explorer import CAP, Worlds, check_alone, explore
from harness.traced.models import ASKS, Model, model
from harness.traced.outcomes import Outcomes, Seen
from harness.traced.witnesses import (
    Difference,
    Witnesses,
    disagreement,
    next_witnesses,
    step_laws,
)

MAX_STATES = 256
MAX_CALLS = 10_000
ALONE = 4  # whole runs that are done once more in a batch of one row

# What a loop may remember besides what it hands its model, tried one after the other.
MEMORIES = ((), ("draws",), ("before",), ("draws", "before"))
IN_WORDS = {
    "draws": "how much it has drawn so far",
    "before": "what it handed to the model the time before",
}


@dataclass(frozen=True)
class LoopLaw:
    """``law [S] * d`` of what a loop of ``steps`` gives, masks included; ``lost`` is no token.

    ``calls`` is the mean number of model calls of a run; ``states`` how many there were at most
    between two steps, ``worlds`` how many outcomes were run, ``seen`` the kinds of draws.
    ``memory`` names what the loop remembers besides what it hands to its model, ``hidden`` how that
    was seen; ``coupled`` is why rows of a batch could not be run together: the law is then that of
    a batch of one row.
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


class _Boundary(BaseException):
    """Ends a run at a model call; no ``Exception``, so that the code does not catch it."""


@dataclass(frozen=True)
class TracedLoop:
    """``code(model, steps, rows) -> y [rows, d]``: a loop that draws samples from nothing.

    The code is run as it is, on tensors of its ``framework``, with a model that answers what it
    ``asks`` (a name of ``models.ASKS``).  ``options`` are further fields of ``models.Model``, of
    which ``clock`` says the noise time at the code's own time.  ``steps`` are the numbers of steps
    that a report runs.  ``one_row``: the code is called as ``code(model, steps)`` and gives one
    sample.  More than ``max_states`` between two steps, or ``cap`` outcomes of one, are refused.

    Raises TypeError, ValueError.
    """

    code: Callable[..., Any] = field(repr=False)
    asks: str = "posterior"
    framework: str = "torch"
    steps: tuple[int, ...] = (2, 4, 8, 16, 32)
    options: tuple[tuple[str, Any], ...] | dict[str, Any] = field(default=(), repr=False)
    one_row: bool = False
    max_states: int = MAX_STATES
    cap: int = CAP
    name: str = ""

    def __post_init__(self) -> None:
        if not callable(self.code):
            raise TypeError(f"code must be called as code(model, steps, rows), got {self.code!r}")
        choice("asks", self.asks, ASKS)
        choice("framework", self.framework, NAMES)
        object.__setattr__(self, "steps", tuple(integer("steps", n, 1) for n in self.steps))
        object.__setattr__(self, "options", tuple(dict(self.options).items()))
        object.__setattr__(self, "name", self.name or named(self.code))

    def law(self, score: Any, noise: Noise, steps: int, *, merge: bool = True) -> LoopLaw:
        """What ``steps`` of the loop give, with a model that knows this ``score`` and ``noise``.

        ``merge=False`` runs every world to its end: for the few steps where that can be done.

        Raises Untraceable for what cannot be followed, or a loop that remembers more than can be
        made part of its state; TooManyWorlds.
        """
        run = self.run(score, noise, steps)
        coupled = ""
        if not self.one_row:
            try:
                return run.law(one_world=False, merge=merge)
            except Coupled as error:
                coupled = str(error)
        return run.law(one_world=True, merge=merge, coupled=coupled)

    def run(self, score: Any, noise: Noise, steps: int) -> "LoopRun":
        """What runs ``steps`` of the loop with a model of this ``score`` and ``noise``."""
        space: Sequences = score.space
        asked = model(self.asks, score, noise, space, **dict(self.options))
        return LoopRun(self, integer("steps", steps, 1), space, asked, backend(self.framework))


@dataclass
class LoopRun:
    """A ``loop`` of so many ``steps``, its model ``asked``."""

    loop: TracedLoop
    steps: int
    space: Sequences
    asked: Model
    library: Backend

    def draws(self, rows: int, seed: int) -> np.ndarray:
        """``[rows, d]`` symbols that the code gives by itself, -1 where it gives no token."""
        self.asked.on_call = None
        given = self.library.draw(seed, lambda: self._code(rows))
        return self.asked.vocabulary.symbols_or_none(given)

    def law(self, one_world: bool, merge: bool, coupled: str = "") -> LoopLaw:
        """As ``TracedLoop.law``; Coupled where rows of a batch depend on each other."""
        hidden: Difference | None = None
        for memory in MEMORIES if merge else MEMORIES[:1]:
            found = _Found(self, memory, one_world, merge)
            told = found.all_steps()
            if told is None:
                return found.law(hidden, coupled)
            hidden = told
        assert hidden is not None
        raise Untraceable(
            f"{self.loop.name} remembers more than what it hands to its model: with "
            f"{hidden.state.tolist()} handed to it, what comes next depends on what was before, by "
            f"{hidden.tv:.3g} in total variation. Hand to the model all that the loop keeps"
        )

    def _code(self, rows: int) -> Any:
        if self.loop.one_row:
            return self.loop.code(self.asked, self.steps)
        return self.loop.code(self.asked, self.steps, rows)

    def to_call(self, outcomes: Outcomes, rows: int, stop: int | None) -> np.ndarray:
        """``[rows, 1 + k]``: what the model is handed after ``stop`` calls; 1 and tokens at an end.

        First 0 and then the symbols, the time last, -1 if there is none.
        """
        asked, handed = self.asked, []

        def on_call(y: np.ndarray, u: np.ndarray | None) -> None:
            if asked.calls > MAX_CALLS:
                raise Untraceable(f"the loop calls its model more than {MAX_CALLS} times")
            if stop is not None and asked.calls > stop:
                handed.append(_by_row(y, u, rows))
                raise _Boundary

        asked.calls, asked.on_call = 0, on_call
        try:
            given = self.library.run(outcomes, lambda: self._code(rows))
        except _Boundary:
            return np.concatenate([np.zeros((rows, 1)), handed[0]], 1)
        if given.shape != (rows, self.space.length):
            raise Untraceable(
                f"the loop must give tokens [{rows}, {self.space.length}], got {list(given.shape)}"
            )
        y = asked.vocabulary.symbols_or_none(given)
        calls = np.full((rows, 1), asked.calls)
        return np.concatenate([np.ones((rows, 1)), y, calls], 1)


def _by_row(y: np.ndarray, u: np.ndarray | None, rows: int) -> np.ndarray:
    """What each row is asked about, of a call with several copies of the batch too."""
    if len(y) % rows:
        raise Coupled(f"the model is asked of {len(y)} sequences in a batch of {rows} rows")
    copies = len(y) // rows
    tokens = y.reshape(copies, rows, -1).swapaxes(0, 1).reshape(rows, -1)
    time = np.full(rows, -1.0) if u is None else np.broadcast_to(u, len(y))[:rows]
    return np.concatenate([tokens, time[:, None]], 1)


class _Found:
    """The law as it is found, boundary after boundary, with one ``memory``."""

    def __init__(self, run: LoopRun, memory: tuple[str, ...], one_world: bool, merge: bool) -> None:
        self.run, self.memory, self.one_world, self.merge = run, memory, one_world, merge
        self.names: list[str] = []
        self.out = np.zeros(run.space.size)
        self.lost = self.calls = 0.0
        self.states, self.worlds = 1, 0
        self.seen: dict[str, Seen] = {}
        self.ended: list[tuple[Worlds, np.ndarray]] = []

    def all_steps(self) -> Difference | None:
        """Through the loop; where two witnesses differ, that and no more."""
        witnesses, stop = Witnesses.beginning(), 0
        while len(witnesses.keys):
            worlds = self._next(witnesses, stop)
            done = worlds.output[:, 0] == 1
            keys, place = np.unique(self._keys(worlds, witnesses), axis=0, return_inverse=True)
            place = place.reshape(-1)
            told = disagreement(witnesses, step_laws(worlds, witnesses, place, len(keys)))
            if told is not None:
                return told
            self._end(worlds, witnesses, done)
            going = np.unique(place[~done])
            number = np.full(len(keys), -1)
            number[going] = np.arange(len(going))
            if len(going) > self.run.loop.max_states:
                raise TooManyWorlds(
                    f"{self.run.loop.name} has {len(going):,} states between two steps, at most "
                    f"{self.run.loop.max_states:,} are followed: fewer tokens or positions"
                )
            witnesses = next_witnesses(worlds, witnesses, number[place], keys[going][:, 1:])
            self.states, stop = max(self.states, len(going)), stop + 1
        self._check()
        return None

    def _next(self, witnesses: Witnesses, stop: int) -> Worlds:
        run = self.run

        def code(origin: np.ndarray, outcomes: Outcomes) -> np.ndarray:
            return run.to_call(outcomes, len(origin), stop if self.merge else None)

        worlds = explore(
            code,
            len(witnesses.state),
            prefix=witnesses.forced,
            names=self.names,
            cap=run.loop.cap,
            one_world=self.one_world,
            alone=0,
        )
        self.worlds += len(worlds.origin)
        for kind, each in worlds.seen.items():
            known = self.seen.setdefault(kind, Seen())
            known.sites += each.sites
            known.outcomes = max(known.outcomes, each.outcomes)
        return worlds

    def _keys(self, worlds: Worlds, before: Witnesses) -> np.ndarray:
        """What tells one state from another: what was handed, and what may be remembered."""
        parts = [worlds.output]
        if "draws" in self.memory:
            parts.append(worlds.forced.length[:, None])
        if "before" in self.memory:
            width = worlds.output.shape[1] - 1
            own = before.keys[:, :width] if before.keys.shape[1] else np.zeros((1, width))
            parts.append(own[before.state[worlds.origin]])
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
        self.ended.append((_whole_runs(worlds, index, before), y))

    def _check(self) -> None:
        """Some whole runs once more, each in a batch of its own."""
        if self.one_world:
            return

        def code(origin: np.ndarray, outcomes: Outcomes) -> np.ndarray:
            return self.run.to_call(outcomes, len(origin), None)[:, 1:-1]

        for worlds, _ in self.ended:
            check_alone(code, worlds, max(1, ALONE // len(self.ended)))

    def law(self, hidden: Difference | None, coupled: str) -> LoopLaw:
        space = self.run.space
        total = self.out.sum() + self.lost
        if abs(total - 1) > 1e-9:
            raise Untraceable(f"the law of {self.run.loop.name} has total probability {total:.12g}")
        shape = (space.tokens,) * space.length
        return LoopLaw(
            self.out.reshape(shape), float(self.lost), self.run.steps, float(self.calls),
            self.states, self.worlds, self.seen, self.memory, hidden, coupled,
        )  # fmt: skip


def _whole_runs(worlds: Worlds, index: np.ndarray, before: Witnesses) -> Worlds:
    """The worlds at ``index`` as runs from the beginning, with the tokens that they give."""
    origin = worlds.origin[index]
    return Worlds(
        np.zeros(len(index), int),
        before.chance[origin] * worlds.weight[index],
        worlds.output[index, 1:-1],
        worlds.forced[index],
        worlds.seen,
        worlds.names,
        worlds.passes,
    )

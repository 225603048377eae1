"""A whole loop of code that draws: the exact law of what it gives."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.foundation.validation import choice, integer
from harness.process.noise import Noise
from harness.process.own_score import named
from harness.process.space import Sequences
from harness.traced.backends import NAMES, InFloat64, backend
from harness.traced.errors import Coupled, DependsOnOthers, SharedDraws, Untraceable
from harness.traced.explorer import CAP
from harness.traced.loop_law import Boundaries, LoopLaw
from harness.traced.loop_run import LoopRun
from harness.traced.models import ASKS, model
from harness.traced.signatures import SOURCES, misfit
from harness.traced.witnesses import Difference

MAX_STATES = 1024
SAME = 1e-9  # probabilities of a row among different others, if these do not matter
CAP_ALONE = 2_000  # outcomes of one step that are run one by one, where rows depend on each other

# What a loop may remember besides what it hands its model, tried one after the other.
MEMORIES = ((), ("before",), ("draws",), ("step",), ("start",), ("before", "step"))


@dataclass(frozen=True)
class TracedLoop:
    """``code(model, steps, rows) -> y [rows, d]``: a loop that draws samples from nothing.

    The code is run as it is, on arrays of its ``framework`` (``torch``; ``numpy`` or ``jax``, with
    what it is to draw from as a further argument ``rng`` or ``key``), with a model that answers
    what it ``asks`` (a name of ``models.ASKS``).  ``options`` are further fields of
    ``models.Model``, of which ``clock`` says the noise time at the code's own time.  ``steps`` are
    the numbers of steps that a report runs.  ``one_row``: the code is called as
    ``code(model, steps)`` and gives one sample, ``[1, d]``.  More than ``max_states`` between two
    steps, or ``cap`` outcomes of one, are refused.

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
        passed = ("model", "steps") if self.one_row else ("model", "steps", "rows")
        wrong = misfit(self.code, passed, SOURCES[choice("framework", self.framework, NAMES)])
        if wrong:
            raise TypeError(f"the loop does not fit its call: {wrong}")
        object.__setattr__(
            self, "steps", tuple(dict.fromkeys(integer("steps", n, 1) for n in self.steps))
        )
        object.__setattr__(self, "options", tuple(dict(self.options).items()))
        object.__setattr__(self, "name", self.name or named(self.code))

    def law(
        self, score: Any, noise: Noise, steps: int, *, merge: bool = True, in_float64: bool = False
    ) -> LoopLaw:
        """What ``steps`` of the loop give, with a model that knows this ``score`` and ``noise``.

        ``merge=False`` runs every world to its end: for the few steps where that can be done.
        ``in_float64``: the model answers in float64 whatever it is to, and PyTorch computes so.

        Raises Untraceable for what cannot be followed, or a loop that remembers more than can be
        made part of its state; TooManyWorlds; CodeFailed, a ValueError, for what the code raises.
        """
        run = self.run(score, noise, steps, in_float64=in_float64)
        try:
            return self._batched(run, merge)
        except SharedDraws:
            return self._batched(replace(run, follow_counts=False), merge)

    def run(self, score: Any, noise: Noise, steps: int, *, in_float64: bool = False) -> LoopRun:
        """What runs ``steps`` of the loop with a model of this ``score`` and ``noise``."""
        space: Sequences = score.space
        count, library = integer("steps", steps, 1), backend(self.framework)
        library = InFloat64(library) if in_float64 else library
        options = {"dtype": library.widest(), **dict(self.options)}
        options |= {"dtype": "float64"} if in_float64 else {}
        asked = model(self.asks, score, noise, space, **options)
        return LoopRun(self.name, self.code, self.one_row, count, space, asked, library)

    def _batched(self, run: LoopRun, merge: bool) -> LoopLaw:
        """In batches where rows are independent, else one world after the other."""
        coupled = ""
        if not self.one_row:
            try:
                return self._law(run, one_world=False, merge=merge)
            except DependsOnOthers as error:
                coupled = str(error)
                if error.law.saved:
                    other = self._law(run, one_world=False, merge=merge, seed=1, alone=False)
                    if np.allclose(other.law, error.law.law, rtol=0, atol=SAME):
                        return replace(error.law, coupled=coupled, among=True)
            except Coupled as error:
                coupled = str(error)
        return self._law(run, one_world=True, merge=merge, coupled=coupled)

    def _law(
        self,
        run: LoopRun,
        one_world: bool,
        merge: bool,
        coupled: str = "",
        seed: int = 0,
        alone: bool = True,
    ) -> LoopLaw:
        """As ``law``; Coupled where rows of a batch depend on each other.

        ``seed``: of the rows that go along; ``alone``: some runs are done in batches of their own,
        and DependsOnOthers is raised where the law is another one there.
        """
        hidden: Difference | None = None
        cap = min(self.cap, CAP_ALONE) if one_world else self.cap
        for memory in MEMORIES if merge else MEMORIES[:1]:
            found = Boundaries(run, memory, one_world, merge, self.max_states, cap, seed)
            told = found.all_steps()
            if told is None:
                try:
                    if alone:
                        found.check()
                except Coupled as error:
                    raise DependsOnOthers(str(error), found.law(hidden, "")) from error
                return found.law(hidden, coupled)
            hidden = told
        assert hidden is not None
        raise Untraceable(
            f"{self.name} remembers more than what it hands to its model: with "
            f"{hidden.state.tolist()} handed to it, what comes next depends on what was before, by "
            f"{hidden.tv:.3g} in total variation. Hand to the model all that the loop keeps"
        )

"""A step of code that draws, as a sampler: its law is what all outcomes of its draws make of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.raised import calling
from harness.foundation.validation import choice
from harness.law.claims import Claims, Trait
from harness.law.step import Kernel, StepLaw, Tokens
from harness.numerics.root import root
from harness.numerics.roundoff import UNIT, unit_roundoff
from harness.process.noise import Noise
from harness.process.own_score import named
from harness.process.score import Score
from harness.process.space import Sequences
from harness.traced.asked_once import AskedOnce
from harness.traced.backends import NAMES, Backend, backend
from harness.traced.errors import OF_THE_TRACER, Coupled, SharedDraws, Untraceable
from harness.traced.explorer import CAP, Worlds, explore
from harness.traced.models import ASKS, Model, model
from harness.traced.outcomes import Outcomes
from harness.traced.signatures import SOURCES, misfit

NEAR = 4.0  # unit roundoffs that a probability may be off
PRODUCT = 1e-9  # how far a law may be from the product of its token laws and be taken for it


@dataclass(frozen=True)
class SeenStep:
    """The law of one step and what was seen on the way.

    ``law [n, S^d]`` and ``lost [n]``, the probability of something that is no token.  ``worlds``
    are all outcomes, ``calls`` the model calls of a run, ``coupled`` why rows of a batch could not
    be run together, if that is so: then the law is that of a batch of one row.  ``computed_in`` are
    the dtypes of the model's answers and of what the code made of them.
    """

    law: np.ndarray
    lost: np.ndarray
    worlds: Worlds
    calls: int
    coupled: str = ""
    computed_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TracedStep:
    """``code(model, x, t, s) -> y``: tokens ``x [n, d]`` at ``t`` become ``y [n, d]`` at ``s``.

    The code is run as it is, on arrays of its ``framework``: ``torch``; ``numpy``, called as
    ``code(model, x, t, s, rng=...)`` with the generator that it is to draw from; ``jax``, called as
    ``code(model, x, t, s, key=...)``, and JAX must be able to trace it.  Its law is exact: every
    outcome of every draw is tried.  It knows the target only by its ``model``, which answers
    what it ``asks`` (a name of ``models.ASKS``) from the score of the problem; ``options`` are
    further fields of ``models.Model``: ``mask``, ``outputs``, ``dtype``, ``timed``, ``lowest``,
    ``shift``.

    ``clock(t)`` is the noise time at the code's own time ``t``, if that is another; ``time(u)`` is
    the inverse, sought between 0 and 1 if it is not given.  ``claims`` as those of any sampler, all
    of them tested by ``leapcheck regress``.  No more than ``cap`` outcomes are run.  ``name``: that
    of the code, if no other is given.

    Raises TypeError, ValueError.
    """

    code: Callable[..., Any] = field(repr=False)
    asks: str = "posterior"
    framework: str = "torch"
    claims: Claims = field(default=Claims(0, 0, {Trait.KEEPS_MASS}), repr=False)
    clock: Callable[[float], float] | None = field(default=None, repr=False)
    time: Callable[[float], float] | None = field(default=None, repr=False)
    options: tuple[tuple[str, Any], ...] | dict[str, Any] = ()
    cap: int = CAP
    name: str = ""

    def __post_init__(self) -> None:
        if not callable(self.code):
            raise TypeError(f"code must be called as code(model, x, t, s), got {self.code!r}")
        choice("asks", self.asks, ASKS)
        sources = SOURCES[choice("framework", self.framework, NAMES)]
        wrong = misfit(self.code, ("model", "x", "t", "s"), sources)
        if wrong:
            raise TypeError(f"the step does not fit its call: {wrong}")
        object.__setattr__(self, "claims", replace(self.claims, on_host=True))
        object.__setattr__(self, "options", tuple(dict(self.options).items()))
        object.__setattr__(self, "name", self.name or named(self.code))

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        seen = self.seen(score, noise, x, t, s)
        if Trait.INDEPENDENT_TOKENS not in self.claims.traits:
            return Kernel(jnp.asarray(seen.law), jnp.asarray(seen.lost))
        length = x.shape[1]
        shape = (len(seen.law), *(round(seen.law.shape[1] ** (1 / length)),) * length)
        return _of_tokens(seen.law.reshape(shape), seen.lost)

    def seen(self, score: Any, noise: Noise, x: Any, t: Any, s: Any) -> SeenStep:
        """The law of the step from the states ``x [n, d]`` and what was seen of the code.

        Raises Untraceable for what cannot be followed, TooManyWorlds.
        """
        return self.run(score, noise, x, t, s).seen()

    def run(self, score: Any, noise: Noise, x: Any, t: Any, s: Any) -> "StepRun":
        """What runs the step from the states ``x [n, d]``."""
        x, begin, end = np.asarray(x), float(t), float(s)
        space = Sequences(_symbols(score, x, t), x.shape[1])
        times = (self._told(begin), begin), (self._told(end), end)
        own = score if isinstance(score, Score) else AskedOnce(score)
        asked = self._model(own, noise, space, dict(times), begin)
        told = [code_time for code_time, _ in times]
        return StepRun(self, x, told, space, asked, backend(self.framework))

    def computed_in(self, problem: Any) -> frozenset[str]:
        """The dtypes of the model's answers, and of what the code makes of them, in a step."""
        t, s = problem.grid.intervals()[0]
        x = np.asarray(problem.chain_space.states())
        return self.seen(problem.score_model, problem.noise, x, t, s).computed_in

    def as_exact_as_it_is(self, problem: Any) -> "TracedStep":
        """Itself, claiming the ``law_error`` of the precision in which its code computes.

        That is seen in a step of ``problem``; more that it claims stays.
        """
        error = NEAR * unit_roundoff(self.computed_in(problem))
        if error <= max(self.claims.law_error, NEAR * UNIT):
            return self
        return replace(self, claims=replace(self.claims, law_error=error))

    def _told(self, u: float) -> float:
        """The code's own time at noise time ``u``."""
        if self.time is not None:
            return float(self.time(u))
        return u if self.clock is None else inverse(self.clock, u)

    def _model(
        self, score: Any, noise: Noise, space: Any, times: dict[float, float], now: float
    ) -> Model:
        def clock(t: float) -> float:
            # The times of the step are known without rounding.
            return times.get(t, t if self.clock is None else self.clock(t))

        options = {"dtype": backend(self.framework).widest(), **dict(self.options)}
        return model(self.asks, score, noise, space, clock=clock, now=now, **options)


@dataclass
class StepRun:
    """A ``step`` from the states ``x [n, d]``, ``told`` its times, with the model ``asked``."""

    step: TracedStep
    x: np.ndarray
    told: list[float]
    space: Sequences
    asked: Model
    library: Backend
    follow_counts: bool = True

    def seen(self) -> SeenStep:
        """As ``TracedStep.seen``."""
        coded, coupled = self.asked.vocabulary.coded(self.x), ""
        kinds = {self.asked.dtype}

        def run(origin: np.ndarray, outcomes: Outcomes) -> np.ndarray:
            self.asked.calls = 0
            given = coded[origin]
            found = self.library.run(outcomes, partial(self._code, given), self.follow_counts)
            kinds.update(outcomes.computed_in)
            return self._checked(found, given)

        try:
            worlds = explore(run, len(self.x), cap=self.step.cap)
        except SharedDraws:
            self.follow_counts = False
            return self.seen()
        except Coupled as error:
            coupled = str(error)
            worlds = explore(run, len(self.x), cap=self.step.cap, one_world=True)
        law, lost = _tables(worlds, self.asked, len(self.x), self.space)
        return SeenStep(law, lost, worlds, self.asked.calls, coupled, frozenset(kinds))

    def draws(self, each: int, seed: int, one_row: bool = False) -> np.ndarray:
        """``[n, each, d]`` symbols that the code draws by itself from each state, -1 for none.

        In one batch, or, if ``one_row``, in as many batches of one row.
        """
        given = np.repeat(self.asked.vocabulary.coded(self.x), each, 0)
        parts = np.split(given, len(given)) if one_row else [given]

        def code(**sources: Any) -> list[Any]:
            return [self._code(part, **sources) for part in parts]

        found = self.library.draw(seed, code)
        shape = (len(self.x), each, self.x.shape[1])
        return self.asked.vocabulary.symbols_or_none(self._checked(found, given)).reshape(shape)

    def _code(self, given: np.ndarray, **sources: Any) -> Any:
        handed = {name: hand() for name, hand in sources.items()}
        passed = {"model": self.asked, "x": self.library.tokens(given)}
        passed |= dict(zip(("t", "s"), self.told, strict=True))
        with calling(self.step.code, passed | handed, OF_THE_TRACER):
            return self.step.code(*passed.values(), **handed)

    @staticmethod
    def _checked(found: np.ndarray, given: np.ndarray) -> np.ndarray:
        if found.shape != given.shape:
            raise Untraceable(
                f"a step of {list(given.shape)} tokens must give as many, got {list(found.shape)}"
            )
        return found


def inverse(clock: Callable[[float], float], u: float) -> float:
    """Where between 0 and 1 ``clock`` shows ``u``.  Raises ValueError if it never does."""
    ends = clock(0.0), clock(1.0)
    for end, shown in enumerate(ends):
        if shown == u:
            return float(end)
    if not min(ends) < u < max(ends):
        raise ValueError(
            f"the clock runs from {ends[0]:g} to {ends[1]:g} between 0 and 1 and never shows the "
            f"noise time {u:g}"
        )
    last = 1.0 if np.isfinite(ends[1]) else np.nextafter(1.0, 0.0)
    first = 0.0 if np.isfinite(ends[0]) else 5e-324
    return root(lambda t: clock(t) - u, first, last, xtol=1e-16)


def _symbols(score: Any, x: np.ndarray, t: Any) -> int:
    known = getattr(score, "symbols", None)
    return known if known is not None else np.shape(score(t, jnp.asarray(x[:1])))[-1]


def _tables(worlds: Worlds, asked: Model, states: int, space: Any) -> tuple[np.ndarray, np.ndarray]:
    """``[n, S^d]`` where the worlds lead to, and ``[n]`` those that lead out of the tokens."""
    y = asked.vocabulary.symbols_or_none(worlds.output)
    kept = (y >= 0).all(-1)
    law = np.zeros((states, space.size))
    index = (y * np.asarray(space.strides)).sum(-1)
    np.add.at(law, (worlds.origin[kept], index[kept]), worlds.weight[kept])
    lost = np.bincount(worlds.origin[~kept], worlds.weight[~kept], states)
    return law, lost


def _of_tokens(law: np.ndarray, lost: np.ndarray) -> Tokens:
    """The law ``[n, S, ..., S]`` as one of independent tokens.  Raises ValueError if it is none."""
    length = law.ndim - 1
    axes = range(1, length + 1)
    each = [law.sum(tuple(k for k in axes if k != axis)) for axis in axes]
    product = np.ones((len(law), *[1] * length))
    for axis, p in zip(axes, each, strict=True):
        product = product * _on_axis(p, axis, length)
    off = float(abs(product - law).max())
    if off > PRODUCT or lost.any():
        raise ValueError(
            "the code claims independent tokens, but the law of its step is no product: it is off "
            f"by {max(off, float(lost.max())):.3g}"
        )
    return Tokens(jnp.asarray(np.stack(each, 1)))


def _on_axis(p: np.ndarray, axis: int, length: int) -> np.ndarray:
    shape = [p.shape[0]] + [1] * length
    shape[axis] = p.shape[1]
    return p.reshape(shape)

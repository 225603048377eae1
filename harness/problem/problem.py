"""A problem: everything that a run or a theorem may depend on."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax

from harness.foundation.registry import label
from harness.foundation.validation import choice, integer
from harness.law.claims import Claims, Trait
from harness.problem import own_scores
from harness.problem import spec as specs
from harness.problem.cost import TooLarge, cost
from harness.problem.enumerated import Enumerated
from harness.problem.laws import Laws
from harness.problem.monte_carlo import MonteCarlo
from harness.process import own_score
from harness.process.grids import Grid
from harness.process.noise import Noise, Uniform
from harness.process.own_score import ScoreFunction
from harness.process.score import Exact
from harness.process.space import MAX_STATES, Space

ENGINES = ("auto", "enumerated", "counts")


@dataclass(frozen=True)
class Problem(Laws):
    """A ``target`` law, the ``noise`` that blurs it, and a ``sampler`` run back along a ``grid``.

    ``engine``: ``"enumerated"`` works on all sequences, ``"counts"`` on the token counts of an
    exchangeable target; ``"auto"`` takes the counts where there are more than 4,096 sequences.
    ``Enumerated(devices=...)`` spreads all sequences over several devices.
    ``MonteCarlo(...)`` estimates the chain KL by draws, on sequences of any length, for a target
    with an ``analytic`` noised law and the exact score; of a decoder of masked tokens that chooses
    by their values the output KL, for a target with ``conditionals``.  Nothing of size ``S^d`` is
    made.
    ``start="noise"`` begins at the stationary law of the noise (absorbing noise has a surrogate),
    ``"exact"`` at ``q_T``, ``"mask"`` at ``T = inf`` with every token masked.  Spaces
    of more than ``max_states`` states are refused here, before anything is allocated, with what
    they would cost (``TooLarge``).  Equal problems hash alike; ``spec`` and ``from_spec``
    round-trip through plain tables.  ``score`` may be a function ``(t, x) -> ratios`` of your own,
    see ``harness.score.ScoreFunction``.
    """

    target: Any
    noise: Noise
    sampler: Any
    grid: Grid
    score: Any = Exact()  # noqa: RUF009 (frozen)
    start: str = "noise"
    max_states: int = MAX_STATES
    engine: str | MonteCarlo | Enumerated = "auto"

    def __getstate__(self) -> dict[str, Any]:
        """What another process gets: the fields, none of the laws that are kept of them."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}

    def __post_init__(self) -> None:
        _expect("target", self.target, ("space", "log_law"))
        _expect("sampler", self.sampler, ("step", "claims"))
        object.__setattr__(self, "score", own_score.own(self.score))
        if not isinstance(self.score, ScoreFunction):
            _expect("score", self.score, ("log_error",))
        if not isinstance(self.noise, Noise):
            raise TypeError(f"noise must be a Noise, got {self.noise!r}")
        _make_known(self.noise)
        if not isinstance(self.grid, Grid):
            raise TypeError(f"grid must be a Grid, got {self.grid!r}")
        choice("start", self.start, ("noise", "exact", "mask"))
        integer("max_states", self.max_states, 2)
        self._check_sampler()
        if self.drawn:
            self._check_drawn()
        else:
            if isinstance(self.engine, Enumerated):
                self._check_devices(self.engine.devices)
            else:
                choice("engine", self.engine, ENGINES)
            self._refuse_above(self.space)
        self.symbol_noise.check(self.space.tokens)
        if self.start == "noise":
            self.symbol_noise.start_token(self.grid.start, self.space.tokens)
        self._check_alphabet()
        if isinstance(self.score, ScoreFunction):
            own_scores.check(self)

    def _check_sampler(self) -> None:
        parameters = getattr(type(self.sampler), "__dataclass_params__", None)
        if parameters is None or not (parameters.frozen and parameters.eq):
            raise TypeError(
                "a sampler must be a frozen dataclass, since compiled laws are kept by its value; "
                f"{type(self.sampler).__name__} is not"
            )
        try:
            hash(self.sampler)
        except TypeError as error:
            raise TypeError(f"the fields of a sampler must be hashable: {error}") from None
        if not isinstance(self.sampler.claims, Claims):
            raise TypeError(f"claims of a sampler must be a Claims, got {self.sampler.claims!r}")

    def _check_alphabet(self) -> None:
        """Whether this sampler can run on this alphabet, and from where it is to start."""
        space, claims, name = self.space, self.sampler.claims, label(self.sampler)
        if claims.adds_values and (space.class_sizes or space.masked):
            what = "classes of tokens do" if space.class_sizes else "a mask does"
            raise ValueError(f"{name} adds up token values, which {what} not have")
        ends = [t - told for t, told in zip(self.grid.times, self.grid.told_steps(), strict=False)]
        if claims.needs_early_stopping and min(ends) <= 0:
            raise ValueError(
                f"{name} needs steps that end at δ > 0, as told, since at 0 rates have no bound; "
                f"got {min(ends):g}"
            )
        if claims.memory > 1:
            if space.class_sizes:
                raise ValueError(f"{name} remembers, which classes of tokens do not")
            self._refuse_above(self.chain_space)
        if claims.needs_mask and not space.masked:
            raise ValueError(f"{name} needs absorbing noise, got {self.noise}")
        if claims.needs_uniform and not isinstance(self.symbol_noise, Uniform):
            raise ValueError(f"{name} needs uniform noise on tokens, got {self.noise}")
        if (self.start == "mask") != math.isinf(self.grid.start):
            raise ValueError(
                "start='mask' goes with a grid that starts at T = inf and no other start does, "
                f"got start={self.start!r} at T = {self.grid.start:g}"
            )
        if self.start == "mask" and not (space.masked and claims.starts_masked):
            limit = "absorbing noise" if not space.masked else "a step law with a limit at T = inf"
            hint = "; masked_plug_in has one" if space.masked else ""
            told = f"start='mask' needs {limit}, which {name} on {self.noise} has not{hint}"
            raise ValueError(told)

    def _check_devices(self, count: int) -> None:
        """Whether all devices have an equal share of the states."""
        if self.space.size % count:
            raise ValueError(
                f"devices must divide the number of states, {count} does not divide "
                f"{self.space.tokens}^{self.space.length}"
            )
        if count > 1 and self.sampler.claims.on_host:
            raise ValueError(f"{label(self.sampler)} makes its laws outside of JAX: on one device")

    def _check_drawn(self) -> None:
        if self.space.masked:
            self._check_walked()
        elif not hasattr(self.target, "analytic"):
            raise ValueError(
                "engine=MonteCarlo needs a target whose noised law is known in closed form (see "
                f"toy_targets.analytic), got {label(self.target)}"
            )
        if not isinstance(self.score, Exact):
            raise ValueError(
                "engine=MonteCarlo needs the exact score: the error of another is a table over "
                f"all sequences, of which no draw can ask; got {label(self.score)}"
            )

    def _check_walked(self) -> None:
        """What is asked of a problem with masks that is drawn: its output KL by teacher forcing."""
        if not hasattr(self.target, "conditionals"):
            raise ValueError(
                "engine=MonteCarlo with a mask needs a target whose hidden tokens are known given "
                f"the others (see toy_targets.conditionals), got {label(self.target)}"
            )
        if Trait.DETERMINED_CHOICE not in self.sampler.claims.traits or self.start != "mask":
            raise ValueError(
                "engine=MonteCarlo with a mask needs start='mask' and a sampler of which is known: "
                f"{Trait.DETERMINED_CHOICE}; got {label(self.sampler)} from start={self.start!r}"
            )

    def _refuse_above(self, space: Space) -> None:
        """Raise TooLarge, with what a run would cost, where ``space`` is larger than allowed."""
        if told := space.too_large(self.max_states):
            drawn = hasattr(self.target, "analytic")
            hint = "; its chain KL can be estimated by draws: engine=MonteCarlo(draws=...)"
            raise TooLarge(told, cost(self), hint if drawn else "")

    def spec(self) -> dict[str, Any]:
        """The problem as nested tables of plain values."""
        return specs.spec(self)

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Problem":
        """The problem that ``spec`` describes.  Raises ValueError for an unknown name or key."""
        return cls(**specs.fields(spec, [field.name for field in dataclasses.fields(cls)]))


def _expect(kind: str, thing: Any, members: tuple[str, ...]) -> None:
    """A contract is duck-typed: say at once which member is missing."""
    for member in members:
        if isinstance(thing, type) or not hasattr(thing, member):
            raise TypeError(f"a {kind} needs {' and '.join(members)}; {thing!r} has no {member}")


def _make_known(noise: Noise) -> None:
    """A noise whose class JAX does not know is a constant of what is compiled.

    Raises TypeError where it cannot be one.
    """
    if not any(isinstance(leaf, Noise) for leaf in jax.tree.leaves(noise)):
        return
    name = type(noise).__name__
    try:
        hash(noise)
    except TypeError:
        raise TypeError(
            f"noise must be hashable or a pytree of JAX; register {name}, whose fields are arrays, "
            "with jax.tree_util.register_dataclass"
        ) from None
    jax.tree_util.register_static(type(noise))

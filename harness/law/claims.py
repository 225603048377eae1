"""What a sampler says of itself.  Theorems ask for traits; a test verifies each on the law."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from jax import Array

from harness.foundation.validation import integer
from harness.process.grids import Grid


class Trait(StrEnum):
    """Statements about a step law that theorems or engines may assume, each checkable on the law.

    Counts need ``POSITIONS_ALIKE``: permuting the positions of the data permutes the law.  A scan
    from left to right, or a tie that is broken by position, is right without it.
    """

    INDEPENDENT_TOKENS = "independent tokens"
    KEEPS_MASS = "keeps mass"
    SCORE_AT_GRID_TIMES = "score at grid times only"
    POSITIONS_ALIKE = "treats positions alike"
    EXACT_TOKEN_MARGINALS = "exact token marginals"
    EXACT_FOR_INDEPENDENT = "exact where the data's tokens are independent"
    EXACT_FOR_ONE_SEQUENCE = "exact where the data is one sequence"
    ONE_JUMP = "token law of one-jump tau-leaping"
    WRAPPED_JUMPS = "token law of tau-leaping modulo S"
    LOST_JUMPS = "token law of tau-leaping that loses what leaves the alphabet"
    LINEAR_IN_RATES = "token law linear in the rates"
    FROZEN_RATES = "generator frozen at the start of the step"
    EXACT_TIME = "rates of the score at every time of the step"
    TRUNCATED_TIME = "rates of the score at every time of the step, scaled down to a bound"
    RATES_SEEN_AGAIN = "rates seen again inside the step, where a first leap has led"
    DETERMINED_CHOICE = "which tokens are revealed is a function of the unmasked ones"
    FIXED_ORDER = "which tokens are revealed depends on which are masked only"
    ONE_AT_A_TIME = "masked tokens revealed one at a time, each from its law given those before"


class Counted(StrEnum):
    """What the number of score calls of a run is a count of."""

    STEPS = "steps"
    STEPS_WITH_MOVES = "steps in which something moves"
    STEPS_WITH_MASKS = "steps that begin with a mask"
    TOKENS_MOVED = "tokens moved"
    CANDIDATE_EVENTS = "candidate events"


@dataclass(frozen=True)
class Claims:
    """A sampler's declaration, taken at its word nowhere: ``leapcheck regress`` tests it.

    ``output_order``, ``chain_order``: on a full-support target, exact score and start, output and
    chain KL fall at least like ``h`` to this power; ``inf`` says that there is no error, 0 that one
    is kept however small the steps.  ``traits``: what theorems and engines may assume of the law,
    each a ``Trait``.  ``score_calls`` a step, the least number where it is random.
    ``adds_values``: the sampler adds up token values as integers, so that a value must be one
    token, neither a class of them nor a mask.  ``needs_mask``, ``needs_uniform``: it is defined for
    absorbing noise only, for uniform noise on tokens only; ``starts_masked``: its step law has a
    limit at ``T = inf``, where all tokens are masked.  ``needs_early_stopping``: it needs a bound
    on the rates, which have none at ``δ = 0``.

    ``own_order``: all that it does is to reveal masked tokens, in an order of its own, whatever the
    noise times; its chain KL is against the truth revealed in that order.
    ``subset_sizes(d)``, if given: from ``d`` masks it reveals uniformly random subsets of these
    sizes, a subset a step.

    ``entropy_budget``, if given: of the tokens that a step reveals the entropies given the unmasked
    ones add up to at most this many nats beside the largest.

    ``on_host``: the step is no JAX: it is called with arrays, outside of anything compiled, and
    its laws are made before the run that uses them.  Such a run has no derivative.

    ``traced_numbers``: its step takes its fields that are floats as numbers alone, whatever their
    value (no branch on one, no ``float`` or ``isinstance`` of it): they are then arguments of what
    is compiled, and a sweep of a ``θ`` compiles once.

    ``no_derivative``: why its run has none, in words, if that is so: it ranks, say.

    ``law_error``: how far an entry of its step law may be off for another reason than rounding, a
    quadrature's for one, as a share of the entry, another in every step.

    ``memory``: how many values a token remembers besides its symbol.  The sampler is then given
    ``symbol * memory + value`` in place of the symbol and says the law of that; at the start the
    value is 0, and in the output it is summed out.

    ``counted``: what its score calls are a count of.  If it is not said: the steps, ``score_calls``
    in each (or, if that depends on ``d``, as ``calls`` has it), a call for every state that it asks
    for, in each law of several in turn; or candidate events, where the rates are those
    of a chain that jumps inside the step (``FROZEN_RATES``, ``EXACT_TIME``; one without these
    traits says so); or steps that begin with a mask (``STEPS_WITH_MASKS``), their mean number in
    the run.  ``STEPS_WITH_MOVES`` and ``TOKENS_MOVED`` say that the score need not be known
    to draw in which steps something moves, or how many tokens do; they need
    ``calls(grid, d) -> [m]``, the law of the number of score calls that a run with ``d`` tokens
    needs, or its mean, a number.  Held to the law of what is counted in enumerated runs.
    ``begins_with``: a sampler that this one runs first in every step, whose calls are counted as
    its own.

    ``draws``: of so many proposals one is kept, by the values of a tilted target at the step's end.

    ``tilted_order``: the output order where the target is tilted and the score that of its base, if
    it is another than ``output_order``; 0 for a sampler that comes nearer to the tilted law than
    its base is, and no more.

    ``rates_in_step(score, noise, x, t, u) -> [n, d, S, S]``, if given: of a step that began at
    time ``t`` in the states ``x [n, d]``, the rate at time ``u`` at which token ``i`` goes from
    ``a`` to ``b``.  They must generate ``step(score, noise, x, t, u)`` for every ``u < t``; that
    law being one, the differential inequality can be measured.  Entries ``a = b``, and those of
    an ``a`` where the token cannot be, are not read.
    """

    output_order: float
    chain_order: float
    traits: frozenset[Trait] | set[Trait]
    rates_in_step: Callable[..., Array] | None = None
    score_calls: int = 1
    adds_values: bool = False
    needs_mask: bool = False
    needs_uniform: bool = False
    starts_masked: bool = False
    needs_early_stopping: bool = False
    own_order: bool = False
    subset_sizes: Callable[[int], tuple[int, ...]] | None = None
    memory: int = 1
    calls: Callable[[Grid, int], np.ndarray] | None = None
    counted: Counted | str = ""
    draws: int = 1
    begins_with: Any = None
    tilted_order: float | None = None
    on_host: bool = False
    traced_numbers: bool = False
    law_error: float = 0.0
    no_derivative: str = ""
    entropy_budget: float | None = None

    def __post_init__(self) -> None:
        integer("memory", self.memory, 1)
        integer("draws", self.draws, 1)
        object.__setattr__(self, "traits", frozenset(Trait(trait) for trait in self.traits))
        if self.counted:
            object.__setattr__(self, "counted", Counted(self.counted))

    @property
    def counts(self) -> Counted:
        """``counted``, or what is counted where that is not said."""
        if self.counted:
            return Counted(self.counted)
        chain = {Trait.FROZEN_RATES, Trait.EXACT_TIME} & self.traits
        return Counted.CANDIDATE_EVENTS if chain else Counted.STEPS

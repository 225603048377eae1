"""Seconds that a problem takes, by the kind of its step laws: fitted to what sweeps took.

The sweeps of this project were run one after the other in one process, and the CPU seconds of
each problem fitted, kind by kind, by the terms that its loops have: those of a run, of a step, of a
table entry, of a pair of states.  A kind is what a sampler's traits say of its law.
"""

from typing import NamedTuple

from harness.law.claims import Trait
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.spaces import Spaces
from harness.process.counts import Counts
from harness.process.score import Exact

PAIRED = 4096  # states up to which the chain KL of a step that is no product is a sum over pairs
RUN = 2.7e-3  # a run that does nothing, of independent tokens
MULTIPLIED = 1.4 / 77e9  # a flop of a matrix product, its making included
CONVOLVED = 1 / 3.5e9  # a flop of a convolution of counts
DRAWN, WALKED = 1.2e-7, 7e-7  # a draw, position and token: of a step; of a whole walk of reveals
TURNED, TURNED_ENTRY = 7.5e-4, 1e-7  # the path KL of jumps that wrap: a step, an entry of it
TOKEN_PATH, TOKEN_PATH_ENTRY = 1.5e-4, 1e-6  # that of tokens at declared rates
MOST_TOKEN_PATHS = 2**14  # states, tokens and pairs of symbols up to which that is integrated
DIFFERENTIAL, DIFFERENTIAL_ENTRY = 3.4e-4, 3.3e-7  # the differential inequality
MOST_DIFFERENTIAL = 256  # states up to which that is measured
OTHER_SCORE = 3e-4  # a step with a score that is not exact: its error is added up too
MATRIX_NOISE = 0.9  # kernels that are exponentials of a matrix, to compile
RUNG = 0.7  # a rung that theorems ask for, or the path KL of jumps that wrap: to compile


class Kind(NamedTuple):
    """Seconds of a ``run``, of a ``step``, of an ``entry`` of its law: a state, slot and symbol.

    ``pair``: of two states where the chain KL is asked for, ``law_pair``: of two states, a position
    and two tokens where the law itself is made of such; ``compiling`` its program, and ``chain``
    more.  ``parts``: of how many that program of JAX is made.
    """

    run: float
    step: float
    entry: float = 0.0
    pair: float = 0.0
    law_pair: float = 0.0
    compiling: float = 1.0
    chain: float = 0.0
    parts: int = 6


TOKENS = Kind(RUN, 1e-5, 2.6e-8, compiling=0.9, chain=0.3)
GENERATOR = Kind(3.7e-3, 2.5e-4, 1.5e-7, 8e-8, compiling=1.6, chain=0.3)
FOLLOWED = Kind(3e-3, 4e-3, 1e-6, compiling=2.8, chain=0.6)
ONE_AT_A_TIME = Kind(4.6e-3, 2.2e-4, 0.0, 6e-8, compiling=0.9, chain=1.4)
OWN_ORDER = Kind(7.6e-3, 1e-5, 5e-8, 2.7e-8, compiling=0.75, chain=0.9)
TWO_STAGES = Kind(4.5e-3, 2e-5, 0.0, 8e-8, 1.5e-8, compiling=1.3)
ON_HOST = Kind(5e-3, 6e-3, 4e-5, compiling=0.5, parts=10)
REMEMBERS = Kind(5e-3, 1e-5, 2.6e-8, compiling=0.8)
COUNTS = Kind(3e-3, 1.5e-2, compiling=2.0, parts=43)
DRAWS = Kind(1e-2, 0.0, compiling=1.7)


class Seconds(NamedTuple):
    """Of a ``run`` without its steps, of a ``step``, and for ``compiling`` ``parts`` if new."""

    run: float
    step: float
    compiling: float
    parts: int


def kind_of(problem: Spaces) -> Kind:
    """What its laws are, by the traits of its sampler."""
    claims = problem.sampler.claims
    if problem.drawn or isinstance(problem.space, Counts):
        return DRAWS if problem.drawn else COUNTS
    if claims.on_host:
        return ON_HOST
    if claims.memory > 1:
        return REMEMBERS
    if claims.own_order:
        return OWN_ORDER
    of_traits = {
        Trait.INDEPENDENT_TOKENS: TOKENS,
        Trait.FROZEN_RATES: GENERATOR,
        Trait.EXACT_TIME: FOLLOWED,
        Trait.TRUNCATED_TIME: FOLLOWED,
        Trait.ONE_AT_A_TIME: ONE_AT_A_TIME,
    }
    found = (kind for trait, kind in of_traits.items() if trait in claims.traits)
    return next(found, TWO_STAGES)


def of(problem: Spaces, states: float, flops: float, wanted: frozenset[str]) -> Seconds:
    """Where the product takes ``FITTED_AT``; ``states`` and ``flops`` are those of a step."""
    kind, space, engine = kind_of(problem), problem.space, problem.engine
    chain, compiling = "chain" in wanted, kind.compiling
    compiling += kind.chain * chain + MATRIX_NOISE * _by_matrix(problem)
    if isinstance(engine, MonteCarlo):
        walked = WALKED * flops if space.masked else 0.0
        return Seconds(kind.run + walked, 0.0 if walked else DRAWN * flops, compiling, kind.parts)
    if isinstance(space, Counts):
        step = kind.step + CONVOLVED * flops * (1 + chain)
        return Seconds(kind.run, step, compiling, kind.parts)
    entries = states * space.slots * space.tokens
    own = kind is TOKENS or kind is REMEMBERS
    step = kind.step + kind.entry * entries * (1 + (chain and kind in (TOKENS, GENERATOR)))
    step += MULTIPLIED * flops * ("output" in wanted) * own
    step += kind.law_pair * states * entries * space.tokens
    step += kind.pair * states**2 * (chain and states <= PAIRED)
    step += OTHER_SCORE * (chain and not isinstance(problem.score, Exact))
    if kind is TOKENS and (chain or "path" in wanted):
        found, more = _rungs(problem, states, entries, wanted)
        step, compiling = step + found, compiling + more
    return Seconds(kind.run, step, compiling, kind.parts)


def _rungs(
    problem: Spaces, states: float, entries: float, wanted: frozenset[str]
) -> tuple[float, float]:
    """Of a step, and to compile: the rungs of independent tokens beside their chain KL."""
    claims, step, compiling = problem.sampler.claims, 0.0, 0.0
    if Trait.WRAPPED_JUMPS in claims.traits:
        step, compiling = TURNED + TURNED_ENTRY * entries, RUNG
    if claims.rates_in_step is None or problem.space.class_sizes:
        return step, compiling
    few = entries * problem.space.tokens <= MOST_TOKEN_PATHS
    if "path" in wanted and few and not compiling:
        step, compiling = TOKEN_PATH + TOKEN_PATH_ENTRY * entries, RUNG
    if "differential" in wanted and states <= MOST_DIFFERENTIAL:
        step += DIFFERENTIAL + DIFFERENTIAL_ENTRY * entries
        compiling += RUNG
    return step, compiling


def _by_matrix(problem: Spaces) -> bool:
    """Whether the kernels of its noise have no form of their own."""
    return not (problem.noise.draws_afresh or problem.space.masked)

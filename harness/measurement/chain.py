"""Chain and path KL of a run, added up from the numbers of its steps."""

import math
from typing import Any

import jax
import numpy as np

from harness.engines import exact
from harness.engines.sequences import step_laws
from harness.engines.steps import Run, Step
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.step import Tokens
from harness.measurement import path_kl, reveal_chain, step_terms
from harness.measurement.output import alike_steps
from harness.measurement.step_terms import ChainTerms
from harness.numerics.divergence import kl_floor, nonnegative
from harness.problem.problem import Problem
from harness.problem.step_seconds import PAIRED as PAIRWISE_STATES
from harness.process.counts import Counts
from harness.process.noise.base import AMPLIFICATION
from harness.process.space import Sequences
from harness.process.truth.underflow import seen

_IMPOSSIBLE = "in the step from t={:g} a possible value has probability 0 under the sampler"
OF_RATES = 9  # those of true rates and a sampler's, which steps do not add to


def terms_of(problem: Problem) -> ChainTerms | None:
    """What goes along with the run of ``problem``; nothing where the sampler remembers."""
    claims = problem.sampler.claims
    pairs = problem.space.size <= PAIRWISE_STATES
    return None if claims.memory > 1 else ChainTerms(claims.own_order, pairs)


def run_with_terms(
    problem: Problem, chain: bool = True, push: bool = True
) -> tuple[Run | None, dict[str, np.ndarray], Any]:
    """The run of ``problem``, unless not to ``push``; the numbers ``[N, ..]`` of its steps.

    Last where the truth in the sampler's own order has come, if it has one.  Raises
    FloatingPointError for a step that has no law, named.
    """
    terms = terms_of(problem) if chain else None
    if exact.is_one_function(problem):
        return exact.follow(problem, terms, push)
    run, found, more = None, [], ()
    if terms and terms.own_order:
        with float64():
            more = terms.begin(problem.sequences, problem.exact_score, problem.grid.start)
    for event in exact.steps(problem, push):
        if isinstance(event, Run):
            run = event
        elif terms:
            more, numbers = of_step(problem, event, more)
            found.append(jax.device_get(numbers))
    names = found[0] if found else {}
    return run, {name: np.array([each[name] for each in found]) for name in names}, more


def of_step(problem: Problem, step: Step, more: Any) -> tuple[Any, dict[str, Any]]:
    """The same for one step whose laws are not those of a run that is one function.

    They come in blocks, or are of counts.
    """
    terms = terms_of(problem)
    if terms is None:
        return more, {}
    if step.laws.in_blocks and not terms.own_order:
        reversal = problem.reversal(step.t, step.s)
        given = reversal.noise, reversal.h, reversal.halves, reversal.kernel, reversal.law_t
        return more, _product(reversal, step.laws.total(step_terms.marginal_of_block, given))
    laws, space = list(step.laws), problem.space
    if terms.own_order or not isinstance(laws[0][1], Tokens):
        law = step_laws.joined([law for _, law in laws])
        if isinstance(space, Counts):
            return more, path_kl.on_counts(problem, step, law)
        with float64():
            return _whole(terms, space, law, problem.exact_score, step.t, step.s, more)
    reversal, marginal = problem.reversal(step.t, step.s), 0.0
    with float64():
        for rows, law in laws:
            joint = seen(space, reversal.joint(rows.start, rows.stop - rows.start))
            holders = space.holders(rows)
            marginal += float(_marginal(joint, holders, reversal.law_t[rows], law))
    return more, _product(reversal, marginal)


_marginal = jax.jit(step_terms.marginal)
_whole = jax.jit(ChainTerms.step, static_argnums=(0, 1))


def _product(reversal: Any, marginal: float) -> dict[str, float]:
    return {
        "factorisation": reversal.factorisation,
        "own_floor": reversal.own_floor,
        "alike_floor": reversal.alike_floor,
        "marginal": marginal,
    }


class Sums:
    """The numbers ``[N]`` of all steps of ``problem``, added up."""

    def __init__(self, problem: Problem, numbers: dict[str, np.ndarray], order: Any = ()) -> None:
        self.problem, self.numbers, self.order = problem, numbers, order
        self.reasons: dict[str, str] = {}
        self.factorisations = tuple(map(float, numbers.get("factorisation", ())))

    def values(self, start: float) -> tuple[dict[str, float], dict[str, float]]:
        """The chain's and the path's part of a ``Measurement``, and its ``floors``."""
        numbers, nan = self.numbers, math.nan
        product = "marginal" in numbers
        path, quadrature = self._path()
        # Differences of entropies.
        off = self._off()
        factorisation = nonnegative(math.fsum(self.factorisations), off)
        marginal = math.fsum(numbers.get("marginal", ()))
        chain = start + (factorisation + marginal if product else self._of_pairs(path))
        laws = self._roundings
        floors = {
            "chain_kl": float(kl_floor(chain, laws)) + off,
            "factorisation_kl": off,
            "marginal_kl": float(kl_floor(marginal, laws)),
            "path_kl": float(kl_floor(start + path, OF_RATES)),
        }
        if not product:
            why = "the step is not a product over tokens"
            self.reasons["factorisation_kl"] = self.reasons["marginal_kl"] = why
        if math.isnan(path):
            self.reasons["path_kl"] = "measured for generators only"
        if math.isinf(chain):
            self.reasons.setdefault("chain_kl", self._where_impossible())
        values = {
            "chain_kl": nan if math.isnan(chain) else nonnegative(chain, floors["chain_kl"]),
            "factorisation_kl": factorisation if product else nan,
            "marginal_kl": marginal if product else nan,
            "path_kl": nan if math.isnan(path) else start + path,
            "chain_floor": floors["chain_kl"],
            "path_floor": quadrature + floors["path_kl"],
        }
        return values, floors

    def skipped(self) -> tuple[dict[str, float], dict[str, float]]:
        """The same where nothing of it was measured."""
        names = ("chain_kl", "factorisation_kl", "marginal_kl", "path_kl")
        self.reasons = dict.fromkeys(names, "not measured")
        values = dict.fromkeys(names, math.nan)
        return {**values, "chain_floor": 0.0, "path_floor": 0.0}, dict.fromkeys(names, 0.0)

    def step_floors(self) -> tuple[float, ...]:
        """A floor for the factorisation of each step, so that they add up to that of the sum."""
        steps = len(self.factorisations)
        return (self._off() / steps,) * steps if steps else ()

    def _off(self) -> float:
        """Of the sum of factorisations; a kernel's error is the same in steps of one length."""
        alike: dict[str, list[float]] = {}
        for length, floor in zip(
            alike_steps(self.problem.grid), self.numbers.get("alike_floor", ()), strict=False
        ):
            alike.setdefault(length, []).append(float(floor))
        own = self.numbers.get("own_floor", ())
        return math.hypot(*map(float, own), *map(math.fsum, alike.values()))

    def _path(self) -> tuple[float, float]:
        """Path KL of the steps, without the start, and the error of its quadrature; nan if none."""
        numbers, grid = self.numbers, self.problem.grid
        if "path" in numbers:
            error = np.abs(numbers["path"] - numbers["path_coarse"]).sum()
            return math.fsum(numbers["path"]), float(error)
        if "reveals" in numbers and numbers["one_at_a_time"].all():
            length = self.problem.space.length
            weights = [reveal_chain.time_with(length, t, s) for t, s in grid.intervals()]
            return float((np.array(weights) * numbers["reveals"]).sum()), 0.0
        return math.nan, 0.0

    def _of_pairs(self, path: float) -> float:
        """The chain KL of steps that are no products, without the start; nan with its reason."""
        problem, space = self.problem, self.problem.space
        above = "" if math.isnan(path) else "; path_kl is above it"
        if problem.sampler.claims.memory > 1:
            why = "the sampler remembers what the true chain has not"
        elif "chain" in self.numbers and self._unfinished() > reveal_chain.UNFINISHED:
            self.reasons["chain_kl"] = (
                "revealed in the sampler's own order, the truth does not end at q_δ: it needs "
                "δ = 0 and a step for every subset"
            )
            return math.inf
        elif "chain" in self.numbers:
            found = math.fsum(self.numbers["chain"])
            if math.isnan(found):
                first = int(np.argmax(np.isnan(self.numbers["chain"])))
                raise FloatingPointError(
                    f"the chain KL of the step from t={problem.grid.times[first]:g} of "
                    f"{label(problem.sampler)} is nan"
                )
            return found
        elif not isinstance(space, Sequences) or space.class_sizes:
            why = (
                "the chain KL of a step that is no product is that of sequences of tokens, which "
                f"lumped states do not show{above}"
            )
        elif problem.sampler.claims.own_order:
            why = (
                f"{space.size:,} states: a chain of reveals in the sampler's own order is summed "
                f"up to {PAIRWISE_STATES:,}"
            )
        else:
            why = (
                f"{space.size:,} states: the chain KL of a step that is no product is summed up "
                f"to {PAIRWISE_STATES:,}{above}"
            )
        self.reasons["chain_kl"] = why
        return math.nan

    def _unfinished(self) -> float:
        """Total variation between where the truth in the sampler's own order has come and q_δ."""
        if not self.problem.sampler.claims.own_order:
            return 0.0
        end = self.problem.marginal(self.problem.grid.stop)
        return float(reveal_chain.unfinished(np.asarray(self.order), end))

    def _where_impossible(self) -> str:
        """The step in which the chain KL became infinite."""
        found = self.numbers.get("marginal", self.numbers.get("chain", np.zeros(0)))
        first = int(np.argmax(np.isinf(found)))
        return _IMPOSSIBLE.format(self.problem.grid.times[first])

    @property
    def _roundings(self) -> float:
        """In the laws of all steps: of each token, its score and the truth beside it.

        The truth of a token carries the errors of the others' kernels, on counts those of all.
        What undoes the noise of a step multiplies an error by ``e^h``.
        """
        problem, length = self.problem, self.problem.space.length
        steps = [0.0 if problem.space.masked else t - s for t, s in problem.grid.intervals()]
        # Beyond AMPLIFICATION nothing is undone.
        grown = math.fsum(min(math.exp(min(h, 50.0)), AMPLIFICATION) ** 2 for h in steps)
        return grown * (2 * length**2 if isinstance(problem.space, Sequences) else length**3)

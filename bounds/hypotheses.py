"""Hypotheses that many theorems share: one name each, so that verdicts name them alike.

No theorem here asks that positions be treated alike.  Proofs bound a sum over positions term by
term, with what the other traits say of each token's law by itself; and where the subsets that are
revealed must be uniformly random, that is a hypothesis of its own.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import hyp1f1

from harness.claims import Trait
from harness.measurement.path_of_wrap import turned_by_no_shift
from harness.noise import Absorbing, Uniform
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem import Problem
from harness.quantities import Quantities
from harness.score import ScoreFunction


def uniform_noise(problem: Problem) -> dict[str, bool]:
    """A token that jumps is drawn afresh, uniformly."""
    return {"uniform noise": isinstance(problem.noise, Uniform)}


def absorbing_noise(problem: Problem) -> dict[str, bool]:
    """A token that jumps becomes the mask."""
    return {"absorbing noise": isinstance(problem.noise, Absorbing)}


def noise_of_shifts(problem: Problem) -> dict[str, bool]:
    """A token that jumps is turned modulo ``S``, by what does not depend on where it was."""
    shifts = turned_by_no_shift(problem.symbol_noise, problem.space.tokens)
    return {"noise by shifts modulo S": shifts}


def finite_start(problem: Problem) -> dict[str, bool]:
    """The sampler begins at a finite noise time."""
    return {"T < inf": math.isfinite(problem.grid.start)}


def early_stopping(problem: Problem) -> dict[str, bool]:
    """The sampler ends at a positive noise time."""
    return {"δ > 0": problem.grid.stop > 0}


def exact_score(problem: Problem) -> dict[str, bool]:
    """The sampler is given the true score."""
    error = problem.score_model.log_error
    return {"exact score": error is None or not np.any(error)}


def full_support(problem: Problem) -> dict[str, bool]:
    """No sequence has probability 0."""
    return {"full support": not problem.drawn and problem.full_support}


def timeless_score(problem: Problem) -> dict[str, bool]:
    """The score says the same of the data at all times; one of your own need not."""
    same = not isinstance(problem.score, ScoreFunction)
    return {"a score that says the same of the data at all times": same}


def true_step_lengths(problem: Problem) -> dict[str, bool]:
    """The sampler is told the real length of every step (not so with ``rate_rule="left"``)."""
    lengths = [t - s for t, s in problem.grid.intervals()]
    return {"true step lengths": np.allclose(problem.grid.told_steps(), lengths, rtol=1e-9, atol=0)}


def plug_in(problem: Problem) -> dict[str, bool]:
    """Masked plug-in or Tweedie under absorbing noise, told the truth."""
    return {
        **absorbing_noise(problem),
        **exact_score(problem),
        **true_step_lengths(problem),
        **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
    }


def random_sets(problem: Problem) -> dict[str, bool]:
    """From all masked to the data by uniformly random sets of tokens, of sizes that are given."""
    sizes = problem.sampler.claims.subset_sizes
    return {
        "all tokens masked at the start": problem.start == "mask",
        "δ = 0": problem.grid.stop == 0,
        "uniformly random subsets of given sizes": sizes is not None,
        "a step for every subset": sizes is not None
        and len(sizes(problem.space.length)) <= problem.grid.steps,
    }


def geometric_grid(problem: Problem) -> dict[str, bool]:
    """``t = s + κ min(1, s)`` upward from ``δ > 0``; only the step at ``T`` may be shorter."""
    grid = problem.grid
    shares = [(t - s) / min(1.0, s) for t, s in grid.intervals()] if grid.stop > 0 else [math.inf]
    constant = math.isfinite(grid.kappa) and np.allclose(shares[1:], grid.kappa, rtol=1e-6, atol=0)
    return {"geometric grid": bool(constant)}


def traits(problem: Problem, *wanted: Trait) -> dict[str, bool]:
    """The sampler declares each of these traits."""
    return {str(trait): trait in problem.sampler.claims.traits for trait in wanted}


def any_trait(problem: Problem, *wanted: Trait) -> dict[str, bool]:
    """The sampler declares one of these traits at least."""
    declared = problem.sampler.claims.traits
    return {" or ".join(map(str, wanted)): any(trait in declared for trait in wanted)}


def dependent_data(problem: Problem) -> dict[str, bool]:
    """The tokens of the data depend on each other; where it is not known they may."""
    space = problem.space
    rounding = ENTRY_ERROR * space.length**2 * np.log(space.vocabulary)
    return {"DTC(X_0) > 0": not problem.dependence[1] <= rounding}


def worst_start(problem: Problem, quantities: Quantities) -> float:
    """``e^{-T} d log S``, above ``KL(q_T‖noise)``; 0 when the sampler starts at ``q_T``.

    The noise is the uniform law or, with a mask, the surrogate.
    """
    if problem.start == "exact":
        return 0.0
    length, log_tokens = quantities.log_size
    return math.exp(-problem.grid.start) * length * log_tokens


def beyond_linear(lengths: Sequence[float]) -> np.ndarray:
    """``e^h - 1 - h`` of each of ``lengths``, without cancellation."""
    h = np.asarray(lengths, float)
    return h**2 / 2 * hyp1f1(1, 3, h)

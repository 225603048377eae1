"""Small problems on which any sampler and any theorem can be tried.

Few shapes of targets, most ``S=3, d=3`` or ``S=2, d=4``, since every shape is compiled anew.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing, Noise, RateMatrix, Uniform
from harness.process.score import Perturbed
from harness.process.space import Sequences
from toy_targets import (
    MarkovChain,
    Pairs,
    Parity,
    PottsRing,
    RandomTable,
    Table,
    Tilted,
    TwoBeliefs,
)

NOT_SYMMETRIC = RateMatrix([[-1.0, 0.7, 0.3], [0.2, -0.6, 0.4], [0.5, 0.4, -0.9]])
"""Sees what uniform noise hides: a transposed kernel, a reversed generator."""

ONE_WAY = MarkovChain(((0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.3, 0.1, 0.6)), length=3)
"""Full support, and no symmetry of tokens or of positions."""

UNTIED = RandomTable(3, 3, seed=7)
"""No two tokens alike: where a sampler has to choose among tokens there is no tie to break."""

FIELD = PottsRing(3, 3, 1.0, field=1.0)
REPEATED = MarkovChain(
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), length=3, initial=(0.2, 0.3, 0.5)
)
RARE = TwoBeliefs((0.98, 0.01, 0.01), (0.01, 0.01, 0.98), length=3, weight=0.9999)
PARITY = Parity(4)

TILTED = Tilted(ONE_WAY, 2.0 * (np.indices((3, 3, 3)) == 1).sum(0) - np.indices((3, 3, 3))[0])
"""Much of what its base has is rare here, and of what it has hardly."""

NOISES: dict[str, Noise] = {"uniform": Uniform(), "non-symmetric": NOT_SYMMETRIC}
MASKS: dict[str, Noise] = {"absorbing": Absorbing()}
UNEVEN = grids.custom([3.0, 2.9, 0.6, 0.1])  # a small step, a very large one, one in between
SERIES = (16, 32, 64, 128, 256)  # numbers of steps
FINER = (512, 1024, 2048, 4096)  # of one whose KL does not fall as it should, yet
STEPS = (64, 128, 256, 512)  # of runs whose laws are extrapolated
FEW = (4, 8, 16, 32)  # of one that reveals in an order of its own


def noises(sampler: Any) -> dict[str, Noise]:
    """The noises that the sampler is tried under, by name."""
    if sampler.claims.needs_uniform:
        return {"uniform": Uniform()}
    return MASKS if sampler.claims.needs_mask else NOISES


def first_noise(sampler: Any) -> Noise:
    """The one that it is tried under unless told otherwise."""
    return next(iter(noises(sampler).values()))


def refusal(sampler: Any, noise: Noise, target: Any = PARITY) -> str:
    """Why ``sampler`` cannot run on ``target`` under ``noise``; empty where it can."""
    try:
        problem(sampler, target, UNEVEN, noise)
    except ValueError as error:
        return str(error)
    return ""


def problem(
    sampler: Any, target: Any, grid: Grid, noise: Noise | None = None, **rest: Any
) -> Problem:
    """``sampler`` on ``target``, from ``q_T`` and under its first noise unless told otherwise."""
    noise = noise or first_noise(sampler)
    return Problem(target, noise, sampler, grid, **{"start": "exact", **rest})


def step_problems(sampler: Any) -> list[Problem]:
    """Its noises, an even and an odd length; the exact score and ones that are far off."""
    *_, last = noises(sampler).values()
    found = [
        problem(sampler, ONE_WAY, UNEVEN),
        problem(sampler, ONE_WAY, UNEVEN, last, score=Perturbed(1.0)),
        problem(sampler, PARITY, UNEVEN),
    ]
    if not sampler.claims.needs_mask and not refusal(sampler, Absorbing()):
        # Late, where masks are hardly left: rates there are far below 1, and the score's too large.
        found.append(problem(sampler, PARITY, UNEVEN, Absorbing(), score=Perturbed(1.0)))
    return found


def convergence(sampler: Any, noise: Any, counts: Sequence[int] = SERIES) -> list[Problem]:
    """Ever smaller steps on a target of full support, score and start exact.

    For one that reveals in an order of its own: from all masked on, ever more steps.
    """
    if sampler.claims.own_order:
        return [masked_start(sampler, ONE_WAY, n) for n in counts]
    return [problem(sampler, ONE_WAY, grids.even(1.0, 0.4, n), noise) for n in counts]


def fine(
    sampler: Any, noise: Any, counts: Sequence[int] = (), target: Any = ONE_WAY
) -> list[Problem]:
    """The same in so many more steps that the law may be extrapolated, or ``counts`` of them."""
    if sampler.claims.own_order:
        return [masked_start(sampler, target, n) for n in counts or FEW]
    counts = counts or numbers(sampler)
    return [problem(sampler, target, grids.even(1.0, 0.4, n), noise) for n in counts]


def numbers(sampler: Any) -> tuple[int, ...]:
    """Of the steps of runs whose laws are extrapolated; few where no step has an error."""
    return FEW if sampler.claims.output_order == np.inf else STEPS


def whole_time(sampler: Any, noise: Any, counts: Sequence[int] = ()) -> list[Problem]:
    """Ever smaller steps from almost pure noise to almost clean data: no time is left out.

    Each a constant share of its time, so that halving all steps changes nothing else.
    """
    if sampler.claims.own_order:
        return fine(sampler, noise, counts)
    shares = [np.linspace(0.0, 1.0, n + 1) for n in counts or numbers(sampler)]
    times = [grids.custom((6.0 * (1e-3 / 6.0) ** share).tolist()) for share in shares]
    return [problem(sampler, ONE_WAY, each, noise) for each in times]


def to_the_data(sampler: Any, noise: Any, counts: Sequence[int] = ()) -> list[Problem]:
    """Ever smaller steps down to ``δ = 0``, on a target of full support."""
    counts = counts or numbers(sampler)
    return [problem(sampler, ONE_WAY, grids.even(1.0, 0.0, n), noise) for n in counts]


def tilted(sampler: Any, noise: Any, counts: Sequence[int] = ()) -> list[Problem]:
    """Ever smaller steps on a tilted target; the score is that of its base."""
    counts = counts or numbers(sampler)
    return [problem(sampler, TILTED, grids.even(1.0, 0.2, n), noise) for n in counts]


def theorem_problems(sampler: Any) -> list[Problem]:
    """What theorems find hard: forbidden sequences, rare modes, coarse grids, wrong scores."""
    if sampler.claims.own_order:
        return [
            problem(sampler, FIELD, grids.geometric(2.0, 0.1, kappa=0.2)),
            masked_start(sampler, FIELD, 4, score=Perturbed(0.3)),
            *(masked_start(sampler, t, 4) for t in (FIELD, REPEATED, RARE, PARITY, Pairs(2, 2))),
        ]
    fine, coarse = grids.geometric(2.0, 0.1, kappa=0.2), grids.even(4.0, 0.1, steps=4)
    *_, last = noises(sampler).values()
    whole = grids.even(2.0, 0.01 if sampler.claims.needs_early_stopping else 0.0, steps=12)
    masked = [] if sampler.claims.needs_mask or refusal(sampler, Absorbing()) else MASKS.values()
    return [
        problem(sampler, FIELD, fine),
        problem(sampler, FIELD, fine, start="noise"),
        problem(sampler, FIELD, fine, score=Perturbed(score_error=0.05)),
        problem(sampler, FIELD, coarse),
        problem(sampler, ONE_WAY, fine, last),
        problem(sampler, ONE_WAY, grids.even(0.5, 0.1, steps=8), start="noise"),
        problem(sampler, REPEATED, fine),
        problem(sampler, REPEATED, grids.geometric(2.0, 0.01, kappa=0.5)),
        problem(sampler, RARE, fine),
        problem(sampler, PARITY, fine),
        problem(sampler, PARITY, whole),
        problem(sampler, Pairs(2, 2), fine),
        *(problem(sampler, target, fine, noise) for noise in masked for target in (FIELD, PARITY)),
        *(masked_start(sampler, t, 4) for t in (FIELD, PARITY) if sampler.claims.starts_masked),
    ]


def masked_start(sampler: Any, target: Any, steps: int, **rest: Any) -> Problem:
    """From all masked at ``T = inf`` to no masks, in steps that reveal alike."""
    return problem(sampler, target, grids.even_reveal(steps), start="mask", **rest)


BIASED = Table(np.array([[0.85, 0.05], [0.04, 0.06]]))
"""Far from uniform, full support, dependent tokens; its steps cost next to nothing."""

SWEEPS = {
    "step": "step",
    "S": "S",
    "d": "d",
    "delta": "delta",
    "step from noise": "step",
    "step with a wrong score": "step",
}
"""``{name: axis}`` of the sweeps that a rate is tried on."""


def sweeps(sampler: Any, noise: Noise) -> dict[str, list[Problem]]:
    """``{name: problems}``, all of ``sweep``.  Raises ValueError if one cannot be run."""
    return {name: sweep(name, sampler, noise) for name in SWEEPS}


def sweep(name: str, sampler: Any, noise: Noise) -> list[Problem]:
    """Problems on which the constant of a rate settles: targets of full support.

    On the last two of ``SWEEPS``, an error that no step removes is nearly all of the KL: that of a
    start at ``T = 0.52``, or a score error of 1 nat.  A form that counts it needs a constant that
    settles, one that leaves it out a constant like ``1/κ``.  The steps are so small that the part
    of a right form that falls with the step has faded: in the forms of ``bounds/`` it is under a
    twentieth.
    Raises ValueError for what ``sampler`` cannot run.
    """
    grid = functools.partial(grids.geometric, 2.0, 0.1)
    on = functools.partial(problem, sampler, noise=noise)
    small = (0.004, 0.002, 0.001, 0.0005)
    smaller = (0.001, 0.0005, 0.00025, 0.000125)  # a wrong score has rates of a hundred
    found: dict[str, Callable[[], list[Problem]]] = {
        "step": lambda: [on(FIELD, grid(kappa)) for kappa in (0.2, 0.1, 0.05, 0.025, 0.0125)],
        "S": lambda: [on(PottsRing(s, 2, 1.0), grid(0.2)) for s in (6, 7, 8, 9)],
        "d": lambda: [on(IndependentPairs(n), grid(0.2)) for n in (1, 2, 3, 4)],
        "delta": lambda: [
            on(FIELD, grids.geometric(2.0, stop, 0.1)) for stop in (0.1, 0.03, 0.01, 0.003, 0.001)
        ],
        "step from noise": lambda: [
            on(BIASED, grids.geometric(0.52, 0.5, kappa), start="noise") for kappa in small
        ],
        "step with a wrong score": lambda: [
            on(BIASED, grids.geometric(0.84, 0.8, kappa), score=Perturbed(score_error=1.0))
            for kappa in smaller
        ],
    }
    return found[name]()


@dataclass(frozen=True)
class IndependentPairs:
    """Pairs of two dependent bits: every information quantity is additive in ``d = 2 pairs``."""

    pairs: int

    @property
    def space(self) -> Sequences:
        """``[2]^d``."""
        return Sequences(2, 2 * self.pairs)

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats."""
        pair = np.log([[0.4, 0.1], [0.2, 0.3]])
        return functools.reduce(np.add.outer, [pair] * self.pairs)

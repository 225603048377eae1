"""What ``test_devices`` runs in a process of its own, which has four devices: prints JSON."""

import json
import sys
from dataclasses import replace

from harness import Enumerated, Problem, grids, measure
from harness.engines.sequences import step_laws, tokens
from harness.foundation.precision import float64
from harness.measurement import differential_inequality
from harness.measurement.path_kl import nodes_in_step
from harness.noise import Absorbing, Uniform
from harness.process import space as spaces
from harness.samplers import (
    FirstHitting,
    FrozenScore,
    PredictorCorrector,
    TauLeaping,
    ThetaTrapezoidal,
    Tweedie,
    Uniformization,
)
from harness.score import Perturbed
from toy_targets import PottsRing, RandomTable, Zipf

GRID = grids.even(1.0, 0.25, 3)
TABLE = RandomTable(2, 4, seed=1)
RING = PottsRing(2, 12, 1.0)


def on(target, sampler, noise=None, **fields):
    return Problem(
        target, noise or Uniform(), sampler, **{"grid": GRID, "start": "exact", **fields}
    )


QUICK = {"product": on(TABLE, Tweedie())}
EVERY = {
    "six tokens on three devices": on(RandomTable(6, 2, seed=1), TauLeaping("wrap")),
    "a score that is off": on(TABLE, TauLeaping(), score=Perturbed(0.3)),
    "chain": on(TABLE, FrozenScore()),
    "rates that change": on(TABLE, Uniformization()),
    "two stages": on(TABLE, ThetaTrapezoidal()),
    "signed": on(TABLE, ThetaTrapezoidal(clamp=False)),
    "in turn": on(TABLE, PredictorCorrector()),
    "reveals": on(RandomTable(3, 4, seed=1), FirstHitting(), Absorbing()),
    "classes": on(Zipf(16, 4, classes=2), Tweedie()),
}


def both(problem, count=4):
    """The problem by one device and by ``count``: each quantity, its floor, and what differs."""
    one, many = measure(problem), measure(replace(problem, engine=Enumerated(count)))
    names = ("kl", "tv", "hellinger", "chain_kl", "path_kl", "entropy_fall", "lost_mass")
    return {name: [getattr(one, name), getattr(many, name), one.floors[name]] for name in names}


def bytes_of(lowered):
    """On each device: what goes in, what comes out, and what is held meanwhile."""
    found = lowered.compile().memory_analysis()
    sizes = found.argument_size_in_bytes, found.output_size_in_bytes, found.temp_size_in_bytes
    return sum(sizes)


def memory(count):
    """Bytes a device of the laws of a block of states, their push, the differential rung."""
    problem = replace(on(RING, TauLeaping()), engine=Enumerated(count))
    rows = problem.space.blocks()[0].stop
    small = replace(on(PottsRing(2, 8, 1.0), TauLeaping()), engine=Enumerated(count))
    with float64():
        laws = step_laws.StepLaws(problem, 1.0, 0.5)
        given = laws._score, problem.symbol_noise, 0, 1.0, 0.5
        made = step_laws._step_law_and_accounts
        law, _ = made(problem.sampler, problem.space, rows, *given)
        mass = problem.space.spread_out(problem.start_law[:rows])
        times = nodes_in_step(1.0, 0.5)[0]
        fixed = small.sampler, small.sampler.claims.rates_in_step, small.space
        told = small.score_model, small.exact_score, small.noise
        start = small.space.spread_out(small.start_law)
        return {
            "laws": bytes_of(made.lower(problem.sampler, problem.space, rows, *given)),
            "push": bytes_of(tokens._push_tokens.lower(problem.space, mass, law, 0)),
            "rung": bytes_of(
                differential_inequality._step.lower(*fixed, *told, start, 1.0, 1.0, 0.5, times)
            ),
        }


def rung(count):
    problem = replace(QUICK["product"], engine=Enumerated(count))
    return differential_inequality.differential_inequality(problem)[:2]


if __name__ == "__main__":
    if sys.argv[1] == "quick":
        found = {name: both(problem) for name, problem in QUICK.items()}
        spaces.TABLE_ENTRIES, spaces.PRODUCT_ROWS = 2**6, 8  # several blocks of states
        problem = on(RandomTable(2, 4, seed=2), Tweedie())
        blocks = len(replace(problem, engine=Enumerated(4)).space.blocks())
        print(json.dumps([found | {"blocks": both(problem)}, blocks, [rung(1), rung(4)]]))
    elif sys.argv[1] == "memory":
        print(json.dumps([memory(1), memory(4)]))
    else:
        counts = {"six tokens on three devices": 3}
        print(json.dumps({n: both(p, counts.get(n, 4)) for n, p in EVERY.items()}))

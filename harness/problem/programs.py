"""Which programs JAX has compiled in this process: a first run on a new shape waits for them."""

from dataclasses import dataclass
from typing import Any

from harness.foundation.memory_maps import make_room
from harness.law.numeric_fields import parted
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.spaces import Spaces
from harness.process.own_score import ScoreFunction
from harness.process.score import Exact
from harness.process.space import Space


@dataclass(frozen=True)
class Program:
    """What the compiled loops of a run depend on: shapes and the sampler, not times or laws.

    Two problems of one program differ in their data, their grid, the numbers of their sampler or
    their size of error only; ``sampler`` is what ``numeric_fields`` leave of it, ``score`` whether
    it is exact, or a function of one's own.
    """

    sampler: Any
    space: Space
    noise: type
    score: Any
    draws: int

    @classmethod
    def of(cls, problem: Spaces) -> "Program":
        """The program that ``problem`` runs."""
        score, engine = problem.score, problem.engine
        kind = score if isinstance(score, ScoreFunction) else isinstance(score, Exact)
        draws = engine.draws if isinstance(engine, MonteCarlo) else 0
        form, _ = parted(problem.sampler)
        return cls(form, problem.space, type(problem.noise), kind, draws)


_compiled: set[Program] = set()


def run_by(problem: Spaces) -> None:
    """Take note that ``problem`` has been run in this process; make room after a new program."""
    program = Program.of(problem)
    if program not in _compiled and make_room():
        forget()
    _compiled.add(program)


def compiled(problem: Spaces) -> bool:
    """Whether a run in this process had the program of ``problem``."""
    return Program.of(problem) in _compiled


def forget() -> None:
    """As ``jax.clear_caches``, which is to be called with it: nothing is compiled any more."""
    _compiled.clear()

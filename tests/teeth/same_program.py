"""Whether two samplers are one to the harness: the same claims, and the same programs of a step.

A measurement knows a sampler by these alone, so that what holds of one holds of the other.
"""

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import jax
import numpy as np

from harness.engines.sequences import by_kind
from harness.law.step import Varying, stages_of
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing
from harness.regress import bank, cover, long_reveals, long_sequences
from harness.regress.long_sequences import LENGTH, TOKENS, LongScore

LENGTHS = (*range(1, 13), 50, LENGTH)
TIMES = tuple(map(np.float64, (1.7, 0.3, 0.9)))  # of a step from the first to the second
GRIDS = (grids.even(3.0, 0.0, 4), bank.UNEVEN)
ADDRESS = re.compile(r"0x[0-9a-f]+|mutant_of_\w+")  # of an object in memory, a module


def described(sampler: Any) -> str | None:
    """All that the harness can see of ``sampler``, as a digest; None where it is no JAX."""
    claims = sampler.claims
    if claims.on_host:
        return None
    problems = [place.problem(sampler, place.data["rough"]) for place in cover.places(sampler)]
    problems += bank.step_problems(sampler)
    told = [_claimed(claims)]
    for problem in problems:
        told += [_told(program) for program in _programs(problem)]
    told += [_told(_long(sampler, score)) for score in _long_scores(sampler)]
    return hashlib.sha256(ADDRESS.sub("", "\n".join(told)).encode()).hexdigest()


def _programs(problem: Problem) -> Iterator[Any]:
    """The law of a step, as it is and as a table, with rates inside it that are functions."""
    space, claims = problem.chain_space, problem.sampler.claims
    score, noise = problem.score_model, problem.noise
    with jax.enable_x64(True):
        x = space.states()
        score(1.3, x)  # what it keeps is then made outside of what is traced

        def laws(t: Any, s: Any, u: Any) -> list[Any]:
            law = problem.sampler.step(score, noise, x, t, s)
            rates = [each.rates(u, x) for each in stages_of(law) if isinstance(each, Varying)]
            return _arrays((law, by_kind.written_out(law, space, x), rates), rest)

        rest: list[str] = []
        yield jax.make_jaxpr(laws)(*TIMES)
        yield rest
        if claims.rates_in_step:
            rates = partial(claims.rates_in_step, score, noise, x)
            yield jax.make_jaxpr(rates)(*TIMES[::2])


def _long_scores(sampler: Any) -> list[LongScore]:
    """Of sequences that no table holds, where it is tried on such."""
    if long_reveals.applies(sampler):
        return [long_reveals.truth(TOKENS, LENGTH)]
    if not long_sequences.applies(sampler):
        return []
    noises = long_sequences.noises(sampler, not bank.refusal(sampler, Absorbing()))
    return [long_sequences.truth(noise, TOKENS, LENGTH) for noise in noises.values()]


def _long(sampler: Any, score: LongScore) -> Any:
    """The law of each token after a step."""
    x = np.zeros((2, LENGTH), int)
    with jax.enable_x64(True), suppress(Exception):  # it need not take so many
        return jax.make_jaxpr(lambda t, s: sampler.step(score, score.noise, x, t, s).p)(*TIMES[:2])
    return ""


def _arrays(value: Any, rest: list[str]) -> list[Any]:
    """The arrays in a law; what else it holds goes to ``rest``, its functions are in the table."""
    if isinstance(value, jax.Array | np.ndarray):
        return [value]
    if callable(value):
        return []
    if isinstance(value, tuple | list):
        return [found for each in value for found in _arrays(each, rest)]
    if dataclasses.is_dataclass(value):
        rest.append(type(value).__name__)
        named = [getattr(value, field.name) for field in dataclasses.fields(value)]
        return _arrays(named, rest)
    rest.append(repr(value))
    return []


def _told(program: Any) -> str:
    consts = [np.asarray(each).tobytes() for each in getattr(program, "consts", ())]
    return f"{program} {[hashlib.sha256(each).hexdigest() for each in consts]}"


def _claimed(claims: Any) -> str:
    """Values as they are written, functions by what they answer."""
    told = []
    for field in dataclasses.fields(claims):
        value = getattr(claims, field.name)
        match field.name:
            case "calls" if value:
                value = [np.asarray(value(grid, d)).tolist() for grid in GRIDS for d in LENGTHS]
            case "subset_sizes" if value:
                value = [value(d) for d in LENGTHS]
            case "traits":
                value = sorted(map(str, value))
            case "rates_in_step":
                value = value is not None
            case "begins_with" if value is not None:
                value = described(value)
            case _:
                pass
        told.append(f"{field.name}={value!r}")
    return "\n".join(told)

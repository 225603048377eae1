"""Sizes that a theorem may be claimed for alone: each vocabulary, and the ends of its lengths.

A bound for ``S <= 1000`` or ``d >= 12`` is met by few other problems.  Vocabularies are classes of
tokens, whose sizes share what is compiled, so each is tried; of the lengths, on counts, the
shortest and the longest that the theorem applies to.
"""

from collections.abc import Callable, Iterator
from typing import Any

from harness.problem.problem import Problem
from harness.process import grids
from harness.regress import bank, theorem_bank
from toy_targets import Product

VOCABULARIES = (3, 4, 5, 7, 10, 20, 50, 100, 300, 1000, 3000, 10_000, 100_000, 10**6)
LENGTHS = (3, 4, 6, 8, 12, 16, 24, 40, 60, 100, 200)
OF_WORDS = ((1e-6, 5e-7), (0.3, 0.1), (2.0, 1.9), (4.5, 4.4), (6.0, 3.0))
OF_BITS = ((1e-6, 5e-7), (1.0, 0.8), (3.0, 0.6), (6.0, 3.0))


def problems(sampler: Any, applies: Callable[[Problem], bool]) -> Iterator[Problem]:
    """What ``sampler`` can run of them, and the theorem ``applies`` to."""
    yield from filter(applies, _of_each_vocabulary(sampler))
    for ladder in _along_lengths(sampler):
        allowed = [problem for problem in ladder if applies(problem)]
        yield from [*allowed[:1], *allowed[1:][-1:]]


def _of_each_vocabulary(sampler: Any) -> Iterator[Problem]:
    if theorem_bank.takes_classes(sampler):
        for times in OF_WORDS:
            for target in (theorem_bank.point_of, theorem_bank.word_or_not):
                for size in VOCABULARIES:
                    yield from _from_noise(sampler, target(size), times)


def _along_lengths(sampler: Any) -> Iterator[list[Problem]]:
    """Problems that differ in ``d`` alone, the shortest first."""
    if theorem_bank.lumps(sampler):
        longest = theorem_bank.longest(bank.first_noise(sampler))
        lengths = [d for d in LENGTHS if d <= longest]
        for times in OF_BITS:
            for target in (theorem_bank.repeated, _zeros):
                yield [p for d in lengths for p in _from_noise(sampler, target(d), times)]


def _zeros(length: int) -> Product:
    return Product((1.0, 0.0), length)


def _from_noise(sampler: Any, target: Any, times: tuple[float, float]) -> Iterator[Problem]:
    noise = bank.first_noise(sampler)
    yield from theorem_bank.on(sampler, noise, target, grids.custom(times), start="noise")

"""All of the corpus."""

from . import right_theorems
from .case import Case
from .right_samplers import of_any_noise, of_masks
from .wrong_samplers import (
    another_size,
    another_time,
    small_bias,
    small_constants,
    unchecked_claims,
    unseen_targets,
    what_ran_before,
)
from .wrong_theorems import assumptions, constants, exponents

WRONG_SAMPLERS: list[Case] = [
    *small_bias.CASES,
    *another_size.CASES,
    *another_time.CASES,
    *what_ran_before.CASES,
    *unchecked_claims.CASES,
    *small_constants.CASES,
    *unseen_targets.CASES,
]
RIGHT_SAMPLERS: list[Case] = [*of_any_noise.CASES, *of_masks.CASES]
WRONG_THEOREMS: list[Case] = [*constants.CASES, *assumptions.CASES, *exponents.CASES]
RIGHT_THEOREMS: list[Case] = right_theorems.CASES
ALL = [*WRONG_SAMPLERS, *RIGHT_SAMPLERS, *WRONG_THEOREMS, *RIGHT_THEOREMS]

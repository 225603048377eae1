"""All of the corpus."""

from . import (
    right_theorems,
    right_theorems_of_other_forms,
    right_theorems_of_steps_and_scores,
    right_theorems_of_tokens_and_tv,
)
from .case import Case
from .right_samplers import (
    by_strangers,
    correctors,
    in_other_words,
    of_any_noise,
    of_masks,
    with_settings,
)
from .wrong_samplers import (
    another_form,
    another_noise,
    another_score,
    another_size,
    another_time,
    beyond_small,
    beyond_tables,
    fast_correctors,
    long_reveals,
    many_of_many,
    small_bias,
    small_bias_of_masks,
    small_constants,
    unchecked_claims,
    uncounted_calls,
    unseen_targets,
    unseen_traits,
    what_ran_before,
)
from .wrong_theorems import (
    assumptions,
    beyond_the_bank,
    constants,
    errors_under_masks,
    exponents,
    in_tv,
    noises_one_way,
    other_forms,
    parts_of_rates,
    rungs,
    steps_and_scores,
    tokens_of_a_noise,
)

WRONG_SAMPLERS: list[Case] = [
    *small_bias.CASES,
    *small_bias_of_masks.CASES,
    *another_size.CASES,
    *another_noise.CASES,
    *another_time.CASES,
    *what_ran_before.CASES,
    *uncounted_calls.CASES,
    *unchecked_claims.CASES,
    *small_constants.CASES,
    *unseen_targets.CASES,
    *unseen_traits.CASES,
    *beyond_small.CASES,
    *beyond_tables.CASES,
    *long_reveals.CASES,
    *many_of_many.CASES,
    *another_score.CASES,
    *another_form.CASES,
    *fast_correctors.CASES,
]
RIGHT_SAMPLERS: list[Case] = [
    *of_any_noise.CASES,
    *in_other_words.CASES,
    *of_masks.CASES,
    *by_strangers.CASES,
    *with_settings.CASES,
    *correctors.CASES,
]
WRONG_THEOREMS: list[Case] = [
    *constants.CASES,
    *rungs.CASES,
    *assumptions.CASES,
    *exponents.CASES,
    *parts_of_rates.CASES,
    *beyond_the_bank.CASES,
    *other_forms.CASES,
    *steps_and_scores.CASES,
    *tokens_of_a_noise.CASES,
    *in_tv.CASES,
    *noises_one_way.CASES,
    *errors_under_masks.CASES,
]
RIGHT_THEOREMS: list[Case] = [
    *right_theorems.CASES,
    *right_theorems_of_other_forms.CASES,
    *right_theorems_of_steps_and_scores.CASES,
    *right_theorems_of_tokens_and_tv.CASES,
]
ALL = [*WRONG_SAMPLERS, *RIGHT_SAMPLERS, *WRONG_THEOREMS, *RIGHT_THEOREMS]

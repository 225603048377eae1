"""Many problems at once: those that differ in arrays only are one call of what is compiled."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np

from harness.engines import exact
from harness.engines.sequences import in_chunks, one_run
from harness.engines.sequences.in_chunks import chunk_of
from harness.engines.sequences.one_run import State, Steps, Task, Terms
from harness.foundation.precision import float64
from harness.foundation.shown_list import ShownList
from harness.foundation.validation import choice, instance
from harness.law.claims import Trait
from harness.measurement import output
from harness.measurement.chain import Sums, terms_of
from harness.measurement.kept import Nothing, Store, asked_by, each_measured
from harness.measurement.measure import assembled, measure
from harness.measurement.placed_error import with_place
from harness.measurement.result import Measurement
from harness.problem import programs
from harness.problem.memory import forgotten
from harness.problem.problem import Problem
from harness.process.space import Sequences

BATCHES = (64, 16)  # problems in a call, one of them repeated to make as many
WORTH = 16  # fewer are not worth compiling for: one by one they are soon done
BATCH_BYTES = 2**29  # held by the tables of a batch at once
COPIES = 3  # of the laws of a chunk that are held at a time
ALONE = 1  # the size of a batch that is none


def measure_many(
    problems: Iterable[Problem],
    *,
    output_only: bool = False,
    chain_only: bool = False,
    errors: str = "raise",
    store: Store | None = None,
    client: Any = None,
) -> list[Measurement]:
    """``measure`` of each of ``problems``, in their order, many of one shape in one call.

    ``output_only``: no chain and path KL; ``chain_only``: nothing is pushed, so that there is no
    output; not both.  A bad problem does not stop the others.  ``errors="return"`` puts its error
    in its place; ``"raise"`` raises it when all are done, with the place of the first:
    ``problems[k]``.  What a ``store`` has is not measured again, and what is measured goes there:
    ``harness.Store(path)``.  The workers of a Dask ``client`` measure in place of this process.
    Raises ValueError where nothing is left to measure.
    """
    choice("errors", errors, ("raise", "return"))
    if output_only and chain_only:
        raise ValueError("output_only and chain_only leave nothing to measure")
    problems = list(problems)
    for k, problem in enumerate(problems):
        instance(f"problems[{k}]", problem, Problem)
    found: list[Any] = ShownList([None] * len(problems))
    batches: dict[int, _Batch] = {}

    def parts(places: list[int]) -> Iterator[list[int]]:
        for batch in _batches([problems[k] for k in places], output_only):
            part = [places[k] for k in batch.places]
            batches.update(dict.fromkeys(part, replace(batch, places=part)))
            yield part

    def measured(places: list[int]) -> list[Any]:
        return batches[places[0]].only(places).measured(output_only, chain_only)

    asked = asked_by(output_only, chain_only)
    if client is not None:
        from harness.measurement.by_cluster import measured_by

        found[:] = measured_by(client, store or Nothing(), problems, asked)
    else:
        for k, each in each_measured(store or Nothing(), problems, asked, parts, measured):
            found[k] = each
    for k, each in enumerate(found if errors == "raise" else ()):
        if isinstance(each, Exception):
            raise with_place(each, k) from each
    return found


class Together:
    """The measurements of ``problems``, each made when asked for, with those of its shape.

    ``known``: what was measured, or the error, of places whose problems are not measured again.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        *,
        output_only: bool = False,
        known: Mapping[int, Measurement | Exception] | None = None,
    ) -> None:
        self.problems, self.output_only = problems, output_only
        self._found: dict[int, Measurement | Exception] = dict(known or {})

    def measurement(self, k: int) -> Measurement:
        """Of ``problems[k]``; raises its error, and no other's."""
        if k not in self._found:
            batch = self._batches[k]
            made = batch.measured(self.output_only, False)
            self._found = {**dict(zip(batch.places, made, strict=True)), **self._found}
        found = self._found[k]
        if isinstance(found, Exception):
            raise found
        return found

    @cached_property
    def _batches(self) -> dict[int, "_Batch"]:
        batches = _batches(self.problems, self.output_only)
        return {k: batch for batch in batches for k in batch.places}


def _batches(problems: Sequence[Problem], output_only: bool) -> Iterator["_Batch"]:
    """Problems of one shape at a time, as many as one call takes; each alone that is in none."""
    groups: dict[Any, list[int]] = defaultdict(list)
    few = len(problems) < WORTH  # whose arrays are not made before each is measured
    arrays = [None if few else _or_error(_arrays, problem) for problem in problems]
    for k, (problem, given) in enumerate(zip(problems, arrays, strict=True)):
        if given is None or isinstance(given, Exception):
            groups["alone", k].append(k)
        else:
            groups[_shape(problem, given)].append(k)
    for group in groups.values():
        size = _size(problems[group[0]], len(group), output_only)
        for first in range(0, len(group), size):
            places = group[first : first + size]
            yield _Batch(places, [problems[k] for k in places], [arrays[k] for k in places], size)


def _arrays(problem: Problem) -> tuple[Any, ...] | None:
    """What of a problem a batch maps over, its steps last; nothing for what can be in none."""
    if problem.drawn or problem.sampler.claims.on_host or not exact.is_one_function(problem):
        return None
    if problem.space.devices > 1:  # it has them all to itself
        return None
    with float64():
        given, grid = in_chunks.given_of(problem), problem.grid
        steps = in_chunks.steps_of(problem, chunk_of(problem)[0])
        ends = problem.start_law, grid.start, grid.stop, output.errors(problem)
        _, numbers = in_chunks.form_and_numbers(problem)
        return numbers, given, problem.chain_start, ends, steps


def _shape(problem: Problem, arrays: tuple[Any, ...]) -> Any:
    """What problems of one batch have in common: all but the entries of their arrays."""
    form, _ = in_chunks.form_and_numbers(problem)
    leaves, tree = jax.tree.flatten(arrays)
    of_law = form, problem.sampler.claims.memory, problem.sampler.claims.own_order
    return of_law, problem.space, problem.grid.steps, tree, tuple(map(np.shape, leaves))


def _size(problem: Problem, count: int, output_only: bool) -> int:
    """Problems in a call: of BATCHES, halved until memory holds them; ALONE for one by one."""
    if count < WORTH:
        return ALONE
    space, (chunk, _) = problem.chain_space, chunk_of(problem)
    entries = COPIES * chunk * in_chunks.entries_of(problem)
    if Trait.INDEPENDENT_TOKENS not in problem.sampler.claims.traits:
        entries += COPIES * space.size**2
    size = next(each for each in BATCHES if count >= each)
    while size > ALONE and size * entries * 8 > BATCH_BYTES:
        size //= 2
    return size


def _or_error(work: Any, *given: Any, **named: Any) -> Any:
    try:
        return work(*given, **named)
    except Exception as error:
        return error


@dataclass(frozen=True)
class _Batch:
    """``problems`` at their ``places`` among all, with their ``arrays``, in a call for ``size``."""

    places: list[int]
    problems: list[Problem]
    arrays: list[Any]
    size: int

    def only(self, places: list[int]) -> "_Batch":
        """Of these places alone; a call of it is for as many as before."""
        if places == self.places:
            return self
        kept = [self.places.index(k) for k in places]
        problems, arrays = ([of[i] for i in kept] for of in (self.problems, self.arrays))
        return _Batch(places, problems, arrays, self.size)

    def measured(self, output_only: bool, chain_only: bool) -> list[Any]:
        """The measurement of each, or its error."""
        if self.size > ALONE:
            try:
                return self._in_one_call(output_only, chain_only)
            except Exception:  # whose it is, is found one by one
                pass
        asked = {"output_only": output_only, "chain_only": chain_only}
        return [_or_error(measure, problem, **asked) for problem in self.problems]

    def _in_one_call(self, output_only: bool, chain_only: bool) -> list[Any]:
        began, one, push = time.perf_counter(), self.problems[0], not chain_only
        terms = None if output_only else terms_of(one)
        padded = [*self.arrays, *self.arrays[:1] * (self.size - len(self.arrays))]
        with float64():
            state, told, ends = _run(one, terms, push, padded)
        programs.run_by(one)
        seconds = (time.perf_counter() - began) / len(self.problems)
        found = []
        for place, problem in enumerate(self.problems):
            state_of, told_of = jax.tree.map(lambda each, i=place: each[i], (state, told))
            numbers = output.unpacked(ends[place], with_output=push)
            given = problem, state_of, told_of, numbers, output_only, push, seconds
            found.append(_or_error(_assembled, *given))
        return found


def _run(
    one: Problem, terms: Terms | None, push: bool, problems: list[Any]
) -> tuple[Any, Any, np.ndarray]:
    """States after the last step, what the steps told, what the ends give, a row a problem.

    ``one`` of the problems says what they have in common.
    """
    real, (size, at_once) = problems[0][-1].real, chunk_of(one)
    form, _ = in_chunks.form_and_numbers(one)
    numbers, given, start, ends, steps = jax.tree.map(lambda *each: np.stack(each), *problems)
    space, memory = one.chain_space, one.sampler.claims.memory
    state, found = _begin(Task(space, terms), given, start, steps.t[:, 0]), []
    for first in range(0, len(real), size):
        part = slice(first, first + size)
        chunk = jax.tree.map(lambda each, part=part: each[:, part], replace(steps, real=None))
        chunk = replace(chunk, real=real[part])
        laws, accounts = _laws(form, space, at_once, numbers, given, chunk)
        chunk, told_of = replace(chunk, laws=laws), {}
        for task in in_chunks.tasks_of(space, terms, push):
            state, (more, told) = _advance(task, given.truth, state, chunk)
            accounts, told_of = (*accounts, *more), {**told_of, **told}
        found.append((accounts, told_of))
    output_of = (state.law, state.lost, state.clipped) if push else None
    told = _ends(one.sequences, memory, given.truth, ends, output_of)
    state, found, told = jax.device_get((state, found, told))
    return state, jax.tree.map(lambda *parts: np.concatenate(parts, 1), *found), told


@partial(jax.jit, static_argnums=0)
def _begin(task: Task, given: Any, start: Any, t: Any) -> State:
    return jax.vmap(partial(one_run.begin, task))(given, start, t)


# Whether a step is one is the same for all: steps that are none are not computed.
_OF_STEPS = Steps(0, 0, 0, None, None)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _laws(
    form: Any, space: Sequences, at_once: bool, numbers: Any, given: Any, steps: Steps
) -> Any:
    of_one = partial(one_run.laws_of, form, space, at_once)
    return jax.vmap(of_one, (0, 0, _OF_STEPS))(numbers, given, steps)


@partial(jax.jit, static_argnums=0)
def _advance(task: Task, truth: Any, state: State, steps: Steps) -> Any:
    of_steps = replace(_OF_STEPS, laws=0)
    return jax.vmap(partial(one_run.advance, task), (0, 0, of_steps))(truth, state, steps)


@partial(jax.jit, static_argnums=(0, 1))
def _ends(space: Sequences, memory: int, truth: Any, ends: Any, output_of: Any) -> Any:
    def of_one(truth: Any, ends: Any, run: Any) -> Any:
        start, begin, stop, errors = ends
        if run is not None:
            run = (forgotten(space, memory, run[0]), *run[1:])
        return output.of_arrays(space, truth, start, begin, stop, run, errors)

    return jax.vmap(of_one)(truth, ends, output_of)


def _assembled(
    problem: Problem,
    state: State,
    told: Any,
    numbers: output.Numbers,
    output_only: bool,
    push: bool,
    seconds: float,
) -> Measurement:
    told = jax.tree.map(lambda each: each[: problem.grid.steps], told)
    _, steps, order = in_chunks.judged(problem, state, *told)
    sums, ends = Sums(problem, steps, order), output.told(problem, numbers)
    return assembled(problem, ends, sums, output_only, seconds)

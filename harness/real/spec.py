"""A TOML file that says which code is to be examined, under which model, on what.

loop = "my_code:sample"         # called as sample(model, steps, rows, **arguments)
asks = "logits"                 # what the model answers: a name of models.ASKS
steps = [2, 4, 8, 16]

[target]
name = "random_table"
tokens = 3
length = 3

[noise]
name = "absorbing"

[model]                         # fields of models.Model
mask = 3
outputs = 3
timed = false

[clock]                         # a name of clocks.CLOCKS, or "module:function"
name = "cosine"

[arguments]
temperature = 1.0

In the place of ``loop`` a ``step`` with a ``[grid]``, or a ``black_box`` that is called as
``draws(count, seed, **arguments)``, is asked nothing and needs no model.
"""

import tomllib
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.foundation.registry import import_class, load, noises, targets
from harness.foundation.validation import choice
from harness.real.examine_draws import examine_draws
from harness.real.report import DRAWS, Report, examine
from harness.real.steps_as_loop import StepsAsLoop
from harness.traced.clocks import CLOCKS
from harness.traced.conventions import masks
from harness.traced.loop import TracedLoop
from harness.traced.signatures import SOURCES, misfit

STEPS = (2, 4, 8, 16, 32)
MODEL = ("mask", "outputs", "timed", "dtype", "lowest", "shift")
GRID = ("start", "stop", "spacing")


class Tests(BaseModel):
    """Fields of ``black_box``, for code that is examined by its draws."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: int = 100
    singles: int = 1_000
    false_alarm: float = 1e-3


class Spec(BaseModel):
    """What all files have.  ``stop``, ``draws`` and ``seed`` as those of ``examine``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: dict[str, Any]
    arguments: dict[str, Any] = {}
    stop: float = 0.0
    draws: int = DRAWS
    seed: int = 0
    tests: Tests = Tests()

    @property
    def named(self) -> str:
        """What is examined, as the file names it."""
        raise NotImplementedError

    def code(self, what: str) -> Any:
        """What is named, a ``what``, with its arguments.  Raises ValueError."""
        found = import_class(self.named, what)
        return partial(found, **self.arguments) if self.arguments else found

    def report(self) -> Report:
        """What is found of the code.  Raises ValueError, TypeError for what does not fit."""
        raise NotImplementedError


class OfDraws(Spec):
    """A file that names a ``black_box``; a ``noise`` is needed to ``stop`` before the data."""

    black_box: str
    noise: dict[str, Any] = {}

    @property
    def named(self) -> str:
        """The black box."""
        return self.black_box

    def report(self) -> Report:
        """What its draws say."""
        load()
        return examine_draws(
            self.code("black box"),
            targets.build(self.target),
            noise=noises.build(self.noise) if self.noise else None,
            stop=self.stop,
            draws=self.draws,
            seed=self.seed,
            name=self.named,
            **self.tests.model_dump(),
        )


class OfCode(Spec):
    """A file that names a loop or a step.  ``block`` and ``follow`` as those of ``examine``."""

    asks: str
    noise: dict[str, Any]
    loop: str | None = None
    step: str | None = None
    grid: dict[str, Any] = {}
    framework: str = "torch"
    steps: tuple[int, ...] = Field(default=STEPS, min_length=1)
    one_row: bool = False
    model: dict[str, Any] = {}
    clock: dict[str, Any] | str | None = None
    block: int | None = None
    follow: bool = True

    @property
    def named(self) -> str:
        """The loop, or the step."""
        return self.loop or self.step or ""

    @model_validator(mode="after")
    def _one_of_both(self) -> "OfCode":
        if (self.loop is None) == (self.step is None):
            raise ValueError("a file names a loop, a step or a black_box, one of them")
        if self.step and self.framework == "jax":
            raise ValueError("a step in JAX is examined in a loop of its own, which splits its key")
        if (self.step is None) != (not self.grid):
            raise ValueError("a step needs a [grid], which a loop brings itself")
        for table, known in (("model", MODEL), ("grid", GRID)):
            for key in getattr(self, table):
                choice(f"key of [{table}]", key, known)
        for key in ("start", "stop"):
            if self.grid and key not in self.grid:
                raise ValueError(f"[grid] has no {key}, a time of the code's own")
        return self

    def report(self) -> Report:
        """What is found of the loop, or of the step taken again and again."""
        load()
        target, noise = targets.build(self.target), noises.build(self.noise)
        code = self.code("loop" if self.loop else "step")
        if self.step:
            shape = np.shape(target.log_law())
            wrong = misfit(code, ("model", "x", "t", "s", *SOURCES[self.framework]))
            if wrong:
                raise TypeError(f"the step does not fit its call: {wrong}")
            code = StepsAsLoop(
                code,
                length=len(shape),
                tokens=shape[0],
                mask=self.model.get("mask", shape[0]) if masks(noise) else None,
                **self.grid,
            )
        options = dict(self.model)
        if self.clock is not None:
            options["clock"] = _clock(self.clock)
        loop = TracedLoop(
            code,
            asks=self.asks,
            framework=self.framework,
            steps=self.steps,
            options=options,
            one_row=self.one_row,
            name=self.named,
        )
        return examine(
            loop,
            target,
            noise,
            stop=self.stop,
            block=self.block,
            draws=self.draws,
            seed=self.seed,
            follow=self.follow,
            tests=self.tests.model_dump(),
        )


def read(path: Path) -> Spec:
    """The file at ``path``.  Raises ValueError with the file and every key that is wrong."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        return (OfDraws if "black_box" in given else OfCode)(**given)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    except ValidationError as error:
        told = [": ".join(filter(None, (_place(e), _said(e)))) for e in error.errors()]
        raise ValueError(f"{path}: {'; '.join(told)}") from error


def _place(error: Any) -> str:
    return ".".join(map(str, error["loc"]))


def _said(error: Any) -> str:
    return error["msg"].removeprefix("Value error, ").lower()


def _clock(given: dict[str, Any] | str) -> Any:
    if isinstance(given, str):
        return import_class(given, "clock")
    values = dict(given)
    name = choice("clock", values.pop("name", ""), CLOCKS)
    known = list(signature(CLOCKS[name]).parameters)
    for key in values:
        choice(f"key of the clock {name}", key, known)
    return CLOCKS[name](**values)

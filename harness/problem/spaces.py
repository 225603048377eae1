"""Where a problem lives: all sequences, or token counts, or sequences of tokens that remember."""

import math
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any

from harness.foundation.registry import label
from harness.law.claims import Trait
from harness.problem.enumerated import Enumerated
from harness.problem.monte_carlo import MonteCarlo
from harness.process.counts import Counts
from harness.process.grids import Grid
from harness.process.noise import Noise
from harness.process.space import Sequences, Space
from harness.process.truth import on_counts, on_sequences

COUNTS_ABOVE = 4096  # sequences, beyond which an exchangeable target is taken by its counts


class Spaces:
    """The fields of a ``Problem``, and the spaces that follow from them."""

    target: Any
    noise: Noise
    sampler: Any
    grid: Grid
    score: Any
    start: str
    max_states: int
    engine: str | MonteCarlo | Enumerated

    @property
    def whole(self) -> Any:
        """The ``Problem`` that this is."""
        return self

    @property
    def drawn(self) -> bool:
        """Whether the engine is ``MonteCarlo``: then there is no law on all states."""
        return isinstance(self.engine, MonteCarlo)

    @cached_property
    def space(self) -> Space:
        """The states that the engine works on: all sequences, or counts."""
        sequences = self.noise.alphabet(self.target.space)
        if isinstance(self.engine, Enumerated):
            return replace(sequences, devices=self.engine.devices)
        if self.drawn or self.engine == "enumerated":
            return sequences
        lumps = getattr(self.target, "exchangeable", False)
        if self.engine == "counts" and not lumps:
            raise ValueError(f"engine='counts' needs an exchangeable target, got {self.target!r}")
        if self.sampler.claims.memory > 1:
            if self.engine == "counts":
                name = label(self.sampler)
                raise ValueError(f"{name} remembers, which counts do not: engine='enumerated'")
            return sequences
        # A sampler that does not say that its tokens move alike is taken by sequences if it can be.
        traits = self.sampler.claims.traits
        alike = Trait.POSITIONS_ALIKE in traits
        apart = {Trait.INDEPENDENT_TOKENS, Trait.FROZEN_RATES} & traits
        most = COUNTS_ABOVE if alike and apart else self.max_states
        few = sequences.length * math.log(sequences.tokens) < math.log(most) + 1e-9
        if self.engine == "auto" and (few or not lumps):
            return sequences
        if not alike:
            raise ValueError(
                f"counts need a sampler that {Trait.POSITIONS_ALIKE}, which "
                f"{label(self.sampler)} does not claim; engine='enumerated' where sequences are few"
            )
        return Counts(sequences.tokens, sequences.length, sequences.class_sizes, sequences.masked)

    @property
    def sequences(self) -> Sequences:
        """``space`` where it is that of all sequences.  Raises ValueError where it is counts."""
        if not isinstance(self.space, Sequences):
            raise ValueError("this needs all sequences one by one: engine='enumerated'")
        return self.space

    @cached_property
    def chain_space(self) -> Sequences:
        """Where the sampler's chain lives: ``sequences``, of tokens with what each remembers."""
        space, memory = self.sequences, self.sampler.claims.memory
        return space if memory == 1 else replace(space, tokens=space.tokens * memory, masked=False)

    @property
    def counts(self) -> Counts:
        """``space`` where it is that of counts.  Raises ValueError where it is sequences."""
        if not isinstance(self.space, Counts):
            raise ValueError("this needs token counts: engine='counts'")
        return self.space

    @property
    def truth(self) -> ModuleType:
        """Exact facts about laws on ``space``: the module of ``harness.process.truth`` for it."""
        return on_counts if isinstance(self.space, Counts) else on_sequences

    @cached_property
    def symbol_noise(self) -> Noise:
        """The noise as it acts on the symbols of ``space``."""
        sizes = self.space.class_sizes
        return self.noise.on_classes(sizes) if sizes else self.noise

"""Any law at all: the door for a user's own data."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import MAX_STATES, Sequences
from toy_targets import sample_files
from toy_targets.laws import as_array, checked_law, empirical_law, log_of, settle


@targets.add("table")
@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Any law: an array of ``probabilities`` with one axis of length ``S`` for each token.

    The one target whose law the library did not choose: bring a table, samples
    (``from_samples``) or a file of them (``from_file``).  Two tables are equal when their
    probabilities are.  The array is copied, in float64, and read-only.

    Raises TypeError or ValueError when the entries are not finite non-negative numbers that sum
    to one (to 1e-9), or the axes are not all of the same length of at least 2.
    """

    probabilities: np.ndarray = field(repr=False)  # left out of labels: a table is long

    def __post_init__(self) -> None:
        law = checked_law("probabilities", self.probabilities)
        if law.ndim < 1 or len(set(law.shape)) != 1 or law.shape[0] < 2:
            raise ValueError(
                "probabilities must have axes of one length, at least 2 and one for each token, "
                f"got shape {law.shape}"
            )
        law.setflags(write=False)
        settle(self, probabilities=law)

    @classmethod
    def from_samples(
        cls, samples: Any, tokens: int | None = None, *, max_states: int = MAX_STATES
    ) -> Self:
        """The empirical law of integer sequences ``samples [n, d]``.

        ``tokens`` defaults to the largest token seen plus one, and at least 2.  Raises TypeError
        or ValueError when the samples are not such an array, a token is negative or not below
        ``tokens``, or ``S^d`` is above ``max_states`` (refused before the table is allocated).
        """
        array = as_array("samples", samples)
        if array.dtype.kind not in "iu":
            raise TypeError(f"samples must be integers, got dtype {array.dtype}")
        if array.ndim != 2 or 0 in array.shape:
            raise ValueError(
                f"samples must be [n, d] with at least one row and column, got shape {array.shape}"
            )
        if array.min() < 0:
            raise ValueError(f"samples must not be negative, got {array.min()}")
        largest = int(array.max())
        tokens = max(largest + 1, 2) if tokens is None else integer("tokens", tokens, 2)
        if largest >= tokens:
            raise ValueError(f"samples must be below tokens={tokens}, got {largest}")
        space = Sequences(tokens, array.shape[1])
        space.refuse_above(integer("max_states", max_states, 1))
        return cls(empirical_law(array, space))

    @classmethod
    def from_file(
        cls, path: str | Path, tokens: int | None = None, *, max_states: int = MAX_STATES
    ) -> Self:
        """The empirical law of the sequences in a file, one a row; see ``sample_files.read``.

        In an experiment: ``{ name = "table", path = "data.csv" }``.  Tokens are numbered from 0
        without a gap; with ``tokens``, how many there are, some may never be seen.  ``max_states``
        is how many sequences there may be.  Raises FileNotFoundError, or TypeError or ValueError
        with the file's name first.
        """
        path = Path(path)
        samples = sample_files.read(path)
        try:
            if tokens is None:
                sample_files.refuse_gap(samples)
            return cls.from_samples(samples, tokens, max_states=max_states)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{path}: {error}") from error

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests: correlated, one sequence forbidden."""
        return cls(np.array([[0.4, 0.1, 0.0], [0.1, 0.1, 0.1], [0.05, 0.05, 0.1]]))

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(self.probabilities.shape[0], self.probabilities.ndim)

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, ``-inf`` where the table is zero."""
        return log_of(self.probabilities)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return np.array_equal(self.probabilities, other.probabilities)

    def __hash__(self) -> int:
        return hash((self.probabilities.shape, self.probabilities.tobytes()))

    def __repr__(self) -> str:
        return f"Table(shape={self.probabilities.shape})"


targets.way("table", "path", Table.from_file)

"""What code asks its model for, answered exactly.

``model(asks=..., score=..., noise=..., space=...)`` is a callable that stands in for a network: it
knows the score and the noise of a problem, and nothing else of the target.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from harness.foundation.validation import choice
from harness.process.noise import Noise
from harness.process.space import Sequences
from harness.traced import frameworks
from harness.traced.answers import answers
from harness.traced.conventions import as_law, clean_tokens, masks
from harness.traced.errors import NotOfTheModel
from harness.traced.vocabulary import Vocabulary

ASKS = {
    # What code may ask for: of what law or ratios, and in which form.
    "posterior": ("posterior", "plain"),
    "log_probs": ("posterior", "log"),
    "logits": ("posterior", "logits"),
    "cavity": ("cavity", "plain"),
    "cavity_log_probs": ("cavity", "log"),
    "cavity_logits": ("cavity", "logits"),
    "score": ("ratios", "plain"),
    "log_score": ("ratios", "log"),
    "x0": ("posterior", "likeliest"),
    "x0_tokens": ("posterior", "tokens"),
}
"""``posterior``, ``cavity`` and ``score`` are those of ``conventions``; ``logits`` are log
probabilities plus one number in all columns, ``x0`` is 1 at the likeliest clean token (the first of
several) and else 0, ``x0_tokens`` that token's number."""


def other_law(asks: str) -> str | None:
    """What asks for the cavity in the form in which ``asks`` has the posterior, and back."""
    what, form = ASKS[choice("asks", asks, ASKS)]
    other = {"posterior": "cavity", "cavity": "posterior"}.get(what)
    return next((name for name, each in ASKS.items() if each == (other, form)), None)


@dataclass
class Model:
    """``model(x)`` or ``model(x, t)``: the answer to tokens ``x [n, d]`` at the code's time ``t``.

    ``[n, d, vocabulary.outputs]`` in ``dtype``, in the library that ``x`` is an array of;
    ``x0_tokens`` are ``[n, d]`` in the dtype of ``x``.  ``t`` is one number or one for every row,
    and ``clock(t)`` the noise time.  Not ``timed``: ``t`` is not read, as by a network that is not
    told the time; ``now``, if given, is the noise time at which it is called without one, which
    matters only to a score that is asked whenever the model is.

    ``asks`` is a name of ``ASKS``, answered by ``score`` and ``noise`` on the symbols of ``space``.
    ``lowest`` stands for the log of 0; ``shift`` is added to logits.

    ``calls`` and ``states`` count calls and the rows that they asked of; ``handed`` is the last
    ``(symbols [n, d], noise times [n] or None)``, with which ``on_call`` is called before anything
    is answered, and may raise.  ``clipped`` is the largest probability that was below 0 and made 0,
    of ratios that are those of no law.

    Raises ValueError, TypeError for what is no state of the space or no time of the noise.
    """

    asks: str
    score: Any
    noise: Noise
    space: Sequences
    vocabulary: Vocabulary
    dtype: str = "float64"
    clock: Callable[[float], float] = float
    timed: bool = True
    lowest: float = -math.inf
    shift: float = 0.0
    now: float | None = None
    on_call: Callable[[np.ndarray, np.ndarray | None], None] | None = None
    calls: int = field(default=0, init=False)
    states: int = field(default=0, init=False)
    clipped: float = field(default=0.0, init=False)
    handed: tuple[np.ndarray, np.ndarray | None] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        choice("asks", self.asks, ASKS)
        choice("dtype", self.dtype, frameworks.DTYPES)
        self._what, self._form = ASKS[self.asks]
        self._answers = answers(self.score, self.noise)
        if not self.timed and self.needs_time:
            raise ValueError(
                f"a model that is not told the time has no exact {self.asks} under {self.noise}: "
                "it is another one at every time; only laws of clean tokens under absorbing noise "
                "are the same at all times"
            )

    def eval(self) -> "Model":
        """Itself, as a network does."""
        return self

    def to(self, *where: Any, **how: Any) -> "Model":
        """Itself, whatever ``where`` and ``how``: it answers in the arrays that ask."""
        del where, how
        return self

    def __getattr__(self, name: str) -> NoReturn:
        """Raises NotOfTheModel, of what a network may have and this has not."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotOfTheModel(
            f"the code asks for model.{name}; the exact model is a function, model(x) or "
            f"model(x, t), and has no {name}: hand the code an object that has it and calls the "
            "model"
        )

    @property
    def needs_time(self) -> bool:
        """Whether the answer depends on the time."""
        return self._what == "ratios" or not masks(self.noise)

    def __call__(self, x: Any, t: Any = None) -> Any:
        t = t if self.timed else None
        if frameworks.is_traced(x) or frameworks.is_traced(t):
            outputs = () if self._form == "tokens" else (self.vocabulary.outputs,)
            kind = x.dtype if self._form == "tokens" else self.dtype
            given = (x,) if t is None else (x, t)
            return frameworks.called_outside(self, given, (*x.shape, *outputs), kind)
        return frameworks.in_kind(x, self.answer(x, t), self.dtype)

    def answer(self, x: Any, t: Any = None) -> np.ndarray:
        """The answer to ``x`` at time ``t`` in numpy, float64 before any ``dtype``; or tokens."""
        y = self._symbols(frameworks.as_numpy(x))
        u = self._noise_times(t, len(y))
        self.calls, self.states, self.handed = self.calls + 1, self.states + len(y), (y, u)
        if self.on_call is not None:
            self.on_call(y, u)
        return self._formed(self.law(y, u))

    def law(self, y: np.ndarray, u: np.ndarray | None) -> np.ndarray:
        """``[n, d, C]`` the law that it answers with, or the ratios, ``[n, d, S]``: in no form yet.

        Of symbols ``y [n, d]`` at noise times ``u [n]``, None where none is needed.
        """
        if u is None:
            return self._at(None, y)
        columns = self.space.tokens if self._what == "ratios" else self.vocabulary.tokens
        found = np.empty((*y.shape, columns))
        for time in np.unique(u):
            found[u == time] = self._at(float(time), y[u == time])
        return found

    def _at(self, u: float | None, y: np.ndarray) -> np.ndarray:
        """``[n, d, C or S]`` the law or the ratios at noise time ``u`` in the symbols ``y``."""
        if self._what == "ratios":
            assert u is not None
            return self._answers.ratios(u, y)
        law = self._answers.posterior if self._what == "posterior" else self._answers.cavity
        found = law(u, y)
        if found.size and found.min() < 0:
            found, below = as_law(found)
            self.clipped = max(self.clipped, float(below.max()))
        return found

    def _formed(self, found: np.ndarray) -> np.ndarray:
        """In the form that is asked for, in the code's columns."""
        if self._form in ("likeliest", "tokens"):
            best = found.argmax(-1)
            if self._form == "tokens":
                return self.vocabulary.coded(best)
            found = np.eye(found.shape[-1])[best]
        if self._form in ("log", "logits"):
            with np.errstate(divide="ignore"):
                found = np.maximum(np.log(found), self.lowest)
            found = found + self.shift if self._form == "logits" else found
            return self.vocabulary.columns(found, self.lowest)
        return self.vocabulary.columns(found, 0.0)

    def _symbols(self, x: np.ndarray) -> np.ndarray:
        if x.dtype.kind not in "iu":
            raise TypeError(f"the model must be asked of integer tokens, got {x.dtype}")
        if x.ndim != 2 or x.shape[1] != self.space.length:
            raise ValueError(
                f"the model must be asked of x [n, {self.space.length}], got {list(x.shape)}"
            )
        return self.vocabulary.symbols(x)

    def _noise_times(self, t: Any, rows: int) -> np.ndarray | None:
        """``[rows]``, or None where no time is given and none is needed."""
        if t is None:
            if not self.needs_time:
                return None if self.now is None else np.full(rows, self.now)
            raise ValueError(
                f"the {self.asks} under {self.noise} is another one at every time: call the model "
                "as model(x, t)"
            )
        told = np.asarray(frameworks.as_numpy(t), np.float64).reshape(-1)
        if len(told) not in (1, rows):
            raise ValueError(f"t must be one time, or one for each of {rows} rows, got {len(told)}")
        values, which = np.unique(told, return_inverse=True)
        times = np.array([float(self.clock(float(value))) for value in values])
        for value, time in zip(values, times, strict=True):
            if not time >= 0:
                raise ValueError(
                    f"a noise time must be at least 0, but the model was asked at t={value:g}, "
                    f"where the clock says {time:g}"
                )
        return np.broadcast_to(times[which], rows)


def model(
    asks: str,
    score: Any,
    noise: Noise,
    space: Sequences,
    *,
    mask: int | None = None,
    outputs: int | None = None,
    **rest: Any,
) -> Model:
    """What stands in for a network, with the numbers of its code.

    ``asks``: a name of ``ASKS``.  ``score(u, y)`` and ``noise`` are those of a problem, ``space``
    its sequences of symbols, the mask included.  ``mask``: the mask's number in the code, the last
    one if it is not said; ``outputs``: the number of columns, see ``Vocabulary``; ``rest``: further
    fields of ``Model``.  Raises ValueError, TypeError.
    """
    clean = clean_tokens(noise, space.tokens)
    if masks(noise):
        vocabulary = Vocabulary(clean, clean if mask is None else mask, outputs)
    elif mask is not None:
        raise ValueError(
            f"mask={mask} is the number of the mask, but {noise} has none; a step that knows masks "
            "only says so by needs_mask=True in its claims"
        )
    else:
        vocabulary = Vocabulary(clean, None, outputs)
    return Model(asks, score, noise, space, vocabulary, **rest)

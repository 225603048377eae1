"""A generator that stands in for numpy's: its draws are answered by the outcomes of a run."""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.traced import draws
from harness.traced.batch import rows_of
from harness.traced.errors import Coupled, Untraceable
from harness.traced.noise import Noise
from harness.traced.numpy.noisy import Noisy, array_of, told
from harness.traced.numpy.told import noted
from harness.traced.outcomes import Outcomes
from harness.traced.uniforms import Uniforms

REFUSED = (
    "is not followed: a discrete sampler draws tokens by choice or multinomial, by uniform noise "
    "against a threshold, or by exponential or Gumbel noise in an argmax"
)


Generator: Any = np.random.Generator


class StandIn(Generator):
    """Handed to code as its ``rng``; ``np.random.default_rng(rng)`` gives it back as it is.

    What is drawn from one law for the whole batch, a permutation for one, belongs to no row of it
    and raises Coupled unless the batch has one row.  Arguments that numpy refuses raise what it
    raises.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        super().__init__(np.random.PCG64(0))  # nothing is drawn from it
        self._outcomes, self._uniforms = outcomes, Uniforms(outcomes)

    def __repr__(self) -> str:
        return "StandIn()"

    def _rows(self, shape: tuple[int, ...]) -> np.ndarray:
        return rows_of(shape, self._outcomes.rows)

    def _plain(self, x: Any) -> np.ndarray:
        """A parameter of a draw, its precision noted."""
        found = _plain(x)
        noted(self._outcomes, found)
        return found

    def _one_row(self, what: str) -> np.ndarray:
        if self._outcomes.rows > 1:
            raise Coupled(f"{what}: one for the whole batch")
        return np.zeros(1, int)

    # -- continuous noise ------------------------------------------------------------------------

    def _noise(self, shape: Any, dtype: Any, law: Callable[[Noise], Noise], out: Any = None) -> Any:
        if out is not None:
            raise Untraceable("noise drawn into an array that is there (out): take a new one")
        shape = _shape(shape)
        self._outcomes.precisions.add(str(np.dtype(dtype)))
        noise = law(self._uniforms.fresh(self._rows(shape)))
        return array_of(self._uniforms, noise, shape, dtype)

    def _of(self, size: Any, *parameters: Any) -> tuple[tuple[int, ...], list[np.ndarray]]:
        """The shape of a draw with these parameters, each ``[E]``."""
        known = [self._plain(each) for each in parameters]
        shape = np.broadcast_shapes(*(each.shape for each in known))
        if size is not None:
            shape = np.broadcast_shapes(_shape(size), shape)
            if shape != _shape(size):
                raise ValueError(f"size {size} does not fit the parameters of the draw")
        return shape, [np.broadcast_to(each, shape).reshape(-1) for each in known]

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return self._noise(size, dtype, lambda u: u, out)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        shape, (a, b) = self._of(size, low, high)
        if (a == 0).all() and (b == 1).all():
            return self._noise(shape, float, lambda u: u)
        return self._noise(shape, float, lambda u: u.apply("mul", b - a).apply("add", a))

    def standard_exponential(
        self, size: Any = None, dtype: Any = np.float64, method: str = "zig", out: Any = None
    ) -> Any:
        return self._noise(size, dtype, lambda u: u.apply("log").apply("mul", -1.0), out)

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        shape, (c,) = self._of(size, scale)
        return self._noise(shape, float, lambda u: u.apply("log").apply("mul", -c))

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        shape, (a, c) = self._of(size, loc, scale)

        def law(u: Noise) -> Noise:
            exponential = u.apply("log").apply("mul", -1.0)
            return exponential.apply("log").apply("mul", -c).apply("add", a)

        return self._noise(shape, float, law)

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        shape, (a, c) = self._of(size, loc, scale)
        return self._noise(shape, float, lambda u: u.apply("logit").apply("mul", c).apply("add", a))

    def weibull(self, a: Any, size: Any = None) -> Any:
        shape, (c,) = self._of(size, a)

        def law(u: Noise) -> Noise:
            return u.apply("log").apply("mul", -1.0).apply("pow", 1.0 / c)

        return self._noise(shape, float, law)

    # -- numbers ---------------------------------------------------------------------------------

    def integers(
        self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> Any:  # fmt: skip
        low, high = (0, low) if high is None else (low, high)
        shape, (a, b) = self._of(size, low, high)
        b = b + 1 if endpoint else b
        if (a >= b).any():
            raise ValueError("low >= high")
        got = draws.whole(self._outcomes, a, b, self._rows(shape))
        return got.reshape(shape).astype(dtype)[()]

    def binomial(self, n: Any, p: Any, size: Any = None) -> Any:
        shape, (count, q) = self._of(size, n, p)
        if not ((q >= 0) & (q <= 1)).all():
            raise ValueError("p < 0, p > 1 or p contains NaNs")
        return draws.binomial(self._outcomes, count, q, self._rows(shape)).reshape(shape)[()]

    def poisson(self, lam: Any = 1.0, size: Any = None) -> Any:
        shape, (rates,) = self._of(size, lam)
        return draws.poisson(self._outcomes, rates, self._rows(shape)).reshape(shape)[()]

    def geometric(self, p: Any, size: Any = None) -> Any:
        shape, (q,) = self._of(size, p)
        if not ((q > 0) & (q <= 1)).all():
            raise ValueError("p <= 0, p > 1 or p contains NaNs")
        return draws.geometric(self._outcomes, q, self._rows(shape)).reshape(shape)[()]

    def multinomial(self, n: Any, pvals: Any, size: Any = None) -> Any:
        p = draws.checked_law(self._plain(pvals), "pvals of a multinomial")
        # As numpy does, the last category gets what the others leave, whatever its number.
        if (p[..., :-1].sum(-1) > 1 + 1e-12).any():
            raise ValueError("sum(pvals[:-1].astype(np.float64)) > 1.0")
        rest = np.maximum(1 - p[..., :-1].sum(-1, keepdims=True), 0.0)
        p = np.concatenate([p[..., :-1], rest], -1)
        counts = _plain(n)
        shape = np.broadcast_shapes(p.shape[:-1], counts.shape)
        shape = shape if size is None else _shape(size)
        if len(np.unique(counts)) != 1:
            raise Untraceable("a multinomial with several numbers of trials is not followed")
        flat = np.broadcast_to(p, (*shape, p.shape[-1])).reshape(-1, p.shape[-1])
        count = int(counts.reshape(-1)[0])
        got = draws.multinomial(self._outcomes, count, flat, self._rows(shape))
        return got.reshape(*shape, p.shape[-1])

    def choice(
        self, a: Any, size: Any = None, replace: bool = True, p: Any = None, axis: int = 0,
        shuffle: bool = True,
    ) -> Any:  # fmt: skip
        things = np.arange(int(a)) if np.ndim(a) == 0 else _plain(a)
        length = things.shape[axis]
        weights = np.full(length, 1 / length) if p is None else self._weights(p, length)
        shape = _shape(size)
        if replace or shape == ():
            rows = self._rows(shape)
            law = np.broadcast_to(weights, (len(rows), length))
            index = draws.category(self._outcomes, law, rows).reshape(shape)
        else:
            count = int(np.prod(shape))
            if count > (weights > 0).sum():
                raise ValueError(
                    "Cannot take a larger sample than population when replace is False"
                )
            if not shuffle:
                raise Untraceable("choice(replace=False, shuffle=False) has an order that is not "
                                  "followed: leave shuffle out")  # fmt: skip
            row = self._one_row("choice without replacement")
            index = draws.without_replacement(self._outcomes, weights[None], count, row)
            index = index.reshape(shape)
        return np.take(things, index, axis)[()]

    def _weights(self, p: Any, length: int) -> np.ndarray:
        given = self._plain(p)
        off = np.sqrt(np.finfo(given.dtype if given.dtype.kind == "f" else float).eps)
        weights = np.asarray(given, float)
        if weights.shape != (length,):
            raise ValueError("a and p must have same size")
        if not (weights >= 0).all():
            raise ValueError("Probabilities are not non-negative")
        if abs(weights.sum() - 1) > max(off, 2.0**-26):
            raise ValueError("Probabilities do not sum to 1")
        return weights / weights.sum()

    # -- orders ----------------------------------------------------------------------------------

    def permutation(self, x: Any, axis: int = 0) -> np.ndarray:
        things = np.arange(int(x)) if np.ndim(x) == 0 else _plain(x)
        row = self._one_row("permutation")
        return np.take(things, draws.permutation(self._outcomes, things.shape[axis], row)[0], axis)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        moved = self.permutation(x, axis) if isinstance(x, np.ndarray) else None
        if moved is None:
            row = self._one_row("shuffle")
            moved = [x[k] for k in draws.permutation(self._outcomes, len(x), row)[0]]
        x[... if isinstance(x, np.ndarray) else slice(None)] = moved

    def permuted(self, x: Any, *, axis: int | None = None, out: Any = None) -> Any:
        things = _plain(x)
        if axis is None:
            row = self._one_row("permuted")
            index = draws.permutation(self._outcomes, things.size, row)[0]
            moved = things.reshape(-1)[index].reshape(things.shape)
        else:
            last = np.moveaxis(things, axis, -1)
            rows = self._rows(last.shape[:-1])
            index = draws.permutation(self._outcomes, last.shape[-1], rows).reshape(last.shape)
            moved = np.moveaxis(np.take_along_axis(last, index, -1), -1, axis)
        if out is None:
            return moved
        out[...] = moved
        return out

    def spawn(self, n_children: int) -> list["StandIn"]:
        return [self] * n_children  # whatever they are asked for is drawn anew

    @property
    def bit_generator(self) -> Any:
        raise Untraceable(f"the bit generator of rng {REFUSED}")


def _plain(x: Any) -> np.ndarray:
    if isinstance(x, Noisy):
        raise Untraceable("the parameters of a draw are themselves continuous noise")
    return np.asarray(x)


def _shape(size: Any) -> tuple[int, ...]:
    if size is None:
        return ()
    return tuple(int(n) for n in size) if np.ndim(size) else (int(size),)


def _answering(name: str, function: Any) -> Any:
    """The method with the line of the caller's code in what it raises."""

    def method(self: StandIn, *args: Any, **kwargs: Any) -> Any:
        return told(f"rng.{name}", function, self, *args, **kwargs)

    method.__name__ = name
    return method


def _refusing(name: str) -> Any:
    def refused(self: StandIn, *args: Any, **kwargs: Any) -> Any:
        raise Untraceable(f"rng.{name} {REFUSED}")

    return refused


for _name in dir(np.random.Generator):
    if not _name.startswith("_") and _name != "bit_generator":
        _own = StandIn.__dict__.get(_name)
        setattr(StandIn, _name, _answering(_name, _own or _refusing(_name)))

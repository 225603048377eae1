"""Every operator of PyTorch that draws, and what it hands over."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.stats import binom

from harness.numerics.unique_rows import unique_rows
from harness.traced.errors import Coupled, TooManyWorlds, Untraceable
from harness.traced.noise import Noise
from harness.traced.orders import MOST, chosen_in_turn, order_law
from harness.traced.outcomes import padded
from harness.traced.poisson import poisson_law
from harness.traced.torch.noisy import Noisy, numbers

aten: Any = torch.ops.aten
Handler = Callable[[Any, Any, Any, Any], Any]  # tracer, operator, arguments

RANDOM: dict[Any, Handler] = {}


def _answers(*operators: str) -> Callable[[Handler], Handler]:
    def add(handler: Handler) -> Handler:
        for name in operators:
            RANDOM[getattr(aten, name)] = handler
        return handler

    return add


def _named(func: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name, with the defaults of the operator."""
    given = dict(zip((each.name for each in func._schema.arguments), args, strict=False))
    default = {each.name: each.default_value for each in func._schema.arguments}
    return {**default, **given, **kwargs}


def _known(x: Any, what: str) -> np.ndarray:
    if isinstance(x, Noisy):
        raise Untraceable(f"the {what} of a draw are themselves continuous noise")
    return numbers(x)


def _shape(given: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in given["size"])


# -- continuous noise --------------------------------------------------------------------------


@_answers("rand", "rand_like")
def _rand(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    like = given.get("self")
    dtype = kwargs.get("dtype") or (torch.get_default_dtype() if like is None else like.dtype)
    shape = _shape(given) if like is None else like.shape
    return tracer.noise(shape, dtype, like, lambda u: u)


def _in_place(law: Callable[..., Noise]) -> Handler:
    def handler(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
        given = _named(func, args, kwargs)
        rows = tracer.rows.of(tuple(args[0].shape), args[0])
        tracer.outcomes.precisions.add(str(args[0].dtype).removeprefix("torch."))
        return tracer.fill(args[0], law(tracer.uniforms.fresh(rows), given))

    return handler


def _uniform(u: Noise, given: dict[str, Any]) -> Noise:
    low, high = float(given["from"]), float(given["to"])
    return u if (low, high) == (0, 1) else u.apply("mul", high - low).apply("add", low)


def _exponential(u: Noise, given: dict[str, Any]) -> Noise:
    return u.apply("log").apply("div", -float(given["lambd"]))


RANDOM[aten.uniform_] = _in_place(_uniform)
RANDOM[aten.exponential_] = _in_place(_exponential)


# -- draws of numbers --------------------------------------------------------------------------


@_answers("multinomial")
def _multinomial(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    weights, count = given["self"], int(given["num_samples"])
    shape = tuple(weights.shape[:-1])
    p = _known(weights, "probabilities").reshape(-1, weights.shape[-1])
    if not (np.isfinite(p).all() and (p >= 0).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not (p.sum(-1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    rows = _rows_of_groups(tracer, weights)
    if count == 1 or given["replacement"]:
        law = np.repeat(p / p.sum(-1, keepdims=True), count, 0)
        every = np.repeat(rows, count)
        return tracer.draw("multinomial", law.__getitem__, p.shape[1], every, (*shape, count))
    if ((p > 0).sum(-1) < count).any():
        raise RuntimeError("invalid multinomial distribution (not enough categories to sample)")
    ways = chosen_in_turn(p.shape[1], count)
    law = order_law(p, np.zeros(p.shape), ways)
    got = tracer.outcomes.site("multinomial without replacement", law, rows)
    return torch.from_numpy(ways[got].reshape(*shape, count))


def _rows_of_groups(tracer: Any, weights: Any) -> np.ndarray:
    shape = tuple(weights.shape)
    return tracer.rows.of(shape, weights)[:: shape[-1]] if weights.numel() else np.zeros(0, int)


def _coins(tracer: Any, p: np.ndarray, rows: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    p = p.reshape(-1)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false")
    law = np.stack([1 - p, p], -1)
    return tracer.draw("bernoulli", law.__getitem__, 2, rows, like.shape, dtype=like.dtype)


@_answers("bernoulli")
def _bernoulli(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    like = given["self"]
    p = _known(like, "probabilities") if given.get("p") is None else given["p"]
    rows = tracer.rows.of(tuple(like.shape), like)
    return _coins(tracer, np.broadcast_to(p, tuple(like.shape)), rows, like)


@_answers("bernoulli_")
def _bernoulli_in_place(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    tensor = given["self"]
    p = np.broadcast_to(_known(given["p"], "probabilities"), tuple(tensor.shape))
    got = _coins(tracer, p, tracer.rows.of(tuple(tensor.shape), tensor), tensor)
    return tracer.fill(tensor, Noise.numbers(numbers(tracer.held(got))))


@_answers("poisson")
def _poisson(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    rates = np.ascontiguousarray(_known(args[0], "rates"), float).reshape(-1)
    first, kind = unique_rows(rates[:, None])
    return tracer.count(poisson_law(rates[first]), kind, args[0], "poisson")


@_answers("binomial")
def _binomial(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    count, p = _known(args[0], "counts").reshape(-1), _known(args[1], "probabilities").reshape(-1)
    law = padded([binom.pmf(np.arange(n + 1), n, q) for n, q in zip(count, p, strict=True)])
    first, kind = unique_rows(law)
    law = law[first] / law[first].sum(-1, keepdims=True)
    return tracer.count(law, kind, args[0], "binomial")


def _whole(
    tracer: Any, shape: Any, like: Any, low: int, high: int, dtype: torch.dtype
) -> torch.Tensor:
    rows = tracer.rows.of(tuple(shape), like)
    width = high - low

    def law(elements: np.ndarray) -> np.ndarray:
        return np.full((len(elements), width), 1 / width)

    return tracer.draw("randint", law, width, rows, shape, low, dtype)


@_answers("randint", "randint_like")
def _randint(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    like = given.get("self")
    shape = _shape(given) if like is None else tuple(like.shape)
    dtype = kwargs.get("dtype") or (torch.long if like is None else like.dtype)
    return _whole(tracer, shape, like, int(given.get("low") or 0), int(given["high"]), dtype)


@_answers("random_")
def _random(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    if given.get("to") is None:
        raise Untraceable("random_ without a bound draws from all numbers of its dtype")
    tensor = args[0]
    low, high = int(given.get("from") or 0), int(given["to"])
    got = _whole(tracer, tensor.shape, tensor, low, high, torch.long)
    return tracer.fill(tensor, Noise.numbers(numbers(tracer.held(got))))


@_answers("randperm")
def _randperm(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    given = _named(func, args, kwargs)
    n = int(given["n"])
    if tracer.rows.rows > 1:
        raise Coupled("randperm: one order for the whole batch")
    if math.factorial(n) > MOST:
        raise TooManyWorlds(f"randperm({n}) has {math.factorial(n):,} outcomes, at most {MOST:,}")
    ways = np.array(list(itertools.permutations(range(n))), int).reshape(-1, n)
    law = np.full((1, len(ways)), 1 / len(ways))
    got = tracer.outcomes.site("randperm", law, np.zeros(1, int))
    return torch.from_numpy(ways[got[0]]).to(kwargs.get("dtype") or torch.long)


@_answers("randn", "randn_like", "normal", "normal_", "normal_functional")
def _gaussian(tracer: Any, func: Any, args: Any, kwargs: Any) -> Any:
    raise Untraceable(
        "Gaussian noise is not followed: a discrete sampler draws tokens by multinomial, by "
        "uniform noise against a threshold, or by exponential or Gumbel noise in an argmax"
    )

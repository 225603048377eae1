"""What stands for an array that has no numbers: noise, random bits, keys; each held by elements."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise


@dataclass(frozen=True)
class Noisy:
    """``noise`` in row-major order, of a claimed ``shape`` and ``dtype``."""

    noise: Noise
    shape: tuple[int, ...]
    dtype: Any

    def taken(self, place: np.ndarray) -> Any:
        """The elements at ``place``, in its shape."""
        return array_of(self.noise.take(place.reshape(-1)), place.shape, self.dtype)


@dataclass(frozen=True)
class Bits:
    """Random bits, the digits of the uniforms ``noise``; shifted to the right by ``shifted``.

    ``one``: with the digits of 1.0 before them; read as a float where ``dtype`` is one.
    """

    noise: Noise
    shape: tuple[int, ...]
    dtype: Any
    shifted: int = 0
    one: bool = False

    @property
    def width(self) -> int:
        return np.dtype(self.dtype).itemsize * 8

    def taken(self, place: np.ndarray) -> "Bits":
        noise = self.noise.take(place.reshape(-1))
        return Bits(noise, place.shape, self.dtype, self.shifted, self.one)


@dataclass(frozen=True)
class Keys:
    """Keys by the numbers ``ids``, an array of the shape of the keys."""

    ids: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.ids.shape

    def taken(self, place: np.ndarray) -> "Keys":
        return Keys(self.ids.reshape(-1)[place])


Held = Noisy | Bits | Keys


def array_of(noise: Noise, shape: Any, dtype: Any) -> Any:
    """An array of the elements; one of JAX if they are all numbers."""
    shape = tuple(shape)
    if not noise.random.any():
        return jnp.asarray(noise.value.reshape(shape), dtype)
    return Noisy(noise, shape, dtype)


def elements_of(x: Any, shape: Any) -> Noise:
    """An array, noisy or not, broadcast to ``shape``.  Raises Untraceable for bits and keys."""
    shape = tuple(shape)
    if isinstance(x, Noisy):
        place = np.arange(len(x.noise)).reshape(x.shape)
        return x.noise.take(np.broadcast_to(place, shape).reshape(-1))
    if isinstance(x, Bits | Keys):
        raise Untraceable("random bits or keys are mixed with noise, which is not followed")
    return Noise.numbers(np.broadcast_to(numbers(x), shape))


def numbers(x: Any) -> np.ndarray:
    """A plain array as float64."""
    return np.asarray(x).astype(np.float64)

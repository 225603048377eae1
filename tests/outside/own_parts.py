"""Parts of a problem that are not the library's: a target, a noise, a grid and scores."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from harness import grids
from harness.grids import Grid
from harness.noise import Noise
from harness.space import Sequences


@dataclass(frozen=True)
class Biased:
    """Bits, each a 1 with probability ``chance``; the first likes to be as the last is."""

    length: int = 2
    chance: float = 0.3
    agreement: float = 0.0

    @property
    def space(self):
        return Sequences(2, self.length)

    def log_law(self):
        x = np.indices(self.space.shape)
        ones, alike = x.sum(0), self.agreement * (x[0] == x[-1])
        found = ones * np.log(self.chance) + (self.length - ones) * np.log1p(-self.chance) + alike
        return found - np.log(np.exp(found).sum())


@dataclass(frozen=True)
class Slow(Noise):
    """A bit is flipped at ``rate``."""

    rate: float = 0.5

    def rate_matrix(self, tokens):
        return self.rate * jnp.asarray([[-1.0, 1.0], [1.0, -1.0]])


def quadratic(steps: int, start: float = 1.0, stop: float = 0.1) -> Grid:
    """Noise times that fall like a square."""
    shares = np.linspace(1.0, 0.0, steps + 1) ** 2
    return grids.custom((stop + (start - stop) * shares).tolist())


def marginal_chance(t):
    """Of a 1 after noise time ``t`` under uniform noise, of a bit that has 0.3 at first."""
    return 0.5 + (0.3 - 0.5) * np.exp(-t)


def by_numpy(t, x):
    """The true ratios of ``Biased`` under uniform noise, by numpy; half of it wrong below 0.5."""
    one = marginal_chance(float(t))
    chances = np.array([1 - one, one])
    ratios = chances / chances[np.asarray(x)][..., None]
    return ratios * (1.5 if t < 0.5 else 1.0)


def by_jax(t, x):
    """The same in JAX."""
    one = 0.5 + (0.3 - 0.5) * jnp.exp(-t)
    chances = jnp.stack([1 - one, one])
    return chances / chances[x][..., None] * jnp.where(t < 0.5, 1.5, 1.0)


@dataclass(frozen=True)
class Scaled:
    """The same, every ratio ``factor`` times what it is."""

    factor: float = 2.0

    def __call__(self, t, x):
        return self.factor * by_jax(t, x)


class NotFinished:
    """What is missing everywhere: no dataclass, no claims, and a step that is given no score."""

    def step(self, x, t):
        return x

"""The fall to the uniform law under circulant noise, by Fourier transforms over all tokens.

It shares nothing with ``harness``: laws come from their characters, which such noise multiplies,
and ``φ`` from the divergences between a law and its own shifted copies.
"""

import math

import numpy as np


def uniform_rates(tokens):
    """``w [S]`` of uniform noise."""
    return np.r_[0.0, np.full(tokens - 1, 1 / tokens)]


def walk_rates(tokens):
    """``w [S]`` of a walk on a ring."""
    rates = np.zeros(tokens)
    rates[1] += 0.5
    rates[-1] += 0.5
    return rates


class Fall:
    """``law [..., S, .., S]``, with ``d`` token axes, under displacements at ``rates [S]``."""

    def __init__(self, law, rates, length):
        self.length, self.rates = length, np.asarray(rates)
        self.axes = tuple(range(-length, 0))
        self.characters = np.fft.fftn(law, axes=self.axes)
        turn = np.fft.fft(self.rates) - self.rates.sum()
        self.decay = sum(
            turn.reshape([-1 if i == k else 1 for i in range(length)]) for k in range(length)
        )

    def law(self, t):
        """``q_t``."""
        moved = self.characters * np.exp(t * self.decay)
        return np.fft.ifftn(moved, axes=self.axes).real

    def kl(self, t):
        """``KL(q_t‖U)``."""
        law = self.law(t)
        logs = np.log(np.where(law > 0, law, 1.0))
        return (law * logs).sum(self.axes) + self.length * math.log(len(self.rates))

    def fall(self, t):
        """``φ(t) = Σ_i Σ_c w_c KL(q_t ‖ q_t with token i shifted by c)``."""
        law = self.law(t)
        return sum(
            rate * (law * np.log(law / np.roll(law, -c, axis))).sum(self.axes)
            for axis in self.axes
            for c, rate in enumerate(self.rates)
            if rate > 0
        )

    def step(self, t, s):
        """``D`` of the step from ``t`` to ``s``."""
        return self.kl(s) - self.kl(t) - (t - s) * self.fall(t)

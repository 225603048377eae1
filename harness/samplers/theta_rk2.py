"""θ-RK-2: a leap that only looks ahead, then the whole step with rates from both its ends."""

from dataclasses import dataclass

from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, TwoStage
from harness.process.noise import Noise
from harness.process.score import Score
from harness.samplers import two_stage


@samplers.add("theta_rk2")
@dataclass(frozen=True)
class ThetaRK2:
    """θ-RK-2: a τ-leap of ``θh`` to ``x*``, then from ``x`` one of ``h`` with rates of both.

    The second leap starts over at ``x`` with ``((1 - 1/(2θ)) μ_t(x) + μ_{t-θh}(x*)/(2θ))₊``: an
    interpolation, which needs no positive part, for ``θ >= 1/2``, an extrapolation below.
    ``theta``, ``clamp``, ``multiple_jumps`` and ``jumps`` are those of ``ThetaTrapezoidal``.

    Statement.  On one token the law of a step is right to ``O(h²)`` only, whatever the rule, the
    matching, θ and the clamp, so that the output's TV is of order 1 and its KL of order 2.
    Proof.  With ``A`` the generator and targets held, the step is, to ``h²``,
    ``1 + hA + h²/2 [∂A f + Σ_c r_c Σ_b (r_b(c) - r_b)(f(b) - f(x)) + F² f]``, while ``A² f`` has
    ``f(b) - f(c)`` in the place of ``f(b) - f(x)`` for the jump from ``c`` on: the law misses
    ``½ Σ_c r_c (R(c) - R(x)) (f(x) - f(c))``, with ``R`` the exit rate, which no θ removes.  By
    displacement it misses ``½ Σ_k Σ_j λ_k (λ_j(x + k) - λ_j)(Δ_j f(x + k) - Δ_j f(x))``.  ∎

    Source: Ren et al., arXiv 2502.00234.
    """

    theta: float = 0.5
    clamp: bool = True
    multiple_jumps: str = "one_jump"
    jumps: str = "target"

    def __post_init__(self) -> None:
        fields = (self.multiple_jumps, self.jumps, self.clamp)
        object.__setattr__(self, "theta", two_stage.checked(self.theta, 1.0, *fields))

    @classmethod
    def examples(cls) -> list["ThetaRK2"]:
        """Midpoint; an extrapolation with and without the clamp; by displacement."""
        return [
            cls(),
            cls(1 / 3),
            cls(1 / 3, clamp=False),
            cls(multiple_jumps="clip", jumps="displacement"),
        ]

    @property
    def claims(self) -> Claims:
        output = 1 if self.multiple_jumps == "lose" else 2
        again = (Trait.RATES_SEEN_AGAIN,) if self.theta <= 0.5 else ()  # as the theorem asks
        return two_stage.claims(self.multiple_jumps, self.jumps, output, 1, *again)

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        h, weight = t - s, 1 / (2 * self.theta)
        rule, jumps, clamp = self.multiple_jumps, self.jumps, self.clamp
        now = noise.reverse_rates(score(t, x), x)

        def second(memory: tuple[Array, Array], m: Array) -> two_stage.Tokens:
            later = noise.reverse_rates(score(t - self.theta * h, m), m)
            seen = (weight, m, later), (1 - weight, *memory)
            return two_stage.extrapolated(rule, jumps, clamp, memory[0], h, *seen)

        first = two_stage.leap(rule, x, now, self.theta * h)
        return TwoStage(first, second, (x, now), signed=not clamp)

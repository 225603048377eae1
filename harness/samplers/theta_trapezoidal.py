"""θ-trapezoidal: a leap, then a second one with rates extrapolated from both ends of the first."""

from dataclasses import dataclass

from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, TwoStage
from harness.process.noise import Noise
from harness.process.score import Score
from harness.samplers import two_stage


@samplers.add("theta_trapezoidal")
@dataclass(frozen=True)
class ThetaTrapezoidal:
    """θ-trapezoidal: a τ-leap of ``θh`` to ``x*``, then one of ``(1-θ)h`` with other rates.

    ``theta`` is ``θ``, between 0 and 1.
    The second leap starts at ``x*`` with ``(a₁ μ_{t-θh}(x*) - a₂ μ_t(x))₊``,
    ``a₁ = 1/(2θ(1-θ))``, ``a₂ = a₁ - 1``.  ``multiple_jumps`` is the rule of ``TauLeaping`` for
    both leaps.  ``jumps`` says which rates of ``x`` and ``x*`` belong together: those to the same
    ``"target"``, or those of the same ``"displacement"`` ``b - x``, as Anderson and Mattingly do.

    ``clamp=False`` leaves out the positive part.  The second leap's law, an entire function of the
    rates, is then a signed measure; the two stages are added up, and of the whole step's law only
    what is still negative is clipped and reported.  Such a step is a law, which tables can draw
    from, but no two draws in turn make it.

    Statement.  On one token, the law of a step is right to ``O(h³)``, and the output's TV of order
    2, without the clamp, for "one_jump" with "target" and for "clip" with "displacement".  In
    general the clamp costs an order, to ``O(h²)`` a step, and so do "reject", which drops double
    jumps, and every other combination.
    Proof.  Write ``A`` for the generator, ``F`` for that with the rates of the start ``x`` held
    (to the same targets, or by the same displacements).  A leap of length ``h`` is
    ``1 + hF + c h² F²``, with ``c = 1/2`` if two jumps of the held chain are carried out as such:
    under "one_jump" with targets ``F² = -R F``, and ``exp(hF)`` is its law; "clip" adds
    displacements.  Averaging the second leap over the first gives
    ``1 + hA + h² [(θ² + (1-θ)²) c F² + θ(1-θ) (a₁ A² - a₂ F²)]`` and the change of the rates in
    time, ``h²/2 ∂A``, for any rule, as ``θ(1-θ) a₁ = 1/2``.  Now ``θ(1-θ) a₂ = (θ² + (1-θ)²)/2``:
    the ``F²`` cancel if ``c = 1/2`` and both stages mean the same ``F``.  "reject" has ``c = 1``.
    The clamp changes the second leap from ``x* ≠ x``, which has probability ``O(h)``, wherever
    ``a₁ μ(x*) < a₂ μ(x)``, by ``O(h)``: in all ``O(h²)``.  ∎  On several tokens, too, where the
    clamp acts on another token than the one that moved.

    Source: Ren et al., arXiv 2502.00234; Anderson and Mattingly, arXiv 0912.1109 (weak
    trapezoidal, with displacements).
    """

    theta: float = 0.5
    clamp: bool = True
    multiple_jumps: str = "one_jump"
    jumps: str = "target"

    def __post_init__(self) -> None:
        fields = (self.multiple_jumps, self.jumps, self.clamp)
        theta = two_stage.checked(self.theta, 1.0, *fields)
        if theta == 1.0:
            raise ValueError("theta must be below 1, since the second leap has length (1-θ)h")
        object.__setattr__(self, "theta", theta)

    @classmethod
    def examples(cls) -> list["ThetaTrapezoidal"]:
        """Both laws of second order without the clamp, and ones with it."""
        return [
            cls(),
            cls(clamp=False),
            cls(0.3, clamp=False, multiple_jumps="clip", jumps="displacement"),
            cls(multiple_jumps="lose", jumps="displacement"),
            cls(0.7, multiple_jumps="reject"),
        ]

    @property
    def claims(self) -> Claims:
        second = not self.clamp and (self.multiple_jumps, self.jumps) in (
            ("one_jump", "target"),
            ("clip", "displacement"),
        )
        loses = self.multiple_jumps == "lose"
        output, chain = (4, 2) if second else (1, 1) if loses else (2, 1)
        again = Trait.RATES_SEEN_AGAIN
        return two_stage.claims(self.multiple_jumps, self.jumps, output, chain, again)

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        h, theta = t - s, self.theta
        ahead = 1 / (2 * theta * (1 - theta))
        rule, jumps, clamp = self.multiple_jumps, self.jumps, self.clamp
        now = noise.reverse_rates(score(t, x), x)

        def second(memory: tuple[Array, Array], m: Array) -> two_stage.Tokens:
            later = noise.reverse_rates(score(t - theta * h, m), m)
            seen = (ahead, m, later), (1 - ahead, *memory)
            return two_stage.extrapolated(rule, jumps, clamp, m, (1 - theta) * h, *seen)

        first = two_stage.leap(rule, x, now, theta * h)
        return TwoStage(first, second, (x, now), signed=not clamp)

"""Traits that say how a token jumps: its law from the true rates, in plain numpy."""

import numpy as np

from harness.law.step import Tokens
from harness.process.truth import on_sequences
from harness.regress.one_step import TOLERANCE, Step

NOT_APART = "the step is not a law of independent tokens"
RING = 1024  # integers on which jumps are added up


def one_jump(step: Step) -> tuple[float, str]:
    h, rates = step.t - step.s, step.rates
    leave = rates.sum(-1, keepdims=True)
    safe = np.where(leave > 0, leave, 1.0)  # 0 for an unmasked token under absorbing noise
    wanted = np.where(step.own, np.exp(-leave * h), -np.expm1(-leave * h) * rates / safe)
    return _token_law_is(step, wanted, np.ones_like(leave, bool), "(1 - e^{-Rh}) r(b)/R")


def wrapped_jumps(step: Step) -> tuple[float, str]:
    """By the Fourier transform of a circulant generator; its floor of 1e-16 does no harm here."""
    h, rates = step.t - step.s, step.rates
    x, _ = on_sequences.index_tables(step.problem.sequences)
    tokens = np.arange(rates.shape[-1])
    by_jump = np.take_along_axis(rates, (x[..., None] + tokens) % len(tokens), -1)
    modes = np.fft.fft(by_jump) - by_jump.sum(-1, keepdims=True)
    law = np.fft.ifft(np.exp(h * modes)).real
    wanted = np.take_along_axis(law, (tokens - x[..., None]) % len(tokens), -1)
    compared = np.ones((*x.shape, 1), bool)
    return _token_law_is(step, wanted, compared, "that of jumps at rates r(x ⊕ c), modulo S")


def lost_jumps(step: Step) -> tuple[float, str]:
    """By a Fourier transform on a ring so large that no sum of jumps comes around it."""
    h, rates = step.t - step.s, step.rates
    x, _ = on_sequences.index_tables(step.problem.sequences)
    tokens = np.arange(rates.shape[-1])
    by_jump = np.zeros((*x.shape, RING))
    np.put_along_axis(by_jump, (tokens - x[..., None]) % RING, rates, -1)
    modes = np.fft.fft(by_jump) - by_jump.sum(-1, keepdims=True)
    law = np.fft.ifft(np.exp(h * modes)).real
    wanted = np.take_along_axis(law, (tokens - x[..., None]) % RING, -1)
    compared = np.ones((*x.shape, 1), bool)
    return _token_law_is(step, wanted, compared, "that of jumps at rates r(b) by b - x, added up")


def linear_in_rates(step: Step) -> tuple[float, str]:
    h, rates = step.t - step.s, step.rates
    leave = h * rates.sum(-1, keepdims=True)
    wanted = np.where(step.own, 1 - leave, h * rates)
    clips = np.broadcast_to(np.asarray(getattr(step.law, "clipped", 0.0)), leave.shape[:-1])
    if ((leave[..., 0] > 1 + TOLERANCE) & (clips <= 0)).any():
        return np.inf, "h R > 1 cannot be linear, and nothing is reported as clipped"
    return _token_law_is(step, wanted, leave <= 1, "h r(b)")


def _token_law_is(
    step: Step, wanted: np.ndarray, compared: np.ndarray, formula: str
) -> tuple[float, str]:
    if not isinstance(step.law, Tokens):
        return np.inf, NOT_APART
    off = float(np.where(compared, np.abs(np.asarray(step.law.p) - wanted), 0.0).max())
    return off, f"a token's law is {off:.3g} from {formula}"

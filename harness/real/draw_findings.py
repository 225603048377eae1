"""Faults that the draws of one run show, beside what the model had answered."""

from collections.abc import Iterator

import numpy as np

from harness.real.answer_use import AS_IT_IS, Draw, Use, how_used
from harness.real.finding import Finding
from harness.real.watched import Call, Drawn, Watched

OF_TOKENS = ("argmax", "multinomial")  # kinds of draws that choose one of several tokens
BITS = {"float32": 24, "float16": 11, "bfloat16": 8}
APART = 1e-3  # in total variation: far more than float32 arithmetic makes
UNITS = (2.0**-52, 2.0**-23)  # of float64 and float32


def findings(watched: Watched) -> Iterator[Finding]:
    """How answers are used, and whether at all; how often one of them serves."""
    if not watched.calls:
        return
    use = used(watched)
    if use is not None:
        yield Finding(use.kind, use.words, fault=use.kind != AS_IT_IS)
    else:
        yield from list(_another_position(watched)) or _another_law(watched)
    yield from _greedy_end(watched)
    yield from _served_twice(watched)
    yield from _coarse_noise(watched)


def _another_position(watched: Watched) -> Iterator[Finding]:
    """Tokens of a position are drawn from the answer for another one."""
    for shift in range(1, watched.given.shape[1]):
        use = used(watched, shift)
        if use is not None and use.kind == AS_IT_IS:
            yield Finding(
                "answers of another position",
                f"the token at position i is drawn from the answer for position i + {shift} "
                "(counted round): the answers and the tokens are not in line",
            )
            return


def _another_law(watched: Watched) -> Iterator[Finding]:
    """Masks are revealed by no law that the model answered, nor by one that is made of it."""
    if not any(call.answer is not None and _masked(call).any() for call in watched.calls):
        return
    draws = [draw for call in watched.calls for draw in _draws(call)]
    apart = [abs(each.q - each.p).sum(-1).min() / 2 for each in draws]
    if max(apart, default=0.0) > APART:
        yield Finding(
            "another law",
            "a mask that is revealed does not become a token by the model's law, but by one that "
            f"is up to {max(apart):.3g} away in total variation",
        )


def _masked(call: Call) -> np.ndarray:
    """``[n, d]`` the tokens that are no clean ones."""
    assert call.answer is not None
    return np.asarray(call.tokens >= call.answer.shape[-1])


def _coarse_noise(watched: Watched) -> Iterator[Finding]:
    """The law that is followed is of noise with all digits."""
    for dtype in sorted(watched.precisions & set(BITS)):
        bits = BITS[dtype]
        yield Finding(
            f"noise in {dtype}",
            f"continuous noise is drawn in {dtype}, of {bits} bits: the law here is of noise with "
            f"all digits; of uniforms in {bits} bits none is between 0 and {2.0**-bits:.2g}, so "
            "that races have no rarer winner (the sampler gumbel_draws has the exact law of such)",
            fault=False,
        )


def used(watched: Watched, shift: int = 0) -> Use | None:
    """What all draws of tokens did with the model's answers, in the finest precision that fits.

    ``shift``: with the answers for the position so many further on, where it is known which a draw
    is for.
    """
    draws = [draw for call in watched.calls for draw in _draws(call, shift)]
    for unit in UNITS:
        found = how_used(draws, unit)
        if found is not None:
            return found
    return None


def _draws(call: Call, shift: int = 0) -> Iterator[Draw]:
    """Those of masked tokens where there are any, each with the answers that it may be made of."""
    if call.answer is None:
        return
    clean, length = call.answer.shape[-1], call.tokens.shape[1]
    masked = _masked(call)
    absorbing = bool(masked.any())
    for drawn in of_tokens(call):
        if drawn.p.shape[1] not in (clean, clean + 1):
            continue
        whole = np.array_equal(drawn.rows, np.repeat(np.arange(len(call.tokens)), length))
        if shift and not whole:
            continue
        for k, (q, row) in enumerate(zip(drawn.p[:, :clean], drawn.rows, strict=True)):
            here = [k % length] if whole else range(length)
            open_ = [i for i in here if masked[row, i] or not absorbing]
            mine = [(i + shift) % length for i in open_]
            if mine and q.sum() > 0:
                yield Draw(q / q.sum(), call.answer[row, mine])


def of_tokens(call: Call) -> list[Drawn]:
    """The draws after a call that choose tokens."""
    return [drawn for drawn in call.drawn if drawn.kind.startswith(OF_TOKENS)]


def _unsure(call: Call) -> np.ndarray:
    """``[n]`` whether some token of the row is not certain."""
    assert call.answer is not None
    return (call.answer.max(-1) < 1).any(-1)


def _greedy_end(watched: Watched) -> Iterator[Finding]:
    """The last step moves tokens and draws nothing."""
    last = watched.calls[-1]
    if last.answer is None or last.drawn:
        return
    moved = (last.tokens != watched.given).any(-1) & _unsure(last)
    earlier = any(call.drawn for call in watched.calls[:-1])
    if moved.any() and earlier:
        yield Finding(
            "greedy end",
            "the last step draws nothing: it takes the likeliest token where the model is not sure",
        )


def _served_twice(watched: Watched) -> Iterator[Finding]:
    """After one answer tokens are drawn, set, and drawn again."""
    if watched.steps <= len(watched.calls):
        return
    counts = [len(of_tokens(call)) for call in watched.calls]
    if max(counts) > 1:
        yield Finding(
            "an old answer is used",
            f"{watched.steps} steps ask the model {len(watched.calls)} times: one answer serves "
            f"up to {max(counts)} draws, also after tokens have moved",
        )

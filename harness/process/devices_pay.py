"""From how many states on several devices are faster than one: work against what they exchange."""

import math

from harness.process.space import Sequences

BANDWIDTH = 1e10  # bytes a second that a device receives from the others
EXCHANGE = 5e-5  # seconds that an exchange takes beside them
ASSUMED = f"{BANDWIDTH / 1e9:g} GB/s and {1e6 * EXCHANGE:g} µs an exchange between them"
LARGEST = 60  # bits of the number of states up to which it is asked whether devices pay
ROWS_EXCHANGED = 2  # arrays of each rows that go in: masses and laws of tokens


def seconds_exchanged(space: Sequences) -> float:
    """What the devices of ``space`` exchange in the push of a step.

    The token laws of all states go to all, those of as many rows of each at a time as a product
    takes in.
    """
    if space.devices == 1:
        return 0.0
    others = (space.devices - 1) / space.devices
    sent = 8 * space.size * (space.length * space.tokens + 1) * others
    rounds = space.size / (space.product_rows * space.devices)
    return sent / BANDWIDTH + ROWS_EXCHANGED * EXCHANGE * rounds


def shared_lengths(tokens: int, devices: int) -> list[int]:
    """Lengths whose states are a multiple of ``devices``, up to that of 2^60 states."""
    longest = int(LARGEST / math.log2(tokens))
    return [length for length in range(1, longest + 1) if tokens**length % devices == 0]


def least_length(tokens: int, devices: int, flop: float, entry: float) -> int | None:
    """The least length from which on ``devices`` push a product step faster than one does.

    Of ``tokens``; seconds of one device: ``flop`` of a product, ``entry`` of a table of token laws.
    None where that is at none of the ``shared_lengths``.
    """

    def pays(length: int) -> bool:
        space = Sequences(tokens, length, devices=devices)
        work = 2 * flop * space.size**2 + entry * space.size * length * tokens
        return work / devices + seconds_exchanged(space) < work

    least = None
    for length in reversed(shared_lengths(tokens, devices)):
        if not pays(length):
            break
        least = length
    return least

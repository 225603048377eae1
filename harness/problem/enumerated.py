"""The engine on all sequences, over several devices."""

from dataclasses import dataclass

from harness.foundation.validation import integer


@dataclass(frozen=True)
class Enumerated:
    """All sequences, as by ``engine="enumerated"``, an equal share on each of ``devices``.

    Step laws are made, and the law is pushed, by the rows of the states; what a device holds falls
    with their number.  ``leapcheck plan`` says from how many states on it pays.

    Raises TypeError or ValueError for a number of ``devices`` below 1.
    """

    devices: int = 1

    def __post_init__(self) -> None:
        integer("devices", self.devices, 1)

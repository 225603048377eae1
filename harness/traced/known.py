"""What has been learnt of each uniform behind the noise of a run: arrays that grow with it."""

import numpy as np

# Of every uniform: its row of the batch; the interval where it is known to be; of noise that was
# ordered its group (-1 before), its rank, less for what is larger, and its place there.
KNOWN = {
    "row": (np.int64, 0),
    "low": (np.float64, 0),
    "high": (np.float64, 1),
    "group": (np.int64, -1),
    "rank": (np.int64, 0),
    "place": (np.int64, 0),
    # Of one whose comparison with ``cut`` is put off: its number among draws, and which way round.
    "waits": (np.int64, -1),
    "cut": (np.float64, 0),
    "rising": (np.bool_, False),
}


class Known:
    """An array ``[n]`` for each name of ``KNOWN``."""

    row: np.ndarray
    low: np.ndarray
    high: np.ndarray
    group: np.ndarray
    rank: np.ndarray
    place: np.ndarray
    waits: np.ndarray
    cut: np.ndarray
    rising: np.ndarray

    def __init__(self) -> None:
        self._used = 0
        self._reserve(0)

    def _reserve(self, room: int) -> None:
        """Room for so many uniforms, what is known of those that are there kept."""
        for name, (kind, fill) in KNOWN.items():
            new = np.full(room, fill, kind)
            if self._used:
                known = getattr(self, name)
                new[: len(known)] = known
            setattr(self, name, new)

    def more(self, rows: np.ndarray) -> np.ndarray:
        """The numbers ``[n]`` of new ones, of ``rows [n]`` of the batch."""
        first, self._used = self._used, self._used + len(rows)
        if self._used > len(self.row):
            self._reserve(4 * self._used)
        self.row[first : self._used] = rows
        return np.arange(first, self._used)

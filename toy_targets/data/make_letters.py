"""Count pairs of letters in a list of words: ``python -m toy_targets.data.make_letters web2``."""

import re
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("letters.csv")
SYMBOLS = " abcdefghijklmnopqrstuvwxyz"


def counted(words: Iterable[str]) -> np.ndarray:
    """``[27, 27]`` how often the symbol of a row is followed by that of a column; space first.

    Of ``words`` those of the letters a to z alone are kept, each followed by a space.
    """
    text = " " + "".join(f"{word} " for word in words if re.fullmatch("[a-z]+", word))
    counts = np.zeros((len(SYMBOLS), len(SYMBOLS)), dtype=np.int64)
    for before, after in pairwise(text):
        counts[SYMBOLS.index(before), SYMBOLS.index(after)] += 1
    return counts


if __name__ == "__main__":
    found = counted(Path(sys.argv[1]).read_text(encoding="ascii").splitlines())
    np.savetxt(FILE, found, fmt="%d", delimiter=",")
    print(f"wrote {FILE.name}, {FILE.stat().st_size:,} bytes")

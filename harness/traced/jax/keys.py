"""Keys by what was derived from what: equal derivations are one key, and a key serves once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.jax.held import Keys

FOLDED = "fold_in"


@dataclass
class KeyRing:
    """All keys of a run.  ``line()`` tells where the code is."""

    line: Callable[[], str]
    known: dict[tuple, int] = field(default_factory=dict)
    used: dict[int, tuple[str, str]] = field(default_factory=dict)  # what for, and where

    def handed(self) -> Keys:
        """The key that the code is given."""
        return Keys(np.array(self._number(("handed",))))

    def split(self, keys: Keys, shape: tuple[int, ...]) -> Keys:
        """``[*keys.shape, *shape]`` keys."""
        self.use(keys, "split")
        count = int(np.prod(shape))
        found = [
            self._number((parent, "split", k)) for parent in keys.ids.flat for k in range(count)
        ]
        return Keys(np.array(found, int).reshape(*keys.shape, *shape))

    def fold_in(self, keys: Keys, data: np.ndarray) -> Keys:
        """The keys that ``data``, a number for each, makes of them."""
        ids, data = np.broadcast_arrays(keys.ids, data)
        self.use(keys, FOLDED)
        found = [
            self._number((parent, FOLDED, int(k)))
            for parent, k in zip(ids.flat, data.flat, strict=True)
        ]
        return Keys(np.array(found, int).reshape(ids.shape))

    def use(self, keys: Keys, what: str) -> None:
        """Take note that they serve ``what``; any number of them may be folded into one.

        Raises Untraceable for a key that has served already: the same numbers would come again, or
        numbers that depend on them.
        """
        line = self.line()
        for number in keys.ids.flat:
            before = self.used.get(int(number))
            if before is not None and not before[0] == what == FOLDED:
                raise Untraceable(
                    f"a key is used twice, for {what} and before for {before[0]} ({before[1]}): "
                    "the same random numbers come again, or ones that depend on them. Split it "
                    "first, and use each part once"
                )
            self.used[int(number)] = what, line

    def _number(self, derivation: tuple) -> int:
        return self.known.setdefault(derivation, len(self.known))

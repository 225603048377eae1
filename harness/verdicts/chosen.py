"""Which theorems an experiment checks: all that come with leapcheck, all and more, some, none."""

from collections.abc import Sequence
from functools import cache

from harness.foundation.registry import load, theorems
from harness.verdicts import contract as contract  # what comes from outside is held to it
from harness.verdicts.theorem import Theorem

AND = "+"  # before a name: all, and this one


def named(names: Sequence[str] | None) -> dict[str, Theorem]:
    """Instances of the theorems that ``names`` ask for, by what they are called in the results.

    ``None`` asks for all that come with leapcheck, no name for none.  A name is a registered one,
    that of an installed package, or ``module:Class``; with a ``+`` before each, all and these.
    Raises ValueError for an unknown name, a class that is no theorem, a theorem twice.
    """
    load()
    if names is None:
        return {name: _instance(theorems[name]) for name in sorted(theorems)}
    added = [name for name in names if name.startswith(AND)]
    if added and len(added) < len(names):
        raise ValueError(
            f"theorems name what is checked, or each what is added to all, with a {AND} before it; "
            f"got both: {', '.join(names)}"
        )
    found = named(None) if added else {}
    for name in (each.removeprefix(AND) for each in names):
        cls = theorems.find(name)
        twice = [known for known, theorem in found.items() if type(theorem) is cls]
        if twice:
            known = "all" if added and twice[0] in theorems else f"as {twice[0]!r}"
            raise ValueError(f"theorem {name!r} is asked for twice: it is {known} already")
        found[name] = _instance(cls)
    return found


@cache  # what it keeps of its example serves all experiments
def _instance(cls: type[Theorem]) -> Theorem:
    return cls()


def called(name: str) -> Theorem:
    """The theorem that results call ``name``.  Raises ValueError."""
    load()
    return theorems.find(name)()

"""When a bound says nothing: it is no smaller than what doing nothing gives."""

from harness.verdicts.quantities import Quantities
from harness.verdicts.reasons import number

SLACK = 1e-9  # relative: rounding of a bound's own formula


def vacuous(quantities: Quantities, rung: str, bound: float, off: float) -> str:
    """Why ``bound`` says nothing of ``rung``; empty where it says something.

    ``off``: how far rounding can move the bound.  One that is below what doing nothing gives by no
    more than the rounding of both counts as equal to it, and says nothing.
    """
    idle, moved = quantities.idle(rung), quantities.idle_rounding(rung)
    if not bound >= min(idle, idle * (1 - SLACK) - off - moved):
        return ""
    return f"bound {number(bound, off)} >= {number(idle, moved)}, which doing nothing gives"

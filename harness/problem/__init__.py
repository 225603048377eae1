"""The problem: everything that a run or a theorem may depend on, and how it is written down.

Imports ``foundation``, ``numerics``, ``process`` and ``law``.  Offers ``Problem``, the settings of
engines, ``MonteCarlo`` of an estimate by draws and ``Enumerated``, and ``cost``, what measuring
takes, before it is done.
"""

from harness.problem.enumerated import Enumerated as Enumerated
from harness.problem.monte_carlo import MonteCarlo as MonteCarlo
from harness.problem.problem import Problem as Problem

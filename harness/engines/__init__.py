"""Engines run the one law that a sampler says: by pushing probability through it, or by draws.

Imports all rooms down to ``problem``.  Offers ``exact`` (the law of a run, by the engine of its
space), ``sequences/``, ``counts/`` and ``draws/``.  Importing it registers what each
kind of step law can be asked.
"""

from harness.engines.draws.gumbel import Gumbel as Gumbel
from harness.engines.draws.simulate import simulate as simulate
from harness.engines.exact import output_law as output_law

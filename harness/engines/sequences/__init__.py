"""Laws on all sequences: the laws of a step from every state, and how they are pushed.

``one_run`` is a run as one function, and ``in_chunks`` calls it for a problem.  On spaces too large
for that ``step_laws`` makes the laws of a step in blocks, and ``push`` moves a law through them.
``by_kind`` says what can be asked of a law, and one file a kind of step law answers.
"""

from harness.engines.sequences import best_of_proposals as best_of_proposals
from harness.engines.sequences import generator as generator
from harness.engines.sequences import in_turn as in_turn
from harness.engines.sequences import mixture as mixture
from harness.engines.sequences import random_order as random_order
from harness.engines.sequences import time_varying as time_varying
from harness.engines.sequences import tokens as tokens
from harness.engines.sequences import two_stage as two_stage

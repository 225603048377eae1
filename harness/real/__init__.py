"""What real code does, said in words: exact laws of its draws, what they lack, and why.

Imports all rooms down to ``regress``.  Offers ``TracedStep``, which makes a sampler of a step that
draws, ``TracedLoop``, which follows a whole loop, ``examine``, which reports on one, and
``examine_draws``, which reports on code of which draws are all there is, by the tests of
``black_box``::

    loop = TracedLoop(sample, asks="logits", options={"mask": 3, "outputs": 3, "timed": False})
    print(examine(loop, RandomTable(3, 3), Absorbing()))
"""

from harness.real.black_box import BlackBox as BlackBox
from harness.real.black_box import black_box as black_box
from harness.real.examine_draws import examine_draws as examine_draws
from harness.real.report import Report as Report
from harness.real.report import examine as examine
from harness.traced.loop import TracedLoop as TracedLoop
from harness.traced.models import model as model
from harness.traced.step import TracedStep as TracedStep

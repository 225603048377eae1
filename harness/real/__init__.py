"""What real code does, said in words: exact laws of its draws, what they lack, and why.

Imports all rooms down to ``regress``.  Offers ``TracedStep``, which makes a sampler of a step that
draws, ``TracedLoop``, which follows a whole loop, ``examine``, which reports on one, and
``black_box``, which tests draws that cannot be followed::

    loop = TracedLoop(sample, asks="logits", options={"mask": 3, "outputs": 3, "timed": False})
    print(examine(loop, RandomTable(3, 3), Absorbing()))
"""

from harness.real.black_box import BlackBox as BlackBox
from harness.real.black_box import black_box as black_box
from harness.real.report import Report as Report
from harness.real.report import examine as examine
from harness.traced.loop import TracedLoop as TracedLoop
from harness.traced.models import model as model
from harness.traced.step import TracedStep as TracedStep

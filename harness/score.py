"""Scores: what a sampler may ask about the target.  Lives in `harness/process/score.py`."""

from harness.process.own_score import FunctionScore as FunctionScore
from harness.process.own_score import ScoreFunction as ScoreFunction
from harness.process.score import CountScore as CountScore
from harness.process.score import Exact as Exact
from harness.process.score import Perturbed as Perturbed
from harness.process.score import Score as Score
from harness.process.table_score import TableScore as TableScore

"""``small_programs`` of PyTorch; tests that import it are skipped where there is none."""

from functools import partial

import pytest
from traced.small_programs import STATES as STATES
from traced.small_programs import D as D
from traced.small_programs import S as S
from traced.small_programs import product as product
from traced.small_programs import tables as tables
from traced.small_programs import traced_by

pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

traced = partial(traced_by, "torch")

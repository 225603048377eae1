"""What all tests share: compiled code is kept between runs, a folder for each file of tests."""

from pathlib import Path

import pytest

from harness.compilation import keep_compiled


@pytest.fixture(autouse=True, scope="module")
def _compiled_code_is_kept(request):
    keep_compiled(f"tests/{Path(request.node.fspath).stem}")

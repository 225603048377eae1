"""What stands in ``docs/`` is so: its code runs and prints what it is said to print."""

import importlib.util
import re
import sys

import pytest
from helpers.documents import DOCS, ELSEWHERE, PAGES, Block, blocks, run
from rooms import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
KINDS = ("python", "sh", "text", "toml")


TORCH = importlib.util.find_spec("torch") is not None


def runnable(page):
    """A page as a case, skipped with a word where it draws by PyTorch and there is none."""
    draws = "import torch" in (DOCS / page).read_text(encoding="utf-8")
    skip = pytest.mark.skipif(draws and not TORCH, reason="the page needs PyTorch")
    return pytest.param(page, marks=skip)


def of(page: str) -> list[Block]:
    return blocks((DOCS / page).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty one, which is the current one and whose modules are found; forgotten at the end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", [*map(runnable, PAGES)])
def test_the_code_of_a_page_runs_and_prints_what_is_shown(page, folder):
    quick = [block for block in of(page) if not block.note]
    assert run(DOCS / page, quick, folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if any(b.note == "slow" for b in of(p))])
def test_the_slow_code_of_a_page_runs_too(page, folder):
    wanted = [block for block in of(page) if block.note == "slow" or block.title]
    assert run(DOCS / page, wanted, folder) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_run_or_says_who_runs_it(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert len(of(page)) == len(re.findall("^```", text, re.M)) / 2
    for block in of(page):
        assert block.kind in KINDS, block
        assert block.title or block.kind != "toml", block
        if block.note.startswith("run by "):
            assert (ROOT / block.note.removeprefix("run by ")).is_file(), block
        else:
            assert block.note in ("", "slow"), block


def test_pages_without_a_test_here_have_one_elsewhere():
    for page, test in ELSEWHERE.items():
        assert (DOCS / page).is_file()
        assert (ROOT / test).is_file()


@pytest.mark.parametrize("page", PAGES)
def test_what_make_is_asked_for_is_there(page):
    asked = re.findall(r"(?:^|`)make ([\w-]+)", (DOCS / page).read_text(encoding="utf-8"), re.M)
    assert [target for target in asked if f"\n{target}:" not in MAKEFILE] == []


def test_output_that_is_not_printed_and_a_wrong_exit_code_are_seen(folder):
    shown = blocks("```python\nprint('a b')\n```\n\n```text\na b\na ...\nc\n```\n")
    assert run(DOCS / "none.md", shown, folder) == ["c"]
    for line in ("leapcheck list nothing", "leapcheck --version  # exit code 1", "rm x"):
        with pytest.raises(AssertionError, match=line.split("  ")[0]):
            run(DOCS / "none.md", blocks(f"```sh\n{line}\n```\n"), folder)

"""Every block of code on the page from a drawing sampler to a law runs, and a wrong law is seen."""

import re

import pytest
from rooms import ROOT

from harness.regress import checks_of, draws_only, run
from harness.samplers import TauLeaping

PAGE = ROOT / draws_only.PAGE
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = list(re.finditer(r"^```python\n(.*?)^```$", TEXT, re.M | re.S))
LAWS = ("Categorical", "PoissonJumps", "TopTwo", "OneOfThree", "Twice", "ByTheNetwork")


@pytest.fixture(scope="module")
def page():
    """All names that the blocks define, run in order."""
    names = {"__name__": "page"}
    for block in BLOCKS:
        above = TEXT[: block.start(1)].count("\n")  # so that an error names its line
        exec(compile("\n" * above + block[1], str(PAGE), "exec"), names)
    return names


@pytest.mark.slow
def test_every_block_runs_and_each_case_holds_its_law_to_its_draws(page):
    asserted = re.findall(r"^assert same\(\w+, (\w+)\(\)\)$", TEXT, re.M)
    assert tuple(asserted) == LAWS
    assert all(name in page for name in LAWS)


def test_the_page_would_notice_another_law(page):
    assert not page["same"](page["draw_poisson"], page["TopTwo"]())
    assert not page["same"](page["draw_twice"], TauLeaping("clip"))


@pytest.mark.parametrize("name", ["keeps the contract", "accounts for all probability"])
def test_the_laws_of_the_page_are_laws(page, name):
    for each in ("PoissonJumps", "TopTwo"):
        found = run(name, checks_of(page[each]())[name])
        assert found.passed, found

"""What a measurement rests on: a change there makes another digest, and no other change does."""

import importlib
import sys
import time
from dataclasses import dataclass, replace

import pytest
from helpers.slow_cases import cases
from helpers.stored_problems import PROBLEMS, Copy, other_number, other_words

from harness import grids, measure
from harness.foundation import when_imported
from harness.foundation.own_code import OURS
from harness.problem.imports import Imports
from harness.problem.sources import MEASUREMENT, Changed, Sources, modules_of, own_files, unused_by
from harness.samplers import Tweedie
from harness.score import ScoreFunction


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return Copy.within(tmp_path_factory.mktemp("tree"))


def digests(folder):
    """Of all problems, by the sources in a folder."""
    sources = Sources(Imports(folder))
    return {name: sources.of(problem) for name, problem in PROBLEMS.items()}


@pytest.fixture(scope="module")
def before(copy):
    return digests(copy.folder)


EVERY = set(PROBLEMS)
DRAWN = {"drawn"}
CHANGES = {
    "harness.engines.sequences.by_kind": EVERY,
    "harness.numerics.divergence": EVERY,
    "harness.measurement.step_terms": EVERY,
    "harness.engines.counts.push": {"counts"},
    "harness.measurement.by_draws.chain_kl": DRAWN,
    "harness.process.noise.absorbing": {"masks"},
    "harness.samplers.tweedie": {"tweedie", "another target", "counts"},
    "harness.samplers.euler": {"euler", "a wrong score", "tilted"},
    "toy_targets.pairs": {"another target"},
    "toy_targets.two_beliefs": DRAWN,
    "harness.verdicts.slopes": set(),
    "harness.studies.ledger": set(),
    "bounds.zhang_2024": set(),
    "harness.samplers.first_hitting": set(),
}


@pytest.mark.parametrize("module", CHANGES)
def test_a_changed_number(copy, before, module):
    undo = copy.change(module, other_number)
    after = digests(copy.folder)
    undo()
    assert {name for name in EVERY if after[name] != before[name]} == CHANGES[module]


def test_words_are_no_change(copy, before):
    undone = [copy.change(module, other_words) for module in CHANGES]
    after = digests(copy.folder)
    for undo in undone:
        undo()
    assert after == before


def test_they_are_those_that_run(before):
    """The copy's digests are of the same modules as those of this very process."""
    assert before == digests(Imports().root)


@pytest.mark.parametrize("name", cases(PROBLEMS, "tilted".__ne__))
def test_every_function_that_runs_is_in_it(name):
    """Seen from outside: which of our modules a measurement calls, traced by Python."""
    called, problem = set(), PROBLEMS[name]

    def see(frame, event, _):
        module = frame.f_globals.get("__name__", "")
        code = frame.f_code  # "<string>": how values of a class are compared, by JAX's caches too
        if event == "call" and code.co_name != "<module>" and code.co_filename != "<string>":
            called.add(module)

    sys.setprofile(see)
    try:
        measure(problem)
    finally:
        sys.setprofile(None)
    ours = {each for each in called if each.partition(".")[0] in OURS} - {when_imported.__name__}
    roots = {*MEASUREMENT, *modules_of(problem)}
    found, installed = Sources().found(roots, unused_by(problem))
    assert len(ours) > 15
    assert ours - found == set()
    assert {"jax", "numpy"} <= installed


OUTSIDE = {
    "mine.py": "from dataclasses import dataclass\nimport helper_of_mine\nfrom harness.samplers "
    "import Tweedie\n@dataclass(frozen=True)\nclass Mine(Tweedie):\n    pass\n",
    "helper_of_mine.py": "import other_of_mine.deep\nNUMBER = 1\n",
    "other_of_mine/__init__.py": "",
    "other_of_mine/deep.py": "NUMBER = 1\n",
}


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A problem whose sampler stands in a file of one's own, which has others beside it."""
    for name, text in OUTSIDE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import mine  # pyright: ignore

    yield replace(PROBLEMS["tweedie"], sampler=mine.Mine())
    forget_mine()


TICK = 0.02  # seconds, more than the clock of a file system takes from one time to the next


def forget_mine():
    for name in [each for each in sys.modules if each.partition(".")[0].endswith("mine")]:
        del sys.modules[name]


def test_modules_of_ones_own_are_known_by_their_source(outside, tmp_path):
    for name in (name for name in OUTSIDE if OUTSIDE[name]):
        sources = Sources()
        found = sources.of(outside)
        sources.check_unchanged()
        (tmp_path / name).write_text(OUTSIDE[name] + "NUMBER = 2\n")
        with pytest.raises(Changed, match=f"{name.split('/')[-1]} has changed since this process"):
            sources.check_unchanged()
        forget_mine()
        assert Sources().of(outside) != found


def test_the_function_of_a_grid_is_known_by_its_source(tmp_path, monkeypatch):
    said = "from harness import grids\ndef bent(steps):\n    return grids.even(2.0, 0.2, steps)\n"
    (path := tmp_path / "grid_of_mine.py").write_text(said)
    monkeypatch.syspath_prepend(tmp_path)
    grid = grids.from_spec({"name": "grid_of_mine:bent", "steps": 3})
    problem = replace(PROBLEMS["tweedie"], grid=grid)
    found = Sources().of(problem)
    assert own_files([problem]) == [path]
    path.write_text(said.replace("0.2", "0.1"))
    forget_mine()
    assert Sources().of(problem) != found
    forget_mine()


@pytest.mark.parametrize("watched", [True, False])
def test_what_was_edited_after_its_import_has_no_digest(outside, tmp_path, monkeypatch, watched):
    """Whether leapcheck was there when it was imported, or came later."""
    helper, times = sys.modules["helper_of_mine"], when_imported._TIMES
    if not watched:
        monkeypatch.setattr(when_imported, "BEGAN", times["helper_of_mine"])
        for name in [each for each in times if each.partition(".")[0].endswith("mine")]:
            monkeypatch.delitem(times, name)
    assert Sources().of(outside)
    time.sleep(TICK)
    (tmp_path / "helper_of_mine.py").write_text("import other_of_mine.deep\nNUMBER = 2\n")
    with pytest.raises(Changed, match=r"helper_of_mine.py has changed since this process imported"):
        Sources().of(outside)
    time.sleep(TICK)
    importlib.reload(helper)
    assert Sources().of(outside)


def made(number):
    @dataclass(frozen=True)
    class Made(Tweedie):
        def step(self, score, noise, x, t, s):
            return super().step(score, noise, x, t, s + number)

    return Made()


def test_what_a_function_makes_has_no_digest():
    """Two of them have one name, and one source."""
    assert Sources().of(replace(PROBLEMS["tweedie"], sampler=made(0.1))) is None


def test_what_no_file_holds_has_no_digest():
    names = {}
    exec("def score(t, x):\n    return 1.0", {"__name__": "nowhere"}, names)
    problem = replace(PROBLEMS["euler"])
    object.__setattr__(problem, "score", ScoreFunction(names["score"]))
    assert Sources().of(problem) is None

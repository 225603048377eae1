"""Modules that are sent to a process: imported from there, and again when they have changed."""

import importlib
import sys
from dataclasses import replace

import pytest

from harness import Problem, grids
from harness.foundation.registry import targets
from harness.foundation.sent_modules import Packed
from harness.noise import Uniform
from harness.problem.sources import Sources, modules_of
from harness.samplers import Tweedie

FILES = {
    "sent_alone.py": "from sent_with.deep.base import NAME\nfrom sent_folder.other import OTHER\n",
    "sent_with/__init__.py": "",
    "sent_with/deep/__init__.py": "",
    "sent_with/deep/base.py": "NAME = 1\n",
    "sent_with/data.txt": "no code",
    "sent_folder/other.py": "OTHER = 2\n",
}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Folders of modules, and one for what is sent; nothing of it is left in this process."""
    for name, said in FILES.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said)
    (tmp_path / "sent").mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("harness.foundation.sent_modules._here", {})
    yield tmp_path / "mine"
    for name in [each for each in sys.modules if each.startswith("sent_")]:
        del sys.modules[name]


def send(mine):
    """To this process, as if it were another one."""
    modules = [mine / "sent_alone.py", mine / "sent_folder", mine / "sent_with"]
    replace(Packed.of(modules), home=("elsewhere", 1)).begin(str(mine.parent / "sent"))


def found():
    module = importlib.import_module("sent_alone")
    return module.NAME, module.OTHER


def test_files_packages_and_folders_without_init_are_imported_from_what_was_sent(mine):
    send(mine)
    assert found() == (1, 2)
    assert "sent/modules_" in sys.modules["sent_folder.other"].__file__


def test_what_has_changed_is_imported_again_with_all_that_rests_on_it(mine):
    said = (
        "from harness.foundation.registry import targets\n"
        "@targets.add('sent')\nclass Sent:\n    pass\n"
    )
    base = mine / "sent_with" / "deep" / "base.py"
    known = dict(targets)
    for number in (3, 4, 3):
        base.write_text(f"{said}NAME = {number}\n")
        send(mine)
        assert found() == (number, 2)
        module = sys.modules["sent_alone"]
        send(mine)  # the same is not imported again
        assert sys.modules["sent_alone"] is module
    del targets["sent"]
    assert targets == known


def test_to_the_process_that_has_them_nothing_is_sent(mine):
    before = list(sys.path)
    Packed.of([mine / "sent_alone.py"]).begin(str(mine.parent / "sent"))
    assert sys.path == before
    assert not list((mine.parent / "sent").iterdir())


def test_which_files_and_folders_those_are(mine, monkeypatch):
    """Of a module in a folder, with ``__init__`` or not, the topmost folder."""
    monkeypatch.syspath_prepend(mine)
    (mine / "sent_folder" / "target.py").write_text(
        "import sent_alone\nfrom toy_targets import Parity\nclass Mine(Parity):\n    pass\n"
    )
    target = importlib.import_module("sent_folder.target").Mine(2)
    problem = Problem(target, Uniform(), Tweedie(), grids.even(2.0, 0.2, 2))
    names = ["sent_alone.py", "sent_folder", "sent_with"]
    assert Sources().outside(modules_of(problem)) == [mine / name for name in names]

"""The map and the questions of CONTRIBUTING are those of the tree."""

import ast
import re

import pytest
from rooms import ARROWS, ROOMS, ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^\| (.+\?) \| `(\S+)` \| `(\w+)` \|$", TEXT, re.M)
MAP = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", TEXT, re.M)


def defined(source: str) -> set[str]:
    """What a module itself defines, not what it imports."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_there_are_twelve_questions():
    assert len({question for question, *_ in QUESTIONS}) == len(QUESTIONS) == 12


@pytest.mark.parametrize(("question", "file", "name"), QUESTIONS, ids=[q for q, *_ in QUESTIONS])
def test_a_question_is_answered_where_it_says(question, file, name):
    assert (ROOT / file).is_file(), file
    assert name in defined((ROOT / file).read_text(encoding="utf-8")), f"{file} defines no {name}"


def test_the_map_is_the_table_of_imports():
    assert [room for room, *_ in MAP] == list(ROOMS)
    for room, _, imports in MAP:
        inner = [other for other in ARROWS[room] if other in ROOMS]
        named = re.findall(r"`(\w+)`", imports)
        if imports.startswith("down to "):
            inner = [max(set(inner) - set(named[1:]), key=ROOMS.index), *named[1:]]
        assert named == inner, room


def test_every_path_exists():
    paths = re.findall(r"`((?:harness|tests|bounds|toy_targets|experiments)/[\w./*]*)`", TEXT)
    assert len(paths) > 20
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []

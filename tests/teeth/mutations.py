"""Mutants of source: one operator, constant, index or time changed, and all else as it was."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
NAMES = {"t": "s", "s": "t", "x": "m", "m": "x", "u": "t"}
FUNCTIONS = {"expm1": "exp", "maximum": "minimum", "minimum": "maximum", "zeros_like": "ones_like"}
LEFT_ALONE = {"examples", "__post_init__"}


@dataclass(frozen=True)
class Mutant:
    """``source`` differs in one place, on ``line``; ``before`` and ``after`` of what changed.

    ``place``: in its "claims", in the "default" of a field, or in its "law".
    """

    source: str
    line: int
    before: str
    after: str
    place: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of ``source``, in order."""
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        if not hasattr(node, "lineno") or _left_alone(tree, node):
            continue
        for other in _others(node):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[place]
            before = ast.unparse(target)
            for field, value in vars(other).items():
                setattr(target, field, value)
            ast.fix_missing_locations(changed)
            after = ast.unparse(target)
            yield Mutant(ast.unparse(changed), node.lineno, before, after, _place(tree, node))


def _place(tree: ast.Module, node: ast.AST) -> str:
    for outer in (each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)):
        for part in outer.body:
            if any(each is node for each in ast.walk(part)):
                field = isinstance(part, ast.AnnAssign)
                name = ast.unparse(part.target) if field else getattr(part, "name", "")
                return "claims" if name == "claims" else "default" if field else "law"
    return "law"


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """What ``node`` may be instead: copies in which one field is another."""
    match node:
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            yield from (_with(node, op=kind()) for kind in OPERATORS[type(op)])
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            yield from (_with(node, ops=[kind()]) for kind in OPERATORS[type(op)])
        case ast.UnaryOp(op=ast.USub()):
            yield _with(node, op=ast.UAdd())
        case ast.UnaryOp(op=ast.Invert()):
            yield _with(node, op=ast.UAdd())
        case ast.Constant(value=bool(value)):
            yield _with(node, value=not value)
        case ast.Constant(value=int(value)):
            yield from (_with(node, value=value + 1), _with(node, value=value - 1))
        case ast.Constant(value=float(value)):
            yield from (
                _with(node, value=value * 1.01 + (value == 0)),
                _with(node, value=value / 2),
            )
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield _with(node, id=NAMES[name])
        case ast.Attribute(attr=name) if name in FUNCTIONS:
            yield _with(node, attr=FUNCTIONS[name])


def _with(node: ast.AST, **changed: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in changed.items():
        setattr(other, name, value)
    return other


def _left_alone(tree: ast.Module, node: ast.AST) -> bool:
    """Whether ``node`` is in an annotation, a decorator, or a method that makes no law."""
    for outer in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(outer, ast.FunctionDef):
            parts = [outer.returns, outer.args, *outer.decorator_list]
            parts += [outer] if outer.name in LEFT_ALONE else []
        elif isinstance(outer, ast.ClassDef):
            parts = [*outer.decorator_list]
        elif isinstance(outer, ast.AnnAssign):
            parts = [outer.annotation]
        if any(part is not None and any(each is node for each in ast.walk(part)) for part in parts):
            return True
    return False

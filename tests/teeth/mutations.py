"""Mutants of source: one operator, constant, index or time changed, and all else as it was."""

import ast
import copy
import hashlib
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

    ``place``: in its "claims", in the "default" of a field, or in its "law".  ``digest`` of the
    function or field that it is in, as changed: by it a mutant is found again in a later source.
    """

    source: str
    line: int
    before: str
    after: str
    place: str
    digest: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of ``source``, in order."""
    tree = ast.parse(source)
    left_alone, parts, known = _left_alone(tree), _parts(tree), _known_names(tree)
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.expr)]:
        if id(node) in left_alone:
            continue
        for other in list(_others(node)):
            if isinstance(other, ast.Name) and other.id not in known.get(id(node), ()):
                continue  # it would not run
            whole, before = dict(vars(node)), ast.unparse(node)
            vars(node).update(vars(other))
            after, changed = ast.unparse(node), ast.unparse(tree)
            place, part = parts[id(node)]
            digest = hashlib.sha256(ast.unparse(part).encode()).hexdigest()[:10]
            vars(node).update(whole)
            yield Mutant(changed, node.lineno, before, after, place, digest)


def _parts(tree: ast.Module) -> dict[int, tuple[str, ast.AST]]:
    """The place, and the part of its class or of the module, of each node by its identity."""
    found: dict[int, tuple[str, ast.AST]] = {}
    for outer in tree.body:
        is_class = isinstance(outer, ast.ClassDef)
        for part in outer.body if is_class else [outer]:
            place = _place(part) if is_class else "law"
            found |= {id(node): (place, part) for node in ast.walk(part)}
    return found


def _known_names(tree: ast.Module) -> dict[int, set[str]]:
    """The arguments and variables of the functions around each node, by its identity."""
    found: dict[int, set[str]] = {}
    for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
        inner = [each for each in ast.walk(function) if isinstance(each, ast.FunctionDef)][1:]
        of_others = {id(node) for each in inner for node in ast.walk(each)}
        own = [node for node in ast.walk(function) if id(node) not in of_others]
        names = {node.arg for node in own if isinstance(node, ast.arg)}
        names |= {n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in ast.walk(function):
            found.setdefault(id(node), set()).update(names)
    return found


def _place(part: ast.stmt) -> str:
    if isinstance(part, ast.AnnAssign):
        return "claims" if ast.unparse(part.target) == "claims" else "default"
    return "claims" if getattr(part, "name", "") == "claims" else "law"


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


def _left_alone(tree: ast.Module) -> set[int]:
    """Nodes in an annotation, a decorator, or a method that makes no law, by their identity."""
    found: list[ast.AST | None] = []
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef):
            found += [outer.returns, outer.args, *outer.decorator_list]
            found += [outer] if outer.name in LEFT_ALONE else []
        elif isinstance(outer, ast.ClassDef):
            found += outer.decorator_list
        elif isinstance(outer, ast.AnnAssign):
            found.append(outer.annotation)
    return {id(node) for part in found if part is not None for node in ast.walk(part)}

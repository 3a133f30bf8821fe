"""Draws mutants: small changes of the package's code that know nothing of its tests.

A statement is drawn, uniformly over those of a room that can be changed, then one of its changes.
Left out is what no test should hold: docstrings, annotations, texts, what only type checkers read,
the texts of errors and warnings, ``__repr__``, and what tracebacks hide.
"""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Fault, definitions, nodes

Change = tuple[str, ast.AST]
"""What kind of change it is, and what stands there then."""

SWAPPED: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
TWINS = {"any": "all", "min": "max", "minimum": "maximum", "argmin": "argmax", "ceil": "floor"}
TWINS |= {there: here for here, there in TWINS.items()}
SILENT = {"__all__", "__slots__", "__tracebackhide__", "__match_args__"}
FOR_TYPES = {"cast", "TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "overload"}


@dataclass(frozen=True)
class Mutant:
    """A change, as a fault to plant, and where it stands."""

    fault: Fault
    line: int
    place: tuple[int, int]
    """Line and column of the statement that runs it, or of the innermost lambda."""

    @property
    def room(self) -> str:
        return room_of(self.fault.file)

    @property
    def key(self) -> str:
        fault = self.fault
        return "\n".join((fault.file, fault.within, fault.old, fault.new))


def room_of(file: str) -> str:
    """Return the folder of the package that a file stands in; "" for the package's own."""
    _, *folders, _ = Path(file).parts
    return folders[0] if folders else ""


def draw(root: Path, seed: int, count: int, least: int, rooms: Sequence[str]) -> list[Mutant]:
    """Return mutants of every room, as many as its share of statements but some at least."""
    by_room: dict[str, list[Site]] = defaultdict(list)
    for path in sorted((root / "tensorgraph").rglob("*.py")):
        file = path.relative_to(root).as_posix()
        if not rooms or room_of(file) in rooms:
            by_room[room_of(file)] += sites(file, path.read_text(encoding="utf-8"))
    total = sum(map(len, by_room.values()))
    drawn = []
    for room, there in by_room.items():
        generator = random.Random(f"{seed} {room}")
        wanted = max(least, round(count * len(there) / total))
        chosen = generator.sample(there, min(wanted, len(there)))
        drawn += [m for site in chosen if (m := site.mutant(generator)) is not None]
    return drawn


@dataclass(frozen=True)
class Site:
    """A statement that can be changed."""

    module: Module
    statement: ast.stmt

    def mutant(self, generator: random.Random) -> Mutant | None:
        """Return one of its changes as a mutant, if one can be told by what it says."""
        kinds = defaultdict(list)
        for change in self.module.changes(self.statement):
            kinds[change[1]].append(change)
        changes = [
            change
            for kind in shuffled(kinds, generator)
            for change in shuffled(kinds[kind], generator)
        ]
        found = (self.module.mutant(self.statement, *change) for change in changes)
        return next((mutant for mutant in found if mutant is not None), None)


def shuffled(things: Iterable, generator: random.Random) -> list:
    return generator.sample(those := [*things], len(those))


def sites(file: str, source: str) -> list[Site]:
    module = Module(file, source)
    return [Site(module, s) for s in module.statements if any(module.changes(s))]


class Module:
    """A file of the package, and what in it can be changed."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self.source = source
        self.tree = ast.parse(source)
        self.parents = {
            child: (parent, field, i)
            for parent in ast.walk(self.tree)
            for field, value in ast.iter_fields(parent)
            for i, child in enumerate(value if isinstance(value, list) else [value])
            if isinstance(child, ast.AST)
        }
        self.modules = {
            alias.asname or alias.name.split(".")[0]
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        self.names = {node: name for name, node in definitions(self.tree)}
        self.statements = [*self._statements(self.tree.body)]

    def _statements(self, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            match statement:
                case ast.FunctionDef(name="__repr__" | "_repr_pretty_"):
                    continue
                case ast.FunctionDef() if any(
                    ast.unparse(d).endswith("overload") for d in statement.decorator_list
                ):
                    continue
                case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                    yield from self._statements(statement.orelse)
                    continue
                case ast.If(test=ast.UnaryOp(operand=ast.Name(id="TYPE_CHECKING"))):
                    yield from self._statements(statement.body)
                    continue
                case ast.Assign(targets=[ast.Name(id=name)]) if name in SILENT:
                    continue
                case ast.AugAssign(target=ast.Name(id=name)) if name in SILENT:
                    continue
                case ast.Assert() | ast.Import() | ast.ImportFrom():
                    continue
            yield statement
            for block in blocks(statement):
                yield from self._statements(block)

    # ------------------------------------------------------------------------ what can be changed

    def changes(self, statement: ast.stmt) -> Iterator[tuple[ast.AST, str, ast.AST]]:
        """Yield a node of a statement, and a change of it."""
        for what, new in self._of_statement(statement):
            yield statement, what, new
        for top in own_expressions(statement):
            for node in walk_but_texts(top):
                for what, new in self._of_expression(node, statement):
                    yield node, what, new

    def _of_statement(self, statement: ast.stmt) -> Iterator[Change]:
        gone = ast.Pass()
        match statement:
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.Await()) | ast.AugAssign():
                yield "statement deleted", gone
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete():
                yield "statement deleted", gone
            case ast.Assign(targets=[ast.Name(id=name)]) if self._is_bound_before(name, statement):
                yield "statement deleted", gone
            case ast.Raise():
                yield "raise deleted", gone
            case ast.Return(value=ast.expr() as value) if not is_none(value):
                yield "None returned", ast.Return(ast.Constant(None))
            case ast.Continue():
                yield "break for continue", ast.Break()
            case ast.Break():
                yield "continue for break", ast.Continue()

    def _is_bound_before(self, name: str, statement: ast.stmt) -> bool:
        node: ast.AST = statement
        while not isinstance(node, (ast.FunctionDef, ast.Module, ast.ClassDef)):
            node = self.parents[node][0]
        if not isinstance(node, ast.FunctionDef):
            return False
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return name in {a.arg for a in named} or any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
            and n.lineno < statement.lineno
            for n in ast.walk(node)
        )  # fmt: skip

    def _of_expression(self, node: ast.AST, statement: ast.stmt) -> Iterator[Change]:
        if isinstance(node, ast.expr) and isinstance(statement, (ast.If, ast.While)):
            if node is statement.test and not isinstance(node, ast.Constant):
                if isinstance(statement, ast.If):
                    yield "if always true", ast.Constant(True)
                yield "if always false", ast.Constant(False)
        match node:
            case ast.Compare(left=left, ops=[op], comparators=right):
                for other in SWAPPED.get(type(op), ()):
                    yield "comparison swapped", ast.Compare(left, [other()], right)
            case ast.BoolOp(op=op, values=values):
                other = ast.Or() if isinstance(op, ast.And) else ast.And()
                yield "and/or", ast.BoolOp(other, values)
                for i in range(len(values)):
                    rest = values[:i] + values[i + 1 :]
                    yield "condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
                yield "not or minus dropped", operand
            case ast.BinOp(left=left, op=op, right=right):
                if isinstance(op, ast.BitOr) and not self._is_in_function(node):
                    return  # a union of types
                for other in SWAPPED.get(type(op), ()):
                    yield "arithmetic swapped", ast.BinOp(left, other(), right)
                if isinstance(op, (ast.Sub, ast.Div, ast.MatMult)):
                    yield "operands swapped", ast.BinOp(right, op, left)
            case ast.IfExp(body=body, orelse=orelse):
                yield "if always true", body
                yield "if always false", orelse
            case ast.Constant(value=bool() as value):
                yield "constant negated", ast.Constant(not value)
            case ast.Constant(value=int() as value):
                yield "constant +1", ast.Constant(value + 1)
                yield "constant −1", ast.Constant(value - 1)
            case ast.Constant(value=float() as value):
                yield "constant +1", ast.Constant(value + 1.0)
                yield "constant doubled", ast.Constant(value * 2)
            case ast.Slice():
                yield from _of_slice(node)
            case ast.Call():
                yield from self._of_call(node)
            case ast.Attribute(value=value, attr=name) if name in TWINS:
                yield "twin", ast.Attribute(value, TWINS[name])
            case ast.comprehension(target=target, iter=iter_, ifs=[_, *_] as ifs, is_async=later):
                for i in range(len(ifs)):
                    yield (
                        "filter dropped",
                        ast.comprehension(target, iter_, ifs[:i] + ifs[i + 1 :], later),
                    )

    def _is_in_function(self, node: ast.AST) -> bool:
        while node in self.parents:
            node = self.parents[node][0]
            if isinstance(node, ast.FunctionDef):
                return True
        return False

    def _of_call(self, call: ast.Call) -> Iterator[Change]:
        function, args, keywords = call.func, call.args, call.keywords
        plain = [not isinstance(a, ast.Starred) for a in args]
        if isinstance(function, ast.Name) and function.id in TWINS:
            yield "twin", ast.Call(ast.Name(TWINS[function.id]), args, keywords)
        if plain and plain[0]:
            yield "call dropped", args[0]
        if isinstance(function, ast.Attribute):
            base = function.value
            if not (isinstance(base, ast.Name) and base.id in self.modules):
                yield "call dropped", base
        if len(args) > 1:  # of a required one the first call would tell
            yield "argument dropped", ast.Call(function, args[:-1], keywords)
        for i in range(len(keywords)):
            yield "argument dropped", ast.Call(function, args, keywords[:i] + keywords[i + 1 :])
        for i in range(len(args) - 1):
            if plain[i] and plain[i + 1]:
                swapped = [*args[:i], args[i + 1], args[i], *args[i + 2 :]]
                yield "arguments swapped", ast.Call(function, swapped, keywords)

    # ---------------------------------------------------------------------------- as a fault

    def mutant(self, statement: ast.stmt, node: ast.AST, what: str, new: ast.AST) -> Mutant | None:
        """Return a change as a fault: of the smallest piece around it that stands there once."""
        for piece in self._pieces(node):
            old_text = ast.unparse(piece)
            new_text = ast.unparse(new) if piece is node else self._with(piece, node, new)
            fault = Fault(self.file, self._within(piece), old_text, new_text, what)
            if old_text != new_text and self._fits(fault):
                place = self._runner(node, statement)
                return Mutant(fault, getattr(node, "lineno", statement.lineno), place)
        return None

    def _pieces(self, node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
        """Yield what holds a node and can be told as a fragment, from the smallest on."""
        while node in self.parents:
            if isinstance(node, ast.stmt) or (
                isinstance(node, ast.expr) and not isinstance(node, (ast.Slice, ast.Starred))
            ):
                yield node
            node = self.parents[node][0]

    def _with(self, piece: ast.AST, node: ast.AST, new: ast.AST) -> str:
        parent, field, i = self.parents[node]
        value = getattr(parent, field)
        row = isinstance(value, list)
        if row:
            value[i] = new
        else:
            setattr(parent, field, new)
        try:
            return ast.unparse(piece)
        finally:
            if row:
                value[i] = node
            else:
                setattr(parent, field, node)

    def _within(self, piece: ast.AST) -> str:
        """Return the qualified name of the innermost definition that holds a piece."""
        while piece in self.parents:
            piece = self.parents[piece][0]
            if name := self.names.get(piece):
                return name
        return ""

    def _fits(self, fault: Fault) -> bool:
        try:
            old, new = nodes(fault.old), nodes(fault.new)
            place = fault.place_in(self.tree)
        except (LookupError, SyntaxError):
            return False
        same_sort = isinstance(old[0], ast.expr) == isinstance(new[0], ast.expr)
        alone = place.elements is None and (len(new) != 1 or not same_sort)
        return bool(new) and not alone

    def _runner(self, node: ast.AST, statement: ast.stmt) -> tuple[int, int]:
        while node is not statement:
            node, inner = self.parents[node][0], node
            if isinstance(node, ast.Lambda) and inner is node.body:
                return node.lineno, node.col_offset
        return statement.lineno, statement.col_offset


def _of_slice(node: ast.Slice) -> Iterator[Change]:
    if node.lower:
        yield "slice from the start", ast.Slice(None, node.upper, node.step)
    if node.upper:
        yield "slice to the end", ast.Slice(node.lower, None, node.step)
    if node.step:
        yield "slice without step", ast.Slice(node.lower, node.upper, None)


def blocks(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the bodies of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        if isinstance(block := getattr(statement, field, None), list):
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement itself that are run."""
    match statement:
        case ast.FunctionDef(args=arguments):
            yield from (d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None)
        case ast.ClassDef() | ast.Raise():
            pass
        case ast.AnnAssign(value=value):
            if value is not None:
                yield value
        case _:
            for _, value in ast.iter_fields(statement):
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, (ast.expr, ast.withitem)):
                        yield part


def walk_but_texts(top: ast.AST) -> Iterator[ast.AST]:
    """Yield nodes of an expression, but not what is told or only for type checkers."""
    match top:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
            name in FOR_TYPES or name in ("warn", "debug") or name.endswith(("Error", "Warning"))
        ):
            return
    yield top
    for child in ast.iter_child_nodes(top):
        if not (isinstance(top, ast.Lambda) and isinstance(child, ast.arguments)):
            yield from walk_but_texts(child)


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None

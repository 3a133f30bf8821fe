"""The user's source around a frame: the bindings and the operations in it."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
    ast.MatMult: "matmul", ast.Pow: "power", ast.Mod: "remainder", ast.FloorDiv: "floor_divide",
    ast.USub: "negative", ast.Invert: "bitwise_invert",
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Gt: "greater", ast.GtE: "greater_equal",
}  # fmt: skip
"""What the operation of each operator is called in its record."""

SAME = {"dot": "matmul", "inner": "matmul", "true_divide": "divide", "pow": "power"}
"""Functions of NumPy that are recorded as an operation of another name."""

_COMPREHENSION = re.compile(r"(\.<locals>)?\.?<(listcomp|setcomp|dictcomp|genexpr)>$")


class Variable(NamedTuple):
    """A variable: the function that binds it, ``""`` for a module, and its name."""

    function: str
    name: str


Operand = frozenset[Variable | float]
"""The variables, and the numbers written out, that stand in one operand of an operation."""

Word = Variable | float | str
"""A variable, a number or an operation in an expression."""


class Operation(NamedTuple):
    """An operator or a call in the source."""

    function: str
    """In which it stands."""
    op: str
    operands: tuple[Operand, ...]
    words: tuple[frozenset[Word], ...]
    """All that stands in each operand, of what is called there, too; of others, nothing."""
    position: tuple[int, int]
    """Where it stands: what is further on is computed later, as far as that can be seen."""


Place = tuple[Operation, int]
"""An operation, and which of its operands."""


class Source(NamedTuple):
    """What is read off a source."""

    bindings: dict[Variable, set[str]]
    """How each variable is bound: ``value``, ``alias`` (of another variable), ``loop``,
    ``receiver`` (as the first parameter of a method), or ``module``."""
    places: dict[Variable | float, list[Place]]
    """Where each variable, and each number that is written out, stands."""
    computations: dict[str, ast.expr]
    """What may be computed of numbers alone, as ``lambd / (2 * m)``, by how it is written."""
    counters: set[Variable]
    """The variables that count the turns of a loop: those of ``range`` and ``enumerate``."""
    counted: dict[tuple[Variable, str], ast.expr]
    """Operands that are such a variable, and what is computed of one as of a number, by the
    variable and how it is written."""
    meant: dict[Word, frozenset[Word]]
    """What stands in all that is assigned to a variable, or in the function of that name."""

    def places_of(self, what: Variable | float) -> Sequence[Place]:
        """Return the operands that a variable or a number stands in."""
        return self.places.get(what, ())

    def bind(self, variable: Variable, how: str) -> None:
        """Take in that a variable is bound."""
        self.bindings.setdefault(variable, set()).add(how)

    def note(self, operation: Operation) -> None:
        """Take in an operation."""
        for i, operand in enumerate(operation.operands):
            for what in operand:
                self.places.setdefault(what, []).append((operation, i))


def resolved(function: str, name: str, bindings: Collection[Variable]) -> Variable:
    """Return the variable that a name means in a function: its own, or one of those around it."""
    while function:
        if (function, name) in bindings:
            return Variable(function, name)
        function = function.rpartition(".<locals>.")[0]
    return Variable("", name)


def function_of(code: CodeType) -> str:
    """Return the qualified name of the function that code belongs to; ``""`` for a module."""
    name = code.co_qualname
    while _COMPREHENSION.search(name):  # what it binds counts for the function around it
        name = _COMPREHENSION.sub("", name)
    return "" if name == "<module>" else name


ANY = "<string>"
"""The name of all sources without one: from Python 3.13 on, that of ``python -c`` is kept."""


def read_from(code: CodeType, module_globals: dict[str, Any]) -> Iterator[Source]:
    """Yield what stands in a file; where code is entered piece by piece, in every piece."""
    for each in sources_of(code, module_globals):
        yield _read("".join(linecache.getlines(each)))


def sources_of(code: CodeType, module_globals: dict[str, Any]) -> Iterator[str]:
    """Yield the names under which the sources of code are known, where there are any."""
    name = code.co_filename
    for each in dict.fromkeys([*_entered_before(name), name]):
        text = "".join(linecache.getlines(each, module_globals))
        if text and (each != ANY or _is_compiled_from(code, text)):
            yield each


def operations_of(text: str) -> list[Operation]:
    """Return the operations in a source that take a variable or a number."""
    places = (place for each in _read(text).places.values() for place in each)
    return list(dict.fromkeys(operation for operation, _ in places))


def _looks(code: CodeType) -> tuple[object, ...]:
    """Return what tells code from other code; its own ``==`` is False once it has run, on 3.13."""
    return code.co_code, code.co_names, code.co_varnames, code.co_linetable


@lru_cache(maxsize=256)
def _is_compiled_from(code: CodeType, text: str) -> bool:
    """Return whether a source, or a function in it, is what code was compiled from."""
    try:
        waiting = [compile(text, code.co_filename, "exec")]
    except (SyntaxError, ValueError):
        return False
    while waiting:
        found = waiting.pop()
        if _looks(found) == _looks(code):
            return True
        waiting += [c for c in found.co_consts if isinstance(c, CodeType)]
    return False


def _entered_before(name: str) -> Iterator[str]:
    """Yield the names of sources that an interpreter read before this one, as a notebook's cells.

    Interpreters leave them in ``linecache``, under names that differ in a number or a hash.
    """
    counted = re.fullmatch(r"<doctest (.*)\[(\d+)\]>", name)
    if counted:
        yield from (f"<doctest {counted[1]}[{i}]>" for i in range(int(counted[2])))
    alike = _without_numbers(name)
    for other, entry in list(linecache.cache.items()):
        entered = len(entry) > 1 and entry[1] is None
        if entered and _without_numbers(other) == alike:
            yield other


def _without_numbers(name: str) -> str:
    return re.sub(r"[0-9a-f]{6,}|\d+", "#", name)


@lru_cache(maxsize=256)
def _read(text: str) -> Source:
    found = Source({}, {}, {}, set(), {}, {})
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # a cell that never ran, or no Python
        return found
    _Bindings(found).visit(tree)
    _Operations(found).visit(tree)
    return found


class _Reader(ast.NodeVisitor):
    """Goes through a source, and knows in which function it is."""

    def __init__(self, found: Source) -> None:
        self.found = found
        self.function = ""
        self._path = ""

    def visit_FunctionDef(self, node: Any) -> None:
        name = getattr(node, "name", "<lambda>")
        self._inside(self._path + name, f"{self._path}{name}.<locals>.", node)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        path = f"{self._path}{node.name}."
        self._inside(path, path, node)  # its methods do not see what it binds

    def _inside(self, function: str, path: str, node: ast.AST) -> None:
        before = self.function, self._path
        self.function, self._path = function, path
        self.generic_visit(node)
        self.function, self._path = before


class _Bindings(_Reader):
    """Collects how variables are bound."""

    def __init__(self, found: Source) -> None:
        super().__init__(found)
        self._receivers: set[ast.arg] = set()

    def visit_FunctionDef(self, node: Any) -> None:
        if not isinstance(node, ast.Lambda):
            self._bind(node.name, "value")
            if self.function.endswith(".") and not _is_static(node):  # it stands in a class
                self._receivers.update([*node.args.posonlyargs, *node.args.args][:1])
        super().visit_FunctionDef(node)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_arg(self, node: ast.arg) -> None:
        self._bind(node.arg, "receiver" if node in self._receivers else "value")

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            self._bind((each.asname or each.name).partition(".")[0], "module")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            self._bind(each.asname or each.name, "value")

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, "value")

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.visit(node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            if len(target.elts) == len(value.elts):
                for part, given in zip(target.elts, value.elts, strict=True):
                    self._assign(part, given)
                return
        self._bind_all(target, "alias" if isinstance(value, ast.Name) else "value")

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._bind_all(node.target, "loop")
        self._count(node.target, node.iter)
        for part in [node.iter, *node.body, *node.orelse]:
            self.visit(part)

    visit_AsyncFor = visit_For

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._bind_all(node.target, "loop")
        self._count(node.target, node.iter)
        for part in [node.iter, *node.ifs]:
            self.visit(part)

    def _count(self, target: ast.expr, over: ast.expr) -> None:
        match target, over:
            case (ast.Name(id=name), ast.Call(func=ast.Name(id="range"))) | (
                ast.Tuple(elts=[ast.Name(id=name), *_]),
                ast.Call(func=ast.Name(id="enumerate")),
            ):
                self.found.counters.add(Variable(self.function, name))

    def _bind_all(self, target: ast.AST, how: str) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._bind(part.id, how)

    def _bind(self, name: str, how: str) -> None:
        self.found.bind(Variable(self.function, name), how)


def may_be_number(node: ast.expr) -> bool:
    """Return whether an expression is computed of variables and numbers as numbers are."""
    match node:
        case ast.Name() | ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return may_be_number(inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            return may_be_number(left) and may_be_number(node.right)
        case ast.Call(func=ast.Name(id="sqrt") | ast.Attribute(attr="sqrt"), args=[inner]):
            return may_be_number(inner)
    return False


def _is_static(node: Any) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


class _Operations(_Reader):
    """Collects operators and calls, each with the variables in its operands."""

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._add(node, node.op, node.left, node.right)
        self._keep(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(node, node.op, node.target, node.value)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self._add(node, node.op, node.operand)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        terms = [node.left, *node.comparators]
        for left, op, right in zip(terms, node.ops, terms[1:], strict=False):
            self._add(node, op, left, right)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(called, ast.Attribute):  # an operand may stand before the dot
            self._note(node, SAME.get(called.attr, called.attr), [called.value, *given])
        elif isinstance(called, ast.Name):
            self._note(node, SAME.get(called.id, called.id), given)
        self._keep(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._note(node, "getitem", [node.value, node.slice])
        self.generic_visit(node)

    def _keep(self, node: ast.expr) -> None:
        if may_be_number(node):
            self.found.computations.setdefault(ast.unparse(node), node)
            self._keep_counted(node)

    def _keep_counted(self, node: ast.expr) -> None:
        variables = (x for x in self._words(node, self.function) if isinstance(x, Variable))
        for variable in self.found.counters.intersection(variables):
            self.found.counted.setdefault((variable, ast.unparse(node)), node)

    def _add(self, node: ast.expr | ast.stmt, operator: ast.AST, *operands: ast.expr) -> None:
        self._note(node, OPERATORS.get(type(operator), ""), operands)
        for operand in operands:
            if isinstance(operand, ast.Name):
                self._keep_counted(operand)

    def _note(self, node: ast.expr | ast.stmt, op: str, operands: Sequence[ast.expr]) -> None:
        words = tuple(frozenset(self._words(each, self.function)) for each in operands)
        values = tuple(frozenset(x for x in each if not isinstance(x, str)) for each in words)
        position = node.end_lineno or 0, node.end_col_offset or 0
        self.found.note(Operation(self.function, op, values, words, position))

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._mean(target, node.value)
        self.generic_visit(node)

    def _mean(self, target: ast.expr, value: ast.expr) -> None:
        """Take in what is assigned to a variable, or to several at once."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for part, given in zip(target.elts, value.elts, strict=False):
                self._mean(part, given)
        elif isinstance(target, ast.Name):
            self._add_meaning(target.id, self._words(value, self.function))

    def visit_FunctionDef(self, node: Any) -> None:
        if not isinstance(node, ast.Lambda):
            inside = self._path + node.name
            words = (w for part in node.body for w in self._words(part, inside))
            self._add_meaning(node.name, words)
        super().visit_FunctionDef(node)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def _add_meaning(self, name: str, words: Iterable[Word]) -> None:
        variable = resolved(self.function, name, self.found.bindings)
        self.found.meant[variable] = self.found.meant.get(variable, frozenset()).union(words)

    def _words(self, node: ast.AST, function: str) -> Iterator[Word]:
        """Yield the variables, the numbers and the operations in what stands in a function."""
        waiting = [node]
        while waiting:
            part = waiting.pop()
            below = list(ast.iter_child_nodes(part))
            match part:
                case ast.Name(id=name):
                    yield resolved(function, name, self.found.bindings)
                case ast.Constant(value=value) if type(value) in (int, float):
                    yield value  # type: ignore[misc]
                case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=2)):
                    yield "square"
                    below = [base]
                case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.AugAssign(op=op):
                    yield OPERATORS.get(type(op), "")
                case ast.Call(func=ast.Name(id=name)):
                    yield SAME.get(name, name)
                    below = below[1:]
                case ast.Call(func=ast.Attribute(value=base, attr=name)):
                    yield SAME.get(name, name)
                    below = [base, *below[1:]]
                case _ if (attribute := _attribute(part)) is not None:
                    yield Variable("", attribute)
                    below = []
            waiting += below


def _attribute(node: ast.AST) -> str | None:
    """Return the name of what an object or a container holds: of ``self.lr``, ``hyper["lr"]``.

    What arrays have, as ``X.T``, is none.
    """
    match node:
        case ast.Attribute(value=ast.Name(), attr=name) if not hasattr(np.ndarray, name):
            return name
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str() as name)):
            return name
    return None

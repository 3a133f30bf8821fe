"""What a fault is: an edit of one place in the code, found by what it says, not how it is laid out.

In Python that is a fragment (an expression, or statements in a row) within a function, a class or
an assignment, and it is found by comparing syntax trees. In the explorer's page it is a text in
which spaces do not count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """An edit of one source file that makes a number, or what guards it, wrong."""

    file: str
    within: str
    """Qualified name of the definition or assignment that holds the place; "" for the file."""
    old: str
    new: str
    """What stands there instead; with "" nothing does."""
    what: str

    def __str__(self) -> str:
        return self.what

    @property
    def named(self) -> list[str]:
        """The ops, or else the topics of tests, that its description begins with."""
        head, colon, _ = self.what.partition(": ")
        return head.split(", ") if colon else []

    def planted(self, source: str) -> str:
        """Return the source with the fault in it; of Python without its comments and layout."""
        if not self.file.endswith(".py"):
            text = re.compile(r"\s*".join(map(re.escape, re.sub(r"\s", "", self.old))))
            self._stands_once(text.findall(source))
            return text.sub(lambda _: self.new, source)
        tree = ast.parse(source)
        self.place_in(tree).put(nodes(self.new))
        return ast.unparse(tree)

    def place_in(self, tree: ast.Module) -> Place:
        """Return the one place where the old code stands in a file of Python."""
        scopes = [node for name, node in definitions(tree) if name == self.within]
        kinds = self._kinds()
        places = [p for scope in scopes for kind in kinds for p in places_of(kind, scope)]
        if not self.new:  # only what stands in a row can be left out
            places = [place for place in places if place.elements is not None]
        self._stands_once(places)
        return places[0]

    def _kinds(self) -> list[list[ast.AST]]:
        """Return what the old code can be where it stands, given what takes its place."""
        old, new = nodes(self.old), nodes(self.new)
        match old, new:
            case [ast.expr()], []:
                return [old, [ast.Expr(*old)], [ast.withitem(*old)]]
            case [ast.expr()], [ast.stmt(), *_]:
                return [[ast.Expr(*old)]]
            case [ast.Assign(targets=[ast.Name(id=name)], value=value)], []:
                return [old, [ast.keyword(name, value)]]
        return [old]

    def _stands_once(self, places: Sequence[object]) -> None:
        if len(places) != 1:
            where = f"{self.file}, {self.within}" if self.within else self.file
            raise LookupError(f"{self.what}: {self.old!r} stands {len(places)} times in {where}")


def planted_in(name: str, *edits: tuple[str, str, str, str]) -> list[Fault]:
    """Return faults of one file of the package: within what, the old code, the new, what it is."""
    return [Fault(f"tensorgraph/{name}", *edit) for edit in edits]


def planted_in_text(name: str, *edits: tuple[str, str, str]) -> list[Fault]:
    """Return faults of one file that is no Python: the old text, the new one, what it is."""
    return [Fault(f"tensorgraph/{name}", "", *edit) for edit in edits]


def definitions(node: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield a module, and all definitions and assignments in it, with their qualified names."""
    if isinstance(node, ast.Module):
        yield "", node
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.expr():  # holds no definitions
                continue
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                pass
            case _:
                name = ""
        inner = f"{outer}.{name}".strip(".")
        if name:
            yield inner, child
        yield from definitions(child, inner)


@dataclass(frozen=True)
class Place:
    """A field of a node, or some elements in a row of a field that is a list."""

    owner: ast.AST
    field: str
    elements: slice | None

    def put(self, new: list[ast.AST]) -> None:
        if self.elements is None:
            setattr(self.owner, self.field, *new)
            return
        row = getattr(self.owner, self.field)
        row[self.elements] = new
        if not row and self.field == "body":
            row.append(ast.Pass())


def places_of(wanted: list[ast.AST], scope: ast.AST) -> Iterator[Place]:
    """Yield where some nodes stand in a tree: one as a field, or all in a row of a field."""
    for owner in ast.walk(scope):
        for field, value in ast.iter_fields(owner):
            if isinstance(value, list):
                for i in range(len(value) - len(wanted) + 1):
                    elements = slice(i, i + len(wanted))
                    if all(map(same, value[elements], wanted)):
                        yield Place(owner, field, elements)
            elif len(wanted) == 1 and same(value, wanted[0]):
                yield Place(owner, field, None)


def nodes(code: str) -> list[ast.AST]:
    """Return the expression that some code is, or else its statements."""
    body = ast.parse(code).body
    return [body[0].value] if len(body) == 1 and isinstance(body[0], ast.Expr) else [*body]


def same(one: object, other: ast.AST) -> bool:
    """Whether two trees are the same, be what they name read or written."""
    return type(one) is type(other) and _form(one) == _form(other)


def _form(node: ast.AST) -> str:
    return re.sub(r", ctx=\w+\(\)", "", ast.dump(node))

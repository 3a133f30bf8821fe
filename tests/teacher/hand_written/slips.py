"""Slips of the pen: small changes of a backward pass, drawn by somebody who knows no mathematics.

A product loses a factor, a sum a term, a transpose is forgotten, a sign turned, one name stands for
another. Nobody says what is wrong then; but which gradients are, their numbers tell.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.teacher.hand_written.bank import Network, Problem, problem

TURNED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Gt: ast.Lt,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.LtE: ast.GtE,
}
OTHER = {"sum": "mean", "mean": "sum"}


@dataclass(frozen=True)
class Slip:
    """A network's backward pass with a slip in it."""

    network: Network
    source: str
    told: str

    def __str__(self) -> str:
        return f"{self.network}: {self.told}"

    def problem(self, seed: int = 0, dtype: str = "float64") -> Problem:
        """Return the student's loss and gradients, and what they are made of."""
        return problem(self.network, self.source, seed, dtype)

    def wrong(self) -> list[str]:
        """Return which gradients are wrong by it, those nearest to the loss first.

        Raises:
            Exception: whatever the changed code raises.
        """
        right = arrays(problem(self.network, self.network.source, 0, "float64").gradients)
        mine = arrays(self.problem().gradients)
        return [key for key, array in right.items() if key in mine and differ(mine[key], array)]


def arrays(gradients: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Return gradients by their keys, those in containers by their paths."""
    found: dict[str, Any] = {}
    for key, value in gradients.items():
        if isinstance(value, dict):
            found |= arrays(value, f"{path}{key}.")
        elif isinstance(value, list):
            found |= arrays(dict(enumerate(value)), f"{path}{key}.")
        else:
            found[f"{path}{key}"] = np.asarray(value, float)
    return found


def differ(mine: Any, right: Any) -> bool:
    """Return whether two arrays are not the same but for rounding; or have another shape."""
    if mine.shape != right.shape:
        return True
    return not np.allclose(mine, right, rtol=1e-7, atol=1e-7 * np.abs(right).max(initial=1e-6))


def drawn(networks: list[Network], seed: int, count: int) -> Iterator[Slip]:
    """Yield slips that make some gradient wrong, and finite."""
    rng = random.Random(seed)
    while count:
        network = rng.choice(networks)
        slip = slipped(network, rng)
        with np.errstate(all="ignore"):
            try:
                wrong = slip.wrong()
                finite = all(
                    np.isfinite(a).all() for a in arrays(slip.problem().gradients).values()
                )
            except Exception:  # code that does not run is nothing to judge
                continue
        if wrong and finite:
            count -= 1
            yield slip


def slipped(network: Network, rng: random.Random) -> Slip:
    """Return a backward pass with one expression changed."""
    tree = ast.parse(network.source)
    node, new = rng.choice([*changes(tree, rng)])
    told = f"{ast.unparse(node)}  →  {ast.unparse(new)}"
    changed = ast.fix_missing_locations(Replaced(node, new).visit(tree))
    return Slip(network, ast.unparse(changed), told)


class Replaced(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        """Return what stands in a node's place."""
        return self.new if node is self.old else self.generic_visit(node)


def changes(tree: ast.Module, rng: random.Random) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield expressions, and what may stand there by a slip."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left, op, right):
                if not isinstance(op, ast.BitOr):
                    yield node, left
                if isinstance(op, (ast.Add, ast.Mult, ast.MatMult)):
                    yield node, right
                if type(op) in TURNED:
                    yield node, ast.BinOp(left, TURNED[type(op)](), right)
            case ast.UnaryOp(ast.USub(), ast.expr() as operand):
                yield node, operand
            case ast.Attribute(value, "T"):
                yield node, value
            case ast.AugAssign(target, _, value):
                yield node, ast.Assign([target], value, lineno=node.lineno)
            case ast.Compare(left, [op], others) if type(op) in TURNED:
                yield node, ast.Compare(left, [TURNED[type(op)]()], others)
            case ast.Call(ast.Attribute(value, name, ctx), args, keywords) if name in OTHER:
                called = ast.Attribute(value, OTHER[name], ctx)
                yield node, ast.Call(called, args, keywords)
            case ast.keyword("axis", ast.Constant(int() as axis)):
                yield node, ast.keyword("axis", ast.Constant(1 - axis))
            case ast.Name(name, ast.Load()):
                alike = [other for other in names(tree) if resemble(name, other)]
                if alike:
                    yield node, ast.Name(rng.choice(alike), ast.Load())


def names(tree: ast.Module) -> list[str]:
    """Return the names of variables and parameters."""
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store}
    return sorted(stored | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)})


def resemble(a: str, b: str) -> bool:
    """Return whether one name may be written for another: W1 for W2, Z1 for A1, dZ for Z."""
    if a == b:
        return False
    return a.strip("0123456789") == b.strip("0123456789") or a[1:] == b[1:] != "" or (
        b in (f"d{a}", a.removeprefix("d"))
    )  # fmt: skip

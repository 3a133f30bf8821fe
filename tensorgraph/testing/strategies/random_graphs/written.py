"""A lambda's code with values in place of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cache


def written(code: str, operands: Sequence[str], settings: Mapping[str, str]) -> str:
    """Return the body of a lambda, with the code of operands and of settings in it.

    Example:
        >>> written("lambda x, low: tg.abs(x) + low", ["v0"], {"low": "-1.0"})
        'tg.abs(v0) + -1.0'
        >>> written("lambda *xs, axis: tg.stack(xs, axis)", ["v0", "v1"], {"axis": "0"})
        'tg.stack((v0, v1), 0)'
    """
    function = ast.parse(code, mode="eval").body
    assert isinstance(function, ast.Lambda)
    given = {name: _parsed(text) for name, text in settings.items()}
    if (starred := function.args.vararg) is not None:
        given[starred.arg] = _parsed(f"({', '.join(operands)},)")
    else:
        names = [parameter.arg for parameter in function.args.args]
        given |= {name: _parsed(text) for name, text in zip(names, operands, strict=False)}
    return ast.unparse(_Given(given).visit(function.body))


@cache
def _parsed(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


class _Given(ast.NodeTransformer):
    """Puts what is given in the place of names; starred ones are spelt out."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        node.args = [
            part
            for arg in node.args
            for part in (
                arg.value.elts
                if isinstance(arg, ast.Starred) and isinstance(arg.value, ast.Tuple)
                else [arg]
            )
        ]
        return node

"""The gradient rule that an operation without one could have, where its kernel tells.

A kernel of NumPy's functions runs on tensors too; what it computes there is differentiated as a
formula, and that is a rule. It is shown only after it has passed the comparison with values.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors, ops
from tensorgraph.engine.numeric_rule import NumericRule
from tensorgraph.engine.op import Op
from tensorgraph.engine.own_op import op as declare
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.formulas.derive import derive
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.ops.op_calls import Case

_LONGEST = 200
"""No longer rule is shown: it would not be read."""


def suggested_rule(op: Op, cases: Sequence[Case]) -> str | None:
    """Return ``vjp={…}`` as it may be written for an operation without rules, if that is found."""
    kernel = next(rule.kernel for rule in op.vjp.values() if isinstance(rule, NumericRule))
    if op.starred or op.defaults or "out" in op.inputs or "g" in op.inputs:
        return None
    case = max(cases, key=lambda case: sum(np.size(x) for x in case.inputs))
    try:
        texts = {op.inputs[i]: _rule(kernel, op, case, i) for i in case.floating}
        told = ", ".join(f'"{name}": {texts.get(name, "tg.NONDIFF")}' for name in op.inputs)
        rules = {name: eval(text, {"tg": ops, "np": np}) for name, text in texts.items()}
        vjp = {name: rules.get(name, NONDIFF) for name in op.inputs}
        ruled = declare(op.name, kernel, vjp, family=op.family)
        for each in cases:
            if each.floating and np.size(each.run()[1][0]):
                gradcheck(ruled, *each.inputs, order=2)
    except Exception:  # the kernel may be no function of tensors, the formula none of its inputs
        return None
    return f"vjp={{{told}}}" if len(told) <= _LONGEST else None


def _rule(kernel: Any, op: Op, case: Case, i: int) -> str:
    """Return the rule for an input as the text of a function.

    Raises:
        DerivationError: the formula is not one of the inputs, the result and its gradient.
    """
    arguments = [tensor(x, requires_grad=k in case.floating) for k, x in enumerate(case.inputs)]
    for name, argument in zip(op.inputs, arguments, strict=True):
        argument.name = name
    out = kernel(*arguments)
    if type(out) is not Tensor or out.node is None:
        raise errors.DerivationError("the kernel leaves the graph")
    out.name = "out"
    rng = np.random.default_rng(0)
    g = tensor(rng.uniform(1.0, 2.0, out.shape))
    found = derive(out, wrt=arguments[i], name=op.inputs[i], gradient=g, strict=True)
    return _as_lambda(found.python(), op.inputs)


def _as_lambda(code: str, inputs: Sequence[str]) -> str:
    """Return the function of derived code as one expression, in operations of this package."""
    tree = ast.parse(code)
    functions = {part.name: part for part in tree.body if isinstance(part, ast.FunctionDef)}
    last = list(functions.values())[-1]
    known: dict[str, ast.expr] = {}
    for line in last.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            known[line.targets[0].id] = _Inlined(known, inputs).visit(line.value)
    (returned,) = (line.value for line in last.body if isinstance(line, ast.Return) and line.value)
    writer = _Inlined(known, inputs)
    expression = writer.visit(returned)
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    parameters = ["g", *(name for name in (*inputs, "out") if name in names)]
    return f"lambda {', '.join(parameters)}: {ast.unparse(expression)}"


class _Inlined(ast.NodeTransformer):
    """Puts expressions in the place of their names, and operations in that of NumPy's functions."""

    def __init__(self, known: Mapping[str, ast.expr], inputs: Sequence[str]) -> None:
        self.known, self.inputs = known, inputs

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and hasattr(ops, node.func.id):
            node.func = _of_package(node.func.id)
            node.args = [self.visit(x) for x in node.args]
            return node
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        is_numpys = isinstance(node.value, ast.Name) and node.value.id == "np"
        return _of_package(node.attr) if is_numpys else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.known:
            return self.known[node.id]
        if node.id not in (*self.inputs, "out", "g"):  # the last by the variable that held it
            raise errors.DerivationError(f"the formula depends on {node.id}")
        return node


def _of_package(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name("tg", ast.Load()), name, ast.Load())

"""What type checkers and editors are told of the operations, written from their records.

    python -m tests.house.stubs

A record is made at run time, where no type checker looks, so each has a function in a stub: with
the names of its inputs and static parameters, its docstring, and what it makes of tensors and of
NumPy's arrays. Functions of several records, and methods, stand there in the same way. The types
of static parameters are those that the record's ``prepare`` or else its kernel is annotated with;
functions of several records say which of their arguments are operands by ``AnyArray``.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from pathlib import Path
from textwrap import indent
from typing import Any

import tensorgraph
from tensorgraph import nn
from tensorgraph.engine.autodiff import backward
from tensorgraph.engine.operators import METHODS, Operators
from tensorgraph.nn import losses
from tensorgraph.nn.activations import Activation
from tensorgraph.ops import OPS, methods, numpy_methods

PACKAGE = Path(tensorgraph.__file__).parent

OPERAND = "AnyArray"
HEAD = """# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, SupportsFloat, SupportsIndex, TypeVar, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph.engine.op import Op
from tensorgraph.engine.operands import Index, MakesTensor, Operand, Plain
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import OneOrMore, SomeAxes
from tensorgraph.ops._keys import Key
from tensorgraph.ops.padding import AnyWidths
from tensorgraph.ops.order import Picked, Probabilities
from tensorgraph.ops.sets import UniqueAll, UniqueCounts, UniqueInverse
from tensorgraph.ops.window import AnyPadding
"""


def typed(function: Callable[..., Any]) -> Signature:
    """Return the signature of an operation, in which what stands for arrays is ``AnyArray``."""
    signature = inspect.signature(function)
    record = getattr(function, "op", None)
    if record is None:
        return signature
    known: dict[str, Any] = {}
    for part in (record.kernel, record.prepare):
        known |= getattr(part, "__annotations__", {})
    parameters = [
        p.replace(annotation=OPERAND if p.name in record.inputs else known.get(p.name, "Any"))
        for p in signature.parameters.values()
    ]
    return Signature(parameters, return_annotation=OPERAND)


def retyped(signature: Signature, result: str, operand: str = "Operand", **types: str) -> str:
    """Return a signature as code: operands of these types by name, the others of one."""
    parameters = []
    for p in signature.parameters.values():
        if p.annotation is not p.empty:
            annotation = str(p.annotation).replace(OPERAND, types.get(p.name, operand))
            p = p.replace(annotation=_Code(annotation))
        parameters.append(p)
    returned = str(signature.return_annotation).replace(OPERAND, result)
    return str(Signature(parameters, return_annotation=_Code(returned)))


class _Code(str):
    """Code that ``repr`` shows as it is."""

    __repr__ = str.__str__


def overloads(call: Callable[..., Any]) -> Iterator[str]:
    """Yield what an operation makes of which operands, as signatures."""
    signature, record = typed(call), getattr(call, "op", None)
    parameters = signature.parameters.values()
    single = [p.name for p in parameters if p.annotation == OPERAND and p.kind != p.VAR_POSITIONAL]
    if any(p.kind == p.VAR_POSITIONAL or "Iterable" in str(p.annotation) for p in parameters):
        # Of any number of operands no place can be told that holds a tensor.
        yield retyped(signature, "Tensor", "MakesTensor")
        yield retyped(signature, "Any", "Plain")
        yield retyped(signature, "Tensor")
        return
    for name in single:
        yield retyped(signature, "Tensor", **{name: "MakesTensor"})
    if record is not None and record.family in ("elementwise", "shape"):
        for name in single:  # of numbers alone NumPy makes numbers
            yield retyped(signature, "NDArray[Any]", "Plain", **{name: "NDArray[Any]"})
    yield retyped(signature, "Any")


def function(name: str, call: Callable[..., Any]) -> Iterator[str]:
    """Yield the lines of an operation's overloads; the first has its docstring."""
    body = document(call)
    for signature in overloads(call):
        yield "@overload"
        yield f"def {name}{signature}:{body}"
        body = " ..."


def document(call: Callable[..., Any]) -> str:
    """Return the body of a stub: the docstring, or nothing."""
    doc = inspect.getdoc(call)
    if not doc:
        return " ..."
    quoted = doc.replace("\\", "\\\\").replace('"""', '\\"""')
    end = "\n" if "\n" in quoted else ""
    return indent(f'\n"""{quoted}{end}"""', "    ")


def method(name: str, signature: Signature, body: str = " ...") -> str:
    """Return the lines of a method; its first parameter is the tensor."""
    first, *others = signature.parameters.values()
    own = Signature(
        [Parameter("self", first.kind, annotation="Own"), *others],
        return_annotation=signature.return_annotation,
    )
    return f"def {name}{retyped(own, 'Own')}:{body}"


def functions(calls: dict[str, Callable[..., Any]], *more: str) -> str:
    """Return a stub of operations as functions, and of what else stands beside them."""
    lines = [line for name, call in calls.items() for line in function(name, call)]
    names = ", ".join(f'"{name}"' for name in calls)
    return "\n".join([HEAD, f"__all__ = [{names}]", *more, *lines, ""])


def ops_stub() -> str:
    """Return the stub of ``ops``."""
    return functions(OPS, "OPS: dict[str, Callable[..., Any]]")


def losses_stub() -> str:
    """Return the stub of ``nn.losses``."""
    return functions({name: getattr(losses, name) for name in losses.__all__})


def operators_stub() -> str:
    """Return the stub of ``engine/operators.py``: operators and methods."""
    unary = Signature([Parameter("x", Parameter.POSITIONAL_ONLY)], return_annotation=OPERAND)
    other = Parameter("other", Parameter.POSITIONAL_ONLY, annotation=OPERAND)
    anything = other.replace(annotation="object")
    binary = unary.replace(parameters=[*unary.parameters.values(), other])
    comparing = unary.replace(parameters=[*unary.parameters.values(), anything])
    both = f"tuple[{OPERAND}, {OPERAND}]"
    lines = []
    for name in methods.BINARY:
        signature = binary.replace(return_annotation=both) if name == "divmod" else binary
        lines += [method(f"__{side}{name}__", signature) for side in ("", "r")]
    for name in methods.COMPARING:
        always = name in ("eq", "ne")  # which Python has of all objects, for all objects
        lines.append(method(f"__{name}__", comparing if always else binary))
    key = Parameter("key", Parameter.POSITIONAL_ONLY, annotation="Index")
    digits = Parameter("digits", key.kind, default=None, annotation="SupportsIndex | None")
    more = {"getitem": [key], "round": [digits]}
    for name in methods.UNARY:
        parameters = [*unary.parameters.values(), *more.get(name, [])]
        lines.append(method(f"__{name}__", unary.replace(parameters=parameters)))
    for name, call in {"T": numpy_methods.transpose, "mT": OPS["matrix_transpose"]}.items():
        lines += ["@property", method(name, unary, document(call))]
    for name, call in {**{name: OPS[name] for name in METHODS}, **numpy_methods.METHODS}.items():
        lines.append(method(name, typed(call), document(call)))
    lines.append(method("backward", inspect.signature(backward), document(backward)))
    body = indent("\n".join(lines), "    ")
    # Not Self, which jedi takes for the class that it stands in.
    own = 'Own = TypeVar("Own", bound=Operators)'
    head = f"{HEAD}\n{own}\n\nMETHODS: tuple[str, ...]\n"
    return f'{head}class Operators:\n    """{inspect.getdoc(Operators)}"""\n{body}\n'


def activations_stub() -> str:
    """Return the stub of ``nn/activations.py``: layers with the parameters of their operations."""
    base = (
        f"class Activation(Module):{document(Activation)}\n"
        "    function: ClassVar[Callable[..., Any]]\n"
        f"    static: dict[str, Any]\n    def forward(self, x: Operand) -> Tensor: ..."
    )
    layers = (getattr(nn, name) for name in nn.__all__)
    own = [x for x in layers if isinstance(x, type) and x.__base__ is Activation]
    return "\n\n".join([HEAD, base, *map(activation, own), ""])


def activation(layer: type[Activation]) -> str:
    """Return the lines of an activation's class, with the constructor that its record gives it."""
    static = list(typed(layer.function).parameters.values())[1:]
    self = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    init = Signature([self, *static], return_annotation="None")
    doc, signature = document(layer), retyped(init, "")
    return f"class {layer.__name__}(Activation):{doc}\n    def __init__{signature}: ..."


STUBS = {
    PACKAGE / "nn" / "activations.pyi": activations_stub,
    PACKAGE / "ops" / "__init__.pyi": ops_stub,
    PACKAGE / "engine" / "operators.pyi": operators_stub,
    PACKAGE / "nn" / "losses" / "__init__.pyi": losses_stub,
}


def formatted(path: Path, text: str) -> str:
    """Return a stub as ruff writes it, without imports that it does not use."""
    for command in (["check", "--fix", "--select=F401,I001"], ["format"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", path, "-"],
            input=text, capture_output=True, encoding="utf-8", check=True, cwd=PACKAGE.parent,
        )  # fmt: skip
        text = done.stdout
    return text


def stale() -> dict[Path, str]:
    """Return the stubs that are not what would be written now, with that."""
    made = {path: formatted(path, stub()) for path, stub in STUBS.items()}
    return {path: text for path, text in made.items() if path.read_text("utf-8") != text}


if __name__ == "__main__":
    for path, text in stale().items():
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(PACKAGE.parent)}")

"""Activation functions as layers, made from their op records: each op's parameters are the layer's.

The functions themselves (``tg.relu``, …) do as well wherever a function is wanted; a layer has a
place in the model, and remembers its parameters.
"""

from __future__ import annotations

import inspect
from textwrap import indent
from typing import Any, ClassVar

from tensorgraph.engine.op import Op
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ArgumentTypeError
from tensorgraph.leads.calls import unknown_keyword
from tensorgraph.nn.module import Module
from tensorgraph.ops.activation import (
    elu,
    gelu,
    leaky_relu,
    log_sigmoid,
    relu,
    sigmoid,
    silu,
    softplus,
)
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.trigonometric import tanh


class Activation(Module):
    """A layer that applies one op without parameters to train.

    Args:
        *args: the static parameters of the op, in its order.
        **kwargs: the same, by name.

    Raises:
        ArgumentTypeError: an argument that is not a parameter of the op.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.LeakyReLU(0.1), tg.nn.Softmax(axis=0)
        (LeakyReLU(slope=0.1), Softmax(axis=0))
    """

    op: ClassVar[Op]
    """The record of what the layer computes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        owner = type(self).__name__
        if not hasattr(type(self), "op"):
            raise ArgumentTypeError(
                f"{owner} is what the layers of activations are made of; write nn.ReLU(), or"
                " nn.Tanh(), …"
            )
        if any(getattr(value, "shape", ()) for value in args):
            raise ArgumentTypeError(
                f"{owner} is a layer, which is made before it is given data; write {owner}()(x), or"
                f" tg.{self.op.name}(x)"
            )
        inputs = len(self.op.inputs)
        parameters = list(self.op.__signature__.parameters.values())[inputs:]
        signature = inspect.Signature(parameters)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            problem = unknown_keyword([owner, self.op.name], kwargs, parameters)
            raise problem or ArgumentTypeError(f"{owner}{signature}: {error}") from None
        bound.apply_defaults()
        self.static = dict(bound.arguments)

    def forward(self, x: Operand) -> Tensor:
        """Return the op's result for x."""
        y: Tensor = self.op.call(x, **self.static)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return ", ".join(f"{name}={value!r}" for name, value in self.static.items())


def _layer(name: str, call: Any) -> type[Activation]:
    """Return the layer class of an op."""
    op: Op = call.op
    text, _, _ = inspect.cleandoc(op.__doc__ or "").partition("\n\nExample:")
    doc = f"""{indent(text, "    ").lstrip()}

    The layer of :func:`tensorgraph.{op.name}`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.{name}()(x) == tg.{op.name}(x)).all())
        True
    """
    return type(name, (Activation,), {"op": op, "__doc__": doc, "__module__": __name__})


ReLU = _layer("ReLU", relu)
LeakyReLU = _layer("LeakyReLU", leaky_relu)
ELU = _layer("ELU", elu)
GELU = _layer("GELU", gelu)
SiLU = _layer("SiLU", silu)
Sigmoid = _layer("Sigmoid", sigmoid)
LogSigmoid = _layer("LogSigmoid", log_sigmoid)
Softplus = _layer("Softplus", softplus)
Tanh = _layer("Tanh", tanh)
Softmax = _layer("Softmax", softmax)
LogSoftmax = _layer("LogSoftmax", log_softmax)

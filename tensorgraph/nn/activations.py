"""Activation functions as layers: each function's parameters are the layer's.

The functions themselves (``tg.relu``, …) do as well wherever a function is wanted; a layer has a
place in the model, and remembers its parameters.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from textwrap import indent
from typing import Any, ClassVar

import numpy as np

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
from tensorgraph.ops.rectifiers import (
    celu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    mish,
    relu6,
    selu,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from tensorgraph.ops.trigonometric import tanh


class Activation(Module):
    """A layer that applies a function without parameters to train.

    Args:
        *args: the static parameters of the function, in its order.
        **kwargs: the same, by name.

    Raises:
        ArgumentTypeError: an argument that is not a parameter of the function.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.LeakyReLU(0.1), tg.nn.Softmax(axis=0)
        (LeakyReLU(slope=0.1), Softmax(axis=0))
    """

    function: ClassVar[Callable[..., Any]]
    """What the layer computes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        owner = type(self).__name__
        if not hasattr(type(self), "function"):
            raise ArgumentTypeError(
                f"{owner} is what the layers of activations are made of; write nn.ReLU(), or"
                " nn.Tanh(), …"
            )
        own = type(self).function.__name__
        if any(getattr(value, "shape", ()) for value in args):
            raise ArgumentTypeError(
                f"{owner} is a layer, which is made before it is given data; write {owner}()(x), or"
                f" tg.{own}(x)"
            )
        parameters = list(inspect.signature(type(self).function).parameters.values())[1:]
        signature = inspect.Signature(parameters)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            problem = unknown_keyword([owner, own], kwargs, parameters)
            raise problem or ArgumentTypeError(f"{owner}{signature}: {error}") from None
        bound.apply_defaults()
        self.static = dict(bound.arguments)
        if "axis" not in self.static:  # settings that make no sense are told now
            type(self).function(np.zeros(1, np.float32), **self.static)

    def forward(self, x: Operand) -> Tensor:
        """Return the function's result for x."""
        y: Tensor = type(self).function(x, **self.static)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return ", ".join(f"{name}={value!r}" for name, value in self.static.items())


def _layer(name: str, call: Callable[..., Any], example: str = "") -> type[Activation]:
    """Return the layer class of a function of one operand."""
    text = re.split(r"\n\n(?:Example|Raises|Args):", inspect.cleandoc(call.__doc__ or ""))[0]
    comma = ", " if example else ""
    doc = f"""{indent(text, "    ").lstrip()}

    The layer of :func:`tensorgraph.{call.__name__}`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.{name}({example})(x) == tg.{call.__name__}(x{comma}{example})).all())
        True
    """
    return type(
        name,
        (Activation,),
        {"function": staticmethod(call), "__doc__": doc, "__module__": __name__},
    )


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
ReLU6 = _layer("ReLU6", relu6)
SELU = _layer("SELU", selu)
CELU = _layer("CELU", celu)
GLU = _layer("GLU", glu)
Mish = _layer("Mish", mish)
Hardtanh = _layer("Hardtanh", hardtanh)
Hardsigmoid = _layer("Hardsigmoid", hardsigmoid)
Hardswish = _layer("Hardswish", hardswish)
Hardshrink = _layer("Hardshrink", hardshrink)
Softshrink = _layer("Softshrink", softshrink)
Tanhshrink = _layer("Tanhshrink", tanhshrink)
Softsign = _layer("Softsign", softsign)
Threshold = _layer("Threshold", threshold, "0.5, -1.0")

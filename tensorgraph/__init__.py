"""A computational-graph engine on NumPy: define networks, see their graphs, trust the gradients."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph import errors, nn, ops, optim, random
from tensorgraph.engine import notation
from tensorgraph.engine.autodiff import backward, gradients
from tensorgraph.engine.checkpoint import checkpoint
from tensorgraph.engine.creation import (
    arange,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from tensorgraph.engine.domain import Boolean, Integer, Real, Simplex
from tensorgraph.engine.modes import enable_grad, is_grad_enabled, no_grad
from tensorgraph.engine.op import REGISTRY, Op, op
from tensorgraph.engine.rule import NONDIFF, ZERO
from tensorgraph.engine.tensor import Tensor, asarray, tensor
from tensorgraph.engine.transforms import (
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from tensorgraph.observe.debug import debug
from tensorgraph.observe.profile import profile
from tensorgraph.ops import *

if TYPE_CHECKING:
    from tensorgraph import data as data
    from tensorgraph import diagnose as diagnose
    from tensorgraph import testing as testing
    from tensorgraph import train as train
    from tensorgraph.drawing.picture import render
    from tensorgraph.formulas.derive import derive
    from tensorgraph.formulas.facts import assume
    from tensorgraph.formulas.update_rules import update_rule
    from tensorgraph.symbolic.trace import trace
else:
    _ROOMS = {"data", "diagnose", "testing", "train"}
    _LATER = {
        "render": "drawing.picture",
        "derive": "formulas.derive",
        "assume": "formulas.facts",
        "trace": "symbolic.trace",
        "update_rule": "formulas.update_rules",
    }

    def __getattr__(name: str) -> Any:
        """Import rooms, and what stands on symbols, when asked for: a network needs none of it."""
        if name in _ROOMS:
            return import_module(f"tensorgraph.{name}")
        if name in _LATER:
            return getattr(import_module(f"tensorgraph.{_LATER[name]}"), name)
        raise AttributeError(f"module 'tensorgraph' has no attribute {name!r}")


__version__ = "0.1.0"
__all__ = [
    "NONDIFF", "REGISTRY", "ZERO", "Boolean", "Integer", "Op", "Real", "Simplex", "Tensor",
    "arange", "asarray", "assume", "backward", "checkpoint", "debug", "derive", "enable_grad",
    "errors", "eye", "full", "full_like", "grad", "gradients", "hessian", "hvp",
    "is_grad_enabled", "jacobian", "jvp", "linspace", "nn", "no_grad", "notation", "ones",
    "ones_like", "op", "optim", "profile", "random", "render", "tensor", "trace", "update_rule",
    "value_and_grad", "vjp", "zeros", "zeros_like",
]  # fmt: skip
__all__ += ops.__all__

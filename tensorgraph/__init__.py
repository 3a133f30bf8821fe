"""A computational-graph engine on NumPy: define networks, see their graphs, trust the gradients."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph import (
    errors as errors,
    nn as nn,
    ops as ops,
    optim as optim,
    random as random,
)
from tensorgraph.engine import (
    notation as notation,
)
from tensorgraph.engine.autodiff import (
    backward as backward,
    gradients as gradients,
)
from tensorgraph.engine.checkpoint import (
    checkpoint as checkpoint,
)
from tensorgraph.engine.creation import (
    arange as arange,
    eye as eye,
    full as full,
    full_like as full_like,
    linspace as linspace,
    ones as ones,
    ones_like as ones_like,
    zeros as zeros,
    zeros_like as zeros_like,
)
from tensorgraph.engine.domain import (
    Boolean as Boolean,
    Integer as Integer,
    Real as Real,
    Simplex as Simplex,
)
from tensorgraph.engine.modes import (
    enable_grad as enable_grad,
    is_grad_enabled as is_grad_enabled,
    no_grad as no_grad,
)
from tensorgraph.engine.op import (
    REGISTRY as REGISTRY,
    Op as Op,
    op as op,
)
from tensorgraph.engine.rule import (
    NONDIFF as NONDIFF,
    ZERO as ZERO,
)
from tensorgraph.engine.tensor import (
    Tensor as Tensor,
    asarray as asarray,
    tensor as tensor,
)
from tensorgraph.engine.transforms import (
    grad as grad,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
from tensorgraph.leads import imports as _foreign_imports
from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.ops import *

if TYPE_CHECKING:
    from tensorgraph import data as data, diagnose as diagnose, testing as testing, train as train
    from tensorgraph.drawing.picture import render as render
    from tensorgraph.formulas.derive import derive as derive
    from tensorgraph.formulas.facts import assume as assume
    from tensorgraph.formulas.update_rules import update_rule as update_rule
    from tensorgraph.observe.debug import debug as debug
    from tensorgraph.observe.profile import profile as profile
    from tensorgraph.symbolic.trace import trace as trace
else:
    _ROOMS = {"data", "diagnose", "testing", "train"}
    _LATER = {
        "render": "drawing.picture",
        "derive": "formulas.derive",
        "assume": "formulas.facts",
        "trace": "symbolic.trace",
        "update_rule": "formulas.update_rules",
        "debug": "observe.debug",
        "profile": "observe.profile",
    }

    def __getattr__(name: str) -> Any:
        """Import rooms, and what draws, derives or watches, when it is asked for."""
        if name in _ROOMS:
            return import_module(f"tensorgraph.{name}")
        if name in _LATER:
            return getattr(import_module(f"tensorgraph.{_LATER[name]}"), name)
        raise _missing_from_module("tensorgraph", name)

    def __dir__() -> list[str]:
        return sorted({*__all__, *_ROOMS, "__version__"})

    _foreign_imports.install()

    # Type checkers take what is imported as itself, and by *, as public.
    __all__ = [
        "NONDIFF", "REGISTRY", "ZERO", "Boolean", "Integer", "Op", "Real", "Simplex", "Tensor",
        "arange", "asarray", "assume", "backward", "checkpoint", "debug", "derive", "enable_grad",
        "errors", "eye", "full", "full_like", "grad", "gradients", "hessian", "hvp",
        "is_grad_enabled", "jacobian", "jvp", "linspace", "nn", "no_grad", "notation", "ones",
        "ones_like", "op", "optim", "profile", "random", "render", "tensor", "trace", "update_rule",
        "value_and_grad", "vjp", "zeros", "zeros_like",
    ]  # fmt: skip
    __all__ += ops.__all__


__version__ = "0.1.0"

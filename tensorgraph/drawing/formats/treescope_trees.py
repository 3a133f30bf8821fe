"""Tensors and modules as Treescope shows them: trees to be unfolded, arrays as pictures.

Treescope asks for them (``__treescope_repr__``), so it is there when this runs; nothing else of the
package needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph.engine.tensor import Tensor
from tensorgraph.extras import require
from tensorgraph.nn.contents import LOOKED_UP
from tensorgraph.nn.module import Module

Subtree = Callable[..., Any]


def tree(x: Tensor | Module, path: str | None, subtree: Subtree) -> Any:
    """Return what Treescope shows for a tensor or module.

    Args:
        x: the tensor or module.
        path: how Python writes where it stands; ``None`` where that is not known.
        subtree: renders what is in it.
    """
    attributes = _of_module(x) if isinstance(x, Module) else _of_tensor(x)
    library = require("treescope.repr_lib", "treescope")
    return library.render_object_constructor(type(x), attributes, path, subtree)


def _of_tensor(x: Tensor) -> dict[str, Any]:
    """Return what there is to tell of a tensor, by the attributes that hold it."""
    told = {"name": x.name, "grad": x.grad}
    known = {name: value for name, value in told.items() if value is not None}
    return {"data": x.numpy(), "requires_grad": x.requires_grad, **known}


def _of_module(module: Module) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name not in LOOKED_UP}

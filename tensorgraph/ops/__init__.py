"""All operations, one family a file; ``methods.py`` makes them operators and methods.

``OPS`` holds every public operation by name: the op records, and the functions composed of them.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops import (
    activation,  # noqa: F401  # imported for its declarations
    arithmetic,  # noqa: F401
    contract,
    convolve,  # noqa: F401
    dropout,  # noqa: F401
    index,
    normalise,  # noqa: F401
    pool,  # noqa: F401
    reduce,  # noqa: F401
    repeat,  # noqa: F401
    shape,
    softmax,  # noqa: F401
    transcendental,  # noqa: F401
    window,  # noqa: F401
)
from tensorgraph.ops.examples import EXAMPLES
from tensorgraph.ops.methods import bind_tensor

COMPOSITES: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        shape.concat, shape.stack, shape.split, shape.unstack,
        index.getitem, index.take, index.take_along_axis, index.sort, index.set_at, index.add_at,
        contract.einsum, contract.tensordot, contract.vecdot, contract.outer,
    )
}  # fmt: skip
"""Public functions that are not one record: they take lists, or are made of several ops."""

OPS: dict[str, Callable[..., Any]] = {
    **{name: op.call for name, op in REGISTRY.items() if op.family != "random"},
    **COMPOSITES,
}

for _name, (_call, *_printed) in EXAMPLES.items():
    _shown = "\n    ".join([">>> import tensorgraph as tg", f">>> {_call}", *_printed])
    OPS[_name].__doc__ = f"{cleandoc(OPS[_name].__doc__ or '')}\n\nExample:\n    {_shown}\n"

bind_tensor(OPS)

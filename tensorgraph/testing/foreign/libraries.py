"""PyTorch, JAX and autograd: how each takes arrays, and pulls gradients back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from tensorgraph.errors import DTypeError
from tensorgraph.testing.foreign.adapter import Library, Native, NativeFunction, adapted


def from_torch(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of PyTorch's tensors, or a module, as one of ours, for all checks here.

    What is checked are PyTorch's own gradients, of any order. A module computes in its parameters'
    dtype: write ``module.double()``. What is checked by its parameters, too, takes them as
    arguments, as ``torch.func.functional_call`` does.

    Raises:
        DTypeError: a module's parameters are not float64.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> import torch  # doctest: +SKIP
        >>> gelu = tg.testing.from_torch(torch.nn.functional.gelu)  # doctest: +SKIP
        >>> tg.testing.gradcheck(gelu, np.linspace(-3, 3, 7), order=2)  # doctest: +SKIP
        gradcheck passed: order 2, ...
    """
    for name, parameter in getattr(f, "named_parameters", dict)():
        if parameter.is_floating_point() and parameter.element_size() < 8:
            raise DTypeError(
                f"from_torch: the module's {name} is {parameter.dtype}, in which rounding alone is"
                " as large as the errors to be found; write from_torch(module.double())"
            )
    return adapted(f, _torch())


def from_jax(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of JAX's arrays as one of ours, for all checks here.

    What is checked are JAX's own gradients, of any order. It runs with 64 bits, whatever is
    configured; constants that were made before are float32 all the same.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> import jax  # doctest: +SKIP
        >>> swish = tg.testing.from_jax(jax.nn.swish)  # doctest: +SKIP
        >>> tg.testing.gradcheck(swish, np.linspace(-3, 3, 7), order=2)  # doctest: +SKIP
        gradcheck passed: order 2, ...
    """
    return adapted(f, _jax())


def from_autograd(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function written in ``autograd.numpy`` as one of tensors, for all checks here.

    What is checked are autograd's own gradients, of any order, and those of the user's
    ``defvjp``.

    Example:
        >>> import autograd.numpy as anp
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> f = tg.testing.from_autograd(lambda x: anp.tanh(x) * x)
        >>> tg.testing.gradcheck(f, np.linspace(-3, 3, 7), order=2)
        gradcheck passed: order 2, complex step, 7 elements, relative difference ...
    """
    return adapted(f, _autograd())


@cache
def _torch() -> Library:
    torch = import_module("torch")

    def pull(
        f: NativeFunction, inputs: Sequence[Native], wanted: Sequence[int],
        cotangents: Sequence[Native],
    ) -> Sequence[Native]:  # fmt: skip
        inputs = list(inputs)
        for k in wanted:  # one that wants a gradient is part of a graph around this one
            if not inputs[k].requires_grad:
                inputs[k] = inputs[k].detach().requires_grad_()
        pairs = [
            (result, c.conj())
            for result, c in zip(f(*inputs), cotangents, strict=True)
            if result.requires_grad
        ]
        variables = [inputs[k] for k in wanted]
        found = [None] * len(variables)
        if pairs:
            found = torch.autograd.grad(
                *([result for result, _ in pairs], variables, [c for _, c in pairs]),
                create_graph=True,
                allow_unused=True,
            )
        return [
            torch.zeros_like(x) if g is None else g.conj()
            for g, x in zip(found, variables, strict=True)
        ]

    def array(result: Any) -> Any:
        return result.detach().resolve_conj().cpu().numpy() if torch.is_tensor(result) else result

    return Library("torch", torch.from_numpy, array, pull, torch.enable_grad)


@cache
def _jax() -> Library:
    jax = import_module("jax")

    def pull(
        f: NativeFunction, inputs: Sequence[Native], wanted: Sequence[int],
        cotangents: Sequence[Native],
    ) -> Sequence[Native]:  # fmt: skip
        def of_wanted(*variables: Native) -> list[Native]:
            return [jax.numpy.asarray(result) for result in f(*_put(inputs, wanted, variables))]

        back = jax.vjp(of_wanted, *(inputs[k] for k in wanted))[1]
        gradients: Sequence[Native] = back(list(cotangents))
        return gradients

    home = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    return Library("jax", jax.numpy.asarray, np.asarray, pull, lambda: home.enable_x64(True))


@cache
def _autograd() -> Library:
    make_vjp = import_module("autograd").make_vjp
    tuple_of = import_module("autograd.builtins").tuple

    def pull(
        f: NativeFunction, inputs: Sequence[Native], wanted: Sequence[int],
        cotangents: Sequence[Native],
    ) -> Sequence[Native]:  # fmt: skip
        def of_wanted(variables: Native) -> Native:
            return tuple_of(f(*_put(inputs, wanted, [variables[k] for k in range(len(wanted))])))

        back = make_vjp(of_wanted)(tuple_of([inputs[k] for k in wanted]))[0]
        gradients = back(tuple_of(cotangents))
        return [gradients[k] for k in range(len(wanted))]

    return Library("autograd", np.asarray, np.asarray, pull, nullcontext)


def _put(inputs: Sequence[Native], places: Sequence[int], values: Sequence[Native]) -> list[Native]:
    """Return inputs with others at some places."""
    changed = list(inputs)
    for place, value in zip(places, values, strict=True):
        changed[place] = value
    return changed

"""Solutions of equations as functions of what is in them, by the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.function_types import Function, P, Q
from tensorgraph.engine.layers import current
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.nested_containers import flatten, flatten_like, unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.function_call import name_of
from tensorgraph.transforms.joint import lifted_into
from tensorgraph.transforms.linear_solve import LinearSolve
from tensorgraph.transforms.packing import Packing
from tensorgraph.transforms.root import Equation, root
from tensorgraph.transforms.values import solved_by_examples


@with_leads
def implicit(
    residual: Function[Any, P],
    solve: Function[Any, Q],
    *,
    tol: float = 1e-3,
    linear_solve: LinearSolve | None = None,
) -> Callable[..., Any]:
    """Return the function that solves an equation, and knows how its solution depends on θ.

    For F(z, θ) = 0, ``solve(*θ)`` returns z by whatever means: a loop, Newton's method, SciPy. None
    of its steps are recorded. The gradient is that of the solution itself (implicit function
    theorem), at any order and for little memory::

        dz/dθ = −(∂F/∂z)⁻¹ ∂F/∂θ

    A fixed point z = f(z, θ) is the solution of ``f(z, θ) - z``, a minimum of c(z, θ) that of its
    gradient, ``tg.grad(c)``. Gradients also flow to what F uses from outside, such as the weights
    of a network. Up to 64 unknowns, the matrix ∂F/∂z is made; with more, only products with it are,
    in the linear solver GMRES.

    Under :func:`tg.vmap <tensorgraph.vmap>`, ``solve`` is called for each example, with its values,
    and the linear systems of all examples are solved together.

    Args:
        residual: ``residual(z, *θ)`` is F, built like z: nested containers of tensors.
        solve: ``solve(*θ)`` returns z, of tensors, arrays or numbers.
        tol: how far z may be from the solution, in parts of its norm (of 1, if that is less): as
            Newton's method sees it, by its next step.
        linear_solve: ``linear_solve(product, b)`` returns the vector x with A x = b, where
            ``product(v)`` returns A v, all of them arrays; a better one for the problem at hand.

    Raises:
        GraphError: z is no solution; or ∂F/∂z is singular there, or could not be solved with.
        ShapeError: the residual is not built like z.
        LayerError: under ``tg.vmap``, ``solve`` uses what differs from example to example and is
            no argument.

    Example:
        >>> import tensorgraph as tg
        >>> def newton(a):  # z² = a
        ...     z = 1.0
        ...     for _ in range(20):
        ...         z = (z + a / z) / 2
        ...     return z
        >>> root = tg.implicit(lambda z, a: z * z - a, newton)
        >>> print(root(2.0), tg.grad(root)(2.0))  # 1 / (2 √2)
        1.4142135 0.35355338
    """
    equal_zero: Callable[..., Any] = residual
    solver: Callable[..., Any] = solve

    def solution(*args: Any) -> Any:
        __tracebackhide__ = True
        structure, parts = solved_by_examples(solver, args)
        layer = current([x for x in (*flatten(args)[0], *parts) if type(x) is Tensor])
        if layer is not None:
            parts = [lifted_into(layer, x) for x in parts]
        if not MODE.get().recording:
            return unflatten(structure, parts)
        packing = Packing(parts)

        def equation(z: Tensor) -> Tensor:
            value = equal_zero(unflatten(structure, packing.unpack(z)), *args)
            return _packed(value, structure, packing, name_of(residual))

        z = packing.pack([x._data for x in parts])
        connected = root(Equation(equation, linear_solve), z, tol)
        return unflatten(structure, packing.unpack(connected))

    return solution


def _packed(value: Any, structure: Any, packing: Packing, name: str) -> Tensor:
    """Return a residual as a vector."""
    try:
        parts = flatten_like(structure, value)
    except ValueError as error:
        raise errors.ShapeError(f"implicit: {name} is not built like z: {error}") from None
    for part, shape in zip(parts, packing.shapes, strict=True):
        if type(part) is not Tensor:
            raise errors.DTypeError(
                f"implicit: {name} returned {errors.describe(part)}, not a tensor"
            )
        if part.shape != shape:
            raise errors.ShapeError(
                f"implicit: {name} returned shape {part.shape} where z has {shape}; there are as"
                " many equations as unknowns"
            )
    vector: Tensor = packing.pack(parts)
    return vector if vector.dtype == packing.dtype else vector.astype(dtype=packing.dtype)

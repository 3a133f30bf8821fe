"""Solutions of equations as functions of what is in them, by the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values, to_host
from tensorgraph.engine.autodiff import differentiate, gradients_at
from tensorgraph.engine.function_types import Function, P, Q
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.modes import MODE, mode, no_grad
from tensorgraph.engine.nested_containers import flatten, flatten_like, unflatten
from tensorgraph.engine.op import Op
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, tensor, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.function_call import name_of
from tensorgraph.transforms.joint import Joint, fingerprint
from tensorgraph.transforms.linear_solve import Array, Product, solved
from tensorgraph.transforms.packing import Packing

LinearSolve = Callable[[Product, Array], Array]
"""``linear_solve(product, b)`` returns x with A x = b, where ``product(v)`` returns A v."""


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
        with no_grad():
            found, structure = flatten(solver(*args))
        parts = [x if type(x) is Tensor else tensor(x) for x in found]
        if not MODE.get().recording:
            return unflatten(structure, [x.detach() for x in parts])
        packing = Packing(parts)

        def equation(z: Tensor) -> Tensor:
            value = equal_zero(unflatten(structure, packing.unpack(z)), *args)
            return _packed(value, structure, packing, name_of(residual))

        z = _values(packing.pack([x._data for x in parts]))
        connected = _root(_Equation(equation, linear_solve), z, tol)
        return unflatten(structure, packing.unpack(connected))

    return solution


def _values(array: Any) -> Array:
    """Return what an array holds, which a symbolic one does not."""
    if host_values(array).shape != array.shape:
        raise errors.GraphError(
            "implicit: solve, and the linear systems of the gradient, compute with values, which a"
            " captured function has not; call it outside of tg.compile and tg.trace"
        )
    return np.asarray(to_host(array))


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


class _Equation:
    """An equation of a vector, and how systems with its Jacobian are solved."""

    def __init__(self, of: Callable[[Tensor], Tensor], linear_solve: LinearSolve | None) -> None:
        self.of, self.linear_solve = of, linear_solve

    def solved_with(self, product: Product, b: Array) -> Array:
        """Return x with A x = b, where A is the Jacobian or its transpose."""
        if self.linear_solve is None:
            return solved(product, b, "the Jacobian ∂F/∂z")
        return np.asarray(self.linear_solve(product, b), b.dtype).reshape(b.shape)


def _root(equation: _Equation, z: Array, tol: float | None) -> Tensor:
    """Return a solution, connected to what the equation is made of."""
    variable = wrap(z, None, True)
    start = mark()
    with watch() as states:
        value = equation.of(variable)
    is_computed = type(value._node) is Node and value._node.seq > start
    _, inputs = reachable([value._node], after=start) if is_computed else ([], [])
    if not any(place is variable for place in inputs):
        raise errors.GraphError(
            "implicit: the residual does not depend on z, so that no z solves it for all θ"
        )
    if tol is not None:
        _check_solution(equation, variable, value, tol)
    inputs = [place for place in inputs if place is not variable]
    again = _Solution(equation, wrap(z), value, inputs, states)
    plan = _IMPLICIT.plan((2 << len(inputs)) - 1, len(inputs))
    if not inputs:
        return wrap(z)
    (connected,) = again.record(_IMPLICIT, [(x, None) for x in inputs], plan, [wrap(z)])
    return connected


def _check_solution(equation: _Equation, z: Tensor, value: Tensor, tol: float) -> None:
    """Raise unless the next step of Newton's method is small."""
    residual = np.asarray(to_host(value._data))
    size = float(np.linalg.norm(residual))
    if size == 0:
        return
    far = np.inf
    if np.isfinite(size):
        far = float(np.linalg.norm(equation.solved_with(_forward(value, z), residual)))
    if not far <= tol * max(float(np.linalg.norm(z._data)), 1.0):
        raise errors.GraphError(
            f"implicit: solve returned no solution: the residual there has norm {size:.1e}, and by"
            f" Newton's method the solution is {far:.1e} away. Solve it more exactly, give a larger"
            " tol, or check that the residual is 0 where solve says"
        )


def _forward(value: Tensor, z: Tensor) -> Product:
    """Return what multiplies vectors by ∂F/∂z, by differentiating the transposed product."""
    cotangent = wrap(np.zeros_like(value._data), None, True)
    (pulled,) = differentiate([value], [cotangent], [z], True, True)

    def product(v: Array) -> Array:
        if not pulled._requires_grad:
            return np.zeros_like(v)
        found = differentiate([pulled], [v.astype(z.dtype)], [cotangent], False, True)[0]
        return np.asarray(to_host(found._data)).astype(v.dtype)

    return product


class _Solution(Joint):
    """A solution of an equation, and its gradients by what the equation is made of."""

    opened_by = "write the solution in closed form"

    def __init__(
        self,
        equation: _Equation,
        z: Tensor,
        value: Tensor,
        inputs: Sequence[Any],
        states: dict[Any, Any],
    ) -> None:
        super().__init__([z], states)
        self.equation, self.inputs, self._z = equation, inputs, z
        self._first = fingerprint(value)
        self.leaves = [(leaf, leaf._data) for leaf in inputs if type(leaf) is Tensor]

    def outputs(self, operands: Sequence[Any]) -> list[Any]:
        """Return the solution: it was computed outside the graph."""
        return [self._z]

    def gradients(self, seeds: list[Any], operands: Sequence[Any]) -> list[Any]:
        """Return −(∂F/∂θ)ᵀ u for (∂F/∂z)ᵀ u = g."""
        if any(leaf._data is not data for leaf, data in self.leaves):
            raise errors.GraphError(
                "implicit: the equation is another one now, since a leaf it uses was assigned a new"
                " value; call backward before assign()"
            )
        (g,), (out,) = seeds, operands
        if type(g) is not Tensor:
            start, z, value = self._again(wrap(self._z._data, None, True))
            u = self._weights(value, z, g)
            found = gradients_at(self.inputs, {value._node: -u}, False, False, after=start)
            return [each._data for each in found]
        start, z, value = self._again(out)

        def weighed(u: Tensor) -> Tensor:
            return differentiate([value], [u], [z], True, True)[0] - g

        weights = _root(
            _Equation(weighed, self.equation.linear_solve), self._weights(value, z, g._data), None
        )
        return gradients_at(self.inputs, {value._node: -weights}, True, True, after=start)

    def _again(self, z: Tensor) -> tuple[int, Tensor, Tensor]:
        """Return the equation's value at z, and from where on its graph reaches."""
        with replay(self.states), mode(recording=True, call=self.call):
            start = mark()
            variable = +z
            value = self.equation.of(variable)
        if fingerprint(value) != self._first:
            raise errors.GraphError(
                "implicit: the residual is another one when backward computes it again, so there is"
                " no right gradient: something it reads was changed in between. Pass that as an"
                " argument, or call backward before the change"
            )
        return start, variable, value

    def _weights(self, value: Tensor, z: Tensor, g: Any) -> Array:
        """Return the solution of (∂F/∂z)ᵀ u = g."""

        def product(u: Array) -> Array:
            found = differentiate([value], [u.astype(z.dtype)], [z], False, True)[0]
            return np.asarray(to_host(found._data)).astype(u.dtype)

        return self.equation.solved_with(product, np.asarray(to_host(g)))


_IMPLICIT = Op(
    "implicit",
    lambda *inputs, again: again.value(inputs),
    {"*inputs": lambda g, i, out, again: again.gradient(g, i, (out,))},
    family="fused",
    recomputes=True,
    symbol="F = 0",
    doc="The solution of an equation.",
)

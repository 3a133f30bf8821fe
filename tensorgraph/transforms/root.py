"""Solutions of an equation of a vector, connected to what the equation is made of, in any layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import wanted
from tensorgraph.engine.autodiff import differentiate, gradients_at
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.layers import Layer, current, deepest, layer_of, outside
from tensorgraph.engine.modes import enable_grad, mode, no_grad
from tensorgraph.engine.op import Op
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.transforms.dual import dual
from tensorgraph.transforms.joint import Joint, entered, fingerprint, left, lifted_into
from tensorgraph.transforms.linear_solve import Array, LinearSolve, by_blocks, solved
from tensorgraph.transforms.values import values, values_inside


class Equation:
    """An equation of a vector, and how systems with its Jacobian are solved."""

    def __init__(self, of: Callable[[Tensor], Tensor], linear_solve: LinearSolve | None) -> None:
        self.of, self.linear_solve = of, linear_solve

    def repeated(self, states: Mapping[Any, Any]) -> Equation:
        """Return the equation with the random draws of before."""

        def of(z: Tensor) -> Tensor:
            with replay(states):
                return self.of(z)

        return Equation(of, self.linear_solve)

    def around(self, layer: Layer) -> Equation:
        """Return the equation as it is outside of a layer: its vectors are all examples'."""

        def of(z: Tensor) -> Tensor:
            with mode(layer=layer):
                return left(self.of(entered(z, layer)), layer)

        return Equation(of, self.linear_solve)

    def solved_with(self, product: Callable[[Tensor], Tensor], b: Any) -> Any:
        """Return the values x with A x = b, where A is the Jacobian or its transpose."""
        with no_grad():
            layer = deepest([b, product(wrap(b))._data])
            if layer is not None:
                given = left(wrap(b), layer)._data

                def around(v: Tensor) -> Tensor:
                    return left(product(entered(v, layer)), layer)

                return layer.entered(self.solved_with(around, given))

            def values_of(v: Array) -> Array:
                return values(product(wrap(v.astype(b.dtype)))._data).astype(v.dtype)

            if self.linear_solve is None:
                return solved(values_of, values(b), "the Jacobian ∂F/∂z")
            return by_blocks(self.linear_solve, values_of, values(b))


def root(equation: Equation, z: Any, tol: float | None = None) -> Tensor:
    """Return a solution, connected to what the equation is made of.

    Args:
        equation: what it solves.
        z: its values, an array of the layer that the equation is of.
        tol: how far these may be from the solution; ``None`` if they are known to be it.

    Raises:
        DTypeError: they are no floats.
        GraphError: they are no solution, or no z of itself is one.
    """
    z = _here(z)
    if z.dtype.kind != "f":
        raise errors.DTypeError(
            f"implicit: z is {z.dtype}, which has no derivative; let solve return floats, as 2.0"
        )
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
    equation = equation.repeated(states)
    layer = layer_of(value)
    found = wrap(_outside(equation, z, value._data, layer) if layer and wanted(value._data) else z)
    if not inputs:
        return found
    again = _Solution(equation, found, value, inputs, states)
    plan = _IMPLICIT.plan((2 << len(inputs)) - 1, len(inputs))
    (connected,) = again.record(_IMPLICIT, [(x, None) for x in inputs], plan, [found])
    return connected


def _here(array: Any) -> Any:
    """Return an array as one of the layer that runs."""
    layer = current([wrap(array)])
    return array if layer is None else lifted_into(layer, wrap(array))._data


def _check_solution(equation: Equation, z: Tensor, value: Tensor, tol: float) -> None:
    """Raise unless the next step of Newton's method is small, for each example."""
    residual, at = values_inside(value._data), values_inside(z._data)
    size = float(np.linalg.norm(residual))
    if size == 0:
        return
    far = np.full(residual.shape[:-1], np.inf)
    if np.isfinite(size):
        step = equation.solved_with(_forward(value, z), value._data)
        far = np.linalg.norm(values_inside(step), axis=-1)
    if not np.all(far <= tol * np.maximum(np.linalg.norm(at, axis=-1), 1.0)):
        raise errors.GraphError(
            f"implicit: solve returned no solution: the residual there has norm {size:.1e}, and by"
            f" Newton's method the solution is {np.max(far):.1e} away. Solve it more exactly, give"
            " a larger tol, or check that the residual is 0 where solve says"
        )


def _forward(value: Tensor, z: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what multiplies vectors by ∂F/∂z, by differentiating the transposed product."""
    cotangent = wrap(np.zeros_like(value._data), None, True)
    (pulled,) = differentiate([value], [cotangent], [z], True, True)

    def product(v: Tensor) -> Tensor:
        if not pulled._requires_grad:
            return wrap(np.zeros_like(v._data))
        return differentiate([pulled], [v._data], [cotangent], False, True)[0]

    return product


def _outside(equation: Equation, z: Any, value: Any, layer: Any) -> Any:
    """Return a solution as an array of a layer, connected to what is outside.

    Where the layer differentiates forward, F(z, θ) = 0 has the tangent ∂F/∂z ż + ∂F/∂θ θ̇ = 0: an
    equation of ż, which is solved in its turn.
    """
    with mode(layer=layer.around):
        around = equation.around(layer)
        found = outside(root(around, left(wrap(z), layer)._data))
        if not value.moves:
            return layer.entered(found)

        def pushed(v: Tensor | None) -> Tensor:
            with mode(layer=layer):
                moved = dual(layer, found, None if v is None else outside(v))
                residual: Any = equation.of(wrap(moved))._data
                tangent = residual.tangent
            return tangent if type(tangent) is Tensor else wrap(tangent)

        variable = wrap(_here(getattr(found, "_data", found)), None, True)
        product = _forward(around.of(variable), variable)
        v = equation.solved_with(product, -pushed(None)._data)
        return dual(layer, found, outside(root(Equation(pushed, equation.linear_solve), v)))


class _Solution(Joint):
    """A solution of an equation, and its gradients by what the equation is made of."""

    opened_by = "write the solution in closed form"

    def __init__(
        self,
        equation: Equation,
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
        graph = type(g) is Tensor
        z = out if graph else wrap(out, None, True)
        start = mark()
        variable, value = self._again(z)
        u = self._weights(z, variable, value, g if graph else wrap(g), graph)
        seed = {value._node: u if graph else u._data}
        found = gradients_at(self.inputs, seed, graph, graph, after=start)
        return found if graph else [each._data for each in found]

    def _weights(
        self, z: Tensor, variable: Tensor, value: Tensor, g: Tensor, graph: bool
    ) -> Tensor:
        """Return the solution of (∂F/∂z)ᵀ u = −g, connected where somebody differentiates it."""

        def product(u: Tensor) -> Tensor:
            return differentiate([value], [u._data], [variable], False, True)[0]

        def weighed(u: Tensor) -> Tensor:
            variable, value = self._again(z)  # a graph of its own: that of before is released
            return differentiate([value], [u], [variable], True, True)[0] + g

        u = self.equation.solved_with(product, -g._data)
        if not graph and not wanted(value._data) and not wanted(g._data):
            return wrap(u)
        with enable_grad():
            return root(Equation(weighed, self.equation.linear_solve), u)

    def _again(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return a copy of z, and the equation's value there."""
        with mode(recording=True, call=self.call):
            variable = +z
            value = self.equation.of(variable)
        if fingerprint(value) != self._first:
            raise errors.GraphError(
                "implicit: the residual is another one when backward computes it again, so there is"
                " no right gradient: something it reads was changed in between. Pass that as an"
                " argument, or call backward before the change"
            )
        return variable, value


_IMPLICIT = Op(
    "implicit",
    lambda *inputs, again: again.value(inputs),
    {"*inputs": lambda g, i, out, again: again.gradient(g, i, (out,))},
    family="fused",
    recomputes=True,
    symbol="F = 0",
    doc="The solution of an equation.",
)

"""Functions of functions: grad, vjp, jvp, jacobian, hessian.

All of them take a function of tensors (or of nested lists, tuples and dicts of them) and
differentiate what it computes. A list is a container: write ``tg.tensor([1.0, 2.0])`` for a vector.
Where all that is differentiated by are NumPy's arrays or numbers, so are the results, in arrays of
their own, unless they are part of a graph: ``scipy.optimize`` takes these functions as they are.
They nest: a result that still depends on something that wants a gradient is recorded like any
other, so a gradient of a gradient of a gradient is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from operator import index
from typing import Any, Literal, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import differentiate, place_of
from tensorgraph.engine.function_types import (
    Function,
    Gradient,
    OfSeveral,
    P,
    Partials,
    Pullback,
    ValueAndGradient,
)
from tensorgraph.engine.graph import Node, reachable
from tensorgraph.engine.modes import MODE, enable_grad
from tensorgraph.engine.nested_containers import flatten, flatten_like, unflatten
from tensorgraph.engine.tensor import Tensor, argument, tensor, wrap
from tensorgraph.leads.calls import with_leads


@overload
def grad(f: Function[Any, P], argnums: Literal[0] = 0) -> Gradient: ...
@overload
def grad(f: Function[Any, P], argnums: int) -> OfSeveral[Any]: ...
@overload
def grad(f: Function[Any, P], argnums: Sequence[int]) -> OfSeveral[tuple[Any, ...]]: ...
@with_leads
def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Any:
    """Return the function that computes the gradient of ``f``, whose result is one number.

    Args:
        f: a function of tensors; what it returns has one element.
        argnums: the argument to differentiate by, or several; each may be nested.

    Returns:
        A function of the same arguments. The gradient is built as the argument is: tensors for
        tensors, arrays for arrays.

    Raises:
        GraphError: ``f`` returned more than one number.
        DTypeError: ``f`` returned something else than a tensor; a constant is ``tg.tensor(3.0)``.

    Example:
        >>> import tensorgraph as tg
        >>> f = lambda x: x**3
        >>> print(tg.grad(f)(2.0), tg.grad(tg.grad(f))(2.0), tg.grad(tg.grad(tg.grad(f)))(2.0))
        12.0 12.0 6.0
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


@overload
def value_and_grad(f: Function[Any, P], argnums: Literal[0] = 0) -> ValueAndGradient: ...
@overload
def value_and_grad(f: Function[Any, P], argnums: int) -> OfSeveral[tuple[Tensor, Any]]: ...
@overload
def value_and_grad(
    f: Function[Any, P], argnums: Sequence[int]
) -> OfSeveral[tuple[Tensor, tuple[Any, ...]]]: ...
@with_leads
def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Any:
    """Return the function that computes ``(f(…), gradient of f)`` in one pass; see :func:`grad`.

    Example:
        >>> import tensorgraph as tg
        >>> value, gradient = tg.value_and_grad(lambda p: (p["w"] ** 2).sum())({"w": tg.ones(2)})
        >>> print(value, gradient["w"])
        2.0 [2. 2.]

        With SciPy's minimisers, which pass arrays:

        >>> import numpy as np, scipy.optimize
        >>> f = lambda x: ((x - 3) ** 2).sum()
        >>> x0 = np.zeros(2)
        >>> scipy.optimize.minimize(tg.value_and_grad(f), x0, jac=True).x.round(6)
        array([3., 3.])
    """
    chosen = _chosen(f, argnums)

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = _Call(f, args, kwargs, chosen)
        output = call.single_output()
        if output.size != 1:
            raise errors.GraphError(
                f"grad() differentiates a function with one number as its result, {_name(f)}"
                f" returned shape {output.shape}; write .sum() in it, or use tg.jacobian"
            )
        results = call.pull([np.ones(output.shape, output.dtype, like=output._data)], retain=False)
        return call.released(output), call.arrange(results)

    return value_and_gradient


@overload
def vjp(f: Function[Tensor, P], *primals: Any) -> tuple[Tensor, Pullback]: ...
@overload
def vjp(f: Function[Any, P], *primals: Any) -> tuple[Any, Pullback]: ...
@with_leads
def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Pullback]:
    """Return ``f(*primals)`` and the function that takes a cotangent back to the arguments.

    The cotangent u has the structure of the output; the result, one entry for each argument, is
    uᵀJ. It can be called more than once.

    Raises:
        ShapeError: a cotangent has another shape than the output.

    Example:
        >>> import tensorgraph as tg
        >>> y, pull = tg.vjp(lambda x: x * x, tg.tensor([1.0, 2.0]))
        >>> print(y, pull(tg.tensor([1.0, 10.0]))[0])
        [1. 4.] [ 2. 40.]
    """
    call = _Call(f, primals, {}, _chosen(f, range(len(primals))))

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds = _matching(call.structure, cotangent, call.outputs, "cotangent", "the output")
        return tuple(call.arrange(call.pull(seeds, retain=True)))

    return unflatten(call.structure, [call.released(o) for o in call.outputs]), pull


@overload
def jvp(
    f: Function[Tensor, P], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(
    f: Function[Any, P], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]: ...
@with_leads
def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its directional derivative J·v along ``tangents``.

    Of a function of one argument, that argument and its tangent need no tuple: ``jvp(f, x, v)``.
    The backward pass is linear in the cotangent u; differentiating it by u gives J·v
    (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    Raises:
        ShapeError: a tangent has another shape than its primal.

    Example:
        >>> import tensorgraph as tg
        >>> y, dy = tg.jvp(tg.sin, (tg.tensor(0.0),), (tg.tensor(2.0),))
        >>> print(y, dy)
        0.0 2.0
    """
    primals, tangents = _arguments(primals, tangents)
    call = _Call(f, primals, {}, _chosen(f, range(len(primals))))
    structure = tuple(structure for structure, _ in call.structures)
    directions = _matching(structure, tangents, call.variables, "tangent", "the primal")
    outputs = [output for output in call.outputs if output._requires_grad]
    cotangents = [wrap(np.zeros_like(o._data), None, True) for o in outputs]
    pulled = differentiate(outputs, cotangents, call.variables, True, True)
    linear = [(p, v) for p, v in zip(pulled, directions, strict=True) if p._requires_grad]
    graph = call.needs_graph or any(
        MODE.get().recording and type(v) is Tensor and v._requires_grad for v in directions
    )
    pushed = iter(
        differentiate(
            [p for p, _ in linear],
            [v if graph else v._data for _, v in linear],
            cotangents,
            graph,
            graph,
        )
    )
    slopes = [
        next(pushed) if o._requires_grad else wrap(np.zeros_like(o._data)) for o in call.outputs
    ]
    values = [call.released(o) for o in call.outputs]
    return unflatten(call.structure, values), unflatten(call.structure, call.handed_out(slopes))


@overload
def jacobian(f: Function[Tensor, P], argnums: Literal[0] = 0) -> Partials: ...
@overload
def jacobian(f: Function[Any, P], argnums: int | Sequence[int] = 0) -> OfSeveral[Any]: ...
@with_leads
def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Any:
    """Return the function that computes all partial derivatives of ``f``, row by row in reverse.

    For an output of shape s and an argument of shape t the result has shape s + t; where the output
    or the argument is a container, the result is a container of such tensors.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.jacobian(lambda x: x * x)(tg.tensor([1.0, 2.0])))
        [[2. 0.]
         [0. 4.]]
    """
    chosen = _chosen(f, argnums)

    @wraps(f)
    def all_partials(*args: Any, **kwargs: Any) -> Any:
        call = _Call(f, args, kwargs, chosen)
        return unflatten(
            call.structure, [call.arrange(_rows(call, k)) for k in range(len(call.outputs))]
        )

    return all_partials


def _rows(call: _Call, k: int) -> list[Tensor]:
    """Return the derivatives of the ``k``-th output by each variable."""
    output = call.outputs[k]
    rows: list[list[Tensor]] = []
    for position in range(output.size):
        unit = np.zeros(output.size, output.dtype, like=output._data)
        unit[position] = 1
        seeds = [None] * len(call.outputs)
        seeds[k] = unit.reshape(output.shape)  # type: ignore[call-overload]
        rows.append(call.pull(seeds, retain=True))
    shapes = [output.shape + variable.shape for variable in call.variables]
    if not rows:
        like = zip(shapes, call.variables, strict=True)
        return [wrap(np.zeros(shape, variable.dtype)) for shape, variable in like]
    stacked: list[Any] = [np.stack(column) for column in zip(*rows, strict=True)]
    return [whole.reshape(shape) for whole, shape in zip(stacked, shapes, strict=True)]


@overload
def hessian(f: Function[Any, P], argnums: Literal[0] = 0) -> Partials: ...
@overload
def hessian(f: Function[Any, P], argnums: int | Sequence[int]) -> OfSeveral[Any]: ...
@with_leads
def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Any:
    """Return the function that computes all second partial derivatives of ``f``, a number.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0])))
        [[ 6.  0.]
         [ 0. 12.]]
    """
    return jacobian(grad(f, argnums), argnums)


@overload
def hvp(
    f: Function[Any, P], primals: tuple[Any, ...] | list[Any], tangents: Sequence[Any]
) -> tuple[Any, ...]: ...
@overload
def hvp(f: Function[Any, P], primals: Any, tangents: Any) -> Any: ...
@with_leads
def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the Hessian of ``f`` times a vector, without building the Hessian.

    Args:
        f: a function whose result has one element.
        primals: a tuple of its arguments, each possibly nested; or the only one itself.
        tangents: the vector, in the structure of the arguments.

    Returns:
        The product, in the structure of ``primals``: a tuple for a tuple.

    Example:
        >>> import tensorgraph as tg
        >>> f = lambda x: (x**3).sum()
        >>> print(tg.hvp(f, tg.tensor([1.0, 2.0]), tg.ones(2)))
        [ 6. 12.]

        With SciPy, ``hessp=functools.partial(tg.hvp, f)``.
    """
    arguments, _ = _arguments(primals, tangents)
    product: Any = jvp(grad(f, range(len(arguments))), primals, tangents)[1]
    return product if isinstance(primals, (tuple, list)) else product[0]


class _Call:
    """One call of a function on variables of our own, and the way back from its outputs."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        chosen: int | tuple[int, ...],
    ) -> None:
        self.name = _name(f)
        self.single = isinstance(chosen, int)
        positions = self._positions((chosen,) if isinstance(chosen, int) else chosen, len(args))
        opened = list(args)
        self.variables: list[Tensor] = []
        self.structures = []
        given: list[Any] = []
        for k in positions:
            leaves, structure = flatten(args[k])
            given += leaves
            variables = [_variable(leaf, k) for leaf in leaves]
            opened[k] = unflatten(structure, variables)
            self.variables += variables
            self.structures.append((structure, len(variables)))
        with enable_grad():
            result = f(*opened, **kwargs)
        found, self.structure = flatten(result)
        self.outputs = [_output(value, self.name) for value in found]
        self.needs_graph = MODE.get().recording and self._depends_on_others()
        arrays = [isinstance(x, (np.ndarray, np.generic)) for x in given]
        self.in_arrays = bool(arrays) and all(arrays)

    def _positions(self, chosen: tuple[int, ...], count: int) -> list[int]:
        """Return the chosen arguments, counted from the front."""
        for k in chosen:
            if not -count <= k < count:
                given = "1 argument" if count == 1 else f"{count} arguments"
                raise errors.ArgumentError(
                    f"argnums {k} is out of range: {self.name} was called with {given} by position"
                )
        positions = [k % count for k in chosen]
        if len(set(positions)) < len(positions):
            raise errors.ArgumentError(f"argnums {chosen} names an argument twice")
        return positions

    def _depends_on_others(self) -> bool:
        """Return whether something besides our own variables may want a gradient of a gradient."""
        own = set(self.variables)
        places = [place_of(o) for o in self.outputs if o._requires_grad]
        leaves = [place for place in places if type(place) is not Node]
        leaves += reachable([place for place in places if type(place) is Node])[1]
        return any(leaf not in own for leaf in leaves)

    def single_output(self) -> Tensor:
        """Return the output of a function that returns one tensor."""
        if self.structure is not None:
            raise errors.GraphError(f"grad() needs {self.name} to return one tensor, not several")
        return self.outputs[0]

    def pull(self, seeds: Sequence[Any], retain: bool) -> list[Tensor]:
        """Return the variables' gradients for these gradients of the outputs (``None``: zero)."""
        pairs = [
            (output, seed)
            for output, seed in zip(self.outputs, seeds, strict=True)
            if output._requires_grad and seed is not None
        ]
        graph = MODE.get().recording and (
            self.needs_graph or any(type(s) is Tensor and s._requires_grad for _, s in pairs)
        )
        return differentiate(
            [output for output, _ in pairs],
            [_as_seed(s, graph) for _, s in pairs],
            self.variables,
            graph,
            retain or graph,
        )

    def released(self, output: Tensor) -> Any:
        """Return an output without a graph, unless somebody may still differentiate it."""
        return output if self.needs_graph else self.handed_out([output.detach()])[0]

    def handed_out(self, results: list[Tensor]) -> list[Any]:
        """Return results as the caller has them: as arrays of their own if these were given."""
        if not self.in_arrays:
            return results
        return [r if r._requires_grad else np.array(to_host(r._data))[()] for r in results]

    def arrange(self, results: list[Tensor]) -> Any:
        """Return results in the structure of the arguments they belong to."""
        rest = iter(self.handed_out(results))
        arranged = tuple(
            unflatten(structure, [next(rest) for _ in range(count)])
            for structure, count in self.structures
        )
        return arranged[0] if self.single else arranged


def _chosen(f: Callable[..., Any], argnums: Any) -> int | tuple[int, ...]:
    """Return ``argnums`` as an int or a tuple of ints; check what can be checked before a call."""
    if not callable(f) or isinstance(f, type):
        raise errors.DTypeError(f"differentiates a function, not {errors.describe(f)}")
    try:
        return tuple(map(index, argnums)) if isinstance(argnums, Sequence) else index(argnums)
    except TypeError:
        raise errors.DTypeError(f"argnums is an int or a tuple of ints, not {argnums!r}") from None


def _arguments(primals: Any, tangents: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return tuples with one entry for each argument; an only one may be given itself."""
    if not isinstance(primals, (tuple, list)):
        return (primals,), (tangents,)
    if not isinstance(tangents, (tuple, list)):
        raise errors.DTypeError(
            "tangents is a tuple with one entry for each argument, as primals is, not"
            f" {errors.describe(tangents)}; write (v,) for a single one, or neither in a tuple"
        )
    return tuple(primals), tuple(tangents)


def _variable(leaf: Any, k: int = 0) -> Tensor:
    """Return a tensor of our own with the leaf's values, connected to the leaf if that matters."""
    try:
        value = leaf if type(leaf) is Tensor else tensor(leaf)  # the caller may change an array
    except errors.DTypeError as error:
        raise errors.DTypeError(f"argument {k}: {error}") from None
    if value.dtype.kind not in "fc":
        raise errors.DTypeError(
            f"argument {k} is {value.dtype}, only floating-point arguments have a derivative; write"
            " 2.0 for 2 or .astype('float32'), or choose others by argnums"
        )
    if value._requires_grad and MODE.get().recording:
        return +value
    return argument(value.detach()._data)


def _as_seed(value: Any, graph: bool) -> Any:
    """Return a gradient to start from: a tensor if there is to be a graph, else an array."""
    if type(value) is Tensor:
        return value if graph else value._data
    return wrap(value) if graph else value


def _output(value: Any, name: str) -> Tensor:
    if type(value) is Tensor:
        return value
    hint = "; is a return missing?" if value is None else ""
    if isinstance(value, (complex, float, int, np.ndarray, np.generic)):
        hint = (
            ": what float(), .item() or .numpy() gave has left the graph and has no gradient;"
            " compute with tensors and tg ops, and write tg.tensor(value) for a constant"
        )
    raise errors.DTypeError(f"{name} returned {errors.describe(value)}, not a tensor{hint}")


def _matching(
    structure: Any, tree: Any, owners: Sequence[Tensor], what: str, owner: str
) -> list[Tensor]:
    """Return what ``tree`` holds for each of ``owners``, as tensors like them.

    Args:
        structure: the container that the owners stand in.
        tree: the same container of tensors, arrays, numbers or lists of these.
        owners: the tensors to match in shape and dtype.
        what: what messages call a part of ``tree``.
        owner: what messages call that to which it belongs.
    """
    try:
        found = flatten_like(structure, tree)
    except ValueError as error:
        raise errors.ShapeError(f"a {what} is built like {owner}: {error}") from None
    matched = []
    for given, like in zip(found, owners, strict=True):
        value = given if type(given) is Tensor else tensor(given, like.dtype)  # ours: a copy
        if value.shape != like.shape:
            raise errors.ShapeError(
                f"a {what} has the shape of {owner} {like.shape}, this one has {value.shape}"
            )
        matched.append(value if value.dtype == like.dtype else value.astype(dtype=like.dtype))
    return matched


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)

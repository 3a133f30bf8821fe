"""Products of a derivative and a vector: vjp (uᵀJ), jvp (J·v) and hvp (H·v)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from tensorgraph import errors
from tensorgraph.engine.function_types import Function, P, Pullback
from tensorgraph.engine.modes import meet
from tensorgraph.engine.nested_containers import unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.forward_call import ForwardCall, slope_of
from tensorgraph.transforms.function_call import FunctionCall, chosen_arguments, matching
from tensorgraph.transforms.gradients import grad


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
    call = FunctionCall(f, primals, {}, chosen_arguments(f, range(len(primals))))

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds = matching(call.structure, cotangent, call.outputs, "cotangent", "the output")
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
    Values and tangents are computed together, operation by operation, and nothing is kept for a
    backward pass: the memory does not grow with the number of operations.

    Raises:
        ShapeError: a tangent has another shape than its primal.

    Example:
        >>> import tensorgraph as tg
        >>> y, dy = tg.jvp(tg.sin, (tg.tensor(0.0),), (tg.tensor(2.0),))
        >>> print(y, dy)
        0.0 2.0
    """
    primals, tangents = _arguments(primals, tangents)
    call = ForwardCall(f, primals, {}, chosen_arguments(f, range(len(primals))))
    structure = tuple(structure for structure, _ in call.structures)
    directions = matching(structure, tangents, call.variables, "tangent", "the primal")
    meet(*directions)
    outputs, tangents = call.push(directions)
    slopes = [slope_of(y, dy) for y, dy in zip(outputs, tangents, strict=True)]
    values = call.handed_out(outputs)
    return unflatten(call.structure, values), unflatten(call.structure, call.handed_out(slopes))


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

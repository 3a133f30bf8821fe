"""Products of a derivative and a vector: vjp (uᵀJ), jvp (J·v) and hvp (H·v)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from tensorgraph import errors
from tensorgraph.engine.function_types import Aux, Function, P, Pullback
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
@overload
def vjp(
    f: Callable[..., tuple[Any, Aux]], *primals: Any, has_aux: Literal[True]
) -> tuple[Any, Pullback, Aux]: ...
@with_leads
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Return ``f(*primals)`` and the function that takes a cotangent back to the arguments.

    The cotangent u has the structure of the output; the result, one entry for each argument, is
    uᵀJ. It can be called more than once. With ``has_aux``, ``f`` returns a pair, and what it
    returned besides comes third; see :func:`grad`.

    Raises:
        ShapeError: a cotangent has another shape than the output.

    Example:
        >>> import tensorgraph as tg
        >>> y, pull = tg.vjp(lambda x: x * x, tg.tensor([1.0, 2.0]))
        >>> print(y, pull(tg.tensor([1.0, 10.0]))[0])
        [1. 4.] [ 2. 40.]
    """
    call = FunctionCall(f, primals, {}, chosen_arguments(f, range(len(primals))), has_aux)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds = matching(call.structure, cotangent, call.outputs, "cotangent", "the output")
        return tuple(call.arrange(call.pull(seeds, retain=True)))

    value = unflatten(call.structure, [call.released(o) for o in call.outputs])
    return (value, pull, call.aux) if has_aux else (value, pull)


@overload
def jvp(
    f: Function[Tensor, P], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(
    f: Function[Any, P], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]: ...
@overload
def jvp(
    f: Callable[..., tuple[Any, Aux]],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: Literal[True],
) -> tuple[Any, Any, Aux]: ...
@with_leads
def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> Any:
    """Return ``f(*primals)`` and its directional derivative J·v along ``tangents``.

    Of a function of one argument, that argument and its tangent need no tuple: ``jvp(f, x, v)``.
    Values and tangents are computed together, operation by operation, and nothing is kept for a
    backward pass: the memory does not grow with the number of operations. With ``has_aux``, ``f``
    returns a pair, and what it returned besides comes third.

    Raises:
        ShapeError: a tangent has another shape than its primal.

    Example:
        >>> import tensorgraph as tg
        >>> y, dy = tg.jvp(tg.sin, (tg.tensor(0.0),), (tg.tensor(2.0),))
        >>> print(y, dy)
        0.0 2.0
    """
    primals, tangents = _arguments(primals, tangents)
    call = ForwardCall(f, primals, {}, chosen_arguments(f, range(len(primals))), has_aux)
    structure = tuple(structure for structure, _ in call.structures)
    directions = matching(structure, tangents, call.variables, "tangent", "the primal")
    meet(*directions)
    outputs, tangents = call.push(directions)
    slopes = [slope_of(y, dy) for y, dy in zip(outputs, tangents, strict=True)]
    value = unflatten(call.structure, call.handed_out(outputs))
    slope = unflatten(call.structure, call.handed_out(slopes))
    return (value, slope, call.aux) if has_aux else (value, slope)


@overload
def hvp(
    f: Function[Any, P], primals: tuple[Any, ...] | list[Any], tangents: Sequence[Any]
) -> tuple[Any, ...]: ...
@overload
def hvp(f: Function[Any, P], primals: Any, tangents: Any, has_aux: bool = False) -> Any: ...
@with_leads
def hvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """Return the Hessian of ``f`` times a vector, without building the Hessian.

    Args:
        f: a function whose result has one element.
        primals: a tuple of its arguments, each possibly nested; or the only one itself.
        tangents: the vector, in the structure of the arguments.
        has_aux: whether ``f`` returns a pair, the number and anything besides.

    Returns:
        The product, in the structure of ``primals``: a tuple for a tuple. With ``has_aux``, the
        pair of it and what ``f`` returned besides.

    Example:
        >>> import tensorgraph as tg
        >>> f = lambda x: (x**3).sum()
        >>> print(tg.hvp(f, tg.tensor([1.0, 2.0]), tg.ones(2)))
        [ 6. 12.]

        With SciPy, ``hessp=functools.partial(tg.hvp, f)``.
    """
    arguments, _ = _arguments(primals, tangents)
    pushed: Any
    every = range(len(arguments))
    if has_aux:
        pushed = jvp(grad(f, every, True), primals, tangents, has_aux=True)
    else:
        pushed = jvp(grad(f, every), primals, tangents)
    product = pushed[1] if isinstance(primals, (tuple, list)) else pushed[1][0]
    return (product, pushed[2]) if has_aux else product


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

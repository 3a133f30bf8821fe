"""The gradient of a function whose result is one number: grad and value_and_grad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.function_types import (
    Aux,
    Function,
    Gradient,
    GradientWithAux,
    OfSeveral,
    P,
    ValueAndGradient,
    ValueAndGradientWithAux,
)
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.function_call import FunctionCall, chosen_arguments, name_of


@overload
def grad(f: Function[Any, P], argnums: Literal[0] = 0) -> Gradient: ...
@overload
def grad(f: Function[Any, P], argnums: int) -> OfSeveral[Any]: ...
@overload
def grad(f: Function[Any, P], argnums: Sequence[int]) -> OfSeveral[tuple[Any, ...]]: ...
@overload
def grad(
    f: Callable[..., tuple[Any, Aux]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> GradientWithAux[Aux]: ...
@overload
def grad(
    f: Callable[..., tuple[Any, Aux]], argnums: int | Sequence[int], has_aux: bool
) -> OfSeveral[Any]: ...
@with_leads
def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Return the function that computes the gradient of ``f``, whose result is one number.

    Args:
        f: a function of tensors; what it returns has one element.
        argnums: the argument to differentiate by, or several; each may be nested.
        has_aux: whether ``f`` returns a pair, what is differentiated and anything besides.

    Returns:
        A function of the same arguments. The gradient is built as the argument is: tensors for
        tensors, arrays for arrays. With ``has_aux``, it returns the pair of the gradient and what
        ``f`` returned besides, whose tensors have no graph but what leads to others' gradients.

    Raises:
        GraphError: ``f`` returned more than one number.
        DTypeError: ``f`` returned something else than a tensor; a constant is ``tg.tensor(3.0)``.
            Or no pair, with ``has_aux``.

    Example:
        >>> import tensorgraph as tg
        >>> f = lambda x: x**3
        >>> print(tg.grad(f)(2.0), tg.grad(tg.grad(f))(2.0), tg.grad(tg.grad(tg.grad(f)))(2.0))
        12.0 12.0 6.0
        >>> gradient, aux = tg.grad(lambda x: (x**3, {"square": x**2}), has_aux=True)(2.0)
        >>> print(gradient, aux["square"])
        12.0 4.0
    """
    both: Any = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


@overload
def value_and_grad(f: Function[Any, P], argnums: Literal[0] = 0) -> ValueAndGradient: ...
@overload
def value_and_grad(f: Function[Any, P], argnums: int) -> OfSeveral[tuple[Tensor, Any]]: ...
@overload
def value_and_grad(
    f: Function[Any, P], argnums: Sequence[int]
) -> OfSeveral[tuple[Tensor, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[..., tuple[Any, Aux]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> ValueAndGradientWithAux[Aux]: ...
@overload
def value_and_grad(
    f: Callable[..., tuple[Any, Aux]], argnums: int | Sequence[int], has_aux: bool
) -> OfSeveral[tuple[Any, Any]]: ...
@with_leads
def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Any:
    """Return the function that computes ``(f(…), gradient of f)`` in one pass; see :func:`grad`.

    With ``has_aux`` it computes ``((value, aux), gradient)``.

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
    chosen = chosen_arguments(f, argnums)

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        __tracebackhide__ = True
        call = FunctionCall(f, args, kwargs, chosen, has_aux)
        output = call.single_output()
        if output.size != 1:
            raise errors.GraphError(
                f"grad() differentiates a function with one number as its result, {name_of(f)}"
                f" returned shape {output.shape}; write .sum() in it, or use tg.jacobian"
            )
        results = call.pull(
            [placed(np.ones(output.shape, output.dtype), output._data)], retain=False
        )
        value = call.released(output)
        return (value, call.aux) if has_aux else value, call.arrange(results)

    return value_and_gradient

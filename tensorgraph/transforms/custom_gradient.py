"""A function with a gradient of one's own, and values that gradients do not flow through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from tensorgraph import errors
from tensorgraph.engine.function_types import P, R
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.nested_containers import flatten, flatten_like, opened, unflatten
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.transforms.function_call import as_output, name_of
from tensorgraph.transforms.own_gradient import Own, Pull, called

Tree = TypeVar("Tree")


def stop_gradient(tree: Tree) -> Tree:
    """Return a tensor that is constant to all gradients; of a container the same of constants.

    As ``x.detach()``, but arrays and numbers stay what they are.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.grad(lambda x: x * tg.stop_gradient(x))(3.0))
        3.0
    """
    leaves, structure = flatten(tree)
    constant = [leaf.detach() if type(leaf) is Tensor else leaf for leaf in leaves]
    found: Tree = unflatten(structure, constant)
    return found


def custom_gradient(f: Callable[P, tuple[R, Callable[[Any], Any]]]) -> Callable[P, R]:
    """Return a function whose gradient is the one that ``f`` says.

    ``f`` returns a pair: the result, and the function that takes the gradient of the result, built
    like it, back to that of the arguments: one for a single argument, else a tuple. Each is built
    like its argument, and may be ``None`` for zero. Both are ordinary code over tensors, with ifs
    and loops of Python's; the second keeps what it needs of the first in its closure, and is
    differentiated in its turn where gradients have gradients, by the operations that it consists
    of. What it gets from NumPy's arrays is constant then.

    All transforms follow this gradient: what ``tg.jvp`` pushes forward is its transpose. In a
    function under ``tg.jvp`` or ``tg.vmap``, ``f`` may run more than once, on the same values and
    random draws.

    It is JAX's and TensorFlow's function of this name; of several results, the gradients come in
    one tuple, as in JAX. What JAX's ``custom_vjp`` and PyTorch's ``Function`` hand over, as
    residuals or in ``ctx``, stands in the closure.

    Args:
        f: a function of tensors, or of nested containers of them. Arguments given by keyword are
            constants, and so are the numbers and arrays among the others.

    Raises:
        DTypeError: ``f`` returns no such pair, or a result that is no tensor.
        GraphError: ``f`` uses a tensor that wants a gradient and is no argument.
        ShapeError: in backward, if a gradient is not built like its argument.

    Example:
        >>> import tensorgraph as tg
        >>> @tg.custom_gradient
        ... def log1pexp(x):
        ...     e = tg.exp(x)
        ...     return tg.log(1 + e), lambda g: g * (1 - 1 / (1 + e))
        >>> print(tg.grad(lambda x: log1pexp(x))(100.0))  # where log(1 + e) alone gives NaN
        1.0
    """
    name = name_of(f)
    record = Op(
        name if name.isidentifier() else "custom_gradient",
        lambda *inputs, again: again.value(inputs),
        {"*inputs": lambda g, i, inputs, again: again.gradient(g, i, inputs)},
        family="fused",
        recomputes=True,
        notation=function(arguments=()),
        doc=f"{name}, with a gradient of its own.",
    )

    @wraps(f)
    def with_own_gradient(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if not MODE.get().recording:
            return _pair(f(*args, **kwargs), name)[0]
        call = _Call(f, name, record, args, kwargs)
        results, _ = called(call, call.inputs)
        return unflatten(call.built, results)

    return with_own_gradient


class _Call(Own):
    """A call of a function that says its gradient; others may take the places of its tensors."""

    def __init__(
        self,
        f: Callable[..., Any],
        name: str,
        record: Op,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self.name, self.record = name, record
        self._f, self._kwargs = f, kwargs
        self._leaves, self._structure = flatten(args)
        self._places = [k for k, x in enumerate(self._leaves) if type(x) is Tensor]
        self.inputs = [self._leaves[k] for k in self._places]
        self.built: Any = None
        """How the result is nested, once it was called."""

    def run(self, inputs: list[Tensor]) -> tuple[list[Tensor], Pull]:
        """Return the results for these tensors, and what takes their gradients back."""
        leaves = list(self._leaves)
        for k, x in zip(self._places, inputs, strict=True):
            leaves[k] = x
        returned = self._f(*unflatten(self._structure, leaves), **self._kwargs)
        result, take_back = _pair(returned, self.name)
        found, built = flatten(result)
        self.built = built

        def pull(seeds: list[Any]) -> list[Any]:
            return self._matched(take_back(unflatten(built, seeds)))

        return [as_output(x, self.name) for x in found], pull

    def _matched(self, pulled: Any) -> list[Any]:
        """Return the gradient of each tensor among the arguments, ``None`` for zero."""
        arguments: tuple[Any, ...] = self._structure
        several = len(arguments) != 1
        if several and not (isinstance(pulled, tuple) and len(pulled) == len(arguments)):
            raise errors.ShapeError(
                f"{self.name}: its gradient function returns a tuple with one gradient for each of"
                f" {len(arguments)} arguments, not {errors.describe(pulled)}"
            )
        found: list[Any] = []
        for k, (built, part) in enumerate(
            zip(arguments, pulled if several else (pulled,), strict=True)
        ):
            try:
                count = len(flatten(built)[0])
                found += [None] * count if part is None else flatten_like(built, part)
            except ValueError as error:
                raise errors.ShapeError(
                    f"{self.name}: the gradient of argument {k} is built like it: {error}"
                ) from None
        return [self._one(found[k], x) for k, x in zip(self._places, self.inputs, strict=True)]

    def _one(self, gradient: Any, like: Tensor) -> Tensor | None:
        if opened(gradient) is not None:
            raise errors.ShapeError(
                f"{self.name}: its gradient function returned {errors.describe(gradient)} for an"
                " argument that is a tensor; a single argument's gradient stands in no tuple"
            )
        if gradient is None:
            return None
        value = gradient if type(gradient) is Tensor else tensor(gradient, like.dtype)
        if value.shape != like.shape:
            raise errors.ShapeError(
                f"{self.name}: its gradient function returned shape {value.shape} for an argument"
                f" of shape {like.shape}; sum over what was broadcast"
            )
        return value


def _pair(returned: Any, name: str) -> tuple[Any, Callable[[Any], Any]]:
    if isinstance(returned, tuple) and len(returned) == 2 and callable(returned[1]):
        return returned
    raise errors.DTypeError(
        f"custom_gradient: {name} returns a pair, the result and the function that takes its"
        f" gradient back to the arguments, not {errors.describe(returned)}; write return y,"
        " lambda g: g * …"
    )

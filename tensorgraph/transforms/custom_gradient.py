"""A function with a gradient of one's own, and values that gradients do not flow through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.function_types import P, R
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.modes import MODE, mode
from tensorgraph.engine.nested_containers import flatten, flatten_like, opened, unflatten
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.random_generator import watch
from tensorgraph.engine.tensor import Tensor, tensor, wrap
from tensorgraph.transforms.function_call import as_output, name_of
from tensorgraph.transforms.joint import Joint

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
        leaves, structure = flatten(args)
        given = [(k, x) for k, x in enumerate(leaves) if type(x) is Tensor]
        start = mark()
        aliases = {k: _alias(x) for k, x in given}
        opened = unflatten(structure, [aliases.get(k, x) for k, x in enumerate(leaves)])
        with watch() as states:
            result, pull = _pair(f(*opened, **kwargs), name)
        found, built = flatten(result)
        outputs = [as_output(x, name) for x in found]
        _check_captured(outputs, [place_of(x) for _, x in given], start, name)
        floats = {k: x for k, x in enumerate(outputs) if x.dtype.kind in "fc"}
        wanted = [x._requires_grad for _, x in given]
        if not any(wanted) or not floats:
            return unflatten(built, [x.detach() for x in outputs])
        own = _OwnGradient(f, _Call(leaves, structure, kwargs), pull, (built, outputs), states)
        pattern = sum(bit << i for i, bit in enumerate([*wanted, True]))
        operands = [(place_of(x), x._data) for _, x in given]
        recorded = own.record(
            record, operands, record.plan(pattern, len(operands)), [*floats.values()]
        )
        connected = dict(zip(floats, recorded, strict=True))
        return unflatten(built, [connected.get(k, x.detach()) for k, x in enumerate(outputs)])

    return with_own_gradient


class _Call:
    """The arguments of a call, which others may take the places of."""

    def __init__(self, leaves: list[Any], structure: Any, kwargs: Mapping[str, Any]) -> None:
        self.leaves, self.structure, self.kwargs = leaves, structure, kwargs
        self.tensors = [k for k, x in enumerate(leaves) if type(x) is Tensor]
        self.arrays = [leaves[k]._data for k in self.tensors]

    def are_its_own(self, operands: Sequence[Any]) -> bool:
        """Return whether operands are what it was made with."""
        arrays = [x._data if type(x) is Tensor else x for x in operands]
        return all(x is y for x, y in zip(arrays, self.arrays, strict=True))

    def of(self, operands: Sequence[Any]) -> Any:
        """Return the arguments with other operands, as tensors."""
        leaves = list(self.leaves)
        for k, x in zip(self.tensors, operands, strict=True):
            leaves[k] = x if type(x) is Tensor else wrap(x)
        return unflatten(self.structure, leaves)


class _OwnGradient(Joint):
    """One call of a function that says what its gradient is."""

    def __init__(
        self,
        f: Callable[..., Any],
        call: _Call,
        pull: Callable[[Any], Any],
        result: tuple[Any, list[Tensor]],
        states: Mapping[Any, Any],
    ) -> None:
        self.built, found = result
        super().__init__([x for x in found if x.dtype.kind in "fc"], states)
        self.name, self._f, self._call, self._pull = name_of(f), f, call, pull
        self._kinds = [(x.shape, x.dtype) for x in found]

    def outputs(self, operands: Sequence[Any]) -> list[Any]:
        """Return the floats among what the function returns for other operands."""
        result, _ = self._f(*self._call.of(operands), **self._call.kwargs)
        return [x for x in flatten(result)[0] if x.dtype.kind in "fc"]

    def gradients(self, seeds: list[Any], operands: Sequence[Any]) -> list[Any]:
        """Return the gradient by each tensor among the arguments, as the function says it."""
        graph = type(seeds[0]) is Tensor
        pull = self._pull
        with mode(recording=graph, call=self.call):
            if not self._call.are_its_own(operands):  # symbols, or other values
                pull = self._f(*self._call.of(operands), **self._call.kwargs)[1]
            pulled = self._matched(pull(self._cotangent(seeds)))
        return pulled if graph else [g._data for g in pulled]

    def _cotangent(self, seeds: list[Any]) -> Any:
        """Return gradients in the structure of the result, zeros where that has none."""
        rest = iter(seeds)
        parts = [
            next(rest) if dtype.kind in "fc" else np.zeros(shape, dtype)
            for shape, dtype in self._kinds
        ]
        return unflatten(self.built, [x if type(x) is Tensor else wrap(x) for x in parts])

    def _matched(self, pulled: Any) -> list[Tensor]:
        """Return the gradient of each tensor among the arguments."""
        arguments: tuple[Any, ...] = self._call.structure
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
        return [
            self._one(found[k], array)
            for k, array in zip(self._call.tensors, self._call.arrays, strict=True)
        ]

    def _one(self, gradient: Any, like: Any) -> Tensor:
        if opened(gradient) is not None:
            raise errors.ShapeError(
                f"{self.name}: its gradient function returned {errors.describe(gradient)} for an"
                " argument that is a tensor; a single argument's gradient stands in no tuple"
            )
        if gradient is None:
            return wrap(np.zeros(like.shape, like.dtype))
        value = gradient if type(gradient) is Tensor else tensor(gradient, like.dtype)
        if value.shape != tuple(like.shape):
            raise errors.ShapeError(
                f"{self.name}: its gradient function returned shape {value.shape} for an argument"
                f" of shape {tuple(like.shape)}; sum over what was broadcast"
            )
        return value


def _alias(x: Tensor) -> Tensor:
    """Return a tensor with the same array, which it keeps when ``x`` is assigned another."""
    if x._node is not None:
        return x
    if not x._requires_grad:
        return wrap(x._data)
    same = REGISTRY["positive"]
    return wrap(x._data, Node(same, {}, (x,), same.plan(0b11, 1), (x._data,) * 2, None), True)


def _pair(returned: Any, name: str) -> tuple[Any, Callable[[Any], Any]]:
    if isinstance(returned, tuple) and len(returned) == 2 and callable(returned[1]):
        return returned
    raise errors.DTypeError(
        f"custom_gradient: {name} returns a pair, the result and the function that takes its"
        f" gradient back to the arguments, not {errors.describe(returned)}; write return y,"
        " lambda g: g * …"
    )


def _check_captured(outputs: Sequence[Tensor], own: Sequence[Any], start: int, name: str) -> None:
    """Raise where results depend on what wants a gradient, and is no argument."""
    places = {place_of(x) for x in outputs if x._requires_grad}
    nodes = [p for p in places if type(p) is Node and p.seq > start]
    found = {*reachable(nodes, after=start)[1], *(places - {*nodes})} - {*own}
    if found:
        names = errors.listing(sorted({_called(place) for place in found}))
        raise errors.GraphError(
            f"custom_gradient: {name} uses {names}, which wants a gradient and is no argument, so"
            " that it would get none. Pass it as an argument; or write tg.stop_gradient(…) around"
            " it, if it is constant"
        )


def _called(place: Any) -> str:
    if type(place) is Tensor:
        return errors.owner(place)
    return f"a result of {place.op.name!r}{errors.where_in(place.scope)}"

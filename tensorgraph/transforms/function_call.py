"""One call of a function that is to be differentiated, and the way back from its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import differentiate, place_of
from tensorgraph.engine.graph import Node, reachable
from tensorgraph.engine.layers import layer_of, outside
from tensorgraph.engine.modes import MODE, enable_grad, meet
from tensorgraph.engine.nested_containers import flatten, flatten_like, unflatten
from tensorgraph.engine.tensor import Tensor, argument, tensor, wrap


class Arguments:
    """The arguments of a call, of which some are to be differentiated by.

    Args:
        f: the function that is called.
        args: its arguments by position.
        chosen: which of them are differentiated by.
        variable: ``variable(leaf, k)`` returns what stands for a leaf of argument ``k``.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        chosen: int | tuple[int, ...],
        variable: Callable[[Any, int], Tensor],
    ) -> None:
        self.name = name_of(f)
        self.single = isinstance(chosen, int)
        self.given = list(args)
        self.positions = self._positions((chosen,) if self.single else chosen, len(args))  # type: ignore[arg-type]
        self.variables: list[Tensor] = []
        self.structures = []
        leaves: list[Any] = []
        for k in self.positions:
            found, structure = flatten(args[k])
            leaves += found
            self.variables += [variable(leaf, k) for leaf in found]
            self.structures.append((structure, len(found)))
        arrays = [isinstance(x, (np.ndarray, np.generic)) for x in leaves]
        self.in_arrays = bool(arrays) and all(arrays)

    def opened(self, variables: Sequence[Tensor]) -> list[Any]:
        """Return the arguments with others in the places of the variables."""
        opened, rest = list(self.given), iter(variables)
        for k, (structure, count) in zip(self.positions, self.structures, strict=True):
            opened[k] = unflatten(structure, [next(rest) for _ in range(count)])
        return opened

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

    def handed_out(self, results: list[Tensor]) -> list[Any]:
        """Return results as the caller has them: as arrays of their own if these were given."""
        return handed_out(results, self.in_arrays)

    def arrange(self, results: list[Tensor]) -> Any:
        """Return results in the structure of the arguments they belong to."""
        rest = iter(self.handed_out(results))
        arranged = tuple(
            unflatten(structure, [next(rest) for _ in range(count)])
            for structure, count in self.structures
        )
        return arranged[0] if self.single else arranged

    def arranged_aux(self, aux: Any, released: Callable[[Tensor], Tensor]) -> Any:
        """Return what a function returned besides its result, its tensors without what is inside.

        Args:
            aux: any containers of anything.
            released: what becomes of a tensor.
        """
        leaves, structure = flatten(aux)
        outside = iter(self.handed_out([released(x) for x in leaves if type(x) is Tensor]))
        return unflatten(structure, [next(outside) if type(x) is Tensor else x for x in leaves])


class FunctionCall(Arguments):
    """One call of a function on variables of our own, and the way back from its outputs."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        chosen: int | tuple[int, ...],
        has_aux: bool = False,
    ) -> None:
        super().__init__(f, args, chosen, _variable)
        with enable_grad():
            result = f(*self.opened(self.variables), **kwargs)
        self._aux: Any = None
        if has_aux:
            result, self._aux = with_aux(result, self.name)
        found, self.structure = flatten(result)
        self.outputs = [as_output(value, self.name) for value in found]
        self.needs_graph = self._depends_on_others(self.outputs)

    def _depends_on_others(self, results: Sequence[Tensor]) -> bool:
        """Return whether something besides our own variables may want a gradient of results."""
        if not MODE.get().recording:
            return False
        own = set(self.variables)
        places = [place_of(r) for r in results if r._requires_grad]
        leaves = [place for place in places if type(place) is not Node]
        leaves += reachable([place for place in places if type(place) is Node])[1]
        return any(leaf not in own for leaf in leaves)

    def single_output(self) -> Tensor:
        """Return the output of a function that returns one tensor."""
        if self.structure is not None:
            raise errors.GraphError(
                f"grad() needs {self.name} to return one tensor, not several; where the rest is"
                " only to be looked at, write return result, rest and has_aux=True"
            )
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
        return output if self.needs_graph else self.handed_out([wrap(output._data)])[0]

    @property
    def aux(self) -> Any:
        """What the function returned besides, without a graph that leads to our variables only."""
        tensors = [x for x in flatten(self._aux)[0] if type(x) is Tensor]
        depends = self._depends_on_others(tensors)
        return self.arranged_aux(self._aux, lambda x: x if depends else wrap(x._data))


def chosen_arguments(f: Callable[..., Any], argnums: Any) -> int | tuple[int, ...]:
    """Return ``argnums`` as an int or a tuple of ints; check what can be checked before a call."""
    if not callable(f) or isinstance(f, type):
        raise errors.DTypeError(f"differentiates a function, not {errors.describe(f)}")
    try:
        return tuple(map(index, argnums)) if isinstance(argnums, Sequence) else index(argnums)
    except TypeError:
        raise errors.DTypeError(f"argnums is an int or a tuple of ints, not {argnums!r}") from None


def handed_out(results: list[Tensor], in_arrays: bool) -> list[Any]:
    """Return results as the caller has them: as arrays of their own if these were given."""
    if not in_arrays:
        return results
    plain = [not r._requires_grad and layer_of(r) is None for r in results]
    return [
        np.array(to_host(r._data))[()] if is_plain else r
        for r, is_plain in zip(results, plain, strict=True)
    ]


def checked(leaf: Any, k: int = 0) -> Tensor:
    """Return an argument as a tensor.

    Raises:
        DTypeError: it is nothing that has a derivative.
    """
    try:
        value = leaf if type(leaf) is Tensor else tensor(leaf)  # the caller may change an array
    except errors.DTypeError as error:
        raise errors.DTypeError(f"argument {k}: {error}") from None
    if value.dtype.kind not in "fc":
        raise errors.DTypeError(
            f"argument {k} is {value.dtype}, only floating-point arguments have a derivative; write"
            " 2.0 for 2 or .astype('float32'), or choose others by argnums; a number in a dataclass"
            " that is none to differentiate by is declared field(metadata={'static': True})"
        )
    return value


def _variable(leaf: Any, k: int = 0) -> Tensor:
    """Return a tensor of our own with the leaf's values, connected to the leaf if that matters."""
    value = checked(leaf, k)
    layer = MODE.get().layer
    if layer is not None and layer_of(value) is not layer:
        return argument(layer.lift(outside(value)))
    if value._requires_grad and MODE.get().recording:
        return +value
    meet(value)
    return argument(value._data)


def with_aux(result: Any, name: str) -> tuple[Any, Any]:
    """Return the pair that a function returns where ``has_aux`` is true."""
    if isinstance(result, tuple) and len(result) == 2:
        return result
    got = f"a tuple of {len(result)}" if isinstance(result, tuple) else errors.describe(result)
    raise errors.DTypeError(
        f"with has_aux=True, {name} returns a pair (result, aux), not {got}; write return"
        " result, aux"
    )


def _as_seed(value: Any, graph: bool) -> Any:
    """Return a gradient to start from: a tensor if there is to be a graph, else an array."""
    if type(value) is Tensor:
        return value if graph else value._data
    return wrap(value) if graph else value


def as_output(value: Any, name: str) -> Tensor:
    """Return a result of a function, which must be a tensor."""
    if type(value) is Tensor:
        return value
    hint = "; is a return missing?" if value is None else ""
    if isinstance(value, (complex, float, int, np.ndarray, np.generic)):
        hint = (
            ": what float(), .item() or .numpy() gave has left the graph and has no gradient;"
            " compute with tensors and tg ops, and write tg.tensor(value) for a constant"
        )
    raise errors.DTypeError(f"{name} returned {errors.describe(value)}, not a tensor{hint}")


def matching(
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


def name_of(f: Callable[..., Any]) -> str:
    """Return what messages call a function."""
    return getattr(f, "__name__", type(f).__name__)

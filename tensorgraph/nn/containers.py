"""Modules that hold modules: Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, Self, SupportsIndex, overload

from tensorgraph import errors
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.activations import Activation
from tensorgraph.nn.module import Module


class Sequential(Module):
    """f(x) = layers[n]( … layers[1](layers[0](x))): each layer takes what the one before gave.

    The layers are kept in the list ``layers``. Any function can be one: ``tg.tanh`` serves as well
    as ``nn.Tanh()``.

    Args:
        layers: modules and functions.

    Raises:
        DTypeError: what is no layer: a list of layers, a name, a class.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        >>> net
        Sequential()  65 parameters
          layers[0]  Linear(2 → 16, init=he_normal)  48
          layers[1]  ReLU()
          layers[2]  Linear(16 → 1, init=he_normal)  17
        >>> net(tg.ones((5, 2))).shape, len(net[:2])
        ((5, 1), 2)
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            _check_layer(i, layer)
        self.layers: list[Any] = list(layers)  # whose attributes no type checker can know

    def forward(self, x: Any) -> Tensor:
        """Return what the last layer makes of what the others made of x."""
        for layer in self.layers:
            try:
                x = layer(x)
            except (ValueError, TypeError) as error:
                __tracebackhide__ = True
                if type(x) is tuple:
                    error.add_note(
                        "the layer before returned a tuple; write Sequential(nn.LSTM(2, 3),"
                        " lambda result: result[0], …) to pass on the first part only"
                    )
                raise
        y: Tensor = x
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses: the layers that are no modules."""
        return ", ".join(
            f"layers[{i}]={getattr(layer, '__name__', layer)}"
            for i, layer in enumerate(self.layers)
            if not isinstance(layer, Module)
        )

    def torch_name(self, path: str) -> str:
        """Return what PyTorch calls it: layers are numbered, in no list."""
        return path.removeprefix("layers.")

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    @overload
    def __getitem__(self, key: int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Sequential: ...
    def __getitem__(self, key: int | slice) -> Any:
        """Return a layer; or, for a slice, a Sequential of the same layers."""
        return Sequential(*self.layers[key]) if isinstance(key, slice) else self.layers[key]

    def __setitem__(self, key: int, layer: Callable[[Any], Any]) -> None:
        """Put another layer in the place of one."""
        _check_layer(key, layer)
        self.layers[key] = layer

    def __delitem__(self, key: int | slice) -> None:
        """Leave a layer out, or several."""
        del self.layers[key]


class ModuleList(Module, list[Module]):
    """A list of modules that is a module too.

    Modules in a plain list are found as well. This one has a place of its own in the ``repr``, with
    the number of parameters in it, and takes nothing but modules; the paths are the same in both,
    ``blocks.0.weight``, as in PyTorch. Calling it is an error: it does not say what it computes, as
    :class:`Sequential` does.

    Args:
        modules: what the list starts with.

    Raises:
        DTypeError: an item that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> class Residual(nn.Module):
        ...     def __init__(self, size, depth):
        ...         self.blocks = nn.ModuleList(nn.Linear(size, size) for _ in range(depth))
        ...
        ...     def forward(self, x):
        ...         for block in self.blocks:
        ...             x = x + tg.relu(block(x))
        ...         return x
        >>> model = Residual(4, depth=2)
        >>> model
        Residual()  40 parameters
          blocks  ModuleList()                   40
            [0]   Linear(4 → 4, init=he_normal)  20
            [1]   Linear(4 → 4, init=he_normal)  20
        >>> [path for path, _ in model.named_parameters()][:2]
        ['blocks.0.weight', 'blocks.0.bias']
    """

    # A module is equal to itself alone, whatever it holds.
    __eq__, __ne__ = object.__eq__, object.__ne__
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def append(self, module: Module) -> None:
        """Add a module at the end."""
        super().append(_module(self, len(self), module))

    def extend(self, modules: Iterable[Module]) -> None:
        """Add modules at the end."""
        super().extend([_module(self, i, item) for i, item in enumerate(modules, len(self))])

    def insert(self, index: SupportsIndex, module: Module) -> None:
        """Put a module before the one at ``index``."""
        super().insert(index, _module(self, index, module))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Tell what to write instead."""
        raise NotImplementedError(
            f"{MODE.get().scope}: a list does not say what it computes; write"
            " for layer in self.layers: x = layer(x), or nn.Sequential(*layers)"
        )

    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> ModuleList: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a module; or, for a slice, a ModuleList of the same modules."""
        found = super().__getitem__(key)
        return ModuleList(found) if isinstance(key, slice) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            value = [_module(self, key, item) for item in value]
        else:
            _module(self, key, value)
        super().__setitem__(key, value)

    def __add__(self, other: Iterable[Module]) -> ModuleList:  # type: ignore[override]
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> Self:  # type: ignore[override]
        self.extend(other)
        return self


class ModuleDict(Module, dict[str, Module]):
    """A dict of modules by name that is a module too.

    What :class:`ModuleList` is to a list: the paths are ``heads.cat.weight``, as for a plain dict
    and in PyTorch. Calling it is an error.

    Args:
        modules: what the dict starts with.

    Raises:
        DTypeError: an item that is not a module, or a name that is not a string.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> heads = nn.ModuleDict({"cat": nn.Linear(8, 2), "act": nn.Tanh()})
        >>> heads
        ModuleDict()  18 parameters
          ['cat']  Linear(8 → 2, init=he_normal)  18
          ['act']  Tanh()
        >>> heads["cat"](tg.ones((5, 8))).shape
        (5, 2)
    """

    __eq__, __ne__ = object.__eq__, object.__ne__
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def update(self, *args: Any, **kwargs: Module) -> None:
        """Add modules, in the place of those that have their names."""
        items = dict(*args, **kwargs).items()
        super().update({name: _module(self, name, item) for name, item in items})

    def setdefault(self, name: str, module: Module) -> Module:
        """Return the module of this name; the one given, which is added, if there is none."""
        return super().setdefault(name, _module(self, name, module))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Tell what to write instead."""
        raise NotImplementedError(
            f"{MODE.get().scope}: a dict does not say what it computes; write self.layers[name](x)"
        )

    def __setitem__(self, name: str, module: Module) -> None:
        super().__setitem__(name, _module(self, name, module))

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self


def _module(container: Module, key: Any, item: Any) -> Module:
    """Return an item that a container is given.

    Raises:
        DTypeError: it is not a module, or its name in a dict is not a string.
    """
    kind = type(container).__name__
    if isinstance(container, dict) and not isinstance(key, str):
        raise errors.DTypeError(f"{kind}: names are strings, not {key!r}")
    if not isinstance(item, Module):
        raise errors.DTypeError(
            f"{kind}: item {key!r} is {errors.describe(item)}, not a module{_instead(item)}"
        )
    return item


def _check_layer(key: int, layer: Any) -> None:
    if not callable(layer) or isinstance(layer, type):
        raise errors.DTypeError(
            f"Sequential: layer {key} is {errors.describe(layer)}, not a module or"
            f" function{_instead(layer)}"
        )


def _instead(layer: Any) -> str:
    """Return what to write for something that is no layer, if that is known."""
    if isinstance(layer, (list, tuple)):
        return f"; write Sequential(*layers) for Sequential({type(layer).__name__})"
    if isinstance(layer, type):
        return f"; write {layer.__name__}({'…' * _takes_arguments(layer)})"
    if isinstance(layer, str):
        named = {kind.__name__.lower(): kind.__name__ for kind in Activation.__subclasses__()}
        close = get_close_matches(layer.lower().replace("_", ""), named, 1, 0.7)
        return f"; write nn.{named[close[0]] if close else 'ReLU'}(), a layer itself"
    return "; write nn.ReLU() for tg.relu" if callable(layer) else ""


def _takes_arguments(kind: type) -> bool:
    """Return whether a class has to be given something."""
    parameters = signature(kind).parameters.values()
    plain = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return any(p.default is Parameter.empty and p.kind in plain for p in parameters)

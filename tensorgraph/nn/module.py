"""Modules: parameters and the computation that uses them, in one object.

A module keeps no list of its parameters. They are the tensors in its attributes, looked up when
asked for; so nothing can be forgotten, no ``super().__init__()`` is needed, and a list that grew
since is seen as it is now.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.engine.arrays import placed, to_dtype, to_host
from tensorgraph.engine.modes import MODE, ROOT, Call, Mode, go_back, mode
from tensorgraph.engine.nested_containers import WHOLE
from tensorgraph.engine.observers import Observer
from tensorgraph.engine.state_dict import is_state
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.contents import LOOKED_UP, HasContents, inner_first, walk
from tensorgraph.nn.double_inputs import DOUBLE, narrower_weights, warn_of_double
from tensorgraph.nn.forward_hooks import Hook, HookHandle, checked
from tensorgraph.nn.leaf_arrays import convert, mapped
from tensorgraph.nn.loading.layouts import Foreign
from tensorgraph.nn.loading.matching_state import matching
from tensorgraph.nn.lost_parameters import warn_of_lost_parameter, warn_of_shared_layers
from tensorgraph.nn.module_table import table_of
from tensorgraph.nn.vain_settings import SCALARS, refuse_vain_setting

Item = TypeVar("Item")
P = ParamSpec("P")
Out = TypeVar("Out", covariant=True)


Entered = tuple[str | None, str, "weakref.ref[Module]"]
"""Where a call came from: the scope around it, that of the module there, and the module."""

LISTED: weakref.WeakValueDictionary[int, Module] = weakref.WeakValueDictionary()
"""The modules whose parameters were listed, the last one last; lists made of these may follow."""


class HasForward(Protocol[P, Out]):
    """What a module is called with, and what it returns, is its ``forward``'s."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> Out:
        """Compute."""


class Listing(list[Item]):
    """A list of a module's parameters that knows the module.

    So an optimizer can tell which parameters of the model it was not given.
    """

    def __init__(self, items: Iterable[Item], model: Module) -> None:
        super().__init__(items)
        self._model = weakref.ref(model)
        LISTED.pop(id(model), None)
        LISTED[id(model)] = model

    @property
    def model(self) -> Module | None:
        """The module, while it is there."""
        return self._model()

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class Module(HasContents):
    """A part of a network: give it tensors and modules as attributes, and define ``forward``.

    A leaf tensor with ``requires_grad`` in an attribute is a *parameter*, one without is a
    *buffer*: state that is saved, but not trained. Those of modules in attributes count too, and
    lists, tuples and dicts are looked into. The order is that of assignment, depth first; what is
    found in two places (tied weights) counts once, under the first name.

    A result that an attribute keeps is neither while it belongs to a graph. One computed without a
    graph (under ``no_grad``, or from tensors that want no gradient) looks like any other tensor: it
    is a buffer, as a running mean should be. To keep one that is not state, keep its array,
    ``self.last = y.numpy()``.

    Calling a module runs ``forward``. What it computes knows the module's place in the model: nodes
    do, and messages such as ``linear in model.layers[2] Linear: …``. The place is looked up at the
    first call from there.

    Example:
        >>> import tensorgraph as tg
        >>> class Line(tg.nn.Module):
        ...     def __init__(self):
        ...         self.slope = tg.tensor(2.0, requires_grad=True)
        ...         self.offset = tg.tensor(1.0, requires_grad=True)
        ...
        ...     def forward(self, x):
        ...         return self.slope * x + self.offset
        >>> line = Line()
        >>> print(line(tg.tensor([0.0, 1.0])))
        [1. 3.]
        >>> [name for name, _ in line.named_parameters()]
        ['slope', 'offset']
    """

    training: bool = True
    """Whether layers that behave differently in training, such as dropout, do so."""

    regularised: bool = True
    """Whether weight decay and an L2 penalty act on the weights in this module."""

    parameter_letters: ClassVar[Mapping[str, str]] = {"weight": "W", "bias": "b"}
    """What formulas call its parameters, by the first word of their names."""

    wide_buffers: ClassVar[tuple[str, ...]] = ()
    """The attributes that :meth:`astype` leaves in single precision at least."""

    torch_only: ClassVar[Mapping[str, Any]] = {}
    """What PyTorch's state has beside and means nothing here: what it starts as, by its name."""

    foreign_arrays: ClassVar[Foreign] = {}
    """How other libraries keep the tensors of such a layer, by their names there."""

    foreign_parts: ClassVar[Mapping[str, str]] = {}
    """What other libraries call the modules in it, by their names there."""

    mixes_examples: ClassVar[bool] = False
    """Whether in training it takes a batch as a whole, so that examples influence one another."""

    stops_gradients: bool = False
    """Whether it means to let no gradient through some of what it computes, as rounding with a
    straight-through gradient does: ``tg.testing.check_module`` then compares none with numeric."""

    frozen: bool = False
    """Whether it stays in evaluation mode, see :func:`freeze`."""

    _frozen: frozenset[Tensor] = frozenset()  # parameters that were frozen, which buffers were not

    _entered: Entered | None = None  # of the last call

    _follows: ClassVar[frozenset[str]] = frozenset(("_entered", "_places"))
    """What a call keeps for the next one: no result depends on it."""

    _before: tuple[Hook, ...] = ()
    _after: tuple[Hook, ...] = ()

    _places: Mapping[int, tuple[weakref.ref[Module], str]] = {}  # where modules in it were, by id

    def _no_forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} does not say what it computes;"
            " write def forward(self, x): … in the class"
        )

    # A call returns what forward does. Type checkers shall see none here, so that a class may
    # define any; a module of which no more is known returns a tensor.
    if not TYPE_CHECKING:
        forward = _no_forward

    if not TYPE_CHECKING:  # any attribute would pass the type checker

        def __setattr__(self, name: str, value: Any) -> None:
            if type(value) in SCALARS and not hasattr(self, name):
                refuse_vain_setting(self, name, value, sys._getframe(1))
            if type(value) not in _HOLD_NOTHING and name not in LOOKED_UP:
                old = vars(self).get(name)
                warn_of_lost_parameter(type(self).__name__, name, old, value, self._in_attributes)
            object.__setattr__(self, name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        warn_of_shared_layers(cls)

    @overload
    def __call__(self: HasForward[P, Out], *args: P.args, **kwargs: P.kwargs) -> Out: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Tensor: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, with the module's place known to what it computes."""
        __tracebackhide__ = True  # IPython and pytest show the line of ``forward`` that failed
        outside = MODE.get()
        if args and getattr(args[0], "dtype", None) is DOUBLE:
            narrower = narrower_weights(args[0], vars(self).values())
            if narrower is not None:
                result = self._call_in_block(outside, args, kwargs)
                warn_of_double(self._scope_under(outside.call), args[0], narrower, result, _CALL)
                return result
        if type(outside) is not Mode:  # generators hold blocks: this is one among them
            return self._call_in_block(outside, args, kwargs)
        around, observer = outside.call, outside.observer
        entered = self._entered
        if entered is None or entered[0] is not (around and around.scope):
            if self._before or self._after:
                return self._call_in_block(outside, args, kwargs)
            entered = self._entered = self._enter(around)
        if observer is not None:
            self._show(observer)
        call = Call(entered[1], entered[2], around)
        inside = Mode(outside.recording, outside.lines, observer, call, outside.layer)
        token = MODE.set(inside)
        try:
            return self.forward(*args, **kwargs)  # type: ignore[attr-defined]
        finally:
            if MODE.get() is inside:
                MODE.reset(token)
            else:
                go_back(outside)

    def _call_in_block(self, outside: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run ``forward`` and the hooks around it."""
        __tracebackhide__ = True
        if outside.observer is not None:
            self._show(outside.observer)
        with mode(call=Call(self._scope_under(outside.call), weakref.ref(self), outside.call)):
            for hook in self._before:
                instead = hook(self, args)
                if instead is not None:
                    args = instead if isinstance(instead, tuple) else (instead,)
            result = self.forward(*args, **kwargs)  # type: ignore[attr-defined]
            for hook in self._after:
                instead = hook(self, args, result)
                result = result if instead is None else instead
            return result

    def _enter(self, around: Call | None) -> Entered:
        """Return what calls from the same place have in common."""
        above = None if around is None else around.scope
        return above, self._scope_under(around), weakref.ref(self)

    def _show(self, observer: Observer) -> None:
        """Tell an observer of this module, and on what its results depend besides tensors."""
        observer.met(self)
        for name, value in {"training": self.training, **vars(self)}.items():
            if type(value) in _PLAIN and name not in self._follows:
                observer.relied(self, name, value)

    def _scope_under(self, around: Call | None) -> str:
        return f"{self._place_under(around)} {type(self).__name__}"

    def _place_under(self, around: Call | None) -> str:
        """Return the path of this module as the module that calls it sees it."""
        caller = None if around is None else around.module()
        if around is None or caller is None:
            return ROOT
        above = around.scope.rpartition(" ")[0]
        place = caller._place_of(self)
        dot = "." if place and place[0] != "[" else ""
        return f"{above}{dot}{place}"

    def _place_of(self, module: Module) -> str:
        """Return where a module in this one is; all are looked up when one is not known."""
        known, place = self._places.get(id(module), (None, "?"))
        if known is None or known() is not module:  # an id may be another module's by now
            found = [f for f in walk(self) if isinstance(f.value, Module)]
            self._places = {id(f.value): (weakref.ref(f.value), f.place) for f in found}
            place = next((f.place for f in found if f.value is module), "?")
        return place

    def register_forward_pre_hook(self, hook: Callable[[Any, tuple[Any, ...]], Any]) -> HookHandle:
        """Call ``hook(module, args)`` before each ``forward``; ``remove()`` of the result ends it.

        What it returns, if not ``None``, takes the place of the arguments: a tuple of them, or one
        alone. ``args`` are those without a name.

        Raises:
            DTypeError: the hook cannot be called.

        Example:
            >>> import tensorgraph as tg
            >>> layer = tg.nn.ReLU()
            >>> handle = layer.register_forward_pre_hook(lambda module, args: -args[0])
            >>> print(layer(tg.tensor([-1.0, 3.0])))
            [1. 0.]
        """
        return HookHandle(self, "_before", checked(hook, "f(module, args)")).add()

    def register_forward_hook(self, hook: Callable[[Any, tuple[Any, ...], Any], Any]) -> HookHandle:
        """Call ``hook(module, args, output)`` after each ``forward``, until ``remove()``.

        What it returns, if not ``None``, takes the place of the output. Hooks run in the order in
        which they were added, in the place of the module: what they compute belongs to it. Copies
        and pickles keep them, and the handle takes a hook from this module alone. In
        :func:`functional_call` they are given the module that stands in.

        Raises:
            DTypeError: the hook cannot be called.

        Example:
            >>> import tensorgraph as tg
            >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU())
            >>> seen = {}
            >>> def keep(module, args, output):
            ...     seen["hidden"] = output.shape
            >>> handle = model.layers[1].register_forward_hook(keep)
            >>> _ = model(tg.ones((4, 2)))
            >>> handle.remove()
            >>> seen
            {'hidden': (4, 3)}
        """
        return HookHandle(self, "_after", checked(hook, "f(module, args, output)")).add()

    # ------------------------------------------------------------------------------------ contents

    @with_leads
    def parameters(self) -> Listing[Tensor]:
        """Return the parameters: leaf tensors that want a gradient."""
        return Listing((tensor for _, tensor in self.named_parameters()), self)

    def named_parameters(self) -> Listing[tuple[str, Tensor]]:
        """Return the parameters, each with its path such as ``layers.0.weight``.

        Raises:
            StateError: two tensors have the same path.
        """
        wanted = ((path, tensor) for path, tensor in self._tensors() if tensor.requires_grad)
        return Listing(wanted, self)

    def buffers(self) -> list[Tensor]:
        """Return the buffers: tensors that are part of the state, but want no gradient."""
        return [tensor for _, tensor in self.named_buffers()]

    def named_buffers(self) -> list[tuple[str, Tensor]]:
        """Return the buffers, each with its path."""
        return [(path, tensor) for path, tensor in self._tensors() if not tensor.requires_grad]

    def _tensors(self) -> list[tuple[str, Tensor]]:
        # Not the results that belong to a graph. One without a graph may well be a buffer: running
        # means are results. What made it could not tell those from a value kept to be looked at.
        found = [
            (f.path, f.value) for f in walk(self) if type(f.value) is Tensor and is_state(f.value)
        ]
        if len(dict(found)) != len(found):
            paths = [path for path, _ in found]
            twice = next(path for path in paths if paths.count(path) > 1)
            raise errors.StateError(
                f"{type(self).__name__} has two tensors with the path {twice!r}; give the"
                " attributes or dict keys on the way names without a dot, and no key 0 beside '0'"
            )
        return found

    def modules(self) -> list[Module]:
        """Return this module and all modules in it."""
        return [module for _, module in self.named_modules()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return this module, whose path is empty, and all modules in it with their paths."""
        return [(f.path, f.value) for f in walk(self) if isinstance(f.value, Module)]

    def children(self) -> list[Module]:
        """Return the modules in attributes of this one, not those in them in turn."""
        return [module for _, module in self.named_children()]

    def named_children(self) -> list[tuple[str, Module]]:
        """Return the modules in attributes of this one with their paths, also those in lists.

        Example:
            >>> import tensorgraph as tg
            >>> part = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU())
            >>> model = tg.nn.Sequential(part, tg.nn.Linear(3, 1))
            >>> model.named_children()[1]
            ('layers.1', Linear(3 → 1, init=he_normal))
            >>> [path for path, _ in model.named_modules()]
            ['', 'layers.0', 'layers.0.layers.0', 'layers.0.layers.1', 'layers.1']
        """
        own = walk(self, enter=lambda value: value is self or not isinstance(value, Module))
        found = [(f.path, f.value) for f in own if isinstance(f.value, Module)]
        return found[1:]

    def _in_attributes(self) -> list[Tensor]:
        return [found.value for found in walk(self) if type(found.value) is Tensor]

    # --------------------------------------------------------------------------------------- state

    def train(self, mode: bool = True) -> Self:
        """Put this module and all in it into training mode, but for what is frozen; return it."""
        for module in self.modules():
            module.training = bool(mode) and not module.frozen
        return self

    def eval(self) -> Self:
        """Put this module and all in it into evaluation mode; return the module."""
        return self.train(False)

    def apply(self, function: Callable[[Any], Any]) -> Self:
        """Call a function with each module in this one, inner ones first, then with this one.

        Returns the module. What the function returns is not looked at: it changes what it is given,
        as an initialisation does.

        Raises:
            DTypeError: the function cannot be called.

        Example:
            >>> import tensorgraph as tg
            >>> def start_at_one(module):
            ...     if isinstance(module, tg.nn.Linear):
            ...         module.bias.assign(tg.ones(module.bias.shape))
            >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Linear(3, 1)).apply(start_at_one)
            >>> print(model.layers[0].bias)
            [1. 1. 1.]
        """
        if not callable(function):
            raise errors.DTypeError(
                f"apply takes a function of a module, not {errors.describe(function)}"
            )
        for module in list(inner_first(self, set())):
            function(module)
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Bring parameters, gradients and buffers to a floating-point dtype; return the module.

        Integers and truth values stay as they are; running averages of normalisation stay in single
        precision at least. Graphs recorded before keep the old values. Make optimizers afterwards:
        they keep their state as wide as the parameters were.

        Raises:
            DTypeError: a dtype that is unknown, or not of floating-point numbers.

        Example:
            >>> import tensorgraph as tg
            >>> layer = tg.nn.Linear(2, 3).astype("float64")
            >>> layer.weight.dtype, layer(tg.ones((1, 2), "float64")).dtype
            (dtype('float64'), dtype('float64'))
        """
        wanted = to_dtype(dtype)
        if wanted.kind != "f":
            raise errors.DTypeError(
                f"astype: a module computes with floating-point numbers, not {wanted}; write"
                " .astype('float32')"
            )
        single = np.result_type(wanted, np.float32)
        for module in self.modules():
            wide = [getattr(module, name) for name in module.wide_buffers]
            for tensor in module._own_tensors():
                convert(tensor, single if any(tensor is one for one in wide) else wanted)
        return self

    @with_leads
    def map_arrays(self, function: Callable[[Any], Any]) -> Self:
        """Give every parameter and buffer, and gradients, what a function makes of its array.

        So a model comes to a device and back: ``model.map_arrays(cupy.asarray)``, and
        ``model.map_arrays(cupy.asnumpy)``. Shapes and dtypes stay. Graphs recorded before keep the
        old arrays. Make optimizers afterwards: their state is where the parameters were. If the
        function fails, nothing is changed.

        Raises:
            DTypeError: the function cannot be called, or returns something else than an array of
                the same dtype.
            ShapeError: it returns another shape.

        Example:
            >>> import numpy as np
            >>> import tensorgraph as tg
            >>> layer = tg.nn.Linear(2, 3).map_arrays(np.zeros_like)
            >>> layer.weight.data.any()
            np.False_
        """
        if not callable(function):
            raise errors.DTypeError(
                f"map_arrays takes a function of an array, not {errors.describe(function)}; write"
                " model.map_arrays(cupy.asarray)"
            )
        tensors = [tensor for _, tensor in self._tensors()]
        found = [mapped(function, tensor) for tensor in tensors]
        for tensor, (array, gradient) in zip(tensors, found, strict=True):
            tensor._data, tensor._node = array, None
            tensor.grad = gradient
        return self

    def _own_tensors(self) -> list[Tensor]:
        """Return what is in this module's attributes, not in those of modules in it."""
        own = walk(self, enter=lambda value: value is self or not isinstance(value, Module))
        return [found.value for found in own if type(found.value) is Tensor]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return copies of all parameters and buffers by path, as arrays in NumPy's memory.

        Example:
            >>> import tensorgraph as tg
            >>> layer = tg.nn.Linear(2, 1, init=tg.nn.init.constant(0.5))
            >>> layer.state_dict()
            {'weight': array([[0.5, 0.5]], dtype=float32), 'bias': array([0.], dtype=float32)}
        """
        return {path: np.array(to_host(tensor.data)) for path, tensor in self._tensors()}

    @with_leads
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Give every parameter and buffer its value in ``state``, which is copied.

        The names are those of :meth:`state_dict`, or all of them PyTorch's: ``0.weight`` in a
        Sequential, ``weight_ih_l0``, ``in_proj_weight``, as :func:`torch_state_dict` gives them;
        ``num_batches_tracked`` of a batch norm means nothing here. Of tied tensors one name is
        enough. Values keep this module's dtypes. If anything does not fit, nothing is changed.

        Raises:
            StateError: names are missing or unexpected, or shapes or kinds of number differ.

        Example:
            >>> import tensorgraph as tg
            >>> one, other = tg.nn.Linear(2, 3), tg.nn.Linear(2, 3)
            >>> one.load_state_dict(other.state_dict())
            >>> bool((one.weight == other.weight).all())
            True
        """
        for tensor, value in matching(self, state):
            rebind(tensor, placed(value, tensor._data))

    def torch_name(self, path: str) -> str:
        """Return what PyTorch calls what is at a path in a module of this kind.

        Tensors that get one name stand in one array there, one after the other along axis 0. A
        module of one's own that has other names than its counterpart in PyTorch overrides it.

        Example:
            >>> import tensorgraph as tg
            >>> tg.nn.Sequential(tg.nn.Linear(2, 3)).torch_name("layers.0.weight")
            '0.weight'
            >>> tg.nn.LSTM(2, 3).torch_name("cell.weight_ih")
            'weight_ih_l0'
        """
        return path

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles keep: the attributes, not where it was last called."""
        return {name: value for name, value in vars(self).items() if name not in LOOKED_UP}

    # ---------------------------------------------------------------------------------- appearance

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses: the settings of this module."""
        return ""

    def _repr_html_(self) -> str:
        """Return what notebooks show: a room further up draws it."""
        card: str = import_module("tensorgraph.drawing.formats.notebook_cards").card(self)
        return card

    def __treescope_repr__(self, path: str | None, subtree_renderer: Any) -> Any:
        """Return what Treescope shows."""
        trees = import_module("tensorgraph.drawing.formats.treescope_trees")
        return trees.tree(self, path, subtree_renderer)

    def __repr__(self) -> str:
        return table_of(self)


WHOLE.append(Module)


_HOLD_NOTHING = frozenset((bool, str, type(None)))
"""Types of attributes that neither are parameters nor take the place of one."""

_CALL = Module.__call__.__code__

_PLAIN = frozenset((bool, int, float, str, tuple, type(None)))
"""The kinds of attributes that decide what a module computes."""

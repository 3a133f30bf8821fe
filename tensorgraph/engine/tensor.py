"""The Tensor: a handle on an array and on the node that made it.

Operators and methods such as ``x + y`` or ``x.sum()`` are the ops of the same name, which
``tensorgraph/ops/methods.py`` binds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.engine.arrays import (
    Array,
    copied,
    default_dtype,
    placed,
    to_array,
    to_dtype,
    to_host,
)
from tensorgraph.engine.gradient_hook import GradientHook, Wishes
from tensorgraph.engine.graph import Node
from tensorgraph.engine.layers import agreed, detached, lifted
from tensorgraph.engine.lost_gradients import number_leaves, read_in_vain, values_leave
from tensorgraph.engine.modes import MODE, meet
from tensorgraph.engine.operators import Operators
from tensorgraph.leads.calls import with_leads


class Tensor(Operators):
    """An array that records what is computed from it.

    Make one with :func:`tensor`. A tensor's elements never change: an operation makes a new
    tensor, and ``p.assign(value)`` gives a leaf a new array.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> (w * w).sum().backward()
        >>> w, w.grad
        (tensor([1., 2.], requires_grad=True, name='w'), tensor([2., 4.]))
    """

    __slots__ = ("__weakref__", "_data", "_grad", "_hooks", "_is_argument", "_name", "_node",
                 "_requires_grad")  # fmt: skip

    _data: Array
    """A NumPy array; or an array of a device, or a symbolic one, which answer to the same."""
    _node: Any
    """The :class:`Node` that made this tensor; for a leaf ``None``, or the leaf it stood for."""
    _requires_grad: bool
    _grad: Tensor | None
    _name: str | None
    _hooks: tuple[Callable[[Tensor], Any], ...]
    _is_argument: bool
    """There only where it is true, see :func:`argument`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("a Tensor is not made by its class; write tg.tensor(data)")

    def __init_subclass__(cls) -> None:
        raise TypeError("Tensor cannot be subclassed; wrap one instead, or declare an op")

    # ---------------------------------------------------------------------------------- the array

    @property
    def data(self) -> Array:
        """The values, as a read-only view; those of a device or a symbolic array as it is."""
        if MODE.get().observer is not None:
            meet(self)
        if type(self._data) is not np.ndarray:
            held: Array = detached(self._data)
            return held
        view = self._data.view()
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, value: Any) -> None:
        name = errors.variable(self)
        raise errors.ImmutableError(
            f"the values of a tensor are not set by .data; write {name}.assign(value) for"
            f" {name}.data = value"
        )

    def numpy(self) -> Array:
        """Return the values as a read-only view; ``.copy()`` it to change it."""
        return self.data

    def to_numpy(self) -> Array:
        """Return what :meth:`numpy` does: matplotlib and others ask tables and arrays for this."""
        return self.data

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape

    @shape.setter
    def shape(self, value: Any) -> None:
        self._refuse_setting("shape", f"reshape({value!r})")

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self._data.dtype

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self._refuse_setting("dtype", f"astype({str(to_dtype(value))!r})")

    def _refuse_setting(self, field: str, call: str) -> None:
        x = errors.variable(self)
        raise errors.ImmutableError(
            f"the {field} of a tensor is not set; write {x} = {x}.{call} for {x}.{field} = …"
        )

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            ShapeError: there is more than one element, or none.
        """
        if self._data.size != 1:
            raise errors.ShapeError(
                f"item() needs exactly one element, this tensor has shape {self.shape};"
                " write .numpy() for the array"
            )
        return self._read().item()

    def _read(self) -> Any:
        """Return the array, which leaves the tensor to be looked at or copied."""
        if MODE.get().observer is not None:
            meet(self)
        return self._data

    # ------------------------------------------------------------------------- place in the graph

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None:
            raise errors.GraphError(
                f"requires_grad can be set on leaves only; this tensor is a result of"
                f" {self._node.op.name!r}; write .detach() for one without gradient"
            )
        if value:
            _check_differentiable(self._data.dtype)
            if lifted(self._data) is not self._data:
                raise errors.LayerError(
                    "requires_grad = True was set, in a function under a transform, for a tensor"
                    " from outside; write tg.tensor(x, requires_grad=True) for one of your own"
                )
        meet(self)
        self._requires_grad = bool(value)
        Wishes.changes += 1

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was given, not computed."""
        return self._node is None

    @property
    def node(self) -> Node | None:
        """The recorded operation that made this tensor, ``None`` for a leaf or constant."""
        return self._node if type(self._node) is Node else None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward`` added up for this leaf, or ``None``.

        For a result of an operation too, after :meth:`retain_grad`.
        """
        if self._grad is None and type(self._node) is Node and not self._retains_grad():
            read_in_vain(self, sys._getframe(1))
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if self.dtype.kind != "f":
                raise errors.DTypeError(
                    f"only floating-point tensors have gradients, {errors.owner(self)} is"
                    f" {self.dtype}"
                )
            if type(value) is not Tensor:
                value = wrap(placed(copied(array_of(value, self.dtype)), self._data))
            elif value.dtype.kind != "f":
                raise errors.DTypeError(
                    f"a gradient is a floating-point tensor, this one is {value.dtype}; write"
                    f" .astype('{self.dtype}')"
                )
            elif value.dtype != self.dtype:
                value = value.astype(self.dtype)
            if value.shape != self.shape:
                raise errors.ShapeError(
                    f"a gradient has its tensor's shape {self.shape}, this one is {value.shape}"
                )
        meet(self)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.zero_grad()

    @property
    def name(self) -> str | None:
        """What pictures, formulas and messages call this tensor."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        _check_name(value)
        meet(self)
        self._name = value

    def detach(self) -> Tensor:
        """Return a tensor with the same values that no gradient flows through."""
        meet(self)
        return wrap(detached(self._data))

    def assign(self, value: Any) -> Tensor:
        """Give this leaf new values of the same shape and dtype; return the tensor itself.

        Graphs recorded before keep the old values. The values are copied, those of NumPy's arrays
        to where this leaf's are.

        Raises:
            GraphError: this tensor is not a leaf.
            ShapeError: ``value`` has another shape.

        Example:
            >>> import tensorgraph as tg
            >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
            >>> w.assign(w.data - 0.5)
            tensor([0.5, 1.5], requires_grad=True)
        """
        if self._node is not None:
            raise errors.GraphError(
                "assign() works on leaves; this tensor is a result of "
                f"{self._node.op.name!r}; use the new value in its place"
            )
        array = array_of(value)
        if array.shape != self.shape:
            raise errors.ShapeError(
                f"assign() got shape {array.shape}, {errors.owner(self)} has shape {self.shape}"
            )
        if not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise errors.DTypeError(
                f"assign() got {array.dtype}, {errors.owner(self)} is {self.dtype}; write"
                f" .astype('{self.dtype}') to convert"
            )
        rebind(self, placed(copied(array_of(value, self.dtype)), self._data))
        return self

    def zero_grad(self) -> None:
        """Forget the accumulated gradient."""
        meet(self)
        self._grad = None

    def register_hook(self, hook: Callable[[Tensor], Any]) -> GradientHook:
        """Call ``hook(gradient)`` whenever backward has this tensor's whole gradient.

        What it returns, if not ``None``, takes the gradient's place. ``remove()`` of the result
        ends it.

        Raises:
            GraphError: no gradient flows to this tensor.

        Example:
            >>> import tensorgraph as tg
            >>> x = tg.tensor([1.0, -3.0], requires_grad=True)
            >>> handle = x.register_hook(lambda g: g.clip(-1.0, 1.0))
            >>> (x * x).sum().backward()
            >>> print(x.grad)
            [ 1. -1.]
            >>> handle.remove()
        """
        if not callable(hook):
            raise errors.DTypeError(f"a hook is a function of the gradient, not {hook!r}")
        if not self._requires_grad:
            raise errors.GraphError(
                "register_hook() on a tensor that needs no gradient: the hook would never run;"
                " write requires_grad=True where the tensor is made"
            )
        holder: Any = self._node if type(self._node) is Node else self
        field = "_hooks" if holder is self else "hooks"
        handle = GradientHook(holder, field, hook)
        meet(holder)
        hooks = (*getattr(holder, field), handle.hook)
        # What is retained is what all hooks made of the gradient, whenever they were added.
        setattr(holder, field, tuple(sorted(hooks, key=lambda h: type(h) is Retained)))
        Wishes.changes += 1
        return handle

    def retain_grad(self) -> Tensor:
        """Let ``backward`` give this result of an operation its ``.grad``, as leaves have theirs.

        Returns the tensor itself. A leaf has its gradient anyway. Both are what hooks made of it.

        Raises:
            GraphError: no gradient flows to this tensor.

        Example:
            >>> import tensorgraph as tg
            >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
            >>> y = (x * x).retain_grad()
            >>> (3 * y).sum().backward()
            >>> print(y.grad, x.grad)
            [3. 3.] [ 6. 12.]
        """
        if not self._requires_grad:
            raise errors.GraphError(
                "retain_grad() on a tensor that needs no gradient; write requires_grad=True where"
                " what it is computed from is made"
            )
        node = self._node
        if type(node) is Node and not self._retains_grad():
            meet(node)
            node.hooks = (*node.hooks, Retained(self))
        return self

    def _retains_grad(self) -> bool:
        return any(getattr(hook, "owner", None) is self for hook in self._node.hooks)

    # -------------------------------------------------------------------------- Python's protocols

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor with no axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a tensor with no axes")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, value: Any) -> bool:
        equal = self == value
        return bool(equal.any()) if type(equal) is Tensor else equal

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise errors.ShapeError(
                f"the truth of {errors.owner(self)} with shape {self.shape} is ambiguous: it has"
                f" {self.size} elements; write .any() or .all(), or tg.where(condition, a, b) to"
                " choose element by element"
            )
        return bool(self._read())

    def __float__(self) -> float:
        if self._requires_grad:
            number_leaves(self, sys._getframe(1))
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __trunc__(self) -> int:
        whole: int = math.trunc(self.item())
        return whole

    def __floor__(self) -> int:
        whole: int = math.floor(self.item())
        return whole

    def __ceil__(self) -> int:
        whole: int = math.ceil(self.item())
        return whole

    def __bytes__(self) -> bytes:
        return bytes(self.data.tobytes())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu":
            raise errors.DTypeError(f"only an integer tensor can be an index, not {self.dtype}")
        return int(self.item())

    def _shown(self) -> Any:
        """Return the array, of which a text is made."""
        observer = MODE.get().observer
        if observer is not None:
            observer.met(self)
            observer.shown(self)
        return self._data

    def __repr__(self) -> str:
        array = self._shown()
        if type(array) is np.ndarray:
            fields = [np.array2string(array, separator=", ", prefix="tensor(")]
        else:
            fields = [repr(array)]
        if self.dtype not in (default_dtype(), np.dtype(np.int64), np.dtype(bool)):
            fields.append(f"dtype={self.dtype}")
        if type(self._node) is Node:
            fields.append(f"op={self._node.op.name!r}")
        elif self._requires_grad:
            fields.append("requires_grad=True")
        if self._name:
            fields.append(f"name={self._name!r}")
        return f"tensor({', '.join(fields)})"

    def __str__(self) -> str:
        return str(self._shown())

    def _repr_html_(self) -> str:
        """Return what notebooks show: a room further up draws it."""
        card: str = import_module("tensorgraph.drawing.formats.notebook_cards").card(self)
        return card

    def __treescope_repr__(self, path: str | None, subtree_renderer: Any) -> Any:
        """Return what Treescope shows."""
        trees = import_module("tensorgraph.drawing.formats.treescope_trees")
        return trees.tree(self, path, subtree_renderer)

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise errors.ShapeError(
                f"the format {spec!r} is for one element, this tensor has shape {self.shape}"
            )
        return format(self._shown().item(), spec) if spec else str(self)

    __hash__ = object.__hash__

    def __setitem__(self, key: Any, value: Any) -> None:
        name = errors.variable(self)
        where, what = errors.key_text(key), errors.value_text(value)
        raise errors.ImmutableError(
            f"tensors do not change in place; write {name} = tg.set_at({name}, {where}, {what}) for"
            f" {name}[…] = …, or tg.add_at({name}, {where}, {what}) for {name}[…] += …"
        )

    def __delitem__(self, key: Any) -> None:
        name = errors.variable(self)
        raise errors.ImmutableError(
            f"tensors do not change in place; write {name} = {name}[mask] to keep some elements"
        )

    def __copy__(self) -> Tensor:
        copy = wrap(self._read(), self._node, self._requires_grad)
        copy._name, copy._grad = self._name, self._grad
        return copy

    def __reduce__(self) -> Any:
        if self._node is not None:
            raise errors.GraphError(
                "only leaves can be pickled; write .detach() for the values alone"
            )
        return _unpickled, (self._data, self._requires_grad, self._name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self._node is not None:
            raise errors.GraphError(
                "only leaves can be copied deeply; write .detach() for the values alone"
            )
        copy = leaf(self._read().copy(), self._requires_grad, self._name)
        copy._grad = None if self._grad is None else wrap(self._grad._data)
        memo[id(self)] = copy
        return copy

    # --------------------------------------------------------------------------- NumPy's protocols

    # By NumPy's stubs `array * tensor` is what __array__ returns, but may be anything for an array
    # of objects. It is a tensor: __array_ufunc__ answers.
    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.object_]:
        """Return the values for ``np.asarray``: a read-only view, or a copy where needed.

        What is computed from them has no gradient: if this tensor needs one, it warns.
        """
        # Of a symbol there are no values, which comes before what happens to them.
        own = self._read()
        other = None if type(own) is np.ndarray else np.asarray(own, dtype)
        if self._requires_grad:
            values_leave(self, sys._getframe(1))
        if other is not None:
            return other
        if dtype is not None and np.dtype(dtype) != self.dtype:
            if copy is False:
                raise ValueError(f"a copy is needed to turn {self.dtype} into {np.dtype(dtype)}")
            return self._data.astype(dtype)
        return self._data.copy() if copy else self.data

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        """Give a copy of the values to another array library.

        A copy, as libraries write into what they are told is for reading only.
        """
        if copy is False:
            raise BufferError("a tensor's memory is not shared; write copy=None")
        if self._requires_grad:
            values_leave(self, sys._getframe(1))
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device}
        return self._read().copy().__dlpack__(**{k: v for k, v in given.items() if v is not None})

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Return the functions of the Array API standard: :mod:`tensorgraph.array_api`.

        Raises:
            ArgumentError: another version of the standard is asked for than there is.
        """
        namespace = import_module("tensorgraph.array_api")
        if api_version not in (None, *namespace.VERSIONS):
            raise errors.ArgumentError(
                f"versions of the Array API standard are {errors.listing(namespace.VERSIONS)}, not"
                f" {api_version!r}"
            )
        return namespace

    @property
    def device(self) -> Any:
        """Where the values are: ``"cpu"``, or what an array of a device says."""
        return "cpu" if type(self._data) is np.ndarray else getattr(self._data, "device", "cpu")

    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """Return the tensor itself, which is where it can be.

        Raises:
            ArgumentError: the device is another one.
        """
        if device != self.device:
            raise errors.ArgumentError(
                f"this tensor is on {self.device!r}, and there is no other device; not {device!r}"
            )
        return self

    @property
    def __pandas_priority__(self) -> int:
        """Which of two operands pandas lets answer: a tensor that needs a gradient, which it keeps.

        A frame has 4000.
        """
        return 5000 if self._requires_grad else 0

    def __dlpack_device__(self) -> tuple[Any, Any]:
        """Return the device of the values, for DLPack."""
        return self._data.__dlpack_device__()


_blank = object.__new__


def _unpickled(array: Array, requires_grad: bool, name: str | None) -> Tensor:
    new = wrap(array, None, requires_grad)
    new._name = name
    return new


def rebind(tensor: Tensor, array: Any, node: Node | None = None) -> None:
    """Give a tensor another array as it is: the one way by which parameters and buffers change.

    ``node`` made the array, where a step is recorded; otherwise the tensor is a leaf.
    """
    observer = MODE.get().observer
    if observer is not None:
        observer.met(tensor)
    if type(array) is not np.ndarray or type(tensor._data) is not np.ndarray:
        array = agreed(tensor._data, array)
    tensor._data, tensor._node = array, node


def wrap(array: Any, node: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor on an array as it is: not copied, not checked.

    ``node`` is the :class:`Node` that made it; or a leaf tensor, for that leaf's values as they
    were when an operation used them.
    """
    new: Tensor = _blank(Tensor)
    new._data = array
    new._node = node
    new._requires_grad = requires_grad
    new._grad = None
    new._name = None
    new._hooks = ()
    return new


def leaf(array: Any, requires_grad: bool, name: str | None) -> Tensor:
    """Return a leaf on an array as it is.

    Raises:
        DTypeError: a gradient is wanted of what is no floating-point array; or the name is no str.
    """
    _check_name(name)
    if requires_grad:
        _check_differentiable(array.dtype)
        array = lifted(array)
    new = wrap(array, None, bool(requires_grad))
    new._name = name
    return new


def argument(array: Any) -> Tensor:
    """Return a leaf that stands for an argument of a function which is differentiated.

    In that function ``x += 1`` names another tensor, as it does of an array: nobody keeps the leaf.
    """
    new = wrap(lifted(array), None, True)
    new._is_argument = True
    return new


class Retained:
    """The hook of a node that adds its gradient to ``.grad`` of the tensor it made."""

    __slots__ = ("_node", "_owner")

    def __init__(self, owner: Tensor) -> None:
        # Weak both: the node holds this hook, and a graph must not keep the tensor alive.
        self._owner, self._node = ref(owner), ref(owner._node)

    @property
    def owner(self) -> Tensor | None:
        """The tensor, while it is there and still the result of that node."""
        owner = self._owner()
        return owner if owner is not None and owner._node is self._node() else None

    def __call__(self, g: Tensor) -> None:
        """Add a gradient; one without a graph may share memory with others, so it is copied."""
        owner = self.owner
        if owner is not None:
            g = g if g._requires_grad else wrap(copied(g._data))
            owner._grad = g if owner._grad is None else owner._grad + g


# --------------------------------------------------------------------------------- making tensors


@with_leads
def tensor(
    data: ArrayLike | Tensor,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return a new leaf with a copy of ``data``.

    Python floats become float32 unless ``dtype`` says otherwise; a NumPy array keeps its dtype.
    The copy of a tensor is a leaf too: it has the values, not the history, so no gradient flows
    through it to what they were computed from. To go on computing with a tensor, use it as it is.

    Args:
        data: a number, nested lists, an array or a tensor.
        dtype: the type of the elements.
        requires_grad: whether gradients are wanted; needs a floating-point dtype.
        name: what pictures, formulas and messages call it.

    Raises:
        ShapeError: nested lists of unequal lengths.
        DTypeError: strings, objects or complex numbers; or a gradient wanted for integers.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensor([[1.0, 2.0], [3.0, 4.0]]).shape
        (2, 2)
    """
    array = array_of(data, dtype)
    if not isinstance(data, (list, tuple, bool, int, float)):
        array = array.copy()
    return leaf(array, requires_grad, name)


@with_leads
def asarray(data: Any, dtype: DTypeLike | None = None, *, like: Any = None) -> Tensor:
    """Return a tensor that shares the memory of ``data`` where that is possible.

    A tensor of the right dtype is returned as it is, another one by ``astype``. Do not change a
    shared array while a graph that uses it may still be differentiated; :func:`tensor` copies.

    With ``like`` the values are brought to where those of another tensor or array are, such as the
    weights of a model on a device; what is brought elsewhere is a leaf.

    Raises:
        GraphError: a tensor that needs a gradient would have to be brought elsewhere.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> a = np.zeros(3)
        >>> np.shares_memory(tg.asarray(a).data, a)
        True
    """
    if like is not None:
        data = _brought(data, array_of(like))
    if type(data) is Tensor:
        return data if dtype is None or to_dtype(dtype) == data.dtype else data.astype(dtype)
    return wrap(array_of(data, dtype))


def _brought(data: Any, place: Any) -> Any:
    """Return data where an array is: as it is, if it is there."""
    array = array_of(data)
    if type(array) is type(place):
        return data
    if getattr(data, "requires_grad", False):
        raise errors.GraphError(
            "asarray: a tensor that needs a gradient would lose it where like= is; write"
            " x.detach(), or bring the leaves there"
        )
    return placed(array if isinstance(array, np.ndarray) else to_host(array), place)


def array_of(data: Any, dtype: DTypeLike | None = None) -> Any:
    """Return ``data`` as an array, as ``to_array`` does; of a tensor its own."""
    return to_array(data.data if type(data) is Tensor else data, dtype)


def _check_name(name: Any) -> None:
    if not (name is None or isinstance(name, str)):
        raise errors.DTypeError(f"a name is a str or None, not {type(name).__name__}")


def _check_differentiable(dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise errors.DTypeError(
            f"requires_grad=True needs a floating-point tensor, this one is {dtype};"
            " write dtype='float32' (or .astype('float32'))"
        )

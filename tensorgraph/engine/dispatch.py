"""What calling an op does: run the kernel and, where a gradient may be wanted, record a node.

This is the hot path of the eager engine. Ops of one or two operands and no static parameters have
calls of their own, in which the general ``apply`` is written out: a Python call costs as much as a
small kernel. Where an observer watches, or a tensor holds no NumPy array, all go through ``apply``.

A call is handed down by level: from tensors to the arrays in them, and from arrays of a kind that
knows better, such as symbolic ones, to them; NumPy's arrays go to the kernel. Lists, frames and
arrays of other libraries become tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.array_likes import of_one
from tensorgraph.engine.arrays import array_beside, to_array
from tensorgraph.engine.explain import cause, explain, is_users
from tensorgraph.engine.float_warnings import ERRORS, IGNORE
from tensorgraph.engine.graph import Node, next_number
from tensorgraph.engine.layers import apply_in_layer, deepest, layer_of, outside
from tensorgraph.engine.modes import MODE, user_line
from tensorgraph.engine.observers import Forward
from tensorgraph.engine.op import HANDLERS, KERNEL_ERRORS, Op, OpFunction
from tensorgraph.engine.stated_facts import carry, state
from tensorgraph.engine.tensor import Tensor, wrap

_blank = object.__new__
_ndarray = np.ndarray
_NO_STATIC: dict[str, Any] = {}
_NUMBERS = frozenset((bool, int, float, np.float32, np.float64))
_USUAL = _NUMBERS | {Tensor, np.ndarray, list, tuple}
"""Types of operands that are no arrays of another library."""


def make_call(op: Op) -> OpFunction:
    """Return the function that applies ``op``."""
    # A user's kernel may return integers or booleans, which have no gradient: ``apply`` looks.
    plain = not (op.starred or op.defaults or op.prepare or is_users(op))
    call: Any
    if plain and op.inputs == ("x",):
        call = _unary(op)
    elif plain and op.inputs == ("x", "y"):
        call = _binary(op)
    else:
        call = _general(op)
        call.__signature__ = op.__signature__
    call.op = op
    call.__name__ = call.__qualname__ = op.name
    call.__doc__ = op.__doc__
    made: OpFunction = call
    return made


def _general(op: Op) -> Callable[..., Any]:
    prepared, needs_preparing = op.prepared, bool(op.prepare or op.defaults)
    arity = -1 if op.starred else op.arity
    known, required = op.defaults.keys(), op.required

    def call(*args: Any, **static: Any) -> Any:
        if len(args) != arity or not required <= static.keys() <= known:
            args, static = op.bind(args, static)
        if not _USUAL.issuperset(map(type, args)):
            args = _as_operands(op, args)
        if needs_preparing:
            static = prepared(args, static)
        for arg in args:  # as `dispatch` finds out, in a longer way
            if type(arg) is Tensor:
                return apply(op, args, static)
        return dispatch(op, args, static)

    return call


def dispatch(op: Op, args: tuple[Any, ...], static: dict[str, Any]) -> Any:
    """Let the operand of the highest level take over; without one just run the kernel.

    Gradient rules call other ops by this where the static parameters are those of their own call,
    which was checked.
    """
    highest = None
    for arg in args:
        handler = HANDLERS.get(type(arg))
        if handler is None:
            continue
        if handler is apply:
            return apply(op, args, static)
        # Arrays of a layer come next, then the first that knows better, and lists come last.
        if highest is None or highest is _apply_to_lists or handler is apply_in_layer:
            highest = handler
    if highest is not None:
        return highest(op, args, static)
    out = op.compute(args, static)
    if op.facts_along:
        state(op, out, static)
    return out


def apply(op: Op, args: tuple[Any, ...], static: dict[str, Any]) -> Any:
    """Run an op, at least one operand of which is a tensor; record a node if it may matter."""
    mode = MODE.get()
    observer = mode.observer
    if observer is not None:
        for arg in args:
            if type(arg) is Tensor:
                observer.met(arg)
    arrays = []
    pattern, bit, lower = 0, 1, False
    for i, arg in enumerate(args):
        if type(arg) is Tensor:
            array = arg._data
            if type(array) is not _ndarray:
                lower = True
            if arg._requires_grad:
                pattern |= bit
        elif type(arg) in _NUMBERS:
            array = arg
        else:
            array = _operand(op, i, arg, args)
            if type(array) is not _ndarray:
                lower = True
        arrays.append(array)
        bit += bit
    if lower:
        layer = deepest(arrays)
        if layer is not None:
            return _apply_inside(layer, op, args, arrays, static)
    if observer is None and not lower:
        token = ERRORS.set(IGNORE)
        try:
            out = op.kernel(*arrays, **static)
        except KERNEL_ERRORS as error:
            __tracebackhide__ = True
            raise explain(op, args, error, static) from cause(op, error)
        finally:
            ERRORS.reset(token)
    elif observer is None:
        out = _below(op, arrays, static, args)
    else:
        if op.family == "random":
            arrays[0] = observer.source(arrays[0])
        operands = tuple(arrays)
        start = perf_counter()
        out = _below(op, arrays, static, args)
        seconds = perf_counter() - start
    if type(out) is not _ndarray:
        out = _as_array(out)
    node = None
    plan = op.plan(pattern | bit, len(args)) if pattern and mode.recording else None
    if plan is not None and plan.rules and out.dtype.kind in "fc":
        parents = []
        for i, arg in enumerate(args):
            if type(arg) is Tensor:
                parents.append(arg if arg._node is None else arg._node)
            else:
                arrays[i] = _constant(arrays[i])
                parents.append(arrays[i])
        arrays.append(out)
        node = Node(op, static, tuple(parents), plan, arrays, mode.call)
        if mode.lines:
            node.line = user_line()
    elif op.facts_along:
        state(op, out, static)
    if observer is not None:
        observer.forward(Forward(op, operands, static, out, node, seconds))
    return wrap(out, node, node is not None)


def _apply_inside(
    layer: Any, op: Op, args: tuple[Any, ...], arrays: list[Any], static: dict[str, Any]
) -> Any:
    """Run an op in a layer, to which tensors of outside are constants; record a node inside.

    What it computes from tensors of outside is recorded there, and there it is observed.
    """
    pattern, bit = 0, 1
    for i, arg in enumerate(args):
        if type(arg) is Tensor:
            if layer_of(arg) is layer:
                pattern |= bit * arg._requires_grad
            elif (given := outside(arg)) is arg:
                arrays[i] = layer.lift(given)
        bit += bit
    out = layer.apply(op, tuple(arrays), static)
    plan = op.plan(pattern | bit, len(args)) if pattern and MODE.get().recording else None
    if plan is None or not plan.rules or out.dtype.kind not in "fc":
        return wrap(out)
    parents = tuple(
        (arg if arg._node is None else arg._node) if pattern >> i & 1 else _constant(arrays[i])
        for i, arg in enumerate(args)
    )
    return wrap(out, Node(op, static, parents, plan, [*arrays, out], MODE.get().call), True)


def _below(op: Op, arrays: Sequence[Any], static: dict[str, Any], args: Sequence[Any]) -> Any:
    """Compute with what is in tensors: one level further down, or by the kernel."""
    for array in arrays:
        handler = HANDLERS.get(type(array))
        if handler is not None and handler is not apply:
            return handler(op, tuple(arrays), static)
    return op.compute(arrays, static, args)


def _apply_to_lists(op: Op, args: tuple[Any, ...], static: dict[str, Any]) -> Any:
    """Run an op on lists, which become tensors."""
    return apply(op, args, static)


def _as_operands(op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands, among which frames and other libraries' arrays are tensors, as lists are.

    Raises:
        DTypeError: one holds no numbers.
    """
    for arg in args:
        if _is_of_other_library(arg):
            return tuple(
                wrap(_operand(op, i, arg, args)) if _is_of_other_library(arg) else arg
                for i, arg in enumerate(args)
            )
    return args


def _is_of_other_library(value: Any) -> bool:
    """Return whether this is an array or a table that leaves NumPy's functions to NumPy."""
    if type(value) in HANDLERS or isinstance(value, (np.ndarray, np.generic)):
        return False
    return not hasattr(value, "__array_function__") and (
        hasattr(value, "__array__") or hasattr(value, "__dlpack__")
    )


def _operand(op: Op, i: int, value: Any, args: tuple[Any, ...]) -> Any:
    """Return an operand that is neither a tensor nor a Python number as kernels take it.

    Raises:
        DTypeError: it is nothing that the engine computes with.
    """
    kind = type(value)
    try:
        if kind is list or kind is tuple:
            return array_beside(value, args)
        if kind is _ndarray or isinstance(value, np.generic):
            return value if value.dtype.kind in "fiub" else to_array(value)
        if isinstance(value, _ndarray):
            return to_array(value)  # without what a subclass adds
        if kind in HANDLERS or hasattr(value, "__array_function__"):
            return value
        if hasattr(value, "__array__") or hasattr(value, "__dlpack__"):
            return to_array(value)
    except (ValueError, TypeError, errors.GraphError) as error:
        raise explain(op, (), type(error)(f"{op.operand_name(i)}: {error}")) from None
    raise errors.DTypeError(
        f"{op.name}{errors.where_in(MODE.get().scope)}: {op.operand_name(i)} is"
        f" {of_one(value)}; operands are tensors, arrays, real numbers or lists of them"
    )


def _constant(value: Any) -> Any:
    """Return an operand that is not a tensor as a node may keep it."""
    # The caller may change an array, or what it is a view of, before backward reads it.
    changeable = type(value) is _ndarray and (value.base is not None or value.flags.writeable)
    if not changeable:
        return value
    copy = value.copy()
    carry(value, copy)
    return copy


def _as_array(out: Any) -> Any:
    """Return a kernel's result as an array: NumPy gives scalars for 0-d results."""
    return np.asarray(out) if isinstance(out, np.generic) or not hasattr(out, "dtype") else out


def _scalar(value: Any) -> Any:
    """Return a 0-d array as a NumPy scalar.

    NumPy computes with scalars several times faster than with 0-d arrays, so where a result is a
    scalar, scalars are what a node saves for its gradient rules.
    """
    return value[()] if type(value) is _ndarray else value


def _unary(op: Op) -> Callable[..., Any]:
    kernel = op.kernel
    plan = op.plan(0b11, 1)
    keeps_x, keeps_out = 0 in plan.keep, 1 in plan.keep

    def call(x: Any) -> Any:
        if type(x) is not Tensor:
            if type(x) is _ndarray:
                return op.compute((x,), _NO_STATIC)
            return dispatch(op, _as_operands(op, (x,)), _NO_STATIC)
        mode = MODE.get()
        if mode.observer is not None:
            return apply(op, (x,), _NO_STATIC)
        array = x._data
        if type(array) is not _ndarray:
            return apply(op, (x,), _NO_STATIC)
        token = ERRORS.set(IGNORE)
        try:
            out = kernel(array)
        except KERNEL_ERRORS as error:
            __tracebackhide__ = True
            raise explain(op, (x,), error) from cause(op, error)
        finally:
            ERRORS.reset(token)
        kept = out
        if type(out) is not _ndarray:
            out = _as_array(out)
            array = _scalar(array)
        result = _blank(Tensor)
        result._data = out
        result._grad = result._name = None
        result._hooks = ()
        if x._requires_grad and mode.recording and plan.rules:
            node = _blank(Node)
            node.op = op
            node.static = _NO_STATIC
            node.parents = (x if x._node is None else x._node,)
            node.plan = plan
            if plan.keep:
                node.saved = (array if keeps_x else None, kept if keeps_out else None)
            else:
                node.saved = ()
            node.shape = out.shape
            node.dtype = out.dtype
            node.seq = next_number()
            node.call = mode.call
            node.line = user_line() if mode.lines else None
            node.hooks = ()
            result._node = node
            result._requires_grad = True
        else:
            result._node = None
            result._requires_grad = False
        return result

    return call


def make_operator(call: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return the same function of two operands as an operator.

    Where the other operand is of a foreign type, it leaves the answer to that type, as Python's
    operators do.
    """
    operator = _binary(call.op, is_operator=True)  # type: ignore[attr-defined]
    operator.__name__ = operator.__qualname__ = call.__name__
    operator.__doc__ = call.__doc__
    return operator


def _leaves_to_python(value: Any) -> bool:
    """Return whether Python's own answer to an operator with this operand is the best."""
    return not (
        type(value) in HANDLERS
        or isinstance(value, (list, tuple, np.ndarray, np.generic))
        or any(hasattr(value, name) for name in ("__array_function__", "__array__", "__dlpack__"))
    )


def _binary(op: Op, is_operator: bool = False) -> Callable[..., Any]:
    kernel = op.kernel
    plans = (None, op.plan(0b101, 2), op.plan(0b110, 2), op.plan(0b111, 2))
    keeps = [tuple(i in plan.keep for i in range(3)) if plan else () for plan in plans]

    def call(x: Any, y: Any) -> Any:
        pattern = 0
        if type(x) is Tensor:
            a = x._data
            x_parent = x if x._node is None else x._node
            if x._requires_grad:
                pattern = 1
            if type(y) is Tensor:
                b = y._data
                y_parent = y if y._node is None else y._node
                if y._requires_grad:
                    pattern |= 2
            elif type(y) in _NUMBERS:
                y_parent = b = y
            elif is_operator and _leaves_to_python(y):
                return NotImplemented
            else:
                y_parent = b = _operand(op, 1, y, (x, y))
        elif type(y) is Tensor:
            b = y._data
            y_parent = y if y._node is None else y._node
            if y._requires_grad:
                pattern = 2
            if type(x) in _NUMBERS:
                x_parent = a = x
            elif is_operator and _leaves_to_python(x):
                return NotImplemented
            else:
                x_parent = a = _operand(op, 0, x, (x, y))
        else:
            if not (type(x) in _USUAL and type(y) in _USUAL):
                x, y = _as_operands(op, (x, y))
            return dispatch(op, (x, y), _NO_STATIC)
        mode = MODE.get()
        if (
            mode.observer is not None
            or (type(a) is not _ndarray and type(a) not in _NUMBERS)
            or (type(b) is not _ndarray and type(b) not in _NUMBERS)
        ):
            return apply(op, (x, y), _NO_STATIC)
        token = ERRORS.set(IGNORE)
        try:
            out = kernel(a, b)
        except KERNEL_ERRORS as error:
            __tracebackhide__ = True
            raise explain(op, (x, y), error) from cause(op, error)
        finally:
            ERRORS.reset(token)
        kept = out
        if type(out) is not _ndarray:
            out = _as_array(out)
            a, b = _scalar(a), _scalar(b)
        result = _blank(Tensor)
        result._data = out
        result._grad = result._name = None
        result._hooks = ()
        plan = plans[pattern]
        if plan is not None and mode.recording and plan.rules:
            if type(x) is not Tensor:
                x_parent = a = _constant(a)
            elif type(y) is not Tensor:
                y_parent = b = _constant(b)
            node = _blank(Node)
            node.op = op
            node.static = _NO_STATIC
            node.parents = (x_parent, y_parent)
            node.plan = plan
            if plan.keep:
                keeps_x, keeps_y, keeps_out = keeps[pattern]
                node.saved = (
                    a if keeps_x else None,
                    b if keeps_y else None,
                    kept if keeps_out else None,
                )
            else:
                node.saved = ()
            node.shape = out.shape
            node.dtype = out.dtype
            node.seq = next_number()
            node.call = mode.call
            node.line = user_line() if mode.lines else None
            node.hooks = ()
            result._node = node
            result._requires_grad = True
        else:
            result._node = None
            result._requires_grad = False
        return result

    return call


HANDLERS[Tensor] = apply
HANDLERS[list] = HANDLERS[tuple] = _apply_to_lists
Op.make_call = make_call

"""A module as a function of its parameters, for transforms such as ``tg.grad``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, overload

from tensorgraph import errors
from tensorgraph.engine.layers import lifted
from tensorgraph.engine.modes import meet
from tensorgraph.engine.state_dict import updated
from tensorgraph.engine.tensor import Tensor, asarray, wrap
from tensorgraph.nn.contents import LOOKED_UP, walk
from tensorgraph.nn.module import HasForward, Module, Out, P


@overload
def functional_call(
    model: HasForward[P, Out], tensors: Mapping[str, Any], *args: P.args, **kwargs: P.kwargs
) -> Out: ...
@overload
def functional_call(
    model: Module, tensors: Mapping[str, Any], *args: Any, **kwargs: Any
) -> Tensor: ...
def functional_call(model: Any, tensors: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Call a module with other tensors in the place of some of its own, which stay as they are.

    The result depends on the tensors given, so a transform can take the gradient by them. Tied
    weights are replaced together, under their first name. What the call makes of buffers, such as
    running averages, is forgotten with it.

    Args:
        model: the module to call.
        tensors: what stands in, by path as in ``model.named_parameters()`` and
            ``model.named_buffers()``; of the same shape.
        *args: the module's arguments.
        **kwargs: the same, by name.

    Raises:
        StateError: a path that the module does not have.
        ShapeError: a tensor of another shape.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Linear(2, 1, init=tg.nn.init.constant(0.5))
        >>> f = lambda w: tg.nn.functional_call(layer, {"weight": w}, tg.ones((3, 2))).sum()
        >>> print(f(tg.ones((1, 2))), tg.grad(f)(tg.ones((1, 2))))
        6.0 [[3. 3.]]
    """
    own = {found.path: found.value for found in walk(model) if type(found.value) is Tensor}
    # A layer may give its buffers new values: those of the module stay.
    instead: dict[int, Any] = {
        id(buffer): _own(buffer) for buffer in own.values() if not buffer.requires_grad
    }
    for path, value in tensors.items():
        if path not in own:
            raise errors.StateError(
                f"functional_call: {type(model).__name__} has no tensor {path!r}; it has"
                f" {errors.listing(list(own))}"
            )
        tensor = asarray(value)
        if tensor.shape != own[path].shape:
            raise errors.ShapeError(
                f"functional_call: {path!r} has shape {own[path].shape}, not {tensor.shape}"
            )
        if own[path].requires_grad:
            tensor = _parameter(tensor)
        elif not tensor.requires_grad:
            tensor = _own(tensor)  # the caller's stays as well
        instead[id(own[path])] = tensor
    return _replaced(model, instead)(*args, **kwargs)


def _parameter(tensor: Tensor) -> Tensor:
    """Return a tensor that a module takes for a parameter: one computed or given may be any."""
    if not tensor.is_leaf:
        tensor = updated(tensor)
    return tensor if tensor.requires_grad else _own(tensor, requires_grad=True)


def _own(tensor: Tensor, requires_grad: bool = False) -> Tensor:
    """Return a leaf that holds what a tensor holds: under a transform, its examples or tangent."""
    meet(tensor)
    return wrap(lifted(tensor._data) if requires_grad else tensor._data, None, requires_grad)


def _replaced(value: Any, instead: dict[int, Any]) -> Any:
    """Return a module, or what its attributes hold, as a copy with other tensors in it.

    ``instead`` maps the identity of what has been seen to what stands for it: what is found twice
    stays one object in the copy.
    """
    if id(value) in instead:
        return instead[id(value)]
    if isinstance(value, (Module, list, dict)):
        # Entered before its parts are looked at: modules may refer to each other.
        new: Any = copy(value)
        instead[id(value)] = new
        if isinstance(value, Module):
            for name, item in vars(value).items():
                if name not in LOOKED_UP:
                    vars(new)[name] = _replaced(item, instead)
        if isinstance(value, (list, dict)):
            for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
                new[key] = _replaced(item, instead)
        return new
    if isinstance(value, tuple):
        items = [_replaced(item, instead) for item in value]
        # A named tuple takes its items one by one.
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return value

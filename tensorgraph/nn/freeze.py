"""Freezing parts of a model: they still compute, but are not trained."""

from __future__ import annotations

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.nn.state_paths import stands_at


def freeze(model: Module, *paths: str) -> list[str]:
    """Freeze parts of a model, or all of it; return the paths of what is frozen now.

    Frozen parameters get no gradients, so no optimizer moves them, whether it was made before or
    after, and backward spends no time on them. They stay in the state dict.

    A module at one of the paths is also put into evaluation mode, with all in it, and
    ``model.train()`` leaves it there: the running statistics of its batch norms stay, its dropouts
    drop nothing. So a frozen part is one fixed function, whose outputs may be computed once and
    kept (Deep Learning Specialization, course 3, week 2, transfer learning).

    Args:
        model: what is changed.
        *paths: that of a module, ``layers.0``, for all in it; that of a parameter; or a pattern
            with ``*``, such as ``*.bias``. Without any, the whole model.

    Returns:
        The paths of all parameters that these paths name.

    Raises:
        ArgumentError: a path at which nothing is.
        DTypeError: something that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2))
        >>> nn.freeze(model, "layers.0", "layers.1")
        ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
        >>> [path for path, _ in model.named_parameters()]
        ['layers.2.weight', 'layers.2.bias']
        >>> model.train().layers[1].training
        False
    """
    modules, tensors = _named(model, "freeze", paths)
    frozen = _frozen(model)
    chosen = {path: t for path, t in tensors.items() if t.requires_grad or t in frozen}
    kept = frozenset(chosen.values())
    for module in model.modules():
        # Each module knows what is frozen in it, to tell that from buffers when it is unfrozen.
        module._frozen |= kept.intersection(module.parameters())
    for tensor in kept:
        tensor.requires_grad = False
        tensor.zero_grad()  # an optimizer would take a step with what is left of before
    for module in modules:
        module.frozen, module.training = True, False
    return list(chosen)


def unfreeze(model: Module, *paths: str) -> list[str]:
    """Let parts of a model be trained again that :func:`freeze` froze; return their paths.

    Parameters get gradients again; buffers, and what was made without ``requires_grad``, do not.
    Modules at the paths are in training mode again, if the model is. An optimizer that was made
    meanwhile does not have these parameters, and says so at its next step: make a new one, usually
    with a smaller learning rate.

    Args:
        model: what is changed.
        *paths: as for :func:`freeze`; without any, all that is frozen.

    Raises:
        ArgumentError: a path at which nothing is.
        DTypeError: something that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2))
        >>> _ = nn.freeze(model)
        >>> nn.unfreeze(model, "layers.1")
        ['layers.1.weight', 'layers.1.bias']
    """
    modules, tensors = _named(model, "unfreeze", paths)
    training = model.training or model.frozen
    frozen = _frozen(model)
    chosen = {path: t for path, t in tensors.items() if t in frozen}
    for module in model.modules():
        module._frozen -= frozenset(chosen.values())
    for tensor in chosen.values():
        tensor.requires_grad = True
    for module in modules:
        module.frozen, module.training = False, training
    return list(chosen)


def _frozen(model: Module) -> frozenset[Tensor]:
    return frozenset[Tensor]().union(*(module._frozen for module in model.modules()))


def _named(
    model: Module, function: str, paths: tuple[str, ...]
) -> tuple[list[Module], dict[str, Tensor]]:
    """Return the modules and tensors at some of the paths, all if there are none.

    Raises:
        ArgumentError: a path at which nothing is.
        DTypeError: something that is not a module.
    """
    if not isinstance(model, Module):
        raise errors.DTypeError(f"{function} takes a module, not {errors.describe(model)}")
    modules, tensors = dict(model.named_modules()), dict(model._tensors())
    names = [name for name in [*modules, *tensors] if name]
    for path in paths:
        if not any(stands_at(name, path) for name in names):
            raise errors.ArgumentError(
                f"{function}: nothing is at {path!r}; there are {errors.listing(names)}"
            )

    def at_the_paths(name: str) -> bool:
        return not paths or any(stands_at(name, path) for path in paths)

    return (
        [module for name, module in modules.items() if at_the_paths(name)],
        {name: tensor for name, tensor in tensors.items() if at_the_paths(name)},
    )

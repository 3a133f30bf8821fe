"""What a run trains: a model, a loss that is a module too, and parameters that neither holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer


class Trained:
    """A model with all that is trained beside it.

    Args:
        model: the model.
        loss: a function, or a module, which may have parameters, buffers and a mode of its own.
        optimizer: trains what may be held by neither.
    """

    def __init__(self, model: Module, loss: Any, optimizer: Optimizer) -> None:
        self.whole = with_loss(model, loss)
        """The model, together with the loss where that is a module."""
        rest = OtherParameters(optimizer.params, self.whole)
        self.parts: dict[str, Any] = {"model": model}
        """What has a state of its own, by name."""
        if isinstance(loss, Module):
            self.parts["loss"] = loss
        if rest.found:
            self.parts["parameters"] = rest
        # Where it evaluates at a mean, that is kept as the way to it from the parameters.
        self._more = {"optimizer": optimizer} if hasattr(optimizer, "averaged") else {}

    def state_dict(self) -> dict[str, Any]:
        """Return all that predictions and costs depend on."""
        return {name: part.state_dict() for name, part in {**self.parts, **self._more}.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Bring back what ``state_dict`` returned.

        Raises:
            StateError: it is something else.
        """
        for name, part in {**self.parts, **self._more}.items():
            if name not in state:
                raise errors.StateError(f"load_state_dict: there is no {name!r} in this state")
            part.load_state_dict(state[name])


class OtherParameters:
    """The parameters of an optimizer that a module does not hold, such as a loss's temperature."""

    def __init__(self, params: Iterable[Tensor], module: Module) -> None:
        held = {id(p) for p in module.parameters()}
        self.found = [p for p in params if id(p) not in held]

    def state_dict(self) -> dict[str, Any]:
        """Return their arrays, by their place in the optimizer."""
        return {str(i): p.data for i, p in enumerate(self.found)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Give them the arrays that ``state_dict`` returned.

        Raises:
            StateError: those are of others.
        """
        given = {name: getattr(array, "shape", None) for name, array in state.items()}
        if given != {name: array.shape for name, array in self.state_dict().items()}:
            raise errors.StateError(
                "the parameters outside of the model have other shapes than those in the file"
            )
        for i, parameter in enumerate(self.found):
            parameter.assign(state[str(i)])


class Both(Module):
    """A model and the module that is its loss."""

    def __init__(self, model: Module, loss: Module) -> None:
        self.model, self.loss = model, loss


def with_loss(model: Module, loss: Any) -> Module:
    """Return a model together with its loss, where that is a module."""
    return Both(model, loss) if isinstance(loss, Module) else model

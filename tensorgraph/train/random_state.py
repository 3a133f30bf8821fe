"""The state of all random numbers that a run draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorgraph import errors
from tensorgraph.nn.module import Module
from tensorgraph.random import Generator, default_generator

__all__ = ["RandomState"]


class RandomState:
    """What a run draws next: the default generator and those that layers of a model have.

    Save it with the model, ``save(path, model=model, random=RandomState(model))``: a run that goes
    on from there then drops the same units as one that was never stopped. A layer that has no
    generator of its own draws from the default one.

    Args:
        model: whose layers may have generators as attributes, such as
            ``Dropout(p=0.5, generator=…)``.

    Raises:
        DTypeError: something that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Sequential(tg.nn.Dropout(p=0.5, generator=tg.random.Generator(1)))
        >>> random = tg.train.RandomState(model)
        >>> before = random.state_dict()
        >>> list(before)
        ['default', 'model.layers.0.generator']
        >>> first = model(tg.ones(8))
        >>> random.load_state_dict(before)
        >>> bool((model(tg.ones(8)) == first).all())
        True
    """

    def __init__(self, model: Module | None = None) -> None:
        if not (model is None or isinstance(model, Module)):
            raise errors.DTypeError(f"RandomState takes a module, not {errors.describe(model)}")
        self.model = model

    @property
    def generators(self) -> dict[str, Generator]:
        """The generators by their places in the model; one in two places has the first."""
        found = [("default", default_generator())]
        for path, module in [] if self.model is None else self.model.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, Generator):
                    found.append((".".join(filter(None, ("model", path, name))), value))
        first = {id(generator): name for name, generator in reversed(found)}
        return {name: generator for name, generator in found if first[id(generator)] == name}

    def state_dict(self) -> dict[str, Any]:
        """Return the state of every generator."""
        return {name: generator.state_dict() for name, generator in self.generators.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned; if anything does not fit, nothing is changed.

        Raises:
            StateError: other generators than these, or what is no state of one.
        """
        generators = self.generators
        if not isinstance(state, Mapping) or state.keys() != generators.keys():
            given = list(state) if isinstance(state, Mapping) else [errors.describe(state)]
            raise errors.StateError(
                f"load_state_dict: the generators are {errors.listing(list(generators))}, the state"
                f" is that of {errors.listing(given)}"
            )
        for name in generators:
            Generator(0).load_state_dict(state[name])  # raises before anything is changed
        for name, generator in generators.items():
            generator.load_state_dict(state[name])

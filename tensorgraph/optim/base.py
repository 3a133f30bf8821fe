"""What all optimizers share: parameters with names, the step, and a state that can be saved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.optim.pack import Pack, packed
from tensorgraph.state import fitting
from tensorgraph.tensor import Tensor

Rate = float | Callable[[int], float]
State = dict[str, Any]


class Optimizer:
    """A rule that turns a parameter, its gradient and a state into the next parameter and state.

    A subclass is such a rule: :meth:`start` gives the first state, and :meth:`update` is a pure
    function, written with operators and ops, in which each element is treated by itself. So it
    runs on arrays in :meth:`step`, and on tensors where a step itself is to be differentiated.

    Args:
        params: ``model.parameters()``, or ``model.named_parameters()``, whose names then stand in
            messages and in the saved state; or a list of leaf tensors.
        lr: the learning rate α; or a function of the number of steps taken before, which returns
            it: ``lr=lambda step: 0.1 / (1 + 0.01 * step)``.

    Raises:
        ArgumentError: no parameters, one of them twice, or a learning rate that is negative or
            not finite.
        GraphError: a parameter that is not a leaf, or wants no gradient.
        DTypeError: something that is not a parameter.

    Example:
        >>> import tensorgraph as tg
        >>> class SignDescent(tg.optim.Optimizer):
        ...     def update(self, param, grad, state, lr, t):
        ...         return param - lr * tg.sign(grad), state
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = SignDescent([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5 -1.5]
    """

    settings: ClassVar[tuple[str, ...]] = ("lr",)
    """Names of the attributes that are saved with the state: numbers, or tuples of them."""

    def __init__(self, params: Iterable[Any], lr: Rate) -> None:
        self._named = named_parameters(params, type(self).__name__)
        self.lr = lr
        self.steps = 0
        """How many steps were taken."""
        self.check()
        if not callable(lr):
            self.lr = float(lr)
        self._packs = packed(self._named, self.start)

    # ------------------------------------------------------------------------------------ the rule

    def start(self, param: Any) -> State:
        """Return the state before the first step; arrays in it have the shape of ``param``."""
        return {}

    def update(self, param: Any, grad: Any, state: State, lr: float, t: int) -> tuple[Any, State]:
        """Return the next parameter and state, in new arrays: those given are read-only.

        Args:
            param: the parameter, or a part of it, or of several of them.
            grad: its gradient.
            state: what :meth:`start` or the last update returned.
            lr: the learning rate of this step.
            t: which update of this parameter it is: 1 for the first.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how it updates; write"
            " def update(self, param, grad, state, lr, t): … in the class"
        )

    def check(self) -> None:
        """Raise if a setting makes no sense: when the optimizer is made, and when one is loaded.

        A subclass with settings of its own sets them before it calls ``super().__init__``, and
        checks them here after ``super().check()``.

        Raises:
            ArgumentError: a setting that makes no sense.
        """
        self._rate()

    # ------------------------------------------------------------------------------------ the step

    @property
    def params(self) -> list[Tensor]:
        """The parameters."""
        return [param for _, param in self._named]

    def step(self) -> None:
        """Update every parameter that has a gradient; the others stay as they are.

        A parameter gets a new array: graphs recorded before keep the old values. If the rule
        raises, no parameter changes; nor does the state, except of a parameter that is cut into
        blocks (of more than 131,072 numbers).

        Raises:
            ArgumentError: the learning rate is negative or not finite.
            ImmutableError: the rule changes an array that it was given.
            ShapeError: the rule returns a parameter of another shape or dtype.
        """
        lr, ready = self._rate(), self._ready()
        try:
            with np.errstate(all="ignore"):
                following = [pack.next(self.update, lr) for pack in ready]
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise errors.ImmutableError(
                f"{type(self).__name__}.update() changes an array in place ({error}); graphs"
                " recorded earlier use it: write param = param - … for param -= …, and likewise for"
                " grad and state"
            ) from error
        for pack, values in zip(ready, following, strict=True):
            pack.commit(values)
        self.steps += 1

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for _, param in self._named:
            param._grad = None

    def _ready(self) -> list[Pack]:
        """Return the packs whose parameters have gradients; others are split, or left out."""
        ready = [pack for pack in self._packs if pack.has_gradients()]
        if len(ready) < len(self._packs):
            self._packs = [part for pack in self._packs for part in pack.split()]
            ready = [pack for pack in self._packs if pack.has_gradients()]
        return ready

    def _rate(self) -> float:
        rate = self.lr(self.steps) if callable(self.lr) else self.lr
        if not (isinstance(rate, Real) and 0 <= rate < math.inf):
            source = f"lr({self.steps}) returned" if callable(self.lr) else "lr is"
            raise errors.ArgumentError(
                f"{type(self).__name__}: {source} {rate!r}; it must be a number that is finite and"
                " not negative, or a function of the step that returns one"
            )
        return float(rate)

    # ----------------------------------------------------------------------------------- the state

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return all that is needed to go on exactly from here, as a flat dict of arrays.

        ``steps`` and the settings stand under their own names, the state of a parameter under
        ``name/steps``, ``name/m`` and so on. A learning rate that is a function is not saved.

        Example:
            >>> import tensorgraph as tg
            >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
            >>> list(tg.optim.Adam([("w", w)]).state_dict())
            ['steps', 'lr', 'betas', 'eps', 'w/steps', 'w/m', 'w/v']
        """
        state = {"steps": np.array(self.steps)}
        for name in self.settings:
            value = getattr(self, name)
            if not callable(value):
                state[name] = np.array(value)
        parts: dict[str, Any] = {}
        for pack in self._packs:
            parts |= pack.state_by_name()
        for name, _ in self._named:
            state |= {f"{name}/{key}": value for key, value in parts[name].items()}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned; if anything does not fit, nothing is changed.

        A learning rate in ``state`` takes the place of a number, not of a function.

        Raises:
            StateError: names are missing or unexpected, shapes or kinds of number differ, or a
                setting makes no sense.
        """
        own = self.state_dict()
        if "lr" not in own or "lr" not in state:
            own.pop("lr", None)
            state = {name: value for name, value in state.items() if name != "lr"}
        found = fitting(own, state, type(self).__name__)
        loaded = copy(self)
        loaded.steps = int(found["steps"])
        for name in self.settings:
            if name in found:
                value = found[name].tolist()
                setattr(loaded, name, tuple(value) if isinstance(value, list) else value)
        try:
            counts = [loaded.steps, *(int(found[f"{name}/steps"]) for name, _ in self._named)]
            if min(counts) < 0:
                raise errors.ArgumentError(f"a number of steps is {min(counts)}")
            loaded.check()
        except errors.ArgumentError as error:
            raise errors.StateError(
                f"load_state_dict: the state makes no sense, nothing was loaded\n  {error}"
            ) from None
        loaded._packs = packed(self._named, self.start, found)
        vars(self).update(vars(loaded))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        params = self.params
        size = sum(param.size for param in params)
        return f"{type(self).__name__}({values})  {len(params)} parameters of {size:,} numbers"


def named_parameters(params: Iterable[Any], owner: str) -> list[tuple[str, Tensor]]:
    """Return parameters with their names: those given, or their positions.

    Raises:
        ArgumentError: there are none, or a parameter or name comes twice.
        DTypeError: something that is not a parameter.
        GraphError: a tensor that is not a leaf, or wants no gradient.
    """
    if isinstance(params, Tensor):
        raise errors.DTypeError(f"{owner} takes a list of parameters; write {owner}([w]) for one")
    if hasattr(params, "named_parameters"):
        raise errors.DTypeError(
            f"{owner} takes parameters, not a {type(params).__name__}; write"
            " model.named_parameters()"
        )
    items = list(params.items() if isinstance(params, Mapping) else params)
    named = [
        (str(item[0]), item[1]) if isinstance(item, tuple) and len(item) == 2 else (str(i), item)
        for i, item in enumerate(items)
    ]
    if not named:
        raise errors.ArgumentError(
            f"{owner} got no parameters: a model's are the tensors with requires_grad=True in its"
            " attributes (an iterator may have been used up before)"
        )
    names: set[str] = set()
    seen: dict[int, str] = {}
    for name, param in named:
        if type(param) is not Tensor:
            raise errors.DTypeError(f"{owner}: parameter {name!r} is a {type(param).__name__}")
        if not param.is_leaf:
            raise errors.GraphError(
                f"{owner}: parameter {name!r} is the result of an operation, only leaves can be"
                " updated; write tg.tensor(value, requires_grad=True)"
            )
        if not param.requires_grad:
            raise errors.GraphError(
                f"{owner}: parameter {name!r} wants no gradient; write requires_grad=True where it"
                " is made, or leave it out"
            )
        if id(param) in seen or name in names:
            raise errors.ArgumentError(
                f"{owner}: parameter {name!r} was given before, as {seen.get(id(param), name)!r}"
            )
        names.add(name)
        seen[id(param)] = name
    return named

"""What all optimizers share: parameters with names, the step, and a state that can be saved."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container, Mapping
from copy import copy, deepcopy
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import boolean
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.modes import MODE, meet, number, relied, user_level
from tensorgraph.engine.state_dict import fitting
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.optim.flat_parameters import State, packed
from tensorgraph.optim.groups import Group, Named, grouped, listed_with
from tensorgraph.optim.recorded_steps import recorded
from tensorgraph.optim.saved_groups import by_name, members, renumbered
from tensorgraph.optim.schedules.base import with_events
from tensorgraph.optim.settings import (
    Constructor,
    Rate,
    bound,
    checked,
    not_assignable,
    plain,
    rate_at,
    seems_a_setting,
    switches_of,
)
from tensorgraph.optim.whole_parameters import whole
from tensorgraph.optim.working_dtype import in_double

Rule = Callable[..., tuple[Any, State]]

_OPTIMIZED: WeakValueDictionary[int, Tensor] = WeakValueDictionary()
"""All parameters that any optimizer was given, by identity."""

_wants_gradient = attrgetter("_requires_grad")


class Optimizer:
    """A rule that turns a parameter, its gradient and a state into the next parameter and state.

    A subclass is such a rule: :meth:`start` gives the first state, and ``update`` is a pure
    function, written with operators and ops, in which each element is treated by itself:
    ``update(self, param, grad, state, t, lr, …)`` returns the next parameter and state in new
    arrays (those given are read-only). ``t`` counts the updates of the parameter from 1. What comes
    after it are the rule's settings: the constructor takes them after ``params``, under the same
    names and with the same defaults. Afterwards each is an attribute, ``optimizer.eps = 1e-6``, for
    all groups that have none of their own.

    A rule computes in single precision at least. Parameters in half are handed to it in single, in
    which their state stays, and are rounded afterwards. Where the squares of a gradient leave the
    range of single precision, its parameters are updated in double from then on, with a warning.

    Example:
        >>> import tensorgraph as tg
        >>> class SignDescent(tg.optim.Optimizer):
        ...     def update(self, param, grad, state, t, lr):
        ...         return param - lr * tg.sign(grad), state
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = SignDescent([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5 -1.5]
    """

    __signature__ = Constructor()

    elementwise = True
    """Whether the rule treats each element by itself; one that does not is given parameters one by
    one, in their shapes, and may keep a state of other shapes."""

    _follows = frozenset(("steps", "_updated", "_others"))
    """What every step counts, or keeps for the next one."""

    def __init__(
        self,
        params: Any = None,
        *values: Any,
        maximize: bool = False,
        differentiable: bool = False,
        **settings: Any,
    ) -> None:
        """Take parameters, and the settings of the rule, in their order or by name.

        Args:
            params: ``model.parameters()``, or ``model.named_parameters()``, which is the same: the
                model's paths stand in messages and in the saved state; or a list of leaf tensors,
                which are numbered; or a list of groups, ``[{"params": …, "lr": 0.01}, {"params":
                …}]``, each with settings of its own (see also :func:`path_groups` and
                :func:`decay_groups`).
            *values: settings without a name.
            maximize: step along the gradient, uphill; what the rule is given is −g.
            differentiable: record every step, so that what comes after can be differentiated by
                all that went before: learning rate, other settings, initial values. The parameters
                are then results, not leaves; ``cost.backward(create_graph=True)`` still gives them
                gradients (and also the learning rate, through earlier steps: take the gradient that
                counts by ``tg.grad`` or ``tg.gradients``).
            **settings: those with a name. In every rule that has it,

                lr is α, the learning rate: a number, or a function of the number of steps taken
                before, such as ``lambda step: 0.1 / (1 + 0.01 * step)`` or ``optim.schedules``;
                beta is β, how much of a running mean or sum a step keeps; betas are β₁ and β₂;
                eps is ε, which bounds the step where gradients are near 0; without it, where their
                squares are 0 there is next to none;
                weight_decay is λ: beside its step along the gradient, θ shrinks by α·λ·θ;
                l2 is λ₂: the gradient is g + λ₂·θ, as of a cost with the penalty λ₂/2·‖θ‖², which
                is what PyTorch and Keras call weight decay in rules other than AdamW.

        Raises:
            ArgumentError: no parameters, one of them twice; or a setting that is missing, unknown
                or makes no sense.
            GraphError: a parameter that is not a leaf, or wants no gradient.
            DTypeError: something that is not a parameter.
        """
        owner = type(self).__name__
        settings = bound(type(self), values, settings)
        self._differentiable = differentiable
        self.maximize = boolean(maximize, f"{owner}: maximize")
        """Whether steps go uphill."""
        self.steps = 0
        """How many steps were taken."""
        self.defaults = {name: checked(owner, name, value) for name, value in settings.items()}
        """The settings of all groups that have none of their own."""
        self.groups, self._models = grouped(params, owner, self.defaults, differentiable)
        self._left_out: list[Tensor] = []
        if not self._models:
            self._models, self._left_out = listed_with(self.params)
        for group in self.groups:
            group.check_eps()
        self._pack()
        self._was_idle = False
        self._updated = 0  # how many parameters the last step updated
        self._others: list[Tensor] = []  # the models' tensors that wanted no gradient then
        self._register()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what copies and pickles keep; the parameters of a copy are others."""
        vars(self).update(state)
        self._register()

    def _register(self) -> None:
        _OPTIMIZED.update((id(param), param) for param in self.params)

    # ------------------------------------------------------------------------------------ the rule

    def start(self, param: Any) -> State:
        """Return the state before the first step; arrays in it have the shape of ``param``.

        Settings that switch a part of the state on are taken after ``param``, off by default:
        ``def start(self, param, momentum=0.0)``.

        Example:
            >>> import numpy as np
            >>> import tensorgraph as tg
            >>> class Momentum(tg.optim.Optimizer):
            ...     def start(self, param):
            ...         return {"v": np.zeros_like(param)}
            ...     def update(self, param, grad, state, t, lr, beta=0.9):
            ...         v = beta * state["v"] + grad
            ...         return param - lr * v, {"v": v}
            >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
            >>> print(Momentum([w], lr=0.5).state_dict()["0/v"])
            [0. 0.]
        """
        return {}

    def _no_update(self, *args: Any, **settings: Any) -> tuple[Any, State]:
        raise NotImplementedError(
            f"{type(self).__name__} does not say how it updates; write"
            " def update(self, param, grad, state, t, lr): … in the class"
        )

    update: Rule = _no_update

    # ------------------------------------------------------------------------------------ the step

    @property
    def named(self) -> Named:
        """The parameters with their names."""
        return [pair for group in self.groups for pair in group.named]

    @property
    def params(self) -> list[Tensor]:
        """The parameters."""
        return [param for _, param in self.named]

    @property
    def lr(self) -> Rate:
        """The learning rate, for all groups that have none of their own."""
        rate: Rate = self.defaults["lr"]
        return rate

    @lr.setter
    def lr(self, value: Rate) -> None:
        self._set("lr", value)

    @property
    def differentiable(self) -> bool:
        """Whether every step is recorded; that is chosen when the optimizer is made."""
        return self._differentiable

    @differentiable.setter
    def differentiable(self, value: bool) -> None:
        owner = type(self).__name__
        raise errors.ArgumentTypeError(
            f"{owner}: differentiable is not changed afterwards; write"
            f" {owner}(params, …, differentiable={value!r})"
        )

    def _set(self, name: str, value: Any) -> None:
        if name not in self.defaults:
            raise not_assignable(type(self).__name__, name, value, self.defaults)
        self.defaults[name] = checked(type(self).__name__, name, value)

    def current_lr(self, group: Group | None = None) -> float:
        """Return the learning rate of the next step as a number: what a schedule says now.

        Args:
            group: one of ``groups``; without it, the rate of all that have none of their own.

        Raises:
            ArgumentError: the learning rate is a function that returned no such thing.

        Example:
            >>> import tensorgraph as tg
            >>> w = tg.tensor([1.0], requires_grad=True)
            >>> optimizer = tg.optim.SGD([w], lr=lambda step: 0.5 / (1 + step))
            >>> (w * w).sum().backward()
            >>> optimizer.step()
            >>> optimizer.current_lr()
            0.25
        """
        meet(self)
        rate: float = number("lr", self, partial(self._rate_now, group))
        return rate

    def _rate_now(self, group: Group | None, step: int) -> float:
        rate = self.lr if group is None else group["lr"]
        # A copy is asked: of a rate set by hand, the one that is asked takes this for the step.
        asked = deepcopy(rate) if callable(rate) else rate
        return float(plain(rate_at(type(self).__name__, asked, step)))

    @with_leads
    def step(self) -> None:
        """Update every parameter that has a gradient; the others stay as they are.

        A parameter gets a new array: graphs recorded before keep the old values. If anything
        raises, no parameter changes; nor does the state, except where a rule itself raises midway
        through a parameter that is cut into blocks (of more than 131,072 numbers).

        Raises:
            AnomalyError: a gradient is not finite; or so large that what the rule makes of it is
                not, in double precision.
            ArgumentError: the learning rate is a function that returned no such thing.
            ImmutableError: the rule changes an array that it was given.
            ShapeError: the rule returns a parameter of another shape or dtype.
        """
        meet(self, *self.groups)
        work = []
        for group in self.groups:
            settings = self._settings_of(group)
            self._switch(group, settings)
            update = partial(self.update, **settings)
            if self.maximize:
                update = partial(_uphill, update)
            work += [(pack, update) for pack in group.ready()]
        updated = sum(len(pack.params) for pack, _ in work)
        if not updated:
            self._warn_of_idle_step()
        if updated != self._updated or any(map(_wants_gradient, self._others)):
            self._warn_of_others()  # at the first step, and if layers were replaced or unfrozen
            self._updated = updated
            self._others = [buffer for model in self._models for buffer in model.buffers()]
        try:
            following = _following(work)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise errors.ImmutableError(
                f"{type(self).__name__}.update() changes an array in place ({error}); graphs"
                " recorded earlier use it: write param = param - … for param -= …, and likewise for"
                " grad and state"
            ) from error
        for (pack, _), values in zip(work, following, strict=True):
            pack.commit(values)
        self.steps += 1

    def _settings_of(self, group: Group) -> dict[str, Any]:
        """Return a group's settings for the next step."""
        if MODE.get().observer is None:
            return group.settings(self.steps)
        relied(self, groups=[*self.groups], maximize=self.maximize)
        return group.observed_settings(self)

    @with_leads
    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        if MODE.get().observer is not None:
            meet(*self.params)
        for group in self.groups:
            for _, param in group.named:
                param._grad = None

    def _warn_of_idle_step(self) -> None:
        """Warn once that no parameter has a gradient."""
        if not self._was_idle:
            self._was_idle = True
            warnings.warn(
                f"{type(self).__name__}.step(): none of its {len(self.params)} parameters has a"
                " gradient, so nothing changes; write cost.backward() before it, and make the"
                " optimizer of the model that is trained: a copy of one has its own parameters",
                errors.UsageWarning,
                stacklevel=user_level(),
            )

    def _warn_of_others(self) -> None:
        """Warn of a parameter of the model that has a gradient, but is in no optimizer."""
        left_out = set(map(id, self._left_out))
        for model in self._models:
            for path, param in model.named_parameters():
                known = id(param) in _OPTIMIZED or id(param) in left_out
                if param._grad is not None and not known:
                    warnings.warn(
                        f"{type(self).__name__}: {path!r} of {type(model).__name__} has a gradient,"
                        " but no optimizer was given it, so it stays as it is; make the optimizer"
                        " when the model is complete, and a new one after nn.unfreeze, or write"
                        " requires_grad=False where the parameter is made",
                        errors.UsageWarning,
                        stacklevel=user_level(),
                    )

    def _pack(self, saved: Mapping[str, Any] | None = None) -> None:
        pack: Any = recorded if self._differentiable else packed if self.elementwise else whole
        for group in self.groups:
            group.packs = [*pack(group.named, partial(self.begun, group), saved)]
            group.switched = self._switches(group)

    def begun(self, group: Group, param: Any) -> State:
        """Return what ``start`` makes under the settings of a group, as arrays."""
        state = self.start(param, **self._switches(group))
        return {key: value.data if type(value) is Tensor else value for key, value in state.items()}

    def _switches(self, group: Group) -> dict[str, Any]:
        """Return the settings of a group that switch parts of its state on."""
        kind: type = type(self)
        switches = switches_of(kind)
        return {name: plain(group[name]) for name in switches if name in self.defaults}

    def _switch(self, group: Group, settings: Mapping[str, Any]) -> None:
        """Begin the parts of a group's state that were switched on, and forget the others."""
        for name, value in group.switched.items():
            if plain(settings[name]) != value:
                for pack in group.packs:
                    pack.begin_by(partial(self.begun, group))
                group.switched = self._switches(group)
                return

    # ----------------------------------------------------------------------------------- the state

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return all that is needed to go on exactly from here, as a flat dict of arrays.

        ``steps`` and the settings stand under their own names, those of a group alone under
        ``groups/1/lr``, the state of a parameter under ``name/steps``, ``name/m`` and so on. Where
        there are groups, ``groups/1/params/name`` is the shape of a parameter in one. Of a learning
        rate that is a function, its ``events`` are saved if it has some, as
        :class:`schedules.Manual` has, and those of the schedules that it is made of.

        Example:
            >>> import tensorgraph as tg
            >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
            >>> list(tg.optim.Lion([("w", w)]).state_dict())
            ['steps', 'lr', 'betas', 'weight_decay', 'w/steps', 'w/m']
        """
        return {**self._values(), **members(self.groups)}

    def _values(self) -> dict[str, NDArray[Any]]:
        """Return the state without the members of groups."""
        state = {"steps": np.array(self.steps)}
        for key, settings, name in self._settings():
            value = settings[name]
            if not callable(value):
                state[key] = np.array(value)
            else:
                told = with_events(value, key)
                state |= {at: np.array(rate.events) for at, rate in told.items()}
        parts: dict[str, Any] = {}
        for group in self.groups:
            self._switch(group, group.constants())
            for pack in group.packs:
                parts |= pack.state_by_name()
        for name, _ in self.named:
            state |= {f"{name}/{key}": value for key, value in parts[name].items()}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned; if anything does not fit, nothing is changed.

        Groups are told by the names of their parameters, in whatever order they were given. A state
        whose parameters are numbered, as those of a list are, is taken in the order of these.
        A learning rate in ``state`` takes the place of a number, not of a function, but for the
        ``events`` of one. A setting that is a leaf tensor stays one and gets the value; one that is
        switched off, as by 0, and that the state does not know stays so.

        Raises:
            StateError: names are missing or unexpected, shapes or kinds of number differ, groups
                hold other parameters, or a setting makes no sense.
        """
        owner, own = type(self).__name__, self._values()
        if not isinstance(state, Mapping):
            fitting(own, state, owner)  # says what it expected
        given = renumbered(self.groups, by_name(self.named, state))
        own |= in_double(own, given)
        events = {}
        places = self._settings(given)
        for key, settings, name in places:
            if name not in settings:  # the group had none of its own so far
                own[key] = np.asarray(given[key])
            if name == "lr" and not (key in own and key in given):
                own.pop(key, None)
                given.pop(key, None)
            if key not in given and not settings[name]:  # off, and unknown to whoever saved it
                own.pop(key, None)
            for at, rate in with_events(settings.get(name), key).items():
                if own.pop(at, None) is not None and at in given:
                    events[at] = rate, given.pop(at)
        found = fitting(own, given, owner)
        try:
            counts = [int(found["steps"]), *(int(found[f"{name}/steps"]) for name, _ in self.named)]
            if min(counts) < 0:
                raise errors.ArgumentError(f"a number of steps is {min(counts)}")
            changes = [
                (settings, name, checked(owner, name, _from_array(found[key])))
                for key, settings, name in places
                if key in found
            ]
            for rate, value in events.values():
                copy(rate).events = value  # raises before anything is changed
        except errors.ArgumentError as error:
            raise errors.StateError(
                f"load_state_dict: the state makes no sense, nothing was loaded\n  {error}"
            ) from None
        for settings, name, value in changes:
            settings[name] = _restored(settings.get(name), value)
        for rate, value in events.values():
            rate.events = value
        for _, settings, name in places if events else ():
            if callable(rate := settings.get(name)):
                rate(max(counts[0] - 1, 0))  # so far it was asked: what is set holds from here on
        self.steps = counts[0]
        self._pack(found)

    def _settings(self, given: Container[str] = ()) -> list[tuple[str, dict[str, Any], str]]:
        """Return, for each setting, its key in the state, the dict that holds it, and its name.

        Of a group's settings those count that are its own, or that have a key in ``given``.
        """
        found = [(name, self.defaults, name) for name in self.defaults]
        for i, group in enumerate(self.groups):
            keys = {name: f"groups/{i}/{name}" for name in self.defaults}
            found += [
                (key, group.own, name)
                for name, key in keys.items()
                if name in group.own or key in given
            ]
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            settings = vars(self).get("defaults", ())
            return settings[name] if name in settings else missing_from_object(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in vars(self) or hasattr(type(self), name):
                object.__setattr__(self, name, value)
            elif self._is_setting(name, value):
                self._set(name, value)
            else:
                object.__setattr__(self, name, value)

        def _is_setting(self, name: str, value: Any) -> bool:
            """Return whether an attribute is a setting, or would be taken for one.

            A rule with a constructor of its own may keep under other names what it likes.
            """
            settings = vars(self).get("defaults")
            if settings is None or name.startswith("_"):
                return False
            if name in settings or type(self).__init__ is not Optimizer.__init__:
                return name in settings
            return seems_a_setting(type(self).__name__, name, value, settings)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.defaults.items())
        head = f"{type(self).__name__}({values})"
        if len(self.groups) == 1 and not self.groups[0].own:
            return f"{head}  {self.groups[0]!r}"
        lines = [f"  groups[{i}]  {group!r}" for i, group in enumerate(self.groups)]
        return "\n".join([head, *lines])


def _uphill(update: Rule, param: Any, grad: Any, state: State, t: int) -> tuple[Any, State]:
    """Return what a rule makes of the gradient of minus the cost."""
    return update(param, -grad, state, t)


@quiet
def _following(work: list[tuple[Any, Any]]) -> list[Any]:
    """Return what each pack is to hold next; nothing is changed yet.

    All gradients are looked at before any state advances. Where one is so large that what is made
    of it may be refused, the states are kept until then.
    """
    gradients = [pack.gradients() for pack, _ in work]
    before = [pack.kept() for pack, _ in work] if any(pack.huge for pack, _ in work) else []
    try:
        return [p.next(update, g) for (p, update), g in zip(work, gradients, strict=True)]
    except errors.AnomalyError:
        for (pack, _), kept in zip(work, before, strict=False):
            pack.restore(kept)
        raise


def _restored(present: Any, value: Any) -> Any:
    """Return what takes the place of a setting: a leaf stays and gets the value."""
    if type(present) is Tensor and present.is_leaf:
        return present.assign(value)
    return value


def _from_array(value: NDArray[Any]) -> Any:
    """Return a saved setting: a number, or a tuple of numbers."""
    plain = value.tolist()
    return tuple(plain) if isinstance(plain, list) else plain

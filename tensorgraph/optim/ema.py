"""The mean of a model's weights over training, to be evaluated and saved in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.engine.arrays import placed, to_host
from tensorgraph.engine.state_dict import fitting
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.optim.averaged import swapped
from tensorgraph.optim.groups import check_parameters, named_parameters
from tensorgraph.optim.working_dtype import converted, working_dtype

_share = partial(number, least=0, most=1)


class EMA:
    """The exponential moving average of parameters: θ̄ ← d θ̄ + (1 − d) θ after each step.

    (Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging", with weights
    that decay.) θ̄ is θ at first. It is kept in single precision at least. With a d that grows,
    ``decay=lambda t: t / (t + 1)``, t counting the updates from 0, it is the plain mean of all θ,
    as in stochastic weight averaging (Izmailov et al. 2018); ``lambda t: min(0.999, (1 + t) / (10 +
    t))`` forgets the beginning sooner. Buffers, such as a batch norm's statistics, are not
    averaged.

    In ``tg.train.fit`` it is a step callback, and is saved with a checkpoint:
    ``step_callbacks=[ema]``.

    Args:
        params: ``model.parameters()`` or the like, as for an optimizer.
        decay: d, or a function of the number of updates so far.

    Raises:
        ArgumentError, DTypeError, GraphError: as for an optimizer's parameters; or a decay outside
            [0, 1].

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([0.0], requires_grad=True)
        >>> ema = tg.optim.EMA([w], decay=0.75)
        >>> w.assign([4.0])
        tensor([4.], requires_grad=True)
        >>> ema.update()
        >>> with ema.averaged():
        ...     print(w)
        [1.]
        >>> print(w)
        [4.]
    """

    @with_leads
    def __init__(self, params: Any, decay: float | Callable[[int], float] = 0.999) -> None:
        self._named = named_parameters(params, "EMA")
        check_parameters(self._named, "EMA")
        self.decay = decay if callable(decay) else _share(decay, "EMA: decay")
        """d, or a function of the number of updates so far."""
        self.updates = 0
        """How many updates there were."""
        self._means = {
            name: np.copy(converted(param._data, working_dtype(param.dtype)))
            for name, param in self._named
        }

    @with_leads
    def update(self) -> None:
        """Take the parameters into the mean, after a step.

        Raises:
            ArgumentError: the decay is a function that returned no number of [0, 1].
        """
        decay = self.decay
        if callable(decay):
            decay = _share(decay(self.updates), f"EMA: decay({self.updates})")
        for name, param in self._named:
            mean = self._means[name]
            self._means[name] = mean + (1 - decay) * (converted(param._data, mean.dtype) - mean)
        self.updates += 1

    def __call__(self, run: Any) -> None:
        """Take the parameters into the mean, as a step callback of ``tg.train.fit``."""
        self.update()

    def averaged(self) -> AbstractContextManager[None]:
        """Return a block in which the parameters are their mean, for evaluation and for saving."""
        return swapped(
            [(param, self._means[name]) for name, param in self._named], "EMA.averaged()"
        )

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return the number of updates, and the mean of each parameter under its name."""
        means = {name: np.array(to_host(mean)) for name, mean in self._means.items()}
        return {"updates": np.array(self.updates), **means}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned; if it does not fit, nothing is changed.

        Raises:
            StateError: names are missing or unexpected, or shapes differ.
        """
        found = fitting(self.state_dict(), state, "EMA")
        if found["updates"] < 0:
            raise errors.StateError(f"load_state_dict: a number of updates is {found['updates']}")
        self.updates = int(found["updates"])
        self._means = {name: placed(found[name], mean) for name, mean in self._means.items()}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __repr__(self) -> str:
        return f"EMA(decay={self.decay!r})  {len(self._named)} parameters, {self.updates} updates"

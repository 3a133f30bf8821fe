"""Where weights have been while they were trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tensorgraph.arguments import whole
from tensorgraph.diagnose.weights import State, Weights
from tensorgraph.leads.calls import with_leads

__all__ = ["TrainingPath"]


class TrainingPath(Sequence[State]):
    """The states that weights went through: the first one as it is made, others as it is called.

    It is a callback of :func:`tg.train.fit`: ``step_callbacks=[path]`` records each step,
    ``callbacks=[path]`` each epoch. In a loop of your own call ``path()`` after each step.
    :func:`cost_surface` draws it.

    Args:
        model: the model, or a dict of tensors by name; it is never changed.
        every: record one call of so many.

    Raises:
        DTypeError: it is no model and no dict of tensors.

    Example:
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.moons(100)
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 4), tg.nn.Tanh(), tg.nn.Linear(4, 2))
        >>> path = tg.diagnose.TrainingPath(model)
        >>> loss, optimizer = tg.nn.losses.cross_entropy, tg.optim.Adam(model.parameters())
        >>> history = tg.train.fit(
        ...     model, loss, optimizer, (X, y), epochs=5, callbacks=[path], progress=False)
        >>> len(path), list(path[0])[0]
        (6, 'layers.0.weight')
    """

    @with_leads
    def __init__(self, model: Any, every: int = 1) -> None:
        self.model = model
        self.every = whole(every, "TrainingPath: every", 1)
        self.calls = 0
        """How often it was called."""
        self._states: list[State] = []
        self.record()

    def record(self) -> None:
        """Add the state that the weights are in."""
        weights = Weights("TrainingPath", self.model)
        self._states.append({name: value.copy() for name, value in weights.start.items()})

    def __call__(self, run: Any = None) -> None:
        """Record one call of ``every``; the run that ``fit`` hands over is not looked at."""
        self.calls += 1
        if self.calls % self.every == 0:
            self.record()

    def __len__(self) -> int:
        return len(self._states)

    def __getitem__(self, index: Any) -> Any:
        return self._states[index]

    def __iter__(self) -> Iterator[State]:
        return iter(self._states)

    def __repr__(self) -> str:
        return f"<TrainingPath of {len(self)} states>"

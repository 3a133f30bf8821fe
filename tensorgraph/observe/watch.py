"""Norms of activations and gradients, layer by layer and step by step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.tensor import Tensor


@runtime_checkable
class Watchable(Protocol):
    """What a watch needs of a model: ``nn.Module`` has it, and stands above this room."""

    def named_modules(self) -> Sequence[tuple[str, Watchable]]:
        """Return the model, whose path is empty, and all modules in it with their paths."""

    def named_parameters(self) -> Sequence[tuple[str, Tensor]]:
        """Return the parameters with their paths."""


class Watch:
    """Records how large the activations and gradients of a model's layers are.

    Each ``with`` block of a forward and a backward pass is one step. In a deep network the norms
    shrink or grow from layer to layer by a factor, so that after many layers nothing, or only
    infinity, is left: vanishing and exploding gradients (Deep Learning Specialization, course 2,
    week 1). ``tg.render(watch)`` shows them at a glance.

    Attributes:
        activations: by the path of each module that called no other, the root mean square of all
            that its calls in the step put out.
        gradients: by the path of each module with parameters of its own, the 2-norm of their
            gradients together, as the block leaves them.

    Both hold one number for each step; it is NaN where a layer was not called or has no gradient.

    Args:
        model: the model to watch. It is changed only inside the blocks.
        explain: :func:`tg.explain <tensorgraph.explain>`, to warn where a layer has no gradient, or
            one that is 0, NaN or a tiny part of the largest: once for each layer and cause, with
            what it finds if the loss is still there as the block ends.

    Raises:
        DTypeError: ``model`` is no module; or ``explain`` no function.

    Example:
        >>> import tensorgraph as tg
        >>> ones = tg.nn.init.constant(1.0)
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 2, init=ones), tg.nn.ReLU())
        >>> watch = tg.nn.Watch(model)
        >>> for x in [[1.0, 1.0]], [[3.0, 4.0]]:
        ...     with watch:
        ...         model(tg.tensor(x)).sum().backward()
        ...     model.zero_grad()
        >>> watch.activations
        {'layers.0': [2.0, 7.0], 'layers.1': [2.0, 7.0]}
        >>> watch.gradients
        {'layers.0': [2.449..., 7.211...]}
    """

    activations: dict[str, list[float]]
    gradients: dict[str, list[float]]

    def __init__(self, model: Watchable, explain: Callable[[Any], Any] | None = None) -> None:
        if isinstance(model, type) or not isinstance(model, Watchable):
            raise errors.DTypeError(
                f"nn.Watch watches a module, not {errors.describe(model)}; write nn.Watch(model)"
            )
        if explain is not None and not callable(explain):
            raise errors.DTypeError(
                "nn.Watch: explain is a function that explains gradients, not"
                f" {errors.describe(explain)}; write nn.Watch(model, explain=tg.explain)"
            )
        self.model = model
        self.activations, self.gradients = {}, {}
        self.steps = 0
        """The number of blocks that ended without an exception."""
        self._sizes: dict[str, _Size] = {}
        self._last: dict[str, Any] = {}
        """By the path of each parameter, in which step each of its rows had a gradient last."""
        self._explain = explain
        self._warned: set[Any] = set()

    def __enter__(self) -> Watch:
        if self._sizes:
            raise errors.StateError(
                "nn.Watch: the block of this watch is entered inside itself; make a nn.Watch(model)"
                " of its own for an inner block"
            )
        module: Any
        for path, module in self.model.named_modules():
            size = self._sizes[path] = _Size(module)
            module.forward = size.measured(module.forward)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        sizes, self._sizes = self._sizes, {}
        for size in sizes.values():
            size.restore()
        if kind is None:
            called = {path: size for path, size in sizes.items() if size.called}
            around = {above for path in called for above in _around(path)}
            norms = {p: size.root_mean_square for p, size in called.items() if p not in around}
            self._add(self.activations, norms)
            self._add(self.gradients, _gradient_norms(self.model))
            self.steps += 1
            self._note_rows()
            if self._explain is not None:
                self._warn(self._explain)

    def silent_since(self, parameter: Tensor) -> str:
        """Return in words since which step rows of a parameter have no gradient; or nothing."""
        path = next((p for p, t in self.model.named_parameters() if t is parameter), "")
        last = self._last.get(path)
        if last is None or not (silent := np.flatnonzero(last < self.steps)).size:
            return ""
        told = []
        for step in np.unique(last[silent]).tolist()[:3]:
            rows = np.flatnonzero(last == step)
            shown = ", ".join(map(str, rows[:8].tolist())) + ", ..." * (rows.size > 8)
            many = f"all {rows.size} rows" if rows.size == last.size else f"rows {shown}"
            told.append(f"{many} last in step {step}" if step else f"{many} in none")
        return (
            f"of {self.steps} steps that were watched, {path} had a gradient in {'; '.join(told)}"
        )

    def _note_rows(self) -> None:
        for path, parameter in self.model.named_parameters():
            rows = parameter.shape[0] if parameter.ndim else 1
            last = self._last.get(path)
            if last is None or last.size != rows:
                last = self._last[path] = np.zeros(rows, np.int64)
            if parameter.grad is not None and parameter.size:
                last[to_host(parameter.grad.data).reshape(rows, -1).any(axis=1)] = self.steps

    def _warn(self, explain: Callable[[Any], Any]) -> None:
        """Warn of layers whose gradient is new among those that get training nowhere."""
        sick = {(path, why) for path, why in _sick(self.gradients).items()} - self._warned
        self._warned |= sick
        if not sick:
            return
        for text in explain(self.model).warnings(self._warned):
            warnings.warn(
                f"nn.Watch: step {self.steps}: {text}", errors.GradientWarning, user_level()
            )

    def _add(self, columns: dict[str, list[float]], values: dict[str, float]) -> None:
        """Give every column its value of this step; a layer may be new, or gone."""
        for path in values:
            columns.setdefault(path or "model", [math.nan] * self.steps)
        for path, column in columns.items():
            column.append(values.get("" if path == "model" else path, math.nan))

    def __repr__(self) -> str:
        return f"<Watch of {type(self.model).__name__}, {self.steps} steps>"


class _Size:
    """The root mean square of all outputs of one module in a step."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._own = vars(module).get("forward")  # a user may have set one
        self._squares, self._count = 0.0, 0
        self.called = False

    def measured(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            self.called = True
            output = forward(*args, **kwargs)
            for part in flatten(output)[0]:
                if type(part) is Tensor:
                    self._squares += _sum_of_squares(part.data)
                    self._count += part.size
            return output

        return run

    def restore(self) -> None:
        if self._own is None:
            del self._module.forward
        else:
            self._module.forward = self._own

    @property
    def root_mean_square(self) -> float:
        return math.sqrt(self._squares / self._count) if self._count else math.nan


FADED = 1e-4
"""A layer whose gradient is this small a part of the largest layer's learns next to nothing."""


def _sick(gradients: dict[str, list[float]]) -> dict[str, str]:
    """Return for each layer in a word what is the matter with its last norm, if anything is."""
    last = {path: norms[-1] for path, norms in gradients.items()}
    largest = max((norm for norm in last.values() if math.isfinite(norm)), default=0.0)
    found = {}
    for path, norm in last.items():
        if not math.isfinite(norm):
            found[path] = "none or not finite"
        elif norm < FADED * largest or norm == 0:
            found[path] = "tiny" if norm else "zero"
    return found


def _around(path: str) -> list[str]:
    """Return the paths of the modules around one: of ``a.b.c``, ``a.b``, ``a`` and the root."""
    steps = path.split(".") if path else []
    return [".".join(steps[:k]) for k in range(len(steps))]


def _gradient_norms(model: Watchable) -> dict[str, float]:
    squares: dict[str, list[float]] = {}
    for path, parameter in model.named_parameters():
        of_layer = squares.setdefault(path.rpartition(".")[0], [])
        if parameter.grad is not None:
            of_layer.append(_sum_of_squares(parameter.grad.data))
    return {path: math.sqrt(sum(s)) if s else math.nan for path, s in squares.items()}


def _sum_of_squares(array: Any) -> float:
    flat = array.ravel()
    # In float64: squares of exploding and of vanishing float32 values leave its range.
    return float(np.einsum("i,i->", flat, flat, dtype=np.float64))

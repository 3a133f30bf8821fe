"""Whether an optimizer has a parameter."""

from __future__ import annotations

from dataclasses import replace

from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.teacher.explaining.explanation import HEALTHY, Cause, Explanation


def with_optimizer(
    explanation: Explanation, x: Tensor, optimizer: Optimizer, model: Module | None
) -> Explanation:
    """Return an explanation which also says that an optimizer lacks a parameter, if it does."""
    if any(x is param for param in optimizer.params) or x.node is not None or not x.requires_grad:
        return explanation
    owner = type(optimizer).__name__
    kind, text = "not optimized", f"it is not among the {_count(optimizer)} of {owner}"
    others = [
        (name, param) for group in optimizer.groups for name, param in group.named
        if param.shape == x.shape and not _is_in(model, param)
    ]  # fmt: skip
    same = [name for name, _ in others if name == explanation.name]
    if model is not None and (same or len(others) == 1):
        kind = "replaced"
        text += (
            ": it has another tensor of that shape, which is not in the model; the parameter was"
            " replaced after the optimizer was made, or the model is a copy"
        )
    cause = Cause(
        kind, f"{text}: no step changes it",
        f"optimizer = {owner}(model.parameters(), ...) after the model is as it will be trained",
    )  # fmt: skip
    verdict = "not optimized" if explanation.verdict == HEALTHY else explanation.verdict
    return replace(explanation, verdict=verdict, causes=(*explanation.causes, cause))


def _is_in(model: Module | None, x: Tensor) -> bool:
    return model is not None and any(x is t for _, t in model._tensors())


def _count(optimizer: Optimizer) -> str:
    count = len(optimizer.params)
    return f"{count} parameter{'s' if count != 1 else ''}"

"""What is to be said of a gradient where no loss is there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.teacher.explaining.alive import Alive
from tensorgraph.teacher.explaining.explanation import HEALTHY, Cause, Explanation
from tensorgraph.teacher.explaining.losses import Loss
from tensorgraph.teacher.explaining.lost import exits, frozen_path
from tensorgraph.teacher.explaining.run_again import rms
from tensorgraph.teacher.explaining.units import listed, zero_slices


def by_what_is_there(x: Tensor, name: str, model: Module | None, alive: Alive) -> Explanation:
    """Return what ``.grad`` alone tells, and how to learn more."""
    ask = f"tg.explain({name if name.isidentifier() else 'model' if model else 'x'}, loss)"
    if x._grad is None:
        causes = tuple(_why_none(x, name, model, alive, ask))
        return Explanation(name, x.shape, "none", f"{name}: .grad is None", causes, (), np.nan)
    g = np.asarray(to_host(x._grad._data))
    size, zeros = rms(g), float(np.mean(g == 0)) if g.size else 0.0
    more = f"the loss it is of is gone, so that the reason cannot be found: {ask} says why"
    if not np.isfinite(g).all():
        verdict, text = "not finite", "the gradient is NaN or infinite"
    elif zeros == 1:
        verdict, text = "zero", f"the gradient is 0 in all {g.size:,} elements"
    elif (slices := zero_slices(g == 0)) is not None:
        axis, which = slices
        verdict = "partly zero"
        many = f"{len(which)} of {g.shape[axis]} places along axis {axis}"
        text = f"the gradient is 0 at {many} ({listed(which)})"
    else:
        verdict, text, more = HEALTHY, f"the gradient has the root mean square {size:.3g}", ""
    notes = (more,) if more else ()
    return Explanation(name, x.shape, verdict, f"{name}: {text}", (), notes, size, zeros)


def _why_none(
    x: Tensor, name: str, model: Module | None, alive: Alive, ask: str
) -> Iterator[Cause]:
    path = frozen_path(model, x)
    if path is not None:
        yield Cause("frozen", "it was frozen by nn.freeze", f"nn.unfreeze(model, {path!r})")
    elif not x.requires_grad and x.dtype.kind != "f":
        yield Cause("integers", f"{name} is {x.dtype}: only floating-point tensors have gradients")
    elif not x.requires_grad:
        yield Cause("frozen", "its requires_grad is False", "requires_grad=True where it is made")
    else:
        used = alive.computed_from([place_of(x)])
        text = (
            "no loss that was computed from it is there: backward() was not called since it was"
            " made, or since zero_grad(); or the loss does not depend on it"
        )
        if used:
            text += f". {used[-1].op.name} of shape {used[-1].shape} was computed from it last"
        yield Cause("no loss", text, f"{ask}, with the loss, or with a function that computes it")


def unrecorded(number: int, x: Tensor, name: str, loss: Loss) -> Explanation:
    """Return why no gradient flows from a loss of which nothing was recorded.

    Args:
        number: which it is of the tensors that are asked about.
        x: the tensor.
        name: what it is called.
        loss: the loss.
    """
    if loss.tensor is x and x.requires_grad:
        return Explanation(name, x.shape, HEALTHY, f"{name}: it is the loss itself", size=1.0)
    causes = list(exits(x, name, number, loss, []))
    if not causes:
        causes = [
            Cause(
                "no graph",
                "nothing was recorded of how this loss was computed: nothing in it wants a"
                " gradient, or it was computed under tg.no_grad(), or made of an array or a number",
                "requires_grad=True where parameters are made; or, to see the lines, tg.explain(x,"
                " lambda: ...) with the computation of the loss",
            )
        ]
    summary = f"{name}: no gradient flows to it from the loss"
    return Explanation(name, x.shape, "none", summary, tuple(causes), (), np.nan)

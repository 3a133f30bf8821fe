"""Adafactor: the mean of squares of a matrix, kept as that of its rows and of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.reduce import mean
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed
from tensorgraph.optim.square_root import nonzero, root


class Adafactor(Optimizer):
    """Steps in units of the root mean square, of which a matrix keeps only its rows' and columns'.

        c = t^(−decay)
        rows ← rows + c (mean over columns of g² − rows),  columns likewise
        V = rows · columns / mean(rows)        of less than two axes: V ← V + c (g² − V)
        U = g / max(√V, ε)
        θ ← (1 − α·λ) θ − min(α, 1/√t) · max(RMS(θ), least_scale) · U / max(1, RMS(U) / clip)

    (Shazeer & Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost",
    algorithms 4 and 5, in the form of PyTorch, whose eps is (ε, least_scale), beta2_decay −decay
    and d clip.) Steps are shares of the parameter's own size. Of an array with more than two axes
    the last two are rows and columns.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> w = tg.ones((300, 200), requires_grad=True)
        >>> optimizer = tg.optim.Adafactor([w])
        >>> sum(array.size for array in optimizer.state_dict().values()) < 600
        True
        >>> w.grad = np.ones((300, 200))
        >>> optimizer.step()
        >>> print(f"{w.mean():.2f}")
        0.99
    """

    elementwise = False

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.01,
            decay: Number = 0.8,
            eps: Number = 1e-07,
            least_scale: Number = 0.001,
            clip: Number = 1.0,
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return the means of squares, 0: of rows and columns, or of each element."""
        if param.ndim < 2:
            return {"v": np.zeros_like(param)}
        rows, columns = np.zeros_like(param[..., :1]), np.zeros_like(param[..., :1, :])
        return {"rows": rows, "columns": columns}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.01,
        decay: Any = 0.8,
        eps: Any = 1e-7,
        least_scale: Any = 0.001,
        clip: Any = 1.0,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and means of squares."""
        if not param.size:
            return param, state
        share, squares = t**-decay, grad * grad
        if "v" in state:
            v = state["v"] + share * (squares - state["v"])
            following, size = {"v": v}, root(v)
        else:
            rows, columns = state["rows"], state["columns"]
            rows = rows + share * (mean(squares, axis=-1, keepdims=True) - rows)
            columns = columns + share * (mean(squares, axis=-2, keepdims=True) - columns)
            following = {"rows": rows, "columns": columns}
            scale = _floor(mean(rows, axis=-2, keepdims=True), eps)
            size = root(rows) * root(columns) / root(scale)
        u = grad / _floor(size, eps)
        length = _smaller(lr, t**-0.5) * maximum(rms(param), least_scale)
        return decayed(param, lr, weight_decay) - length / maximum(rms(u) / clip, 1) * u, following


def rms(x: Any) -> Any:
    """Return the root mean square of all elements."""
    return root(mean(x * x))


def _floor(size: Any, eps: Any) -> Any:
    """Return what to divide by: the size, but at least ε."""
    return nonzero(maximum(size, eps), eps)


def _smaller(x: Any, y: Any) -> Any:
    """Return the smaller of two numbers, as a number.

    An operation would make an array of double precision of it, in which a rule for parameters in
    single precision would go on.
    """
    return x + (y - x) * (y < x)

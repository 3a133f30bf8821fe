"""Muon: momentum whose matrices are made orthogonal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import Op
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.shape import matrix_transpose
from tensorgraph.optim.adam import moments, scale
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.layerwise import norm, ratio
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed

COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""Of the polynomial x ↦ a x + b x³ + c x⁵, steep at 0: five turns take [0.01, 1] to [0.7, 1.2]."""

TURNS, LEAST = 5, 1e-7


def _turns(matrix: Any) -> list[Any]:
    """Return the matrix divided by its length, and what each turn makes of it.

    A turn is X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, the polynomial of each singular value.
    """
    found = [matrix / (norm(matrix) + LEAST)]
    a, b, c = COEFFICIENTS
    for _ in range(TURNS):
        x = found[-1]
        square = matmul(x, matrix_transpose(x))
        found.append(a * x + matmul(b * square + c * matmul(square, square), x))
    return found


def _newton_schulz(matrix: Any) -> Any:
    """Return the last of the turns; of a tall matrix those of its transpose: smaller products."""
    if matrix.shape[0] <= matrix.shape[1]:
        return _turns(matrix)[-1]
    return matrix_transpose(_turns(matrix_transpose(matrix))[-1])


def _slope(g: Any, matrix: Any) -> Any:
    """Return the gradient by the matrix: back through the turns, and the division by the length."""
    if matrix.shape[0] > matrix.shape[1]:
        return matrix_transpose(_slope(matrix_transpose(g), matrix_transpose(matrix)))
    a, b, c = COEFFICIENTS
    for x in reversed(_turns(matrix)[:-1]):
        square = matmul(x, matrix_transpose(x))
        left = matmul(g, matrix_transpose(x))  # of b S + c S², both symmetric as S is
        left = left + matrix_transpose(left)
        left = b * left + c * (matmul(left, square) + matmul(square, left))
        g = a * g + matmul(b * square + c * matmul(square, square), g) + matmul(left, x)
    length = norm(matrix)
    along = (g * matrix).sum() / (length + LEAST) * ratio(1, length)
    return (g - along * matrix) / (length + LEAST)


orthogonal = Op(
    "orthogonal",
    _newton_schulz,
    {"matrix": _slope},
    domain={"matrix": Real(-2.0, 2.0)},
    family="contract",
    shape=lambda matrix: matrix.shape,
    notation=function("orthogonal"),
    doc="""Return nearly the U Vᵀ of a matrix U S Vᵀ, by five turns of a Newton–Schulz iteration.

    Its singular values are between 0.7 and 1.2 but where those of the matrix are small beside their
    sum; what is 0 stays 0.

    >>> s = np.linalg.svd(orthogonal(np.array([[3.0, 1.0], [1.0, 2.0]])))[1]
    >>> bool(((s > 0.7) & (s < 1.2)).all())
    True
    """,
).call


class Muon(Optimizer):
    """Momentum whose step turns a matrix in all directions alike; other parameters go by AdamW.

        v ← β v + (1 − β) g
        d = (1 − β) g + β v            by Nesterov; else v
        θ ← (1 − α·λ) θ − α √max(1, rows/columns) · U Vᵀ        where d = U S Vᵀ

    (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks", in the form of
    PyTorch.) U Vᵀ is found by five turns of a Newton–Schulz iteration, :func:`orthogonal`, to
    singular values between 0.7 and 1.2. Of parameters with more than two axes, as a convolution's,
    all but the first are columns. Parameters with less, biases for instance, are updated as by
    :class:`AdamW` with ``betas`` and ``eps``. Embeddings and the last layer are better given to an
    AdamW of their own.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.zeros((2, 2), requires_grad=True)
        >>> optimizer = tg.optim.Muon([w], lr=1.0)
        >>> w.grad = [[100.0, 0.0], [0.0, -5.0]]
        >>> optimizer.step()
        >>> print(w.round(decimals=1))  # nearly −1, 1
        [[-0.7  0. ]
         [ 0.   0.8]]
    """

    elementwise = False

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            *,
            beta: Number = 0.95,
            nesterov: bool = True,
            weight_decay: Number = 0.1,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return v = 0 for a matrix, else what AdamW keeps."""
        return {key: np.zeros_like(param) for key in (["v"] if param.ndim > 1 else ["m", "v"])}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.001,
        *,
        beta: Any = 0.95,
        nesterov: bool = True,
        weight_decay: Any = 0.1,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
    ) -> tuple[Any, State]:
        """Return the next θ and state."""
        if "m" in state:
            state = moments(grad, state, betas)
            step = lr / (1 - betas[0] ** t) * state["m"] / scale(state, t, betas, eps)
            return decayed(param, lr, weight_decay) - step, state
        v = beta * state["v"] + (1 - beta) * grad
        d = (1 - beta) * grad + beta * v if nesterov else v
        rows = param.shape[0]
        columns = param.size // max(rows, 1)
        step = orthogonal(d.reshape((rows, columns))).reshape(param.shape)
        length = lr * max(1.0, rows / max(columns, 1)) ** 0.5
        return decayed(param, lr, weight_decay) - length * step, {"v": v}

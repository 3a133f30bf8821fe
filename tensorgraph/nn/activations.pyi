# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from typing import Any, ClassVar

from tensorgraph.engine.op import Op
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import SomeAxes

class Activation(Module):
    """A layer that applies one op without parameters to train.

    Args:
        *args: the static parameters of the op, in its order.
        **kwargs: the same, by name.

    Raises:
        ArgumentTypeError: an argument that is not a parameter of the op.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.LeakyReLU(0.1), tg.nn.Softmax(axis=0)
        (LeakyReLU(slope=0.1), Softmax(axis=0))
    """

    op: ClassVar[Op]
    static: dict[str, Any]
    def forward(self, x: Operand) -> Tensor: ...

class ELU(Activation):
    """Return x above 0 and alpha · (eˣ − 1) elsewhere (Clevert et al. 2015).

    The layer of :func:`tensorgraph.elu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.ELU()(x) == tg.elu(x)).all())
        True
    """
    def __init__(self, alpha: float = 1.0) -> None: ...

class GELU(Activation):
    """Return x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    Its tail is relatively exact; where Φ(x) lies below the normal numbers its ulp counts.

    The layer of :func:`tensorgraph.gelu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.GELU()(x) == tg.gelu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class LeakyReLU(Activation):
    """Return x above 0 and slope · x elsewhere; the derivative at 0 is the slope.

    The layer of :func:`tensorgraph.leaky_relu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.LeakyReLU()(x) == tg.leaky_relu(x)).all())
        True
    """
    def __init__(self, slope: float = 0.01) -> None: ...

class LogSigmoid(Activation):
    """Return log σ(x) = −log(1 + e⁻ˣ).

    The layer of :func:`tensorgraph.log_sigmoid`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.LogSigmoid()(x) == tg.log_sigmoid(x)).all())
        True
    """
    def __init__(self) -> None: ...

class LogSoftmax(Activation):
    """Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

    The layer of :func:`tensorgraph.log_softmax`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.LogSoftmax()(x) == tg.log_softmax(x)).all())
        True
    """
    def __init__(self, axis: SomeAxes = -1) -> None: ...

class ReLU(Activation):
    """Return max(x, 0); the derivative at 0 is 0, and at NaN.

    The layer of :func:`tensorgraph.relu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.ReLU()(x) == tg.relu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class SiLU(Activation):
    """Return x · σ(x), also called swish: 0 at −∞.

    Where σ(x) lies below the normal numbers (−87 in float32, −709 in float64) its ulp counts.

    The layer of :func:`tensorgraph.silu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.SiLU()(x) == tg.silu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Sigmoid(Activation):
    """Return the logistic function σ(x) = 1 / (1 + e⁻ˣ).

    The layer of :func:`tensorgraph.sigmoid`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.Sigmoid()(x) == tg.sigmoid(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Softmax(Activation):
    """Return eˣ / Σ eˣ along `axis`, without overflow: positive, and its sum there is 1.

    The layer of :func:`tensorgraph.softmax`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.Softmax()(x) == tg.softmax(x)).all())
        True
    """
    def __init__(self, axis: SomeAxes = -1) -> None: ...

class Softplus(Activation):
    """Return log(1 + eˣ).

    The layer of :func:`tensorgraph.softplus`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.Softplus()(x) == tg.softplus(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Tanh(Activation):
    """Return the hyperbolic tangent.

    The layer of :func:`tensorgraph.tanh`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0])
        >>> bool((tg.nn.Tanh()(x) == tg.tanh(x)).all())
        True
    """
    def __init__(self) -> None: ...

# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from collections.abc import Callable
from typing import Any, ClassVar, SupportsFloat, SupportsIndex

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import SomeAxes

class Activation(Module):
    """A layer that applies a function without parameters to train.

    Args:
        *args: the static parameters of the function, in its order.
        **kwargs: the same, by name.

    Raises:
        ArgumentTypeError: an argument that is not a parameter of the function.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.LeakyReLU(0.1), tg.nn.Softmax(axis=0)
        (LeakyReLU(slope=0.1), Softmax(axis=0))
    """

    function: ClassVar[Callable[..., Any]]
    static: dict[str, Any]
    def forward(self, x: Operand) -> Tensor: ...

class CELU(Activation):
    """Return x above 0 and alpha · (exp(x / alpha) − 1) elsewhere, smooth at 0 (Barron 2017).

    The layer of :func:`tensorgraph.celu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.CELU()(x) == tg.celu(x)).all())
        True
    """
    def __init__(self, alpha: float = 1.0) -> None: ...

class ELU(Activation):
    """Return x above 0 and alpha · (eˣ − 1) elsewhere (Clevert et al. 2015).

    The layer of :func:`tensorgraph.elu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
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
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.GELU()(x) == tg.gelu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class GLU(Activation):
    """Return a · σ(b), where a and b are the halves of x along ``axis`` (Dauphin et al. 2017).

    The layer of :func:`tensorgraph.glu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.GLU()(x) == tg.glu(x)).all())
        True
    """
    def __init__(self, axis: SupportsIndex = -1) -> None: ...

class SELU(Activation):
    """Return λ · elu(x, α), which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    The layer of :func:`tensorgraph.selu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.SELU()(x) == tg.selu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Hardshrink(Activation):
    """Return x where |x| is above ``limit``, and 0 elsewhere, with derivative 0.

    The layer of :func:`tensorgraph.hardshrink`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Hardshrink()(x) == tg.hardshrink(x)).all())
        True
    """
    def __init__(self, limit: float = 0.5) -> None: ...

class Hardsigmoid(Activation):
    """Return x/6 + ½ limited to [0, 1]; the derivative at ±3 is 1/6, as inside.

    The layer of :func:`tensorgraph.hardsigmoid`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Hardsigmoid()(x) == tg.hardsigmoid(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Hardswish(Activation):
    """Return x · hardsigmoid(x): 0 up to −3, x from 3 on (Howard et al. 2019).

    The layer of :func:`tensorgraph.hardswish`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Hardswish()(x) == tg.hardswish(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Hardtanh(Activation):
    """Return x limited to [min, max]; the gradient passes inside and on the bounds, as clip's.

    The layer of :func:`tensorgraph.hardtanh`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Hardtanh()(x) == tg.hardtanh(x)).all())
        True
    """
    def __init__(self, min: SupportsFloat = -1.0, max: SupportsFloat = 1.0) -> None: ...

class LeakyReLU(Activation):
    """Return x above 0 and slope · x elsewhere; the derivative at 0 is the slope.

    The layer of :func:`tensorgraph.leaky_relu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.LeakyReLU()(x) == tg.leaky_relu(x)).all())
        True
    """
    def __init__(self, slope: float = 0.01) -> None: ...

class LogSigmoid(Activation):
    """Return log σ(x) = −log(1 + e⁻ˣ).

    The layer of :func:`tensorgraph.log_sigmoid`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.LogSigmoid()(x) == tg.log_sigmoid(x)).all())
        True
    """
    def __init__(self) -> None: ...

class LogSoftmax(Activation):
    """Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

    The layer of :func:`tensorgraph.log_softmax`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.LogSoftmax()(x) == tg.log_softmax(x)).all())
        True
    """
    def __init__(self, axis: SomeAxes = -1) -> None: ...

class Mish(Activation):
    """Return x · tanh(softplus(x)): 0 at −∞ (Misra 2019).

    The layer of :func:`tensorgraph.mish`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Mish()(x) == tg.mish(x)).all())
        True
    """
    def __init__(self) -> None: ...

class ReLU(Activation):
    """Return max(x, 0); the derivative at 0 is 0, and at NaN.

    The layer of :func:`tensorgraph.relu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.ReLU()(x) == tg.relu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class ReLU6(Activation):
    """Return min(max(x, 0), 6); the derivative at 0 is 0, as relu's, and at 6 it is 1.

    The layer of :func:`tensorgraph.relu6`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.ReLU6()(x) == tg.relu6(x)).all())
        True
    """
    def __init__(self) -> None: ...

class SiLU(Activation):
    """Return x · σ(x), also called swish: 0 at −∞.

    Where σ(x) lies below the normal numbers (−87 in float32, −709 in float64) its ulp counts.

    The layer of :func:`tensorgraph.silu`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.SiLU()(x) == tg.silu(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Sigmoid(Activation):
    """Return the logistic function σ(x) = 1 / (1 + e⁻ˣ).

    The layer of :func:`tensorgraph.sigmoid`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Sigmoid()(x) == tg.sigmoid(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Softmax(Activation):
    """Return eˣ / Σ eˣ along `axis`, without overflow: positive, and its sum there is 1.

    The layer of :func:`tensorgraph.softmax`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Softmax()(x) == tg.softmax(x)).all())
        True
    """
    def __init__(self, axis: SomeAxes = -1) -> None: ...

class Softplus(Activation):
    """Return log(1 + eˣ).

    The layer of :func:`tensorgraph.softplus`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Softplus()(x) == tg.softplus(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Softshrink(Activation):
    """Return x moved towards 0 by ``limit``, and 0 where |x| ≤ limit, with derivative 0.

    The layer of :func:`tensorgraph.softshrink`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Softshrink()(x) == tg.softshrink(x)).all())
        True
    """
    def __init__(self, limit: float = 0.5) -> None: ...

class Softsign(Activation):
    """Return x / (1 + |x|); ±1 at ±inf. The second derivative at 0 is 0.

    The layer of :func:`tensorgraph.softsign`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Softsign()(x) == tg.softsign(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Tanh(Activation):
    """Return the hyperbolic tangent.

    The layer of :func:`tensorgraph.tanh`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Tanh()(x) == tg.tanh(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Tanhshrink(Activation):
    """Return x − tanh(x), whose terms cancel near 0: it is exact to an ulp of x.

    The layer of :func:`tensorgraph.tanhshrink`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Tanhshrink()(x) == tg.tanhshrink(x)).all())
        True
    """
    def __init__(self) -> None: ...

class Threshold(Activation):
    """Return x above the threshold and ``value`` elsewhere; the derivative on the threshold is 0.

    The layer of :func:`tensorgraph.threshold`, with the same parameters.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-1.0, 0.0, 2.0, 0.5])
        >>> bool((tg.nn.Threshold(0.5, -1.0)(x) == tg.threshold(x, 0.5, -1.0)).all())
        True
    """
    def __init__(self, threshold: float, value: float) -> None: ...

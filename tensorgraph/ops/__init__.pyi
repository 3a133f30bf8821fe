# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from collections.abc import Callable, Iterable, Sequence
from typing import Any, SupportsFloat, SupportsIndex, overload

from numpy.typing import DTypeLike, NDArray

from tensorgraph.engine.operands import Index, MakesTensor, Operand, Plain
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops._axes import OneOrMore, SomeAxes
from tensorgraph.ops._keys import Key
from tensorgraph.ops.order import Picked, Probabilities
from tensorgraph.ops.padding import AnyWidths
from tensorgraph.ops.sets import UniqueAll, UniqueCounts, UniqueInverse
from tensorgraph.ops.window import AnyPadding

__all__ = [
    "elu",
    "elu_slope",
    "gelu",
    "gelu_slope",
    "leaky_relu",
    "log_sigmoid",
    "normal_density",
    "relu",
    "sigmoid",
    "sigmoid_slope",
    "silu",
    "silu_slope",
    "softplus",
    "abs",
    "add",
    "astype",
    "ceil",
    "divide",
    "equal",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "square",
    "subtract",
    "trunc",
    "where",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "fliplr",
    "flipud",
    "moveaxis",
    "ravel",
    "rot90",
    "swapaxes",
    "unflatten",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "sinc",
    "sinc_slope",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "choose",
    "compress",
    "extract",
    "piecewise",
    "select",
    "linear",
    "matmul",
    "outer",
    "tensordot",
    "vecdot",
    "conv",
    "conv_transpose",
    "conv_weight_grad",
    "class_cross_entropy",
    "sigmoid_cross_entropy",
    "sigmoid_minus",
    "softmax_cross_entropy",
    "softmax_minus_one_hot",
    "einsum",
    "clip",
    "maximum",
    "maximum_grad",
    "minimum",
    "minimum_grad",
    "copysign",
    "fmod",
    "heaviside",
    "nan_to_num",
    "nextafter",
    "signbit",
    "betaln",
    "digamma",
    "digamma_slope",
    "gammaln",
    "polygamma",
    "erfc",
    "erfinv",
    "erfinv_slope",
    "log_ndtr",
    "log_ndtr_gap",
    "log_ndtr_slope",
    "ndtr",
    "broadcast_arrays",
    "ix_",
    "meshgrid",
    "vander",
    "getitem",
    "one_hot",
    "scatter",
    "take",
    "take_along_axis",
    "append",
    "block",
    "column_stack",
    "concat",
    "dstack",
    "hstack",
    "stack",
    "vstack",
    "logit",
    "xlog1py",
    "xlogy",
    "log_softmax",
    "logsumexp",
    "minus_mean",
    "minus_share",
    "softmax",
    "dropout",
    "masked_matmul",
    "matmul_where",
    "affine",
    "center",
    "norm",
    "rms",
    "rms_slope",
    "std",
    "std_slope",
    "unit",
    "var",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "kthvalue",
    "median",
    "percentile",
    "ptp",
    "quantile",
    "searchsorted",
    "topk",
    "pad",
    "avg_pool",
    "avg_pool_grad",
    "max_pool",
    "max_pool_grad",
    "celu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "mish",
    "relu6",
    "selu",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
    "all",
    "any",
    "argmax",
    "argmin",
    "cumulative_sum",
    "max",
    "mean",
    "min",
    "prod",
    "same",
    "sum",
    "repeat",
    "tile",
    "cbrt",
    "cbrt_slope",
    "convolve",
    "correlate",
    "cumulative_trapezoid",
    "gradient",
    "increments",
    "interp",
    "trapezoid",
    "cumulative_max",
    "cumulative_max_place",
    "cumulative_min",
    "cumulative_prod",
    "linear_recurrence",
    "logcumsumexp",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "argwhere",
    "bincount",
    "flatnonzero",
    "histogram",
    "nonzero",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "broadcast_to",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "permute_dims",
    "reshape",
    "roll",
    "squeeze",
    "tril",
    "triu",
    "argsort",
    "sort",
    "array_split",
    "dsplit",
    "hsplit",
    "split",
    "unstack",
    "vsplit",
    "average",
    "corrcoef",
    "count_nonzero",
    "cov",
    "erf",
    "erf_slope",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "hypot_slope",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp_slope",
    "power",
    "power_slope",
    "sqrt",
    "acos",
    "acosh",
    "acosh_slope",
    "asin",
    "asin_slope",
    "asinh",
    "asinh_slope",
    "atan",
    "atan2",
    "atan2_slope",
    "atanh",
    "atanh_slope",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "tanh_slope",
    "add_at",
    "delete",
    "insert",
    "max_at",
    "min_at",
    "multiply_at",
    "put_along_axis",
    "resize",
    "set_at",
    "overlap_add",
    "windows",
]
OPS: dict[str, Callable[..., Any]]

@overload
def elu(x: MakesTensor, alpha: float = 1.0) -> Tensor:
    """Return x above 0 and alpha · (eˣ − 1) elsewhere (Clevert et al. 2015).

    Example:
        >>> import tensorgraph as tg
        >>> tg.elu([3.0, -1.0]).round(3)
        tensor([ 3.   , -0.632])
    """

@overload
def elu(x: NDArray[Any], alpha: float = 1.0) -> NDArray[Any]: ...
@overload
def elu(x: Operand, alpha: float = 1.0) -> Any: ...
@overload
def elu_slope(x: MakesTensor, alpha: float = 1.0) -> Tensor:
    """Return 1 above 0 and alpha · eˣ elsewhere, the derivative of elu.

    Example:
        >>> import tensorgraph as tg
        >>> tg.elu_slope([3.0, -1.0]).round(3)
        tensor([1.   , 0.368])
    """

@overload
def elu_slope(x: NDArray[Any], alpha: float = 1.0) -> NDArray[Any]: ...
@overload
def elu_slope(x: Operand, alpha: float = 1.0) -> Any: ...
@overload
def gelu(x: MakesTensor) -> Tensor:
    """Return x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    Its tail is relatively exact; where Φ(x) lies below the normal numbers its ulp counts.

    Example:
        >>> import tensorgraph as tg
        >>> tg.gelu([3.0, -1.0]).round(3)
        tensor([ 2.996, -0.159])
    """

@overload
def gelu(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def gelu(x: Operand) -> Any: ...
@overload
def gelu_slope(x: MakesTensor) -> Tensor:
    """Return Φ(x) + x·φ(x), the derivative of gelu, whose tail keeps its digits.

    Its two terms cancel at −0.7518, and those of its own derivative, (2 − x²)·φ(x), at ±√2: they
    are exact to an ulp of the terms.

    Example:
        >>> import tensorgraph as tg
        >>> tg.gelu_slope([0.0, 1.0]).round(3)
        tensor([0.5  , 1.083])
    """

@overload
def gelu_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def gelu_slope(x: Operand) -> Any: ...
@overload
def leaky_relu(x: MakesTensor, slope: float = 0.01) -> Tensor:
    """Return x above 0 and slope · x elsewhere; the derivative at 0 is the slope.

    Example:
        >>> import tensorgraph as tg
        >>> tg.leaky_relu([3.0, -4.0], slope=0.25)
        tensor([ 3., -1.])
    """

@overload
def leaky_relu(x: NDArray[Any], slope: float = 0.01) -> NDArray[Any]: ...
@overload
def leaky_relu(x: Operand, slope: float = 0.01) -> Any: ...
@overload
def log_sigmoid(x: MakesTensor) -> Tensor:
    """Return log σ(x) = −log(1 + e⁻ˣ).

    Example:
        >>> import tensorgraph as tg
        >>> tg.log_sigmoid([0.0, -20.0]).round(3)
        tensor([ -0.693, -20.   ])
    """

@overload
def log_sigmoid(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log_sigmoid(x: Operand) -> Any: ...
@overload
def normal_density(x: MakesTensor) -> Tensor:
    """Return φ(x) = exp(−x²/2) / √(2π), the density of the normal distribution.

    Example:
        >>> import tensorgraph as tg
        >>> tg.normal_density([0.0, 1.0]).round(3)
        tensor([0.399, 0.242])
    """

@overload
def normal_density(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def normal_density(x: Operand) -> Any: ...
@overload
def relu(x: MakesTensor) -> Tensor:
    """Return max(x, 0); the derivative at 0 is 0, and at NaN.

    Example:
        >>> import tensorgraph as tg
        >>> tg.relu([3.0, -4.0])
        tensor([3., 0.])
    """

@overload
def relu(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def relu(x: Operand) -> Any: ...
@overload
def sigmoid(x: MakesTensor) -> Tensor:
    """Return the logistic function σ(x) = 1 / (1 + e⁻ˣ).

    Example:
        >>> import tensorgraph as tg
        >>> tg.sigmoid([0.0, -1e4])
        tensor([0.5, 0. ])
    """

@overload
def sigmoid(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sigmoid(x: Operand) -> Any: ...
@overload
def sigmoid_slope(x: MakesTensor) -> Tensor:
    """Return σ(x)·(1 − σ(x)), the derivative of sigmoid, where σ(x) rounds to 1 too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sigmoid_slope([0.0, 2.0]).round(3)
        tensor([0.25 , 0.105])
    """

@overload
def sigmoid_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sigmoid_slope(x: Operand) -> Any: ...
@overload
def silu(x: MakesTensor) -> Tensor:
    """Return x · σ(x), also called swish: 0 at −∞.

    Where σ(x) lies below the normal numbers (−87 in float32, −709 in float64) its ulp counts.

    Example:
        >>> import tensorgraph as tg
        >>> tg.silu([3.0, -1.0]).round(3)
        tensor([ 2.858, -0.269])
    """

@overload
def silu(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def silu(x: Operand) -> Any: ...
@overload
def silu_slope(x: MakesTensor) -> Tensor:
    """Return σ(x) + x·σ(x)·(1 − σ(x)), the derivative of silu: 0 at −∞, 1 at +∞.

    Its terms cancel at −1.2785, and those of its own derivative at ±2.3994: they are exact to an
    ulp of the terms.

    Example:
        >>> import tensorgraph as tg
        >>> tg.silu_slope([0.0, float("inf")])
        tensor([0.5, 1. ])
    """

@overload
def silu_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def silu_slope(x: Operand) -> Any: ...
@overload
def softplus(x: MakesTensor) -> Tensor:
    """Return log(1 + eˣ).

    Example:
        >>> import tensorgraph as tg
        >>> tg.softplus([0.0, 20.0]).round(3)
        tensor([ 0.693, 20.   ])
    """

@overload
def softplus(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def softplus(x: Operand) -> Any: ...
@overload
def abs(x: MakesTensor) -> Tensor:
    """Return |x|; the derivative at 0 is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.abs([3.0, -4.0])
        tensor([3., 4.])
    """

@overload
def abs(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def abs(x: Operand) -> Any: ...
@overload
def add(x: MakesTensor, y: Operand) -> Tensor:
    """Return x + y, element by element with broadcasting.

    Example:
        >>> import tensorgraph as tg
        >>> tg.add([1.0, 2.0], 10)
        tensor([11., 12.])
    """

@overload
def add(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def add(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def add(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def add(x: Operand, y: Operand) -> Any: ...
@overload
def astype(x: MakesTensor, dtype: DTypeLike) -> Tensor:
    """Return x with another dtype; the gradient comes back in x's own.

    Example:
        >>> import tensorgraph as tg
        >>> tg.astype([1.5, 2.5], "int64")
        tensor([1, 2])
    """

@overload
def astype(x: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]: ...
@overload
def astype(x: Operand, dtype: DTypeLike) -> Any: ...
@overload
def ceil(x: MakesTensor) -> Tensor:
    """Return the smallest integer not below x; its derivative is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ceil([1.5, -1.5])
        tensor([ 2., -1.])
    """

@overload
def ceil(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def ceil(x: Operand) -> Any: ...
@overload
def divide(x: MakesTensor, y: Operand) -> Tensor:
    """Return x / y; x / 0 is ±inf, 0 / 0 is NaN.

    Example:
        >>> import tensorgraph as tg
        >>> tg.divide([1.0, 0.0], [2.0, 0.0])
        tensor([0.5, nan])
    """

@overload
def divide(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def divide(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def divide(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def divide(x: Operand, y: Operand) -> Any: ...
@overload
def equal(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x equals y, as booleans.

    Example:
        >>> import tensorgraph as tg
        >>> tg.equal([1, 2], [1, 3])
        tensor([ True, False])
    """

@overload
def equal(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def equal(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def equal(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def equal(x: Operand, y: Operand) -> Any: ...
@overload
def floor(x: MakesTensor) -> Tensor:
    """Return the largest integer not above x; its derivative is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.floor([1.5, -1.5])
        tensor([ 1., -2.])
    """

@overload
def floor(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def floor(x: Operand) -> Any: ...
@overload
def floor_divide(x: MakesTensor, y: Operand) -> Tensor:
    """Return the largest integer not above x / y; its derivative is 0. Integers // 0 are 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.floor_divide([7, -7], 2)
        tensor([ 3, -4])
    """

@overload
def floor_divide(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def floor_divide(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def floor_divide(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def floor_divide(x: Operand, y: Operand) -> Any: ...
@overload
def greater(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x is above y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.greater([1, 2], 1)
        tensor([False,  True])
    """

@overload
def greater(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def greater(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def greater(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def greater(x: Operand, y: Operand) -> Any: ...
@overload
def greater_equal(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x ≥ y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.greater_equal([1, 2], 1)
        tensor([ True,  True])
    """

@overload
def greater_equal(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def greater_equal(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def greater_equal(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def greater_equal(x: Operand, y: Operand) -> Any: ...
@overload
def isfinite(x: MakesTensor) -> Tensor:
    """Return where x is neither NaN nor ±inf.

    Example:
        >>> import tensorgraph as tg
        >>> tg.isfinite([1.0, float("inf")])
        tensor([ True, False])
    """

@overload
def isfinite(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def isfinite(x: Operand) -> Any: ...
@overload
def isinf(x: MakesTensor) -> Tensor:
    """Return where x is ±inf.

    Example:
        >>> import tensorgraph as tg
        >>> tg.isinf([1.0, float("inf")])
        tensor([False,  True])
    """

@overload
def isinf(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def isinf(x: Operand) -> Any: ...
@overload
def isnan(x: MakesTensor) -> Tensor:
    """Return where x is not a number.

    Example:
        >>> import tensorgraph as tg
        >>> tg.isnan([1.0, float("nan")])
        tensor([False,  True])
    """

@overload
def isnan(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def isnan(x: Operand) -> Any: ...
@overload
def less(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x is below y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.less([1, 2], 2)
        tensor([ True, False])
    """

@overload
def less(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def less(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def less(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def less(x: Operand, y: Operand) -> Any: ...
@overload
def less_equal(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x ≤ y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.less_equal([1, 2], 2)
        tensor([ True,  True])
    """

@overload
def less_equal(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def less_equal(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def less_equal(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def less_equal(x: Operand, y: Operand) -> Any: ...
@overload
def logical_and(x: MakesTensor, y: Operand) -> Tensor:
    """Return where both are true.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logical_and([True, True], [True, False])
        tensor([ True, False])
    """

@overload
def logical_and(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def logical_and(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def logical_and(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logical_and(x: Operand, y: Operand) -> Any: ...
@overload
def logical_not(x: MakesTensor) -> Tensor:
    """Return where x is false.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logical_not([True, False])
        tensor([False,  True])
    """

@overload
def logical_not(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logical_not(x: Operand) -> Any: ...
@overload
def logical_or(x: MakesTensor, y: Operand) -> Tensor:
    """Return where either is true.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logical_or([True, False], [False, False])
        tensor([ True, False])
    """

@overload
def logical_or(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def logical_or(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def logical_or(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logical_or(x: Operand, y: Operand) -> Any: ...
@overload
def logical_xor(x: MakesTensor, y: Operand) -> Tensor:
    """Return where exactly one is true.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logical_xor([True, True], [True, False])
        tensor([False,  True])
    """

@overload
def logical_xor(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def logical_xor(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def logical_xor(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logical_xor(x: Operand, y: Operand) -> Any: ...
@overload
def multiply(x: MakesTensor, y: Operand) -> Tensor:
    """Return x · y, element by element with broadcasting.

    Example:
        >>> import tensorgraph as tg
        >>> tg.multiply([1.0, 2.0], 10)
        tensor([10., 20.])
    """

@overload
def multiply(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def multiply(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def multiply(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def multiply(x: Operand, y: Operand) -> Any: ...
@overload
def negative(x: MakesTensor) -> Tensor:
    """Return −x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.negative([1.0, -2.0])
        tensor([-1.,  2.])
    """

@overload
def negative(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def negative(x: Operand) -> Any: ...
@overload
def not_equal(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x differs from y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.not_equal([1, 2], [1, 3])
        tensor([False,  True])
    """

@overload
def not_equal(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def not_equal(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def not_equal(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def not_equal(x: Operand, y: Operand) -> Any: ...
@overload
def positive(x: MakesTensor) -> Tensor:
    """Return +x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.positive([1.0, -2.0])
        tensor([ 1., -2.])
    """

@overload
def positive(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def positive(x: Operand) -> Any: ...
@overload
def reciprocal(x: MakesTensor) -> Tensor:
    """Return 1 / x; of integers too, for which NumPy's own is a division without remainder.

    Example:
        >>> import tensorgraph as tg
        >>> tg.reciprocal([2.0, 0.0])
        tensor([0.5, inf])
    """

@overload
def reciprocal(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def reciprocal(x: Operand) -> Any: ...
@overload
def remainder(x: MakesTensor, y: Operand) -> Tensor:
    """Return x − y·⌊x / y⌋, with the sign of y. Integers % 0 are 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.remainder([7, -7], 2)
        tensor([1, 1])
    """

@overload
def remainder(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def remainder(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def remainder(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def remainder(x: Operand, y: Operand) -> Any: ...
@overload
def round(x: MakesTensor, decimals: SupportsIndex = 0) -> Tensor:
    """Round to `decimals` places, halves to even; its derivative is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.round([0.5, 1.5, 2.25], decimals=1)
        tensor([0.5, 1.5, 2.2])
    """

@overload
def round(x: NDArray[Any], decimals: SupportsIndex = 0) -> NDArray[Any]: ...
@overload
def round(x: Operand, decimals: SupportsIndex = 0) -> Any: ...
@overload
def sign(x: MakesTensor) -> Tensor:
    """Return −1, 0 or 1 by the sign of x; its derivative is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sign([3.0, -4.0, 0.0])
        tensor([ 1., -1.,  0.])
    """

@overload
def sign(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sign(x: Operand) -> Any: ...
@overload
def square(x: MakesTensor) -> Tensor:
    """Return x².

    Example:
        >>> import tensorgraph as tg
        >>> tg.square([3.0, -4.0])
        tensor([ 9., 16.])
    """

@overload
def square(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def square(x: Operand) -> Any: ...
@overload
def subtract(x: MakesTensor, y: Operand) -> Tensor:
    """Return x − y, element by element with broadcasting.

    Example:
        >>> import tensorgraph as tg
        >>> tg.subtract([1.0, 2.0], 10)
        tensor([-9., -8.])
    """

@overload
def subtract(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def subtract(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def subtract(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def subtract(x: Operand, y: Operand) -> Any: ...
@overload
def trunc(x: MakesTensor) -> Tensor:
    """Return x without its fraction; its derivative is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.trunc([1.5, -1.5])
        tensor([ 1., -1.])
    """

@overload
def trunc(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def trunc(x: Operand) -> Any: ...
@overload
def where(condition: MakesTensor, x: Operand, y: Operand) -> Tensor:
    """Return x where the condition holds, else y.

    The gradient is exactly 0 for the branch not taken. If that branch is infinite there, its own
    rule still makes 0 · ∞ = NaN: choose safe arguments first,
    ``tg.where(c, tg.log(tg.where(c, x, 1)), 0)``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.where([True, False], [1.0, 2.0], 0.0)
        tensor([1., 0.])
    """

@overload
def where(condition: Operand, x: MakesTensor, y: Operand) -> Tensor: ...
@overload
def where(condition: Operand, x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def where(condition: NDArray[Any], x: Plain, y: Plain) -> NDArray[Any]: ...
@overload
def where(condition: Plain, x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def where(condition: Plain, x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def where(condition: Operand, x: Operand, y: Operand) -> Any: ...
@overload
def atleast_1d(*arrays: MakesTensor) -> Any:
    """Return x as it is, or as a vector of one element if it has no axes.

    Of several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_1d(tg.tensor(3.0))
        tensor([3.])
    """

@overload
def atleast_1d(*arrays: Plain) -> Any: ...
@overload
def atleast_1d(*arrays: Operand) -> Any: ...
@overload
def atleast_2d(*arrays: MakesTensor) -> Any:
    """Return x as it is, or with axes of length 1 in front of those it has, so that there are two.

    Of several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_2d(tg.tensor([1.0, 2.0]))
        tensor([[1., 2.]])
    """

@overload
def atleast_2d(*arrays: Plain) -> Any: ...
@overload
def atleast_2d(*arrays: Operand) -> Any: ...
@overload
def atleast_3d(*arrays: MakesTensor) -> Any:
    """Return x as it is, or with axes of length 1, so that there are three.

    A vector of n elements has shape (1, n, 1) then, a matrix of shape (m, n) has (m, n, 1). Of
    several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_3d(tg.zeros(4)).shape, tg.atleast_3d(tg.zeros((2, 4))).shape
        ((1, 4, 1), (2, 4, 1))
    """

@overload
def atleast_3d(*arrays: Plain) -> Any: ...
@overload
def atleast_3d(*arrays: Operand) -> Any: ...
@overload
def fliplr(x: MakesTensor) -> Tensor:
    """Return x with its columns in reverse order: flipped along the second axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fliplr(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[2., 1.],
                [4., 3.]])
    """

@overload
def fliplr(x: Operand) -> Any: ...
@overload
def flipud(x: MakesTensor) -> Tensor:
    """Return x with its rows in reverse order: flipped along the first axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.flipud(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[3., 4.],
                [1., 2.]])
    """

@overload
def flipud(x: Operand) -> Any: ...
@overload
def moveaxis(x: MakesTensor, source: OneOrMore, destination: OneOrMore) -> Tensor:
    """Return x with axes moved to other places; the rest keep their order.

    Raises:
        ArgumentError: ``source`` and ``destination`` are not as many, or an axis is named twice.

    Example:
        >>> import tensorgraph as tg
        >>> tg.moveaxis(tg.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """

@overload
def moveaxis(x: Operand, source: OneOrMore, destination: OneOrMore) -> Any: ...
@overload
def ravel(x: MakesTensor) -> Tensor:
    """Return the elements of x in a row.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ravel(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([1., 2., 3., 4.])
    """

@overload
def ravel(x: Operand) -> Any: ...
@overload
def rot90(x: MakesTensor, k: SupportsIndex = 1, axes: OneOrMore = (0, 1)) -> Tensor:
    """Return x turned by k quarters in the plane of two axes, from the first towards the second.

    Raises:
        ArgumentError: ``axes`` are not two different ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rot90(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[2., 4.],
                [1., 3.]])
    """

@overload
def rot90(x: Operand, k: SupportsIndex = 1, axes: OneOrMore = (0, 1)) -> Any: ...
@overload
def swapaxes(x: MakesTensor, axis1: SupportsIndex, axis2: SupportsIndex) -> Tensor:
    """Return x with two axes exchanged.

    Example:
        >>> import tensorgraph as tg
        >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
    """

@overload
def swapaxes(x: Operand, axis1: SupportsIndex, axis2: SupportsIndex) -> Any: ...
@overload
def unflatten(x: MakesTensor, axis: SupportsIndex, shape: OneOrMore) -> Tensor:
    """Return x with one axis taken apart into several, of which one length may be −1.

    Raises:
        ShapeError: the lengths do not fill the axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unflatten(tg.zeros((2, 12)), 1, (3, -1)).shape
        (2, 3, 4)
    """

@overload
def unflatten(x: Operand, axis: SupportsIndex, shape: OneOrMore) -> Any: ...
@overload
def i0(x: MakesTensor) -> Tensor:
    """Return I₀(x), the modified Bessel function of order 0, of negative numbers too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i0([0.0, 1.0]).round(3)
        tensor([1.   , 1.266])
    """

@overload
def i0(x: Operand) -> Any: ...
@overload
def i0e(x: MakesTensor) -> Tensor:
    """Return e^−|x| · I₀(x), without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i0e([0.0, 1000.0]).round(4)
        tensor([1.    , 0.0126])
    """

@overload
def i0e(x: Operand) -> Any: ...
@overload
def i1(x: MakesTensor) -> Tensor:
    """Return I₁(x), the modified Bessel function of order 1, the derivative of I₀.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i1([0.0, 1.0]).round(3)
        tensor([0.   , 0.565])
    """

@overload
def i1(x: Operand) -> Any: ...
@overload
def i1e(x: MakesTensor) -> Tensor:
    """Return e^−|x| · I₁(x), without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i1e([0.0, 1000.0]).round(4)
        tensor([0.    , 0.0126])
    """

@overload
def i1e(x: Operand) -> Any: ...
@overload
def iv(x: MakesTensor, *, order: SupportsIndex = 0) -> Tensor:
    """Return Iₙ(x), the modified Bessel function of a whole order n ≥ 0 (DLMF 10.25).

    Orders up to 3 are exact to 4 ulps, those up to 10 to 16.

    Example:
        >>> import tensorgraph as tg
        >>> tg.iv([0.0, 1.0], order=1).round(3)
        tensor([0.   , 0.565])
    """

@overload
def iv(x: NDArray[Any], *, order: SupportsIndex = 0) -> NDArray[Any]: ...
@overload
def iv(x: Operand, *, order: SupportsIndex = 0) -> Any: ...
@overload
def ive(x: MakesTensor, *, order: SupportsIndex = 0) -> Tensor:
    """Return e^−|x| · Iₙ(x), without overflow; its derivative at 0 is that of Iₙ.

    The derivative's terms cancel where x is large: it is exact to an ulp of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ive([0.0, 1000.0]).round(4)
        tensor([1.    , 0.0126])
    """

@overload
def ive(x: NDArray[Any], *, order: SupportsIndex = 0) -> NDArray[Any]: ...
@overload
def ive(x: Operand, *, order: SupportsIndex = 0) -> Any: ...
@overload
def sinc(x: MakesTensor) -> Tensor:
    """Return sin(πx)/(πx), and 1 at 0; exactly 0 at the other whole numbers.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sinc([0.0, 0.5, 1.0]).round(3)
        tensor([1.   , 0.637, 0.   ])
    """

@overload
def sinc(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sinc(x: Operand) -> Any: ...
@overload
def sinc_slope(x: MakesTensor, order: SupportsIndex = 1) -> Tensor:
    """Return the n-th derivative of sinc, n = `order` ≥ 1, also near 0.

    Its terms cancel at its zeros: it is exact to an ulp of the largest, πⁿ/x or less.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sinc_slope([0.0, 1.0])
        tensor([ 0., -1.])
    """

@overload
def sinc_slope(x: NDArray[Any], order: SupportsIndex = 1) -> NDArray[Any]: ...
@overload
def sinc_slope(x: Operand, order: SupportsIndex = 1) -> Any: ...
@overload
def bitwise_and(x: MakesTensor, y: Operand) -> Tensor:
    """Return x & y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_and([6, 5], 3)
        tensor([2, 1])
    """

@overload
def bitwise_and(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def bitwise_and(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def bitwise_and(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_and(x: Operand, y: Operand) -> Any: ...
@overload
def bitwise_invert(x: MakesTensor) -> Tensor:
    """Return ~x; for booleans, not x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_invert([True, False])
        tensor([False,  True])
    """

@overload
def bitwise_invert(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_invert(x: Operand) -> Any: ...
@overload
def bitwise_left_shift(x: MakesTensor, y: Operand) -> Tensor:
    """Return x << y: x · 2^y, of which what does not fit in the dtype is lost.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_left_shift([1, 5], 2)
        tensor([ 4, 20])
    """

@overload
def bitwise_left_shift(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def bitwise_left_shift(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def bitwise_left_shift(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_left_shift(x: Operand, y: Operand) -> Any: ...
@overload
def bitwise_or(x: MakesTensor, y: Operand) -> Tensor:
    """Return x | y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_or([6, 5], 3)
        tensor([7, 7])
    """

@overload
def bitwise_or(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def bitwise_or(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def bitwise_or(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_or(x: Operand, y: Operand) -> Any: ...
@overload
def bitwise_right_shift(x: MakesTensor, y: Operand) -> Tensor:
    """Return x >> y: x / 2^y, rounded down.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_right_shift([4, 23], 2)
        tensor([1, 5])
    """

@overload
def bitwise_right_shift(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def bitwise_right_shift(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def bitwise_right_shift(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_right_shift(x: Operand, y: Operand) -> Any: ...
@overload
def bitwise_xor(x: MakesTensor, y: Operand) -> Tensor:
    """Return x ^ y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bitwise_xor([6, 5], 3)
        tensor([5, 6])
    """

@overload
def bitwise_xor(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def bitwise_xor(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def bitwise_xor(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def bitwise_xor(x: Operand, y: Operand) -> Any: ...
@overload
def choose(index: MakesTensor, choices: Iterable[MakesTensor], mode: str = "raise") -> Tensor:
    """Return each element of the choice whose number stands at its place in ``index``.

    Raises:
        ArgumentError: there are no choices.
        AxisError: there is none of that number; ``mode="wrap"`` counts on from the first,
            ``"clip"`` takes the nearest.

    Example:
        >>> import tensorgraph as tg
        >>> tg.choose([0, 1, 0], [tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0, 6.0])])
        tensor([1., 5., 3.])
    """

@overload
def choose(index: Plain, choices: Iterable[Plain], mode: str = "raise") -> Any: ...
@overload
def choose(index: Operand, choices: Iterable[Operand], mode: str = "raise") -> Tensor: ...
@overload
def compress(condition: MakesTensor, x: Operand, axis: SupportsIndex | None = None) -> Tensor:
    """Return the slices of x along an axis where a vector of conditions is true (flat by default).

    Example:
        >>> import tensorgraph as tg
        >>> tg.compress([True, False, True], tg.tensor([1.0, 2.0, 3.0]))
        tensor([1., 3.])
    """

@overload
def compress(condition: Operand, x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor: ...
@overload
def compress(condition: Operand, x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def extract(condition: MakesTensor, x: Operand) -> Tensor:
    """Return the elements of x where a condition of its shape is true, in a row.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, -2.0], [3.0, 4.0]])
        >>> tg.extract(x > 0, x)
        tensor([1., 3., 4.])
    """

@overload
def extract(condition: Operand, x: MakesTensor) -> Tensor: ...
@overload
def extract(condition: Operand, x: Operand) -> Any: ...
@overload
def piecewise(
    x: MakesTensor, conditions: MakesTensor, functions: Sequence[Any], *args: Any, **kwargs: Any
) -> Tensor:
    """Return functions of x, each where its condition is true; one more is for where none is.

    Each is called with the elements of x where it holds, so what it does elsewhere does not matter,
    to its gradient neither. Of conditions that hold together the last counts. A number stands for a
    constant; what is left is 0.

    Args:
        x: what the functions are called with.
        conditions: masks of x's shape.
        functions: as many, or one more; functions or numbers.
        *args: given to each function after the elements.
        **kwargs: given to each function.

    Raises:
        ArgumentError: the functions are not as many, or one more.
        ShapeError: a condition has another shape than x.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-4.0, 0.0, 4.0])
        >>> tg.piecewise(x, [x > 0], [tg.sqrt, lambda x: 1 - x])
        tensor([5., 1., 2.])
    """

@overload
def piecewise(
    x: Plain, conditions: Plain, functions: Sequence[Any], *args: Any, **kwargs: Any
) -> Any: ...
@overload
def piecewise(
    x: Operand, conditions: Operand, functions: Sequence[Any], *args: Any, **kwargs: Any
) -> Tensor: ...
@overload
def select(
    conditions: Iterable[MakesTensor], choices: Iterable[MakesTensor], default: Any = 0
) -> Tensor:
    """Return each element of the first choice whose condition is true, ``default`` where none is.

    Raises:
        ArgumentError: there are no conditions, or not as many choices.
        DTypeError: a condition is not of booleans.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-2.0, 0.0, 2.0])
        >>> tg.select([x < 0, x > 0], [-x, x * x], 7.0)
        tensor([2., 7., 4.])
    """

@overload
def select(conditions: Iterable[Plain], choices: Iterable[Plain], default: Any = 0) -> Any: ...
@overload
def select(
    conditions: Iterable[Operand], choices: Iterable[Operand], default: Any = 0
) -> Tensor: ...
@overload
def linear(x: MakesTensor, weight: Operand, bias: Operand) -> Tensor:
    """Return x Wᵀ + b, samples along the leading axes of x; W has shape (out, in).

    The bias has shape (out,), or the shape of the result: one for each sample.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linear([1.0, 2.0], [[1.0, 1.0], [1.0, -1.0]], [0.5, 0.0])
        tensor([ 3.5, -1. ])
    """

@overload
def linear(x: Operand, weight: MakesTensor, bias: Operand) -> Tensor: ...
@overload
def linear(x: Operand, weight: Operand, bias: MakesTensor) -> Tensor: ...
@overload
def linear(x: Operand, weight: Operand, bias: Operand) -> Any: ...
@overload
def matmul(x: MakesTensor, y: Operand) -> Tensor:
    """Return the matrix product x @ y: vectors, matrices, or stacks of them that broadcast.

    Products are added up by BLAS, in an order of its own: a sum of n is off by some √n units in the
    last place of Σ|x y|. `sum` of the products is more exact, and slower. float16 is added up in
    float32.

    Example:
        >>> import tensorgraph as tg
        >>> tg.matmul([[1.0, 2.0]], [[3.0], [4.0]])
        tensor([[11.]])
    """

@overload
def matmul(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def matmul(x: Operand, y: Operand) -> Any: ...
@overload
def outer(x: MakesTensor, y: Operand) -> Tensor:
    """Return all products of an element of x with an element of y; both are flattened.

    Example:
        >>> import tensorgraph as tg
        >>> tg.outer([1.0, 2.0], tg.tensor([3.0, 4.0])).shape
        (2, 2)
    """

@overload
def outer(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def outer(x: Operand, y: Operand) -> Any: ...
@overload
def tensordot(x: MakesTensor, y: Operand, axes: SupportsIndex | Sequence[OneOrMore] = 2) -> Tensor:
    """Sum products over the given axes of x and y: a count, or a pair of axis lists.

    Raises:
        ShapeError: the summed axes differ in length.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensordot(tg.ones((2, 3, 4)), tg.ones((3, 4, 5))).shape
        (2, 5)
    """

@overload
def tensordot(
    x: Operand, y: MakesTensor, axes: SupportsIndex | Sequence[OneOrMore] = 2
) -> Tensor: ...
@overload
def tensordot(x: Operand, y: Operand, axes: SupportsIndex | Sequence[OneOrMore] = 2) -> Any: ...
@overload
def vecdot(x: MakesTensor, y: Operand, axis: SupportsIndex = -1) -> Tensor:
    """Return the scalar products of the vectors along ``axis`` of x and y; other axes broadcast.

    The result has the dtype of a product, as NumPy's has: small integers stay so, and wrap around.

    Raises:
        ShapeError: the vectors differ in length.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vecdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
        tensor(11.)
    """

@overload
def vecdot(x: Operand, y: MakesTensor, axis: SupportsIndex = -1) -> Tensor: ...
@overload
def vecdot(x: Operand, y: Operand, axis: SupportsIndex = -1) -> Any: ...
@overload
def conv(
    x: MakesTensor,
    weight: Operand,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor:
    """Return the convolution of a batch x (batch, channels, *spatial) with a weight.

    The weight has shape (out, channels / groups, *kernel), the result (batch, out, *counts):

        y[n, o, p] = Σ_c Σ_k w[o, c, k] · x[n, c, stride · p + dilation · k − padding],

    with count = ⌊(n + padding − span) / stride⌋ + 1 and span = (kernel − 1) · dilation + 1 along
    each spatial axis, of which there may be any number (Dumoulin & Visin 2016, "A guide to
    convolution arithmetic", relation 15; Deep Learning Specialization, course 4, week 1). The
    kernel is not flipped: mathematics calls this cross-correlation, networks a convolution.

    `stride` and `dilation` are an integer or one for each spatial axis. `padding`, how many zeros
    stand around x, may be an integer or one for each axis, where a pair means before and after; or
    "same": ⌈n / stride⌉ results, TensorFlow's rule, which puts an odd zero after. `groups` cuts
    the channels of x and of y in as many parts, and each part of y sees its part of x only.

    Example:
        >>> import tensorgraph as tg
        >>> tg.conv([[[1.0, 2.0, 4.0, 8.0]]], [[[-1.0, 1.0]]])
        tensor([[[1., 2., 4.]]])
    """

@overload
def conv(
    x: Operand,
    weight: MakesTensor,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor: ...
@overload
def conv(
    x: Operand,
    weight: Operand,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Any: ...
@overload
def conv_transpose(
    x: MakesTensor,
    weight: Operand,
    shape: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor:
    """Return the transposed convolution of x (batch, out, *counts): the adjoint of `conv` by x.

    The weight has the shape that `conv` takes, (out, channels / groups, *kernel); the result has
    shape (batch, channels, *shape), where `conv` with the same parameters would give x's shape.
    Each element of x adds its multiple of the kernel: a stride makes the result larger than x, as
    decoders and generators want it.

    Example:
        >>> import tensorgraph as tg
        >>> tg.conv_transpose([[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]], shape=4)
        tensor([[[-1., -1., -2.,  4.]]])
    """

@overload
def conv_transpose(
    x: Operand,
    weight: MakesTensor,
    shape: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor: ...
@overload
def conv_transpose(
    x: Operand,
    weight: Operand,
    shape: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Any: ...
@overload
def conv_weight_grad(
    x: MakesTensor,
    y: Operand,
    size: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor:
    """Return the gradient of ⟨y, conv(x, weight)⟩ by the weight, whose kernel has shape `size`.

    x has shape (batch, channels, *spatial), y that of the convolution, the result
    (out, channels / groups, *size). The other parameters are those of `conv`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.conv_weight_grad([[[1.0, 2.0, 4.0, 8.0]]], [[[1.0, 1.0, 1.0]]], size=2)
        tensor([[[ 7., 14.]]])
    """

@overload
def conv_weight_grad(
    x: Operand,
    y: MakesTensor,
    size: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Tensor: ...
@overload
def conv_weight_grad(
    x: Operand,
    y: Operand,
    size: OneOrMore,
    stride: OneOrMore = 1,
    padding: AnyPadding = 0,
    dilation: OneOrMore = 1,
    groups: SupportsIndex = 1,
) -> Any: ...
@overload
def class_cross_entropy(logits: MakesTensor, labels: Operand, axis: SupportsIndex = -1) -> Tensor:
    """Return −log softmax(Z)[label] along `axis`, for integer class labels.

    The gradient by Z is A − Y, with A = softmax(Z) and Y the one-hot labels.

    Example:
        >>> import tensorgraph as tg
        >>> tg.class_cross_entropy([[0.0, 0.0]], [1]).round(3)
        tensor([0.693])
    """

@overload
def class_cross_entropy(
    logits: Operand, labels: MakesTensor, axis: SupportsIndex = -1
) -> Tensor: ...
@overload
def class_cross_entropy(logits: Operand, labels: Operand, axis: SupportsIndex = -1) -> Any: ...
@overload
def sigmoid_cross_entropy(logits: MakesTensor, targets: Operand) -> Tensor:
    """Return log(1 + e^Z) − Z·Y, the binary cross-entropy of sigmoid(Z) against Y.

    The gradient by Z is A − Y, with A = sigmoid(Z).

    Example:
        >>> import tensorgraph as tg
        >>> tg.sigmoid_cross_entropy([0.0, 1e4], [1.0, 1.0]).round(3)
        tensor([0.693, 0.   ])
    """

@overload
def sigmoid_cross_entropy(logits: Operand, targets: MakesTensor) -> Tensor: ...
@overload
def sigmoid_cross_entropy(logits: Operand, targets: Operand) -> Any: ...
@overload
def sigmoid_minus(logits: MakesTensor, targets: Operand) -> Tensor:
    """Return σ(Z) − Y, exact where both are 1: the gradient of the binary cross-entropy.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sigmoid_minus([0.0, 0.0], [0.0, 1.0])
        tensor([ 0.5, -0.5])
    """

@overload
def sigmoid_minus(logits: Operand, targets: MakesTensor) -> Tensor: ...
@overload
def sigmoid_minus(logits: Operand, targets: Operand) -> Any: ...
@overload
def softmax_cross_entropy(
    logits: MakesTensor, targets: Operand, axis: SupportsIndex = -1
) -> Tensor:
    """Return −Σ Y log softmax(Z) along `axis`, for target distributions Y.

    The gradient by Z is softmax(Z) · ΣY − Y, which is A − Y where Y sums to 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softmax_cross_entropy([0.0, 0.0], [0.5, 0.5]).round(3)
        tensor(0.693)
    """

@overload
def softmax_cross_entropy(
    logits: Operand, targets: MakesTensor, axis: SupportsIndex = -1
) -> Tensor: ...
@overload
def softmax_cross_entropy(logits: Operand, targets: Operand, axis: SupportsIndex = -1) -> Any: ...
@overload
def softmax_minus_one_hot(logits: MakesTensor, labels: Operand, axis: SupportsIndex) -> Tensor:
    """Return softmax(Z) − Y for one-hot labels Y: the gradient of the cross-entropy.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softmax_minus_one_hot([[0.0, 0.0]], [1], axis=1)
        tensor([[ 0.5, -0.5]])
    """

@overload
def softmax_minus_one_hot(logits: Operand, labels: MakesTensor, axis: SupportsIndex) -> Tensor: ...
@overload
def softmax_minus_one_hot(logits: Operand, labels: Operand, axis: SupportsIndex) -> Any: ...
@overload
def einsum(subscripts: Any, *operands: MakesTensor) -> Tensor:
    """Sum products of elements over the letters that the result does not keep (NumPy's einsum).

    A list of axis numbers after each operand, and one for the result, stands for letters too.

    Raises:
        ArgumentError: the subscripts do not fit the operands.
        ShapeError: a letter has two lengths.

    Example:
        >>> import tensorgraph as tg
        >>> tg.einsum("ij,ij->i", tg.ones((2, 3)), tg.full((2, 3), 2.0))
        tensor([6., 6.])
        >>> tg.einsum(tg.ones((2, 3)), [0, 1], tg.full((2, 3), 2.0), [0, 1], [0])
        tensor([6., 6.])
    """

@overload
def einsum(subscripts: Any, *operands: Plain) -> Any: ...
@overload
def einsum(subscripts: Any, *operands: Operand) -> Tensor: ...
@overload
def clip(
    x: MakesTensor,
    min: Operand | SupportsFloat | None = None,
    max: Operand | SupportsFloat | None = None,
) -> Tensor:
    """Return x limited to [min, max]; the gradient passes inside and on the bounds.

    Bounds may be arrays, that are broadcast: where x lies beyond one, that gets the gradient, and
    on a bound x does. Where a bound is NaN the result is; where min is above max it is max.

    Example:
        >>> import tensorgraph as tg
        >>> tg.clip([1.0, 5.0, 9.0], 2.0, 6.0)
        tensor([2., 5., 6.])
        >>> tg.clip([1.0, 5.0, 9.0], [2.0, 2.0, 9.5])
        tensor([2. , 5. , 9.5])
    """

@overload
def clip(
    x: NDArray[Any],
    min: Plain | SupportsFloat | None = None,
    max: Plain | SupportsFloat | None = None,
) -> NDArray[Any]: ...
@overload
def clip(
    x: Operand,
    min: Operand | SupportsFloat | None = None,
    max: Operand | SupportsFloat | None = None,
) -> Any: ...
@overload
def maximum(x: MakesTensor, y: Operand) -> Tensor:
    """Return the larger of x and y; where they tie, each gets half of the gradient.

    A NaN is the result, and gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.maximum([1.0, 5.0], 3.0)
        tensor([3., 5.])
    """

@overload
def maximum(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def maximum(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def maximum(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def maximum(x: Operand, y: Operand) -> Any: ...
@overload
def maximum_grad(gradient: MakesTensor, x: Operand, y: Operand) -> Tensor:
    """Return what x gets of a gradient of maximum(x, y): all, half of it in a tie, or 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.maximum_grad(1.0, [1.0, 5.0, 3.0], 3.0)
        tensor([0. , 1. , 0.5])
    """

@overload
def maximum_grad(gradient: Operand, x: MakesTensor, y: Operand) -> Tensor: ...
@overload
def maximum_grad(gradient: Operand, x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def maximum_grad(gradient: NDArray[Any], x: Plain, y: Plain) -> NDArray[Any]: ...
@overload
def maximum_grad(gradient: Plain, x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def maximum_grad(gradient: Plain, x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def maximum_grad(gradient: Operand, x: Operand, y: Operand) -> Any: ...
@overload
def minimum(x: MakesTensor, y: Operand) -> Tensor:
    """Return the smaller of x and y; where they tie, each gets half of the gradient.

    A NaN is the result, and gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.minimum([1.0, 5.0], 3.0)
        tensor([1., 3.])
    """

@overload
def minimum(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def minimum(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def minimum(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def minimum(x: Operand, y: Operand) -> Any: ...
@overload
def minimum_grad(gradient: MakesTensor, x: Operand, y: Operand) -> Tensor:
    """Return what x gets of a gradient of minimum(x, y): all, half of it in a tie, or 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.minimum_grad(1.0, [1.0, 5.0, 3.0], 3.0)
        tensor([1. , 0. , 0.5])
    """

@overload
def minimum_grad(gradient: Operand, x: MakesTensor, y: Operand) -> Tensor: ...
@overload
def minimum_grad(gradient: Operand, x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def minimum_grad(gradient: NDArray[Any], x: Plain, y: Plain) -> NDArray[Any]: ...
@overload
def minimum_grad(gradient: Plain, x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def minimum_grad(gradient: Plain, x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def minimum_grad(gradient: Operand, x: Operand, y: Operand) -> Any: ...
@overload
def copysign(x: MakesTensor, y: Operand) -> Tensor:
    """Return |x| with the sign of y, of a zero too; the derivative is that of |x|, 0 at 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.copysign([1.0, -2.0], [-1.0, 0.0])
        tensor([-1.,  2.])
    """

@overload
def copysign(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def copysign(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def copysign(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def copysign(x: Operand, y: Operand) -> Any: ...
@overload
def fmod(x: MakesTensor, y: Operand) -> Tensor:
    """Return x − y·trunc(x / y), with the sign of x. Integers by 0 are 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fmod([7, -7], 2)
        tensor([ 1, -1])
    """

@overload
def fmod(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def fmod(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def fmod(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def fmod(x: Operand, y: Operand) -> Any: ...
@overload
def heaviside(x: MakesTensor, y: Operand) -> Tensor:
    """Return 0 below 0, 1 above and y where x is 0; its derivative by x is 0. NaN stays NaN.

    Of whole numbers it is float64.

    Example:
        >>> import tensorgraph as tg
        >>> tg.heaviside([-1.0, 0.0, 2.0], 0.5)
        tensor([0. , 0.5, 1. ])
    """

@overload
def heaviside(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def heaviside(x: Operand, y: Operand) -> Any: ...
@overload
def nan_to_num(
    x: MakesTensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return x with numbers in place of NaN and ±inf; the gradient is 0 there.

    Args:
        x: of any shape.
        nan: in place of NaN.
        posinf: in place of inf; None for the largest finite number of x's dtype.
        neginf: in place of −inf; None for the smallest.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nan_to_num([1.0, float("nan"), float("-inf")], neginf=-9.0)
        tensor([ 1.,  0., -9.])
    """

@overload
def nan_to_num(
    x: Operand, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any: ...
@overload
def nextafter(x: MakesTensor, y: Operand) -> Tensor:
    """Return the next floating-point number after x in the direction of y.

    The derivative by x is 1, as the distance is that of rounding; by y it is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nextafter([1.0], [2.0]) > 1
        tensor([ True])
    """

@overload
def nextafter(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def nextafter(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def nextafter(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def nextafter(x: Operand, y: Operand) -> Any: ...
@overload
def signbit(x: MakesTensor) -> Tensor:
    """Return where x is negative, −0 included.

    Example:
        >>> import tensorgraph as tg
        >>> tg.signbit([1.0, -1.0, -0.0])
        tensor([False,  True,  True])
    """

@overload
def signbit(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def signbit(x: Operand) -> Any: ...
@overload
def betaln(x: MakesTensor, y: Operand) -> Tensor:
    """Return log |B(x, y)| = log |Γ(x) Γ(y) / Γ(x + y)|, also where the terms are far larger.

    It is exact to an ulp of log Γ of the smaller of both; below 0 of the largest term. So are its
    derivatives ψ(x) − ψ(x + y), of their terms.

    Example:
        >>> import tensorgraph as tg
        >>> tg.betaln([1.0, 2.0], [1.0, 3.0]).round(3)
        tensor([ 0.   , -2.485])
    """

@overload
def betaln(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def betaln(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def betaln(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def betaln(x: Operand, y: Operand) -> Any: ...
@overload
def digamma(x: MakesTensor) -> Tensor:
    """Return ψ(x) = Γ′(x)/Γ(x), the derivative of gammaln (DLMF 5.2).

    At 0 it is −inf and at −0 inf; at the poles −1, −2, … NaN. Below 0 it is exact to an ulp of
    ψ(1 − x) and of π cot πx, which cancel at its zeros.

    Example:
        >>> import tensorgraph as tg
        >>> tg.digamma([1.0, 2.0]).round(3)
        tensor([-0.577,  0.423])
    """

@overload
def digamma(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def digamma(x: Operand) -> Any: ...
@overload
def digamma_slope(x: MakesTensor, order: SupportsIndex = 1) -> Tensor:
    """Return the n-th derivative of digamma, n = `order` ≥ 1 (DLMF 5.15).

    Below 0 it is exact to an ulp of ψ⁽ⁿ⁾(1 − x) and of the cotangent's derivative; at the poles
    there it is inf where n is odd, and NaN where the side decides of the sign.

    Example:
        >>> import tensorgraph as tg
        >>> tg.digamma_slope([1.0, 2.0]).round(3)
        tensor([1.645, 0.645])
    """

@overload
def digamma_slope(x: NDArray[Any], order: SupportsIndex = 1) -> NDArray[Any]: ...
@overload
def digamma_slope(x: Operand, order: SupportsIndex = 1) -> Any: ...
@overload
def gammaln(x: MakesTensor) -> Tensor:
    """Return log |Γ(x)|: of a whole number, log (x − 1)!; inf at the poles 0, −1 and so on.

    Its zeros at 1 and 2 are relatively exact; at those below 0 an ulp of log Γ(−x) counts.

    Example:
        >>> import tensorgraph as tg
        >>> tg.gammaln([1.0, 5.0]).round(3)
        tensor([0.   , 3.178])
    """

@overload
def gammaln(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def gammaln(x: Operand) -> Any: ...
@overload
def polygamma(n: SupportsIndex, x: MakesTensor) -> Tensor:
    """Return ψ⁽ⁿ⁾(x), the n-th derivative of digamma; digamma itself for n = 0.

    Raises:
        ArgumentError: n is not a whole number ≥ 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.polygamma(1, [1.0, 2.0]).round(3)
        tensor([1.645, 0.645])
    """

@overload
def polygamma(n: SupportsIndex, x: Operand) -> Any: ...
@overload
def erfc(x: MakesTensor) -> Tensor:
    """Return 1 − erf(x), whose tail is relatively exact.

    Example:
        >>> import tensorgraph as tg
        >>> tg.erfc([0.0, 1.0]).round(3)
        tensor([1.   , 0.157])
    """

@overload
def erfc(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def erfc(x: Operand) -> Any: ...
@overload
def erfinv(y: MakesTensor) -> Tensor:
    """Return the x with erf(x) = y; ±inf at ±1, NaN beyond.

    Example:
        >>> import tensorgraph as tg
        >>> tg.erfinv([0.0, 0.5, 1.0]).round(3)
        tensor([0.   , 0.477,   inf])
    """

@overload
def erfinv(y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def erfinv(y: Operand) -> Any: ...
@overload
def erfinv_slope(y: MakesTensor) -> Tensor:
    """Return √π/2 · exp(erfinv(y)²), the derivative of erfinv; inf at ±1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.erfinv_slope([0.0, 0.5]).round(3)
        tensor([0.886, 1.113])
    """

@overload
def erfinv_slope(y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def erfinv_slope(y: Operand) -> Any: ...
@overload
def log_ndtr(x: MakesTensor) -> Tensor:
    """Return log Φ(x), also where Φ(x) is 0 or rounds to 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log_ndtr([0.0, -100.0]).round(3)
        tensor([-6.9300e-01, -5.0055e+03])
    """

@overload
def log_ndtr(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log_ndtr(x: Operand) -> Any: ...
@overload
def log_ndtr_gap(x: MakesTensor) -> Tensor:
    """Return x + φ(x)/Φ(x), also far below 0, where the terms cancel.

    The terms of its own derivative cancel there: that is exact to an ulp of 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log_ndtr_gap([0.0, -1e4])
        tensor([7.9788e-01, 1.0000e-04])
    """

@overload
def log_ndtr_gap(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log_ndtr_gap(x: Operand) -> Any: ...
@overload
def log_ndtr_slope(x: MakesTensor) -> Tensor:
    """Return φ(x)/Φ(x), the derivative of log_ndtr; −x far below 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log_ndtr_slope([0.0, -1e4]).round(3)
        tensor([7.980e-01, 1.000e+04])
    """

@overload
def log_ndtr_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log_ndtr_slope(x: Operand) -> Any: ...
@overload
def ndtr(x: MakesTensor) -> Tensor:
    """Return Φ(x), the standard normal distribution function, whose tail is relatively exact.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ndtr([0.0, -10.0])
        tensor([5.0000e-01, 7.6199e-24])
    """

@overload
def ndtr(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def ndtr(x: Operand) -> Any: ...
@overload
def broadcast_arrays(*arrays: MakesTensor) -> tuple[Tensor, ...]:
    """Return each tensor repeated to the shape that they have together.

    Raises:
        ShapeError: their shapes do not broadcast together.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.broadcast_arrays(tg.zeros((2, 1)), tg.zeros(3))
        >>> x.shape, y.shape
        ((2, 3), (2, 3))
    """

@overload
def broadcast_arrays(*arrays: Plain) -> tuple[Any, ...]: ...
@overload
def broadcast_arrays(*arrays: Operand) -> tuple[Tensor, ...]: ...
@overload
def ix_(*indices: MakesTensor) -> tuple[Tensor, ...]:
    """Return vectors of indices as a key for the rows, columns … they name together.

    ``x[tg.ix_(rows, columns)]`` has a row for each of ``rows``. A vector of booleans stands for the
    places where it is true.

    Raises:
        DTypeError: indices are neither integers nor booleans.
        ShapeError: they are no vector.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.reshape(tg.arange(6), (2, 3))
        >>> x[tg.ix_([0, 1], [0, 2])]
        tensor([[0, 2],
                [3, 5]])
    """

@overload
def ix_(*indices: Plain) -> tuple[Any, ...]: ...
@overload
def ix_(*indices: Operand) -> tuple[Tensor, ...]: ...
@overload
def meshgrid(
    *arrays: MakesTensor, indexing: str = "xy", sparse: bool = False
) -> tuple[Tensor, ...]:
    """Return the coordinates of a grid's points, one tensor for each of the vectors given.

    The k-th has the elements of the k-th vector along axis k; for ``indexing="xy"`` the first two
    axes are exchanged, as rows of a picture are. With ``sparse`` the other axes have length 1.

    Raises:
        ShapeError: an array has more than one axis.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.meshgrid(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0]))
        >>> x
        tensor([[1., 2., 3.],
                [1., 2., 3.]])
    """

@overload
def meshgrid(*arrays: Plain, indexing: str = "xy", sparse: bool = False) -> tuple[Any, ...]: ...
@overload
def meshgrid(
    *arrays: Operand, indexing: str = "xy", sparse: bool = False
) -> tuple[Tensor, ...]: ...
@overload
def vander(x: MakesTensor, n: SupportsIndex | None = None, increasing: bool = False) -> Tensor:
    """Return the powers of a vector's elements as columns: Vandermonde's matrix.

    Column k is x^(n − 1 − k), with ``increasing`` x^k; n is as many as x has elements by default.

    Raises:
        ShapeError: x is no vector.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vander(tg.tensor([2.0, 3.0]), 3)
        tensor([[4., 2., 1.],
                [9., 3., 1.]])
    """

@overload
def vander(x: Operand, n: SupportsIndex | None = None, increasing: bool = False) -> Any: ...
@overload
def getitem(x: MakesTensor, key: Index) -> Tensor:
    """Return ``x[key]`` with NumPy's basic and advanced indexing.

    Raises:
        AxisError: an index is out of range, or there are too many.
        DTypeError: an index array is not of integers or booleans.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensor([10.0, 20.0, 30.0])[[0, 0, 2]]
        tensor([10., 10., 30.])
    """

@overload
def getitem(x: Operand, key: Index) -> Any: ...
@overload
def one_hot(
    labels: MakesTensor,
    num_classes: SupportsIndex,
    axis: SupportsIndex = -1,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Return 1 at each class label and 0 elsewhere, along a new `axis`; it sums to 1 there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.one_hot([2, 0], 3)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """

@overload
def one_hot(
    labels: Operand,
    num_classes: SupportsIndex,
    axis: SupportsIndex = -1,
    dtype: DTypeLike | None = None,
) -> Any: ...
@overload
def scatter(x: MakesTensor, *indices: MakesTensor, key: Key, shape: tuple[int, ...]) -> Tensor:
    """Return zeros of `shape` with x added at `key`: the adjoint of indexing.

    What is added to one and the same place is added one by one, in float16 with the digits of
    float32.

    Example:
        >>> import tensorgraph as tg
        >>> tg.scatter([1.0, 2.0], key=(slice(1, 3),), shape=(4,))
        tensor([0., 1., 2., 0.])
    """

@overload
def scatter(x: Plain, *indices: Plain, key: Key, shape: tuple[int, ...]) -> Any: ...
@overload
def scatter(x: Operand, *indices: Operand, key: Key, shape: tuple[int, ...]) -> Tensor: ...
@overload
def take(
    x: MakesTensor, indices: Operand, axis: SupportsIndex | None = None, mode: str = "raise"
) -> Tensor:
    """Return the slices of x at integer ``indices`` along ``axis`` (elements of the flat tensor).

    What lies outside is an error, begins again at the other end (``mode="wrap"``), or stands for
    the nearest (``mode="clip"``, in which negative ones do not count from the end).

    Raises:
        AxisError: an index is out of range, and ``mode`` is ``"raise"``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.take(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0], axis=1)
        tensor([[2., 1.],
                [4., 3.]])
    """

@overload
def take(
    x: Operand, indices: MakesTensor, axis: SupportsIndex | None = None, mode: str = "raise"
) -> Tensor: ...
@overload
def take(
    x: Operand, indices: Operand, axis: SupportsIndex | None = None, mode: str = "raise"
) -> Any: ...
@overload
def take_along_axis(x: MakesTensor, indices: Operand, axis: SupportsIndex = -1) -> Tensor:
    """Return the element of x named by ``indices`` in each slice along ``axis``.

    Raises:
        ShapeError: ``indices`` has another number of axes than x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.take_along_axis(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1)
        tensor([[2.],
                [3.]])
    """

@overload
def take_along_axis(x: Operand, indices: MakesTensor, axis: SupportsIndex = -1) -> Tensor: ...
@overload
def take_along_axis(x: Operand, indices: Operand, axis: SupportsIndex = -1) -> Any: ...
@overload
def append(x: MakesTensor, values: Operand, axis: SupportsIndex | None = None) -> Tensor:
    """Return x followed by ``values`` along an axis; both flat for ``axis=None``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.append(tg.tensor([1.0, 2.0]), [3.0])
        tensor([1., 2., 3.])
    """

@overload
def append(x: Operand, values: MakesTensor, axis: SupportsIndex | None = None) -> Tensor: ...
@overload
def append(x: Operand, values: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def block(arrays: Iterable[MakesTensor]) -> Tensor:
    """Put tensors together as nested lists say: the innermost along the last axis.

    Each list further out is along the axis before. Tensors of fewer axes get new ones in front.

    Raises:
        ArgumentError: a list is empty, or tensors stand at different depths.

    Example:
        >>> import tensorgraph as tg
        >>> tg.block([[tg.ones((1, 2)), tg.zeros((1, 1))], [tg.zeros((1, 3))]])
        tensor([[1., 1., 0.],
                [0., 0., 0.]])
    """

@overload
def block(arrays: Iterable[Plain]) -> Any: ...
@overload
def block(arrays: Iterable[Operand]) -> Tensor: ...
@overload
def column_stack(arrays: Iterable[MakesTensor]) -> Tensor:
    """Join tensors side by side; vectors are columns.

    Example:
        >>> import tensorgraph as tg
        >>> tg.column_stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
        tensor([[1., 3.],
                [2., 4.]])
    """

@overload
def column_stack(arrays: Iterable[Plain]) -> Any: ...
@overload
def column_stack(arrays: Iterable[Operand]) -> Tensor: ...
@overload
def concat(arrays: Iterable[MakesTensor], axis: SupportsIndex | None = 0) -> Tensor:
    """Join tensors along an axis that they have; flat ones for ``axis=None``.

    Raises:
        ShapeError: they differ along another axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.concat([tg.tensor([1.0, 2.0]), tg.tensor([3.0])])
        tensor([1., 2., 3.])
    """

@overload
def concat(arrays: Iterable[Plain], axis: SupportsIndex | None = 0) -> Any: ...
@overload
def concat(arrays: Iterable[Operand], axis: SupportsIndex | None = 0) -> Tensor: ...
@overload
def dstack(arrays: Iterable[MakesTensor]) -> Tensor:
    """Join tensors along the third axis, which matrices get as their last.

    Example:
        >>> import tensorgraph as tg
        >>> tg.dstack([tg.ones((2, 3)), tg.zeros((2, 3))]).shape
        (2, 3, 2)
    """

@overload
def dstack(arrays: Iterable[Plain]) -> Any: ...
@overload
def dstack(arrays: Iterable[Operand]) -> Tensor: ...
@overload
def hstack(arrays: Iterable[MakesTensor]) -> Tensor:
    """Join tensors side by side: along the second axis, vectors along their only one.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hstack([tg.ones((2, 1)), tg.zeros((2, 1))])
        tensor([[1., 0.],
                [1., 0.]])
    """

@overload
def hstack(arrays: Iterable[Plain]) -> Any: ...
@overload
def hstack(arrays: Iterable[Operand]) -> Tensor: ...
@overload
def stack(arrays: Iterable[MakesTensor], axis: SupportsIndex = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Raises:
        ShapeError: their shapes differ.

    Example:
        >>> import tensorgraph as tg
        >>> tg.stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])], axis=1)
        tensor([[1., 3.],
                [2., 4.]])
    """

@overload
def stack(arrays: Iterable[Plain], axis: SupportsIndex = 0) -> Any: ...
@overload
def stack(arrays: Iterable[Operand], axis: SupportsIndex = 0) -> Tensor: ...
@overload
def vstack(arrays: Iterable[MakesTensor]) -> Tensor:
    """Join tensors one below the other; vectors are rows.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vstack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
        tensor([[1., 2.],
                [3., 4.]])
    """

@overload
def vstack(arrays: Iterable[Plain]) -> Any: ...
@overload
def vstack(arrays: Iterable[Operand]) -> Tensor: ...
@overload
def logit(x: MakesTensor) -> Tensor:
    """Return the log-odds log(x / (1 − x)): the inverse of sigmoid, relatively exact at ½ too.

    It is −inf at 0, inf at 1 and NaN outside. Its derivative is 1/x + 1/(1 − x); that of this one
    cancels at ½, where it is exact to an ulp of 1/x².

    Example:
        >>> import tensorgraph as tg
        >>> tg.logit([0.5, 0.0])
        tensor([  0., -inf])
    """

@overload
def logit(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logit(x: Operand) -> Any: ...
@overload
def xlog1py(x: MakesTensor, y: Operand) -> Tensor:
    """Return x · log(1 + y), and 0 where x is 0, y = −1 included.

    The derivative by x is log(1 + y), −inf at −1; that by y is x / (1 + y), and 0 at x = 0, y = −1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.xlog1py([0.0, 2.0], [-1.0, 0.0])
        tensor([0., 0.])
    """

@overload
def xlog1py(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def xlog1py(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def xlog1py(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def xlog1py(x: Operand, y: Operand) -> Any: ...
@overload
def xlogy(x: MakesTensor, y: Operand) -> Tensor:
    """Return x · log y, and 0 where x is 0, y = 0 included.

    The derivative by x is log y, −inf at y = 0; that by y is x / y, and 0 where both are 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.xlogy([0.0, 2.0], [0.0, 1.0])
        tensor([0., 0.])
    """

@overload
def xlogy(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def xlogy(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def xlogy(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def xlogy(x: Operand, y: Operand) -> Any: ...
@overload
def log_softmax(x: MakesTensor, axis: SomeAxes = -1) -> Tensor:
    """Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log_softmax([1000.0, 1000.0]).round(3)
        tensor([-0.693, -0.693])
    """

@overload
def log_softmax(x: Operand, axis: SomeAxes = -1) -> Any: ...
@overload
def logsumexp(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return log Σ eˣ over `axis` without overflow; −inf for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logsumexp([1000.0, 1000.0]).round(3)
        tensor(1000.693)
    """

@overload
def logsumexp(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def minus_mean(y: MakesTensor, weights: Operand, axis: SomeAxes) -> Tensor:
    """Return y − Σ w y / Σ w over `axis`, of the shape of the weights w.

    Where one weight outdoes all the others together, y is taken from its element there, so that
    what the others add is not lost beside it: times softmax's weights, it is softmax's gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.minus_mean([0.0, 8.0], [0.75, 0.25], axis=0)
        tensor([-2.,  6.])
    """

@overload
def minus_mean(y: Operand, weights: MakesTensor, axis: SomeAxes) -> Tensor: ...
@overload
def minus_mean(y: Operand, weights: Operand, axis: SomeAxes) -> Any: ...
@overload
def minus_share(y: MakesTensor, weights: Operand, axis: SomeAxes) -> Tensor:
    """Return y − w Σ y / Σ w over `axis`, of the shape of the weights w.

    It is the adjoint of `minus_mean`, and as exact where one weight outdoes all the others
    together. With softmax's weights it is the gradient of log softmax.

    Example:
        >>> import tensorgraph as tg
        >>> tg.minus_share([0.0, 8.0], [0.75, 0.25], axis=0)
        tensor([-6.,  6.])
    """

@overload
def minus_share(y: Operand, weights: MakesTensor, axis: SomeAxes) -> Tensor: ...
@overload
def minus_share(y: Operand, weights: Operand, axis: SomeAxes) -> Any: ...
@overload
def softmax(x: MakesTensor, axis: SomeAxes = -1) -> Tensor:
    """Return eˣ / Σ eˣ along `axis`, without overflow: positive, and its sum there is 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softmax([1000.0, 1000.0])
        tensor([0.5, 0.5])
    """

@overload
def softmax(x: Operand, axis: SomeAxes = -1) -> Any: ...
@overload
def dropout(x: MakesTensor, mask: Operand, keep_prob: float) -> Tensor:
    """Return x · mask / keep_prob: elements where the mask is false become 0, others grow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.dropout([1.0, 2.0], [True, False], keep_prob=0.5)
        tensor([2., 0.])
    """

@overload
def dropout(x: Operand, mask: MakesTensor, keep_prob: float) -> Tensor: ...
@overload
def dropout(x: Operand, mask: Operand, keep_prob: float) -> Any: ...
@overload
def masked_matmul(x: MakesTensor, y: Operand, mask: Operand) -> Tensor:
    """Return Σ x[i, k] · y[k, j] over those k for which mask[i, k] holds.

    What is masked is ignored, also by the gradients: infinities and NaN in a row of y matter to
    those rows of the result only that count it.

    Example:
        >>> import tensorgraph as tg
        >>> tg.masked_matmul([[0.5, 0.5]], [[1.0], [float("nan")]], [[True, False]])
        tensor([[0.5]])
    """

@overload
def masked_matmul(x: Operand, y: MakesTensor, mask: Operand) -> Tensor: ...
@overload
def masked_matmul(x: Operand, y: Operand, mask: MakesTensor) -> Tensor: ...
@overload
def masked_matmul(x: Operand, y: Operand, mask: Operand) -> Any: ...
@overload
def matmul_where(x: MakesTensor, y: Operand, mask: Operand) -> Tensor:
    """Return x @ y where the mask holds, and 0 elsewhere.

    What is masked is ignored, also by the gradients: infinities and NaN in x and y matter to those
    elements only that are made of them and not masked.

    Example:
        >>> import tensorgraph as tg
        >>> tg.matmul_where([[1.0], [2.0]], [[3.0, 4.0]], [[True, False], [True, True]])
        tensor([[3., 0.],
                [6., 8.]])
    """

@overload
def matmul_where(x: Operand, y: MakesTensor, mask: Operand) -> Tensor: ...
@overload
def matmul_where(x: Operand, y: Operand, mask: MakesTensor) -> Tensor: ...
@overload
def matmul_where(x: Operand, y: Operand, mask: Operand) -> Any: ...
@overload
def affine(x: MakesTensor, scale: Operand, shift: Operand) -> Tensor:
    """Return x · scale + shift, each of which is repeated along axes that it does not have.

    Example:
        >>> import tensorgraph as tg
        >>> tg.affine([[1.0, 2.0]], [2.0, 3.0], 0.5)
        tensor([[2.5, 6.5]])
    """

@overload
def affine(x: Operand, scale: MakesTensor, shift: Operand) -> Tensor: ...
@overload
def affine(x: Operand, scale: Operand, shift: MakesTensor) -> Tensor: ...
@overload
def affine(x: Operand, scale: Operand, shift: Operand) -> Any: ...
@overload
def center(x: MakesTensor, axis: SomeAxes = None) -> Tensor:
    """Return x − mean(x) over `axis`, exact to rounding also where the mean is large.

    Example:
        >>> import tensorgraph as tg
        >>> tg.center([1.0, 3.0, 5.0])
        tensor([-2.,  0.,  2.])
    """

@overload
def center(x: Operand, axis: SomeAxes = None) -> Any: ...
@overload
def norm(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the Euclidean length √Σx² over `axis`, without overflow; its derivative at 0 is 0.

    So is the second one there, which has no value: of ‖x‖² write `tg.vecdot(x, x)`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.norm([3.0, 4.0])
        tensor(5.)
    """

@overload
def norm(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def rms(x: MakesTensor, axis: SomeAxes = None, eps: float = 0.0, keepdims: bool = False) -> Tensor:
    """Return the root mean square √(mean(x²) + eps) over `axis`; its derivative at 0 is 0.

    Of a centred x it is the standard deviation.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rms([1.0, -7.0])
        tensor(5.)
    """

@overload
def rms(x: Operand, axis: SomeAxes = None, eps: float = 0.0, keepdims: bool = False) -> Any: ...
@overload
def rms_slope(x: MakesTensor, axis: SomeAxes = None) -> Tensor:
    """Return x / (n · rms(x)) over `axis`, the derivative of rms; 0 where x is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rms_slope([3.0, -4.0]).round(3)
        tensor([ 0.424, -0.566])
    """

@overload
def rms_slope(x: Operand, axis: SomeAxes = None) -> Any: ...
@overload
def std(
    x: MakesTensor, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Return the standard deviation, √var; its derivative is 0 where all elements are equal.

    The derivative is that of x − mean as it is rounded: where that is subnormal, so are its digits.

    Example:
        >>> import tensorgraph as tg
        >>> tg.std([1.0, 3.0])
        tensor(1.)
    """

@overload
def std(
    x: Operand, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Any: ...
@overload
def std_slope(x: MakesTensor, axis: SomeAxes = None, correction: float = 0) -> Tensor:
    """Return (x − mean) / ((n − correction) · std) over `axis`, the derivative of std.

    It is 0, with derivative 0, where all elements are equal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.std_slope([1.0, 3.0]).round(3)
        tensor([-0.5,  0.5])
    """

@overload
def std_slope(x: Operand, axis: SomeAxes = None, correction: float = 0) -> Any: ...
@overload
def unit(x: MakesTensor, axis: SomeAxes = None) -> Tensor:
    """Return x / ‖x‖ over `axis`, of any magnitude; 0, with derivative 0, where x is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unit([3.0, -4.0])
        tensor([ 0.6, -0.8])
    """

@overload
def unit(x: Operand, axis: SomeAxes = None) -> Any: ...
@overload
def var(
    x: MakesTensor, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Return the variance over `axis`, Σ(x − mean)² / (n − correction).

    With no more elements than the correction it is infinite, or NaN where all are equal, as
    NumPy's and PyTorch's.

    Example:
        >>> import tensorgraph as tg
        >>> tg.var([1.0, 3.0], correction=1)
        tensor(2.)
    """

@overload
def var(
    x: Operand, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Any: ...
@overload
def nanmax(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the largest element over ``axis`` that is not NaN; tied ones share the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmax(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(2.)
    """

@overload
def nanmax(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanmean(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the mean over ``axis`` of what is not NaN; NaN for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(1.5)
    """

@overload
def nanmean(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanmedian(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the median over ``axis`` of what is not NaN; NaN for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmedian(tg.tensor([1.0, float("nan"), 3.0, 2.0]))
        tensor(2.)
    """

@overload
def nanmedian(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanmin(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element over ``axis`` that is not NaN; tied ones share the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmin(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(1.)
    """

@overload
def nanmin(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanpercentile(
    x: MakesTensor,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Tensor:
    """Return what ``nanquantile`` does, of q in percent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanpercentile(tg.tensor([1.0, float("nan"), 3.0, 2.0]), 75)
        tensor(2.5)
    """

@overload
def nanpercentile(
    x: Operand,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Any: ...
@overload
def nanprod(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the product over ``axis`` of what is not NaN; 1 for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanprod(tg.tensor([3.0, float("nan"), 2.0]))
        tensor(6.)
    """

@overload
def nanprod(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanquantile(
    x: MakesTensor,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Tensor:
    """Return the q-quantiles over ``axis`` of what is not NaN; NaN for nothing.

    Args:
        x: of any shape.
        q: a number in [0, 1], or several; their axes are the first of the result.
        axis: one, several or None for all.
        keepdims: whether reduced axes stay, with length 1.
        method: one of NumPy's, as of ``tg.quantile``.

    Raises:
        GraphError: x is a symbol, and the method none of linear, lower, higher, nearest, midpoint.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanquantile(tg.tensor([1.0, float("nan"), 3.0, 2.0]), 0.75)
        tensor(2.5)
    """

@overload
def nanquantile(
    x: Operand,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Any: ...
@overload
def nanstd(
    x: MakesTensor, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Return √nanvar; its derivative is 0 where all elements are equal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanstd(tg.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """

@overload
def nanstd(
    x: Operand, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Any: ...
@overload
def nansum(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the sum over ``axis`` of what is not NaN; 0 for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """

@overload
def nansum(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def nanvar(
    x: MakesTensor, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Tensor:
    """Return the variance over ``axis`` of what is not NaN, Σ(x − mean)² / (n − correction).

    NaN where there are no more elements than the correction.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanvar(tg.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """

@overload
def nanvar(
    x: Operand, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> Any: ...
@overload
def kthvalue(
    x: MakesTensor, k: SupportsIndex, axis: SupportsIndex = -1, keepdims: bool = False
) -> Picked:
    """Return the k-th smallest element along ``axis``, counted from 1, and its place.

    Raises:
        ArgumentError: there are less than k elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.kthvalue(tg.tensor([3.0, 9.0, 5.0]), 2).values
        tensor(5.)
    """

@overload
def kthvalue(
    x: Operand, k: SupportsIndex, axis: SupportsIndex = -1, keepdims: bool = False
) -> Picked: ...
@overload
def median(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the middle element over ``axis``, or the mean of the two in the middle.

    Example:
        >>> import tensorgraph as tg
        >>> tg.median(tg.tensor([1.0, 9.0, 2.0]))
        tensor(2.)
    """

@overload
def median(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def percentile(
    x: MakesTensor,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Tensor:
    """Return what ``quantile`` does, of q in percent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.percentile(tg.tensor([1.0, 2.0, 3.0, 10.0]), 75)
        tensor(4.75)
    """

@overload
def percentile(
    x: Operand,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Any: ...
@overload
def ptp(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the largest element less the smallest over ``axis``, "peak to peak".

    Example:
        >>> import tensorgraph as tg
        >>> tg.ptp(tg.tensor([1.0, 9.0, 2.0]))
        tensor(8.)
    """

@overload
def ptp(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def quantile(
    x: MakesTensor,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Tensor:
    """Return the q-quantiles over ``axis``: below the result lies a share q of the elements.

    The gradient goes to the one element or two elements that the result is made of.

    Args:
        x: of any shape.
        q: a number in [0, 1], or several; their axes are the first of the result.
        axis: one, several or None for all.
        keepdims: whether reduced axes stay, with length 1.
        method: one of NumPy's, which says what lies between two elements (Hyndman & Fan 1996).

    Raises:
        AxisError: there are no elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.quantile(tg.tensor([1.0, 2.0, 3.0, 10.0]), [0.5, 0.75])
        tensor([2.5 , 4.75])
    """

@overload
def quantile(
    x: Operand,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> Any: ...
@overload
def searchsorted(x: MakesTensor, values: Operand, side: str = "left") -> Tensor:
    """Return where values are to be inserted in a sorted row, before equal ones or behind.

    No gradient passes. Of a row that is not sorted see ``tg.argsort``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.searchsorted([1.0, 2.0, 3.0], [2.0, 9.0])
        tensor([1, 3])
    """

@overload
def searchsorted(x: Operand, values: MakesTensor, side: str = "left") -> Tensor: ...
@overload
def searchsorted(x: Operand, values: Operand, side: str = "left") -> Any: ...
@overload
def topk(
    x: MakesTensor, k: SupportsIndex, axis: SupportsIndex = -1, largest: bool = True
) -> Picked:
    """Return the k largest elements along ``axis`` in order, or the smallest, and their places.

    NaN counts as the largest; of equal elements the first come first.

    Raises:
        ArgumentError: there are less than k elements.

    Example:
        >>> import tensorgraph as tg
        >>> values, indices = tg.topk(tg.tensor([3.0, 9.0, 5.0]), 2)
        >>> values, indices
        (tensor([9., 5.]), tensor([1, 2]))
    """

@overload
def topk(
    x: Operand, k: SupportsIndex, axis: SupportsIndex = -1, largest: bool = True
) -> Picked: ...
@overload
def pad(
    x: MakesTensor,
    pad_width: AnyWidths,
    constant: Any = 0,
    mode: str = "constant",
    *,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = 0,
) -> Tensor:
    """Return x with something around it: (before, after) for each axis, axis by axis.

    What it is says NumPy's ``mode``: ``"constant"`` is a number; ``"edge"`` repeats the last
    elements; ``"reflect"`` mirrors x at its last elements and ``"symmetric"`` beside them
    (``reflect_type="odd"``: at the point there, 2·edge − mirrored); ``"wrap"`` begins again at the
    other end; ``"maximum"``, ``"minimum"``, ``"mean"`` and ``"median"`` are those of each line, or
    of its ``stat_length`` elements next to the edge; ``"linear_ramp"`` goes in equal steps to
    ``end_values``.

    Args:
        x: what is in the middle.
        pad_width: how many, as a number, a pair, or a pair for each axis.
        constant: the number, or as many as ``pad_width`` may be; an array has no gradient.
        mode: what is put there.
        reflect_type: ``"even"`` or ``"odd"``, of the two mirrors.
        stat_length: how many elements the statistics are of, for each side; all by default.
        end_values: where the ramps end, for each side.

    Raises:
        ArgumentError: another mode; widths that are negative, or not as many as axes.
        ShapeError: an axis without elements, which only a constant can be put around.

    Example:
        >>> import tensorgraph as tg
        >>> tg.pad([1, 2], (1, 2))
        tensor([0, 1, 2, 0, 0])
        >>> tg.pad([1.0, 2.0, 3.0], 2, mode="reflect")
        tensor([3., 2., 1., 2., 3., 2., 1.])
    """

@overload
def pad(
    x: Operand,
    pad_width: AnyWidths,
    constant: Any = 0,
    mode: str = "constant",
    *,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = 0,
) -> Any: ...
@overload
def avg_pool(
    x: MakesTensor, size: OneOrMore, stride: OneOrMore | None = None, padding: AnyPadding = 0
) -> Tensor:
    """Return the mean of each window of a batch x (batch, channels, *spatial).

    The parameters are those of `max_pool`. Padding does not count: at the border the mean is one of
    fewer elements, so that a constant image stays constant. (So do TensorFlow and ONNX; PyTorch
    counts zeros unless told ``count_include_pad=False``. For that, pad x before.)

    Example:
        >>> import tensorgraph as tg
        >>> tg.avg_pool([[[1.0, 4.0, 3.0, 2.0]]], size=2)
        tensor([[[2.5, 2.5]]])
    """

@overload
def avg_pool(
    x: Operand, size: OneOrMore, stride: OneOrMore | None = None, padding: AnyPadding = 0
) -> Any: ...
@overload
def avg_pool_grad(
    y: MakesTensor,
    shape: OneOrMore,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Tensor:
    """Return the gradient of ⟨y, avg_pool(x)⟩ by x of spatial shape `shape`.

    Each element of y goes, in even parts, to the elements of its window.

    Example:
        >>> import tensorgraph as tg
        >>> tg.avg_pool_grad([[[10.0, 20.0]]], shape=4, size=2)
        tensor([[[ 5.,  5., 10., 10.]]])
    """

@overload
def avg_pool_grad(
    y: Operand,
    shape: OneOrMore,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Any: ...
@overload
def max_pool(
    x: MakesTensor, size: OneOrMore, stride: OneOrMore | None = None, padding: AnyPadding = 0
) -> Tensor:
    """Return the largest element of each window of a batch x (batch, channels, *spatial).

    `size`, and `stride` which is the size if not given, are an integer or one for each spatial
    axis. `padding` is written as for `conv`, smaller than the windows, and counts as −∞. The result
    has ⌊(n + padding − size) / stride⌋ + 1 elements along a spatial axis. Tied maxima share the
    gradient evenly, as those of `max` do; in PyTorch the first one takes it all.

    Example:
        >>> import tensorgraph as tg
        >>> tg.max_pool([[[1.0, 4.0, 3.0, 2.0]]], size=2)
        tensor([[[4., 3.]]])
    """

@overload
def max_pool(
    x: Operand, size: OneOrMore, stride: OneOrMore | None = None, padding: AnyPadding = 0
) -> Any: ...
@overload
def max_pool_grad(
    y: MakesTensor,
    x: Operand,
    peaks: Operand,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Tensor:
    """Return the gradient of ⟨y, max_pool(x)⟩ by x, given peaks = max_pool(x).

    Each element of y goes, in even parts, to those elements of its window that equal the peak.

    Example:
        >>> import tensorgraph as tg
        >>> tg.max_pool_grad([[[10.0, 20.0]]], [[[1.0, 4.0, 3.0, 3.0]]], [[[4.0, 3.0]]], size=2)
        tensor([[[ 0., 10., 10., 10.]]])
    """

@overload
def max_pool_grad(
    y: Operand,
    x: MakesTensor,
    peaks: Operand,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Tensor: ...
@overload
def max_pool_grad(
    y: Operand,
    x: Operand,
    peaks: MakesTensor,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Tensor: ...
@overload
def max_pool_grad(
    y: Operand,
    x: Operand,
    peaks: Operand,
    size: OneOrMore,
    stride: OneOrMore | None = None,
    padding: AnyPadding = 0,
) -> Any: ...
@overload
def celu(x: MakesTensor, alpha: float = 1.0) -> Tensor:
    """Return x above 0 and alpha · (exp(x / alpha) − 1) elsewhere, smooth at 0 (Barron 2017).

    Raises:
        ArgumentError: alpha is not above 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.celu([1.0, -1.0], alpha=2.0).round(3)
        tensor([ 1.   , -0.787])
    """

@overload
def celu(x: Operand, alpha: float = 1.0) -> Any: ...
@overload
def glu(x: MakesTensor, axis: SupportsIndex = -1) -> Tensor:
    """Return a · σ(b), where a and b are the halves of x along ``axis`` (Dauphin et al. 2017).

    Raises:
        ShapeError: x has an odd length there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.glu([1.0, 2.0, 0.0, 0.0])
        tensor([0.5, 1. ])
    """

@overload
def glu(x: Operand, axis: SupportsIndex = -1) -> Any: ...
@overload
def hardshrink(x: MakesTensor, limit: float = 0.5) -> Tensor:
    """Return x where |x| is above ``limit``, and 0 elsewhere, with derivative 0.

    Raises:
        ArgumentError: the limit is negative.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardshrink([0.25, -2.0])
        tensor([ 0., -2.])
    """

@overload
def hardshrink(x: Operand, limit: float = 0.5) -> Any: ...
@overload
def hardsigmoid(x: MakesTensor) -> Tensor:
    """Return x/6 + ½ limited to [0, 1]; the derivative at ±3 is 1/6, as inside.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardsigmoid([-4.0, 0.0, 1.5])
        tensor([0.  , 0.5 , 0.75])
    """

@overload
def hardsigmoid(x: Operand) -> Any: ...
@overload
def hardswish(x: MakesTensor) -> Tensor:
    """Return x · hardsigmoid(x): 0 up to −3, x from 3 on (Howard et al. 2019).

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardswish([-4.0, 1.5, 4.0])
        tensor([-0.   ,  1.125,  4.   ])
    """

@overload
def hardswish(x: Operand) -> Any: ...
@overload
def hardtanh(x: MakesTensor, min: SupportsFloat = -1.0, max: SupportsFloat = 1.0) -> Tensor:
    """Return x limited to [min, max]; the gradient passes inside and on the bounds, as clip's.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardtanh([0.5, 3.0])
        tensor([0.5, 1. ])
    """

@overload
def hardtanh(x: Operand, min: SupportsFloat = -1.0, max: SupportsFloat = 1.0) -> Any: ...
@overload
def mish(x: MakesTensor) -> Tensor:
    """Return x · tanh(softplus(x)): 0 at −∞ (Misra 2019).

    Example:
        >>> import tensorgraph as tg
        >>> tg.mish([1.0, -1.0]).round(3)
        tensor([ 0.865, -0.303])
    """

@overload
def mish(x: Operand) -> Any: ...
@overload
def relu6(x: MakesTensor) -> Tensor:
    """Return min(max(x, 0), 6); the derivative at 0 is 0, as relu's, and at 6 it is 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.relu6([-1.0, 4.0, 9.0])
        tensor([0., 4., 6.])
    """

@overload
def relu6(x: Operand) -> Any: ...
@overload
def selu(x: MakesTensor) -> Tensor:
    """Return λ · elu(x, α), which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    Example:
        >>> import tensorgraph as tg
        >>> tg.selu([1.0, -1.0]).round(3)
        tensor([ 1.051, -1.111])
    """

@overload
def selu(x: Operand) -> Any: ...
@overload
def softshrink(x: MakesTensor, limit: float = 0.5) -> Tensor:
    """Return x moved towards 0 by ``limit``, and 0 where |x| ≤ limit, with derivative 0.

    Raises:
        ArgumentError: the limit is negative.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softshrink([0.25, -2.0])
        tensor([ 0. , -1.5])
    """

@overload
def softshrink(x: Operand, limit: float = 0.5) -> Any: ...
@overload
def softsign(x: MakesTensor) -> Tensor:
    """Return x / (1 + |x|); ±1 at ±inf. The second derivative at 0 is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softsign([1.0, -3.0, float("inf")])
        tensor([ 0.5 , -0.75,  1.  ])
    """

@overload
def softsign(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def softsign(x: Operand) -> Any: ...
@overload
def tanhshrink(x: MakesTensor) -> Tensor:
    """Return x − tanh(x), whose terms cancel near 0: it is exact to an ulp of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tanhshrink([0.0, 2.0]).round(3)
        tensor([0.   , 1.036])
    """

@overload
def tanhshrink(x: Operand) -> Any: ...
@overload
def threshold(x: MakesTensor, threshold: float, value: float) -> Tensor:
    """Return x above the threshold and ``value`` elsewhere; the derivative on the threshold is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.threshold([0.5, 2.0], 1.0, -9.0)
        tensor([-9.,  2.])
    """

@overload
def threshold(x: Operand, threshold: float, value: float) -> Any: ...
@overload
def all(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return whether all elements over `axis` are true.

    Example:
        >>> import tensorgraph as tg
        >>> tg.all([[True, False], [True, True]], axis=1)
        tensor([False,  True])
    """

@overload
def all(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def any(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return whether any element over `axis` is true.

    Example:
        >>> import tensorgraph as tg
        >>> tg.any([[True, False], [False, False]], axis=1)
        tensor([ True, False])
    """

@overload
def any(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def argmax(x: MakesTensor, axis: SupportsIndex | None = None, keepdims: bool = False) -> Tensor:
    """Return the position of the first largest element along `axis` (of the flat tensor).

    Example:
        >>> import tensorgraph as tg
        >>> tg.argmax([[1.0, 2.0], [4.0, 3.0]], axis=1)
        tensor([1, 0])
    """

@overload
def argmax(x: Operand, axis: SupportsIndex | None = None, keepdims: bool = False) -> Any: ...
@overload
def argmin(x: MakesTensor, axis: SupportsIndex | None = None, keepdims: bool = False) -> Tensor:
    """Return the position of the first smallest element along `axis` (of the flat tensor).

    Example:
        >>> import tensorgraph as tg
        >>> tg.argmin([[1.0, 2.0], [4.0, 3.0]], axis=1)
        tensor([0, 1])
    """

@overload
def argmin(x: Operand, axis: SupportsIndex | None = None, keepdims: bool = False) -> Any: ...
@overload
def cumulative_sum(x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor:
    """Return the running sum along `axis`.

    Terms are added one by one, those of float32 in float64 and those of float16 in float32, so that
    rounding does not grow with their number. float64 has nothing wider: the n-th of its sums may be
    off by n units in the last place of Σ|x|.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_sum([1, 2, 3])
        tensor([1, 3, 6])
    """

@overload
def cumulative_sum(x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def max(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the largest element over `axis`; tied ones share the gradient evenly.

    NaN where one is: those share it then.

    Example:
        >>> import tensorgraph as tg
        >>> tg.max([[1.0, 2.0], [3.0, 4.0]], axis=1)
        tensor([2., 4.])
    """

@overload
def max(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def mean(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the mean over `axis`; NaN for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
        tensor([2., 3.])
    """

@overload
def mean(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def min(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the smallest element over `axis`; tied ones share the gradient evenly.

    NaN where one is: those share it then.

    Example:
        >>> import tensorgraph as tg
        >>> tg.min([[1.0, 2.0], [3.0, 4.0]], axis=1)
        tensor([1., 3.])
    """

@overload
def min(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def prod(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the product over `axis`; 1 for nothing. The gradient is exact at zeros too.

    The product may lie in the range of numbers where those of some of its factors do not; a
    subnormal one costs digits. For its gradient also the products of neighbouring pairs, fours and
    so on must lie in it.

    Example:
        >>> import tensorgraph as tg
        >>> tg.prod([[1.0, 2.0], [3.0, 4.0]], axis=0)
        tensor([3., 8.])
    """

@overload
def prod(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def same(x: MakesTensor, y: Operand) -> Tensor:
    """Return where x equals y, or both are NaN: where x is what y was chosen as.

    Example:
        >>> import tensorgraph as tg
        >>> tg.same([1.0, float("nan")], float("nan"))
        tensor([False,  True])
    """

@overload
def same(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def same(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def same(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def same(x: Operand, y: Operand) -> Any: ...
@overload
def sum(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return the sum over `axis`; 0 for nothing.

    It is as exact along any axis as along the last, where NumPy adds in pairs: off by some 10 units
    in the last place of Σ|x| at worst. float16 is added up in float32.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
        tensor([4., 6.])
    """

@overload
def sum(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def repeat(x: MakesTensor, repeats: OneOrMore, axis: SupportsIndex | None = None) -> Tensor:
    """Return x with each element repeated `repeats` times along `axis` (of the flat tensor).

    Several numbers, one for each element along the axis, repeat unevenly.

    Example:
        >>> import tensorgraph as tg
        >>> tg.repeat([1, 2], 2)
        tensor([1, 1, 2, 2])
        >>> tg.repeat([1, 2], [3, 1])
        tensor([1, 1, 1, 2])
    """

@overload
def repeat(
    x: NDArray[Any], repeats: OneOrMore, axis: SupportsIndex | None = None
) -> NDArray[Any]: ...
@overload
def repeat(x: Operand, repeats: OneOrMore, axis: SupportsIndex | None = None) -> Any: ...
@overload
def tile(x: MakesTensor, repetitions: OneOrMore) -> Tensor:
    """Return x repeated as a whole, `repetitions` times along each axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tile([1, 2], 2)
        tensor([1, 2, 1, 2])
    """

@overload
def tile(x: NDArray[Any], repetitions: OneOrMore) -> NDArray[Any]: ...
@overload
def tile(x: Operand, repetitions: OneOrMore) -> Any: ...
@overload
def cbrt(x: MakesTensor) -> Tensor:
    """Return the cube root, of negative numbers too. The derivative at 0 is inf.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cbrt([8.0, -27.0])
        tensor([ 2., -3.])
    """

@overload
def cbrt(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def cbrt(x: Operand) -> Any: ...
@overload
def cbrt_slope(x: MakesTensor) -> Tensor:
    """Return 1 / (3·∛x²), the derivative of cbrt; inf at 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cbrt_slope([8.0, 0.0]).round(3)
        tensor([0.083,   inf])
    """

@overload
def cbrt_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def cbrt_slope(x: Operand) -> Any: ...
@overload
def convolve(a: MakesTensor, v: Operand, mode: str = "full") -> Tensor:
    """Return Σₖ aₖ·vₙ₋ₖ of two rows.

    Args:
        a: a row.
        v: another, which may be the longer one.
        mode: full for all overlaps, same for as many as the longer has, valid for whole ones.

    Raises:
        ShapeError: they are no rows, or empty.

    Example:
        >>> import tensorgraph as tg
        >>> tg.convolve(tg.tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5])
        tensor([0. , 1. , 2.5, 4. , 1.5])
    """

@overload
def convolve(a: Operand, v: MakesTensor, mode: str = "full") -> Tensor: ...
@overload
def convolve(a: Operand, v: Operand, mode: str = "full") -> Any: ...
@overload
def correlate(a: MakesTensor, v: Operand, mode: str = "valid") -> Tensor:
    """Return Σₙ aₙ₊ₖ·vₙ of two rows, by the modes of convolve.

    Raises:
        ShapeError: they are no rows, or empty.

    Example:
        >>> import tensorgraph as tg
        >>> tg.correlate(tg.tensor([1.0, 2.0, 3.0]), [1.0, 10.0])
        tensor([21., 32.])
    """

@overload
def correlate(a: Operand, v: MakesTensor, mode: str = "valid") -> Tensor: ...
@overload
def correlate(a: Operand, v: Operand, mode: str = "valid") -> Any: ...
@overload
def cumulative_trapezoid(
    y: MakesTensor,
    x: Operand | None = None,
    dx: float = 1.0,
    axis: SupportsIndex = -1,
    initial: float | None = None,
) -> Tensor:
    """Return the running area under y along ``axis`` by the trapezoidal rule.

    Args:
        y: values.
        x: where they are taken; None for points ``dx`` apart.
        dx: that distance.
        axis: along which.
        initial: 0 to begin with, so that the result is as long as y; None for one less.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_trapezoid(tg.tensor([0.0, 1.0, 4.0]), initial=0)
        tensor([0. , 0.5, 3. ])
    """

@overload
def cumulative_trapezoid(
    y: Operand,
    x: Operand | None = None,
    dx: float = 1.0,
    axis: SupportsIndex = -1,
    initial: float | None = None,
) -> Any: ...
@overload
def gradient(
    f: MakesTensor, *spacing: Any, axis: SomeAxes = None, edge_order: SupportsIndex = 1
) -> Any:
    """Return NumPy's gradient of samples: second-order central differences inside.

    It is the slope of data; that of a function is ``tg.grad``.

    Args:
        f: samples, at least edge_order + 1 along each axis.
        *spacing: none for 1; one distance for all axes; or for each axis one, or the coordinates.
        axis: along which; None for all.
        edge_order: the order of the differences at the ends, 1 or 2.

    Returns:
        One tensor of f's shape for one axis, else a list with one for each.

    Raises:
        ArgumentError: there are more or less distances than axes.
        ShapeError: there are too few samples.

    Example:
        >>> import tensorgraph as tg
        >>> tg.gradient(tg.tensor([1.0, 4.0, 9.0, 16.0]))
        tensor([3., 4., 6., 7.])
    """

@overload
def gradient(
    f: Plain, *spacing: Any, axis: SomeAxes = None, edge_order: SupportsIndex = 1
) -> Any: ...
@overload
def gradient(
    f: Operand, *spacing: Any, axis: SomeAxes = None, edge_order: SupportsIndex = 1
) -> Any: ...
@overload
def increments(
    x: MakesTensor,
    n: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    prepend: Operand | None = None,
    append: Operand | None = None,
) -> Tensor:
    """Return the n-th differences of neighbours along ``axis``, as ``np.diff`` does.

    Of booleans they are where neighbours differ.

    Args:
        x: with at least one axis.
        n: how often differences are taken.
        axis: along which.
        prepend: what stands before x: a number, or a tensor that fits along the other axes.
        append: what stands behind x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.increments(tg.tensor([1.0, 4.0, 9.0]), prepend=0.0)
        tensor([1., 3., 5.])
    """

@overload
def increments(
    x: Operand,
    n: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    prepend: Operand | None = None,
    append: Operand | None = None,
) -> Any: ...
@overload
def interp(
    x: MakesTensor,
    xp: Operand,
    fp: Operand,
    left: Operand | None = None,
    right: Operand | None = None,
    period: float | None = None,
) -> Tensor:
    """Return what lies at x on straight lines between the points (xp, fp).

    Gradients go to x, xp and fp. At a point the slope by x is that of the line to its right, at the
    last one that to its left; beyond the points it is 0.

    Args:
        x: where, of any shape.
        xp: where the points are, increasing; in any order with a period. At points that coincide,
            it is the last of their values.
        fp: the values there.
        left: the value before the first point; None for that of the first.
        right: the value behind the last point; None for that of the last.
        period: after which the points are repeated; None for never.

    Raises:
        ShapeError: xp and fp are not two rows of one length, at least 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.interp([0.5, 9.0], [0.0, 1.0, 3.0], [0.0, 10.0, 0.0])
        tensor([5., 0.])
    """

@overload
def interp(
    x: Operand,
    xp: MakesTensor,
    fp: Operand,
    left: Operand | None = None,
    right: Operand | None = None,
    period: float | None = None,
) -> Tensor: ...
@overload
def interp(
    x: Operand,
    xp: Operand,
    fp: MakesTensor,
    left: Operand | None = None,
    right: Operand | None = None,
    period: float | None = None,
) -> Tensor: ...
@overload
def interp(
    x: Operand,
    xp: Operand,
    fp: Operand,
    left: Operand | None = None,
    right: Operand | None = None,
    period: float | None = None,
) -> Any: ...
@overload
def trapezoid(
    y: MakesTensor, x: Operand | None = None, dx: float = 1.0, axis: SupportsIndex = -1
) -> Tensor:
    """Return the area under y along ``axis`` by the trapezoidal rule, Σ ½(yₖ + yₖ₊₁)·(xₖ₊₁ − xₖ).

    Args:
        y: values.
        x: where they are taken, along one axis or as y; None for points ``dx`` apart.
        dx: that distance.
        axis: along which.

    Example:
        >>> import tensorgraph as tg
        >>> tg.trapezoid(tg.tensor([0.0, 1.0, 4.0]), [0.0, 1.0, 3.0])
        tensor(5.5)
    """

@overload
def trapezoid(
    y: Operand, x: Operand | None = None, dx: float = 1.0, axis: SupportsIndex = -1
) -> Any: ...
@overload
def cumulative_max(x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor:
    """Return the largest element so far along ``axis``; the first of tied ones gets the gradient.

    From a NaN on it is NaN. The places are those of ``tg.cumulative_max_place``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_max(tg.tensor([1.0, 3.0, 2.0]))
        tensor([1., 3., 3.])
    """

@overload
def cumulative_max(x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def cumulative_max_place(
    x: MakesTensor, axis: SupportsIndex | None = None, least: bool = False
) -> Tensor:
    """Return where along `axis` the first largest element so far stands, or the `least` one.

    A NaN counts as that, the first of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_max_place([1.0, 3.0, 2.0, 3.0])
        tensor([0, 1, 1, 1])
    """

@overload
def cumulative_max_place(
    x: Operand, axis: SupportsIndex | None = None, least: bool = False
) -> Any: ...
@overload
def cumulative_min(x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor:
    """Return the smallest element so far along ``axis``; the first of tied ones gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_min(tg.tensor([2.0, 3.0, 1.0]))
        tensor([2., 2., 1.])
    """

@overload
def cumulative_min(x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def cumulative_prod(x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor:
    """Return the running product along `axis`; its gradient is exact at zeros too.

    Behind a product that overflows the gradient does so too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_prod([1, 2, 3])
        tensor([1, 2, 6])
    """

@overload
def cumulative_prod(x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def linear_recurrence(
    x: MakesTensor, factors: Operand, axis: SupportsIndex | None = None
) -> Tensor:
    """Return yₖ = xₖ + factorsₖ · yₖ₋₁ along `axis`, y₋₁ = 0; the first factor does not count.

    Where few stand side by side it is computed in log₂ n passes over all terms. A moving average of
    weight β is that of (1 − β)·x and β.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linear_recurrence([1.0, 1.0, 1.0], [0.0, 0.5, 0.5])
        tensor([1.  , 1.5 , 1.75])
    """

@overload
def linear_recurrence(
    x: Operand, factors: MakesTensor, axis: SupportsIndex | None = None
) -> Tensor: ...
@overload
def linear_recurrence(x: Operand, factors: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def logcumsumexp(x: MakesTensor, axis: SupportsIndex | None = None) -> Tensor:
    """Return log Σ eˣ of the elements so far along `axis`, without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logcumsumexp([1000.0, 1000.0]).round(3)
        tensor([1000.   , 1000.693])
    """

@overload
def logcumsumexp(x: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def segment_max(
    x: MakesTensor, labels: Operand, num_segments: SupportsIndex | None = None
) -> Tensor:
    """Return the largest over the rows of each label; tied ones share the gradient evenly.

    A segment without rows is −∞, of integers the least that there is. NaN where one is: those
    share the gradient then. See :func:`segment_sum` for what it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_max([1.0, 2.0, 3.0], [0, 1, 0], num_segments=2)
        tensor([3., 2.])
    """

@overload
def segment_max(
    x: Operand, labels: MakesTensor, num_segments: SupportsIndex | None = None
) -> Tensor: ...
@overload
def segment_max(x: Operand, labels: Operand, num_segments: SupportsIndex | None = None) -> Any: ...
@overload
def segment_mean(
    x: MakesTensor, labels: Operand, num_segments: SupportsIndex | None = None
) -> Tensor:
    """Return the mean over the rows of each label; 0 for a segment without rows.

    See :func:`segment_sum` for what it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_mean(tg.tensor([1.0, 2.0, 3.0]), [0, 2, 0])
        tensor([2., 0., 2.])
    """

@overload
def segment_mean(
    x: Operand, labels: MakesTensor, num_segments: SupportsIndex | None = None
) -> Tensor: ...
@overload
def segment_mean(x: Operand, labels: Operand, num_segments: SupportsIndex | None = None) -> Any: ...
@overload
def segment_min(
    x: MakesTensor, labels: Operand, num_segments: SupportsIndex | None = None
) -> Tensor:
    """Return the smallest over the rows of each label; tied ones share the gradient evenly.

    A segment without rows is ∞, of integers the most that there is. NaN where one is: those share
    the gradient then. See :func:`segment_sum` for what it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_min([1.0, 2.0, 3.0], [0, 1, 0], num_segments=2)
        tensor([1., 2.])
    """

@overload
def segment_min(
    x: Operand, labels: MakesTensor, num_segments: SupportsIndex | None = None
) -> Tensor: ...
@overload
def segment_min(x: Operand, labels: Operand, num_segments: SupportsIndex | None = None) -> Any: ...
@overload
def segment_prod(
    x: MakesTensor, labels: Operand, num_segments: SupportsIndex | None = None
) -> Tensor:
    """Return the product over the rows of each label; 1 for a segment without rows.

    The gradient is exact at zeros too. Each segment takes as much memory as the largest. See
    :func:`segment_sum` for what it takes.

    Raises:
        GraphError: labels are symbolic.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_prod(tg.tensor([2.0, 5.0, 3.0]), [0, 2, 0])
        tensor([6., 1., 5.])
    """

@overload
def segment_prod(
    x: Operand, labels: MakesTensor, num_segments: SupportsIndex | None = None
) -> Tensor: ...
@overload
def segment_prod(x: Operand, labels: Operand, num_segments: SupportsIndex | None = None) -> Any: ...
@overload
def segment_sum(
    x: MakesTensor, labels: Operand, num_segments: SupportsIndex | None = None
) -> Tensor:
    """Return Σ x over the rows of each label: result[k] = Σ x[i] where labels[i] = k.

    A segment without rows is 0. There are as many as ``num_segments`` says, by default one more
    than the largest label. Booleans and short integers are added up as 64 bits.

    Raises:
        AxisError: a label is not one of ``0 … num_segments - 1``.
        DTypeError: labels are no integers.
        ShapeError: the shape of ``labels`` is not that of x's first axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_sum(tg.tensor([1.0, 2.0, 3.0]), [0, 2, 0])
        tensor([4., 0., 2.])
    """

@overload
def segment_sum(
    x: Operand, labels: MakesTensor, num_segments: SupportsIndex | None = None
) -> Tensor: ...
@overload
def segment_sum(x: Operand, labels: Operand, num_segments: SupportsIndex | None = None) -> Any: ...
@overload
def argwhere(x: MakesTensor) -> Tensor:
    """Return where x is not 0: a row for each such element, with its place along each axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.argwhere(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([[0, 1],
                [1, 0]])
    """

@overload
def argwhere(x: Operand) -> Any: ...
@overload
def bincount(
    x: MakesTensor, weights: Operand | None = None, minlength: SupportsIndex = 0
) -> Tensor:
    """Return how often 0, 1, 2, … stands in x, or the sum of the weights there.

    Args:
        x: a row of integers, not below 0.
        weights: of x's shape, which gradients go to; None for 1.
        minlength: how many counts there are at least.

    Raises:
        ArgumentError: one is below 0.
        DTypeError: they are no integers.
        GraphError: x is a symbol.
        ShapeError: x is no row, or the weights are not of its shape.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bincount([0, 2, 2], weights=[1.0, 0.5, 0.25])
        tensor([1.  , 0.  , 0.75])
    """

@overload
def bincount(x: Operand, weights: Operand | None = None, minlength: SupportsIndex = 0) -> Any: ...
@overload
def flatnonzero(x: MakesTensor) -> Tensor:
    """Return where the flat x is not 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.flatnonzero(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([1, 2])
    """

@overload
def flatnonzero(x: Operand) -> Any: ...
@overload
def histogram(
    x: MakesTensor, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Any, Any]:
    """Return how many elements fall into each bin, and the bins' edges, as NumPy does.

    Gradients go to the weights; to x none does: counts do not change with it but by steps.

    Raises:
        GraphError: x is a symbol, and neither ``range`` nor edges are given.

    Example:
        >>> import tensorgraph as tg
        >>> tg.histogram(tg.tensor([1.0, 2.0, 2.5]), bins=2)[0]
        tensor([1, 2])
    """

@overload
def histogram(
    x: Operand, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Any, Any]: ...
@overload
def nonzero(x: MakesTensor) -> tuple[Any, ...]:
    """Return where x is not 0: for each axis the places along it.

    Raises:
        GraphError: x is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nonzero(tg.tensor([0.0, 3.0, 5.0]))
        (tensor([1, 2]),)
    """

@overload
def nonzero(x: Operand) -> tuple[Any, ...]: ...
@overload
def unique_all(x: MakesTensor) -> UniqueAll:
    """Return the different elements of x in order, their first places, x in terms of them, counts.

    The gradient of a value goes to the first element that has it. Each NaN is different.

    Raises:
        GraphError: x is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_all(tg.tensor([3, 1, 3])).inverse_indices
        tensor([1, 0, 1])
    """

@overload
def unique_all(x: Operand) -> UniqueAll: ...
@overload
def unique_counts(x: MakesTensor) -> UniqueCounts:
    """Return the different elements of x in order, and how often each stands there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_counts(tg.tensor([3, 1, 3])).counts
        tensor([1, 2])
    """

@overload
def unique_counts(x: Operand) -> UniqueCounts: ...
@overload
def unique_inverse(x: MakesTensor) -> UniqueInverse:
    """Return the different elements of x in order, and the places among them that make up x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_inverse(tg.tensor([3, 1, 3])).inverse_indices
        tensor([1, 0, 1])
    """

@overload
def unique_inverse(x: Operand) -> UniqueInverse: ...
@overload
def unique_values(x: MakesTensor) -> Tensor:
    """Return the different elements of x in order; the first of equal ones gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_values(tg.tensor([3, 1, 3]))
        tensor([1, 3])
    """

@overload
def unique_values(x: Operand) -> Any: ...
@overload
def broadcast_to(x: MakesTensor, shape: OneOrMore) -> Tensor:
    """Return x repeated along new axes and axes of length 1, without copying.

    Example:
        >>> import tensorgraph as tg
        >>> tg.broadcast_to([1, 2], (2, 2))
        tensor([[1, 2],
                [1, 2]])
    """

@overload
def broadcast_to(x: NDArray[Any], shape: OneOrMore) -> NDArray[Any]: ...
@overload
def broadcast_to(x: Operand, shape: OneOrMore) -> Any: ...
@overload
def expand_dims(x: MakesTensor, axis: OneOrMore = 0) -> Tensor:
    """Return x with a new axis of length 1 at `axis` of the result.

    Example:
        >>> import tensorgraph as tg
        >>> tg.expand_dims([1, 2], axis=1)
        tensor([[1],
                [2]])
    """

@overload
def expand_dims(x: NDArray[Any], axis: OneOrMore = 0) -> NDArray[Any]: ...
@overload
def expand_dims(x: Operand, axis: OneOrMore = 0) -> Any: ...
@overload
def flip(x: MakesTensor, axis: SomeAxes = None) -> Tensor:
    """Return x in reverse order along `axis` (all axes by default).

    Example:
        >>> import tensorgraph as tg
        >>> tg.flip([1, 2, 3])
        tensor([3, 2, 1])
    """

@overload
def flip(x: NDArray[Any], axis: SomeAxes = None) -> NDArray[Any]: ...
@overload
def flip(x: Operand, axis: SomeAxes = None) -> Any: ...
@overload
def matrix_transpose(x: MakesTensor) -> Tensor:
    """Return x with its last two axes swapped; also `x.mT`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.matrix_transpose(tg.zeros((5, 2, 3))).shape
        (5, 3, 2)
    """

@overload
def matrix_transpose(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def matrix_transpose(x: Operand) -> Any: ...
@overload
def permute_dims(x: MakesTensor, axes: Sequence[SupportsIndex] | None = None) -> Tensor:
    """Return x with its axes in the order `axes` (reversed by default).

    Example:
        >>> import tensorgraph as tg
        >>> tg.permute_dims(tg.zeros((2, 3, 4)), (2, 0, 1)).shape
        (4, 2, 3)
    """

@overload
def permute_dims(x: NDArray[Any], axes: Sequence[SupportsIndex] | None = None) -> NDArray[Any]: ...
@overload
def permute_dims(x: Operand, axes: Sequence[SupportsIndex] | None = None) -> Any: ...
@overload
def reshape(x: MakesTensor, shape: OneOrMore) -> Tensor:
    """Return the same elements in another shape; one length may be −1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.reshape([1, 2, 3, 4], (2, -1))
        tensor([[1, 2],
                [3, 4]])
    """

@overload
def reshape(x: NDArray[Any], shape: OneOrMore) -> NDArray[Any]: ...
@overload
def reshape(x: Operand, shape: OneOrMore) -> Any: ...
@overload
def roll(x: MakesTensor, shift: OneOrMore, axis: SomeAxes = None) -> Tensor:
    """Return x shifted by `shift` places along `axis`, those pushed out entering again.

    Example:
        >>> import tensorgraph as tg
        >>> tg.roll([1, 2, 3], 1)
        tensor([3, 1, 2])
    """

@overload
def roll(x: NDArray[Any], shift: OneOrMore, axis: SomeAxes = None) -> NDArray[Any]: ...
@overload
def roll(x: Operand, shift: OneOrMore, axis: SomeAxes = None) -> Any: ...
@overload
def squeeze(x: MakesTensor, axis: SomeAxes = None) -> Tensor:
    """Return x without axes of length 1: those at `axis`, or all.

    Example:
        >>> import tensorgraph as tg
        >>> tg.squeeze([[1, 2]])
        tensor([1, 2])
    """

@overload
def squeeze(x: NDArray[Any], axis: SomeAxes = None) -> NDArray[Any]: ...
@overload
def squeeze(x: Operand, axis: SomeAxes = None) -> Any: ...
@overload
def tril(x: MakesTensor, k: SupportsIndex = 0) -> Tensor:
    """Return x with zeros above the `k`-th diagonal of its last two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tril([[1, 2], [3, 4]])
        tensor([[1, 0],
                [3, 4]])
    """

@overload
def tril(x: NDArray[Any], k: SupportsIndex = 0) -> NDArray[Any]: ...
@overload
def tril(x: Operand, k: SupportsIndex = 0) -> Any: ...
@overload
def triu(x: MakesTensor, k: SupportsIndex = 0) -> Tensor:
    """Return x with zeros below the `k`-th diagonal of its last two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.triu([[1, 2], [3, 4]])
        tensor([[1, 2],
                [0, 4]])
    """

@overload
def triu(x: NDArray[Any], k: SupportsIndex = 0) -> NDArray[Any]: ...
@overload
def triu(x: Operand, k: SupportsIndex = 0) -> Any: ...
@overload
def argsort(x: MakesTensor, axis: SupportsIndex = -1, descending: bool = False) -> Tensor:
    """Return the positions that sort x along `axis`; equal elements keep their order.

    Example:
        >>> import tensorgraph as tg
        >>> tg.argsort([30, 10, 20])
        tensor([1, 2, 0])
    """

@overload
def argsort(x: Operand, axis: SupportsIndex = -1, descending: bool = False) -> Any: ...
@overload
def sort(x: MakesTensor, axis: SupportsIndex = -1, descending: bool = False) -> Tensor:
    """Return x sorted along ``axis``; a gradient goes back to where each element came from.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sort(tg.tensor([3.0, 1.0, 2.0]))
        tensor([1., 2., 3.])
    """

@overload
def sort(x: Operand, axis: SupportsIndex = -1, descending: bool = False) -> Any: ...
@overload
def array_split(x: MakesTensor, sections: OneOrMore, axis: SupportsIndex = 0) -> list[Tensor]:
    """Cut a tensor along an axis into ``sections`` of nearly equal length, the longer ones first.

    Raises:
        ArgumentError: ``sections`` is less than 1.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.array_split(tg.zeros(5), 3)]
        [(2,), (2,), (1,)]
    """

@overload
def array_split(x: Operand, sections: OneOrMore, axis: SupportsIndex = 0) -> list[Any]: ...
@overload
def dsplit(x: MakesTensor, sections: OneOrMore) -> list[Tensor]:
    """Cut a tensor of three axes or more along its third.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.dsplit(tg.zeros((2, 3, 4)), 2)]
        [(2, 3, 2), (2, 3, 2)]
    """

@overload
def dsplit(x: Operand, sections: OneOrMore) -> list[Any]: ...
@overload
def hsplit(x: MakesTensor, sections: OneOrMore) -> list[Tensor]:
    """Cut a tensor along its second axis, a vector along its only one.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.hsplit(tg.zeros((2, 4)), 2)]
        [(2, 2), (2, 2)]
    """

@overload
def hsplit(x: Operand, sections: OneOrMore) -> list[Any]: ...
@overload
def split(x: MakesTensor, sections: OneOrMore, axis: SupportsIndex = 0) -> list[Tensor]:
    """Cut a tensor along an axis into equal ``sections``, or before the given positions.

    Raises:
        ArgumentError: the axis cannot be cut into that many equal parts.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.split(tg.zeros((4, 3)), 2)]
        [(2, 3), (2, 3)]
    """

@overload
def split(x: Operand, sections: OneOrMore, axis: SupportsIndex = 0) -> list[Any]: ...
@overload
def unstack(x: MakesTensor, axis: SupportsIndex = 0) -> tuple[Tensor, ...]:
    """Return the slices of a tensor along an axis, which they lose.

    Example:
        >>> import tensorgraph as tg
        >>> a, b = tg.unstack(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> b
        tensor([3., 4.])
    """

@overload
def unstack(x: Operand, axis: SupportsIndex = 0) -> tuple[Any, ...]: ...
@overload
def vsplit(x: MakesTensor, sections: OneOrMore) -> list[Tensor]:
    """Cut a tensor of two axes or more along its first.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.vsplit(tg.zeros((4, 3)), [1])]
        [(1, 3), (3, 3)]
    """

@overload
def vsplit(x: Operand, sections: OneOrMore) -> list[Any]: ...
@overload
def average(
    x: MakesTensor, axis: SomeAxes = None, weights: Operand | None = None, keepdims: bool = False
) -> Tensor:
    """Return the weighted mean Σ w·x / Σ w over ``axis``; gradients go to x and the weights.

    Args:
        x: of any shape.
        axis: one, several or None for all.
        weights: of x's shape, or of the lengths of the axes; None for equal ones.
        keepdims: whether reduced axes stay, with length 1.

    Raises:
        ShapeError: the weights do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.average(tg.tensor([1.0, 4.0]), weights=[3.0, 1.0])
        tensor(1.75)
    """

@overload
def average(
    x: Operand, axis: SomeAxes = None, weights: Operand | None = None, keepdims: bool = False
) -> Any: ...
@overload
def corrcoef(x: MakesTensor, y: Operand | None = None, rowvar: bool = True) -> Tensor:
    """Return the correlations of variables, each a row of x with an observation in each column.

    Each is cov(a, b) / √(cov(a, a)·cov(b, b)), cut to [−1, 1]; NaN where one does not vary.

    Args:
        x: variables, as rows; or one.
        y: more of them.
        rowvar: whether rows are variables, or columns.

    Raises:
        ShapeError: x has more than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.corrcoef(tg.tensor([[1.0, 2.0, 3.0], [2.0, 1.0, 0.0]])).round(6)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """

@overload
def corrcoef(x: Operand, y: Operand | None = None, rowvar: bool = True) -> Any: ...
@overload
def count_nonzero(x: MakesTensor, axis: SomeAxes = None, keepdims: bool = False) -> Tensor:
    """Return how many elements over ``axis`` are not 0, NaN included; no gradient passes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.count_nonzero(tg.tensor([0.0, 3.0, 5.0]))
        tensor(2)
    """

@overload
def count_nonzero(x: Operand, axis: SomeAxes = None, keepdims: bool = False) -> Any: ...
@overload
def cov(
    x: MakesTensor,
    y: Operand | None = None,
    rowvar: bool = True,
    bias: bool = False,
    correction: float | None = None,
    fweights: Operand | None = None,
    aweights: Operand | None = None,
) -> Tensor:
    """Return the covariances of variables, each a row of x with an observation in each column.

    Args:
        x: variables, as rows; or one.
        y: more of them.
        rowvar: whether rows are variables, or columns.
        bias: whether sums are divided by the number of observations N, or by N − 1.
        correction: N − correction is divided by, or 0 where that is less; None as ``bias`` says.
        fweights: how often each observation counts.
        aweights: how much each observation weighs.

    Raises:
        ShapeError: x has more than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cov(tg.tensor([[1.0, 3.0], [2.0, 8.0]]))
        tensor([[ 2.,  6.],
                [ 6., 18.]])
    """

@overload
def cov(
    x: Operand,
    y: Operand | None = None,
    rowvar: bool = True,
    bias: bool = False,
    correction: float | None = None,
    fweights: Operand | None = None,
    aweights: Operand | None = None,
) -> Any: ...
@overload
def erf(x: MakesTensor) -> Tensor:
    """Return the error function, 2/√π ∫₀ˣ exp(−t²) dt.

    Example:
        >>> import tensorgraph as tg
        >>> tg.erf([0.0, 1.0]).round(3)
        tensor([0.   , 0.843])
    """

@overload
def erf(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def erf(x: Operand) -> Any: ...
@overload
def erf_slope(x: MakesTensor) -> Tensor:
    """Return 2/√π exp(−x²), the derivative of erf, whose tail keeps its digits.

    Example:
        >>> import tensorgraph as tg
        >>> tg.erf_slope([0.0, 1.0]).round(3)
        tensor([1.128, 0.415])
    """

@overload
def erf_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def erf_slope(x: Operand) -> Any: ...
@overload
def exp(x: MakesTensor) -> Tensor:
    """Return eˣ.

    Example:
        >>> import tensorgraph as tg
        >>> tg.exp([0.0, 1.0]).round(3)
        tensor([1.   , 2.718])
    """

@overload
def exp(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def exp(x: Operand) -> Any: ...
@overload
def exp2(x: MakesTensor) -> Tensor:
    """Return 2ˣ.

    Example:
        >>> import tensorgraph as tg
        >>> tg.exp2([3.0, -1.0])
        tensor([8. , 0.5])
    """

@overload
def exp2(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def exp2(x: Operand) -> Any: ...
@overload
def expm1(x: MakesTensor) -> Tensor:
    """Return eˣ − 1, exact for small x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.expm1([0.0, 1.0]).round(3)
        tensor([0.   , 1.718])
    """

@overload
def expm1(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def expm1(x: Operand) -> Any: ...
@overload
def hypot(x: MakesTensor, y: Operand) -> Tensor:
    """Return √(x² + y²) without overflow.

    The derivatives are x / out and y / out; both are 0 where x = y = 0, as that of a norm is.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hypot([3.0, 0.0], [4.0, 0.0])
        tensor([5., 0.])
    """

@overload
def hypot(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def hypot(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def hypot(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def hypot(x: Operand, y: Operand) -> Any: ...
@overload
def hypot_slope(x: MakesTensor, y: Operand, by: int = 0) -> Tensor:
    """Return x / √(x² + y²), the derivative of hypot by x, or that by y where `by` is 1.

    It is 0 where x = y = 0, and has its limit where x or y is infinite.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hypot_slope([3.0, 0.0], [4.0, 0.0])
        tensor([0.6, 0. ])
    """

@overload
def hypot_slope(x: Operand, y: MakesTensor, by: int = 0) -> Tensor: ...
@overload
def hypot_slope(x: NDArray[Any], y: Plain, by: int = 0) -> NDArray[Any]: ...
@overload
def hypot_slope(x: Plain, y: NDArray[Any], by: int = 0) -> NDArray[Any]: ...
@overload
def hypot_slope(x: Operand, y: Operand, by: int = 0) -> Any: ...
@overload
def log(x: MakesTensor) -> Tensor:
    """Return the natural logarithm; −inf at 0, NaN below.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log([1.0, 0.0])
        tensor([  0., -inf])
    """

@overload
def log(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log(x: Operand) -> Any: ...
@overload
def log1p(x: MakesTensor) -> Tensor:
    """Return log(1 + x), exact for small x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log1p([0.0, -1.0])
        tensor([  0., -inf])
    """

@overload
def log1p(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log1p(x: Operand) -> Any: ...
@overload
def log2(x: MakesTensor) -> Tensor:
    """Return the logarithm to base 2.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log2([8.0, 0.5])
        tensor([ 3., -1.])
    """

@overload
def log2(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log2(x: Operand) -> Any: ...
@overload
def log10(x: MakesTensor) -> Tensor:
    """Return the logarithm to base 10.

    Example:
        >>> import tensorgraph as tg
        >>> tg.log10([100.0, 0.0])
        tensor([  2., -inf])
    """

@overload
def log10(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def log10(x: Operand) -> Any: ...
@overload
def logaddexp(x: MakesTensor, y: Operand) -> Tensor:
    """Return log(eˣ + eʸ) without overflow, exact to an ulp of its larger term, x or y.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logaddexp([0.0, 20.0], [0.0, 0.0]).round(3)
        tensor([ 0.693, 20.   ])
    """

@overload
def logaddexp(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def logaddexp(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def logaddexp(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logaddexp(x: Operand, y: Operand) -> Any: ...
@overload
def logaddexp_slope(x: MakesTensor, y: Operand) -> Tensor:
    """Return eˣ / (eˣ + eʸ), the derivative of logaddexp by x; ½ where both are one infinity.

    Example:
        >>> import tensorgraph as tg
        >>> tg.logaddexp_slope([0.0, 20.0], [0.0, 0.0]).round(3)
        tensor([0.5, 1. ])
    """

@overload
def logaddexp_slope(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def logaddexp_slope(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def logaddexp_slope(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def logaddexp_slope(x: Operand, y: Operand) -> Any: ...
@overload
def power(x: MakesTensor, y: Operand) -> Tensor:
    """Return x to the power y.

    x⁰ is 1 with derivative 0, also at x = 0. The derivative by y is out · log(x), and 0 at x = 0.
    Derivatives are products: where a factor lies below the normal numbers its ulp counts, and where
    one overflows they do. So do the terms of x^(y−1)·(1 + y·log x), which may cancel.

    Example:
        >>> import tensorgraph as tg
        >>> tg.power([2.0, 3.0], 3)
        tensor([ 8., 27.])
    """

@overload
def power(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def power(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def power(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def power(x: Operand, y: Operand) -> Any: ...
@overload
def power_slope(x: MakesTensor, y: Operand) -> Tensor:
    """Return y · x^(y−1), the derivative of power by x; 0 where y is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.power_slope([2.0, 0.0], [3.0, 0.0])
        tensor([12.,  0.])
    """

@overload
def power_slope(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def power_slope(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def power_slope(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def power_slope(x: Operand, y: Operand) -> Any: ...
@overload
def sqrt(x: MakesTensor) -> Tensor:
    """Return √x; NaN below 0. The derivative at 0 is inf.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sqrt([4.0, 9.0])
        tensor([2., 3.])
    """

@overload
def sqrt(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sqrt(x: Operand) -> Any: ...
@overload
def acos(x: MakesTensor) -> Tensor:
    """Return the inverse cosine; NaN outside [−1, 1].

    Example:
        >>> import tensorgraph as tg
        >>> tg.acos([1.0, 0.0]).round(3)
        tensor([0.   , 1.571])
    """

@overload
def acos(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def acos(x: Operand) -> Any: ...
@overload
def acosh(x: MakesTensor) -> Tensor:
    """Return the inverse hyperbolic cosine; NaN below 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.acosh([1.0, 2.0]).round(3)
        tensor([0.   , 1.317])
    """

@overload
def acosh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def acosh(x: Operand) -> Any: ...
@overload
def acosh_slope(x: MakesTensor) -> Tensor:
    """Return 1 / √(x² − 1), the derivative of acosh, near 1 and without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.acosh_slope([1.25, 2.0]).round(3)
        tensor([1.333, 0.577])
    """

@overload
def acosh_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def acosh_slope(x: Operand) -> Any: ...
@overload
def asin(x: MakesTensor) -> Tensor:
    """Return the inverse sine; NaN outside [−1, 1].

    Example:
        >>> import tensorgraph as tg
        >>> tg.asin([0.0, 1.0]).round(3)
        tensor([0.   , 1.571])
    """

@overload
def asin(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def asin(x: Operand) -> Any: ...
@overload
def asin_slope(x: MakesTensor) -> Tensor:
    """Return 1 / √(1 − x²), the derivative of asin, with all digits near ±1 too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.asin_slope([0.0, 0.6])
        tensor([1.  , 1.25])
    """

@overload
def asin_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def asin_slope(x: Operand) -> Any: ...
@overload
def asinh(x: MakesTensor) -> Tensor:
    """Return the inverse hyperbolic sine.

    Example:
        >>> import tensorgraph as tg
        >>> tg.asinh([0.0, 1.0]).round(3)
        tensor([0.   , 0.881])
    """

@overload
def asinh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def asinh(x: Operand) -> Any: ...
@overload
def asinh_slope(x: MakesTensor) -> Tensor:
    """Return 1 / √(x² + 1), the derivative of asinh, without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.asinh_slope([0.0, 0.75])
        tensor([1. , 0.8])
    """

@overload
def asinh_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def asinh_slope(x: Operand) -> Any: ...
@overload
def atan(x: MakesTensor) -> Tensor:
    """Return the inverse tangent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atan([0.0, 1.0]).round(3)
        tensor([0.   , 0.785])
    """

@overload
def atan(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def atan(x: Operand) -> Any: ...
@overload
def atan2(x: MakesTensor, y: Operand) -> Tensor:
    """Return the angle of the point (y, x): the inverse tangent of x / y by quadrant.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atan2([1.0, -1.0], [0.0, 1.0]).round(3)
        tensor([ 1.571, -0.785])
    """

@overload
def atan2(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def atan2(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def atan2(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def atan2(x: Operand, y: Operand) -> Any: ...
@overload
def atan2_slope(x: MakesTensor, y: Operand) -> Tensor:
    """Return x / (x² + y²), the derivative of atan2(y, x) by y; no square leaves the range.

    Its derivative by x cancels near x = ±y: it is exact to an ulp of 1 / (x² + y²).

    Example:
        >>> import tensorgraph as tg
        >>> tg.atan2_slope([1.0, 2.0], [1.0, 0.0])
        tensor([0.5, 0.5])
    """

@overload
def atan2_slope(x: Operand, y: MakesTensor) -> Tensor: ...
@overload
def atan2_slope(x: NDArray[Any], y: Plain) -> NDArray[Any]: ...
@overload
def atan2_slope(x: Plain, y: NDArray[Any]) -> NDArray[Any]: ...
@overload
def atan2_slope(x: Operand, y: Operand) -> Any: ...
@overload
def atanh(x: MakesTensor) -> Tensor:
    """Return the inverse hyperbolic tangent; ±inf at ±1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atanh([0.0, 0.5]).round(3)
        tensor([0.   , 0.549])
    """

@overload
def atanh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def atanh(x: Operand) -> Any: ...
@overload
def atanh_slope(x: MakesTensor) -> Tensor:
    """Return 1 / (1 − x²), the derivative of atanh, with all digits near ±1 too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atanh_slope([0.0, 0.5]).round(3)
        tensor([1.   , 1.333])
    """

@overload
def atanh_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def atanh_slope(x: Operand) -> Any: ...
@overload
def cos(x: MakesTensor) -> Tensor:
    """Return the cosine.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cos([0.0, 1.0]).round(3)
        tensor([1.  , 0.54])
    """

@overload
def cos(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def cos(x: Operand) -> Any: ...
@overload
def cosh(x: MakesTensor) -> Tensor:
    """Return the hyperbolic cosine.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cosh([0.0, 1.0]).round(3)
        tensor([1.   , 1.543])
    """

@overload
def cosh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def cosh(x: Operand) -> Any: ...
@overload
def deg2rad(x: MakesTensor) -> Tensor:
    """Return an angle in radians, given in degrees: x · π / 180.

    Example:
        >>> import tensorgraph as tg
        >>> tg.deg2rad([180.0, -90.0]).round(3)
        tensor([ 3.142, -1.571])
    """

@overload
def deg2rad(x: Operand) -> Any: ...
@overload
def rad2deg(x: MakesTensor) -> Tensor:
    """Return an angle in degrees, given in radians: x · 180 / π.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rad2deg([np.pi, -np.pi / 2])
        tensor([180., -90.])
    """

@overload
def rad2deg(x: Operand) -> Any: ...
@overload
def sin(x: MakesTensor) -> Tensor:
    """Return the sine.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sin([0.0, 1.0]).round(3)
        tensor([0.   , 0.841])
    """

@overload
def sin(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sin(x: Operand) -> Any: ...
@overload
def sinh(x: MakesTensor) -> Tensor:
    """Return the hyperbolic sine.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sinh([0.0, 1.0]).round(3)
        tensor([0.   , 1.175])
    """

@overload
def sinh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def sinh(x: Operand) -> Any: ...
@overload
def tan(x: MakesTensor) -> Tensor:
    """Return the tangent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tan([0.0, 1.0]).round(3)
        tensor([0.   , 1.557])
    """

@overload
def tan(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def tan(x: Operand) -> Any: ...
@overload
def tanh(x: MakesTensor) -> Tensor:
    """Return the hyperbolic tangent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tanh([0.0, 1.0]).round(3)
        tensor([0.   , 0.762])
    """

@overload
def tanh(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def tanh(x: Operand) -> Any: ...
@overload
def tanh_slope(x: MakesTensor) -> Tensor:
    """Return 1 − tanh²(x), the derivative of tanh, where tanh(x) rounds to ±1 too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tanh_slope([0.0, 1.0]).round(3)
        tensor([1.  , 0.42])
    """

@overload
def tanh_slope(x: NDArray[Any]) -> NDArray[Any]: ...
@overload
def tanh_slope(x: Operand) -> Any: ...
@overload
def add_at(x: MakesTensor, key: Index, value: Operand) -> Tensor:
    """Return a copy of x with ``value`` added at ``key``; repeated indices add up.

    Example:
        >>> import tensorgraph as tg
        >>> tg.add_at(tg.zeros(3), [0, 0, 2], 1.0)
        tensor([2., 0., 1.])
    """

@overload
def add_at(x: Operand, key: Index, value: MakesTensor) -> Tensor: ...
@overload
def add_at(x: Operand, key: Index, value: Operand) -> Any: ...
@overload
def delete(x: MakesTensor, index: Index, axis: SupportsIndex | None = None) -> Tensor:
    """Return x without what ``index`` names along an axis (elements of the flat tensor).

    It is an integer, a slice, several integers, or a mask that is true for what is left out.

    Raises:
        AxisError: an index is out of range.

    Example:
        >>> import tensorgraph as tg
        >>> tg.delete(tg.tensor([1.0, 2.0, 3.0]), 1)
        tensor([1., 3.])
    """

@overload
def delete(x: Operand, index: Index, axis: SupportsIndex | None = None) -> Any: ...
@overload
def insert(
    x: MakesTensor, index: Index, values: Operand, axis: SupportsIndex | None = None
) -> Tensor:
    """Return x with ``values`` put in before what ``index`` names along an axis (flat by default).

    Raises:
        AxisError: an index is out of range.
        ShapeError: ``values`` do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.insert(tg.tensor([1.0, 2.0]), 1, 5.0)
        tensor([1., 5., 2.])
    """

@overload
def insert(
    x: Operand, index: Index, values: MakesTensor, axis: SupportsIndex | None = None
) -> Tensor: ...
@overload
def insert(x: Operand, index: Index, values: Operand, axis: SupportsIndex | None = None) -> Any: ...
@overload
def max_at(x: MakesTensor, key: Index, value: Operand) -> Tensor:
    """Return a copy of x in which ``x[key]`` is the larger of itself and ``value``.

    Of repeated indices all values count. Where some tie, they share the gradient evenly.

    Example:
        >>> import tensorgraph as tg
        >>> tg.max_at(tg.zeros(3), [0, 0, 2], [1.0, 5.0, -1.0])
        tensor([5., 0., 0.])
    """

@overload
def max_at(x: Operand, key: Index, value: MakesTensor) -> Tensor: ...
@overload
def max_at(x: Operand, key: Index, value: Operand) -> Any: ...
@overload
def min_at(x: MakesTensor, key: Index, value: Operand) -> Tensor:
    """Return a copy of x in which ``x[key]`` is the smaller of itself and ``value``.

    Of repeated indices all values count. Where some tie, they share the gradient evenly.

    Example:
        >>> import tensorgraph as tg
        >>> tg.min_at(tg.zeros(3), [0, 0, 2], [1.0, -5.0, -1.0])
        tensor([-5.,  0., -1.])
    """

@overload
def min_at(x: Operand, key: Index, value: MakesTensor) -> Tensor: ...
@overload
def min_at(x: Operand, key: Index, value: Operand) -> Any: ...
@overload
def multiply_at(x: MakesTensor, key: Index, value: Operand) -> Tensor:
    """Return a copy of x with ``x[key]`` multiplied by ``value``; repeated indices by all of them.

    Raises:
        GraphError: the index is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.multiply_at(tg.ones(3), [0, 0, 2], [2.0, 3.0, 4.0])
        tensor([6., 1., 4.])
    """

@overload
def multiply_at(x: Operand, key: Index, value: MakesTensor) -> Tensor: ...
@overload
def multiply_at(x: Operand, key: Index, value: Operand) -> Any: ...
@overload
def put_along_axis(
    x: MakesTensor, indices: Operand, values: Operand, axis: SupportsIndex = -1
) -> Tensor:
    """Return a copy of x in which the elements that ``take_along_axis`` takes are ``values``.

    Raises:
        ShapeError: ``indices`` has another number of axes than x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.put_along_axis(tg.zeros((2, 2)), [[1], [0]], 5.0, axis=1)
        tensor([[0., 5.],
                [5., 0.]])
    """

@overload
def put_along_axis(
    x: Operand, indices: MakesTensor, values: Operand, axis: SupportsIndex = -1
) -> Tensor: ...
@overload
def put_along_axis(
    x: Operand, indices: Operand, values: MakesTensor, axis: SupportsIndex = -1
) -> Tensor: ...
@overload
def put_along_axis(
    x: Operand, indices: Operand, values: Operand, axis: SupportsIndex = -1
) -> Any: ...
@overload
def resize(x: MakesTensor, shape: Sequence[SupportsIndex] | SupportsIndex) -> Tensor:
    """Return a tensor of another size, with the elements of x in a row as often as it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.resize(tg.tensor([1.0, 2.0, 3.0]), (2, 2))
        tensor([[1., 2.],
                [3., 1.]])
    """

@overload
def resize(x: Operand, shape: Sequence[SupportsIndex] | SupportsIndex) -> Any: ...
@overload
def set_at(x: MakesTensor, key: Index, value: Operand) -> Tensor:
    """Return a copy of x in which ``x[key]`` is ``value``; of repeated indices the last wins.

    Example:
        >>> import tensorgraph as tg
        >>> tg.set_at(tg.zeros(3), 1, 5.0)
        tensor([0., 5., 0.])
    """

@overload
def set_at(x: Operand, key: Index, value: MakesTensor) -> Tensor: ...
@overload
def set_at(x: Operand, key: Index, value: Operand) -> Any: ...
@overload
def overlap_add(
    x: MakesTensor, shape: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1
) -> Tensor:
    """Add up windows where they overlap: the adjoint of `windows`.

    x has shape (…, *counts, *size); the result (…, *shape) holds, in each place, the sum of all
    window elements that lie there, and 0 in places of no window.

    Example:
        >>> import tensorgraph as tg
        >>> tg.overlap_add([[1, 2, 3], [3, 4, 5]], shape=5, stride=2)
        tensor([1, 2, 6, 4, 5])
    """

@overload
def overlap_add(
    x: NDArray[Any], shape: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1
) -> NDArray[Any]: ...
@overload
def overlap_add(
    x: Operand, shape: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1
) -> Any: ...
@overload
def windows(
    x: MakesTensor, size: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1
) -> Tensor:
    """Return all windows of `size` over the last axes of x, without copying.

    x has shape (…, n) and the result (…, count, size), with count = ⌊(n − span) / stride⌋ + 1 and
    span = (size − 1) · dilation + 1; a tuple `size` takes as many axes of x: (…, n₁, n₂) gives
    (…, count₁, count₂, size₁, size₂). Windows start `stride` places apart, their elements stand
    `dilation` apart. What is left over at the end is in no window.

    Example:
        >>> import tensorgraph as tg
        >>> tg.windows([1, 2, 3, 4, 5], size=3, stride=2)
        tensor([[1, 2, 3],
                [3, 4, 5]])
    """

@overload
def windows(
    x: NDArray[Any], size: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1
) -> NDArray[Any]: ...
@overload
def windows(x: Operand, size: OneOrMore, stride: OneOrMore = 1, dilation: OneOrMore = 1) -> Any: ...

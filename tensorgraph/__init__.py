"""A computational-graph engine on NumPy: define networks, see their graphs, trust the gradients."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph import errors, nn, optim, random
from tensorgraph.engine.autodiff import backward, gradients
from tensorgraph.engine.checkpoint import checkpoint
from tensorgraph.engine.creation import (
    arange,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from tensorgraph.engine.domain import Boolean, Integer, Real, Simplex
from tensorgraph.engine.modes import enable_grad, is_grad_enabled, no_grad
from tensorgraph.engine.op import REGISTRY, Op, op
from tensorgraph.engine.rule import NONDIFF, ZERO
from tensorgraph.engine.tensor import Tensor, asarray, tensor
from tensorgraph.engine.transforms import (
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from tensorgraph.observe.debug import debug
from tensorgraph.observe.profile import profile
from tensorgraph.ops.activation import (
    elu,
    gelu,
    leaky_relu,
    log_sigmoid,
    relu,
    sigmoid,
    silu,
    softplus,
)
from tensorgraph.ops.arithmetic import absolute as abs
from tensorgraph.ops.arithmetic import (
    add,
    astype,
    bitwise_and,
    bitwise_invert,
    bitwise_or,
    bitwise_xor,
    ceil,
    clip,
    divide,
    equal,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    positive,
    reciprocal,
    remainder,
    round,
    sign,
    square,
    subtract,
    trunc,
    where,
)
from tensorgraph.ops.contract import einsum, linear, matmul, outer, tensordot, vecdot
from tensorgraph.ops.convolve import conv, conv_transpose, conv_weight_grad
from tensorgraph.ops.dropout import dropout
from tensorgraph.ops.index import (
    add_at,
    argsort,
    getitem,
    one_hot,
    scatter,
    set_at,
    sort,
    take,
    take_along_axis,
)
from tensorgraph.ops.normalise import affine, center, rms
from tensorgraph.ops.pool import avg_pool, avg_pool_grad, max_pool, max_pool_grad
from tensorgraph.ops.reduce import (
    all,
    any,
    argmax,
    argmin,
    cumulative_sum,
    max,
    mean,
    min,
    norm,
    prod,
    std,
    sum,
    var,
)
from tensorgraph.ops.repeat import repeat, tile
from tensorgraph.ops.shape import (
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    pad,
    permute_dims,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    tril,
    triu,
    unstack,
)
from tensorgraph.ops.softmax import (
    class_cross_entropy,
    log_softmax,
    logsumexp,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
    softmax_minus_one_hot,
)
from tensorgraph.ops.transcendental import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    power,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from tensorgraph.ops.window import overlap_add, windows

if TYPE_CHECKING:
    from tensorgraph import data as data
    from tensorgraph import diagnose as diagnose
    from tensorgraph import testing as testing
    from tensorgraph import train as train
    from tensorgraph.drawing.picture import render
    from tensorgraph.formulas.derive import derive
    from tensorgraph.formulas.facts import assume
    from tensorgraph.formulas.update_rules import update_rule
    from tensorgraph.symbolic.trace import trace
else:
    _ROOMS = {"data", "diagnose", "testing", "train"}
    _LATER = {
        "render": "drawing.picture",
        "derive": "formulas.derive",
        "assume": "formulas.facts",
        "trace": "symbolic.trace",
        "update_rule": "formulas.update_rules",
    }

    def __getattr__(name: str) -> Any:
        """Import rooms, and what stands on symbols, when asked for: a network needs none of it."""
        if name in _ROOMS:
            return import_module(f"tensorgraph.{name}")
        if name in _LATER:
            return getattr(import_module(f"tensorgraph.{_LATER[name]}"), name)
        raise AttributeError(f"module 'tensorgraph' has no attribute {name!r}")

    def _card(x: Any) -> str:
        """Return what notebooks show: a room further up draws it."""
        return import_module("tensorgraph.drawing.formats.notebook_cards").card(x)

    Tensor._repr_html_ = nn.Module._repr_html_ = _card


__version__ = "0.1.0"
__all__ = [
    "NONDIFF", "REGISTRY", "ZERO", "Boolean", "Integer", "Op", "Real", "Simplex", "Tensor",
    "abs", "acos", "acosh", "add", "add_at", "affine", "all", "any", "arange", "argmax",
    "argmin", "argsort", "asarray", "asin", "asinh", "assume", "astype", "atan", "atan2",
    "atanh", "avg_pool", "avg_pool_grad", "backward", "bitwise_and", "bitwise_invert",
    "bitwise_or", "bitwise_xor", "broadcast_to", "ceil", "center", "checkpoint",
    "class_cross_entropy", "clip", "concat", "conv", "conv_transpose", "conv_weight_grad",
    "cos", "cosh", "cumulative_sum", "debug", "derive", "divide", "dropout", "einsum",
    "elu", "enable_grad", "equal", "erf", "errors", "exp", "exp2", "expand_dims", "expm1",
    "eye", "flip", "floor", "floor_divide", "full", "full_like", "gelu", "getitem", "grad",
    "gradients", "greater", "greater_equal", "hessian", "hvp", "is_grad_enabled",
    "isfinite", "isinf", "isnan", "jacobian", "jvp", "leaky_relu", "less", "less_equal",
    "linear", "linspace", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax",
    "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp",
    "matmul", "matrix_transpose", "max", "max_pool", "max_pool_grad", "maximum", "mean",
    "min", "minimum", "multiply", "negative", "nn", "no_grad", "norm", "not_equal",
    "one_hot", "ones", "ones_like", "op", "optim", "outer", "overlap_add", "pad",
    "permute_dims", "positive", "power", "prod", "profile", "random", "reciprocal", "relu",
    "remainder", "render", "repeat", "reshape", "rms", "roll", "round", "scatter", "set_at",
    "sigmoid", "sigmoid_cross_entropy", "sign", "silu", "sin", "sinh", "softmax",
    "softmax_cross_entropy", "softmax_minus_one_hot", "softplus", "sort", "split", "sqrt",
    "square", "squeeze", "stack", "std", "subtract", "sum", "take", "take_along_axis",
    "tan", "tanh", "tensor", "tensordot", "tile", "trace", "tril", "triu", "trunc",
    "unstack", "update_rule", "value_and_grad", "var", "vecdot", "vjp", "where", "windows",
    "zeros", "zeros_like",
]  # fmt: skip

"""A computational-graph engine on NumPy: define networks, see their graphs, trust the gradients.

What to write for what you want to do, after ``import tensorgraph as tg``:

================================  =================================================================
make a tensor                     ``tg.tensor([1.0, 2.0])``, ``tg.zeros((2, 3))``, ``tg.arange(5)``
draw random numbers               ``tg.random.seed(0)``, ``tg.random.normal((2, 3))``
compute as with NumPy             ``tg.exp(x) @ y.mT``, ``x.sum(axis=0)``, ``np.exp(x)``
invert, solve, decompose          ``tg.linalg.solve(A, u)``, ``tg.linalg.svd(A)``
transform to frequencies          ``tg.fft.rfft(x)``, ``tg.fft.irfft(tg.fft.rfft(x))``
get the gradient of a leaf        ``cost(w).backward()``, ``w.grad``
differentiate a function          ``tg.grad(f)``, ``tg.value_and_grad(f)``
get more than a gradient          ``tg.jacobian(f)``, ``tg.hessian(f)``, ``tg.hvp``, ``tg.vjp``
compute for many examples         ``tg.vmap(f)``, ``tg.vmap(tg.grad(f))``
compute without a gradient        ``tg.no_grad()``, ``x.detach()``
change a parameter by hand        ``w.assign(w.data - 0.1)``
build a network                   ``tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU())``
measure how wrong it is           ``tg.nn.losses.cross_entropy(logits, labels)``
take a step of an optimizer       ``tg.optim.Adam(model.parameters(), lr=0.01)``
split, scale and batch data       ``tg.data.split(X, labels)``, ``tg.data.Batches(X, labels)``
train                             ``tg.train.fit``, ``tg.train.save``, ``tg.train.load``
train in several processes        ``tg.distributed.world()``, ``mpiexec -n 4 python train.py``
use scikit-learn's pipelines      ``tg.sklearn.Classifier(network)``, ``tg.sklearn.Regressor``
write and read ONNX files         ``tg.onnx.export``, ``tg.onnx.load``
find out what to work on          ``tg.diagnose.accuracy(predictions, labels)``
read the gradient as a formula    ``tg.derive(cost(w), wrt=w)``
state a fact that it may use      ``tg.assume(one_hot, one_hot=1)``
see the graph                     ``tg.render(cost(w))``
compare graphs, models or runs    ``tg.diff(f, cost, w)``
list what a function computes     ``tg.trace(f, u)``
print an optimizer's rule         ``tg.update_rule(optimizer)``
find a NaN, or where time goes    ``tg.debug()``, ``tg.profile()``
find out why a gradient is zero   ``tg.explain(w, cost(w))``, ``tg.explain(model)``
find out where digits are lost    ``tg.precision(f, x)``
check a gradient                  ``tg.testing.gradcheck(f, np.ones(3))``
find what is wrong with one       ``tg.judge(cost(w), {"dw": dw})``
declare an operation of your own  ``tg.op``, tested by ``tg.testing.check_op``
run a whole training step faster  ``tg.compile(f)``
save memory in a long chain       ``tg.checkpoint(f)``, ``tg.fori_loop(0, 9, lambda i, x: x, u)``
say what a gradient is            ``tg.custom_gradient(f)``
differentiate a solution          ``tg.implicit(lambda z, u: z**2 - u, tg.sqrt)(u)``
work on containers of tensors     ``tg.tree.map(tg.exp, [u, v])``, ``tg.tree.ravel([u, v])``
catch an error                    ``tg.errors.ShapeError`` and its siblings
================================  =================================================================

``help(tg.nn)`` and so on say the same of each room, and ``help(tg.exp)`` all about one function. A
name that PyTorch, Keras, JAX or NumPy have for a thing is answered with the one it has here.

Though it brings a plugin, pytest compiles it as Python does (PYTEST_DONT_REWRITE).
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from numpy import (
    bool as bool,
    e as e,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    inf as inf,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    nan as nan,
    newaxis as newaxis,
    pi as pi,
    uint8 as uint8,
    uint16 as uint16,
    uint32 as uint32,
    uint64 as uint64,
)

from tensorgraph import (
    errors as errors,
    fft as fft,
    linalg as linalg,
    nn as nn,
    ops as ops,
    optim as optim,
    random as random,
    tree as tree,
)
from tensorgraph.engine import (
    notation as notation,
)
from tensorgraph.engine.autodiff import (
    backward as backward,
    gradients as gradients,
)
from tensorgraph.engine.comparison import (
    allclose as allclose,
)
from tensorgraph.engine.creation import (
    arange as arange,
    eye as eye,
    full as full,
    full_like as full_like,
    linspace as linspace,
    ones as ones,
    ones_like as ones_like,
    zeros as zeros,
    zeros_like as zeros_like,
)
from tensorgraph.engine.domain import (
    Boolean as Boolean,
    Integer as Integer,
    Real as Real,
    Simplex as Simplex,
)
from tensorgraph.engine.index_grids import (
    diag_indices as diag_indices,
    identity as identity,
    indices as indices,
    tri as tri,
    tril_indices as tril_indices,
    triu_indices as triu_indices,
)
from tensorgraph.engine.malloc import keep_freed_memory as _keep_freed_memory
from tensorgraph.engine.modes import (
    enable_grad as enable_grad,
    is_grad_enabled as is_grad_enabled,
    no_grad as no_grad,
)
from tensorgraph.engine.op import (
    REGISTRY as REGISTRY,
    Op as Op,
)
from tensorgraph.engine.own_op import (
    op as op,
)
from tensorgraph.engine.rule import (
    NONDIFF as NONDIFF,
    ZERO as ZERO,
)
from tensorgraph.engine.tensor import (
    Tensor as Tensor,
    asarray as asarray,
    tensor as tensor,
)
from tensorgraph.leads import imports as _foreign_imports
from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.linalg.diagonals import (
    diag as diag,
)
from tensorgraph.ops import *
from tensorgraph.transforms.checkpoint import (
    checkpoint as checkpoint,
)
from tensorgraph.transforms.custom_gradient import (
    custom_gradient as custom_gradient,
    stop_gradient as stop_gradient,
)
from tensorgraph.transforms.gradients import (
    grad as grad,
    value_and_grad as value_and_grad,
)
from tensorgraph.transforms.implicit import (
    implicit as implicit,
)
from tensorgraph.transforms.jacobians import (
    hessian as hessian,
    jacobian as jacobian,
)
from tensorgraph.transforms.loops import (
    fori_loop as fori_loop,
    scan as scan,
)
from tensorgraph.transforms.products import (
    hvp as hvp,
    jvp as jvp,
    vjp as vjp,
)
from tensorgraph.transforms.vmap import (
    vmap as vmap,
)

if TYPE_CHECKING:
    from tensorgraph import (
        array_api as array_api,
        data as data,
        diagnose as diagnose,
        distributed as distributed,
        onnx as onnx,
        sklearn as sklearn,
        testing as testing,
        train as train,
    )
    from tensorgraph.array_api.info import __array_namespace_info__ as __array_namespace_info__
    from tensorgraph.compiler.compiled import compile as compile
    from tensorgraph.differences.diff import diff as diff
    from tensorgraph.differences.digits.precision import precision as precision
    from tensorgraph.drawing.picture import render as render
    from tensorgraph.formulas.derive import derive as derive
    from tensorgraph.formulas.facts import assume as assume
    from tensorgraph.formulas.update_rules import update_rule as update_rule
    from tensorgraph.observe.debug import debug as debug
    from tensorgraph.observe.profile import profile as profile
    from tensorgraph.symbolic.trace import trace as trace
    from tensorgraph.teacher.explaining.explain import explain as explain
    from tensorgraph.teacher.judging.judge import judge as judge
else:
    _ROOMS = {
        "array_api",
        "data",
        "diagnose",
        "distributed",
        "onnx",
        "sklearn",
        "testing",
        "train",
    }
    _LATER = {
        "__array_namespace_info__": "array_api.info",
        "compile": "compiler.compiled",
        "diff": "differences.diff",
        "precision": "differences.digits.precision",
        "render": "drawing.picture",
        "derive": "formulas.derive",
        "explain": "teacher.explaining.explain",
        "assume": "formulas.facts",
        "trace": "symbolic.trace",
        "update_rule": "formulas.update_rules",
        "judge": "teacher.judging.judge",
        "debug": "observe.debug",
        "profile": "observe.profile",
    }

    def __getattr__(name: str) -> Any:
        """Import rooms, and what draws, derives or watches, when it is asked for."""
        if name in _ROOMS:
            return import_module(f"tensorgraph.{name}")
        if name in _LATER:
            return getattr(import_module(f"tensorgraph.{_LATER[name]}"), name)
        raise _missing_from_module("tensorgraph", name)

    def __dir__() -> list[str]:
        return sorted({*__all__, *_ROOMS, "__version__"})

    if "hypothesis" in _sys.modules:  # else it does so when it is imported
        import_module("tensorgraph.hypothesis_types").register()

    _foreign_imports.install()
    _keep_freed_memory()

    # Type checkers take what is imported as itself, and by *, as public.
    __all__ = [
        "NONDIFF", "REGISTRY", "ZERO", "Boolean", "Integer", "Op", "Real", "Simplex", "Tensor",
        "allclose", "arange", "asarray", "assume", "backward", "bool", "checkpoint", "compile",
        "custom_gradient", "debug", "derive", "diag", "diag_indices", "diff", "e", "enable_grad",
        "errors", "explain", "eye", "fft", "float16", "float32", "float64", "fori_loop", "full",
        "full_like", "grad", "gradients", "hessian", "hvp", "identity", "implicit", "indices",
        "inf", "int8", "int16", "int32", "int64", "is_grad_enabled", "jacobian", "judge", "jvp",
        "linalg", "linspace", "nan", "newaxis", "nn", "no_grad", "notation", "ones", "ones_like",
        "op", "optim", "pi", "precision", "profile", "random", "render", "scan", "stop_gradient",
        "tensor", "trace", "tree", "tri", "tril_indices", "triu_indices", "uint8", "uint16",
        "uint32", "uint64", "update_rule", "value_and_grad", "vjp", "vmap", "zeros", "zeros_like",
    ]  # fmt: skip
    __all__ += ops.__all__


__version__ = "0.1.0"

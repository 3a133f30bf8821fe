"""What every operation promises, one check each; a broken promise is an ``AssertionError``.

The tests of the engine run these for every operation in the registry, ``check_op`` for yours.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.graph import Node
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.numeric.complex_step import NotAnalyticError
from tensorgraph.ops.arithmetic import multiply
from tensorgraph.testing.numeric.checked_function import CheckedFunction, projection
from tensorgraph.testing.numeric.gradcheck import COMPLEX_STEP, gradcheck
from tensorgraph.testing.numeric.probes import Space
from tensorgraph.testing.ops.op_calls import Case
from tensorgraph.testing.ops.orders import Projection, orders, pulled, random_projection
from tensorgraph.testing.plain_arrays import largest, read_only
from tensorgraph.testing.promises import demand
from tensorgraph.transforms.products import jvp, vjp

EXACT = 1e-12
"""What two ways to compute the same number may differ by, relative to its terms."""

IF_NOT = (
    'if it is not, say so where it is made: tg.op(…, family="contract"), or "reduce", "shape",'
    ' "index"'
)


def check_elementwise(case: Case) -> None:
    """An elementwise operation takes inputs that broadcast together, and gives that shape."""
    shape = np.broadcast_shapes(*map(np.shape, case.inputs))
    otherwise = f"\n  it counts as elementwise; {IF_NOT}, and give check_op example inputs"
    try:
        results = case.run()[1]
    except Exception as error:
        raise AssertionError(f"{case}: {type(error).__name__}: {error}{otherwise}") from error
    for result in results:
        demand(
            result.shape == shape,
            f"{case}: the result has shape {result.shape}, not {shape}{otherwise}",
        )


def check_gradients(case: Case) -> None:
    """First and second derivatives are right: by all inputs together, and by each alone."""
    if not case.floating or not _has_floating_result(case):
        return
    try:
        gradcheck(case.function, *case.inputs, order=2)
        if len(case.floating) > 1:
            for i in case.floating:
                gradcheck(case.fixing(i), case.inputs[i])
    except errors.GradcheckError as error:
        raise errors.GradcheckError(f"{case}: {str(error).removeprefix('gradcheck: ')}") from error


def check_dtypes(case: Case) -> None:
    """float32 in gives float32 out, and each gradient comes in its operand's dtype."""
    doubles = [np.asarray(r).dtype for r in case.run()[1]]
    for pattern in {("f4",), ("f8",), ("f4", "f8"), ("f8", "f4")}:
        kinds = {i: np.dtype(pattern[k % len(pattern)]) for k, i in enumerate(case.floating)}
        if len(set(kinds.values())) < len(pattern):
            continue
        variables, results = case.with_inputs(
            {i: case.inputs[i].astype(kind) for i, kind in kinds.items()}
        ).run()
        promoted = np.result_type(*kinds.values()) if kinds else np.dtype("f8")
        for result, double in zip(results, doubles, strict=True):
            expected = promoted if double == np.float64 else double
            if case.promotes:
                demand(
                    result.dtype == expected,
                    f"{case}: {_listing(kinds)} gives {result.dtype}, not {expected}",
                )
        for variable, gradient in zip(variables, _pull(variables, results), strict=True):
            demand(
                gradient.dtype == variable.dtype,
                f"{case}: the gradient of a {variable.dtype} input is {gradient.dtype}",
            )


def check_adjoint(case: Case) -> None:
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩, with J v from ``tg.jvp``, and from the complex step if there is one."""
    if not case.is_differentiable:
        return
    rng = np.random.default_rng(1)
    positions = case.floating
    primals = [case.inputs[i] for i in positions]
    function = _of_floating(case)
    tangents = [read_only(rng.standard_normal(p.shape)) for p in primals]
    values, slopes = jvp(function, primals, tangents)
    u = [read_only(rng.standard_normal(v.shape)) for v in values]
    pulled = vjp(function, *primals)[1](u)
    left = _terms(u, slopes)
    right = _terms(pulled, tangents)
    # What cancelled on the way is small beside the values, not beside the derivatives.
    cancelled = sum(float(np.abs(a * v).sum()) for a, v in zip(u, values, strict=True))
    margin = EXACT * float(np.abs(left).sum() + np.abs(right).sum()) + 2**-48 * cancelled
    demand(
        abs(left.sum() - right.sum()) <= margin,
        f"{case}: ⟨u, Jv⟩ = {left.sum():.17g}, but ⟨Jᵀu, v⟩ = {right.sum():.17g}",
    )
    scalar = projection(CheckedFunction(function, primals), u)
    try:
        rates = dict(enumerate(tangents))
        step = Space(primals, [*map(str, positions)]).complex_step(rates)
        stepped = scalar.complex_step(rates, step)
    except NotAnalyticError:
        return
    # A kernel that is not analytic, such as one with |x|, may take complex numbers all the same.
    demand(
        abs(stepped - right.sum()) <= margin
        or gradcheck(function, *primals).method != COMPLEX_STEP,
        f"{case}: ⟨u, Jv⟩ = {stepped:.17g} by the complex step, ⟨Jᵀu, v⟩ = {right.sum():.17g}",
    )


def check_linearity(case: Case) -> None:
    """The gradient is linear in the gradient it starts from."""
    if not case.is_differentiable:
        return
    rng = np.random.default_rng(2)
    variables, results = case.run()
    u, v = ([rng.standard_normal(r.shape) for r in results] for _ in range(2))
    both = [2 * a - 3 * b for a, b in zip(u, v, strict=True)]
    parts = [_pull(variables, results, seeds) for seeds in (both, u, v)]
    for together, a, b in zip(*parts, strict=True):
        _close(together, 2 * a - 3 * b, f"{case}: the gradient is not linear in the cotangent")


def check_layouts(case: Case) -> None:
    """Strided, reversed and transposed inputs give what contiguous ones give."""
    variables, results = case.run()
    values, slopes = [np.asarray(r) for r in results], _pull(variables, results)
    arrays = [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray) and x.ndim]
    for name, view in _LAYOUTS.items():
        changed = case.with_inputs({i: view(case.inputs[i]) for i in arrays})
        variables, results = changed.run()
        for value, result in zip(values, results, strict=True):
            _close(np.asarray(result), value, f"{case}: {name} inputs give another result")
        for slope, other in zip(slopes, _pull(variables, results), strict=True):
            _close(other, slope, f"{case}: {name} inputs give another gradient")


_LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "transposed": lambda x: x.T.copy().T,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: np.flip(x).copy()[(slice(None, None, -1),) * x.ndim],
}


def check_aliasing(case: Case) -> None:
    """The same memory in several places is as good as copies: of operands, and of the cotangent."""
    plain = random_projection(3)
    for i, j in itertools.combinations(case.floating, 2):
        if np.shape(case.inputs[i]) == np.shape(case.inputs[j]):
            names = [f"operand {k}" for k in case.floating]
            one = orders(case.with_inputs({j: case.inputs[i]}), plain, False).told(names)
            two = orders(case.with_inputs({j: np.array(case.inputs[i])}), plain, False).told(names)
            for (what, found), (_, expected) in zip(one, two, strict=True):
                _close(found, expected, f"{case}: one array as operands {i} and {j} changes {what}")
    for i in case.floating:
        own, copied = (
            orders(case, partial(_from, seed, plain), second=False).first
            for seed in (case.inputs[i], np.array(case.inputs[i]))
        )
        for found, expected in zip(own, copied, strict=True):
            _close(found, expected, f"{case}: a cotangent that is operand {i} changes the gradient")


def _from(seed: Array, otherwise: Projection, what: str, k: int, like: Array) -> Array:
    """Return an array as the cotangent of results of its shape."""
    fits = what == "result" and like.shape == np.shape(seed)
    return seed if fits else otherwise(what, k, like)


def check_purity(case: Case) -> None:
    """Neither inputs nor cotangents change, and no two gradients share memory."""
    before = [np.array(value) for value in case.inputs]
    variables, results = case.run()
    outputs = [r for r in results if type(r) is Tensor and r.requires_grad]
    seeds = [read_only(np.linspace(1.0, 2.0, r.size).reshape(r.shape)) for r in outputs]
    copies = [seed.copy() for seed in seeds]
    for result, seed in zip(outputs, seeds, strict=True):
        result.backward(seed, retain_graph=True)
    for old, new in zip(before, case.inputs, strict=True):
        demand(np.array_equal(old, new, equal_nan=True), f"{case}: an input was changed")
    for old, new in zip(copies, seeds, strict=True):
        demand(np.array_equal(old, new), f"{case}: the cotangent was changed")
    arrays = [v.grad._data for v in variables if v.grad is not None]
    others = [*seeds, *(np.asarray(value) for value in case.inputs)]
    for i, array in enumerate(arrays):
        for other in (*arrays[:i], *others):
            demand(not np.may_share_memory(array, other), f"{case}: a gradient shares its memory")


def check_saved(op: Op, cases: Sequence[Case]) -> None:
    """A node keeps what its gradient rules read, and nothing else."""
    unread: dict[tuple[tuple[int, ...], int], Case] = {}
    read = set()
    for case in cases:
        for variables in {tuple(case.floating), *((i,) for i in case.floating)}:
            leaves, results = case.run(variables)
            node = results[0].node if type(results[0]) is Tensor else None
            if node is None or node.op is not op or not results[0].size:
                continue
            _check_sufficient(case, variables)
            for k in node.plan.keep:
                unread[variables, k] = case
                if is_read(node, k, leaves, results):
                    read.add((variables, k))
    for variables, k in unread.keys() - read:
        case = unread[variables, k]
        what = op.operand_name(k) if k < len(case.inputs) else "the result"
        raise AssertionError(
            f"{case}: for a gradient by {errors.listing([op.operand_name(i) for i in variables])}"
            f" it saves {what}, which that does not depend on"
        )


def is_read(node: Node, k: int, leaves: Sequence[Tensor], results: Sequence[Tensor]) -> bool:
    """Return whether another value in place of what was saved changes a gradient."""
    clean, saved = _pull(leaves, results), node.saved
    node.saved = [_poisoned(value) if i == k else value for i, value in enumerate(saved)]
    try:
        return not all(map(np.array_equal, clean, _pull(leaves, results)))
    except (ValueError, TypeError, IndexError):
        return True
    finally:
        node.saved = saved


def _check_sufficient(case: Case, variables: Sequence[int]) -> None:
    """Let go of everything but the node, and see which arrays stay alive."""
    leaves = {i: wrap(case.inputs[i], None, True) for i in variables}
    operands = [
        multiply(leaves[i], 1.0) if i in leaves else value for i, value in enumerate(case.inputs)
    ]
    result = flatten(case.function(*operands))[0][0]
    arrays = {i: operands[i]._data for i in leaves}
    if any(np.may_share_memory(array, result._data) for array in arrays.values()):
        return
    node = result.node
    arrays[len(operands)] = result._data
    alive = {i: weakref.ref(array) for i, array in arrays.items()}
    del operands, result, arrays
    for i, reference in alive.items():
        demand(
            i in node.plan.keep or reference() is None,
            f"{case}: keeps operand {i} alive, which no rule asks for",
        )


def check_body(op: Op, case: Case, static: dict[str, Any]) -> None:
    """A fused operation equals its body: value, first and second derivatives."""
    body = op.body
    if body is None:
        return
    static = op.prepared(case.inputs, static)
    same = Case(case.name, lambda *inputs: body(*inputs, **static), case.inputs)
    fast, slow = (orders(each, random_projection(4)) for each in (case, same))
    for fused, plain in zip(fast.values, slow.values, strict=True):
        _close(fused, plain, f"{case}: its value differs from its body's")
    # Where a body's terms cancel, rounding is all that it is left with.
    terms = [largest(a) for a in (*slow.values, *slow.first)]
    lost = 2**-46 * max(terms, default=0.0)
    for fused, plain in zip(fast.first, slow.first, strict=True):
        _close(fused, plain, f"{case}: its gradient differs from its body's", lost)
    for fused, plain in zip(fast.second, slow.second, strict=True):
        _close(
            fused, plain, f"{case}: its second derivative differs from its body's", lost + 2**-46
        )


def check_broadcasting(case: Case) -> None:
    """Broadcast operands give what explicitly repeated ones give; their gradients add up."""
    shape = np.broadcast_shapes(*(np.shape(value) for value in case.inputs))
    full = case.with_inputs(
        {i: np.broadcast_to(value, shape).copy() for i, value in enumerate(case.inputs)}
    )
    variables, results = case.run()
    full_variables, full_results = full.run()
    for result, full_result in zip(results, full_results, strict=True):
        demand(result.shape == shape, f"{case}: the result has shape {result.shape}")
        _close(np.asarray(result), np.asarray(full_result), f"{case}: broadcasting changes it")
    pairs = zip(_pull(variables, results), _pull(full_variables, full_results), strict=True)
    for i, (slope, full_slope) in zip(case.floating, pairs, strict=True):
        own = np.shape(case.inputs[i])
        lead = len(shape) - len(own)
        axes = tuple(k for k in range(len(shape)) if k < lead or own[k - lead] != shape[k])
        summed = full_slope.sum(axis=axes).reshape(own)
        _close(slope, summed, f"{case}: the gradient of a broadcast operand is not the sum")


# --------------------------------------------------------------------------------------- helpers


def _close(found: Array, expected: Array, message: str, lost: float = 0.0) -> None:
    demand(found.shape == expected.shape, f"{message}: shape {found.shape}, not {expected.shape}")
    if found.dtype.kind != "f":
        demand(np.array_equal(found, expected), message)
        return
    finite = expected[np.isfinite(expected)]
    margin = EXACT * largest(finite) + lost
    bad = np.argwhere(~np.isclose(found, expected, rtol=0, atol=margin, equal_nan=True))
    if len(bad):
        first = tuple(int(n) for n in bad[0])
        raise AssertionError(
            f"{message}: {found[first]:.17g}, not {expected[first]:.17g}, at index {first}"
        )


def _pull(
    variables: Sequence[Tensor], results: Sequence[Any], seeds: Sequence[Array] | None = None
) -> list[Array]:
    """Return the gradients of all results together, as arrays; the graph can be used again."""
    if seeds is None:
        seeds = [np.linspace(1.0, 2.0, r.size).reshape(r.shape) for r in results]
    return [g.numpy() for g in pulled(variables, results, seeds)]


def _of_floating(case: Case) -> Callable[..., list[Tensor]]:
    """Return the function of the floating inputs, which returns the differentiable results."""

    def function(*values: Any) -> list[Tensor]:
        arguments = list(case.inputs)
        for i, value in zip(case.floating, values, strict=True):
            arguments[i] = value
        results = flatten(case.function(*arguments))[0]
        return [r for r in results if type(r) is Tensor and r.dtype.kind in "fc"]

    return function


def _has_floating_result(case: Case) -> bool:
    return any(r.dtype.kind == "f" for r in case.run()[1])


def _terms(a: Sequence[Array], b: Sequence[Array]) -> Array:
    return np.concatenate([(x * y).reshape(-1) for x, y in zip(a, b, strict=True)])


def _poisoned(value: Any) -> Any:
    """Return other values of the same shape and dtype: NaN where that exists."""
    array = np.asarray(value)
    if array.dtype.kind == "f":
        return np.full_like(array, np.nan)
    return ~array if array.dtype == np.bool_ else np.where(array == 0, 1, 0)


def _listing(kinds: dict[int, Any]) -> str:
    return " and ".join(str(kind) for kind in kinds.values()) or errors.listing(["integers"])

"""check_op and the strategies: what they catch, each with a fault planted in an operation."""

import math
from functools import wraps

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.engine.declaration_checks import FACT_WORDS
from tensorgraph.engine.domain import Boolean, Integer, Real, Simplex
from tensorgraph.engine.op import REGISTRY
from tensorgraph.errors import ArgumentError, CheckError, DTypeError, GradcheckError
from tensorgraph.testing import check_op, strategies
from tensorgraph.testing.ops import requirements
from tensorgraph.testing.ops.op_calls import Case, elementwise_cases
from tests.ops.op_call import WAYS
from tests.ops.op_cases import ELEMENTWISE, TABLE

# ------------------------------------------------------------- every rule of every op, made wrong

RULES = [
    (name, key)
    for name, op in REGISTRY.items()
    if name in ELEMENTWISE or (name in TABLE and name not in WAYS)
    for key, rule in op.vjp.items()
    if callable(rule)
]


def with_rule(op, key, change):
    """Return an op like this one, with one gradient rule changed."""
    rule = op.vjp[key]
    vjp = {**op.vjp, key: wraps(rule)(lambda *args: change(rule(*args)))}
    fields = {k: getattr(op, k) for k in ("domain", "ref", "symbol", "family", "body", "prepare")}
    return tg.op(op.name, op.kernel, vjp, doc=op.__doc__, **fields)


def cases_of(op, function):
    if op.name in ELEMENTWISE and op.name != "clip":
        return [Case(case.name, function, case.inputs) for case in elementwise_cases(op)]
    return [
        Case(call.name, lambda *xs, call=call: function(*xs, **call.static), call.inputs)
        for call in TABLE[op.name]
    ]


@pytest.mark.parametrize("name, key", RULES)
def test_a_rule_wrong_by_1e_10_is_caught(name, key):
    op = REGISTRY[name]
    wrong = with_rule(op, key, lambda g: g * (1 + 1e-10))
    with pytest.raises(GradcheckError):
        for case in cases_of(op, wrong):
            requirements.check_gradients(case)


@pytest.mark.parametrize("name, key", RULES)
def test_a_rule_detached_at_second_order_is_caught(name, key):
    op = REGISTRY[name]
    detached = with_rule(op, key, lambda g: g.detach() if type(g) is tg.Tensor else g)
    with pytest.raises(GradcheckError, match="second derivative"):
        for case in cases_of(op, detached):
            # A rule that is linear in g alone has a second derivative only behind another op; and
            # roots have one behind a power, as this is of no root alone.
            bent = Case(case.name, lambda *xs, f=case.function: (f(*xs) + 0.5) ** 3, case.inputs)
            if case.floating and bent.is_differentiable:
                requirements.check_gradients(bent)


# ------------------------------------------------------------------------- faults of other kinds


def capped(ref):
    rules = {"x": lambda g, x, limit: g * (x < limit)}
    domain = {"x": Real(-3, 3, avoid=(2,))}

    def kernel(x, *, limit=1.0):
        return np.minimum(x, limit)

    return tg.op("capped", kernel, rules, domain=domain, ref=ref)


def test_ref_is_given_the_static_parameters():
    assert "value" in kept(capped(lambda x, limit=1.0: min(x, limit)), limit=2.0)
    assert "but ref gives 1.5" in broken(capped(lambda x, limit: min(x, 1.5)), limit=2.0)
    with pytest.raises(ArgumentError, match=r"does not take limit; write ref=lambda x, \*, limit:"):
        check_op(capped(lambda x: min(x, 2.0)), limit=2.0)


def test_a_float32_constant_in_a_kernel_is_named():
    tenth = np.float32(0.1)
    op = tg.op("tenth", lambda x: x * tenth, {"x": lambda g: g * 0.1}, ref=lambda x: x * 0.1)
    assert "cause: they differ as float32 rounds" in broken(op)


def cube(kernel=lambda x: x**3, rule=lambda g, x: g * (3 * x * x), **fields):
    return tg.op("cube", kernel, {"x": rule}, ref=lambda x: x * x * x, **fields)


def broken(op, *inputs, **static):
    with pytest.raises(CheckError) as caught:
        check_op(op, *inputs, **static)
    return str(caught.value)


def kept(op, *inputs, **static):
    return [each.promise for each in check_op(op, *inputs, **static).promises]


def test_sound_op_passes():
    assert repr(check_op(cube())) == (
        "check_op: cube, 5 calls: 16 promises kept\n  ✓ runs, value, dtypes, gradients, adjoint,"
        " linearity, layouts, aliasing, purity, precision,\n    extremes, zero, NaN, sizes, saved,"
        " rules"
    )


def test_a_kernel_that_is_not_analytic_passes():
    """|x| takes complex numbers, but its complex step is no derivative."""
    softsign = tg.op(
        "softsign_of_a_user",
        lambda x: x / (1 + np.abs(x)),
        {"x": lambda g, out: g * (1 - tg.abs(out)) ** 2},
        domain={"x": tg.Real(-5, 5, avoid=(0,))},
        ref=lambda x: x / (1 + abs(x)),
    )
    check_op(softsign)


def test_record_and_function_are_both_taken():
    assert repr(check_op(cube().op)) == repr(check_op(cube()))
    with pytest.raises(DTypeError, match="needs an operation"):
        check_op(np.sin)


def test_structured_op_needs_inputs():
    total = tg.op(
        "total", lambda x, *, axis: np.sum(x, axis=axis), family="reduce",
        vjp={"x": lambda g, x_shape, axis: tg.broadcast_to(tg.expand_dims(g, axis), x_shape)},
    )  # fmt: skip
    with pytest.raises(ArgumentError, match="give example inputs"):
        check_op(total)
    assert "check_op: total, 1 call:" in repr(check_op(total, np.ones((2, 3)), axis=1))
    assert "value" not in kept(total, np.ones((2, 3)), axis=1)


def test_op_of_two_inputs_is_checked_for_broadcasting():
    hypot = tg.op(
        "hypot", lambda x, y: np.sqrt(x * x + y * y), ref=math.hypot,
        vjp={"x": lambda g, x, out: g * x / out, "y": lambda g, y, out: g * y / out},
        domain={"x": Real(0.5, 3.0)},
    )  # fmt: skip
    assert "broadcasting" in kept(hypot)


def test_wrong_value():
    assert "but ref gives" in broken(cube(kernel=lambda x: x**3 * (1 + 1e-12)))


def test_wrong_gradient():
    assert "the gradient is wrong" in broken(cube(rule=lambda g, x: g * 3 * x))


def test_result_of_another_dtype():
    text = broken(cube(kernel=lambda x: x.astype(np.float64) ** 3))
    assert "float32 gives float64, not float32" in text


def test_rule_that_is_not_linear():
    op = cube(rule=lambda g, x: g * (3 * x * x) + 0 * g * g)
    check_op(op)  # 0·g² is linear
    assert broken(cube(rule=lambda g, x: g * (3 * x * x) * (1 + 1e-9 * g)))


def test_kernel_that_looks_at_memory():
    def kernel(x):
        return x**3 if x.flags.c_contiguous else x**3 + 1e-6

    assert "inputs give another result" in broken(cube(kernel=kernel))


def test_kernel_that_writes_to_its_input():
    def kernel(x):
        x *= 1.0
        return x**3

    with pytest.raises(Exception, match="read-only"):
        check_op(cube(kernel=kernel))


def test_rule_that_holds_a_tensor():
    two = tg.full((3,), 2.0, dtype="float64")
    bad = tg.op("bad", lambda x: 2 * x, {"x": lambda g: g * two})
    text = broken(bad, np.ones(3))
    assert "its gradient rule for 'x' returned a Tensor" in text
    assert "write np.full(shape, 2.0)" in text
    good = tg.op("good", lambda x: 2 * x, {"x": lambda g: g * np.full(g.shape[-1:], 2.0)})
    assert "rules" in kept(good, np.ones(3))


def test_code_that_computes_something_else():
    assert "code" in kept(cube(code="x * x * x"))
    assert "computes something else than its kernel" in broken(cube(code="x * x"))
    assert "computes something else than its kernel" in broken(cube(code="np.sum(x)"))
    assert "does not run: NameError" in broken(cube(code="x * y"))


def test_shape_or_dtype_that_the_kernel_does_not_return():
    def shape(x):
        return x.shape

    assert "inference" in kept(cube(shape=shape, dtype=lambda x: x.dtype))
    text = broken(cube(shape=lambda x: (*x.shape, 1)))
    assert "its kernel returns float64 (), where the record's shape and dtype say" in text
    assert "say float32" in broken(cube(shape=shape, dtype=lambda x: np.float32))


X = np.array([[0.3, -0.2, 0.5], [0.1, 0.4, 0.2]])
FALSE_FACTS = {
    "positive": True,
    "nonnegative": True,
    "binary": True,
    "between": (0, 1),
    "moved": True,
    "averaged": True,
    "one_hot": "axis",
    "zero_sum": "axis",
    "sums_to_one": "axis",
    "sign_of": ("x",),
}


@pytest.mark.parametrize("word", FACT_WORDS)
def test_a_fact_that_does_not_hold(word):
    shifted = tg.op(
        "shifted", lambda x, *, axis: x - 2, {"x": lambda g: g}, facts={word: FALSE_FACTS[word]}
    )
    assert f"states the fact {word!r}" in broken(shifted, X, axis=1)


def test_facts_that_hold():
    centred = tg.op(
        "centred", lambda x, *, axis: x - x.mean(axis, keepdims=True),
        {"x": lambda g, axis: g - tg.mean(g, axis=axis, keepdims=True)}, family="fused",
        facts={"zero_sum": "axis"},
    )  # fmt: skip
    assert "facts" in kept(centred, X, axis=1)
    assert "facts" in kept(cube(facts={"sign_of": ("x",)}))


def test_saving_more_than_needed():
    assert "it saves the result" in broken(cube(rule=lambda g, x, out: g * (3 * x * x)))


def test_body_that_says_something_else():
    op = cube(family="fused", body=lambda x: x * x * x + 1e-9)
    assert "its value differs from its body's" in broken(op, np.ones(3))
    op = cube(family="fused", body=lambda x: (x * x * x).detach() + 0 * x)
    assert "its gradient differs from its body's" in broken(op, np.ones(3))
    op = cube(
        family="fused", body=lambda x: 3 * (x * x).detach() * (x - x.detach()) + (x**3).detach()
    )
    assert "its second derivative differs from its body's" in broken(op, np.ones(3))


# ---------------------------------------------------------------------------------- strategies


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_arrays_lie_in_their_domain(dtype, data):
    reals = Real(0.1, 2.3, avoid=(1.0,))
    x = data.draw(strategies.arrays(reals, (2, 3), dtype))
    assert x.dtype == dtype and x.shape == (2, 3) and not x.flags.writeable
    assert ((x >= 0.1) & (x <= 2.3) & (np.abs(x - 1) > 1e-3)).all()
    i = data.draw(strategies.arrays(Integer(-2, 3), (4,)))
    assert i.dtype == np.int64 and ((i >= -2) & (i < 3)).all()
    assert data.draw(strategies.arrays(Boolean(), (3,))).dtype == np.bool_
    p = data.draw(strategies.arrays(Simplex(), (2, 3), dtype))
    assert p.dtype == dtype and np.allclose(p.sum(axis=-1), 1) and (p > 0).all()


DOMAINS = [
    Real(-1, 1, avoid=(0,)), Real(-1, 1, avoid=(1, 0, -1)), Real(0, 1, avoid=(0,)),
    Real(-np.inf, np.inf, avoid=(0, 1, 2.5)), Real(-1e300, 1e300), Real(0, 1e-6), Real(1e-320, 1),
    Real(-3, 3, avoid=(0, 0.0005)), Real(-3, 3, avoid=(10,)), Real(0.1, 0.2), Real(2, 2),
    Real(1e-7, 5e-6),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_large_arrays_are_drawn_around_what_a_domain_avoids(domain, dtype):
    @given(strategies.arrays(domain, (10, 10), dtype))
    def holds(array):
        x = array.astype(np.float64)
        assert array.dtype == dtype and np.isfinite(x).all()
        assert ((x >= domain.low) & (x <= domain.high)).all()
        assert all((np.abs(x - point) > 1e-3).all() for point in domain.avoid)

    holds()


def test_a_domain_is_drawn_on_both_sides_of_what_it_avoids():
    drawn = set()

    @given(strategies.arrays(Real(-1, 1, avoid=(0,)), (4,)))
    def note(array):
        drawn.update(np.sign(array))

    note()
    assert drawn == {-1, 1}


@pytest.mark.parametrize("domain", [Real(0.1, 0.1), Real(0, 1e-4, avoid=(0,)), Real(1e300, 1e301)])
def test_a_domain_without_numbers_is_refused(domain):
    with pytest.raises(ArgumentError, match=r"no number of float16 lies in Real.*; widen the dom"):
        strategies.arrays(domain, (2,), np.float16)


@given(strategies.inputs(tg.power))
def test_inputs_of_an_elementwise_op_broadcast(inputs):
    x, y = inputs
    assert np.broadcast_shapes(x.shape, y.shape) is not None
    assert (x >= 0.5).all()


@given(strategies.inputs(tg.softmax_cross_entropy, shapes=[(2, 3), (2, 3)]))
def test_inputs_of_given_shapes(inputs):
    logits, targets = inputs
    assert logits.shape == targets.shape == (2, 3)
    np.testing.assert_allclose(targets.sum(axis=-1), 1)


def test_inputs_need_shapes_for_other_ops():
    with pytest.raises(ArgumentError, match="not elementwise"):
        strategies.inputs(tg.matmul)
    with pytest.raises(ArgumentError, match="has 2 inputs, 1 shapes"):
        strategies.inputs(tg.matmul, shapes=[(2, 3)])


def test_strategies_are_reached_through_the_package():
    assert tg.testing.strategies is strategies
    with pytest.raises(AttributeError, match="has no attribute 'strategy'"):
        tg.testing.strategy  # noqa: B018


# ------------------------------------------------------------------------------- what is said

ROWSCALE = {
    "x": lambda g, x, s: g * s[:, None],
    "s": lambda g, x, s: (g * x).sum(axis=1),
}


def test_an_operation_that_is_not_elementwise_is_told_to_say_so():
    rowscale = tg.op("rowscale", lambda x, s: x * s[:, None], ROWSCALE)
    with pytest.raises(ArgumentError, match=r"\(2, 3\), \(2,\) do not broadcast; .* family="):
        check_op(rowscale, np.ones((2, 3)), np.ones(2))
    with pytest.raises(CheckError, match=r"runs: rowscale\(\(\), \(\)\): AxisError[^✘]*family="):
        check_op(rowscale)
    doubled = tg.op("total", lambda x: np.sum(x, keepdims=True), {"x": lambda g, x: g + 0 * x})
    with pytest.raises(CheckError, match=r"has shape \(1, 1\), not \(2, 3\)[^✘]*family="):
        check_op(doubled, np.ones((2, 3)))


def test_single_precision_is_refused():
    with pytest.raises(DTypeError, match="matmul is given y in float32; give float64"):
        check_op(tg.matmul, np.ones((2, 3)), np.ones((3, 2), "f4"))


@pytest.mark.parametrize("wrong", ["x", "y"])
def test_a_wrong_gradient_is_called_by_the_name_of_its_input(wrong):
    rules = {"x": lambda g, x, y: g * y, "y": lambda g, x, y: g * x}
    rules[wrong] = lambda g, x, y: 0 * g * x * y
    product = tg.op("product", lambda x, y: x * y, rules)
    told = rf"product\(\(3,\), \(3,\)\): the gradient is wrong at argument . \({wrong}\)"
    with pytest.raises(CheckError, match=told):
        check_op(product, np.ones(3), np.ones(3))

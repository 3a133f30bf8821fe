"""Symbolic arrays, traces, and what is known of them."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings

import tensorgraph as tg
from tensorgraph.engine.declaration_checks import FACT_WORDS
from tensorgraph.engine.op import REGISTRY
from tensorgraph.formulas.facts import WORDS, Fact, Facts, asserted_of
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, constant, in_order, lift, symbol
from tensorgraph.testing.ops.op_calls import elementwise_cases
from tensorgraph.testing.strategies import graphs
from tests.ops.op_cases import cases

RNG = np.random.default_rng(0)

# -------------------------------------------------------------------------------- expressions


def test_equal_expressions_are_one_object():
    x, y = symbol("x", (2, 3)), symbol("y", (2, 3))
    assert x * y + 1 is x * y + 1
    assert x.sum(axis=1) is x.sum(axis=-1)
    assert x[:, 1:] is x[:, 1:]
    assert x * 2 is not x * 2.0
    assert x.sum(axis=1) is not x.sum(axis=1, keepdims=True)
    assert symbol("x", (2, 3)) is not x
    assert constant(np.ones(3)) is constant(np.ones(3))
    assert constant(0.0) is not constant(-0.0)


def test_a_constant_does_not_change_with_the_array_it_came_from():
    array = np.ones(3)
    e = constant(array)
    array[0] = 5
    np.testing.assert_array_equal(e.value, [1, 1, 1])


def test_nothing_refers_to_an_expression_that_is_dropped():
    x = symbol("x", (2, 3))
    dropped = weakref.ref(tg.sin(x) * 7.5)
    gc.collect()
    assert dropped() is None


def test_a_chain_of_100000_operations():
    x = e = symbol("x", (2,))
    for _ in range(100_000):
        e = e + x
    assert len(in_order([e])) == 100_001
    del e


def test_operators_methods_and_numpy_functions():
    x = symbol("x", (2, 3), np.float64)
    data = RNG.normal(size=(2, 3))
    weights = tg.tensor(RNG.normal(size=(3, 4)))
    e = np.tanh(x.T.mT @ weights) + np.ones(4) * x.reshape(3, 2).sum() - weights.sum() / x[0, 0]
    assert type(e) is tg.Tensor
    e = lift(e)
    assert e.shape == (2, 4) and e.dtype == np.float64
    w = weights.numpy()
    expected = np.tanh(data @ w) + data.sum() - w.sum() / data[0, 0]
    np.testing.assert_allclose(evaluate([e], {x: data})[e], expected)


def test_symbols_take_over_from_arrays_and_lists_and_tensors_from_symbols_on_either_side():
    x, w = symbol("x", (2,)), tg.tensor([1.0, 2.0], requires_grad=True)
    for e in ([1.0, 2.0] * x, x + np.ones(2), np.ones(2) @ x, tg.stack([np.ones(2), x])):
        assert type(e) is Expr
    for y in (x + w, w + x, w @ x, tg.stack([x, w]), tg.where(x > 0, w, x)):
        assert type(y) is tg.Tensor and type(y.data) is Expr and y.requires_grad
    assert tg.take_along_axis(w, symbol("i", (1,), np.int64), axis=0).shape == (1,)


def test_a_symbol_has_no_value():
    x = symbol("x", (2,))
    with pytest.raises(tg.errors.GraphError, match="a symbolic array has no value"):
        bool(x > 0)
    with pytest.raises(KeyError, match="no value is given for the input 'x'"):
        evaluate([x + 1], {})
    with pytest.raises(tg.errors.ShapeError, match="do not broadcast"):
        x + symbol("y", (3,))
    with pytest.raises(tg.errors.ShapeError):
        x @ symbol("y", (3, 4))


@settings(max_examples=3 * settings().max_examples)
@given(program=graphs())
def test_shape_and_dtype_are_those_that_are_computed(program):
    leaves = [symbol(f"x{i}", x.shape, x.dtype) for i, x in enumerate(program.leaves)]
    values = program.values(leaves)
    exprs = [v for v in values if type(v) is type(leaves[0])]
    found = evaluate(exprs, dict(zip(leaves, program.leaves, strict=True)))
    for e, value in found.items():
        assert e.shape == np.shape(value)
        assert e.dtype == np.asarray(value).dtype


# ------------------------------------------------------------------------------------- traces


def test_a_trace_lists_one_operation_a_line():
    listed = tg.trace(lambda x, w: tg.relu(x @ w).sum(), tg.ones((2, 3)), tg.ones((3, 4)))
    assert str(listed).splitlines() == [
        "x: float32[2, 3]",
        "w: float32[3, 4]",
        "%0 = matmul(x, w)  float32[2, 4]",
        "%1 = relu(%0)  float32[2, 4]",
        "%2 = sum(%1, axis=(0, 1), keepdims=False)  float32[]",
        "return %2",
    ]


def test_inputs_are_called_as_the_parameters_that_are_arrays():
    x = tg.ones(2)
    names = [
        [line.partition(":")[0] for line in str(tg.trace(f, *args)).splitlines() if ": " in line]
        for f, args in (
            (lambda scores, scale=2.0, shift=0.0: scores * scale + shift, [x]),
            (lambda a, b, c=1.0: a * b * c, [x, x]),
            (lambda pair: pair[0] * pair[1], [(x, x)]),
            (lambda *parts: parts[0] * parts[1], [x, x]),
        )
    ]
    assert names == [["scores"], ["a", "b"], ["x0", "x1"], ["x0", "x1"]]


def test_a_trace_computes_what_the_function_does():
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Tanh(), tg.nn.Linear(4, 2))
    labels = np.array([0, 1])

    def f(batch):
        scores = model(batch["x"])
        return {"scores": scores, "cost": tg.nn.losses.cross_entropy(scores, labels)}

    x = RNG.normal(size=(2, 3)).astype(np.float32)
    traced = tg.trace(f, {"x": x})
    other = RNG.normal(size=(2, 3)).astype(np.float32)
    found, expected = traced({"x": other}), f({"x": other})
    np.testing.assert_allclose(found["scores"], expected["scores"].numpy(), rtol=1e-6)
    np.testing.assert_allclose(found["cost"], expected["cost"].numpy(), rtol=1e-6)
    w = tg.tensor(x, requires_grad=True)
    traced({"x": w})["cost"].backward()  # tensors record, as ever
    assert w.grad.shape == (2, 3)


def test_what_cannot_be_traced():
    with pytest.raises(tg.errors.DTypeError, match="returned 'text', not arrays"):
        tg.trace(lambda x: "text", tg.ones(2))
    with pytest.raises(tg.errors.GraphError, match="has no value"):
        tg.trace(lambda x: x if x.sum() > 0 else -x, tg.ones(2))


# -------------------------------------------------------------------------------------- facts

HOT = np.eye(3)[[0, 2, 1, 1]]


@pytest.mark.parametrize(
    "facts, array",
    [
        ({"one_hot": 1}, HOT),
        ({"sums_to_one": -1}, HOT),
        ({"sums_to": (0, 2.0)}, HOT[[0, 0, 1, 1, 2, 2]]),
        ({"zero_sum": 0}, np.array([[1.0, -2.0], [-1.0, 2.0]])),
        ({"constant_along": 0}, np.array([[1.0, -2.0], [1.0, -2.0]])),
        ({"bounded": (0, 1), "binary": True, "nonnegative": True}, HOT),
        ({"positive": True, "nonzero": True}, np.ones((2, 2))),
        ({"sums_to_one": 1}, np.full((1000, 10), 0.1, np.float32)),
    ],
)
def test_assume_takes_what_holds(facts, array):
    assumed = tg.assume(array, **facts)
    np.testing.assert_array_equal(assumed.numpy(), array)
    assert {f.word for f in asserted_of(assumed)} == facts.keys()
    assert tg.assume(assumed, **facts) is assumed


@pytest.mark.parametrize(
    "facts, message",
    [
        ({"one_hot": 0}, r"one_hot=0 does not hold: x\[:, 0\] sums to -2"),
        ({"sums_to_one": 1}, r"sums_to_one=1 does not hold: x\[0, :\] sums to 0"),
        ({"zero_sum": 0}, r"x\[:, 0\] sums to"),
        ({"constant_along": 1}, r"x\[0, 1\] is 1.0"),
        ({"binary": True}, r"x\[0, 0\] is -1.0"),
        ({"positive": True}, "is -1.0"),
        ({"nonnegative": True}, "is -1.0"),
        ({"bounded": (-1, 0.5)}, r"x\[0, 1\] is 1.0"),
    ],
)
def test_assume_refuses_what_does_not_hold(facts, message):
    array = np.array([[-1.0, 1.0], [-1.0, 1.0]])
    if "one_hot" in facts:
        array = np.array([[1.0, 0.0], [1.0, 0.0]])
        message = r"x\[:, 0\] sums to 2"
    with pytest.raises(tg.errors.FactError, match=message):
        tg.assume(array, **facts)
    with pytest.raises(tg.errors.FactError):
        tg.assume(np.full((2, 2), np.nan), **facts)


def test_zero_is_neither_positive_nor_another_number():
    tg.assume(np.zeros(2), nonnegative=True, binary=True)
    for word in ("positive", "nonzero"):
        with pytest.raises(tg.errors.FactError, match=r"x\[1\] is 0\.0"):
            tg.assume(np.array([1.0, 0.0]), **{word: True})


def test_assume_with_wrong_arguments():
    with pytest.raises(
        tg.errors.ArgumentError, match="no fact is called 'even'; known are sums_to"
    ):
        tg.assume(HOT, even=True)
    with pytest.raises(tg.errors.AxisError, match="one_hot 2 is out of range"):
        tg.assume(HOT, one_hot=2)
    with pytest.raises(tg.errors.ArgumentError, match="positive=True, or leave it out"):
        tg.assume(HOT, positive=1.5)
    with pytest.raises(tg.errors.ArgumentError, match="bounded takes a pair"):
        tg.assume(HOT, bounded=1)


def test_facts_die_with_the_tensor():
    assumed = tg.assume(HOT, one_hot=1)
    place = id(assumed)
    del assumed
    gc.collect()
    from tensorgraph.formulas.facts import _BY_OBJECT

    assert place not in _BY_OBJECT


def test_questions_have_three_answers():
    x = symbol("x", (2, 3))
    p, facts = tg.exp(x), Facts()
    assert facts.positive(p) and facts.nonzero(p) and facts.nonnegative(p)
    assert facts.positive(-p) is False and facts.nonzero(-p)
    assert facts.positive(x) is None and facts.nonzero(x) is None and facts.binary(x) is None
    a = tg.sigmoid(x)
    assert facts.positive(1 - a) and facts.positive(p + tg.relu(x)) and facts.positive(p * a / 2)
    assert facts.nonnegative(tg.relu(x)) and facts.positive(tg.relu(x)) is None
    assert facts.positive(p.sum(axis=0)) and facts.nonnegative((x * x).mean()) is None
    assert facts.nonnegative(tg.square(x).mean()) and facts.binary(x > 0)
    assert facts.sum_along(tg.softmax(x, axis=1), 1).value == (1, 1)
    assert facts.sum_along(tg.softmax(x, axis=1), 0) is None
    assert facts.positive(p.astype("float32")) and facts.positive(p.astype("int64")) is None
    known = Facts({x: [Fact("bounded", (0.5, 2), "assertion")]})
    assert known.positive(x) and known.nonzero(1 / x)


def test_a_record_that_states_an_unknown_fact():
    with pytest.raises(tg.errors.DeclarationError, match="the fact 'even' is none of"):
        tg.op("f", lambda x: x, {"x": lambda g: g}, facts={"even": True})


def test_facts_of_records_hold_of_what_their_kernels_return():
    words = set()
    for record in REGISTRY.values():
        for word, value in record.facts.items():
            words.add(word)
            if word in FROM_INPUTS:
                continue
            if word in ("one_hot", "sums_to_one", "zero_sum"):
                out = np.asarray(tg.softmax(RNG.normal(size=(3, 4)), axis=1))
                hot = tg.one_hot(np.array([0, 2]), num_classes=3)
                assert np.allclose(out.sum(axis=1), 1) and (hot.sum(axis=1) == 1).all()
                continue
            (case, *_) = elementwise_cases(record) if record.family == "elementwise" else [None]
            args = case.inputs if case else [RNG.uniform(0.1, 3, (4, 5)) for _ in record.inputs]
            out = np.asarray(record(*args))
            if word == "between":
                assert ((out > value[0]) & (out < value[1])).all()
            else:
                checks = {"positive": out > 0, "nonnegative": out >= 0, "binary": out * 1 == out**2}
                assert np.all(checks[word])
    assert words == set(FACT_WORDS)
    assert {"binary", "positive", "nonnegative", "one_hot", "sums_to_one"} <= set(WORDS)


FROM_INPUTS = {"moved", "averaged", "sign_of"}


@pytest.mark.parametrize("name", [n for n, r in REGISTRY.items() if FROM_INPUTS & r.facts.keys()])
def test_what_a_record_says_of_its_result_follows_from_the_inputs(name):
    record, tried = REGISTRY[name], 0
    for case in cases(name):
        first, out = np.asarray(case.inputs[0]), np.asarray(case.function(*case.inputs))
        if not out.size:
            continue
        if "moved" in record.facts:
            assert np.isin(out, first.astype(out.dtype)).all()
        if "averaged" in record.facts:
            assert (out >= first.min() - 1e-12).all() and (out <= first.max() + 1e-12).all()
        if "sign_of" in record.facts:
            named = [name in record.facts["sign_of"] for name in record.inputs]
            signed = [np.abs(x) if own else x for x, own in zip(case.inputs, named, strict=True)]
            assert (np.asarray(case.function(*signed)) >= 0).all()
            above = [x + 0.1 if own else x for x, own in zip(signed, named, strict=True)]
            assert first.size == 0 or (np.asarray(case.function(*above)) > 0).all()
        tried += 1
    assert tried

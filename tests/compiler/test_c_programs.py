"""Dataflows in C: state, checks, places, sums, memory, and what lies in which order."""

import gc
import re
import weakref

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

import tensorgraph as tg
from tensorgraph.compiler.c.runner import SMALL, c_runner
from tensorgraph.compiler.dataflow import Dataflow, Failed
from tensorgraph.compiler.loops.fusion import MOST
from tensorgraph.compiler.loops.lowering import OUT_OF_RANGE
from tensorgraph.symbolic.expr import symbol
from tests.machine.needs import needs

pytestmark = needs("cc")

RNG = np.random.default_rng(0)


def array(*shape, dtype="float64"):
    return symbol("x", shape, dtype)


def values(e):
    if e.dtype.kind == "i":
        return RNG.integers(0, 3, e.shape)
    return RNG.normal(size=e.shape).astype(e.dtype)


def runner(inputs, outputs=(), written=None, checks=()):
    return c_runner(Dataflow(tuple(inputs), (), (), (), tuple(outputs), written or {}, checks))


# ----------------------------------------------------------------------------------------- state


def run_state(update, *shapes):
    """Overwrite arrays by a function of them, twice; return what they are, and must be."""
    symbols = [array(*shape) for shape in shapes]
    mine = [values(e) for e in symbols]
    right = [x.copy() for x in mine]
    program = runner(symbols, (), dict(zip(symbols, update(*symbols), strict=True)))
    for _ in range(2):
        program(mine, (), ())
        right = [np.array(x) for x in update(*right)]
    return mine, right


@pytest.mark.parametrize(
    ("update", "shapes"),
    [
        (lambda x, y: (y, x), [(5,), (5,)]),
        (lambda x, y: (y * 2, x + y), [(4, 3), (4, 3)]),
        (lambda x: (x.T,), [(4, 4)]),
        (lambda x: (x[::-1] + 1,), [(6,)]),
        (lambda x: (x - x.sum(axis=0),), [(5, 3)]),
        (lambda x, y: (x + y[0], y * x.sum()), [(3,), (2,)]),
        (lambda x, y: (x * 2, y + x.reshape(-1)), [(2, 3), (6,)]),
        (lambda x, y: (x @ y, y @ x), [(3, 3), (3, 3)]),
        (lambda x: (x,), [(3,)]),
    ],
)
def test_state_is_made_of_what_all_of_it_was_before(update, shapes):
    for found, expected in zip(*run_state(update, *shapes), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_an_output_may_be_what_state_was():
    x = array(3)
    program, held = runner([x], [x, x + 1], {x: x * 2}), np.arange(3.0)
    before, more = program([held], (), ())
    assert (before.tolist(), more.tolist(), held.tolist()) == ([0, 1, 2], [1, 2, 3], [0, 2, 4])


# ---------------------------------------------------------------------------------------- checks


def test_nothing_is_written_where_a_check_fails():
    x, y = array(4), array(4)
    program = runner([x, y], (), {y: x + y}, (tg.isfinite(x).all(), (x > 0).all()))
    state = np.ones(4)
    for bad, code in ((np.array([1, np.inf, 1, 1]), 0), (np.array([1, 1, 0, 1.0]), 1)):
        with pytest.raises(Failed) as caught:
            program([bad, state], (), ())
        assert caught.value.args == (code,) and state.tolist() == [1, 1, 1, 1]
    program([np.ones(4), state], (), ())
    assert state.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("bad", [3, -4, 2**40, -(2**40)])
def test_places_out_of_range_are_found_before_they_are_read(bad):
    x, i = array(3, 2), array(4, dtype="int64")
    program = runner([x, i], [x[i], tg.scatter(x, i[:3], key=("array",), shape=(3, 2))])
    table, good = values(x), np.array([0, 2, -1, -3])
    np.testing.assert_array_equal(program([table, good], (), ())[0], table[good])
    with pytest.raises(Failed) as caught:
        program([table, np.array([0, bad, 1, 1])], (), ())
    assert caught.value.args == (OUT_OF_RANGE,)


# ------------------------------------------------------------------------------------------ sums


@pytest.mark.parametrize("axis", [0, 1, None])
def test_long_sums_in_single_precision_keep_their_digits(axis):
    x = array(3000, 700, dtype="float32")
    held = RNG.uniform(0, 1, x.shape).astype("float32")
    (found,) = runner([x], [x.sum(axis=axis)])([held], (), ())
    exact = held.astype("float64").sum(axis=axis)
    assert np.abs(found / exact - 1).max() < 2e-6


@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
@pytest.mark.parametrize("extremum", [tg.max, tg.min])
def test_what_is_not_a_number_is_an_extremum(extremum, axis):
    x = array(5, 9)
    held = values(x)
    held[2, 3] = np.nan
    (found,) = runner([x], [extremum(x, axis=axis)])([held], (), ())
    np.testing.assert_array_equal(found, getattr(np, extremum.__name__)(held, axis=axis))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)])
def test_of_nothing(shape):
    x = array(*shape)
    outputs = [x.sum(), x.sum(axis=0), (x * x).sum(axis=-1), tg.all(x > 0), tg.exp(x), tg.prod(x)]
    found = runner([x], outputs)([np.zeros(shape)], (), ())
    held = np.zeros(shape)
    right = [held.sum(), held.sum(axis=0), held.sum(axis=-1), True, held, 1.0]
    for value, expected in zip(found, right, strict=True):
        np.testing.assert_array_equal(value, expected)


# ---------------------------------------------------------------------------------------- memory


def test_arguments_may_have_gaps_and_change_places():
    x, y = array(4, 3), array(4, 3)
    program = runner([x, y], [x @ y.T, x - y])
    for _ in range(3):
        a, b = values(array(3, 4)).T, values(array(4, 6))[:, ::2]
        found = program([a, b], (), ())
        np.testing.assert_allclose(found[0], a @ b.T, rtol=1e-12)
        np.testing.assert_array_equal(found[1], a - b)
        del a, b
        gc.collect()


@pytest.mark.parametrize("n", [4, SMALL])
def test_outputs_of_earlier_calls_stay_what_they_are(n):
    x = array(n)
    program = runner([x], [x * 2])
    first = program([np.ones(n)], (), ())[0]
    second = program([np.full(n, 3.0)], (), ())[0]
    assert (first == 2).all() and (second == 6).all()


def test_rows_too_long_for_the_stack():
    x = array(3, 20_000)
    e = tg.exp(x)
    outputs = [e / e.sum(axis=1, keepdims=True), tg.tanh(e) - e.max(axis=1, keepdims=True)]
    held = values(x)
    found = runner([x], outputs)([held], (), ())
    y = np.exp(held)
    np.testing.assert_allclose(found[0], y / y.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(found[1], np.tanh(y) - y.max(axis=1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 12, 40])
def test_arrays_on_the_stack_state_their_alignment(n):
    """GCC 12 aligned an accumulator of 12 numbers for itself, and not the stack it stood on."""
    x, y = array(5, 3, dtype="float32"), array(n, 3, dtype="float32")
    first = x @ y.T
    program = runner([x, y], [tg.softmax(first), tg.exp(first[:3, :3]) @ y.T if n >= 3 else first])
    declared = re.findall(r"^ *(?:float|double) \w+\[\d+\](.*?);", program.source, re.MULTILINE)
    assert declared and all("aligned(64)" in said for said in declared)
    a, b = values(x), values(y)
    found = program([a, b], (), ())
    right = np.exp(a @ b.T)
    np.testing.assert_allclose(found[0], right / right.sum(axis=1, keepdims=True), rtol=1e-5)


def test_a_sum_over_all_falls_on_a_computed_place():
    x, i = array(3, 4), array(1, dtype="int64")
    total = tg.sum(x, axis=None, keepdims=True)[0]
    program = runner([x, i], [tg.scatter(total, i % 5, key=("array",), shape=(5,))])
    held = values(x)
    for place in (-1, 2, 4):
        (found,) = program([held, np.array([place])], (), ())
        right = np.zeros(5)
        right[place] = held.sum()
        np.testing.assert_allclose(found, right, rtol=1e-12)


def test_kernels_run_between_parts_on_views_of_what_c_made():
    x = array(4, 5)
    y = tg.tanh(x)
    sums = tg.cumulative_sum(y[::-1].T, axis=0)
    outputs = [sums * 2, tg.argmax(sums + y.T, axis=1), tg.cumulative_sum(x[1:], axis=1).T]
    held = values(x)
    found = runner([x], outputs)([held], (), ())
    right = np.cumsum(np.tanh(held)[::-1].T, axis=0)
    np.testing.assert_allclose(found[0], right * 2, rtol=1e-12)
    np.testing.assert_array_equal(found[1], np.argmax(right + np.tanh(held).T, axis=1))
    np.testing.assert_allclose(found[2], np.cumsum(held[1:], axis=1).T, rtol=1e-12)


def test_gradients_of_all_steps_of_a_loop_are_added_in_one_array():
    x = array(3, 40, 2)
    total = tg.scatter(x[:, 0] * 2, key=(slice(None), 0), shape=x.shape)
    for t in range(1, 40):
        total = total + tg.scatter(tg.sin(x[:, t]), key=(slice(None), t), shape=x.shape)
    program, held = runner([x], [total]), values(x)
    right = np.sin(held)
    right[:, 0] = held[:, 0] * 2
    np.testing.assert_allclose(program([held], (), ())[0], right, rtol=1e-12)
    assert program.memory < 3 * held.nbytes
    functions = [x for x in program.source.splitlines() if x.startswith("static void")]
    assert len({*functions}) < 8


SIZES = st.integers(1, 5)


@given(m=SIZES, n=SIZES, k=SIZES, turned=st.tuples(st.booleans(), st.booleans()), big=st.booleans())
def test_products_of_matrices_in_any_order(m, n, k, turned, big):
    m, n, k = (v * 12 for v in (m, n, k)) if big else (m, n, k)
    x = array(*((k, m) if turned[0] else (m, k)))
    y = array(*((n, k) if turned[1] else (k, n)))
    left, right = x.T if turned[0] else x, y.T if turned[1] else y
    outputs = [left @ right, tg.tanh(left) @ right[:, ::-1], (left @ right[:, 0])]
    a, b = values(x), values(y)
    found = runner([x, y], outputs)([a, b], (), ())
    a, b = a.T if turned[0] else a, b.T if turned[1] else b
    for value, expected in zip(found, (a @ b, np.tanh(a) @ b[:, ::-1], a @ b[:, 0]), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)


def test_equal_work_is_one_function():
    x = array(8, 8)
    y = x
    for _ in range(5):
        y = tg.tanh(y @ y)
    assert runner([x], [y]).source.count("static void") == 2


def test_numbers_of_run_time_decide_no_dtype():
    x, t = array(3, dtype="float32"), symbol("t", (), np.float64, weak=True)
    outputs = [x * (1 - t), tg.where(x > 0, x, t), x + 0.9**t]
    program = c_runner(Dataflow((x,), (t,), (), (), tuple(outputs), {}, ()))
    held = np.array([1, -1, 2], "float32")
    for number in (0.25, 3.0):
        right = [held * (1 - number), np.where(held > 0, held, number)]
        right += [held + 0.9**number]
        for found, expected in zip(program([held], [number], ()), right, strict=True):
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_powers_that_are_something_simpler():
    x = array(5)
    held = np.array([-1.5, 0.0, 0.5, 2.0, 3.0])
    found = runner([x], [x**p for p in (1, 2, 3, 0.5, -1)])([held], (), ())
    with np.errstate(all="ignore"):
        right = [held**p for p in (1, 2, 3, 0.5, -1.0)]
    for value, expected in zip(found, right, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-14)


def test_axes_of_index_arrays_stand_where_numpy_puts_them():
    x, i, j = array(3, 4, 5), array(2, dtype="int64"), array(6, 2, dtype="int64")
    take = [
        lambda x, i, j: x[:, i],
        lambda x, i, j: x[:, i, 1],
        lambda x, i, j: x[i, :, j],
        lambda x, i, j: x[..., j],
        lambda x, i, j: x[1, :, i],
        lambda x, i, j: x[:, None, i, j],
    ]
    held = [values(e) for e in (x, i, j)]
    found = runner([x, i, j], [f(x, i, j) for f in take])(held, (), ())
    for value, f in zip(found, take, strict=True):
        np.testing.assert_array_equal(value, f(*held))


@given(ends=st.tuples(st.integers(0, 9), st.integers(0, 9)))
@example(ends=(5, 7))  # within the second part
def test_slices_of_what_was_joined(ends):
    x, y = array(4), array(5)
    held = [np.arange(4.0), np.arange(10.0, 15.0)]
    cut = slice(min(ends), max(ends))
    joined = tg.concat([x * 2, y])
    found = runner([x, y], [joined[cut], joined[cut] + 1])(held, (), ())
    right = np.concatenate([held[0] * 2, held[1]])[cut]
    np.testing.assert_array_equal(found[0], right)
    np.testing.assert_array_equal(found[1], right + 1)


def test_rows_that_need_other_rows_run_after_them():
    x, i = array(5, 5), array(5, dtype="int64")
    y = tg.exp(x)
    outputs = [y + y.T, y - y[::-1], y.T * y.sum(axis=1, keepdims=True), y.max(axis=0) - y]
    outputs += [
        tg.scatter(y, i, key=("array",), shape=(5, 5)),
        tg.scatter(y[0], i, key=("array",), shape=(5,)),
    ]
    held, order = values(x), np.array([4, 0, 0, 3, 1])
    found = runner([x, i], outputs)([held, order], (), ())
    e = np.exp(held)
    added = np.zeros((5, 5)), np.zeros(5)
    np.add.at(added[0], order, e)
    np.add.at(added[1], order, e[0])
    right = [e + e.T, e - e[::-1], e.T * e.sum(axis=1, keepdims=True), e.max(axis=0) - e, *added]
    for value, expected in zip(found, right, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_means_stay_in_range_and_half_precision_is_left_to_numpy():
    x, h = array(4, dtype="float32"), array(4, dtype="float16")
    (found,) = runner([x], [x.mean()])([np.full(4, 3e38, "float32")], (), ())
    assert found == np.float32(3e38)
    assert runner([h], [h + 1]) is None


def test_many_statements_are_in_several_functions():
    xs = [array(6, 4) for _ in range(100)]
    total = sum(tg.exp(x).sum() for x in xs)
    program, held = runner(xs, [total]), [values(x) for x in xs]
    found = program(held, (), ())[0]
    np.testing.assert_allclose(found, sum(np.exp(x).sum() for x in held), rtol=1e-12)
    assert max(len(work.pieces) for work in program.works) <= MOST


def test_arguments_are_not_kept():
    x = array(4)
    program, held = runner([x], [x * 2]), np.ones(4)
    program([held], (), ())
    gone = weakref.ref(held)
    del held
    assert gone() is None


def test_extrema_of_what_lies_on_one_side_of_0():
    x = array(3, 4)
    outputs = [f(x + s, axis=a) for f in (tg.max, tg.min) for s in (9, -9) for a in (0, 1)]
    held = values(x)
    found = iter(runner([x], outputs)([held], (), ()))
    for f in (np.max, np.min):
        for s in (9, -9):
            for a in (0, 1):
                np.testing.assert_allclose(next(found), f(held + s, axis=a), rtol=1e-14)


def test_a_row_that_others_need_and_sums_in_turned_rows():
    x = array(5, 3)
    y, held = tg.exp(x), values(x)
    (found,) = runner([x], [y - y[0]])([held], (), ())
    np.testing.assert_allclose(found, np.exp(held) - np.exp(held)[0], rtol=1e-12)
    turned = tg.scatter(x, key=(slice(None, None, -1),), shape=(5, 3))
    np.testing.assert_array_equal(runner([x], [turned])([held], (), ())[0], held[::-1])

"""``tg.profile()``: what is counted, and under which name; never how long something takes."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.engine.modes import MODE
from tensorgraph.errors import AnomalyError
from tensorgraph.observe.bytes_and_seconds import BYTES, SECONDS, amount_text
from tensorgraph.observe.profile import Profile, Row, times_of


def leaf(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


def calls(p):
    return {row.name: row.calls for row in p.ops}


def test_each_kernel_and_rule_is_counted_by_its_op():
    x = leaf(3, 4)
    with tg.profile() as p:
        ((x + x) * x).sum().backward()
    assert calls(p) == {"add": 1, "multiply": 1, "sum": 1}
    rows = {row.name: row for row in p.ops}
    assert all(row.forward > 0 and row.backward > 0 for row in p.ops)
    assert rows["add"].bytes == 96  # its rules pass on what they are given
    assert rows["multiply"].bytes == 3 * 96  # the product, and a gradient of each factor
    assert p.seconds >= sum(row.seconds for row in p.ops)


def test_without_a_graph_kernels_are_counted_too():
    with tg.profile() as p, tg.no_grad():
        tg.exp(leaf(2))
    assert calls(p) == {"exp": 1} and p.ops[0].backward == 0


def test_outside_the_block_nothing_is_counted():
    x = leaf(2)
    tg.exp(x)
    with tg.profile() as p:
        pass
    tg.exp(x)
    assert calls(p) == {} and MODE.get().observer is None


def test_modules_have_their_own_table():
    model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Tanh())
    with tg.profile() as p:
        model(tg.ones((4, 2))).sum().backward()
    rows = {row.name: row for row in p.modules}
    assert set(rows) == {"model.layers[0] Linear", "model.layers[1] Tanh", "outside modules"}
    assert rows["model.layers[1] Tanh"].calls == 1 and rows["model.layers[1] Tanh"].backward > 0
    assert sum(row.calls for row in p.modules) == sum(row.calls for row in p.ops)
    assert sum(row.bytes for row in p.modules) == sum(row.bytes for row in p.ops)


def test_a_view_makes_no_bytes():
    with tg.profile() as p:
        leaf(2, 3).T  # noqa: B018
    assert p.ops[0].bytes == 0


def test_a_node_knows_its_times():
    x = leaf(2)
    with tg.profile():
        y = tg.exp(x)
        forward = times_of(y.node)
        assert forward.forward > 0 and forward.backward is None
        y.sum().backward()
    assert times_of(y.node).backward > 0
    assert times_of(tg.exp(x).node) is None


def test_a_profile_keeps_no_graph_alive():
    gc.disable()
    try:
        with tg.profile() as p:
            y = tg.exp(leaf(2))
            gone = weakref.ref(y.node)
            del y
            assert gone() is None
        assert calls(p) == {"exp": 1}
    finally:
        gc.enable()


def test_blocks_nest():
    with tg.profile() as outer:
        tg.exp(leaf(2))
        with tg.profile() as inner:
            tg.log(leaf(2))
    assert calls(outer) == {"exp": 1, "log": 1} and calls(inner) == {"log": 1}


@pytest.mark.parametrize("blocks", [(tg.profile, tg.debug), (tg.debug, tg.profile)])
def test_debug_goes_on_beside_it(blocks):
    with pytest.raises(AnomalyError, match="log made -inf"), blocks[0](), blocks[1]():
        tg.log(tg.tensor(0.0))


def test_an_exception_ends_the_block():
    with pytest.raises(ZeroDivisionError), tg.profile() as p:
        1 / 0  # noqa: B018
    assert p.seconds > 0 and MODE.get().observer is None


def test_what_a_checkpoint_computes_again_counts_once():
    with tg.profile() as p:
        tg.checkpoint(lambda x: tg.exp(x))(leaf(2)).sum().backward()
    rows = {row.name: row for row in p.ops}
    assert rows["exp"].calls == 2 and rows["exp"].backward > 0
    assert "checkpoint" not in rows


def test_gradients_of_gradients_are_counted():
    x = leaf(2)
    with tg.profile() as p:
        (dx,) = tg.gradients((x**3).sum(), [x], create_graph=True)
        dx.sum().backward()
    assert {row.name for row in p.ops} >= {"power", "sum"}
    assert x.grad.data == pytest.approx([6.0, 6.0])


def test_values_are_the_same_as_without():
    x = leaf(3)

    def f():
        x.zero_grad()
        (tg.softmax(x * 2) * tg.sin(x)).sum().backward()
        return x.grad.data.copy()

    plain = f()
    with tg.profile():
        assert (f() == plain).all()


def test_the_table():
    p = Profile()
    p.seconds = 2.0
    p._ops = {
        "exp": Row("exp", 1, 0.25, 0.0, 1500),
        "matmul": Row("matmul", 1200, 0.5, 0.75, 3 * 10**9),
    }
    assert str(p).partition("\n\n")[0] == (
        "op         calls     forward    backward  share    made\n"
        "matmul     1,200  500.000 ms  750.000 ms  62.5%    3 GB\n"
        "exp            1  250.000 ms    0.000 ms  12.5%  1.5 kB\n"
        "elsewhere         500.000 ms              25.0%"
    )
    assert repr(p) == "<Profile of 2 s: 1201 calls of ops>"


def test_an_empty_profile_prints():
    assert "elsewhere" in str(Profile())


@pytest.mark.parametrize("units", [BYTES, SECONDS])
@given(digits=st.floats(1, 999), power=st.integers(0, 14))
def test_amounts_are_told_in_three_digits_of_the_unit_that_fits(units, digits, power):
    least = units[0][1]
    amount = digits * 10.0**power * least
    number, unit = amount_text(amount, units).split(" ")
    assert float(number) * dict(units)[unit] == pytest.approx(amount, rel=5.1e-3)
    largest = units[-1][0]
    assert 1 <= float(number) and (float(number) < 1000 or unit == largest)

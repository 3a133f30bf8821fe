"""tg.gradients: of results by leaves and by values on the way."""

import gc
import math
import tracemalloc

import numpy as np
import pytest

import tensorgraph as tg


def close(found, expected, rtol=1e-10):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


# -------------------------------------------------------------------------------------- gradients()


def leaf(x):
    return tg.tensor(x, dtype="float64", requires_grad=True)


def test_gradients_by_leaves_and_results():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = x * w
    y = (h * h).sum()
    dh, dx, dw, dy = tg.gradients(y, [h, x, w, y])
    close(dh, 2 * h.data)
    close(dx, 2 * h.data * w.data)
    close(dw, 2 * h.data * x.data)
    assert dy.item() == 1
    assert x.grad is None and w.grad is None


def test_gradients_on_the_way_are_dropped_unless_they_are_asked_for():
    x = tg.ones(100_000, requires_grad=True)
    steps = [x]
    for _ in range(50):
        steps.append(steps[-1] * 1.5)
    y = steps.pop().sum()
    gc.collect()
    tracemalloc.start()
    try:
        found = tg.gradients(y, [steps[10], x])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [g.data[0] for g in found] == pytest.approx([1.5**40, 1.5**50], rel=1e-5)
    assert peak < 5 * x.data.nbytes


def test_gradients_has_the_structure_of_inputs():
    x, w = leaf([1.0]), leaf([2.0])
    y = (x * w).sum()
    g = tg.gradients(y, {"x": x, "rest": (w, [x])}, retain_graph=True)
    assert g["x"].item() == g["rest"][1][0].item() == 2 and g["rest"][0].item() == 1
    assert tg.gradients(y, x, retain_graph=True).item() == 2
    assert tg.gradients(y, []) == []


def test_duplicate_inputs_share_no_memory():
    x = leaf([1.0, 2.0])
    h = x + 1
    g = tg.gradients(h.sum(), [x, x, h, h, x])
    for i, first in enumerate(g):
        close(first, [1, 1])
        assert not any(np.shares_memory(first.data, other.data) for other in g[:i])
    many = tg.gradients((x * x).sum(), [x, x], create_graph=True)
    assert many[0] is not many[1]
    close(tg.gradients(many[1].sum(), x), [2, 2])


def test_unreachable_inputs_have_gradient_zero():
    x, other = leaf([1.0, 2.0]), leaf([[1.0, 2.0, 3.0]])
    later = x * 3
    g = tg.gradients((x * x).sum(), [other, x, later, other * 2])
    close(g[0], np.zeros((1, 3)))
    close(g[2], np.zeros(2))
    close(g[3], np.zeros((1, 3)))
    assert all(t.dtype == np.float64 for t in g)
    created = tg.gradients((x * x).sum(), [other, x], create_graph=True)
    close(created[0], np.zeros((1, 3)))


def test_the_input_may_be_the_output():
    x = leaf(2.0)
    assert tg.gradients(x, x).item() == 1
    assert [g.item() for g in tg.gradients(x * x, [x, x])] == [4, 4]


def test_an_inner_result_stops_nothing():
    """The gradient by a result on the way does not change that by what it came from."""
    x = leaf(2.0)
    h = x**2
    y = h**3 + h
    assert [g.item() for g in tg.gradients(y, [h, x])] == pytest.approx([49, 196], rel=1e-14)


def test_a_given_gradient_to_start_from():
    x = leaf([1.0, 2.0])
    for given in ([1.0, 10.0], np.array([1, 10]), tg.tensor([1.0, 10.0]), (1, 10)):
        close(tg.gradients(x * x, x, grad_output=given), [2, 40])
    assert tg.gradients(x.sum(), x, grad_output=0.1).data.tolist() == [0.1, 0.1]
    u = leaf([1.0, 10.0])
    g = tg.gradients(x * x, x, grad_output=u, create_graph=True)
    close(tg.gradients(g.sum(), u), [2, 4])
    given = np.ones(2)
    g = tg.gradients(x + 0, x, grad_output=given)
    given[:] = 7
    close(g, [1, 1])


def test_gradients_releases_the_graph_unless_told():
    x = leaf(2.0)
    y = tg.exp(x)
    tg.gradients(y, x, retain_graph=True)
    tg.gradients(y, x)
    with pytest.raises(tg.errors.GraphError, match="retain_graph=True"):
        tg.gradients(y, x)


def test_only_what_leads_to_the_inputs_is_walked():
    x, w = leaf(2.0), leaf(3.0)
    inner = tg.exp(w)
    y = x * inner
    tg.gradients(y, x)
    inner.backward()  # was not walked, so not released
    assert w.grad.item() == pytest.approx(math.exp(3))


def test_gradients_of_any_order_by_hand():
    x = leaf(0.5)
    g = tg.exp(x * x)
    for order in range(4):
        g = tg.gradients(g, x, create_graph=True)
        hermite = [1.0, 3.0, 7.0, 25.0][order]  # of exp(x²) at ½, over exp(¼)
        assert g.item() == pytest.approx(hermite * math.exp(0.25), rel=1e-12)

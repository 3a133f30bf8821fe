"""A tensor's place in the graph: leaves and results, assign, hooks."""

import gc
import weakref

import numpy as np
import pytest

import tensorgraph as tg


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# ------------------------------------------------------------------------------- place in the graph


def test_leaves_results_and_constants():
    x, c = leaf([1.0]), tg.tensor([2.0])
    y = x * c
    assert x.is_leaf and c.is_leaf and not y.is_leaf
    assert x.node is None and c.node is None
    assert y.node.op is tg.multiply.op
    assert y.requires_grad and not c.requires_grad and not (c * c).requires_grad
    assert (c * c).is_leaf


def test_what_no_rule_leads_back_from_needs_no_gradient():
    step = tg.op("step", lambda x, y: np.sign(x) * y, {"x": tg.NONDIFF, "y": tg.NONDIFF})
    half = tg.op("half", lambda x, y: np.sign(x) * y, {"x": tg.NONDIFF, "y": lambda g, x: g * x})
    x, y = leaf([1.0, -2.0]), leaf([3.0, 4.0])
    for found in (step(x, y), step(x, 3.0), half(x, y.data)):
        assert not found.requires_grad and found.is_leaf and found.node is None
    assert half(x, y).requires_grad and half(x.data, y).requires_grad


def test_setting_requires_grad():
    x = tg.tensor([1.0, 2.0])
    x.requires_grad = True
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [2, 4]
    x.requires_grad = False
    assert not (x * x).requires_grad
    with pytest.raises(
        tg.errors.GraphError, match="leaves only; this tensor is a result of 'multi"
    ):
        (leaf([1.0]) * 2).requires_grad = False


def test_detach_cuts_and_shares():
    x = leaf([1.0, 2.0])
    y = (x * 3).detach()
    assert not y.requires_grad and y.is_leaf
    assert np.shares_memory(x.detach().data, x.data)
    ((x * 3).detach() * x).sum().backward()
    assert x.grad.data.tolist() == [3, 6]


def test_a_result_keeps_its_inputs_alive_only_where_a_rule_needs_them():
    x = leaf([1.0, 2.0])
    middle = x * 3
    seen = weakref.ref(middle)
    y = (middle + 1).sum()
    gc.disable()
    try:
        del middle
        assert seen() is None
    finally:
        gc.enable()
    y.backward()
    assert x.grad.data.tolist() == [3, 3]


def test_grad_setter():
    x = leaf([1.0, 2.0])
    given = np.array([1.0, 1.0])
    x.grad = given
    given[0] = 9
    assert x.grad.data.tolist() == [1, 1]
    x.grad = [0.1, 0.2]
    assert x.grad.dtype == np.float64 and x.grad.data.tolist() == [0.1, 0.2]
    x.grad = None
    assert x.grad is None
    with pytest.raises(tg.errors.ShapeError, match=r"tensor's shape \(2,\), this one is \(3,\)"):
        x.grad = np.zeros(3)
    x.grad = [1.0, 1.0]
    x.zero_grad()
    assert x.grad is None


def test_a_gradient_has_the_dtype_of_its_tensor():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    g = tg.tensor([0.1, 0.2], dtype="float32")
    x.grad = g
    assert x.grad is g
    x.grad = tg.tensor([0.1, 0.2], dtype="float64")
    assert x.grad.dtype == np.float32
    for wrong in (tg.tensor([1, 2]), tg.tensor([True, False])):
        with pytest.raises(tg.errors.DTypeError, match=f"is a floating-point .* {wrong.dtype};"):
            x.grad = wrong
    assert x.grad.dtype == np.float32
    x.grad = [1, 2]
    assert x.grad.dtype == np.float32
    with pytest.raises(tg.errors.DTypeError, match="only floating-point tensors have"):
        tg.tensor([1, 2]).grad = [0.5, 0.5]


# ------------------------------------------------------------------------------------------- assign


def test_assign_copies_and_returns_the_leaf():
    x, value = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    assert x.assign(value) is x
    value[0] = 9
    assert x.data.tolist() == [3, 4]
    assert x.assign([0.1, 0.2]).data.tolist() == [0.1, 0.2]
    assert x.assign(tg.tensor([1, 2])).dtype == np.float64
    assert tg.zeros(2).assign(np.array([0.5, 0.5])).dtype == np.float32


def test_older_graphs_keep_the_old_value():
    w = leaf([3.0])
    y = w * w * w
    w.assign([10.0])
    y.backward()
    assert w.grad.data.tolist() == [27]
    assert (w * w).item() == 100


def test_older_graphs_keep_the_old_value_at_second_order():
    w = leaf([3.0])
    y = w * w * w
    w.assign([10.0])
    first = tg.gradients(y, w, create_graph=True)
    assert first.item() == 27
    second = tg.gradients(first, w, create_graph=True)
    assert second.item() == 18
    w.assign([-1.0])
    assert tg.gradients(second, w).item() == 6


def test_a_shared_old_value_is_not_changed_by_assign():
    w = leaf([3.0])
    view, detached = w.data, w.detach()
    w.assign([10.0])
    assert view.tolist() == [3] and detached.item() == 3


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (
            np.zeros(3),
            tg.errors.ShapeError,
            r"assign\(\) got shape \(3,\), tensor 'w' has shape \(2",
        ),
        (1.0, tg.errors.ShapeError, r"got shape \(\)"),
        ("ab", tg.errors.DTypeError, "not strings"),
        ([[1.0], 2.0], tg.errors.ShapeError, "ragged"),
    ],
)
def test_refused_assignments_change_nothing(value, error, text):
    w = leaf([1.0, 2.0], name="w")
    with pytest.raises(error, match=text):
        w.assign(value)
    assert w.data.tolist() == [1, 2]


def test_assign_does_not_cut_floats_to_integers():
    x = tg.tensor([1, 2])
    with pytest.raises(tg.errors.DTypeError, match="got float32, tensor 'x' is int64"):
        x.assign([0.5, 0.5])
    assert x.assign([3, 4]).data.tolist() == [3, 4]


def test_assign_is_for_leaves():
    with pytest.raises(
        tg.errors.GraphError, match="works on leaves; this tensor is a result of 'a"
    ):
        (leaf([1.0]) + 1).assign([2.0])


# -------------------------------------------------------------------------------------------- hooks


def test_a_hook_replaces_a_leafs_gradient():
    x = leaf([1.0, -3.0])
    x.register_hook(lambda g: g.clip(-1.0, 1.0))
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [1, -1]


def test_a_hook_that_returns_nothing_only_looks():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(seen.append)
    (x * x).sum().backward()
    assert seen[0].data.tolist() == x.grad.data.tolist() == [2, 4]
    assert type(seen[0]) is tg.Tensor


def test_hooks_run_in_order_on_the_whole_gradient_of_a_result():
    x, seen = leaf([1.0]), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 3 + y * 4).sum().backward()
    assert seen == [7, 70]
    assert x.grad.item() == 140


def test_removing_a_hook():
    x, seen = leaf([1.0]), []
    remove_first, remove_second = x.register_hook(seen.append), x.register_hook(seen.append)
    remove_first()
    remove_first()
    x.sum().backward()
    assert len(seen) == 1
    remove_second()
    x.sum().backward()
    assert len(seen) == 1
    y = x * 2
    y.register_hook(seen.append)()
    y.sum().backward()
    assert len(seen) == 1


def test_hooks_run_for_gradients_too():
    x = leaf([1.0])
    y = x * x
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    dx, dy = tg.gradients(y.sum(), [x, y])
    assert (dx.item(), dy.item()) == (21, 10)
    assert x.grad is None


def test_a_hook_in_a_gradient_of_a_gradient():
    x = leaf([3.0])
    y = x * x
    y.register_hook(lambda g: g * x)
    first = tg.gradients(y.sum(), x, create_graph=True)  # x · 2x
    assert first.item() == 18
    assert tg.gradients(first, x).item() == 12


def test_what_a_hook_returns_takes_the_gradients_dtype_and_memory_of_its_own():
    x, given = tg.tensor([1.0], requires_grad=True), np.array([7.0])
    x.register_hook(lambda g: given)
    x.sum().backward()
    given[0] = 0
    assert x.grad.dtype == np.float32 and x.grad.item() == 7
    y = tg.tensor([1.0], requires_grad=True)
    y.register_hook(lambda g: tg.tensor([2.0], dtype="float64"))
    y.sum().backward()
    assert y.grad.dtype == np.float32


def test_a_failing_hook_leaves_no_gradient_behind():
    a, b = leaf([1.0]), leaf([2.0])

    def fail(g):
        raise RuntimeError("stop")

    b.register_hook(fail)
    with pytest.raises(RuntimeError, match="stop"):
        (a * b).sum().backward()
    assert a.grad is None and b.grad is None


def test_bad_hooks():
    x = leaf([1.0, 2.0])
    with pytest.raises(tg.errors.DTypeError, match="a hook is a function of the gradient, not 3"):
        x.register_hook(3)
    with pytest.raises(tg.errors.GraphError, match="the hook would never run; write requires_grad"):
        tg.tensor([1.0]).register_hook(print)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(
        tg.errors.ShapeError, match=r"hook returned shape \(\), the gradient has \(2"
    ):
        x.sum().backward()
    assert x.grad is None

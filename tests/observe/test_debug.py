"""tg.debug(): who made a NaN or an infinity, where, and what it says."""

import gc
import inspect
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.modes import MODE, mode

AnomalyError = tg.errors.AnomalyError


def leaf(data, dtype="float32"):
    return tg.tensor(data, dtype=dtype, requires_grad=True)


def here(offset=0):
    """Return ``file:line`` of the caller, ``offset`` lines further down."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


# ---------------------------------------------------------------------------------- forward


def test_forward_names_op_line_statistics_and_first_bad_index():
    x = leaf([[4.0, 2.0], [1.0, 0.0]])
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        line = here(1)
        tg.log(x)
    assert str(caught.value) == (
        "log made -inf at index (1, 1), 1 of 4 elements from finite operands\n"
        f"  at {line}\n"
        "  x: shape (2, 2) float32, min 0, max 4, 1 zeros\n"
        "  if a tg.where drops these elements: give log a safe operand there:"
        " tg.where(c, tg.log(tg.where(c, x, 1)), other)"
    )


def test_forward_tells_of_every_operand():
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        tg.tensor([0.0, 1.0]) / 0.0
    assert str(caught.value).splitlines()[0] == (
        "divide made nan at index (0,), 2 of 2 elements from finite operands"
    )
    assert str(caught.value).splitlines()[2:] == [
        "  x: shape (2,) float32, min 0, max 1, 1 zeros",
        "  y: shape () float64, value 0",
        "  if a tg.where drops these elements: give divide safe operands there: replace the operand"
        " that is not safe by tg.where(c, operand, 1), with c true where the result is taken",
    ]


@pytest.mark.parametrize(
    ("make", "op"),
    [
        (lambda: tg.exp(tg.tensor(1000.0)), "exp made inf from finite"),
        (lambda: tg.sqrt(tg.tensor([-1.0])), "sqrt made nan"),
        (lambda: tg.tensor([3e38, 3e38]).sum(), "sum made inf"),
        (lambda: tg.tensor(3e38) * 10, "multiply made inf"),
        (lambda: tg.tensor(3e38) + tg.tensor(3e38), "add made inf"),
        (lambda: tg.full((2, 2), 3e38) @ tg.ones((2, 2)), "matmul made inf"),
        (lambda: tg.zeros(0).mean(), "mean made nan"),
        (lambda: tg.tensor([-1.0]) ** 0.5, "power made nan"),
        (lambda: np.log(tg.tensor(0.0)), "log made -inf"),
        (lambda: tg.tensor(70000.0).astype("float16"), "astype made inf"),
        (
            lambda: tg.stack([tg.tensor(1.0), tg.tensor(2.0)]) / tg.tensor([1.0, 0.0]),
            "divide made i",
        ),
    ],
)
@pytest.mark.parametrize("wants_gradient", [True, False])
def test_forward_blames_the_op_that_made_it(make, op, wants_gradient):
    with tg.debug(), pytest.raises(AnomalyError, match=f"^{op}"):
        if wants_gradient:
            make()
        else:
            with tg.no_grad():
                make()


def test_values_merely_passed_on_do_not_raise():
    x = leaf([np.nan, np.inf, -np.inf, 1.0])
    with tg.debug():
        y = tg.exp(x) * 2 - x
        assert np.isnan(tg.softmax(y).data).any()
        y.sum().backward()
    assert x.grad is not None


def test_elementwise_ops_are_judged_in_every_place():
    with tg.debug(), pytest.raises(AnomalyError, match=r"made -inf at index \(0,\), 1 of 3 elem"):
        tg.log(tg.tensor([0.0, np.inf, np.nan]))
    with tg.debug(), pytest.raises(AnomalyError, match=r"at index \(1, 0\), 1 of 4 elements"):
        tg.tensor([[np.nan], [1.0]]) / tg.tensor([0.0, 1.0])
    x = leaf([np.inf, 0.0])
    with tg.debug(), pytest.raises(AnomalyError, match=r"rule of sqrt made inf at index \(1,\)"):
        tg.sqrt(x).sum().backward()


def test_other_ops_and_those_of_users_may_mix_their_elements():
    demean = tg.op("demean", lambda x: x - x.mean(), {"x": lambda g: g - g.mean()})
    with tg.debug():
        demean(tg.tensor([np.inf, 1.0]))
        tg.softmax(tg.tensor([np.nan, 1.0]))
        # What came of one infinite or missing operand of several was not made here.
        (leaf(np.ones((2, 2))) @ leaf([[np.nan, 1.0], [1.0, 1.0]])).sum().backward()
        (leaf([[np.inf, 1.0]]) @ leaf([[1.0], [1.0]])).sum().backward()
    with tg.debug(), pytest.raises(AnomalyError, match=r"^demean made -inf[^~]*too large\n"):
        demean(tg.tensor([3e38, 3e38]))


def test_sums_over_broadcast_axes_are_judged_in_every_place():
    x, bias = leaf([[0.0, np.nan], [1.0, 1.0]]), leaf([1.0, 1.0])
    with tg.debug():
        (x * bias).sum().backward()
        with pytest.raises(AnomalyError, match=r"multiply made inf at index \(0,\), 1 of 2"):
            (tg.tensor([[3e38, np.nan], [1.0, 1.0]]) * bias).backward([[9.0, 1.0], [1.0, 1.0]])


def test_a_checkpoint_is_not_blamed_for_what_it_passes_on():
    with tg.debug():
        tg.checkpoint(lambda x: tg.exp(x) * 2)(leaf([np.nan, 1.0])).sum().backward()


def test_making_tensors_of_nan_is_no_anomaly():
    with tg.debug():
        tg.tensor([np.nan, np.inf])
        tg.full(3, -np.inf)
        tg.where([True, False], tg.tensor(1.0), -np.inf)


def test_integers_and_booleans_are_left_alone():
    with tg.debug():
        assert (tg.tensor([1, 2]) > 1).any()
        tg.random.permutation(3)


def test_the_module_is_named():
    tg.random.seed(0)  # such that some unit is active
    model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU(), tg.nn.Linear(3, 1))
    for p in model[2].parameters():
        p.assign(np.full(p.shape, 3e38))
    with tg.debug(), pytest.raises(AnomalyError, match=r"^linear in \S*layers\[2\] Linear made"):
        model(tg.ones((1, 2)) * 1e10)


# ---------------------------------------------------------------------------------- backward


def test_backward_names_rule_line_statistics_and_first_bad_index():
    x = leaf([1.0, 0.0])
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        line = here(1)
        y = tg.sqrt(x)
        y.sum().backward()
    assert str(caught.value) == (
        "the gradient rule of sqrt made inf at index (1,), 1 of 2 elements from a finite gradient\n"
        f"  recorded at {line}\n"
        "  gradient: shape (2,) float32, min 1, max 1, 0 zeros\n"
        "  out: shape (2,) float32, min 0, max 1, 1 zeros"
    )
    assert x.grad is None


def test_backward_of_what_was_recorded_outside():
    y = tg.sqrt(leaf(0.0))
    with tg.debug(), pytest.raises(AnomalyError, match="recorded at a line not kept"):
        y.backward()


def test_recorded_inside_and_differentiated_outside_does_not_raise():
    x = leaf(0.0)
    with tg.debug():
        y = tg.sqrt(x)
    y.backward()
    assert x.grad.item() == np.inf


def test_a_rule_is_blamed_rather_than_the_ops_in_it():
    x = leaf([0.0, 1.0])
    with tg.debug(), pytest.raises(AnomalyError, match=r"^the gradient rule of sqrt made inf"):
        tg.gradients(tg.sqrt(x).sum(), x, create_graph=True)


def test_second_order():
    x = leaf(0.0)
    with tg.debug():
        first = tg.gradients(x**1.5, x, create_graph=True)
        with pytest.raises(AnomalyError, match=r"^the gradient rule of power made inf"):
            tg.gradients(first, x)


def test_the_sum_over_broadcast_axes():
    bias = leaf(1.0)
    with tg.debug():
        total = (tg.zeros(64) + bias) * 3e37
        with pytest.raises(AnomalyError, match=r"^the gradient rule of add made inf"):
            total.backward(np.ones(64))


def test_the_sum_over_several_uses():
    x = leaf(1.0)
    with tg.debug():
        h = x * 1e-30
        with pytest.raises(
            AnomalyError, match=r"^the gradients of multiply, finite one by one, sum"
        ):
            (h * 3e38 + h * 3e38).backward()


def test_a_given_infinite_gradient_is_passed_on():
    x = leaf([1.0, 2.0])
    with tg.debug():
        (x * x * x).backward([np.inf, 1.0])
        (x * x).backward([np.nan, 1.0])
    assert not np.isfinite(x.grad.data[0])


def test_the_inside_of_a_checkpoint():
    x = leaf([0.0, 1.0])
    with (
        tg.debug(),
        pytest.raises(AnomalyError, match=r"^the gradient rule of sqrt made") as caught,
    ):
        line = here(1)
        y = tg.checkpoint(lambda x: tg.sqrt(x))(x)
        y.sum().backward()
    assert line in str(caught.value)


# ------------------------------------------------------------------------- the untaken branch


def with_others(x, use):
    """Use a tensor amid other uses, of other shapes, that add nothing to its gradient."""

    def others():
        wider = tg.where([[False], [True], [True]], x, 0.0)
        return (x.sum() + tg.stack([x, x]).sum() + wider.sum() + x[:1].sum()) * 0

    return others() + use(x) + others()


@pytest.mark.parametrize(
    ("f", "op"),
    [
        (lambda x: tg.where(x > 0, tg.sqrt(x), 0.0), "sqrt"),
        (lambda x: tg.where(x == 0, 0.0, tg.sqrt(x) * 2 + 1), "sqrt"),
        (lambda x: tg.where(x > 0, -tg.exp(tg.sqrt(x)), 0.0) * 3, "sqrt"),
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), "sqrt"),
        (lambda x: tg.where(x > 0, x**0.5, 0.0), "power"),
        (lambda x: tg.where(x > 0, 1 / (x * 1), 0.0), "divide"),
        (lambda x: tg.where(x < 1, 0.0, 1 / x), "divide"),
        (lambda x: tg.where(x > 0, tg.exp(-x), tg.exp(1000 - x)), "exp"),
        (lambda x: with_others(tg.sqrt(x), lambda s: tg.where(x > 0, s, 0.0)), "sqrt"),
    ],
)
@pytest.mark.parametrize("forward_too", [True, False])
def test_the_untaken_where_branch_is_named_as_the_cause(f, op, forward_too):
    x = leaf([0.0, 4.0])
    if op in ("divide", "exp") and forward_too:
        with tg.debug(), pytest.raises(AnomalyError, match=f"^{op} made inf.*\n.*\n.*\n") as caught:
            f(x)
        assert f"if a tg.where drops these elements: give {op} safe" in str(caught.value).replace(
            "a safe operand", "safe"
        )
        return
    with mode(lines=True) if not forward_too else tg.debug():
        y = f(x).sum()
    with tg.debug(), pytest.raises(AnomalyError, match=f"gradient rule of {op} made nan") as caught:
        y.backward()
    text = str(caught.value)
    assert "cause: where at " in text and "did not take this branch" in text
    if op in ("sqrt", "exp"):
        assert f"tg.where(c, tg.{op}(tg.where(c, x, 1)), other)" in text
    else:
        operand = {"power": "x", "divide": "y"}[op]
        assert f"replace its operand {operand} by tg.where(c, operand, 1)" in text


def test_where_is_accused_only_of_what_it_dropped():
    x = leaf([0.0, 4.0])
    for f in (
        lambda x: tg.where(x < 1, tg.relu(-tg.sqrt(x)), 0.0),  # relu made the 0, where took it
        lambda x: tg.where([True, True], tg.sqrt(x) * 0.0, 0.0),
        lambda x: tg.where([[True, False]], tg.relu(-tg.sqrt(x)).sum(), 0.0),
    ):
        with tg.debug(), pytest.raises(AnomalyError, match="sqrt made nan") as caught:
            f(x).sum().backward()
        assert "cause" not in str(caught.value)


def test_the_advice_works():
    x = leaf([0.0, 4.0])
    with tg.debug():
        c = x > 0
        tg.where(c, tg.sqrt(tg.where(c, x, 1)), 0.0).sum().backward()
        tg.where(c, 1 / tg.where(c, x, 1), 0.0).sum().backward()
    assert x.grad.data.tolist() == [0, 0.25 - 1 / 16]


def test_an_anomaly_in_the_taken_branch_has_another_cause():
    x = leaf([0.0, 4.0])
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        tg.where(x < 1, tg.sqrt(x), 0.0).sum().backward()
    assert "cause" not in str(caught.value)
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        tg.sqrt(leaf([0.0, 4.0])).sum().backward()
    assert "cause" not in str(caught.value)


# ------------------------------------------------------------------ the block and what is outside


def test_nodes_know_the_line_only_inside():
    x = leaf([1.0, 2.0])
    with tg.debug():
        line = here(1)
        inside = x * 2
    outside = x * 2
    assert inside.node.line == line
    assert outside.node.line is None
    assert repr(inside.node).endswith(f"{line}>")


def test_the_line_is_that_of_the_user_in_ops_made_of_ops():
    x = leaf([1.0, 2.0])
    with tg.debug():
        line = here(1)
        y = [tg.sort(x), np.sum(x), x @ x, tg.tensordot(x, x, 1), x[0], tg.nn.ReLU()(x)]
    assert {t.node.line for t in y} == {line}


def test_a_second_backward_names_the_line():
    x = leaf([1.0])
    with tg.debug():
        line = here(1)
        y = tg.exp(x)
    y.backward()
    with pytest.raises(tg.errors.GraphError) as caught:
        y.backward()
    assert f"'exp', recorded at {line}" in str(caught.value)


def test_the_mode_is_restored_also_after_exceptions():
    before = MODE.get()
    with pytest.raises(AnomalyError), tg.debug():
        tg.log(tg.tensor(0.0))
    assert MODE.get() is before
    with pytest.raises(ZeroDivisionError), tg.debug():
        1 / 0  # noqa: B018
    assert MODE.get() is before
    with pytest.raises(AnomalyError), tg.debug():
        tg.sqrt(leaf(0.0)).backward()
    assert MODE.get() is before
    assert tg.log(tg.tensor(0.0)).item() == -np.inf


def test_blocks_nest():
    with tg.debug():
        outer = MODE.get().observer
        with tg.debug(), tg.no_grad():
            assert MODE.get().observer is not outer
        assert MODE.get().observer is outer
        with pytest.raises(AnomalyError):
            tg.log(tg.tensor(0.0))


def test_it_decorates_a_function():
    @tg.debug()
    def f(x):
        return tg.log(x)

    for _ in range(2):
        with pytest.raises(AnomalyError):
            f(tg.tensor(0.0))
    assert f(tg.tensor(1.0)).item() == 0


def test_nothing_changes_for_sound_programs():
    def run():
        tg.random.seed(0)
        model = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.ReLU(), tg.nn.Linear(8, 3))
        loss = tg.nn.losses.cross_entropy(model(tg.random.normal((5, 4))), [0, 1, 2, 0, 1])
        loss.backward()
        return [loss.data, *(p.grad.data for p in model.parameters())]

    plain = run()
    with tg.debug():
        watched = run()
    assert all(np.array_equal(a, b) for a, b in zip(plain, watched, strict=True))


def test_a_long_block_keeps_no_graphs_alive():
    x = leaf([1.0, 2.0])
    gc.disable()
    try:
        with tg.debug():
            y = tg.exp(x * x)
            node = weakref.ref(y.node)
            y.sum().backward()
            del y
            assert node() is None
    finally:
        gc.enable()


def test_numpys_warnings_are_restored():
    with tg.debug():
        assert np.geterr()["over"] == "ignore"
    assert np.geterr()["over"] == "warn"


def test_what_watches_around_a_debug_block_goes_on_watching():
    with tg.profile() as profile, tg.debug():
        tg.exp(tg.ones(3))
    assert [row.name for row in profile.ops] == ["exp"]

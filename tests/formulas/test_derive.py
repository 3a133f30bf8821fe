"""``derive``: the formulas expected, their values, and what comes with them."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tensorgraph as tg
from tests.formulas import (  # noqa: F401  # which add cases
    derive_losses,
    derive_networks,
    derive_recurrences,
)
from tests.formulas.derive_cases import CASES, LOGITS, ONE_HOT, UPSTREAM, derived, leaf
from tests.formulas.derive_layers import EACH, derived_layer
from tests.formulas.tex import equations


def engine(name):
    derivation, output, wrt = derived(name)
    upstream = None if output.size == 1 else UPSTREAM[: output.shape[0], : output.shape[1]]
    found = tg.gradients(
        output, wrt if isinstance(wrt, list) else [wrt], upstream, retain_graph=True
    )
    return {g.label: x.numpy() for g, x in zip(derivation.gradients, found, strict=True)}


def as_dict(derivation, values):
    labels = [g.label for g in derivation.gradients]
    return values if isinstance(values, dict) else dict(zip(labels, [values], strict=True))


@pytest.mark.parametrize("name", CASES)
def test_text(name):
    assert str(derived(name)[0]) == CASES[name][1]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_latex(name):
    assert equations(derived(name)[0]) == CASES[name][2]


@pytest.mark.parametrize("name", CASES)
def test_value(name):
    found = as_dict(derived(name)[0], derived(name)[0].evaluate())
    for label, expected in engine(name).items():
        np.testing.assert_allclose(found[label], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_python_stands_by_itself(name):
    derivation = derived(name)[0]
    source = derivation.python("gradient")
    namespace = {}
    exec(source, namespace)
    parameters = re.search(r"def gradient\((.*?)\):", source)[1].split(", ")
    known = derivation.arguments()
    returned = namespace["gradient"](*(known[p] for p in parameters))
    several = returned if isinstance(returned, tuple) else (returned,)
    for found, expected in zip(several, engine(name).values(), strict=True):
        found = np.broadcast_to(found, expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert "tensorgraph" not in source


@pytest.mark.parametrize("name", CASES)
def test_mathml_is_well_formed(name):
    derivation = derived(name)[0]
    lines = derivation.mathml().splitlines()
    for line in lines:
        assert ElementTree.fromstring(line).tag.endswith("math")
    shown = derivation._repr_html_()
    assert all(line in shown for line in lines)


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_checked(name):
    steps = derived(name)[0].steps()
    assert [s.number for s in steps] == list(range(1, len(steps) + 1))
    assert steps[0].rule == "the backward pass as it stands"
    assert steps[-1].rule == "the result"
    assert all(s.difference < 1e-9 for s in steps), steps
    assert all("✓" in str(s) for s in steps)


@pytest.mark.parametrize("name, i", EACH)
def test_every_layer_has_formulas_that_can_be_read_and_run(name, i):
    derivation, output, wrt = derived_layer(name, i)
    assert "const[" not in str(derivation)
    namespace = {}
    exec(derivation.python(), namespace)
    code, known = namespace["backward"].__code__, derivation.arguments()
    returned = namespace["backward"](*(known[n] for n in code.co_varnames[: code.co_argcount]))
    several = returned if isinstance(returned, tuple) else (returned,)
    gradients = tg.gradients(output, list(wrt.values()), retain_graph=True)
    for found, expected in zip(several, gradients, strict=True):
        found = np.broadcast_to(found, expected.shape)
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-8, atol=1e-10)


def test_code_of_a_dilated_convolution():
    layer = tg.nn.Conv1d(2, 3, 2, dilation=2, stride=2, dtype="float64")
    x = leaf(UPSTREAM.reshape(1, 2, 12))
    output = (layer(x) ** 2).sum()
    namespace = {}
    d = tg.derive(output, wrt=x)
    exec(d.python(), namespace)
    code, known = namespace["backward"].__code__, d.arguments()
    found = namespace["backward"](*(known[n] for n in code.co_varnames[: code.co_argcount]))
    np.testing.assert_allclose(found, tg.gradients(output, x).numpy())


def test_a_wrong_step_is_marked(monkeypatch):
    from tensorgraph.formulas import steps
    from tensorgraph.symbolic.expr import constant

    right = steps.BUILDERS["known sum"]

    def wrong(detail, atoms):
        e = right(detail, atoms)
        return steps.Equation(e.rule, e.left, constant(2.0))

    derivation = CASES["softmax_log_one_hot"][0]()[0]
    monkeypatch.setitem(steps.BUILDERS, "known sum", wrong)
    step, *_ = [step for step in derivation.steps() if step.rule == "a sum that is known"]
    assert step.difference > 0.1 and "✗" in str(step)


def test_steps_ask_nothing_where_there_was_no_value():
    Z, Y = leaf([[0.0, -800.0]]), tg.assume(np.eye(2)[[1]], one_hot=1)
    E = tg.exp(Z - Z.max(axis=1, keepdims=True))
    A = E / E.sum(axis=1, keepdims=True)
    steps = tg.derive(-(Y * tg.log(A)).sum(), wrt=Z).steps()
    assert "A / A = 1" in {s.equation for s in steps}  # 0 / 0 on these data
    assert all("✓" in str(s) for s in steps)


def test_numbers_are_set_in_powers_of_ten():
    x = leaf(LOGITS)
    small, large = (1e-5 * x).sum(), (2.5e20 * tg.sin(x)).sum()
    d = tg.derive(small, wrt=x)
    assert (str(d), equations(d)) == ("dx = 1e−05", "dx = 10^{-5}")
    assert "<msup><mn>10</mn><mn>−5</mn></msup>" in d.mathml()
    d = tg.derive(large, wrt=x)
    assert (str(d), equations(d)) == (
        "dx = 2.5e+20 cos(x)",
        r"dx = 2.5 \cdot 10^{20} \, \cos(x)",
    )
    assert "<mn>2.5</mn><mo>·</mo><msup><mn>10</mn><mn>20</mn></msup>" in d.mathml()


# ------------------------------------------------------------------------------ what is told


def test_what_must_be_saved():
    assert derived("softmax_log_one_hot")[0].saved == ("A", "Y")
    assert derived("dropout")[0].saved == ("D", "dA_out")
    assert set(derived("linear_layer")[0].saved) == {"X", "W", "dZ"}


def test_facts_tell_their_source():
    def told(name):
        d = derived(name)[0]
        return {(d.fact_text(f), f.source) for f in d.facts if f.word == "sums_to"}

    own = ("Σ₁ A = 1", "op")
    assert told("softmax_log_one_hot") == {own, ("Σ₁ Y = 1", "assertion")}
    assert told("softmax_with_labels_at_hand") == {own, ("Σ₁ Y = 1", "data")}
    assert told("label_smoothing") == {own, ("Σ₁ Ys = 1", "proof")}
    assert ("Σ₀ xc = 0", "proof") in told("batch_norm")
    assert told("without_the_fact") == {own}


def test_an_assumption_stays_one_in_a_gradient_of_a_gradient():
    Z, v, Y = leaf(LOGITS), UPSTREAM, tg.assume(ONE_HOT, one_hot=1)
    loss = -(Y * tg.log(tg.softmax(Z, axis=1))).sum()
    (slope,) = tg.gradients(loss, [Z], create_graph=True)
    d = tg.derive((slope * v).sum(), wrt=Z)
    assert "Σ₁ Y = 1 (checked on the data)" in str(d)
    assert [f.source for f in d.facts if f.word == "sums_to"] == ["op", "assertion"]


def test_division_by_what_may_be_zero_is_told():
    x, y = leaf(LOGITS), leaf(UPSTREAM)
    d = tg.derive((x * y / y).sum(), wrt=x)
    assert str(d) == "dx = 1    where y ≠ 0"
    assert [f.source for f in d.facts] == ["condition"]


def test_raw_is_the_backward_pass_as_it_stands():
    d = derived("softmax_log_one_hot")[0]
    text = str(d.raw)
    assert "Z: float64[6, 4]" in text
    assert "divide" in text and "softmax(Z, axis=(1,))" in text


def test_derivation_stabilises():
    Z, Y = leaf([[0.0, -800.0, -1600.0, -799.0]]), tg.assume(np.eye(4)[[2]], one_hot=1)
    E = tg.exp(Z)
    A = E / E.sum(axis=1, keepdims=True)
    loss = -(Y * tg.log(A)).sum()
    assert np.isnan(tg.gradients(loss, Z, retain_graph=True).numpy()).all()
    d = tg.derive(loss, wrt=Z)
    assert str(d) == "dZ = A − Y    assuming Σ₁ Y = 1 (checked on the data)"
    np.testing.assert_array_equal(d.evaluate(), [[1, 0, -1, 0]])


def test_the_shift_by_the_maximum_has_no_gradient():
    Z, Y = leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    shift = Z.max(axis=1, keepdims=True)
    E = tg.exp(Z - shift)
    A = E / E.sum(axis=1, keepdims=True)
    d = tg.derive(-(Y * tg.log(A)).sum(), wrt=shift)
    assert str(d).startswith("dshift = 0")


# ------------------------------------------------------------------------------------- scale


def test_fifty_layers():
    rng, A, wrt = np.random.default_rng(0), LOGITS.T, []
    for _ in range(50):
        W, b = leaf(rng.normal(size=(4, 4))), leaf(np.zeros((4, 1)))
        Z = W @ A + b
        A = tg.tanh(Z)
        wrt += [W, b]
    lines = str(tg.derive(A.sum(), wrt=wrt)).splitlines()
    assert len(lines) > 150
    assert all(len(line) < 120 for line in lines)


def test_long_chain_is_printed_as_it_stands():
    x = leaf(LOGITS)
    y = x
    for _ in range(300):
        y = tg.sin(y)
    d = tg.derive(y.sum(), wrt=x)
    assert len(str(d)) < 40_000
    np.testing.assert_allclose(d.evaluate(), tg.gradients(y.sum(), x).numpy())


def test_groups_within_groups_are_written_once_each():
    x = leaf(LOGITS[:4])
    y = x
    for _ in range(30):
        y = tg.tanh(y @ y / 10 + y) / (1 + y * y)
    total = y.sum()
    d = tg.derive(total, wrt=x, time_limit=1.0)
    np.testing.assert_allclose(d.evaluate(), tg.gradients(total, x).numpy(), rtol=1e-6)


def test_no_time_left_gives_the_backward_pass_itself():
    Z, Y = leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    loss = -(Y * tg.log(tg.softmax(Z, axis=1))).sum()
    d = tg.derive(loss, wrt=Z, time_limit=0.0)
    assert d.gradients[0].expr is d.gradients[0].raw
    np.testing.assert_allclose(d.evaluate(), tg.gradients(loss, Z).numpy())


# ------------------------------------------------------------------------------------ errors


def test_released_graph():
    x = leaf(LOGITS)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(
        tg.errors.GraphError, match="released by a backward pass; write retain_graph"
    ):
        tg.derive(y, wrt=x)


def test_output_that_is_no_scalar():
    x = leaf(LOGITS)
    with pytest.raises(tg.errors.GraphError, match=r"write \.sum\(\) or \.mean\(\) first"):
        tg.derive(x * x, wrt=x)
    with pytest.raises(tg.errors.ShapeError, match="the output \\(6, 4\\)"):
        tg.derive(x * x, wrt=x, gradient=np.ones(3))


def test_integer_tensor():
    x, n = leaf(LOGITS), tg.tensor([1, 2, 3])
    with pytest.raises(tg.errors.DTypeError, match="holds int64, which has no gradient"):
        tg.derive((x * x).sum(), wrt=n)


def test_tensor_that_is_not_in_the_graph():
    x, other = leaf(LOGITS), leaf(LOGITS)
    with pytest.raises(tg.errors.GraphError, match="not computed from other: it is not in this"):
        tg.derive((x * x).sum(), wrt=other)


def test_tensor_without_gradient():
    x, y = leaf(LOGITS), tg.tensor(LOGITS)
    with pytest.raises(tg.errors.GraphError, match="y needs no gradient"):
        tg.derive((x * y).sum(), wrt=y)


def test_what_is_no_tensor():
    x = leaf(LOGITS)
    with pytest.raises(tg.errors.DTypeError, match="a function or module to be run, not 3"):
        tg.derive(3, wrt=x)
    with pytest.raises(tg.errors.DTypeError, match="only by a tensor"):
        tg.derive((x * x).sum(), wrt=LOGITS)
    with pytest.raises(tg.errors.GraphError, match="not computed from anything"):
        tg.derive(tg.tensor(1.0), wrt=x)
    with pytest.raises(tg.errors.ArgumentError, match="names nothing"):
        tg.derive((x * x).sum(), wrt=[])


def test_leaf_assigned_since():
    x = leaf(LOGITS)
    y = (tg.exp(x) * x).sum()
    x.assign(2 * LOGITS)
    with pytest.raises(tg.errors.GraphError, match=r"derive before assign\(\)"):
        tg.derive(y, wrt=x)


def test_hooks_and_checkpoints_have_no_formula():
    x = leaf(LOGITS)
    y = tg.exp(x)
    y.register_hook(lambda g: 2 * g)
    with pytest.raises(tg.errors.GraphError, match="a gradient hook on the result of 'exp'"):
        tg.derive(y.sum(), wrt=x)
    z = tg.checkpoint(tg.exp)(x)
    with pytest.raises(tg.errors.GraphError, match="without checkpoint"):
        tg.derive(z.sum(), wrt=x)


def test_a_wrong_formula_is_never_returned(monkeypatch):
    from tensorgraph.formulas.algebra.meanings import MEANINGS

    x = leaf(LOGITS)
    monkeypatch.setitem(MEANINGS.opened, tg.negative.op, lambda self, e: self.normal(e.args[0]))
    with pytest.raises(tg.errors.DerivationError, match="differs from the engine's gradient"):
        tg.derive((-x * x).sum(), wrt=x)


def test_a_wrong_formula_on_the_way_is_never_returned():
    from tensorgraph.formulas.verify import Checker

    W, b, X = leaf(UPSTREAM), leaf(np.zeros(4)), LOGITS[:, :6]
    checked = []

    class Strict(Checker):
        def same(self, name, e, raw, gradient):
            checked.append(name)
            super().same(name, e * 2, raw, gradient)

    total = tg.tanh(X.T @ W + b).sum()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorgraph.formulas.problem.Checker", Strict)
        with pytest.raises(tg.errors.DerivationError, match="found for dZ1 differs"):
            tg.derive(total, wrt=[W, b])
    assert checked == ["dZ1"]


@pytest.mark.parametrize("recomputes", [False, True])
def test_a_rule_of_ones_own_op(recomputes):
    rule = {"x": lambda g, x: g * 3 * x**2}
    cube = tg.op("cube", lambda x: x**3, rule, recomputes=recomputes)
    x = leaf(LOGITS)
    assert str(tg.derive(cube(x).sum(), wrt=x)) == "dx = 3 x²"


def test_a_saturated_tanh_on_the_way_is_not_taken_for_a_wrong_formula():
    x = leaf(np.array([[0.41, -0.69, -1.38]]))
    y = leaf(np.array([[-1.45], [0.94]]))
    v = tg.overlap_add(x + y, shape=6, stride=1, dilation=2)
    total = x.sum() + tg.tanh(tg.tensordot(v, v, axes=1)) * 1.14718951157425
    printed = str(tg.derive(total, wrt=[x, y]))
    assert "1.14719" in printed and "∂total" not in printed  # a decimal is no division


def test_a_gradient_that_is_0_has_no_wrong_steps():
    z = leaf(np.array([[1.35], [-1.07]]))  # one class
    total = tg.softmax_cross_entropy(z, tg.sigmoid(z) * 0.95 + 0.05, axis=-1).sum()
    assert all(step.difference < 1e-6 for step in tg.derive(total, wrt=z).steps())


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (tg.std, "(x − mean₁(x)) / (3 s)"),
        (tg.norm, "x / s"),
        (tg.rms, "x̂ / 3"),
    ],
)
def test_a_spread_or_length_that_has_a_name_stands_in_its_derivative(op, expected, keepdims):
    x = leaf(np.array([[0.5, 1.0, 3.0]]))
    s = op(x, axis=1, keepdims=keepdims)
    printed = str(tg.derive(s, wrt=x)).splitlines()[0]
    assert printed == f"dx = {expected}"


@pytest.mark.parametrize("op", [tg.std, tg.norm, tg.rms, tg.unit])
@pytest.mark.parametrize("size", [0.0, 1.7])
def test_formulas_hold_where_a_spread_or_length_is_0(op, size):
    x = leaf(np.full((2, 3), size))
    total = (op(x - x[:, :1], axis=1) * np.array([2.0, 3.0])[:, None]).sum()
    d = tg.derive(total, wrt=x)
    assert not d.evaluate().any()
    namespace = {}
    exec(d.python(), namespace)
    arguments = d.arguments()
    code = namespace["backward"].__code__
    known = [arguments[name] for name in code.co_varnames[: code.co_argcount]]
    assert not np.any(namespace["backward"](*known))


def test_decimals_of_float32_that_cancel_are_no_wrong_formula():
    x = leaf(np.array([0.03], np.float32))
    total = (x * np.float32([0.675379157])).sum() + (-x * np.float32([0.572233379])).sum()
    d = tg.derive(total, wrt=x)  # 1.8e-7 off: the numbers are read as 0.67537916 and 0.5722334
    assert str(d) == "dx = 0.103146"
    np.testing.assert_allclose(d.evaluate(), 0.103145778, rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_parameter_of_float32_among_float64_rounds_its_own_gradient(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=60)
    mu, v = leaf(np.array(0.1, np.float32)), leaf(np.array(0.2, np.float32))
    total = (tg.exp(v) * (x - mu) ** 2 - v).mean()
    found = tg.derive(total, wrt=[mu, v]).evaluate()
    np.testing.assert_allclose(found["dv"], (np.exp(0.2) * (x - 0.1) ** 2).mean() - 1, rtol=1e-5)

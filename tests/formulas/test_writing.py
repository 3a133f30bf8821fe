"""Formulas and code as the records say: each kind of notation, each record's code, one's own op."""

import xml.etree.ElementTree as ET
from typing import get_args

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine import notation
from tensorgraph.engine.op import REGISTRY
from tensorgraph.formulas.facts import Facts
from tensorgraph.formulas.writing.formula import WRITERS, Formula, Kind, cost, formula
from tensorgraph.formulas.writing.latex import latex
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import text
from tensorgraph.symbolic.expr import lift, make, symbol
from tensorgraph.symbolic.infer import result_like
from tensorgraph.testing.ops.op_calls import elementwise_cases
from tests.ops.op_cases import TABLE

X, Y = Formula("name", text="x"), Formula("name", text="y")
# What each kind looks like: the part, its text, its LaTeX.
KINDS = {
    "equation": (Formula("equation", (X, Y)), "x = y", "x = y"),
    "derivative": (Formula("derivative", (X, Y)), "∂x/∂y", r"\frac{\partial x}{\partial y}"),
    "name": (Formula("name", text="W1"), "W1", "W^{[1]}"),
    "number": (Formula("number", text="-2"), "−2", "-2"),
    "negative": (Formula("negative", (X,)), "−x", "-x"),
    "sum": (Formula("sum", (X, Y), "+−"), "x − y", "x - y"),
    "product": (Formula("product", (X, Y), "∘"), "x ∘ y", r"x \odot y"),
    "matmul": (Formula("matmul", (X, Y)), "x y", r"x \, y"),
    "fraction": (Formula("fraction", (X, Y)), "x / y", r"\frac{x}{y}"),
    "power": (Formula("power", (X, Y)), "x^y", "x^{y}"),
    "root": (Formula("root", (X,)), "√x", r"\sqrt{x}"),
    "enclosed": (Formula("enclosed", (X,), "⌊⌋"), "⌊x⌋", r"\lfloor x \rfloor"),
    "transpose": (Formula("transpose", (X,)), "xᵀ", r"x^{\top}"),
    "reduction": (Formula("reduction", (X,), "Σ", (0,), r"\sum"), "Σ₀ x", r"\sum_{0} x"),
    "function": (Formula("function", (X, Y), "f"), "f(x, y)", r"\operatorname{f}(x, y)"),
    "relation": (Formula("relation", (X, Y), "≤", latex=r"\leq"), "[x ≤ y]", r"[x \leq y]"),
    "condition": (Formula("condition", (X, Y), "≤", latex=r"\leq"), "x ≤ y", r"x \leq y"),
    "repeated": (
        Formula("repeated", (X,), "in each row"),
        "x    in each row",
        r"x \quad \text{in each row}",
    ),
    "item": (Formula("item", (X, Y), ":, ?"), "x[:, y]", "x_{:, y}"),
    "step": (Formula("step", (X,), "t-1"), "x_{t−1}", "x_{t-1}"),
    "series": (Formula("series", (X,), "t=1…4"), "Σ_{t=1…4} x", r"\sum_{t=1}^{4} x"),
}


def test_every_kind_of_formula_is_shown_and_every_notation_has_a_writer():
    assert set(KINDS) == set(get_args(Kind))
    assert set(WRITERS) == set(notation.KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_printer_sets_every_kind(kind):
    part, as_text, as_latex = KINDS[kind]
    assert text(part) == as_text
    assert latex(part) == as_latex
    shown = "".join(ET.fromstring(mathml(part)).itertext())
    for word in {"x", "y", "W"} & set(as_text):
        assert word in shown


def test_what_is_no_notation():
    with pytest.raises(tg.errors.DeclarationError, match="'postfix' is none of function, sum"):
        notation.Notation("postfix")
    with pytest.raises(tg.errors.DeclarationError, match=r"one of tg\.notation, not 'f\(x\)'"):
        squareplus(notation="f(x)")
    for signs in ("|", "", "|||"):
        with pytest.raises(tg.errors.DeclarationError, match="enclosed needs two signs"):
            tg.notation.enclosed(signs)
    for needs_a_sign in (tg.notation.reduction, tg.notation.relation):
        with pytest.raises(tg.errors.DeclarationError, match="needs a sign"):
            needs_a_sign("")


# ------------------------------------------------------------------------------- one's own op


def squareplus(**fields):
    """Declare (x + √(x² + b)) / 2, which is positive (Barron 2021)."""
    return tg.op(
        "squareplus",
        lambda x, *, b=4.0: (x + np.sqrt(x * x + b)) / 2,
        {"x": lambda g, x, out, b: g * out / tg.sqrt(x * x + b)},
        **fields,
    )


def a_layer_of(activation):
    rng = np.random.default_rng(0)
    X, W = (
        tg.tensor(rng.normal(size=(5, 3))),
        tg.tensor(rng.normal(size=(3, 2)), requires_grad=True),
    )
    V = tg.tensor(rng.normal(size=(2, 2)), requires_grad=True)
    loss = (activation(X @ W) @ V).sum()
    return tg.derive(loss, wrt=[W, V]), loss, [W, V]


def run_code(derivation):
    """Return what the printed code makes of the arguments on record."""
    namespace = {}
    exec(derivation.python(), namespace)
    code, known = namespace["backward"].__code__, derivation.arguments()
    return namespace["backward"](*(known[n] for n in code.co_varnames[: code.co_argcount]))


def test_ones_own_op_is_written_as_its_record_says():
    op = squareplus(
        notation=tg.notation.function("sq₊", r"\mathrm{sq}_{+}"),
        code="(x + np.sqrt(x * x + b)) / 2",
        letter="A",
        facts={"positive": True},
    )
    x = tg.tensor(np.linspace(-2, 2, 5), requires_grad=True)
    d = tg.derive((op(x) ** 3).sum(), wrt=x)
    assert "sq₊(x)" in str(d)
    assert r"\mathrm{sq}_{+}(x)" in d.latex()
    assert Facts().positive(op(symbol("x", (3,), np.float64)))

    d, loss, wrt = a_layer_of(op)
    assert "dV = Σ₁ A1ᵀ    in each column" in str(d) and "A1 = sq₊(Z1)" in str(d)
    for value, expected in zip(run_code(d), tg.gradients(loss, wrt), strict=True):
        np.testing.assert_allclose(value, expected.numpy())


def test_ones_own_fused_op_is_read_through_its_body():
    op = squareplus(body=lambda x, *, b: (x + tg.sqrt(x * x + b)) / 2)
    assert op.op.notation is tg.notation.BODY
    x = tg.tensor(np.linspace(-2, 2, 5), requires_grad=True)
    d = tg.derive((op(x) ** 3).sum(), wrt=x)
    assert "((x + √(x² + 4)) / 2)³" in str(d)
    np.testing.assert_allclose(run_code(d), d.evaluate())


def test_ones_own_op_that_says_nothing_has_a_formula_but_no_code():
    x = tg.tensor(np.linspace(-2, 2, 5), requires_grad=True)
    d = tg.derive(squareplus()(x).sum(), wrt=x)
    assert "squareplus(x)" in str(d)
    with pytest.raises(tg.errors.ArgumentError, match=r"'squareplus'.* with code="):
        d.python()


def test_ones_own_op_with_a_name_that_is_taken_keeps_its_own_code():
    own = tg.op("softplus", lambda x: x * 3, {"x": lambda g: 3 * g}, code="x * 3")
    x = tg.tensor(np.linspace(-2, 2, 5), requires_grad=True)
    y = own(x)
    d = tg.derive((y * y * tg.softplus(x)).sum(), wrt=x)
    np.testing.assert_allclose(run_code(d), d.evaluate())


@pytest.mark.parametrize("name", ["np", "math", "lambda", "my-op", "2x", "x", "dx", "softmax"])
def test_ones_own_op_of_any_name_has_code(name):
    own = tg.op(name, lambda x: np.sin(x) * 3, {"x": lambda g, x: 3 * g * tg.cos(x)},
                code="np.sin(x) * 3")  # fmt: skip
    x = tg.tensor(np.linspace(-2, 2, 5), requires_grad=True)
    y = own(x)
    d = tg.derive((y * y * tg.softmax(x)).sum(), wrt=x)
    np.testing.assert_allclose(run_code(d), d.evaluate())


def test_only_what_is_asked_whether_it_holds_is_written_without_brackets():
    x = symbol("x", (5,), np.float64)
    part = formula(lift(tg.where(tg.equal(x, 0.3), 0.5, tg.greater(x, 0.3))), {})
    assert text(part) == "where(x = 0.3, 0.5, [x > 0.3])"
    assert latex(part) == r"\operatorname{where}(x = 0.3, 0.5, [x > 0.3])"
    shown = "".join(ET.fromstring(mathml(part)).itertext())
    assert shown == "where(x=0.3,0.5,[x>0.3])"


BODIES = [name for name, op in REGISTRY.items() if op.notation is notation.BODY]


@pytest.mark.parametrize("name", BODIES)
def test_reading_a_body_costs_what_reading_it_spelt_out_does(name):
    op = REGISTRY[name]
    calls = [(call.inputs, call.static) for call in TABLE.get(name, ())]
    for inputs, own in calls or [(case.inputs, {}) for case in elementwise_cases(op)]:
        operands = [symbol(key, x.shape, x.dtype) for key, x in zip(op.inputs, inputs, strict=True)]
        static = op.prepared(tuple(map(tg.tensor, inputs)), own)
        e = make(op, tuple(operands), static, *result_like(op, operands, static))
        spelt = lift(op.body(*operands, **static))
        assert cost(e, {}) == cost(spelt, {}) > 1
        assert cost(e, {spelt: "named"}) == cost(e, {e: "named"}) == 1


@pytest.mark.parametrize("axis", [1, -1, (1,), (-1,)])
def test_ones_own_axes_may_be_counted_from_either_end(axis):
    static = {"facts": {"zero_sum": "axis"}, "notation": tg.notation.function("c")}
    own = tg.op(
        "centred", lambda x, *, axis: x - np.mean(x, axis, keepdims=True),
        {"x": lambda g, axis: g - tg.mean(g, axis=axis, keepdims=True)}, **static,
    )  # fmt: skip
    e = own(symbol("x", (2, 3), np.float64), axis=axis)
    assert Facts().sum_along(e, 1).value == (1, 0)
    assert Facts().sum_along(e, 0) is None

    total = tg.op(
        "total", lambda x, *, axis: np.sum(x, axis),
        {"x": lambda g, x, axis: tg.expand_dims(g, axis) + 0 * x},
        family="reduce", notation=tg.notation.reduction("S"),
    )  # fmt: skip
    x = tg.tensor(np.ones((2, 3)), requires_grad=True)
    assert (
        str(tg.derive((total(x, axis=axis) ** 3).sum(), wrt=x))
        == "dx = 3 (S₁(x))²    in each column"
    )


def test_only_what_holds_for_some_steps_says_for_which():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert "t =" not in tg.derive((x * x).sum(), wrt=x)._repr_html_()

"""Mistakes in an op of one's own: in its declaration, its kernel, its gradient rules."""

import re
from functools import partial

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.engine import notation
from tensorgraph.engine.op import REGISTRY
from tests.raising import told

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# --------------------------------------------------------------------------------------- users' ops


def rule_error(rule, kernel=lambda x: x, error=errors.ShapeError):
    op = tg.op("mine", kernel, {"x": rule})
    x = leaf([1.0, 2.0])
    text = told(lambda: op(x).sum().backward(), error)
    assert x.grad is None
    return text


def test_a_rule_of_a_wrong_shape():
    for shape in ((3,), (), (2, 3)):
        wrong = np.zeros(shape)
        text = rule_error(lambda g: wrong)  # noqa: B023
        assert text == (
            f"mine: its gradient rule for 'x' returned shape {shape}, which does not sum to the"
            " operand's shape (2,)"
        )


@pytest.mark.parametrize("value", [None, 1.0, [1.0, 2.0], "a"])
def test_a_rule_that_returns_no_array(value):
    text = rule_error(lambda g: value, error=errors.DTypeError)
    assert text == (
        f"mine: its gradient rule for 'x' returned {type(value).__name__}, not an array or tensor;"
        " build it from g"
    )


def test_a_rule_may_ask_for_static_parameters_after_a_star():
    scaled = tg.op("scaled", lambda x, *, a=2.0: a * x, {"x": lambda g, *, a: a * g})
    x = leaf([1.0, 2.0])
    scaled(x, a=3.0).sum().backward()
    assert x.grad.numpy().tolist() == [3.0, 3.0]
    with pytest.raises(errors.DeclarationError, match="asks for 'k'"):
        tg.op("bound", lambda x: 3 * x, {"x": partial(lambda g, k: k * g, k=3.0)})


def test_an_error_inside_a_rule_names_the_node():
    x = leaf([1.0, 2.0])
    op = tg.op("mine", lambda x: x, {"x": lambda g: g.nonsense})
    with pytest.raises(AttributeError) as caught:
        op(x).sum().backward()
    assert re.match(
        r"in the backward pass of <node \d+ mine \(2,\) float64", caught.value.__notes__[0]
    )


@pytest.mark.parametrize("value", [None, [1.0], (np.ones(2), np.ones(2)), "a", np.array([None])])
def test_a_kernel_that_returns_no_array(value):
    op = tg.op("mine", lambda x: value, {"x": lambda g: g})
    for x in (leaf([1.0, 2.0]), np.ones(2)):
        text = told(lambda x=x: op(x), errors.DTypeError)
        assert text.startswith("mine: its kernel returned ")
        assert text.endswith("not one array of numbers")


def test_a_kernel_may_return_a_number_and_its_own_errors_are_explained():
    assert tg.op("total", lambda x: float(x.sum()), {"x": lambda g, x: g + 0 * x})(X).item() == 15

    def kernel(x):
        return np.reshape(x, (5,))

    text = told(lambda: tg.op("mine", kernel, {"x": lambda g: g})(leaf([1.0])), errors.ShapeError)
    assert text.startswith(
        "mine: cannot reshape array of size 1 into shape (5,)\n  got x = shape (1,)"
    )


def test_an_integer_result_has_no_gradient():
    for kernel in (lambda x: x > 0, lambda x: x.astype(int)):
        y = tg.op("step", kernel, {"x": lambda g: g})(leaf([1.0, -2.0]))
        assert not y.requires_grad


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            dict(vjp={"x": lambda g, w: g}),
            "op 'mine': the gradient rule for 'x' asks for 'w', which is "
            "none of g, out, x, x_shape",
        ),
        (dict(vjp={"x": lambda g, *rest: g}), "asks for 'rest'"),
        (
            dict(kernel=lambda x, *, k: x, vjp={"x": lambda g, q: g}),
            "asks for 'q', which is none of g, out, x, x_shape, k",
        ),
        (dict(kernel=lambda *x: x[0], vjp={"*x": lambda g, j: g}), "i, shapes, others"),
        (
            dict(kernel=lambda x, y: x),
            "the kernel takes (x, y), vjp has rules for (x); every input need"
            "s one rule, in the same order",
        ),
        (
            dict(kernel=lambda x, y: x, vjp={"y": lambda g: g, "x": lambda g: g}),
            "vjp has rules for (y, x); every input needs one rule, in the same order",
        ),
        (dict(kernel=lambda x, k: x), "the kernel takes (x, k)"),
        (dict(vjp={}), "vjp has rules for ()"),
        (
            dict(vjp={"x": None}),
            "the gradient rule for 'x' is None; write a function of g, NONDIFF (no d"
            "erivative) or ZERO (derivative zero)",
        ),
        (dict(vjp={"x": 0}), "the gradient rule for 'x' is 0"),
        (dict(vjp=lambda g: g), "vjp is a dict of gradient rules by input name"),
        (dict(vjp={"*x": lambda g: g, "y": lambda g: g}), "only the last input may be starred"),
        (dict(kernel=3), "the kernel is a function of arrays, not 3"),
        (dict(kernel=np.add), "the kernel takes 2 arrays, vjp lists 1"),
        (dict(name=3), "op 3: the name is a string"),
        (dict(lowering=3), "lowering is a function, not 3"),
        (dict(lowering=abs), "an elementwise operation has no lowering"),
        (dict(combine=max, family="reduce"), "combine is a ufunc of two operands such as np.max"),
        (dict(combine=np.negative, family="reduce"), "combine is a ufunc of two operands"),
        (dict(combine=np.add), "combine says how a reduction combines two elements; the family is"),
        (dict(family="magic"), "family 'magic' is none of elementwise, reduce, shape"),
        (dict(domain={"y": tg.Real()}), "domain given for 'y', inputs are x"),
        (
            dict(domain={"x": (0, 1)}),
            "the domain of 'x' is Real, Integer, Boolean or Simplex, not (0, 1",
        ),
        (dict(domain=["x"]), "domain is a dict, not ['x']"),
        (dict(facts=["positive"]), "facts is a dict, not ['positive']"),
        (dict(letter=1), "letter is a string, not 1"),
        (dict(code=np.exp), "code is a string, not <ufunc 'exp'>"),
        (dict(doc=3), "doc is a string, not 3"),
        (dict(shape=(3,)), "shape is a function, not (3,)"),
        (dict(dtype="f4"), "dtype is a function, not 'f4'"),
        (dict(body="x"), "body is a function, not 'x'"),
        (dict(notation=notation.PLUS), "the notation 'sum' is not for operands (x)"),
        (dict(notation=notation.POWER), "the notation 'power' is not for operands (x)"),
        (dict(notation=notation.relation(">")), "'relation' is not for operands (x)"),
        (
            dict(kernel=lambda *x: x[0], vjp={"*x": lambda g: g}, notation=notation.ROOT),
            "the notation 'root' is not for operands (*x)",
        ),
        (dict(notation=notation.reduction("Σ")), "'reduction' shows the static parameter 'axis'"),
        (dict(notation=notation.ITEM), "the notation 'item' shows the static parameter 'key'"),
        (dict(notation=notation.function(arguments=("q",))), "shows the static parameter 'q'"),
        (dict(notation=notation.BODY), "the notation BODY needs a body: body=lambda x: …"),
        (dict(code="2 *"), "the code '2 *' is no Python"),
        (dict(code="return x +* 2"), "is no Python"),
        (dict(code="*"), "the code '*' is an operator between two operands, not 1"),
        (dict(facts={"round": True}), "the fact 'round' is none of positive, nonnegative"),
        (dict(facts={"positive": 1}), "the fact 'positive' cannot be 1"),
        (dict(facts={"between": 1}), "the fact 'between' cannot be 1; it says: strictly between"),
        (dict(facts={"between": (1, 0)}), "the fact 'between' cannot be (1, 0)"),
        (dict(facts={"sign_of": ("y",)}), "the fact 'sign_of' cannot be ('y',)"),
        (dict(facts={"sign_of": "x"}), "the fact 'sign_of' cannot be 'x'"),
        (dict(facts={"one_hot": "axis"}), "the fact 'one_hot' cannot be 'axis'"),
        (dict(facts={"zero_sum": True}), "the fact 'zero_sum' cannot be True"),
        (dict(facts={"sums_to_one": 0}), "the fact 'sums_to_one' cannot be 0"),
    ],
)
def test_bad_declarations(fields, text):
    fields = {"name": "mine", "kernel": lambda x: x, "vjp": {"x": lambda g: g}, **fields}
    known = dict(REGISTRY)
    assert text in told(lambda: tg.op(**fields), errors.DeclarationError)
    assert known == REGISTRY


@pytest.mark.parametrize(
    ("x", "told"),
    [(None, "None"), ("ab", "'ab'"), ({"x": 1}, "a dict")],
    ids=["None", "str", "dict"],
)
def test_what_is_no_array_is_told_by_what_it_is(x, told):
    with pytest.raises(errors.DTypeError, match=rf"Linear: .*, not {told}$"):
        tg.nn.Linear(2, 2)(x)

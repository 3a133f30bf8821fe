"""Formulas as LaTeX: compiled by a real TeX, and broken into lines that fit on a page."""

import re

import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.writing.formula import Formula
from tensorgraph.formulas.writing.latex import latex, latex_name
from tensorgraph.formulas.writing.latex_lines import ROOM, align, width
from tests.formulas import derive_losses, derive_networks  # noqa: F401  # which add cases
from tests.formulas.derive_cases import CASES, derived
from tests.formulas.derive_layers import EACH, derived_layer
from tests.formulas.tex import compiled
from tests.machine.needs import needs
from tests.optim.optimizer_cases import CASES as OPTIMIZERS


@needs("tex")
def test_all_formulas_compile_and_fit_on_a_page(tmp_path):
    formulas = {name: derived(name)[0] for name in CASES}
    formulas |= {f"{name}-{i}": derived_layer(name, i)[0] for name, i in EACH}
    parameters = [tg.tensor([1.0, -2.0], requires_grad=True)]
    formulas |= {
        name.replace(" ", "-"): tg.update_rule(case.make(parameters))
        for name, case in OPTIMIZERS.items()
    }
    logs = compiled({name: f.latex() for name, f in formulas.items()}, tmp_path)
    assert list(logs) == list(formulas)
    assert not {name: log for name, log in logs.items() if "Overfull" in log}


X, Y = Formula("name", text="x"), Formula("name", text="y")
FRACTION = Formula("fraction", (X, Y))


@pytest.mark.parametrize("part, expected", [
    (Formula("power", (FRACTION, X)), r"\left( \frac{x}{y} \right)^{x}"),
    (Formula("power", (Formula("name", text="W1"), X)), "(W^{[1]})^{x}"),
    (Formula("transpose", (Formula("name", text="W_q2"),)), r"W_{q}^{[2]\top}"),
    (Formula("transpose", (Formula("name", text="dZ2′"),)), r"dZ^{[2]\prime\top}"),
    (Formula("item", (Formula("item", (X,), "0"),), ":2"), "{x_{0}}_{:2}"),
    (Formula("function", (FRACTION,), "tanh"), r"\tanh\!\left( \frac{x}{y} \right)"),
    (Formula("number", text="-inf"), r"-\infty"),
])  # fmt: skip
def test_what_stands_above_or_below(part, expected):
    assert latex(part) == expected


def test_names():
    assert latex_name("W2") == "W^{[2]}"
    assert latex_name("beta_1") == r"\beta_{1}"
    assert latex_name("dZ2′") == r"dZ^{[2]\prime}"


LONG = Formula(
    "sum", tuple(Formula("name", text=f"term_{'x' * i}") for i in range(1, 12)), "+" * 11
)


def test_a_long_fraction_is_broken_between_the_terms_above():
    first, *others = align([("y", "=", Formula("fraction", (LONG, X)))]).splitlines()[1:-1]
    assert first.startswith(r"y &= \frac{1}{x} \, \Bigl( \mathrm{term}_{x} + ")
    assert others and all(line.startswith(r"  &\quad {} + ") for line in others)
    assert others[-1].endswith(r" \Bigr)")


@pytest.mark.parametrize("above", ["1", "z"])
def test_a_fraction_is_broken_that_is_long_below(above):
    f = Formula("fraction", (Formula("number" if above == "1" else "name", text=above), LONG))
    first, *others = align([("y", "=", f)]).splitlines()[1:-1]
    assert first.startswith(r"y &= \Bigl( \mathrm{term}_{x} + ")
    assert others[-1].endswith(r" \Bigr) ^{-1}" if above == "1" else r" \Bigr) ^{-1} \, z")


def test_a_long_equation_is_broken_at_its_second_sign_first():
    lines = align([("y", "=", Formula("equation", (X, LONG)))]).splitlines()
    assert lines[1] == r"y &= x \\"
    assert lines[2].startswith(r"  &= \mathrm{term}_{x} + ")


def formulas(children):
    pair = st.tuples(children, children)
    return st.one_of(
        st.builds(lambda p, s: Formula("sum", p, "+" + s), pair, st.sampled_from("+−")),
        st.builds(lambda p, s: Formula("product", p, s), pair, st.sampled_from("∘· ")),
        pair.map(lambda p: Formula("matmul", p)),
        pair.map(lambda p: Formula("fraction", p)),
        pair.map(lambda p: Formula("function", p, "f[size=(2, 2), stride=(2, 2)]")),
        children.map(lambda x: Formula("negative", (x,))),
        children.map(lambda x: Formula("reduction", (x,), "Σ", (0,), r"\sum")),
    )


NAMES = st.sampled_from(["x", "W2", "dZ2′", "keep_prob", "alpha"]).map(
    lambda n: Formula("name", text=n)
)


@given(st.recursive(NAMES, formulas, max_leaves=40))
def test_no_part_is_lost_where_lines_break(f):
    lines = align([("y", "=", f)]).splitlines()[1:-1]
    whole = " ".join(lines)
    names = r"x|W|dZ|keep|alpha"
    assert len(re.findall(names, whole)) == len(re.findall(names, latex(f)))
    assert whole.count(r"\Bigl(") == whole.count(r"\Bigr)")
    assert len(lines) > 1 or width(f) <= ROOM or r"\Bigl" in whole

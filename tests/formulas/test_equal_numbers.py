"""Named numbers of equal value: each has its own symbol, or it is told that it may be another.

The check of a formula on fresh data cannot see a mix-up, as these data have the names of the
formula. So programs are written as text: their formula, at other values of the numbers, must be the
gradient of the same program with these values.
"""

import linecache
import re

import numpy as np
import pytest
from hypothesis import given, note, strategies as st

import tensorgraph as tg
from tensorgraph.symbolic.evaluate import evaluate

X, Y = np.array([0.3, -1.2, 0.7, 2.1]), np.array([1.5, 0.4, -0.8, 0.6])
FILE = "equal_numbers.py"
NAMES = ("lam", "mu", "rho")
OTHER = {"lam": 0.31, "mu": 0.47, "rho": 0.83, "m": 5, "n": 7}


def run(program, numbers):
    """Return the variables of a program whose lines are the source of what it runs."""
    lines = [f"{line}\n" for line in program]
    linecache.cache[FILE] = (0, None, lines, FILE)
    found = {"np": np, "tg": tg, "y": Y, "x": tg.tensor(X, requires_grad=True), **numbers}
    try:
        exec(compile("".join(lines), FILE, "exec"), found)
    finally:
        del linecache.cache[FILE]
    return found


def derived(program, numbers):
    return run(["import numpy as np", *program, "found = tg.derive(loss, wrt=x)"], numbers)["found"]


def at_other_values(derivation):
    """Return what the formula gives where the numbers are others, by the names in it."""
    shown = {"λ": "lam", "μ": "mu", "ρ": "rho", "lam": "lam", "mu": "mu", "rho": "rho"}
    given = {e: OTHER.get(shown.get(e.name, e.name), v) for e, v in derivation.given.items()}
    (gradient,) = derivation.gradients
    return np.broadcast_to(evaluate([gradient.expr], given)[gradient.expr], X.shape)


def expected(program):
    found = run(program, OTHER)
    return tg.gradients(found["loss"], found["x"]).numpy()


def is_right(program, derivation):
    return np.allclose(at_other_values(derivation), expected(program), rtol=1e-6)


def is_told(derivation):
    """Return whether numbers that are one in a formula are told to be maybe two."""
    return "which holds the same" in str(derivation)


name = st.sampled_from(NAMES)
body = st.sampled_from(
    ["(x**2).sum()", "np.abs(x).sum()", "tg.exp(x).sum()", "(x * y).sum()", "tg.sin(x * y).sum()",
     "(x**2 * y).sum()", "np.square(x).sum()", "tg.tanh(x).sum()"]
)  # fmt: skip
coefficient = name | st.one_of(
    name.map("-{}".format),
    name.map("(1 - {})".format),
    st.sampled_from("mn").map("1 / {}".format),
    st.tuples(name, st.sampled_from("mn")).map(lambda both: "{} / (2 * {})".format(*both)),
    st.tuples(name, st.sampled_from("mn")).map(lambda both: "{} / {}".format(*both)),
)
term = st.one_of(
    st.tuples(coefficient, body).map(lambda both: "{} * {}".format(*both)),
    st.tuples(body, name).map(lambda both: "{} * {}".format(*both)),
    st.tuples(body, st.sampled_from("mn")).map(lambda both: "{} / {}".format(*both)),
    name.map("({} * x).sum()".format),
    name.map("tg.cos({} * x).sum()".format),
    st.tuples(name, name).map(lambda both: "({} * x + {} * (y * tg.exp(x))).sum()".format(*both)),
    st.tuples(name, name).map(lambda both: "({} * x + {} * y * tg.exp(x)).sum()".format(*both)),
)
terms = st.lists(term, min_size=2, max_size=4)
numbers = st.sampled_from([0.1, 0.25, 0.7]).map(
    lambda v: {**dict.fromkeys(NAMES, v), "m": 4, "n": 4}
)


@given(terms, st.permutations([0.13, 0.37, 0.71]))
def test_nothing_is_told_where_all_numbers_differ(terms, values):
    program = [f"loss = {' + '.join(terms)}"]
    note(program[0])
    d = derived(program, {**dict(zip(NAMES, values, strict=True)), "m": 4, "n": 9})
    note(str(d))
    assert is_right(program, d)
    assert "may be" not in str(d) and "which holds the same" not in str(d)


@pytest.mark.parametrize(
    "terms",
    [
        ["lam * (x**2).sum()", "mu * np.abs(x).sum()"],
        ["lam * (x**2).sum()", "mu * (x**2).sum()"],
        ["lam * (x**2).sum()", "-mu * np.abs(x).sum()"],
        ["lam / m * (x**2).sum()", "(1 - mu) * np.abs(x).sum()", "tg.cos(rho * x).sum()"],
        # No loop of two steps.
        [*["(x**2).sum() * lam"] * 2, "tg.cos(lam * x).sum()", "tg.cos(mu * x).sum()"],
    ],
)
def test_each_of_a_few_has_its_own_symbol(terms):
    program = [f"loss = {' + '.join(terms)}"]
    assert is_right(program, derived(program, {**dict.fromkeys(NAMES, 0.1), "m": 4, "n": 4}))


@given(terms, numbers)
def test_each_has_its_own_symbol_or_is_told_to_be_maybe_another(terms, numbers):
    program = [f"loss = {' + '.join(terms)}"]
    note(program[0])
    d = derived(program, numbers)
    note(str(d))
    assert is_right(program, d) or is_told(d)


@pytest.mark.parametrize("kind", [float, np.float64, np.array])
@pytest.mark.parametrize("other", [float, np.float64, np.array])
def test_so_whatever_holds_the_number(kind, other):
    program = ["loss = (x**2).sum() * lam + tg.cos(mu * x).sum()"]
    d = derived(program, {"lam": kind(0.1), "mu": other(0.1)})
    assert str(d).startswith("dx = 2 λ x − μ sin(μ x)\n")


@given(terms, numbers)
def test_so_where_statements_build_on_each_other(terms, numbers):
    program = [
        *(f"t{i} = {each}" for i, each in enumerate(terms)),
        f"loss = {' - '.join(f't{i}' for i in range(len(terms)))}",
    ]
    note("\n".join(program))
    d = derived(program, numbers)
    note(str(d))
    assert is_right(program, d) or is_told(d)


@pytest.mark.parametrize(
    "program",
    [
        "(mu * y * tg.exp(x)).sum() * lam",
        "(x * y).sum() * lam - (lam * x + mu * y * tg.exp(x)).sum()",
    ],
)
def test_so_where_numpy_multiplies_an_array_by_one_before_the_graph_sees_it(program):
    program = [f"loss = {program}"]
    assert is_right(program, derived(program, dict.fromkeys(NAMES, 0.1)))


@pytest.mark.parametrize("other", ["mu", "rho"])
def test_what_cancels_because_two_numbers_are_equal_is_told(other):
    program = [
        "t0 = (lam * x + lam * y * tg.exp(x)).sum()",
        f"t1 = (lam * x + {other} * y * tg.exp(x)).sum()",
        "loss = t0 - t1",
    ]
    d = derived(program, {"lam": 0.1, other: 0.1})
    assert str(d) == f"dx = 0\n  where λ may be {'μρ'[other == 'rho']}, which holds the same"
    assert str(derived(program, {"lam": 0.1, other: 0.3})).splitlines()[0] != "dx = 0"


@given(st.lists(st.tuples(name, body), min_size=2, max_size=4), numbers, st.booleans())
def test_in_functions_it_is_so_or_told(terms, numbers, several):
    bodies = list(dict.fromkeys(text for _, text in terms)) if several else [terms[0][1]]
    program = []
    for i, text in enumerate(bodies):
        inside = re.sub(r"\bx\b", "w", text)
        program += [f"def f{i}(w, c):", f"    penalty = {inside}", "    return c * penalty"]
    calls = [f"f{bodies.index(b) if several else 0}(x, {name})" for name, b in terms]
    program.append(f"loss = {' + '.join(calls)}")
    note("\n".join(program))
    d = derived(program, numbers)
    note(str(d))
    assert is_right(program, d) or "may be" in str(d)

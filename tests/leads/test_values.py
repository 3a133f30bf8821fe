"""What is said to stand for a function of NumPy or SciPy gives the value that this gives."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.leads.attributes import lead_of_function
from tensorgraph.leads.table import names
from tensorgraph.ops import OPS
from tensorgraph.ops.numpy_api import other_functions, recorded_functions
from tests.leads.samples import variables

CALLS = """
absolute(x); apply_along_axis(f, 1, A); arccos(x); arccosh(x); arcsin(x); arcsinh(x); arctan(x)
arctan2(x, y); arctanh(x); argpartition(x, 1); cumprod(x, axis=0); cumsum(x, axis=0); degrees(x)
diagflat(u); digitize(x, [0.0, 1.0]); divmod(x, y); ediff1d(u); fabs(x); fix(x); float_power(x, y)
fmax(x, y); fmin(x, y); geomspace(1, 100, 5); inner(u, v); isclose(x, y); isin(labels, [0, 1])
isneginf(x); isposinf(x); lexsort((v, u)); logaddexp2(x, y); logspace(0, 2, 5); matvec(A, u)
mod(x, y); modf(x); partition(x, 1); polyfit(u, v, 1); polyval(v, u); radians(x)
ravel_multi_index((1, 1), (3, 3)); rint(x); rollaxis(x, 0, 3); true_divide(x, y); unique(labels)
unravel_index(4, (3, 3)); vdot(u, v); vecmat(u, A); nanargmax(x); nanargmin(x); nancumsum(x, axis=0)
nancumprod(x, axis=0); linalg.eig(A); linalg.eigvals(A)
""".replace("\n", "; ").split("; ")
CALLS = {call.split("(")[0].rpartition(".")[2]: f"np.{call}" for call in CALLS if call}

CHANGING = {
    "fill_diagonal": "np.fill_diagonal(A, 1.0), A",
    "place": "np.place(x, mask, 1.0), x",
    "put": "np.put(u, [0, 1], 1.0), u",
    "putmask": "np.putmask(x, mask, 1.0), x",
}
SCIPY = {
    "expit": "expit(x)",
    "erfcx": "erfcx(x)",
    "rel_entr": "rel_entr(x, y)",
}

SPECIAL = {
    **dict.fromkeys(["fmax", "fmin", "nan_to_num", "nanmax", "nanmin", "nanmean"], np.nan),
    **dict.fromkeys(["nanargmax", "nanargmin", "nancumsum", "nancumprod"], np.nan),
    **dict.fromkeys(["nanmedian", "nanquantile", "nansum"], np.nan),
    **dict.fromkeys(["isneginf", "isposinf"], np.inf),
    **dict.fromkeys(["heaviside", "xlogy"], 0.0),
}
POSITIVE = {"rel_entr", "cumprod", "cumulative_prod", "float_power", "logit", "xlogy"}


def arrays(name):
    """Return what a function is called with: values of both signs where it takes them."""
    rng = np.random.default_rng(1)
    found = {}
    for key, value in variables().items():
        if isinstance(value, tg.Tensor) and value.dtype.kind == "f" and key != "S":
            value = rng.uniform(0.1 if name in POSITIVE else -0.9, 0.9, value.shape)
            if name == "arccosh":
                value = 2 + value
            if key == "x" and name in SPECIAL:
                value[0, 0, 0], value[1, 0, 0] = SPECIAL[name], -SPECIAL[name]
        found[key] = value.numpy() if isinstance(value, tg.Tensor) else value
    return found


def tensors(given):
    """Return the same as tensors, but for what are arrays in the lines themselves."""
    kept = ("labels", "index", "X", "Y", "predictions", "weights")
    return {
        key: tg.tensor(value) if isinstance(value, np.ndarray) and key not in kept else value
        for key, value in given.items()
    }


def assert_same(ours, theirs):
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    else:
        ours = ours.numpy() if isinstance(ours, tg.Tensor) else np.asarray(ours)
        assert ours.shape == np.shape(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def has(name):
    return hasattr(np, name) or hasattr(np.linalg, name)


@pytest.mark.filterwarnings(
    "ignore::tensorgraph.errors.UsageWarning", "ignore::RuntimeWarning",
    "ignore:numpy.fix is deprecated:DeprecationWarning",  # what is led away from may be
)  # fmt: skip
@pytest.mark.parametrize("name", [name for name in (*CALLS, *CHANGING) if has(name)])
def test_lines_give_the_value_of_numpys_function(name):
    line = written(lead_of_function(name))
    given = arrays(name)
    ours = eval(line, tensors(given))
    theirs = eval(CALLS.get(name) or CHANGING[name], given)
    assert_same(ours, theirs[-1] if name in CHANGING else theirs)


@pytest.mark.parametrize("name", SCIPY)
def test_lines_give_the_value_of_scipys_function(name):
    special = pytest.importorskip("scipy.special")
    given = arrays(name)
    ours = eval(written(lead_of_function(name, foreign=True)), tensors(given))
    assert_same(ours, eval(SCIPY[name], given, vars(special)))


def written(told):
    """Return the line of what is told, without its note."""
    line = told.removeprefix("write ")
    notes = [lead.note for lead in names() if lead.note and line.endswith(f" ({lead.note})")]
    return line.removesuffix(f" ({notes[0]})") if notes else line


def test_each_line_for_a_function_on_arrays_is_compared():
    taken = {*recorded_functions(OPS), *other_functions(tg.Tensor, np.asarray, np.asarray)}

    def leads(name):
        found = [getattr(module, name, None) for module in (np, np.linalg)]
        refused = [f for f in found if f is not None and f not in taken]
        return any(isinstance(f, np.ufunc) or hasattr(f, "_implementation") for f in refused)

    rows = [lead for lead in names() if "N" in lead.peers and lead.place in ("tg", "np")]
    told = {lead.name for lead in rows if lead.line} - {*CALLS, *CHANGING}
    assert [name for name in sorted(told) if leads(name)] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("np.linalg.eig(A)", "write np.linalg.eig(A.numpy()) (without a gradient)"),
        ("np.fft.rfft(u)", "write tg.fft.rfft(u) (real and imaginary parts in pairs)"),
        ("np.fix(x)", "write tg.trunc(x)"),
        ("np.roots(u)", "declare one with tg.op, or give np.roots x.numpy() where no"),
        ("special.iv(x, 1.0)", "write tg.iv"),
        ("special.j0(x)", "declare one with tg.op, or give special.j0 x.numpy() where"),
    ],
)
def test_numpy_is_answered_by_rows_that_hold_for_it(line, told):
    special = pytest.importorskip("scipy.special")
    with pytest.raises(TypeError) as caught:
        eval(line, {**variables(), "special": special})
    assert told in str(caught.value)

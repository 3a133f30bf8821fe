"""Where a gradient is lost though nobody said so: told at the user's line, once; else silent."""

import io
import json
import math
import pickle
import statistics
import subprocess
import sys
import warnings

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
import scipy.fft
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.special
import scipy.stats
import sklearn.metrics
import xarray as xr
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import GraphError, ImmutableError, LostGradientWarning

A = np.arange(9.0).reshape(3, 3)
K = tg.tensor([[2.0, 0.5], [0.5, 1.0]], requires_grad=True)
S = scipy.sparse.csr_array(A)
M = scipy.sparse.csr_matrix(A)
df = pd.DataFrame(A)
series = pd.Series([1.0, 2.0, 3.0])
masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
losses = pd.DataFrame({"loss": [tg.ones((), requires_grad=True) * 2]})
rng = np.random.default_rng(0)
axes = matplotlib.figure.Figure().subplots()
x = tg.tensor([0.5, 0.25, 0.125], dtype="float64", requires_grad=True)


def warnings_of(f, action="default"):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter(action)
        f()
    return shown


# ------------------------------------------------------------------------------- values that leave


def into_an_element():
    target = np.zeros((2, 3))
    target[0] = x


LOST = {
    "an array": (lambda: np.asarray(x), "np.asarray", "x itself, which NumPy's functions take"),
    "a copy": (lambda: np.array(x), "np.array", "x itself"),
    "an array of a list": (lambda: np.array([x, x]), "np.array", r"v.numpy\(\) for each v"),
    "an element": (into_an_element, r"A\[…\] = …", r"A = tg.set_at\(A, i, x\) for A\[i\] = x"),
    "math": (lambda: math.log(x[0]), "math.log", r"tg.log\(x\)"),
    "math's other name": (lambda: math.fabs(x[0]), "math.fabs", r"tg.abs\(x\)"),
    "math without an op": (lambda: math.gamma(x[0]), "math.gamma", "the formula in operations"),
    "a NumPy scalar": (lambda: np.float32(x[0]), "np.float32", r"x.astype\('float32'\)"),
    "mean of a list": (lambda: np.mean([x[0] * 2, x[1]]), "np.mean", r"float\(v\) for each v"),
    "sum of a list": (lambda: np.sum([x[0], x[1]]), "np.sum", r"float\(v\) for each v"),
    "sum of a dict": (lambda: np.sum(list({"a": x[0]}.values())), "np.sum", r"np.sum\(tg.stack"),
    "max of a tuple": (lambda: np.max((x[0], x[1])), "np.max", r"float\(v\) for each v"),
    "exp of a list": (lambda: np.exp([x[0], x[1]]), "np.exp", r"float\(v\) for each v"),
    "dot of a list": (lambda: np.dot([x[0], 2.0], [1, 2]), "np.dot", r"np.dot\(tg.stack\("),
    "a comprehension": (lambda: np.mean([v * v for v in x]), "np.mean", r"float\(v\) for each v"),
    "rows": (lambda: np.r_[x, x], r"np.r_\[…\]", r"tg.concat\(\[…\]\) or tg.stack"),
    "columns": (lambda: np.c_[x, x], r"np.c_\[…\]", "tg.concat"),
    "full": (lambda: np.full(3, x[0]), "np.full", r"tg.broadcast_to\(x, shape\)"),
    "arange": (lambda: np.arange(x[1], x[0]), "np.arange", r"start \+ step \* tg.arange\(n\)"),
    "fromiter": (lambda: np.fromiter(x, float), "np.fromiter", "the formula in operations"),
    "vectorize": (lambda: np.vectorize(abs)(x), "np.vectorize", r"f\(x\), as operations take"),
    "dot": (lambda: A.dot(x), "A.dot", "A @ x"),
    "a draw": (lambda: rng.normal(x, 1.0), "rng.normal", r"mean \+ std \* tg.random.normal"),
    "dlpack": (lambda: np.from_dlpack(x), "np.from_dlpack", "the formula in operations"),
    "a series @": (lambda: series @ x, "@ of pandas", r"series.to_numpy\(\) @ x"),
    "a frame @": (lambda: df @ x, "@ of pandas", r"df.to_numpy\(\) @ x"),
    "a frame as": (lambda: losses.astype(float), "losses.astype", r"float\(v\) for each v where"),
    "sparse @": (lambda: S @ x, "@ of scipy", r"S.toarray\(\) @ x"),
    "sparse matrix *": (lambda: M * x, "@ of scipy", r"M.toarray\(\) @ x"),
    "@ sparse": (lambda: x @ S, "@ of scipy", r"x @ y.toarray\(\)"),
    "sparse dot": (lambda: S.dot(x), "S.dot", r"S.toarray\(\) @ x"),
    "softmax": (lambda: scipy.special.softmax(x), "scipy.special.softmax", r"tg.softmax\(x\)"),
    "logsumexp": (lambda: scipy.special.logsumexp(x), "logsumexp", r"tg.logsumexp\(x\)"),
    "inv": (lambda: scipy.linalg.inv(K), "scipy.linalg.inv", r"tg.linalg.inv\(K\)"),
    "det": (lambda: scipy.linalg.det(K), "scipy.linalg.det", r"tg.linalg.det\(K\)"),
    "expm": (lambda: scipy.linalg.expm(K), "scipy.linalg.expm", r"tg.linalg.expm\(K\)"),
    "solve": (lambda: scipy.linalg.solve(K, [1.0, 1.0]), "scipy.linalg.solve",
              r"tg.linalg.solve\(K, …\)"),
    "cholesky": (lambda: scipy.linalg.cholesky(K), "scipy.linalg.cholesky",
                 r"tg.linalg.cholesky\(K\) \(the lower factor\)"),
    "rfft": (lambda: scipy.fft.rfft(x), "scipy.fft.rfft", r"tg.fft.rfft\(x\)"),
    "zscore": (lambda: scipy.stats.zscore(x), "scipy.stats.zscore", "the formula in operations"),
    "masked *": (lambda: masked * x, r"\* of numpy.ma",
                 r"tg.where\(masked.mask, 0, masked.data \* x\)"),
    "masked exp": (lambda: np.ma.exp(x), "np.ma.exp", r"tg.exp\(x\)"),
    "masked": (lambda: np.ma.array(x), "np.ma.array", "x itself"),
    "statistics": (lambda: statistics.fmean([x[0], x[1]]), "statistics.fmean", "the formula"),
}  # fmt: skip
if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1):  # older ones refuse such a frame
    LOST["a frame's mean"] = (lambda: losses.mean(), "losses.mean", r"float\(v\) for each v where")


@pytest.mark.parametrize("name", LOST)
def test_what_takes_the_values_says_so(name):
    lose, asks, instead = LOST[name]
    told = (
        rf"{asks}(\(…\)\.\w+)? takes only the values of .* no gradient; write {instead}.*, or"
        r" ([xK]\.|np\.\w+\(tg\.stack|tg\.stack|the formula in operations of tg to keep)"
    )
    with pytest.warns(LostGradientWarning, match=told):
        lose()


@pytest.mark.parametrize("name", LOST)
def test_nothing_is_told_where_no_gradient_could_be_lost(name):
    with tg.no_grad():
        LOST[name][0]()


def test_the_line_is_named_and_told_of_once():
    def train():
        for _ in range(3):
            np.asarray(x)
            np.array([x, x])

    shown = warnings_of(train)
    first = train.__code__.co_firstlineno
    assert [w.lineno - first for w in shown] == [2, 3]
    assert {w.filename for w in shown} == {__file__}


def test_what_is_written_there_keeps_the_gradient():
    """Each as a message has it: it runs, and gives what the line gave that lost it."""
    kept = {
        "an element": tg.set_at(tg.zeros((2, 3), dtype="float64"), 0, x)[0] - x,
        "math": tg.log(x[0]) - math.log(0.5),
        "a list": np.mean(tg.stack([x[0] * 2, x[1]])) - 0.625,
        "full": tg.broadcast_to(x[0], 3) - 0.5,
        "frame": df.to_numpy() @ x - A @ x.data,
        "sparse": x @ S.toarray() - x.data @ A,
        "masked": tg.where(masked.mask, 0, masked.data * x) - (masked * x.data).filled(0),
    }
    for result in kept.values():
        assert result.requires_grad and np.allclose(result.data, 0)


PLAIN = """
import math
import numpy as np
import tensorgraph as tg

t = tg.tensor([1.0, 2.0], requires_grad=True)
for _ in range(2):
    np.asarray(t)
math.log(t[0])
W = t * 2
W.grad
"""


def test_code_without_a_source_is_read_too():
    run = subprocess.run(
        [sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True, timeout=120
    )
    told = [line for line in run.stderr.splitlines() if "Warning" in line]
    assert [line.split(":")[1] for line in told] == ["8", "9", "11"]
    assert "np.asarray takes only the values of tensor 't'" in told[0]
    assert "write tg.log(x)" in told[1] and "W.assign(W.data - …)" in told[2]


# ------------------------------------------------------------------------------------ what is meant

SILENT = {
    "numpy": lambda: x.numpy() + x.data + x.detach().numpy() + np.asarray(x.detach()),
    "numbers": lambda: (float(x.sum()), int(x.sum()), x.sum().item(), complex(x.sum()), bool(x[0])),
    "text": lambda: (f"{x.sum():.3f} {x}", str(x), repr(x), np.array2string(x)),
    "facts": lambda: (math.isnan(x[0]), math.isfinite(x[0]), math.isclose(x[0], 0.5), x[0] < 1),
    "rounding": lambda: (math.floor(x[0]), math.ceil(x[0]), round(x[0], 1)),
    "comparisons": lambda: (np.allclose(x, x), np.array_equal(x, A), np.isclose(x, 0.5)),
    "assertions": lambda: np.testing.assert_allclose(x, [0.5, 0.25, 0.125]),
    "approx": lambda: (x[0] == pytest.approx(0.5), 0.5 == pytest.approx(x[0])),
    "metrics": lambda: sklearn.metrics.mean_squared_error(x, x),
    "our metrics": lambda: tg.diagnose.roc_auc(x, [1, 0, 0]),
    "files": lambda: (pickle.dumps(x), json.dumps(float(x[0]))),
    "iteration": lambda: (sum(x), max(x), list(x), [v * 2 for v in x]),
    "random": lambda: statistics.NormalDist(float(x[0])),
    "root": lambda: scipy.optimize.brentq(lambda v: (x[0] * v).sum() - 0.25, 0.0, 1.0),
    "labels": lambda: np.bincount(np.asarray((x > 0.2).astype("int64"))),
    "keys": lambda: A[(x > 0.2).data],
    "tables": lambda: (
        pd.DataFrame(x), pd.DataFrame({"x": x}), pd.Series(x), df.assign(p=x), into_a_table(),
    ),
    "an array compared": lambda: (np.asarray(x) == A[0], A[0] < np.array(x), assert_shape()),
    "an array's list": lambda: (np.array(x).tolist(), np.asarray([x, x]).tolist()),
    "an array stored": lambda: (
        np.save(io.BytesIO(), np.asarray(x)), pickle.dumps(np.array(x)), axes.plot(np.array(x)),
    ),
    "a mean shown": lambda: (
        float(np.mean([x[0], x[1]])), f"{np.mean([x[0], x[1]]):.3f} {np.max([x[0], x[1]])}",
        "{:.1f}".format(np.mean([x[0], x[1]])),  # noqa: UP032
        print(np.mean([x[0], x[1]])), "%.1f" % np.mean([x[0], x[1]]),  # noqa: UP031
        {"epoch": 1, "loss": np.mean([x[0], x[1]])}, dict(loss=np.mean([x[0], x[1]])),
        np.mean([x[0], x[1]]) < 0.5, print("perplexity", math.exp(x[0])),
    ),
}  # fmt: skip


def into_a_table():
    table = df.copy()
    table["p"] = x
    table.loc[:, "q"] = x
    table.insert(0, "r", x)


def assert_shape():
    assert np.array(x).shape == (3,)


@pytest.mark.parametrize("name", SILENT)
def test_what_shows_compares_or_says_what_it_does_is_silent(name):
    SILENT[name]()


@given(st.sampled_from([np.add, np.multiply, np.maximum]), st.booleans())
def test_what_is_recorded_is_silent(f, reverse):
    operands = (A, x)[:: -1 if reverse else 1]
    assert f(*operands).requires_grad and f.outer(x, x).requires_grad


# ----------------------------------------------------------------------------------- stays a tensor


def test_pandas_leaves_the_answer_to_a_tensor_that_needs_a_gradient():
    for left, plain in ((series, series.to_numpy()), (df, A)):
        for f in (np.multiply, np.add, np.subtract, np.divide, np.power):
            found = f(left, x) if f is np.power else {
                np.multiply: left * x, np.add: left + x,
                np.subtract: left - x, np.divide: left / x,
            }[f]  # fmt: skip
            assert type(found) is tg.Tensor and found.requires_grad
            assert np.allclose(found.data, f(plain, x.data))
    (series * x).sum().backward()
    assert x.grad.data.tolist() == [1, 2, 3]
    x.grad = None


def test_pandas_answers_itself_where_there_is_no_gradient():
    constant = x.detach()
    assert type(series * constant) is pd.Series and type(series == constant) is pd.Series
    assert df[series > constant].shape == (3, 3)


def test_another_dtype_keeps_the_gradient():
    assert tg.asarray(x, "float32").requires_grad and tg.asarray(x, "float64") is x


def test_a_masked_array_does_not_lose_its_mask():
    for f in (lambda: x * masked, lambda: np.multiply(masked, x), lambda: tg.tensor(masked)):
        with pytest.raises(tg.errors.ArgumentError, match="1 of 3 values is masked"):
            f()


@pytest.mark.parametrize("kind", ["dia_array", "dia_matrix", "csr_array", "coo_array"])
def test_a_sparse_matrix_times_a_tensor(kind):
    sparse = getattr(scipy.sparse, kind)(A)
    for constant in (x.detach(), tg.ones((3, 1)), tg.ones((3, 2))):
        assert np.allclose(sparse @ constant, A @ constant.data)
    with pytest.warns(LostGradientWarning, match=r"write sparse\.toarray\(\) @ x"):
        product = sparse @ x
    assert np.allclose(product, A @ x.data)


def test_xarray_keeps_the_tensor():
    held = (xr.DataArray(x) * 2).sum()
    assert held.data.requires_grad and held.item() == 2 * x.data.sum()


@pytest.mark.parametrize("f", [lambda: tg.full(2, x[0]), lambda: tg.full_like(A, x[0])])
def test_a_fill_value_that_needs_a_gradient_is_refused(f):
    with pytest.raises(GraphError, match=r"fill_value needs a gradient.*tg.broadcast_to\(x, shape"):
        f()
    with tg.no_grad():
        assert (f().data == 0.5).all()


@pytest.mark.parametrize(
    "f", [lambda: tg.linspace(x[0], x[1], 3), lambda: tg.arange(x[0]), lambda: tg.arange(1, x[0])]
)
def test_ends_that_need_a_gradient_are_refused(f):
    with pytest.raises(GraphError, match="the tensor given for it needs one"):
        f()


# ----------------------------------------------------------------------------- gradients of results


def test_reading_the_gradient_of_a_result_warns():
    def train():
        W = tg.tensor([2.0], requires_grad=True)
        for _ in range(2):
            (W * W).sum().backward()
            gradient = W.grad
            if gradient is not None:
                W = W - 0.1 * gradient

    shown = warnings_of(train)
    assert [w.lineno - train.__code__.co_firstlineno for w in shown] == [4]
    assert "'W' is a result of 'subtract', no leaf" in str(shown[0].message)
    assert "write W.assign(W.data - …) for W = W - …, or W.retain_grad()" in str(shown[0].message)


def test_reading_the_gradient_of_an_element_names_it():
    P = {"W": tg.tensor([2.0], requires_grad=True) * 1}
    told = r"^P\[…\] is a result of 'multiply', no leaf.*; write P\[…\]\.assign\(P\[…\]\.data - …\)"
    with pytest.warns(LostGradientWarning, match=told):
        _ = P["W"].grad


@pytest.mark.parametrize(
    "lose",
    [lambda: tg.data.Batches(x, x, batch_size=2), lambda: tg.data.Normalize().fit(A)(x[None])],
)
def test_data_are_told_to_be_detached(lose):
    with pytest.warns(LostGradientWarning, match=r"write x\.detach\(\) for data, or the formula"):
        lose()


def test_a_gradient_that_is_retained_or_of_a_leaf_may_be_read():
    leaf = tg.tensor([2.0], requires_grad=True)
    y = (leaf * 3).retain_grad()
    assert y.grad is leaf.grad is tg.ones(1).grad is None
    (y * y).sum().backward()
    assert y.grad.data.tolist() == [12] and leaf.grad.data.tolist() == [36]
    with tg.no_grad():
        assert (leaf * 2).grad is None


# ----------------------------------------------------------------------------- augmented assignment


def subtracted(w, y):
    w -= y


def added(w, y):
    w += y


def multiplied(w, y):
    w *= y


def divided(w, y):
    w /= y


def raised(w, y):
    w **= y


def floored(w, y):
    w //= y


def remaining(w, y):
    w %= y


def contracted(w, y):
    w @= y


AUGMENTED = {
    "-": subtracted, "+": added, "*": multiplied, "/": divided, "**": raised, "//": floored,
    "%": remaining, "@": contracted,
}  # fmt: skip


@pytest.mark.parametrize("sign", AUGMENTED)
def test_augmented_assignment_to_a_parameter_names_assign(sign):
    w = tg.tensor(np.eye(2), requires_grad=True)
    for value in (2.0, np.eye(2), tg.ones((2, 2))):
        with pytest.raises(ImmutableError) as told:
            AUGMENTED[sign](w, value)
        assert f"w {sign}= …" in str(told.value)
        assert f"write w.assign(w.data {sign} …)" in str(told.value)
    with tg.no_grad(), pytest.raises(ImmutableError, match=r"w\.assign"):
        AUGMENTED[sign](w, 2.0)
    assert w.is_leaf and w.data.tolist() == [[1, 0], [0, 1]]


def test_the_target_is_called_as_the_line_has_it():
    layer = tg.nn.Linear(2, 2)
    params = {"W1": layer.weight}
    with pytest.raises(ImmutableError, match=r"write layer\.weight\.assign\(layer\.weight\.data -"):
        layer.weight -= 0.1
    with pytest.raises(ImmutableError, match=r"write p\.assign\(p\.data -"):
        for p in layer.parameters():
            p -= 0.1
    with pytest.raises(ImmutableError, match=r"write params\[…\]\.assign"):
        params["W1"] -= 0.1
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]


def test_values_are_changed_by_assign():
    layer = tg.nn.Linear(2, 2)
    layer.weight.grad = np.ones((2, 2))
    told = r"layer\.weight\.data -= … .*; write layer\.weight\.assign\(layer\.weight\.data - …\)"
    with pytest.raises(ImmutableError, match=told):
        layer.weight.data -= 0.1 * layer.weight.grad
    before = layer.weight.numpy()
    layer.weight.assign(layer.weight.data - 0.1 * layer.weight.grad)
    assert np.allclose(layer.weight.data, before - 0.1)
    array = np.ones(3)
    with pytest.raises(ImmutableError, match=r"array \*= … .*; write y = array \* …"):
        array *= x


def test_arguments_of_functions_that_are_differentiated_may_be_named_anew():
    def f(x):
        x *= 2
        x += 1
        return (x * x).sum()

    given = tg.tensor([1.0, 2.0], dtype="float64")
    assert tg.grad(f)(given).data.tolist() == [12, 20]
    assert tg.jvp(f, (given,), (tg.ones(2),))[1].item() == 32
    assert tg.testing.gradcheck(f, np.array([1.0, 2.0]))
    assert str(tg.derive(f, given.numpy())) and str(tg.trace(f, given)) and tg.render(f, given)
    assert given.data.tolist() == [1, 2]


def test_augmented_assignment_to_others_makes_a_new_tensor():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    result, constant = w * 2, tg.tensor([1.0, 2.0])
    y, z = result, constant
    y += 1.0
    z -= w
    assert y.requires_grad and z.requires_grad and y is not result and z is not constant
    assert constant.data.tolist() == [1, 2] and result.data.tolist() == [2, 4]
    with pytest.raises(TypeError, match="unsupported operand"):
        constant += "text"

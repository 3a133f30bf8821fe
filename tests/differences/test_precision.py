"""``tg.precision``: where digits go, whom it accuses and whom not, and what it says to write."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn
from tests.raising import told

rng = np.random.default_rng(3)
LABELS = np.arange(8) % 5


def draw(*shape, scale=1.0, mean=0.0, seed=0):
    return np.random.default_rng(seed).normal(mean, scale, shape)


def log_of_sum(x):
    return tg.log(tg.exp(x).sum(axis=-1))


def softmax_without_shift(x):
    return tg.exp(x) / tg.exp(x).sum(axis=-1, keepdims=True)


def binary(z):
    y = (np.arange(20) % 2).astype(float)
    a = tg.sigmoid(z)
    return -(y * tg.log(a) + (1 - y) * tg.log(1 - a)).mean()


BAD = {
    "variance": (lambda x: (x * x).mean() - x.mean() ** 2, [draw(50, mean=1e3)], "tg.var(x"),
    "variance along an axis": (
        lambda x: (x**2).mean(axis=0) - tg.square(x.mean(axis=0)),
        [draw(50, 3, mean=1e3)],
        "tg.var(x, axis=0)",
    ),
    "softplus": (lambda x: tg.log(1 + tg.exp(x)), [np.linspace(-20, 10, 40)], "tg.softplus(x)"),
    "softplus, large": (lambda x: tg.log(tg.exp(x) + 1), [np.array([100.0])], "tg.softplus(x)"),
    "cosine": (lambda x: 1 - tg.cos(x), [np.linspace(1e-4, 1e-3, 9)], "2 * tg.sin(x / 2) ** 2"),
    "softmax": (softmax_without_shift, [draw(4, 5, scale=100)], "tg.softmax(x, axis=1)"),
    "log of a sum": (log_of_sum, [draw(4, 5, scale=200)], "tg.logsumexp(x, axis=1)"),
    "log1p": (lambda x: tg.log(1 + x), [np.array([1e-6, 1e-5])], "tg.log1p(x)"),
    "log1p, below": (lambda x: tg.log(1 - x), [np.array([1e-6, 1e-5])], "tg.log1p(-x)"),
    "expm1": (lambda x: tg.exp(x) - 1, [np.array([1e-6, 1e-5])], "tg.expm1(x)"),
    "sum": (lambda x: x.sum(), [np.array([1e8, 1, 2, 3, -1e8])], 'x.astype("float64")'),
    "hypot": (lambda a, b: tg.sqrt(a * a + b * b), [np.array([1e25]), np.array([2.0])], "tg.hypot"),
    "norm": (lambda x: tg.sqrt((x**2).sum(axis=1)), [draw(3, 4, scale=1e25)], "tg.norm(x, axis=1)"),
    "log of softmax": (
        lambda x: tg.log(tg.softmax(x, axis=1)),
        [draw(4, 5, scale=100)],
        "tg.log_softmax(x, axis=1)",
    ),
    "binary": (binary, [np.linspace(-30, 30, 20)], "tg.log_sigmoid(-x)"),
    "squares": (lambda a, b: a * a - b * b, [np.array([1e4]), np.array([1e4 + 1e-2])], "(a + b)"),
    "roots": (
        lambda a: tg.sqrt(a + 1) - tg.sqrt(a),
        [np.array([1e7])],
        "(tg.sqrt(a) + tg.sqrt(b))",
    ),
    "tanh": (lambda x: 1 - tg.tanh(x) ** 2, [np.array([8.0, 8.5])], "1 / tg.cosh(x) ** 2"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_known_loss_is_found_and_its_remedy_said(name):
    f, inputs, remedy = BAD[name]
    found = tg.precision(f, *inputs)
    assert found
    assert remedy in found.serious[0].remedy
    assert found.serious[0].line.startswith(__file__)
    assert remedy.replace(" ", "") in str(found).replace("\n", "").replace(" ", "")


GOOD = {
    "softmax": (lambda x: tg.softmax(x, axis=-1), lambda s: [draw(4, 5, scale=100, seed=s)]),
    "log-sum-exp": (
        lambda x: tg.log(tg.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1)) + x.max(axis=1),
        lambda s: [draw(4, 5, scale=200, seed=s)],
    ),
    "cross entropy": (
        lambda x: nn.losses.cross_entropy(x, LABELS),
        lambda s: [draw(8, 5, scale=50, seed=s)],
    ),
    "variance": (lambda x: ((x - x.mean()) ** 2).mean(), lambda s: [draw(99, mean=1e3, seed=s)]),
    "standardised": (
        lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
        lambda s: [draw(50, 4, mean=10, seed=s)],
    ),
    "product": (lambda a, b: a @ b, lambda s: [draw(20, 50, seed=s), draw(50, 10, seed=s + 9)]),
    "sum": (lambda x: x.sum(), lambda s: [draw(10_000, seed=s)]),
    "difference": (lambda a, b: a - b, lambda s: [draw(50, seed=s), draw(50, seed=s + 9)]),
    "sigmoid": (tg.sigmoid, lambda s: [draw(50, scale=50, seed=s)]),
    "mse": (nn.losses.mse, lambda s: [draw(50, seed=s), draw(50, seed=s + 9)]),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_code_is_not_accused(name):
    f, inputs = GOOD[name]
    for seed in range(5):
        found = tg.precision(f, *inputs(seed))
        assert not found, found
    assert "nothing to mend" in str(found)


def networks():
    yield "dense", lambda: nn.Sequential(nn.Linear(10, 30), nn.ReLU(), nn.Linear(30, 5)), (8, 10)
    yield (
        "normed",
        lambda: nn.Sequential(
            nn.Linear(10, 30), nn.BatchNorm(30), nn.Tanh(), nn.LayerNorm(30), nn.Linear(30, 5)
        ),
        (8, 10),
    )
    yield (
        "images",
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)
        ),
        (8, 1, 8, 8),
    )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(("name", "make", "shape"), list(networks()))
def test_a_good_network_is_not_accused(name, make, shape, dtype):
    tg.random.seed(0)
    model = make()
    for seed in range(2):
        x = draw(*shape, seed=seed)
        loss = lambda out: nn.losses.cross_entropy(out, LABELS)  # noqa: E731
        found = tg.precision(model, x, loss=loss, dtype=dtype)
        assert not found, found
        assert found.gradients.keys() == {"argument 0", *dict(model.named_parameters())}


def test_what_is_another_function_is_no_remedy():
    x = draw(4, 4, mean=1e3)
    found = tg.precision(lambda x: (x * x).mean(axis=0) - x.mean(axis=1) ** 2, x)
    assert not any("var" in lost.remedy for lost in found.lost)


def test_what_gains_nothing_is_no_remedy():
    found = tg.precision(lambda a: tg.sqrt(a + 0.1) - tg.sqrt(a), np.array([1e7, 2e7]))
    assert found and not any(lost.remedy for lost in found.lost), found


# ------------------------------------------------------------------------------------- what is told


def test_what_is_lost_by_itself_and_what_is_inherited():
    def f(x):
        spread = (x * x).mean() - x.mean() ** 2
        return tg.sqrt(spread)

    found = tg.precision(f, draw(50, mean=1e3))
    (lost,) = found.serious
    assert lost.op == "subtract" and lost.own_digits > 4
    assert lost.effect == pytest.approx(lost.own / 2, rel=0.2)  # a root halves a relative error
    assert lost.total > 0 and 3 < lost.digits < 7
    assert found.results["result"] > 1e-3


def test_what_the_whole_is_wrong_by_is_what_the_precision_makes_of_it():
    x = draw(50, mean=1e3).astype(np.float32)
    f = lambda x: (x * x).mean() - x.mean() ** 2  # noqa: E731
    found = tg.precision(f, x)
    right = f(tg.tensor(x.astype(np.float64))).item()
    wrong = f(tg.tensor(x)).item()
    assert found.results["result"] == pytest.approx(abs(wrong - right) / right, rel=1e-9)


def test_overflow_and_underflow():
    found = tg.precision(lambda x: tg.log(1 + tg.exp(x)), np.array([1.0, 100.0, 90.0, 80.0]))
    assert "exp overflows at x > 88.7: 2 of 4 entries" in str(found)
    assert found.results["result"] == np.inf
    assert {lost.op for lost in found.serious} == {"exp"}  # not what it is handed on to
    found = tg.precision(lambda x: tg.exp(x).sum(), np.array([1.0, 12.0]), dtype="float16")
    assert "exp overflows at x > 11.1: 1 of 2 entries" in str(found)
    found = tg.precision(lambda x: tg.log(x + 1e-12), np.array([0.0, 1.0]), dtype="float16")
    assert "1e-12 at test_precision.py" in str(found) and "is 0 in float16" in str(found)
    found = tg.precision(lambda x: (x * x).sum() * 1e-9, np.array([1e-3, 1e-2]), dtype="float16")
    assert "gradient of argument 0: 2 of 2 entries underflow to 0" in str(found)


def test_an_overflow_that_shows_in_the_gradient_alone():
    found = tg.precision(lambda x: 1 / (1 + tg.exp(-x)), np.linspace(-120, 120, 40))
    assert found.results["result"] < 1e-6 and found.gradients["argument 0"] == np.inf
    assert found.serious[0].op == "exp" and "tg.sigmoid(x)" in found.serious[0].remedy


def test_a_module_is_told_by_its_path_and_left_as_it_was():
    class Spread(nn.Module):
        def forward(self, x):
            return (x * x).mean(axis=1) - x.mean(axis=1) ** 2

    model = nn.Sequential(nn.Linear(4, 6), Spread()).astype("float64")
    model[0].bias.assign(np.full(6, 500.0))
    before = model.state_dict()
    found = tg.precision(model, draw(3, 4))
    assert found.serious[0].path == "model.layers[1]" and "model.layers[1]" in str(found)
    after = model.state_dict()
    assert all(np.array_equal(before[k], after[k]) for k in before)
    assert all(p.dtype == np.float64 and p.grad is None for p in model.parameters())

    def fails(out):
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        tg.precision(model, draw(3, 4), loss=fails)
    assert model[0].weight.dtype == np.float64


def test_statistics_that_a_run_changes_are_put_back():
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm(6))
    before = model.state_dict()
    tg.precision(model, draw(3, 4))
    assert all(np.array_equal(before[k], v) for k, v in model.state_dict().items())


def test_draws_and_decisions_are_those_of_the_narrow_run():
    tg.random.seed(0)
    drop = nn.Dropout(p=0.5)
    found = tg.precision(lambda x: drop(x).sum() + (x * (x > 0)).sum(), draw(100))
    assert not found, found


def test_containers_integers_and_numbers():
    found = tg.precision(
        lambda d, n, s: {"a": d["x"] ** n, "b": [s * d["y"]]},
        {"x": draw(3), "y": np.ones(2)}, np.arange(1, 4), 2.5,
    )  # fmt: skip
    assert found.results.keys() == {"result['a']", "result['b'][0]"}
    assert found.gradients.keys() == {"argument 0['x']", "argument 0['y']", "argument 2"}


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0)])
def test_single_numbers_and_none(shape):
    assert not tg.precision(lambda x: tg.exp(x) * 2, np.full(shape, 0.3))


def test_arrays_of_more_digits_that_a_function_holds():
    model = nn.Linear(4, 3)
    found = tg.precision(lambda x: model(x), draw(2, 4), dtype="float16")
    assert "1 of 1 operations take arrays of more digits" in str(found)
    assert "more digits" not in str(tg.precision(model, draw(2, 4), dtype="float16"))


def test_a_table_and_a_notebook():
    found = tg.precision(*BAD["variance"][:1], *BAD["variance"][1])
    head, row = found.table().splitlines()
    assert head.split() == ["operation", "own", "in", "all", "costs", "where"]
    assert row.startswith("subtract") and "test_precision.py:" in row
    page = found._repr_html_()
    assert "<td>mean(x²) − mean(x)²: write tg.var(x" in page and page.startswith("<p>precision:")
    assert max(map(len, str(tg.precision(tg.exp, draw(3))).splitlines())) <= 96


def test_errors():
    text = told(lambda: tg.precision(tg.exp, draw(3), dtype="float64"), errors.ArgumentError)
    assert text == "precision: dtype is float16 or float32, not float64"
    text = told(lambda: tg.precision(3, draw(3)), errors.DTypeError)
    assert text.startswith("precision: f is a function of tensors or a module, not")
    text = told(lambda: tg.precision(lambda x: 1.0, draw(3)), errors.DTypeError)
    assert text.startswith("precision: the function returned no tensor that it computed, but")


# ------------------------------------------------------------------------ out of range, and blame


@pytest.mark.parametrize(
    ("f", "inputs", "op", "remedy"),
    [
        (lambda a: a.sum() / a.size, [np.full(3000, 50.0)], "sum", "Σ x / n: write tg.mean(x"),
        (lambda a: a.sum(), [np.full(3000, 50.0)], "sum", ""),
        (
            lambda a, b: (a @ b) / 1000,
            [np.full((3, 100), 50.0), np.full((100, 3), 50.0)], "matmul", "",
        ),
    ],
)  # fmt: skip
def test_what_overflows_in_half_precision_is_serious(f, inputs, op, remedy):
    (lost,) = tg.precision(f, *inputs, dtype="float16").serious
    assert lost.op == op and lost.remedy.startswith(remedy) and bool(lost.remedy) == bool(remedy)


def test_a_remedy_that_overflows_is_none():
    (lost,) = tg.precision(lambda a: a.sum() / 7, np.full(10, 1e38)).serious
    assert lost.op == "sum" and not lost.remedy
    (lost,) = tg.precision(lambda a: a.sum() / a.size, np.full(10, 1e38)).serious
    assert lost.remedy.startswith("Σ x / n: write tg.mean(x")


def test_an_underflow_is_the_fault_of_what_is_0():
    x = np.linspace(1.0, 2.0, 20)
    found = tg.precision(lambda g: g / (tg.sqrt(g * g) + 1e-30), x * 1e-24)
    assert [lost.op for lost in found.serious] == ["multiply"]
    assert found.serious[0].remarks == ("multiply underflows below 1e-45: 20 of 20 entries are 0",)
    found = tg.precision(lambda p: tg.log(tg.prod(p)), x / 2000)
    assert [lost.op for lost in found.serious] == ["prod"]


def test_nan_in_both_runs_is_said():
    assert "result: 2 of 3 entries are NaN in float64, too" in repr(
        tg.precision(lambda a: tg.log(a) + 1, np.array([-1.0, -2.0, 3.0]))
    )


def test_what_ran_in_double_is_not_called_right():
    found = repr(tg.precision(lambda v: (v + np.zeros(3)) * 2, np.ones(3)))
    assert "nothing to mend" not in found and "take arrays of more digits" in found


def test_an_argument_is_no_constant():
    x = np.linspace(-40, -20, 30)
    (lost,) = tg.precision(lambda x, n: tg.log(n + tg.exp(x)), x, 1).serious
    assert not lost.remedy


def test_random_numbers_and_statistics_are_left_as_they_were():
    model = tg.nn.Sequential(tg.nn.BatchNorm(3), tg.nn.Dropout(p=0.5))
    x, before = np.ones((4, 3)), model.state_dict()
    tg.random.seed(7)
    first = tg.random.normal(3).numpy()
    for f in (model, lambda x: model(x)):
        tg.random.seed(7)
        tg.precision(f, x)
        assert np.array_equal(tg.random.normal(3).numpy(), first)
    for name, array in model.state_dict().items():
        assert np.array_equal(array, before[name])

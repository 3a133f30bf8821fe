"""What ``tg.judge`` must not say, and what it takes: found by those who tried to break it."""

import io
import sys

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn


def logistic():
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(3, 5)), np.array([[1.0, 0.0, 1.0, 1.0, 0.0]])
    W = tg.tensor(rng.normal(size=(1, 3)), requires_grad=True)
    b = tg.tensor(np.zeros((1, 1)), requires_grad=True)
    A = tg.sigmoid(W @ X + b)
    return X, Y, W, b, A, -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum() / 5


@pytest.mark.parametrize(("dtype", "small"), [("float32", 1e-4), ("float64", 1e-10)])
@pytest.mark.parametrize(
    ("k", "said"), [(-1, "the sign is wrong"), (0, ": 0 there"), (7, "7 times"), (1, "right")]
)
def test_small_elements_are_judged_too(dtype, small, k, said):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20, 3)).astype(dtype)
    X[:, 2] *= small
    W = tg.tensor(rng.normal(size=(3, 2)).astype(dtype), requires_grad=True)
    loss = ((X @ W - 1) ** 2).sum()
    dW = np.array([sum(x[i] * 2 * (x @ W.numpy() - 1) for x in X[::-1]) for i in range(3)])
    dW[2] *= k
    mark = tg.judge(loss, {"dW": dW})["dW"]
    assert mark.ok is (k == 1) and said in mark.text


@pytest.mark.parametrize(("dtype", "k"), [("float32", 1.0003), ("float16", 1.15)])
def test_a_sign_is_not_wrong_that_is_right(dtype, k):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6, 3)).astype(dtype)
    W = tg.tensor(rng.normal(size=(3, 2)).astype(dtype), requires_grad=True)
    loss = ((X @ W) ** 2).sum() * np.dtype(dtype).type(0.1)
    loss.backward()
    judged = tg.judge(loss, {"dW": W.grad.numpy() * np.dtype(dtype).type(k)})
    assert not judged and "sign" not in str(judged) and "too large" in str(judged)


def test_what_nobody_judged_is_not_right():
    _, _, W, _b, _, loss = logistic()
    loss.backward()
    judged = tg.judge(loss, {"dW": W.grad, "ddb": np.full((1, 1), 99.0)})
    assert not judged and "did you mean db?" in judged["ddb"].text


def test_zeros_are_zeros_and_numbers_are_those_of_the_graph():
    X, Y, _, _, A, loss = logistic()
    N, H, lr = 20, 4, 0.2  # noqa: F841  left from something else
    assert "it is 0 everywhere" in tg.judge(loss, {"dW": np.zeros((1, 3))})["dW"].text
    dW = (A.numpy() - Y) @ X.T / 5
    assert "N" not in tg.judge(loss, {"dW": dW / 10})["dW"].text
    assert "lr" not in tg.judge(loss, {"dW": dW * lr})["dW"].text
    db = (A.numpy() - Y).sum(keepdims=True) / 5 + 0.3
    assert tg.judge(loss, {"db": db})["db"].verdict == "unexplained"


def test_what_does_not_follow_from_what_is_wrong_is_wrong_itself():
    X, Y, _, _, A, loss = logistic()
    judged = tg.judge(loss, {"dW": "(A-Y) @ X.T", "db": "(A-Y).sum(1, keepdims=True)"})
    assert [m.key for m in judged.wrong] == ["dW", "db"]
    assert judged["db"].text.endswith("as dW")
    del X, Y, A


def test_lists_of_parameters():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 9))
    Ws = [tg.tensor(rng.normal(size=(3, 3)), requires_grad=True) for _ in range(2)]
    A1 = tg.tanh(Ws[0] @ X)
    A2 = Ws[1] @ A1
    loss = (A2 * A2).sum() / 2
    d1 = Ws[1].numpy().T @ A2.numpy() * (1 - A1.numpy() ** 2)
    dWs = [d1 @ X.T, A2.numpy() @ A1.numpy().T]
    for grads in (
        dict(zip(("dW1", "dW2"), dWs, strict=True)), dict(zip(("dW0", "dW1"), dWs, strict=True)),
        {"Ws": dWs}, {"dW": [None, *dWs]}, dWs, {"dW1": dWs[0].tolist(), "dW2": dWs[1]},
    ):  # fmt: skip
        assert tg.judge(loss, grads)


def test_a_list_that_fits_in_another_order_only_is_refused():
    _, _, W, b, _, loss = logistic()
    loss.backward()
    assert tg.judge(loss, [W.grad, b.grad])
    with pytest.raises(errors.ArgumentError, match=r"they fit the order b, W\. Write wrt=\[b, W\]"):
        tg.judge(loss, [b.grad, W.grad])


def test_names_are_those_of_the_graph_first():
    ata, data = (tg.tensor([k] * 3, requires_grad=True) for k in (1.0, 2.0))
    loss = (ata * data * np.array([1.0, 2.0, 3.0], np.float32)).sum()
    assert tg.judge(loss, {"data": [1.0, 2.0, 3.0]})


def test_formulas_each_by_itself_in_any_order():
    X, Y, W, _, A, loss = logistic()  # noqa: RUF059  the formulas have it
    m = 5
    kept = X.copy()
    judged = tg.judge(
        loss,
        {"dW": "dZ @ X.T / m", "dZ": "A - Y", "db": "sum(dZ[:, i:i+1] for i in range(m)) / m"},
    )
    assert judged
    judged = tg.judge(loss, {"dZ": "X.fill(0) or A - Y", "dW": "dZ @ X"})
    assert "dZ is (1, 5), X is (3, 5): they do not fit; dZ @ X.T would" in judged["dW"].text
    assert judged["dZ"].ok and np.array_equal(X, kept)
    del W, A, m


def test_functions_get_copies_and_are_to_return_something():
    X, Y, _, _, A, loss = logistic()
    kept = X.copy()

    def backward(X, Y, A):
        dW = (A - Y) @ X.T / 5
        X[:] = 0
        return {"dW": dW}

    assert tg.judge(loss, backward) and np.array_equal(X, kept)
    with pytest.raises(errors.ArgumentError, match="is its return missing"):
        tg.judge(loss, lambda X: None)
    del Y, A


def test_checkpoints_stay_as_they_are():
    x = tg.tensor(np.random.default_rng(0).normal(size=(8, 3)))
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(p=0.5), nn.Linear(4, 1))
    loss = (tg.checkpoint(net)(x) ** 2).mean()
    before = net[1].running_mean.numpy().copy()
    loss.backward()
    assert tg.judge(loss, {"0.weight": net[0].weight.grad})
    assert np.array_equal(before, net[1].running_mean.numpy())


def test_time_and_shapes():
    _, _, _, _, _, loss = logistic()
    wrong = np.random.default_rng(0).normal(size=(1, 3))
    for limit in ("a", -1, True):
        with pytest.raises(errors.ArgumentError, match="a number of seconds"):
            tg.judge(loss, {"dW": wrong}, time_limit=limit)
    assert "time was over" in tg.judge(loss, {"dW": wrong}, time_limit=1e-9)["dW"].text
    assert "time was over" not in str(tg.judge(loss, {"dW": wrong}, time_limit=None))
    assert "(0, 3)" in tg.judge(loss, {"dW": np.ones((0, 3))})["dW"].text


def test_terminals_without_signs(monkeypatch):
    _, _, W, _, _, loss = logistic()
    judged = tg.judge(loss, {"dW": W.numpy()})
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert str(judged).isascii()

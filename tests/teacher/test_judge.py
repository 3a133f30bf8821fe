"""``tg.judge`` names what is wrong with gradients of networks written by hand."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.teacher.judging import judgement as judgement_of


def tensors(rng, *shapes):
    return [tg.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]


def values(*given):
    return [np.array(t.numpy()) for t in given]


class TwoLayers:
    """The course's network of course 1, week 3: tanh, then sigmoid; samples in columns."""

    def __init__(self, seed=0, m=25, lambd=0.0):
        rng = np.random.default_rng(seed)
        self.m, self.lambd = m, lambd
        self.X, self.Y = rng.normal(size=(3, m)), (rng.random((1, m)) > 0.5) * 1.0
        self.W1, self.b1, self.W2, self.b2 = tensors(rng, (5, 3), (5, 1), (1, 5), (1, 1))
        self.Z1 = self.W1 @ self.X + self.b1
        self.A1 = tg.tanh(self.Z1)
        self.Z2 = self.W2 @ self.A1 + self.b2
        self.A2 = tg.sigmoid(self.Z2)
        Y, A2 = self.Y, self.A2
        self.cost = -tg.sum(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)) / m
        if lambd:
            self.cost = self.cost + lambd / (2 * m) * (tg.sum(self.W1**2) + tg.sum(self.W2**2))

    def grads(self, slope=lambda z, a: 1 - a**2, dZ2=lambda a, y: a - y):
        m, lambd = self.m, self.lambd
        W1, W2, Z1, A1, A2 = values(self.W1, self.W2, self.Z1, self.A1, self.A2)
        dz2 = dZ2(A2, self.Y)
        dz1 = (W2.T @ dz2) * slope(Z1, A1)
        return {
            "dZ2": dz2, "dW2": dz2 @ A1.T / m + lambd / m * W2,
            "db2": dz2.sum(1, keepdims=True) / m,
            "dZ1": dz1, "dW1": dz1 @ self.X.T / m + lambd / m * W1,
            "db1": dz1.sum(1, keepdims=True) / m,
        }  # fmt: skip

    def judge(self, grads, **settings):
        m, lambd = self.m, self.lambd  # noqa: F841  as a user's own function has them
        W1, b1, W2, b2 = self.W1, self.b1, self.W2, self.b2  # noqa: F841
        Z1, A1, Z2, A2, X, Y = self.Z1, self.A1, self.Z2, self.A2, self.X, self.Y  # noqa: F841
        return tg.judge(self.cost, grads, **settings)


def parameters_of(grads):
    return {key: value for key, value in grads.items() if "Z" not in key}


class TestRight:
    def test_the_courses_scale_and_the_engines_are_both_right(self):
        net = TwoLayers()
        grads = net.grads()
        assert net.judge(grads)
        assert net.judge({**grads, "dZ2": grads["dZ2"] / net.m, "dZ1": grads["dZ1"] / net.m})
        assert net.judge(grads)["dZ1"].text == "right, as m ∂J/∂Z1"

    @pytest.mark.parametrize("spelt", ["{}", "d{}", "grad_{}", "∂{}", "{}.grad", "dJ_d{}", "d_{}"])
    def test_names(self, spelt):
        net = TwoLayers()
        grads = {spelt.format(key[1:]): g for key, g in parameters_of(net.grads()).items()}
        assert net.judge(grads)
        assert not net.judge({**grads, spelt.format("W2"): 2 * net.grads()["dW2"]})

    def test_a_list_is_in_the_order_of_the_parameters(self):
        net = TwoLayers()
        grads = net.grads()
        right = [grads[key] for key in ("dW1", "db1", "dW2", "db2")]
        assert net.judge(right)
        assert net.judge(right[::-1], wrt=[net.b2, net.W2, net.b1, net.W1])
        with pytest.raises(errors.ArgumentError, match=r"3 gradients in a list, and 4 parameters"):
            net.judge(right[:3])

    def test_rounding_is_said(self):
        net = TwoLayers()
        grads = net.grads()
        grads["dW1"] = grads["dW1"] * (1 + 3e-7 * np.random.default_rng(0).normal(size=(5, 3)))
        judged = net.judge(grads)
        assert judged and judged["dW1"].verdict == "rounding"
        assert "but for rounding" in judged["dW1"].text

    def test_float32(self):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(20, 4)).astype(np.float32)
        W = tg.tensor(rng.normal(size=(4, 3)).astype(np.float32), requires_grad=True)
        A = tg.tanh(X @ W)
        loss = (A * A).mean()
        a = A.numpy()
        dW = X.T @ (2 * a * (1 - a**2)) / a.size
        assert tg.judge(loss, {"dW": dW})
        assert "the mask" not in str(tg.judge(loss, {"dW": dW * 2}))
        assert "2 times too large" in str(tg.judge(loss, {"dW": dW * 2}))


def test_gradients_by_a_list_are_called_by_the_callers_variables():
    weights, offsets = tg.ones((3, 2), requires_grad=True), tg.ones(2, requires_grad=True)
    loss = ((tg.ones((4, 3)) @ weights + offsets) ** 2).mean()
    found = tg.judge(loss, [np.ones((3, 2)), np.ones(2)], wrt=[weights, offsets])
    assert [mark.key for mark in found] == ["dweights", "doffsets"]
    with pytest.raises(KeyError, match="'W' was not judged; there is dweights, doffsets"):
        found["W"]


SLOPES = {
    "taken at Z1 where A1 is meant": lambda z, a: 1 - z**2,
    "the derivative of tanh is missing": lambda z, a: 1.0,
    "the square is missing in the derivative of tanh": lambda z, a: 1 - a,
    "the derivative of sigmoid stands in dZ1": lambda z, a: a * (1 - a),
    "A1 stands in dZ1 where the derivative of tanh is meant": lambda z, a: a,
}


class TestWrong:
    @pytest.mark.parametrize("said", SLOPES)
    @pytest.mark.parametrize("with_steps", [True, False])
    def test_derivative(self, said, with_steps):
        net = TwoLayers()
        grads = net.grads(slope=SLOPES[said])
        judged = net.judge(grads if with_steps else parameters_of(grads))
        (mark,) = judged.wrong
        assert said in mark.text
        assert mark.key == ("dZ1" if with_steps else "dW1")
        assert judged["db1"].verdict == "given"

    def test_factor_by_its_name_with_both_formulas(self):
        net = TwoLayers()
        grads = net.grads()
        grads["dW2"] = grads["dW2"] * net.m
        (mark,) = net.judge(grads).wrong
        assert mark.text == "25 times too large (m = 25): divide by m"
        told = str(net.judge(grads))
        assert "you have dW2 = dZ2 A1ᵀ\n" in told
        assert "it is    dW2 = dZ2 A1ᵀ / m\n" in told

    def test_sign_of_all_is_told_once(self):
        net = TwoLayers()
        (mark,) = net.judge(net.grads(dZ2=lambda a, y: y - a)).wrong
        assert mark.key == "dZ2" and "sign" in mark.text

    def test_regularisation(self):
        net = TwoLayers(lambd=0.7)
        grads = net.grads()
        assert net.judge(grads)
        W1, W2, b1 = values(net.W1, net.W2, net.b1)
        term = net.lambd / net.m
        for key, wrong, said in [
            ("dW1", -term * W1, "the regularisation term λ / m W1 is missing"),
            ("dW2", term * W2, "the regularisation term λ / m W2 is there twice"),
            ("dW2", net.lambd * W2 - term * W2, "term λ / m W2 is 25 times too large (m = 25)"),
            ("db1", term * b1, "b1 is regularised, but not in the cost: λ / m b1 is too many"),
        ]:
            (mark,) = net.judge({**grads, key: grads[key] + wrong}).wrong
            assert mark.key == key and said in mark.text

    def test_shapes_and_axes(self):
        net = TwoLayers()
        grads = net.grads()
        dZ1, m = grads["dZ1"], net.m
        for key, wrong, said in [
            ("dW1", grads["dW1"].T, "it is transposed"),
            ("db1", dZ1.sum(1) / m, "keepdims=True is missing"),
            ("db1", dZ1.sum(0, keepdims=True) / m, "summed over axis 0, where axis 1 is meant"),
            ("db1", dZ1 / m, "the sum over axis 1 is missing"),
            ("db1", dZ1.sum() / m, "summed over axis 0 and 1, where axis 1 is meant"),
            ("dW1", None, "None"),
            (
                "dW1",
                np.where(np.arange(5)[:, None] == 2, 0, grads["dW1"]),
                "only row 2 is wrong: 0",
            ),
            ("dW2", grads["dZ2"] @ values(net.Z1)[0].T / m, "Z1 stands in dW2 where A1 is meant"),
        ]:
            (mark,) = net.judge({**grads, key: wrong}).wrong
            assert mark.key == key and said in mark.text, said

    def test_several_in_a_chain_are_each_named_given_the_others(self):
        net = TwoLayers(lambd=0.7)
        grads = net.grads(slope=lambda z, a: 1.0, dZ2=lambda a, y: (a - y) * a * (1 - a))
        grads["dW1"] = grads["dW1"] - net.lambd / net.m * values(net.W1)[0]
        marks = net.judge(grads).wrong
        assert [m.key for m in marks] == ["dZ2", "dZ1", "dW1"]
        assert "the derivative of sigmoid is applied twice" in marks[0].text
        assert marks[1].text.startswith("given your dZ2: the derivative of tanh is missing")
        assert "regularisation term λ / m W1 is missing" in marks[2].text

    def test_what_nothing_explains_is_said_with_numbers(self):
        net = TwoLayers()
        grads = net.grads()
        grads["dW2"] = np.random.default_rng(5).normal(size=(1, 5))
        (mark,) = net.judge(grads).wrong
        assert mark.verdict == "unexplained"
        assert "I cannot say why" in mark.text

    def test_steps_stop_at_the_first(self):
        net = TwoLayers()
        grads = net.grads(slope=lambda z, a: 1.0)
        grads["dW1"] = grads["dW1"] * 2
        judged = net.judge(grads, steps=True)
        assert [m.key for m in judged.marks] == ["dZ2", "dW2", "db2", "dZ1"]
        assert str(judged).endswith("stopped here: put this right, and judge again")


class TestHandedIn:
    def test_formulas_use_the_callers_names_and_each_other(self):
        net = TwoLayers()
        judged = net.judge(
            {"dZ2": "A2 - Y", "dW2": "dZ2 @ A1.T", "db2": "dZ2.mean(1, keepdims=True)"}
        )
        (mark,) = judged.wrong
        assert mark.key == "dW2" and mark.line == "dZ2 @ A1.T"

    def test_a_function_is_called_with_arrays(self):
        net = TwoLayers()
        X, Y, m = net.X, net.Y, net.m
        Z1, A1, W2, A2 = net.Z1, net.A1, net.W2, net.A2
        W1, b1, b2 = net.W1, net.b1, net.b2  # noqa: F841

        def backward(cache, Y):
            A1, A2, W2 = cache
            dZ2 = A2
            dZ2 -= Y  # in place, as assignments do
            dW2 = np.dot(dZ2, A1.T) / m
            dZ1 = np.dot(W2.T, dZ2) * (1 - A1)
            return dZ2, dW2, dZ1

        cache = (A1, A2, W2)
        for judged in (tg.judge(net.cost, backward, cache, Y), tg.judge(net.cost, backward)):
            (mark,) = judged.wrong
            assert mark.key == "dZ1" and "the square is missing" in mark.text
            assert mark.line == "dZ1 = np.dot(W2.T, dZ2) * (1 - A1)"
        del X, Z1

    def test_errors_say_what_to_write(self):
        net = TwoLayers()
        grads = net.grads()
        for wrong, error, said in [
            ({"dQ": 1.0}, errors.ArgumentError, "nothing in the graph of the loss is called dQ"),
            ({}, errors.ArgumentError, 'write tg.judge(loss, {"dW1": dW1'),
            ({"dW1": object()}, errors.DTypeError, "an array of numbers, or a formula"),
            ({"dW1": "A2 - Q"}, errors.ArgumentError, "name 'Q' is not defined"),
            (lambda nowhere: nowhere, errors.ArgumentError, "needs 'nowhere'"),
        ]:
            with pytest.raises(error) as caught:
                net.judge(wrong)
            assert said in str(caught.value)
        with pytest.raises(errors.DTypeError, match=r"write tg\.judge\(f\(W, b\), …\)"):
            tg.judge(lambda w: w, grads)
        with pytest.raises(errors.GraphError, match="only a scalar"):
            tg.judge(net.A2, grads)
        with pytest.raises(errors.GraphError, match="requires_grad=True"):
            tg.judge(tg.tensor(1.0), grads)

    def test_after_backward_it_works_until_a_parameter_changes(self):
        w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
        loss = (w**2).sum()
        loss.backward()
        assert tg.judge(loss, {"dw": [2.0, 4.0, 6.0]})
        assert "it is    dw = 2 w" in str(tg.judge(loss, {"dw": [1.0, 2.0, 3.0]}))
        w.assign(w.data - 0.1 * w.grad.data)
        with pytest.raises(errors.GraphError, match="before the optimizer's step"):
            tg.judge(loss, {"dw": [2.0, 4.0, 6.0]})

    def test_the_input_of_the_first_layer_has_a_gradient_too(self):
        net = TwoLayers()
        grads = net.grads()
        right = values(net.W1)[0].T @ grads["dZ1"]
        X, W1, Z1 = net.X, net.W1, net.Z1  # noqa: F841
        for key in ("dX", "dA0"):
            assert tg.judge(net.cost, {key: right})
            assert not tg.judge(net.cost, {key: 3 * right})


class TestShown:
    def test_as_a_table(self):
        net = TwoLayers()
        grads = net.grads()
        grads["dW2"] = grads["dW2"] * net.m
        page = net.judge(grads)._repr_html_()
        assert "✔" in page and "✘" in page and "<math" in page and "divide by m" in page

    def test_in_the_picture_of_the_loss(self):
        net = TwoLayers()
        grads = net.grads()
        grads["dZ2"] = 2 * grads["dZ2"]
        judgement = net.judge(grads)
        svg = judgement.render().svg()
        assert "✘ dZ2" in svg and "✔ dW1" in svg and "share of its norm" in svg
        assert "✘ dZ2" in judgement.render(theme="dark", backward=True, title="mine").svg()
        page = judgement._repr_html_()
        (here,) = set(re.findall(r'<a href="#(judged-\d+)">', page))
        assert f'<div id="{here}"><svg' in page and page.count("<a href") == len(grads)
        assert judgement._repr_html_().count(here) == 0  # each table leads to a picture of its own
        with pytest.raises(errors.ArgumentError, match="write tg"):
            judgement.render(labels={})

    def test_where_the_picture_would_be_large_there_is_none(self):
        w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
        x = w
        for _ in range(judgement_of.MOST_DRAWN):
            x = x * 1.01
        judgement = tg.judge(x.sum(), {"w": [1.0, 1.0]}, time_limit=0.1)
        assert "<svg" not in judgement._repr_html_()
        assert "✘ w" in judgement.render().svg()

"""The formulas of a whole graph: their letters, their names, what is refused.

That they give the numbers of the graph: see drawing/test_derived.py.
"""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.autodiff import place_of
from tensorgraph.errors import DerivationError, GraphError
from tensorgraph.formulas import whole_graph
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.simplifier import Simplifier
from tensorgraph.formulas.whole_graph import graph_formulas, layer_letters


def leaf(*shape):
    return tg.tensor(np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape), requires_grad=True)


def formulas(output, **named):
    names = {place_of(each): name for name, each in named.items()}
    return graph_formulas(output, names, Scope(None), seconds=60.0), {
        name: place for place, name in names.items()
    }


def letters(output, **named):
    scope = Scope(None)
    scope.places.update({place_of(each): name for name, each in named.items()})
    return list(layer_letters(place_of(output), scope).values())


def test_layers_are_numbered_as_in_textbooks():
    X, W1, b1, W2 = leaf(4, 3), leaf(3, 5), leaf(5), leaf(5, 2)
    loss = tg.sigmoid(tg.relu(X @ W1 + b1) @ W2).sum()
    assert letters(loss) == ["Z1", "A1", "Z2", "A2"]


def test_a_letter_that_is_taken_is_given_to_nothing_else():
    X, W1, W2 = leaf(4, 3), leaf(3, 5), leaf(5, 2)
    A1 = tg.relu(X @ W1)
    Z2 = A1 @ W2
    assert letters(tg.sigmoid(Z2).sum(), A1=W2) == ["Z1", "H1", "Z2", "A2"]
    assert letters(tg.sigmoid(Z2).sum(), out=Z2) == ["Z1", "A1", "A2"]


def test_a_bias_belongs_to_its_product_unless_others_take_that_too():
    X, W, b = leaf(4, 3), leaf(3, 5), leaf(5)
    P = X @ W
    with_bias = P + b
    assert place_of(with_bias) in layer_letters(place_of(tg.tanh(with_bias).sum()), Scope(None))
    shared = layer_letters(place_of((tg.tanh(with_bias) * P).sum()), Scope(None))
    assert place_of(P) in shared and place_of(with_bias) not in shared


def test_values_and_gradients_in_each_others_terms():
    X, W, b, Y = leaf(4, 3), leaf(3, 2), leaf(2), tg.tensor(np.eye(4)[:, :2])
    A = tg.sigmoid(X @ W + b)
    loss = ((A - Y) ** 2).sum()
    found, place = formulas(loss, X=X, W=W, b=b, A=A, Y=Y, loss=loss)
    texts = {name: found.gradients[place[name]].text for name in ("W", "b", "A", "X", "loss")}
    assert texts == {
        "W": "dW = Xᵀ dZ1", "b": "db = Σ₀ dZ1", "A": "dA = 2 (A − Y)", "X": "dX = dZ1 Wᵀ",
        "loss": "dloss = 1",
    }  # fmt: skip
    assert found.values[place["A"]].text == "A = σ(Z1)"
    assert "Z1" in found.letters.values() and found.untold == {}
    assert found.gradients[place["W"]].mathml.startswith("<math")


def test_settings_stand_with_the_box_and_not_in_its_formula():
    x = leaf(1, 1, 4, 4)
    w = leaf(1, 1, 3, 3)
    y = tg.conv(x, w, padding="same")
    found, place = formulas(tg.tanh(y).sum(), x=x, w=w, y=y)
    assert found.values[place["y"]].text == "y = conv(x, w)"
    assert found.gradients[place["w"]].text == "dw = conv_weight_grad(x, dy)"


def test_where_nothing_has_a_name_there_is_nothing_to_tell():
    found, _ = formulas((leaf(3) * 2.0).sum())
    assert found == whole_graph.GraphFormulas({}, {}, {}, {}, {}, ())


def test_more_than_one_element_starts_from_a_gradient_of_ones():
    x = leaf(3)
    y = tg.exp(x)
    found, place = formulas(y, x=x, y=y)
    assert found.gradients[place["x"]].text == "dx = y ∘ dy"


def test_a_formula_without_a_name_that_is_wrong_is_refused(monkeypatch):
    x = leaf(3)
    y = tg.exp(x)
    loss = (tg.sin(y) * 2.0).sum()
    simplest = Simplifier.simplest

    def wrong(self, raw, cuts):
        price, e, *rest = simplest(self, raw, cuts)
        return price, e + e, *rest

    def formulas_after_those_with_names(self, letters):
        monkeypatch.setattr(Simplifier, "simplest", wrong)
        return written(self, letters)

    written = whole_graph._Found.formulas
    monkeypatch.setattr(whole_graph._Found, "formulas", formulas_after_those_with_names)
    with pytest.raises(DerivationError, match="please report this"):
        formulas(loss, x=x, y=y)


def test_a_released_graph_is_refused():
    x = leaf(3)
    loss = (x * x).sum()
    loss.backward()
    with pytest.raises(GraphError, match="derive: "):
        formulas(loss, x=x)

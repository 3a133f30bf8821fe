"""A name or a class where an object is wanted: what is said."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.train import fit

X, Y = np.ones((4, 2), "float32"), np.zeros((4, 1), "float32")


class Thing:
    """A class that can be made of anything."""

    def __init__(self, *args):
        pass


def trained(model=None, loss=nn.losses.mse, optimizer=None, **options):
    model = model or nn.Linear(2, 1)
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.1)
    return fit(model, loss, optimizer, (X, Y), epochs=1, progress=False, **options)


def stepped(**settings):
    optim.Adam(nn.Linear(2, 1).parameters(), **settings)


CASES = {
    "a loss": (lambda: trained(loss="mse"), r"write tg\.nn\.losses\.mse, without quotes"),
    "a class for a loss": (
        lambda: trained(loss=Thing),
        r"the loss is the class Thing, .* Thing\(\)",
    ),
    "an optimizer": (lambda: trained(optimizer="adam"), r"write tg\.optim\.Adam\(model\.named"),
    "a class for an optimizer": (
        lambda: trained(optimizer=optim.Adam),
        r"is the class Adam; write",
    ),
    "a class for a model": (
        lambda: trained(model=nn.Linear, optimizer="sgd"),
        r"not the class Linear; write model = L",
    ),
    "metrics": (lambda: trained(metrics=["accuracy"]), r"a dict of functions by name, .* write"),
    "a metric": (
        lambda: trained(metrics={"a": "accuracy"}),
        "the metric 'a' is 'accuracy'; .* write",
    ),
    "a class for a metric": (
        lambda: trained(metrics={"a": Thing}),
        "'a' is the class Thing; .* write",
    ),
    "a class for a callback": (
        lambda: trained(callbacks=[Thing]),
        r"not the class Thing; write Thing\(\)",
    ),
    "a class for early stopping": (
        lambda: trained(early_stopping=tg.train.EarlyStopping),
        "the class EarlyStopping; write early",
    ),
    "a class that clips": (lambda: trained(clip=Thing), "clip is the largest norm .* not <class"),
    "an initialiser": (
        lambda: nn.Linear(2, 1, init="he"),
        r"write .* init=tg\.nn\.init\.he_normal",
    ),
    "another one": (
        lambda: nn.Linear(2, 1, init="xavier"),
        r"init=tg\.nn\.init\.xavier_normal \(the course's; PyTorch's is glorot_normal\)",
    ),
    "a class for an initialiser": (
        lambda: nn.Linear(2, 1, init=Thing),
        "the class Thing is not an init",
    ),
    "a layer": (lambda: nn.Sequential("relu"), r"layer 0 is 'relu', .* write nn\.ReLU\(\)"),
    "a layer of two words": (lambda: nn.Sequential("leaky_relu"), r"write nn\.LeakyReLU\(\)"),
    "a class for a layer": (
        lambda: nn.Sequential(nn.Linear(2, 1), nn.ReLU),
        r"the class ReLU, not .* write ReLU\(\)",
    ),
    "a class that takes something": (lambda: nn.Sequential(nn.Linear), r"write Linear\(…\)"),
    "a module in a dict": (lambda: nn.ModuleDict({"a": "tanh"}), r"write nn\.Tanh\(\)"),
    "data for a layer's settings": (
        lambda: nn.Softmax(tg.ones(3)),
        r"write Softmax\(\)\(x\), or tg\.so",
    ),
    "the base of activations": (lambda: nn.Activation("relu"), r"write nn\.ReLU\(\)"),
    "a class for a rate": (
        lambda: stepped(lr=optim.schedules.cosine),
        r"class cosine; write cosine\(…\)",
    ),
    "a rate": (lambda: stepped(lr="0.1"), r"lr is '0\.1'; it must be a number"),
    "a function": (lambda: tg.grad("f"), "differentiates a function, not 'f'"),
    "a class for a function": (lambda: tg.grad(nn.Linear), "a function, not the class Linear"),
    "a function to be checked": (
        lambda: tg.testing.gradcheck("f", X),
        "checks a function, not 'f'",
    ),
    "a cost": (lambda: optim.minimize("mse", []), r"write minimize\(lambda: loss\(model\(x\), y\)"),
}


@pytest.mark.parametrize("what", CASES)
def test_it_leads_to_the_object(what):
    call, message = CASES[what]
    with pytest.raises((ArgumentError, DTypeError), match=message):
        call()

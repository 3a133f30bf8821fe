"""What is said of a run that comes to no good: the learning rate, or a logarithm of 0."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import AnomalyError, DivergenceError
from tensorgraph.nn.losses import mse

X = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def network(last=None):
    tg.random.seed(0)
    layers = [nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)]
    return nn.Sequential(*layers, *([last] if last else []))


def diverged(model, loss, lr, scale=1):
    with pytest.raises(DivergenceError) as caught:
        optimizer = optim.SGD(model.parameters(), lr=lr)
        tg.train.fit(model, loss, optimizer, (X * scale, Y), epochs=30, progress=False)
    return str(caught.value)


def test_fit_names_a_learning_rate_that_is_too_large_first():
    text = diverged(network(), mse, lr=1e6)
    cause = text.partition("cause: ")[2]
    assert cause.startswith("the learning rate, 1e+06, is too large: parameters have grown to")
    assert "write a smaller one, such as lr=100000. What became too large first:\n  linear" in cause


def test_the_learning_rate_is_not_to_blame_for_what_it_did_not_do():
    def loss(output, target):
        return tg.log(output - output).mean()

    assert "learning rate, 0.001" not in diverged(network(), loss, lr=0.001)


def test_a_plain_loop_says_so_too_and_calls_parameters_by_their_paths():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1e6)

    def loop():
        for _ in range(30):
            optimizer.zero_grad()
            mse(model(X), Y).backward()
            optimizer.step()

    message = (
        r"^the gradient of 'layers\.0\.weight' is not finite .*; nothing was updated\. Try a"
        r" smaller learning rate first \(parameters have grown to .*\), or clip the gradients"
    )
    with pytest.raises(AnomalyError, match=message):
        loop()
    with pytest.raises(AnomalyError, match="so large come of a learning rate that is too large"):
        tg.debug(loop)()


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (nn.Sigmoid(), r"the sigmoid in model\.layers\[3\] .* from z itself, nn\.losses\.binary_c"),
        (nn.Softmax(axis=0), r"the softmax in .* from z itself, nn\.losses\.cross_entropy\("),
    ],
)
def test_the_logarithm_of_a_saturated_output_leads_to_the_loss_from_logits(last, loss):
    """Also through 1 − a, whose 0 is the logarithm's operand."""

    def by_hand(a, y):
        return -(y * tg.log(a) + (1 - y) * tg.log(1 - a)).mean()

    text = diverged(network(last), by_hand, lr=0.1, scale=1e4)
    assert re.search(loss, text)
    z = tg.tensor([200.0], requires_grad=True)
    with tg.debug(), pytest.raises(AnomalyError, match=r"the sigmoid before .* tg\.sigmoid_cross"):
        tg.log(1 - tg.sigmoid(z))
    with tg.debug(), pytest.raises(AnomalyError) as caught:
        tg.log(z - z)
    assert "from z itself" not in str(caught.value)

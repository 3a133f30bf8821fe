"""What is said of a name that is not there."""

import pickle

import pytest

import tensorgraph as tg
from tensorgraph.errors import MissingNameError
from tensorgraph.leads import attributes


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        (tg, "cat", "module 'tensorgraph' has no attribute 'cat'; write tg.concat([x, y], axis=0)"),
        (tg.nn, "relu", "module 'tensorgraph.nn' has no attribute 'relu'; write tg.relu"),
        (tg, "Linear", "module 'tensorgraph' has no attribute 'Linear'; write tg.nn.Linear"),
        (tg.optim, "DataLoader", "write tg.data.Batches(X, labels, batch_size=2)"),
        (tg.nn.init, "kaiming_normal_", "write tg.nn.init.he_normal((4, 3))"),
        (tg.random, "split", "write [tg.random.Generator(seed) for seed in range(2)]"),
        (tg.random, "laplace", "write tg.tensor(np.random.default_rng(0).laplace(size=(2, 3)))"),
        (tg.random, "gamma", "write tg.tensor(np.random.default_rng(0).gamma(2.0, size=(2, 3)))"),
        (tg, "device", "'device'; all is computed by NumPy, on the CPU: leave it out"),
        (tg, "tensr", "module 'tensorgraph' has no attribute 'tensr'; did you mean 'tensor'?"),
        (tg.nn, "RELU", "'RELU'; did you mean 'ReLU'?"),
        (tg.optim, "addam", "'addam'; did you mean 'Adam'?"),
        (tg.testing, "gradchek", "; did you mean 'gradcheck'?"),
        (tg.random, "nonsense", "module 'tensorgraph.random' has no attribute 'nonsense'"),
    ],
)
def test_names_of_modules(module, name, told):
    with pytest.raises(AttributeError) as caught:
        getattr(module, name)
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize(
    ("make", "name", "told"),
    [
        (lambda: tg.nn.Linear(2, 3), "kernel", "'Linear' object has no attribute 'kernel'; write"),
        (lambda: tg.nn.Linear(2, 3), "summary", "; write print(model)"),
        (lambda: tg.nn.Linear(2, 3), "wieght", "; did you mean 'weight'?"),
        (lambda: tg.optim.schedules.constant(0.1), "step", "; write optimizer.step()"),
        (lambda: tg.train.History(), "history", '; write history["train_loss"]'),
        (lambda: tg.ones(3), "minimum", "; write tg.minimum(x, y)"),
        (lambda: tg.ones(3), "where", "; write tg.where(x > 0, x, y)"),
        (lambda: tg.ones(3), "concat", "; write tg.concat([x, y])"),
        (lambda: tg.ones((2, 3, 4)), "view", "; write x.reshape(2, -1)"),
        (lambda: tg.ones((2, 3)), "squeeze_", "; write x.squeeze() (tensors do not change: x = …)"),
        (lambda: tg.ones((2, 3)), "t_", "; write A.T (tensors do not change: A = …)"),
        (lambda: tg.random.Generator(0), "beta", "; write generator.draw(lambda rng: rng.beta("),
        (lambda: tg.random.Generator(0), "normal", "; write tg.random.normal((2, 3), generator="),
        (lambda: tg.ones(3), "maen", "a Tensor has no attribute 'maen'; did you mean 'mean'?"),
    ],
)
def test_attributes_of_objects(make, name, told):
    with pytest.raises(AttributeError) as caught:
        getattr(make(), name)
    assert told in str(caught.value)


def test_who_only_asks_looks_nothing_up(monkeypatch):
    def looked_up():
        raise AssertionError("a message was made that nobody reads")

    monkeypatch.setattr(attributes, "names", looked_up)
    assert not hasattr(tg, "cat")
    assert getattr(tg.nn, "CrossEntropyLoss", None) is None
    assert not hasattr(tg.ones(3), "view")
    assert not hasattr(tg.nn.ReLU(), "to")


def test_the_interpreter_adds_no_other_name():
    with pytest.raises(MissingNameError) as caught:
        tg.tensr  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("tensr", None)


def test_the_error_can_be_pickled():
    with pytest.raises(MissingNameError) as caught:
        tg.cat  # noqa: B018
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is AttributeError and str(again) == str(caught.value)


def test_an_error_inside_a_property_is_its_own():
    class Scaled(tg.nn.Module):
        @property
        def factor(self):
            return self.inner.factor_of_nothing

        def __init__(self):
            self.inner = [1]

    with pytest.raises(AttributeError, match="'list' object has no attribute 'factor_of_nothing'"):
        Scaled().factor  # noqa: B018


@pytest.mark.parametrize("protocol", ["__array_interface__", "__length_hint__", "__wrapped__"])
def test_protocols_are_refused_at_once(protocol):
    for value in (tg.ones(3), tg.nn.ReLU(), tg.optim.schedules.constant(0.1)):
        with pytest.raises(AttributeError) as caught:
            getattr(value, protocol)
        assert type(caught.value) is AttributeError

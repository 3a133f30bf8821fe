"""What a compiled step changes lies where everybody finds it, and what was handed out stays."""

import os
import threading

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.compiler.numpy_runner import numpy_runner
from tests.compiler.back_ends import compiled, on_every_back_end
from tests.compiler.test_compiled_steps import assert_alike

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])


class Trainer:
    """A small classifier with its optimizer."""

    def __init__(self, make_optimizer=optim.Adam):
        tg.random.seed(0)
        self.model = nn.Sequential(
            nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 3, dtype="float64")
        )
        self.optimizer = make_optimizer(self.model.named_parameters())

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.losses.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def left(self):
        return [
            [p.data for p in self.model.parameters()],
            [p.grad for p in self.model.parameters()],
            self.optimizer.state_dict(),
        ]


def both(runner, make=Trainer):
    """Return two equal trainers and the step of each, the first one compiled."""
    one, other = make(), make()
    return one, other, compiled(one.step, runner), other.step


@on_every_back_end
def test_arrays_that_were_handed_out_never_change(runner):
    one, _, step, _ = both(runner)
    step(X, Y)
    first = one.model.layers[0]
    for k in range(4):
        weight = first.weight
        kept = [
            weight.data, weight.grad, weight.grad.data, weight.detach(), first.bias.grad.data[1:],
            (weight * weight).sum(), weight._data, one.optimizer.state_dict()["layers.0.weight/m"],
        ]  # fmt: skip
        chosen = kept[k:] if k < 3 else kept  # each alone may be what keeps an array
        before = [np.array(x.detach() if type(x) is tg.Tensor else x) for x in chosen]
        graph = (weight**3).sum()
        expected = 3 * weight.numpy().copy() ** 2
        step(X, Y)
        for x, y in zip(chosen, before, strict=True):
            np.testing.assert_array_equal(np.asarray(x.detach() if type(x) is tg.Tensor else x), y)
        np.testing.assert_allclose(tg.gradients(graph, weight).data, expected)
        assert not np.array_equal(weight.data, before[0])
        del kept, chosen, graph


@on_every_back_end
def test_each_way_to_an_array_keeps_it(runner):
    one, _, step, _ = both(runner)
    step(X, Y)
    step(X, Y)
    p = one.model.layers[0].weight
    ways = [
        lambda: p.data, lambda: p.data[1:], lambda: p._data, lambda: p.detach(), lambda: p.grad,
        lambda: p.grad.data, lambda: p.grad.data.T[1:], lambda: p.grad._data, lambda: p * 1.0,
    ]  # fmt: skip
    for way in ways:
        kept = way()
        array = np.asarray(kept.detach() if type(kept) is tg.Tensor else kept)
        before = array.copy()
        step(X, Y)
        np.testing.assert_array_equal(array, before)


@on_every_back_end
def test_nothing_is_copied_where_nobody_looks(runner):
    one, _, step, _ = both(runner)
    for _ in range(3):
        step(X, Y)
    places = [p._data.ctypes.data for p in one.model.parameters()]
    grads = [p.grad._data.ctypes.data for p in one.model.parameters()]
    step(X, Y)
    assert places == [p._data.ctypes.data for p in one.model.parameters()]
    assert grads == [p.grad._data.ctypes.data for p in one.model.parameters()]
    assert places == sorted(places)  # end to end, as the optimizer has them


def changes():
    """Yield what may come between two steps."""

    def load(trainer):
        state = {name: 0.5 * value for name, value in trainer.model.state_dict().items()}
        trainer.model.load_state_dict(state)

    def reload_optimizer(trainer):
        trainer.optimizer.load_state_dict(trainer.optimizer.state_dict())

    def other_rate(trainer):
        trainer.optimizer.lr = 0.25

    def other_betas(trainer):
        trainer.optimizer.betas = (0.5, 0.75)

    def assign(trainer):
        trainer.model.layers[0].weight.assign(np.ones((4, 3)))

    def forget(trainer):
        trainer.optimizer.zero_grad()

    def another_gradient(trainer):
        trainer.model.layers[0].weight.grad = np.ones((4, 3))

    def freeze(trainer):
        trainer.model.layers[0].weight.requires_grad = False

    def eager_step(trainer):
        Trainer.step(trainer, X[:4], Y[:4])

    def other_layer(trainer):
        trainer.model.layers[1] = nn.ReLU()

    def hook(trainer):
        trainer.model.layers[0].weight.register_hook(lambda g: g * 0.5)

    return [load, reload_optimizer, other_rate, other_betas, assign, forget, another_gradient,
            eager_step, freeze, other_layer, hook]  # fmt: skip


@on_every_back_end
@pytest.mark.parametrize("change", changes(), ids=lambda change: change.__name__)
def test_what_comes_between_two_steps_counts(change, runner):
    one, other, step, plain = both(runner)
    for k in range(9):
        if k % 3 == 0 and k:
            change(one)
            change(other)
        assert_alike(step(X, Y), plain(X, Y))
        assert_alike(one.left(), other.left())


@on_every_back_end
def test_a_gradient_that_is_not_finite_changes_nothing(runner):
    one, other, step, plain = both(runner)
    for _ in range(3):
        step(X, Y), plain(X, Y)
    bad = np.where(np.arange(3) == 1, np.nan, X)
    with pytest.raises(tg.errors.AnomalyError) as expected:
        plain(bad, Y)
    with pytest.raises(tg.errors.AnomalyError) as found:
        step(bad, Y)
    assert str(found.value) == str(expected.value)
    assert_alike(one.left()[0::2], other.left()[0::2])
    assert_alike(step(X, Y), plain(X, Y))
    assert_alike(one.left(), other.left())


@on_every_back_end
def test_a_label_out_of_range_is_told_as_ever(runner):
    one, other, step, plain = both(runner)
    for _ in range(3):
        step(X, Y), plain(X, Y)
    for bad in (Y + 1, Y - 1):
        with pytest.raises(ValueError) as expected:
            plain(X, bad)
        with pytest.raises(type(expected.value)) as found:
            step(X, bad)
        assert str(found.value) == str(expected.value)
    assert_alike(step(X, Y), plain(X, Y))
    assert_alike(one.left(), other.left())


@on_every_back_end
def test_masks_have_the_bits_of_the_function(runner):
    generator = tg.random.Generator(3)
    drop = nn.Dropout(p=0.25)

    def f(x):
        noise = tg.random.normal(4, generator=generator)
        return drop(x), noise, tg.random.permutation(5), tg.random.uniform((2, 3))

    run, x = compiled(f, runner), tg.ones((7, 5))
    found, expected = [], []
    for g, results in ((run, found), (f, expected)):
        tg.random.seed(1)
        generator.seed(2)
        for k in range(5):
            results.append([np.asarray(r).tobytes() for r in g(x)])
            if k == 3:
                results.append(tg.random.uniform().item())
                tg.random.seed(5)
        results.append(generator.state)
    assert found == expected


@on_every_back_end
def test_what_fails_has_drawn_nothing(runner):
    drop = nn.Dropout(p=0.5)
    w = tg.ones(20, requires_grad=True)
    optimizer = optim.SGD([w], 0.1)

    def f(x):
        optimizer.zero_grad()
        (drop(w) * x).sum().backward()
        optimizer.step()

    run, ones = compiled(f, runner), np.ones(20, "float32")
    for _ in range(3):
        run(ones)
    tg.random.seed(1)
    with pytest.raises(tg.errors.AnomalyError):
        f(np.nan * ones)
    after = tg.random.default_generator().state
    tg.random.seed(1)
    with pytest.raises(tg.errors.AnomalyError):
        run(np.nan * ones)
    assert tg.random.default_generator().state == after


@on_every_back_end
def test_gradients_that_add_up_over_calls(runner):
    def make():
        trainer = Trainer()

        def accumulate(x, y):
            loss = nn.losses.cross_entropy(trainer.model(x), y) / 2
            loss.backward()
            return loss

        def update():
            trainer.optimizer.step()
            trainer.optimizer.zero_grad()

        return trainer, accumulate, update

    one, other = make(), make()
    add, update = (compiled(f, runner) for f in one[1:])
    for k in range(12):
        assert_alike(add(X, Y), other[1](X, Y))
        assert_alike(one[0].left(), other[0].left())
        if k % 3 == 2:
            update(), other[2]()
            assert_alike(one[0].left(), other[0].left())


@on_every_back_end
def test_tied_weights_frozen_parts_and_metrics_without_gradient(runner):
    class Tied:
        def __init__(self):
            tg.random.seed(0)
            self.layer = nn.Linear(3, 3, dtype="float64")
            self.frozen = nn.Linear(3, 3, dtype="float64")
            nn.freeze(self.frozen)
            self.optimizer = optim.EWMAMomentum(self.layer.named_parameters(), 0.1)

        def step(self, x, y):
            self.optimizer.zero_grad()
            logits = self.layer(tg.tanh(self.frozen(self.layer(x)))) @ self.layer.weight
            loss = nn.losses.cross_entropy(logits, y) + nn.l2_penalty(self.layer, 0.1, m=6)
            loss.backward()
            (self.layer.weight**2).sum().backward()
            norm = optim.clip_by_global_norm(self.layer.named_parameters(), 0.5)
            self.optimizer.step()
            with tg.no_grad():
                correct = (logits.argmax(axis=1) == y).mean()
            return {"loss": loss, "correct": correct, "norm": norm}

        def left(self):
            return [[p.data, p.grad] for p in self.layer.parameters()]

    one, other = Tied(), Tied()
    step = compiled(one.step, runner)
    for _ in range(5):
        assert_alike(step(X, Y), other.step(X, Y))
        assert_alike(one.left(), other.left())


@on_every_back_end
def test_a_run_goes_on_from_what_was_saved(runner):
    one, other, step, _ = both(runner)
    for _ in range(6):
        step(X, Y)
    first = compiled(other.step, runner)
    for _ in range(3):
        first(X, Y)
    resumed = Trainer()
    resumed.model.load_state_dict(other.model.state_dict())
    resumed.optimizer.load_state_dict(other.optimizer.state_dict())
    second = compiled(resumed.step, runner)
    for _ in range(3):
        second(X, Y)
    assert_alike(one.left(), resumed.left())


@on_every_back_end
def test_threads_take_turns(runner):
    one, other, step, plain = both(runner)
    threads = [threading.Thread(target=lambda: [step(X, Y) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(40):
        plain(X, Y)
    assert_alike(one.left(), other.left())


@on_every_back_end
def test_a_forked_process_goes_on(runner):
    _, _, step, plain = both(runner)
    for _ in range(4):
        step(X, Y), plain(X, Y)
    expected = plain(X, Y).item()
    child = os.fork()
    if child == 0:
        os._exit(0 if np.isclose(step(X, Y).item(), expected, rtol=1e-10) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert np.isclose(step(X, Y).item(), expected, rtol=1e-10)


@pytest.mark.parametrize("after", [False, True])
def test_an_interrupted_step_is_taken_or_not(after):
    class Interrupted:
        """A runner during which Ctrl-C comes, before or after all is written."""

        comes = False

        def __init__(self, dataflow):
            self.run = numpy_runner(dataflow)

        def __call__(self, *given):
            if self.comes and not after:
                raise KeyboardInterrupt
            outputs = self.run(*given)
            if self.comes:
                raise KeyboardInterrupt
            return outputs

    one, other, step, plain = both(Interrupted)
    for _ in range(3):
        step(X, Y), plain(X, Y)
    Interrupted.comes = True
    with pytest.raises(KeyboardInterrupt):
        step(X, Y)
    Interrupted.comes = False
    if after:
        plain(X, Y)
    assert_alike(one.left(), other.left())
    assert_alike(step(X, Y), plain(X, Y))
    assert_alike(one.left(), other.left())


@on_every_back_end
def test_a_model_in_another_precision_stays_in_it(runner):
    model = nn.Linear(3, 2, dtype="float64")
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    run = compiled(step, runner)
    for _ in range(3):
        run(np.ones((2, 3)))
    model.astype("float32")
    before = model.weight.data
    losses = [run(np.ones((2, 3), "float32")).dtype for _ in range(3)]
    assert model.weight.dtype == np.float32 and losses == [np.float32] * 3
    assert (model.weight.data != before).all()

"""``tg.checkpoint``: what is computed again in backward gives what would have been kept."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.testing.strategies import graphs
from tests.engine.programs import Derivatives
from tests.engine.test_programs import EXAMPLES, assert_agree, random_like


def checkpointed(program, how):
    """Return a total of the leaves in which part of the program is computed again in backward."""

    def total(*leaves):
        if how == "arguments":
            return tg.checkpoint(program)(*leaves)
        if how == "closure":
            return tg.checkpoint(lambda: program(*leaves))()
        values = program.values(leaves)
        half = values[: program.offset + len(program.steps) // 2]
        if how == "half":
            return tg.checkpoint(lambda xs: program.total(program.resumed(xs)))(half)
        inner = tg.checkpoint(lambda xs: program.total(program.resumed(xs)))
        return tg.checkpoint(lambda *xs: inner(half) + 0 * sum(x.sum() for x in xs))(*leaves)

    return total


@pytest.mark.parametrize("how", ["arguments", "closure", "half", "nested"])
@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(max_steps=6))
def test_checkpoint_changes_nothing(how, program):
    vector = random_like(program.leaves, 9)
    expected = bent_derivatives(program, program, vector)
    found = bent_derivatives(checkpointed(program, how), program, vector)
    assert found.value == expected.value
    assert_agree(found.gradient, expected.gradient, relative=1e-12)
    assert_agree(found.product, expected.product, relative=1e-11)


def bent_derivatives(f, program, vector):
    """Return the derivatives of sin(f), so that what arrives at f has a gradient itself."""
    leaves = program.tensors()
    total = tg.sin(f(*leaves))
    plain = [g.numpy() for g in tg.gradients(total, leaves, retain_graph=True)]
    gradient = tg.gradients(total, leaves, create_graph=True)
    assert_agree([g.numpy() for g in gradient], plain, relative=1e-13)
    slope = sum(((g * v).sum() for g, v in zip(gradient, vector, strict=True)), tg.tensor(0.0))
    product = tg.gradients(slope, leaves) if slope.requires_grad else [x * 0 for x in leaves]
    return Derivatives(total.item(), plain, [p.numpy() for p in product])


@given(seed=st.integers(0, 1000))
def test_checkpoint_repeats_random_draws(seed):
    x = tg.tensor(np.linspace(0.5, 1.5, 5), requires_grad=True)

    def noisy(x):
        noise = tg.random.normal(5, dtype="float64")
        return (tg.sin(x * noise) * tg.random.uniform(5, dtype="float64")).sum()

    def run(f):
        tg.random.seed(seed)
        total = f(x) * f(x)
        after = tg.random.normal(3).numpy()  # draws between forward and backward
        (g,) = tg.gradients(total, [x], create_graph=True)
        (h,) = tg.gradients((g * g).sum(), [x])
        return total.numpy(), after, g.numpy(), h.numpy(), tg.random.normal(3).numpy()

    for found, expected in zip(run(tg.checkpoint(noisy)), run(noisy), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_graph_computed_once_more_has_the_same_values():
    """Pictures with values and searches for causes run the kernels of a graph again."""
    x = tg.tensor(np.ones(5), requires_grad=True)
    one = tg.checkpoint(lambda x: x * tg.random.normal(5, dtype="float64"))(x)
    pair = tg.checkpoint(lambda x: (x.sum(), x * tg.random.normal(5, dtype="float64")))(x)
    whole = pair[0].node.parents[0]
    for node, value in [(one.node, one), (whole, np.concatenate([x.numpy().sum()[None], pair[1]]))]:
        assert np.array_equal(node.op.compute([x.data], node.static), value)
    part = pair[1].node
    assert np.array_equal(part.op.compute([np.arange(6.0)], part.static), np.arange(1.0, 6.0))


def run_in_threads(work):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_threads_may_draw_inside_checkpoints_from_one_generator():
    generator = tg.random.Generator(0)

    def noisy(x):
        for _ in range(3):
            x = x * tg.random.bernoulli(0.5, x.shape, generator=generator) * 2 + x
        return x

    def compare(_):
        for _ in range(100):
            x = tg.tensor(np.ones(32), requires_grad=True)
            y = tg.checkpoint(noisy)(x)
            y.sum().backward()
            assert np.array_equal(x.grad, y)  # it is linear

    run_in_threads(compare)


def test_recomputing_leaves_the_generator_to_other_threads():
    """Every number is drawn once, by whomever, while another thread computes again."""
    generator = tg.random.Generator(5)
    x = tg.tensor(np.ones(8), requires_grad=True)
    y = tg.checkpoint(lambda x: x * tg.random.uniform(8, generator=generator))(x).sum()
    follower = tg.random.Generator()
    follower.state = generator.state
    drawn = []

    def work(k):
        for _ in range(200):
            if k == 0:
                tg.gradients(y, x, retain_graph=True)
            else:
                drawn.append(tg.random.uniform(dtype="float64", generator=generator).item())

    run_in_threads(work)
    expected = tg.random.uniform(600, dtype="float64", generator=follower)
    assert sorted(drawn) == sorted(expected.numpy())


def test_generators_made_and_seeded_inside():
    shared = tg.random.Generator(1)

    def noisy(x):
        own = tg.random.Generator(4)
        shared.seed(2)
        return x * tg.random.normal(2, generator=own) * tg.random.normal(2, generator=shared)

    x = tg.tensor([1.0, 1.0], requires_grad=True)
    y = tg.checkpoint(noisy)(x)
    tg.random.normal(3, generator=shared)
    state = shared.state
    y.sum().backward()
    assert np.array_equal(x.grad, y) and shared.state == state


def test_a_checkpoint_differentiated_inside_a_checkpoint(x):
    """What the inner one draws again was not drawn by the outer one."""
    inner = tg.checkpoint(lambda x: x * x * tg.random.uniform(2, dtype="float64"))

    def outer(x):
        return tg.grad(lambda x: inner(x).sum())(x) * tg.random.uniform(2, dtype="float64")

    y = tg.checkpoint(outer)(x)
    (g,) = tg.gradients(y.sum(), [x])
    np.testing.assert_allclose(g * x, y, rtol=1e-14)


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_was_changed_since_is_refused(x, create_graph):
    """Closures cannot be copied; the value, or the missing node, tells that something changed."""
    c, array, again = tg.tensor([2.0, 3.0]), np.array([2.0, 3.0]), []
    for f, change in (
        (lambda x: x * c, lambda: c.assign([50.0, 3.0])),
        (lambda x: x * array, lambda: array.fill(50.0)),
        (lambda x: tg.sin(x) if again else x * 1, lambda: again.append(1)),
        (lambda x: x.detach() * 1 if again else x * 1, lambda: again.append(1)),
        (lambda x: x if again else x * 1, lambda: again.append(1)),
        (lambda x: 3.0 if again else x * 1, lambda: again.append(1)),
    ):
        again.clear()
        y = tg.checkpoint(f)(x).sum()
        change()
        with pytest.raises(tg.errors.GraphError, match="when backward computed it again"):
            tg.gradients(y, x, create_graph=create_graph)


def test_arguments_may_be_changed_since():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    c, array, others = tg.tensor([2.0, 3.0]), np.array([5.0, 7.0], np.float32), [1.0]
    view = array[:]
    view.flags.writeable = False

    @tg.checkpoint
    def f(x, c, *, array, view, others):
        return x * c * array["a"] * view / array["a"] * sum(others)

    y = f(x, c, array={"a": array}, view=view, others=others)
    c.assign([50.0, 50.0])
    array.fill(0)
    others.append(9.0)
    y.sum().backward()
    assert x.grad.numpy().tolist() == [10.0, 21.0]


def test_without_a_graph_it_is_the_function():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.no_grad():
        y = tg.checkpoint(lambda x, *, by: x * by)(x, by=3.0)
    assert y.numpy().tolist() == [3.0, 6.0] and not y.requires_grad


def test_an_array_that_nobody_can_change_is_not_copied():
    x, array = tg.tensor([1.0, 2.0], requires_grad=True), np.array([5.0, 7.0], np.float32)
    array.flags.writeable = False
    met = []
    y = tg.checkpoint(lambda x, array: met.append(array) or x * array)(x, array)
    y.sum().backward()
    assert len(met) == 2 and met[0] is met[1] is array


@pytest.fixture
def x():
    return tg.tensor([1.0, 2.0], dtype="float64", requires_grad=True)


@pytest.fixture
def y():
    return tg.tensor([3.0, 5.0], dtype="float64", requires_grad=True)


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_fetched_one_at_a_time_with_one_seed(x, y, create_graph):
    """What an earlier pass computed and did not fetch must not be taken for this one's."""
    seed = tg.tensor([1.0, 10.0], dtype="float64") if create_graph else np.array([1.0, 10.0])
    z = tg.checkpoint(lambda x, y: x * y)(x, y)
    for target, expected in ((x, [3, 50]), (x, [3, 50]), (y, [1, 20]), (x, [3, 50])):
        g = tg.gradients(z, target, seed, create_graph=create_graph, retain_graph=True)
        assert np.array_equal(g.numpy(), expected)
    both = tg.gradients(z, [x, y], seed, create_graph=create_graph)
    assert np.array_equal(both[0].numpy(), [3, 50]) and np.array_equal(both[1].numpy(), [1, 20])


def test_a_tensor_that_is_returned_twice_gets_both_gradients():
    def twice(x):
        y = tg.sin(x)
        return y, {"again": y}

    def cost(f, x):
        once, more = f(x)
        return (2 * once + 3 * more["again"]).sum()

    x = tg.tensor([0.5, -1.0])
    found = tg.grad(lambda x: cost(tg.checkpoint(twice), x))(x)
    np.testing.assert_allclose(found, tg.grad(lambda x: cost(twice, x))(x))


def test_a_leaf_assigned_since_is_refused(x, y):
    closure = tg.checkpoint(lambda x: x * y)
    for leaf in (x, y):
        z = closure(x).sum()
        leaf.assign([7.0, 7.0])
        with pytest.raises(tg.errors.GraphError, match=r"before assign\(\)"):
            z.backward()
    assert x.grad is None and y.grad is None


def test_an_input_that_leads_to_another_input(x):
    """The walk inside ends at the inputs: it must not go on from one into what made it."""
    middle = tg.sin(x)
    expected = tg.gradients((middle * x).sum(), x)
    middle = tg.sin(x)
    total = tg.checkpoint(lambda a, b: (a * b).sum())(middle, x)
    assert np.array_equal(tg.gradients(total, x, retain_graph=True).numpy(), expected.numpy())
    by_middle = tg.gradients(total, [middle, x])
    assert np.array_equal(by_middle[0].numpy(), x.numpy())


def test_an_error_in_the_second_run_updates_nothing(x, y):
    runs = []

    def fails_again(x):
        runs.append(x)
        if len(runs) > 1:
            raise KeyError("second run")
        return x * 2

    total = (tg.checkpoint(fails_again)(x) * y).sum()
    state = tg.random.default_generator().state
    with pytest.raises(KeyError):
        total.backward()
    assert x.grad is None and y.grad is None and tg.is_grad_enabled()
    assert tg.random.default_generator().state == state


def test_it_keeps_only_its_inputs():
    """Between its inputs and its output nothing is saved, which is its purpose."""
    big = tg.tensor(np.ones(1000), requires_grad=True)
    block = tg.checkpoint(lambda t: tg.exp(tg.sin(tg.tanh(t))).sum())
    node = block(big).node
    assert not node.saved and node.parents == (big,)


def test_threads_may_differentiate_one_checkpoint(x, y):
    z = tg.checkpoint(lambda x, y: x * y)(x, y)
    wrong = []

    def differentiate(k):
        for _ in range(50):
            gx, gy = tg.gradients(z, [x, y], np.full(2, float(k)), retain_graph=True)
            if not (np.array_equal(gx, k * y.numpy()) and np.array_equal(gy, k * x.numpy())):
                wrong.append(k)

    threads = [threading.Thread(target=differentiate, args=(k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_recording_it_is_the_function():
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    with tg.no_grad():
        found = tg.checkpoint(tg.exp)(x)
    assert found.node is None and found.data.tolist() == tg.exp(x).data.tolist()

"""What is left of a failing example: for each planted fault, what a person would write."""

import numpy as np
from hypothesis import Phase, find, settings

import tensorgraph as tg
from tensorgraph.testing.strategies import (
    axis,
    broadcastable,
    datasets,
    einsum_spec,
    graphs,
    index,
    losses,
    modules,
    optimizers,
    tensors,
)
from tests.engine.programs import with_split_leaves

SETTINGS = settings(
    database=None,
    derandomize=True,
    max_examples=1000,
    phases=[Phase.generate, Phase.shrink],
)


def smallest(strategy, fails):
    """Return how the smallest example prints for which a test fails."""
    return repr(find(strategy, fails, settings=SETTINGS))


def test_an_operation_that_is_wrong_above_two_elements():
    def fails(x):
        doubled = 2 * x.numpy() * (1 if x.size <= 2 else 1.001)
        return not np.array_equal(doubled, (x + x).numpy())

    assert smallest(tensors(), fails) == ("tensor([1., 1., 1.], dtype=float64, requires_grad=True)")


def test_a_sum_that_takes_the_last_axis_for_the_first():
    x = np.arange(6.0).reshape(2, 3)

    def fails(axis):
        wrong = x.sum(0 if axis == -1 else axis)
        return not np.array_equal(wrong, tg.sum(x, axis=axis))

    assert smallest(axis((2, 3)), fails) == "-1"


def test_a_gradient_that_is_not_summed_over_copies():
    def fails(shapes):
        x, y = (tg.ones(shape, requires_grad=True) for shape in shapes)
        right = tg.gradients((x * y).sum(), x)
        return np.size(np.ones(x.shape) * y.numpy()) != right.size

    assert smallest(broadcastable(2), fails) == "((), (2,))"


def test_a_layer_that_is_wrong_for_three_features():
    def fails(network):
        return any(
            type(layer) is tg.nn.Linear and layer.out_features == 3
            for layer in network.module.modules()
        )

    assert smallest(modules(), fails).splitlines() == [
        "tg.random.seed(0)",
        "model = nn.Sequential(nn.Linear(1, 3)).astype('float64')",
        "x = np.random.default_rng(0).normal(size=(1, 1))",
    ]


def test_a_pooling_layer_that_forgets_a_row():
    def fails(network):
        return (
            any(type(layer) is tg.nn.MaxPool2d for layer in network.module.modules())
            and network.inputs[0].shape[2] % 2
        )

    layers = ["Conv", "MaxPool", "Flatten", "Linear", "ReLU"]
    assert smallest(modules("images", layers), fails).splitlines()[1:] == [
        "model = nn.Sequential(nn.MaxPool2d(2)).astype('float64')",
        "x = np.random.default_rng(0).normal(size=(1, 1, 3, 2))",
    ]


def test_an_optimizer_that_gives_the_second_group_the_rate_of_the_first():
    def stepped(make, wrong):
        params = [tg.tensor([1.0], requires_grad=True) for _ in range(2)]
        optimizer = make(params)
        if wrong and make.own:
            optimizer.groups[1].lr = optimizer.groups[0].lr
        (params[0] * params[1]).sum().backward()
        optimizer.step()
        return [p.item() for p in params]

    def fails(make):
        return stepped(make, True) != stepped(make, False)

    assert smallest(optimizers(), fails) == (
        "lambda params: tg.optim.SGD([{'params': params[:1]}, {'params': params[1:], 'lr': 0.01}],"
        " lr=0.1)"
    )


def test_a_loss_that_counts_missing_labels():
    def fails(call):
        loss, prediction, target = call
        if loss.keywords.get("reduction"):
            return False
        total = tg.nn.losses.cross_entropy(prediction, target, reduction="sum", **loss.keywords)
        return not np.isclose(total / len(target), loss(prediction, target))

    assert smallest(losses("cross_entropy"), fails) == (
        "tg.nn.losses.cross_entropy(np.array([[0.13, -0.13], [0.64, 0.1]]), np.array([0, -1]),"
        " ignore_index=-1)"
    )


def test_an_index_whose_negative_steps_are_taken_for_positive_ones():
    x = np.arange(2.0)

    def fails(key):
        wrong = x
        for entry in key if isinstance(key, tuple) else (key,):
            if isinstance(entry, slice) and (entry.step or 1) < 0:
                wrong = x[::-1]
        return not np.array_equal(wrong[key], tg.tensor(x)[key].numpy())

    assert smallest(index((2,)), fails) == "slice(None, None, -1)"


def test_a_contraction_that_sums_everything_where_a_letter_recurs():
    def fails(spec):
        subscripts, operands = spec
        if subscripts.startswith("ii") and len(operands) == 1:
            return not np.isclose(operands[0].sum(), tg.einsum(subscripts, *operands).sum())
        return False

    assert smallest(einsum_spec(), fails) == (
        "tg.einsum('ii', np.array([[0.13, -0.13], [0.64, 0.1]]))"
    )


def test_a_backward_pass_that_keeps_the_last_gradient_instead_of_the_sum():
    def fails(graph):
        split, owners = with_split_leaves(graph)
        copies = split.tensors()
        wrong = dict(zip(owners, tg.gradients(split(*copies), copies), strict=True))
        leaves = graph.tensors()
        right = tg.gradients(graph(*leaves), leaves)
        return any(not np.allclose(wrong[k].numpy(), g.numpy()) for k, g in enumerate(right))

    assert smallest(graphs(), fails).splitlines() == [
        "v0 = tg.tensor(np.array(0.41), requires_grad=True)",
        "v1 = tg.add(v0, v0)",
        "total = (v0 * np.array(0.77)).sum() + (v1 * np.array(0.54)).sum()",
    ]


def test_a_score_that_divides_by_the_number_of_other_classes():
    assert smallest(datasets(), lambda data: len(np.unique(data.labels)) == 1) == (
        "features = np.array([[0.13]])\nlabels = np.array([0])"
    )


def test_a_split_that_loses_a_rare_class():
    def fails(data):
        counts = np.unique(data.labels, return_counts=True)[1]
        return data.labels.dtype == int and len(counts) > 1 and counts.min() == 1 < counts.max()

    assert smallest(datasets(), fails) == (
        "features = np.array([[0.13], [-0.13], [2.64]])\nlabels = np.array([0, 0, 1])"
    )

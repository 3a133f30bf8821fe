"""What is said of two graphs: edits by hand, models, values, gradients, and the picture."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn

X = np.random.default_rng(0).normal(size=(3, 4))


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True)


def network(*between, width=8, head=3):
    tg.random.seed(0)
    return nn.Sequential(nn.Linear(4, width), *between, nn.Linear(width, head))


def found(a, b, *inputs, **options):
    """Return the operations added and removed, and what changed."""
    told = tg.diff(a, b, *inputs, **options)
    return [p.op for p in told.added], [p.op for p in told.removed], told.changed


# --------------------------------------------------------------------------------------- structure


@pytest.mark.parametrize("one, other, expected", [
    (lambda x, w: tg.relu(x @ w).sum(), lambda x, w: tg.relu(x @ w).sum(), ([], [], [])),
    (lambda x, w: tg.relu(x @ w).sum(), lambda x, w: tg.tanh(x @ w).sum(),
     ([], [], ["relu → tanh"])),
    (lambda x, w: (x @ w).sum(axis=0), lambda x, w: (x @ w).sum(axis=1),
     ([], [], ["axis=0 → axis=1"])),
    (lambda x, w: (x - w).sum(), lambda x, w: (w - x).sum(), ([], [], ["(x, w) → (w, x)"])),
    (lambda x, w: (x * 0.5).sum(), lambda x, w: (x * 0.25).sum(), ([], [], ["0.5 → 0.25"])),
    (lambda x, w: (x @ w).sum(), lambda x, w: tg.relu(x @ w).sum(), (["relu"], [], [])),
    (lambda x, w: tg.relu(tg.exp(x)).sum(), lambda x, w: tg.exp(x).sum(), ([], ["relu"], [])),
    (lambda x, w: tg.exp(x) + tg.tanh(x), lambda x, w: tg.exp(x) * tg.tanh(x),
     ([], [], ["add → multiply"])),
    # A skip connection, and independent branches in another order.
    (lambda x, w: tg.relu(x @ w).sum(), lambda x, w: (tg.relu(x @ w) + x).sum(), (["add"], [], [])),
    (lambda x, w: (lambda a, b: a * b)(tg.exp(x), tg.tanh(w)),
     lambda x, w: (lambda b, a: a * b)(tg.tanh(w), tg.exp(x)), ([], [], [])),
    # Two edits with equal layers between them.
    (lambda x, w: tg.relu(tg.exp(tg.exp(tg.tanh(x)))).sum(),
     lambda x, w: tg.abs(tg.exp(tg.exp(tg.sin(x)))).sum(),
     ([], [], ["tanh → sin", "relu → abs"])),
])  # fmt: skip
def test_an_edit_is_found_and_only_it(one, other, expected):
    x, w = leaf(np.ones((4, 4))), leaf(np.full((4, 4), 2.0))
    a, b = one(x, w), other(x, w)
    assert found(a, b, values=False) == expected
    assert bool(tg.diff(a, b, values=False)) == (expected != ([], [], []))
    back = found(b, a, values=False)
    assert (back[1], back[0], len(back[2])) == (expected[0], expected[1], len(expected[2]))


def test_a_hyperparameter_is_found_and_what_follows_from_it_is_not():
    image = np.ones((1, 1, 8, 8), np.float32)

    def model(stride):
        tg.random.seed(0)
        return nn.Sequential(nn.Conv2d(1, 2, 3, stride=stride), nn.ReLU(), nn.Flatten())

    assert found(model(1), model(2), image, values=False) == ([], [], ["default → stride=2"])
    text = str(tg.diff(model(1), model(2), image, values=False))
    assert "~ conv(" in text and "layers[0] Conv2d" in text


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_layer_put_between_others_is_all_that_is_added(at):
    layers = [nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.Tanh()]
    a = nn.Sequential(*layers)
    b = nn.Sequential(*layers[:at], nn.Sigmoid(), *layers[at:])
    told = tg.diff(a, b, X.astype(np.float32), values=False)
    assert ([p.op for p in told.added], told.removed, told.changed) == (["sigmoid"], [], [])
    assert told.added[0].path.endswith(f"layers[{at}]")
    assert len(told.renamed) == 2 * sum(isinstance(layer, nn.Linear) for layer in layers[at:])


def test_layers_that_change_places_are_told_by_the_names_of_their_parameters():
    w, v = leaf(np.ones((4, 4))), leaf(np.full((4, 4), 2.0))
    x = leaf(X)
    assert found((x @ w) @ v, (x @ v) @ w, values=False)[2] == ["y: w → v", "y: v → w"]


def test_names_are_no_difference():
    first = leaf(np.ones((4, 4)))
    a = tg.tanh(tg.tensor(X) @ first).sum()
    second = leaf(np.ones((4, 4)))
    b = tg.tanh(tg.tensor(X) @ second).sum()
    told = tg.diff(a, b)
    assert not told and told.renamed == [("first", "second")]


def test_sizes_and_types_are_told_at_the_leaves_only():
    small, large = network(nn.ReLU()), network(nn.ReLU(), width=16)
    changed = found(small, large, X.astype(np.float32), values=False)
    assert changed[:2] == ([], [])
    assert changed[2] == ["(8, 4) → (16, 4)", "(8,) → (16,)", "(3, 8) → (3, 16)"]
    w = leaf(X.astype(np.float32))
    told = tg.diff(tg.exp(w).sum(), tg.exp(leaf(X)).sum())
    assert told.changed == ["float32 → float64"]
    assert not told.values.results and not told.values.gradients  # they agree in float32


def test_a_frozen_parameter_is_a_difference():
    w, v = leaf(np.ones(3)), leaf(np.ones(3))
    a = (w * v).sum()
    frozen = tg.tensor(np.ones(3))
    told = tg.diff(a, (w * frozen).sum())
    assert told.changed == ["wants no gradient any more"]


def test_deep_chains_and_unrolled_cells_are_compared_without_recursion():
    def chain(n, other=None):
        h = leaf(X)
        for k in range(n):
            h = tg.sigmoid(h) if k == other else tg.tanh(h)
        return h.sum()

    a, b = chain(3000), chain(3000, 1500)
    told = tg.diff(a, b, values=False)
    assert told.changed == ["tanh → sigmoid"] and not told.added
    assert "… 1,499 operations the same …" in str(told)
    assert repr(told.render()) == "<picture of a → b: 7 boxes, 7 operations>"
    tg.random.seed(0)
    cell, xs = nn.LSTM(4, 4), tg.random.normal((2, 20, 4))
    assert not tg.diff(lambda x: cell(x)[0], lambda x: cell(x)[0], xs)
    assert (
        tg.diff(lambda x: cell(x)[0], lambda x: tg.tanh(cell(x)[0]), xs, values=False).added[0].op
        == "tanh"
    )


def test_two_things_that_share_nothing():
    told = tg.diff(tg.exp(leaf(X)), tg.sin(leaf(X[0])) * 2.0, values=False)
    assert told and told.removed + told.added + told.changed
    told.render().svg()


def test_traces_are_compared_by_their_operations():
    w = leaf([1.0, 2.0])
    one, other = (tg.trace(f, w) for f in (lambda w: w * w, lambda w: w * w + 1.0))
    assert found(one, other) == (["add"], [], []) and not tg.diff(one, one)


# ------------------------------------------------------------------------------------------ values


def layer_norm(x):
    mu = x.mean(axis=1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=1, keepdims=True)
    return (x - mu) / tg.sqrt(var + 1e-5)


def test_two_implementations_that_agree():
    ours, theirs, x = layer_norm, nn.LayerNorm(4, dtype=np.float64), leaf(X)
    assert not tg.diff(ours, theirs, x, structure=False)
    assert "they compute the same, by other operations" in str(
        tg.diff(ours, theirs, x, structure=False)
    )
    assert tg.diff(ours, theirs, x)  # by other operations


def test_where_two_implementations_differ_first():
    def wrong(x):
        mu = x.mean(axis=1, keepdims=True)
        var = ((x - mu) ** 2).sum(axis=1, keepdims=True) / 3
        return (x - mu) / tg.sqrt(var + 1e-5)

    x = leaf(X)
    told = tg.diff(layer_norm, wrong, x, structure=False)
    assert told and told.values.first.found.relative > 0.2
    text = str(told)
    assert "first differs here: var = divide(" in text
    assert "values agree up to square(subtract)" in text
    assert "result" in text and "12 of 12 elements" in text


def test_attention_of_ones_own_agrees_and_its_missing_scale_is_found():
    rng = np.random.default_rng(1)
    q, k, v = (leaf(rng.normal(size=(5, 4))) for _ in range(3))

    def attention(q, k, v, scale=0.5):
        scores = q @ k.mT * scale
        weights = tg.softmax(scores, axis=-1)
        return weights @ v

    def own(q, k, v):
        scores = (q @ k.mT) * 0.5
        powers = tg.exp(scores - scores.max(axis=-1, keepdims=True))
        return (powers / powers.sum(axis=-1, keepdims=True)) @ v

    def unscaled(q, k, v):
        scores = (q @ k.mT) * 1.0
        powers = tg.exp(scores - scores.max(axis=-1, keepdims=True))
        return (powers / powers.sum(axis=-1, keepdims=True)) @ v

    assert not tg.diff(attention, own, q, k, v, structure=False)
    told = tg.diff(attention, unscaled, q, k, v, structure=False)
    assert "first differs here: scores = multiply(" in str(told)


def test_a_gradient_that_is_wrong_is_found_where_it_begins():
    right = tg.op("twice_right", lambda x: 2 * x, vjp={"x": lambda g: 2 * g}, symbol="2x")
    wrong = tg.op("twice_right", lambda x: 2 * x, vjp={"x": lambda g: 3 * g}, symbol="2x")
    x = leaf(X)
    told = tg.diff(lambda x: tg.exp(right(tg.sin(x))).sum(), lambda x: tg.exp(
        wrong(tg.sin(x))
    ).sum(), x)  # fmt: skip
    assert not told.values.results and [d.starts for d in told.values.gradients] == [True, False]
    assert "∂sin: 12 of 12 elements" in str(told) and "it begins here" in str(told)
    assert tg.diff(lambda x: right(x).sum(), lambda x: wrong(x).sum(), x, structure=False)


def test_parameters_that_hold_other_numbers_are_told():
    model, other = network(nn.ReLU()), network(nn.ReLU())
    bias = other.layers[0].bias
    bias.assign(bias.data + np.float32(1e-7))
    told = tg.diff(model, other, X.astype(np.float32))
    assert [other.layers[0].bias.shape] == [(8,)]
    assert len(told.values.leaves) == 1 and "≠ layers.0.bias: 8 of 8 elements" in str(told)
    assert not tg.diff(model, other, X.astype(np.float32), atol=1e-6)
    assert not tg.diff(model, other, X.astype(np.float32), values=False)


def test_the_tolerance_is_the_coarser_types():
    x = leaf(X)
    assert not tg.diff(lambda x: tg.exp(x) * (1 + 1e-12), lambda x: tg.exp(x) * 1.0, x,
                       structure=False)  # fmt: skip
    assert tg.diff(lambda x: tg.exp(x) * (1 + 1e-6), lambda x: tg.exp(x) * 1.0, x, structure=False)
    assert not tg.diff(lambda x: tg.exp(x) * (1 + 1e-6), lambda x: tg.exp(x) * 1.0, x,
                       structure=False, rtol=1e-5)  # fmt: skip


# -------------------------------------------------------------------------------- text and picture


def test_a_difference_reads_like_that_of_two_files():
    a, b = network(nn.ReLU()), network(nn.Tanh(), nn.Dropout(p=0.5))
    lines = str(tg.diff(a, b, X.astype(np.float32), values=False)).splitlines()
    assert lines[0] == "Sequential: 1 added, 1 changed, 2 operations the same"
    assert [line[0] for line in lines[1:5]] == [" ", "~", "+", " "]
    assert "relu → tanh  in b.layers[1] Tanh" in lines[2]
    assert "renamed, which is no difference" in lines[5]


def test_both_graphs_are_one_picture():
    a, b = network(nn.ReLU(), nn.Tanh()), network(nn.ReLU(), nn.Dropout(p=0.5))
    picture = tg.diff(a, b, X.astype(np.float32), values=False).render()
    view = picture.view
    tones = {tile.title: tile.tone for tile in view.tiles if tile.kind == "op"}
    assert tones["tanh → x·D/keep_prob"] == "changed" and tones["relu"] == "same"
    c = network(nn.ReLU())
    view = tg.diff(a, c, X.astype(np.float32), values=False).render().view
    gone = next(tile for tile in view.tiles if tile.tone == "removed")
    assert (gone.title, gone.lines[0]) == ("tanh", "− removed")
    assert [key.word for key in view.keys] == ["− removed", "same"]
    assert "stroke-dasharray" in tg.diff(a, c, X.astype(np.float32)).render().svg()
    for text in (picture.dot(), picture.html()):
        assert "changed" in text
    html = tg.diff(a, b, X.astype(np.float32))._repr_html_()
    assert "<svg" in html and "<table" in html
    assert "<svg" not in tg.diff(a, a, X.astype(np.float32))._repr_html_()


def test_an_edit_in_one_of_many_equal_blocks_is_not_folded_away():
    def blocks(other=None):
        tg.random.seed(0)
        return nn.Sequential(*(
            nn.Sequential(nn.Linear(4, 4), nn.Tanh() if k == other else nn.ReLU())
            for k in range(12)
        ))  # fmt: skip

    view = tg.diff(blocks(), blocks(7), X.astype(np.float32), values=False).render().view
    changed = [tile.title for tile in view.tiles if tile.tone == "changed"]
    assert changed == ["relu → tanh"] and len(view.tiles) == 7


def test_a_block_added_to_equal_ones_is_no_copy_of_them():
    def blocks(count):
        return nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(count)))

    told = tg.diff(blocks(5), blocks(6), X.astype(np.float32), values=False)
    assert [part.op for part in told.added] == ["linear", "relu"]
    tones = [tile.tone for tile in told.render().view.tiles if tile.kind in ("op", "module")]
    assert "added" in tones and "changed" not in tones

    def chain(count):
        h = leaf(X)
        for _ in range(count):
            h = tg.tanh(h)
        return h.sum()

    view = tg.diff(chain(12), chain(24), values=False).render().view
    assert {tile.tone for tile in view.tiles} == {"same", "added"}
    assert {tile.repeat for tile in view.tiles} | {o.copies for o in view.outlines} == {1, 12}


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize("a, b, message", [
    (3, "text", "two graphs, models or runs are compared: .* not 3 and 'text'"),
    (lambda x: x, 5, "not 5 and"),
    ([], [], "not an empty list|not \\[\\]"),
])  # fmt: skip
def test_what_cannot_be_compared(a, b, message):
    with pytest.raises(tg.errors.DTypeError, match=message):
        tg.diff(a, b)


def test_options_and_inputs_are_checked():
    model = network()
    with pytest.raises(
        tg.errors.ArgumentError, match=r"diff: .*example of its arguments: tg\.diff"
    ):
        tg.diff(lambda x: x, lambda x: x)
    with pytest.raises(tg.errors.ArgumentError, match="diff: rtol"):
        tg.diff(model, model, rtol=-1)
    with pytest.raises(tg.errors.ArgumentError, match="diff: values is True or False"):
        tg.diff(model, model, values=3)
    with pytest.raises(tg.errors.GraphError, match="give an example of what they are"):
        tg.diff(model, network(nn.ReLU())).render()


# -------------------------------------------------- what was once called the same, and is another


@pytest.mark.parametrize("given", [np.asarray, tg.tensor, leaf])
def test_gradients_by_inputs_are_compared_however_these_are_given(given):
    x = given(np.linspace(0.1, 3, 7))
    detached = tg.diff(
        lambda x: tg.sin(x) * x, lambda x: tg.sin(x) * x.detach(), x, structure=False
    )
    assert "gradients differ" in str(detached) and "∂x: 7 of 7" in str(detached)
    unread = tg.diff(
        lambda x, w: x * w, lambda x, w: x * w.detach(), x, given(np.ones(7)), structure=False
    )
    assert "a gradient flows in the first only" in str(unread)


def test_gradients_are_of_a_sum_that_a_softmax_changes():
    def other(x):
        return tg.exp(x) / tg.exp(x).sum(axis=1, keepdims=True)

    def detached(x):
        return tg.exp(x) / tg.exp(x).sum(axis=1, keepdims=True).detach()

    assert not tg.diff(tg.softmax, other, X, structure=False)
    assert "gradients differ" in str(tg.diff(tg.softmax, detached, X, structure=False))


def test_more_results_are_a_difference():
    more = tg.diff(lambda x: (x * 2,), lambda x: (x * 2, x * 3), X, structure=False)
    assert more and "results: 1 → 2" in str(more)


def test_gradients_that_one_side_alone_has_are_named():
    w = leaf(np.ones((3, 1)))
    told = tg.diff(lambda x: x * 2 + w - w.detach(), lambda x: x + x, X, structure=False)
    assert "nothing to compare with: gradients of w, in the first only" in str(told)


def test_nothing_agrees_where_a_shape_is_another():
    told = str(tg.diff(nn.Linear(4, 4), nn.Linear(4, 5), X.astype(np.float32)))
    assert "shape (3, 4) → (3, 5)" in told and "agrees" not in told


def test_close_constants_are_told_in_as_many_digits_as_it_takes():
    told = tg.diff(lambda x: x * 1.0000001, lambda x: x * 1.0000002, X)
    assert told.changed == ["1.0000001 → 1.0000002"]


def test_frozen_parameters_keep_their_names():
    a, b = network(nn.ReLU()), network(nn.ReLU())
    nn.freeze(b.layers[0])
    told = str(tg.diff(a, b, X.astype(np.float32)))
    assert "~ layers.0.weight: wants no gradient any more" in told
    assert "∂layers.0.weight: a gradient flows in the first only" in told


def test_messages_are_those_of_diff():
    with pytest.raises(tg.errors.GraphError, match=r"^diff: nothing that .* or not at all"):
        tg.diff(lambda x: x, lambda x: x, X)
    with pytest.raises(tg.errors.ArgumentError, match=r"tg\.diff\(a, b, x\)"):
        tg.diff(tg.exp, tg.sin)

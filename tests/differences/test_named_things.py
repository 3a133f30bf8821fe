"""Checkpoints, histories, norms of runs, and modules that nothing runs, beside each other."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.differences.array_difference import Tolerance, difference, number_text
from tensorgraph.train import History

floats = arrays.arrays(
    np.float64, arrays.array_shapes(max_dims=3, min_side=0), elements=st.floats()
)


def network(*between):
    tg.random.seed(0)
    return nn.Sequential(nn.Linear(4, 8), *between, nn.Linear(8, 3))


# ------------------------------------------------------------------------------------ two arrays


@given(floats)
def test_an_array_is_like_itself(array):
    assert difference(array, array.copy(), Tolerance()) is None
    assert difference(array, array.copy(), Tolerance(), stored=True) is None
    assert difference(array, array.copy(), Tolerance(0.0, 0.0)) is None


def test_what_is_not_finite_is_like_itself():
    array = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert difference(array, array.copy(), Tolerance()) is None
    found = difference(array, np.array([np.nan, -np.inf, -np.inf, 1.0]), Tolerance())
    assert (found.count, found.at, found.ends) == (1, (1,), "inf → −inf")


@given(floats, st.data())
def test_one_other_element_is_found_at_its_place(array, data):
    if not array.size:
        return
    at = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    other = array.copy()
    other[at] = 0.0 if not np.isfinite(array[at]) else np.nan
    for a, b in ((array, other), (other, array)):
        found = difference(a, b, Tolerance())
        assert (found.count, found.at, found.size) == (1, at, array.size)
        assert found.largest == np.inf


@given(
    arrays.arrays(np.float64, 5, elements=st.floats(-1e6, 1e6)), st.floats(0, 1), st.floats(0, 1)
)
def test_a_tolerance_is_what_it_says(array, rtol, atol):
    other = array[::-1]
    near = np.abs(array - other) <= atol + rtol * np.maximum(np.abs(array), np.abs(other))
    found = difference(array, other, Tolerance(rtol, atol))
    assert (found is None) == near.all()
    if found is not None:
        assert found.count == 5 - near.sum() and found.largest == np.abs(array - other)[~near].max()


@pytest.mark.parametrize("a, b, stored, same", [
    (np.float32(1.0), np.float32(1.0 + 1e-6), False, True),
    (np.float32(1.0), np.float32(1.0 + 1e-6), True, False),
    (np.float32(0.1), np.float64(0.1), True, True),  # as the coarser type has it
    (np.float64(0.1), np.float64(0.1 + 1e-12), False, True),
    (np.float64(0.1), np.float64(0.1 + 1e-9), False, False),
    (np.array([1e6, 1.0], "f4"), np.array([1e6, 1.5], "f4"), False, True),  # beside the largest
    (np.array([1, 2]), np.array([1, 3]), False, False),
    (np.array([True]), np.array([False]), False, False),
    (np.array([1 + 1j]), np.array([1 - 1j]), False, False),
    (np.float16(1.0), np.float16(1.001), False, True),
])  # fmt: skip
def test_what_is_alike_by_default(a, b, stored, same):
    assert (difference(a, b, Tolerance(), stored) is None) == same


def test_numbers_in_words():
    texts = [number_text(n) for n in (np.float32(-0.5), 3, np.bool_(True), 1 - 2j, np.nan)]
    assert texts == ["−0.5", "3", "True", "1-2j", "nan"]
    assert str(difference(np.ones(2), np.ones(3), Tolerance())) == "shape (2,) → (3,)"


# ---------------------------------------------------------------------------------------- by name


def test_two_checkpoints_tell_which_parameters_differ_and_by_how_much():
    a, b = network(nn.ReLU()), network(nn.ReLU())
    assert not tg.diff(a.state_dict(), b.state_dict())
    assert str(tg.diff(a.state_dict(), b.state_dict())) == "the same: 4 arrays"
    b.layers[2].bias.assign(b.layers[2].bias.data + 0.5)
    b.layers[0].weight.assign(b.layers[0].weight.data * np.float32(1.001))
    told = tg.diff(a.state_dict(), b.state_dict())
    assert [each.name for each in told.changed] == ["layers.2.bias", "layers.0.weight"]  # by size
    assert "≠ layers.2.bias: 3 of 3 elements" in str(told) and "0 → 0.5" in str(told)
    wide = tg.diff(a.state_dict(), network(nn.ReLU(), nn.Linear(8, 8)).state_dict())
    assert wide.added == ["layers.3.weight", "layers.3.bias"]
    assert [each.found.what for each in wide.changed] == ["shape", "shape"]
    assert "+ layers.3.weight" in str(wide)


def test_states_of_optimizers_are_compared_all_through():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    states = []
    for lr in (0.1, 0.2):
        optimizer = tg.optim.Adam([w], lr=lr)
        (w * w).sum().backward()
        optimizer.step()
        states.append(optimizer.state_dict())
        w.assign([1.0, 2.0])
        w.grad = None
    told = tg.diff(*states)
    assert told and any("lr" in each.name for each in told.changed)
    assert not tg.diff(states[0], states[0])


def test_histories_tell_from_which_epoch_on():
    runs = [History(), History()]
    for epoch in (1, 2, 3):
        for k, run in enumerate(runs):
            loss = 1 / epoch + 0.25 * k * (epoch > 1)
            run.append(epoch=epoch, train_loss=loss, lr=0.1, seconds=epoch * (k + 1.0))
    told = tg.diff(*runs)
    assert [(each.name, each.row) for each in told.changed] == [("train_loss", 2)]
    assert "≠ train_loss: from epoch 2 on, where it is 0.5 → 0.75" in str(told)
    assert not tg.diff(runs[0], runs[0]) and not tg.diff(*runs, rtol=1.0)
    runs[1].append(epoch=4, train_loss=0.0, lr=0.1, seconds=0.0)
    longer = str(tg.diff(*runs, rtol=1.0))
    assert "epoch: length 3 rows → 4" in longer


def test_watched_runs_are_compared_by_their_norms():
    def watched(lr):
        model, x = network(nn.Tanh()), np.ones((2, 4), np.float32)
        watch = nn.Watch(model)
        optimizer = tg.optim.SGD(model.parameters(), lr=lr)
        for _ in range(2):
            with watch:
                model(x).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
        return watch

    assert not tg.diff(watched(0.1), watched(0.1))
    told = tg.diff(watched(0.1), watched(0.2))
    assert {each.row for each in told.changed} == {2} and "from step 2 on" in str(told)


def test_arrays_without_a_name():
    assert not tg.diff(np.ones(3, np.float32), tg.ones(3)) and tg.diff(1.0, 2.0)
    assert "dtype float64 → float32" in str(tg.diff(np.ones(3), tg.ones(3)))
    assert "values: 1 of 2 elements, most at [1]: 2 → 3" in str(
        tg.diff(np.array([1, 2]), np.array([1, 3]))
    )


@pytest.mark.parametrize("run", [{"a": lambda: 3}])
def test_what_a_run_cannot_hold(run):
    with pytest.raises(
        tg.errors.ArgumentTypeError, match=r"'a' is .*; a run holds numbers by name"
    ):
        tg.diff(run, run)


# ----------------------------------------------------------------------------------------- modules


@pytest.mark.parametrize("between, expected", [
    ((nn.ReLU(),), ([], [], [])),
    ((nn.Tanh(),), ([], [], ["ReLU() → Tanh()"])),
    ((nn.ReLU(), nn.Dropout(p=0.5)), ([("layers[2]", "Dropout(keep_prob=0.5)")], [], [])),
    ((nn.ReLU(), nn.Linear(8, 8)), ([("layers[2]", repr(nn.Linear(8, 8)))], [], [])),
    ((), ([], [("layers[1]", "ReLU()")], [])),
])  # fmt: skip
def test_layers_of_two_models(between, expected):
    a, b = network(nn.ReLU()), network(*between)
    told = tg.diff(a, b, values=False)
    assert (told.added, told.removed, told.changed) == expected
    back = tg.diff(b, a, values=False)
    assert len(back.added) == len(told.removed) and len(back.removed) == len(told.added)
    assert bool(told) == bool(back) == (expected != ([], [], []))


def test_parameters_of_two_models():
    a, b = network(nn.ReLU()), network(nn.ReLU())
    assert str(tg.diff(a, b)) == "the same: 4 layers with the same settings and parameters"
    b.layers[0].bias.assign(b.layers[0].bias.data + 1.0)
    told = tg.diff(a, b)
    assert told.changed[0].startswith("layers[0].bias: 8 of 8 elements")
    lines = str(told).splitlines()
    assert lines[0].startswith("4 layers the same, ") and lines[1].startswith("≠ layers[0].bias")
    assert not tg.diff(network(), network(), rtol=1e-3)
    wide = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 5))
    assert [text.partition("(")[0] for text in tg.diff(network(), wide).changed][:1] == ["Linear"]


def test_a_table_for_notebooks():
    html = tg.diff(network(nn.ReLU()), network(nn.Tanh()), values=False)._repr_html_()
    assert "ReLU() → Tanh()" in html and "color:#b97a00" in html


# ------------------------------------------------------------- what reads alike and is not the same


def told(a, b, *inputs, **options):
    return str(tg.diff(a, b, *inputs, **options))


def test_large_integers_texts_and_close_numbers_are_told_apart():
    assert "1152921504606846976 → 1152921504606846977" in told({"n": [2**60]}, {"n": [2**60 + 1]})
    texts = {"n": np.array(["a", "b"])}
    assert not tg.diff(texts, {"n": np.array(["a", "b"])})
    assert "1 of 2 elements, most at [1]: b → c" in told(texts, {"n": np.array(["a", "c"])})
    close = {"w": np.array([1.23456789])}, {"w": np.array([1.2345678])}
    assert told(*close).endswith("w: 1.2345679 → 1.2345678")


def test_paths_that_read_alike_are_not_lost():
    one, other = {"a": {"b": 1.0}, "a.b": 2.0}, {"a": {"b": 5.0}, "a.b": 2.0}
    assert told(one, other).splitlines()[1:] == ["≠ ['a']['b']: 1 → 5"]
    assert not tg.diff({"a": {"b": 1.0}}, {"a.b": 1.0})


def test_what_is_stored_has_no_picture():
    with pytest.raises(tg.errors.GraphError, match=r"diff: stored .* tg\.diff\(a, b, x\)"):
        tg.diff({"a": 1.0}, {"a": 2.0}).render(theme="dark")


class Scaled(nn.Module):
    def __init__(self, by, how=abs):
        self.by, self.how = by, how

    def forward(self, x):
        return self.how(x) * self.by


def test_modes_and_attributes_of_modules_count():
    def scaled(by):
        return Scaled(by, lambda x: x - by)

    assert not tg.diff(scaled(2.0), scaled(2.0))
    assert told(Scaled(1.0), Scaled(2.0)).splitlines()[1:] == ["~ by: 1.0 → 2.0"]
    assert "~ how: another function" in told(scaled(2.0), Scaled(2.0, lambda x: x + 1))
    one, other = network(nn.Dropout(p=0.5)), network(nn.Dropout(p=0.5)).eval()
    assert "~ the module: in training → in evaluation" in told(one, other)
    assert len(tg.diff(one, other).changed) == 1


def test_classes_of_one_name_that_compute_otherwise():
    class Other(Scaled):
        def forward(self, x):
            return self.how(x) + self.by

    Other.__name__ = "Scaled"
    assert "~ forward: another function" in told(Scaled(1.0), Other(1.0))

"""Errors inside a module name its place, and leave nothing behind."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.engine.modes import MODE
from tests.raising import told

# -------------------------------------------------------------------------------- shapes that clash


def test_the_module_path_is_told():
    model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.ReLU(), tg.nn.Linear(5, 2))
    text = told(lambda: model(tg.ones((7, 4))), errors.ShapeError)
    assert re.match(r"linear in \S*layers\[2\] Linear: ", text)
    assert "(7, 3)" in text and "3 features" in text and "takes 5" in text
    assert MODE.get().scope == ""


# ----------------------------------------------------------------------------- no state left behind


def test_a_failed_module_leaves_no_scope():
    model = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Linear(3, 1))
    with pytest.raises(errors.ShapeError):
        model(tg.ones((1, 2)))
    assert MODE.get().scope == ""
    assert "in" not in told(lambda: tg.ones(2) @ tg.ones(3), errors.ShapeError).split(":")[0]


def test_a_failed_load_changes_nothing():
    model = tg.nn.Linear(2, 3)
    before = {k: np.array(v) for k, v in model.state_dict().items()}
    state = dict(model.state_dict())
    first = next(iter(state))
    with pytest.raises((errors.StateError, errors.ShapeError)):
        model.load_state_dict(
            {**state, first: np.ones(np.shape(state[first])), "extra": np.ones(1)}
        )
    after = model.state_dict()
    assert all(np.array_equal(before[k], np.asarray(after[k])) for k in before)


@pytest.mark.parametrize("name", ["trainable", "requires_grad"])
def test_a_module_is_not_frozen_by_an_attribute(name):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with pytest.raises(errors.ArgumentTypeError, match=r"write tg\.nn\.freeze\(model\)$"):
        setattr(model, name, False)
    with pytest.raises(errors.ArgumentTypeError, match=r"write tg\.nn\.unfreeze\(model\)$"):
        setattr(model.layers[0], name, True)

    class Own(nn.Module):
        trainable = requires_grad = True

    own = Own()
    setattr(own, name, False)
    assert getattr(own, name) is False


@pytest.mark.parametrize(
    ("layer", "name", "value", "told"),
    [
        (nn.BatchNorm(3), "momentum", 0.1, "write tg.nn.BatchNorm(4, keep_old=0.9) (Keras' mome"),
        (nn.LayerNorm(3), "epsilon", 1e-6, "write layer.eps = 1e-06"),
        (nn.Dropout(p=0.2), "rate", 0.5, "write layer.p = 0.5"),
        (nn.Linear(2, 3), "units", 4, "write tg.nn.Linear(…, out_features=4) for a new layer"),
        (nn.LeakyReLU(), "slope", 0.1, "write tg.nn.LeakyReLU(…, slope=0.1) for a new layer"),
        (nn.LeakyReLU(), "negative_slope", 0.1, "write tg.nn.LeakyReLU(…, slope=0.1) for a new"),
        (nn.LSTM(2, 3), "hidden_features", 4, "write tg.nn.LSTM(…, hidden_features=4) for"),
        (nn.LSTM(2, 3), "dropout", 0.5, "write tg.nn.LSTM(…, dropout=0.5) for a new layer"),
    ],
)
def test_a_setting_of_which_a_layer_takes_no_notice_is_refused(layer, name, value, told):
    before = repr(layer)
    with pytest.raises(
        errors.ArgumentTypeError, match=f"{name} = .* would change nothing"
    ) as caught:
        setattr(layer, name, value)
    assert f"nothing; {told}" in str(caught.value)
    assert repr(layer) == before


def test_a_setting_of_a_layer_is_changed_and_a_note_is_kept():
    layer = nn.BatchNorm(3)
    layer.keep_old = 0.5
    layer.remark = "first"
    assert repr(layer).endswith("keep_old=0.5)") and layer.remark == "first"

    class Own(nn.BatchNorm):
        def __init__(self):
            super().__init__(3)
            self.momentum = 0.1

    assert Own().momentum == 0.1

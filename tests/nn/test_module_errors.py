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

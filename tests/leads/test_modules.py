"""What is said where a module of the package is called."""

import copy
import pickle

import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentTypeError
from tensorgraph.leads.attributes import ROOMS


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: tg.optim.sgd([], lr=0.1), "tg.optim.SGD(…)"),
        (lambda: tg.optim.adam(), "tg.optim.Adam(…)"),
        (
            lambda: tg.optim.clip([], 1.0),
            "tg.optim.clip_by_global_norm(…) or tg.optim.clip_by_value(…)",
        ),
        (lambda: tg.nn.linear(3, 4), "tg.nn.Linear(…)"),
        (lambda: tg.nn.losses.regression(1, 2), "tg.nn.losses.huber(…) or tg.nn.losses.l1(…)"),
        (lambda: tg.train.early_stopping(), "tg.train.EarlyStopping(…)"),
        (lambda: tg.data.batches([1.0]), "tg.data.Batches(…)"),
        (
            lambda: tg.diagnose.confusion([0], [0]),
            "tg.diagnose.ConfusionMatrix(…) or tg.diagnose.confusion_matrix(…)",
        ),
        (lambda: tg.testing.promises(), "tg.testing.Checked(…)"),
        (lambda: tg.nn.state_paths(), "help(tg.nn.state_paths), which lists what is in it"),
    ],
)
def test_a_module_that_is_called_names_what_it_defines(call, line):
    with pytest.raises(ArgumentTypeError, match="is a module, which cannot be called") as caught:
        call()
    assert f"; write {line}" in str(caught.value)


@pytest.mark.parametrize("room", ROOMS[1:])
def test_a_room_that_is_called_names_its_help(room):
    with pytest.raises(TypeError, match="is a module, which cannot be called") as caught:
        eval(room, {"tg": tg})(3)
    assert str(caught.value).endswith(f"; write help({room}), which lists what is in it")


def test_rooms_can_be_copied_and_sent_as_modules_by_name():
    assert copy.deepcopy(tg.nn) is tg.nn
    assert pickle.loads(pickle.dumps(tg.optim.schedules)) is tg.optim.schedules

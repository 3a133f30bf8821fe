"""What training measured: columns, the best row, the table, files."""

import math
import pickle
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.train import History


def history(**columns):
    made = History()
    for row in zip(*columns.values(), strict=True):
        made.append(**dict(zip(columns, row, strict=True)))
    return made


EXAMPLE = {
    "epoch": [1, 2, 3], "cost": [0.9, 0.5, 0.4], "train_loss": [0.8, 0.45, 0.35],
    "dev_loss": [0.85, 0.6, 0.7], "train_accuracy": [0.5, 0.8, 0.9],
    "dev_accuracy": [0.5, 0.7, 0.75], "lr": [0.1, 0.1, 0.05], "seconds": [1.0, 2.0, 3.0],
    "gradients/layers.0": [1.0, 0.1, 0.01], "activations/layers.0": [1.0, 1.0, 1.0],
}  # fmt: skip


def test_it_is_a_dict_of_arrays():
    made = history(**EXAMPLE)
    assert dict(made).keys() == EXAMPLE.keys()
    assert made["epoch"].dtype == np.int64
    assert made["dev_loss"].tolist() == EXAMPLE["dev_loss"]
    with pytest.raises(ValueError, match="read-only"):
        made["dev_loss"][0] = 7
    assert made["dev_loss"][0] == 0.85
    assert made.gradients["layers.0"].tolist() == [1.0, 0.1, 0.01]
    assert made.activations["layers.0"].tolist() == [1.0, 1.0, 1.0]
    assert made.rows()[1]["lr"] == 0.1
    with pytest.raises(KeyError, match="'f1' was not measured; there are epoch, cost"):
        made["f1"]


def test_a_frame_of_it_is_the_table():
    made = history(**EXAMPLE)
    for frame in (pd.DataFrame(made), pl.DataFrame(made)):
        assert list(frame.columns) == list(EXAMPLE)
        assert frame["dev_loss"].to_list() == EXAMPLE["dev_loss"]
        assert len(frame) == len(EXAMPLE["epoch"])
    made.append(**{name: tg.tensor(3.0) for name in EXAMPLE})
    assert pd.DataFrame(made).iloc[-1].tolist() == [3.0] * len(EXAMPLE)


def test_copies_are_equal_and_go_their_own_ways():
    made = history(**EXAMPLE)
    for copy in (deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert copy == made and not copy != made
        copy.append(**made.rows()[-1])
        assert copy != made
    assert len(made["epoch"]) == len(EXAMPLE["epoch"])


def test_rows_have_the_same_columns():
    made = history(**EXAMPLE)
    with pytest.raises(tg.errors.ArgumentError, match="a row has the columns epoch, cost"):
        made.append(epoch=4)
    assert len(made["epoch"]) == 3


def test_the_best_row():
    made = history(**EXAMPLE)
    assert made.best("dev_loss")["epoch"] == 2
    assert made.best("dev_accuracy")["epoch"] == 3
    assert made.best(("max", "dev_loss"))["epoch"] == 1
    assert made.best("dev_accuracy", {"dev_loss": ("<", 0.65)})["epoch"] == 2
    tied = history(epoch=[1, 2, 3], dev_loss=[math.nan, 0.5, 0.5])
    assert tied.best("dev_loss")["epoch"] == 2
    with pytest.raises(tg.errors.ArgumentError, match="'f1' was not measured; there are epoch"):
        made.best("f1")
    with pytest.raises(tg.errors.ArgumentError, match=r"write optimize=\('max', 'lr'\)"):
        made.best("lr")
    with pytest.raises(tg.errors.ArgumentError, match="no number in 'dev_loss'"):
        history(dev_loss=[math.nan]).best("dev_loss")
    with pytest.raises(tg.errors.ArgumentError, match="no number"):
        History().best("dev_loss")


def test_the_table_shows_all_but_norms():
    made = history(**EXAMPLE)
    made.stopped = "interrupted"
    lines = str(made).splitlines()
    assert lines[0].split() == [name for name in EXAMPLE if "/" not in name]
    assert lines[2].split() == ["2", "0.5", "0.45", "0.6", "0.8", "0.7", "0.1", "2"]
    assert lines[-1] == "stopped: interrupted"
    assert len({len(line) for line in lines[:-1]}) == 1
    assert repr(made) == str(made)
    assert str(History()) == "History of no epochs"


def test_the_table_of_a_notebook_escapes_names():
    made = history(**{"epoch": [1], "train_<b>": [0.5]})
    made.stopped = "<script>"
    assert made._repr_html_() == (
        "<table><thead><tr><th>epoch</th><th>train_&lt;b&gt;</th></tr></thead>"
        "<tbody><tr><th>1</th><td>0.5</td></tr></tbody></table>"
        "<p>stopped: &lt;script&gt;</p>"
    )


def test_the_plot_has_a_panel_for_each_thing_measured():
    axes = history(**EXAMPLE).plot().axes
    assert [a.get_title() for a in axes] == [
        "loss", "accuracy", "gradients by layer", "activations by layer",
    ]  # fmt: skip
    assert [line.get_label() for line in axes[0].lines] == ["cost", "train_loss", "dev_loss"]
    assert axes[0].lines[2].get_ydata().tolist() == EXAMPLE["dev_loss"]
    assert axes[2].get_yscale() == "log"


def test_the_plot_of_a_history_that_counts_no_epochs():
    axes = history(train_loss=[3.0, 2.0, 1.0]).plot().axes[0]
    assert axes.lines[0].get_xdata().tolist() == [1, 2, 3]


def test_a_plot_without_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)  # of another test
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'tensorgraph-engine\[train\]'"):
        history(**EXAMPLE).plot()


numbers = st.floats(width=64)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5))
def test_files_and_states_give_back_the_same_numbers(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("history") / "run.csv"
    made = History()
    for i, (a, b) in enumerate(rows):
        made.append(**{"epoch": i + 1, "train_loss": a, 'a "name", of\nits own': b})
    made.to_csv(path)
    read = History.from_csv(path)
    assert read == made
    made.stopped = "enough"
    other = History()
    other.load_state_dict(made.state_dict())
    assert other == made
    assert other != read


def test_an_empty_history_in_a_file(tmp_path):
    History().to_csv(tmp_path / "run.csv")
    assert History.from_csv(tmp_path / "run.csv") == History()


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffepoch,cost\r\n1,0.5\r\n2,0.25\r\n",  # as spreadsheets save it
        "epoch,cost\n1,0.5\n2,0.25\n\n",
        "epoch,cost,,\n1,0.5,,\n\n2,0.25,,\n,,,\n , ,\n",
        "epoch,cost\n1, 0.5 \n2,2.5e-1",
    ],
)
def test_a_file_that_a_spreadsheet_saved(content, tmp_path):
    (tmp_path / "run.csv").write_bytes(content.encode())
    assert History.from_csv(tmp_path / "run.csv") == history(epoch=[1, 2], cost=[0.5, 0.25])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epoch,cost\n1,a\n", r"run\.csv, line 2: could not convert string to float: 'a'"),
        (b"epoch,cost\n1\n", r"run\.csv, line 2: could not convert string to float: ''"),
        (b"epoch\n1,2\n", r"line 2: it has 2 cells under 1 names; .* of as many numbers"),
        (b"epoch;cost\n1;0,5\n", "line 2: it has 2 cells under 1 names; .* with commas"),
        (b"epoch,cost\n1,1\nnan,1\n", "line 3: .* an epoch has a whole number, not nan"),
        (b"epoch,cost\n1.5,1\n", "line 2: .* an epoch has a whole number, not 1.5"),
        (b"a,b,a\n1,2,3\n", "line 1: a name stands there twice"),
        ("epoch,cost\n1,2\n".encode("utf-16"), "line 1: 'utf-8' codec can't decode .*, in UTF-8"),
        (b'epoch\n"' + b"1" * 200_000 + b'"\n', "line 2: field larger than"),
    ],
)
def test_a_file_that_is_no_history(content, message, tmp_path):
    (tmp_path / "run.csv").write_bytes(content)
    with pytest.raises(tg.errors.StateError, match=message):
        History.from_csv(tmp_path / "run.csv")


def test_a_name_that_no_file_can_hold(tmp_path):
    history(**{"a\ud800": [1.0]}).to_csv(tmp_path / "run.csv")
    assert dict(History.from_csv(tmp_path / "run.csv")) == {"a�": [1.0]}


@pytest.mark.parametrize(
    "state",
    [{}, {"columns": {}}, {"columns": 3, "stopped": ""}, {"columns": {"a": ["x"]}, "stopped": ""}],
)
def test_a_state_that_is_no_history(state):
    with pytest.raises(tg.errors.StateError, match="not what History"):
        History().load_state_dict(state)


def test_a_state_with_columns_that_differ_in_length():
    made = history(epoch=[1])
    with pytest.raises(tg.errors.StateError, match="differ in length"):
        made.load_state_dict({"columns": {"a": [1.0], "b": []}, "stopped": ""})
    assert made == history(epoch=[1])


def test_equal_histories_may_differ_in_seconds_alone():
    made = history(**EXAMPLE)
    assert made == history(**{**EXAMPLE, "seconds": [9, 9, 9]})
    assert made != history(**{**EXAMPLE, "lr": [0.1, 0.1, 0.1]})
    assert made != history(epoch=[1, 2, 3])
    assert made != "history"

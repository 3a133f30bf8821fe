"""Runs of Weights & Biases that are kept in a folder, read record by record."""

import json
import os
import struct
from time import sleep

os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}  # read when it is imported

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from wandb.proto import wandb_internal_pb2

import tensorgraph as tg
from tensorgraph import nn

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


HEADER, BLOCK = 7, 32768
FIRST, MIDDLE = 2, 3


def records(data):
    """Yield the records of a log of LevelDB, which follows a header: in blocks, some in parts."""
    place, parts = HEADER, b""
    while place < len(data):
        if BLOCK - place % BLOCK < HEADER:  # no header fits in what is left of the block
            place += BLOCK - place % BLOCK
            continue
        _, size, kind = struct.unpack_from("<IHB", data, place)
        parts += data[place + HEADER : place + HEADER + size]
        place += HEADER + size
        if kind not in (FIRST, MIDDLE):
            yield parts
            parts = b""


def rows(folder):
    """Return what was logged, and the exit code, from the file that waits to be sent.

    The process that writes it ends it a moment after ours is told that it has.
    """
    (file,) = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(600):
        try:
            found = [
                wandb_internal_pb2.Record.FromString(one) for one in records(file.read_bytes())
            ]
        except (struct.error, DecodeError):  # it is being written
            found = []
        if exits := [record.exit.exit_code for record in found if record.HasField("exit")]:
            break
        sleep(0.1)
    histories = [record.history.item for record in found if record.HasField("history")]
    logged = [
        {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}
        for items in histories
    ]
    return logged, exits[0]


def trained(callbacks, step_callbacks=()):
    model = nn.Linear(3, 1)
    return tg.train.fit(
        model, nn.losses.mse, tg.optim.SGD(model.parameters(), lr=0.01), (X, Y), (X, Y), epochs=3,
        batch_size=10, progress=False, callbacks=callbacks, step_callbacks=step_callbacks,
    )  # fmt: skip


def logger_in(folder):
    return tg.train.WandB(project="digits", mode="offline", dir=str(folder), config={"lr": 0.01})


def test_epochs_and_steps_are_kept(tmp_path):
    logger = logger_in(tmp_path)
    history = trained([logger], [logger])
    found, code = rows(tmp_path)
    assert code == 0
    epochs = [row for row in found if "dev_loss" in row]
    assert [row["dev_loss"] for row in epochs] == history["dev_loss"].tolist()
    assert [row["_step"] for row in epochs] == [2, 4, 6]
    assert sum("step_cost" in row for row in found) == 6


def test_a_run_that_fails_has_an_exit_code(tmp_path):
    def fail(run):
        raise ValueError("now")

    with pytest.raises(ValueError, match="now"):
        trained([logger_in(tmp_path), fail])
    assert rows(tmp_path)[1] == 1


def test_two_parts_of_a_run_have_one_name(tmp_path):
    for part in range(2):
        folder = tmp_path / str(part)
        folder.mkdir()
        settings = {"mode": "offline", "dir": str(folder), "id": "digits-1", "resume": "allow"}
        trained([tg.train.WandB(project="digits", **settings)])
        rows(folder)
        (file,) = folder.glob("wandb/offline-run-*/*.wandb")
        assert file.stem == "run-digits-1"


def test_tensors_are_numbers(tmp_path):
    with logger_in(tmp_path) as logger:
        logger.log({"loss": tg.tensor(0.25)}, step=3)
    assert [row["loss"] for row in rows(tmp_path)[0]] == [0.25]

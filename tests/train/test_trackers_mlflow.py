"""Runs in stores of MLflow, read by MLflow."""

import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when it is imported

import mlflow
import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def uri(tmp_path):
    return f"sqlite:///{tmp_path / 'runs.db'}"


def trained(callbacks, step_callbacks=()):
    model = nn.Linear(3, 1)
    return tg.train.fit(
        model, nn.losses.mse, tg.optim.SGD(model.parameters(), lr=0.01), (X, Y), (X, Y), epochs=3,
        batch_size=10, progress=False, callbacks=callbacks, step_callbacks=step_callbacks,
    )  # fmt: skip


def test_epochs_and_steps_are_metrics(uri):
    logger = tg.train.MLflow("digits", uri=uri, name="first", params={"lr": 0.01}, tags={"a": "b"})
    history = trained([logger], [logger])
    client = mlflow.MlflowClient(tracking_uri=uri)
    run = client.get_run(logger.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")
    assert run.data.params == {"lr": "0.01"}
    assert run.data.tags["a"] == "b"
    logged = client.get_metric_history(logger.run_id, "dev_loss")
    assert [(m.step, m.value) for m in logged] == list(
        zip([2, 4, 6], history["dev_loss"].tolist(), strict=True)
    )
    assert len(client.get_metric_history(logger.run_id, "step_cost")) == 6
    assert set(run.data.metrics) == {*history, "step_cost"}
    found = client.search_runs([run.info.experiment_id])
    again = tg.train.MLflow("digits", uri=uri)
    trained([again])
    assert len(client.search_runs([run.info.experiment_id])) == len(found) + 1


def test_a_run_that_fails_has_failed(uri):
    def fail(run):
        raise ValueError("now")

    def interrupt(run):
        raise KeyboardInterrupt

    client = mlflow.MlflowClient(tracking_uri=uri)
    for what, status in ((fail, "FAILED"), (interrupt, "KILLED")):
        logger = tg.train.MLflow("digits", uri=uri)
        try:
            trained([logger, what])
        except ValueError:
            pass
        assert client.get_run(logger.run_id).info.status == status


def test_a_run_goes_on(uri):
    client = mlflow.MlflowClient(tracking_uri=uri)
    first = tg.train.MLflow("digits", uri=uri, params={"lr": 0.01})
    trained([first])
    seen = []
    again = tg.train.MLflow("digits", uri=uri, params={"lr": 0.1}, run_id=first.run_id)
    again.close()  # which was not begun
    status = lambda run: seen.append(client.get_run(first.run_id).info.status)  # noqa: E731
    trained([again, status])
    assert again.run_id == first.run_id
    assert seen == ["RUNNING"] * 3
    run = client.get_run(first.run_id)
    assert (run.info.status, run.data.params) == ("FINISHED", {"lr": "0.01"})
    assert len(client.get_metric_history(first.run_id, "cost")) == 6
    trained([first])
    steps = [m.step for m in client.get_metric_history(first.run_id, "cost")]
    assert sorted(steps) == [2, 2, 4, 4, 6, 6, 8, 10, 12]


def test_a_run_that_was_killed_and_resumed_has_each_step_once(uri, tmp_path):
    def kill(run):
        if run.step == 5:
            raise ValueError("killed")

    def fitted(run_id, *ends):
        logger = tg.train.MLflow("digits", uri=uri, run_id=run_id)
        tg.random.seed(0)
        model = nn.Linear(3, 1)
        optimizer = tg.optim.SGD(model.named_parameters(), lr=0.01)
        try:
            tg.train.fit(
                model, nn.losses.mse, optimizer, (X, Y), epochs=3, batch_size=10, progress=False,
                callbacks=[logger], step_callbacks=[logger, *ends],
                checkpoint=tmp_path / "run.safetensors",
            )  # fmt: skip
        except ValueError:
            assert ends
        return logger.run_id

    run_id = fitted(None, kill)
    assert fitted(run_id) == run_id
    client = mlflow.MlflowClient(tracking_uri=uri)
    assert client.get_run(run_id).info.status == "FINISHED"
    for name, steps in {"step_cost": [1, 2, 3, 4, 5, 6], "cost": [2, 4, 6]}.items():
        assert [m.step for m in client.get_metric_history(run_id, name)] == steps


def test_tensors_are_numbers(uri):
    with tg.train.MLflow("own", uri=uri) as logger:
        logger.log({"loss": tg.tensor(0.25)}, step=3)
    client = mlflow.MlflowClient(tracking_uri=uri)
    (metric,) = client.get_metric_history(logger.run_id, "loss")
    assert (metric.value, metric.step) == (0.25, 3)
    mlflow.set_tracking_uri(uri)
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", tg.tensor(0.5))  # MLflow's own function takes them as well
    assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}

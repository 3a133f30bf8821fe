"""What TensorBoard itself reads in the files that are written for it."""

import io
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, ArgumentTypeError, GraphError

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
ALL = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}


def trained(epochs=3, **settings):
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = tg.optim.SGD(model.named_parameters(), lr=0.01)
    settings = {"progress": False, "batch_size": 8, **settings}
    return model, tg.train.fit(
        model, nn.losses.mse, optimizer, (X, Y), (X[:5], Y[:5]), epochs=epochs, **settings
    )


def read(folder):
    events = EventAccumulator(str(folder), size_guidance=ALL)
    events.Reload()
    return events


def column(events, tag):
    return [(e.step, pytest.approx(e.value, rel=1e-6)) for e in events.Scalars(tag)]


def test_of_processes_that_train_together_the_first_one_logs(tmp_path):
    def second(run):
        run.rank = 1

    log = tg.train.TensorBoard(tmp_path / "log")
    trained(callbacks=[second, log], step_callbacks=[second, log])
    assert not (tmp_path / "log").exists()


def test_each_epoch_stands_at_its_step(tmp_path):
    _, history = trained(callbacks=[tg.train.TensorBoard(tmp_path)])
    events = read(tmp_path)
    names = {"loss/train": "train_loss", "loss/dev": "dev_loss", "cost": "cost", "lr": "lr"}
    for tag, name in names.items():
        assert column(events, tag) == list(zip([3, 6, 9], history[name], strict=True))
    assert set(events.Tags()["scalars"]) == {*names, "epoch", "seconds"}


def test_the_cost_of_each_step(tmp_path):
    logger = tg.train.TensorBoard(tmp_path)
    seen = []
    trained(
        epochs=2, callbacks=[logger], step_callbacks=[logger, lambda run: seen.append(run.cost)]
    )
    steps = read(tmp_path).Scalars("step_cost")
    assert [e.step for e in steps] == [1, 2, 3, 4, 5, 6]
    sums = np.cumsum([e.value * size for e, size in zip(steps[:3], [8, 8, 4], strict=True)])
    assert sums == pytest.approx(seen[:3], rel=1e-5)
    assert len(read(tmp_path).Scalars("loss/dev")) == 2


def test_a_second_run_goes_on_at_the_step_of_the_first(tmp_path):
    logger = tg.train.TensorBoard(tmp_path / "two", histograms=True)
    for epochs in (2, 1):
        trained(epochs, callbacks=[logger], step_callbacks=[logger])
    events = read(tmp_path / "two")
    assert [e.step for e in events.Scalars("cost")] == [3, 6, 9]
    assert [e.step for e in events.Scalars("step_cost")] == [*range(1, 10)]
    assert [e.step for e in events.Histograms("weights/layers.0.bias")] == [3, 6, 9]

    again = tg.train.TensorBoard(tmp_path / "resumed")
    file = tmp_path / "run.safetensors"
    for epochs in (2, 3):  # the second one takes up the first, which knows its steps
        trained(epochs, callbacks=[again], checkpoint=file)
    assert [e.step for e in read(tmp_path / "resumed").Scalars("cost")] == [3, 6, 9]


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("every", ["epoch", 5])
def test_a_run_that_was_killed_and_resumed_has_each_step_once(tmp_path, every, same):
    def kill(run):
        if run.step == 8:
            raise ArgumentError("killed")

    log = [tg.train.TensorBoard(tmp_path / "log", histograms=True) for _ in range(2)]
    settings = {"checkpoint": tmp_path / "run.safetensors", "checkpoint_every": every}
    values = []
    for logger, ends in zip([log[0], log[0 if same else 1]], [[kill], []], strict=True):
        tg.random.seed(0)
        model, data = nn.Linear(3, 1), tg.data.Batches(X, Y, batch_size=8)  # 3 steps
        optimizer = tg.optim.SGD(model.named_parameters(), lr=0.01)
        note = lambda run: values.append(run.cost)  # noqa: E731
        try:
            history = tg.train.fit(
                model, nn.losses.mse, optimizer, data, (X[:5], Y[:5]), epochs=4, progress=False,
                callbacks=[logger], step_callbacks=[logger, note, *ends], **settings,
            )  # fmt: skip
        except ArgumentError:
            assert values
    events = read(tmp_path / "log")
    assert [e.step for e in events.Scalars("step_cost")] == [*range(1, 13)]
    straight = tmp_path / "straight"
    tg.random.seed(0)
    model = nn.Linear(3, 1)
    optimizer = tg.optim.SGD(model.named_parameters(), lr=0.01)
    log = [tg.train.TensorBoard(straight)]
    data = tg.data.Batches(X, Y, batch_size=8)
    tg.train.fit(
        model, nn.losses.mse, optimizer, data, epochs=4, progress=False, step_callbacks=log
    )
    costs = [e.value for e in read(straight).Scalars("step_cost")]
    assert [e.value for e in events.Scalars("step_cost")] == costs
    assert column(events, "loss/dev") == list(zip([3, 6, 9, 12], history["dev_loss"], strict=True))
    assert [e.step for e in events.Histograms("weights/bias")] == [3, 6, 9, 12]
    assert len(values) == 8 + 12 - (6 if every == "epoch" else 5)


def test_of_several_processes_one_logs(tmp_path):
    for rank in (1, 0):

        def be_of_rank(run, rank=rank):
            run.rank = rank

        given = [be_of_rank, tg.train.TensorBoard(tmp_path, histograms=True)]
        trained(1, callbacks=given, step_callbacks=given)
        assert len(list(tmp_path.iterdir())) == (rank == 0)


def test_weights_and_gradients_are_distributed(tmp_path):
    model, _ = trained(callbacks=[tg.train.TensorBoard(tmp_path, histograms=True)])
    events = read(tmp_path)
    paths = [path for path, _ in model.named_parameters()]
    assert set(events.Tags()["histograms"]) == {
        f"{part}/{path}" for part in ("weights", "gradients") for path in paths
    }
    last = events.Histograms("weights/layers.0.weight")[-1]
    weight = model.layers[0].weight.numpy()
    assert last.step == 9
    found = last.histogram_value
    assert (found.num, sum(found.bucket)) == (12, 12)
    assert (found.min, found.max) == (pytest.approx(weight.min()), pytest.approx(weight.max()))
    assert found.sum == pytest.approx(weight.sum(), abs=1e-5)
    assert found.sum_squares == pytest.approx((weight**2).sum(), rel=1e-5)
    assert found.bucket_limit[-1] == pytest.approx(weight.max())


def test_numbers_of_a_loop_of_ones_own(tmp_path):
    with tg.train.TensorBoard(tmp_path) as logger:
        logger.log({"a": tg.tensor(0.5), "b": np.float64(2), "c": 3, "n": float("nan")}, step=1)
        logger.log({"a": np.array(1.5)}, step=2)
        with pytest.raises(
            ArgumentTypeError, match=r"TensorBoard: a is a number, not shape \(2,\)"
        ):
            logger.log({"a": tg.ones(2)}, step=3)
    events = read(tmp_path)
    assert column(events, "a") == [(1, 0.5), (2, 1.5)]
    assert np.isnan(events.Scalars("n")[0].value)


@pytest.mark.parametrize(
    "array",
    [np.eye(4), np.ones((4, 5, 1)), np.full((3, 2, 3), 7, np.uint8), np.zeros((2, 2, 4))],
    ids=np.shape,
)
def test_an_image_comes_back(tmp_path, array):
    from PIL import Image

    with tg.train.TensorBoard(tmp_path) as logger:
        logger.picture("it", array, step=4)
    (image,) = read(tmp_path).Images("it")
    assert (image.step, image.height, image.width) == (4, *array.shape[:2])
    pixels = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
    wanted = array if array.dtype == np.uint8 else array * 255
    assert np.array_equal(pixels, wanted.reshape(pixels.shape))


def test_a_figure_and_hyperparameters(tmp_path):
    _, history = trained()
    with tg.train.TensorBoard(tmp_path, hparams={"lr": 0.1, "how": "well", "deep": True}) as logger:
        logger.picture("history", history.plot())
    events = read(tmp_path)
    assert events.Images("history")[0].width > 100
    metadata = events.summary_metadata["_hparams_/session_start_info"]
    assert metadata.plugin_data.plugin_name == "hparams"
    assert b"well" in metadata.plugin_data.content


def test_the_graph_has_the_operations_in_their_modules(tmp_path):
    model, _ = trained()
    with tg.train.TensorBoard(tmp_path) as logger:
        logger.graph(model, X[:2])
        with pytest.raises(GraphError, match="nothing was recorded; give the model and its inputs"):
            logger.graph(lambda x: x, X)
    graph = read(tmp_path).Graph()
    nodes = {node.name: node for node in graph.node}
    assert len(nodes) == len(graph.node)
    assert all(name in nodes for node in graph.node for name in node.input)
    operations = [node.op for node in graph.node if node.op != "leaf"]
    assert operations == ["linear", "relu", "linear"]
    assert sum(node.op == "leaf" for node in graph.node) >= 4
    assert any("layers" in node.name for node in graph.node if node.op == "relu")


def test_a_run_that_fails_leaves_what_was_logged_and_closes_the_file(tmp_path):
    logger = tg.train.TensorBoard(tmp_path)

    def fail(run):
        if run.epoch == 2:
            raise ArgumentError("enough")

    with pytest.raises(ArgumentError, match="enough"):
        trained(callbacks=[logger, fail])
    assert logger._open is None
    assert len(read(tmp_path).Scalars("cost")) == 2
    trained(epochs=1, callbacks=[logger])
    assert len(list(tmp_path.iterdir())) == 2


def test_the_end_of_a_run_is_told_once_with_its_error():
    ends = []

    def begin(run):
        if run.epoch == 1:
            run.when_over(ends.append)

    trained(callbacks=[begin])
    assert ends == [None]
    error = ArgumentError("now")

    def fail(run):
        raise error

    with pytest.raises(ArgumentError):
        trained(callbacks=[begin, fail])
    assert ends == [None, error]

    def interrupt(run):
        raise KeyboardInterrupt

    trained(callbacks=[begin, interrupt])
    assert type(ends[2]) is KeyboardInterrupt


def test_without_the_package_it_is_told_before_the_training():
    code = (
        "import sys; sys.modules['tensorboard'] = sys.modules['mlflow'] = None\n"
        "sys.modules['wandb'] = None\n"
        "import tensorgraph as tg\n"
        "T = tg.train\n"
        "for make, args in ((T.TensorBoard, 'x'), (T.MLflow, 'x'), (T.WandB, ())):\n"
        "    try: make(*args)\n"
        "    except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = done.stdout.splitlines()
    for line, name in zip(told, ("tensorboard", "mlflow", "wandb"), strict=True):
        assert line.endswith(f"write pip install 'tensorgraph-engine[{name}]'")

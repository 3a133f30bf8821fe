"""A run that was killed, at whatever instant, ends as the undisturbed one does, bit by bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import EarlyStopping, fit
from tests.train.fit_cases import network, quick

ROOT = Path(__file__).parents[2]

EPOCHS, STEPS = 3, 3  # of batches of 16 out of 40


class Killed(BaseException):
    """Nothing in the loop may catch it, as nothing catches SIGKILL."""


def data(count=40, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype("float32")
    return x, (x[:, 0] + 0.3 * rng.standard_normal(count) > 0).astype(int)


class Memory:
    """A callback with a state: it lowers the learning rate by hand, every second epoch."""

    def __init__(self, rate):
        self.rate, self.seen = rate, []

    def __call__(self, run):
        self.seen.append(run.epoch)
        if run.epoch % 2 == 0:
            self.rate.set(0.01 / run.epoch)

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        self.seen = list(state["seen"])


def train(path=None, every="epoch", kill_at=None, epochs=EPOCHS, seed=None, **changes):
    """Do what a script does that is started again: all is made anew, then comes fit."""
    tg.random.seed(seed)  # None: what a resumed run draws has to come from the file
    model = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm(8), nn.Dropout(p=0.3), nn.ReLU(),
        nn.Dropout(p=0.1, generator=tg.random.Generator(seed)), nn.Linear(8, 2),
    )  # fmt: skip
    rate = optim.schedules.Manual(0.02)
    memory = Memory(rate)
    stopping = EarlyStopping(patience=2)

    def kill(run):
        if run.step == kill_at:
            raise Killed

    options = {
        "train": Batches(*data(), batch_size=16, seed=4),
        "dev": data(20, seed=1),
        "optimizer": optim.Adam(model.named_parameters(), lr=rate),
        "step_callbacks": [kill],
        "watch": True,
        **changes,
    }
    history = fit(
        model, nn.losses.cross_entropy, epochs=epochs, callbacks=[memory], progress=False,
        early_stopping=stopping, checkpoint=path, checkpoint_every=every, **options,
    )  # fmt: skip
    state = {"best": stopping.state_dict(), "events": rate.events, "seen": memory.seen}
    return model.state_dict(), history, state


def equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


UNDISTURBED = train(seed=7)


@pytest.mark.parametrize("every", ["epoch", 1, 2])
@pytest.mark.parametrize("kill_at", range(1, EPOCHS * STEPS + 1))
def test_a_run_killed_after_any_step_ends_as_the_undisturbed_one(kill_at, every, tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Killed):
        train(path, every, kill_at, seed=7)
    # Killed before the first checkpoint, it begins anew, with the seed of the script.
    resumed = train(path, every, seed=None if path.exists() else 7)
    assert equal(resumed[0], UNDISTURBED[0])
    assert resumed[1] == UNDISTURBED[1]
    assert list(resumed[1].gradients) == ["layers.0", "layers.1", "layers.5"]
    assert equal(resumed[2], UNDISTURBED[2])


def test_a_run_killed_again_and_again(tmp_path):
    path = tmp_path / "run.safetensors"
    for step in range(1, EPOCHS * STEPS + 1):
        with pytest.raises(Killed):
            train(path, 1, step, seed=7 if step == 1 else None)
        if step == 1:
            # Callbacks come before the file is written, as a kill does: step 1 is not in it.
            assert not path.exists()
            with pytest.raises(Killed):
                train(path, 1, 2, seed=7)
    resumed = train(path, 1)
    assert equal(resumed[0], UNDISTURBED[0])
    assert resumed[1] == UNDISTURBED[1]


@pytest.mark.parametrize("at", [5, 6])  # in the midst of an epoch, and after its last step
def test_a_run_interrupted_by_ctrl_c_goes_on_from_the_very_step(at, tmp_path):
    path = tmp_path / "run.safetensors"

    def press(run):
        if run.step == at:
            os.kill(os.getpid(), signal.SIGINT)

    assert train(path, seed=7, step_callbacks=[press])[1].stopped == "interrupted"
    steps = []
    resumed = train(path, step_callbacks=[lambda run: steps.append(run.step)])
    assert steps == list(range(at + 1, 10))
    assert equal(resumed[0], UNDISTURBED[0])
    assert resumed[1] == UNDISTURBED[1]


def test_a_run_that_is_over_is_not_run_again_but_may_be_prolonged(tmp_path):
    path = tmp_path / "run.safetensors"
    steps = []
    count = {"step_callbacks": [lambda run: steps.append(run.step)]}
    assert train(path, epochs=2, seed=7, **count)[1]["epoch"].tolist() == [1, 2]
    assert len(steps) == 6
    again = train(path, epochs=2, **count)
    assert len(steps) == 6
    assert again[1]["epoch"].tolist() == [1, 2]
    prolonged = train(path, epochs=3, **count)
    assert steps[6:] == [7, 8, 9]
    assert equal(prolonged[0], UNDISTURBED[0])
    assert prolonged[1] == UNDISTURBED[1]


@pytest.mark.parametrize("every", ["epoch", 2, 1000])
@pytest.mark.parametrize("ending", ["early stopping", "a callback", "its last epoch"])
def test_the_end_of_a_run_is_in_its_file_however_it_ends(ending, every, tmp_path):
    def stop(run):
        if run.epoch == 2:
            run.stop("enough")

    def run():
        model, steps = network(), []
        history = quick(
            model, data(), data(20, seed=1), epochs=3, metrics={"score": lambda output, y: 1.0},
            step_callbacks=[lambda run: steps.append(run.step)],
            callbacks=[stop] if ending == "a callback" else (),
            early_stopping=EarlyStopping(1, ("max", "dev_score")) if ending[0] == "e" else None,
            checkpoint=tmp_path / "run.safetensors", checkpoint_every=every,
        )  # fmt: skip
        return model.state_dict(), history, len(steps)

    first, again = run(), run()
    assert first[2] == (9 if ending == "its last epoch" else 6)
    assert again[2] == 0 and equal(again[0], first[0]) and again[1] == first[1]


def test_early_stopping_goes_on_from_the_best_epoch_before(tmp_path):
    x, y = data(20, seed=1)
    wrong = {"dev": (x, 1 - y), "epochs": 6}  # the better the model, the worse it looks
    undisturbed = train(seed=7, **wrong)
    assert undisturbed[2]["best"]["best_epoch"] == 1
    assert undisturbed[1].stopped.startswith("early stopping")
    path = tmp_path / "run.safetensors"
    for kill_at in (5, 8):
        with pytest.raises(Killed):
            train(path, 1, kill_at, seed=7, **wrong)
    resumed = train(path, 1, **wrong)
    assert equal(resumed[0], undisturbed[0])
    assert resumed[1] == undisturbed[1]


def test_it_says_that_it_goes_on(tmp_path, capsys):
    path = tmp_path / "run.safetensors"
    model = nn.Linear(3, 2)
    arguments = model, nn.losses.cross_entropy, optim.SGD(model.parameters(), lr=0.1), data()
    fit(*arguments, epochs=1, checkpoint=path)
    assert "goes on" not in capsys.readouterr().out
    fit(*arguments, epochs=2, checkpoint=path)
    assert f"{path} goes on after epoch 1 of 2, step 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dev": data(10)}, r"examples was \{'train': 40, 'dev': 20\}, now it is"),
        ({"metrics": {"error": lambda z, y: 0.0}}, "columns was"),
        ({"train": data(40, seed=1)}, "what train holds was"),
        ({"clip": 1.0}, r"clip was None, now it is 1\.0"),
        ({"train": Batches(*data(), batch_size=8)}, "batch_size was 16, now it is 8"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(change, message, tmp_path):
    path = tmp_path / "run.safetensors"
    train(path, seed=7)
    before = path.read_bytes()
    with pytest.raises(tg.errors.StateError, match=message) as caught:
        train(path, **change)
    assert "another path or delete" in str(caught.value)
    assert path.read_bytes() == before


def test_another_model_or_optimizer_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"

    def run(width=4, lr=0.1, make=optim.SGD, seed=0):
        model = nn.Linear(3, width)
        weights = model.state_dict()
        optimizer = make(model.named_parameters(), lr=lr)
        try:
            fit(
                model, nn.losses.cross_entropy, optimizer, data(), epochs=1, checkpoint=path,
                seed=seed, progress=False,
            )  # fmt: skip
        finally:
            changed = not equal(model.state_dict(), weights)
        return changed

    assert run()
    with pytest.raises(tg.errors.StateError, match=r"weight \(4, 3\) .*, now it is weight \(5, 3"):
        run(width=5)
    with pytest.raises(tg.errors.StateError, match="seed was 0, now it is 1"):
        run(seed=1)
    with pytest.raises(tg.errors.StateError, match=r"lr was 0\.1, now it is 0\.2"):
        run(lr=0.2)
    with pytest.raises(tg.errors.StateError, match="the optimizer was SGD, now it is Adam"):
        run(make=optim.Adam)
    with pytest.raises(tg.errors.StateError, match=r"lr was 0\.1, now it is <function"):
        run(lr=lambda step: 0.1)


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    train(path, seed=7)
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    with pytest.raises(tg.errors.StateError, match="cannot read"):
        train(path)
    tg.train.save(path, model=nn.Linear(1, 1))
    with pytest.raises(tg.errors.StateError, match="not written by fit"):
        train(path)


def test_the_file_is_whole_while_it_is_written_anew(tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Killed):
        train(path, 1, 5, seed=7)

    def killed(*paths):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(Killed):
            train(path, 1)
    resumed = train(path, 1)
    assert equal(resumed[0], UNDISTURBED[0])
    assert resumed[1] == UNDISTURBED[1]


def test_batches_without_a_position_can_be_resumed_after_an_epoch_only(tmp_path):
    path = tmp_path / "run.safetensors"
    x, y = data()
    batches = [*zip(np.split(x, 4), np.split(y, 4), strict=True)]
    with pytest.raises(tg.errors.ArgumentError, match=r"needs batches that know their position"):
        train(path, 2, train=batches)
    undisturbed = train(train=batches, seed=7)
    with pytest.raises(Killed):
        train(path, train=batches, kill_at=6, seed=7)
    resumed = train(path, train=batches)
    assert equal(resumed[0], undisturbed[0])
    assert resumed[1] == undisturbed[1]


@pytest.mark.parametrize("every", [0, -1, 1.5, "step", True])
def test_checkpoint_every_is_epoch_or_a_number_of_steps(every, tmp_path):
    with pytest.raises(tg.errors.ArgumentError, match="checkpoint_every is 'epoch' or a number"):
        train(tmp_path / "run.safetensors", every)


def test_what_a_checkpoint_needs_is_known_before_the_first_epoch(tmp_path, monkeypatch):
    steps = []
    count = {"step_callbacks": [lambda run: steps.append(run.step)]}
    with pytest.raises(tg.errors.ArgumentError, match="in a directory that is not there"):
        train(tmp_path / "runs" / "run.safetensors", **count)
    with pytest.raises(IsADirectoryError):
        train(tmp_path, **count)
    path = tmp_path / "run.safetensors"
    train(path, epochs=1)
    path.chmod(0o444)
    with pytest.raises(PermissionError, match=r"The file is read-only: '.*run\.safetensors'"):
        train(path, epochs=2, **count)
    assert train(path, epochs=1)[1]["epoch"].tolist() == [1]  # there is nothing to be written
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match="pip install"):
        train(path, **count)
    assert not steps


SCRIPT = """
import os, signal
import numpy as np, tensorgraph as tg
from tensorgraph import nn, optim

def train(path, kill_at):
    if not os.path.exists(path):
        tg.random.seed(3)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(p=0.3), nn.ReLU(), nn.Linear(8, 1))
    x = np.random.default_rng(0).standard_normal((50, 3)).astype("float32")
    def kill(run):
        if run.step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    tg.train.fit(model, nn.losses.mse, optim.Adam(model.named_parameters()), (x, x[:, :1]),
        epochs=3, batch_size=10, checkpoint=path, checkpoint_every=1, step_callbacks=[kill],
        progress=False)
    print(np.concatenate([p.data.ravel() for p in model.parameters()]).tobytes().hex(), flush=True)

def in_a_process(*arguments):
    child = os.fork()
    if child == 0:
        train(*arguments)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

print(in_a_process("one", 0), *(in_a_process("two", kill_at) for kill_at in (4, 11, 0)))
"""


def test_a_process_that_is_killed(tmp_path):
    """Each process is forked before anything is made in it."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    undisturbed, resumed, ends = done.stdout.splitlines()
    assert resumed == undisturbed
    assert ends == f"0 -{signal.SIGKILL:d} -{signal.SIGKILL:d} 0"


@pytest.mark.parametrize("in_a_module", [False, True])
def test_parameters_outside_of_the_model_go_on_too(in_a_module, tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = tg.tensor(1.0, requires_grad=True)

        def forward(self, z, y):
            return nn.losses.cross_entropy(self.scale * z, y)

    def run(epochs, path=None):
        tg.random.seed(0)
        model, loss = nn.Linear(3, 2), Scaled()
        optimizer = optim.Adam([*model.parameters(), loss.scale], lr=0.1)
        cost = loss if in_a_module else lambda z, y: loss(z, y)
        fit(model, cost, optimizer, data(), epochs=epochs, checkpoint=path, progress=False)
        return loss.scale.item(), model.weight.numpy()

    path = tmp_path / "run.safetensors"
    assert run(1, path)[0] != 1.0
    gone_on, undisturbed = run(3, path), run(3)
    assert gone_on[0] == undisturbed[0] and (gone_on[1] == undisturbed[1]).all()

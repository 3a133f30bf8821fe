"""Files that PyTorch's two exporters write: what they compute, and what their weights learn."""

import numpy as np
import pytest

import tensorgraph as tg
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))
pytest.importorskip("onnxscript", reason=reason("torch"))
nn = torch.nn

OLD, NEW = False, True
EXPORTERS = pytest.mark.parametrize("exporter", [OLD, NEW], ids=["torchscript", "dynamo"])


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.conv2(torch.relu(self.bn1(self.conv1(x)))))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.layer1 = nn.Sequential(*(Block(8) for _ in range(3)))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.layer1(torch.relu(self.stem(x))).mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.rnn = kind(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(10, 3)

    def forward(self, words):
        return self.out(self.rnn(self.embedding(words))[0][:, -1])


def images(n):
    return torch.randn(n, 3, 16, 16)


def words(n):
    return torch.randint(0, 20, (n, 7))


def perceptron():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2),
    )  # fmt: skip


def encoder():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 3)


def decoder_like():
    return nn.Sequential(
        nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1), nn.GroupNorm(2, 4), nn.SiLU(),
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.InstanceNorm2d(4), nn.PReLU(),
        nn.AvgPool2d(2), nn.Hardswish(), nn.LayerNorm(32),
    )  # fmt: skip


NETWORKS = {
    "perceptron": (perceptron, lambda n: torch.randn(n, 4)),
    "convolutional": (convolutional, images),
    "residual": (Residual, images),
    "lstm": (lambda: Recurrent(nn.LSTM), words),
    "gru": (lambda: Recurrent(nn.GRU), words),
    "rnn": (lambda: Recurrent(nn.RNN), words),
    "transformer": (encoder, lambda n: torch.randn(n, 5, 8)),
    "decoder": (decoder_like, images),
}


def exported(theirs, x, path, exporter, **told):
    """Write a network of PyTorch's with a free batch axis; return it imported."""
    if exporter is NEW:
        shapes = ({0: torch.export.Dim("batch", min=1)},)
        torch.onnx.export(
            theirs, (x,), path, dynamo=True, dynamic_shapes=shapes, verbose=False, **told
        )
    else:
        axes = {"x": {0: "batch"}}
        torch.onnx.export(
            theirs, (x,), path, dynamo=False, input_names=["x"], dynamic_axes=axes, **told
        )
    return tg.onnx.load(path)


def make_different(network):
    """Give a network weights and averages of which no two are equal: those are written once."""
    for tensor in network.parameters():
        nn.init.normal_(tensor, std=0.2)
    for name, tensor in network.named_buffers():
        if tensor.dtype.is_floating_point:
            nn.init.uniform_(tensor, 0.5 if name.endswith("var") else -0.1, 1.0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETWORKS)
@EXPORTERS
def test_a_network_of_pytorchs_computes_the_same_with_any_batch(name, exporter, tmp_path):
    torch.manual_seed(0)
    make, inputs = NETWORKS[name]
    theirs = make().eval()
    ours = exported(theirs, inputs(3), tmp_path / "network.onnx", exporter)
    for n in (3, 1, 4):
        x = inputs(n)
        wanted = theirs(x).detach().numpy()
        np.testing.assert_allclose(ours(x.numpy()).data, wanted, rtol=1e-4, atol=2e-6)
    assert ours.parameters() and ours.inputs[0].shape[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["perceptron", "residual", "lstm", "gru", "transformer"])
def test_gradients_are_pytorchs_by_the_same_names(name, tmp_path):
    torch.manual_seed(0)
    make, inputs = NETWORKS[name]
    theirs = make()
    make_different(theirs)
    x = inputs(3)
    kept = torch.onnx.TrainingMode.PRESERVE
    ours = exported(
        theirs.eval(), x, tmp_path / "network.onnx", OLD, training=kept, do_constant_folding=False
    )
    theirs(x).square().sum().backward()
    (ours(x.numpy()) ** 2).sum().backward()
    found = dict(ours.named_parameters())
    compared = 0
    for path, parameter in theirs.named_parameters():
        if path in found:
            wanted = parameter.grad.numpy()
            np.testing.assert_allclose(found[path].grad.data, wanted, rtol=1e-3, atol=1e-4)
            compared += 1
    assert compared >= (4 if name != "lstm" and name != "gru" else 3)


@pytest.mark.filterwarnings("ignore")
def test_training_a_network_with_batch_norm_goes_as_in_pytorch(tmp_path):
    torch.manual_seed(0)
    theirs, x, labels = Residual(), images(6), torch.arange(6) % 5
    make_different(theirs)
    kept = torch.onnx.TrainingMode.PRESERVE
    ours = exported(
        theirs.eval(), x, tmp_path / "network.onnx", OLD, training=kept, do_constant_folding=False
    ).train()
    theirs.train()
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    own = tg.optim.SGD(ours.parameters(), lr=0.1)
    for _ in range(4):
        loss = nn.functional.cross_entropy(theirs(x), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        mine = tg.nn.losses.cross_entropy(ours(x.numpy()), labels.numpy())
        mine.backward()
        own.step()
        own.zero_grad()
        np.testing.assert_allclose(mine.item(), loss.item(), rtol=1e-3)


@pytest.mark.filterwarnings("ignore")
@EXPORTERS
def test_blocks_lie_in_modules_as_in_pytorch(exporter, tmp_path):
    torch.manual_seed(0)
    ours = exported(Residual().eval(), images(2), tmp_path / "network.onnx", exporter)
    assert [name for name, _ in ours.named_children()] == ["stem", "layer1", "fc"]
    assert [name for name, _ in ours.layer1.named_children()] == ["0", "1", "2"]
    assert "× 3" in tg.render(ours(images(2).numpy()).sum()).svg()

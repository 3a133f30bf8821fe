"""Silero VAD's own weights beside the same network in PyTorch, where that is installed."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason, require
from tests.train.real_models import SILERO, SileroVAD, folder_of, sound

torch = pytest.importorskip("torch", reason=reason("torch"))


class Peer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        conv = torch.nn.Conv1d
        self.stft_conv = conv(1, 258, 256, stride=128, bias=False)
        self.conv1 = conv(129, 128, 3, padding=1)
        self.conv2 = conv(128, 64, 3, stride=2, padding=1)
        self.conv3 = conv(64, 64, 3, stride=2, padding=1)
        self.conv4 = conv(64, 128, 3, padding=1)
        self.lstm_cell = torch.nn.LSTMCell(128, 128)
        self.final_conv = conv(128, 1, 1)

    def forward(self, x, state=None):
        x = torch.nn.functional.pad(x, (0, 64), "reflect")
        waves = self.stft_conv(x[:, None])
        x = torch.hypot(waves[:, :129], waves[:, 129:])
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = torch.relu(layer(x))
        h, c = self.lstm_cell(x[:, :, 0], state)
        return torch.sigmoid(self.final_conv(torch.relu(h)[:, :, None]))[:, 0, 0], (h, c)


def test_silero_vad_hears_what_pytorch_hears():
    require("silero_vad")
    file = folder_of("silero_vad") / SILERO
    ours, theirs = SileroVAD(), Peer()
    state = tg.train.load(file, model=ours)
    theirs.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in state.items()}, strict=True)
    theirs.load_state_dict({n: torch.from_numpy(a) for n, a in nn.torch_state_dict(ours).items()})
    memory = peer_memory = None
    with tg.no_grad(), torch.no_grad():
        for piece in sound():
            speech, memory = ours(piece, memory)
            expected, peer_memory = theirs(torch.from_numpy(piece), peer_memory)
            np.testing.assert_allclose(speech.numpy(), expected.numpy(), rtol=1e-4, atol=2e-6)

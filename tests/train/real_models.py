"""Public models whose weights come inside of packages, written anew: of Silero VAD and g2p-en."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn


def folder_of(package):
    """Return where a package lies, without importing it."""
    return Path(find_spec(package).submodule_search_locations[0])


class SileroVAD(nn.Module):
    """The probability that somebody speaks, for each 512 samples at 16 kHz."""

    def __init__(self):
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm_cell = nn.LSTMCell(128, 128)
        self.final_conv = nn.Conv1d(128, 1, 1)

    def forward(self, x, state=None):
        x = tg.concat([x, tg.flip(x[:, -65:-1], axis=1)], axis=1)
        waves = self.stft_conv(x[:, None])
        x = tg.hypot(waves[:, :129], waves[:, 129:])
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = tg.relu(conv(x))
        h, c = self.lstm_cell(x[:, :, 0], state)
        return tg.sigmoid(self.final_conv(tg.relu(h)[:, :, None]))[:, 0, 0], (h, c)


SILERO = Path("data") / "silero_vad_16k.safetensors"


def sound():
    """Return a second that sounds a little like a voice, and pieces of it as the model takes them.

    Pulses of 120 Hz through three resonances, in syllables, and nothing drawn at random.
    """
    rate = 16_000
    t = np.arange(rate) / rate
    pulses = np.diff(np.floor(120 * t + 3 * np.sin(6 * np.pi * t)), prepend=0.0)
    voice = np.zeros(rate)
    for formant, width, loudness in [(730, 90, 1.0), (1090, 110, 0.5), (2440, 170, 0.25)]:
        ringing = np.exp(-np.pi * width * t[:800]) * np.sin(2 * np.pi * formant * t[:800])
        voice += loudness * np.convolve(pulses, ringing)[:rate]
    voice *= 0.3 * np.clip(np.sin(6 * np.pi * t), 0, 1)
    padded = np.pad(voice, (64, -rate % 512)).astype(np.float32)
    return [padded[None, k : k + 576] for k in range(0, len(padded) - 64, 512)]


class Speller(nn.Module):
    """Letters in, phonemes out."""

    def __init__(self, letters=29, phonemes=74, width=256):
        self.enc_emb = nn.Embedding(letters, width)
        self.enc = nn.GRUCell(width, width)
        self.dec_emb = nn.Embedding(phonemes, width)
        self.dec = nn.GRUCell(width, width)
        self.fc = nn.Linear(width, phonemes)

    def forward(self, letters, longest=20):
        h = None
        for letter in letters:
            h = self.enc(self.enc_emb([letter]), h)
        phoneme, found = 2, []  # 2 begins a word, 3 ends it
        for _ in range(longest):
            h = self.dec(self.dec_emb([phoneme]), h)
            phoneme = int(self.fc(h).argmax())
            if phoneme == 3:
                break
            found.append(phoneme)
        return found


G2P_NAMES = {"fc_w": "fc.weight", "fc_b": "fc.bias"} | {
    f"{side}_{theirs}": f"{side}{ours}"
    for side in ("enc", "dec")
    for theirs, ours in {
        "emb": "_emb.weight", "w_ih": ".weight_ih", "w_hh": ".weight_hh", "b_ih": ".bias_ih",
        "b_hh": ".bias_hh",
    }.items()
}  # fmt: skip
"""Our names by g2p-en's."""

LETTERS = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
SOUNDS = [*CONSONANTS, "UW", *(f"{vowel}{stress}" for vowel in VOWELS for stress in "012")]
PHONEMES = ["<pad>", "<unk>", "<s>", "</s>", *sorted(SOUNDS)]


def pronounced(speller, word):
    with tg.no_grad():
        found = speller([*map(LETTERS.index, word), LETTERS.index("</s>")])
    return " ".join(PHONEMES[i] for i in found)

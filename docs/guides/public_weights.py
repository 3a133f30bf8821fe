# %% [markdown]
# # Weights that others trained
#
# Two real, public models, whose weights come inside of packages: nothing is downloaded but these.
#
# ```console
# $ pip install --no-deps silero-vad g2p-en
# ```
#
# `--no-deps`, as only their files of weights are wanted here, not PyTorch and NLTK. What there is
# to do is always the same: read the names and shapes, write the architecture with these names,
# load, and compare with what the authors say should come out.

# %%
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, train


def folder_of(package):
    """Return where a package lies, without importing it."""
    return Path(find_spec(package).submodule_search_locations[0])


# %% [markdown]
# ## Silero VAD: is somebody speaking?
#
# [Silero VAD](https://github.com/snakers4/silero-vad) (MIT licence) reads 32 ms of sound at a time,
# and keeps a memory. Its weights are a safetensors file, which `train.load` reads.
# ([Weights of PyTorch, Keras and Flax](../recipes/weights_of_pytorch.py) has all that it takes.)

# %%
weights = train.load(folder_of("silero_vad") / "data" / "silero_vad_16k.safetensors")
for name, array in sorted(weights.items()):
    print(f"{name:22} {array.shape}")

# %% [markdown]
# The names are those of PyTorch's layers, and so are ours: a `Module` whose attributes are called
# so takes them as they are. The first convolution is a Fourier transform with a window, 129 cosines
# and 129 sines; its lengths are the spectrum.


# %%
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
        x = tg.concat([x, tg.flip(x[:, -65:-1], axis=1)], axis=1)  # the end mirrored
        waves = self.stft_conv(x[:, None])
        x = tg.hypot(waves[:, :129], waves[:, 129:])
        for conv in self.conv1, self.conv2, self.conv3, self.conv4:
            x = tg.relu(conv(x))
        state = self.lstm_cell(x[:, :, 0], state)
        h, _ = state
        return tg.sigmoid(self.final_conv(tg.relu(h)[:, :, None]))[:, 0, 0], state


vad = SileroVAD()
vad.load_state_dict(weights)
vad.eval()
print(vad)

# %% [markdown]
# Three seconds of sound: silence, then something like a voice (pulses of the vocal cords through
# the resonances of an "ah", in syllables), then noise.

# %%
rate, rng = 16_000, np.random.default_rng(0)
seconds = np.arange(rate) / rate
pitch = 120 * (1 + 0.1 * np.sin(2 * np.pi * 3 * seconds))
pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0.0)
voice = np.zeros(rate)
for formant, width, loudness in [(730, 90, 1.0), (1090, 110, 0.5), (2440, 170, 0.25)]:
    ringing = np.exp(-np.pi * width * seconds[:800]) * np.sin(2 * np.pi * formant * seconds[:800])
    voice += loudness * np.convolve(pulses, ringing)[:rate]
voice *= 0.3 * np.clip(np.sin(2 * np.pi * 3 * seconds), 0, 1)
noise = 0.05 * rng.normal(size=rate)
sound = np.concatenate([np.zeros(rate), voice, noise]) + 1e-3 * rng.normal(size=3 * rate)


def listen(model, sound):
    """Return the probability of speech for each 32 ms."""
    sound = np.pad(sound, (64, -len(sound) % 512)).astype(np.float32)
    state, heard = None, []
    with tg.no_grad():
        for start in range(0, len(sound) - 64, 512):
            speech, state = model(sound[None, start : start + 576], state)
            heard.append(speech.item())
    return np.array(heard)


heard = listen(vad, sound)
for second, name in enumerate(["silence", "voice", "noise"]):
    part = heard[len(heard) * second // 3 : len(heard) * (second + 1) // 3]
    print(f"{name:8} {part.max():.0%} at most")
assert heard[32:62].max() > 0.5 > heard[:28].max()

# %% [markdown]
# It is a graph like any other, so one may ask what it listens *to*: the gradient of its answer by
# the sound, and from that by frequency.

# %%
loudest = int(heard.argmax())
piece = np.pad(sound, (64, 0)).astype(np.float32)[None, 512 * loudest : 512 * loudest + 576]
slope = tg.grad(lambda x: vad(x)[0].sum())(tg.tensor(piece)).numpy()
share = (np.fft.rfft(slope[0]) * np.fft.rfft(piece[0]).conj()).real
print(f"what speaks most for a voice lies around {share[1:].argmax() * rate / 576:.0f} Hz")

# %% [markdown]
# And it can be drawn:

# %%
tg.render(vad, piece, backward=False, depth=1)

# %% [markdown]
# ## g2p: how is a word pronounced?
#
# [g2p-en](https://github.com/Kyubyong/g2p) (Apache licence 2.0) spells words that no dictionary has
# as phonemes: one GRU reads letters, another writes. Its weights are NumPy's own `.npz`, with names
# of the author's; a dictionary of names puts them in place.

# %%
spelling = folder_of("g2p_en") / "checkpoint20.npz"
print(*train.load(spelling))


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


ours = {
    "enc_emb": "enc_emb.weight",
    "dec_emb": "dec_emb.weight",
    "fc_w": "fc.weight",
    "fc_b": "fc.bias",
}
for cell in "enc", "dec":
    for kind in "ih", "hh":
        ours[f"{cell}_w_{kind}"] = f"{cell}.weight_{kind}"
        ours[f"{cell}_b_{kind}"] = f"{cell}.bias_{kind}"
speller = Speller()
train.load_weights(spelling, speller, rename=ours.get)

# %%
LETTERS = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
sounds = [*CONSONANTS, "UW", *(f"{vowel}{stress}" for vowel in VOWELS for stress in "012")]
PHONEMES = ["<pad>", "<unk>", "<s>", "</s>", *sorted(sounds)]


def pronounce(word):
    with tg.no_grad():
        found = speller([*map(LETTERS.index, word), LETTERS.index("</s>")])
    return " ".join(PHONEMES[i] for i in found)


for word in "activationist", "tensorgraph", "backpropagation":
    print(f"{word:16} {pronounce(word)}")
assert pronounce("activationist") == "AE2 K T IH0 V EY1 SH AH0 N IH0 S T"  # as its author says

# %% [markdown]
# From here on it is a model of yours: [freeze](../recipes/two_models.py) a part of it, replace its
# head (`nn.replace_head`), train it on.

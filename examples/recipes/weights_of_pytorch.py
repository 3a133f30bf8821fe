# %% [markdown]
# # Weights of PyTorch, Keras and Flax
#
# A network that others trained is a file of arrays and a page of architecture. The arrays load by
# the names that their library gave them; the architecture is written anew, with the same names.

# %%
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import tensorgraph as tg
from tensorgraph import nn, train

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32)


# %% [markdown]
# ## By PyTorch's names
#
# In PyTorch one writes `safetensors.torch.save_file(model.state_dict(), "tagger.safetensors")`.
# (What `torch.save` writes is a pickle: reading one runs what is in it, so it is refused here, with
# the line that converts it.) For this page such a file is made of random numbers: an embedding, an
# LSTM of two directions, and what stands in a `Sequential`.

# %%
state = {
    "embed.weight": normal(50, 8),
    **{
        f"lstm.{kind}_l0{side}": normal(*shape)
        for side in ("", "_reverse")
        for kind, shape in {
            "weight_ih": (16, 8), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,),
        }.items()
    },
    "head.0.weight": np.ones(8, np.float32),
    "head.0.bias": np.zeros(8, np.float32),
    "head.0.running_mean": normal(8),
    "head.0.running_var": np.ones(8, np.float32),
    "head.0.num_batches_tracked": np.array(1000),
    "head.1.weight": normal(3, 8),
    "head.1.bias": normal(3),
}  # fmt: skip
save_file(state, folder / "tagger.safetensors")

# %% [markdown]
# The same network here. Attributes have the names in the file; layers have their own names for
# their parts, and know PyTorch's.


# %%
class Tagger(nn.Module):
    def __init__(self):
        self.embed = nn.Embedding(50, 8)
        self.lstm = nn.LSTM(8, 4, bidirectional=True)
        self.head = nn.Sequential(nn.BatchNorm(8), nn.Linear(8, 3))

    def forward(self, words):
        outputs, _ = self.lstm(self.embed(words))
        return self.head(outputs[:, -1])


tagger = Tagger().eval()
train.load(folder / "tagger.safetensors", model=tagger)
print(tagger(np.array([[3, 1, 4, 1, 5]])).numpy().round(2))
assert np.array_equal(tagger.head[1].weight.data, state["head.1.weight"])

# %% [markdown]
# All has to fit, or nothing is loaded; what does not is told by PyTorch's names. A large model lies
# in several files: give `train.load` their index, `model.safetensors.index.json`.
#
# ## Back to PyTorch
#
# `nn.torch_state_dict` gives the arrays that `load_state_dict(strict=True)` takes there.

# %%
back = nn.torch_state_dict(tagger)
assert back.keys() == state.keys()
save_file(back, folder / "trained_on.safetensors")

# %% [markdown]
# ## By rule: Keras, Flax, GPT-2
#
# Keras and Flax keep a kernel as (in, out), images with the channels last, and have other names
# for the parts of a norm. `train.load_weights` turns what is kept in another way, and tells it.
# In Keras: `np.savez("model.npz", **{v.path: v.numpy() for v in model.weights})`.

# %%
keras = {
    "dense/kernel": normal(4, 6), "dense/bias": normal(6),
    "norm/gamma": normal(6), "norm/beta": normal(6),
    "norm/moving_mean": normal(6), "norm/moving_variance": np.ones(6, np.float32),
    "out/kernel": normal(6, 6), "out/bias": normal(6),
}  # fmt: skip
np.savez(folder / "keras.npz", **keras)


class Dense(nn.Module):
    def __init__(self):
        self.dense = nn.Linear(4, 6)
        self.norm = nn.BatchNorm(6, eps=1e-3)  # Keras' ε
        self.out = nn.Linear(6, 6)

    def forward(self, x):
        return self.out(tg.relu(self.norm(self.dense(x))))


dense = Dense().eval()
report = train.load_weights(folder / "keras.npz", dense)
print(report)
assert np.array_equal(dense.out.weight.data, keras["out/kernel"].T)

# %% [markdown]
# That a square `kernel` is (in, out) is known by its name. Of a square `weight` in a file whose
# others are (in, out), as GPT-2's are, nobody knows: it is refused, until `layout=` says it.

# %%
gpt2 = {"c_attn.weight": normal(4, 12), "c_proj.weight": normal(4, 4)}
block = nn.ModuleDict(
    {"c_attn": nn.Linear(4, 12, bias=False), "c_proj": nn.Linear(4, 4, bias=False)}
)
try:
    nn.load_foreign(block, gpt2)
except tg.errors.StateError as error:
    print(error)
print(nn.load_foreign(block, gpt2, layout="keras"))

# %% [markdown]
# Names that differ are given by `rename=`, and what fits in part is loaded by `partial=True`.

# %%
report = nn.load_foreign(
    tagger.head,
    {"classifier.weight": normal(3, 8), "classifier.bias": normal(3)},
    rename=lambda name: name.replace("classifier", "1"),
    partial=True,
)
print(report)
assert report.missing == ["layers.0.weight", "layers.0.bias", *report.missing[2:]]

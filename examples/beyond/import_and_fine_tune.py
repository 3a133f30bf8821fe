# %% [markdown]
# # A network from elsewhere, tuned to new pictures
#
# PyTorch, Keras and scikit-learn write networks as ONNX files. `tg.onnx.load` reads one as a module
# like any other: it can be drawn, differentiated and trained. Here a network that reads scanned
# digits learns to read those of a poor camera, from three pictures of each digit.
#
# So that this runs anywhere, the file is made here, as PyTorch's exporter names things; take any
# other in its place.

# %%
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.datasets import load_digits

import tensorgraph as tg

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
first, later = slice(0, 1200), slice(1200, None)


def train(network, x, y, lr, steps):
    optimizer = tg.optim.Adam(network.parameters(), lr=lr)
    for _ in range(steps):
        tg.nn.losses.cross_entropy(network(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network


def accuracy(network, x, y):
    return float((network(x).data.argmax(axis=1) == y).mean())


def write(weights, path):
    nodes, last = [], "image"
    for i, act in ((0, "Relu"), (2, "Relu"), (4, None)):
        names = [last, f"layers.{i}.weight", f"layers.{i}.bias"]
        nodes.append(
            helper.make_node("Gemm", names, [f"z{i}"], name=f"/layers/layers.{i}/Gemm", transB=1)
        )
        last = f"z{i}"
        if act:
            place = f"/layers/layers.{i + 1}/{act}"
            nodes.append(helper.make_node(act, [last], [f"a{i}"], name=place))
            last = f"a{i}"
    image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["batch", 64])
    logits = helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, ["batch", 10])
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "digits", [image], [logits], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


tg.random.seed(0)
teacher = tg.nn.Sequential(
    tg.nn.Linear(64, 48), tg.nn.ReLU(), tg.nn.Linear(48, 24), tg.nn.ReLU(), tg.nn.Linear(24, 10)
)
train(teacher, images[first], labels[first], lr=0.01, steps=100)
path = Path(tempfile.mkdtemp()) / "digits.onnx"
write(teacher.state_dict(), path)

# %% [markdown]
# ## What is in the file
#
# The exporter's names became modules, weights became parameters under their own names.

# %%
network = tg.onnx.load(path)
print(network)
print(f"it reads {accuracy(network, images[later], labels[later]):.0%} of digits it never saw")
assert [name for name, _ in network.named_parameters()] == list(teacher.state_dict())
np.testing.assert_allclose(network(images).data, teacher(images).data, rtol=1e-5, atol=1e-5)

tg.render(network(images[:4]).sum())

# %% [markdown]
# And the gradient of its last layer is read as that of any other network.

# %%
loss = tg.nn.losses.cross_entropy(network(images[first]), labels[first])
print(tg.derive(loss, wrt=network.layers[4].bias))

# %% [markdown]
# ## A poor camera
#
# Its pictures have half the contrast, and noise. The network reads little more than half of them.

# %%
rng = np.random.default_rng(1)
noise = 0.15 * rng.standard_normal(images.shape)
photos = np.clip(0.5 * images + 0.25 + noise, 0, 1).astype(np.float32)
few = np.concatenate(
    [rng.choice(np.flatnonzero(labels[first] == d), 3, replace=False) for d in range(10)]
)
x, y, x_test, y_test = photos[few], labels[few], photos[later], labels[later]
print(f"as it is: {accuracy(network, x_test, y_test):.0%}")

# %% [markdown]
# Thirty pictures are labelled. With these its last layer learns alone, then all of it in small
# steps. A network of the same size that starts from nothing has only the thirty.

# %%
tg.nn.freeze(network)
tg.nn.unfreeze(network, "layers.4")
train(network, x, y, lr=0.02, steps=60)
last = accuracy(network, x_test, y_test)

tg.nn.unfreeze(network)
train(network, x, y, lr=0.003, steps=30)
tuned = accuracy(network, x_test, y_test)

scratch = tg.nn.Sequential(
    tg.nn.Linear(64, 48), tg.nn.ReLU(), tg.nn.Linear(48, 24), tg.nn.ReLU(), tg.nn.Linear(24, 10)
)
alone = accuracy(train(scratch, x, y, lr=0.01, steps=100), x_test, y_test)
print(f"its last layer tuned: {last:.0%}; all of it: {tuned:.0%}; from nothing: {alone:.0%}")
assert tuned > alone

# %% [markdown]
# What comes before the last layer is a network too: `outputs` names the values to return.

# %%
body = tg.onnx.load(path, outputs=["a2"])
assert body(images).shape == (len(images), 24)

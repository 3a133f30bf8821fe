# %% [markdown]
# # Export and serve
#
# A network is trained here and used elsewhere: in a server, a phone, a browser. **ONNX** is the
# format that runtimes for all of these read, and viewers such as Netron draw. Here a network that
# reads handwritten digits becomes a file, and `onnxruntime` answers from it.

# %%
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import onnxruntime
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## Train

# %%
images, labels = load_digits(return_X_y=True)
images = (images / 16).reshape(-1, 1, 8, 8).astype(np.float32)
sets = data.split(images, labels, train=0.8, dev=0, test=0.2, stratify=labels)

tg.random.seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding="same"), nn.BatchNorm(16), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Dropout(p=0.2),
    nn.Linear(16 * 4 * 4, 10),
)  # fmt: skip
train.fit(
    model,
    nn.losses.cross_entropy,
    optim.Adam(model.named_parameters(), lr=0.005),
    data.Batches(*sets.train, batch_size=32),
    epochs=2,
    progress=False,
)

# %% [markdown]
# ## Export
#
# An example input says which shapes and types the model takes. Of the first axis the file takes any
# length, and the model is written as in evaluation: dropout is gone, and batch norm scales by the
# averages of training.

# %%
folder = tempfile.TemporaryDirectory()
path = Path(folder.name, "digits.onnx")
proto = tg.onnx.export(model, images[:1], path)
print(f"{path.stat().st_size / 1024:.0f} kB")
for node in proto.graph.node:
    print(f"{node.op_type:12} {node.name}")

# %% [markdown]
# The same file opens in [Netron](https://netron.app), which shows the graph with these names.
#
# ## Serve
#
# A server needs neither this library nor the code of the model.

# %%
session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
test_images, test_labels = sets.test
(logits,) = session.run(None, {"x": test_images})

model.eval()
with tg.no_grad():
    expected = model(test_images).numpy()
print(f"largest difference {np.abs(logits - expected).max():.1e}")
assert np.allclose(logits, expected, rtol=1e-4, atol=1e-4)
accuracy = diagnose.accuracy(logits.argmax(axis=1), test_labels)
print(f"test accuracy {accuracy:.0%}")
assert accuracy > 0.9

# %% [markdown]
# How long an answer takes, for one image and for all at once:


# %%
def microseconds(answer, times=50):
    """Return how long a call takes, the shortest of some."""
    seconds = []
    for _ in range(times):
        start = perf_counter()
        answer()
        seconds.append(perf_counter() - start)
    return 1e6 * min(seconds)


for batch in (test_images[:1], test_images):
    with tg.no_grad():
        here = microseconds(lambda x=batch: model(x))
    there = microseconds(lambda x=batch: session.run(None, {"x": x}))
    print(f"{len(batch):4} images: tensorgraph {here:7.0f} µs, onnxruntime {there:7.0f} µs")

# %% [markdown]
# ## A gradient is a function, too
#
# What is exported may be any function of arrays, also one with a backward pass: here how each pixel
# of an image moves the score of its class. That is a **saliency map**, drawn by a server that knows
# no derivatives.


# %%
def saliency(image, label):
    return tg.grad(lambda x: model(x)[tg.arange(len(x)), label].sum())(image)


gradient = tg.onnx.export(saliency, images[:1], labels[:1], Path(folder.name, "saliency.onnx"))
session = onnxruntime.InferenceSession(gradient.SerializeToString())
(found,) = session.run(None, {"image": test_images[:3], "label": test_labels[:3]})
assert np.allclose(found, saliency(test_images[:3], test_labels[:3]), rtol=1e-3, atol=1e-4)
print("a gradient of shape", found.shape)
folder.cleanup()

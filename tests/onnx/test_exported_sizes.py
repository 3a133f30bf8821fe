"""Sizes that are known in each run only: what a file does there, and what is refused."""

import numpy as np
import pytest

import tensorgraph as tg
from tests.onnx.running import assert_exports


def r(*shape, dtype="float32"):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


TIME = {"x": {0: "batch", 1: "time"}}

BRANCHES = {
    "few": (lambda x: x * 2 if x.shape[0] > 4 else x, {}),
    "one": (lambda x: x if x.shape[0] == 1 else x - x.mean(axis=0), {}),
    "least": (lambda x: x * min(x.shape[0], 4), {}),
    "even": (lambda x: x * (x.shape[0] % 2), {}),
    "window": (lambda x: x[:, -8:].sum(axis=1) / min(8, x.shape[1]), {"dynamic_axes": TIME}),
    "divisor": (lambda x: x.sum(axis=0) / max(x.shape[0] - 1, 1), {}),
    "crop": (lambda x: (x[:, :32] if x.shape[1] > 32 else x + 1).sum(axis=1),
             {"dynamic_axes": TIME}),
    "squeezed": (lambda x: tg.squeeze(x) * 2, {}),
}  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3, 4, 8])
@pytest.mark.parametrize("name", BRANCHES)
def test_code_that_tells_some_sizes_from_others_is_refused(name, batch):
    """Whichever size the example has: the file would be silently wrong at another."""
    f, how = BRANCHES[name]
    with pytest.raises(tg.errors.ExportError, match=r"(?s)test_exported_sizes.py:\d+.*axes=None"):
        tg.onnx.export(f, r(batch, 5), **how)
    assert_exports(f, [r(batch, 5)], dynamic_axes=None)


def test_what_is_refused_names_operation_and_line():
    with pytest.raises(tg.errors.ExportError, match=r"subtract.*sizes.py:\d+ fixes the size batch"):
        tg.onnx.export(BRANCHES["one"][0], r(4, 5))


def test_another_number_of_outputs_is_refused():
    with pytest.raises(tg.errors.ExportError, match=r"returns 2 arrays at one size of .*None"):
        tg.onnx.export(lambda x: [x + 1] * min(x.shape[0], 2), r(4, 5))


def step(x):
    w = tg.tensor(np.full((1, 3), 2, "float32"), requires_grad=True)
    return tg.gradients(((x * w + w[0]) ** 2).mean(), [w])


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("f", [
    step,
    tg.grad(lambda x: ((x - x.mean(axis=0, keepdims=True)) ** 2).sum()),
])  # fmt: skip
def test_a_gradient_that_sums_over_the_batch_is_one_program(f, batch):
    assert_exports(f, [r(batch, 3)], [r(1, 3)], [r(6, 3)], digits=1e-4)


@pytest.mark.parametrize("f", [
    lambda x: x @ x.mT + tg.eye(x.shape[0]),
    lambda x: x @ x.mT + tg.eye(x.shape[0], k=-1),
    lambda x: tg.where(np.tri(x.shape[0], dtype=bool), x @ x.mT, 0),
    lambda x: tg.where(np.tri(x.shape[0], k=2, dtype=bool), True, x @ x.mT > 0),
    lambda x: x @ x.mT + np.triu(np.full(2 * x.shape[:1], -np.inf, "float32"), 1),
    lambda x: tg.linalg.diagonal(x @ x.mT),
])  # fmt: skip
def test_matrices_told_by_a_diagonal(f):
    assert_exports(f, [r(4, 3)], [r(1, 3)], [r(7, 3)], digits=1e-5)


def test_a_slice_may_be_longer_than_the_axis():
    proto = assert_exports(
        lambda x: x[:, :8] * 2, [r(2, 5)], [r(3, 20)], [r(1, 1)], dynamic_axes=TIME
    )
    assert proto.graph.output[0].type.tensor_type.shape.dim[1].dim_value == 0


class Language(tg.nn.Module):
    """A small model of causal attention."""

    def __init__(self, positions):
        self.embedding, self.positions = tg.nn.Embedding(17, 16), positions
        self.block = tg.nn.TransformerEncoderLayer(16, 2, causal=True)
        self.head = tg.nn.Linear(16, 17)

    def forward(self, x):
        return self.head(self.block(self.positions(self.embedding(x))))


@pytest.mark.parametrize("longest", [12, 40, 2000])
@pytest.mark.parametrize("learned", [True, False])
def test_a_causal_model_of_any_length(learned, longest):
    """Also with a table of positions that is shorter than what else is tried."""
    tg.random.seed(0)
    kinds = tg.nn.LearnedPositionalEncoding, tg.nn.SinusoidalPositionalEncoding
    model = Language(kinds[0](longest, 16) if learned else kinds[1](16)).eval()
    ids = [np.arange(t * b).reshape(b, t) % 17 for b, t in [(1, 4), (3, longest), (2, 1)]]
    assert_exports(model, *([x] for x in ids), dynamic_axes=TIME, digits=1e-4)


def test_multiples_of_the_example():
    def halves(x):
        return tg.flip(x, axis=1) * 2 if x.shape[1] % 4 == 0 else 1 / 0

    assert_exports(halves, [r(2, 8)], [r(3, 16)], [r(1, 40)], dynamic_axes=TIME)


def test_sizes_of_one_name_are_alike():
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    with pytest.raises(tg.errors.ArgumentError, match="'batch' what is 4 in 'x' and 3 in 'y'"):
        tg.onnx.export(lambda x, y: (x + 1, y + 1), r(4), r(3), dynamic_axes=axes)

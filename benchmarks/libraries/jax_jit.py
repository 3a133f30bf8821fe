"""The same training steps with JAX: one function from parameters to parameters, under ``jit``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.nets import DROPPED, HEADS, Net

BETAS = 0.9, 0.999


def version() -> str:
    return f"JAX {jax.__version__}"


def finish(result: Any) -> None:
    """Wait until a step is done."""
    result.block_until_ready()


def step(net: Net, variant: str) -> Callable[[], Any]:
    make, forward = KINDS[net.kind]
    parameters = make(net, np.random.default_rng(1))
    inputs, labels = map(jnp.asarray, net.example())

    def cost(parameters: Any, inputs: Any, labels: Any, key: Any) -> Any:
        logs = jax.nn.log_softmax(forward(net, parameters, inputs, key))
        return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=0)
    def train(state: Any, inputs: Any, labels: Any) -> tuple[Any, Any]:
        parameters, m, v, t, key = state
        key, used = jax.random.split(key)
        loss, gradients = jax.value_and_grad(cost)(parameters, inputs, labels, used)
        t = t + 1
        parameters, m, v = adam(parameters, gradients, m, v, t)
        return (parameters, m, v, t, key), loss

    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = parameters, zeros(parameters), zeros(parameters), jnp.zeros(()), jax.random.key(0)

    def again() -> Any:
        nonlocal state
        state, loss = train(state, inputs, labels)
        return loss

    return again


def adam(parameters: Any, gradients: Any, m: Any, v: Any, t: Any, lr: float = 1e-3) -> Any:
    first, second = BETAS
    m = jax.tree.map(lambda m, g: first * m + (1 - first) * g, m, gradients)
    v = jax.tree.map(lambda v, g: second * v + (1 - second) * g * g, v, gradients)
    rate = lr / (1 - first**t)

    def moved(p: Any, m: Any, v: Any) -> Any:
        return p - rate * m / (jnp.sqrt(v / (1 - second**t)) + 1e-8)

    return jax.tree.map(moved, parameters, m, v), m, v


Random = np.random.Generator


def _linear(rng: Random, fan_in: int, fan_out: int) -> dict[str, Any]:
    weight = rng.standard_normal((fan_in, fan_out), dtype=np.float32) * math.sqrt(2 / fan_in)
    return {"w": jnp.asarray(weight, jnp.float32), "b": jnp.zeros(fan_out)}


def _applied(layer: dict[str, Any], x: Any) -> Any:
    return x @ layer["w"] + layer["b"]


def make_mlp(net: Net, rng: Random) -> Any:
    layers = [_linear(rng, *pair) for pair in pairwise((*net.shape, *net.hidden, net.classes))]
    norms = [{"scale": jnp.ones(n), "shift": jnp.zeros(n)} for n in net.hidden if net.norm]
    return {"layers": layers, "norms": norms}


def mlp(net: Net, parameters: Any, x: Any, key: Any) -> Any:
    *hidden, last = parameters["layers"]
    for i, layer in enumerate(hidden):
        x = _applied(layer, x)
        if net.norm:
            norm = parameters["norms"][i]
            x = (x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5) * norm["scale"] + norm["shift"]
        x = jax.nn.relu(x)
        if net.norm:
            kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - DROPPED, x.shape)
            x = jnp.where(kept, x / (1 - DROPPED), 0)
    return _applied(last, x)


def make_conv(net: Net, rng: Random) -> Any:
    sides = pairwise((net.shape[0], *net.hidden))
    kernels = []
    for fan_in, fan_out in sides:
        kernel = rng.standard_normal((fan_out, fan_in, 3, 3), dtype=np.float32)
        kernels.append({"w": jnp.asarray(kernel / (3 * fan_in**0.5)), "b": jnp.zeros(fan_out)})
    side = net.shape[-1] >> len(net.hidden)
    return {"kernels": kernels, "head": _linear(rng, fan_out * side * side, net.classes)}


def conv(net: Net, parameters: Any, x: Any, key: Any) -> Any:
    for layer in parameters["kernels"]:
        x = lax.conv(x, layer["w"], (1, 1), "SAME") + layer["b"][:, None, None]
        x = jax.nn.relu(x)
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return _applied(parameters["head"], x.reshape(len(x), -1))


def make_lstm(net: Net, rng: Random) -> Any:
    width = net.hidden[-1]
    return {
        "input": _linear(rng, net.shape[-1], 4 * width),
        "state": _linear(rng, width, 4 * width),
        "head": _linear(rng, width, net.classes),
    }


def lstm(net: Net, parameters: Any, x: Any, key: Any) -> Any:
    def one_step(state: Any, projected: Any) -> tuple[Any, None]:
        h, c = state
        i, f, g, o = jnp.split(projected + _applied(parameters["state"], h), 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    start = jnp.zeros((len(x), net.hidden[-1]))
    projected = _applied(parameters["input"], x).swapaxes(0, 1)
    (h, _), _ = lax.scan(one_step, (start, start), projected)
    return _applied(parameters["head"], h)


def make_block(net: Net, rng: Random) -> Any:
    width = net.shape[-1]
    norms = [{"scale": jnp.ones(width), "shift": jnp.zeros(width)} for _ in range(2)]
    return {
        "norms": norms,
        "attention": [_linear(rng, width, width) for _ in range(4)],
        "wide": _linear(rng, width, *net.hidden),
        "narrow": _linear(rng, *net.hidden, width),
        "head": _linear(rng, width, net.classes),
    }


def block(net: Net, parameters: Any, x: Any, key: Any) -> Any:
    first, second = parameters["norms"]
    *projections, out = parameters["attention"]
    m, tokens, width = x.shape
    inside = _normalised(first, x)
    q, k, v = (
        _applied(p, inside).reshape(m, tokens, HEADS, width // HEADS).swapaxes(1, 2)
        for p in projections
    )
    weights = jax.nn.softmax(q @ k.swapaxes(2, 3) / math.sqrt(width // HEADS))
    x = x + _applied(out, (weights @ v).swapaxes(1, 2).reshape(m, tokens, width))
    wide = jax.nn.relu(_applied(parameters["wide"], _normalised(second, x)))
    x = x + _applied(parameters["narrow"], wide)
    return _applied(parameters["head"], x.mean(axis=1))


def _normalised(norm: dict[str, Any], x: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    spread = jnp.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
    return centred / spread * norm["scale"] + norm["shift"]


KINDS = {
    "mlp": (make_mlp, mlp),
    "conv": (make_conv, conv),
    "lstm": (make_lstm, lstm),
    "block": (make_block, block),
}

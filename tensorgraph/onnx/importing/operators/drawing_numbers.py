"""Operators that draw random numbers, from the engine's own generators."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops, random
from tensorgraph.engine.shapes import shape_of
from tensorgraph.onnx.importing.arrays import dtype_of
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import Ints, allowed


def _generator(seed: float | None) -> dict[str, Any]:
    """Return which generator draws: a new one where the file has a seed, else the default one."""
    return {} if seed is None else {"generator": random.Generator(int(seed))}


def _dtype(code: int | None, x: Any = None) -> Any:
    if code is None:
        return x.dtype if x is not None else np.dtype(np.float32)
    return dtype_of(code, "what is drawn")


@operator("RandomNormal")
def _random_normal(
    *, shape: Ints, dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float | None = None
) -> Any:
    drawn = random.normal(allowed(shape), mean=mean, std=scale, **_generator(seed))
    return ops.astype(drawn, dtype=_dtype(dtype))


@operator("RandomNormalLike")
def _random_normal_like(
    x: Any, *, dtype: int | None = None, mean: float = 0.0, scale: float = 1.0,
    seed: float | None = None,
) -> Any:  # fmt: skip
    drawn = random.normal(shape_of(x), mean=mean, std=scale, **_generator(seed))
    return ops.astype(drawn, dtype=_dtype(dtype, x))


@operator("RandomUniform")
def _random_uniform(
    *, shape: Ints, dtype: int = 1, high: float = 1.0, low: float = 0.0, seed: float | None = None
) -> Any:
    drawn = random.uniform(allowed(shape), low=low, high=high, **_generator(seed))
    return ops.astype(drawn, dtype=_dtype(dtype))


@operator("RandomUniformLike")
def _random_uniform_like(
    x: Any, *, dtype: int | None = None, high: float = 1.0, low: float = 0.0,
    seed: float | None = None,
) -> Any:  # fmt: skip
    drawn = random.uniform(shape_of(x), low=low, high=high, **_generator(seed))
    return ops.astype(drawn, dtype=_dtype(dtype, x))


@operator("Bernoulli")
def _bernoulli(x: Any, *, dtype: int | None = None, seed: float | None = None) -> Any:
    drawn = random.uniform(shape_of(x), **_generator(seed)) < x
    return ops.astype(drawn, dtype=_dtype(dtype, x))


@operator("Multinomial")
def _multinomial(x: Any, *, dtype: int = 6, sample_size: int = 1, seed: float | None = None) -> Any:
    rows, classes = shape_of(x)
    allowed((rows, sample_size, classes))
    noise = random.uniform((rows, sample_size, classes), low=1e-7, **_generator(seed))
    # The largest of logits with Gumbel's noise is a class drawn with their probabilities.
    drawn = ops.argmax(ops.expand_dims(x, axis=1) - ops.log(-ops.log(noise)), axis=-1)
    return ops.astype(drawn, dtype=_dtype(dtype))

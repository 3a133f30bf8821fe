"""Functions whose gradients are right, and arguments that make that hard to see.

``FUNCTIONS`` has the nasty ones: saturated, cancelling inside, at kinks, of huge and tiny numbers.
``draw`` draws arguments for one: random numbers, small integers, equal ones, zeros, tiny ones.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import nn

Array = Any
losses = nn.losses


@dataclass(frozen=True)
class Case:
    """A correct function, and what its arguments are like."""

    name: str
    f: Callable[..., Any]
    args: Sequence[tuple[tuple[int, ...], str]]
    """The shape and the domain of each."""


NASTY = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1e-3, -1e-5, 1e-8, 1e-12, 1e-16, 10.0])


def _real(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    match rng.integers(6):
        case 0:
            return rng.choice(NASTY, shape)
        case 1:
            return rng.integers(-3, 4, shape).astype(float)
        case 2:
            return np.full(shape, rng.choice(NASTY))
        case 3:
            return rng.normal(size=shape) * 10 ** rng.uniform(-6, 1.5)
        case 4:
            return np.round(rng.normal(size=shape) * 3, int(rng.integers(0, 3)))
        case _:
            return rng.normal(size=shape)


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    match rng.integers(4):
        case 0:
            return rng.choice([1e-12, 1e-6, 1e-3, 0.5, 1.0, 2.0, 3.0, 100.0], shape)
        case 1:
            return 10 ** rng.uniform(-8, 4, shape)
        case 2:
            return np.full(shape, 10 ** rng.uniform(-3, 2))
        case _:
            return rng.uniform(0.1, 3.0, shape)


def _wide(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Of one size, huge or tiny, or of all sizes at once."""
    exponents = rng.uniform(-300, 300, shape if rng.integers(2) else ())
    return rng.uniform(1.0, 9.0, shape) * 10.0**exponents


def _share(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Probabilities that sum to 1 along the last axis."""
    raw = 10 ** rng.uniform(-8 if rng.integers(2) else -1, 0, shape)
    if not rng.integers(3):
        raw = np.ones(shape)
    return raw / raw.sum(axis=-1, keepdims=True)


DOMAINS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Array]] = {
    "real": _real,
    "positive": _positive,
    "wide": _wide,
    "share": _share,
    "inside": lambda rng, shape: np.clip(_real(rng, shape), -0.999, 0.999),
    "between": lambda rng, shape: np.clip(np.abs(_real(rng, shape)), 1e-6, 1 - 1e-6),
    "nonzero": lambda rng, shape: _positive(rng, shape) * rng.choice([-1.0, 1.0], shape),
    "moderate": lambda rng, shape: np.clip(_real(rng, shape), -20, 20),
    "above 1": lambda rng, shape: 1 + 10 ** rng.uniform(-9, 1, shape),
    "extreme": lambda rng, shape: _real(rng, shape) * rng.choice([1.0, 30.0, 1000.0]),
}


def _regular(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A matrix that can be inverted, some of them barely."""
    a = rng.normal(size=shape) + 3 * np.eye(3)
    if not rng.integers(3):
        a[2] = a[0] + a[1] + 10 ** rng.uniform(-4, 0) * a[2]
    return a


DOMAINS["regular"] = _regular


def draw(case: Case, rng: np.random.Generator) -> list[Array]:
    """Draw arguments; one in four times, two of a domain are made equal."""
    drawn: list[Array] = [DOMAINS[domain](rng, shape) for shape, domain in case.args]
    if len(drawn) > 1 and case.args[0] == case.args[1] and not rng.integers(4):
        drawn[1] = drawn[0].copy()
    return drawn


def _distances(x: Any, y: Any) -> Any:
    return tg.norm(tg.expand_dims(x, 1) - tg.expand_dims(y, 0), axis=-1)


def _kl(p: Any, q: Any) -> Any:
    return (p * (tg.log(p) - tg.log(q))).sum(axis=-1)


def _median(x: Any) -> Any:
    return tg.sort(x)[x.shape[0] // 2]


def _chain(x: Any) -> Any:
    for _ in range(30):
        x = tg.sin(x) + 0.5 * x
    return x


def _power_series(x: Any) -> Any:
    total, term = 1.0, 1.0
    for k in range(1, 20):
        term = term * x / k
        total = total + term
    return total


def _naive_softmax(x: Any) -> Any:
    e = tg.exp(x - tg.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _naive_variance(x: Any) -> Any:
    return (x * x).mean() - x.mean() ** 2


def _recurrence(x: Any, w: Any) -> Any:
    h = tg.zeros((x.shape[1],), dtype="float64")
    for t in range(x.shape[0]):
        h = tg.tanh(x[t] + w @ h)
    return h


_inverse = tg.op(
    "inverse", lambda a: np.linalg.inv(a), {"a": lambda g, out: -(out.mT @ g @ out.mT)}
)
_logdet = tg.op("logdet", lambda a: np.linalg.slogdet(a)[1], {"a": lambda g, a: g * _inverse(a).mT})
_cumulative_product = tg.op(
    "cumulative_product", lambda x: np.cumprod(x),
    {"x": lambda g, x, out: tg.flip(tg.cumulative_sum(tg.flip(g * out))) / x},
)  # fmt: skip
_erfc = tg.op(
    "erfc", lambda x: np.vectorize(math.erfc, otypes=[float])(x),
    {"x": lambda g, x: -2 / math.sqrt(math.pi) * g * tg.exp(-x * x)},
)  # fmt: skip


def _of_layer(make: Callable[[], Any]) -> Callable[..., Any]:
    tg.random.seed(0)
    layer = make().astype("float64")
    return lambda x: layer(x + 0.1234567)  # 0 is at no unit's kink: relu'(0) = 0 has its price


LABELS = np.array([0, 2, 1, 2])
SIGNS = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
N, M = (5,), (3, 3)
BATCH = (4, 3)


def _elementwise() -> list[Case]:
    saturating: dict[str, Callable[..., Any]] = {
        "tanh": tg.tanh,
        "tanh of 10x": lambda x: tg.tanh(10 * x),
        "sigmoid": tg.sigmoid,
        "sigmoid by hand": lambda x: 1 / (1 + tg.exp(-x)),
        "softplus": tg.softplus,
        "log_sigmoid": tg.log_sigmoid,
        "erf": tg.erf,
        "erf tails": lambda x: 1 - tg.erf(3 + tg.abs(x)),
        "gelu": tg.gelu,
        "silu": tg.silu,
        "elu": tg.elu,
        "atan": lambda x: tg.atan(x * x),
        "log of 1 + exp": lambda x: tg.log(1 + tg.exp(-tg.abs(x))),
        "tanh squared": lambda x: 1 - tg.tanh(x) ** 2,
        "gauss": lambda x: tg.exp(-x * x),
    }
    kinked: dict[str, Callable[..., Any]] = {
        "relu": tg.relu,
        "abs": tg.abs,
        "leaky_relu": tg.leaky_relu,
        "clip": lambda x: tg.clip(x, -1, 1),
        "relu squared": lambda x: tg.relu(x) ** 2,
        "x times abs": lambda x: x * tg.abs(x),
        "relu with a smooth one": lambda x: tg.relu(x) + tg.sin(x) * x,
        "max": lambda x: tg.max(x),
        "sort": lambda x: tg.sort(x) * np.arange(5.0),
        "median": _median,
        "norm": lambda x: tg.norm(x),
        "largest difference": lambda x: tg.max(x) - tg.min(x),
        "huber": lambda x: losses.huber(x, tg.zeros_like(x)),
    }
    cancelling: dict[str, Callable[..., Any]] = {
        "(x + 1e8) - 1e8": lambda x: (x + 1e8) - 1e8,
        "((x + 1e8) - 1e8) squared": lambda x: ((x + 1e8) - 1e8) ** 2,
        "1 - cos": lambda x: 1 - tg.cos(x),
        "exp(x) - 1 - x": lambda x: tg.exp(tg.tanh(x)) - 1 - tg.tanh(x),
        "variance by hand": _naive_variance,
        "std": lambda x: tg.std(x * 1.0 + np.arange(5.0) * 1e-3),
        "series of exp": lambda x: _power_series(tg.tanh(x) * 5),
        "x - x": lambda x: x - x,
        "constant": lambda x: 0 * x + 7,
        "not of x": lambda x: tg.ones(3, dtype="float64"),
        "chain": _chain,
        "large sum": lambda x: x.sum() + 1e12,
        "product": lambda x: tg.prod(x),
        "sum of logs": lambda x: tg.cumulative_sum(tg.log(1 + x * x)).sum(),
        "polynomial": lambda x: x**5 - 3 * x**2 + x,
        "sin of 100x": lambda x: tg.sin(100 * x),
    }
    found = [
        Case(name, f, [(N, "extreme" if f in saturating.values() else "moderate")])
        for group in (saturating, kinked, cancelling)
        for name, f in group.items()
    ]
    return [
        *found,
        Case("exp", tg.exp, [(N, "moderate")]),
        Case("log", tg.log, [(N, "positive")]),
        Case("log of all sizes", tg.log, [(N, "wide")]),
        Case("log times small", lambda x: tg.log(x) * 1e-3, [(N, "wide")]),
        Case("root of all sizes", tg.sqrt, [(N, "wide")]),
        Case("logs product", lambda x, y: tg.log(x) * tg.log(y), [(N, "wide"), (N, "wide")]),
        Case("beside a pole", lambda x: 1 / (x - 1), [(N, "above 1")]),
        Case(
            "beside the poles of tan",
            lambda x: tg.sin(2 - x) / tg.cos(x - 1 + np.pi / 2),
            [(N, "above 1")],
        ),
        Case("beside the end of a logarithm", lambda x: tg.log(x - 1), [(N, "above 1")]),
        Case("scaled", lambda x: 1e-200 * x, [(N, "moderate")]),
        Case("scaled up", lambda x: 1e200 * tg.sin(x), [(N, "moderate")]),
        Case("there and back", lambda x: (x * 1e200) * 1e-200, [(N, "moderate")]),
        Case("x log x", lambda x: x * tg.log(x), [(N, "positive")]),
        Case("reciprocal", lambda x: 1 / x, [(N, "nonzero")]),
        Case("power", lambda x, y: x**y, [(N, "positive"), (N, "inside")]),
        Case("cubic power", lambda x: x**3, [(N, "extreme")]),
        Case("atan2", tg.atan2, [(N, "nonzero"), (N, "real")]),
        Case("hypot", tg.hypot, [(N, "nonzero"), (N, "real")]),
        Case("maximum", tg.maximum, [(N, "real"), (N, "real")]),
        Case("logaddexp", tg.logaddexp, [(N, "extreme"), (N, "extreme")]),
        Case("asin", tg.asin, [(N, "inside")]),
        Case("atanh", tg.atanh, [(N, "inside")]),
        Case("acosh", lambda x: tg.acosh(1 + x), [(N, "positive")]),
        Case("difference of squares", lambda x, y: (x - y) * (x + y), [(N, "extreme")] * 2),
        Case("quotient", lambda x, y: x / y, [(N, "extreme"), (N, "nonzero")]),
    ]


def _of_matrices() -> list[Case]:
    regular = lambda a: a @ a.mT + 1e-3 * np.eye(3)  # noqa: E731
    return [
        Case("logsumexp", lambda x: tg.logsumexp(x, axis=1), [(BATCH, "extreme")]),
        Case("softmax", lambda x: tg.softmax(x, axis=1), [(BATCH, "extreme")]),
        Case("softmax by hand", _naive_softmax, [(BATCH, "extreme")]),
        Case("log_softmax", lambda x: tg.log_softmax(x, axis=1), [(BATCH, "extreme")]),
        Case("KL divergence", _kl, [(BATCH, "share"), (BATCH, "share")]),
        Case("entropy", lambda p: -(p * tg.log(p)).sum(), [(BATCH, "share")]),
        Case("distances", _distances, [(BATCH, "real"), (BATCH, "real")]),
        Case("distances to itself", lambda x: _distances(x, x), [(BATCH, "real")]),
        Case("matmul", lambda a, b: a @ b, [(M, "extreme"), (M, "real")]),
        Case("einsum", lambda a, b: tg.einsum("ij,kj->ik", a, b) ** 2, [(M, "real")] * 2),
        Case("quadratic form", lambda a, x: x @ a @ x, [(M, "real"), ((3,), "extreme")]),
        Case("unit", lambda x: x / tg.norm(x + 0.1), [(N, "moderate")]),
        Case("cosine", lambda x, y: (x * y).sum() / (1e-6 + tg.norm(x) * tg.norm(y)),
             [(N, "nonzero"), (N, "nonzero")]),
        Case("norm of rows", lambda x: tg.norm(x, axis=1), [(BATCH, "real")]),
        Case("log of trace", lambda a: tg.log((regular(a) * np.eye(3)).sum()), [(M, "real")]),
        Case("recurrence", _recurrence, [(BATCH, "moderate"), (M, "real")]),
        Case("large sin", lambda x: tg.sin(x) * x, [((3000,), "real")]),
        Case("large relu", lambda x: tg.relu(x + 0.1234567), [((400,), "moderate")]),
        Case("large softmax", lambda x: tg.softmax(x, axis=1) ** 2, [((40, 10), "moderate")]),
        Case("inverse", _inverse, [(M, "regular")]),
        Case("log of determinant", _logdet, [(M, "regular")]),
        Case("cumulative product", _cumulative_product, [(N, "nonzero")]),
        Case("erfc by values", _erfc, [(N, "moderate")]),
        Case("gather", lambda x: tg.exp(x[[0, 0, 2, 4]] / 10) * x[1], [(N, "moderate")]),
    ]  # fmt: skip


def _of_networks() -> list[Case]:
    layers: dict[str, Callable[[], Any]] = {
        "linear": lambda: nn.Linear(3, 2),
        "layer norm": lambda: nn.LayerNorm(3),
        "batch norm": lambda: nn.BatchNorm(3),
        "network": lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        "relu network": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)),
    }
    by_logits: dict[str, Callable[..., Any]] = {
        "cross entropy": lambda z: losses.cross_entropy(z, LABELS),
        "binary cross entropy": lambda z: losses.binary_cross_entropy_with_logits(z, SIGNS),
        "mean squared error": lambda z: losses.mse(z, SIGNS),
        "absolute error": lambda z: losses.l1(z, SIGNS),
        "hinge": lambda z: losses.hinge(z, 2 * SIGNS - 1),
    }
    return [
        *(Case(name, _of_layer(make), [(BATCH, "moderate")]) for name, make in layers.items()),
        *(Case(name, f, [(BATCH, "extreme")]) for name, f in by_logits.items()),
    ]


FUNCTIONS = [*_elementwise(), *_of_matrices(), *_of_networks()]

"""What a rule may claim besides: what of the gradient its steps depend on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.testing.optimizers.stepping import Subject, apart, values

STEPS = 4


def _gradients(seed: int, size: float = 1.0) -> list[list[Array]]:
    """Return gradients of which no element is small."""
    rng = np.random.default_rng(seed)
    return [
        [
            np.asarray(size * rng.uniform(0.5, 1.5, w.shape) * rng.choice([-1.0, 1.0], w.shape))
            for w in values()
        ]
        for _ in range(STEPS)
    ]


def _moves(subject: Subject, gradients: list[list[Array]], start: list[Array]) -> list[Array]:
    """Return how far parameters moved, weight decay apart."""
    found = subject.run(start, gradients, **subject.without_decay)
    return [after - before for after, before in zip(found, start, strict=True)]


def _times(factor: float, gradients: list[list[Array]]) -> list[list[Array]]:
    return [[factor * g for g in step] for step in gradients]


def _require(found: list[Array], expected: list[Array], rtol: float, what: str) -> None:
    """Raise unless moves agree, relative to the longest."""
    longest = max((float(np.max(np.abs(m), initial=0.0)) for m in expected), default=1.0) or 1.0
    if off := apart([m / longest for m in found], [m / longest for m in expected], rtol):
        raise AssertionError(f"{what}: in units of the longest, the way of {off}")


def check_scale(subject: Subject) -> None:
    """Gradients that are all larger by one factor make the same steps."""
    gradients = _gradients(7, 1e3)
    found, expected = (
        _moves(subject, _times(factor, gradients), values()) for factor in (2.0**20, 1.0)
    )
    _require(found, expected, 1e-5, "with gradients 2²⁰ times as large the steps differ")


def check_sign(subject: Subject) -> None:
    """Every element moves by the learning rate in each step, or not at all."""
    start, rate = values(), float(subject.setting("lr"))
    for gradients in (_gradients(8), _gradients(9, 1e-6)):
        (moves,) = [_moves(subject, gradients[:1], start)]
        for m in moves:
            off = np.abs(np.abs(m) - rate)
            if not (off <= 1e-12 + 1e-9 * rate).all():
                worst = float(np.abs(m).reshape(-1)[int(np.argmax(off))])
                raise AssertionError(
                    f"an element moves by {worst:.9g}, not by the learning rate {rate:g}"
                )
        expected = [-rate * np.sign(g) for g in gradients[0]]
        _require(moves, expected, 1e-9, "the first step does not go against the gradient's signs")


def check_linear(subject: Subject) -> None:
    """The way is linear in the gradients."""
    one, other = _gradients(10), _gradients(11)
    both = [
        [2 * a - 3 * b for a, b in zip(x, y, strict=True)] for x, y in zip(one, other, strict=True)
    ]
    found, a, b = (_moves(subject, g, values()) for g in (both, one, other))
    expected = [2 * x - 3 * y for x, y in zip(a, b, strict=True)]
    _require(
        found, expected, 1e-10, "for gradients 2g − 3h the way is not twice that of g − 3 of h"
    )


def check_odd(subject: Subject) -> None:
    """Gradients of the other sign make the steps back."""
    gradients = _gradients(12)
    found = _moves(subject, _times(-1.0, gradients), values())
    expected = [-m for m in _moves(subject, gradients, values())]
    _require(found, expected, 1e-10, "for −g the way is not the one back")


def check_shift(subject: Subject) -> None:
    """Where a parameter stands has no influence on its steps, but for weight decay."""
    gradients = _gradients(13)
    found = _moves(subject, gradients, [w + 2.0 for w in values()])
    _require(
        found, _moves(subject, gradients, values()), 1e-10, "from 2 farther on the steps differ"
    )


CLAIMS: dict[str, Callable[[Subject], None]] = {
    "scale": check_scale,
    "sign": check_sign,
    "linear": check_linear,
    "odd": check_odd,
    "shift": check_shift,
}
"""What a rule can claim, by its word."""

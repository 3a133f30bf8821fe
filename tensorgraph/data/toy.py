"""Toy sets in the plane, on which a boundary is seen: flower, moons, circles, spirals, blobs.

====================================  ===============================================
petals of two colours, as course 1    ``X, y = tg.data.toy.flower(400)``
two half moons                        ``X, y = tg.data.toy.moons(300, noise=0.2)``
a ring around another                 ``X, y = tg.data.toy.circles(300)``
arms that wind around each other      ``X, y = tg.data.toy.spirals(300, classes=3)``
clusters                              ``X, y = tg.data.toy.blobs(300, classes=4)``
shells of one normal distribution     ``X, y = tg.data.toy.gaussian_quantiles(300)``
a curve to fit                        ``X, y = tg.data.toy.sine(100)``
====================================  ===============================================

Each is a formula, which its docstring gives, and noise. Without noise the points satisfy it. The
same call gives the same set; examples come in random order, so that a part of them is a fair one.

What all take:

- ``m``: how many examples, divided evenly among the classes; or how many of each class, such as
  ``(300, 100)``.
- ``noise``: the standard deviation of what is added to each coordinate, normally distributed.
- ``axis``: where the features stand: −1 for samples in rows, X of shape (m, 2) and y of shape (m,);
  0 for samples in columns, X of shape (2, m) and y of shape (1, m), as the course writes them.
- ``seed``: what is drawn depends on nothing else.
- ``dtype``: of X, float32 by default as weights are; classes are int64.

All raise ArgumentError and DTypeError for arguments that make no sense, and say which do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import missing_in, to_plain
from tensorgraph.data.aligned_arrays import Array, as_numbers
from tensorgraph.data.toy_draw import Draw, feature_count
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads

__all__ = ["blobs", "circles", "flower", "gaussian_quantiles", "moons", "sine", "spirals"]


@with_leads
def flower(
    m: Any = 400,
    *,
    petals: int = 8,
    radius: float = 4.0,
    noise: float = 0.2,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return a flower whose petals have two colours.

        x = (r sin t, r cos t),  r = a sin(k t),  t ∈ [0, π] in class 0 and [π, 2π] in class 1

    It is the rose curve of Grandi (1728); with k = 4, a = 4 and noise of 0.2, added to both t and
    r, the data of the Deep Learning Specialization, course 1, week 3 (``load_planar_dataset``).

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        petals: 2k, a multiple of 4: of other roses each half passes through all petals.
        radius: a, the length of a petal.
        noise: standard deviation of what is added to the angle t and to the radius r.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.flower(400)
        >>> X.shape, y.shape, int(y.sum())
        ((400, 2), (400,), 200)
        >>> X, Y = tg.data.toy.flower(400, axis=0)  # samples in columns
        >>> X.shape, Y.shape
        ((2, 400), (1, 400))
    """
    draw = Draw("flower", m, 2, noise, axis, seed, dtype)
    if whole(petals, "flower: petals", 4) % 4:
        raise ArgumentError(f"flower: petals are a multiple of 4, such as 4, 8 or 12, not {petals}")
    a = number(radius, "flower: radius", above=0)
    t = np.concatenate([np.linspace(j * np.pi, (j + 1) * np.pi, n) for j, n in draw.classes])
    t = t + draw.normal(t.shape)
    r = a * np.sin(petals / 2 * t) + draw.normal(t.shape)
    return draw.set_of(np.stack([r * np.sin(t), r * np.cos(t)], axis=1))


@with_leads
def moons(
    m: Any = 300,
    *,
    noise: float = 0.1,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return two half moons, each of which reaches into the other.

        x = (cos t, sin t) in class 0,  x = (1 − cos t, ½ − sin t) in class 1,  t ∈ [0, π]

    The set that scikit-learn calls ``make_moons``; the Deep Learning Specialization takes it in
    course 1, week 3, and course 2, week 2.

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        noise: standard deviation of what is added to each coordinate.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.moons(300, noise=0)
        >>> bool(X[y == 0, 1].min() > -1e-6), bool(X[y == 1, 1].max() <= 0.5)
        (True, True)
    """
    draw = Draw("moons", m, 2, noise, axis, seed, dtype)
    upper, lower = (np.linspace(0, np.pi, n) for _, n in draw.classes)
    first = np.stack([np.cos(upper), np.sin(upper)], axis=1)
    second = np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1)
    return draw.set_of(draw.blurred(np.concatenate([first, second])))


@with_leads
def circles(
    m: Any = 300,
    *,
    factor: float = 0.75,
    noise: float = 0.06,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return a ring around another one.

        x = ρ (cos t, sin t),  t ∈ [0, 2π),  ρ = 1 in class 0 and ρ = factor in class 1

    The set that scikit-learn calls ``make_circles``; course 2, week 1 of the Deep Learning
    Specialization shows initialisations on it.

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        factor: the radius of the inner ring, in (0, 1).
        noise: standard deviation of what is added to each coordinate.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.circles(100, noise=0)
        >>> [float(np.hypot(*X[y == k].T).mean().round(6)) for k in (0, 1)]
        [1.0, 0.75]
    """
    draw = Draw("circles", m, 2, noise, axis, seed, dtype)
    inner = number(factor, "circles: factor", above=0, below=1)
    angles = [np.linspace(0, 2 * np.pi, n, endpoint=False) for _, n in draw.classes]
    t, rho = np.concatenate(angles), np.array([1.0, inner])[draw.labels]
    return draw.set_of(draw.blurred(np.stack([rho * np.cos(t), rho * np.sin(t)], axis=1)))


@with_leads
def spirals(
    m: Any = 300,
    *,
    classes: int = 3,
    turns: float = 0.75,
    noise: float = 0.03,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return arms that wind around each other, one for each class.

        x = r (sin t, cos t),  t = 2π (j / classes + turns · r),  r ∈ [0, 1],  in class j

    Spirals of Archimedes, about those of the notes of Stanford's course CS231n ("Putting it
    together: minimal neural network case study").

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        classes: how many arms.
        turns: how often an arm goes around.
        noise: standard deviation of what is added to each coordinate.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.spirals(300, classes=3)
        >>> np.bincount(y)
        array([100, 100, 100])
    """
    arms = whole(classes, "spirals: classes", 1)
    draw = Draw("spirals", m, arms, noise, axis, seed, dtype)
    windings = number(turns, "spirals: turns")
    r = np.concatenate([np.linspace(0, 1, n) for _, n in draw.classes])
    t = 2 * np.pi * (draw.labels / arms + windings * r)
    return draw.set_of(draw.blurred(np.stack([r * np.sin(t), r * np.cos(t)], axis=1)))


@with_leads
def blobs(
    m: Any = 300,
    *,
    classes: int = 3,
    centers: Any = None,
    noise: float = 1.0,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return clusters, each a normal distribution around the centre of its class.

        x ~ N(c_j, noise² I),  c_j = 4 (cos 2πj/classes, sin 2πj/classes)  in class j

    What scikit-learn calls ``make_blobs``, with centres that are not drawn: classes overlap as
    much as ``noise`` says.

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        classes: how many clusters.
        centers: their centres instead, one row for each class, with as many features as you like.
        noise: standard deviation of each coordinate.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.
        ShapeError: centres that are not rows.

    Example:
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.blobs(100, centers=[[0, 0, 0], [5, 5, 5]])
        >>> X.shape, bool(X[y == 1].min() > X[y == 0].mean())
        ((100, 3), True)
    """
    middles = _centers(centers, whole(classes, "blobs: classes", 1))
    draw = Draw("blobs", m, len(middles), noise, axis, seed, dtype)
    return draw.set_of(draw.blurred(middles[draw.labels]))


@with_leads
def gaussian_quantiles(
    m: Any = 300,
    *,
    classes: int = 2,
    features: int = 2,
    noise: float = 0.0,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return one normal distribution, cut into shells around its middle.

        x ~ N(0, I);  class 0 is nearest to 0, the last class farthest, by ‖x‖²

    What scikit-learn calls ``make_gaussian_quantiles``, and the Deep Learning Specialization takes
    in course 1, week 3 (``load_extra_datasets``). The borders are the quantiles of the points
    drawn, so that each class has its number.

    Args:
        m: as for all toy sets, see :mod:`tensorgraph.data.toy`; so are the others below.
        classes: how many shells.
        features: how many coordinates.
        noise: standard deviation of what is added to each coordinate once the classes are known.
        axis: where the features stand: 0 for samples in columns.
        seed: of what is drawn.
        dtype: of X.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.gaussian_quantiles(200)
        >>> radius = np.hypot(*X.T)
        >>> bool(radius[y == 0].max() <= radius[y == 1].min())
        True
    """
    shells = whole(classes, "gaussian_quantiles: classes", 1)
    wide = feature_count("gaussian_quantiles", features)
    draw = Draw("gaussian_quantiles", m, shells, noise, axis, seed, dtype)
    x = draw.random.normal(size=(len(draw.labels), wide))
    x = x[np.argsort(np.square(x).sum(axis=1), kind="stable")]
    return draw.set_of(draw.blurred(x))


@with_leads
def sine(
    m: int = 100,
    *,
    periods: float = 1.0,
    noise: float = 0.1,
    axis: int = -1,
    seed: int = 0,
    dtype: DTypeLike = "float32",
) -> tuple[Array, Array]:
    """Return points of a sine, to be fitted.

        y = sin(2π · periods · x),  x ∈ [0, 1]

    The example of Bishop 2006, "Pattern recognition and machine learning", section 1.1. The noise
    is that of y alone.

    Args:
        m: how many points.
        periods: how many waves there are.
        noise: standard deviation of what is added to y.
        axis: where the features stand: −1 for x and y of shape (m, 1), 0 for (1, m).
        seed: of what is drawn.
        dtype: of x and y.

    Raises:
        ArgumentError, DTypeError: numbers that make no sense.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x, y = tg.data.toy.sine(100, noise=0)
        >>> x.shape, bool(np.allclose(y, np.sin(2 * np.pi * x), atol=1e-6))
        ((100, 1), True)
    """
    draw = Draw("sine", whole(m, "sine: m", 1), 1, noise, axis, seed, dtype)
    waves = number(periods, "sine: periods")
    x = np.linspace(0, 1, len(draw.labels))
    y = np.sin(2 * np.pi * waves * x) + draw.normal(x.shape)
    both, _ = draw.set_of(np.stack([x, y], axis=1))
    first, second = np.split(both, 2, axis=draw.axis)
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def _centers(centers: Any, classes: int) -> Array:
    if centers is None:
        t = 2 * math.pi * np.arange(classes) / classes
        return 4 * np.stack([np.cos(t), np.sin(t)], axis=1)
    rows = as_numbers(to_plain(centers, "blobs: centers"), "blobs: centers").astype(np.float64)
    if rows.ndim != 2 or not rows.size:
        raise ShapeError(
            f"blobs: centers have one row for each class, shape (classes, features), not"
            f" {rows.shape}"
        )
    if missing_in(rows).any():
        raise ArgumentError("blobs: centers are finite numbers; one is NaN or infinite")
    return rows

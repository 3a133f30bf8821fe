"""Tensors given to matplotlib, with gradients and without: it draws what it draws of arrays."""

import numpy as np
import pytest
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import tensorgraph as tg

V, W = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4])
M = np.arange(12.0).reshape(3, 4) + 1
GRID = [np.array(axis) for axis in np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0])]
DAYS = np.arange("2020-01-01", "2020-01-05", dtype="M8[D]")

# Of axes and tensors of V, W, M and the number 2.
FLAT = {
    "plot": lambda a, v, w, m, s: (a.plot(v, w), a.plot(m)),
    "plot of days": lambda a, v, w, m, s: a.plot(DAYS, v),
    "plot of names": lambda a, v, w, m, s: a.plot(list("abcd"), v),
    "bar": lambda a, v, w, m, s: a.bar(v, w, width=w, bottom=w, yerr=w),
    "bar of arrays and tensors": lambda a, v, w, m, s: a.bar_label(a.bar(np.arange(4), v)),
    "bar of names": lambda a, v, w, m, s: a.bar(list("abcd"), v),
    "bar of days": lambda a, v, w, m, s: a.bar(DAYS, v),
    "bar of one": lambda a, v, w, m, s: a.bar(s, s),
    "barh": lambda a, v, w, m, s: a.barh(v, w, height=w, left=w, xerr=w),
    "hist": lambda a, v, w, m, s: (a.hist(v, bins=v, weights=w), a.hist([v, w]), a.hist(m)),
    "hist2d": lambda a, v, w, m, s: a.hist2d(v, w, bins=3),
    "stairs, ecdf": lambda a, v, w, m, s: (a.stairs(w[:3], v), a.ecdf(v)),
    "scatter": lambda a, v, w, m, s: a.scatter(v, w, s=v * 9, c=w, alpha=w, linewidths=v),
    "scatter of colours": lambda a, v, w, m, s: a.scatter(v, w, c=m.T / 12),
    "errorbar": lambda a, v, w, m, s: a.errorbar(v, w, yerr=w, xerr=m[:2] / 20),
    "fill_between": lambda a, v, w, m, s: (a.fill_between(v, w, s), a.fill_betweenx(v, w)),
    "fill, stem, step": lambda a, v, w, m, s: (a.fill(v, w), a.stem(v, w), a.step(v, w)),
    "images": lambda a, v, w, m, s: (a.imshow(m, vmin=s, vmax=s * 4, extent=v), a.spy(m)),
    "contour": lambda a, v, w, m, s: (a.contour(v, v[:3], m, levels=v), a.contourf(m)),
    "pcolormesh": lambda a, v, w, m, s: (a.pcolormesh(v, v[:3], m), a.pcolor(m)),
    "triangles": lambda a, v, w, m, s: a.tripcolor(v % 2, v // 3, v),
    "boxplot": lambda a, v, w, m, s: (a.boxplot(m), a.boxplot([v, w], positions=v[:2])),
    "violinplot": lambda a, v, w, m, s: (a.violinplot(m), a.violinplot([v, w])),
    "pie": lambda a, v, w, m, s: a.pie(v, explode=w),
    "arrows": lambda a, v, w, m, s: (a.quiver(v, w, v, w, v), a.barbs(v, w, v, w)),
    "streamplot": lambda a, v, w, m, s: a.streamplot(v, v[:3], m, m, density=0.2),
    "hexbin": lambda a, v, w, m, s: a.hexbin(v, w, C=v, gridsize=3),
    "lines": lambda a, v, w, m, s: (
        a.axhline(s), a.axvspan(v[0], v[1]), a.axline((v[0], w[0]), slope=s), a.hlines(v, w, v),
    ),
    "events and stacks": lambda a, v, w, m, s: (a.eventplot(m), a.stackplot(v, m)),
    "limits, ticks and texts": lambda a, v, w, m, s: (
        a.plot(v, lw=s), a.set_xlim(s, s * 2), a.set_ylim(v[:2]), a.set_xticks(v, labels=w),
        a.text(v[1], w[0], "text"), a.annotate("note", xy=(v[0], w[0]), xytext=v[:2]),
        a.set_title(s),
    ),
    "twin axes": lambda a, v, w, m, s: (a.twinx().bar(v, w), a.loglog(v, w)),
    "spectra": lambda a, v, w, m, s: (a.magnitude_spectrum(v), a.psd(v, NFFT=4)),
    "what is set later": lambda a, v, w, m, s: (
        a.plot([1])[0].set_data(v, w), a.scatter([1], [2]).set_offsets(m[:, :2]),
        a.imshow(np.ones((3, 4))).set_data(m),
    ),
}  # fmt: skip
SOLID = {
    "surfaces": lambda a, x, y, z, v: (a.plot_surface(x, y, z), a.plot_wireframe(x, y, z)),
    "contours": lambda a, x, y, z, v: (a.contour(x, y, z), a.set_zlim(v[0], v[1])),
    "scatter": lambda a, x, y, z, v: (a.scatter(v, v, v, c=v), a.plot(v, v, v)),
    "bars": lambda a, x, y, z, v: (a.bar3d(v, v, v * 0, v[0], v[0], v), a.text(v[0], v[1], 0, "t")),
    "arrows": lambda a, x, y, z, v: (a.quiver(v, v, v, v, v, v), a.view_init(v[0], v[1])),
}  # fmt: skip


def drawn(draw, arrays, **projection):
    """Return the pixels of a small figure."""
    with style.context("fast"):
        figure = Figure(figsize=(1.5, 1.5), dpi=30)
        canvas = FigureCanvasAgg(figure)
        draw(figure.add_subplot(**projection), *arrays)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def assert_alike(draw, arrays, wants_gradient=True, **projection):
    expected = drawn(draw, arrays, **projection)
    assert len(np.unique(expected)) > 2
    tensors = [tg.tensor(array, requires_grad=wants_gradient) for array in arrays]
    assert np.array_equal(drawn(draw, tensors, **projection), expected)


@pytest.mark.parametrize("draw", FLAT.values(), ids=FLAT)
def test_what_is_drawn_in_the_plane(draw):
    assert_alike(draw, [V, W, M, np.array(2.0)])


@pytest.mark.parametrize("name", ["plot", "bar", "barh", "hist", "boxplot", "scatter"])
def test_what_wants_no_gradient_is_drawn_alike(name):
    assert_alike(FLAT[name], [V, W, M, np.array(2.0)], wants_gradient=False)


@pytest.mark.parametrize("draw", SOLID.values(), ids=SOLID)
def test_what_is_drawn_in_space(draw):
    assert_alike(draw, [*GRID, GRID[0] * GRID[1], V], projection="3d")


def test_polar_axes():
    draw = lambda a, v, w: (a.plot(v, w), a.bar(v, w))  # noqa: E731
    assert_alike(draw, [V, W], projection="polar")


def test_colours_and_transparency_are_plain_numbers():
    """Matplotlib asks for them, and says so; NumPy's arrays of no axes are refused as well."""
    v = tg.tensor(W)
    with pytest.raises(TypeError, match="alpha must be numeric"):
        drawn(lambda a, v: a.plot(v, alpha=v[0]), [v])
    assert drawn(lambda a, v: a.plot(v, alpha=float(v[0]), color=v[:3].numpy()), [v]).any()

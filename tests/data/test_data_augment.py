"""Augmentations: what they keep, what they change, and where the channels are."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.data import Batches, augment
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

SEEDS = st.integers(0, 10_000)
DTYPES = [np.uint8, np.int16, np.float32, np.float64]

IMAGE = {
    "flip": augment.flip,
    "flip vertically": lambda **k: augment.flip(direction="vertical", **k),
    "shift": lambda **k: augment.shift(2, **k),
    "crop": lambda **k: augment.crop((6, 5), padding=2, **k),
    "rotate": lambda **k: augment.rotate(30.0, **k),
    "cutout": lambda **k: augment.cutout(3, **k),
}
VALUES = {
    "noise": lambda: augment.noise(0.1),
    "brightness": lambda: augment.brightness(0.3),
}
EVERY = {**IMAGE, **VALUES}


def rng(seed=0):
    return np.random.default_rng(seed)


def image(dtype, *shape, seed=0):
    values = rng(seed).uniform(10, 100, shape).astype(dtype)
    values.flags.writeable = False
    return values


class Fixed:
    """Stands for a generator that draws one number."""

    def __init__(self, number):
        self.number = number

    def uniform(self, low, high):
        assert low <= self.number <= high
        return self.number

    random = integers = lambda self, *args: self.number


# ------------------------------------------------------------------------------- of all of them


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
@given(seed=SEEDS, channels=st.sampled_from([(), (1,), (3,)]))
def test_shape_dtype_and_the_given_example_are_kept(name, dtype, seed, channels):
    x = image(dtype, *channels, 6, 5, seed=seed)
    before = x.copy()
    out = EVERY[name]()(x, rng(seed))
    assert out.shape == x.shape and out.dtype == x.dtype
    assert np.array_equal(x, before) and not np.shares_memory(out, x)
    assert np.array_equal(out, EVERY[name]()(x, rng(seed)))


def test_public_names_are_all_tested():
    assert {name.split()[0] for name in EVERY} | {"compose"} == set(augment.__all__)


@pytest.mark.parametrize("name", IMAGE)
@given(seed=SEEDS)
def test_layouts_say_the_same(name, seed):
    x = image(np.float32, 3, 6, 5, seed=seed)
    first = IMAGE[name]()(x, rng(seed))
    last = IMAGE[name](layout="HWC")(np.moveaxis(x, 0, -1), rng(seed))
    assert np.array_equal(np.moveaxis(last, -1, 0), first)
    one_by_one = [IMAGE[name]()(channel, rng(seed)) for channel in x]
    assert np.array_equal(first, one_by_one)


@pytest.mark.parametrize("name", IMAGE)
@given(seed=SEEDS)
def test_values_stay_in_the_range_of_those_of_the_image(name, seed):
    x = image(np.float64, 6, 5, seed=seed)
    options = {} if "flip" in name else {"fill": float(x.mean())}
    out = IMAGE[name](**options)(x, rng(seed))
    assert out.min() >= x.min() - 1e-12 and out.max() <= x.max() + 1e-12


@pytest.mark.parametrize("name", EVERY)
def test_they_can_be_pickled(name):
    x = image(np.float32, 6, 5)
    again = pickle.loads(pickle.dumps(augment.compose(EVERY[name]())))
    assert np.array_equal(again(x, rng(3)), EVERY[name]()(x, rng(3)))


@pytest.mark.parametrize("name", EVERY)
def test_they_change_something_and_not_always_alike(name):
    x = image(np.float32, 6, 5)
    found = {EVERY[name]()(x, rng(seed)).tobytes() for seed in range(30)}
    assert len(found) > 1


def test_composed_steps_share_a_generator():
    x, shared = image(np.float64, 6, 5), rng(4)
    steps = [augment.shift(2), augment.noise(1.0), augment.flip()]
    expected = x
    for step in steps:
        expected = step(expected, shared)
    assert np.array_equal(augment.compose(*steps)(x, rng(4)), expected)
    assert augment.compose()(x, rng()) is x


def test_augmented_batches_keep_their_labels():
    x, y = rng().random((20, 1, 8, 8)).astype(np.float32), np.arange(20)
    steps = augment.compose(augment.flip(), augment.rotate(10.0), augment.noise(0.01))
    for images, labels in Batches(x, y, batch_size=8, augment=steps):
        assert images.shape[1:] == (1, 8, 8) and images.dtype == np.float32
        ratio = np.abs(images.mean(axis=(1, 2, 3)) - x[labels].mean(axis=(1, 2, 3)))
        assert ratio.max() < 0.1


# ---------------------------------------------------------------------------------- one by one


def test_flip():
    x = image(np.uint8, 3, 4)
    assert np.array_equal(augment.flip(1.0)(x, rng()), x[:, ::-1])
    assert np.array_equal(augment.flip(1.0, "vertical")(x, rng()), x[::-1])
    assert np.array_equal(augment.flip(0.0)(x, rng()), x)
    flipped = [np.array_equal(augment.flip(0.3)(x, rng(i)), x[:, ::-1]) for i in range(1000)]
    assert 0.24 < np.mean(flipped) < 0.36


def test_shift_moves_every_way_and_fills():
    x = image(np.float64, 5, 4)
    moved = {}
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            out = np.full(x.shape, -1.0)
            for i in range(5):
                for j in range(4):
                    if 0 <= i + dy < 5 and 0 <= j + dx < 4:
                        out[i + dy, j + dx] = x[i, j]
            moved[out.tobytes()] = 0
    for seed in range(1000):
        moved[augment.shift(2, fill=-1.0)(x, rng(seed)).tobytes()] += 1
    assert len(moved) == 25 and min(moved.values()) > 15


@pytest.mark.parametrize("padding", [0, 2])
def test_crop_is_a_window_of_the_padded_image(padding):
    x = image(np.float64, 5, 6)
    around = np.pad(x, padding, constant_values=7.0)
    windows = np.lib.stride_tricks.sliding_window_view(around, (3, 4)).reshape(-1, 12)
    places = set()
    for seed in range(400):
        out = augment.crop((3, 4), padding, fill=7.0)(x, rng(seed)).reshape(-1)
        match = (windows == out).all(axis=1)
        assert match.any()
        places.add(int(match.argmax()))
    assert len(places) >= len(np.unique(windows, axis=0))


def bilinear(x, degrees, fill):
    """Return the image turned by its definition: where each pixel comes from, and its weights."""
    height, width = x.shape
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    out = np.zeros(x.shape)
    for i in range(height):
        for j in range(width):
            v, u = i - (height - 1) / 2, j - (width - 1) / 2
            a = cos * v + sin * u + (height - 1) / 2
            b = -sin * v + cos * u + (width - 1) / 2
            for p in (math.floor(a), math.floor(a) + 1):
                for q in (math.floor(b), math.floor(b) + 1):
                    inside = 0 <= p < height and 0 <= q < width
                    weight = (1 - abs(a - p)) * (1 - abs(b - q))
                    out[i, j] += weight * (x[p, q] if inside else fill)
    return out


@pytest.mark.parametrize("degrees", [-40.0, 0.0, 7.5, 90.0, 133.0])
@pytest.mark.parametrize("shape", [(6, 5), (7, 7), (4, 9)])
def test_rotate_is_bilinear_about_the_centre(degrees, shape):
    x = image(np.float64, *shape)
    out = augment.rotate(180.0, fill=3.0)(x, Fixed(degrees))
    assert np.allclose(out, bilinear(x, degrees, 3.0), atol=1e-9)


def test_rotate_by_a_right_angle_counterclockwise():
    x = image(np.float32, 3, 6, 6)
    assert np.allclose(augment.rotate(90.0)(x, Fixed(90.0)), np.rot90(x, axes=(1, 2)), atol=1e-4)


def test_cutout_blanks_one_rectangle_around_any_pixel():
    x = image(np.float64, 6, 7)
    centres = set()
    for seed in range(800):
        blank = augment.cutout((3, 3), fill=-1.0)(x, rng(seed)) == -1.0
        rows, columns = np.flatnonzero(blank.any(axis=1)), np.flatnonzero(blank.any(axis=0))
        assert np.array_equal(blank, np.outer(blank.any(axis=1), blank.any(axis=0)))
        assert 2 <= len(rows) <= 3 and 2 <= len(columns) <= 3
        assert np.ptp(rows) < 3 and np.ptp(columns) < 3
        centres.add((rows[0], rows[-1], columns[0], columns[-1]))
    assert len(centres) == 6 * 7
    large = augment.cutout((2, 40))(np.ones((6, 7)), rng())
    assert set(large.sum(axis=1)) == {0.0, 7.0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_has_the_deviation_asked_for(dtype):
    table = np.zeros((4000, 3), dtype)
    out = np.stack([augment.noise([0.5, 0.0, 2.0])(row, rng(i)) for i, row in enumerate(table)])
    assert out.dtype == dtype
    assert np.allclose(out.std(axis=0), [0.5, 0.0, 2.0], rtol=0.05)
    assert np.abs(out.mean(axis=0)).max() < 0.12


def test_noise_and_brightness_stay_within_limits():
    x = rng().random((20, 20)).astype(np.float32)
    for f in (augment.noise(1.0, limits=(0.0, 1.0)), augment.brightness(1.0, limits=(0.0, 0.5))):
        out = f(x, rng(1))
        assert out.min() >= 0 and out.max() <= 1
    bytes_ = np.array([0, 128, 255], np.uint8)
    out = augment.noise(30.0)(np.tile(bytes_, 200), rng()).reshape(200, 3).astype(float)
    assert out[:, 0].max() < 150 and out[:, 2].min() > 100  # nothing wraps around
    assert abs(out[:, 1].mean() - 128) < 8
    assert augment.brightness(1.0)(bytes_, Fixed(2.0)).tolist() == [0, 255, 255]


def test_brightness_is_one_factor():
    x = image(np.float64, 3, 6, 5)
    factors = [augment.brightness(0.3)(x, rng(i)) / x for i in range(200)]
    assert all(np.ptp(factor) < 1e-12 for factor in factors)
    drawn = [factor.mean() for factor in factors]
    assert 0.7 <= min(drawn) < 0.75 and 1.25 < max(drawn) <= 1.3


def test_integers_are_rounded():
    assert augment.brightness(0.5)(np.array([3], np.uint8), Fixed(0.9)).tolist() == [3]


# ------------------------------------------------------------------------------------ bad input


def test_wrong_parameters():
    for make, error, message in [
        (lambda: augment.flip(1.5), ArgumentError, r"flip: p is in \[0, 1\], not 1.5"),
        (lambda: augment.flip(direction="up"), ArgumentError, "'horizontal' or 'vertical'"),
        (lambda: augment.flip(layout="NCHW"), ArgumentError, "layout is 'CHW' or 'HWC', not"),
        (lambda: augment.shift(1.5), DTypeError, "shift: pixels is an integer, not 1.5"),
        (lambda: augment.shift(-1), ArgumentError, "shift: pixels is at least 0"),
        (lambda: augment.crop(0), ArgumentError, "crop: size is at least 1"),
        (lambda: augment.crop((1, 2, 3)), ArgumentError, r"size is \(height, width\) or one"),
        (lambda: augment.rotate(-5), ArgumentError, "rotate: degrees is at least 0, not -5"),
        (lambda: augment.rotate("5"), DTypeError, "degrees is a number, not '5'"),
        (lambda: augment.noise(-1), ArgumentError, "std is a number of at least 0"),
        (lambda: augment.noise(1, limits=(1, 0)), ArgumentError, r"limits are \(least, greatest"),
        (lambda: augment.noise(1, limits=1), ArgumentError, r"limits are \(least, greatest"),
        (
            lambda: augment.noise(1, limits=("0", "1")),
            ArgumentError,
            r"limits are \(least, greatest",
        ),
        (lambda: augment.brightness(2), ArgumentError, r"amount is in \[0, 1\], not 2"),
        (lambda: augment.compose(3), DTypeError, r"a step is a function f\(example, rng\)"),
    ]:
        with pytest.raises(error, match=message):
            make()


def test_wrong_examples():
    with pytest.raises(ShapeError, match=r"with channels, that of CHW, not \(784,\).*reshape"):
        augment.flip()(np.zeros(784), rng())
    with pytest.raises(ShapeError, match="28 channels as CHW; write layout='HWC'"):
        augment.flip()(np.zeros((28, 28, 3)), rng())
    with pytest.raises(ShapeError, match="28 channels as HWC; write layout='CHW'"):
        augment.flip(layout="HWC")(np.zeros((3, 28, 28)), rng())
    with pytest.raises(ShapeError, match=r"window of \(9, 9\) does not fit in.*\(8, 8\)"):
        augment.crop(9)(np.zeros((8, 8)), rng())
    with pytest.raises(ShapeError, match=r"std of shape \(3,\) does not broadcast.*\(2,\)"):
        augment.noise(np.ones(3))(np.zeros(2), rng())
    with pytest.raises(DTypeError, match="holds numbers, not bool"):
        augment.brightness(0.1)(np.ones((2, 2), bool), rng())


def test_many_bands_are_channels_too():
    assert augment.flip()(np.zeros((13, 8, 8)), rng()).shape == (13, 8, 8)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"pip install 'tensorgraph-engine\[images\]'"):
        tg.data.augment.rotate(10.0)


@pytest.mark.parametrize("dtype", ["m8[s]", "M8[D]", "U1", "complex64"])
@pytest.mark.parametrize("change", [augment.shift(1), augment.flip(), augment.crop((1, 1))])
def test_an_image_holds_numbers(change, dtype):
    with pytest.raises(DTypeError, match="an image holds numbers, not"):
        change(np.zeros((2, 2), dtype), np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_an_image_without_pixels_is_refused(shape):
    with pytest.raises(ShapeError, match="an image has pixels, not shape"):
        augment.flip()(np.zeros(shape), np.random.default_rng(0))

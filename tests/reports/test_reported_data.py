"""Reports of data: constant features, small classes and groups, crops, workers with one seed."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.data import Batches, Classes, Normalize, augment, from_one_hot, split

# ---------------------------------------------------------------------------------------- scaling


@pytest.mark.parametrize("value", [14.62, np.log(1e-5), 0.1, 1e-300, 1e8 + 0.1, -7.3e-12])
@pytest.mark.parametrize("count", [6, 8, 22, 1000])
def test_a_constant_feature_becomes_0(value, count):
    """scikit-learn/scikit-learn#17794, scikit-learn/scikit-learn#3722: σ was rounding."""
    data = np.full((count, 1), value)
    normalize = Normalize().fit(data)
    np.testing.assert_allclose(normalize(data), 0, atol=1e-14 * abs(value))
    np.testing.assert_array_equal(normalize.std, 1)


def test_a_constant_feature_is_still_centred():
    """elixir-nx/scholar#363: a new value of a feature that was constant came through as it was."""
    normalize = Normalize().fit(np.full((10, 1), 14.62))
    np.testing.assert_allclose(normalize(np.array([[15.62]])), 1, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-100, 1e-30, 1e-13, 1e-8, 1.0, 1e100])
def test_small_is_not_constant(scale):
    """scikit-learn/scikit-learn#19726: features of 1e-13 were taken for constant ones."""
    data = np.random.default_rng(0).normal(size=(100, 2)) * scale
    for offset in (0.0, 1e4 * scale):
        scaled = Normalize().fit(data + offset)(data + offset)
        np.testing.assert_allclose(scaled.std(0), 1, rtol=1e-10)


# -------------------------------------------------------------------------------------- splitting


@pytest.mark.parametrize("seed", range(5))
def test_small_classes_are_spread_as_exactly_as_can_be(seed):
    """scikit-learn/scikit-learn#28218, scikit-learn/scikit-learn#20256: shares were not kept."""
    labels = np.repeat([0, 1, 2, 3], [60, 30, 5, 1])
    sets = split(np.arange(96), stratify=labels, seed=seed)
    for rows, share in zip(sets, (0.6, 0.2, 0.2), strict=True):
        counts = np.bincount(labels[rows], minlength=4)
        assert (np.abs(counts - share * np.array([60, 30, 5, 1])) < 1).all()
    assert 3 in labels[sets.train]  # the only one of its class is learned from


def test_fewer_groups_than_sets():
    """scikit-learn/scikit-learn#33176: folds without examples, if there were not enough groups."""
    with pytest.raises(tg.errors.ArgumentError, match=r"2 groups cannot fill 3.*dev=0\.2, test=0"):
        split(np.arange(60), groups=np.repeat([0, 1], 30))
    with pytest.raises(tg.errors.ArgumentError, match="as none is divided; define smaller groups"):
        split(np.arange(60), groups=np.zeros(60))
    train, dev, test = split(np.arange(60), groups=np.repeat([0, 1], 30), dev=0.5, test=0)
    assert len(train) == len(dev) == 30 and len(test) == 0


# ----------------------------------------------------------------------------------- augmentation


def test_a_crop_pads_all_sides_and_reaches_every_place():
    """pytorch/vision#6967: padding of a random crop seemed to be below the image only."""
    image = np.arange(1.0, 5.0).reshape(1, 2, 2)
    padded = np.pad(image, [(0, 0), (2, 2), (2, 2)])
    places = {padded[:, i : i + 2, j : j + 2].tobytes() for i in range(5) for j in range(5)}
    cut = augment.crop(2, padding=2)
    assert {cut(image, np.random.default_rng(s)).tobytes() for s in range(300)} == places


def offset(example, rng):
    return example + rng.integers(1 << 40, size=example.shape)


def test_workers_do_not_draw_the_same():
    """pytorch/pytorch#5059, facebookresearch/fairseq#1383: each worker had the seed of all."""
    data = np.zeros((12, 1), np.int64)
    one = np.concatenate(list(Batches(data, batch_size=3, augment=offset, seed=5)))
    assert len(set(one.ravel())) == 12
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        batches = Batches(data, batch_size=3, augment=offset, seed=5, workers=pool, prefetch=2)
        np.testing.assert_array_equal(np.concatenate(list(batches)), one)


def test_each_epoch_is_augmented_anew():
    """Lightning-AI/pytorch-lightning#20412: the same augmentations in each epoch."""
    batches = Batches(np.zeros((12, 1), np.int64), batch_size=5, augment=offset, seed=5)
    epochs = np.concatenate([np.concatenate(list(batches)) for _ in range(3)])
    assert len(set(epochs.ravel())) == 36


FORKED = """
import os
import tensorgraph as tg

def child(draw):
    get, put = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(put, repr(draw()).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    return os.read(get, 100)

tg.random.seed(0)
default = lambda: tg.random.uniform().item()
print(child(default) == child(default) == repr(default()).encode())
own = lambda seed: tg.random.uniform(generator=tg.random.Generator(seed)).item()
print(len({child(lambda: own(seed)) for seed in range(3)}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_forked_processes_go_on_with_one_sequence():
    """pytorch/pytorch#3880: a fork copies the generator; the docstring of tg.random says so."""
    run = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "3"]


@pytest.mark.parametrize(
    "augmentation",
    [
        augment.brightness(0.5),
        augment.crop(4, padding=1),
        augment.cutout(2),
        augment.flip(p=1.0),
        augment.noise(0.5),
        augment.rotate(30),
        augment.shift(2),
    ],
    ids=["brightness", "crop", "cutout", "flip", "noise", "rotate", "shift"],
)
def test_the_images_at_hand_stay_as_they_are(augmentation):
    """tflearn/tflearn#854, albumentations-team/albumentations#39: changes added up by epochs."""
    images = np.random.default_rng(0).normal(size=(6, 3, 4, 4))
    before = images.copy()
    batches = Batches(images, batch_size=3, augment=augmentation, seed=0)
    first, second = [np.concatenate(list(batches)) for _ in range(2)]
    np.testing.assert_array_equal(images, before)
    assert first.shape == second.shape == images.shape


@pytest.mark.filterwarnings("ignore:split. no group is divided")
def test_no_set_is_empty_while_there_are_groups_enough():
    """scikit-learn/scikit-learn#34828, scikit-learn/scikit-learn#33085: a fold had no examples."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(3, 7))
        groups = np.concatenate([np.arange(count), rng.integers(0, count, 30 - count)])
        sets = split(np.arange(30), groups=groups, seed=seed)
        assert all(len(rows) for rows in sets)
        assert sorted(np.concatenate(list(sets))) == list(range(30))
        apart = [set(groups[rows]) for rows in sets]
        assert sum(map(len, apart)) == count == len(set().union(*apart))


@pytest.mark.parametrize("side", [4, 5])
def test_an_image_turns_about_its_centre(side):
    """aleju/imgaug#323, danforthcenter/plantcv#1728: half a pixel beside it."""

    class Always(np.random.Generator):
        def uniform(self, low, high):
            return high

    image = np.arange(3.0 * side * side).reshape(3, side, side)
    rng = Always(np.random.PCG64(0))
    for degrees, quarters in ((90, 1), (180, 2), (0, 0)):
        expected = np.rot90(image, quarters, (1, 2))
        np.testing.assert_allclose(augment.rotate(degrees)(image, rng), expected, atol=1e-12)


def test_an_image_moves_in_all_directions():
    """keras-team/keras#1690: a shift of the width moved the height, and one way only."""
    image = np.zeros((5, 7, 1))
    image[2, 3] = 1
    for layout, turned in (("HWC", image), ("CHW", image.transpose(2, 0, 1))):
        moved = (
            augment.shift(1, layout=layout)(turned, np.random.default_rng(k)) for k in range(99)
        )
        places = {tuple(np.argwhere(one.reshape(5, 7))[0].tolist()) for one in moved}
        assert places == {(i, j) for i in (1, 2, 3) for j in (2, 3, 4)}
        lit = np.cumsum(turned, axis=layout.index("W"))
        flip = augment.flip(1.0, layout=layout)(lit, np.random.default_rng(0))
        np.testing.assert_array_equal(flip.reshape(5, 7)[2], [1, 1, 1, 1, 0, 0, 0])


# ----------------------------------------------------------------------------------------- labels


def test_numbers_that_no_class_has():
    """scikit-learn/scikit-learn#4960, scikit-learn/scikit-learn#10552: −2 was decoded to a name."""
    classes = Classes.of(["c", "a", "b"])
    assert classes.decode(classes.encode(["b", "a", "c"])) == ["b", "a", "c"]
    for number in (-1, -2, 3):
        with pytest.raises(tg.errors.AxisError):
            classes.decode([0, number])
    with pytest.raises(tg.errors.ArgumentError, match="d"):
        classes.encode(["a", "d", "e"])


def test_a_row_of_zeros_is_no_class():
    """scikit-learn/scikit-learn#14934: it was taken for the first class."""
    np.testing.assert_array_equal(from_one_hot(np.eye(3)[[2, 0]]), [2, 0])
    for row in ([0, 0, 0], [1, 1, 0], [0, 2, 0]):
        with pytest.raises(tg.errors.ArgumentError, match="example 1 does not have one 1 and else"):
            from_one_hot(np.array([[0, 1, 0], row]))

"""``check_loss`` on losses that are right, on the package's own, and on what people do wrong."""

import math
import re
from functools import partial

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, CheckError, DTypeError
from tensorgraph.nn import losses
from tensorgraph.testing import check_loss
from tensorgraph.testing.losses.textbook import TEXTBOOK
from tests.nn.loss_helpers import normal

Z, P, Y = normal(5, 3), normal(5, seed=1), normal(5, seed=2)
CLASSES = np.array([0, 2, 1, 1, 0])
HOT = np.eye(3)[CLASSES]
A, LABELS = 1 / (1 + np.exp(-P)), np.array([0, 1, 1, 0, 1])
SIGNS = 2 * LABELS - 1
TABLE = normal(5, 3, seed=4)

# ------------------------------------------------------------------------------- the package's own


def test_the_book_tells_of_every_loss():
    assert set(TEXTBOOK) == {getattr(losses, name) for name in losses.__all__}


def test_a_loss_that_passed_is_told_in_a_few_lines():
    found = check_loss(losses.cross_entropy, Z, CLASSES)
    assert not found.broken
    assert repr(found).splitlines()[:3] == [
        "check_loss: cross_entropy: 18 promises kept",
        "  ✓ extremes: predictions of -1000 and 1000",
        "  ✓ mean or sum: the cost is a mean over the examples",
    ]
    assert "<th>single precision</th><td>✓</td>" in found._repr_html_()


# ------------------------------------------------------------------------------ right ones of users


def same_shape(pred, y):
    if pred.shape != np.shape(y):
        raise ValueError(f"{pred.shape} beside {np.shape(y)}")


def plain_mse(pred, y):
    same_shape(pred, y)
    return ((pred - y) ** 2).mean()


def root_mse(pred, y):
    same_shape(pred, y)
    return tg.sqrt(((pred - y) ** 2).mean() + 1e-8)


def losses_of_each(pred, y):
    same_shape(pred, y)
    return (pred - y) ** 2


def own_cross_entropy(z, y):
    if y.ndim != z.ndim - 1 or y.min() < 0 or y.max() >= z.shape[1]:
        raise ValueError("classes")
    return -tg.log_softmax(z)[np.arange(len(y)), y].mean()


def of_one_hot(z, y):
    same_shape(z, y)
    return -(y * tg.log_softmax(z)).sum(axis=1).mean()


def focal(z, y):
    same_shape(z, y)
    signed = (2.0 * y - 1) * z
    return ((1 - tg.sigmoid(signed)) ** 2 * tg.softplus(-signed)).mean()


def gaussian(pred, y):
    """The mean in column 0, the logarithm of the variance in column 1."""
    if pred.shape != (len(y), 2) or y.ndim != 1:
        raise ValueError("shapes")
    return (0.5 * pred[:, 1] + 0.5 * (pred[:, 0] - y) ** 2 * tg.exp(-pred[:, 1])).mean()


def poisson(rate, y):
    same_shape(rate, y)
    return (rate - y * tg.log(rate)).sum()


def dice(a, y, smooth=1):
    same_shape(a, y)
    return 1 - (2 * (a * y).sum() + smooth) / (a.sum() + y.sum() + smooth)


def own_huber(pred, y, offset=0.5):
    same_shape(pred, y)
    e = tg.abs(pred - y)
    return tg.where(e <= 1, 0.5 * e * e, e - offset).mean()


def contrastive(z, y):
    """Embeddings of one name are near each other; which name that is does not matter."""
    same = (y[:, None] == y[None]) & ~np.eye(len(y), dtype=bool)
    unit = z / tg.norm(z, axis=1, keepdims=True)
    logits = tg.where(np.eye(len(y), dtype=bool), -1e9, unit @ unit.mT)
    return -(tg.log_softmax(logits, axis=1) * same).sum() / max(int(same.sum()), 1)


def negative_binomial(pred, count):
    """Integers that are counts, beside two parameters of a distribution."""
    r, z, count = pred[:, 0], pred[:, 1], np.asarray(count).astype(pred.dtype)
    return (r * tg.softplus(-z) + count * tg.softplus(z) - 0 * r).mean()


def brier(z, y):
    same_shape(z, y)
    return ((tg.softmax(z) - y) ** 2).sum(axis=1).mean()


def focal_as_people_write_it(z, y):
    s = tg.where(y == 1, z, -z)
    return -(tg.exp(2 * tg.log_sigmoid(-s)) * tg.log_sigmoid(s)).mean()


def quantile(pred, y, q=0.9):
    same_shape(pred, y)
    e = y - pred
    return tg.maximum(q * e, (q - 1) * e).mean()


class Smooth(nn.Module):
    def forward(self, pred, y):
        same_shape(pred, y)
        return tg.log(tg.cosh(tg.clip(pred - y, -20, 20))).mean()


RIGHT = {
    "mse": (plain_mse, P, Y, {"perfect": Y, "naive": lambda p, y: np.mean((p - y) ** 2)}),
    "mse of tensors": (plain_mse, tg.tensor(P), tg.tensor(Y), {}),
    "mse in float32": (plain_mse, P.astype("f4"), Y.astype("f4"), {"perfect": Y.astype("f4")}),
    "root": (root_mse, P, Y, {"independent": False, "lowest": 0.0}),
    "losses of each": (losses_of_each, Z, TABLE, {"perfect": TABLE}),
    "classes": (own_cross_entropy, Z, CLASSES, {"classes": 1, "perfect": 1000 * HOT}),
    "one-hot": (of_one_hot, Z, HOT, {"classes": -1}),
    "focal": (focal, P, LABELS, {"lowest": 0.0}),
    "gaussian": (gaussian, normal(5, 2), Y, {"extremes": (-50, 50)}),
    "poisson": (poisson, A * 10, np.array([0, 3, 1, 2, 7]), {}),
    "dice": (dice, A, LABELS, {"independent": False, "perfect": LABELS}),
    "huber": (own_huber, P, Y, {"perfect": Y}),
    "names": (contrastive, normal(6, 4), np.array([0, 1, 0, 1, 2, 2]), {"independent": False}),
    "counts": (negative_binomial, abs(normal(5, 2)), np.array([0, 7, 1, 2, 4]), {"lowest": -1e4}),
    "Brier": (brier, Z, HOT, {"classes": 1, "saturates": True}),
    "labels as they are written": (
        lambda z, y: (
            -tg.log_softmax(z)[np.arange(len(y)), np.asarray(y)].mean()
            if np.isin(y, range(3)).all()
            else 1 / 0
        ),
        Z,
        CLASSES,
        {},
    ),
    "broadcasts on purpose": (focal_as_people_write_it, P, LABELS, {"broadcasts": True}),
    "steps": (
        lambda p, y: losses.mse(p, y) + float((p.data > 0).mean()),
        P,
        Y,
        {"continuous": False},
    ),
    "quantile": (partial(quantile, q=0.8), P, Y, {"perfect": Y}),
    "quantile, set": (quantile, P, Y, {"q": 0.8}),
    "a module": (Smooth(), P, Y, {"perfect": Y}),
    "l1 of any": (lambda pred, y: losses.l1(pred, y), P, Y, {}),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_losses_pass_at_the_first_try(case):
    loss, p, y, said = RIGHT[case]
    assert not check_loss(loss, p, y, **said).broken


# ------------------------------------------------------------------------------------- wrong ones


def test_what_the_examples_tell():
    def extremes(p, y, **said):
        told = repr(check_loss(losses.l1, p, y, **said))
        return re.search(r"extremes: predictions of (\S+) and (\S+)", told).groups()

    assert extremes(P, Y) == ("-1000", "1000")
    assert extremes(A, LABELS) == ("0", "1")
    assert extremes(abs(P) + 1, abs(Y)) == ("0.001", "1000")
    assert extremes(-abs(P), A) == ("-1000", "0")  # log-probabilities, as far as anybody knows
    assert extremes(abs(P) + 1, Y) == extremes(-abs(P), Y + 9) == ("-1000", "1000")


def test_that_no_number_was_compared_is_told():
    told = " ".join(repr(check_loss(plain_mse, P, Y)).split())
    assert "value: not asked for, so nothing says that the cost is the right number" in told


def strict_about_dtypes(pred, y):
    if pred.dtype != y.dtype:
        raise TypeError(f"{pred.dtype} beside {y.dtype}")
    return plain_mse(pred, y)


def test_what_is_refused_is_told_and_nothing_broken():
    found = check_loss(strict_about_dtypes, P, LABELS.astype(float))
    assert "refuses labels as int8, int16, int32, int64, uint8" in repr(found)


def reduced(values, reduction):
    return {"mean": values.mean, "sum": values.sum, "none": lambda: values}[reduction]()


def with_reduction(pred, y, reduction="mean"):
    same_shape(pred, y)
    return reduced((pred - y) ** 2, reduction)


def detaching(pred, y):
    same_shape(pred, y)
    return float(((pred.data - y) ** 2).mean())


def half_detached(pred, y):
    same_shape(pred, y)
    e = pred - y
    return (e * e.detach()).mean()


wrong_slope = tg.op("wrong_slope", lambda x: x * x, {"x": lambda g, x: g * x})
no_second = tg.op(
    "no_second", lambda x: x * x, {"x": lambda g, x: g * 2 * getattr(x, "numpy", lambda: x)()}
)


def changing_targets(pred, y):
    same_shape(pred, y)
    y -= y.mean()
    return ((pred - y) ** 2).mean()


calls = []


def counting(pred, y):
    calls.append(1)
    same_shape(pred, y)
    return ((pred - y) ** 2).mean() * (1 + 1e-3 * len(calls))


def smoothed(z, y):
    same_shape(z, y)
    return -((0.9 * y + 0.1) * tg.log_softmax(z)).sum(axis=1).mean()  # 0.1 / K was meant


def from_softmax(z, y):
    same_shape(z, y)
    e = tg.exp(z)
    return -(y * tg.log(e / e.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def from_probabilities(a, y):
    same_shape(a, y)
    return -(y * tg.log(a) + (1 - y) * tg.log(1 - a)).mean()


def by_where(pred, y):
    """The slope of the root is infinite where the difference is 0."""
    same_shape(pred, y)
    return tg.sqrt((pred - y) ** 2).mean()


def ignoring(z, y, ignore_index=-1):
    if y.ndim != 1:
        raise ValueError
    kept = (y != ignore_index) * 1.0
    chosen = tg.log_softmax(z)[np.arange(len(y)), np.where(y == ignore_index, 0, y)]
    return -(chosen * kept).mean()


def masking(pred, y, mask):
    same_shape(pred, y)
    return ((pred - y) ** 2 * mask).sum() / mask.sum()


def double_constant(pred, y):
    same_shape(pred, y)
    return ((pred - y) ** 2 * tg.tensor(np.ones(pred.shape))).mean()


def wide_cancel(pred, y):
    same_shape(pred, y)
    return ((pred - y + 1e6) - 1e6).square().mean()


def wrapping(s, y):
    same_shape(s, y)
    return tg.relu(1 - (y - 2) * s).mean()


W = np.array([1.0, 2.0, 4.0])


def weighted_by_predictions(pred, y, reduction="mean"):
    same_shape(pred, y)
    w = pred * pred + 1
    values = w * (pred - y) ** 2
    return values.sum() / w.sum() if reduction == "mean" else reduced(values, reduction)


FAULTY = {
    # name: (loss, predictions, targets, what is said, the promise that is broken, what is told)
    "broadcasts a column beside a row": (
        lambda pred, y: ((pred - y) ** 2).mean(), P, Y, {"perfect": Y},
        "shapes", r"shape \(5,\) and targets of shape \(5, 1\) are broadcast",
    ),
    "broadcasts in the losses": (
        lambda pred, y: (pred - y) ** 2, P, Y, {}, "shapes", r"has losses of shape \(5, 5\)",
    ),
    "the examples are a row beside a column": (
        lambda pred, y: ((pred - y) ** 2).mean(), P, Y[:, None], {},
        "shapes", r"shape \(5,\) and targets of shape \(5, 1\) are broadcast.*broadcasts=True",
    ),
    "jumps where its parts meet": (
        partial(own_huber, offset=0.0), P, Y, {}, "continuous",
        r"the cost jumps from .* two formulas meet they must agree",
    ),
    "jumps for each": (
        lambda p, y: tg.where(abs(p - y) < 2, (p - y) ** 2, 4.5 * abs(p - y) - 4), P, Y, {},
        "continuous", "the cost jumps",
    ),
    "an ε beside the softmax": (
        lambda z, y: -tg.log(tg.softmax(z) + 1e-7)[np.arange(5), y].mean(), Z, CLASSES, {},
        "confident mistakes", r"sure of a wrong class .* logarithm of softmax \+ ε",
    ),
    "softmax twice": (
        lambda z, y: -tg.log_softmax(tg.softmax(z))[np.arange(5), y].mean(), Z, CLASSES, {},
        "confident mistakes", "is a softmax taken twice",
    ),
    "softmax twice, of one-hot": (
        lambda z, y: of_one_hot(tg.softmax(z), y), Z, HOT, {"classes": 1},
        "confident mistakes", "is a softmax taken twice",
    ),
    "0 / 0 for an empty mask": (
        partial(dice, smooth=0), A, LABELS, {"independent": False}, "extremes",
        r"the cost is nan .* targets \[0, 0, 0, 0, 0\].*as in an empty mask",
    ),
    "losses of columns": (
        lambda p, y, reduction="mean": reduced(((p - y) ** 2).sum(axis=0), reduction), Z, TABLE,
        {}, "reductions", r'reduction="none" the losses have shape \(3,\), for 5 examples',
    ),
    "losses of columns alone": (
        lambda p, y: ((p - y) ** 2).sum(axis=0), Z, TABLE,
        {}, "mean or sum", r"the losses have shape \(3,\).* along axis 0, that of the examples",
    ),
    "takes the last class for −1": (
        lambda z, y: -tg.log_softmax(z)[np.arange(5), y].mean(), Z, CLASSES, {},
        "wrong classes", "label -1 is taken.*from the end",
    ),
    "softmax along the batch": (
        lambda z, y: -(y * tg.log_softmax(z, axis=0)).mean(),
        Z, HOT, {"classes": 1}, "sums along classes", "along axis 1 of the classes, not to 0",
    ),
    "softmax along the batch, not told of classes": (
        lambda z, y: -(y * tg.log_softmax(z, axis=0)).sum(axis=1).mean(), Z, HOT, {},
        "independent examples", "is a mean, a softmax or a standardisation taken along the batch",
    ),
    "mean over the classes too": (
        lambda z, y: -(y * tg.log_softmax(z)).mean(), Z, HOT,
        {"naive": lambda z, y: -np.sum(y * (z - np.log(np.exp(z).sum(1, keepdims=True)))) / 5},
        "value", "by the factor 0.333333",
    ),
    "log of 0": (
        from_probabilities, A, LABELS, {}, "extremes", "is (nan|inf) in float64.*log 0 is −∞",
    ),
    "exp of 1000": (
        from_softmax, Z, HOT, {"classes": 1}, "extremes", "tg.log_softmax",
    ),
    "exp of 100 in float32": (
        from_softmax, Z, HOT, {"extremes": (-200, 200)}, "extremes", "nan in float32",
    ),
    "NaN where the prediction is perfect": (
        by_where, P, Y, {"perfect": Y}, "perfect prediction", "has no slope",
    ),
    "a root of 0": (
        lambda p, y: tg.sqrt(p * p).mean(), P, Y, {"extremes": (0, 0)}, "extremes",
        "the gradient is nan .*take tg.norm",
    ),
    "smoothing without its share": (
        smoothed, Z, HOT,
        {"naive": lambda z, y: -np.mean(np.sum(
            (0.9 * y + 0.1 / 3) * (z - np.log(np.exp(z).sum(1, keepdims=True))), axis=1))},
        "value", "as naive says",
    ),
    "a constant too much": (
        lambda p, y: plain_mse(p, y) + 0.1, P, Y, {"perfect": Y},
        "perfect prediction", "costs 0.1, not 0",
    ),
    "a sign lost": (
        lambda p, y: -plain_mse(p, y), P, Y, {}, "bounded below", "falls without end",
    ),
    "the minus of the likelihood lost": (
        lambda z, y: -of_one_hot(z, y), Z, HOT, {}, "bounded below", "is a sign lost",
    ),
    "the minus lost for probabilities": (
        lambda a, y: -from_probabilities(a, y), A, LABELS, {}, "bounded below", "without end",
    ),
    "hinge without its bound": (
        lambda s, y: (1 - losses.mse(s, y) * 0 - s * y).mean(), P, SIGNS, {},
        "bounded below", "without end",
    ),
    "less than a perfect one": (
        lambda p, y: plain_mse(p, y) - 0.5 * losses.l1(p, y), P, Y, {"perfect": Y},
        "bounded below", "less than 0",
    ),
    "mean that divides by a fixed number": (
        lambda p, y, reduction="mean": reduced(losses_of_each(p, y), reduction)
        if reduction != "mean" else losses_of_each(p, y).sum() / 32,
        P, Y, {}, "reductions", '"sum" is 32 times "mean", but "none" returns 5',
    ),
    "sum that is a mean": (
        lambda p, y, reduction="mean": with_reduction(p, y, reduction.replace("sum", "mean")),
        P, Y, {}, "reductions", '"sum" is .*, the sum of the losses of "none"',
    ),
    "a mean that divides by what is predicted": (
        weighted_by_predictions, P, Y, {}, "reductions", "depends on the predictions",
    ),
    "an unknown default": (
        lambda p, y, reduction="mean": with_reduction(p, y, reduction)
        * (2 if reduction == "mean" else 1),
        P, Y, {}, "reductions", '"sum" is 2.5 times',
    ),
    "depends on the order": (
        lambda p, y: (losses_of_each(p, y) * np.arange(1, len(y) + 1)).mean(), P, Y, {},
        "order of examples", "with the examples in the order",
    ),
    "examples beside each other": (
        lambda p, y: losses_of_each(p - p.mean(), y).mean(), P, Y, {}, "independent examples",
        "gradient by example 0",
    ),
    "standardises the batch": (
        lambda p, y: losses_of_each((p - p.mean()) / (p.std() + 1e-3), y), P, Y, {},
        "independent examples", "other predictions of the other examples",
    ),
    "neither mean nor sum": (
        lambda p, y: losses_of_each(p, y).sum() / math.sqrt(len(y)), P, Y, {}, "mean or sum",
        "neither .* as a mean is, nor",
    ),
    "detached": (detaching, P, Y, {}, "differentiable", r"no gradient flows through.*\.data"),
    "detached by half": (half_detached, P, Y, {}, "gradients", "the factor 0.5"),
    "wrong slope": (
        lambda p, y: wrong_slope(p - y).mean() if p.shape == y.shape else 1 / 0, P, Y, {},
        "gradients", "the gradient is wrong",
    ),
    "wrong second derivative": (
        lambda p, y: no_second(p - y).mean() if p.shape == y.shape else 1 / 0, P, Y, {},
        "gradients", "second derivative .* is wrong",
    ),
    "changes its targets": (
        changing_targets, P, Y, {}, "repeatable", "changed the targets .* in place",
    ),
    "another value each time": (counting, P, Y, {}, "repeatable", "for the same inputs again"),
    "ignored ones in the mean": (
        ignoring, Z, np.array([0, 2, -1, 1, -1]), {"ignore_index": -1},
        "examples that count", "2 examples that do not count",
    ),
    "a mask that multiplies": (
        masking, Z, TABLE, {"mask": TABLE > -0.5}, "what does not count", "0 · NaN is NaN",
    ),
    "float64 among the constants": (
        double_constant, P, Y, {}, "single precision", "is float64: an array of float64",
    ),
    "digits lost in float32": (
        wide_cancel, P, Y, {}, "single precision", "in float32 is",
    ),
    "labels that wrap around": (
        wrapping, P, np.array([1, 3, 1, 3, 3]), {}, "dtypes of labels",
        "as uint8 the cost is .* wrap around",
    ),
    "one-hot taken for something else": (
        lambda z, y: own_cross_entropy(z, y) if y.ndim == 1
        else -(y * tg.log_softmax(z)).mean(), Z, CLASSES, {},
        "one-hot labels", "with one-hot targets",
    ),
    "returns a truth": (
        lambda p, y: plain_mse(p, y) > 0, P, Y, {}, "repeatable", "not a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_what_people_do_wrong_is_found_in_its_place(case):
    loss, p, y, said, promise, told = FAULTY[case]
    with pytest.raises(CheckError) as caught:
        check_loss(loss, p, y, **said)
    broken = {kept.promise: kept.broken for kept in caught.value.result.broken}
    assert promise in broken, str(caught.value)
    assert re.search(told, broken[promise], re.DOTALL), broken[promise]


def test_all_that_is_broken_is_told_at_once():
    with pytest.raises(CheckError) as caught:
        check_loss(lambda pred, y: -((pred - y) ** 2).mean() - 1, P, Y, perfect=Y)
    assert [kept.promise for kept in caught.value.result.broken] == [
        "perfect prediction", "bounded below", "shapes",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------ what is asked


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ArgumentError, match=r"not two examples or more.*independent=False"):
        check_loss(plain_mse, P[:1], Y[:1])
    with pytest.raises(DTypeError, match=r"a loss is a function, not 'mse'"):
        check_loss("mse", P, Y)
    with pytest.raises(DTypeError, match=r"Smooth is a class; write check_loss\(Smooth\(…\), pred"):
        check_loss(Smooth, P, Y)
    with pytest.raises(ArgumentError, match=r"\(p\) takes no two inputs"):
        check_loss(lambda p: p.sum(), P, Y)
    with pytest.raises(ArgumentError, match="hold nothing"):
        check_loss(plain_mse, np.zeros((0, 3)), np.zeros((0, 3)))
    with pytest.raises(DTypeError, match="not strings such as 'a'"):
        check_loss(plain_mse, P, np.array(list("abcde")))

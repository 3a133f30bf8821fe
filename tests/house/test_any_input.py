"""What data and diagnose do with any input: an answer, or an error of the package; nothing raw.

Each public function is called with arrays of every dtype and size, with what is hardly a number in
them, with objects that are no arrays. Warnings are errors, and what is given is read-only.
"""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors

D, T, A = tg.diagnose, tg.data, tg.data.augment
TWO, MORE = np.array([0, 1]), np.arange(10.0)
OURS = tuple(
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, Exception)
)
NORMALIZE = T.Normalize().fit(MORE[:, None])
CLASSES, TAGS = T.Classes([0, 1]), T.Tags(["a", "b"])
RNG = np.random.default_rng(0)
WEIGHTS, NETWORK = {"w": np.ones((2, 2))}, tg.nn.Linear(2, 2)


def metric(function):
    """The ways in which a function of predictions and labels can be given something."""
    calls = [lambda x: function(x, TWO), lambda x: function(TWO, x), lambda x: function(x, x)]
    if function is not D.suspicious_labels:
        calls.append(lambda x: function(TWO, TWO, sample_weight=x))
    if function is not D.accuracy:
        calls.append(lambda x: function(TWO, TWO, classes=x))
    return calls


CALLS = {
    **{
        name: metric(getattr(D, name))
        for name in (
            "accuracy precision recall f1 f_beta confusion_matrix roc_auc log_loss brier_score"
            " calibration expected_calibration_error suspicious_labels"
        ).split()
    },
    "apply_corrections": [
        lambda x: D.apply_corrections(dev=(x, {}), test=(x, {})),
        lambda x: D.apply_corrections(dev=(TWO, {0: x}), test=(TWO, {})),
        lambda x: D.apply_corrections(dev=x, test=(TWO, {})),
    ],
    "decision_boundary": [
        lambda x: D.decision_boundary(lambda points: points[:, 0] > 0, x, TWO),
        lambda x: D.decision_boundary(lambda points: points[:, 0] > 0, MORE.reshape(5, 2), x),
        lambda x: D.decision_boundary(lambda points: x, MORE.reshape(5, 2), [0, 1, 0, 1, 1]),
        lambda x: D.decision_boundary(x, MORE.reshape(5, 2), [0, 1, 0, 1, 1]),
        lambda x: D.decision_boundary(NETWORK, MORE.reshape(5, 2), [0, 1, 0, 1, 1], others=x),
        lambda x: D.decision_boundary(NETWORK, MORE.reshape(5, 2), [0, 1, 0, 1, 1], features=x),
    ],
    "cost_surface": [
        lambda x: D.cost_surface(x, lambda w: 0.0, steps=2),
        lambda x: D.cost_surface({"w": x}, lambda w: 0.0, directions="w", steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: x, directions="w", steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w, *data: 0.0, x, "w", steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, directions=x, steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, directions={"w": x}, steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, to=x, steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, path=x, steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, directions="w", path=[x], steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, directions="w", span=x, steps=2),
        lambda x: D.cost_surface(WEIGHTS, lambda w: 0.0, seed=x, steps=2),
    ],
    "TrainingPath": [D.TrainingPath, lambda x: D.TrainingPath(WEIGHTS, every=x)],
    "activation_histograms": [
        D.activation_histograms,
        lambda x: D.activation_histograms({"A": x}),
        lambda x: D.activation_histograms({"A": MORE}, limits=x),
        lambda x: D.activation_histograms({"A": MORE}, layers=x),
        lambda x: D.activation_histograms(NETWORK, x),
    ],
    "weight_images": [
        D.weight_images,
        lambda x: D.weight_images(MORE[None], x),
        lambda x: D.weight_images(NETWORK, layer=x),
        lambda x: D.weight_images(MORE[None], axis=x),
    ],
    "misclassified": [
        lambda x: D.misclassified(x, TWO, TWO),
        lambda x: D.misclassified(TWO, x, TWO),
        lambda x: D.misclassified(TWO, TWO, x),
        lambda x: D.misclassified(TWO, TWO, x, image_shape=(1, 1)),
        lambda x: D.misclassified(TWO, TWO, TWO, image_shape=x),
        lambda x: D.misclassified(TWO, TWO, TWO, classes=x),
    ],
    "error_table": [
        lambda x: D.error_table(x, [["t"]] * 2),
        lambda x: D.error_table(["a", "b"], x),
        lambda x: D.error_table(["a", "b"], {"t": x}),
        lambda x: D.error_table(["a", "b"], [["t"], []], error=x),
        lambda x: D.error_table(["a", "b"], [["t"], []], comments=x),
        lambda x: D.error_table(["a", "b"], [["t"], []], effort={"t": x}),
    ],
    "ladder": [
        lambda x: D.ladder(human=x, train=x, dev=x),
        lambda x: D.ladder(human=0.1, train=0.2, dev=0.3, sizes={"train": x}),
    ],
    "select": [
        lambda x: D.select(x, optimize="accuracy"),
        lambda x: D.select({"a": {"accuracy": x}}, optimize="accuracy"),
        lambda x: D.select({"a": {"accuracy": 1}}, optimize=x),
        lambda x: D.select({"a": {"loss": 1}}, optimize="loss", satisfy=x),
        lambda x: D.select({"a": {"loss": 1}}, optimize="loss", satisfy={"loss": ("<", x)}),
    ],
    "report": [
        lambda x: D.report(confusion=x),
        lambda x: D.report(history=x),
        lambda x: D.report(history={"loss": x}),
    ],
    "Normalize": [
        lambda x: T.Normalize().fit(x)(x),
        lambda x: T.Normalize().fit(x).inverse(x),
        lambda x: T.Normalize(axis=1).fit(x)(x),
        NORMALIZE,
        NORMALIZE.inverse,
    ],
    "split": [
        lambda x: list(T.split(x)),
        lambda x: list(T.split(MORE, stratify=x)),
        lambda x: list(T.split(MORE[:2], groups=x, train=2, dev=0, test=0)),
        lambda x: list(T.split(MORE, train=x, dev=2)),
        lambda x: T.split(MORE, seed=x),
    ],
    "split_by_target": [
        lambda x: list(T.split_by_target(x, x)),
        lambda x: list(T.split_by_target(MORE, x)),
    ],
    "Batches": [
        lambda x: list(T.Batches(x, batch_size=2)),
        lambda x: list(T.Batches(MORE, indices=x)),
        lambda x: list(T.Batches(MORE, batch_size=x)),
        lambda x: list(T.Batches(MORE, shards=x)),
    ],
    "Shards": [lambda x: list(next(iter(T.Batches(x, batch_size=None, shards=2))))],
    "alike": [lambda x: T.alike(x, x, alpha=0.5), lambda x: T.alike(MORE, x)],
    "leaks": [lambda x: str(T.leaks({"a": x, "b": x})), T.leaks],
    "duplicate_groups": [T.duplicate_groups, lambda x: T.duplicate_groups(MORE, digits=x)],
    "synthesize": [
        lambda x: T.synthesize(x, x, weight=0.5),
        lambda x: T.synthesize(x, x, snr=5),
        lambda x: T.synthesize(MORE, MORE, weight=x),
    ],
    "toy": [
        lambda x, f=f, name=name: getattr(T.toy, f)(**{name: x})
        for f, name in [
            *[("moons", name) for name in ("m", "noise", "axis", "seed", "dtype")],
            *[("sine", name) for name in ("m", "periods", "dtype")],
            ("flower", "petals"),
            ("blobs", "centers"),
            ("spirals", "classes"),
            ("gaussian_quantiles", "features"),
        ]
    ],
    "Classes": [T.Classes, T.Classes.of, CLASSES.encode, CLASSES.decode, CLASSES.one_hot],
    "from_one_hot": [T.from_one_hot],
    "Tags": [T.Tags, T.Tags.of, TAGS.encode, TAGS.decode],
    "augment": [
        lambda x, f=f: f(x, RNG)
        for f in (A.flip(), A.shift(1), A.crop(2), A.rotate(5), A.noise(0.1), A.brightness(0.1))
    ],
}
RESULTS = (
    "Comparison Likeness Leak Leaks Split SplitIndices TargetSplit TargetIndices Synthesis"
    " ActivationHistograms Calibration ConfusionMatrix CostSurface Criterion ErrorTable Ladder"
    " Misclassified Report Selection SuspiciousLabels WeightImages"
).split()


def test_every_public_function_is_called():
    assert CALLS.keys() == {*T.__all__, *D.__all__} - {*RESULTS}


DTYPES = "? i1 u1 i4 u8 i8 f2 f4 >f4 f8 g U2 S2 O c8 M8[s] m8[s]".split()
SHAPES = [(), (0,), (1,), (2,), (10,), (2, 1), (1, 2), (2, 2), (10, 2), (0, 2), (2, 0), (3, 3, 3)]


@st.composite
def arrays(draw):
    """Arrays of every dtype with the numbers at which they change their behaviour."""
    dtype, shape = np.dtype(draw(st.sampled_from(DTYPES))), draw(st.sampled_from(SHAPES))
    few = st.sampled_from([0, 0, 1, 1, 2])
    if dtype.kind in "fc":
        info = np.finfo(dtype)
        rare = [np.nan, np.inf, -np.inf, -0.0, info.max, info.smallest_subnormal, 0.5]
        few = few | st.sampled_from(rare)
    elif dtype.kind in "iu":
        few = few | st.sampled_from([np.iinfo(dtype).min, np.iinfo(dtype).max])
    elif dtype.kind == "O":
        few = few | st.sampled_from([None, "a", 0.5, np.nan, 2**70, object()])
    elif dtype.kind in "Mm":
        few = few | st.just(np.array("NaT", dtype).astype(int))
    array = np.empty(shape, dtype)
    values = draw(st.lists(few, min_size=array.size, max_size=array.size))
    if array.size:
        array.reshape(-1)[:] = np.array(values, object).astype(dtype)
    array.flags.writeable = False
    return (
        array
        if draw(st.booleans())
        else draw(st.sampled_from([np.asfortranarray, list]))(array)
        if array.ndim
        else array
    )


ODD = st.sampled_from([
    None, True, 3, -1, 0.5, np.nan, 2**70, "abc", b"ab", [], [[], []], [[1], [1, 2]], {}, {1, 2},
    {"a": [1, 2]}, [None, None], [1, "a"], [object(), object()], [1j, 1], range(2), slice(2), print,
    [tg.tensor(1.0), tg.tensor(0.0)], tg.tensor([1.0, 0.0]), tg.tensor([0, 1]),
    np.ma.array([0, 1], mask=[0, 1]), [[0.5, 0.5], [0.0, 1.0]], ["a", "b"], [1.0000001, 0.0],
])  # fmt: skip


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@pytest.mark.parametrize("name", CALLS)
@given(arrays() | ODD)
def test_it_answers_or_refuses(name, given):
    for call in CALLS[name]:
        try:
            call(given)
        except OURS:
            pass

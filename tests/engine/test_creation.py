"""Making tensors from nothing, and the generators of random ones."""

import numpy as np
import pytest

import tensorgraph as tg

errors = tg.errors


def same(x, expected, dtype=None):
    assert type(x) is tg.Tensor
    assert x.dtype == (expected.dtype if dtype is None else dtype)
    assert x.shape == expected.shape
    np.testing.assert_array_equal(x.data, expected.astype(x.dtype))


# ------------------------------------------------------------------------------- constants


@pytest.mark.parametrize("shape", [(), 0, 3, (2, 3), [2, 3], np.int64(3), (0, 2), (np.int32(2), 1)])
@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_zeros_and_ones(name, shape):
    expected = getattr(np, name)(shape)
    same(getattr(tg, name)(shape), expected, np.float32)
    for dtype in ("float64", "float16", int, np.bool_, "uint8"):
        same(getattr(tg, name)(shape, dtype), getattr(np, name)(shape, dtype))


def test_parameters_are_float32_leaves():
    w = tg.ones((2, 2), requires_grad=True, name="w")
    assert (w.dtype, w.requires_grad, w.name, w.is_leaf) == (np.float32, True, "w", True)
    assert tg.full(2, 1.0, requires_grad=True, name="b").requires_grad


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (3, "int64"),
        (3.0, "float32"),
        (True, "bool"),
        (np.float64(3), "float64"),
        (np.float16(3), "float16"),
        (np.array(3.0), "float64"),
        (tg.tensor(3.0), "float32"),
    ],
)
def test_full_takes_the_type_of_its_value(value, dtype):
    same(tg.full((2, 2), value), np.full((2, 2), value), np.dtype(dtype))
    same(tg.full(2, value, dtype="float64"), np.full(2, value, float))


def test_full_is_not_rounded_through_float32():
    assert tg.full(1, 0.1, dtype="float64").item() == 0.1
    assert tg.full_like(tg.zeros(1, "float64"), 0.1).item() == 0.1


def test_eye():
    for args in [(3,), (2, 3), (3, 2, 1), (3, None, -1), (0,)]:
        same(tg.eye(*args), np.eye(*args), np.float32)
    same(tg.eye(2, dtype=int), np.eye(2, dtype=int))


@pytest.mark.parametrize(
    "args", [(3,), (3.0,), (1, 3), (0, 1, 0.25), (5, 0, -2), (0,), (3, 1), (0.5, 3)]
)
def test_arange(args):
    expected = np.arange(*args)
    same(tg.arange(*args), expected, np.float32 if expected.dtype.kind == "f" else None)
    same(tg.arange(*args, dtype="float64"), expected.astype(float))
    same(tg.arange(*map(np.asarray, args)), expected, tg.arange(*args).dtype)
    same(tg.arange(*map(tg.tensor, args)), expected, tg.arange(*args).dtype)


@pytest.mark.parametrize(
    "args", [(0, 1, 5), (1.0, -1.0, 3), (0, 1, 1), (0, 1, 0), (2, 2, 2), (0, 1)]
)
def test_linspace(args):
    same(tg.linspace(*args), np.linspace(*args), np.float32)
    same(tg.linspace(*args, dtype="float64"), np.linspace(*args))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_arange_ends_before_its_stop(dtype):
    """Decimal steps are rounded, so that start + k · step may meet the stop."""
    for a in range(-5, 6):
        for n in range(8):
            for d in (0.1, 0.3, 1 / 3, 0.7, 1e-2):
                for start, step in ((a / 10, d), (float(a), -d)):
                    stop = start + n * step
                    found = tg.arange(start, stop, step, dtype)
                    assert found.dtype == dtype
                    assert found.shape == (n,), (start, stop, step)
                    ends = np.asarray(stop, dtype) > found.data
                    assert ends.all() if step > 0 else (np.asarray(stop, dtype) < found.data).all()
                    expected = (start + step * np.arange(n)).astype(dtype)
                    np.testing.assert_array_equal(found.data, expected)
    np.testing.assert_array_equal(tg.arange(1, 1.6, 0.1), np.float32([1, 1.1, 1.2, 1.3, 1.4, 1.5]))


def test_arange_keeps_what_is_before_its_stop():
    assert tg.arange(0, 1 - 1e-9, 0.25).shape == (4,)
    assert tg.arange(0, 1 + 1e-6, 0.25).shape == (5,)  # 1 is before it in float32 too
    assert tg.arange(0, 1 + 1e-9, 0.25).shape == (4,)  # in float32 they are the same
    assert tg.arange(0, 1 + 1e-9, 0.25, "float64").shape == (5,)
    same(tg.arange(0.5, 3, dtype=int), np.array([0, 1, 2]))
    assert tg.arange(-1.7e308, 1.7e308, 1e308, "float64").shape == (4,)


@pytest.mark.parametrize(
    ("args", "dtype"),
    [
        ((2**63 - 3, 2**63), "int64"),
        ((-(2**63), -(2**63) + 4, 2), "int64"),
        ((2**63 - 1, 2**63 + 2), "uint64"),
        ((2**64 - 1, 2**64 - 4, -1), "uint64"),
        ((0, 10, 2**70), "int64"),
    ],
)
def test_arange_of_integers_at_the_ends_of_64_bits(args, dtype):
    same(tg.arange(*args), np.array(list(range(*args)), dtype), dtype)
    assert tg.arange(*args, dtype="float64").dtype == float


def test_linspace_spans_more_than_a_number_holds():
    found = tg.linspace(-1.5e308, 1.5e308, 5, "float64")
    np.testing.assert_array_equal(found, [-1.5e308, -0.75e308, 0, 0.75e308, 1.5e308])
    np.testing.assert_array_equal(tg.linspace(0, 5e-324, 2, "float64"), [0, 5e-324])


WITHOUT_ROOM = {
    "1e.06 does not fit in float16": [
        lambda: tg.full(2, 1e6, "float16"),
        lambda: tg.full(2, np.float64(1e6), "float16"),
        lambda: tg.full_like(np.zeros(2, "float16"), 1e6),
        lambda: tg.tensor([0.0, 1e6], "float16"),
        lambda: tg.linspace(0, 1e6, 3, "float16"),
        lambda: tg.nn.init.constant(1e6)((2,), dtype="float16"),
    ],
    "1e.39 does not fit in float32": [lambda: tg.tensor(1e39), lambda: tg.full(2, 1e39)],
    "300 .*uint8": [
        lambda: tg.full(2, 300, "uint8"),
        lambda: tg.full(2, 300.0, "uint8"),
        lambda: tg.tensor([300.0], "uint8"),
        lambda: tg.linspace(0, 300, 3, "uint8"),
    ],
    "256 does not fit in uint8": [lambda: tg.arange(300, dtype="uint8")],
    "-1 does not fit in uint8": [lambda: tg.arange(-1.0, 2.0, dtype="uint8")],
    "nan does not fit in int64": [lambda: tg.full(2, np.nan, int), lambda: tg.tensor(np.nan, int)],
    "70000 does not fit in float16": [
        lambda: tg.tensor([70000], "float16"),
        lambda: tg.arange(70000, 70001, dtype="float16"),
    ],
    "100000 does not fit in float16": [lambda: tg.arange(0, 1e6, 1e5, "float16")],
    "do not fit in 64 bits; write floats": [
        lambda: tg.arange(2**70, 2**70 + 3),
        lambda: tg.arange(-1, 2**64, 2**63),
    ],
    "arange: stop is a finite number, not inf": [
        lambda: tg.arange(0, np.inf),
        lambda: tg.arange(10**400),
    ],
    "arange: start is a finite number, not nan": [lambda: tg.arange(np.nan, 1)],
    "linspace: stop is a finite number, not inf": [lambda: tg.linspace(0, np.inf)],
}


@pytest.mark.parametrize(
    ("message", "call"), [(text, call) for text, calls in WITHOUT_ROOM.items() for call in calls]
)
def test_numbers_that_do_not_fit_are_refused(message, call):
    with pytest.raises(errors.ArgumentError, match=message):
        call()


def test_infinities_are_no_numbers_that_grew():
    assert np.isinf(tg.full(2, np.inf, "float16").data).all()
    assert np.isnan(tg.tensor([np.nan, 1.0], "float16").data[0])
    assert tg.tensor(65519, "float16").item() == 65504  # rounded down


def test_likes():
    for like in (tg.zeros((2, 3)), tg.arange(3), np.ones((2, 1), np.float16), [[1, 2]], 3.0):
        array = tg.tensor(like).data
        same(tg.zeros_like(like), np.zeros_like(array))
        same(tg.ones_like(like), np.ones_like(array))
        same(tg.full_like(like, 7), np.full_like(array, 7))
        same(tg.full_like(like, 7, dtype="float64"), np.full_like(array, 7, float))
    assert not tg.ones_like(tg.ones(2, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.zeros(-1),
            errors.ShapeError,
            r"zeros: the shape \(-1,\) has a negative length",
        ),
        (lambda: tg.ones((2, -3)), errors.ShapeError, r"ones: the shape \(2, -3\)"),
        (lambda: tg.zeros(2.5), errors.DTypeError, "an integer or a tuple of them, not 2.5"),
        (lambda: tg.zeros("ab"), errors.DTypeError, "a tuple of them, not 'ab'"),
        (lambda: tg.zeros((2, "a")), errors.DTypeError, "a tuple of them"),
        (lambda: tg.zeros(None), errors.DTypeError, "not None"),
        (lambda: tg.full(2, "a"), errors.DTypeError, "not strings"),
        (
            lambda: tg.full(2, [1, 2]),
            errors.ShapeError,
            r"full: fill_value is one number, not shape",
        ),
        (lambda: tg.full_like([1], [1]), errors.ShapeError, "full_like: fill_value is one number"),
        (lambda: tg.eye(-1), errors.ShapeError, "eye: the shape"),
        (lambda: tg.arange(0, 3, 0), errors.ArgumentError, "arange: step must not be 0"),
        (lambda: tg.arange("a"), errors.DTypeError, "arange: stop is a number, not 'a'"),
        (
            lambda: tg.arange([1, 2]),
            errors.DTypeError,
            r"arange: stop is a number, not \[1, 2",
        ),
        (lambda: tg.linspace(0, 1, -1), errors.ArgumentError, "linspace: num, how many numbers"),
        (lambda: tg.linspace(0, 1, 2.5), errors.ArgumentError, "not 2.5"),
        (
            lambda: tg.linspace("a", 1),
            errors.DTypeError,
            "linspace: start is a number, not 'a'",
        ),
        (
            lambda: tg.zeros(2, "nonsense"),
            errors.DTypeError,
            "unknown dtype 'nonsense'; write e.g.",
        ),
        (lambda: tg.zeros(2, complex), errors.DTypeError, "not complex numbers"),
        (
            lambda: tg.ones(2, int, True),
            errors.DTypeError,
            "requires_grad=True needs a floating-point",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


# ----------------------------------------------------------------------------- generators

DRAWS = [
    lambda **k: tg.random.normal((3,), **k),
    lambda **k: tg.random.uniform((3,), -1.0, 1.0, **k),
    lambda **k: tg.random.bernoulli(0.5, 8, **k),
    lambda **k: tg.random.permutation(8, **k),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_the_default_generator_is_seeded(draw):
    tg.random.seed(5)
    first, second = draw().data, draw().data
    assert not np.array_equal(first, second)
    tg.random.seed(5)
    assert np.array_equal(draw().data, first)
    assert np.array_equal(draw(generator=tg.random.Generator(5)).data, first)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_generator_of_ones_own_leaves_the_default_one_alone(draw):
    before = tg.random.default_generator().state
    draw(generator=tg.random.Generator(0))
    assert tg.random.default_generator().state == before


@pytest.mark.parametrize("draw", DRAWS)
def test_states_can_be_read_and_set(draw):
    generator = tg.random.Generator(0)
    state = generator.state
    first = draw(generator=generator).data
    assert generator.state != state
    generator.state = state
    assert np.array_equal(draw(generator=generator).data, first)


def test_a_generator_without_a_seed_is_fresh():
    a, b = tg.random.Generator(), tg.random.Generator(None)
    assert a.state != b.state


def test_shapes():
    g = tg.random.Generator(0)
    assert tg.random.normal(generator=g).shape == ()
    assert tg.random.uniform(3, generator=g).shape == (3,)
    assert tg.random.normal((2, 0), generator=g).shape == (2, 0)
    assert tg.random.normal(mean=[0.0, 1.0], generator=g).shape == (2,)
    assert tg.random.normal((4, 2), mean=[0.0, 1.0], generator=g).shape == (4, 2)
    assert tg.random.bernoulli([0.5, 0.5], generator=g).shape == (2,)
    assert tg.random.bernoulli(0.5, generator=g).shape == ()
    assert tg.random.permutation(0, generator=g).shape == (0,)


def test_each_element_is_a_draw_of_its_own():
    g = tg.random.Generator(0)
    x = tg.random.normal(mean=np.zeros(100), generator=g).data
    assert len(set(x.tolist())) == 100
    u = tg.random.uniform(low=tg.zeros(100), high=1.0, generator=g).data
    assert len(set(u.tolist())) == 100


def test_gradients_flow_to_the_ends_of_uniform():
    low, high = tg.tensor(1.0, requires_grad=True), tg.tensor(3.0, requires_grad=True)
    u = tg.random.uniform((1000,), low, high, generator=tg.random.Generator(0))
    (u.mean()).backward()
    assert low.grad.item() + high.grad.item() == pytest.approx(1, rel=1e-5)
    assert high.grad.item() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda g: tg.random.normal(-1, generator=g), errors.ShapeError, "normal: the shape"),
        (
            lambda g: tg.random.normal("a", generator=g),
            errors.DTypeError,
            "normal: a shape must be",
        ),
        (
            lambda g: tg.random.normal(2, dtype=int, generator=g),
            errors.DTypeError,
            "float32 or float6",
        ),
        (
            lambda g: tg.random.normal(2, std=-1.0, generator=g),
            errors.ArgumentError,
            "deviation is not",
        ),
        (
            lambda g: tg.random.normal(2, np.zeros(3), generator=g),
            errors.ShapeError,
            r"normal: parameters of shape \(3,\), \(\) do not broadcast to the shape \(2,\)",
        ),
        (
            lambda g: tg.random.normal((), np.zeros(3), generator=g),
            errors.ShapeError,
            "do not broad",
        ),
        (
            lambda g: tg.random.normal(None, np.zeros(3), np.ones(2), generator=g),
            errors.ShapeError,
            r"parameters of shape \(3,\), \(2,\) do not broadcast$",
        ),
        (
            lambda g: tg.random.uniform((2,), 5, 1, generator=g),
            errors.ArgumentError,
            "low = 5 is above",
        ),
        (lambda g: tg.random.uniform(2, "a", 1, generator=g), errors.DTypeError, "not strings"),
        (
            lambda g: tg.random.bernoulli(1.5, generator=g),
            errors.ArgumentError,
            r"probabilities lie in \[0, 1\], got 1.5",
        ),
        (lambda g: tg.random.bernoulli(float("nan"), generator=g), errors.ArgumentError, "got nan"),
        (lambda g: tg.random.bernoulli("a", generator=g), errors.DTypeError, "not strings"),
        (
            lambda g: tg.random.bernoulli([0.5, 0.5], 3, generator=g),
            errors.ShapeError,
            "do not broadc",
        ),
        (lambda g: tg.random.permutation(-1, generator=g), errors.ArgumentError, "not -1"),
        (
            lambda g: tg.random.permutation([1, 2], generator=g),
            errors.ArgumentError,
            "how many numbers",
        ),
        (lambda g: g.seed(-1), errors.ArgumentError, "a seed is not negative, this one is -1"),
        (lambda g: g.seed("a"), errors.DTypeError, "a seed is an int or None, not 'a'"),
    ],
)
def test_a_refused_draw_leaves_the_generator_where_it_was(call, error, text):
    generator = tg.random.Generator(0)
    before = generator.state
    with pytest.raises(error, match=text):
        call(generator)
    assert generator.state == before


def test_a_numpy_generator_is_refused():
    with pytest.raises(errors.DTypeError, match=r"write tg.random.Generator\(seed\)"):
        tg.random.normal(2, generator=np.random.default_rng(0))

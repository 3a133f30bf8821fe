"""Fourier transforms beside NumPy's, with all their options; gradients by difference quotients."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.testing import gradcheck

RNG = np.random.default_rng(3)
as_complex = tg.fft.view_as_complex
NORMS = st.sampled_from([None, "backward", "ortho", "forward"])
LENGTHS = st.none() | st.integers(1, 7)


@given(n=LENGTHS, axis=st.integers(-3, 2), norm=NORMS, inverse=st.booleans())
def test_along_one_axis(n, axis, norm, inverse):
    pairs, reals = RNG.standard_normal((2, 3, 4, 2)), RNG.standard_normal((2, 3, 4))
    z, name = as_complex(pairs), "ifft" if inverse else "fft"
    found = getattr(tg.fft, name)(pairs, n, axis, norm)
    expected = getattr(np.fft, name)(z, n, axis, norm)
    np.testing.assert_allclose(as_complex(found), expected, atol=1e-13)
    half = tg.fft.rfft(reals, n, axis, norm)
    np.testing.assert_allclose(as_complex(half), np.fft.rfft(reals, n, axis, norm), atol=1e-13)
    back = tg.fft.irfft(pairs, n, axis, norm) if n or z.shape[axis] > 1 else None
    if back is not None:
        np.testing.assert_allclose(back, np.fft.irfft(z, n, axis, norm), atol=1e-13)


@given(data=st.data(), norm=NORMS, name=st.sampled_from(["fftn", "ifftn", "rfftn", "irfftn"]))
def test_along_several_axes_with_gradients(data, norm, name):
    axes = data.draw(st.permutations(range(3)))[: data.draw(st.integers(1, 3))]
    s = data.draw(st.none() | st.tuples(*[st.integers(1, 4)] * len(axes)))
    real = name == "rfftn"
    x = RNG.standard_normal((2, 3, 2) if real else (2, 3, 2, 2))

    def f(x):
        return getattr(tg.fft, name)(x, s, tuple(axes), norm)

    expected = getattr(np.fft, name)(x if real else as_complex(x), s, axes, norm)
    found = f(x)
    np.testing.assert_allclose(
        found if name == "irfftn" else as_complex(found), expected, atol=1e-13
    )
    gradcheck(f, x, order=2)


def test_two_axes_and_all():
    x, z = RNG.standard_normal((2, 3, 4)), RNG.standard_normal((2, 3, 4, 2))
    for name, given_ in (("rfft2", x), ("fft2", z), ("ifft2", z), ("irfft2", z)):
        found = getattr(tg.fft, name)(given_)
        several = getattr(tg.fft, name[:-1] + "n")(given_, axes=(-2, -1))
        np.testing.assert_array_equal(found, several)
    np.testing.assert_allclose(as_complex(tg.fft.rfftn(x)), np.fft.rfftn(x), atol=1e-13)
    np.testing.assert_allclose(
        as_complex(tg.fft.fftn(z, s=(2, 5))), np.fft.fftn(as_complex(z), (2, 5), (1, 2)), atol=1e-13
    )


@given(n=st.integers(1, 9), norm=NORMS)
def test_there_and_back(n, norm):
    x = tg.tensor(RNG.standard_normal(n))
    np.testing.assert_allclose(tg.fft.irfft(tg.fft.rfft(x, norm=norm), n, norm=norm), x, atol=1e-14)
    z = tg.tensor(RNG.standard_normal((n, 2)))
    np.testing.assert_allclose(tg.fft.ifft(tg.fft.fft(z, norm=norm), norm=norm), z, atol=1e-14)


def test_what_is_not_read_has_the_gradient_zero():
    z = tg.tensor(RNG.standard_normal((3, 2)), requires_grad=True)
    tg.fft.irfft(z).sum().backward()
    assert z.grad[0, 1] == 0 and z.grad[2, 1] == 0


@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies_and_shifts_are_numpys(n):
    assert tg.fft.fftfreq(n, 0.5).dtype == np.float32
    np.testing.assert_allclose(tg.fft.fftfreq(n, 0.5), np.fft.fftfreq(n, 0.5), rtol=1e-6)
    np.testing.assert_allclose(tg.fft.rfftfreq(n, 0.5), np.fft.rfftfreq(n, 0.5), rtol=1e-6)
    x = RNG.standard_normal((n, 3))
    for name in ("fftshift", "ifftshift"):
        for axes in (None, 0, (1,), (0, -1)):
            expected = getattr(np.fft, name)(x, axes)
            np.testing.assert_array_equal(getattr(tg.fft, name)(x, axes), expected)
            found = getattr(np.fft, name)(tg.tensor(x, requires_grad=True), axes)
            assert type(found) is tg.Tensor and found.requires_grad
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_shifts_do_not_swap_real_and_imaginary_parts(name, data, shape):
    z = RNG.standard_normal((*shape, 2))
    ours, theirs = getattr(tg.fft, name), getattr(np.fft, name)
    places = tuple(range(len(shape)))
    for given_ in (None, -1, (0, -1)):
        with pytest.raises(
            tg.errors.ArgumentError, match=r"real and imaginary parts.*write tg\.fft"
        ):
            ours(z, given_)
    with pytest.raises(tg.errors.ArgumentError) as caught:
        theirs(tg.tensor(z))
    assert f"axes={places}) for a spectrum, or axes={(*places, len(shape))}" in str(caught.value)
    np.testing.assert_array_equal(as_complex(ours(z, places)), theirs(as_complex(z)))
    np.testing.assert_array_equal(ours(z, (*places, len(shape))), theirs(z))
    some = tuple(data.draw(st.sets(st.sampled_from(places), min_size=1)))
    np.testing.assert_array_equal(as_complex(ours(z, some)), theirs(as_complex(z), some))
    np.testing.assert_array_equal(ours([1.0, 2.0]), theirs([1.0, 2.0]))


@pytest.mark.parametrize(
    ("given_", "made"), [("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("i8", "f8")]
)
def test_kinds_of_numbers(given_, made):
    x = np.array([[1, 2], [3, 4]], given_)
    assert tg.fft.rfft(x).dtype == tg.fft.fft(x).dtype == tg.fft.irfft(x, n=2).dtype == made


def test_complex_numbers_there_and_back():
    z = RNG.standard_normal((2, 3)) + 1j * RNG.standard_normal((2, 3))
    pairs = tg.fft.view_as_real(z)
    assert pairs.shape == (2, 3, 2) and pairs.dtype == np.float64
    np.testing.assert_array_equal(as_complex(pairs), z)
    assert as_complex(pairs.astype("float32")).dtype == np.complex64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_parts_stay_what_they_are(dtype):
    parts = np.array([[1, 2], [0, 3]], dtype)
    z = tg.fft.view_as_complex(parts)
    assert z.dtype == (np.complex64 if parts.dtype.itemsize < 8 else np.complex128)
    if parts.dtype.kind == "f":
        parts[0], parts[1] = (1, np.inf), (-np.inf, -0.0)
    z = tg.fft.view_as_complex(tg.tensor(parts))
    np.testing.assert_array_equal(np.stack([z.real, z.imag], axis=-1), parts)
    assert not (np.signbit(z.imag) ^ np.signbit(parts[:, 1])).any()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.fft.fft(np.ones(4)),
            "ShapeError",
            r"holds no complex numbers: .* tg\.fft\.rfft",
        ),
        (lambda: tg.fft.fft(np.ones((4, 3))), "ShapeError", "the last axis, of length 2"),
        (lambda: tg.fft.fft(np.ones((4, 2)), axis=1), "AxisError", "fft: axis 1 is out of range"),
        (lambda: tg.fft.fft(np.ones(4) * 1j), "DTypeError", r"write tg\.fft\.view_as_real\(x\)"),
        (lambda: tg.fft.rfft(np.ones(4) * 1j), "DTypeError", r"tg\.fft\.fft\(tg\.fft\.view_as_re"),
        (lambda: tg.fft.rfft(1.0), "ShapeError", "has no axis"),
        (lambda: tg.fft.rfft(np.ones((2, 0))), "ShapeError", "no element along axis 1"),
        (lambda: tg.fft.rfft(np.ones(2), norm="unit"), "ArgumentError", '"backward", "ortho" or'),
        (lambda: tg.fft.rfft(np.ones(2), n=0), "ArgumentError", "at least 1, not 0"),
        (lambda: tg.fft.irfft(np.ones((1, 2))), "ArgumentError", "irfft: n is at least 1, not 0"),
        (lambda: tg.fft.rfftn(np.ones((2, 2)), axes=(0, 0)), "ArgumentError", "each once"),
        (lambda: tg.fft.rfftn(np.ones((2, 2)), s=(2,), axes=(0, 1)), "ArgumentError", "1 lengths"),
        (lambda: tg.fft.fftfreq(4, 0.0), "ArgumentError", "is not 0"),
        (lambda: tg.fft.view_as_real(np.ones(2)), "DTypeError", "of complex numbers, not float64"),
    ],
)
def test_what_cannot_be_is_refused(call, error, text):
    with pytest.raises(getattr(tg.errors, error), match=text):
        call()


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "fft2", "irfftn", "hfft"])
def test_numpys_transforms_name_what_to_write(name):
    with pytest.raises(TypeError, match=rf"np\.fft\.{name} does not take tensors; write tg\.fft\."):
        getattr(np.fft, name)(tg.tensor(np.ones((4, 4))))

"""The functions of NumPy that HIPS autograd differentiates take tensors."""

import numpy as np
import pytest

import tensorgraph as tg
from docs.numpy_functions import answers
from tensorgraph.testing import gradcheck

autograd_numpy = pytest.importorskip("autograd.numpy")
from autograd.core import primitive_vjps  # noqa: E402

COMPLEX = {
    "np.linalg.eig",
    *(f"np.fft.{name}{axes}" for name in "fft ifft rfft irfft".split() for axes in ("", "2", "n")),
}
"""What takes or returns complex numbers, which no tensor holds: tg.fft has them in two parts."""


def asked_of_numpy():
    """Return NumPy's functions that autograd has a gradient for, by name."""
    for record in primitive_vjps:
        for module, shown in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
            function = getattr(module, record.__name__, None)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                yield f"{shown}.{record.__name__}"


def test_they_are_answered():
    answered = {name for name, answer in answers() if answer}
    asked = {*asked_of_numpy()}
    assert len(asked) > 120
    assert asked - answered == COMPLEX


X, Y = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]]), np.array([1.0, -2.0, 0.5])
CALLS = {
    "angle": lambda x: np.angle(x) * x,
    "append": lambda x: np.append(x, Y),
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0],
    "atleast_3d": np.atleast_3d,
    "atleast_1d of several": lambda x: np.atleast_1d(x[0, 0], x[1])[0],
    "block": lambda x: np.block([[x, x], [x * x, x]]),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, Y)[0],
    "choose": lambda x: np.choose(np.array([0, 1, 0]), [x[0], x[1]]),
    "compress": lambda x: np.compress([True, False, True], x, axis=1),
    "conj": np.conj,
    "delete": lambda x: np.delete(x, 1, axis=1),
    "dot": lambda x: np.dot(np.stack([x, x]), x.T),
    "dsplit": lambda x: np.dsplit(np.stack([x, x]), 3)[2],
    "dstack": lambda x: np.dstack([x, x]),
    "extract": lambda x: np.extract(X > 0, x),
    "fliplr": np.fliplr,
    "fmax": lambda x: np.fmax(x, np.array([1.0, np.nan, 0.0])),
    "fmin": lambda x: np.fmin(x, np.array([1.0, np.nan, 0.0])),
    "imag": lambda x: np.imag(x) + x,
    "insert": lambda x: np.insert(x, [0, 2], 5.0, axis=1),
    "linspace": lambda x: np.linspace(x, Y, 4),
    "linspace without its end": lambda x: np.linspace(x[0, 0], 3.0, num=3, endpoint=False),
    "logaddexp2": lambda x: np.logaddexp2(x, Y),
    "meshgrid": lambda x: np.meshgrid(x[0], x[1])[1],
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "pad": lambda x: np.pad(x, ((1, 2), (0, 3)), mode="symmetric"),
    "pad with two numbers": lambda x: np.pad(x, 1, mode="constant", constant_values=(1.0, 2.0)),
    "partition": lambda x: np.partition(x, 1)[:, 1],
    "piecewise": lambda x: np.piecewise(x, [X > 0], [lambda v: v * v, 1.0]),
    "ravel": np.ravel,
    "real": np.real,
    "repeat": lambda x: np.repeat(x, [2, 0, 1], axis=1),
    "resize": lambda x: np.resize(x, (3, 5)),
    "rollaxis": lambda x: np.rollaxis(np.stack([x, x]), 2),
    "rot90": lambda x: np.rot90(x, 3),
    "select": lambda x: np.select([X > 1, X > 0], [x * x, x], 0.5),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "take": lambda x: np.take(x, [4, -1], axis=1, mode="wrap"),
    "vander": lambda x: np.vander(x[0], N=4, increasing=True),
    "vsplit": lambda x: np.vsplit(x, 2)[1],
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_own_function_on_a_tensor(name):
    f = CALLS[name]
    found = f(tg.tensor(X, requires_grad=True))
    assert found.requires_grad
    np.testing.assert_allclose(found.data, f(X), rtol=1e-12)
    gradcheck(f, X, order=2)


def test_a_function_that_changes_its_operand_says_what_to_write():
    with pytest.raises(tg.errors.ImmutableError, match=r"write x = tg\.put_along_axis\("):
        np.put_along_axis(tg.zeros((2, 2)), np.array([[0], [1]]), 1.0, 1)

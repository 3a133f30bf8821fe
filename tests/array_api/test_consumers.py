"""Libraries that are written for any arrays of the standard: their results have gradients."""

import os
import subprocess
import sys

import array_api_compat
import array_api_extra
import einops
import einops.array_api
import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import array_api as xp
from tensorgraph.testing import gradcheck

X = np.linspace(-1.0, 2.0, 24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: einops.array_api.rearrange(x, "a b c -> c (b a)"),
        lambda x: einops.array_api.rearrange(x, "a b (c d) -> (a d) b c", d=2),
        lambda x: einops.array_api.reduce(x, "a b c -> b", "mean"),
        lambda x: einops.array_api.reduce(x, "a b (c d) -> a c", "max", d=2),
        lambda x: einops.array_api.repeat(x, "a b c -> a (b r) c", r=2),
        lambda x: einops.array_api.pack([x, x], "a * c")[0],
    ],
)
def test_einops(f):
    found = f(tg.tensor(X, requires_grad=True))
    assert found.requires_grad
    np.testing.assert_allclose(found.data, f(X))
    gradcheck(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: array_api_extra.cov(x[0]),
        lambda x: array_api_extra.kron(x[0], x[1]),
        lambda x: array_api_extra.create_diagonal(x[0, 0]),
        lambda x: array_api_extra.sinc(x),
        lambda x: array_api_extra.pad(x, 2),
    ],
)
def test_array_api_extra(f):
    try:
        found = f(tg.tensor(X, requires_grad=True))
    except tg.errors.ImmutableError:  # it writes into what it made
        return
    assert found.requires_grad
    np.testing.assert_allclose(found.data, f(X), rtol=1e-12)
    gradcheck(f, X)


def test_array_api_compat_knows_the_namespace():
    x = tg.ones(2)
    assert array_api_compat.is_array_api_obj(x)
    assert array_api_compat.array_namespace(x) is xp
    assert array_api_compat.device(x) == "cpu"
    assert array_api_compat.size(x) == 2


SCIPY = """
import warnings
import numpy as np, scipy.special as special, scipy.stats as stats
import tensorgraph as tg
from tensorgraph.errors import LostGradientWarning
x = tg.tensor([0.3, 0.6, 0.8], dtype="float64", requires_grad=True)
for name in "expit erf gammaln logit ndtr softmax logsumexp xlogy zscore gmean skew".split():
    f = getattr(special, name, None) or getattr(stats, name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            y = f(x, x) if name == "xlogy" else f(x)
        except (tg.errors.ImmutableError, TypeError, AttributeError):
            continue
    told = any(issubclass(w.category, LostGradientWarning) for w in caught)
    assert told or y.requires_grad, name
"""


@pytest.mark.parametrize("mode", ["0", "1"])
def test_scipy_loses_no_gradient_without_a_word(mode):
    """SciPy reads its switch when it is imported."""
    environment = os.environ | {"SCIPY_ARRAY_API": mode}
    done = subprocess.run(
        [sys.executable, "-c", SCIPY], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

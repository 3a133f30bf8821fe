# %% [markdown]
# # Property tests in continuous integration
#
# A gradient that is right on one example may be wrong on the next. A *property test* says what
# holds of all inputs, and [Hypothesis](https://hypothesis.readthedocs.io) searches for one where it
# does not. Put such functions into `tests/test_gradients.py`; `pytest` runs them.

# %%
import numpy as np
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import gradcheck
from tensorgraph.testing.strategies import arrays, inputs

settings.register_profile("ci", max_examples=10, deadline=None, derandomize=True)
settings.load_profile("ci")

# %% [markdown]
# ## Of a function
#
# `arrays` draws numbers from a domain: `tg.Real(low, high, avoid=…)` stays away from kinks and
# poles.


# %%
@given(arrays(tg.Real(-3, 3), (4, 3)), arrays(tg.Real(0.1, 2.0), (3,)))
def test_weighted_softplus(x, w):
    gradcheck(lambda x, w: (tg.softplus(x) * w).sum(axis=1), x, w)


test_weighted_softplus()

# %% [markdown]
# ## Of an operation
#
# Its record knows where it is defined.

# %%
cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: 3 * g * x * x})


@given(inputs(cube))
def test_cube(drawn):
    gradcheck(cube, *drawn, order=2)


test_cube()

# %% [markdown]
# ## Of a model
#
# Here over its shape, too: what depends on the width breaks at width 1. In float64, where a numeric
# derivative is exact enough to be compared with.


# %%
@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_model(batch, width, seed):
    tg.random.seed(seed)
    model = nn.Sequential(
        nn.Linear(2, width, dtype="float64"), nn.Tanh(), nn.Linear(width, 1, dtype="float64")
    )
    x = np.random.default_rng(seed).normal(size=(batch, 2))
    gradcheck(model, x)


test_model()

# %% [markdown]
# ## What else holds of all inputs
#
# Laws that need no numeric derivative are cheap, and catch what derivatives do not.


# %%
@given(arrays(tg.Real(-50, 50), (5, 4)), arrays(tg.Real(-100, 100), ()))
def test_softmax_does_not_see_a_shift(x, c):
    assert np.allclose(tg.softmax(x), tg.softmax(x + c), atol=1e-12)
    assert np.allclose(tg.grad(lambda x: tg.softmax(x)[:, 0].sum())(x).sum(axis=1), 0, atol=1e-12)


test_softmax_does_not_see_a_shift()
print("all hold")

# %% [markdown]
# A workflow that runs them:
#
# ```yaml
# steps:
#   - uses: actions/checkout@v4
#   - uses: actions/setup-python@v5
#   - run: pip install "tensorgraph-engine[test]" && pytest tests/
# ```

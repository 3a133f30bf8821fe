# %% [markdown]
# # Property tests in continuous integration
#
# A gradient that is right on one example may be wrong on the next. A *property test* says what
# holds of all inputs, and [Hypothesis](https://hypothesis.readthedocs.io) searches for one where it
# does not. Put such functions into `tests/test_gradients.py`; `pytest` runs them.

# %%
import numpy as np
from hypothesis import given, settings

import tensorgraph as tg
from tensorgraph.testing import gradcheck
from tensorgraph.testing.strategies import (
    arrays,
    axis,
    datasets,
    graphs,
    inputs,
    losses,
    modules,
    optimizers,
)

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
# ## Of a program
#
# `graphs` draws whole programs of operations, with fan-out, broadcasting and views. A failing one
# is made small, and printed as the lines to paste into a test.


# %%
@given(graphs(["add", "multiply", "matmul", cube, tg.tanh], max_steps=5))
def test_program(graph):
    gradcheck(graph, *graph.leaves)


test_program()

# %% [markdown]
# ## Of a model
#
# `modules` draws networks of layers that fit together, with inputs that fit them. What depends on
# the width breaks at width 1, say. In float64, where a numeric derivative is exact enough to be
# compared with.


# %%
@given(modules(["rows", "sequences"], ["Linear", "Tanh", "LayerNorm", "GRU"], max_layers=3))
def test_model(network):
    model, inputs = network
    gradcheck(model, *inputs)


test_model()

# %% [markdown]
# ## Of losses, optimizers and data
#
# Each loss comes with a prediction and a target that fit, labels missing now and then; an
# optimizer is made of parameters.


# %%
@given(losses(reductions=["mean"]), optimizers())
def test_training(call, make):
    loss, prediction, target = call
    z = tg.tensor(prediction, requires_grad=True)
    optimizer = make([z])
    loss(z * 1.0, target).backward()
    optimizer.step()
    assert np.isfinite(z.numpy()).all()


@given(datasets("classes", missing=True), axis(2, several=False))
def test_data(data, axis):
    features, labels = data
    assert len(labels) == len(features)
    assert np.allclose(tg.mean(features, axis=axis), features.mean(axis=axis))


test_training()
test_data()

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


# %% [markdown]
# By annotation tensors, layers, networks and optimizers are drawn, too.


# %%
@given(...)
def test_reversing_twice(x: tg.Tensor):
    assert (tg.flip(tg.flip(x)) == x).all()


test_reversing_twice()
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

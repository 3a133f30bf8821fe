# %% [markdown]
# # Coming from NumPy
#
# A program in NumPy becomes one with gradients by giving it tensors. NumPy's functions record, and
# so do SciPy's elementwise ones; names, axes and dtypes are NumPy's.

# %%
import numpy as np
import scipy.optimize
import scipy.special

import tensorgraph as tg

rng = np.random.default_rng(0)

# %% [markdown]
# ## The same program, with a gradient
#
# `np.…` of a tensor is a tensor. `tg.grad` takes arrays and gives arrays.


# %%
def energy(x):
    """Return Rosenbrock's valley, written for NumPy."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


x0 = np.array([-1.2, 1.0, 0.5])
print(tg.grad(energy)(x0))
assert np.allclose(tg.grad(energy)(x0), scipy.optimize.approx_fprime(x0, energy), rtol=1e-4)

# %% [markdown]
# ## With SciPy's minimisers
#
# They take these functions as they are.

# %%
f, hess = tg.value_and_grad(energy), tg.hessian(energy)
found = scipy.optimize.minimize(f, x0, jac=True, hess=hess, method="Newton-CG")
assert np.allclose(found.x, 1, atol=1e-3)

# %% [markdown]
# ## Linear algebra, special functions, statistics

# %%
A = tg.tensor(rng.normal(size=(4, 4)) + 4 * np.eye(4), requires_grad=True)
log_det = np.linalg.slogdet(A)[1]
log_det.backward()
assert np.allclose(A.grad, np.linalg.inv(A.numpy()).T)

x = tg.tensor([0.5, 1.5, 3.0], dtype="float64", requires_grad=True)
tg.backward(scipy.special.gammaln(x).sum() + np.median(x))
print(x.grad)

# %% [markdown]
# ## What differs
#
# - `x[i] = v` raises and prints the line to write: `tg.set_at(x, i, v)` returns the changed array.
# - Python's floats and `tg.tensor([0.5])` are float32; an array of NumPy's keeps its dtype.
# - `np.asarray(x)` and `float(x)` leave the graph; where that loses a gradient, a warning says so.
# - Complex numbers are refused. Fourier transforms come as pairs of real and imaginary parts.

# %%
y = tg.set_at(x, 0, 10.0)
assert y.numpy()[0] == 10 and x.numpy()[0] == 0.5
spectrum = tg.fft.rfft(tg.tensor(np.sin(np.arange(8.0))))
print(spectrum.shape)

# %% [markdown]
# ## Programs for any array
#
# Code that is written for the Array API standard takes tensors too, with gradients.


# %%
def standardized(x):
    """Return x with mean 0 and deviation 1, by whatever library x is of."""
    xp = x.__array_namespace__()
    return (x - xp.mean(x)) / xp.std(x)


print(tg.grad(lambda x: standardized(x)[0])(tg.tensor([1.0, 2.0, 4.0])).round(3))

# %% [markdown]
# # A Gaussian process by Cholesky
#
# Regression with error bars: the covariance of any two function values is a kernel of their places,
# and the kernel's three numbers are those under which the data are most likely. The likelihood is
# computed as textbooks say, by a Cholesky factor (Rasmussen and Williams, "Gaussian Processes for
# Machine Learning", 2006, algorithm 2.1), and the engine differentiates through it.

# %%
import numpy as np
from scipy.optimize import minimize

import tensorgraph as tg
from tensorgraph.testing import gradcheck

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(0, 6, 25))
y = np.sin(x) + 0.1 * rng.normal(size=25)


def distances(a, b):
    """Squared distances of all pairs."""
    return (a[:, None] - b[None, :]) ** 2


# %% [markdown]
# ## The negative log marginal likelihood
#
# The numbers are positive, so their logarithms are fitted.

# %%
D, I = distances(x, x), np.eye(len(x))


def covariance(log_ell, log_scale, D):
    return tg.exp(2 * log_scale - D / (2 * tg.exp(2 * log_ell)))


def negative_log_likelihood(p):
    K = covariance(p[0], p[1], D) + tg.exp(2 * p[2]) * I
    L = tg.linalg.cholesky(K)
    alpha = tg.linalg.solve_triangular(L, tg.linalg.solve_triangular(L, y), transpose=True)
    return y @ alpha / 2 + tg.log(tg.linalg.diagonal(L)).sum() + len(y) / 2 * np.log(2 * np.pi)


start = np.array([0.5, 0.5, -0.5])
print(gradcheck(negative_log_likelihood, start, order=2))

# %% [markdown]
# ## Its gradient, as a formula
#
# By the covariance it is ½ (K⁻¹ − α αᵀ), whoever computed it by a Cholesky factor, and by the
# length the sum of that times ∂K/∂ℓ: half the trace of (K⁻¹ − α αᵀ) ∂K/∂ℓ.

# %%
ell = tg.tensor(1.5, requires_grad=True, dtype="float64")
K = tg.exp(-D / (2 * ell**2)) + 0.04 * I
L = tg.linalg.cholesky(K)
alpha = tg.linalg.solve_triangular(L, tg.linalg.solve_triangular(L, y), transpose=True)
cost = y @ alpha / 2 + tg.log(tg.linalg.diagonal(L)).sum()
formulas = tg.derive(cost, wrt=[K, ell])
print(formulas)
assert "dK = (K⁻¹ − α αᵀ) / 2" in str(formulas)

# %% [markdown]
# ## Fit it
#
# L-BFGS asks for value and gradient at once.

# %%
both = tg.value_and_grad(negative_log_likelihood)


def for_scipy(p):
    value, gradient = both(tg.tensor(p))
    return float(value), gradient.numpy()


fit = minimize(for_scipy, start, jac=True, method="L-BFGS-B")
length, scale, noise = np.exp(fit.x)
print(f"length {length:.2f}, scale {scale:.2f}, noise {noise:.2f} after {fit.nit} steps")
assert fit.success and 0.05 < noise < 0.2

# %% [markdown]
# ## Predict, with error bars

# %%
K = covariance(*fit.x[:2], D) + noise**2 * I
between = np.asarray(covariance(*fit.x[:2], distances(np.linspace(0, 6, 7), x)))
mean = between @ np.linalg.solve(K, y)
half = np.linalg.solve(np.linalg.cholesky(K), between.T)
deviation = np.sqrt(scale**2 - (half**2).sum(axis=0))
for place, m, s in zip(np.linspace(0, 6, 7), mean, deviation, strict=True):
    print(f"f({place:.0f}) = {m:5.2f} ± {2 * s:.2f}, and sin is {np.sin(place):5.2f}")
assert (np.abs(mean - np.sin(np.linspace(0, 6, 7))) < 4 * deviation + 0.1).all()

# %% [markdown]
# # How sure is the fit? Gauss–Newton and Laplace, with `tg.tree.ravel`
#
# A fit is a point; how well the data determine it, its neighbourhood tells. Laplace's
# approximation takes the posterior for a normal distribution around the most probable parameters,
# with the inverse of the cost's Hessian for its covariance (MacKay, 1992). All of this is linear
# algebra of *vectors*, and parameters come in containers: `tg.tree.ravel` goes between the two.

# %%
from dataclasses import dataclass

import numpy as np

import tensorgraph as tg

rng = np.random.default_rng(0)
x = np.linspace(0, 4, 40)
noise = 0.05
y = 1.5 * np.exp(-0.8 * x) + 0.3 + noise * rng.normal(size=x.size)


@dataclass(frozen=True)
class Decay:
    """A model is a container: its tensors are leaves, its name stays as it is."""

    amplitude: tg.Tensor
    rate: tg.Tensor
    offset: tg.Tensor
    name: str = "decay"

    def __call__(self, x):
        """Return what is expected at x."""
        return self.amplitude * tg.exp(-self.rate * x) + self.offset


one = tg.ones((), dtype="float64")
vector, unravel = tg.tree.ravel(Decay(one, one, 0 * one))

# %% [markdown]
# ## Gauss–Newton
#
# Of residuals $r(\theta)$ with Jacobian $J$, each step solves $J^T J\,\delta = -J^T r$.


# %%
def residuals(v):
    """Differences in parts of the noise."""
    return (unravel(v)(x) - y) / noise


v = vector.numpy()
for _ in range(8):
    J, r = tg.jacobian(residuals)(v), residuals(tg.tensor(v)).numpy()
    v = v - np.linalg.solve(J.T @ J, J.T @ r)
fit = unravel(v)
print(f"amplitude {fit.amplitude:.2f}, rate {fit.rate:.2f}, offset {fit.offset:.2f}")


# %% [markdown]
# ## The covariance
#
# The cost is the negative logarithm of the posterior, with a broad prior.


# %%
def cost(v):
    """Half the sum of squares, and a prior of standard deviation 10."""
    return 0.5 * (residuals(v) ** 2).sum() + 0.5 * (v**2).sum() / 100


covariance = np.linalg.inv(tg.hessian(cost)(v))
deviations = unravel(np.sqrt(np.diag(covariance)))
print(f"rate {fit.rate:.2f} ± {deviations.rate:.2f}")
assert abs(fit.rate - 0.8) < 3 * deviations.rate
assert deviations.name == "decay"

# %% [markdown]
# Of parameters that the noise lets vary, predictions vary too: by the gradient of the prediction
# along the covariance. Fits of data drawn anew scatter as much.


# %%
def prediction(v):
    """What is expected far outside of the data."""
    return unravel(v)(6.0)


g = tg.grad(prediction)(v)
predicted = np.sqrt(g @ covariance @ g)

found = []
for _ in range(60):
    y = fit(x) + noise * rng.normal(size=x.size)
    w = v
    for _ in range(4):
        J, r = tg.jacobian(residuals)(w), residuals(tg.tensor(w)).numpy()
        w = w - np.linalg.solve(J.T @ J, J.T @ r)
    found.append(prediction(w))
print(f"predicted ± {predicted:.3f}, scattered ± {np.std(found):.3f}")
assert abs(np.std(found) / predicted - 1) < 0.4

# %% [markdown]
# # Gradient checking
#
# *Deep Learning Specialization, course 2, week 1.*
#
# A backward pass with a mistake may train all the same, only worse, so that nobody notices.
# **Gradient checking** asks the values alone: move a parameter a little to either side, and see how
# the cost answers.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import gradcheck

# %% [markdown]
# ## The two-sided difference
#
# $$\frac{dJ}{d\theta} \approx
# \frac{J(\theta + \varepsilon) - J(\theta - \varepsilon)}{2\,\varepsilon}$$
#
# Its error is of the order of $\varepsilon^2$, that of the one-sided difference of the order of
# $\varepsilon$. In the course's one-dimensional example, $J = \theta^3$:

# %%
theta, epsilon = 1.0, 0.01
two_sided = ((theta + epsilon) ** 3 - (theta - epsilon) ** 3) / (2 * epsilon)
one_sided = ((theta + epsilon) ** 3 - theta**3) / epsilon
derivative = tg.grad(lambda theta: theta**3)(theta)
print(f"{derivative:g}: two-sided {two_sided:.4f}, one-sided {one_sided:.4f}")
assert abs(two_sided - 3) < 2e-4 < 0.03 < abs(one_sided - 3)

# %% [markdown]
# ## A network, by hand
#
# linear → ReLU → linear → ReLU → linear → sigmoid. Gradient checking needs float64: the difference
# of two nearly equal numbers loses most of their digits.

# %%
rng = np.random.default_rng(1)
m = 5
X, Y = rng.normal(size=(4, m)), np.array([[1, 1, 0, 0, 1]])
shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}


def forward_propagation(X, Y, W1, b1, W2, b2, W3, b3):
    A1 = tg.relu(W1 @ X + b1)
    A2 = tg.relu(W2 @ A1 + b2)
    Z3 = W3 @ A2 + b3
    return tg.sigmoid_cross_entropy(Z3, Y).mean(), (A1, A2, tg.sigmoid(Z3))


def backward_propagation(X, Y, W1, b1, W2, b2, W3, b3):
    """Return the gradients; as in the course's exercise, two of them are wrong."""
    _, (A1, A2, A3) = forward_propagation(X, Y, W1, b1, W2, b2, W3, b3)
    dZ3 = A3 - Y
    dW3 = dZ3 @ A2.T / m
    db3 = np.sum(dZ3, axis=1, keepdims=True) / m
    dZ2 = W3.T @ dZ3 * (A2 > 0)
    dW2 = dZ2 @ A1.T / m * 2  # wrong
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (A1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = 4 * np.sum(dZ1, axis=1, keepdims=True) / m  # wrong
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


# %% [markdown]
# All parameters become one long vector $\theta$, and each element is moved once. The two gradients
# are compared by the **relative difference**
#
# $$\frac{\|d\theta_{approx} - d\theta\|_2}{\|d\theta_{approx}\|_2 + \|d\theta\|_2}$$
#
# With $\varepsilon = 10^{-7}$: below $10^{-7}$ is great, $10^{-5}$ deserves a look, above $10^{-3}$
# there is a mistake.


# %%
def gradient_check(J, theta, dtheta, epsilon=1e-7):
    """Return the relative difference, and the numeric gradient."""
    approx = np.zeros_like(theta)
    for i in range(theta.size):
        step = np.zeros_like(theta)
        step[i] = epsilon
        approx[i] = (J(theta + step) - J(theta - step)) / (2 * epsilon)
    norm = np.linalg.norm
    return norm(approx - dtheta) / (norm(approx) + norm(dtheta)), approx


def to_vector(parameters):
    return np.concatenate([np.ravel(value) for value in parameters.values()])


def to_parameters(theta):
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
    parts = np.split(theta, ends[:-1])
    return {n: p.reshape(s) for (n, s), p in zip(shapes.items(), parts, strict=True)}


def J(theta):
    cost, _ = forward_propagation(X, Y, **to_parameters(theta))
    return cost.item()


theta = to_vector(parameters)
by_hand = backward_propagation(X, Y, **parameters)
difference, approx = gradient_check(J, theta, to_vector(by_hand))
print(f"by hand: {'a mistake' if difference > 1e-3 else 'fine'}")
assert difference > 1e-3

# %% [markdown]
# Which ones? Compare name by name, by size and by direction:

# %%
for name, numeric in to_parameters(approx).items():
    right = np.allclose(by_hand[name], numeric, atol=1e-6)
    ratio = np.sum(by_hand[name] * numeric) / np.sum(numeric**2)
    print(f"d{name}: {'right' if right else f'{ratio:.1f} times too large'}")
    assert right == (name not in ("W2", "b1"))

# %% [markdown]
# ## The engine's gradient
#
# It passes the same check:

# %%
_, engine = tg.value_and_grad(lambda p: forward_propagation(X, Y, **p)[0])(parameters)
difference, _ = gradient_check(J, theta, to_vector({n: engine[n] for n in shapes}))
print("by the engine:", "great" if difference < 1e-7 else "not great")
assert difference < 1e-6

# %% [markdown]
# ## `gradcheck`
#
# The library's own check goes further. Where the function is analytic it moves parameters by an
# *imaginary* number, $\frac{dJ}{d\theta} = \mathrm{Im}\,J(\theta + i h) / h$, where no difference
# of two numbers loses digits; at kinks, such as that of ReLU, it asks from either side. It checks
# second derivatives, too.


# %%
def cost(W1, b1, W2, b2, W3, b3):
    return forward_propagation(X, Y, W1, b1, W2, b2, W3, b3)[0]


result = gradcheck(cost, *parameters.values(), order=2)
print(result.elements, "derivatives compared")
assert result.relative_difference < 1e-7

# %% [markdown]
# What a wrong rule gets to hear, with the place, the factor and the course's own verdict:

# %%
halved = tg.op("halved_square", lambda x: x * x, {"x": lambda g, x: g * x})
try:
    gradcheck(halved, np.array([1.0, 3.0]))
except tg.errors.GradcheckError as error:
    message = str(error)
print(message)
assert "all by the factor 0.5" in message

# %% [markdown]
# ## A model of your own
#
# Gradient checking is slow: not for training, but for a test. It does not work with dropout, says
# the course, as the cost is another one in each pass; here the random draws inside are repeated, so
# it does.

# %%
tg.random.seed(0)
net = nn.Sequential(
    nn.Linear(4, 6, dtype="float64"), nn.Tanh(), nn.Dropout(keep_prob=0.8),
    nn.Linear(6, 1, dtype="float64"),
)  # fmt: skip
x, y = X.T, Y.T


def cost_of_net(state):
    z = nn.functional_call(net, state, x)
    return nn.losses.binary_cross_entropy_with_logits(z, y)


result = gradcheck(lambda w: cost_of_net({"layers.0.weight": w}), net.layers[0].weight)
print("right, by the", result.method)
assert result.relative_difference < 1e-7

# %% [markdown]
# **Next:** how to get downhill faster: [optimisation algorithms](2_2_optimizers.py).

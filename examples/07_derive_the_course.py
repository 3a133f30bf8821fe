"""The course's chapters on backward propagation, derived by the engine from the forward pass alone.

Each formula is found from the recorded graph, and compared with the engine's own gradient before
it is printed. (Deep Learning Specialization, course 1, weeks 3 and 4; course 2, weeks 1 to 3.)

The course leaves the 1/m of the cost out of its dZ, and puts it in dW and db: its dZ is m ∂J/∂Z.
Where the gradients by the parameters are asked for, formulas are written so, and say it.
"""

import numpy as np

import tensorgraph as tg

rng = np.random.default_rng(0)
m = 8
X = rng.normal(size=(4, m))
labels = rng.integers(0, 3, m)


def leaf(*shape):
    return tg.tensor(0.5 * rng.normal(size=shape), requires_grad=True)


def show(title, derivation, output, wrt, start=None):
    """Print formulas, with the largest difference between their values and the gradients."""
    found = derivation.evaluate()
    found = list(found.values()) if isinstance(found, dict) else [found]
    expected = tg.gradients(output, wrt, start, retain_graph=True)
    error = max(abs(f - e.numpy()).max() for f, e in zip(found, expected, strict=True))
    print(f"{title}\n\n{derivation}\n\n    largest difference from backward: {error:.0e}\n")


# ------------------------------------------------------------------------ Backward Propagation
W1, b1, W2, b2 = leaf(5, 4), leaf(5, 1), leaf(1, 5), leaf(1, 1)
Y = (labels > 0).astype(float).reshape(1, m)
Z1 = W1 @ X + b1
A1 = tg.tanh(Z1)
Z2 = W2 @ A1 + b2
A2 = tg.sigmoid(Z2)
J = -(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)).sum() / m
wrt = [W2, b2, W1, b1]
show("Backward Propagation: two layers", tg.derive(J, wrt=wrt), J, wrt)

# -------------------------------------------------------------------- Multi-class Classification
W, b = leaf(3, 4), leaf(3, 1)
Y = tg.assume(np.eye(3)[labels].T, one_hot=0)
Z = W @ X + b
T = tg.exp(Z)
A = T / T.sum(axis=0, keepdims=True)
J = -(Y * tg.log(A)).sum() / m
softmax = tg.derive(J, wrt=Z)
show("Softmax (the notes: “will update once I have more info”)", softmax, J, [Z])
print("    How it comes about:", *softmax.steps(), sep="\n    ")
print("\n    A backward pass must keep", " and ".join(softmax.saved), end=".\n\n")
show("The layer before it", tg.derive(J, wrt=[W, b]), J, [W, b])

# --------------------------------------------------------------------------------------- Dropout
keep_prob, A, dA_out = 0.8, leaf(5, m), rng.normal(size=(5, m))
D = (rng.random((5, m)) < keep_prob).astype(float)
A_out = A * D / keep_prob
dropout = tg.derive(A_out, wrt=A, gradient=dA_out)
show("Dropout (the notes: “TBD”)", dropout, A_out, [A], dA_out)

# ------------------------------------------------------------------------------------ Batch norm
layer, dY = tg.nn.BatchNorm(4, axis=0, dtype="float64"), rng.normal(size=(4, m))
X = tg.tensor(X, requires_grad=True)
wrt = {"X": X, "gamma": layer.weight, "beta": layer.bias}
output = layer(X)
norm = tg.derive(output, wrt=wrt, gradient=dY)
show("Batch norm", norm, output, list(wrt.values()), dY)

# -------------------------------------------------------------------- L2 penalty, and optimizers
lambd = 0.7
J = tg.softmax_cross_entropy(W @ X + b, Y, axis=0).mean() + lambd / (2 * m) * (W * W).sum()
show("L2 regularisation", tg.derive(J, wrt=W), J, [W])
for optimizer in (tg.optim.SGD([W], 0.1), tg.optim.EWMAMomentum([W], 0.1), tg.optim.Adam([W])):
    print(f"{type(optimizer).__name__}\n\n{tg.update_rule(optimizer)}\n")

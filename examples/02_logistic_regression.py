"""Logistic regression in the notation of the course: samples in columns, and dZ = A − Y.

    Z = w X + b      A = σ(Z)      J = −1/m Σ (Y log A + (1 − Y) log(1 − A))

X has shape (n, m): n features, m samples. (Deep Learning Specialization, course 1, week 2.)
"""

import numpy as np

import tensorgraph as tg

# Two clouds of points in the plane, 200 samples in all.
m = 200
rng = np.random.default_rng(0)
Y = (np.arange(m) % 2).reshape(1, m).astype(np.float32)
X = rng.standard_normal((2, m), dtype=np.float32) + 1.5 * Y * np.float32([[1], [-1]])

w = tg.tensor(np.zeros((1, 2), np.float32), requires_grad=True, name="w")
b = tg.tensor(np.zeros((1, 1), np.float32), requires_grad=True, name="b")
optimizer = tg.optim.SGD([("w", w), ("b", b)], lr=0.5)


def forward():
    """Return Z, A and the cost J."""
    Z = w @ X + b
    A = tg.sigmoid(Z)
    J = tg.sigmoid_cross_entropy(Z, Y).mean()  # from Z, not A: log(1 − A) of A = 1 is −∞
    return Z, A, J


# The backward pass that the course derives by hand, against the engine's.
w.assign([[0.3, -0.2]])
Z, A, J = forward()
dZ, dw, db = tg.gradients(J, [Z, w, b])
by_hand = (A - Y).data
print("dZ = A − Y:          largest difference", f"{abs(m * dZ.data - by_hand).max():.1e}")
print("dw = 1/m dZ Xᵀ:      largest difference", f"{abs(dw.data - by_hand @ X.T / m).max():.1e}")
print("db = 1/m Σ dZ:       largest difference", f"{abs(db.data - by_hand.mean()).max():.1e}")
assert np.allclose(m * dZ.data, by_hand, atol=1e-5)

print("\nstep     cost J   training accuracy")
for step in range(101):
    Z, A, J = forward()
    if step % 20 == 0:
        accuracy = ((A.data > 0.5) == Y).mean()
        print(f"{step:4d}   {J:8.4f}   {accuracy:8.1%}")
    optimizer.zero_grad()
    J.backward()
    optimizer.step()

(w1, w2), offset = w.data[0], b.item()
print(f"\nThe border is the line {w1:.2f} x₁ {w2:+.2f} x₂ {offset:+.2f} = 0.")

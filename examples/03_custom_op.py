"""An operation of your own: its computation, its gradient rule, and the proof that they agree.

Softsign, x / (1 + |x|), squeezes the line into (−1, 1) more gently than tanh. With y = softsign(x)
its derivative is 1 / (1 + |x|)² = (1 − |y|)², so the rule asks for the result only, and that is all
that the graph keeps.
"""

import numpy as np

import tensorgraph as tg

softsign = tg.op(
    "softsign",
    lambda x: x / (1 + np.abs(x)),
    {"x": lambda g, out: g * (1 - tg.abs(out)) ** 2},
    doc="Return x / (1 + |x|).",
)

x = tg.tensor([-3.0, 0.0, 1.0], requires_grad=True)
y = softsign(x)
y.sum().backward()
print("x    ", x)
print("y    ", y)
print("dy/dx", x.grad)

# The rule is code over operations, so it has a gradient itself. Both are checked numerically.
inputs = np.random.default_rng(0).uniform(0.1, 3.0, size=(2, 3)) * [-1, 1, -1]
print("first order: ", tg.testing.gradcheck(softsign, inputs))
print("second order:", tg.testing.gradcheck(softsign, inputs, order=2))

# A rule with a mistake does not pass: here the square was forgotten.
wrong = tg.op(
    "wrong_softsign",
    lambda x: x / (1 + np.abs(x)),
    {"x": lambda g, out: g * (1 - tg.abs(out))},
)
try:
    tg.testing.gradcheck(wrong, inputs)
except tg.errors.GradcheckError as error:
    print("\nWithout the square:", error)

# It works wherever an operation works: as a layer, for instance.
net = tg.nn.Sequential(tg.nn.Linear(4, 8), softsign, tg.nn.Linear(8, 1))
print("\nnet(ones) has shape", net(tg.ones((5, 4))).shape)

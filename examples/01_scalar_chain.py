"""The chain rule on three numbers: J = 3 (a + b c), the graph that explains backpropagation.

A forward pass computes from left to right what each step gives; a backward pass computes from right
to left how J answers to each step. (Deep Learning Specialization, course 1, week 2.)
"""

import tensorgraph as tg

a = tg.tensor(5.0, requires_grad=True, name="a")
b = tg.tensor(3.0, requires_grad=True, name="b")
c = tg.tensor(2.0, requires_grad=True, name="c")

# Forward: every operation records where its operands came from.
u = b * c
v = a + u
J = 3 * v
print(f"u = bc = {u:g}   v = a + u = {v:g}   J = 3v = {J:g}")

# Backward, by hand: the derivative of J by each step is that of the next step times a local one.
dv = 3.0  # J = 3v
du = dv * 1.0  # v = a + u
da = dv * 1.0
db = du * c.item()  # u = bc
dc = du * b.item()

# Backward, by the engine.
J.backward()
for name, by_hand, tensor in [("a", da, a), ("b", db, b), ("c", dc, c)]:
    print(f"dJ/d{name} = {by_hand:g} by hand, {tensor.grad:g} by the graph")
    assert tensor.grad.item() == by_hand

# Intermediate results have derivatives too.
u = b * c
v = a + u
J = 3 * v
du, dv = tg.gradients(J, [u, v])
print(f"dJ/du = {du:g}   dJ/dv = {dv:g}")

# And a derivative is a function, so it has derivatives: d²J/db dc = 3.
d2 = tg.grad(tg.grad(lambda b, c: 3 * (a + b * c), argnums=0), argnums=1)(b, c)
print(f"d²J/db dc = {d2:g}")

"""What happened long ago: four networks learn the adding problem.

    python examples/05_sequence.py [--quick]

A sequence of T random numbers, two of which are marked, one in each half; what is asked for is the
sum of these two (Hochreiter & Schmidhuber 1997, "Long short-term memory", section 5.4). A simple
recurrent network forgets the first while it reads on; gates keep it, and attention looks it up.
"""

import argparse
import time

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

HIDDEN, BATCH = 32, 64


def examples(rng, m, T):
    """Return m sequences of (number, mark), and the sums of the marked numbers."""
    x = np.zeros((m, T, 2), np.float32)
    x[..., 0] = rng.random((m, T))
    for low, high in [(0, T // 2), (T // 2, T)]:
        x[np.arange(m), rng.integers(low, high, m), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)


class Recurrent(nn.Module):
    """Reads the sequence step by step; the last state tells the answer."""

    def __init__(self, kind):
        self.memory = kind(2, HIDDEN)
        self.answer = nn.Linear(HIDDEN, 1)

    def forward(self, x):
        outputs, _ = self.memory(x)
        return self.answer(outputs[:, -1])[:, 0]


class Attentive(nn.Module):
    """Looks at all steps at once, with a single question that is learned too."""

    def __init__(self):
        self.read = nn.Linear(2, HIDDEN)
        self.question = tg.zeros((1, 1, HIDDEN), requires_grad=True)
        self.attention = nn.MultiHeadAttention(HIDDEN, heads=4)
        self.answer = nn.Linear(HIDDEN, 1)

    def forward(self, x):
        question = tg.broadcast_to(self.question, (len(x), 1, HIDDEN))
        return self.answer(self.attention(question, self.read(x))[:, 0])[:, 0]


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help="shorter sequences, fewer steps")
T, steps = (10, 400) if parser.parse_args().quick else (30, 800)

test_x, test_y = examples(np.random.default_rng(1), 1000, T)
print(f"the sum of 2 of {T} numbers, {steps} steps with {BATCH} sequences each")
print(f"always to say 1 has the mean squared error {((test_y - 1) ** 2).mean():.4f}\n")
print("network     parameters   mean squared error   right within 0.1     time")
for name, kind in {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM, "attention": None}.items():
    tg.random.seed(0)
    rng, start = np.random.default_rng(0), time.perf_counter()
    model = Recurrent(kind) if kind else Attentive()
    optimizer = optim.Adam(model.named_parameters(), lr=0.01)
    for _ in range(steps):
        x, y = examples(rng, BATCH, T)
        cost = nn.losses.mse(model(x), y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    with tg.no_grad():
        error = abs(model(test_x).data - test_y)
    count, seconds = sum(p.size for p in model.parameters()), time.perf_counter() - start
    shown = f"{count:10,}   {(error**2).mean():18.4f}   {(error < 0.1).mean():16.1%}"
    print(f"{name:9}   {shown}   {seconds:4.0f} s")

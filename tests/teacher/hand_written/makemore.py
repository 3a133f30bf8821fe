"""Every step of the backward pass by hand, through cross-entropy, batch norm and an embedding."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together


def names(rng, n=10, block=2, vocab=6, d=3, hidden=5):
    parameters = {
        "C": rng.normal(size=(vocab, d)),
        "W1": rng.normal(size=(block * d, hidden)),
        "b1": 0.1 * rng.normal(size=hidden),
        "W2": 0.7 * rng.normal(size=(hidden, vocab)),
        "b2": 0.1 * rng.normal(size=vocab),
        "bngain": 1 + 0.2 * rng.normal(size=(1, hidden)),
        "bnbias": 0.1 * rng.normal(size=(1, hidden)),
    }
    return {"Xb": rng.integers(0, vocab, (n, block)), "Yb": rng.integers(0, vocab, n)}, parameters


def forward(Xb, Yb, C, W1, b1, W2, b2, bngain, bnbias):
    n = len(Xb)
    emb = C[Xb]
    embcat = emb.reshape((n, -1))
    hprebn = embcat @ W1 + b1
    bnmeani = 1 / n * hprebn.sum(axis=0, keepdims=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = 1 / (n - 1) * bndiff2.sum(axis=0, keepdims=True)  # Bessel's correction
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = tg.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(axis=1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = tg.exp(norm_logits)
    counts_sum = counts.sum(axis=1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = tg.log(probs)
    loss = -logprobs[np.arange(n), Yb].mean()
    return locals()


def cross_entropy_by_hand(Yb, probs, logprobs, counts, counts_sum, counts_sum_inv, logits):
    n = len(Yb)
    dlogprobs = np.zeros_like(logprobs)
    dlogprobs[range(n), Yb] = -1.0 / n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv
    dcounts += np.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogits = dnorm_logits.copy()
    dlogit_maxes = (-dnorm_logits).sum(1, keepdims=True)
    dlogits += np.eye(6, dtype=logits.dtype)[logits.argmax(1)] * dlogit_maxes
    return {
        "dlogprobs": dlogprobs,
        "dprobs": dprobs,
        "dcounts_sum_inv": dcounts_sum_inv,
        "dcounts_sum": dcounts_sum,
        "dcounts": dcounts,
        "dnorm_logits": dnorm_logits,
        "dlogit_maxes": dlogit_maxes,
        "dlogits": dlogits,
    }


def layers_by_hand(
    Xb, Yb, dlogits, h, W2, bnraw, bngain, bnvar, bnvar_inv, bndiff, W1, embcat, emb, C
):
    n = len(Yb)
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    dbnraw = bngain * dhpreact
    dbnbias = dhpreact.sum(0, keepdims=True)
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdims=True)
    dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar
    dbndiff += (2 * bndiff) * dbndiff2
    dbnmeani = (-dbndiff).sum(0, keepdims=True)
    dhprebn = dbndiff.copy()
    dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani)
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = dembcat.reshape(emb.shape)
    dC = np.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            ix = Xb[k, j]
            dC[ix] += demb[k, j]
    return {
        "dh": dh,
        "dW2": dW2,
        "db2": db2,
        "dhpreact": dhpreact,
        "dbngain": dbngain,
        "dbnbias": dbnbias,
        "dbnraw": dbnraw,
        "dbnvar_inv": dbnvar_inv,
        "dbnvar": dbnvar,
        "dbndiff2": dbndiff2,
        "dbndiff": dbndiff,
        "dbnmeani": dbnmeani,
        "dhprebn": dhprebn,
        "dembcat": dembcat,
        "dW1": dW1,
        "db1": db1,
        "demb": demb,
        "dC": dC,
    }


def exercise(
    Xb, Yb, C, W1, W2, bngain, emb, embcat, bndiff, bnvar, bnvar_inv, bnraw, h,
    logits, counts, counts_sum, counts_sum_inv, probs, logprobs,
):  # fmt: skip
    top = cross_entropy_by_hand(Yb, probs, logprobs, counts, counts_sum, counts_sum_inv, logits)
    rest = layers_by_hand(
        Xb, Yb, top["dlogits"], h, W2, bnraw, bngain, bnvar, bnvar_inv, bndiff, W1, embcat, emb, C
    )
    return top | rest


makemore = Network(
    "makemore", names, forward, (cross_entropy_by_hand, layers_by_hand, exercise), "loss"
)

OTHER_USE = "    dcounts += np.ones_like(counts) * dcounts_sum\n"
BESSEL = "dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar"
NO_SUM = mistake(
    makemore, OTHER_USE, "", "dcounts", "missing path|overwritten|missing term", "counts_sum|+"
)
AT_PREACTIVATION = mistake(
    makemore,
    "(1.0 - h**2)",
    "(1.0 - (bngain * bnraw) ** 2)",
    "dhpreact",
    "wrong value|unexplainable",
)
ONE_USE = mistake(
    makemore,
    "    dbndiff += (2 * bndiff) * dbndiff2\n",
    "",
    "dbndiff",
    "missing path|overwritten|missing term",
    "bndiff2|var|+",
)
LAST_ROW = mistake(
    makemore,
    "dC[ix] += ",
    "dC[ix] = ",
    "dC",
    "overwritten",
    "+=|add.at|repeated|twice|index|indices",
)

MISTAKES = [
    NO_SUM,
    AT_PREACTIVATION,
    ONE_USE,
    LAST_ROW,
    mistake(makemore, "= -1.0 / n", "= -1.0", "dlogprobs", "factor|sum for mean", "n|10"),
    mistake(makemore, "= -1.0 / n", "= 1.0 / n", "dlogprobs", "sign|factor"),
    mistake(
        makemore,
        "dlogprobs[range(n), Yb] = -1.0 / n",
        "dlogprobs[:] = -1.0 / n",
        "dlogprobs",
        "entries|unexplainable|missing mask",
    ),
    mistake(
        makemore,
        "dprobs = (1.0 / probs) * dlogprobs",
        "dprobs = probs * dlogprobs",
        "dprobs",
        "wrong derivative|wrong value|unexplainable",
        "log|probs|1 / probs",
    ),
    mistake(
        makemore,
        "dprobs = (1.0 / probs) * dlogprobs",
        "dprobs = dlogprobs",
        "dprobs",
        "missing derivative|missing factor",
        "probs|log",
    ),
    mistake(
        makemore,
        "dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)",
        "dcounts_sum_inv = dprobs.sum(1, keepdims=True)",
        "dcounts_sum_inv",
        "missing factor|wrong value",
        "counts",
    ),
    mistake(makemore, "(-(counts_sum**-2))", "(counts_sum**-2)", "dcounts_sum", "sign|factor"),
    mistake(
        makemore,
        "(-(counts_sum**-2))",
        "(-(counts_sum**-1))",
        "dcounts_sum",
        "missing factor|wrong derivative|unexplainable|entries",
        "counts_sum",
    ),
    mistake(
        makemore,
        "dnorm_logits = counts * dcounts",
        "dnorm_logits = dcounts",
        "dnorm_logits",
        "missing derivative|missing factor",
        "counts|exp",
    ),
    mistake(
        makemore,
        "dnorm_logits = counts * dcounts",
        "dnorm_logits = probs * dcounts",
        "dnorm_logits",
        "wrong value|wrong layer",
        "probs",
        "counts",
    ),
    mistake(
        makemore,
        "dlogit_maxes = (-dnorm_logits).sum(1, keepdims=True)",
        "dlogit_maxes = -dnorm_logits.max(1, keepdims=True)",
        "dlogit_maxes",
        "missing sum|unexplainable",
    ),
    mistake(makemore, "dh = dlogits @ W2.T", "dh = -dlogits @ W2.T", "dh", "sign|factor"),
    mistake(makemore, "dW2 = h.T @ dlogits", "dW2 = dlogits.T @ h", "dW2", "transpose"),
    mistake(makemore, "db2 = dlogits.sum(0)", "db2 = dlogits.sum(1)", "db2", "wrong axis", "axis"),
    mistake(
        makemore,
        "db2 = dlogits.sum(0)",
        "db2 = dlogits.sum(0, keepdims=True)",
        "db2",
        "shape",
        "keepdims|(6,)",
    ),
    mistake(
        makemore,
        "db2 = dlogits.sum(0)",
        "db2 = dlogits.mean(0)",
        "db2",
        "mean for sum|factor",
        "mean|n|10",
    ),
    mistake(makemore, "(1.0 - h**2) * dh", "dh", "dhpreact", "missing derivative", "tanh|h"),
    mistake(
        makemore,
        "(1.0 - h**2)",
        "(1.0 - h)",
        "dhpreact",
        "wrong derivative|unexplainable",
        "tanh|h",
    ),
    mistake(
        makemore,
        "(bnraw * dhpreact).sum(0, keepdims=True)",
        "(bnraw * dhpreact).sum(0)",
        "dbngain",
        "shape",
        "keepdims|(1, 5)",
    ),
    mistake(
        makemore,
        "(bnraw * dhpreact).sum(0, keepdims=True)",
        "bnraw * dhpreact",
        "dbngain",
        "missing sum",
        "axis 0|Σ₀|sum",
    ),
    mistake(
        makemore,
        "(bnraw * dhpreact).sum(0, keepdims=True)",
        "(bndiff * dhpreact).sum(0, keepdims=True)",
        "dbngain",
        "wrong value|missing factor|wrong layer",
        "bndiff|bnvar_inv",
        "bnraw|bnvar_inv",
    ),
    mistake(
        makemore,
        "dbnraw = bngain * dhpreact",
        "dbnraw = dhpreact",
        "dbnraw",
        "missing factor",
        "bngain",
    ),
    mistake(
        makemore,
        "dbnbias = dhpreact.sum(0, keepdims=True)",
        "dbnbias = dhpreact",
        "dbnbias",
        "missing sum",
        "axis 0|Σ₀|sum",
    ),
    mistake(
        makemore,
        "dbnvar_inv = (bndiff * dbnraw).sum(0, keepdims=True)",
        "dbnvar_inv = dbnraw.sum(0, keepdims=True)",
        "dbnvar_inv",
        "missing factor|wrong value",
        "bndiff",
    ),
    mistake(makemore, "(-0.5 * (bnvar", "(0.5 * (bnvar", "dbnvar", "sign|factor"),
    mistake(
        makemore,
        "(-0.5 * (bnvar + 1e-5) ** -1.5)",
        "(-0.5 * (bnvar + 1e-5) ** -0.5)",
        "dbnvar",
        "missing factor|wrong derivative|unexplainable|entries",
        "bnvar",
    ),
    mistake(
        makemore,
        "(-0.5 * (bnvar + 1e-5) ** -1.5)",
        "(-0.5 * bnvar**-1.5)",
        "dbnvar",
        "rounding|unexplainable",
    ),
    mistake(
        makemore,
        BESSEL,
        "dbndiff2 = (1.0 / n) * np.ones_like(bndiff) * dbnvar",
        "dbndiff2",
        "factor",
        "0.9|n - 1|n − 1|9/10|1.11",
    ),
    mistake(
        makemore,
        BESSEL,
        "dbndiff2 = np.ones_like(bndiff) * dbnvar",
        "dbndiff2",
        "factor|sum for mean",
        "9|n - 1|n − 1",
    ),
    mistake(
        makemore,
        "(2 * bndiff) * dbndiff2",
        "bndiff * dbndiff2",
        "dbndiff",
        "missing factor|missing path|unexplainable",
        "2|bndiff2",
    ),
    mistake(
        makemore,
        "dbndiff += (2 * bndiff)",
        "dbndiff = (2 * bndiff)",
        "dbndiff",
        "overwritten|missing path|missing term",
        "bnraw|bnvar_inv|+",
    ),
    mistake(
        makemore,
        "dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani)",
        "pass",
        "dhprebn",
        "missing path|overwritten|missing term",
        "bnmeani|mean|+",
    ),
    mistake(
        makemore,
        "dhprebn += 1.0 / n * ",
        "dhprebn += 1.0 * ",
        "dhprebn",
        "missing factor|sum for mean|unexplainable|missing path|factor",
        "n|10|mean",
    ),
    mistake(
        makemore,
        "dembcat = dhprebn @ W1.T",
        "dembcat = dhprebn @ W1.T / n",
        "dembcat",
        "factor",
        "n|10",
    ),
    mistake(
        makemore,
        "demb = dembcat.reshape(emb.shape)",
        "demb = dembcat.reshape(emb.shape[::-1]).T",
        "demb",
        "unexplainable|transpose|shape|entries",
    ),
    mistake(
        makemore,
        "demb = dembcat.reshape(emb.shape)",
        "demb = dembcat.reshape(-1, emb.shape[2])\n"
        "    demb = np.stack([demb[:n], demb[n:]], axis=1)",
        "demb",
        "unexplainable|shape|transpose|entries",
    ),
    mistake(
        makemore,
        "range(Xb.shape[0])",
        "range(Xb.shape[0] - 1)",
        "dC",
        "entries|missing term|unexplainable",
    ),
    mistake(
        makemore,
        "range(Xb.shape[1])",
        "range(1)",
        "dC",
        "missing path|missing term|unexplainable|entries",
    ),
    mistake(
        makemore,
        "            ix = Xb[k, j]\n            dC[ix] += demb[k, j]",
        "            pass\n    dC[Xb] += demb",
        "dC",
        "overwritten",
        "+=|add.at|repeated|twice|index|indices",
    ),
    together(NO_SUM, ONE_USE, LAST_ROW),
    together(AT_PREACTIVATION, LAST_ROW),
    together(ONE_USE, LAST_ROW),
]

RIGHT = [
    right(
        makemore,
        "    dlogits += np.eye(6, dtype=logits.dtype)[logits.argmax(1)] * dlogit_maxes",
        "",
    ),
    right(makemore, "db1 = dhprebn.sum(0)", "db1 = np.zeros_like(dhprebn[0])"),
    right(
        makemore,
        "dbnmeani = (-dbndiff).sum(0, keepdims=True)",
        "dbnmeani = (-bnvar_inv * dbnraw).sum(0, keepdims=True)",
    ),
    right(makemore, OTHER_USE, "    dcounts = dcounts + dcounts_sum\n"),
    right(makemore, "dhpreact = (1.0 - h**2) * dh", "dhpreact = dh - h * h * dh"),
    right(
        makemore,
        "dlogits = dnorm_logits.copy()",
        "dlogits = probs.copy()\n    dlogits[range(n), Yb] -= 1\n    dlogits /= n",
    ),
]

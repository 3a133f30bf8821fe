"""Batch norm and layer norm before a ReLU, examples in rows."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together


def measurements(rng, N=12, D=4, H=5, eps=1e-5, gamma=1.3):
    X, T = rng.normal(size=(N, D)), rng.normal(size=(N, 1))
    parameters = {
        "W1": rng.normal(size=(D, H)),
        "gamma": gamma + 0.2 * rng.normal(size=H) * (gamma != 1.0),
        "beta": 0.3 * rng.normal(size=H),
        "W2": rng.normal(size=(H, 1)),
    }
    return {"X": X, "T": T, "eps": eps}, parameters


def batch_norm_forward(X, T, W1, gamma, beta, W2, eps):
    N = X.shape[0]
    z = X @ W1
    mu = 1 / N * np.sum(z, axis=0)
    zmu = z - mu
    var = 1 / N * np.sum(zmu**2, axis=0)
    ivar = 1 / np.sqrt(var + eps)
    zhat = zmu * ivar
    out = gamma * zhat + beta
    A = tg.relu(out)
    pred = A @ W2
    loss = np.sum((pred - T) ** 2) / (2 * N)
    return locals()


def batch_norm_backward(X, T, W2, A, out, z, mu, var, zhat, gamma, beta, eps, pred):
    N = z.shape[0]
    dpred = (pred - T) / N
    dW2 = A.T @ dpred
    dout = (dpred @ W2.T) * (out > 0)
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * zhat, axis=0)
    dzhat = dout * gamma
    dvar = np.sum(dzhat * (z - mu) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmu = np.sum(dzhat * -1 / np.sqrt(var + eps), axis=0) + dvar * np.mean(-2 * (z - mu), axis=0)
    dz = dzhat / np.sqrt(var + eps) + dvar * 2 * (z - mu) / N + dmu / N
    dW1 = X.T @ dz
    last = {"dpred": dpred, "dW2": dW2, "dout": dout, "dbeta": dbeta, "dgamma": dgamma}
    return last | {"dzhat": dzhat, "dvar": dvar, "dmu": dmu, "dz": dz, "dW1": dW1}


def batch_norm_short(X, T, W2, A, out, z, zhat, gamma, ivar, pred):
    N = z.shape[0]
    dpred = (pred - T) / N
    dW2 = A.T @ dpred
    dout = (dpred @ W2.T) * (out > 0)
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * zhat, axis=0)
    dz = gamma * ivar / N * (N * dout - dbeta - zhat * dgamma)
    dW1 = X.T @ dz
    return {"dW2": dW2, "dbeta": dbeta, "dgamma": dgamma, "dz": dz, "dW1": dW1}


batch_norm = Network("batch norm", measurements, batch_norm_forward, (batch_norm_backward,), "loss")
short = Network(
    "batch norm in one line", measurements, batch_norm_forward, (batch_norm_short,), "loss"
)
unscaled = batch_norm.on("batch norm, γ = 1", gamma=1.0)


def layer_norm_forward(X, T, W1, gamma, beta, W2, eps):
    z = X @ W1
    mean = z.mean(axis=1, keepdims=True)
    var = ((z - mean) ** 2).mean(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    norm = (z - mean) / std
    out = norm * gamma + beta
    pred = np.tanh(out) @ W2
    loss = np.mean((pred - T) ** 2)
    return locals()


def layer_norm_backward(X, T, W2, out, z, mean, std, norm, gamma, pred):
    dpred = 2 * (pred - T) / pred.size
    dW2 = np.tanh(out).T @ dpred
    dout = dpred @ W2.T * (1 - np.tanh(out) ** 2)
    dbeta = dout.sum(0)
    dgamma = (dout * norm).sum(0)
    dnorm = dout * gamma
    dz = dnorm - dnorm.mean(1, keepdims=True) - norm * (dnorm * norm).mean(1, keepdims=True)
    dz /= std
    dW1 = X.T @ dz
    return {"dW2": dW2, "dbeta": dbeta, "dgamma": dgamma, "dnorm": dnorm, "dz": dz, "dW1": dW1}


layer_norm = Network("layer norm", measurements, layer_norm_forward, (layer_norm_backward,), "loss")

DMU = " + dvar * np.mean(-2 * (z - mu), axis=0)"
DZ = "dz = dzhat / np.sqrt(var + eps) + dvar * 2 * (z - mu) / N + dmu / N"
NO_MEAN = mistake(batch_norm, " + dmu / N", "", "dz", "missing path", "mu|mean|μ")
NO_VAR = mistake(
    batch_norm, " + dvar * 2 * (z - mu) / N", "", "dz", "missing path", "var|σ²|ivar|zmu"
)
NO_MASK = mistake(batch_norm, " * (out > 0)", "", "dout", "missing mask", "relu|ReLU|out|> 0")

MISTAKES = [
    NO_MEAN,
    NO_VAR,
    NO_MASK,
    mistake(
        batch_norm,
        " + dvar * 2 * (z - mu) / N + dmu / N",
        "",
        "dz",
        "missing path",
        "mu|mean|μ|var",
    ),
    mistake(
        batch_norm,
        " + dmu / N",
        " + dmu",
        "dz",
        "sum for mean|missing factor|unexplainable",
        "N|12|mu",
    ),
    mistake(
        batch_norm,
        "dvar * 2 * (z - mu) / N",
        "dvar * (z - mu) / N",
        "dz",
        "missing factor|unexplainable|missing path",
        "2|var",
    ),
    mistake(
        batch_norm,
        "dvar * 2 * (z - mu) / N",
        "dvar * 2 * z / N",
        "dz",
        "wrong value|unexplainable",
        "z|mu",
    ),
    mistake(
        batch_norm,
        DZ,
        "dz = dzhat",
        "dz",
        "missing path|missing derivative|missing factor|unexplainable",
        "mu|var|ivar|zhat",
    ),
    mistake(
        batch_norm,
        DZ,
        DZ.replace("np.sqrt(var + eps)", "(var + eps)"),
        "dz",
        "unexplainable|wrong value|missing path",
        "var|ivar",
    ),
    mistake(batch_norm, "dmu = np.sum(dzhat * -1", "dmu = np.sum(dzhat", "dmu", "sign|factor"),
    mistake(
        batch_norm,
        "dmu = np.sum(dzhat * -1",
        "dmu = np.mean(dzhat * -1",
        "dmu",
        "mean for sum|factor",
        "N|12|mean",
    ),
    mistake(batch_norm, "* -0.5 *", "* 0.5 *", "dvar", "sign|factor"),
    mistake(batch_norm, "* -0.5 *", "*", "dvar", "factor", "-2|−2"),
    mistake(
        batch_norm,
        "** -1.5",
        "** -0.5",
        "dvar",
        "unexplainable|missing factor|wrong derivative|entries|factor",
        "var",
    ),
    mistake(
        batch_norm, "dzhat = dout * gamma", "dzhat = dout", "dzhat", "missing factor", "gamma|γ"
    ),
    mistake(
        batch_norm,
        "dzhat = dout * gamma",
        "dzhat = dout * beta",
        "dzhat",
        "wrong value",
        "beta|β",
        "gamma|γ",
    ),
    mistake(
        batch_norm,
        "np.sum(dout * zhat, axis=0)",
        "np.sum(dout * z, axis=0)",
        "dgamma",
        "wrong value",
        "z",
        "zhat",
    ),
    mistake(
        batch_norm,
        "np.sum(dout * zhat, axis=0)",
        "np.sum(dout, axis=0)",
        "dgamma",
        "missing factor|wrong value",
        "zhat",
    ),
    mistake(
        batch_norm,
        "np.sum(dout * zhat, axis=0)",
        "np.mean(dout * zhat, axis=0)",
        "dgamma",
        "mean for sum|factor",
        "mean|N|12",
    ),
    mistake(
        batch_norm,
        "np.sum(dout * zhat, axis=0)",
        "dout * zhat",
        "dgamma",
        "missing sum",
        "axis 0|Σ₀|sum",
    ),
    mistake(
        batch_norm,
        "np.sum(dout * zhat, axis=0)",
        "np.sum(dout * zhat, axis=1)",
        "dgamma",
        "wrong axis",
        "axis",
    ),
    mistake(
        batch_norm,
        "np.sum(dout, axis=0)",
        "np.sum(dout, axis=0, keepdims=True)",
        "dbeta",
        "shape",
        "keepdims|(5,)",
    ),
    mistake(
        batch_norm,
        "np.sum(dout, axis=0)",
        "np.mean(dout, axis=0)",
        "dbeta",
        "mean for sum|factor",
        "mean|N|12",
    ),
    mistake(
        batch_norm,
        "np.sum(dout, axis=0)",
        "np.sum(dout * gamma, axis=0)",
        "dbeta",
        "unexplainable|extra derivative|wrong value|wrong layer|entries",
        "gamma|γ|dzhat",
    ),
    mistake(
        batch_norm,
        "X.T @ dz",
        "X.T @ dzhat",
        "dW1",
        "wrong value|wrong layer|missing path",
        "dzhat",
        "dz",
    ),
    mistake(
        batch_norm,
        "dpred = (pred - T) / N",
        "dpred = pred - T",
        "dpred",
        "factor|sum for mean",
        "N|12",
    ),
    mistake(batch_norm, DZ, DZ + "\n    dz = dz - dz[:1]", "dz", "unexplainable"),
    together(NO_MASK, NO_MEAN),
    together(
        mistake(batch_norm, "* -0.5 *", "* 0.5 *", "dvar", "sign|factor"),
        mistake(batch_norm, "X.T @ dz", "dz.T @ X", "dW1", "transpose"),
    ),
    mistake(short, "N * dout - dbeta", "N * dout", "dz", "missing path", "mu|mean|μ|beta"),
    mistake(short, " - zhat * dgamma", "", "dz", "missing path", "var|σ²|gamma|zhat"),
    mistake(short, "gamma * ivar / N", "gamma * ivar", "dz", "factor", "N|12"),
    mistake(short, "gamma * ivar / N", "ivar / N", "dz", "missing factor", "gamma|γ"),
    mistake(short, "N * dout", "dout", "dz", "unexplainable|missing factor"),
    mistake(short, "gamma * ivar / N", "gamma / N", "dz", "missing factor", "ivar|var"),
    mistake(
        short,
        "- zhat * dgamma",
        "+ zhat * dgamma",
        "dz",
        "sign|unexplainable|missing path",
        "var|σ²|gamma|zhat",
    ),
    mistake(layer_norm, " - dnorm.mean(1, keepdims=True)", "", "dz", "missing path", "mean|μ"),
    mistake(
        layer_norm,
        " - norm * (dnorm * norm).mean(1, keepdims=True)",
        "",
        "dz",
        "missing path",
        "var|std|σ",
    ),
    mistake(
        layer_norm,
        "(dnorm * norm).mean(1",
        "(dnorm * norm).sum(1",
        "dz",
        "sum for mean|unexplainable|missing path",
    ),
    mistake(
        layer_norm,
        "dnorm.mean(1, keepdims=True)",
        "dnorm.mean(0, keepdims=True)",
        "dz",
        "wrong axis|unexplainable|missing path",
        "axis|mean",
    ),
    mistake(layer_norm, "    dz /= std\n", "", "dz", "missing factor|unexplainable", "std|σ"),
    mistake(
        layer_norm, "dnorm = dout * gamma", "dnorm = dout", "dnorm", "missing factor", "gamma|γ"
    ),
    mistake(
        layer_norm, "dbeta = dout.sum(0)", "dbeta = dout.sum(1)", "dbeta", "wrong axis", "axis"
    ),
    mistake(
        layer_norm,
        "(dout * norm).sum(0)",
        "(dout * z).sum(0)",
        "dgamma",
        "wrong value",
        "z",
        "norm",
    ),
    mistake(
        layer_norm,
        "(dout * norm).sum(0)",
        "(dout * norm).mean(0)",
        "dgamma",
        "mean for sum|factor",
        "mean|12|N",
    ),
    mistake(
        layer_norm,
        "(1 - np.tanh(out) ** 2)",
        "(1 - out**2)",
        "dbeta dgamma dnorm",
        "wrong value",
        "out",
        "tanh",
    ),
    mistake(layer_norm, "dpred = 2 * ", "dpred = ", "dW2", "factor", "2|half|½"),
]

RIGHT = [
    right(batch_norm, DMU, ""),
    right(
        batch_norm,
        DZ,
        "dz = (dzhat - dzhat.mean(0) - zhat * (dzhat * zhat).mean(0)) / np.sqrt(var + eps)",
    ),
    right(batch_norm, "np.sum(dout * zhat, axis=0)", "np.diag(dout.T @ zhat)"),
    right(batch_norm, "np.sum(dout, axis=0)", "dout.T.dot(np.ones(N, dtype=X.dtype))"),
    right(unscaled, "dzhat = dout * gamma", "dzhat = dout"),
    right(
        short,
        "gamma * ivar / N * (N * dout - dbeta - zhat * dgamma)",
        "gamma * (ivar * dout - ivar * (dbeta + zhat * dgamma) / N)",
    ),
    right(layer_norm, "dnorm.mean(1, keepdims=True)", "dnorm.sum(1)[:, None] / z.shape[1]"),
]

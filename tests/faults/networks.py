"""Faults of networks: losses, layers, initialisers, and what modules keep."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LOSSES = [
    *planted_in(
        "nn/losses/_common.py",
        ("mean(losses) if losses.size else sum(losses)", "mean(losses)",
         "losses: the mean of no losses is NaN"),
        ("where(equal(total, 0), 1, total)", "total", "losses: NaN where no weight is left"),
        ("(1 - math.log(edge)) - p / edge", "-math.log(edge) - p / edge",
         "losses: −log jumps where its tangent begins"),
        (' == "shape" and len(node.parents) == 1', ' == "" and len(node.parents) == 1',
         "losses: no warning of a softmax that was reshaped"),
    ),
    *planted_in(
        "nn/losses/binary.py",
        ("(1 - y) * _surprisal_of_rest(a)", "(1 - y) * surprisal(1 - a)",
         "losses: −log(1 − p) of a small p rounded away"),
        ("where(present, logits, 0), where(present, target, 0)",
         "logits, where(present, target, 0)", "losses: a NaN beside a missing label counts"),
        ("weighted_cost(losses, as_target(present, logits), reduction)",
         "reduced(losses, reduction)", "losses: missing labels counted by the mean"),
    ),
    *planted_in(
        "nn/losses/classification.py",
        ("_of_any_class(logits, axis, weight)\n    return",
         "_of_any_class(logits, -1, weight)\n    return",
         "losses: label smoothing along the last axis always"),
        ("return product(weights, losses), weights", "return product(weights, losses), None",
         "losses: class weights left out of the mean's divisor"),
        ("else where(kept, weights, 0)", "else weights",
         "losses: the divisor counts ignored examples as class 0"),
        ("product(p, -surprisal(p) - log_q)", "p * (-surprisal(p) - log_q)",
         "losses: 0 · ∞ in the divergence"),
    ),
    *planted_in(
        "nn/losses/regression.py",
        ("limited = clip(error,", 'limited = clip(getattr(error, "_data", error),',
         "losses: Huber's limit taken as constant, wrong at second order only"),
    ),
]  # fmt: skip

_NORMS = [
    *planted_in(
        "nn/normalise.py",
        ("rms(centred, axis=others, eps=self.eps)",
         "rms(x - (x - centred)._data, axis=others, eps=self.eps)",
         "layers: batch norm takes the variance's mean as constant, wrong at second order only"),
        ("sqrt(self.running_var + self.eps)",
         "sqrt(self.running_var)",
         "norm: in batch norm, eps forgotten in evaluation"),
        ("if not replaying():", "if True:",
         "norm: in batch norm, a checkpoint counts a batch twice in the running averages"),
        ('self.keep_old = number(keep_old, "BatchNorm: keep_old", 0, 1)',
         'self.keep_old = 1 - number(1 - keep_old, "BatchNorm: keep_old", 0, 1) ** 2',
         "norm: in batch norm, the running averages keep too much"),
        ("tuple(range(-len(self.shape), 0))", "(-1,)",
         "norm: layer norm over the last axis always"),
        ("eps=self.eps, keepdims=True)\n        return x / deviation",
         "eps=1e-5, keepdims=True)\n        return x / deviation",
         "norm: RMS norm with the default eps always"),
    ),
    *planted_in(
        "nn/dropout.py",
        ("dropout(x, mask, keep_prob=self.keep_prob)", "dropout(x, mask, keep_prob=1.0)",
         "dropout: what is kept is not scaled up"),
    ),
    *planted_in(
        "nn/inference.py",
        ("if MODE.get().recording or layer in _WARNED:", "if MODE.get().recording:",
         "inference: a forgotten eval() told again and again"),
        ("if MODE.get().recording or layer in _WARNED:", "if layer in _WARNED:",
         "inference: a warning of a forgotten eval() during training"),
    ),
]  # fmt: skip

_SEQUENCES = [
    *planted_in(
        "nn/cells.py",
        ("tanh(x_n + r * h_n)", "tanh(x_n + split(self.recur(r * state), 3, axis=-1)[2])",
         "recurrent: GRU's reset before the product, not after it"),
        ("sigmoid(f) * c + sigmoid(i) * tanh(g)", "sigmoid(i) * c + sigmoid(f) * tanh(g)",
         "recurrent: LSTM's gates in another order"),
        ("(0.0, 1.0, 0.0, 0.0)", "(1.0, 0.0, 0.0, 0.0)",
         "recurrent: a bias of 1 for LSTM's input gate, not its forget gate"),
        ("super().start(c, batch, dtype)", "super().start(h, batch, dtype)",
         "recurrent: LSTM's memory starts as h"),
    ),
    *planted_in(
        "nn/attention.py",
        ("math.sqrt(shape_of(query)[-1])", "math.sqrt(shape_of(value)[-1])",
         "attention: scaled by the length of the values"),
        ("like=as_array(scores)))", "like=as_array(scores)), k=1)", "attention: causal, but for the next step"),
        ("past & mask", "past", "attention: a causal mask takes the place of the other"),
        ("matmul(where(allowed, weights, 0.0), value)", "matmul(weights, value)",
         "attention: a query without keys attends to all"),
        ("reshape(permute_dims(found, axes=(0, 2, 1, 3)), shape=(m, queries",
         "reshape(found, shape=(m, queries", "attention: heads and steps mixed up"),
    ),
    *planted_in(
        "nn/embedding.py",
        ("first = first_outside(found, self.num_embeddings)",
         "first = first_outside(abs(found), self.num_embeddings)",
         "embedding: negative ids count from the end"),
    ),
]  # fmt: skip

_WATCH = [
    *planted_in(
        "nn/watch.py",
        ("self.steps += 1", "self.steps = 1", "watch: a new layer's column too short"),
        (", dtype=np.float64)", ")", "watch: squares in float32"),
        ("if p not in around", "if p", "watch: containers count beside what is in them"),
        ("            self._module.forward = self._own", "            del self._module.forward",
         "watch: a forward of the user's own is lost"),
    ),
]  # fmt: skip

_PARAMETERS = [
    *planted_in(
        "nn/regularise.py",
        ('_factor("l2_penalty", lambd, m) / 2', '_factor("l2_penalty", lambd, m)',
         "regularise: λ/m for λ/2m"),
        ("parameter.ndim >= 2 and", "parameter.ndim >= 1 and", "regularise: biases counted"),
        ("tuple(range(1, weight.ndim))", "(1,)", "regularise: the length of one pixel of a kernel"),
    ),
    *planted_in(
        "nn/init.py",
        ("return shape[1] * kernel, shape[0] * kernel", "return shape[1] * kernel, shape[0]",
         "init: a kernel's fan out without its pixels"),
        ("(1 + slope**2)", "(1 + slope)", "init: the slope of a leaky ReLU not squared"),
        ("np.copysign(gain, np.diagonal(r))", "gain", "init: some orthogonal matrices likelier"),
    ),
    *planted_in(
        "nn/functional_call.py",
        ("if isinstance(value, tuple):", "if False:", "module: functional_call leaves out tuples"),
    ),
    *planted_in(
        "engine/state.py",
        ('np.array(array, own.dtype, order="C")', "np.asarray(array, own.dtype)",
         "module: a loaded state is shared with the caller"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_LOSSES, *_NORMS, *_SEQUENCES, *_WATCH, *_PARAMETERS]

"""Faults of networks: losses, layers, initialisers, and what modules keep."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LOSSES = [
    *planted_in(
        "nn/losses/_common.py",
        ("_mean_or_0", "mean(losses) if losses.size else sum(losses)", "mean(losses)",
         "losses: the mean of no losses is NaN"),
        ("weighted_cost", "where(equal(total, 0), 1, total)", "total",
         "losses: NaN where no weight is left"),
        ("tangent", "1 - math.log(edge)", "-math.log(edge)",
         "losses: −log jumps where its tangent begins"),
        ("warn_of_output", "node.op.family == 'shape'", "node.op.family == ''",
         "losses: no warning of a softmax that was reshaped"),
    ),
    *planted_in(
        "nn/losses/binary.py",
        ("binary_cross_entropy", "_surprisal_of_rest(a)", "surprisal(1 - a)",
         "losses: −log(1 − p) of a small p rounded away"),
        ("multi_label", "where(present, logits, 0)", "logits",
         "losses: a NaN beside a missing label counts"),
        ("multi_label", "weighted_cost(losses, as_target(present, logits), reduction)",
         "reduced(losses, reduction)", "losses: missing labels counted by the mean"),
    ),
    *planted_in(
        "nn/losses/classification.py",
        ("cross_entropy", "_of_any_class(logits, axis, weight)",
         "_of_any_class(logits, -1, weight)", "losses: label smoothing along the last axis always"),
        ("_by_class", "(product(weights, losses), weights)", "(product(weights, losses), None)",
         "losses: class weights left out of the mean's divisor"),
        ("_cost", "where(kept, weights, 0)", "weights",
         "losses: the divisor counts ignored examples as class 0"),
        ("kl_divergence", "product(p, -surprisal(p) - log_q)", "p * (-surprisal(p) - log_q)",
         "losses: 0 · ∞ in the divergence"),
    ),
    *planted_in(
        "nn/losses/regression.py",
        ("huber", "clip(error, min=-delta, max=delta)",
         "clip(getattr(error, '_data', error), min=-delta, max=delta)",
         "losses: Huber's limit taken as constant, wrong at second order only"),
    ),
]  # fmt: skip

_NORMS = [
    *planted_in(
        "nn/normalization.py",
        ("BatchNorm.forward", "rms(centred, axis=others, eps=self.eps)",
         "rms(x - (x - centred)._data, axis=others, eps=self.eps)",
         "layers: batch norm takes the variance's mean as constant, wrong at second order only"),
        ("BatchNorm.forward", "self.running_var + self.eps", "self.running_var",
         "norm: in batch norm, eps forgotten in evaluation"),
        ("BatchNorm._follow", "not replaying()", "True",
         "norm: in batch norm, a checkpoint counts a batch twice in the running averages"),
        ("BatchNorm.__init__", "number(keep_old, 'BatchNorm: keep_old', 0, 1)",
         "1 - number(1 - keep_old, 'BatchNorm: keep_old', 0, 1) ** 2",
         "norm: in batch norm, the running averages keep too much"),
        ("_OverLastAxes._axes", "tuple(range(-len(self.shape), 0))", "(-1,)",
         "norm: layer norm over the last axis always"),
        ("RMSNorm.forward", "rms(x, axis=self._axes(shape_of(x)), eps=self.eps, keepdims=True)",
         "rms(x, axis=self._axes(shape_of(x)), eps=1e-5, keepdims=True)",
         "norm: RMS norm with the default eps always"),
    ),
    *planted_in(
        "nn/dropout.py",
        ("Dropout.forward", "dropout(x, mask, keep_prob=self.keep_prob)",
         "dropout(x, mask, keep_prob=1.0)", "dropout: what is kept is not scaled up"),
    ),
    *planted_in(
        "nn/forgotten_eval.py",
        ("warn_of_inference", "MODE.get().recording or layer in _WARNED", "MODE.get().recording",
         "inference: a forgotten eval() told again and again"),
        ("warn_of_inference", "MODE.get().recording or layer in _WARNED", "layer in _WARNED",
         "inference: a warning of a forgotten eval() during training"),
    ),
]  # fmt: skip

_SEQUENCES = [
    *planted_in(
        "nn/cells.py",
        ("GRUCell.step", "r * h_n", "split(self.recur(r * state), 3, axis=-1)[2]",
         "recurrent: GRU's reset before the product, not after it"),
        ("LSTMCell.step", "sigmoid(f) * c + sigmoid(i) * tanh(g)",
         "sigmoid(i) * c + sigmoid(f) * tanh(g)", "recurrent: LSTM's gates in another order"),
        ("LSTMCell.biases", "(0.0, 1.0, 0.0, 0.0)", "(1.0, 0.0, 0.0, 0.0)",
         "recurrent: a bias of 1 for LSTM's input gate, not its forget gate"),
        ("LSTMCell.start", "super().start(c, batch, dtype)", "super().start(h, batch, dtype)",
         "recurrent: LSTM's memory starts as h"),
    ),
    *planted_in(
        "nn/attention.py",
        ("scaled_dot_product_attention", "shape_of(query)[-1]", "shape_of(value)[-1]",
         "attention: scaled by the length of the values"),
        ("_allowed", "tril(np.ones((queries, keys), bool, like=as_array(scores)))",
         "tril(np.ones((queries, keys), bool, like=as_array(scores)), k=1)",
         "attention: causal, but for the next step"),
        ("_allowed", "past & mask", "past",
         "attention: a causal mask takes the place of the other"),
        ("scaled_dot_product_attention", "where(allowed, weights, 0.0)", "weights",
         "attention: a query without keys attends to all"),
        ("MultiHeadAttention.forward", "permute_dims(found, axes=(0, 2, 1, 3))", "found",
         "attention: heads and steps mixed up"),
    ),
    *planted_in(
        "nn/embedding.py",
        ("Embedding.forward", "first_outside(found, self.num_embeddings)",
         "first_outside(abs(found), self.num_embeddings)",
         "embedding: negative ids count from the end"),
    ),
]  # fmt: skip

_WATCH = [
    *planted_in(
        "observe/watch.py",
        ("Watch.__exit__", "self.steps += 1", "self.steps = 1",
         "watch: a new layer's column too short"),
        ("_sum_of_squares", "dtype=np.float64", "", "watch: squares in float32"),
        ("Watch.__exit__", "p not in around", "p",
         "watch: containers count beside what is in them"),
        ("_Size.restore", "self._module.forward = self._own", "del self._module.forward",
         "watch: a forward of the user's own is lost"),
    ),
]  # fmt: skip

_PARAMETERS = [
    *planted_in(
        "nn/regularization.py",
        ("l2_penalty", "_factor('l2_penalty', lambd, m) / 2", "_factor('l2_penalty', lambd, m)",
         "regularise: λ/m for λ/2m"),
        ("weights", "parameter.ndim >= 2", "parameter.ndim >= 1", "regularise: biases counted"),
        ("max_norm", "tuple(range(1, weight.ndim))", "(1,)",
         "regularise: the length of one pixel of a kernel"),
    ),
    *planted_in(
        "nn/init.py",
        ("fans", "shape[0] * kernel", "shape[0]", "init: a kernel's fan out without its pixels"),
        ("_he", "slope ** 2", "slope", "init: the slope of a leaky ReLU not squared"),
        ("_orthogonal", "np.copysign(gain, np.diagonal(r))", "gain",
         "init: some orthogonal matrices likelier"),
    ),
    *planted_in(
        "nn/stateless.py",
        ("_replaced", "isinstance(value, tuple)", "False",
         "module: functional_call leaves out tuples"),
    ),
    *planted_in(
        "engine/state_dict.py",
        ("converted", "np.array(array, own.dtype, order='C')", "np.asarray(array, own.dtype)",
         "module: a loaded state is shared with the caller"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_LOSSES, *_NORMS, *_SEQUENCES, *_WATCH, *_PARAMETERS]

"""Faults of what is exported."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

ROOM = "onnx/exporting"

FAULTS: list[Fault] = [
    *planted_in(
        f"{ROOM}/sizes.py",
        ("fitted", "table @ near", "numbers",
         "exported_functions: every number follows from sizes"),
        ("size_by", "{(name,): factor, (): more}", "{(name,): factor}",
         "exported_functions: a size is a multiple of another, and no more"),
    ),
    *planted_in(
        f"{ROOM}/program.py",
        ("Aligned._constant", "all(_equal(s, single[0]) for s in single)", "True",
         "exported_functions: an array that differs from size to size is that of the first"),
        ("Aligned._formula", "not root or (array >= 0).all()", "True",
         "exported_functions: a negative number is a root"),
    ),
    *planted_in(
        f"{ROOM}/export.py",
        ("_in_all", "all((name, i) in others for others in tensors)", "True",
         "exported_functions: what a function makes itself is a weight"),
    ),
    *planted_in(
        f"{ROOM}/sampling.py",
        ("sampled", "(call.example_sizes, *samples.least(told[0]))", "()",
         "exported_sizes: a branch that no large size takes is lost"),
        ("_Samples._takes_all", "self._takes(many)", "True",
         "exported_sizes: a table of positions is shorter than the largest size"),
    ),
    *planted_in(
        f"{ROOM}/summed_gradients.py",
        ("summed_as", "own == axes", "True",
         "exported_sizes: a gradient of one example is another program"),
    ),
    *planted_in(
        f"{ROOM}/emitter.py",
        ("Emitter.banded", "self.node('Greater', along, down)", "self.node('Less', along, down)",
         "exported_sizes: what is above a diagonal is on it"),
    ),
    *planted_in(
        f"{ROOM}/forms/sequences.py",
        ("_gates", "list(kind.blocks)", "sorted(kind.blocks)",
         "exported_sequences: gates in the order of PyTorch"),
    ),
    *planted_in(
        f"{ROOM}/forms/wider.py",
        ("in_wider", "name not in ORDERED or dtype != np.uint64", "True",
         "exported_ops: the largest numbers without a sign become negative"),
    ),
    *planted_in(
        f"{ROOM}/forms/shapes.py",
        ("_rolled", "g.node('Mod', g.size(shift), g.node('Max', g.size(n), g.ints([1])))",
         "g.size(shift)", "exported_functions: a roll goes around once at most"),
    ),
    *planted_in(
        f"{ROOM}/example_call.py",
        ("ExampleCall.evaluated", "self.model is None", "True",
         "exported_layers: a model is exported in training mode"),
        ("_dynamic", "shape and shape[0] == length", "shape",
         "exported_functions: the first axis of every input is the batch"),
    ),
    *planted_in(
        f"{ROOM}/lowering.py",
        ("Lowering._opened", "found.dtype != e.dtype or (found.weak and not e.weak)", "False",
         "exported_ops: what an operation consists of has another dtype"),
    ),
    *planted_in(
        f"{ROOM}/files.py",
        ("_written", "start = file.tell()", "start = 0",
         "exported_files: all weights outside begin where the file does"),
        ("model_of", "min(external_above, LARGEST_FILE)", "external_above",
         "exported_files: weights stay inside though no protocol buffer holds them"),
    ),
    *planted_in(
        f"{ROOM}/idioms.py",
        ("_layer_norm", "axes != list(range(first, x.ndim))", "False",
         "exported_layers: a norm over the first axes is one over the last"),
        ("_group_norm", "(x, scale, shift)", "(x, shift, scale)",
         "exported_layers: scale and shift of groups change places"),
        ("_batch_norm", "(x, scale, offset, mean, var)", "(x, scale, offset, var, mean)",
         "exported_layers: mean and variance change places"),
    ),
    *planted_in(
        f"{ROOM}/forms/elementwise.py",
        ("_but_for_0", "np.all(y.constant)", "True", "exported_ops: a constant divides by 0"),
        ("_remainder", "g.node('Where', differ, g.node('Add', rest, y), rest)", "rest",
         "exported_ops: remainders have the sign of what is divided"),
    ),
    *planted_in(
        f"{ROOM}/forms/indexing.py",
        ("_spread", "n - start - lengths[axis]", "0",
         "exported_functions: the gradient of a slice ends where that does"),
        ("spelt", "places[0][1] if together else 0", "0",
         "exported_ops: what index arrays pick stands in front"),
    ),
    *planted_in(
        f"{ROOM}/forms/contractions.py",
        ("_conv_transpose", "any((other != left for other in others))", "False",
         "onnx export: a transposed convolution leaves out at each size what it does at one"),
        ("_conv_weight_grad", "v.static['dilation']", "v.static['stride']",
         "exported_ops: the gradient by a convolution's weight keeps stride and dilation"),
        ("_pool", "_pads(v.static['padding'])", "None", "exported_ops: windows without padding"),
    ),
    *planted_in(
        f"{ROOM}/definitions/elementwise.py",
        ("_log1p", "where(isinf(u), u, right)", "right", "exported_ops: log(1 + ∞) is no number"),
        ("_atan2", "_signbit(y)", "less(y, 0)", "exported_ops: an angle beside −0"),
    ),
    *planted_in(
        f"{ROOM}/definitions/matrices.py",
        ("_swapped_rows", "argmax(abs(x[..., k:, k]), axis=-1) + k",
         "argmax(x[..., k:, k], axis=-1) * 0 + k",
         "exported_ops: a pivot may be 0"),
    ),
]  # fmt: skip

"""What computes each operator of ONNX: functions of values, entered into the table by name.

Inputs come by place, ``None`` for one that is left out, and attributes by name; most are written in
the engine's own operations, so that gradients, pictures and formulas come by themselves.

``elementwise`` (arithmetic, activations, dtypes), ``shapes``, ``indexing``, ``reductions``,
``products`` (with convolutions), ``pooling``, ``normalization``, ``recurrent``, ``resizing``,
``frequencies``, ``losses``, ``drawing_numbers``; ``quantization`` and ``quantized_layers``;
``control`` (branches, loops), ``sequences``; ``classical``, ``trees``, ``support_vectors`` and
``text``, of scikit-learn; ``fused``, ``fused_attention`` and
``language_models``, which onnxruntime's optimizer and builders write.
"""

from tensorgraph.onnx.importing.operators import (
    classical as classical,
    control as control,
    drawing_numbers as drawing_numbers,
    elementwise as elementwise,
    frequencies as frequencies,
    fused as fused,
    fused_attention as fused_attention,
    indexing as indexing,
    language_models as language_models,
    losses as losses,
    normalization as normalization,
    pooling as pooling,
    products as products,
    quantization as quantization,
    quantized_layers as quantized_layers,
    recurrent as recurrent,
    reductions as reductions,
    resizing as resizing,
    sequences as sequences,
    shapes as shapes,
    support_vectors as support_vectors,
    text as text,
    trees as trees,
)

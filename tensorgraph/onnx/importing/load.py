"""``load``: an ONNX file as a module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorgraph.errors import OnnxError, listing
from tensorgraph.onnx.importing import operators as operators
from tensorgraph.onnx.importing.building import Builder
from tensorgraph.onnx.importing.files import Source, read_model
from tensorgraph.onnx.importing.graph import Declared, Graph
from tensorgraph.onnx.importing.imported import Imported
from tensorgraph.onnx.importing.reading import NEWEST, Reader
from tensorgraph.onnx.importing.weights import give_weights, shorten_paths


def load(source: Source, outputs: Sequence[str] | None = None) -> Imported:
    """Return the network of an ONNX file as a module, in evaluation mode.

    Its graph is one like any other: it can be trained, rendered, derived, compiled. A file does not
    say which of its arrays were trained; here, those of floating-point numbers are

    - *no state*, if they are only settings (axes, shapes, bounds, scales of quantised numbers), or
      stand in a node ``Constant``, but where an operator takes a weight and elements differ;
    - *buffers*, if they are running averages, data that ``Scan`` goes through (those of nearest
      neighbours), numbers without axes, or single ones (an ε) that no operator takes as a weight,
      none with weights comes before, and no module is named of;
    - else *parameters*: also constants that no rule tells apart. What an exporter wrote once,
      because it was equal, stays one parameter.

    They lie in modules where the exporter tells of such, under their names in the file, or as
    ``weight`` and ``bias`` where those are only numbers (PyTorch's ``onnx::MatMul_311``: a weight
    that it turned). Look through ``model.names``, and give an optimizer what is to be trained. The
    weights of a network that was quantised are whole numbers: it has few parameters or none.
    ``model.train()`` lets dropout and batch norm do what they do in training.

    What is known: the operators of ``ai.onnx`` up to opset 28, with control flow, sequences, text
    and quantised arithmetic; of ``ai.onnx.ml`` linear models, support vectors, scalers, encoders
    and trees; of ``com.microsoft`` what onnxruntime's optimizer (``ORT_ENABLE_EXTENDED``),
    quantiser and builders of language models commonly write. Numbers of bfloat16 and of 8 bits or
    fewer are held in float32, int8 or uint8: exactly those of the file, and rounded where it casts
    to them; what is computed of them is not rounded. There are no complex ones. Values that numbers
    in the file ask for may have 2²⁸ elements, loops in one another may go round 10⁶ times in all.

    Args:
        source: a path, bytes, an open file, or an ``onnx.ModelProto``. Weights in files of their
            own must lie in the model's folder.
        outputs: the names of the values to return, in place of the file's: what comes before the
            last layer, say.

    Raises:
        OnnxError: the file is damaged or contradicts itself; or it needs operators that are not
            known, of which it lists all.
        OSError: the file cannot be read.

    Example:
        >>> import numpy as np, onnx, tensorgraph as tg
        >>> helper, weight = onnx.helper, onnx.numpy_helper.from_array
        >>> shape = lambda name, n: helper.make_tensor_value_info(name, 1, ["batch", n])
        >>> graph = helper.make_graph(
        ...     [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)], "line",
        ...     [shape("x", 2)], [shape("y", 1)], [weight(np.float32([[1, 2]]), "w")])
        >>> model = tg.onnx.load(helper.make_model(graph))
        >>> print(model(tg.tensor([[3.0, 4.0]])), [name for name, _ in model.named_parameters()])
        [[11.]] ['w']
    """
    proto, file, folder = read_model(source)
    try:
        return _imported(proto, file, folder, outputs)
    except OnnxError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise OnnxError(f"{file} is damaged ({type(error).__name__}: {error})") from error


def _imported(
    proto: Any, file: str, folder: Path | None, outputs: Sequence[str] | None
) -> Imported:
    reader = Reader(proto, file, folder)
    for domain, version in reader.opsets.items():
        if version > NEWEST.get(domain, version):
            raise OnnxError(
                f"{file} is of opset {version} of {domain or 'ai.onnx'!r}; known are those up to"
                f" {NEWEST[domain]}"
            )
    graph = reader.read(proto.graph)
    if outputs is not None:
        _end_at(graph, outputs, file)
    producer = f"{proto.producer_name} {proto.producer_version}"
    model = Imported(graph.inputs, graph.outputs, producer, reader.opsets)
    shorten_paths(graph)
    weights = give_weights(model, graph, reader)
    constants = {n: a for n, a in reader.constants.items() if n not in weights}
    named = reader.initial | reader.written
    model.names = {".".join(path): named[name] for name, path in weights.items()}
    model.program = Builder(constants, weights).build(model, graph)
    model.quantised = any(map(_of_few_bits, constants.values()))
    return model.eval()


def _of_few_bits(array: Any) -> bool:
    return array.dtype.kind in "iu" and array.dtype.itemsize == 1


def _end_at(graph: Graph, outputs: Sequence[str], file: str) -> None:
    """Let a graph return other values."""
    made = [name for node in graph.nodes for name in node.outputs if name]
    unknown = [name for name in outputs if name not in made]
    if unknown or not outputs:
        raise OnnxError(f"{file} computes no {listing(unknown)}; it computes {listing(made[::-1])}")
    declared = {value.name: value for value in graph.outputs}
    graph.outputs = [declared.get(name, Declared(name, None, None)) for name in outputs]
    graph.output_names = list(outputs)

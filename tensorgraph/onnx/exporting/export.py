"""``tg.onnx.export``: what a model or a function computes, as an ONNX file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.nested_containers import unflatten
from tensorgraph.files import write
from tensorgraph.leads.calls import with_leads
from tensorgraph.onnx.exporting import files
from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.example_call import (
    BATCH,
    Axes,
    ExampleCall,
    example_call,
    named,
    places,
    split_path,
)
from tensorgraph.onnx.exporting.graph_reading import Place, Reading
from tensorgraph.onnx.exporting.lowering import Lowering, form_of
from tensorgraph.onnx.exporting.program import Aligned, Value
from tensorgraph.onnx.exporting.sampling import sampled
from tensorgraph.onnx.importing.imported import Imported
from tensorgraph.symbolic.expr import Expr

OPSET = 20
"""The version of the operators that is written unless another is asked for: of January 2024."""
LEAST_OPSET = 18


@with_leads
def export(
    model: Callable[..., Any],
    *inputs: Any,
    path: str | PathLike[str] | None = None,
    dynamic_axes: Axes | str | None = BATCH,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset: int = OPSET,
    external_above: int = files.LARGEST_FILE,
) -> Any:
    """Write what a model or a function computes as an ONNX file, and return the ``ModelProto``.

    The function is traced, so that all that tg's operations compute is written: also a gradient,
    as ``tg.onnx.export(tg.grad(cost), w, "grad.onnx")``. Parameters are called as in the state
    dict, inputs as in the function's signature, nodes by the path of their module.

    A model, or a method of one, is exported in evaluation mode, and its mode put back. Any other
    function is written as it runs: in training mode dropout draws, by the runtime's generator, and
    batch norm, whose running averages a file cannot keep, is an error. What is checked of values,
    such as labels, the file does not check. Python's numbers among the inputs are constants.

    Args:
        model: a module or a function of arrays.
        inputs: example inputs, of which shapes and dtypes are read; the path may stand last. One
            tuple alone is the list of inputs.
        path: the file; without one nothing is written.
        dynamic_axes: the axes whose size is not that of the examples: ``{"x": {0: "batch"}}``.
            A word names the first axis of the first input, and of those that are as long;
            ``None`` fixes all sizes. Those of a loaded network are by default its file's.
        input_names: other names for the inputs.
        output_names: other names for the outputs.
        opset: the version of ONNX's operators.
        external_above: with more bytes of weights these go into a second file, ``<path>.data``,
            which the ``ModelProto`` names then; above 2 GiB they always do.

    Raises:
        ExportError: operations have no form in ONNX, all of which are named; a size cannot be
            any; the function writes to tensors; or there are more than 2 GiB of weights and no
            path.
        ArgumentError: names, axes or the opset do not fit.
        DTypeError: there is no function, or no array.
        GraphError: the function asks for the value of an element.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU(), tg.nn.Linear(4, 2))
        >>> proto = tg.onnx.export(model, tg.ones((1, 3)))
        >>> [node.op_type for node in proto.graph.node]
        ['Gemm', 'Relu', 'Gemm']
        >>> [tensor.name for tensor in proto.graph.initializer]
        ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias']
    """
    examples, path = split_path(inputs, path)
    files.check_opset(opset, LEAST_OPSET)
    call = example_call(model, examples, input_names, dynamic_axes)
    with call.evaluated():
        samples, readings = sampled(call)
    emitter = Emitter(opset, call.axes)
    ins, outs = _written(emitter, call, samples, readings, output_names)
    title = getattr(model, "__name__", type(model).__name__)
    version = sys.modules["tensorgraph"].__version__
    proto = files.model_of(emitter, title, ins, outs, version, path, external_above)
    if path is not None:
        write(path, proto.SerializeToString())
    return proto


def _written(
    g: Emitter,
    call: ExampleCall,
    samples: Sequence[Mapping[str, int]],
    readings: Sequence[Reading],
    output_names: Sequence[str] | None,
) -> tuple[list[files.Port], list[files.Port]]:
    """Add all nodes; return the inputs and the outputs."""
    places: dict[Expr, Place] = {}
    roots = []
    missing: dict[Expr, str] = {}
    named_tensors = _in_all(readings)
    for reading in readings:
        places |= reading.places
        lowering = Lowering(places, reading.unnamed(named_tensors))
        roots.append(lowering.lowered(reading.captured.outputs))
        missing = missing or lowering.without_form
    _refuse(missing, places)
    if not roots[0]:
        raise errors.DTypeError("onnx.export: the function returns no array")
    if len({len(found) for found in roots}) > 1:
        raise errors.ExportError(
            f"onnx.export: the function returns {len(roots[0])} arrays at one size of"
            f" {' and '.join(call.sizes)} and another number at another; write"
            " dynamic_axes=None for a file that takes the sizes of the examples only"
        )
    aligned = Aligned(samples, places)
    ins = _given(g, call, aligned, readings, named_tensors)
    outputs = [aligned.value(es) for es in zip(*roots, strict=True)]
    names = named(output_names, _output_names(call.function, readings[0]), "output_names")
    kept = [g.name(name) for name in names]
    if output_names is not None and kept != names:
        raise errors.ArgumentError(
            f"onnx.export: output_names={names} must not be names of inputs or parameters, as are"
            f" {[name for name, free in zip(names, kept, strict=True) if name != free]}"
        )
    _emit(g, aligned)
    for name, value in zip(kept, outputs, strict=True):
        g.output(name, g.get(value))
    return ins, [
        files.Port(name, value.dtype, value.shape)
        for name, value in zip(kept, outputs, strict=True)
    ]


def _refuse(missing: Mapping[Expr, str], places: Mapping[Expr, Place]) -> None:
    """Raise if there are operations without a form, and name them all."""
    if not missing:
        return
    lines = dict.fromkeys(
        f"  {e.op.name if e.op else e!r}{places.get(e, Place())}"
        + (f": {why.splitlines()[0]}" if why else "")
        for e, why in missing.items()
    )
    raise errors.ExportError(
        "onnx.export: ONNX has no operators for\n" + "\n".join(lines) + "\nCompute these outside of"
        " what is exported, and give them to it as inputs; an operation of your own is exported if"
        " its record says what it is in ordinary ones: tg.op(…, body=lambda x: …)"
    )


def _in_all(readings: Sequence[Reading]) -> list[str]:
    """Return the names of the tensors that are the same ones at all sizes."""
    tensors = [
        {(name, id(t)): None for name, (_, t) in reading.named_tensors().items()}
        for reading in readings
    ]
    return [name for name, i in tensors[0] if all((name, i) in others for others in tensors)]


def _given(
    g: Emitter,
    call: ExampleCall,
    aligned: Aligned,
    readings: Sequence[Reading],
    named_tensors: Sequence[str],
) -> list[files.Port]:
    """Name what is there before anything is computed: inputs, parameters, numbers."""
    found = []
    for i, name in enumerate(call.names):
        value = aligned.given(tuple(r.captured.inputs[i] for r in readings))
        g.put(value, g.name(name))
        found.append(files.Port(name, value.dtype, value.shape))
    captures = [reading.captured for reading in readings]
    tensors = [reading.named_tensors() for reading in readings]
    names = {}
    for name in named_tensors:
        value = aligned.given(tuple(own[name][0] for own in tensors))
        e, tensor = tensors[0][name]
        names[e] = name
        _put_array(g, value, name, tensor)
    for several in zip(*(c.accumulated.items() for c in captures), strict=False):
        gradients, owners = zip(*several, strict=True)
        owner = captures[0].tensors[owners[0]]
        name = names.get(owners[0], "tensor")
        _put_array(g, aligned.given(gradients), f"{name}.grad", owner.grad)
    for several in zip(*(c.numbers.items() for c in captures), strict=False):
        value = aligned.given(tuple(e for e, _ in several))
        value.constant = several[0][1]()
    for draws in zip(*(c.draws for c in captures), strict=False):
        aligned.given(draws)
    return found


def _put_array(g: Emitter, value: Value, name: str, tensor: Any) -> None:
    name = g.name(name)
    g.add_initializer(name, to_host(tensor.data))
    g.put(value, name)


def _emit(g: Emitter, aligned: Aligned) -> None:
    """Add the nodes of all values, operands first.

    Raises:
        ExportError: some have no form at sizes that may be any.
    """
    problems: dict[str, None] = {}
    for value in aligned.values.values():
        if value.op is None:
            continue
        g.place, g.label = value.place, value.op.name
        try:
            name = form_of(value.op).emit(g, value)
            g.put(value, name)
            g.axes |= {size: (name, axis) for size, axis in aligned.sources[value].items()}
        except NotImplementedError as error:
            problems[f"  {value.op.name}{value.place}: {error}"] = None
            g.put(value, g.name("missing"))
    g.place, g.label = Place(), ""
    if problems:
        raise errors.ExportError(
            "onnx.export: these need sizes that are known\n" + "\n".join(problems) + "\nWrite"
            " dynamic_axes=None for a file that takes the sizes of the examples only"
        )


def _output_names(function: Any, reading: Reading) -> list[str]:
    """Return what outputs are called: as in a loaded network's file, by keys, or by number."""
    captured = reading.captured
    if isinstance(function, Imported) and len(function.outputs) == len(captured.outputs):
        return [declared.name for declared in function.outputs]
    tree = unflatten(captured.structure, list(captured.outputs))
    if isinstance(tree, Expr):
        return ["output"]
    keyed = (
        isinstance(tree, dict)
        or hasattr(tree, "_fields")
        or hasattr(type(tree), "__dataclass_fields__")
    )
    found = places(tree, "" if keyed else "output", lambda leaf: type(leaf) is Expr)
    return found if keyed else [name.replace(".", "_") for name in found]

"""``tg.diff``: what two graphs, models or runs do not have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import boolean, number
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.differences.array_difference import Tolerance, plain
from tensorgraph.differences.graph_changes import changes, renamed
from tensorgraph.differences.graph_pairs import matched
from tensorgraph.differences.graph_result import GraphDifference
from tensorgraph.differences.graph_side import Side
from tensorgraph.differences.graph_values import again, compared
from tensorgraph.differences.module_rows import ModuleDifference
from tensorgraph.differences.named_arrays import ArraysDifference
from tensorgraph.drawing.formats.norm_map import run_of
from tensorgraph.drawing.scene.from_expressions import scene_of_trace
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.recording import recording_of
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.engine.modes import user_frame
from tensorgraph.engine.nested_containers import flatten, opened
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.recorded_call import call_name, call_parameters
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.observe.watch import Watch
from tensorgraph.symbolic.trace import Trace

Result = GraphDifference | ModuleDifference | ArraysDifference


@with_leads
def diff(
    a: Any,
    b: Any,
    *inputs: Any,
    structure: bool = True,
    values: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
) -> Result:
    """Return what two graphs, models or runs do not have in common; it is false if they are alike.

    Of graphs, the operations that were added, removed or changed, and where values differ first,
    and gradients. What matches is found by structure: a layer put between others, another name of a
    variable or another order of independent branches leaves all else the same. Printed, it reads
    like the difference of two files; ``.render()`` is one picture of both.

    Args:
        a: a tensor or several, whose graph is compared; a module or a function, which is run on
            ``inputs``; or modules alone, whose layers and parameters are. Two histories of
            :func:`tg.train.fit`, ``state_dict()`` or other mappings are compared by name, a
            :class:`tg.nn.Watch` by its norms, a :func:`tg.trace` by its operations.
            Gradients are those of a weighted sum of all results, by parameters and by floating
            inputs.
        b: the other one.
        *inputs: an example of what both modules or functions are called with.
        structure: whether other operations are a difference. Without, only what comes out counts,
            and the gradients of leaves: for two implementations that should agree.
        values: whether numbers are compared, too. The graphs are computed again for it.
        rtol: how far numbers may be apart, as a part of the larger one.
        atol: how far beside it. Without both, what is computed may differ by its rounding, 2.4e-5
            of an array's largest element in float32 and 3.7e-11 in float64; parameters and what
            else is stored must be equal.

    Raises:
        ArgumentError: arguments of a module or function are missing; a tolerance is none.
        DTypeError: nothing that can be compared, or two things of different kinds.
        GraphError: nothing was recorded.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> def network(activation):
        ...     tg.random.seed(0)
        ...     return nn.Sequential(nn.Linear(4, 8), activation, nn.Linear(8, 3))
        >>> a, b, x = network(nn.ReLU()), network(nn.Tanh()), tg.ones((2, 4))
        >>> print(tg.diff(a, b, x, values=False))
        Sequential: 1 changed, 2 operations the same
          linear(x, layers.0.weight, layers.0.bias)  in b.layers[0] Linear
        ~ tanh(linear): relu → tanh  in b.layers[1] Tanh
          linear(tanh, layers.2.weight, layers.2.bias)  in b.layers[2] Linear
        >>> assert not tg.diff(a, network(nn.ReLU()), x)
    """
    boolean(structure, "diff: structure")
    boolean(values, "diff: values")
    limits = [
        None if given is None else number(given, f"diff: {name}", 0)
        for name, given in (("rtol", rtol), ("atol", atol))
    ]
    if isinstance(b, (int, float)) and isinstance(a, (Tensor, np.ndarray, list)):
        raise errors.DTypeError(
            "diff: two graphs, models or runs are compared; for the differences between neighbours"
            " in an array, as np.diff has them, write x[1:] - x[:-1]"
        )
    tolerance = Tolerance(*limits)
    frame = user_frame()
    if isinstance(a, Watch) and isinstance(b, Watch):
        return ArraysDifference(_norms(a), _norms(b), tolerance, values)
    if isinstance(a, Mapping) and isinstance(b, Mapping) and not _holds_graphs(a, b):
        return ArraysDifference(a, b, tolerance, values)
    if isinstance(a, Module) and isinstance(b, Module) and not inputs:
        return ModuleDifference(a, b, tolerance, values)
    if _is_stored(a) and _is_stored(b):
        return ArraysDifference({"values": a}, {"values": b}, tolerance, values)
    for one, other in ((a, b), (b, a)):
        if not _has_graph(one):
            raise errors.DTypeError(
                "diff: two graphs, models or runs are compared: tensors, modules, functions with"
                f" their arguments, histories or state dicts, not {errors.describe(one)} and"
                f" {errors.describe(other)}"
            )
    return _of_graphs(a, b, inputs, frame, structure, values, tolerance)


def _of_graphs(
    a: Any,
    b: Any,
    inputs: tuple[Any, ...],
    frame: FrameType,
    structure: bool,
    values: bool,
    tolerance: Tolerance,
) -> GraphDifference:
    scenes = [_scene(x, inputs, frame) for x in (a, b)]
    runs = [again(*each) if values else None for each in scenes]
    left, right = (
        Side(scene, None if run is None else [plain(value) for value in run.values])
        for (scene, _), run in zip(scenes, runs, strict=True)
    )
    pairs = matched(left, right)
    known = [run for run in runs if run is not None]
    found = compared(left, right, pairs, known, tolerance) if len(known) == 2 else None
    told, names = changes(left, right, pairs), renamed(left, right, pairs)
    return GraphDifference(left, right, pairs, told, names, found, structure)


def _scene(x: Any, inputs: tuple[Any, ...], frame: FrameType) -> tuple[Scene, list[Any] | None]:
    """Return the scene of one side, and the places of its boxes, if it has a graph."""
    if isinstance(x, Trace):
        return scene_of_trace(x), None
    f = x.__wrapped__ if isinstance(x, Compiled) else x
    is_run = isinstance(f, Module) or (callable(f) and not isinstance(f, Tensor))
    if is_run and not inputs and call_parameters(f):
        raise errors.ArgumentError(
            f"diff: {call_name(f) or 'a function'} is compared by running it once; give an example"
            " of its arguments: tg.diff(a, b, x)"
        )
    recording = recording_of(f, inputs if is_run else (), frame, "diff")
    recording.derives_by_followed = True
    return capture(recording)


def _has_graph(x: Any) -> bool:
    if callable(x) or isinstance(x, (Tensor, Trace)):
        return True
    leaves = flatten(x)[0] if opened(x) is not None else []
    return bool(leaves) and all(type(leaf) is Tensor for leaf in leaves)


def _is_stored(x: Any) -> bool:
    """Return whether something is an array, or a tensor that nothing computed."""
    if isinstance(x, Tensor):
        return x.node is None
    return isinstance(x, (np.ndarray, np.generic, int, float, complex))


def _holds_graphs(*runs: Mapping[str, Any]) -> bool:
    """Return whether mappings hold recorded results, as a model may return them."""
    leaves = [leaf for run in runs for leaf in flatten(run)[0]]
    return bool(leaves) and all(isinstance(v, Tensor) and v.node is not None for v in leaves)


def _norms(watch: Watch) -> dict[str, Any]:
    found = run_of(watch) or {}
    return {
        f"{kind} of {layer}": norms for kind, by in found.items() for layer, norms in by.items()
    }

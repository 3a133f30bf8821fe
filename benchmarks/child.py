"""What runs in a process of its own: one task by one library; prints its figures as JSON.

python -m benchmarks.child torch-eager step tiny
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks import measure
from benchmarks.libraries import Missing
from benchmarks.nets import NETS
from benchmarks.tasks import ADAM, JACOBIANS, LENGTH, OPERATIONS, PER_EXAMPLE, SHAPES

LIBRARIES = {
    "tensorgraph": ("ours", "eager"),
    "tensorgraph-compiled": ("ours", "compiled"),
    "torch-eager": ("pytorch", "eager"),
    "torch-fused": ("pytorch", "fused"),
    "torch-compiled": ("pytorch", "compiled"),
    "jax-jit": ("jax_jit", "jit"),
}
"""By the name in tables: the file in ``libraries``, and which of its ways to run a step."""

Figures = dict[str, float]


def step(library: Any, variant: str, name: str) -> Figures:
    """Return a training step's seconds, the memory it needs beyond the start, and page faults."""
    library.finish(library.step(NETS["tiny"], variant)())  # what code it takes is in memory then
    measure.forget_peak()
    before = measure.resident()
    action = library.step(NETS[name], variant)
    seconds = measure.cpu_seconds(action, library.finish)
    most = measure.peak() - before
    faults, calls = measure.page_faults(), 20
    for _ in range(calls):
        library.finish(action())
    return {
        "seconds": measure.median(seconds),
        "least": min(seconds),
        "peak": most,
        "faults": (measure.page_faults() - faults) / calls,
    }


def operations(library: Any, variant: str) -> Figures:
    """Return the seconds of one operation, forward and backward, for each operation and shape."""
    return {
        f"{name}  {shape}": measure.median(
            measure.cpu_seconds(library.operation(name, shape), library.finish)
        )
        / LENGTH
        for shape in SHAPES
        for name in OPERATIONS
    }


def adam(library: Any, variant: str) -> Figures:
    """Return the seconds of Adam's step, by how many parameters it has."""
    return {
        f"{count} × {size:,}": measure.median(
            measure.cpu_seconds(library.adam(count, size), library.finish)
        )
        for count, size, _ in ADAM
    }


def transforms(library: Any, variant: str) -> Figures:
    """Return the seconds of gradients of each example, and of Jacobians and a Hessian."""
    actions = {f"{sizes} each": library.per_example(sizes) for sizes in PER_EXAMPLE}
    if hasattr(library, "tiled"):
        actions |= {f"{sizes} tiled": library.tiled(sizes) for sizes in PER_EXAMPLE}
    actions |= {name: library.jacobian(name) for name in JACOBIANS}
    return {
        name: measure.median(measure.cpu_seconds(action, library.finish))
        for name, action in actions.items()
    }


def nodes(library: Any, variant: str, count: int = 100_000) -> Figures:
    """Return the bytes that a recorded operation on numbers keeps."""
    y, c = library.scalar()
    for _ in range(1000):
        y = y + c
    before = measure.resident()
    for _ in range(count):
        y = y + c
    return {"bytes": (measure.resident() - before) / count}


TASKS: dict[str, Callable[..., Figures]] = {
    "step": step, "operations": operations, "adam": adam, "nodes": nodes,
    "transforms": transforms,
}  # fmt: skip


def imported() -> Figures:
    """Return the seconds that importing tensorgraph takes beyond importing NumPy."""
    import_module("numpy")
    start = time.process_time()
    import_module("tensorgraph")
    return {"seconds": time.process_time() - start}


def main(name: str, task: str, *arguments: str) -> dict[str, Any]:
    if task == "import":
        return {"figures": imported()}
    file, variant = LIBRARIES[name]
    try:
        library = import_module(f"benchmarks.libraries.{file}")
        figures = TASKS[task](library, variant, *arguments)
    except ModuleNotFoundError as error:
        return {"missing": f"no module named {error.name}"}
    except Missing as missing:
        return {"missing": str(missing)}
    return {"version": library.version(), "figures": figures}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))

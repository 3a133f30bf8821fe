"""What CuPy has of NumPy's functions, read from CuPy itself: it can be imported without a device.

    python -m tests.engine.cupy_names

writes ``cupy_names.json`` anew where the package ``cupy-cuda12x`` is installed; nothing else needs
it. How its arrays answer NumPy's functions stands in ``cupy/_core/core.pyx``: by the function of
the same name in the same module, and for methods of ufuncs, in ``_kernel.pyx``, by what these have.
"""

import inspect
import json
from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".json")
MODULES = ("", "linalg", "fft", "lib.stride_tricks")


@cache
def names():
    return json.loads(FILE.read_text("utf-8"))


def written():
    """Return what CuPy has: parameters of functions; of ufuncs methods and types; attributes."""
    import cupy

    functions, ufuncs = {}, {}
    for module in MODULES:
        ours, theirs = np, cupy
        for part in module.split(".") if module else []:
            ours, theirs = getattr(ours, part), getattr(theirs, part, None)
        for name in dir(ours):
            function, peer = getattr(ours, name), getattr(theirs, name, None)
            if not callable(peer) or isinstance(peer, type) or peer is function:
                continue
            path = f"{module}.{name}" if module else name
            if isinstance(function, np.ufunc):
                ufuncs[path] = [method_names(peer), getattr(peer, "types", [])]
            elif callable(function) and not isinstance(function, type):
                functions[path] = parameters(peer)
    methods = [name for name in dir(cupy.ndarray) if not name.startswith("_")]
    return {
        "version": cupy.__version__,
        "functions": functions,
        "ufuncs": ufuncs,
        "attributes": methods,
    }


def parameters(function):
    """Return the names of a function's parameters, nothing where they are not told, or any."""
    try:
        found = inspect.signature(function).parameters
    except ValueError:
        return None
    any_number = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return None if any(p.kind in any_number for p in found.values()) else list(found)


def method_names(ufunc):
    """Return the methods that work: the others are there, and raise."""
    name = getattr(ufunc, "name", "")
    found = ["outer"] if hasattr(ufunc, "outer") else []
    found += ["at"] if getattr(ufunc, "_scatter_op", None) is not None else []
    found += ["reduce", "accumulate"] if name in ("cupy_add", "cupy_multiply") else []
    return found + (["reduceat"] if name == "cupy_add" else [])


def text(found):
    """Return it as JSON with a line for each function."""
    parts = []
    for key, value in found.items():
        lines = (
            [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            if isinstance(value, dict)
            else []
        )
        whole = "{\n  " + ",\n  ".join(lines) + "\n }" if lines else json.dumps(value)
        parts.append(f" {json.dumps(key)}: {whole}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(written()), "utf-8")

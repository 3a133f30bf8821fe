"""Run measurements, print them as tables and write them as JSON.

    python -m benchmarks [PART ...] [--peers PYTHON] [--nets tiny small] [--libraries …]

Every library runs in a process of its own, pinned to one core, on one thread; processes run in
turn. Figures are medians of processor time. PyTorch and JAX are looked for in the environment of
the given Python, such as one made by ``python3 -m venv DIR && DIR/bin/pip install torch jax``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks import distributed, layout
from benchmarks.nets import NETS
from benchmarks.processes import Machine, all_libraries, last_core
from benchmarks.table import Goal, Row, table
from benchmarks.tasks import ADAM, JACOBIANS, OPERATIONS, PER_EXAMPLE, SHAPES

EAGER = ("tensorgraph", "torch-eager")


def steps(machine: Machine, chosen: argparse.Namespace) -> list[Row]:
    """Return a row for each net's training step; memory and page faults come with it."""
    rows = []
    for name in chosen.nets:
        net = NETS[name]
        found = machine.figures(chosen.libraries, "step", name)
        peers = tuple(library for library in found if not library.startswith("tensorgraph"))
        goals = (
            Goal("tensorgraph", net.eager, ("torch-eager",)),
            Goal("tensorgraph-compiled", net.compiled, peers),
        )
        rows += [
            Row(f"{name}  {net.shown}", "µs", _scaled(found, "seconds", 1e6), goals),
            Row("  the fastest block", "µs", _scaled(found, "least", 1e6)),
            Row("  peak memory", "MiB", _scaled(found, "peak", 2**-20)),
            Row("  page faults a step", "", _scaled(found, "faults", 1.0)),
        ]
    return rows


def operations(machine: Machine, chosen: argparse.Namespace) -> list[Row]:
    """Return a row for each operation and shape, and the geometric mean for each shape."""
    found = machine.figures(_eager(chosen), "operations")
    rows = []
    for shape in SHAPES:
        here = [Row(n, "µs", _scaled(found, f"{n}  {shape}", 1e6)) for n in OPERATIONS]
        means = {
            library: math.prod(row.figures[library] for row in here) ** (1 / len(here))
            for library in found
        }
        goals = () if shape == (64, 64) else (Goal("tensorgraph", 0.6, ("torch-eager",)),)
        rows += [Row(f"{shape}: geometric mean", "µs", means, goals), *here]
    return rows


def adam(machine: Machine, chosen: argparse.Namespace) -> list[Row]:
    """Return a row for each number of parameters."""
    found = machine.figures(_eager(chosen), "adam")
    return [
        Row(
            f"{count} × {size:,}", "µs", _scaled(found, f"{count} × {size:,}", 1e6),
            (Goal("tensorgraph", most, ("torch-eager",)),),
        )
        for count, size, most in ADAM
    ]  # fmt: skip


def transforms(machine: Machine, chosen: argparse.Namespace) -> list[Row]:
    """Return a row for each network whose gradients are computed example by example, and others.

    Beside our vmap stand copies of the parameters made by hand.
    """
    found = machine.figures(_eager(chosen), "transforms")
    goals = (Goal("tensorgraph", 1.0, ("torch-eager",)),)
    rows = []
    for sizes in PER_EXAMPLE:
        figures = _scaled(found, f"{sizes} each", 1e6)
        by_hand = {name: found[name][f"{sizes} tiled"] * 1e6 for name in ("tensorgraph",)}
        rows += [
            Row(f"vmap(grad)  {sizes}", "µs", figures, goals),
            Row("  by copies of the parameters", "µs", by_hand),
        ]
    return rows + [Row(name, "µs", _scaled(found, name, 1e6), goals) for name in JACOBIANS]


def footprint(machine: Machine, chosen: argparse.Namespace) -> list[Row]:
    """Return the time of the import, and the bytes of a recorded operation."""
    seconds = machine.figures(["tensorgraph"], "import")
    sizes = machine.figures(_eager(chosen), "nodes")
    return [
        Row(
            "import beyond NumPy's", "ms", _scaled(seconds, "seconds", 1e3),
            (Goal("tensorgraph", 35),),
        ),
        Row("recorded operation", "B", _scaled(sizes, "bytes", 1)),
    ]  # fmt: skip


PARTS = {
    "steps": ("One training step; ≤: eager beside torch-eager, compiled beside the best", steps),
    "operations": ("One operation, forward and backward", operations),
    "adam": ("One step of Adam", adam),
    "transforms": ("Gradients of each example, Jacobians and a Hessian", transforms),
    "footprint": ("Import and memory", footprint),
    "layout": ("Widths of drawings, beside those by Graphviz", lambda *_: layout.run()),
    "distributed": ("Steps that processes share; wall time", lambda *_: distributed.run()),
}


def _eager(chosen: argparse.Namespace) -> list[str]:
    return [library for library in EAGER if library in chosen.libraries]


def _scaled(found: dict[str, dict[str, float]], name: str, factor: float) -> dict[str, float]:
    return {library: figures[name] * factor for library, figures in found.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)}; all by default")
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    names = all_libraries()
    parser.add_argument("--libraries", nargs="+", choices=names, default=names)
    parser.add_argument(
        "--peers", default=os.environ.get("PEERS", sys.executable), metavar="PYTHON"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=last_core())
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results.json"))
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part named {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    chosen = _arguments()
    machine = Machine(chosen.peers, chosen.rounds, chosen.core)
    results: dict[str, Any] = {}
    for name in chosen.parts or PARTS:
        title, run = PARTS[name]
        rows = run(machine, chosen)
        print(table(title, rows), flush=True)
        results[name] = [row.as_json() for row in rows]
    system = f"Python {platform.python_version()}, {platform.machine()}, core {chosen.core}"
    print("\n" + "\n".join([system, *(f"{k}: {v}" for k, v in machine.versions.items())]))
    results["conditions"] = {"system": system, **machine.versions}
    chosen.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"written to {chosen.out}")


if __name__ == "__main__":
    main()

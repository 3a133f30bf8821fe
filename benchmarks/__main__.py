"""Run all measurements, print them as tables and write them as JSON."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import convnet, footprint, layout, optimizers, per_op, training
from benchmarks.timing import conditions, table

PARTS = {
    "per_op": ("One operation, forward and backward; the peer is PyTorch", per_op.run),
    "training": ("One training step; the peer is PyTorch", training.run),
    "convnet": ("A convolutional net's training step, profiled; the peer is PyTorch", convnet.run),
    "optimizers": ("One step of an optimizer; the peer is PyTorch", optimizers.run),
    "layout": ("Widths of drawings; the peer is Graphviz", layout.run),
    "footprint": ("Import and memory", footprint.run),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)}; all by default")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results.json"))
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part named {', '.join(sorted(unknown))}")
    results: dict[str, object] = {"conditions": conditions()}
    print(results["conditions"])
    for name in arguments.parts or PARTS:
        title, run = PARTS[name]
        rows = run()
        print(table(title, rows), flush=True)
        results[name] = [asdict(row) | {"ratio": row.ratio} for row in rows]
    arguments.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"\nwritten to {arguments.out}")


if __name__ == "__main__":
    main()

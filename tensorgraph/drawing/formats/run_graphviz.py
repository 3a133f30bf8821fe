"""Graphviz's program, which draws what :mod:`tensorgraph.drawing.formats.to_dot` has written."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig

from tensorgraph import errors
from tensorgraph.drawing.formats.lengths import Size, length

PATIENCE = 60.0
"""Seconds until a run of Graphviz is given up."""


def program() -> str | None:
    """Return the path of ``dot``, or of graphviz-pure, which draws the same; ``None`` without."""
    scripts = sysconfig.get_path("scripts")
    return (
        shutil.which("dot")
        or shutil.which("graphviz-pure")
        or shutil.which("graphviz-pure", path=scripts)
    )


def drawn(text: str, kind: str, size: Size) -> bytes:
    """Return what Graphviz draws of a graph.

    Args:
        text: in Graphviz's language.
        kind: ``svg``, ``png`` or ``pdf``.
        size: how large it becomes.

    Raises:
        ImportError: Graphviz is not installed, or cannot draw this kind.
        GraphError: it fails, or takes too long.
    """
    path = program()
    if path is None:
        raise ImportError(
            "Graphviz is asked for by engine='dot', and its program `dot` is not found. Install"
            " Graphviz (apt install graphviz, brew install graphviz, https://graphviz.org/download)"
            + (", or write pip install 'tensorgraph-engine[dot]'" if kind != "pdf" else "")
            + "; engine='own' needs neither"
        )
    try:
        done = subprocess.run(
            [path, f"-T{kind}", *_size_of(kind, size)],
            input=text.encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise errors.GraphError(
            f"Graphviz did not finish within {PATIENCE:.0f} seconds; write a smaller max_nodes=,"
            " or engine='own'"
        ) from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"exit status {done.returncode}"
        if kind == "pdf" and "pure" in path:
            raise ImportError(
                "graphviz-pure draws no PDF; install Graphviz itself (apt install graphviz, brew"
                " install graphviz, https://graphviz.org/download), or write engine='own'"
            )
        raise errors.GraphError(f"Graphviz failed: {reason}; write engine='own'")
    return done.stdout[done.stdout.index(b"<svg") :] if kind == "svg" else done.stdout


def _size_of(kind: str, size: Size) -> list[str]:
    """Return the arguments that tell Graphviz how large a picture becomes."""
    sides = [length(side, "save") / 96 if side else 1000 for side in (size.width, size.height)]
    asked = [f"-Gsize={sides[0]:.4f},{sides[1]:.4f}!"] if min(sides) < 1000 else []
    return [*asked, f"-Gdpi={size.dpi:g}"] if kind == "png" else asked

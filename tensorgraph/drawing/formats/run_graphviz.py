"""Graphviz's program, which draws what :mod:`tensorgraph.drawing.formats.to_dot` has written."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig

from tensorgraph import errors

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


def drawn(text: str, kind: str) -> bytes:
    """Return what Graphviz draws of a graph.

    Args:
        text: in Graphviz's language.
        kind: ``svg``, ``png`` or ``pdf``.

    Raises:
        ImportError: Graphviz is not installed, or cannot draw this kind.
        GraphError: it fails, or takes too long.
    """
    path = program()
    if path is None:
        raise ImportError(
            f"Graphviz draws {kind.upper()}, and its program `dot` is not found. Install Graphviz"
            " (apt install graphviz, brew install graphviz, https://graphviz.org/download), or"
            + (" for PNG only" if kind == "pdf" else "")
            + " write pip install 'tensorgraph-engine[dot]'; SVG and HTML need neither"
        )
    try:
        done = subprocess.run(
            [path, f"-T{kind}"], input=text.encode(), capture_output=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise errors.GraphError(
            f"Graphviz did not finish within {PATIENCE:.0f} seconds; write a smaller max_nodes=,"
            " or save the picture as SVG or HTML"
        ) from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"exit status {done.returncode}"
        if kind == "pdf" and "pure" in path:
            raise ImportError(
                "graphviz-pure draws no PDF; install Graphviz itself (apt install graphviz, brew"
                " install graphviz, https://graphviz.org/download)"
            )
        raise errors.GraphError(f"Graphviz failed: {reason}; save the picture as SVG or HTML")
    return done.stdout

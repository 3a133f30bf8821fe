"""The parts of small pictures as SVG, with colours for light and dark."""

from __future__ import annotations

from tensorgraph.display.text import escaped

COLOURS = (
    "#3a86d6", "#d9730d", "#1a9c82", "#b0629f", "#c94f4f", "#8a8f1f", "#4fa3c7", "#8b7355",
)  # fmt: skip
"""Of lines and bars, to be told apart by most eyes, on white and on black."""

_STYLE = (
    "<style>"
    ".tg-back{fill:#fff}.tg-ink{fill:#1c1c22}.tg-soft{fill:#63636e}"
    ".tg-rule{stroke:#d5d5dc}.tg-mark{stroke:#1c1c22}"
    "@media (prefers-color-scheme:dark){"
    ".tg-back{fill:#17171c}.tg-ink{fill:#ececf1}.tg-soft{fill:#a0a0ac}"
    ".tg-rule{stroke:#3a3a44}.tg-mark{stroke:#ececf1}}"
    "</style>"
)


def document(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a picture with a title that a screen reader reads."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escaped(title)}"'
        f' font-family="system-ui, sans-serif" font-size="13">{_STYLE}'
        f'<rect class="tg-back" width="{width:g}" height="{height:g}"/>'
        f"{''.join(parts)}</svg>"
    )


def label(x: float, y: float, text: object, *, anchor: str = "start", soft: bool = False) -> str:
    """Return a text that starts, ends or has its middle at a place."""
    look = "tg-soft" if soft else "tg-ink"
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{look}" {place}>{escaped(text)}</text>'


def bar(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' fill="{colour}" fill-opacity="{opacity:g}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, look: str = "tg-rule") -> str:
    """Return a thin straight line."""
    return f'<line class="{look}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'

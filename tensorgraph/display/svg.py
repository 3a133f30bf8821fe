"""The parts of small pictures as SVG, with colours for light and dark screens."""

from __future__ import annotations

from collections.abc import Mapping

from tensorgraph.display.text import escaped

COLOURS = (
    "#3a86d6", "#d9730d", "#1a9c82", "#b0629f", "#c94f4f", "#8a8f1f", "#4fa3c7", "#8b7355",
)  # fmt: skip
"""Of lines and bars, to be told apart by most eyes, on white and on black."""

_INK, _SOFT, _RULE, _BACK = "#1c1c22", "#63636e", "#d5d5dc", "#ffffff"
_ON_DARK = {_INK: "#ececf1", _SOFT: "#a0a0ac", _RULE: "#3a3a44", _BACK: "#17171c"}


def dark_style(body: str, on_dark: Mapping[str, str], root: str) -> str:
    """Return a style sheet that changes the colours of a picture on a dark screen.

    Programs that know no style sheets draw the picture as it is. The sheet changes nothing outside.

    Args:
        body: the elements of the picture, or those attributes of theirs that are colours.
        on_dark: for each colour that may be in it, the one in its place.
        root: the class of the picture.

    Example:
        >>> dark_style('<rect fill="#fff"/>', {"#fff": "#000", "#eee": "#111"}, "p")
        '<style>@media(prefers-color-scheme:dark){.p [fill="#fff"]{fill:#000}}</style>'
    """
    rules = "".join(
        f'.{root} [{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in on_dark.items()
        for kind in ("fill", "stroke", "color")
        if f' {kind}="{light}"' in body
    )
    return f"<style>@media(prefers-color-scheme:dark){{{rules}}}</style>" if rules else ""


def document(width: float, height: float, title: str, parts: list[str]) -> str:
    """Return a picture with a title that a screen reader reads."""
    body = f'<rect width="{width:g}" height="{height:g}" fill="{_BACK}"/>{"".join(parts)}'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg-chart" width="{width:g}"'
        f' height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-label="{escaped(title)}" font-family="system-ui, sans-serif" font-size="13">'
        f"{dark_style(body, _ON_DARK, 'tg-chart')}{body}</svg>"
    )


def label(x: float, y: float, text: object, *, anchor: str = "start", soft: bool = False) -> str:
    """Return a text that starts, ends or has its middle at a place."""
    fill = _SOFT if soft else _INK
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{fill}">{escaped(text)}</text>'


def bar(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' fill="{colour}" fill-opacity="{opacity:g}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, strong: bool = False) -> str:
    """Return a thin straight line."""
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {place} stroke="{_INK if strong else _RULE}"/>'

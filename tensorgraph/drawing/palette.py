"""The colours of pictures: by name, one on light and one on dark paper; and greys for print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FAMILIES = {
    "elementwise": ("#2f6fde", "#6ea4ff"),
    "contract": ("#5b4bd6", "#9d8fff"),
    "linalg": ("#a02f8f", "#e08bd4"),
    "fused": ("#0b8f86", "#3fc7bb"),
    "reduce": ("#8a3fc4", "#c489f2"),
    "shape": ("#64748b", "#94a3b8"),
    "index": ("#0a85b8", "#4fbce8"),
    "random": ("#b86a0b", "#f0a94a"),
}
KINDS = {
    "parameter": ("#b7791f", "#eab54d"),
    "input": ("#2f855a", "#62c48f"),
    "constant": ("#78716c", "#a8a29e"),
    "module": ("#3f4f6b", "#a9b8d4"),
    "more": ("#78716c", "#a8a29e"),
    "gradient": ("#d2453d", "#ff8a80"),
}
HUES = (
    ("#2f6fde", "#6ea4ff"),
    ("#0b8f86", "#3fc7bb"),
    ("#8a3fc4", "#c489f2"),
    ("#b86a0b", "#f0a94a"),
    ("#c0357f", "#f58cc0"),
    ("#4d7c0f", "#a3d65c"),
    ("#0a85b8", "#4fbce8"),
    ("#7c4a2d", "#d3a184"),
)
HEATS = (
    ("#8f9bb3", "#6c7690"),
    ("#7a8fc4", "#6f83c9"),
    ("#6a7fd0", "#7f86e8"),
    ("#7c63c9", "#a184f0"),
    ("#a34fb0", "#cf83dc"),
    ("#c74385", "#f07fae"),
    ("#dc4a4f", "#ff8679"),
    ("#d9640f", "#ffa552"),
)
"""From the least to the largest of what is measured."""
SIGNS = (
    ("#1456b8", "#6ab0ff"),
    ("#3f74c4", "#6f9fe8"),
    ("#7493c9", "#7088b8"),
    ("#98a1b3", "#656d80"),
    ("#8b8f98", "#7d838f"),
    ("#b39a8d", "#80706a"),
    ("#cf8a5c", "#b98a63"),
    ("#cd6423", "#ea9550"),
    ("#b83c05", "#ff9d45"),
)
"""From far below zero by zero, which is grey, to far above."""
PAPER = ("#ffffff", "#12151c")
INK = ("#171b26", "#eef1f7")
MUTED = ("#4f586a", "#adb6c8")
LINE = ("#7b8598", "#7f8aa0")
FRAME = ("#f5f7fb", "#1a1f29")
EDGE = ("#d5dbe7", "#333c4d")
BAD = ("#c4001d", "#ff5a6a")
DIFFERENCES = {
    "added": ("#1f8a3b", "#5fd07c"),
    "removed": ("#c8323a", "#ff8080"),
    "changed": ("#b97a00", "#f2bd4b"),
    "same": ("#8d95a5", "#747d90"),
}
"""What is in one of two graphs only, in both but not alike, and in both."""

TONES = {
    **FAMILIES,
    **KINDS,
    **{f"hue{i}": pair for i, pair in enumerate(HUES)},
    **{f"heat{i}": pair for i, pair in enumerate(HEATS)},
    **{f"sign{i}": pair for i, pair in enumerate(SIGNS)},
    "nan": BAD,
    "unknown": LINE,
    **DIFFERENCES,
}
"""All that a tile's colour may be called."""

PRINTED = {
    "elementwise": "#ffffff",
    "contract": "#d4d4d4",
    "linalg": "#d9d9d9",
    "fused": "#e6e6e6",
    "reduce": "#c6c6c6",
    "shape": "#f4f4f4",
    "index": "#ededed",
    "random": "#dddddd",
    "gradient": "#eeeeee",
    **{f"hue{i}": "#" + 3 * f"{255 - 8 * i:02x}" for i in range(len(HUES))},
    **{f"heat{i}": "#" + 3 * f"{255 - 11 * i:02x}" for i in range(len(HEATS))},
    **{f"sign{i}": "#" + 3 * f"{255 - 22 * abs(i - 4):02x}" for i in range(len(SIGNS))},
    "added": "#d4d4d4",
    "changed": "#ececec",
}
"""What fills the boxes on paper without colours; the others are left white."""


SHARES = {
    "heat": (0.24, 0.34),
    "sign": (0.27, 0.37),
    "nan": (0.18, 0.18),
    "unknown": (0.0, 0.0),
    "added": (0.2, 0.25),
    "removed": (0.2, 0.26),
    "changed": (0.22, 0.25),
}
"""How much of a tone's colour is in what fills its boxes, where that is more than usual."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one picture by what they are for."""

    name: str
    colours: Mapping[str, str]
    """``paper``, ``ink`` …, and of each tone its line and, as ``reduce-fill``, what fills it."""

    def colour(self, role: str, tone: str) -> str:
        """Return a colour; ``line`` and ``fill`` are those of a tone."""
        if role == "line":
            return self.colours[tone]
        return self.colours[f"{tone}-fill" if role == "fill" else role]


def _coloured(name: str, k: int) -> Theme:
    """Return a theme of the colours for one sort of paper."""
    found = {role: pair[k] for role, pair in _PLAIN.items()}
    for tone, pair in TONES.items():
        share = SHARES.get(tone.rstrip("0123456789"), (0.11, 0.2))
        found[tone] = pair[k]
        found[f"{tone}-fill"] = _mixed(pair[k], PAPER[k], share[k])
    return Theme(name, found | {"bad-fill": _mixed(BAD[k], PAPER[k], 0.18)})


def _grey() -> Theme:
    """Return a theme that a printer without colours keeps: dark lines, and fills of few greys."""
    found = {tone: "#2b2b2b" for tone in TONES}
    found |= {f"heat{i}": "#" + 3 * f"{200 - 22 * i:02x}" for i in range(len(HEATS))}
    found |= {f"{tone}-fill": PRINTED.get(tone, "#ffffff") for tone in TONES}
    plain = {"paper": "#ffffff", "ink": "#000000", "muted": "#2f2f2f", "wire": "#000000"}
    plain |= {"frame": "#ffffff", "edge": "#8c8c8c", "bad": "#000000", "bad-fill": "#ffffff"}
    return Theme("print", found | plain)


def _mixed(colour: str, ground: str, share: float) -> str:
    parts = [
        round(share * int(colour[i : i + 2], 16) + (1 - share) * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


_PLAIN = {
    "paper": PAPER,
    "ink": INK,
    "muted": MUTED,
    "wire": LINE,
    "frame": FRAME,
    "edge": EDGE,
    "bad": BAD,
}
THEMES = {"light": _coloured("light", 0), "dark": _coloured("dark", 1), "print": _grey()}
ON_DARK = {light: THEMES["dark"].colours[role] for role, light in THEMES["light"].colours.items()}
"""For each colour on light paper, that on dark paper."""
